"""Spectra: by hand, Parseval, lines between bins, windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.lib.stride_tricks import sliding_window_view

from power.spectrum import amplitude_spectrum, peak_to_peak, spectral_line

SERIES = arrays(float, st.integers(2, 40), elements=st.floats(-1e6, 1e6, allow_subnormal=False))


def test_a_constant_an_even_and_the_fastest_cosine_stand_at_their_own_amplitude():
    k = np.arange(12)
    found = amplitude_spectrum(7.0 + 3.0 * np.cos(2 * np.pi * k / 4) + 2.0 * (-1.0) ** k, 0.5)
    assert found.frequency == pytest.approx(np.arange(7) / 6)
    assert found.amplitude == pytest.approx([7, 0, 0, 3, 0, 0, 2], abs=1e-12)
    assert found.mean_square == pytest.approx([49, 0, 0, 4.5, 0, 0, 4], abs=1e-12)


@given(SERIES)
def test_mean_squares_sum_to_that_of_the_series(series):
    """Parseval; rounding of a transform of 40 terms."""
    total = amplitude_spectrum(series, 0.1).mean_square.sum()
    assert total == pytest.approx(np.mean(series**2), rel=1e-12, abs=1e-300)


@given(SERIES, st.integers(-1000, 1000))
def test_a_scaled_series_has_a_scaled_spectrum(series, factor):
    scaled, plain = (amplitude_spectrum(values, 1.0).amplitude for values in (factor * series, series))
    assert scaled == pytest.approx(abs(factor) * plain, rel=1e-12, abs=1e-12 * abs(factor) * np.abs(series).max())


def test_racks_in_front_change_nothing():
    racks = np.random.default_rng(0).normal(size=(2, 3, 64))
    together = amplitude_spectrum(racks, 1.0).amplitude
    lines = spectral_line(racks, 1.0, (0.1, 0.4))
    swing = peak_to_peak(racks, 1.0, 10.0)
    for place in np.ndindex(2, 3):
        assert np.array_equal(together[place], amplitude_spectrum(racks[place], 1.0).amplitude)
        alone = spectral_line(racks[place], 1.0, (0.1, 0.4))
        assert (lines.frequency[place], lines.amplitude[place]) == (alone.frequency, alone.amplitude)
        assert np.array_equal(swing[place], peak_to_peak(racks[place], 1.0, 10.0))


@given(bins=st.floats(20.0, 200.0), phase=st.floats(0.0, 6.3))
def test_a_line_between_bins_is_found_at_its_place_and_height(bins, phase):
    """Leakage of the mirror line, 40 bins off or more, falls with the third power of the distance: 1e-4 of a bin."""
    count, step = 1000, 0.25
    t = step * np.arange(count)
    frequency = bins / (count * step)
    line = spectral_line(50.0 + 8.0 * np.cos(2 * np.pi * frequency * t + phase), step, (10 / 250, 210 / 250))
    assert float(line.frequency) == pytest.approx(frequency, abs=1e-4 / 250)
    assert float(line.amplitude) == pytest.approx(8.0, rel=1e-4)


def test_without_interpolation_the_same_line_would_be_too_low():
    t = np.arange(1000.0)
    series = np.cos(2 * np.pi * 100.5 * t / 1000)
    assert amplitude_spectrum(series, 1.0).amplitude.max() < 0.65
    assert float(spectral_line(series, 1.0, (0.05, 0.2)).amplitude) == pytest.approx(1.0, rel=1e-4)


def test_a_weak_line_in_its_band_is_found_beside_a_strong_one():
    t = 2.0 * np.arange(1700)
    series = 18.6 * np.cos(2 * np.pi * t / 10.93) + 6.3 * np.cos(2 * np.pi * t / 142.1)
    line = spectral_line(series, 2.0, (1 / 160, 1 / 125))
    assert (1 / float(line.frequency), float(line.amplitude)) == pytest.approx((142.1, 6.3), rel=1e-4)


def test_a_flat_series_has_a_line_of_no_height():
    assert float(spectral_line(np.full(100, 5.0), 1.0, (0.1, 0.3)).amplitude) == 0.0


@given(SERIES, st.integers(1, 40))
def test_the_swing_of_windows_is_that_of_their_samples(series, window):
    window = min(window, series.size)
    wanted = np.ptp(sliding_window_view(series, window), axis=-1)
    assert np.array_equal(peak_to_peak(series, 0.5, 0.5 * window), wanted)


@given(SERIES)
def test_a_longer_window_never_swings_less(series):
    longest = [peak_to_peak(series, 1.0, float(window)).max() for window in range(1, series.size + 1)]
    assert (np.diff(longest) >= 0).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: amplitude_spectrum([1.0, 2.0], 0.0), "step = 0.0: must be finite and > 0 s"),
        (lambda: amplitude_spectrum([1.0], 1.0), r"power has shape \(1,\): needs 2 samples or more"),
        (lambda: amplitude_spectrum([1.0, np.nan], 1.0), r"power\[1\] = nan: must be finite"),
        (lambda: spectral_line(np.ones(8), 1.0, (0.6, 0.7)), "holds no frequency of 8 samples"),
        (lambda: peak_to_peak(np.ones(8), 1.0, 9.0), "window = 9.0: must be 1.0 s to 8 s"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
