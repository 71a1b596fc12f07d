"""Orbit: the panel against the Stefan-Boltzmann law by hand, both orbits, headroom lost kelvin by kelvin."""

import json

import numpy as np
import pytest

from twin.studies import orbit
from viz import chart

SIGMA = 5.670374419e-8


@pytest.fixture(scope="module")
def found(gb300):
    return orbit.study(gb300, 6)


def by_hand(found, sink: float, k: int, faces: int = 2) -> float:
    """Area per kilowatt of a panel at the mean temperature of its coolant [m2/kW]."""
    mean = (float(found.supply_temperature[k]) + float(found.return_temperature[k])) / 2
    return 1e3 / (faces * 0.9 * 0.85 * SIGMA * (mean**4 - sink**4))


def test_area_per_kilowatt_is_what_a_panel_at_the_mean_temperature_radiates(found):
    for i, sink in enumerate(found.sink_temperature.values):
        for k in range(found.supply_temperature.size):
            # the curve of 1 / (T^4 - sink^4) over 10 K adds 0.1 to 0.3 %
            assert float(found.area_per_power[i, k]) == pytest.approx(by_hand(found, sink, k), rel=4e-3)


def test_a_panel_with_one_face_would_be_refused(found):
    sink = float(found.sink_temperature[0])
    assert by_hand(found, sink, 2, faces=1) > 1.9 * float(found.area_per_power[0, 2])


def test_the_sinks_are_those_of_sun_and_earth_by_hand(found):
    absorbed = 0.2 * 1361 * np.array([0.05 * 0.258, 0.62 * (0.25 + 0.3 * 0.258)]) / 0.85 + 0.258 * 237
    np.testing.assert_allclose(found.sink_temperature, (absorbed / SIGMA + 2.725**4) ** 0.25, rtol=1e-9)


def test_everything_the_rack_draws_and_its_pump_leaves_by_the_panel(found, gb300_tree):
    power = float(gb300_tree["summary"].rack_power)
    whole = found.clock_min > 0.9  # warmer, chips derate; colder, less leakage below the power cap
    np.testing.assert_allclose((found.heat - found.pump_power)[whole], power, rtol=0.03)
    np.testing.assert_allclose(found.radiator_area * 1e3, found.area_per_power * found.heat, rtol=1e-12)
    np.testing.assert_allclose(found.radiator_mass, 8.0 * found.radiator_area, rtol=1e-12)


def test_ten_kelvin_of_supply_cost_ten_kelvin_of_headroom_and_save_panel(found):
    assert (found.radiator_area.diff("supply_temperature") < 0).all()
    assert (found.radiator_area.diff("orbit") > 0).all()  # the low orbit sees more sun and albedo
    np.testing.assert_allclose(found.headroom_temperature.diff("supply_temperature"), -10.0, atol=0.6)


def test_the_answer_and_the_picture_hold_the_numbers(found, gb300):
    own = gb300.cooling.supply_temperature
    for row in found.area_per_power.values:
        assert f"{np.interp(own, found.supply_temperature, row):.2f} m² per kW" in found.answer
    end = np.interp(0.0, -found.headroom_temperature.values, found.supply_temperature)
    assert f"Headroom ends at {end - 273.15:.1f} °C supply" in found.answer
    assert [panel["y"] for panel in json.loads(found.chart)["panels"]] == ["area_per_power", "headroom_temperature"]
    assert chart(found).axes[0].get_ylabel().endswith("m²/kW")
