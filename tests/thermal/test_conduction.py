"""The operator of conduction: by hand, closed forms on every face, order, conservation, and what it can never do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import splu

from thermal.volumes.conduction import (
    FACES,
    Conduction,
    boundary_cells,
    boundary_sink,
    conduction,
    half_resistances,
    incidence,
    matrix,
    outflow,
)
from thermal.volumes.grid import Grid, centres

ROUND_OFF = 1e-12
SOLVED = 1e-7  # round-off times conductances of 1e4 over sinks of 1e-3
AXIS = {"x": 2, "y": 1, "z": 0}


def solve(solid, heat):
    return splu(matrix(solid).tocsc()).solve(np.asarray(heat, float).ravel()).reshape(solid.shape)


def rod(axis, edges, side=1.0):
    """A grid of one row of cells along an axis."""
    return Grid(**(dict.fromkeys("xyz", (0.0, side)) | {axis: tuple(edges)}))


def along(axis, values):
    shape = [1, 1, 1]
    shape[AXIS[axis]] = -1
    return np.asarray(values, float).reshape(shape)


@st.composite
def solids(draw, sinks=True):
    """A random small solid with uneven cells, unequal directions and a film on one face at least."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.integers(1, 4)) for _ in "zyx")
    z, y, x = (tuple(np.cumsum([0.0, *rng.uniform(0.1, 1.0, n)]).tolist()) for n in shape)
    grid = Grid(x=x, y=y, z=z)
    k = 10.0 ** rng.uniform(-1, 2, (3, *shape))
    faces = [draw(st.sampled_from(FACES)) for _ in range(2)] if sinks else []
    sink = sum((boundary_sink(grid, k, face, rng.uniform(0.1, 100.0)) for face in faces), np.zeros(shape))
    return conduction(grid, k)._replace(sink=sink), rng


# By hand


def test_two_cells_conduct_through_two_half_cells_in_each_direction():
    grid = Grid(x=(0.0, 1.0, 3.0), y=(0.0, 2.0), z=(0.0, 4.0))
    solid = conduction(grid, np.array([[[2.0, 8.0]]]))
    assert solid.x.item() == pytest.approx(8.0 / (0.5 / 2 + 1.0 / 8), rel=ROUND_OFF)
    assert solid.y.size == solid.z.size == 0
    assert not solid.sink.any()


def test_each_direction_has_its_own_conductivity():
    grid = Grid(x=(0.0, 1.0), y=(0.0, 2.0), z=(0.0, 4.0))
    x, y, z = half_resistances(grid, np.array([1.0, 2.0, 4.0]).reshape(3, 1, 1, 1))
    assert (x.item(), y.item(), z.item()) == pytest.approx((0.5 / 8, 1 / (2 * 4), 2 / (4 * 2)), rel=ROUND_OFF)


@pytest.mark.parametrize("face", FACES)
def test_the_cells_of_a_face_and_their_areas(face):
    grid = Grid(x=(0.0, 1.0, 3.0), y=(0.0, 3.0, 4.0, 6.0), z=(0.0, 2.0, 7.0))
    at, area = boundary_cells(grid, face)
    marked = np.zeros(grid.shape)
    marked[at] = area
    axis, size = AXIS[face[0]], {"x": 6 * 7, "y": 3 * 7, "z": 3 * 6}[face[0]]
    assert marked.sum() == pytest.approx(size, rel=ROUND_OFF)
    where = np.flatnonzero(marked.any(axis=tuple({0, 1, 2} - {axis})))
    assert where.tolist() == [0 if face[1] == "-" else grid.shape[axis] - 1]


# Closed forms


@pytest.mark.parametrize("axis", "xyz")
def test_two_slabs_between_fixed_faces_are_exact_on_any_cells(axis):
    edges, k = (0.0, 0.1, 0.5, 1.0, 1.2, 3.0), [2.0, 2.0, 2.0, 10.0, 10.0]
    grid = rod(axis, edges, side=2.0)
    solid, heat = fixed_ends(grid, axis, along(axis, k), (0.0, 70.0))
    flux = 70.0 / (1.0 / 2 + 2.0 / 10)
    at = centres(edges)
    exact = np.where(at < 1.0, flux * at / 2, 50.0 + flux * (at - 1.0) / 10)
    T = solve(solid, heat)
    assert T.ravel() == pytest.approx(exact, rel=ROUND_OFF)
    assert solid.sink.ravel()[0] * T.ravel()[0] == pytest.approx(flux * 4.0, rel=ROUND_OFF)


