"""Ramps, range and mask on powers whose answer is known; masks that are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.grid_rules import MaskBand, RampRule, check_mask, check_rules, fastest_ramps

STEP = 0.02
TIME = STEP * np.arange(6000)


def rule(**change):
    valid = {"ramp_up": 2e5, "ramp_down": 1e5, "ramp_window": 10.0, "dynamic_range": 30e6, "range_window": 60.0}
    return RampRule(**{**valid, **change})


def band(lower, upper, amplitude=1e6, rms=1e6):
    return MaskBand(lower=lower, upper=upper, amplitude=amplitude, rms=rms)


MASK = [band(0.1, 0.5), band(0.5, 3.0), band(3.0, 20.0)]


def test_a_straight_ramp_has_its_slope_in_any_window():
    power = 1e8 + 1.5e5 * TIME
    for window in (STEP, 1.0, 60.0):
        up, down = fastest_ramps(power, STEP, window)
        assert up == pytest.approx(1.5e5)
        assert down == 0


def test_a_step_is_as_steep_as_the_window_is_short():
    power = np.where(TIME < 60, 1e8, 9e7)
    for window in (1.0, 60.0):
        assert fastest_ramps(power, STEP, window)[1] == pytest.approx(1e7 / window)


@given(st.lists(st.floats(0, 1e8), min_size=10, max_size=40))
def test_time_reversed_rises_are_falls(power):
    up, down = fastest_ramps(power, 1.0, 3.0)
    back_up, back_down = fastest_ramps(power[::-1], 1.0, 3.0)
    assert (up, down) == (back_down, back_up)


@pytest.mark.parametrize("frequency", [0.2, 0.2043, 1.0, 1.737, 7.1])
def test_a_line_is_found_with_its_amplitude_whether_or_not_its_periods_fit(frequency):
    found = check_rules(rule(), MASK, 1e8 + 2e6 * np.sin(2 * np.pi * frequency * TIME), STEP)
    place = sum(frequency >= item.upper for item in MASK)
    assert found.line_amplitude[place] == pytest.approx(2e6, rel=2e-3)
    assert found.line_frequency[place] == pytest.approx(frequency, rel=2e-3)
    assert found.band_rms[place] == pytest.approx(2e6 / np.sqrt(2), rel=2e-2)
    assert not found.passed
    assert np.argmax(found.usage[3:6]) == place


def test_a_swing_within_every_limit_passes_and_each_limit_rejects_it_alone():
    power = 1e8 + 9e5 * np.sin(2 * np.pi * 0.3 * TIME)
    wide = [band(0.1, 20.0)]
    assert check_rules(rule(ramp_window=1.0, ramp_up=2e6, ramp_down=2e6), wide, power, STEP).passed
    limits = [
        (rule(ramp_window=1.0, ramp_up=1e6, ramp_down=2e6), wide),
        (rule(ramp_window=1.0, ramp_up=2e6, ramp_down=1e6), wide),
        (rule(ramp_window=1.0, ramp_up=2e6, ramp_down=2e6, dynamic_range=1.7e6), wide),
        (rule(ramp_window=1.0, ramp_up=2e6, ramp_down=2e6), [band(0.1, 20.0, amplitude=8.9e5)]),
        (rule(ramp_window=1.0, ramp_up=2e6, ramp_down=2e6), [band(0.1, 20.0, rms=6e5)]),
    ]
    for place, (rules, mask) in enumerate(limits):
        found = check_rules(rules, mask, power, STEP)
        assert np.flatnonzero(found.usage > 1).tolist() == [place]
        assert not found.passed


def test_the_bands_hold_the_whole_mean_square_of_the_swing():
    power = 1e8 + np.random.default_rng(0).normal(0, 1e6, 6000)
    whole = [band(0.005, 1.0), band(1.0, 20.0), band(20.0, 25.0)]
    found = check_rules(rule(), whole, power, STEP)
    assert (found.band_rms**2).sum() == pytest.approx(power.var(), rel=1e-10)


def test_twice_the_swing_is_twice_every_usage():
    swing = np.random.default_rng(1).normal(0, 1e6, 6000)
    once, twice = (check_rules(rule(), MASK, 1e8 + factor * swing, STEP).usage for factor in (1, 2))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-9)


@given(st.integers(0, 5999))
@settings(max_examples=10)
def test_a_periodic_swing_may_start_anywhere(shift):
    power = 1e8 + 2e6 * np.sign(np.sin(2 * np.pi * 0.25 * TIME + 0.1))
    one, other = (check_rules(rule(), MASK, series, STEP) for series in (power, np.roll(power, shift)))
    np.testing.assert_allclose(one.band_rms, other.band_rms, rtol=1e-9)


def test_sites_are_the_leading_axis():
    power = 1e8 + np.random.default_rng(2).normal(0, 1e6, (3, 6000))
    together = check_rules(rule(), MASK, power, STEP)
    assert together.usage.shape == (3, 3 + 2 * 3) and together.passed.shape == (3,)
    for site in range(3):
        for mine, alone in zip(together, check_rules(rule(), MASK, power[site], STEP), strict=True):
            np.testing.assert_allclose(mine[site], alone)


def test_without_a_mask_only_time_counts():
    assert check_rules(rule(), [], np.full(6000, 1e8), STEP).usage.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([band(0.1, 1.0), band(2.0, 20.0)], "mask has a gap from 1 to 2 Hz: its bands must cover 0.1 to 20 Hz"),
        ([band(0.1, 2.0), band(1.0, 20.0)], "mask bands overlap from 1 to 2 Hz"),
        ([band(0.2, 20.0)], "mask has a gap from 0.1 to 0.2 Hz"),
        ([band(0.1, 10.0)], "mask has a gap from 10 to 20 Hz"),
        ([], "mask has a gap from 0.1 to 20 Hz"),
    ],
)
def test_a_mask_with_gaps_or_overlaps_is_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        check_mask(mask, 0.1, 20.0)
    check_mask(MASK, 0.1, 20.0)


def test_bands_out_of_order_are_refused_by_the_rules_too():
    with pytest.raises(ValueError, match=r"bands at 0.5 to 3, 0.1 to 0.5, 3 to 20 Hz: must be in rising order; sort"):
        check_rules(rule(), [MASK[1], MASK[0], MASK[2]], np.ones(6000), STEP)


def test_edges_that_differ_by_rounding_are_one():
    """0.1 + 0.2 is not 0.3; a line at the edge counts once."""
    touching = [band(0.1, 0.3), band(0.1 + 0.2, 20.0)]
    check_mask(touching, 0.1, 20.0)
    power = 1e8 + 1e6 * np.cos(2 * np.pi * 0.3 * STEP * np.arange(6000))
    for mask in (touching, [band(0.1, 0.1 + 0.2), band(0.3, 20.0)]):
        assert check_rules(rule(), mask, power, STEP).band_rms == pytest.approx([0, 1e6 / np.sqrt(2)], abs=1)


def test_a_line_on_the_top_edge_of_the_mask_counts():
    power = 1e8 + 1e6 * np.cos(2 * np.pi * 20.0 * STEP * np.arange(6000))
    found = check_rules(rule(), [band(0.1, 20.0)], power, STEP)
    assert (found.band_rms, found.line_amplitude) == (pytest.approx(1e6 / np.sqrt(2)), pytest.approx(1e6))


def test_a_series_too_coarse_or_too_short_for_its_mask_says_what_it_needs():
    with pytest.raises(ValueError, match=r"step = 2.0 s reaches 0.25 Hz, the mask 20 Hz: needs .* at most 0.025 s"):
        check_rules(rule(), MASK, np.ones(6000), 2.0)
    with pytest.raises(ValueError, match=r"power lasts 4 s: the mask has a band of 0.4 Hz and needs at least 5 s"):
        check_rules(rule(ramp_window=1.0), MASK, np.ones(200), STEP)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: band(1.0, 0.5), r"MaskBand.upper = 0.5: must be > lower = 1.0 Hz"),
        (lambda: rule(ramp_up=0.0), r"RampRule.ramp_up = 0.0: must be > 0 W/s"),
        (
            lambda: check_rules(rule(), [band(1.0, 20.0), band(0.1, 1.0)], np.ones(6000), STEP),
            r"mask has its bands at 1 to 20, 0.1 to 1 Hz: must be in rising order; sort them",
        ),
        (lambda: fastest_ramps([1.0, 2.0], 1.0, -1.0), r"window = -1.0: must be finite and > 0 s"),
        (lambda: fastest_ramps([1.0, 2.0], 1.0, np.inf), r"window = inf: must be finite and > 0 s"),
    ],
)
def test_bad_rules_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
