"""The program under test on a machine of its own: mounted as from a ConfigMap, with a PATH of the test's."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "m2m"
PYTHON = os.environ.get("M2M_PYTHON", sys.executable)
MODEL = "acme/tiny"
REVISION = "c0ffee" + "0" * 34
L4 = "NVIDIA L4, 23034, 8.9"

ENGINE = """#!{python}
import json, os, signal, sys, time
argv = sys.argv[1:]
told = {{"engine": os.path.basename(sys.argv[0]), "pid": os.getpid(), "argv": argv}}
told["environment"] = dict(os.environ)
told["ignored"] = [n.name for n in signal.valid_signals() if signal.getsignal(n) is signal.SIG_IGN]
if "--config" in argv:
    told["config"] = open(argv[argv.index("--config") + 1]).read()
def stop(number, _):
    os.write(1, json.dumps({{"engine": "stopped", "signal": number}}).encode() + b"\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
print(json.dumps(told), flush=True)
if os.environ.get("ENGINE_SERVES"):
    time.sleep(120)
"""

NVIDIA_SMI = """#!/bin/sh
case "$1" in
-L) cat "{folder}/slices.txt" ;;
*) cat "{folder}/gpus.csv"; exit "$(cat "{folder}/nvidia-smi.code")" ;;
esac
"""


@dataclass(frozen=True)
class Result:
    """How a run ended and what it said."""

    code: int
    lines: list[dict[str, object]]
    errors: str

    @property
    def engine(self) -> dict[str, object]:
        """What the engine says that it was started with."""
        found = [line for line in self.lines if "engine" in line]
        assert found, self
        return found[0]

    @property
    def failure(self) -> dict[str, object]:
        """The last line, which says why it ended."""
        assert self.lines, self
        assert self.lines[-1]["level"] == "error", self.lines[-5:]
        return self.lines[-1]

    def said(self, part: str) -> list[dict[str, object]]:
        """Lines whose message has that in it."""
        return [line for line in self.lines if part in str(line.get("message", ""))]


class Machine:
    """Folders, programs and an environment."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.bin = folder / "bin"
        self.mounted = folder / "opt" / "m2m"
        for each in (self.models, self.bin):
            each.mkdir(parents=True)
        for name in ("entrypoint", "stage"):
            mount(SOURCES / name, self.mounted / name)
        for name in ("vllm", "text-generation-launcher"):
            self.program(name, ENGINE.format(python=sys.executable))
        self.program("nvidia-smi", NVIDIA_SMI.format(folder=folder))
        shutil.copy(shutil.which("cat") or "/bin/cat", self.bin / "cat")
        self.gpus([L4])
        self.environment = {"PATH": str(self.bin), "TMPDIR": str(folder), **environment}
        self.secrets: list[str] = []

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def gpus(self, lines: Sequence[str], *, code: int = 0, slices: str = "") -> None:
        (self.folder / "gpus.csv").write_text("".join(f"{line}\n" for line in lines))
        (self.folder / "slices.txt").write_text(slices)
        (self.folder / "nvidia-smi.code").write_text(str(code))

    def directory(self, name: str = "tiny") -> Path:
        return self.models / name

    def launch(self, name: str = "tiny", **changes: object) -> dict[str, object]:
        """A launch.json that works, but for the changes."""
        return {
            "model": MODEL,
            "revision": REVISION,
            "engine": "vllm",
            "weights": {"directory": str(self.directory(name)), "source": "hub"},
            "hardware": {"gpus": 1, "gpuMemoryMiB": 22888, "computeCapability": "8.9"},
            "arguments": {"max-model-len": 4096},
            **changes,
        }

    def command(self, package: str, description: object, *arguments: str) -> list[str]:
        file = self.folder / ("launch.json" if package == "entrypoint" else "stage.json")
        text = description if isinstance(description, str) else json.dumps(description)
        file.write_text(text)
        flag = "--launch" if package == "entrypoint" else "--stage"
        return [PYTHON, str(self.mounted / package), flag, str(file), *arguments]

    def start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str]) -> Result:
        out, errors = process.communicate(timeout=120)
        for secret in self.secrets:
            assert secret not in out.replace(json.dumps(_environment(out)), ""), "a secret is in the log"
        assert "Traceback" not in errors, errors
        return Result(process.returncode, [json.loads(line) for line in out.splitlines()], errors)

    def run(
        self, description: object, *arguments: str, package: str = "entrypoint", **environment: str
    ) -> Result:
        """Runs it to its end; few attempts, so that what fails does so soon."""
        few = ("--attempts", "3", *arguments)
        return self.end(self.start(self.command(package, description, *few), **environment))


def _environment(out: str) -> object:
    """What the engine was given, which may be secret."""
    lines = [json.loads(line) for line in out.splitlines() if '"environment"' in line]
    return lines[0]["environment"] if lines else None


def until(done: Callable[[], bool]) -> None:
    """Waits for something that comes by itself."""
    give_up = time.monotonic() + 60
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def mount(source: Path, at: Path) -> None:
    """Files as kubelet mounts a ConfigMap: links to a folder with a date, which is read-only."""
    data = at / "..2026_11_25"
    data.mkdir(parents=True)
    (at / "..data").symlink_to(data.name)
    for file in source.glob("*.py"):
        shutil.copy(file, data / file.name)
        (data / file.name).chmod(0o444)
        (at / file.name).symlink_to(f"..data/{file.name}")
