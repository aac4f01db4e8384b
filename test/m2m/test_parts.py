"""Parts that servers on loopback judge less strictly than the real ones."""

import hashlib
from datetime import datetime, timezone

import pytest
from entrypoint.failures import Exit, Failure
from entrypoint.files import Wanted, is_inside
from entrypoint.selection import needed
from entrypoint.signing import Credentials, Request, encoded, query_text, signed_headers


def test_a_signature_is_as_in_the_documentation() -> None:
    """AWS, "Authenticating Requests: Using the Authorization Header", example "GET Object"."""
    nothing = hashlib.sha256(b"").hexdigest()
    request = Request(
        "GET", "https://examplebucket.s3.amazonaws.com/test.txt", {"Range": "bytes=0-9"}, nothing
    )
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    headers = signed_headers(request, credentials, "us-east-1", datetime(2013, 5, 24, tzinfo=timezone.utc))
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_only_unreserved_characters_stay_as_they_are() -> None:
    assert encoded("aZ09-._~") == "aZ09-._~"
    assert encoded("a b+c/(d)!*'ü", keep="/") == "a%20b%2Bc/%28d%29%21%2A%27%C3%BC"
    assert query_text({"uploads": "", "prefix": "a/b"}) == "prefix=a%2Fb&uploads="


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../x", "./a", "a//b", "a/", "a\\b", "manifest.json", ".verified.json"],
)
def test_paths_that_would_leave_the_folder(path: str) -> None:
    assert not is_inside(path)


def chosen(*paths: str) -> list[str]:
    return [file.path for file in needed("acme/tiny", [Wanted(path, 1) for path in paths])]


def test_pytorch_files_only_where_there_is_nothing_better() -> None:
    both = ("config.json", "model.safetensors", "pytorch_model.bin", "pytorch_model.bin.index.json")
    assert chosen(*both) == ["config.json", "model.safetensors"]
    shards = ("config.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")
    assert chosen(*shards, "pytorch_model.bin.index.json", "training_args.bin") == [
        *shards,
        "pytorch_model.bin.index.json",
    ]


def test_mistrals_own_files_only_where_there_are_no_others() -> None:
    own = ("consolidated.safetensors", "params.json", "tekken.json")
    assert chosen("config.json", "model.safetensors", *own) == [
        *("config.json", "model.safetensors", "tekken.json")
    ]
    assert chosen(*own) == list(own)


def test_other_formats_and_folders_stay_behind() -> None:
    assert chosen(
        *("config.json", "model.safetensors", "1_Pooling/config.json", "2_Dense/model.safetensors"),
        *("original/model.safetensors", "metal/model.bin", "onnx/model.onnx", "tf_model.h5", "README.md"),
    ) == ["1_Pooling/config.json", "2_Dense/model.safetensors", "config.json", "model.safetensors"]


def test_a_repository_without_weights() -> None:
    with pytest.raises(Failure) as caught:
        chosen("config.json", "tiny.Q4_K_M.gguf")
    assert caught.value.exit_code is Exit.NO_WEIGHTS
