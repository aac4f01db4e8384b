"""One address for both servers, as the platform's gateway gives: by path, nothing stripped."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

# Of one hop only, or httpx's own business because it unpacks bodies.
NOT_PASSED_ON = {"connection", "content-encoding", "content-length", "transfer-encoding"}


@contextmanager
def gateway(routes: Mapping[str, str]) -> Iterator[str]:
    """Send each path prefix of ``routes`` to its server; yield the gateway's address."""
    with httpx.Client(timeout=30) as client:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                upstream = next(url for prefix, url in routes.items() if self.path.startswith(prefix))
                answer = client.request(
                    self.command,
                    upstream + self.path,
                    headers={k: v for k, v in self.headers.items() if k.lower() not in NOT_PASSED_ON},
                    content=self.rfile.read(int(self.headers.get("Content-Length", 0))),
                )
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in NOT_PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = forward  # noqa: N815  # its base's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its base's name
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
