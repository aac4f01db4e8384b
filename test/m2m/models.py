"""A small model as repositories of the hub have them."""

import hashlib
import json
import random

from m2m.aws import Aws
from m2m.machine import MODEL, REVISION


def model_files(seed: int = 1, size: int = 3 << 20) -> dict[str, bytes]:
    """A repository like those of the hub: two shards, and much that no engine needs."""
    dice = random.Random(seed)  # noqa: S311 - the same bytes each time
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    return {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "LICENSE": b"Do what you want.\n",
        "README.md": b"# tiny\n",
        "config.json": b'{"model_type": "llama"}\n',
        "model-00001-of-00002.safetensors": dice.randbytes(size),
        "model-00002-of-00002.safetensors": dice.randbytes(size // 2 + 17),
        "model.safetensors.index.json": json.dumps(index).encode(),
        "original/consolidated.00.pth": dice.randbytes(5000),
        "pytorch_model.bin": dice.randbytes(6000),
        "tokenizer.json": dice.randbytes(9000),
        "tokenizer_config.json": b"{}\n",
    }


NEEDED = [
    "LICENSE",
    "config.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
]


def stage_by_hand(aws: Aws, prefix: str, seed: int = 1) -> None:
    """Puts the model into the bucket without the program that stages, so that each is tested alone."""
    files = {path: body for path, body in model_files(seed).items() if path in NEEDED}
    for path, body in files.items():
        aws.put(f"{prefix}/{path}", body)
    entries = [
        {"path": path, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for path, body in files.items()
    ]
    manifest = {"version": 1, "model": MODEL, "revision": REVISION, "files": entries}
    aws.put(f"{prefix}/manifest.json", json.dumps(manifest).encode())
