"""One JSON object per line on standard output, as every program of the platform writes."""

import json
import sys
import time


def log(message: str, **fields: object) -> None:
    """Write one line."""
    line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "message": message, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
