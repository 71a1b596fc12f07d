"""Constant-power stability: by hand, against eigenvalues, and against the march in time."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from power import DidNotConverge
from power.stability import (
    bar_eigenvalues,
    bar_matrix,
    constant_power_stability,
    operating_voltage,
    stability_warning,
)
from power.stages import BarLoad, BarState
from power.transient import bar_circuit, march_bar, steady_bar


def one_bus(store, series=2e-3, choke=1e-7):
    return bar_circuit([], [], store, 50.0, [series], choke)


def growth(bar, power, state=None):
    return bar_eigenvalues(bar, BarLoad(0.0, np.atleast_1d(power)), state).real.max()


def test_by_hand_ten_volts_one_ohm_sixteen_watts():
    """V = 8, V^2 / P = 4 ohm, L / (R 4 ohm) = 0.25 F at 1 H."""
    found = constant_power_stability(10.0, 1.0, 1.0, [0.2, 0.25, 0.3], 16.0)
    assert found.voltage.tolist() == [8.0] * 3
    assert found.capacitance_min == pytest.approx([0.25] * 3)
    assert found.damping_margin == pytest.approx([0.8, 1.0, 1.2])
    assert found.transfer_margin == pytest.approx([4.0] * 3)
    assert found.stable[[0, 2]].tolist() == [False, True]


@given(
    series=st.floats(1e-4, 1e-1),
    choke=st.floats(1e-9, 1e-3),
    store=st.floats(1e-6, 1.0),
    share=st.floats(0.01, 0.99),
    upper=st.booleans(),
)
def test_the_criterion_has_the_sign_of_the_eigenvalues(series, choke, store, share, upper):
    power = share * 50**2 / (4 * series)
    voltage = float(operating_voltage(50.0, series, power))
    voltage = voltage if upper else 50 - voltage
    found = constant_power_stability(50.0, series, choke, store, power, voltage=voltage)
    assume(abs(found.damping_margin - 1) > 1e-6 and abs(found.transfer_margin - 1) > 1e-6)
    state = BarState(np.array([voltage]), np.zeros(0), np.array([power / voltage]))
    assert bool(found.stable) == (growth(one_bus(store, series, choke), power, state) < 0)


def test_a_criterion_with_the_source_voltage_for_the_bus_voltage_would_be_caught():
    """A mutant: 20 % sag shifts the limit by a third, and eigenvalues side with the sagging one."""
    series, choke, power = 2e-3, 1e-7, 200e3
    right = constant_power_stability(50.0, series, choke, 1.0, power)
    wrong = constant_power_stability(50.0, series, choke, 1.0, power, voltage=50.0)
    between = float(right.capacitance_min + wrong.capacitance_min) / 2
    assert wrong.capacitance_min < between < right.capacitance_min
    assert growth(one_bus(between, series, choke), power) > 0


def test_the_least_capacitance_puts_a_pair_of_eigenvalues_on_the_axis():
    least = float(constant_power_stability(50.0, 2e-3, 1e-7, 1.0, 1e5).capacitance_min)
    values = bar_eigenvalues(one_bus(least), BarLoad(0.0, np.array([1e5])))
    assert np.abs(values.real).max() < 1e-6 * np.abs(values.imag).max()


def test_a_disturbance_along_an_eigenvector_grows_in_time_as_its_eigenvalue_says():
    """A ladder of five nodes with too little capacitance; after 100 us the disturbance is 13 times what it was."""
    shelf = np.array([5e-4, np.inf, np.inf, np.inf, 5e-4])
    bar = bar_circuit(1e-4, 5e-8, 0.2e-3, 50.0, shelf, 2e-7)
    load = BarLoad(0.0, np.full(5, 26e3))
    values, vectors = np.linalg.eig(bar_matrix(bar, load))
    fastest = values.real.argmax()
    scale = np.sqrt(np.r_[bar.capacitance, bar.section_inductance, bar.source_inductance[[0, 4]]])
    rest, shape = steady_bar(bar, load), 1e-6 * vectors[:, fastest] / scale / np.abs(vectors[0, fastest])
    source = np.zeros(5)
    source[[0, 4]] = shape[9:].real
    start = BarState(*(a + b for a, b in zip(rest, (shape[:5].real, shape[5:9].real, source), strict=True)))
    *_, (t, end) = march_bar(bar, lambda t: load, 5e-8, 2000, scheme="trapezoid", start=start)
    expected = (shape[:5] * np.exp(values[fastest] * t)).real
    assert values[fastest].real * t > 2.5
    found = end.node_voltage - rest.node_voltage
    assert np.abs(found - expected).max() < 0.01 * np.abs(shape[:5] * np.exp(values[fastest] * t)).max()


def test_the_one_bus_criterion_is_blind_to_what_swings_between_slots():
    """35 slots, 50 mF in all: shelves and load as one bus are stable, the bar's own sections with C / 35 are not."""
    slots = np.arange(35)
    shelf = np.where((slots < 4) | (slots >= 31), 5e-4, np.inf)
    load = BarLoad(0.0, np.where(shelf == np.inf, 132e3 / 27, 0.0))
    one = constant_power_stability(50.0, 5e-4 / 8, 2e-7 / 8, 50e-3, 132e3)
    rates = [
        bar_eigenvalues(bar_circuit(38.3e-6 * 0.048, 5e-7 * 0.048, store / 35, 50.0, shelf, 2e-7), load)[0].real
        for store in (50e-3, 1.0)
    ]
    assert bool(one.stable)
    assert rates[0] > 100 and rates[1] < 0


