"""The radiator: by hand, against a march of its equation, in its limits, and against flown ones."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.coolant import Coolant, coolant, density, enthalpy, heat_capacity, temperature
from thermal.orbit import EARTH_RADIUS, Orbit, earth_view_factor
from thermal.radiator import STEFAN_BOLTZMANN, Radiator, radiator_area, radiator_temperature, sink_temperature

PANEL = Radiator(
    area=120.0, faces=2, emissivity=0.85, absorptivity=0.2, fin_efficiency=0.9, earth_view_factor=0.26,
    areal_density=8.0, rated_flow=2.0, rated_pressure_drop=1e5, pump_efficiency=0.5,
)  # fmt: skip
DAWN = Orbit(solar_flux=1361.0, sun_incidence=0.0, sunlit_fraction=1.0, albedo=0.05, earth_infrared=237.0)
LOW = Orbit(solar_flux=1361.0, sun_incidence=0.25, sunlit_fraction=0.62, albedo=0.3, earth_infrared=237.0)
PG = coolant("pg25")


def even(capacity):
    """A made coolant of constant heat capacity."""
    T = np.linspace(200.0, 600.0, 5)
    ones = np.ones(5)
    return Coolant("even", T, 1000 * ones, capacity * ones, -7 * ones, 0.5 * ones, capacity * (T - T[0]), 200.0)


def marched(panel, sink, liquid, flow, hot, steps):
    """Outlet of the panel by upwind steps of equal area: each radiates at the temperature that enters it."""
    h, G = float(enthalpy(liquid, hot)), panel.faces * panel.fin_efficiency * panel.emissivity * STEFAN_BOLTZMANN
    for _ in range(steps):
        T = float(temperature(liquid, h))
        h -= G * panel.area / steps * (T**4 - sink**4) / flow
    return float(temperature(liquid, h))


def seen_by_quadrature(altitude, angle, count=1200):
    """View factor as the projected solid angle of the Earth's cap, over rings around down."""
    cosine = np.cos(np.arcsin(EARTH_RADIUS / (EARTH_RADIUS + altitude)))
    middle = (np.arange(count) + 0.5) / count
    mu, phi = np.meshgrid(cosine + (1 - cosine) * middle, 2 * np.pi * middle)
    toward = np.sin(angle) * np.sqrt(1 - mu**2) * np.cos(phi) + np.cos(angle) * mu
    return np.maximum(toward, 0).mean() * 2 * (1 - cosine)


# By hand, and closed forms.


def test_a_fast_loop_is_isothermal_and_obeys_stefan_and_boltzmann_by_hand():
    # two faces at 320 K in empty space: 2 * 0.9 * 0.85 * 5.670374e-8 * 320^4 = 909.71 W/m2
    area = radiator_area(PANEL, 2.725, PG, 1e6, 909.71e3, 320.0)
    assert area == pytest.approx(1000.0, rel=1e-5)


def test_sink_in_the_shadow_is_that_of_the_earths_infrared_alone_by_hand():
    # (0.26 * 237 / 5.670374e-8)^(1/4) = 181.57 K
    assert sink_temperature(PANEL, LOW, 0.0) == pytest.approx(181.57, abs=0.01)


def test_sink_in_full_sun_is_the_absorbed_over_the_emitted_by_hand():
    # one face to the sun, no Earth: (0.2 / 0.85 * 1361 / sigma)^(1/4) = 274.1 K
    bare = replace(PANEL, earth_view_factor=0.0)
    assert sink_temperature(bare, replace(DAWN, sun_incidence=1.0)) == pytest.approx(274.1, abs=0.1)


@pytest.mark.parametrize("sink", [2.725, 150.0, 299.0])
def test_constant_heat_capacity_gives_the_closed_form_of_one_cell(sink):
    def of(T):  # the integral of dT/(T^4 - Ts^4)
        return np.log((T - sink) / (T + sink)) / (4 * sink**3) - np.arctan(T / sink) / (2 * sink**3)

    flow, heat, liquid = 1.5, 9e4, even(4000.0)
    hot = 300.0 + heat / flow / 4000.0
    area = flow * 4000.0 * (of(hot) - of(300.0)) / (2 * 0.9 * 0.85 * STEFAN_BOLTZMANN)
    tolerance = 1e-7 if sink < 100 else 1e-11  # the closed form cancels at a cold sink, ours does not
    assert radiator_area(PANEL, sink, liquid, flow, heat, 300.0) == pytest.approx(area, rel=tolerance)