def fixed_ends(grid, axis, k, ends):
    sinks = [boundary_sink(grid, k, axis + side, np.inf) for side in "-+"]
    return conduction(grid, k)._replace(sink=sum(sinks)), sum(sink * T for sink, T in zip(sinks, ends, strict=True))


def test_the_arithmetic_mean_of_conductivities_is_not_exact():
    k = np.array([2.0, 2.0, 10.0, 10.0])
    grid = rod("x", np.linspace(0, 2, 5))
    solid, heat = fixed_ends(grid, "x", along("x", k), (0.0, 70.0))
    wrong = solid._replace(x=along("x", [(a + b) / 2 / 0.5 for a, b in pairwise(k)]))
    exact = 70.0 / 0.6 * 0.25 / 2
    assert solve(solid, heat).ravel()[0] == pytest.approx(exact, rel=ROUND_OFF)
    assert abs(solve(wrong, heat).ravel()[0] / exact - 1) > 0.05


def test_a_thin_bad_layer_is_a_contact_resistance():
    thickness, k_joint = 1e-6, 1e-4
    edges = (0.0, 0.5, 0.5 + thickness, 1.0 + thickness)
    grid = rod("z", edges)
    solid, heat = fixed_ends(grid, "z", along("z", [100.0, k_joint, 100.0]), (0.0, 1.0))
    T = solve(solid, heat).ravel()
    flux = 1.0 / (1.0 / 100 + thickness / k_joint)
    assert T[2] - T[0] == pytest.approx(flux * (0.5 / 100 + thickness / k_joint), rel=1e-9)  # edges 1e-6 apart


@pytest.mark.parametrize("face", FACES)
def test_flux_through_one_face_leaves_through_a_film_on_the_other(face):
    axis, film, k, flux = face[0], 40.0, 8.0, 6.0
    edges = np.array([0.0, 0.3, 0.5, 1.5, 2.0])
    grid = rod(axis, edges)
    conductivity = np.full(grid.shape, k)
    solid = conduction(grid, conductivity)._replace(sink=boundary_sink(grid, conductivity, face, film))
    heat = np.zeros(grid.shape)
    at, area = boundary_cells(grid, axis + ("+" if face[1] == "-" else "-"))
    heat[at] = flux * area
    depth = centres(edges) if face[1] == "-" else 2.0 - centres(edges)
    assert solve(solid, heat).ravel() == pytest.approx(flux * (1 / film + depth / k), rel=ROUND_OFF)


def test_an_infinite_film_is_the_limit_of_a_large_one_and_none_insulates():
    grid = rod("y", (0.0, 1.0, 3.0))
    k = np.full(grid.shape, 5.0)
    fixed = boundary_sink(grid, k, "y+", np.inf)
    assert fixed.ravel() == pytest.approx([0.0, 5.0], rel=ROUND_OFF)
    assert boundary_sink(grid, k, "y+", 1e12) == pytest.approx(fixed, rel=1e-11)
    assert not boundary_sink(grid, k, "y+", 0.0).any()


def test_a_film_may_vary_over_its_face():
    grid = Grid(x=(0.0, 1.0, 2.0), y=(0.0, 1.0, 2.0), z=(0.0, 2.0))
    film = np.array([[0.0, 1.0], [3.0, np.inf]])
    sink = boundary_sink(grid, np.ones(grid.shape), "z-", film)
    assert sink[0] == pytest.approx(np.array([[0.0, 0.5], [0.75, 1.0]]), rel=ROUND_OFF)


# Order


