"""Power swings: the store by its energy, the floor by hand, balances of power, the mask's verdict and its mutants."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import power
import twin
import viz
from twin.studies import power_swings
from twin.studies._assumed import assumed_text
from twin.studies._rack_states import rack_states
from twin.studies._swings import MEASURES, STEP, Site, Swings, drawn_with, job_power, residual, site_of

RAMP = 10e6 / 60 / 750


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return power_swings.study(gb300)


@pytest.fixture(scope="module")
def site(gb300) -> Site:
    return site_of(gb300, Swings(), 65.0, RAMP)


def of(found: xr.Dataset, name: str, measure: str) -> float:
    return float(found[name].sel(measure=measure))


def test_the_states_are_those_of_the_solved_rack(gb300, site):
    solved = twin.solve_batch([gb300.with_("load.utilization", load) for load in (0.0, 0.25, 1.0)])
    np.testing.assert_allclose(site.states.rack[[0, 1, 4]], solved.rack_power, rtol=1e-9)
    assert site.states.gpus[4] == pytest.approx(72 * 1400, rel=1e-9)


def test_a_cap_is_what_the_gpus_draw_and_takes_clock(gb300):
    states = rack_states(gb300, [1.0, 1.0], [1.0, 0.7])
    assert states.gpus[1] == pytest.approx(0.7 * 72 * 1400, rel=1e-9)
    assert states.clock[1] < 0.75 * states.clock[0]
    assert states.junction[1] < states.junction[0] - 5


def test_a_module_watt_costs_what_converters_make_of_it(site):
    """Intermediate bus of 97.9 %, and the shelf's marginal loss 2 q x at half load, about 2.6 %."""
    marginal = 1 / 0.979 * (1 + 2 * 0.02564 * 0.49)
    assert site.gain == pytest.approx(marginal, rel=3e-3)


def test_the_floor_leaves_the_swing_above_it_and_that_of_everything_else(site):
    gpus, rack = site.states.gpus, site.states.rack
    above = site.gain * (gpus[4] - 0.8 * 72 * 1400)
    beside = rack[4] - rack[1] - site.gain * (gpus[4] - gpus[1])
    assert residual(site, "floor and ramps", 0.2) == pytest.approx((above + beside) / site.swing, rel=1e-6)


def test_the_floor_burns_what_demand_lacks_of_it(site):
    """Ten steps of square demand: a quarter of the time the floor is held, with ramps fast enough not to count."""
    fast = site_of(twin.load("gb300-nvl72"), replace(Swings(), module_ramp=1e9), 65.0, RAMP)
    late = np.tile(np.repeat([4, 1], [1500, 500]), 10)
    drawn = drawn_with(fast, "floor and ramps", fast.states.rack[late], fast.states.gpus[late], 1e-3)
    by_hand = fast.gain * 0.25 * (0.8 * 72 * 1400 - fast.states.gpus[1])
    assert drawn.burnt == pytest.approx(by_hand, rel=1e-9)
    assert drawn.put_off == 0.0


def test_the_job_burns_what_its_phases_lack_of_the_floor(found, site):
    """In 60 s: ten of communication, five of evaluation, fifteen of checkpoint; edges and ramps are 1 to 2 %."""
    _, communicate, evaluate, checkpoint, *_ = 0.8 * 72 * 1400 - site.states.gpus
    by_hand = site.gain * (10 * communicate + 5 * evaluate + 15 * checkpoint) / 60
    assert of(found, "burnt_power", "floor and ramps") == pytest.approx(by_hand, rel=0.02)


def test_the_store_flattens_no_swing_below_the_bound_of_its_energy(found, site):
    bound = site.swing * 0.25 / (72 * 65)
    assert bound == pytest.approx(float(power.flattened_frequency(72 * 65.0, site.swing)))
    assert bound < of(found, "flattened_from", "store") < 4 * bound
    below = found.residual_swing.sel(measure="store", frequency=slice(None, bound))
    assert (below > 0.5).all()


def test_a_store_of_ten_times_the_energy_flattens_from_a_tenth_of_the_frequency(gb300, site):
    large = site_of(gb300, Swings(supply_recharge=5.0), 650.0, RAMP)
    assert residual(large, "store", 1.3) < 0.1 < residual(site, "store", 1.3)


