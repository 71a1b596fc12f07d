"""Racks of trays: against the plain manifold, closed branches, properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.hydraulics import BranchLaw, Headers, Manifold, solve_manifold
from thermal.pipes import Pipe, drop_of, resistance
from thermal.rack_flow import TrayKind, solve_rack
from thermal.tray import Element, Parallel, Series

HEADER = Manifold(header_diameter=0.03, roughness=1.5e-6)
RHO, MU = 988.0, 5.5e-4
LAW = BranchLaw(4e9, 2e10)
COMPUTE = Series(
    (
        Element("hose", Pipe(length=0.8, diameter=6e-3, roughness=1e-6, loss_coefficient=3.0)),
        Parallel((Element("gpu", BranchLaw(2e10, 5e10)), Element("cpu", BranchLaw(3e11, 1e12)))),
    )
)
SWITCH = Element("switch", BranchLaw(8e10, 3e11))
KINDS = (TrayKind(COMPUTE, (0, 1, 4, 5)), TrayKind(SWITCH, (2, 3)))
SPACING = np.array([0.2, 0.1, 0.3, 0.1, 0.2, 0.1])


def gated(opened, law=LAW):
    """Return a kind whose branches are open or not."""
    a = np.where(opened, law.quadratic, np.inf)
    return TrayKind(Element("branch", BranchLaw(a, law.laminar)), range(np.shape(opened)[-1]))


def test_trays_of_one_element_are_the_plain_manifold():
    weight = np.array([1.0, 0.3, 2.0, 1.0])
    kind = TrayKind(Element("x", BranchLaw(LAW.quadratic / weight**2, LAW.laminar / weight)), range(4))
    for port in ("same", "opposite"):
        headers = Headers(return_port=port)
        whole = solve_rack(HEADER, [1.0, 2.5], 0.1, (kind,), RHO, MU, headers)
        plain = solve_manifold(HEADER, [1.0, 2.5], weight, 0.1, LAW, RHO, MU, headers=headers)
        assert whole.branch_mass_flow == pytest.approx(plain.branch_mass_flow, rel=1e-9)
        assert whole.pressure_drop == pytest.approx(plain.pressure_drop, rel=1e-9)


def test_every_way_has_the_same_drop_with_trays_of_two_kinds():
    rack = solve_rack(HEADER, 1.5, SPACING, KINDS, RHO, MU)
    flow = rack.branch_mass_flow
    header = resistance(Pipe(length=1.0, diameter=0.03, roughness=1.5e-6, loss_coefficient=0.0), RHO, MU)
    headers = (2 * drop_of(header, flow[::-1].cumsum()[::-1])[0] * SPACING).cumsum()
    switch = drop_of(resistance(SWITCH.law, RHO, MU), flow[2:4])[0]
    hose, gpu = (COMPUTE.parts[0].law, COMPUTE.parts[1].parts[0].law)
    compute = drop_of(resistance(hose, RHO, MU), flow[[0, 1, 4, 5]])[0]
    compute += drop_of(resistance(gpu, RHO, MU), rack.element_mass_flow[0]["gpu"])[0]
    assert switch + headers[2:4] == pytest.approx(rack.pressure_drop, rel=1e-9)
    assert compute + headers[[0, 1, 4, 5]] == pytest.approx(rack.pressure_drop, rel=1e-9)
    # one header left out is caught
    assert switch + headers[2:4] / 2 != pytest.approx(rack.pressure_drop, rel=1e-5)


def test_elements_sum_to_their_tray_and_trays_to_the_rack():
    rack = solve_rack(HEADER, np.array([[0.5], [3.0]]), SPACING, KINDS, RHO, MU)
    compute, switch = rack.element_mass_flow
    assert rack.branch_mass_flow.shape == (2, 1, 6)
    assert compute["gpu"] + compute["cpu"] == pytest.approx(rack.branch_mass_flow[..., [0, 1, 4, 5]], rel=1e-12)
    assert switch["switch"] == pytest.approx(rack.branch_mass_flow[..., 2:4], rel=1e-14)
    assert rack.branch_mass_flow.sum(-1) == pytest.approx(np.array([[0.5], [3.0]]), rel=1e-12)


@pytest.mark.parametrize("port", ["same", "opposite"])
@pytest.mark.parametrize("closed", [(0,), (2,), (5,), (1, 2, 5), (0, 4, 5), (1, 2, 3, 4, 5)])
def test_a_closed_branch_is_as_if_it_were_not_there(port, closed):
    opened = np.array([place not in closed for place in range(6)])
    rack = solve_rack(HEADER, 1.5, SPACING, (gated(opened),), RHO, MU, Headers(return_port=port))
    almost = BranchLaw(np.where(opened, LAW.quadratic, 1e25), LAW.laminar)
    leaky = TrayKind(Element("branch", almost), range(6))
    near = solve_rack(HEADER, 1.5, SPACING, (leaky,), RHO, MU, Headers(return_port=port))
    assert (rack.branch_mass_flow[~opened] == 0).all()
    assert rack.branch_mass_flow.sum() == pytest.approx(1.5, rel=1e-12)
    assert rack.branch_mass_flow == pytest.approx(near.branch_mass_flow, rel=1e-6, abs=1e-7)
    assert rack.pressure_drop == pytest.approx(near.pressure_drop, rel=1e-6)


def test_racks_with_different_branches_closed_are_solved_in_one_call():
    opened = np.array([[True] * 6, [True, False, True, True, False, True], [False, False, True, False, False, False]])
    together = solve_rack(HEADER, 1.5, SPACING, (gated(opened),), RHO, MU)
    for row, found, drop in zip(opened, together.branch_mass_flow, together.pressure_drop, strict=True):
        alone = solve_rack(HEADER, 1.5, SPACING, (gated(row),), RHO, MU)
        assert found == pytest.approx(alone.branch_mass_flow, rel=1e-10)
        assert drop == pytest.approx(alone.pressure_drop, rel=1e-10)
    assert together.branch_mass_flow[2] == pytest.approx([0, 0, 1.5, 0, 0, 0])


branches = st.lists(st.floats(8, 12), min_size=2, max_size=8)


@given(branches, st.floats(0.05, 3.0), st.floats(1.0, 2.0), st.floats(0.0, 1e12))
@settings(max_examples=30, deadline=None)
def test_more_flow_never_lowers_a_branch(exponents, total, factor, laminar):
    kind = TrayKind(Element("x", BranchLaw(10 ** np.array(exponents), laminar)), range(len(exponents)))
    less, more = (solve_rack(HEADER, flow, 0.05, (kind,), RHO, MU).branch_mass_flow for flow in (total, factor * total))
    assert (more >= less - 1e-9 * total).all()
    assert more.sum() == pytest.approx(factor * total, rel=1e-12)


@given(branches, st.floats(0.05, 3.0), st.data())
@settings(max_examples=30, deadline=None)
def test_closing_a_branch_never_lowers_another(exponents, total, data):
    closed = data.draw(st.integers(0, len(exponents) - 1))
    opened = np.arange(len(exponents)) != closed
    law = BranchLaw(10 ** np.array(exponents), 1e10)
    before, after = (solve_rack(HEADER, total, 0.05, (gated(mask, law),), RHO, MU) for mask in (opened | True, opened))
    assert (after.branch_mass_flow >= before.branch_mass_flow - 1e-9 * total)[opened].all()
    assert after.pressure_drop >= before.pressure_drop * (1 - 1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": (gated(np.array([False] * 3)),)}, "all branches are closed"),
        ({"kinds": (gated(np.array([[True] * 3, [False] * 3])),)}, "all branches are closed"),
        ({"kinds": (TrayKind(SWITCH, (0, 2)),)}, r"branches \[0, 2\]: kinds must name each of 0 \.\. 1 once"),
        ({"kinds": (TrayKind(SWITCH, (0, 1)), TrayKind(SWITCH, (1,)))}, "once"),
        ({"kinds": (TrayKind(Element("x", BranchLaw(0.0, 0.0)), (0, 1, 2)),)}, "a tray without drop"),
        ({"total_mass_flow": 0.0}, r"mass flow \[kg/s\] = 0: must be > 0"),
        ({"density": -1.0}, "density"),
        ({"spacing": [-0.1, 0.1, 0.1]}, "spacing = -0.1 m"),
        ({"spacing": [0.1, 0.1]}, "2 spacings for 3 branches"),
        ({"headers": Headers(return_port="middle")}, "return_port = 'middle'"),
    ],
)
def test_impossible_racks_are_refused_by_name(change, message):
    arguments = {
        "total_mass_flow": 1.0,
        "spacing": 0.1,
        "kinds": (TrayKind(SWITCH, (0, 1, 2)),),
        "density": RHO,
        "viscosity": MU,
    }
    with pytest.raises(ValueError, match=message):
        solve_rack(HEADER, **(arguments | change))
