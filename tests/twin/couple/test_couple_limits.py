"""Limits as loads: the share of what is allowed that is used, the worst of a rack, and the part nearest to it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from twin_racks import SYSTEMS, changed, steady

from twin.couple.limits import Limit, electrical_limits, nearest, plate_limits, thermal_limits, worst
from twin.couple.steady import Steady
from twin.spec.types import Factory

NAN = float("nan")
SOME = st.floats(-1e6, 1e6) | st.just(NAN)


def limit(name: str, value: list[list[float]], bound: float = 1.0, base: float = 0.0) -> Limit:
    parts = tuple(f"{name}-{i}" for i in range(len(value[0])))
    return Limit(name, np.array(value), np.array(bound), np.array([[base]]), parts)


def of(solved: Steady) -> list[Limit]:
    model, out = solved.model, solved.outcome
    return [*thermal_limits(model, out), *electrical_limits(model, out), *plate_limits(model, out)]


# One limit


def test_a_load_is_nothing_at_the_base_and_one_at_the_bound() -> None:
    load = limit("t", [[318.0, 338.0, 358.0, 378.0]], bound=358.0, base=318.0).load()
    np.testing.assert_allclose(load, [[0.0, 0.5, 1.0, 1.5]])


def test_a_part_without_the_limit_has_no_load() -> None:
    load = limit("t", [[NAN, 0.5]]).load()
    assert np.isnan(load[0, 0])
    assert load[0, 1] == 0.5


def test_a_bound_of_each_rack_holds_for_all_its_parts() -> None:
    item = Limit("t", np.ones((2, 3)), np.array([[2.0], [4.0]]), np.zeros((1, 1)), ("a", "b", "c"))
    np.testing.assert_allclose(item.load(), [[0.5] * 3, [0.25] * 3])


# The worst of several


def test_the_worst_is_the_largest_of_each_rack_over_all_limits() -> None:
    found = worst([np.array([[0.1, 0.9], [0.4, 0.2]]), np.array([[0.5], [0.6]])])
    np.testing.assert_array_equal(found, [[0.9], [0.6]])


def test_nan_is_left_out_of_the_worst_until_nothing_else_is_left() -> None:
    found = worst([np.array([[NAN, -2.0], [NAN, NAN]]), np.array([[NAN], [NAN]])])
    assert found[0, 0] == -2.0
    assert np.isnan(found[1, 0])


@given(arrays(float, (2, 3), elements=SOME), arrays(float, (2, 2), elements=SOME))
def test_the_worst_is_what_sorting_the_numbers_of_a_rack_gives(one: np.ndarray, other: np.ndarray) -> None:
    for found, row in zip(worst([one, other])[:, 0], np.hstack([one, other]), strict=True):
        numbers = sorted(x for x in row.tolist() if x == x)
        assert found == numbers[-1] if numbers else np.isnan(found)


# The nearest


def test_the_nearest_is_named_by_part_and_limit() -> None:
    items = [limit("hot", [[0.1, 0.9], [0.4, 0.2]]), limit("full", [[0.5], [0.6]])]
    assert nearest(items, [item.load() for item in items]) == ["hot-1: hot", "full-0: full"]


def test_nan_is_never_the_nearest() -> None:
    items = [limit("hot", [[NAN, NAN]]), limit("full", [[NAN, -5.0]])]
    assert nearest(items, [item.load() for item in items]) == ["full-1: full"]


@given(arrays(float, (1, 3), elements=SOME), arrays(float, (1, 2), elements=SOME))
def test_the_nearest_carries_the_worst_load(one: np.ndarray, other: np.ndarray) -> None:
    items = [limit("a", one.tolist()), limit("b", other.tolist())]
    loads = {f"{item.name}-{i}: {item.name}": x for item in items for i, x in enumerate(item.value[0].tolist())}
    if not all(np.isnan(x) for x in loads.values()):
        (name,) = nearest(items, [one, other])
        assert loads[name] == worst([one, other])[0, 0]


# The limits of a rack


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_limit_of_an_entry_names_its_parts_once_and_is_kept(system: str) -> None:
    solved = steady(changed(system))
    limits = of(solved)
    for item in limits:
        load = item.load()
        assert load.shape == (1, len(item.parts)), item.name
        assert len(set(item.parts)) == len(item.parts), item.name
    names = [item.name for item in limits]
    assert len(set(names)) == len(names)
    assert ("busbar section current" in names) == (solved.model.busbar is not None)
    assert worst([item.load() for item in limits if "validity" not in item.name])[0, 0] <= 1


def test_chips_without_memory_have_no_memory_limit(gb300_steady: Steady) -> None:
    (memory,) = (item for item in of(gb300_steady) if item.name == "memory temperature")
    gpus = ["/gpu-" in part for part in memory.parts]
    assert np.isfinite(memory.load()[0]).tolist() == gpus


def test_loads_of_heat_are_rises_and_those_of_current_are_shares(gb300: Factory, gb300_steady: Steady) -> None:
    by_name = {item.name: item for item in of(gb300_steady)}
    out, limits, bar = gb300_steady.outcome, gb300.limits, gb300.rack.busbar
    supply = gb300.cooling.supply_temperature
    assert bar is not None
    rise = (out.next.junction - supply) / (limits.junction - supply)
    np.testing.assert_allclose(by_name["die mean temperature"].load(), rise, rtol=1e-8)
    share = np.abs(out.boards.feed.bus.section_current) / bar.rated_current
    np.testing.assert_allclose(by_name["busbar section current"].load(), share, rtol=1e-12)
    window = gb300.rack.shelf.output_voltage - bar.voltage_min
    trays = out.boards.feed.bus.load_voltage[:, gb300_steady.model.parts.tray_slot - 1]
    drop = (gb300.rack.shelf.output_voltage - trays) / window
    np.testing.assert_allclose(by_name["bus voltage window"].load(), drop, rtol=1e-12)


def test_a_bound_that_is_moved_onto_a_value_is_met_exactly(gb300: Factory, gb300_steady: Steady) -> None:
    hottest = float(gb300_steady.outcome.next.junction.max())
    spec = replace(gb300, limits=replace(gb300.limits, junction=hottest))
    met = thermal_limits(steady(spec).model._replace(derate=False), gb300_steady.outcome)[0]
    assert met.load().max() == pytest.approx(1.0, rel=1e-8)


def test_plates_are_held_from_below_and_from_above(gb300_steady: Steady) -> None:
    """The two loads of a plate multiply to the ratio of the ends of its range."""
    least, most = (item.load() for item in plate_limits(gb300_steady.model, gb300_steady.outcome))
    low, high = gb300_steady.model.flow_range
    np.testing.assert_allclose(least * most, np.broadcast_to(low / high, least.shape), rtol=1e-12)