def test_into_empty_space_the_closed_form_is_the_difference_of_cubes():
    area = radiator_area(PANEL, 0.0, even(4000.0), 1.5, 9e4, 300.0)
    factor = 1.5 * 4000.0 / (3 * 2 * 0.9 * 0.85 * STEFAN_BOLTZMANN)
    assert area == pytest.approx(factor * (300.0**-3 - 315.0**-3), rel=1e-12)


def test_a_finer_march_of_the_equation_comes_nearer_in_first_order():
    sink, flow, hot = 220.0, 1.5, 335.0
    heat = flow * (enthalpy(PG, hot) - enthalpy(PG, 318.0))
    panel = replace(PANEL, area=float(radiator_area(PANEL, sink, PG, flow, heat, 318.0)))
    miss = [marched(panel, sink, PG, flow, hot, steps) - 318.0 for steps in (50, 100, 200)]
    orders = np.log2(np.abs(np.divide(miss[:-1], miss[1:])))
    assert orders == pytest.approx(1.0, abs=0.1)
    assert 2 * miss[2] - miss[1] == pytest.approx(0.0, abs=1e-4)  # extrapolated


def test_a_panel_at_the_mean_temperature_would_be_too_small():
    heat, flow = 3e5, 2.0
    exact = radiator_area(PANEL, 180.0, PG, flow, heat, 310.0)
    hot = temperature(PG, enthalpy(PG, 310.0) + heat / flow)
    at_mean = heat / (2 * 0.9 * 0.85 * STEFAN_BOLTZMANN * (((310.0 + hot) / 2) ** 4 - 180.0**4))
    assert 1.005 < exact / at_mean < 1.05


# Temperatures from area: the inverse, balances, properties.


@settings(max_examples=40)
@given(
    supply=st.floats(280, 330),
    rise=st.floats(0.5, 30),
    flow=st.floats(0.01, 100),
    sink=st.floats(3, 279),
    name=st.sampled_from(["water", "pg25", "eg50"]),
)
def test_temperature_undoes_area_and_the_heat_balance_closes(supply, rise, flow, sink, name):
    liquid = coolant(name)
    heat = flow * float(enthalpy(liquid, supply + rise) - enthalpy(liquid, supply))
    area = float(radiator_area(PANEL, sink, liquid, flow, heat, supply))
    state = radiator_temperature(replace(PANEL, area=area), sink, liquid, flow, heat)
    assert state.supply_temperature == pytest.approx(supply, abs=1e-8)
    carried = flow * (enthalpy(liquid, state.return_temperature) - enthalpy(liquid, state.supply_temperature))
    assert carried == pytest.approx(heat, rel=1e-12, abs=flow * 1e-9)  # enthalpy has 1e-16 of 4e5 J/kg
    again = radiator_area(PANEL, sink, liquid, flow, heat, state.supply_temperature)
    assert again == pytest.approx(area, rel=1e-11)


@settings(max_examples=40)
@given(area=st.floats(100, 400), more=st.floats(1, 3), heat=st.floats(3e4, 7e4), sink=st.floats(10, 250))
def test_more_area_is_never_warmer_and_more_heat_or_a_warmer_sink_never_colder(area, more, heat, sink):
    liquid = coolant("eg50")

    def supply(panel_area, watts, T_s):
        return radiator_temperature(replace(PANEL, area=panel_area), T_s, liquid, 2.0, watts).supply_temperature

    try:
        least = supply(area * more, heat, sink)
    except ValueError as refused:
        assert "would be below its table" in str(refused)
        return
    base = supply(area, heat, sink)
    assert least <= base + 1e-9
    assert supply(area, heat * 1.1, sink) >= base - 1e-9
    assert supply(area, heat, sink + 5) >= base - 1e-9


def test_a_batch_is_its_members():
    sink, heat = np.array([[180.0], [240.0]]), np.array([8e4, 1e5, 1.2e5])
    batch = radiator_temperature(PANEL, sink, PG, 2.0, heat)
    assert batch.supply_temperature.shape == (2, 3)
    alone = radiator_temperature(PANEL, 240.0, PG, 2.0, 1.2e5)
    assert batch.supply_temperature[1, 2] == pytest.approx(alone.supply_temperature, rel=1e-13)
    assert batch.pump_power[1, 2] == pytest.approx(alone.pump_power, rel=1e-13)


def test_pump_and_mass_by_hand():
    state = radiator_temperature(PANEL, 184.6, PG, 2.0, 1e5)
    by_hand = 2.0 / density(PG, state.supply_temperature) * 1e5 / 0.5
    assert state.pump_power == pytest.approx(by_hand)
    half = radiator_temperature(PANEL, 184.6, PG, 1.0, 1e5)
    lighter = density(PG, state.supply_temperature) / density(PG, half.supply_temperature)
    assert half.pump_power / state.pump_power == pytest.approx(0.5**2.75 * lighter)
    assert PANEL.mass == 960.0


