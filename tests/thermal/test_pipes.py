"""Pipes and fittings: friction laws, exact branch laws, valves and trapped gas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.fittings import BranchValve, flow_coefficient_law, gas_pocket_law, loss_law, valve_law
from thermal.friction import friction_factor
from thermal.hydraulics import BranchLaw, Headers, Manifold, solve_manifold
from thermal.pipes import Pipe, drop_of, pipe_law, pipe_reynolds, pipe_speed, resistance, resistances

RHO, MU = 990.0, 6e-4
ROUGH = {"length": 1.5, "diameter": 8e-3, "roughness": 1.5e-6, "loss_coefficient": 60.0}
VALVE = BranchValve(flow_coefficient=1e-3, rangeability=30.0)


def by_hand(pipe, flow):
    """K + f L/D of the dynamic pressure."""
    area = np.pi / 4 * pipe.diameter**2
    speed = flow / (RHO * area)
    factor = friction_factor(RHO * speed * pipe.diameter / MU, pipe.roughness / pipe.diameter, pipe.friction)
    return (pipe.loss_coefficient + factor * pipe.length / pipe.diameter) * RHO * speed**2 / 2


def test_nikuradse_is_the_laminar_and_the_fully_rough_factor_added():
    assert friction_factor(1000.0, 1e-3, "nikuradse") == pytest.approx(0.064 + (2 * np.log10(3710)) ** -2, rel=1e-12)
    assert friction_factor(1e-3, 1e-3, "nikuradse") * 1e-3 == pytest.approx(64, rel=1e-6)


def test_fully_rough_both_laws_agree():
    assert friction_factor(1e9, 0.01, "nikuradse") == pytest.approx(friction_factor(1e9, 0.01), rel=0.01)


@pytest.mark.parametrize("friction", ["churchill", "nikuradse"])
@pytest.mark.parametrize("flow", [1e-4, 1e-2, 0.08])
def test_the_drop_of_a_pipe_is_that_by_hand(friction, flow):
    pipe = Pipe(**ROUGH, friction=friction)
    assert drop_of(resistance(pipe, RHO, MU), flow)[0] == pytest.approx(by_hand(pipe, flow), rel=1e-12)


def test_the_law_of_a_rough_pipe_is_exact():
    pipe = Pipe(**ROUGH, friction="nikuradse")
    law = pipe_law(pipe)
    for flow in (1e-4, 1e-2, 0.08):
        exact = law.quadratic * flow**2 / RHO + law.laminar * MU / RHO * flow
        assert exact == pytest.approx(by_hand(pipe, flow), rel=1e-12)


@given(flow=st.floats(1e-6, 2.0), friction=st.sampled_from(["churchill", "nikuradse"]), rough=st.floats(1e-7, 1e-4))
@settings(max_examples=60)
def test_drops_are_odd_and_grow_and_the_slope_is_their_derivative(flow, friction, rough):
    path = resistance(Pipe(**(ROUGH | {"roughness": rough}), friction=friction), RHO, MU)
    drop, slope = drop_of(path, flow)
    assert drop_of(path, -flow)[0] == -drop
    assert slope > 0
    low, high = (drop_of(path, flow * (1 + side * 1e-5))[0] for side in (-1, 1))
    assert (high - low) / (2e-5 * flow) == pytest.approx(slope, rel=1e-4)


def test_a_quick_disconnect_drops_one_bar_at_its_flow_coefficient():
    law = flow_coefficient_law(2.0 / 3600)
    assert drop_of(resistance(law, 1000.0, 1e-3), 2.0 / 3600 * 1000)[0] == pytest.approx(1e5, rel=1e-12)


def test_a_loss_coefficient_counts_dynamic_pressures():
    speed = pipe_speed(0.05, 8e-3, RHO)
    assert drop_of(resistance(loss_law(3.0, 8e-3), RHO, MU), 0.05)[0] == pytest.approx(1.5 * RHO * speed**2, rel=1e-12)
    assert pipe_reynolds(-0.05, 8e-3, MU) == pytest.approx(RHO * speed * 8e-3 / MU, rel=1e-12)


def test_the_two_characteristics_agree_open_and_shut_and_differ_between():
    linear = BranchValve(flow_coefficient=1e-3, rangeability=30.0, characteristic="linear")
    opening = np.array([0.0, 0.5, 1.0])
    for valve, half in ((linear, 4.0), (VALVE, 30.0)):
        a = valve_law(valve, opening).quadratic
        assert np.isinf(a[0])
        assert a[1] / a[2] == pytest.approx(half)
        assert a[2] == pytest.approx(flow_coefficient_law(1e-3).quadratic)


@given(st.floats(0, 1), st.floats(0, 1))
def test_opening_a_valve_never_raises_its_resistance(one, other):
    least, most = sorted((one, other))
    assert valve_law(VALVE, most).quadratic <= valve_law(VALVE, least).quadratic


def test_more_trapped_gas_is_more_loss_none_is_none_and_all_of_it_is_closed():
    a = gas_pocket_law(8e-3, np.linspace(0, 1, 11)).quadratic
    assert a[0] == 0
    assert np.isinf(a[-1])
    assert (np.diff(a[:-1]) > 0).all()
    # half the section: expansion (2 - 1)^2 and contraction 0.5 * (1 - 1/2) * 2^2
    assert a[5] == pytest.approx(loss_law(1.0 + 1.0, 8e-3).quadratic)


def test_a_closed_path_has_no_drop_and_an_infinite_slope():
    drop, slope = drop_of(resistance(valve_law(VALVE, np.array([0.0, 1.0])), RHO, MU), [0.0, 0.1])
    assert drop[0] == 0
    assert np.isinf(slope[0])
    assert np.isfinite(slope[1])


def test_laws_and_pipes_stand_side_by_side():
    laws = [loss_law(3.0, 8e-3), Pipe(**ROUGH), Pipe(**ROUGH, friction="nikuradse")]
    path = resistances(laws, np.array([990.0, 980.0]), MU)
    together = drop_of(path, 0.05)[0]
    assert together.shape == (2, 3)
    for i, rho in enumerate((990.0, 980.0)):
        alone = [drop_of(resistance(law, rho, MU), 0.05)[0] for law in laws]
        assert together[i] == pytest.approx(alone, rel=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pipe(**(ROUGH | {"length": -1.0})), r"Pipe\.length = -1\.0: must be >= 0 m"),
        (lambda: Pipe(**(ROUGH | {"diameter": 0.0})), r"Pipe\.diameter = 0\.0: must be > 0 m"),
        (lambda: Pipe(**(ROUGH | {"length": 0.0, "loss_coefficient": 0.0})), "both 0: one must be > 0"),
        (lambda: Pipe(**ROUGH, friction="moody"), "friction law 'moody': must be one of 'churchill', 'nikuradse'"),
        (lambda: Pipe(**(ROUGH | {"roughness": 0.0}), friction="nikuradse"), "use 'churchill' for smooth pipes"),
        (lambda: pipe_law(Pipe(**ROUGH)), r"Pipe\.friction = 'churchill': must be 'nikuradse' here"),
        (lambda: valve_law(VALVE, [0.5, 1.2]), r"opening of a valve = 1\.2: must be from 0"),
        (lambda: valve_law(VALVE, np.nan), "opening of a valve = nan"),
        (lambda: BranchValve(flow_coefficient=1.0, rangeability=30.0, characteristic="quick"), "'quick': must be"),
        (lambda: gas_pocket_law(8e-3, 1.5), "void fraction 1.5 .. 1.5: must be from 0 to 1"),
        (lambda: loss_law(-1.0, 8e-3), "loss coefficient = -1 1: must be >= 0"),
        (lambda: flow_coefficient_law(-1.0), "flow coefficient = -1 m3/s"),
        (lambda: resistance(BranchLaw(-1.0, 2.0), RHO, MU), "coefficients must be >= 0"),
        (lambda: resistance(BranchLaw(1.0, 2.0), RHO, 0.0), "viscosity = 0 Pa"),
    ],
)
def test_impossible_pipes_and_fittings_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# headers of the manifold

HEADER = Manifold(header_diameter=0.02, roughness=1e-6)
LAW = BranchLaw(2e9, 1e10)


def drops_along(flow, spacing, port, friction="churchill"):
    """Drop from port to port by way of each branch, from the header friction by hand."""
    header = Pipe(length=1.0, diameter=0.02, roughness=1e-6, loss_coefficient=0.0, friction=friction)
    per_metre = lambda m: drop_of(resistance(header, RHO, MU), m)[0]  # noqa: E731
    out = flow[::-1].cumsum()[::-1]
    supply = (per_metre(out) * spacing).cumsum()
    branch = LAW.quadratic * flow**2 / RHO + LAW.laminar * MU / RHO * flow
    if port == "same":
        return 2 * supply + branch
    behind = np.append(spacing[1:], spacing[0])
    return supply + branch + (per_metre(flow.cumsum()) * behind)[::-1].cumsum()[::-1]


@pytest.mark.parametrize("port", ["same", "opposite"])
@pytest.mark.parametrize("friction", ["churchill", "nikuradse"])
def test_every_way_through_the_manifold_has_the_same_drop(port, friction):
    spacing = np.array([0.3, 0.1, 0.5, 0.2, 0.4])
    found = solve_manifold(
        HEADER, 1.0, np.ones(5), spacing, LAW, RHO, MU, headers=Headers(friction=friction, return_port=port)
    )
    ways = drops_along(found.branch_mass_flow, spacing, port, friction)
    assert ways == pytest.approx(found.pressure_drop, rel=1e-10)


def test_reverse_return_is_symmetric_and_spreads_less():
    flow = {
        port: solve_manifold(HEADER, 1.0, np.ones(9), 0.1, LAW, RHO, MU, headers=Headers(return_port=port))
        for port in ("same", "opposite")
    }
    spread = {port: np.ptp(found.branch_mass_flow) for port, found in flow.items()}
    assert flow["opposite"].branch_mass_flow == pytest.approx(flow["opposite"].branch_mass_flow[::-1], rel=1e-9)
    assert spread["opposite"] < 0.5 * spread["same"]


@given(total=st.floats(0.05, 3.0), n=st.integers(2, 30), diameter=st.floats(0.015, 0.06))
@settings(max_examples=40)
def test_reverse_return_never_spreads_more_for_equal_branches(total, n, diameter):
    manifold = Manifold(header_diameter=diameter, roughness=1e-6)
    same, opposite = (
        np.ptp(
            solve_manifold(
                manifold, total, np.ones(n), 0.05, LAW, RHO, MU, headers=Headers(return_port=port)
            ).branch_mass_flow
        )
        for port in ("same", "opposite")
    )
    assert opposite <= same + 1e-10 * total


def test_unknown_headers_are_refused():
    for headers, message in (
        (Headers(return_port="top"), r"Headers\.return_port = 'top': must be 'same' or 'opposite'"),
        (Headers(friction="blasius"), "friction law 'blasius'"),
    ):
        with pytest.raises(ValueError, match=message):
            solve_manifold(HEADER, 1.0, np.ones(2), 0.1, LAW, RHO, MU, headers=headers)
