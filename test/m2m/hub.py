"""A hub on loopback: the API of huggingface.co as far as weights need it, and its CDN.

It speaks what huggingface_hub expects: tree listings in pages, `resolve` with redirects, LFS checksums,
X-Error-Code.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 3
"""Files a page: small, so that there are several."""
LARGE = 4096
"""Bytes from which a file is in LFS here, and lies at the CDN."""
VALID_TOKEN = "hf_valid_token_of_somebody"  # noqa: S105 - of nobody
STRANGER = "hf_token_without_the_licence"


@dataclass
class Repository:
    revision: str
    files: dict[str, bytes]
    gated: bool = False


@dataclass
class HubState:
    """What it has, what goes wrong, and what was asked."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """By path: after how many bytes the next answers are cut off."""
    damaged: dict[str, int] = field(default_factory=dict)
    """By path: how many of the next answers have a wrong byte."""
    statuses: list[int] = field(default_factory=list)
    """What the hub answers next, before anything else."""
    ended: int = 0
    """How many of the next signed URLs have ended when they are used."""
    held: set[tuple[str, int]] = field(default_factory=set)
    """Path and first byte of answers that stop after their first half until they are let go."""
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    """Server, path, Range and Authorization of every request."""
    hub: str = ""
    cdn: str = ""

    def fetched(self, path: str) -> list[int]:
        """First bytes of the ranges that the CDN was asked for of a file."""
        spans = (span for server, asked, span, _ in self.asked if server == "cdn" and asked.endswith(path))
        return [int(span.removeprefix("bytes=").split("-")[0]) for span in spans if span is not None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: HubState
    server_name: str

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        authorization = self.headers.get("Authorization")
        self.state.asked.append((self.server_name, path, self.headers.get("Range"), authorization))
        if self.server_name == "cdn":
            self.send_bytes(path)
        elif self.state.statuses:
            self.say(self.state.statuses.pop(0), {"Retry-After": "0"})
        elif path.startswith("/api/models/"):
            self.answer_api(path, parse_qs(parts.query))
        else:
            self.resolve(path)

    def say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str, message: str) -> None:
        self.say(status, {"X-Error-Code": code, "X-Error-Message": message})

    def repository(self, model: str, revision: str) -> Repository | None:
        found = self.state.repositories.get(model)
        if found is None:
            self.refuse(401, "RepoNotFound", "Invalid username or password.")
        elif revision not in (found.revision, "main"):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return found
        return None

    def answer_api(self, path: str, query: dict[str, list[str]]) -> None:
        owner, name, kind, revision = path.removeprefix("/api/models/").split("/")
        repository = self.repository(f"{owner}/{name}", revision)
        if repository is None:
            return
        if kind == "revision":
            self.say(200, {}, json.dumps({"id": f"{owner}/{name}", "sha": repository.revision}).encode())
            return
        start = int(query.get("cursor", ["0"])[0])
        entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "original"}]
        entries += [_entry(path, body) for path, body in sorted(repository.files.items())]
        following = f"{self.state.hub}{path}?recursive=true&cursor={start + PAGE}"
        headers = {"Link": f'<{following}>; rel="next"'} if start + PAGE < len(entries) else {}
        self.say(200, headers, json.dumps(entries[start : start + PAGE]).encode())

    def resolve(self, path: str) -> None:
        owner, name, _, revision, file = path.lstrip("/").split("/", 4)
        repository = self.repository(f"{owner}/{name}", revision)
        if repository is None:
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if repository.gated and token == STRANGER:
            self.refuse(403, "GatedRepo", f"Access to model {owner}/{name} is restricted")
        elif repository.gated and token != VALID_TOKEN:
            self.refuse(401, "GatedRepo", f"Access to model {owner}/{name} is restricted")
        elif file not in repository.files:
            self.refuse(404, "EntryNotFound", "Entry not found")
        elif len(repository.files[file]) < LARGE:
            self.send_body(file, repository.files[file])
        else:
            self.say(302, {"Location": f"{self.state.cdn}/{owner}/{name}/{file}?Signature=secret-signature"})

    def send_bytes(self, path: str) -> None:
        if self.state.ended > 0:
            self.state.ended -= 1
            self.say(403, {}, b"Request has expired")
            return
        owner, name, file = path.lstrip("/").split("/", 2)
        self.send_body(file, self.state.repositories[f"{owner}/{name}"].files[file])

    def send_body(self, file: str, whole: bytes) -> None:
        span = self.headers.get("Range")
        first, last = 0, len(whole) - 1
        if span is not None:
            first, last = (int(each) for each in span.removeprefix("bytes=").split("-"))
        body = whole[first : last + 1]
        if self.state.damaged.get(file, 0) > 0:
            self.state.damaged[file] -= 1
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(206 if span is not None else 200)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(whole)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cuts = self.state.cuts.get(file, [])
        if cuts:
            self.wfile.write(body[: cuts.pop(0)])
            self.close_connection = True
            return
        half = len(body) // 2
        try:
            self.wfile.write(body[:half])
            if (file, first) in self.state.held:
                self.wfile.flush()
                self.state.let_go.wait(60)
            self.wfile.write(body[half:])
        except OSError:
            # The program under test was killed.
            self.close_connection = True


def _entry(path: str, body: bytes) -> dict[str, object]:
    git = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
    entry: dict[str, object] = {"type": "file", "oid": git, "size": len(body), "path": path}
    if len(body) >= LARGE:
        lfs = {"oid": hashlib.sha256(body).hexdigest(), "size": len(body), "pointerSize": 134}
        entry |= {"oid": "1" * 40, "lfs": lfs}
    return entry


@contextmanager
def running_hub() -> Iterator[HubState]:
    """Runs both servers."""
    state = HubState()
    servers = {}
    for name in ("hub", "cdn"):
        handler = type(f"{name}Handler", (_Handler,), {"state": state, "server_name": name})
        servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=servers[name].serve_forever, args=(0.05,), daemon=True).start()
    state.hub, state.cdn = (f"http://127.0.0.1:{servers[name].server_port}" for name in ("hub", "cdn"))
    try:
        yield state
    finally:
        state.let_go.set()
        for server in servers.values():
            server.shutdown()
            server.server_close()
