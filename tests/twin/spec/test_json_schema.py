"""The schema for editors: accepts the catalogue's own files, marks what the reader would refuse."""

import copy
import json
import operator
import re
import tomllib
from importlib import resources

import pytest

import twin
from twin.spec.json_schema import json_schema
from twin.spec.write import to_toml

ENTRIES = [*twin.systems(), "_common"]
BOUNDS = {
    "minimum": operator.lt,
    "exclusiveMinimum": operator.le,
    "maximum": operator.gt,
    "exclusiveMaximum": operator.ge,
}
KINDS = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}


def faults(value, schema, root, path="spec"):
    """What in a value the schema forbids: the keywords of draft 2020-12 that our schema uses."""
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return faults(value, target, root, path)
    if "anyOf" in schema:
        tried = [faults(value, form, root, path) for form in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    return [f"{path}: {fault}" for fault in _own_faults(value, schema)] + _inner_faults(value, schema, root, path)


def _own_faults(value, schema):
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"is no {kinds}"
        return
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        yield f"{value!r} is none of the words"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{value!r} has the wrong form"
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield "has the wrong length"
    if isinstance(value, (int, float)):
        yield from (key for key, bad in BOUNDS.items() if key in schema and bad(value, schema[key]))


def _is(value, kind):
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _inner_faults(value, schema, root, path):
    found = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                found += faults(item, known[key], root, f"{path}.{key}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{path}.{key}: unknown")
        found += [f"{path}.{key}: missing" for key in schema.get("required", []) if key not in value]
    if isinstance(value, list):
        forms = schema.get("prefixItems", []) + [schema.get("items", {})] * len(value)
        for i, item in enumerate(value):
            found += faults(item, forms[i], root, f"{path}.{i}")
    return found


def entry(name):
    return tomllib.loads((resources.files("twin") / "catalogue" / f"{name}.toml").read_text())


@pytest.mark.parametrize("name", ENTRIES)
def test_the_schema_accepts_the_catalogue(name):
    assert faults(entry(name), json_schema(), json_schema()) == []


@pytest.mark.parametrize("name", twin.systems())
def test_the_schema_accepts_a_spec_as_results_carry_it(name):
    spec = twin.load(name).with_("cooling.coolant", "water").with_("cooling.volume_flow", "none")
    assert faults(tomllib.loads(to_toml(spec)), json_schema(), json_schema()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("cooling", "supply_temperature"), True),
        (("cooling", "supply_temperature"), "warm"),
        (("cooling", "supply_temperature"), [318.15]),
        (("cooling", "supply_temperature"), 45),
        (("cooling", "supply_temperature"), {"value": "45 degC", "unit": "K"}),
        (("cooling", "supply_temperature"), {"status": "quoted"}),
        (("cooling", "supply_temperature"), {"value": 318.15, "status": "guessed"}),
        (("cooling", "coolant"), "oil"),
        (("cooling", "color"), 1),
        (("rack", "nvlink"), "none"),
        (("rack", "nvlink", "links_to_asic"), [0]),
        (("rack", "nvlink", "gpus"), 1),
        (("rack", "trays"), {"name": "compute"}),
        (("rack", "trays", 0, "name"), "a.b"),
        (("rack", "busbar"), "no"),
        (("rack", "pressure_points"), []),
        (("inherit",), 5),
        (("provenance",), {}),
    ],
)
def test_the_schema_marks_what_the_reader_refuses(path, value):
    document = copy.deepcopy(entry("gb300-nvl72"))
    owner = document
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    found = faults(document, json_schema(), json_schema())
    assert any(fault.startswith(".".join(["spec", *map(str, path)])) for fault in found), found


def test_a_file_that_inherits_may_leave_out_anything_and_take_parts_out():
    for document in ({}, {"inherit": "gb300-nvl72", "rack": {"busbar": "none", "spine": "none"}}):
        assert faults(document, json_schema(), json_schema()) == []


def test_the_schema_is_json_and_describes_every_field():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"Rack", "Tray", "Chip", "Busbar", "Package"} <= schema["$defs"].keys()
    for table in (named["anyOf"][1] if "anyOf" in named else named for named in schema["$defs"].values()):
        assert table["additionalProperties"] is False
        assert "required" not in table
