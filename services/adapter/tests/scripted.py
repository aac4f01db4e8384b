"""An upstream that does what a test says, step by step: it waits for the test, which no real engine does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Exchange:
    """One request to the scripted upstream."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: dict[str, object]) -> None:
        self.path = handler.path
        self.headers = handler.headers
        self.body = body
        self._handler = handler

    def answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self._handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def begin_stream(self) -> None:
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()

    def send(self, data: object) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self._chunk(f"data: {text}\n\n".encode())

    def token(self, text: str) -> None:
        self.send(
            {
                "object": "chat.completion.chunk",
                "model": "m",
                "choices": [{"index": 0, "delta": {"content": text}}],
            }
        )

    def end_stream(self, usage: tuple[int, int] = (3, 2)) -> None:
        self.send({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.send({"choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}})
        self.send("[DONE]")
        self._chunk(b"")

    def cut(self) -> None:
        """End the connection in the middle."""
        self._handler.close_connection = True

    def wait_until_gone(self) -> None:
        """Return once the other side has closed the connection."""
        self._handler.connection.settimeout(30)
        assert self._handler.connection.recv(1) == b""

    def _chunk(self, data: bytes) -> None:
        self._handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self._handler.wfile.flush()


Behaviour = Callable[[Exchange], None]

WHOLE = {
    "object": "chat.completion",
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "two words"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}


def answers(exchange: Exchange) -> None:
    """A short answer, streamed if so asked."""
    if exchange.body.get("stream"):
        exchange.begin_stream()
        exchange.token("two ")
        exchange.token("words")
        exchange.end_stream()
    else:
        exchange.answer(200, WHOLE)


class Scripted:
    """The upstream: ``behaviour`` may change between requests."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = answers
        self.seen: list[Exchange] = []
        self.url = ""


@contextmanager
def scripted() -> Iterator[Scripted]:
    upstream = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            exchange = Exchange(self, body)
            upstream.seen.append(exchange)
            try:
                upstream.behaviour(exchange)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    upstream.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