def error_of_a_heated_slab(n, shift=0.0):
    """Largest error against q x (1 - x) / 2k, fixed faces; `shift` moves the faces by a share of a cell."""
    grid = rod("x", np.linspace(0, 1, n + 1))
    k = np.ones(grid.shape)
    solid, _ = fixed_ends(grid, "x", k, (0.0, 0.0))
    solid = solid._replace(sink=solid.sink / (1 + 2 * shift))
    x = centres(grid.x)
    return np.abs(solve(solid, grid.volume).ravel() - x * (1 - x) / 2).max()


def test_a_heated_slab_converges_with_order_two():
    errors = [error_of_a_heated_slab(n) for n in (16, 32, 64)]
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.1)
    assert errors[2] == pytest.approx(1 / 64**2 / 8, rel=1e-6)  # q h^2 / 8k


def test_faces_that_are_half_a_cell_off_fail_the_order():
    assert np.log2(error_of_a_heated_slab(32, 0.5) / error_of_a_heated_slab(64, 0.5)) < 1.5


def manufactured(axis, n):
    """Largest error for cos(pi s) sin(pi z / 2), s = x or y, k = 1, 2, 3 along x, y, z, on cells that grow twofold."""
    u = np.linspace(0, 1, n + 1)
    edges = tuple(((u + u * u / 2) / 1.5).tolist())
    grid = Grid(**{"x": (0.0, 1.0), "y": (0.0, 1.0), "z": edges} | {axis: edges})
    k = np.broadcast_to(np.array([1.0, 2.0, 3.0])[:, None, None, None], (3, *grid.shape))
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z-", np.inf))
    exact = np.sin(np.pi * along("z", centres(edges)) / 2) * np.cos(np.pi * along(axis, centres(edges)))
    heat = ({"x": 1, "y": 2}[axis] + 3 / 4) * np.pi**2 * exact * grid.volume
    return np.abs(solve(solid, heat) - exact).max()


@pytest.mark.parametrize("axis", "xy")
def test_unequal_conductivities_on_graded_cells_converge_with_order_two(axis):
    assert np.log2(manufactured(axis, 40) / manufactured(axis, 80)) == pytest.approx(2, abs=0.1)


# Conservation and structure


@given(made=solids())
def test_the_sparse_matrix_and_the_flux_differences_are_one_operator(made):
    solid, rng = made
    T = rng.normal(size=solid.shape)
    by_matrix = (matrix(solid) @ T.ravel()).reshape(solid.shape)
    scale = abs(matrix(solid)).max()
    assert outflow(solid, T) == pytest.approx(by_matrix, abs=ROUND_OFF * 10 * scale)


@given(made=solids(sinks=False))
def test_what_leaves_one_cell_enters_another(made):
    solid, rng = made
    heat = outflow(solid, rng.normal(size=solid.shape))
    assert abs(heat.sum()) <= ROUND_OFF * max(np.abs(heat).sum(), 1.0)
    assert not outflow(solid, np.full(solid.shape, 300.0)).any()  # an even temperature moves nothing


def test_a_leak_of_one_percent_is_seen():
    grid = rod("x", np.linspace(0, 1, 6))
    solid = conduction(grid, np.ones(grid.shape))
    heat = outflow(solid, along("x", [0, 1, 3, 2, 5]))
    heat[..., 2] *= 0.99
    assert abs(heat.sum()) > 1e-3 * np.abs(heat).sum()


def test_the_incidence_steps_over_x_faces_then_y_then_z():
    T = np.arange(24.0).reshape(2, 3, 4)
    step = incidence((2, 3, 4)) @ T.ravel()
    assert step[:18].tolist() == [1.0] * 18  # 2 x 3 x 3 faces across x
    assert step[18:34].tolist() == [4.0] * 16
    assert step[34:].tolist() == [12.0] * 12
    assert abs(incidence((2, 3, 4)).sum(axis=1)).max() == 0


@given(made=solids())
def test_the_matrix_is_symmetric_with_positive_diagonal_and_its_rows_sum_to_the_sink(made):
    solid, _ = made
    A = matrix(solid).toarray()
    assert (A == A.T).all()
    assert (np.diag(A) > 0).all()
    assert (A - np.diag(np.diag(A)) <= 0).all()
    assert A.sum(1) == pytest.approx(solid.sink.ravel(), abs=ROUND_OFF * 10 * A.max())


