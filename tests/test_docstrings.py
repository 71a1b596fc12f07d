"""Every public function says what it takes, in which unit, and where its formula comes from."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("twin", "topology", "thermal", "power", "viz")
BASE = {"1", "m", "kg", "s", "K", "delta_K", "A", "rad", "B", "bit"}
SYMBOLS = BASE | {"Hz", "N", "Pa", "J", "W", "V", "ohm", "S", "F", "H"}


def sections(docstring: str) -> dict[str, str]:
    """Bodies of the underlined sections of a docstring, by heading."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", docstring, flags=re.MULTILINE)
    return {name: body.strip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def entries(section: str) -> dict[str, str]:
    """Text of each entry of a Parameters or Returns section, by name; `a, b : text` holds for both."""
    found = {}
    for head, rest in re.findall(r"^(\S.*)((?:\n(?:[ \t]+.*)?)*)", section, flags=re.MULTILINE):
        names, _, text = head.partition(" : ")
        found |= dict.fromkeys((name.strip("* ") for name in names.split(",")), text + rest)
    return found


def has_unit(text: str) -> bool:
    """Whether a bracket holds a unit: SI symbols with powers, `*`, `/` and blanks, or 1."""
    return any(
        set(re.sub(r"\^?-?\d+\b", "", re.sub(r"[*/()\s]+", " ", f" {unit} ")).split()) <= SYMBOLS
        and re.search(r"[A-Za-z]|^1$", unit)
        for unit in re.findall(r"\[([^\[\]]+)\]", text)
    )


def is_physical(annotation: Any) -> bool:
    """Whether values of this type need a unit: a float, an array that may hold floats, tuples of them."""
    text = annotation if isinstance(annotation, str) else repr(annotation)
    if re.match(r"(typing|collections\.abc)\.Callable|Callable", text):
        return False
    if "int" in text or "bool" in text:
        text = re.sub(r"(numpy\.)?ndarray\[.*", "", text)
    return bool(re.search(r"float|ndarray|NDArray|\bArray\b|ArrayLike|_SupportsArray", text)) or annotation is float


def faults(function: Callable[..., Any]) -> list[str]:
    """What a docstring lacks."""
    documented = sections(inspect.getdoc(function) or "")
    signature = inspect.signature(function)
    parameters = entries(documented.get("Parameters", ""))
    found = []
    if list(parameters) != list(signature.parameters):
        found.append(f"documents {list(parameters)}, takes {list(signature.parameters)}")
    for name, parameter in signature.parameters.items():
        if is_physical(parameter.annotation) and not has_unit(parameters.get(name, "")):
            found.append(f"no unit for {name}")
    if is_physical(signature.return_annotation) and not has_unit(documented.get("Returns", "")):
        found.append("no unit for what it returns")
    if not documented.get("References", "").strip():
        found.append("no source")
    return found


def field_faults(source: str) -> Iterator[str]:
    """Fields of public dataclasses without a docstring, or annotated without naming their unit first."""
    for cls in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)):
        public = not cls.name.startswith("_")
        if not (public and any("dataclass" in ast.unparse(mark) for mark in cls.decorator_list)):
            continue
        for field, after in zip(cls.body, [*cls.body[1:], None], strict=True):
            if not isinstance(field, ast.AnnAssign):
                continue
            name = f"{cls.name}.{ast.unparse(field.target)}"
            described = isinstance(after, ast.Expr) and isinstance(getattr(after.value, "value", None), str)
            if not described:
                yield f"{name} is not described"
            annotation = ast.unparse(field.annotation)
            if annotation.startswith("Annotated[float,") and not re.match(r"Annotated\[float, '", annotation):
                yield f"{name} has no unit"


def public_functions(package: str) -> dict[str, Callable[..., Any]]:
    """The functions a package exports, by name."""
    module = importlib.import_module(package)
    exported = {name: getattr(module, name) for name in module.__all__}
    return {name: value for name, value in exported.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_is_documented_with_names_units_and_a_source(package):
    lacking = {name: faults(function) for name, function in public_functions(package).items()}
    assert lacking, f"{package} exports no function"
    assert {name: found for name, found in lacking.items() if found} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_parameter_field_is_described_and_carries_its_unit(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        assert list(field_faults(path.read_text())) == [], path.relative_to(ROOT)


# The checkers themselves: one good example, and mutants of it that must not pass.


def heat(flow: float, rise: NDArray[np.float64], branch: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Heat carried by a flow, Q = m c dT.

    Parameters
    ----------
    flow : scalar, mass flow [kg/s]
    rise : (..., n), temperature rise
        of the coolant [delta_K]
    branch : (n,), index of each branch
    count : number of branches

    Returns
    -------
    heat : (..., n), heat of each branch [W]

    References
    ----------
    Derived: energy balance of a stream.
    """
    return np.full(count, flow) * rise[branch]


def with_docstring(before: str, after: str) -> Callable[..., Any]:
    def copy(flow, rise, branch, count):
        return None

    docstring = inspect.getdoc(heat) or ""
    assert before in docstring
    copy.__doc__ = docstring.replace(before, after)
    copy.__signature__ = inspect.signature(heat)
    return copy


def test_a_complete_docstring_has_no_faults():
    assert faults(heat) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("flow : scalar", "stream : scalar", "documents"),
        ("count : number of branches\n", "", "documents"),
        ("[kg/s]", "", "no unit for flow"),
        ("[delta_K]", "[see below]", "no unit for rise"),
        ("[kg/s]", "[degC]", "no unit for flow"),
        ("branch [W]", "branch", "no unit for what it returns"),
        ("Derived: energy balance of a stream.", "", "no source"),
        ("References\n----------\n", "", "no source"),
    ],
)
def test_a_docstring_with_a_wrong_name_a_missing_unit_or_no_source_is_rejected(before, after, fault):
    assert any(found.startswith(fault) for found in faults(with_docstring(before, after)))


def test_a_function_without_a_docstring_is_rejected():
    def bare(flow: float) -> float:
        return flow

    assert len(faults(bare)) == 4


@pytest.mark.parametrize("unit", ["1", "W/(m*K)", "m3/s", "B s-1", "kg s-1", "W/m^2", "J/B", "delta_K", "ohm*m"])
def test_units_in_either_spelling_are_recognised(unit):
    assert has_unit(f"(..., n), something in [{unit}]")


@pytest.mark.parametrize("text", ["[0, 1]", "link[k]", "[mm]", "[]", "[L/min]", "metres", "[-2]", "[m/minute]"])
def test_brackets_that_hold_no_si_unit_are_not_units(text):
    assert not has_unit(text)


FIELDS = '''
@dataclass(frozen=True, kw_only=True)
class Bar:
    area: Annotated[float, "m2", Gt(0)]
    """of one pole"""
    name: str
    """of the bar"""

    def double(self): ...
'''


def test_described_fields_pass_and_undescribed_or_unitless_ones_are_named():
    assert list(field_faults(FIELDS)) == []
    assert list(field_faults(FIELDS.replace('    """of one pole"""\n', ""))) == ["Bar.area is not described"]
    assert list(field_faults(FIELDS.replace('"m2", ', ""))) == ["Bar.area has no unit"]
