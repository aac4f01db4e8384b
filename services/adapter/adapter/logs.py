"""Logs as JSON lines on standard output. No prompt, no answer and no key is ever given to a logger."""

import json
import logging
import logging.config
from datetime import UTC, datetime

from adapter.visit import request_id


class JsonLines(logging.Formatter):
    """What the caller puts into ``extra={"fields": ...}`` becomes members of the line's object."""

    def format(self, record: logging.LogRecord) -> str:
        """Render ``record``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            line["request_id"] = identity
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: str) -> None:
    """Everything goes there, uvicorn's lines too."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {
                "out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
            },
            "root": {"level": level, "handlers": ["out"]},
            "loggers": {
                # At DEBUG, httpx and httpcore would log headers, and our key for an engine is one.
                **{name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
                "uvicorn.access": {"level": "CRITICAL"},  # adapter.access says more
            },
        }
    )
