"""The cosine solver: the same numbers as a sparse factorisation, one mode by hand, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import splu

from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance
from thermal.volumes import cosine
from thermal.volumes.conduction import boundary_sink, conduction, half_resistances, matrix, outflow
from thermal.volumes.cosine import laterally_uniform, solve_uniform
from thermal.volumes.grid import Grid, covered

ROUND_OFF = 1e-11
BALANCE = 1e-9  # round-off of conductance times temperature, which is up to 1e5 times the heat of a cell


def even(n, length=1.0):
    return tuple(np.linspace(0, length, n + 1).tolist())


def layered(shape, rng, faces=("z+",)):
    """A stack on even cells whose conductivities along x, y, z differ from layer to layer, with films on faces."""
    nz, ny, nx = shape
    grid = Grid(x=even(nx, 2.0), y=even(ny, 3.0), z=tuple(np.cumsum([0.0, *rng.uniform(0.1, 1.0, nz)]).tolist()))
    k = np.broadcast_to(10.0 ** rng.uniform(-1, 1, (3, nz, 1, 1)), (3, *shape))
    sink = sum(boundary_sink(grid, k, face, rng.uniform(0.5, 50.0)) for face in faces)
    return grid, conduction(grid, k)._replace(sink=sink)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    faces=st.sampled_from([("z+",), ("z-",), ("z-", "z+")]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_answer_is_that_of_a_sparse_factorisation(shape, faces, seed):
    rng = np.random.default_rng(seed)
    _, solid = layered(shape, rng, faces)
    heat = rng.normal(size=shape)
    T = splu(matrix(solid).tocsc()).solve(heat.ravel()).reshape(shape)
    assert solve_uniform(solid, heat) == pytest.approx(T, abs=BALANCE * np.abs(T).max())


def test_one_cosine_of_heat_makes_the_same_cosine_of_temperature(rng):
    grid, solid = layered((1, 5, 8), rng)
    heat = np.cos(np.pi * 3 * (np.arange(8) + 0.5) / 8) * np.cos(np.pi * 2 * (np.arange(5) + 0.5) / 5)[:, None]
    gx, gy, sink = solid.x.flat[0], solid.y.flat[0], solid.sink.flat[0]
    own = sink + gx * (2 - 2 * np.cos(3 * np.pi / 8)) + gy * (2 - 2 * np.cos(2 * np.pi / 5))
    assert solve_uniform(solid, heat[None])[0] == pytest.approx(heat / own, abs=ROUND_OFF)
    assert grid.shape == (1, 5, 8)


def test_an_even_source_gives_the_one_dimensional_rise(rng):
    _, solid = layered((4, 6, 5), rng)
    heat = np.zeros(solid.shape)
    heat[0] = 1.0
    drop = 1 / solid.sink[-1] + (1 / solid.z).sum(0)
    assert solve_uniform(solid, heat)[0] == pytest.approx(drop, rel=ROUND_OFF)


def residual(solid, heat):
    return np.abs(outflow(solid, solve_uniform(solid, heat)) - heat).max() / np.abs(heat).max()


@pytest.mark.parametrize("shape", [(5, 33, 47), (34, 20, 20), (1, 64, 1)])
def test_every_cell_and_the_whole_are_in_balance(shape, rng):
    _, solid = layered(shape, rng)
    heat = rng.uniform(0, 1, shape)
    assert residual(solid, heat) < BALANCE
    assert (solid.sink * solve_uniform(solid, heat)).sum() == pytest.approx(heat.sum(), rel=BALANCE)


def test_the_eigenvalues_of_the_continuum_would_be_out_of_balance(rng, monkeypatch):
    _, solid = layered((3, 8, 8), rng)
    heat = rng.uniform(0, 1, solid.shape)
    monkeypatch.setattr(np, "sin", lambda x: x)  # (pi p / n)^2 in place of 4 sin^2(pi p / 2n)
    solved = solve_uniform(solid, heat)
    monkeypatch.undo()
    assert np.abs(outflow(solid, solved) - heat).max() > 1e-3
    assert residual(solid, heat) < BALANCE


def test_leading_axes_are_solved_one_by_one_and_the_heat_is_left_alone(rng):
    _, solid = layered((3, 4, 6), rng)
    heat = rng.normal(size=(2, 5, *solid.shape))
    before = heat.copy()
    together = solve_uniform(solid, heat)
    assert (heat == before).all()
    assert together.shape == heat.shape
    assert together[1, 3] == pytest.approx(solve_uniform(solid, heat[1, 3]), rel=ROUND_OFF)


def test_temperatures_outside_enter_through_the_heat(rng):
    _, solid = layered((3, 4, 6), rng, ("z-", "z+"))
    assert solve_uniform(solid, 300.0 * solid.sink) == pytest.approx(np.full(solid.shape, 300.0), rel=ROUND_OFF)


# Against the series of the flux channel

SERIES = Channel(26e-3, 33e-3, (0.775e-3, 3e-3), (120.0, 390.0), np.array(2e4))
SOURCE = Rectangle(13e-3, 16.5e-3, 10e-3, 10e-3)


def spreading(n):
    """Mean and largest temperature of the source per watt, at the face and at the nodes below it."""
    z = np.concatenate([np.linspace(0, 0.775e-3, 9), np.linspace(0.775e-3, 3.775e-3, 9)[1:]])
    grid = Grid(x=even(n, SERIES.length), y=even(n, SERIES.width), z=tuple(z.tolist()))
    k = np.broadcast_to(np.repeat(SERIES.conductivity, 8)[:, None, None], grid.shape)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", SERIES.film))
    share = covered(grid.y, 11.5e-3, 21.5e-3)[:, None] * covered(grid.x, 8e-3, 18e-3)
    heat = np.zeros(grid.shape)
    heat[0] = share / share.sum()
    node = solve_uniform(solid, heat)[0]
    face = node + heat[0] * half_resistances(grid, k)[2][0]
    return [((T * share).sum() / share.sum(), T.max()) for T in (face, node)]


def test_mean_and_peak_of_a_source_agree_with_the_double_series():
    exact = channel_resistance(SERIES, SOURCE, SOURCE), peak_resistance(SERIES, SOURCE)
    face, node = spreading(130)
    assert face == pytest.approx(exact, rel=2e-3)
    assert abs(node[0] / exact[0] - 1) > 5e-3  # half a cell of silicon too low


# What it refuses


def test_uneven_cells_patches_and_uneven_films_are_not_uniform(rng):
    grid, solid = layered((3, 4, 6), rng)
    assert laterally_uniform(solid)
    for part in ("x", "y", "z", "sink"):
        changed = getattr(solid, part).copy()
        changed[-1, 0, 0] *= 1 + 1e-6
        assert not laterally_uniform(solid._replace(**{part: changed}))
    uneven = Grid(x=(0.0, 1.0, 2.0, 3.5), y=grid.y, z=grid.z)
    assert not laterally_uniform(conduction(uneven, np.ones(uneven.shape)))


def test_the_round_off_of_even_edges_counts_as_uniform():
    grid = Grid(x=even(997, 0.07), y=even(13, 1 / 3), z=even(2, 1e-3))
    k = np.full(grid.shape, 390.0)
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 1e5))
    assert np.ptp(solid.x) > 0
    assert laterally_uniform(solid)


def test_layers_that_vary_are_refused():
    grid = Grid(x=even(3), y=even(3), z=even(2))
    k = np.ones(grid.shape)
    k[0, 1, 1] = 2.0
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", 1.0))
    with pytest.raises(ValueError, match=r"needs uniform layers; use solve_steady"):
        solve_uniform(solid, np.ones(grid.shape))


def test_heat_of_another_shape_is_refused(rng):
    _, solid = layered((3, 4, 6), rng)
    with pytest.raises(ValueError, match=r"heat of shape \(3, 6, 4\): must end in the cells \(3, 4, 6\)"):
        solve_uniform(solid, np.ones((3, 6, 4)))


def test_layers_without_a_way_to_a_sink_are_refused():
    grid = Grid(x=even(3), y=even(4), z=even(5))
    k = np.ones(grid.shape)
    k[2] = 0.0  # cuts the stack in two
    film = {face: boundary_sink(grid, k, face, 2.0) for face in ("z-", "z+")}
    gap = np.zeros(grid.shape)
    gap[2] = 1.0
    cut = conduction(grid, k)
    with pytest.raises(ValueError, match="layers from cell 0 on have no path to a sink"):
        solve_uniform(cut._replace(sink=film["z+"] + gap), np.ones(grid.shape))
    with pytest.raises(ValueError, match="layers from cell 2 on have no path to a sink"):
        solve_uniform(cut._replace(sink=film["z-"] + film["z+"]), np.ones(grid.shape))
    whole = cut._replace(sink=film["z-"] + film["z+"] + gap)
    assert residual(whole, np.ones(grid.shape)) < BALANCE


def test_the_scatter_allowed_is_far_below_any_tolerance_of_the_tables():
    assert cosine.UNIFORM < 1e-3 * 1e-6
