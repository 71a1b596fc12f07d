"""Coolant tables: against their maker, as integrals, and at their borders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.coolant import conductivity, coolant, density, enthalpy, heat_capacity, temperature, viscosity
from thermal.coolant_table import coolant_names

NAMES = coolant_names()
FLUIDS = {"water": "IF97::Water"} | {name: f"INCOMP::M{name[:2].upper()}[0.{name[2:]}]" for name in NAMES[1:]}
PROPERTIES = {"density": "D", "heat_capacity": "C", "viscosity": "V", "conductivity": "L"}


def oracle(name: str, key: str, T: float) -> float:
    return pytest.importorskip("CoolProp.CoolProp").PropsSI(PROPERTIES[key], "T", T, "P", 3e5, FLUIDS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_rows_are_those_of_the_generator(name):
    table = coolant(name)
    for column, key in ((table.density, "density"), (table.heat_capacity, "heat_capacity")):
        made = [oracle(name, key, T) for T in table.temperature]
        assert column == pytest.approx(made, rel=1e-4)  # another CoolProp release may move the fifth digit
    assert np.exp(table.log_viscosity) == pytest.approx([oracle(name, "viscosity", T) for T in table.temperature], 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_interpolation_between_the_rows_follows_the_oracle(name):
    middle = (coolant(name).temperature[1:] + coolant(name).temperature[:-1]) / 2
    for ours, key, tolerance in (
        (density, "density", 5e-4),
        (heat_capacity, "heat_capacity", 5e-4),
        (conductivity, "conductivity", 5e-4),
        (viscosity, "viscosity", 5e-3),  # pg50 at -31 degC; 3e-3 elsewhere
    ):
        assert ours(coolant(name), middle) == pytest.approx([oracle(name, key, T) for T in middle], rel=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_enthalpy_is_the_integral_of_the_heat_capacity(name):
    liquid = coolant(name)
    T = np.linspace(liquid.temperature[0], liquid.temperature[-1], 200_001)
    cp = heat_capacity(liquid, T)
    by_trapezoid = np.sum(np.diff(T) * (cp[1:] + cp[:-1]) / 2)
    assert enthalpy(liquid, T[-1]) == pytest.approx(by_trapezoid, rel=1e-9)  # exact but for cells that hold a row
    assert enthalpy(liquid, T[0]) == 0.0


def test_enthalpy_of_water_is_that_of_the_steam_tables():
    rise = enthalpy(coolant("water"), 328.15) - enthalpy(coolant("water"), 318.15)
    assert rise == pytest.approx(230.24e3 - 188.44e3, rel=5e-4)  # saturated liquid, 55 and 45 degC, five digits


@given(name=st.sampled_from(NAMES), share=st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_temperature_undoes_enthalpy(name, share):
    rows = coolant(name).temperature
    T = rows[0] + np.array(share) * (rows[-1] - rows[0])
    T = np.minimum(T, rows[-1])
    assert temperature(coolant(name), enthalpy(coolant(name), T)) == pytest.approx(T, rel=1e-14)


@given(name=st.sampled_from(NAMES), a=st.floats(237, 373), b=st.floats(237, 373))
def test_hotter_coolant_is_never_more_viscous_nor_poorer_in_enthalpy(name, a, b):
    cold, hot = np.maximum(sorted((a, b)), coolant(name).temperature[0])
    assert viscosity(coolant(name), hot) <= viscosity(coolant(name), cold)
    assert enthalpy(coolant(name), hot) >= enthalpy(coolant(name), cold)


def test_a_mean_heat_capacity_would_not_close_the_balance():
    water = coolant("water")
    by_mean = 25.0 * heat_capacity(water, 273.16 + 12.5)
    exact = enthalpy(water, 298.16) - enthalpy(water, 273.16)
    assert abs(by_mean / exact - 1) > 1e-6


def test_shape_is_kept():
    assert density(coolant("water"), np.full((2, 3), 300.0)).shape == (2, 3)
    assert temperature(coolant("water"), 1e5).shape == ()


@pytest.mark.parametrize("value", [250.0, 400.0, np.nan])
@pytest.mark.parametrize("function", [density, heat_capacity, viscosity, conductivity, enthalpy])
def test_a_temperature_outside_the_table_is_refused_with_its_range(function, value):
    with pytest.raises(ValueError, match=r"'water' = .* K: must lie in 273\.16 \.\. 373\.15 K"):
        function(coolant("water"), [300.0, value])


def test_an_enthalpy_outside_the_table_is_refused():
    with pytest.raises(ValueError, match=r"enthalpy of coolant 'pg25' = -1 J/kg"):
        temperature(coolant("pg25"), -1.0)


def test_an_unknown_coolant_is_refused_and_tables_are_read_only():
    with pytest.raises(ValueError, match="'oil': must be 'water' or 'pg25'"):
        coolant("oil")
    with pytest.raises(ValueError, match="read-only"):
        coolant("water").density[0] = 1.0


def test_more_glycol_freezes_later_and_is_more_viscous():
    for family in ("pg", "eg"):
        row = [coolant(name) for name in sorted(name for name in NAMES if name.startswith(family))]
        assert all(np.diff([liquid.freezing_point for liquid in row]) < -1)
        assert all(np.diff([viscosity(liquid, 300.0) for liquid in row]) > 0)


@pytest.mark.parametrize(("name", "celsius"), [("pg20", -6.7), ("pg30", -12.8), ("pg40", -20.6), ("pg50", -33.3)])
def test_propylene_glycol_freezes_where_the_handbook_says(name, celsius):
    # Lange's Handbook of Chemistry, 15th ed., table 5.13; shares there are by volume, 1 % below those by mass
    assert coolant(name).freezing_point - 273.15 == pytest.approx(celsius, abs=1.2)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_begins_where_the_coolant_freezes_and_ends_at_100_degrees(name):
    liquid = coolant(name)
    assert 0 <= liquid.temperature[0] - liquid.freezing_point < 0.1
    assert liquid.temperature[-1] == 373.15
    assert np.diff(liquid.temperature).max() < 3.01


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [("water", 270.0, "'pg20', 266 .."), ("pg25", 250.0, "'pg50', 241 .."), ("eg25", 250.0, "'eg40', 249.35 ..")],
)
def test_below_its_table_a_coolant_names_one_that_would_do(name, value, advice):
    with pytest.raises(ValueError, match="change the supply temperature, the flow or the heat, or take " + advice):
        density(coolant(name), [value, 300.0])


def test_above_every_table_no_other_coolant_is_named():
    with pytest.raises(ValueError, match=r"the flow or the heat$"):
        density(coolant("pg25"), 380.0)


@pytest.mark.parametrize("name", ["novec649", "FC-72", "R134a", "HFE-7100", "two-phase"])
def test_what_cools_by_boiling_is_out_of_scope_and_says_so(name):
    with pytest.raises(ValueError, match="two-phase is out of scope"):
        coolant(name)
