"""Which of a repository's files an engine needs: weights in one format, configuration, tokenizer.

vLLM and TGI load safetensors first and `pytorch_model*.bin` only where there are none; both leave `original/`
and other formats alone. Mistral publishes the same weights a second time as `consolidated*`, which vLLM would
prefer: they stay behind where there are others, so that every engine loads the same.
Source: vLLM, model_executor/model_loader/default_loader.py; TGI 3.3.7, text_generation_server/utils/hub.py.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from entrypoint.failures import Exit, Failure
from entrypoint.files import Wanted, is_inside

_WITH_THEM = {".json", ".txt", ".model", ".tiktoken", ".jinja", ".py"}
_LICENCES = re.compile(r"(LICEN[CS]E|NOTICE|USE_POLICY)[^/]*", re.IGNORECASE)
_MODULE = re.compile(r"\d+_[A-Za-z]+")
"""Folders of sentence-transformers, such as 1_Pooling: they say how vectors are made."""
_PYTORCH = re.compile(r"pytorch_model.*\.bin(\.index\.json)?")
_TWICE = re.compile(r"consolidated.*|params\.json")
"""Mistral's own layout of the same weights, and its configuration."""


def needed(model: str, files: Sequence[Wanted]) -> list[Wanted]:
    """The files that an engine needs, by path.

    Raises:
        Failure: it can't be served from them.
    """
    found = {file.path: file for file in files if is_inside(file.path)}
    tensors = [path for path in found if _is_ours(path) and path.endswith(".safetensors")]
    usual = [path for path in tensors if _TWICE.fullmatch(path) is None]
    pickled = [] if tensors else [path for path in found if _PYTORCH.fullmatch(path)]
    weights = usual or tensors or [path for path in pickled if path.endswith(".bin")]
    if not weights:
        raise Failure(
            Exit.NO_WEIGHTS,
            f"{model} has neither safetensors nor pytorch_model*.bin",
            "Name a repository that has them: GGUF files are for engine ollama",
        )
    with_them = [
        path
        for path in found
        if _is_ours(path)
        and _goes_along(path, pickled=bool(pickled))
        and not (usual and _TWICE.fullmatch(path))
    ]
    if "config.json" not in found and "params.json" not in found:
        raise Failure(
            Exit.NO_WEIGHTS,
            f"{model} has no config.json",
            "Name the repository of the whole model: this one may hold an adapter",
        )
    return [found[path] for path in sorted({*weights, *with_them})]


def _is_ours(path: str) -> bool:
    """At the top or in a module's folder."""
    folders = PurePosixPath(path).parts[:-1]
    return not folders or (len(folders) == 1 and _MODULE.fullmatch(folders[0]) is not None)


def _goes_along(path: str, *, pickled: bool) -> bool:
    name = PurePosixPath(path).name
    if _LICENCES.fullmatch(name) is not None:
        return True
    if _PYTORCH.fullmatch(name) is not None:
        return pickled and name.endswith(".json")
    return PurePosixPath(name).suffix in _WITH_THEM