def test_without_power_the_matrix_only_loses_energy():
    bar = bar_circuit(1e-4, 5e-8, 1e-3, 50.0, [5e-4, np.inf, 5e-4], 2e-7)
    matrix = bar_matrix(bar, BarLoad(np.full(3, 100.0)))
    symmetric = (matrix + matrix.T) / 2
    assert np.linalg.eigvalsh(symmetric).max() <= 1e-9
    assert (bar_eigenvalues(bar, BarLoad(np.full(3, 100.0))).real < 0).all()


def test_the_warning_names_the_worst_bus_and_what_it_takes():
    store = np.array([0.5, 0.02, 0.01])
    found = constant_power_stability(50.0, 60e-6, 25e-9, store, 132e3)
    assert stability_warning(found, store).startswith("constant-power load (bus [2]) oscillates: 0.01 F")
    assert "takes more than 0.0221 F" in stability_warning(found, store)
    calm = constant_power_stability(50.0, 60e-6, 25e-9, 0.05, 132e3)
    assert stability_warning(calm, 0.05) == ""
    assert "is poorly damped" in stability_warning(calm, 0.05, margin=3.0)
    sagging = constant_power_stability(50.0, 2e-3, 1e-9, 1.0, 312e3)
    assert "close to the transferable power: transfer margin 1.0" in stability_warning(sagging, 1.0, margin=1.5)


def test_a_load_beyond_the_transferable_power_says_which_and_by_how_much():
    with pytest.raises(DidNotConverge, match=r"power at \[1\] = 320000 W is 7500 W beyond the transferable"):
        operating_voltage(50.0, 2e-3, [1e5, 3.2e5])


@pytest.mark.parametrize("name", ["source_voltage", "resistance", "inductance", "capacitance", "power", "voltage"])
def test_values_that_are_not_positive_are_refused_by_name(name):
    names = ("source_voltage", "resistance", "inductance", "capacitance", "power", "voltage")
    valid = dict(zip(names, (50.0, 2e-3, 1e-7, 0.1, 1e5, 45.0), strict=True))
    with pytest.raises(ValueError, match=f"{name} = -1.0: must be finite and > 0"):
        constant_power_stability(**{**valid, name: -1.0})


def test_a_state_matrix_needs_inductances():
    with pytest.raises(ValueError, match="must be > 0 H for a state matrix"):
        bar_matrix(bar_circuit(1e-4, 0.0, 1e-3, 50.0, [5e-4, np.inf], 1e-7), BarLoad(1.0))
