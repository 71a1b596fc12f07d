"""The spreading series: tabulated cases, limits, symmetry, and the plain series summed by force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance, uniform_resistance

CASES = {  # channel, source side, mean, max, 1-D [K/W]; series of Muzychka and Yovanovich
    "copper": (Channel(0.04, 0.04, (0.005,), (390.0,), 2e4), 0.01, 0.13301697, 0.15771172, 0.03926282),
    "silicon": (
        Channel(0.026, 0.033, (0.775e-3,), (120.0,), 5e4),
        0.005,
        0.60202961,
        0.77085763,
        0.03083722,
    ),
    "silicon on copper": (
        Channel(0.05, 0.05, (0.775e-3, 0.003), (120.0, 390.0), 2e4),
        0.026,
        0.05491861,
        0.06798140,
        0.02566026,
    ),
    "with an interface between": (
        Channel(0.05, 0.05, (0.775e-3, 1e-4, 0.003), (120.0, 8.0, 390.0), 2e4),
        0.026,
        0.07026518,
        0.08550049,
        0.03066026,
    ),
}
LAYERS = st.lists(st.tuples(st.floats(5e-4, 1e-2), st.floats(1.0, 500.0)), min_size=1, max_size=4)


def centred(channel, side):
    return Rectangle(channel.length / 2, channel.width / 2, side, side)


def by_force(channel, source, probe, terms=1500):
    """Return the double series summed term by term, nothing taken off: tail 1/terms^2."""
    m = np.arange(terms)
    x, y = m * np.pi / channel.length, m * np.pi / channel.width
    wave = np.hypot.outer(x, y)
    wave[0, 0] = 1.0
    Z = np.full_like(wave, 1 / channel.film)
    for t, k in zip(channel.thickness[::-1], channel.conductivity[::-1], strict=True):
        th = np.tanh(wave * t)
        Z = (Z + th / (k * wave)) / (1 + Z * k * wave * th)
    Z[0, 0] = sum(np.array(channel.thickness) / channel.conductivity) + 1 / channel.film

    def mean(wave_1d, centre, extent):
        return np.cos(wave_1d * centre) * np.sinc(wave_1d * extent / (2 * np.pi)) * np.where(m > 0, 2**0.5, 1)

    along = mean(x, source.x, source.length) * mean(x, probe.x, probe.length)
    across = mean(y, source.y, source.width) * mean(y, probe.y, probe.width)
    return along @ Z @ across / (channel.length * channel.width)


@pytest.mark.parametrize("case", CASES)
def test_the_tabulated_means_and_peaks_are_met(case):
    channel, side, mean, peak, uniform = CASES[case]
    source = centred(channel, side)
    assert channel_resistance(channel, source, source) == pytest.approx(mean, rel=1e-6)
    assert peak_resistance(channel, source) == pytest.approx(peak, rel=1e-6)
    assert uniform_resistance(channel) == pytest.approx(uniform, rel=2e-7)  # as many digits as are tabulated


def test_a_channel_with_one_percent_too_much_conductivity_misses_the_table():
    channel, side, mean, *_ = CASES["copper"]
    wrong = channel._replace(conductivity=(390.0 * 1.01,))
    assert abs(channel_resistance(wrong, centred(wrong, side), centred(wrong, side)) / mean - 1) > 1e-3


def test_off_centre_pairs_agree_with_the_series_summed_by_force():
    channel = Channel(0.062, 0.056, (0.002, 5e-5, 0.003), (390.0, 6.0, 390.0), 9e4)
    source, probe = Rectangle(0.012, 0.02, 0.02, 0.008), Rectangle(0.04, 0.041, 0.01, 0.02)
    for pair in ((source, source), (source, probe), (probe, probe)):
        assert channel_resistance(channel, *pair) == pytest.approx(by_force(channel, *pair), rel=5e-6)


def test_one_dimensional_limit_by_hand():
    # 2 mm of k = 4 and 1e3 W/m2K on 0.01 m2: (0.0005 + 0.001) / 0.01
    assert uniform_resistance(Channel(0.1, 0.1, (0.002,), (4.0,), 1e3)) == pytest.approx(0.15, rel=1e-14)


@given(layers=LAYERS, a=st.floats(0.01, 0.1), b=st.floats(0.01, 0.1), film=st.floats(1e2, 1e6))
@settings(max_examples=30)
def test_a_source_over_the_whole_face_is_one_dimensional(layers, a, b, film):
    thickness, conductivity = zip(*layers, strict=True)
    channel = Channel(a, b, thickness, conductivity, film)
    everywhere = Rectangle(a / 2, b / 2, a, b)
    somewhere = Rectangle(a / 3, b / 4, a / 5, b / 6)
    assert channel_resistance(channel, everywhere, everywhere) == pytest.approx(uniform_resistance(channel), 1e-9)
    assert channel_resistance(channel, everywhere, somewhere) == pytest.approx(uniform_resistance(channel), 1e-9)


@given(
    layers=LAYERS,
    places=st.lists(st.tuples(st.floats(0.2, 0.8), st.floats(0.02, 0.38)), min_size=4, max_size=4),
)
@settings(max_examples=30)
def test_source_and_probe_may_change_places(layers, places):
    thickness, conductivity = zip(*layers, strict=True)
    channel = Channel(0.05, 0.04, thickness, conductivity, 2e4)
    (x, dx), (y, dy), (u, du), (v, dv) = places
    first = Rectangle(0.05 * x, 0.04 * y, 0.05 * dx, 0.04 * dy)
    second = Rectangle(0.05 * u, 0.04 * v, 0.05 * du, 0.04 * dv)
    forth, back = channel_resistance(channel, first, second), channel_resistance(channel, second, first)
    assert forth == pytest.approx(back, rel=1e-9, abs=1e-9 * float(uniform_resistance(channel)))


def test_the_mean_over_all_probes_is_one_dimensional():
    channel = Channel(0.04, 0.04, (0.001, 0.004), (100.0, 390.0), 3e4)
    source = Rectangle(0.013, 0.03, 0.01, 0.006)
    grid = np.stack(np.meshgrid([0.005, 0.015, 0.025, 0.035], [0.01, 0.03]), -1).reshape(-1, 2)
    tiles = Rectangle(grid[:, 0], grid[:, 1], 0.01, 0.02)
    assert channel_resistance(channel, source, tiles).mean() == pytest.approx(uniform_resistance(channel), 1e-9)


def test_films_and_rectangles_broadcast():
    channel, side, mean, *_ = CASES["copper"]
    films = channel._replace(film=np.array([[1e4, 2e4, 4e4]]))
    sources = Rectangle(np.array([0.02, 0.01]), 0.02, side, side)
    R = channel_resistance(films, sources, sources)
    assert R.shape == (1, 3, 2)
    assert R[0, 1, 0] == pytest.approx(mean, rel=1e-6)
    assert (np.diff(R, axis=1) < 0).all()
    assert (R[..., 1] > R[..., 0]).all()  # nearer to a wall the heat has less room


def test_a_vanishing_film_resistance_and_a_thick_layer_leave_the_half_space():
    # a unit square on a half space: mean 0.4732 / (k side), centre 0.5611 / (k side) (Carslaw and Jaeger)
    channel = Channel(1.0, 1.0, (1.0,), (1.0,), 1e9)
    source = centred(channel, 0.01)
    assert channel_resistance(channel, source, source) == pytest.approx(47.32, rel=0.01)
    assert peak_resistance(channel, source) == pytest.approx(56.11, rel=0.01)


def test_the_peak_is_above_the_mean_and_a_point_far_away_below():
    channel, side, *_ = CASES["silicon"]
    source = centred(channel, side)
    mean = channel_resistance(channel, source, source)
    assert peak_resistance(channel, source) > mean
    assert peak_resistance(channel, source, (0.001, 0.001)) < uniform_resistance(channel) < mean


def test_a_thin_first_layer_neither_overflows_nor_drifts():
    copper = CASES["copper"][0]
    split = copper._replace(thickness=(1e-4, 4.9e-3), conductivity=(390.0, 390.0))
    thick = copper._replace(thickness=(5.0,))
    source = centred(copper, 0.01)
    assert channel_resistance(split, source, source) == pytest.approx(CASES["copper"][2], rel=1e-6)
    assert np.isfinite(channel_resistance(thick, source, source))


@pytest.mark.parametrize(
    ("channel", "source", "message"),
    [
        (
            Channel(-0.04, 0.04, (0.005,), (390.0,), 2e4),
            Rectangle(0.02, 0.02, 0.01, 0.01),
            r"Channel\.length = -0\.04",
        ),
        (Channel(0.04, 0.04, (0.005,), (390.0,), 0.0), Rectangle(0.02, 0.02, 0.01, 0.01), r"Channel\.film"),
        (
            Channel(0.04, 0.04, (0.005, 0.1), (390.0,), 1.0),
            Rectangle(0.02, 0.02, 0.01, 0.01),
            "one of each per layer",
        ),
        (
            Channel(0.04, 0.04, (0.005,), (390.0,), 2e4),
            Rectangle(0.039, 0.02, 0.01, 0.01),
            "along x: must lie in",
        ),
        (
            Channel(0.04, 0.04, (0.005,), (390.0,), 2e4),
            Rectangle(0.02, 0.02, 0.01, 0.0),
            "a source must be larger",
        ),
    ],
)
def test_impossible_stacks_and_sources_are_refused(channel, source, message):
    with pytest.raises(ValueError, match=message):
        channel_resistance(channel, source, source)
