#!/usr/bin/env python3
"""llama.cpp's own HTTP server, from the package xllamacpp, as the program `llama-server`.

The package has the server as a library and no program. This takes the flags that Ollama starts it with
(llm/llama_server.go and discover/llama_server.go of the pinned version), which are those of llama.cpp's
tools/server/README.md, and refuses every other. It ends at SIGTERM, as `llama-server` does.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

import xllamacpp

FLASH_ATTENTION = {
    "on": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED,
    "auto": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO,
}
CACHE_TYPES = {
    name: getattr(xllamacpp.ggml_type, f"GGML_TYPE_{name.upper()}")
    for name in ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
}
LOAD_MODES = {
    "none": xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE,
    "mmap": xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_MMAP,
    "dio": xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_DIRECT_IO,
}
VERBOSE = 5


def arguments(given: list[str]) -> argparse.Namespace:
    """Flags, named and meant as llama.cpp's tools/server/README.md says."""
    parser = argparse.ArgumentParser(prog="llama-server", allow_abbrev=False)
    add = parser.add_argument
    add("-m", "--model", type=Path)
    add("-a", "--alias")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8080)
    add("-c", "--ctx-size", type=int, default=0)
    add("-np", "--parallel", type=int, default=1)
    add("-b", "--batch-size", type=int, default=2048)
    add("-ub", "--ubatch-size", type=int, default=512)
    add("-t", "--threads", type=int)
    add("-ngl", "--n-gpu-layers", type=int, default=-1)
    add("-n", "--n-predict", type=int, default=-1)
    add("--keep", type=int, default=0)
    add("--context-shift", action="store_true")
    add("--flash-attn", choices=FLASH_ATTENTION, default="auto")
    add("--cache-type-k", choices=CACHE_TYPES, default="f16")
    add("--cache-type-v", choices=CACHE_TYPES, default="f16")
    add("--load-mode", choices=LOAD_MODES)
    add("--no-jinja", action="store_true")
    add("--chat-template")
    add("--embedding", "--embeddings", action="store_true")
    add("--pooling", choices=("none", "mean", "cls", "last", "rank"))
    add("--metrics", action="store_true")
    add("--no-webui", action="store_true")
    add("--offline", action="store_true")
    add("-v", "--verbose", action="store_true")
    add("--log-verbosity", type=int, default=3)
    # The library's log has neither a prefix nor a time.
    add("--no-log-prefix", action="store_true")
    add("--no-log-timestamps", action="store_true")
    add("--list-devices", action="store_true")
    return parser.parse_args(given)


def parameters(flags: argparse.Namespace) -> xllamacpp.CommonParams:
    """What the library takes for them."""
    params = xllamacpp.CommonParams()
    params.model.path = str(flags.model)
    params.model_alias = {flags.alias} if flags.alias else set()
    params.hostnames = [flags.host]
    params.port = flags.port
    params.n_ctx = flags.ctx_size
    params.n_parallel = flags.parallel
    params.n_batch = flags.batch_size
    params.n_ubatch = flags.ubatch_size
    if flags.threads is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = flags.threads
    params.n_gpu_layers = flags.n_gpu_layers
    params.n_predict = flags.n_predict
    params.n_keep = flags.keep
    params.ctx_shift = flags.context_shift
    params.flash_attn_type = FLASH_ATTENTION[flags.flash_attn]
    params.cache_type_k = CACHE_TYPES[flags.cache_type_k]
    params.cache_type_v = CACHE_TYPES[flags.cache_type_v]
    if flags.load_mode is not None:
        params.load_mode = LOAD_MODES[flags.load_mode]
    params.use_jinja = not flags.no_jinja
    if flags.chat_template is not None:
        params.chat_template = flags.chat_template
    params.embedding = flags.embedding
    if flags.pooling is not None:
        params.pooling_type = getattr(
            xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{flags.pooling.upper()}"
        )
    params.endpoint_metrics = flags.metrics
    params.ui = not flags.no_webui
    params.offline = flags.offline
    params.verbosity = VERBOSE if flags.verbose else flags.log_verbosity
    return params


def list_devices() -> None:
    """Print what llama.cpp would put layers on beside the CPU."""
    cpu = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    sys.stdout.write("Available devices:\n")
    for device in xllamacpp.get_device_info():
        if device["type"] != cpu:
            total, free = (device[f"memory_{kind}"] >> 20 for kind in ("total", "free"))
            sys.stdout.write(f"  {device['name']}: {device['description']} ({total} MiB, {free} MiB free)\n")


def main() -> None:
    """Serve until told to end."""
    flags = arguments(sys.argv[1:])
    if flags.list_devices:
        list_devices()
        return
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    sys.stderr.write(f"system_info: {xllamacpp.get_system_info()}\n")
    sys.stderr.flush()
    # Ollama starts it without a model to read that line, and ends it then.
    if flags.model is not None:
        if not flags.model.is_file():
            sys.exit(f"error: there is no model {flags.model}")
        server = xllamacpp.Server(parameters(flags))
        sys.stderr.write(f"listening on {server.listening_address}\n")
    told.wait()


if __name__ == "__main__":
    main()
