"""Derating, throttling and clock: what a chip gives up at its limits, in closed form."""

import numpy as np
import pytest
from twin_racks import SYSTEMS, changed, steady

import twin
from twin.couple.derate import STRIDE, bounded_rise, clock_temperature, module_budget
from twin.couple.steady import Steady, solve_steady
from twin.spec.types import Factory

TIM = "chips.gpu.package.tim_thickness"


@pytest.fixture(scope="module")
def hot(gb300: Factory) -> Steady:
    """GPUs on a thick interface: all derate, and none is at its clock floor."""
    return steady(changed(gb300, {TIM: 2e-3}))


def test_derated_chips_stand_exactly_at_the_limit(hot: Steady) -> None:
    gpu = hot.model.parts.gpu
    np.testing.assert_allclose(hot.outcome.next.junction[0, gpu], 358.15, rtol=1e-10)


def test_power_of_a_derated_chip_is_rise_over_resistance(hot: Steady) -> None:
    gpu = hot.model.parts.gpu
    allowed = (358.15 - 318.15) / hot.outcome.plates.rise.die[0, gpu]
    np.testing.assert_allclose(hot.outcome.chips.power[0, gpu], allowed, rtol=1e-9)
    assert np.all(allowed < 1400.0)


def test_a_derated_chip_lowers_its_clock_by_what_its_budget_lacks(hot: Steady) -> None:
    out, gpu = hot.outcome, hot.model.parts.gpu
    clock = (out.chips.power - out.chips.leakage - out.chips.link_power)[0, gpu] / hot.model.chip.dynamic_full[0, gpu]
    np.testing.assert_allclose(out.chips.clock[0, gpu], clock, rtol=1e-9)
    assert np.all((clock > 0.3) & (clock < 0.95))


def test_the_chip_with_the_thicker_interface_draws_less_when_all_derate(hot: Steady) -> None:
    """Chips of one tray share flow and supply, so only their interface differs."""
    tray = hot.model.parts.gpu[:4]
    order = np.argsort(hot.model.interface_factor[0, tray])
    assert np.all(np.diff(hot.outcome.chips.power[0, tray][order]) < 0)


def test_chips_below_the_limit_are_left_alone(gb300_steady: Steady) -> None:
    out, gpu = gb300_steady.outcome, gb300_steady.model.parts.gpu
    np.testing.assert_allclose(out.chips.power[0, gpu], 1400.0, rtol=1e-10)
    assert np.all(out.next.junction[0] < 358.15)


def test_without_derating_the_same_rack_exceeds_the_limit_and_keeps_its_power(hot: Steady) -> None:
    free = solve_steady(hot.model._replace(derate=False))
    gpu = free.model.parts.gpu
    np.testing.assert_allclose(free.outcome.chips.power[0, gpu], 1400.0, rtol=1e-10)
    assert np.all(free.outcome.next.junction[0, gpu] > 358.15)


def test_headroom_is_the_shortfall_of_the_rack_without_derating(gb300: Factory, hot: Steady) -> None:
    free = solve_steady(hot.model._replace(derate=False))
    row = twin.solve_batch([changed(gb300, {TIM: 2e-3})]).isel(case=0)
    shortfall = 358.15 - free.outcome.next.junction.max()
    assert shortfall < 0
    assert float(row.headroom_temperature) == pytest.approx(shortfall, abs=1e-6)


def test_at_the_clock_floor_the_temperature_passes_the_limit(gb300: Factory) -> None:
    floor = steady(changed(gb300, {"chips.gpu.power.clock_min": 0.8, TIM: 4e-3}))
    gpu = floor.model.parts.gpu
    assert np.all(floor.outcome.chips.clock[0, gpu] == 0.8)
    assert np.all(floor.outcome.next.junction[0, gpu] > 358.15 + 1)


def test_a_clock_floor_of_zero_is_solved(gb300: Factory) -> None:
    derated = steady(changed(gb300, {"chips.gpu.power.clock_min": 0.0, TIM: 10e-3}))
    gpu = derated.model.parts.gpu
    np.testing.assert_allclose(derated.outcome.next.junction[0, gpu], 358.15, rtol=1e-10)
    assert np.all((derated.outcome.chips.clock[0, gpu] > 0.05) & (derated.outcome.chips.clock[0, gpu] < 0.3))


def test_a_chip_that_can_live_at_a_tenth_of_its_clock_is_found(gb300: Factory) -> None:
    """At 85 degC it leaks about 250 W and its plate carries about 370 W: a steady state exists, far from the start."""
    derated = steady(changed(gb300, {"chips.gpu.power.clock_min": 0.0, TIM: 15e-3}))
    np.testing.assert_allclose(derated.outcome.next.junction[0, derated.model.parts.gpu], 358.15, rtol=1e-10)


def test_chips_at_the_floor_near_runaway_are_found() -> None:
    """R dP/dT is about 0.75 there, so plain passes creep; the steady state at 116 degC exists all the same."""
    solved = steady(changed("vr-nvl72", {TIM: 3e-3}, supply=50.0))
    gpu = solved.model.parts.gpu
    assert np.all(solved.outcome.chips.clock[0, gpu] == 0.3)
    assert solved.outcome.next.junction[0, gpu].max() == pytest.approx(116.0 + 273.15, abs=0.2)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("load", [0.0, 0.5, 1.0])
def test_no_chip_exceeds_its_cap_unless_its_clock_is_at_the_floor(system: str, load: float) -> None:
    solved = steady(changed(system, load=load))
    over = solved.outcome.chips.power[0] > solved.model.chip.cap[0] * (1 + 1e-9)
    assert np.all(solved.outcome.chips.clock[0][over] <= 0.3)
    assert not over.any()


