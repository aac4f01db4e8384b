"""The Hugging Face hub: which files a commit has, and their bytes.

Source: huggingface_hub, src/huggingface_hub: hf_api.py (list_repo_tree), utils/_http.py (hf_raise_for_status:
X-Error-Code), constants.py (HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH).
"""

import json
import os
import re
import threading
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from entrypoint.failures import Exit, Failure, Transient
from entrypoint.files import Wanted
from entrypoint.log import Log
from entrypoint.transport import Answer, Transport

_ENDPOINT = "https://huggingface.co"
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_FIRST_ERROR = 300


def hub_token() -> str | None:
    """The token in HF_TOKEN, or in the file that HF_TOKEN_PATH names; None where there is neither.

    Raises:
        Failure: the file can't be read.
    """
    token = os.environ.get("HF_TOKEN", "").strip()
    path = os.environ.get("HF_TOKEN_PATH")
    if not token and path is not None:
        try:
            token = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Failure(
                Exit.ACCESS,
                f"HF_TOKEN_PATH names {path}, which can't be read: {error.strerror}",
                "Mount the Secret with the token there, readable for the pod's user",
            ) from error
    return token or None


class Hub:
    """Asks the hub, or a mirror of it that HF_ENDPOINT names, about one model."""

    def __init__(self, model: str, transport: Transport, log: Log, secret: str | None) -> None:
        """Takes the name of the Secret that messages tell people to set."""
        self.model = model
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
        self._token = hub_token()
        self._transport = transport
        self._secret = secret
        log.hide(self._token)

    def newest(self) -> str:
        """The commit that the main branch is at."""
        what = f"asking the hub for the newest commit of {self.model}"
        text = self._read(what, f"{self._endpoint}/api/models/{self.model}/revision/main")[0]
        return str(json.loads(text)["sha"])

    def files(self, revision: str) -> list[Wanted]:
        """All files at a commit."""
        url = f"{self._endpoint}/api/models/{self.model}/tree/{revision}?recursive=true"
        what = f"listing the files of {self.model} at {revision}"
        found: list[Wanted] = []
        while url:
            text, link = self._read(what, url)
            for entry in json.loads(text):
                if entry["type"] != "file":
                    continue
                large = entry.get("lfs")
                found.append(
                    Wanted(entry["path"], large["size"], sha256=large["oid"])
                    if large
                    else Wanted(entry["path"], entry["size"], git_sha1=entry["oid"])
                )
            following = _NEXT.search(link or "")
            url = urljoin(url, following[1]) if following else ""
        return found

    def _read(self, what: str, url: str) -> tuple[bytes, str | None]:
        def once() -> tuple[bytes, str | None]:
            answer, _ = self.follow(url, {})
            return answer.read(), answer.header("Link")

        return self._transport.retrying(what, once)

    def file_url(self, revision: str, path: str) -> str:
        """Where a file can be fetched; mostly a redirect to where it lies."""
        return f"{self._endpoint}/{self.model}/resolve/{revision}/{quote(path)}"

    def follow(self, url: str, headers: dict[str, str]) -> tuple[Answer, str]:
        """Asks for a URL and follows redirects; other servers than the hub don't get the token.

        Raises:
            Failure: the hub refuses, or doesn't have it.
            Transient: a server that the hub sent us to refuses: its signed URLs end after a while.
        """
        home = urlsplit(self._endpoint).netloc
        for _ in range(_MOST_REDIRECTS):
            at_home = urlsplit(url).netloc == home
            own = {"Authorization": f"Bearer {self._token}"} if at_home and self._token else {}
            answer = self._transport.send("GET", url, {**headers, **own})
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.header("Location") or "")
                answer.close()
                continue
            if answer.status < _FIRST_ERROR:
                return answer, url
            answer.close()
            if not at_home:
                raise Transient(f"{urlsplit(url).netloc} answered {answer.status}")
            raise self._judged(answer)
        raise Transient(f"there are more than {_MOST_REDIRECTS} redirects")

    def _judged(self, answer: Answer) -> Failure:
        code = answer.header("X-Error-Code") or ""
        said = answer.header("X-Error-Message")
        told = f' (it says: "{said}")' if said else ""
        secret = f"the Secret {self._secret}" if self._secret else "the Secret that the pod has as HF_TOKEN"
        page = f"{_ENDPOINT}/{self.model}"
        accept = f"Accept its licence on {page}, then put a token of that account in {secret}"
        if answer.status == _FORBIDDEN or code == "GatedRepo":
            if self._token is None:
                return Failure(
                    Exit.ACCESS, f"{self.model} is gated, and there is no token for the hub{told}", accept
                )
            return Failure(
                Exit.ACCESS,
                f"{self.model} is gated, and the token gives no access to it{told}",
                f"{accept}. It may have ended, or be a fine-grained one without the permission to read gated "
                "repositories",
            )
        if answer.status == _UNAUTHORIZED and self._token is not None:
            return Failure(
                Exit.ACCESS, f"the hub doesn't accept the token{told}", f"Put one that is valid in {secret}"
            )
        if answer.status == _UNAUTHORIZED:
            return Failure(
                Exit.ACCESS,
                f"{self.model} is gated, private, or doesn't exist, and there is no token for the hub{told}",
                f"See whether the name is right. {accept}",
            )
        if answer.status == _NOT_FOUND:
            return Failure(
                Exit.NO_WEIGHTS,
                f"the hub doesn't have what was asked of {self.model}: {code or answer.status}{told}",
                f"See model and revision against {page}/commits/main",
            )
        return Failure(
            Exit.UNREACHABLE,
            f"the hub answered {answer.status} {code}{told}",
            "See https://status.huggingface.co",
        )


class HubSource:
    """A model's files at one commit."""

    def __init__(self, hub: Hub, revision: str) -> None:
        """Takes a whole commit, so that all files are of the same."""
        self.name = f"{hub.model} at {revision}"
        self._hub = hub
        self._revision = revision
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def open(self, file: Wanted, start: int, end: int) -> Answer:
        """The bytes from `start` up to `end`, from where the hub sent us last time while that works."""
        headers = {"Range": f"bytes={start}-{end - 1}"} if end > start else {}
        with self._lock:
            known = self._found.pop(file.path, None)
        answer, url = self._hub.follow(known or self._hub.file_url(self._revision, file.path), headers)
        with self._lock:
            self._found[file.path] = url
        return answer
