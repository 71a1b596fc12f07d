"""Power smoothing: the state machine by hand, its ramps, its floors, and racks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from power.smoothing import PowerSmoothing, scaled_smoothing, smooth_power, smoothing_energy, smoothing_start

PLAIN = PowerSmoothing(
    tmp_ceiling=1000.0,
    tmp_floor=0.6,
    ramp_up_rate=1e9,
    ramp_down_rate=1e9,
    ramp_down_hysteresis=3.0,
    secondary_power_floor=0.0,
    primary_floor_activation_window=0.0,
    primary_floor_target_window=0.0,
    primary_floor_activation_offset=0.0,
)
TWO = replace(
    PLAIN, secondary_power_floor=300.0, primary_floor_activation_offset=100.0, primary_floor_activation_window=2.0
)
DEMANDS = arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=st.floats(0.0, 1500.0))
PROFILES = st.builds(
    PowerSmoothing,
    tmp_ceiling=st.floats(900.0, 1400.0),
    tmp_floor=st.floats(0.0, 1.0),
    ramp_up_rate=st.floats(1.0, 1e5),
    ramp_down_rate=st.floats(1.0, 1e5),
    ramp_down_hysteresis=st.floats(0.0, 1.0),
    secondary_power_floor=st.floats(0.0, 900.0),
    primary_floor_activation_window=st.sampled_from([0.0, 0.1, 0.5]),
    primary_floor_target_window=st.sampled_from([0.0, 0.2, 1.0]),
    primary_floor_activation_offset=st.floats(0.0, 500.0),
)


def drawn(smoothing, demand, step=1.0):
    return smooth_power(smoothing, demand, step).power.tolist()


def test_the_floor_holds_for_the_hysteresis_and_no_longer():
    found = smooth_power(PLAIN, [800, 100, 100, 100, 100, 100], 1.0)
    assert found.power.tolist() == [800, 600, 600, 600, 100, 100]
    assert found.phase.tolist() == [1, 2, 2, 2, 0, 0]


def test_a_short_return_to_work_starts_the_hysteresis_anew():
    assert drawn(PLAIN, [800, 100, 100, 700, 100, 100, 100, 100]) == [800, 600, 600, 700, 600, 600, 600, 100]


def test_a_module_that_never_worked_has_no_floor():
    assert drawn(PLAIN, [100, 200, 599, 100]) == [100, 200, 599, 100]


def test_the_ceiling_cuts_what_is_above_it():
    assert drawn(PLAIN, [500, 1200, 500]) == [500, 1000, 600]


def test_ramps_by_hand():
    ramps = replace(PLAIN, tmp_floor=0.0, ramp_up_rate=200.0, ramp_down_rate=100.0)
    assert drawn(ramps, [0, 500, 500, 500, 0, 0, 450]) == [0, 200, 400, 500, 400, 300, 450]


def test_while_active_the_secondary_floor_holds_and_behind_it_the_primary():
    """Means of two demands: 800, 450, 100, 100; the first below 300 + 100 W brings the primary floor."""
    assert drawn(TWO, [800, 800, 100, 100, 100, 800, 100]) == [800, 800, 300, 600, 600, 800, 300]


def test_the_target_window_makes_the_floor_a_mean_of_demand():
    mean = replace(PLAIN, primary_floor_target_window=4.0, ramp_down_hysteresis=10.0)
    assert drawn(mean, [800, 800, 0, 0, 0, 0]) == [800, 800, 600, 400, 200, 0]


def test_the_floor_from_a_window_stays_below_the_ceiling():
    mean = replace(PLAIN, primary_floor_target_window=4.0)
    assert max(drawn(mean, [1400, 1400, 1400, 100])) == 1000


def test_a_floor_of_nothing_and_fast_ramps_change_nothing():
    demand = np.random.default_rng(0).uniform(0, 1000, 200)
    found = smooth_power(replace(PLAIN, tmp_floor=0.0), demand, 1.0)
    assert np.array_equal(found.power, demand)


@given(PROFILES, DEMANDS, st.sampled_from([0.01, 0.1]))
def test_power_never_exceeds_its_ramps_nor_its_ceiling(smoothing, demand, step):
    found = smooth_power(smoothing, demand, step)
    before = np.concatenate((smoothing_start(smoothing, demand[:, 0], step).power[:, None], found.power), axis=-1)
    change, slack = np.diff(before, axis=-1), 1e-12 * smoothing.tmp_ceiling
    assert change.max() <= smoothing.ramp_up_rate * step + slack
    assert change.min() >= -smoothing.ramp_down_rate * step - slack
    assert found.power.max() <= smoothing.tmp_ceiling
    assert found.power.min() >= 0


@given(PROFILES, DEMANDS, st.integers(0, 60))
def test_a_march_in_two_parts_is_one_march(smoothing, demand, cut):
    """Moving sums start anew with the second part: equal to rounding."""
    cut = min(cut, demand.shape[1] - 1)
    whole = smooth_power(smoothing, np.round(demand), 0.1)
    if cut == 0:
        return
    first = smooth_power(smoothing, np.round(demand[:, :cut]), 0.1)
    second = smooth_power(smoothing, np.round(demand[:, cut:]), 0.1, first.state)
    assert np.concatenate((first.power, second.power), axis=-1) == pytest.approx(whole.power, rel=1e-9, abs=1e-9)
    assert np.array_equal(second.state.recent, whole.state.recent)


PLATEAU = replace(PLAIN, tmp_ceiling=1400.0, primary_floor_target_window=1.0, ramp_down_hysteresis=0.5)


def plateaus():
    """From rest to plateaus of 40 heights that are not round, and down."""
    level = np.random.default_rng(0).uniform(300.0, 1300.0, (40, 1))
    return np.concatenate([np.full((40, 50), 200.0), level * np.ones(4000), np.full((40, 300), 100.0)], axis=-1)


def test_a_floor_that_is_a_mean_outlasts_a_plateau_of_any_height():
    """The running sum of the window differs from a constant demand by rounding, on either side."""
    phase = smooth_power(PLATEAU, plateaus(), 1e-3).phase
    assert np.all(phase[:, 1100:4050] == 1) and np.all(phase[:, 4050:] == 2)


def test_a_march_in_pieces_has_the_phases_of_one_march():
    demand, state, pieces = plateaus(), None, []
    for piece in np.array_split(demand, 47, axis=-1):
        found = smooth_power(PLATEAU, piece, 1e-3, state)
        pieces.append(found.phase)
        state = found.state
    assert np.array_equal(np.concatenate(pieces, axis=-1), smooth_power(PLATEAU, demand, 1e-3).phase)


def test_a_plateau_at_the_activation_threshold_keeps_the_secondary_floor():
    """300 + 100 W is what brings it; the plateau is 400 W in thirds that do not add up."""
    demand = np.concatenate([np.full(50, 900.1), np.full(2000, 400.0 * (1 + 1e-13))])
    window = replace(TWO, primary_floor_activation_window=0.3, ramp_down_hysteresis=1e3)
    assert np.all(smooth_power(window, demand, 1e-3).power[400:] == demand[-1])


def test_a_plateau_that_drifts_down_is_released_after_the_hysteresis():
    """The mean of a falling demand lies above it: by half a window of its slope."""
    falling = np.concatenate([np.full(2000, 1000.0), 1000.0 - 0.05 * np.arange(1, 2001)])
    assert smooth_power(PLATEAU, falling, 1e-3).phase[[1999, 2000, 2499, 2600]].tolist() == [1, 2, 2, 0]


def test_moving_sums_forget_what_has_left_their_windows():
    """After a demand far higher the mean is that of the window, and not what rounding left of the past."""
    demand = np.concatenate([np.full(10, 1e13), np.full(2000, 0.3)])
    mean = replace(PLAIN, tmp_ceiling=1e15, ramp_down_rate=1e15, primary_floor_target_window=10.0)
    assert np.all(smooth_power(mean, demand, 1.0).power[30:] == 0.3)
    assert np.all(smooth_power(mean, demand, 1.0).phase[30:] == 1)


def test_a_hysteresis_beyond_any_count_of_steps_holds_for_ever():
    assert drawn(replace(PLAIN, ramp_down_hysteresis=1e30), [800, 100, 100], 1e-3) == [800, 600, 600]


@given(PROFILES, DEMANDS)
def test_racks_do_not_know_of_one_another(smoothing, demand):
    together = smooth_power(smoothing, demand, 0.1).power
    assert np.array_equal(together, [smooth_power(smoothing, row, 0.1).power for row in demand])


@given(DEMANDS, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_a_higher_floor_never_draws_less_where_ramps_are_fast(demand, low, more):
    """Not so for slow ramps or hysteresis shorter than the series: a higher floor is armed less often."""
    long = replace(PLAIN, ramp_down_hysteresis=1e6)
    demand = np.concatenate((np.full((demand.shape[0], 1), 1000.0), demand), axis=1)
    lower, higher = (smooth_power(replace(long, tmp_floor=f), demand, 1.0).power for f in (low, low + more))
    assert (higher >= lower).all()


def test_what_is_burnt_less_what_is_put_off_is_the_difference_of_energy():
    demand = np.random.default_rng(0).uniform(0, 1400, (3, 500))
    power = smooth_power(replace(PLAIN, ramp_up_rate=150.0), demand, 1.0).power
    burnt, put_off = smoothing_energy(demand, power, 1.0)
    assert (burnt > 0).all() and (put_off > 0).all()
    assert burnt - put_off == pytest.approx((power - demand).sum(axis=-1), rel=1e-12)


def test_many_modules_in_lockstep_are_one_large_one():
    demand = np.random.default_rng(1).uniform(0, 1400, 300)
    one, rack = smooth_power(TWO, demand, 0.5).power, smooth_power(scaled_smoothing(TWO, 72), 72 * demand, 0.5).power
    assert rack == pytest.approx(72 * one, rel=1e-12)


def test_input_is_not_written_to():
    demand = np.array([800.0, 100.0, 100.0])
    state = smoothing_start(PLAIN, 800.0, 1.0)
    smooth_power(PLAIN, demand, 1.0, state)
    assert (demand.tolist(), float(state.power), int(state.quiet)) == ([800, 100, 100], 800.0, 0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replace(PLAIN, tmp_floor=1.2), r"PowerSmoothing.tmp_floor = 1.2: must be <= 1"),
        (lambda: replace(PLAIN, ramp_up_rate=0.0), "ramp_up_rate = 0.0: must be > 0 W/s"),
        (lambda: replace(PLAIN, secondary_power_floor=2e3), "secondary_power_floor = 2000.0: must be <= tmp_ceiling"),
        (lambda: smooth_power(PLAIN, [-1.0], 1.0), "demand has -1.0: must be >= 0 W"),
        (lambda: smooth_power(PLAIN, [], 1.0), "demand has shape"),
        (lambda: smooth_power(TWO, [1.0], 0.1, smoothing_start(TWO, 1.0, 1.0)), r"start.recent has shape \(2,\)"),
        (lambda: scaled_smoothing(PLAIN, 0), "modules = 0: must be >= 1"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
