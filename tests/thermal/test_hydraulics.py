"""The manifold: friction, division of flow by hand and by another solver, and a published rack."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from thermal.branch import PressurePoint, apparent_exponent, fit_branch_law
from thermal.checks import DidNotConverge
from thermal.coolant import coolant
from thermal.hydraulics import BranchLaw, Manifold, friction_factor, solve_manifold

WIDE = Manifold(header_diameter=1e3, roughness=0.0)
HEADER = Manifold(header_diameter=0.038, roughness=1.5e-6)
WATER = (988.0, 5.5e-4)
LAW = BranchLaw(1.1e11, 3.2e11)
WEIGHT = np.array([4.6] * 10 + [0.72] * 9 + [4.6] * 8)  # a GB300 rack from the top
SPACING = np.full(27, 0.048)
LITRE, PSI = 1e-3 / 60, 6894.757293168
TABLE = (  # Lenovo LP2357
    PressurePoint(
        volume_flow=59 * LITRE, supply_temperature=298.15, return_temperature=328.15, pressure_drop=2.3 * PSI
    ),
    PressurePoint(
        volume_flow=177 * LITRE,
        supply_temperature=318.15,
        return_temperature=328.15,
        pressure_drop=18.4 * PSI,
    ),
)


def test_friction_is_laminar_below_two_thousand_and_colebrook_above_five():
    assert friction_factor([1e-3, 10.0, 1e3], 0.0) * [1e-3, 10.0, 1e3] == pytest.approx(64.0, rel=1e-6)
    for Re, rough in ((1e4, 0.0), (1e5, 1e-4), (1e6, 1e-3), (1e8, 1e-2)):
        f = float(friction_factor(Re, rough))
        for _ in range(20):
            f = (-2 * np.log10(rough / 3.7 + 2.51 / (Re * f**0.5))) ** -2
        assert friction_factor(Re, rough) == pytest.approx(f, rel=0.02)  # Churchill's distance from Colebrook


def test_friction_agrees_with_the_fluids_library():
    fluids = pytest.importorskip("fluids.friction")
    for Re in (100.0, 2500.0, 4e3, 1e5, 1e7):
        assert friction_factor(Re, 1e-4) == pytest.approx(fluids.Churchill_1977(Re, 1e-4), rel=1e-9)


def test_there_is_no_friction_factor_at_rest():
    with pytest.raises(ValueError, match="Reynolds number 0: must be > 0"):
        friction_factor(0.0, 0.0)


def test_two_branches_between_wide_headers_by_hand():
    # equal drops: flows as the weights 1 : 3; drop = a (m/w)^2 / rho + b mu/rho (m/w) at m/w = 0.5
    flow = solve_manifold(WIDE, 2.0, [1.0, 3.0], 1.0, BranchLaw(8e6, 4e6), 1000.0, 1e-3)
    assert flow.branch_mass_flow == pytest.approx([0.5, 1.5], rel=1e-9)
    assert flow.pressure_drop == pytest.approx(2000.0 + 2.0, rel=1e-9)


def test_one_branch_takes_everything_and_pays_both_headers():
    flow = solve_manifold(HEADER, 2.0, [1.0], 0.5, BranchLaw(1e9, 0.0), *WATER)
    Re = 4 * 2.0 / (np.pi * 0.038 * WATER[1])
    speed = 2.0 / (WATER[0] * np.pi / 4 * 0.038**2)
    header = friction_factor(Re, 1.5e-6 / 0.038) * 0.5 / 0.038 * WATER[0] * speed**2 / 2
    assert flow.branch_mass_flow == pytest.approx([2.0])
    assert flow.pressure_drop == pytest.approx(1e9 * 4 / WATER[0] + 2 * header, rel=1e-12)
    assert flow.iterations == 0


def test_a_general_solver_finds_the_same_division():
    weight, spacing = np.array([1.0, 0.2, 2.0, 1.5, 0.7]), np.array([0.1, 0.5, 0.2, 0.3, 0.4])
    narrow, law = Manifold(header_diameter=0.02, roughness=1e-5), BranchLaw(3e9, 2e10)

    def unbalance(flow):
        header = np.cumsum(flow[::-1])[::-1]
        area = np.pi / 4 * 0.02**2
        f = friction_factor(header * 0.02 / (area * WATER[1]), 1e-5 / 0.02)
        loss = f * spacing / 0.02 * header**2 / (2 * WATER[0] * area**2)
        drop = 3e9 * (flow / weight) ** 2 / WATER[0] + 2e10 * WATER[1] / WATER[0] * flow / weight
        total = drop + 2 * np.cumsum(loss)
        return np.append(np.diff(total) / total[0], flow.sum() - 1.0)

    by_fsolve = fsolve(unbalance, weight / weight.sum(), xtol=1e-13)
    flow = solve_manifold(narrow, 1.0, weight, spacing, law, *WATER).branch_mass_flow
    assert flow == pytest.approx(by_fsolve, rel=1e-9)
    # a solver that sees one header only is caught
    half = solve_manifold(narrow, 1.0, weight, spacing / 2, law, *WATER).branch_mass_flow
    assert np.abs(half / by_fsolve - 1).max() > 1e-3


@given(
    weight=st.lists(st.floats(0.05, 5.0), min_size=1, max_size=40),
    total=st.floats(1e-3, 20.0),
    diameter=st.floats(0.02, 0.2),
    law=st.tuples(st.floats(1e8, 1e12), st.floats(0, 1e12)),
)
@settings(max_examples=60)
def test_mass_is_conserved_and_no_branch_runs_backwards(weight, total, diameter, law):
    manifold = Manifold(header_diameter=diameter, roughness=1e-6)
    flow = solve_manifold(manifold, total, weight, 0.05, BranchLaw(*law), *WATER)
    assert flow.branch_mass_flow.sum() == pytest.approx(total, rel=1e-12)
    assert (flow.branch_mass_flow > 0).all()
    per_weight = flow.branch_mass_flow / np.array(weight)
    assert (np.diff(per_weight) <= 1e-12 * per_weight[0] + 1e-12 * total / min(weight)).all()  # the nearest gets most


@given(total=st.floats(0.1, 10.0), scale=st.floats(0.1, 10.0))
@settings(max_examples=30)
def test_pressure_grows_with_flow_and_scaling_all_weights_changes_only_the_branches(total, scale):
    here = solve_manifold(HEADER, [total, 1.01 * total], WEIGHT, SPACING, LAW, *WATER)
    assert here.pressure_drop[1] > here.pressure_drop[0]
    law = BranchLaw(LAW.quadratic * scale**2, LAW.laminar * scale)
    scaled = solve_manifold(HEADER, total, WEIGHT * scale, SPACING, law, *WATER)
    assert scaled.branch_mass_flow == pytest.approx(here.branch_mass_flow[0], rel=1e-10)


def test_racks_in_one_call_do_not_see_each_other():
    rng = np.random.default_rng(7)
    total, weight = rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.5, 4, (2, 3, 9))
    rho, mu = rng.uniform(970, 1000, (2, 3)), rng.uniform(4e-4, 1e-3, (2, 3))
    together = solve_manifold(HEADER, total, weight, np.full(9, 0.1), LAW, rho, mu)
    assert together.branch_mass_flow.shape == (2, 3, 9)
    for at in np.ndindex(2, 3):
        alone = solve_manifold(HEADER, total[at], weight[at], np.full(9, 0.1), LAW, rho[at], mu[at])
        # alone a rack may stop a step earlier, within the tolerance
        assert together.branch_mass_flow[at] == pytest.approx(alone.branch_mass_flow, rel=1e-10)
        assert together.pressure_drop[at] == pytest.approx(alone.pressure_drop, rel=1e-10)


def test_an_earlier_solution_is_found_at_once():
    first = solve_manifold(HEADER, 2.9, WEIGHT, SPACING, LAW, *WATER)
    again = solve_manifold(HEADER, 2.9, WEIGHT, SPACING, LAW, *WATER, start=first.branch_mass_flow)
    assert again.iterations == 0
    assert first.iterations <= 4


@pytest.mark.parametrize("change", [1e-8, 1e-4, 0.02])
def test_a_warm_start_takes_one_step_and_no_superfluous_one(change):
    first = solve_manifold(HEADER, 2.9, WEIGHT, SPACING, LAW, *WATER)
    flows = 2.9 * (1 + change)
    warm = solve_manifold(HEADER, flows, WEIGHT, SPACING, LAW, *WATER, start=first.branch_mass_flow)
    cold = solve_manifold(HEADER, flows, WEIGHT, SPACING, LAW, *WATER)
    assert warm.iterations == (change > 1e-7)
    assert warm.branch_mass_flow == pytest.approx(cold.branch_mass_flow, rel=1e-9)
    assert warm.branch_mass_flow.sum() == pytest.approx(flows, rel=1e-15)


def test_branches_at_rest_without_a_laminar_term_are_refused():
    with pytest.raises(DidNotConverge, match="branches at rest have no slope"):
        solve_manifold(HEADER, 1.0, np.ones(4), 0.0, BranchLaw(1e9, 0.0), *WATER, start=[1.0, 1.0, 0.0, 0.0])


def test_a_rack_fed_from_the_other_end_is_the_mirror_image():
    below = solve_manifold(HEADER, 2.9, WEIGHT, SPACING, LAW, *WATER).branch_mass_flow
    above = solve_manifold(HEADER, 2.9, WEIGHT[::-1], SPACING, LAW, *WATER).branch_mass_flow
    assert above[0] > below[-1]  # the same tray, now next to the ports


def test_the_published_rack_is_reproduced_at_both_flows():
    water = coolant("water")
    law = fit_branch_law(TABLE, HEADER, WEIGHT, SPACING, water)
    assert min(law) > 0
    for point, mass in zip(TABLE, (59 * LITRE * 992.2, 177 * LITRE * 988.0), strict=True):
        T = (point.supply_temperature + point.return_temperature) / 2
        rho, mu = (992.2, 6.53e-4) if T < 315 else (988.0, 5.47e-4)  # handbook values at 40 and 50 degC
        drop = solve_manifold(HEADER, mass, WEIGHT, SPACING, law, rho, mu).pressure_drop
        assert drop == pytest.approx(point.pressure_drop, rel=0.01)
    exponent = apparent_exponent(law, HEADER, WEIGHT, SPACING, water, TABLE)
    apparent = np.log(18.4 / 2.3) / np.log(3)
    assert apparent == pytest.approx(1.89, abs=0.005)
    assert apparent < exponent < 2  # part of the fall below 2 is the thicker cold water


def test_a_purely_quadratic_branch_has_exponent_two():
    n = apparent_exponent(BranchLaw(1e10, 0.0), WIDE, [1.0, 2.0], 0.1, coolant("water"), TABLE)
    assert n == pytest.approx(2, abs=1e-9)


def test_points_steeper_than_quadratic_cannot_be_fitted():
    steep = (
        PressurePoint(volume_flow=1e-3, supply_temperature=318.0, return_temperature=328.0, pressure_drop=1e3),
        PressurePoint(volume_flow=2e-3, supply_temperature=318.0, return_temperature=328.0, pressure_drop=9e3),
    )
    with pytest.raises(ValueError, match="both must be >= 0"):
        fit_branch_law(steep, HEADER, WEIGHT, SPACING, coolant("water"))
    with pytest.raises(ValueError, match="must differ"):
        fit_branch_law((steep[0], steep[0]), HEADER, WEIGHT, SPACING, coolant("water"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_mass_flow": 0.0}, "mass flow"),
        ({"weight": [1.0, 0.0]}, "branch weight = 0: must be > 0"),
        ({"spacing": [-0.1, 0.1]}, "spacing = -0.1 m"),
        ({"density": np.nan}, "density"),
        ({"viscosity": -1.0}, "viscosity"),
        ({"law": BranchLaw(-1.0, 1.0)}, "coefficients must be >= 0"),
        ({"law": BranchLaw(0.0, 0.0)}, "one of them > 0"),
    ],
)
def test_impossible_input_is_refused_by_name(change, message):
    arguments = {
        "total_mass_flow": 1.0,
        "weight": [1.0, 1.0],
        "spacing": 0.1,
        "law": LAW,
        "density": 990.0,
        "viscosity": 6e-4,
    }
    with pytest.raises(ValueError, match=message):
        solve_manifold(HEADER, **(arguments | change))


def test_a_solver_that_gives_up_says_what_to_change(monkeypatch):
    monkeypatch.setattr("thermal.hydraulics.ITERATIONS_MAX", 1)
    with pytest.raises(DidNotConverge, match=r"widen Manifold\.header_diameter"):
        solve_manifold(Manifold(header_diameter=0.01, roughness=0.0), 3.0, WEIGHT, SPACING, LAW, *WATER)
