"""API keys per team: only their hashes are stored, and the file is read again when it changes.

    python -m adapter.keys    prints a new key and its hash

A key is 256 random bits, so one round of SHA-256 keeps it: there is nothing to guess that salt or a slow hash
would protect, as there is with passwords.
"""

import hashlib
import hmac
import logging
import secrets
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from adapter.load import FaultsError, explain, read_yaml
from adapter.settings import Name, Section

_log = logging.getLogger(__name__)

Hash = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class KeyFile(Section):
    """The file: for each team the hashes of its keys, several while one follows another."""

    teams: Annotated[dict[Name, list[Hash]], Field(max_length=500)]


def hash_of(key: str) -> str:
    """What the file holds of ``key``."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def new_key() -> str:
    """A key that nobody can guess."""
    return f"sk-{secrets.token_urlsafe(32)}"


class Keys:
    """Whose key it is."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises ``FaultsError`` where it is of no use."""
        self._path = path
        self._content = b""
        self._hashes: tuple[tuple[bytes, str], ...] = ()
        self._read(path.read_bytes() if path.is_file() else b"")

    def team_of(self, key: str) -> str | None:
        """The team whose key it is, or nothing. Takes as long whichever hash matches, and when none does."""
        presented = hash_of(key).encode()
        found = None
        for known, team in self._hashes:
            if hmac.compare_digest(known, presented):
                found = team
        return found

    def reload(self) -> bool:
        """Read the file again if it changed. One of no use changes nothing: says whether it was good."""
        try:
            content = self._path.read_bytes()
            if content != self._content:
                self._read(content)
                _log.info("read the keys again", extra={"fields": {"keys": len(self._hashes)}})
        except FaultsError as error:
            _log.error("kept the keys as they were", extra={"fields": {"cause": str(error)}})
            return False
        except OSError as error:
            _log.error("kept the keys as they were", extra={"fields": {"cause": error.strerror}})
            return False
        return True

    def _read(self, content: bytes) -> None:
        try:
            file = KeyFile.model_validate(read_yaml(self._path))
        except ValidationError as error:
            raise FaultsError(self._path, explain(error, values=False)) from error
        owners: dict[str, str] = {}
        faults = []
        for team, hashes in file.teams.items():
            for index, known in enumerate(hashes):
                if owners.setdefault(known, team) != team:
                    faults.append(f"teams.{team}.{index}: is a key of {owners[known]} too")
        if faults:
            raise FaultsError(self._path, faults)
        self._hashes = tuple((known.encode(), team) for known, team in owners.items())
        self._content = content


if __name__ == "__main__":
    key = new_key()
    sys.stdout.write(f"{key}\n{hash_of(key)}\n")
