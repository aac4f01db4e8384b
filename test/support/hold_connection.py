"""Runs a command while a connection to a port is open, and prints JSON: PORT SECONDS COMMAND..."""

import json
import socket
import subprocess
import sys
import time

port, held = int(sys.argv[1]), float(sys.argv[2])
with socket.create_server(("127.0.0.1", port)) as server:
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _ = server.accept()
    began = time.monotonic()
    with subprocess.Popen(sys.argv[3:]) as running:  # noqa: S603
        try:
            running.wait(held)
            waited = False
        except subprocess.TimeoutExpired:
            waited = True
        client.close()
        accepted.close()
        code = running.wait(60)
    json.dump({"waited": waited, "code": code, "seconds": time.monotonic() - began}, sys.stdout)