def test_the_budget_is_the_cap_until_the_plate_carries_less(gb300_steady: Steady) -> None:
    model = gb300_steady.model
    rise = np.full(model.leakage_factor.shape, 0.02)
    rise[0, 0] = 0.08
    budget = module_budget(model, rise)
    assert budget[0, 0] == pytest.approx(40.0 / 0.08)
    np.testing.assert_array_equal(budget[0, 1:], np.minimum(model.chip.cap[0, 1:], 2000.0))
    free = module_budget(model._replace(derate=False), rise)
    np.testing.assert_array_equal(free, model.chip.cap)


# Bounds between passes


def test_the_clock_is_chosen_at_the_limit_where_a_guess_lies_above_it(gb300_steady: Steady) -> None:
    model = gb300_steady.model
    guess = np.full(model.leakage_factor.shape, 350.0)
    guess[0, 0] = 400.0
    held = clock_temperature(model, guess)
    assert held[0, 0] == 358.15
    np.testing.assert_array_equal(held[0, 1:], 350.0)
    np.testing.assert_array_equal(clock_temperature(model._replace(derate=False), guess), guess)


def test_at_the_solution_neither_bound_takes_part(hot: Steady) -> None:
    """All GPUs stand at their limit; what was found there is what no bound would find."""
    junction = hot.outcome.next.junction
    np.testing.assert_allclose(clock_temperature(hot.model, junction), junction, rtol=1e-10)
    np.testing.assert_array_equal(bounded_rise(junction, junction), junction)


def test_a_guess_rises_by_a_stride_at_most_and_falls_freely() -> None:
    guess = np.array([[300.0, 300.0, 300.0, 300.0]])
    following = np.array([[330.0, 300.0 + STRIDE, 900.0, 30.0]])
    expected = [[330.0, 300.0 + STRIDE, 300.0 + STRIDE, 30.0]]
    np.testing.assert_array_equal(bounded_rise(guess, following), expected)


def test_a_die_that_starts_a_hundred_kelvin_off_finds_the_same_state(gb300_steady: Steady) -> None:
    """Two strides up or one leap down: the bound shapes the way, not the end."""
    model, found = gb300_steady.model, gb300_steady.outcome
    for off in (-100.0, 100.0):
        start = found._replace(next=found.next._replace(junction=found.next.junction + off))
        again = solve_steady(model, start)
        np.testing.assert_allclose(again.outcome.next.junction, found.next.junction, rtol=1e-9)


# The fabric


def busiest(tree) -> float:  # type: ignore[no-untyped-def]
    return float(tree["topology"].link_utilization.max())


def test_a_saturated_fabric_delivers_what_its_busiest_link_carries(gb300: Factory) -> None:
    tree = twin.solve(changed(gb300, {"traffic.injection": 1.0}))
    assert busiest(tree) == pytest.approx(1.0, rel=1e-9)
    assert "throttled" in str(tree["summary"].warnings.values)


def test_below_saturation_nothing_is_throttled(gb300_tree) -> None:  # type: ignore[no-untyped-def]
    assert busiest(gb300_tree) < 1.0
    assert "throttled" not in str(gb300_tree["summary"].warnings.values)


def test_saturation_shows_at_the_injection_that_the_light_load_predicts(gb300: Factory) -> None:
    """Loads are linear in injection; clocks hardly move when links cost nothing."""
    free = changed(gb300, {"chips.gpu.power.link_energy": 0.0, "traffic.injection": 0.1})
    light = busiest(twin.solve(free))
    for share in (0.97, 1.03):
        tree = twin.solve(changed(free, {"traffic.injection": min(1.0, share * 0.1 / light)}))
        assert ("throttled" in str(tree["summary"].warnings.values)) == (share > 1)


def test_link_loads_are_what_each_clock_sends_over_its_planes(gb300: Factory) -> None:
    """Uniform traffic: a GPU sends its clock times its injection, an eighteenth over each of its links."""
    tree = twin.solve(changed(gb300, {"traffic.pattern": "uniform"}))
    gpus = [i for i, name in enumerate(tree["power"].chip.values) if "gpu" in name]
    clock = tree["power"].chip_clock.values[gpus]
    up = tree["topology"].link_load_up.values.reshape(72, 18)
    np.testing.assert_allclose(up, np.repeat(0.3 * 900e9 * clock[:, None] / 18, 18, axis=1), rtol=1e-12)
    down = tree["topology"].link_load_down.values.reshape(72, 18)
    received = (clock.sum() - clock) / 71 * 0.3 * 900e9
    np.testing.assert_allclose(down, np.repeat(received[:, None] / 18, 18, axis=1), rtol=1e-12)


def test_every_byte_that_goes_up_comes_down(gb300_tree) -> None:  # type: ignore[no-untyped-def]
    links = gb300_tree["topology"]
    assert float(links.link_load_up.sum()) == pytest.approx(float(links.link_load_down.sum()), rel=1e-12)


def test_link_power_is_energy_per_byte_times_bytes(gb300: Factory, gb300_tree) -> None:  # type: ignore[no-untyped-def]
    links, chips = gb300_tree["topology"], gb300_tree["power"]
    handled = (links.link_load_up + links.link_load_down).values.reshape(72, 18)
    names = chips.chip.values
    gpu = chips.link_power.values[[i for i, name in enumerate(names) if "gpu" in name]]
    asic = chips.link_power.values[[i for i, name in enumerate(names) if "asic" in name]]
    compute, switch = gb300.rack.trays
    np.testing.assert_allclose(gpu, compute.chips[0].power.link_energy * handled.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(asic, switch.chips[0].power.link_energy * handled.sum(axis=0), rtol=1e-9)
