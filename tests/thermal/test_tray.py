"""Trays: exact composition, division among elements, closed ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from thermal.checks import DidNotConverge
from thermal.fittings import BranchValve, gas_pocket_law, valve_law
from thermal.hydraulics import BranchLaw
from thermal.pipes import Pipe, drop_of, resistance
from thermal.tray import Element, Parallel, Series, compose, elements_of, solve_tray

RHO, MU = 990.0, 6e-4
PLATE = BranchLaw(4e11, 2e12)
HOSE = Pipe(length=0.5, diameter=6e-3, roughness=1e-6, loss_coefficient=2.0)
CLOSED = BranchLaw(np.inf, 0.0)
laws = st.builds(BranchLaw, st.floats(1e8, 1e13), st.one_of(st.just(0.0), st.floats(1e9, 1e14)))


def plates(count, law=PLATE, name="plate"):
    return tuple(Element(f"{name}{i}", law) for i in range(count))


TRAY = Series(
    (
        Element("coupling", BranchLaw(1e10, 0.0)),
        Element("hose", HOSE),
        Parallel((*plates(4), Series((Element("cpu", BranchLaw(3e11, 1e13)), Element("nic", BranchLaw(2e11, 3e11)))))),
    )
)


def test_in_series_drops_add():
    tray = Series((Element("a", BranchLaw(1e10, 2e11)), Element("b", HOSE)))
    found = solve_tray(tray, 0.05, RHO, MU)
    alone = sum(drop_of(resistance(part.law, RHO, MU), 0.05)[0] for part in tray.parts)
    assert found.pressure_drop == pytest.approx(alone, rel=1e-14)
    assert found.element_mass_flow == {"a": 0.05, "b": 0.05}


def test_two_quadratic_paths_by_hand():
    # flows as 1/sqrt(a): 2 : 1
    tray = Parallel((Element("wide", BranchLaw(1e10, 0.0)), Element("narrow", BranchLaw(4e10, 0.0))))
    found = solve_tray(tray, 0.03, 1000.0, MU)
    assert found.element_mass_flow["wide"] == pytest.approx(0.02, rel=1e-14)
    assert found.pressure_drop == pytest.approx(1e10 * 4e-4 / 1000, rel=1e-14)
    assert found.slope == pytest.approx(2 * found.pressure_drop / 0.03, rel=1e-9)


@given(st.lists(laws, min_size=1, max_size=5), st.floats(1e-4, 0.5))
@settings(max_examples=60)
def test_unlike_paths_share_the_flow_at_one_drop(parts, total):
    tray = Parallel(tuple(Element(str(i), law) for i, law in enumerate(parts)))
    found = solve_tray(tray, total, RHO, MU)
    flows = list(found.element_mass_flow.values())
    assert sum(flows) == pytest.approx(total, rel=1e-12)
    for law, flow in zip(parts, flows, strict=True):
        assert drop_of(resistance(law, RHO, MU), flow)[0] == pytest.approx(found.pressure_drop, rel=1e-8)


def test_a_nested_tray_agrees_with_bisection_on_the_inner_drop():
    a, b = TRAY.parts[2].parts[0].law, compose(TRAY.parts[2].parts[4])
    inverse = lambda law, drop: brentq(lambda m: drop_of(resistance(law, RHO, MU), m)[0] - drop, 0, 10)  # noqa: E731
    inner = brentq(lambda drop: 4 * inverse(a, drop) + inverse(b, drop) - 0.06, 0.0, 1e7, xtol=1e-9)
    found = solve_tray(TRAY, 0.06, RHO, MU)
    outer = drop_of(resistance(BranchLaw(1e10, 0.0), RHO, MU), 0.06)[0] + drop_of(resistance(HOSE, RHO, MU), 0.06)[0]
    assert found.pressure_drop == pytest.approx(inner + outer, rel=1e-10)
    assert found.element_mass_flow["nic"] == pytest.approx(inverse(b, inner), rel=1e-10)
    # a tray that loses 1 % of its flow on the way is caught
    assert solve_tray(TRAY, 0.0594, RHO, MU).pressure_drop != pytest.approx(inner + outer, rel=1e-3)


@given(st.floats(1e-5, 0.3))
@settings(max_examples=30)
def test_like_plates_take_like_flows_and_mass_is_kept(total):
    flow = solve_tray(TRAY, total, RHO, MU).element_mass_flow
    assert [flow[f"plate{i}"] for i in range(4)] == pytest.approx([flow["plate0"]] * 4, rel=1e-12)
    assert sum(flow[f"plate{i}"] for i in range(4)) + flow["nic"] == pytest.approx(total, rel=1e-12)
    assert flow["nic"] == flow["cpu"]


@given(st.lists(laws, min_size=2, max_size=4), st.floats(1e-4, 0.2), st.floats(1.0, 1.5))
@settings(max_examples=40)
def test_more_flow_never_lowers_the_flow_of_an_element_or_the_drop(parts, total, factor):
    tray = Parallel((Series((Element("first", parts[0]), Element("hose", HOSE))), *plates(1, parts[1])))
    less, more = (solve_tray(tray, flow, RHO, MU) for flow in (total, factor * total))
    assert more.pressure_drop >= less.pressure_drop * (1 - 1e-12)
    for name, flow in less.element_mass_flow.items():
        assert more.element_mass_flow[name] >= flow * (1 - 1e-9)


def test_the_slope_is_the_derivative_of_the_drop():
    low, mid, high = (solve_tray(TRAY, 0.06 * (1 + side * 1e-5), RHO, MU) for side in (-1, 0, 1))
    assert (high.pressure_drop - low.pressure_drop) / 1.2e-6 == pytest.approx(mid.slope, rel=1e-6)


def test_flow_backwards_is_the_mirror_image_and_at_rest_nothing_drops():
    forward, backward, rest = (solve_tray(TRAY, flow, RHO, MU) for flow in (0.05, -0.05, 0.0))
    assert backward.pressure_drop == pytest.approx(-forward.pressure_drop)
    assert backward.element_mass_flow["cpu"] == pytest.approx(-forward.element_mass_flow["cpu"])
    assert rest.pressure_drop == 0
    assert set(map(float, rest.element_mass_flow.values())) == {0.0}


def test_trays_in_one_call_do_not_see_each_other():
    flows, valve = np.array([[0.0, 0.02, 0.1], [0.3, 1e-4, 0.05]]), np.array([1.0, 3.0, 9.0])
    tray = Series((Element("valve", BranchLaw(1e10 * valve, 0.0)), TRAY))
    together = solve_tray(tray, flows, RHO, MU)
    for at in np.ndindex(2, 3):
        alone = Series((Element("valve", BranchLaw(1e10 * valve[at[1]], 0.0)), TRAY))
        found = solve_tray(alone, flows[at], RHO, MU)
        assert together.pressure_drop[at] == pytest.approx(found.pressure_drop, rel=1e-11)
        assert together.element_mass_flow["cpu"][at] == pytest.approx(found.element_mass_flow["cpu"], rel=1e-9)


# composition


def test_laws_in_series_and_of_one_shape_in_parallel_compose_exactly():
    tray = Series((Element("a", BranchLaw(1e10, 5e11)), Parallel(plates(4))))
    law = compose(tray)
    assert law.quadratic == pytest.approx(1e10 + 4e11 / 16)
    assert law.laminar == pytest.approx(5e11 + 2e12 / 4)
    for flow in (1e-4, 0.03, 0.5):
        drop = drop_of(resistance(law, RHO, MU), flow)[0]
        assert solve_tray(tray, flow, RHO, MU).pressure_drop == pytest.approx(drop, rel=1e-11)


@given(st.floats(0.1, 10.0), st.floats(1e8, 1e13), st.sampled_from([(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]))
@settings(max_examples=30)
def test_two_sizes_of_one_law_compose_exactly(size, value, terms):
    law = BranchLaw(value * terms[0], value * terms[1])
    other = BranchLaw(law.quadratic / size**2, law.laminar / size)
    tray = Parallel((Element("one", law), Element("other", other)))
    drop = drop_of(resistance(compose(tray), RHO, MU), 0.05)[0]
    assert solve_tray(tray, 0.05, RHO, MU).pressure_drop == pytest.approx(drop, rel=1e-9)


def test_what_has_no_such_law_is_not_given_one():
    assert compose(Parallel((*plates(1), Element("laminar", BranchLaw(1e10, 9e13))))) is None
    assert compose(Series((*plates(1), Element("smooth", HOSE)))) is None
    rough = Pipe(length=0.5, diameter=6e-3, roughness=1e-6, loss_coefficient=2.0, friction="nikuradse")
    assert compose(Series((*plates(1), Element("rough", rough)))) is not None


# closed and half-closed paths


def test_a_closed_element_takes_nothing_and_the_others_share():
    valve = BranchValve(flow_coefficient=1e-3, rangeability=50.0)
    shut = Series((Element("valve", valve_law(valve, 0.0)), Element("far", PLATE)))
    found = solve_tray(Parallel((*plates(2), shut)), 0.04, RHO, MU)
    without = solve_tray(Parallel(plates(2)), 0.04, RHO, MU)
    assert found.element_mass_flow["far"] == 0
    assert found.element_mass_flow["plate0"] == pytest.approx(0.02, rel=1e-14)
    assert found.pressure_drop == pytest.approx(without.pressure_drop, rel=1e-14)


def test_trapped_gas_takes_flow_from_its_path():
    def share(void):
        bound = Series((Element("gas", gas_pocket_law(4e-3, void)), Element("bound", PLATE)))
        return solve_tray(Parallel((*plates(1), bound)), 0.04, RHO, MU).element_mass_flow["bound"]

    flows = [share(void) for void in (0.0, 0.5, 0.9, 0.99, 1.0)]
    assert flows[0] == pytest.approx(0.02, rel=1e-12)
    assert (np.diff(flows) < 0).all()
    assert flows[-1] == 0


@given(st.lists(laws, min_size=3, max_size=4), st.floats(1e-3, 0.2))
@settings(max_examples=30)
def test_closing_a_path_never_lowers_the_others(parts, total):
    tray = [Element(str(i), law) for i, law in enumerate(parts)]
    before = solve_tray(Parallel(tuple(tray)), total, RHO, MU).element_mass_flow
    after = solve_tray(Parallel((Element("0", CLOSED), *tray[1:])), total, RHO, MU).element_mass_flow
    assert all(after[name] >= before[name] * (1 - 1e-9) for name in before if name != "0")


def test_a_closed_tray_passes_nothing_and_refuses_more():
    tray = Series((Element("valve", CLOSED), *plates(1)))
    found = solve_tray(tray, 0.0, RHO, MU)
    assert found.pressure_drop == 0
    assert np.isinf(found.slope)
    with pytest.raises(ValueError, match="flow through closed elements: open one path"):
        solve_tray(tray, 0.01, RHO, MU)


def test_elements_are_met_in_the_order_they_are_written():
    assert [element.name for element in elements_of(TRAY)][:3] == ["coupling", "hose", "plate0"]


@pytest.mark.parametrize(
    ("tray", "message"),
    [
        (Parallel((Element("a", PLATE), Element("a", PLATE))), "elements named 'a' occur twice"),
        (Series(()), "Series without parts"),
        (
            Parallel((Element("a", PLATE), Element("b", BranchLaw(0.0, 0.0)))),
            "paths 'a', 'b' one has no drop",
        ),
        (Element("a", BranchLaw(-1.0, 5.0)), "coefficients must be >= 0"),
        (Element("a", BranchLaw(np.nan, 5.0)), "element 'a'.*nan"),
    ],
)
def test_trays_that_cannot_be_are_refused(tray, message):
    for solve in (compose, lambda tray: solve_tray(tray, 0.1, RHO, MU)):
        with pytest.raises(ValueError, match=message):
            solve(tray)


def test_a_solver_that_gives_up_says_what_to_change(monkeypatch):
    monkeypatch.setattr("thermal.tray.ITERATIONS_MAX", 1)
    with pytest.raises(DidNotConverge, match="merge them with a neighbour"):
        solve_tray(TRAY, 0.1, RHO, MU)
