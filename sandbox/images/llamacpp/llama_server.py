"""llama.cpp's own HTTP server, from the package xllamacpp, started with the flags of `llama-server`.

The package has the server as a library and no program; this is the program, with the flags that the platform
sets. It ends at SIGTERM, as `llama-server` does. Each flag has llama.cpp's environment variable too.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import xllamacpp


def arguments(given: list[str]) -> argparse.Namespace:
    """Flags, named and meant as llama.cpp's tools/server/README.md says."""
    parser = argparse.ArgumentParser(prog="llama-server", allow_abbrev=False)

    def flag(name: str, variable: str, default: str, *short: str) -> None:
        value = os.environ.get(f"LLAMA_ARG_{variable}", default)
        kind = int if default.lstrip("-").isdecimal() else str
        parser.add_argument(*short, name, type=kind, default=value)

    flag("--model", "MODEL", "/models/model.gguf", "-m")
    flag("--alias", "ALIAS", "", "-a")
    flag("--host", "HOST", "127.0.0.1")
    flag("--port", "PORT", "8080")
    flag("--ctx-size", "CTX_SIZE", "4096", "-c")
    flag("--parallel", "N_PARALLEL", "4", "-np")
    flag("--threads", "THREADS", "2", "-t")
    flag("--n-predict", "N_PREDICT", "-1", "-n")
    flag("--pooling", "POOLING", "")
    for name, variable in (("--embeddings", "EMBEDDINGS"), ("--metrics", "ENDPOINT_METRICS")):
        on = os.environ.get(f"LLAMA_ARG_{variable}", "") in {"1", "true", "on", "enabled"}
        parser.add_argument(name, action="store_true", default=on)
    return parser.parse_args(given)


def parameters(flags: argparse.Namespace) -> xllamacpp.CommonParams:
    """What the library takes for them."""
    params = xllamacpp.CommonParams()
    params.model.path = flags.model
    params.model_alias = {flags.alias} if flags.alias else set()
    params.hostnames = [flags.host]
    params.port = flags.port
    params.n_ctx = flags.ctx_size
    params.n_parallel = flags.parallel
    params.n_predict = flags.n_predict
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = flags.threads
    params.endpoint_metrics = flags.metrics
    params.embedding = flags.embeddings
    if flags.pooling:
        params.pooling_type = getattr(
            xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{flags.pooling.upper()}"
        )
    return params


def main() -> None:
    """Serve until told to end."""
    flags = arguments(sys.argv[1:])
    if not Path(flags.model).is_file():
        sys.exit(f"llama-server: there is no model {flags.model}")
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    server = xllamacpp.Server(parameters(flags))
    sys.stderr.write(f"listening on {server.listening_address}\n")
    told.wait()


if __name__ == "__main__":
    main()
