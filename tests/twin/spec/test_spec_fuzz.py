"""Whatever stands in a file or behind --set: a spec comes back or a SpecError, never anything else."""

import contextlib
import copy
import math
import re
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twin
from thermal import DidNotConverge
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.load import build, loads
from twin.spec.paths import field_at, leaves, set_steps
from twin.spec.types import Factory
from twin.spec.write import to_toml

SYSTEMS = twin.systems()
DOCUMENTS = {name: tomllib.loads(to_toml(twin.load(name))) for name in SYSTEMS}
SCALARS = (
    st.none().map(lambda _: "none")
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["45 C", "400 Gb/s", "1 KW", "5 K", "-1 L/min", "50 GB/s", "none", "shelf", "*", "gpu", "a.b"])
    | st.dates()
)
NAMES = st.sampled_from(["value", "name", "status", "source", "spread", "inherit", "tdp", "count"]) | st.text(
    max_size=5
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)


def fuzz(examples):
    """The same examples every time, so that a failure is everybody's."""
    return settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )


def places(document, path=()):
    """Paths of everything in a document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


PLACES = {name: sorted(places(document), key=str) for name, document in DOCUMENTS.items()}


@st.composite
def mutants(draw):
    """A catalogue entry with up to three things deleted, replaced or doubled."""
    name = draw(st.sampled_from(SYSTEMS))
    document = copy.deepcopy(DOCUMENTS[name])
    for path in draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=3)):
        owner = document
        for step in path[:-1]:
            owner = owner[step] if _has(owner, step) else None
        if owner is None or not _has(owner, path[-1]):
            continue
        change = draw(st.sampled_from(["delete", "replace", "replace", "double", "rename"]))
        if change == "delete":
            del owner[path[-1]]
        elif change == "double" and isinstance(owner, list):
            owner.append(copy.deepcopy(owner[path[-1]]))
        elif change == "rename" and isinstance(owner, dict):
            owner[draw(NAMES)] = owner.pop(path[-1])
        else:
            owner[path[-1]] = draw(VALUES)
    return document


def _has(owner, step):
    if isinstance(owner, dict):
        return step in owner
    return isinstance(owner, list) and isinstance(step, int) and step < len(owner)


@fuzz(200)
@given(mutants())
def test_a_mutated_entry_is_a_spec_or_refused(document):
    try:
        assert isinstance(build(document, origin="mutant", name="mutant"), Factory)
    except SpecError as error:
        assert all(problem and "\n" not in problem for problem in error.problems)


@fuzz(150)
@given(
    st.dictionaries(
        st.sampled_from(["rack", "cooling", "inherit", "limits", "value", "name"]) | NAMES, VALUES, max_size=4
    )
)
def test_any_table_over_an_entry_is_a_spec_or_refused(document):
    try:
        assert isinstance(build({"inherit": "gb300-nvl72"} | document, origin="x", name="x"), Factory)
    except SpecError as error:
        assert error.problems


@fuzz(150)
@given(
    st.text(max_size=40)
    | st.from_regex(r"(\[{1,2}[a-z.]{1,6}\]{1,2}\n|[a-z.]{1,6} = [\"'0-9a-z\[\]{}=, ]{0,12}\n){0,4}")
)
def test_any_text_is_a_spec_or_refused(text):
    with pytest.raises(SpecError):
        loads(text)
    try:
        loads('inherit = "hgx-h100"\n' + text)
    except SpecError as error:
        assert error.problems


STEPS = {name: [steps for steps, _ in leaves(twin.load(name))] for name in SYSTEMS}


@fuzz(300)
@given(
    st.sampled_from(SYSTEMS),
    st.data(),
    VALUES | st.builds("{} {}".format, st.floats(), st.sampled_from(["degC", "W", "K", "L/min", "%", "B/s"])),
)
def test_any_setting_of_any_field_is_a_spec_or_refused(system, data, value):
    steps = data.draw(st.sampled_from(STEPS[system]))
    try:
        spec = twin.load(system).with_(".".join(steps), value)
    except SpecError as error:
        assert all("\n" not in problem for problem in error.problems)
    else:
        assert loads(to_toml(spec)) == spec


FLOATS = {name: [steps for steps in STEPS[name] if field_at(twin.load(name), steps).unit] for name in SYSTEMS}


@st.composite
def bends(draw):
    """A system, and one to three of its numbers with a factor each."""
    system = draw(st.sampled_from(SYSTEMS))
    factors = st.sampled_from([0.0, 1e-12, 1e-3, 0.3, 0.9, 1.1, 3.0, 1e3, 1e12])
    return system, draw(st.dictionaries(st.sampled_from(FLOATS[system]), factors, min_size=1, max_size=3))


def bent(system, factors):
    """The system with those numbers far from where they were, each inside its own bounds."""
    spec = twin.load(system)
    values = dict(leaves(spec))
    for steps, factor in factors.items():
        with contextlib.suppress(SpecError):
            spec = set_steps(spec, [steps], 1e-3 if values[steps] is None else values[steps] * factor)
    return spec


def solved_or_refused(spec):
    try:
        tree = twin.solve(spec)
    except (SpecError, ConvergenceError) as error:
        assert str(error)
        assert "\n" not in str(error)
    else:
        assert math.isfinite(tree["summary"].rack_power)


@fuzz(6)
@given(bends())
def test_a_spec_that_loads_is_solved_or_refused(bend):
    solved_or_refused(bent(*bend))


@pytest.mark.slow
@fuzz(40)
@given(bends())
def test_many_specs_that_load_are_solved_or_refused(bend):
    solved_or_refused(bent(*bend))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("gpu.package.die_length", "78 mm", "must fit on the lid"),
        ("gpu.package.lid.length", "200 mm", "its area must be <= that of the base"),
        ("pressure_points.0.volume_flow", "178 L/min", "check the flows"),  # more flow at less pressure
        ("pressure_points.0.supply_temperature", "100 K", "temperature of coolant 'water'"),  # frozen
        ("manifold.header_diameter", "1 um", "widen Manifold.header_diameter"),
        ("busbar.heat_transfer", "1e-6 W/(m*K)", "steady temperature"),
        ("busbar.ambient_temperature", "1 K", "section_resistance"),
    ],
)
def test_a_number_only_a_leaf_can_judge_is_refused_with_the_name_of_the_spec(path, value, says):
    with pytest.raises(SpecError, match=f"^gb300-nvl72: .*{re.escape(says)}") as caught:
        twin.solve(twin.load("gb300-nvl72").with_(path, value))
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_chip_whose_heat_cannot_leave_is_named():
    with pytest.raises(ConvergenceError, match=r"^gb300-nvl72: compute-\d+/gpu-\d: thermal runaway"):
        twin.solve(twin.load("gb300-nvl72").with_("gpu.package.tim_conductivity", "1e-3 W/(m*K)"))


def test_a_package_without_a_field_is_named(monkeypatch):
    def lost(*_, **__):
        raise DidNotConverge("relative residual 1 after 200 iterations: check the layers")

    monkeypatch.setattr("twin.build.heat.compact_package", lost)
    with pytest.raises(ConvergenceError, match=r"^gb300-nvl72: package of gpu: relative residual 1"):
        twin.solve(twin.load("gb300-nvl72"))


def test_a_bar_that_gives_way_is_refused_with_the_name_of_the_spec():
    spec = twin.load("gb300-nvl72").with_("shelf.source_resistance", 0.2).with_("busbar.heat_transfer", 500.0)
    with pytest.raises(SpecError, match=r"^gb300-nvl72: .*cannot carry this load: .*-\d+ draws .* kW; with all"):
        twin.solve(spec)


def test_a_peak_that_no_bar_carries_is_told_and_the_rest_is_solved():
    row = twin.solve(twin.load("gb300-nvl72").with_("rack.peak_power", "1e11 W"))["summary"]
    assert "cannot carry the peak" in str(row.warnings.values)
    assert math.isfinite(row.rack_power)
