"""The JSON Schema of a spec file: pydantic's, with a number also as text, and any value as a table with its source."""

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from twin.spec.models import FILES, models
from twin.spec.provenance import STATUSES
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
    strict = TypeAdapter(Factory).json_schema()
    strict["properties"].pop("provenance")
    strict["$defs"].pop("Origin")
    schema: dict[str, Any] = _loosened(strict)
    for kind in FILES:
        _named(schema, kind)
    schema["properties"]["inherit"] = {
        "type": "string",
        "description": "System whose numbers the file starts from.",
    }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "ai-factory-twin spec"
    return schema


def _named(schema: dict[str, Any], kind: type) -> None:
    """Let a table of a kind that the catalogue has models of name one, or be one's name."""
    names = {"enum": sorted(models(kind))}
    table = schema["$defs"][kind.__name__]
    table["properties"]["model"] = names | {"description": "Model of the catalogue that the table starts from."}
    schema["$defs"][kind.__name__] = {"anyOf": [names, table]}


def _loosened(node: Any) -> Any:
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _is_leaf(node):
        return _leaf(node)
    plain = {key: _loosened(value) for key, value in node.items() if key != "required"}
    if plain.get("type") == "object" and "properties" in plain:
        plain["additionalProperties"] = False
    return plain


def _is_leaf(node: dict[str, Any]) -> bool:
    if node.get("type") == "array":
        return _is_leaf(node["items"] if "items" in node else node["prefixItems"][0])
    return node.get("type") in ("number", "integer", "string", "boolean", "null")


def _leaf(node: dict[str, Any]) -> dict[str, Any]:
    """Return a leaf as it is, a number also as text with its unit, each also as a table with its source."""
    about = {key: node[key] for key in ("title", "description") if key in node}
    bare = {key: value for key, value in node.items() if key not in (*about, "default")}
    if node["type"] == "null":
        bare = {"const": "none"}
    forms = [bare, _QUANTITY] if node["type"] in ("number", "integer") else [bare]
    sourced = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": {"anyOf": forms},
            "status": {"enum": list(STATUSES)},
            "source": {"type": "string"},
            "spread": {"type": ["number", "string"]},
        },
    }
    return about | {"anyOf": [*forms, sourced]}
