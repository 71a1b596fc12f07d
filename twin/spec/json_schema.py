"""The JSON Schema of a spec file: pydantic's, with a number also as text with a unit or as a table with its source."""

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from twin.spec.load import STATUSES
from twin.spec.types import Factory

_QUANTITY = {"type": "string", "pattern": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?(\s*\S.*)?$"}


@lru_cache(maxsize=1)
def json_schema() -> dict[str, Any]:
    """Return the schema; a file that inherits may leave out anything, so no field is required.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12.

    References
    ----------
    Derived: `pydantic.TypeAdapter.json_schema` of `Factory`.
    """
    schema: dict[str, Any] = _loosened(TypeAdapter(Factory).json_schema())
    schema["properties"].pop("provenance", None)
    schema["properties"]["inherit"] = {
        "type": "string",
        "description": "System whose numbers the file starts from.",
    }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "ai-factory-twin spec"
    return schema


def _loosened(node: Any) -> Any:
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") in ("number", "integer"):
        return _number(node)
    plain = {key: _loosened(value) for key, value in node.items() if key != "required"}
    if plain.get("type") == "object" and "properties" in plain:
        plain["additionalProperties"] = False
    if plain.get("type") == "null":
        return {"const": "none"}
    return plain


def _number(node: dict[str, Any]) -> dict[str, Any]:
    about = {key: node[key] for key in ("title", "description", "default") if key in node}
    bare = {key: value for key, value in node.items() if key not in about}
    sourced = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": {"anyOf": [bare, _QUANTITY]},
            "status": {"enum": list(STATUSES)},
            "source": {"type": "string"},
            "spread": {"type": ["number", "string"]},
        },
    }
    return {**about, "anyOf": [bare, _QUANTITY, sourced]}
