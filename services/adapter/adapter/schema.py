"""The JSON Schema of the settings: ``python -m adapter.schema > config.schema.json``."""

import json
import sys

from pydantic.json_schema import GenerateJsonSchema

from adapter.settings import Config


def schema() -> str:
    """As text, with a line's end."""
    content = Config.model_json_schema(by_alias=True)
    return json.dumps({"$schema": GenerateJsonSchema.schema_dialect, **content}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
