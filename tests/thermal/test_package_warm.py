"""Packages with silicon and leakage that follow temperature: limits, balance, a slab by hand, runaway."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import lambertw
from test_package import BLACKWELL, PLATE, SLAB

from thermal.assembly import package_problem
from thermal.checks import DidNotConverge
from thermal.package_field import package_rise
from thermal.package_warm import Leakage, Silicon, WarmChip, warm_package

W, C, INLET = 1.6e-5, 141.0, 318.15
GPU = WarmChip(1400.0, INLET, W, C)
LEAKAGE = Leakage(156.0, 0.02, 333.15)
STEADFAST = Silicon(exponent=0.0)
COARSE = 3e-3


def problem(package=BLACKWELL, plate=PLATE):
    return package_problem(package, plate, COARSE)


def read(warm):
    return np.array([warm.die, warm.spot, warm.memory, warm.case])


def linear(package=BLACKWELL, power=1400.0):
    return INLET + power * (np.array(package_rise(problem(package), W, C).resistance) + 1 / (2 * C))


@pytest.mark.parametrize("leakage", [None, LEAKAGE._replace(power=0.0), LEAKAGE._replace(exponent=0.0)])
def test_without_exponents_the_field_is_that_of_the_linear_package(leakage):
    found = warm_package(problem(), GPU, leakage, STEADFAST)
    assert read(found) == pytest.approx(linear(), abs=1e-5)
    assert found.power == pytest.approx(1400, rel=1e-12)


@given(st.floats(10, 2000), st.floats(0, 200), st.floats(0, 0.03), st.floats(-2, 0))
@settings(max_examples=8, deadline=None)
def test_all_heat_with_its_leakage_goes_into_the_coolant(power, leak, growth, exponent):
    chip, leakage = GPU._replace(power=power), LEAKAGE._replace(power=leak, exponent=growth)
    found = warm_package(problem(), chip, leakage, Silicon(exponent))
    assert abs(found.closure) < 1e-8
    outlet = (found.coolant[:, -1] * problem().grid.dx).sum() / (PLATE.base_length / 2)
    assert outlet == pytest.approx(INLET + found.power / C, abs=1e-5)


def test_a_slab_of_even_temperature_leaks_by_lambert_w():
    """With even heat and endless flow die temperature T = inlet + R q, q = P - l + l exp(b (T - T0))."""
    package = replace(SLAB, die_conductivity=1e4)
    chip, leakage = GPU._replace(capacity_rate=1e8), Leakage(100.0, 0.02, 310.0)
    R = float(package_rise(problem(package), W, 1e8).resistance.die)
    b, held = leakage.exponent, INLET + R * (1400 - leakage.power)
    amplitude = leakage.power * np.exp(b * (held - leakage.temperature))
    q = 1400 - leakage.power - lambertw(-b * R * amplitude).real / (b * R)
    found = warm_package(problem(package), chip, leakage, STEADFAST)
    assert found.power == pytest.approx(q, rel=1e-5)
    assert found.die == pytest.approx(INLET + R * q, abs=2e-3)
    assert abs(q - 1400) > 10  # leakage that does not follow would be seen


def test_a_slab_of_silicon_drops_by_the_kirchhoff_transform():
    silicon, flux = Silicon(-1.3, 300.0), 1400 / 0.0049
    chip = GPU._replace(capacity_rate=1e8)
    k0, n = SLAB.die_conductivity, silicon.exponent + 1
    below = INLET + flux * (W + 0.003 / 390 + 50e-6 / 30)  # back of the die
    # integral of k0 (T/T0)^-1.3 from the back to the face = flux * thickness
    face = (below**n + n * flux * 775e-6 * silicon.temperature**silicon.exponent / k0) ** (1 / n)
    found = warm_package(problem(SLAB), chip, None, silicon)
    assert found.die == pytest.approx(face, abs=2e-3)  # three cells
    steadfast = warm_package(problem(SLAB), chip, None, STEADFAST)
    assert found.die - steadfast.die > 0.2


def test_conductivity_that_holds_at_the_field_s_own_temperature_changes_nothing():
    even = warm_package(problem(), GPU, None, Silicon(temperature=345.0))
    assert read(even) == pytest.approx(linear(), abs=0.5)
    cold = warm_package(problem(), GPU, None, Silicon(temperature=300.0))
    assert (cold.die, cold.spot) > (even.die + 0.2, even.spot + 0.4)


@given(st.floats(0, 150), st.floats(1.01, 2), st.floats(0.001, 0.015))
@settings(max_examples=8, deadline=None)
def test_more_leakage_never_cools_a_chip_warmer_than_its_reference(leak, more, growth):
    one, other = (warm_package(problem(), GPU, Leakage(size, growth, INLET), STEADFAST) for size in (leak, leak * more))
    assert (read(other) >= read(one) - 1e-6).all()
    assert other.power >= one.power - 1e-6


def test_the_spot_leaks_more_than_the_mean():
    """Heat that follows the local temperature raises the spot more than the same heat spread evenly."""
    found = warm_package(problem(), GPU, LEAKAGE, STEADFAST)
    even = problem()._replace(module=problem().module + (found.power / 1400 - 1) * problem().heat.die)
    spread = INLET + 1400 * (np.array(package_rise(even, W, C).resistance) + 1 / (2 * C))
    assert found.spot > spread[1] + 0.05
    assert found.die == pytest.approx(spread[0], abs=0.1)


def test_runaway_is_named():
    with pytest.raises(DidNotConverge, match="thermal runaway"):
        warm_package(problem(), GPU, LEAKAGE._replace(power=900.0, exponent=0.04))


def test_a_package_without_memory_has_no_memory_temperature():
    found = warm_package(problem(SLAB), GPU, LEAKAGE)
    assert np.isnan(found.memory)
    assert np.isfinite([found.die, found.spot, found.case]).all()


@pytest.mark.parametrize(
    ("chip", "leakage", "silicon", "message"),
    [
        ({"power": -1.0}, {}, {}, r"chip: power \[W\] = -1.0: must be finite and >= 0"),
        ({"inlet_temperature": 0.0}, {}, {}, "inlet temperature = 0.0: must be > 0 K"),
        ({"capacity_rate": 0.0}, {}, {}, "open the branch"),
        ({}, {"power": -2.0}, {}, r"leakage: power \[W\] = -2.0"),
        ({}, {"exponent": np.nan}, {}, "leakage: exponent"),
        ({}, {"temperature": -5.0}, {}, "leakage: reference temperature = -5.0"),
        ({}, {}, {"temperature": 0.0}, "silicon: reference temperature"),
    ],
)
def test_states_without_meaning_are_refused(chip, leakage, silicon, message):
    with pytest.raises(ValueError, match=message):
        warm_package(problem(), GPU._replace(**chip), LEAKAGE._replace(**leakage), Silicon()._replace(**silicon))
