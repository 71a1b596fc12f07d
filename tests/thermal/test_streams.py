"""Coolant lines: the sweep against hand, closed forms and a dense solve; energy; channels and fin layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.volumes.channels import Film, Flow, channels, fill_coolant, fin_layer
from thermal.volumes.conduction import conduction, matrix, outflow
from thermal.volumes.grid import Grid
from thermal.volumes.steady import solve_steady
from thermal.volumes.streams import (
    Streams,
    coolant_heat,
    coolant_mean,
    factor_lines,
    film_sink,
    inlet_heat,
    solve_lines,
    stream_outflow,
)

ROUND_OFF = 1e-12
SHAPE = (2, 5, 3)
ORDER_TOLERANCE = 0.1


def grid_of(nx=3, ny=5, nz=2):
    return Grid(
        x=tuple(np.linspace(0, 0.3, nx + 1)),
        y=tuple(np.linspace(0, 0.5, ny + 1)),
        z=tuple(np.linspace(0, 0.02, nz + 1)),
    )


def one_line(film, rate=1.0, inlet=0.0, capacity=0.0, central=False):
    """Return one line with one wall per step: the cells in order."""
    film = np.atleast_1d(np.asarray(film, float))
    wall = np.arange(film.size)[None, None]
    return Streams(
        wall, film[None, None], np.array([rate]), np.array([inlet]), np.full((1, film.size), capacity), central
    )


def random_streams(rng, central=False, lines=3, walls=2):
    """Return lines along y whose walls are any cells of their step; some walls are missing, some are shared."""
    nz, ny, nx = SHAPE
    step = np.arange(ny)
    wall = (rng.integers(0, nz, (walls, lines, ny)) * ny + step) * nx + rng.integers(0, nx, (walls, lines, ny))
    wall[rng.random(wall.shape) < 0.2] = -1
    film = np.where(wall < 0, 0.0, rng.uniform(0.1, 1.0, wall.shape))
    capacity = rng.uniform(0.5, 2.0, (lines, ny))
    return Streams(wall, film, rng.uniform(1.0, 3.0, lines), rng.uniform(280, 320, lines), capacity, central)


def dense(streams, storage=0.0):
    """Return the whole system of coolant unknowns K theta = G T + b, and the means M theta + m, written row by row."""
    walls, lines, steps = streams.wall.shape
    n = lines * steps
    K, G, M = np.zeros((n, n)), np.zeros((n, np.prod(SHAPE))), np.zeros((n, n))
    b, m = np.zeros(n), np.zeros(n)
    for i in range(lines):
        C = streams.rate[i]
        for j in range(steps):
            row, before = i * steps + j, i * steps + j - 1
            total = streams.film[:, i, j].sum() + storage * streams.capacity[i, j]
            mean = {row: 1.0} if streams.central else {row: 0.5, before: 0.5}
            after = row + 1 if j < steps - 1 else row
            flux = {row: C, before: -C}
            if streams.central:  # edge temperatures are means of neighbours, the last that of its own cell
                flux = {after: C / 2}
                flux[row] = flux.get(row, 0.0) + C / 2
                for cell in (row, before) if j else (before, before):
                    flux[cell] = flux.get(cell, 0.0) - C / 2
            for cell, weight in flux.items():
                known = cell == before and j == 0
                K[row, cell] += 0.0 if known else weight
                b[row] -= weight * streams.inlet[i] if known else 0.0
            for cell, weight in mean.items():
                known = cell == before and j == 0
                K[row, cell] += 0.0 if known else total * weight
                M[row, cell] += 0.0 if known else weight
                b[row] -= total * weight * streams.inlet[i] if known else 0.0
                m[row] += weight * streams.inlet[i] if known else 0.0
            for w in range(walls):
                if streams.wall[w, i, j] >= 0:
                    G[row, streams.wall[w, i, j]] += streams.film[w, i, j]
    return K, G, b, M, m


def dense_outflow(streams, T, storage=0.0, extra=0.0):
    """Return the heat the walls give and the coolant unknowns, by the dense system."""
    K, G, b, M, m = dense(streams, storage)
    theta = np.linalg.solve(K, G @ T.ravel() + b + np.ravel(extra))
    mean, heat = (M @ theta + m).reshape(streams.rate.size, -1), np.zeros(T.size)
    for w in range(len(streams.wall)):
        on = streams.wall[w] >= 0
        np.add.at(heat, streams.wall[w][on], (streams.film[w] * (T.ravel()[streams.wall[w]] - mean))[on])
    return heat.reshape(T.shape), theta.reshape(streams.rate.size, -1)


def whole_outflow(factor, T, extra=None):
    return stream_outflow(factor, T) - inlet_heat(factor, T.shape, extra)


# By hand


def test_one_step_by_hand():
    theta = solve_lines(factor_lines(one_line(1.0, rate=2.0, inlet=10.0)), np.array([40.0]))
    assert theta.ravel() == pytest.approx([10.0, (1.5 * 10 + 40) / 2.5], rel=ROUND_OFF)


def test_two_steps_of_the_central_scheme_by_hand():
    streams = one_line([1.0, 3.0], rate=2.0, inlet=10.0, central=True)
    by_hand = np.linalg.solve([[2.0, 1.0], [-1.0, 4.0]], [1.0 * 40 + 2 * 10.0, 3.0 * 50])
    theta = solve_lines(factor_lines(streams), np.array([40.0, 50.0]))
    assert theta.ravel() == pytest.approx([10.0, *by_hand], rel=ROUND_OFF)
    assert coolant_mean(streams, theta).ravel() == pytest.approx(by_hand, rel=ROUND_OFF)


def test_one_step_of_the_central_scheme_is_a_mixed_cell():
    theta = solve_lines(factor_lines(one_line(1.0, rate=2.0, inlet=10.0, central=True)), np.array([40.0]))
    assert theta[0, 1] == pytest.approx((2 * 10 + 40) / 3, rel=ROUND_OFF)


# Closed form and order


def outlet(steps):
    """Return the outlet of a line of NTU 1.5 from 1 along a wall at 0."""
    factor = factor_lines(one_line(np.full(steps, 1.5 / steps), inlet=1.0))
    return solve_lines(factor, np.zeros(steps))[0, -1]


def upwind_outlet(steps):
    return (1 + 1.5 / steps) ** -steps


def order(outlet):
    coarse, fine = (abs(outlet(steps) - np.exp(-1.5)) for steps in (64, 128))
    return np.log2(coarse / fine)


def test_a_wall_of_one_temperature_gives_the_exponential_with_order_two():
    assert outlet(400) == pytest.approx(np.exp(-1.5), rel=1e-5)
    assert order(outlet) == pytest.approx(2, abs=ORDER_TOLERANCE)


def test_the_order_test_rejects_an_upwind_scheme():
    assert upwind_outlet(2000) == pytest.approx(np.exp(-1.5), rel=1e-2)
    assert abs(order(upwind_outlet) - 2) > 5 * ORDER_TOLERANCE


def test_the_effectiveness_is_that_of_an_independent_library():
    ht = pytest.importorskip("ht")
    assert 1 - outlet(400) == pytest.approx(ht.effectiveness_from_NTU(NTU=1.5, Cr=0), rel=1e-5)


def test_even_heat_into_walls_that_do_not_conduct_along_the_flow_rises_linearly():
    grid = grid_of(nx=3, ny=8, nz=1)
    k = np.stack([np.full(grid.shape, value) for value in (5.0, 0.0, 5.0)])
    case = channels(grid, k, [[False, True, False]], Film(side=40.0, top=0.0, bottom=0.0), Flow(2.0, 300.0))
    heat = np.where(case.fluid[:, None], 0.0, np.full(grid.shape, 0.5))
    found = solve_steady(case.solid, heat, case.streams, tolerance=1e-13)
    edges = 300 + np.arange(9) * 1.0 / 2.0
    assert found.coolant[0] == pytest.approx(edges, rel=1e-10)
    assert found.temperature[0, :, 0] == pytest.approx(
        (edges[1:] + edges[:-1]) / 2 + 0.5 / case.streams.film[0, 0], rel=1e-10
    )


# Conservation


@pytest.mark.parametrize("central", [False, True])
def test_what_the_walls_lose_the_coolant_carries_off(rng, central):
    factor, T = factor_lines(random_streams(rng, central)), rng.uniform(300, 400, SHAPE)
    carried = coolant_heat(factor.streams, solve_lines(factor, T))
    assert whole_outflow(factor, T).sum() == pytest.approx(carried, rel=ROUND_OFF)
    leaky = factor._replace(film=1.01 * factor.film)
    assert whole_outflow(leaky, T).sum() != pytest.approx(carried, rel=1e-4)


@pytest.mark.parametrize("central", [False, True])
def test_in_a_transient_the_rest_is_stored(rng, central):
    streams, T = random_streams(rng, central), rng.uniform(300, 400, SHAPE)
    extra = 7.0 * streams.capacity * rng.uniform(280, 320, streams.capacity.shape)
    factor = factor_lines(streams, storage=7.0)
    theta = solve_lines(factor, T, extra)
    stored = (7.0 * streams.capacity * coolant_mean(streams, theta) - extra).sum()
    walls = whole_outflow(factor, T, extra).sum()
    assert walls == pytest.approx(coolant_heat(streams, theta) + stored, rel=1e-10)


def test_heat_in_is_heat_out_of_a_cooled_solid(rng):
    grid = grid_of(nx=7, ny=9, nz=3)
    k, heat = rng.uniform(1, 100, grid.shape), rng.uniform(0, 1, grid.shape)
    streams = fin_layer(grid, k, 2e3, Flow(5.0, 300.0))
    found = solve_steady(conduction(grid, k), heat, streams, tolerance=1e-12)
    assert coolant_heat(streams, found.coolant) == pytest.approx(heat.sum(), rel=1e-10)


# Limits


def test_a_solid_at_the_inlet_temperature_exchanges_nothing(rng):
    streams = random_streams(rng)._replace(inlet=np.full(3, 300.0))
    factor, T = factor_lines(streams), np.full(SHAPE, 300.0)
    assert np.abs(whole_outflow(factor, T)).max() < 300 * ROUND_OFF
    assert solve_lines(factor, T) == pytest.approx(300.0, rel=ROUND_OFF)


def test_without_film_or_with_endless_flow_the_coolant_keeps_its_inlet_temperature(rng):
    streams, T = random_streams(rng), rng.uniform(300, 400, SHAPE)
    for limit in (streams._replace(film=0 * streams.film), streams._replace(rate=1e15 * streams.rate)):
        theta = solve_lines(factor_lines(limit), T)
        assert theta == pytest.approx(np.broadcast_to(streams.inlet[:, None], theta.shape), rel=ROUND_OFF)


def test_a_vanishing_flow_takes_no_heat(rng):
    streams, T = random_streams(rng), rng.uniform(300, 400, SHAPE)
    factor = factor_lines(streams._replace(rate=1e-9 * streams.rate))
    assert abs(whole_outflow(factor, T).sum()) < 1e-6


def test_endless_storage_keeps_the_mean_of_every_step(rng):
    streams, T = random_streams(rng, central=True), rng.uniform(300, 400, SHAPE)
    old = rng.uniform(280, 320, streams.capacity.shape)
    factor = factor_lines(streams, storage=1e12)
    theta = solve_lines(factor, T, 1e12 * streams.capacity * old)
    assert coolant_mean(streams, theta) == pytest.approx(old, rel=1e-9)


# Properties


@given(st.integers(0, 10**6), st.floats(1.01, 100.0))
def test_more_flow_never_heats_any_wall(seed, factor):
    rng = np.random.default_rng(seed)
    grid = grid_of()
    k, heat = rng.uniform(0.1, 100, grid.shape), rng.uniform(0, 1, grid.shape)
    solid = conduction(grid, k)
    slow, fast = (solve_dense(solid, heat, fin_layer(grid, k, 20.0, Flow(rate, 300.0))) for rate in (2.0, 2.0 * factor))
    assert (fast <= slow + 1e-9).all()
    assert (slow > 300).all()


def solve_dense(solid, heat, streams):
    """Return temperatures by probing the operator column by column."""
    factor, unit = factor_lines(streams), np.eye(heat.size).reshape(-1, *heat.shape)
    coolant = np.stack([stream_outflow(factor, T).ravel() for T in unit], axis=1)
    rhs = heat + inlet_heat(factor, heat.shape)
    return np.linalg.solve(matrix(solid).toarray() + coolant, rhs.ravel()).reshape(heat.shape)


@given(st.integers(0, 10**6), st.booleans())
def test_relabelled_lines_exchange_the_same_heat(seed, central):
    rng = np.random.default_rng(seed)
    streams, T, new = random_streams(rng, central), rng.uniform(300, 400, SHAPE), rng.permutation(3)
    wall, film, *rest, _ = streams
    moved = Streams(wall[:, new], film[:, new], *(part[new] for part in rest), central)
    assert solve_lines(factor_lines(moved), T) == pytest.approx(solve_lines(factor_lines(streams), T)[new], rel=1e-12)
    assert stream_outflow(factor_lines(moved), T) == pytest.approx(stream_outflow(factor_lines(streams), T), rel=1e-9)


@given(st.integers(0, 10**6))
def test_the_coolant_lies_between_its_inlet_and_the_hottest_wall(seed):
    rng = np.random.default_rng(seed)
    streams, T = random_streams(rng), rng.uniform(330, 400, SHAPE)  # film / rate < 2 in every step
    theta = solve_lines(factor_lines(streams), T)
    assert (theta >= streams.inlet[:, None] * (1 - ROUND_OFF)).all()
    assert theta.max() < T.max()


def test_past_two_transfer_units_in_a_step_the_box_scheme_overshoots():
    theta = solve_lines(factor_lines(one_line([3.0, 0.1], inlet=1.0)), np.zeros(2))
    assert theta[0, 1] < 0


# An independent solve


@pytest.mark.parametrize("central", [False, True])
@pytest.mark.parametrize("storage", [0.0, 3.0])
def test_the_sweep_equals_a_dense_solve_of_all_coolant_unknowns(rng, central, storage):
    streams, T = random_streams(rng, central), rng.uniform(300, 400, SHAPE)
    extra = rng.uniform(0, 9, streams.capacity.shape)
    factor = factor_lines(streams, storage)
    heat, theta = dense_outflow(streams, T, storage, extra)
    assert solve_lines(factor, T, extra)[:, 1:] == pytest.approx(theta, rel=ROUND_OFF)
    assert whole_outflow(factor, T, extra) == pytest.approx(heat, rel=1e-10, abs=1e-10)


def test_the_dense_solve_rejects_swapped_films_and_walls_moved_by_a_step(rng):
    streams, T = random_streams(rng), rng.uniform(300, 400, SHAPE)
    factor = factor_lines(streams)
    heat, _ = dense_outflow(streams, T)
    swapped = factor._replace(film=np.ascontiguousarray(factor.film[:, ::-1]))
    moved = factor._replace(wall=np.roll(factor.wall, 1, axis=0))
    for mutant in (swapped, moved):
        assert np.abs(whole_outflow(mutant, T) - heat).max() > 1e-3 * np.abs(heat).max()


def test_the_outflow_is_added_to_what_is_there(rng):
    factor, T, heat = factor_lines(random_streams(rng)), rng.uniform(300, 400, SHAPE), rng.random(SHAPE)
    expected = heat + stream_outflow(factor, T)
    assert stream_outflow(factor, T, heat) is heat
    assert heat == pytest.approx(expected, rel=ROUND_OFF)
    with pytest.raises(ValueError, match="copy"):
        stream_outflow(factor, T, np.zeros((3, 5, 2)).T)


def test_the_held_coolant_is_the_sum_of_films(rng):
    streams, T = random_streams(rng), rng.uniform(300, 400, SHAPE)
    held = factor_lines(streams._replace(rate=np.full(3, 1e15)))  # the coolant stays at its inlet
    assert stream_outflow(held, T) == pytest.approx(film_sink(streams, SHAPE) * T, rel=1e-9)


# Channels and fin layers


def test_a_channel_meets_its_four_walls_through_film_and_half_cell():
    grid = Grid(x=(0.0, 1.0, 3.0, 6.0), y=(0.0, 2.0), z=(0.0, 1.0, 5.0, 7.0))
    fluid = np.zeros((3, 3), bool)
    fluid[1, 1] = True
    case = channels(grid, np.full(grid.shape, 4.0), fluid, Film(side=1.0, top=2.0, bottom=3.0), Flow(1.0, 300.0, 10.0))
    by_hand = [
        1 / (0.5 / (4 * 8) + 1 / (1 * 8)),  # x-, half of 1 m, face 2 x 4 m2
        1 / (1.5 / (4 * 8) + 1 / (1 * 8)),
        1 / (0.5 / (4 * 4) + 1 / (3 * 4)),  # z-, half of 1 m, face 2 x 2 m2
        1 / (1.0 / (4 * 4) + 1 / (2 * 4)),
    ]
    assert case.streams.film.ravel() == pytest.approx(by_hand, rel=ROUND_OFF)
    assert case.streams.wall.ravel().tolist() == [3, 5, 1, 7]
    assert case.streams.capacity.item() == pytest.approx(10 * 16)
    assert case.solid.sink.ravel().tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert outflow(case.solid, np.arange(9.0).reshape(3, 1, 3))[1, 0, 1] == 4.0


def test_a_mirrored_package_has_mirrored_temperatures(rng):
    grid = grid_of(nx=5, ny=6, nz=3)
    fluid = np.zeros((3, 5), bool)
    fluid[1, [1, 2]] = True  # two cells wide, each with one side wall
    k, heat = rng.uniform(1, 100, grid.shape), rng.uniform(0, 1, grid.shape) * ~fluid[:, None]
    film, flow = Film(30.0, 20.0, 10.0), Flow(3.0, 300.0)
    one = channels(grid, k, fluid, film, flow)
    other = channels(grid, k[..., ::-1], fluid[:, ::-1], film, flow)
    ours = solve_steady(one.solid, heat, one.streams, tolerance=1e-12)
    mirrored = solve_steady(other.solid, np.ascontiguousarray(heat[..., ::-1]), other.streams, tolerance=1e-12)
    assert mirrored.temperature[..., ::-1] == pytest.approx(ours.temperature, rel=1e-10)
    filled = fill_coolant(one, ours.temperature, ours.coolant)
    assert filled[1, :, 1] == pytest.approx((ours.coolant[0, 1:] + ours.coolant[0, :-1]) / 2)
    assert (filled >= 300).all()


def test_a_fin_layer_shares_its_flow_by_width_and_skips_what_does_not_conduct():
    grid = Grid(x=(0.0, 1.0, 4.0), y=(0.0, 1.0, 2.0), z=(0.0, 1.0, 2.0, 4.0))
    k = np.full(grid.shape, 2.0)
    k[2, 0, 0] = 0.0
    streams = fin_layer(grid, k, 5.0, Flow(8.0, 300.0, 100.0), layers=(0, 2), depth=0.1)
    assert streams.rate.tolist() == [2.0, 6.0]
    assert streams.wall[1].tolist() == [[-1, 10], [9, 11]]
    assert streams.film[0].ravel() == pytest.approx(np.repeat([1, 3], 2) / (0.5 / 2 + 1 / 5), rel=ROUND_OFF)
    assert streams.film[1].ravel() == pytest.approx(np.array([0, 1, 3, 3]) / (1 / 2 + 1 / 5), rel=ROUND_OFF)
    assert streams.capacity.ravel() == pytest.approx([10, 10, 30, 30], rel=ROUND_OFF)


def test_a_fin_layer_under_even_heat_has_the_closed_form():
    grid = grid_of(nx=2, ny=50, nz=1)
    k = np.stack([np.full(grid.shape, value) for value in (1.0, 0.0, 10.0)])
    streams = fin_layer(grid, k, 1e3, Flow(4.0, 300.0))
    found = solve_steady(conduction(grid, k), np.full(grid.shape, 0.1), streams, tolerance=1e-12)
    area = 0.15 * 0.01
    local = 300 + (np.arange(50) + 0.5) * 0.1 * 2 / 4.0
    rise = 0.1 * (0.01 / (10 * area) + 1 / (1e3 * area))
    assert found.temperature[0, :, 0] == pytest.approx(local + rise, rel=1e-10)


# Bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": np.array([0.0])}, "capacity rate of line 0 = 0: must be finite and > 0 W/K; give the line a flow"),
        ({"rate": np.array([np.nan])}, "capacity rate of line 0 = nan"),
        ({"film": np.full((1, 1, 2), -1.0)}, "film of wall, line, step 0, 0, 0 = -1: must be finite and >= 0 W/K"),
        ({"wall": np.array([[[0, -1]]])}, "film of wall, line, step 0, 0, 1 = 1: .* 0 without a wall"),
        ({"inlet": np.array([np.inf])}, "inlet temperature of line 0 = inf"),
        ({"capacity": np.array([[0.0, -2.0]])}, "heat capacity of line, step 0, 1 = -2: must be finite and >= 0 J/K"),
        ({"rate": np.ones(2)}, r"must be \(wall, line, step\)"),
    ],
)
def test_bad_lines_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        factor_lines(one_line([1.0, 1.0])._replace(**change))


def test_walls_outside_the_solid_are_refused():
    with pytest.raises(ValueError, match="temperature of 1 cells: the walls need 2"):
        solve_lines(factor_lines(one_line([1.0, 1.0])), np.ones(1))


def test_bad_channels_and_layers_are_named():
    grid = grid_of()
    k, film, flow = np.ones(grid.shape), Film(1.0, 1.0, 1.0), Flow(1.0, 300.0)
    everything, one = np.ones((2, 3), bool), np.array([[False, True, False]] * 2)
    with pytest.raises(ValueError, match=r"coolant cell \(0, 0\) \(z, x\) touches no wall"):
        channels(grid, k, everything, film, flow)
    with pytest.raises(ValueError, match=r"fluid \(2, 3\) with 0 cells"):
        channels(grid, k, ~everything, film, flow)
    with pytest.raises(ValueError, match="film coefficient -1"):
        channels(grid, k, one, film._replace(side=-1.0), flow)
    with pytest.raises(ValueError, match="flow of the coolant layer: capacity rate = 0: must be > 0 W/K"):
        channels(grid, k, one, film, flow._replace(rate=0.0))
    with pytest.raises(ValueError, match="film coefficient -2"):
        fin_layer(grid, k, -2.0, flow)
    with pytest.raises(ValueError, match="depth of coolant = -1"):
        fin_layer(grid, k, 2.0, flow, depth=-1.0)


@pytest.fixture
def rng():
    return np.random.default_rng(5)
