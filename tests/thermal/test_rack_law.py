"""The power law of a rack: exact where the rack is one, and honest where it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.branch import PressurePoint, apparent_exponent
from thermal.coolant import coolant, density, viscosity
from thermal.hydraulics import BranchLaw, Manifold, solve_manifold
from thermal.rack_law import fit_rack_law, rack_drop

WATER = coolant("water")
HEADER = Manifold(header_diameter=0.038, roughness=1.5e-6)
LAW = BranchLaw(3e10, 1e11)


def drops(flow, kelvin):
    """Drops of an 18-branch rack (temperature, flow) and the viscosities."""
    rho, mu = (np.asarray(of(WATER, kelvin))[..., None] for of in (density, viscosity))
    return solve_manifold(HEADER, flow * rho, np.ones(18), 0.05, LAW, rho, mu).pressure_drop, mu


@given(st.floats(1e6, 1e12), st.floats(1.0, 2.0), st.floats(0.0, 1.0))
def test_a_power_law_is_found_again(k, n, p):
    Q, mu = np.array([1e-3, 2e-3, 3e-3]), np.array([[4e-4], [9e-4]])
    law = fit_rack_law(Q, mu, k * Q**n * (mu / 6e-4) ** p)
    assert (law.exponent, law.viscosity_exponent) == pytest.approx((n, p), abs=1e-9)
    assert law.coefficient == pytest.approx(k, rel=1e-8)  # 6e-4 is the geometric mean
    assert law.error < 1e-9


def test_two_flows_give_the_apparent_exponent():
    points = (
        PressurePoint(volume_flow=1e-3, supply_temperature=298.15, return_temperature=328.15, pressure_drop=1e4),
        PressurePoint(volume_flow=3e-3, supply_temperature=318.15, return_temperature=328.15, pressure_drop=9e4),
    )
    Q = np.array([1e-3, 3e-3])
    drop, mu = drops(Q, np.array([323.15]))
    law = fit_rack_law(Q, mu, drop)
    assert law.exponent == pytest.approx(apparent_exponent(LAW, HEADER, np.ones(18), 0.05, WATER, points), rel=1e-9)
    assert law.viscosity_exponent == 0


def test_a_rack_follows_its_law_within_the_error_it_states():
    Q = np.linspace(1e-3, 3e-3, 9)
    drop, mu = drops(Q, np.array([298.15, 308.15, 318.15]))
    law = fit_rack_law(Q, mu, drop)
    assert 1.8 < law.exponent < 2
    assert law.viscosity_exponent == pytest.approx(2 - law.exponent, abs=0.03)
    assert law.error < 0.02
    assert np.abs(rack_drop(law, Q, mu) / drop - 1).max() == pytest.approx(law.error, rel=1e-9)
    # a law that leaves the viscosity out misses by more
    assert fit_rack_law(np.tile(Q, 3), 6e-4, drop.ravel()).error > 2 * law.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1e-3, 2e-3], 6e-4, [1e4, -1.0]), "pressure drop = -1 Pa: must be > 0"),
        (([1e-3, 0.0], 6e-4, [1e4, 2e4]), "volume flow = 0 m3/s"),
        (([1e-3, 1e-3], [6e-4, 5e-4], [1e4, 2e4]), "samples at one flow only"),
        (([1e-3, 2e-3], [6e-4, 1.2e-3], [1e4, 2e4]), "flow and viscosity change together"),
    ],
)
def test_samples_that_do_not_fix_a_law_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_rack_law(*arguments)


def test_a_negative_flow_has_no_drop():
    law = fit_rack_law([1e-3, 2e-3], 6e-4, [1e4, 3e4])
    with pytest.raises(ValueError, match="volume flow = -1 m3/s: must be >= 0"):
        rack_drop(law, -1.0, 6e-4)