def test_sixty_five_joules_leave_a_job_of_half_a_hertz_as_it_is(found):
    assert of(found, "mask_usage", "store") == pytest.approx(of(found, "mask_usage", "nothing"), rel=0.05)
    assert of(found, "cost", "store") < 0.05


def test_the_battery_keeps_the_grid_to_its_ramp_and_passes(found):
    course = found.grid_power.sel(shown="battery").values
    assert np.abs(np.diff(course)).max() <= RAMP * STEP * (1 + 1e-9)
    assert found.passed.sel(measure=["battery", "all three"]).values.tolist() == [1, 1]
    assert not found.passed.sel(measure=["nothing", "store", "floor and ramps", "floor and store"]).any()


def test_grid_energy_is_demand_and_cost_and_what_the_stores_hold_more(site):
    """Over the whole job: the floor's burn less work put off, and no more left in a store than it can hold."""
    rack, gpus = job_power(site)
    plain = drawn_with(site, "nothing", rack, gpus, STEP)
    for measure in ("store", "battery"):
        drawn = drawn_with(site, measure, rack, gpus, STEP)
        late = slice(rack.size // 2, None)
        excess = (drawn.grid[late] - plain.grid[late]).sum() * STEP
        lost = (drawn.supply_loss + drawn.battery_loss) * STEP * (rack.size - late.start)
        held = {"store": 72 * 65.0, "battery": Swings().battery_energy}[measure]
        assert abs(excess - lost) <= held


def test_the_first_lines_are_those_of_the_step_by_fourier(found, site):
    """A step of 2 s, 0.5 s low: amplitude 2 dP / pi sin(pi / 4), two thirds of the time (40 of 60 s)."""
    near = found.amplitude.sel(curve="nothing").sel(line_frequency=0.5, method="nearest")
    by_hand = 2 * site.swing / np.pi * np.sin(np.pi / 4) * 40 / 60 / site.states.rack[4]
    assert float(near) == pytest.approx(by_hand, rel=0.1)


def test_a_mask_as_high_as_the_swing_lets_everything_pass_and_a_mean_one_nothing(gb300):
    """Mutants of the mask: the verdict is the mask's."""
    loose = power_swings.study(gb300, swings=replace(Swings(), mask_levels=(1.0, 1.0, 1.0), dynamic_range=2.0))
    assert loose.passed.all()
    mean = power_swings.study(gb300, swings=replace(Swings(), mask_levels=(1e-6, 1e-6, 1e-6)))
    assert not mean.passed.any()


def test_answer_and_assumptions_hold_their_numbers(found):
    assert "4.68 kJ in a rack's supplies carry it for 35 ms" in found.answer
    assert f"battery {of(found, 'cost', 'battery'):.2g} (" in found.answer
    assert "All rules are kept with battery and with all three" in found.answer
    assert "floor 0.8, module ramp 2800 W/s" in found.assumed
    assert assumed_text(Swings()).startswith("Assumed: step time 2 s")


def test_the_spectrum_is_drawn_on_logarithmic_axes_and_an_unknown_axis_is_refused(found):
    _, spectrum = viz.chart(found).axes
    assert (spectrum.get_xscale(), spectrum.get_yscale()) == ("log", "log")
    asked = found.chart.replace('"log": ["x", "y"]', '"log": ["z"]')
    with pytest.raises(ValueError, match="chart log = "):
        viz.chart(found.assign_attrs(chart=asked))


def test_nothing_is_seen_below_what_lies_over_it_and_the_mask_is_a_limit(found):
    for axes in viz.chart(found).axes:
        lines = {line.get_label(): line for line in axes.get_lines()}
        below, over = lines["nothing"], lines["store"]
        assert below.get_linewidth() >= 2.5 * over.get_linewidth()
        assert below.get_zorder() < over.get_zorder()
        assert below.get_alpha() < 0.5
    assert lines["mask"].get_color() == viz.style.THEMES["light"].alert


def test_costs_are_parts_of_one_sum_and_shares_of_the_job(found):
    total = found.burnt_power + found.supply_loss + found.battery_loss
    np.testing.assert_allclose(total / 1e3, found.cost, rtol=1e-12)
    assert set(found.measure.values) == set(MEASURES)