@given(made=solids())
def test_with_a_sink_the_matrix_is_positive_definite(made):
    assert np.linalg.eigvalsh(matrix(made[0]).toarray())[0] > 0


@given(made=solids())
def test_without_heat_no_cell_is_hotter_or_colder_than_what_surrounds_the_solid(made):
    solid, rng = made
    outside = rng.uniform(290.0, 350.0, solid.shape)
    T = solve(solid, solid.sink * outside)
    seen = outside[solid.sink > 0]
    assert T.min() >= seen.min() - SOLVED * 60
    assert T.max() <= seen.max() + SOLVED * 60


@given(made=solids())
def test_heat_anywhere_cools_no_cell(made):
    solid, rng = made
    heat = np.zeros(solid.shape)
    heat.flat[rng.integers(heat.size)] = 1.0
    T = solve(solid, heat)
    assert T.min() >= 0
    assert (solid.sink * T).sum() == pytest.approx(1.0, rel=SOLVED)


def test_a_conductance_of_the_wrong_sign_breaks_the_maximum_principle():
    grid = rod("x", np.linspace(0, 1, 5))
    solid, heat = fixed_ends(grid, "x", np.ones(grid.shape), (0.0, 1.0))
    wrong = solid._replace(x=solid.x * along("x", [1.0, -0.5, 1.0]))
    T = solve(wrong, heat)
    assert T.min() < 0 or T.max() > 1


@given(made=solids())
def test_heat_here_warms_there_as_heat_there_warms_here(made):
    solid, rng = made
    i, j = rng.integers(solid.sink.size, size=2)
    unit = np.eye(solid.sink.size)
    assert solve(solid, unit[i]).flat[j] == pytest.approx(solve(solid, unit[j]).flat[i], rel=SOLVED)


def test_turning_the_solid_turns_its_temperature():
    rng = np.random.default_rng(5)
    x, y, z = (tuple(np.cumsum([0.0, *rng.uniform(0.5, 1, n)]).tolist()) for n in (3, 4, 5))
    grid, turned = Grid(x=x, y=y, z=z), Grid(x=z, y=y, z=x)
    k, heat = rng.uniform(1, 9, grid.shape), rng.uniform(0, 1, grid.shape)
    T = solve(conduction(grid, k)._replace(sink=boundary_sink(grid, k, "x+", 3.0)), heat)
    other = conduction(turned, k.T)._replace(sink=boundary_sink(turned, k.T, "z+", 3.0))
    assert solve(other, heat.T) == pytest.approx(T.T, rel=1e-10)


# What takes no part


def test_a_cell_that_does_not_conduct_has_only_its_sink():
    grid = rod("x", (0.0, 1.0, 2.0, 3.0))
    solid = conduction(grid, along("x", [1.0, 0.0, 1.0]))
    assert not solid.x.any()
    sink = along("x", [2.0, 1.0, 2.0])
    assert outflow(solid._replace(sink=sink), np.full(grid.shape, 3.0)).ravel().tolist() == [6.0, 3.0, 6.0]
    assert not boundary_sink(grid, np.zeros(grid.shape), "x+", 5.0).any()


def test_the_shape_of_a_solid_is_that_of_its_cells():
    assert Conduction(*np.zeros((4, 2, 3, 4))).shape == (2, 3, 4)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_a_conductivity_that_is_negative_or_missing_is_refused(bad):
    grid = rod("x", (0.0, 1.0, 2.0))
    with pytest.raises(ValueError, match=r"conductivity .*: must be >= 0 W/\(m\*K\)"):
        conduction(grid, along("x", [1.0, bad]))


def test_an_unknown_face_and_a_negative_film_are_refused():
    grid = rod("x", (0.0, 1.0))
    with pytest.raises(ValueError, match=r"face 'top': must be one of x-, x\+"):
        boundary_cells(grid, "top")
    with pytest.raises(ValueError, match=r"film on face z\+ = -1.0: must be >= 0"):
        boundary_sink(grid, np.ones(grid.shape), "z+", -1.0)
