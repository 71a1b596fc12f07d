"""The steady solve: by hand, energy, maximum principle, coolant, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.checks import DidNotConverge
from thermal.volumes.channels import Film, Flow, channels, fin_layer
from thermal.volumes.conduction import boundary_sink, conduction, matrix, outflow
from thermal.volumes.grid import Grid
from thermal.volumes.steady import prepare, solve_steady
from thermal.volumes.streams import coolant_heat

SHAPE = (4, 9, 8)
GRID = Grid(x=tuple(np.arange(9) ** 1.2 * 1e-3), y=tuple(np.arange(10) * 3e-3), z=(0.0, 4e-4, 6e-4, 2e-3, 4e-3))
K = np.broadcast_to(np.array([110.0, 6.0, 390.0, 390.0])[:, None, None], SHAPE)


def spots(seed):
    heat = np.zeros(SHAPE)
    heat[0] = np.random.default_rng(seed).uniform(0, 5, SHAPE[1:])
    return heat


def base(rate=50.0, film=4e4, inlet=300.0):
    return fin_layer(GRID, K, film, Flow(rate, inlet))


def test_two_cells_by_hand():
    grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0))
    k = np.full(grid.shape, 2.0)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 4.0))
    heat = np.array([[[3.0]], [[0.0]]]) + solid.sink * 300
    # 3 W through 1/2 K/W between the cells, then half a cell (1/4) and the film (1/4)
    assert np.allclose(solve_steady(solid, heat).temperature.ravel(), [303.0, 301.5])


def test_even_layers_are_solved_without_iteration():
    grid = Grid(x=tuple(np.arange(9) * 1e-3), y=GRID.y, z=GRID.z)
    solid = conduction(grid, K)._replace(sink=boundary_sink(grid, K, "z+", 3e4))
    found = solve_steady(solid, spots(0))
    iterated = solve_steady(solid, spots(0), tolerance=1e-12, system=prepare(solid))
    assert found.iterations == 0 < iterated.iterations
    assert np.allclose(found.temperature, iterated.temperature, rtol=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_the_solution_is_that_of_the_matrix(seed):
    solid = conduction(GRID, K)._replace(sink=boundary_sink(GRID, K, "z+", 3e4))
    heat = spots(seed)
    exact = np.linalg.solve(matrix(solid).toarray(), heat.ravel())
    found = solve_steady(solid, heat, tolerance=1e-12)
    assert np.allclose(found.temperature.ravel(), exact, rtol=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.floats(1.0, 500.0), st.floats(1e2, 1e6))
def test_with_coolant_all_heat_leaves_with_it(seed, rate, film):
    heat, streams = spots(seed), base(rate, film)
    found = solve_steady(conduction(GRID, K), heat, streams, tolerance=1e-13)
    assert coolant_heat(streams, found.coolant) == pytest.approx(heat.sum(), rel=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.floats(5.0, 500.0))
def test_nothing_is_colder_than_the_inlet_and_the_hottest_cell_is_heated(seed, rate):
    heat = spots(seed)
    heat[0, 4:] = 0
    found = solve_steady(conduction(GRID, K), heat, base(rate))
    assert found.temperature.min() >= 300 - 1e-6
    assert heat.ravel()[found.temperature.argmax()] > 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.floats(5.0, 200.0), st.floats(1.01, 4.0))
def test_more_flow_never_heats_any_cell(seed, rate, factor):
    heat, solid = spots(seed), conduction(GRID, K)
    slow, fast = (solve_steady(solid, heat, base(r), tolerance=1e-11).temperature for r in (rate, rate * factor))
    assert (fast <= slow + 1e-6).all()


def test_temperature_is_linear_in_heat_and_inlet():
    solid, heat = conduction(GRID, K), spots(3)
    one = solve_steady(solid, heat, base(), tolerance=1e-12).temperature
    two = solve_steady(solid, 2 * heat, base(inlet=310.0), tolerance=1e-12).temperature
    assert np.allclose(two - 310, 2 * (one - 300), rtol=1e-8)


def test_a_prepared_system_serves_every_heat_and_a_guess_saves_work():
    solid, streams = conduction(GRID, K), base()
    system = prepare(solid, streams)
    cold = solve_steady(solid, spots(1), streams, system=system)
    warm = solve_steady(solid, 1.01 * spots(1), streams, start=cold.temperature, system=system)
    assert warm.iterations < cold.iterations
    assert np.allclose(warm.temperature - 300, 1.01 * (cold.temperature - 300), rtol=1e-5)


def test_a_solid_that_nothing_cools_is_refused():
    with pytest.raises(ValueError, match="no face and no coolant takes the heat"):
        solve_steady(conduction(GRID, K), spots(1))


def test_heat_on_an_island_does_not_converge_silently():
    k = np.array(K)
    k[1] = 0
    solid = conduction(GRID, k)._replace(sink=boundary_sink(GRID, k, "z+", 3e4))
    with pytest.raises(DidNotConverge, match="no way to a cooled face"):
        solve_steady(solid, spots(1))


def test_a_conductance_that_is_not_finite_is_named():
    solid = conduction(GRID, K)
    x = solid.x.copy()
    x[0, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"conductance x\[0, 2, 1\] = nan"):
        prepare(solid._replace(x=x), base())


def test_heat_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="must be \\(4, 9, 8\\)"):
        solve_steady(conduction(GRID, K), np.zeros((4, 9, 7)), base())


def test_a_guess_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="first guess of shape"):
        solve_steady(conduction(GRID, K), spots(1), base(), start=np.zeros((4, 90, 80)))


def test_a_system_of_something_else_is_refused():
    solid, streams = conduction(GRID, K), base()
    with pytest.raises(ValueError, match="prepared for another solid or other streams"):
        solve_steady(solid, spots(1), base(70.0), system=prepare(solid, streams))


@pytest.mark.parametrize("even", [True, False])
def test_heat_that_is_not_finite_is_refused_on_either_path(even):
    grid = Grid(x=tuple(np.arange(9) * 1e-3), y=GRID.y, z=GRID.z) if even else GRID
    solid = conduction(grid, K)._replace(sink=boundary_sink(grid, K, "z+", 3e4))
    heat = spots(1)
    heat[2, 2, 2] = np.nan
    with pytest.raises(ValueError, match="heat in 1 cells is not finite"):
        solve_steady(solid, heat)


def test_heat_in_coolant_or_in_nothing_is_refused_and_not_lost():
    wet = np.zeros((SHAPE[0], SHAPE[2]), bool)
    wet[2, 3] = True
    case = channels(GRID, K, wet, Film(1e4, 1e4, 1e4), Flow(50.0, 300.0))
    heat = np.zeros(SHAPE)
    heat[2, :, 3] = 1.0
    with pytest.raises(ValueError, match="heat of 9 W in 9 cells that touch no other"):
        solve_steady(case.solid, heat, case.streams)
    empty = np.array(K)
    empty[0, :, :4] = 0
    with pytest.raises(ValueError, match="of coolant or of nothing"):
        solve_steady(conduction(GRID, empty), spots(1), base())


def test_the_residual_that_is_told_is_the_true_one():
    solid = conduction(GRID, K)._replace(sink=boundary_sink(GRID, K, "z+", 3.0))
    found = solve_steady(solid, spots(1))
    true = np.linalg.norm(spots(1) - outflow(solid, found.temperature)) / np.linalg.norm(spots(1))
    assert found.residual == pytest.approx(true, rel=1e-3)
    assert true < 2e-8
