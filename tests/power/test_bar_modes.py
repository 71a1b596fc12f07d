"""Converters of finite bandwidth on a bar: limits, eigenvalues against modes, Nyquist, and the march in time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from power import bar_modes as module
from power.bar_modes import Losses, least_damping, lossless_modes
from power.converter_bandwidth import (
    ConverterControl,
    controlled_eigenvalues,
    load_admittance,
    minor_loop_gain,
    modulus_margin,
)
from power.stability import bar_eigenvalues
from power.stages import BarLoad
from power.transient import bar_circuit, steady_bar

SLOTS = 12


def control(bandwidth, share=0.0):
    return ConverterControl(bandwidth=bandwidth, open_conductance=share)


def rack(store=3e-3, watts=8e3, choke=2e-8):
    """Twelve slots, shelves at both ends, eleven unequal loads."""
    source = np.full(SLOTS, np.inf)
    source[[0, -1]] = 0.6e-3
    load = BarLoad(0.0, watts * np.linspace(0.6, 1.4, SLOTS) * (np.arange(SLOTS) != 4))
    return bar_circuit(3e-6, choke, store, 50.0, source, 2e-7), load


def swinging(values):
    return values[np.abs(values.imag) > 1.0]


def ratio(values):
    return float((-values.real / np.abs(values)).min())


def modal(bar, load, how, contact=0.0):
    held = steady_bar(bar, load).node_voltage
    source = np.where(np.isfinite(bar.source_resistance), bar.source_inductance, np.inf)
    losses = Losses(
        bar.section_resistance, bar.section_inductance, bar.source_resistance, bar.source_inductance,
        np.full(SLOTS, contact), bar.capacitance, load.power / held**2,
    )  # fmt: skip
    return least_damping(lossless_modes(bar.section_inductance, source, bar.capacitance), losses, how)


def test_a_converter_is_a_negative_conductance_below_its_bandwidth_and_an_open_one_above():
    low, high = load_admittance(control(1e4, 1.0), 2.0, np.array([1.0, 1e8]))
    assert low == pytest.approx(-2.0, rel=1e-3)
    assert high == pytest.approx(2.0, rel=1e-3)


def test_infinite_bandwidth_is_ideal_constant_power():
    bar, load = rack()
    ideal = bar_eigenvalues(bar, load)
    assert controlled_eigenvalues(bar, load, control(1e10))[0].real == pytest.approx(ideal[0].real, rel=1e-3)


def test_no_bandwidth_is_constant_current():
    bar, load = rack()
    current = bar_eigenvalues(bar, BarLoad(load.power / steady_bar(bar, load).node_voltage, 0.0))
    assert ratio(swinging(controlled_eigenvalues(bar, load, control(1e-6)))) == pytest.approx(ratio(current), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(store=st.floats(3e-4, 3e-2), bandwidth=st.floats(1e2, 1e6), share=st.floats(0, 1), watts=st.floats(1e3, 12e3))
def test_the_least_damped_mode_is_that_of_the_eigenvalues(store, bandwidth, share, watts):
    bar, load = rack(store, watts)
    how = control(bandwidth, share)
    assert float(modal(bar, load, how).ratio) == pytest.approx(
        ratio(swinging(controlled_eigenvalues(bar, load, how))), abs=1e-4
    )


def test_a_mode_without_the_loads_in_it_would_be_seen(monkeypatch):
    """A mutant: loads damp the bar with the sign of resistors."""
    bar, load = rack()
    exact = module._admittances

    def wrong(s, losses, how):
        return exact(s, losses._replace(conductance=-losses.conductance), how)

    monkeypatch.setattr(module, "_admittances", wrong)
    found = ratio(swinging(controlled_eigenvalues(bar, load, control(3e4))))
    assert float(modal(bar, load, control(3e4)).ratio) != pytest.approx(found, abs=1e-3)


def test_nodes_without_a_capacitor_follow_the_others():
    """Massless nodes as the limit of small capacitors, whose own modes are far above."""
    choke, source = np.full(4, 2e-8), np.array([2e-7, np.inf, np.inf, np.inf, 2e-7])
    store = np.array([0.0, 1e-3, 1e-3, 2e-3, 0.0])
    without = lossless_modes(choke, source, store)
    small = lossless_modes(choke, source, np.where(store > 0, store, 1e-9))
    assert without.frequency == pytest.approx(small.frequency[:3], rel=1e-5)
    assert np.abs(without.shape) == pytest.approx(np.abs(small.shape[:3]), rel=1e-4)


def test_a_clip_damps_as_its_resistance_in_series_with_the_capacitor():
    """One bus: s L + R + 1 / (s C) with both resistances, no load."""
    series, clip, choke, store = 0.1, 0.3, 1.0, 0.25
    losses = Losses(np.zeros(0), np.zeros(0), *(np.array([v]) for v in (series, choke, clip, store, 0.0)))
    found = least_damping(lossless_modes([], [choke], [store]), losses, control(1.0))
    assert float(found.ratio) == pytest.approx((series + clip) / 2 * math.sqrt(store / choke), rel=1e-9)


def test_racks_of_a_batch_are_damped_as_each_alone():
    bar, _ = rack()
    source = np.where(np.isfinite(bar.source_resistance), bar.source_inductance, np.inf)
    modes = lossless_modes(bar.section_inductance, source, bar.capacitance)
    drawn = np.linspace(0.0, 12e3, 5)[:, None] * np.ones(SLOTS) / 2500
    losses = Losses(*bar[:2], bar.source_resistance, bar.source_inductance, np.zeros(SLOTS), bar.capacitance, drawn)
    batch = least_damping(modes, losses, control(3e4))
    each = [float(least_damping(modes, losses._replace(conductance=row), control(3e4)).ratio) for row in drawn]
    assert batch.ratio == pytest.approx(each, rel=1e-9)
    assert (np.diff(batch.ratio) < 0).all()


def test_modes_above_the_bandwidth_hold_still():
    """35 slots, 50 mF in all, as one bus stable: ideal converters swing nearly every mode, slow ones none."""
    slots = np.arange(35)
    shelf = np.where((slots < 4) | (slots >= 31), 5e-4, np.inf)
    load = BarLoad(0.0, np.where(shelf == np.inf, 132e3 / 27, 0.0))
    bar = bar_circuit(38.3e-6 * 0.048, 5e-7 * 0.048, 50e-3 / 35, 50.0, shelf, 2e-7)
    grown = [controlled_eigenvalues(bar, load, control(bandwidth)) for bandwidth in (2e3, 1e4, 1e9)]
    assert [(values.real > 0).sum() // 2 for values in grown] == [0, 5, 33]
    fastest = [np.abs(values.imag[values.real > 0]).max() / (2 * math.pi) for values in grown[1:]]
    assert fastest == pytest.approx([22e3, 54e3], rel=0.02)


def test_the_minor_loop_encircles_minus_one_where_the_bus_grows():
    """One bus: half a turn round -1 for each eigenvalue that grows, and a margin that closes between."""
    load, how = BarLoad(0.0, 16.0), control(50.0)
    frequency = np.geomspace(1e-4, 1e5, 20001)
    margins = []
    for store in (0.2, 0.24, 0.26, 0.3):
        bar = bar_circuit([], [], store, 10.0, [1.0], 1.0)
        gain = minor_loop_gain(bar, load, how, frequency)[:, 0]
        angle = np.unwrap(np.angle(1 + gain))
        growing = (controlled_eigenvalues(bar, load, how).real > 0).sum()
        assert round((angle[0] - angle[-1]) / math.pi) == growing
        margins.append(modulus_margin(gain[:, None])[0])
    assert margins[1] < margins[0]
    assert margins[2] < margins[3]


def marched(bar, load, how, swings):
    """Growth of a small disturbance of the nonlinear bar: log of the ratio of its size, late over early."""
    held = steady_bar(bar, load)
    fed = np.flatnonzero(np.isfinite(bar.source_resistance))
    count, sections = SLOTS, SLOTS - 1
    rate, share = 2 * math.pi * how.bandwidth, how.open_conductance
    slope = load.power / held.node_voltage**2

    def flow(_, y):
        volts, seen, through, source = np.split(y, [count, 2 * count, 2 * count + sections])
        into = -(load.power / seen + share * slope * (volts - seen))
        into[:-1] -= through
        into[1:] += through
        into[fed] += source
        across = volts[:-1] - volts[1:] - bar.section_resistance * through
        before = bar.source_voltage[fed] - volts[fed] - bar.source_resistance[fed] * source
        return np.concatenate([
            into / bar.capacitance, rate * (volts - seen),
            across / bar.section_inductance, before / bar.source_inductance[fed],
        ])  # fmt: skip

    values = swinging(controlled_eigenvalues(bar, load, how))
    worst = values[np.argmax(values.real)]
    rest = np.concatenate([held.node_voltage, held.node_voltage, held.section_current, held.source_current[fed]])
    end = swings * 2 * math.pi / abs(worst.imag)
    start = rest.copy()
    start[:count] += 1e-4 * np.cos(np.arange(count))
    found = solve_ivp(flow, (0, end), start, method="DOP853", rtol=1e-9, atol=1e-9, t_eval=np.linspace(0, end, 800))
    size = np.linalg.norm(found.y[:count] - rest[:count, None], axis=0)
    return math.log(size[-200:].max() / size[400:600].max()), worst.real


@pytest.mark.parametrize("bandwidth", [2e3, 3e4])
def test_the_bar_in_time_grows_where_an_eigenvalue_does_and_dies_where_none_does(bandwidth):
    """On both sides of the limit: the same bar with slow and with fast converters."""
    bar, load = rack(store=1.5e-3, watts=9e3)
    grown, worst = marched(bar, load, control(bandwidth), 60)
    assert (grown > 0) == (worst > 0) == (bandwidth > 1e4)
    assert (float(modal(bar, load, control(bandwidth)).ratio) < 0) == (worst > 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"section_inductance": [0.0]}, "section_inductance = 0.0: must be > 0 H"),
        ({"capacitance": [-1.0, 1.0]}, "capacitance = -1.0: must be >= 0 F"),
        ({"capacitance": [0.0, 0.0]}, "without a capacitor or without a source has no modes"),
        ({"source_inductance": [np.inf, np.inf]}, "without a capacitor or without a source has no modes"),
    ],
)
def test_bars_that_do_not_swing_are_refused(changes, said):
    whole = {"section_inductance": [1.0], "source_inductance": [1.0, np.inf], "capacitance": [1.0, 1.0]}
    with pytest.raises(ValueError, match=said):
        lossless_modes(**{**whole, **changes})


def test_frequencies_and_bandwidths_that_are_none_are_refused():
    bar, load = rack()
    with pytest.raises(ValueError, match=r"frequency = 0.0: must be > 0 Hz"):
        minor_loop_gain(bar, load, control(1e4), [0.0])
    with pytest.raises(ValueError, match=r"bandwidth = 0.0: must be > 0 Hz"):
        control(0.0)
