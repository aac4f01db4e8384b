"""What the adapter itself says of settings and keys: a JSON list of questions in, their faults and teams out."""

import json
import sys
import tempfile
from pathlib import Path

from adapter.keys import Keys
from adapter.load import FaultsError, load_config


def faults_of(settings: str) -> str | None:
    """Why the adapter would not start with them; nothing if it would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(settings, encoding="utf-8")
        try:
            load_config(path)
        except FaultsError as error:
            return str(error).replace(folder, "")
    return None


def teams_of(keys: str, presented: list[str]) -> list[str | None]:
    """Whose keys they are, by this key file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.yaml"
        path.write_text(keys, encoding="utf-8")
        known = Keys(path)
        return [known.team_of(key) for key in presented]


question = json.load(sys.stdin)
json.dump(
    {
        "faults": [faults_of(settings) for settings in question["settings"]],
        "teams": teams_of(question["keys"], question["presented"]),
    },
    sys.stdout,
)
