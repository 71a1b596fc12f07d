"""The multigrid cycle: symmetric, positive, fast on any size; the compiled operator is the one of differences."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.checks import DidNotConverge
from thermal.volumes import kernels
from thermal.volumes.conduction import Conduction, boundary_sink, conduction, matrix, outflow
from thermal.volumes.grid import Grid
from thermal.volumes.krylov import conjugate_gradient
from thermal.volumes.multigrid import multigrid
from thermal.volumes.steady import PATIENCE, solve_steady


def stack(shape, seed=0, decades=3.0):
    """A layered block with a random patch per layer on random cell widths, cooled on top."""
    rng = np.random.default_rng(seed)
    nz, ny, nx = shape
    edges = (tuple(np.concatenate([[0], np.cumsum(rng.uniform(0.5, 2, n) * 1e-3)])) for n in (nx, ny))
    x, y = edges
    grid = Grid(x=x, y=y, z=tuple(np.linspace(0, 2e-3, nz + 1)))
    k = np.broadcast_to(10 ** rng.uniform(0, decades, nz)[:, None, None], shape).copy()
    k[: nz // 2, ny // 3 : ny // 2 + 1, nx // 4 : nx // 2 + 1] *= 7
    return conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 2e4))


def apply_to(solid):
    return lambda T, out: kernels.outflow(solid, T, out)


def operator(cycle, shape):
    """The cycle as a dense matrix."""
    size = int(np.prod(shape))
    return np.array([cycle(e.reshape(shape), np.empty(shape)).ravel() for e in np.eye(size)])


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.integers(1, 7)] * 3), st.integers(0, 9))
def test_the_compiled_operator_is_the_one_of_flux_differences(shape, seed):
    solid = stack(shape, seed)
    T, out = np.random.default_rng(seed).normal(size=shape), np.empty(shape)
    energy = kernels.outflow(solid, T, out)
    assert np.allclose(out, outflow(solid, T), rtol=0, atol=1e-13 * np.abs(out).max())
    assert energy == pytest.approx((T * out).sum(), abs=1e-12 * (np.abs(T) * np.abs(out)).sum())


@settings(max_examples=12, deadline=None)
@given(st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 7)), st.integers(0, 9))
def test_a_cycle_is_symmetric_and_positive(shape, seed):
    M = operator(multigrid(stack(shape, seed)), shape)
    assert np.allclose(M, M.T, rtol=0, atol=2e-6 * np.abs(M).max())  # float32 weights
    assert np.linalg.eigvalsh((M + M.T) / 2).min() > 0


def test_one_column_is_solved_exactly():
    solid = stack((9, 1, 1))
    heat = np.random.default_rng(1).normal(size=(9, 1, 1))
    T = multigrid(solid)(heat, np.empty(heat.shape))
    exact = np.linalg.solve(matrix(solid).toarray(), heat.ravel())
    assert np.allclose(T.ravel(), exact, rtol=1e-4)  # float32


@pytest.mark.parametrize("shape", [(6, 31, 33), (6, 32, 32), (12, 65, 17), (3, 1, 40), (5, 50, 2), (1, 33, 33)])
def test_iterations_do_not_depend_on_the_size_nor_on_its_parity(shape):
    solid = stack(shape, 3)
    heat = np.zeros(shape)
    heat[0, shape[1] // 4 : shape[1] // 2 + 1, shape[2] // 4 : shape[2] // 2 + 1] = 1.0
    found = conjugate_gradient(apply_to(solid), multigrid(solid), heat)
    assert found.iterations <= 16  # 9 on even widths; widths differ fourfold here, layers by three decades
    assert np.abs(outflow(solid, found.solution) - heat).max() < 1e-7


def test_thin_cells_along_one_axis_cost_no_iterations():
    grid = Grid(x=tuple(np.arange(65) * 1e-5), y=tuple(np.arange(33) * 1e-3), z=(0.0, 1e-4, 3e-4))
    k = np.full(grid.shape, 130.0)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 1e4))
    heat = np.zeros(grid.shape)
    heat[0, 5, 7] = 1.0
    assert conjugate_gradient(apply_to(solid), multigrid(solid), heat).iterations <= 12


def test_cells_that_nothing_joins_stay_at_zero_and_slow_nothing():
    solid = stack((4, 16, 16), 2)
    grid = Grid(x=tuple(np.arange(17) * 1e-3), y=tuple(np.arange(17) * 1e-3), z=tuple(np.arange(5) * 1e-3))
    k = np.full(grid.shape, 50.0)
    k[1, :, 1::2] = 0
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 1e4))
    heat = np.zeros(grid.shape)
    heat[0, 3:9, 3:9] = 1.0
    found = conjugate_gradient(apply_to(solid), multigrid(solid), heat)
    assert found.iterations <= 14
    assert not found.solution[1, :, 1::2].any()
    anchored = solid._replace(sink=solid.sink + np.where(k == 0, 1.0, 0.0))
    again = conjugate_gradient(apply_to(anchored), multigrid(anchored), heat)
    assert again.iterations <= 14
    assert np.allclose(again.solution, found.solution, rtol=0, atol=1e-6 * found.solution.max())


def test_the_multigrid_of_a_wrong_solid_converges_late():
    solid = stack((6, 32, 32), 3)
    wrong = Conduction(solid.x * 30, solid.y, solid.z, solid.sink)
    heat = np.zeros(solid.shape)
    heat[0, 8:17, 8:17] = 1.0
    right = conjugate_gradient(apply_to(solid), multigrid(solid), heat).iterations
    assert conjugate_gradient(apply_to(solid), multigrid(wrong), heat).iterations > 2 * right


def test_threads_may_share_a_cycle():
    solid = stack((6, 32, 32))
    cycle = multigrid(solid)
    heats = np.random.default_rng(0).normal(size=(16, *solid.shape))
    alone = [cycle(heat, np.empty(solid.shape)) for heat in heats]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda heat: cycle(heat, np.empty(solid.shape)), heats))
    assert np.array_equal(alone, together)


def slug(cells):
    """A copper slug in mould, 1 mm thick, cooled at one side: a column's cells are joined a million times better."""
    edges = tuple(np.concatenate([[0], np.cumsum(np.linspace(0.8, 1.2, 32))]) * 0.05 / 32)
    grid = Grid(x=edges, y=edges, z=tuple(np.linspace(0, 1e-3, cells + 1)))
    x = (np.add(edges[1:], edges[:-1])) / 2
    inside = np.abs(x - x.mean()) < 0.009
    k = np.where(inside[:, None] & inside, 400.0, 0.8) * np.ones((cells, 1, 1))
    heat = np.zeros(grid.shape)
    heat[0, 14:18, 14:18] = 1.0
    return conduction(grid, k)._replace(sink=boundary_sink(grid, k, "x+", 1e3)), heat


def test_what_stalls_in_single_precision_is_solved_in_double():
    solid, heat = slug(40)
    with pytest.raises(DidNotConverge):
        conjugate_gradient(apply_to(solid), multigrid(solid), heat, limit=PATIENCE)
    found = solve_steady(solid, heat)
    assert found.iterations <= 40  # about 30, on four decades of anisotropy
    assert np.abs(outflow(solid, found.temperature) - heat).max() < 1e-6
