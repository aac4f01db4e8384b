"""The page of what people read when a start ends early: each message as the real program gave it."""

from pathlib import Path

from m2m.machine import Machine, Result

PAGE = Path(__file__).parents[2] / "docs" / "serving" / "messages.md"

HEAD = """# What the entrypoint and the staging Job say when they end early

Each of these was said by the real program: the tests in `test/m2m` bring it there and compare this page. Exit
codes are explained in [weights.md](weights.md). After `->` is what to do.
"""


class Page:
    """Collects messages in the order of their tests."""

    def __init__(self) -> None:
        self._entries: list[str] = []

    def add(self, title: str, result: Result, machine: Machine) -> dict[str, object]:
        """Puts how a run ended on the page, without what differs from run to run."""
        failure = result.failure
        assert failure["exitCode"] == result.code
        told = [f"exit code {result.code}, {failure['kind']}", str(failure["message"])]
        faults = failure.get("faults", [])
        assert isinstance(faults, list)
        told += [f"  {each['path']}: {each['value']}; allowed: {each['allowed']}" for each in faults]
        told.append(f"-> {failure['todo']}")
        text = "\n".join(told)
        for place, name in (
            (machine.models, "/models"),
            (machine.bin, "/usr/bin"),
            (machine.folder, "/etc/m2m"),
        ):
            text = text.replace(str(place), name)
        self._entries.append(f"## {title}\n\n```\n{text}\n```\n")
        return failure

    @property
    def text(self) -> str:
        return "\n".join([HEAD, *self._entries])

    def write(self) -> None:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(self.text)
