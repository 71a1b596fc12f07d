"""The liquid-cooled bar against the heat balance marched in small steps."""

import numpy as np
import pytest

from power import Busbar, section_temperature
from power.liquid_bar import liquid_bar_temperature


def bar(**change):
    valid = {
        "cross_section": 2500e-6,
        "resistivity": 1.7241e-8,
        "temperature_coefficient": 0.00393,
        "contact_resistance": 1e-5,
        "heat_transfer": 100.0,
        "ambient_temperature": 318.15,
        "rated_current": 5000.0,
        "voltage_min": 47.5,
        "voltage_max": 51.5,
    }
    return Busbar(**{**valid, **change})


def marched(busbar, current, length, rate, inlet, steps=20_000):
    """Copper at the outlet, coolant at the outlet: C dTf/dx = hA (T - Tf), midpoint rule, T by the closed form."""
    dx, coolant = length / steps, inlet
    heat = current**2 * 2 * busbar.resistivity / busbar.cross_section
    a, film = busbar.temperature_coefficient, busbar.heat_transfer
    for _ in range(steps):
        half = coolant + heat * (1 + a * (coolant - 293.15)) / (1 - heat * a / film) * dx / 2 / rate
        coolant += heat * (1 + a * (half - 293.15)) / (1 - heat * a / film) * dx / rate
    return coolant + heat * (1 + a * (coolant - 293.15)) / (film - heat * a), coolant


def test_a_long_bar_warms_as_the_marched_heat_balance():
    found = liquid_bar_temperature(bar(), [5000.0], 2.0, 50.0, 318.15)
    copper, coolant = marched(bar(), 5000.0, 2.0, 50.0, 318.15)
    assert found.conductor_temperature == pytest.approx([copper], abs=1e-6)
    assert found.coolant_temperature == pytest.approx([coolant], abs=1e-6)


def test_sections_of_one_current_are_one_long_section():
    cut = liquid_bar_temperature(bar(), np.full(8, 5000.0), 0.25, 50.0, 318.15)
    whole = liquid_bar_temperature(bar(), [5000.0], 2.0, 50.0, 318.15)
    assert cut.coolant_temperature[-1] == pytest.approx(whole.coolant_temperature[0], rel=1e-13)
    assert cut.section_loss.sum() == pytest.approx(whole.section_loss[0], rel=1e-10)


def test_endless_coolant_gives_the_bar_in_air_at_the_same_temperature():
    found = liquid_bar_temperature(bar(), [5000.0, 100.0], 1.0, 1e15, 318.15)
    np.testing.assert_allclose(found.conductor_temperature, section_temperature(bar(), np.array([5000.0, 100.0])))


def test_the_loss_is_current_squared_times_resistance_at_the_mean_of_the_copper():
    found = liquid_bar_temperature(bar(), [4000.0], 1.0, 500.0, 318.15)
    copper = found.conductor_temperature[0] - (found.coolant_temperature[0] - 318.15) / 2
    ohm = 2 * 1.7241e-8 / 2500e-6 * (1 + 0.00393 * (copper - 293.15))
    assert found.section_loss == pytest.approx([4000.0**2 * ohm], rel=1e-5)


def test_copper_without_temperature_coefficient_is_a_straight_line():
    found = liquid_bar_temperature(bar(temperature_coefficient=0.0), [1000.0, 1000.0], 1.0, 10.0, 300.0)
    watts = 1000.0**2 * 2 * 1.7241e-8 / 2500e-6
    assert found.coolant_temperature == pytest.approx(300 + watts / 10 * np.array([1, 2]))


def test_racks_are_the_leading_axis_of_current_flow_and_inlet():
    current = np.array([[5000.0, 3000.0, 0.0], [1000.0, 500.0, 0.0]])
    found = liquid_bar_temperature(bar(), current, 0.5, np.array([100.0, 50.0]), np.array([318.15, 300.0]))
    for i, (rate, inlet) in enumerate([(100.0, 318.15), (50.0, 300.0)]):
        alone = liquid_bar_temperature(bar(), current[i], 0.5, rate, inlet)
        for mine, other in zip(found, alone, strict=True):
            np.testing.assert_allclose(mine[i], other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"current": [5e4]}, r"section current = 50000 A: must be < 42"),
        ({"capacity_rate": 0.0}, r"capacity_rate = 0.0: must be finite and > 0 W/K"),
        ({"section_length": -1.0}, r"section_length = -1.0: must be finite and > 0 m"),
    ],
)
def test_a_bar_that_runs_away_or_has_no_flow_is_refused(change, message):
    valid = {"current": [1e3], "section_length": 1.0, "capacity_rate": 100.0, "inlet_temperature": 300.0}
    with pytest.raises(ValueError, match=message):
        liquid_bar_temperature(bar(), **{**valid, **change})
