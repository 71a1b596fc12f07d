"""What must hold for any rack: monotonicity, symmetry, scaling, relabelling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_racks import SYSTEMS, ac_power, changed, grid, steady

import twin
from twin.spec.load import load
from twin.spec.types import Factory

FEW = settings(max_examples=12)
system = st.sampled_from(SYSTEMS)
utilization = st.floats(0.0, 1.0)
supply = st.floats(20.0, 47.0)
#: Two fixed points, each at 1e-10, may differ by this much where a quantity does not move at all.
STILL = 1e-9


@FEW
@given(system=system, load=utilization, supply=supply, warmer=st.floats(0.1, 3.0), share=st.floats(0.4, 0.95))
def test_hotter_inlet_never_lowers_any_chip_temperature(
    system: str, load: float, supply: float, warmer: float, share: float
) -> None:
    """At held flow. Where the flow follows the return temperature a hotter inlet brings more of it, which may cool."""
    flow = {"cooling.volume_flow": share * twin_flow(system)}
    cool, warm = (changed(system, flow, load=load, supply=t) for t in (supply, supply + warmer))
    before, after = steady(cool, warm).outcome.next.junction
    assert np.all(after >= before * (1 - STILL))


def twin_flow(system: str) -> float:
    return load(system).cooling.flow_maximum


@FEW
@given(system=system, load=utilization, supply=supply, share=st.floats(0.4, 0.95), more=st.floats(1.01, 1.3))
def test_more_flow_never_heats_the_hottest_chip(
    system: str, load: float, supply: float, share: float, more: float
) -> None:
    flow = share * twin_flow(system)
    little, much = (changed(system, {"cooling.volume_flow": q}, load=load, supply=supply) for q in (flow, more * flow))
    before, after = steady(little, much).outcome.next.junction.max(axis=1)
    assert after <= before * (1 + STILL)


@FEW
@given(system=system, supply=supply, low=utilization, high=utilization)
def test_more_load_never_lowers_rack_power(system: str, supply: float, low: float, high: float) -> None:
    less, more = ac_power(steady(*(changed(system, load=x, supply=supply) for x in sorted((low, high)))))
    assert more >= less * (1 - STILL)


@FEW
@given(load=utilization, more=st.floats(1.0, 3.0), lost=st.booleans())
def test_more_copper_never_raises_the_temperature_of_the_bar(load: float, more: float, lost: bool) -> None:
    bank = {"rack.stack.top-shelves.in_service": not lost}
    thin = changed("gb300-nvl72", bank, load=load)
    thick = changed(thin, {"rack.busbar.cross_section": more * 900e-6})
    before, after = steady(thin, thick).outcome.next.section.max(axis=1)
    assert after <= before * (1 + STILL)


@FEW
@given(first=st.integers(0, 2**40), second=st.integers(0, 2**40), load=st.floats(0.3, 1.0))
def test_another_seed_changes_only_the_spread(first: int, second: int, load: float) -> None:
    """Another draw of chips moves each chip within the spread and leaves the rack where it was."""
    rows = steady(*(changed("gb300-nvl72", {"variation.seed": s}, load=load) for s in (first, second)))
    gpu = rows.model.parts.gpu
    one, two = rows.outcome.next.junction[:, gpu]
    assert abs(one.mean() - two.mean()) < 0.2
    assert np.abs(one - two).max() < 2.5
    assert ac_power(rows)[0] == pytest.approx(ac_power(rows)[1], rel=5e-3)


def test_without_variation_chips_of_a_tray_are_alike_and_seeds_do_not_matter(gb300: Factory) -> None:
    even = changed(gb300, {"variation.leakage": 0.0, "variation.interface": 0.0, "traffic.pattern": "uniform"})
    rows = steady(even, changed(even, {"variation.seed": 999}))
    np.testing.assert_array_equal(rows.outcome.next.junction[0], rows.outcome.next.junction[1])
    trays = rows.outcome.next.junction[0, rows.model.parts.gpu].reshape(18, 4)
    np.testing.assert_allclose(trays, trays[:, :1] * np.ones(4), rtol=1e-13)


def test_without_variation_uniform_traffic_loads_all_links_equally(gb300: Factory) -> None:
    """Clocks differ from tray to tray by the manifold only: less than a thousandth."""
    even = changed(gb300, {"variation.leakage": 0.0, "variation.interface": 0.0, "traffic.pattern": "uniform"})
    up = twin.solve(even)["topology"].link_load_up.values
    assert np.ptp(up) < 1e-3 * up.mean()


@FEW
@given(injection=st.floats(0.01, 0.16), load=st.floats(0.1, 0.9))
def test_double_injection_doubles_the_power_of_the_links(injection: float, load: float) -> None:
    """Below cap and saturation the clocks stay at 1, so bytes are proportional to injection."""
    rows = steady(*(changed("gb300-nvl72", {"traffic.injection": x}, load=load) for x in (injection, 2 * injection)))
    clock = rows.outcome.chips.clock[:, rows.model.parts.gpu]
    one, two = rows.outcome.chips.link_power.sum(axis=1)
    assert two == pytest.approx(2 * one, rel=1e-9 if clock.min() == 1 else 0.02)


def test_clocks_are_full_below_the_cap(gb300: Factory) -> None:
    solved = steady(changed(gb300, load=0.8))
    assert np.all(solved.outcome.chips.clock == 1.0)


@pytest.mark.parametrize("path", ["rack.busbar.cross_section", "rack.shelf.source_resistance"])
def test_currents_of_a_bar_fed_from_both_ends_hardly_depend_on_its_resistances(gb300: Factory, path: str) -> None:
    """Kirchhoff: the two banks share the total, whatever the resistances; only the split between shelves moves."""
    value = {"rack.busbar.cross_section": 900e-6, "rack.shelf.source_resistance": 0.3e-3}[path]
    rows = steady(*grid(gb300, {path: [0.5 * value, value, 2 * value]}))
    bus = rows.outcome.boards.feed.bus
    largest, total = np.abs(bus.section_current).max(axis=1), bus.load_current.sum(axis=1)
    assert np.all(largest >= total / 2)
    assert np.all(largest <= 1.05 * total / 2)


def test_stronger_leakage_draws_more_until_the_cap(gb300: Factory) -> None:
    rows = steady(*grid(changed(gb300, load=0.5), {"chips.gpu.power.leakage_ratio": [1.03, 1.05, 1.07]}))
    cool = rows.outcome.chips.leakage[:, rows.model.parts.gpu].sum(axis=1)
    assert np.all(np.diff(cool) > 0)