# Orbit.


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.5, 1.0, 1.3, np.pi / 2, 1.8, 2.2, 2.6, 3.1])
def test_the_view_factor_is_the_projected_solid_angle_of_the_earth(angle):
    assert earth_view_factor(550e3, angle) == pytest.approx(seen_by_quadrature(550e3, angle), abs=2e-6)


def test_the_quadrature_refuses_a_view_factor_one_percent_off():
    assert abs(1.01 * earth_view_factor(550e3, 1.3) - seen_by_quadrature(550e3, 1.3)) > 1e-3


@given(st.floats(1e5, 4e7), st.floats(0, np.pi))
def test_no_face_sees_more_of_the_earth_than_one_turned_down(altitude, angle):
    assert 0 <= earth_view_factor(altitude, angle) <= earth_view_factor(altitude, 0.0) * (1 + 1e-9)


def test_the_orbit_mean_of_the_fourth_power_lies_between_sun_and_shadow():
    sun, shadow, mean = (sink_temperature(PANEL, LOW, share) ** 4 for share in (1.0, 0.0, None))
    assert mean == pytest.approx(0.62 * sun + 0.38 * shadow, rel=1e-12)
    assert shadow < mean < sun


# Published.


def test_the_radiators_of_the_space_station_lie_between_empty_space_and_a_warm_sink():
    # six units for 70 kW (Oren and Howell 1995, SAE 951651), each commonly quoted with 23.3 m x 3.4 m; ammonia
    # leaves at 2.8 degC, two loops of 8 200 lb/h, 4.6 kJ/(kg K)
    station = replace(PANEL, fin_efficiency=0.85)
    area = radiator_area(station, np.array([2.725, 260.0]), even(4600.0), 2 * 1.03, 70e3, 275.95)
    assert area[0] < 6 * 23.3 * 3.4 < area[1]


# Borders.


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (
            lambda: radiator_area(PANEL, 320.0, PG, 2.0, 1e5, 318.0),
            "-2 K above the sink: must be > 0; raise the supply",
        ),
        (lambda: radiator_area(PANEL, 200.0, PG, 0.0, 1e5, 318.0), "mass flow = 0 kg/s: must be > 0"),
        (lambda: radiator_area(PANEL, 200.0, PG, 2.0, -1.0, 318.0), "heat into the coolant = -1 W: must be >= 0"),
        (lambda: radiator_temperature(PANEL, 200.0, PG, 2.0, 0.0), "must be > 0, or the loop rests at its sink"),
        (lambda: radiator_temperature(PANEL, 200.0, PG, 2.0, 1e6), "above its table, 373.15 K: give more area"),
        (lambda: radiator_temperature(PANEL, 400.0, PG, 2.0, 1e4), "above its table, 373.15 K: give more area"),
        (lambda: radiator_temperature(PANEL, 150.0, PG, 2.0, 1e4), "freezes at 263.36 K: let part of the flow pass"),
        (lambda: sink_temperature(PANEL, LOW, 1.5), "share of time in the sun = 1.5: must lie in 0 .. 1"),
        (lambda: earth_view_factor(0.0, 1.0), "altitude of the orbit = 0 m: must be > 0"),
        (lambda: earth_view_factor(1e5, 4.0), "nadir angle = 4 rad: must lie in 0 .. pi"),
        (lambda: replace(PANEL, emissivity=0.0), "Radiator.emissivity = 0.0: must be > 0"),
        (lambda: replace(LOW, albedo=1.5), "Orbit.albedo = 1.5: must be <= 1"),
    ],
)
def test_bad_input_is_refused_with_a_way_out(call, why):
    with pytest.raises(ValueError) as refused:
        call()
    assert why in str(refused.value)


def test_heat_capacity_bends_are_integrated_exactly_across_rows():
    fine = np.linspace(300.0, 330.0, 600_001)
    y = heat_capacity(PG, fine) / (fine**4 - 200.0**4)
    by_trapezoid = np.sum((y[1:] + y[:-1]) / 2) * (fine[1] - fine[0])
    heat = float(enthalpy(PG, 330.0) - enthalpy(PG, 300.0))
    exact = radiator_area(PANEL, 200.0, PG, 1.0, heat, 300.0) * (2 * 0.9 * 0.85 * STEFAN_BOLTZMANN)
    assert exact == pytest.approx(by_trapezoid, rel=1e-11)
