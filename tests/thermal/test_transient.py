"""Time schemes: one cell by hand, decaying modes, energy to round-off, limits, a dense oracle, observed orders."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.volumes.conduction import Conduction, boundary_sink, conduction, matrix
from thermal.volumes.grid import Grid
from thermal.volumes.steady import solve_steady
from thermal.volumes.streams import Streams, coolant_heat, coolant_mean
from thermal.volumes.transient import Body, State, _Guess, backward_euler, crank_nicolson, tr_bdf2
from twin.validate.orders import observed, t5, time_error

SCHEMES = (backward_euler, crank_nicolson, tr_bdf2)
GAMMA = 2 - 2**0.5
GRID = Grid(x=(0.0, 1.0, 2.5, 3.0), y=(0.0, 0.7, 2.0, 3.0, 4.5), z=(0.0, 0.2, 1.0))
K = np.broadcast_to(np.array([3.0, 0.4])[:, None, None], GRID.shape)
CAPACITY = GRID.volume * np.array([1.0, 5.0])[:, None, None]


def lump(tau):
    """Return one cell of 1 J/K that decays to zero in tau."""
    none = np.zeros((1, 1, 0))
    return Body(
        Conduction(none, none.reshape(1, 0, 1), none.reshape(0, 1, 1), np.full((1, 1, 1), 1 / tau)), np.ones((1, 1, 1))
    )


def cooled():
    """Return a block under two lines of coolant with heat capacity, one along either side."""
    cell = np.arange(np.prod(GRID.shape)).reshape(GRID.shape)
    wall = np.stack([cell[1, :, 0], cell[1, :, 2]])[None]
    film = np.array([[[0.5, 0.9, 0.7, 1.1], [0.3, 0.6, 0.2, 0.8]]])
    streams = Streams(wall, film, np.array([2.0, 3.0]), np.array([300.0, 310.0]), np.full((2, 4), 0.4))
    return Body(conduction(GRID, K), CAPACITY, streams)


def faced():
    """Return the block on a face of fixed temperature zero."""
    return Body(conduction(GRID, K)._replace(sink=boundary_sink(GRID, K, "z-", np.inf)), CAPACITY)


def after(steps, run):
    return next(islice(run, steps - 1, None))


def stability(scheme, z):
    """Return the factor of one step for dT/dt = -T z / h."""
    if scheme is backward_euler:
        return 1 / (1 + z)
    if scheme is crank_nicolson:
        return (1 - z / 2) / (1 + z / 2)
    middle = (1 - GAMMA * z / 2) / (1 + GAMMA * z / 2)
    return (middle - (1 - GAMMA) ** 2) / (GAMMA * (2 - GAMMA)) / (1 + (1 - GAMMA) / (2 - GAMMA) * z)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("z", [0.01, 1.0, 30.0])
def test_one_cell_follows_the_stability_function_of_its_scheme(scheme, z):
    t, state = after(3, scheme(lump(1 / z), np.zeros((1, 1, 1)), State(np.ones((1, 1, 1))), 1.0, tolerance=1e-12))
    assert t == 3.0
    assert state.temperature.item() == pytest.approx(stability(scheme, z) ** 3, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_mode_of_the_operator_decays_by_the_same_factor_in_every_cell(scheme):
    body, root = faced(), np.sqrt(CAPACITY.ravel())
    decay, modes = np.linalg.eigh(matrix(body.solid).toarray() / np.outer(root, root))
    mode = (modes[:, 2] / root).reshape(GRID.shape)
    _, state = after(2, scheme(body, 0 * mode, State(mode), 0.3 / decay[2], tolerance=1e-12))
    assert state.temperature == pytest.approx(stability(scheme, 0.3) ** 2 * mode, abs=1e-10 * np.abs(mode).max())


def test_only_crank_nicolson_rings_after_a_jump():
    stiff, ones, none = lump(1e-3), np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    euler, nicolson, bdf = (next(scheme(stiff, none, State(ones), 1.0))[1].temperature.item() for scheme in SCHEMES)
    assert nicolson < -0.9
    assert abs(euler) < 2e-3
    assert abs(bdf) < 6e-3  # L-stable: 5 / z


@pytest.mark.parametrize("scheme", SCHEMES)
def test_long_after_a_jump_solid_and_coolant_are_steady(scheme):
    body, heat = cooled(), np.zeros(GRID.shape)
    heat[0, 1, 1] = 40.0
    expected = solve_steady(body.solid, heat, body.streams, tolerance=1e-12)
    start = State(np.full(GRID.shape, 300.0))
    _, state = after(400, scheme(body, heat, start, 2.0, tolerance=1e-10))
    assert state.temperature == pytest.approx(expected.temperature, abs=1e-6)
    assert state.coolant == pytest.approx(expected.coolant, abs=1e-6)


def test_what_is_stored_is_heat_less_what_the_coolant_carries_off():
    body, h = cooled(), 0.7
    heat = np.random.default_rng(1).uniform(0, 5, GRID.shape)
    before = State(np.full(GRID.shape, 305.0), np.tile([[300.0], [310.0]], 5))
    for _, state in islice(backward_euler(body, heat, before, h, tolerance=1e-13), 4):
        stored = (CAPACITY * (state.temperature - before.temperature)).sum()
        rise = coolant_mean(body.streams, state.coolant) - coolant_mean(body.streams, before.coolant)
        stored += (body.streams.capacity * rise).sum()
        gained = h * (heat.sum() - coolant_heat(body.streams, state.coolant))
        assert stored == pytest.approx(gained, abs=1e-10 * heat.sum())
        before = state


def dense(body, base, heat, s):
    """Return the state solved from all equations written out: cells, edges, inlets."""
    cells, streams = base.temperature.size, body.streams
    lines, steps = streams.capacity.shape
    A = np.zeros((cells + lines * (steps + 1),) * 2)
    A[:cells, :cells] = matrix(body.solid).toarray() + s * np.diag(body.capacity.ravel())
    b = np.concatenate([(heat + s * body.capacity * base.temperature).ravel(), np.zeros(lines * (steps + 1))])
    for i in range(lines):
        first = cells + i * (steps + 1)
        A[first, first], b[first] = 1, streams.inlet[i]
        for j in range(steps):
            row, cell, film = first + j + 1, streams.wall[0, i, j], streams.film[0, i, j]
            both = [row - 1, row]
            A[row, both] += np.array([-1, 1]) * streams.rate[i] + (film + s * streams.capacity[i, j]) / 2
            A[row, cell] -= film
            A[cell, cell] += film
            A[cell, both] -= film / 2
            b[row] = s * streams.capacity[i, j] * base.coolant[i, j : j + 2].mean()
    x = np.linalg.solve(A, b)
    return State(x[:cells].reshape(GRID.shape), x[cells:].reshape(lines, steps + 1))


def test_a_step_of_backward_euler_agrees_with_all_equations_solved_at_once():
    body, random = cooled(), np.random.default_rng(2)
    base = State(random.uniform(290, 320, GRID.shape), random.uniform(290, 320, (2, 5)))
    heat = random.uniform(0, 5, GRID.shape)
    expected = dense(body, base, heat, 1 / 0.3)
    _, state = next(backward_euler(body, heat, base, 0.3, tolerance=1e-13))
    assert state.temperature == pytest.approx(expected.temperature, abs=1e-8)
    assert state.coolant == pytest.approx(expected.coolant, abs=1e-8)
    leaky = body._replace(streams=body.streams._replace(film=body.streams.film * 1.01))
    assert np.abs(dense(leaky, base, heat, 1 / 0.3).temperature - expected.temperature).max() > 1e-3


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_backward_euler_never_leaves_the_range_of_start_and_surroundings(step, seed):
    start = np.random.default_rng(seed).uniform(-1, 1, GRID.shape)
    for _, state in islice(backward_euler(faced(), np.zeros(GRID.shape), State(start), step, tolerance=1e-10), 3):
        assert np.abs(state.temperature).max() <= np.abs(start).max() * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(-50, 50), st.sampled_from(SCHEMES))
def test_a_warmer_world_is_warmer_by_as_much(shift, scheme):
    body, heat = cooled(), np.full(GRID.shape, 2.0)
    warm = body._replace(streams=body.streams._replace(inlet=body.streams.inlet + shift))
    start = np.full(GRID.shape, 300.0)
    _, cold_state = after(2, scheme(body, heat, State(start), 0.5, tolerance=1e-12))
    _, warm_state = after(2, scheme(warm, heat, State(start + shift), 0.5, tolerance=1e-12))
    assert warm_state.temperature == pytest.approx(cold_state.temperature + shift, abs=1e-6)


def test_the_manufactured_solution_shows_every_order():
    assert [row.passed for row in t5(None)] == [True] * 4


def test_a_first_order_scheme_does_not_pass_for_second_order():
    assert not abs(observed(lambda n: time_error(backward_euler, n), (32, 64)) - 2) < 0.1


def test_heat_read_a_step_late_costs_crank_nicolson_its_order():
    def late(body, heat, start, step, **options):
        return crank_nicolson(body, lambda t: heat(t - step / 2), start, step, **options)

    assert abs(observed(lambda n: time_error(late, n), (32, 64)) - 2) > 0.5


def test_neither_start_nor_earlier_states_are_written_to():
    start = np.full(GRID.shape, 300.0)
    kept = list(islice(tr_bdf2(cooled(), np.ones(GRID.shape), State(start), 0.5), 3))
    copies = [state.temperature.copy() for _, state in kept]
    again = list(islice(tr_bdf2(cooled(), np.ones(GRID.shape), State(start), 0.5), 3))
    assert (start == 300).all()
    assert all((copy == state.temperature).all() for copy, (_, state) in zip(copies, again, strict=True))
    assert copies[0].max() < copies[2].max()


def test_a_cell_of_coolant_in_the_grid_stays_at_zero_and_disturbs_nobody():
    k = np.broadcast_to(np.array([1.0, 0.0])[:, None, None], (2, 1, 1))
    solid = conduction(Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0)), k)
    solid = solid._replace(sink=np.array([[[2.0]], [[1.0]]]))
    capacity = np.array([[[1.0]], [[0.0]]])
    heat = np.array([[[600.0]], [[0.0]]])
    _, state = next(backward_euler(Body(solid, capacity), heat, State(np.full((2, 1, 1), 310.0)), 0.5))
    assert state.temperature.ravel() == pytest.approx([305.0, 0.0], abs=1e-9)


def test_a_right_hand_side_made_of_earlier_ones_is_guessed_exactly():
    random = np.random.default_rng(3)
    A, guess = random.normal(size=(30, 30)) + 10 * np.eye(30), _Guess(30)
    earlier = random.normal(size=(3, 1, 1, 30))
    for x in earlier:
        guess.keep(x, x @ A.T)
    mixed = 2 * earlier[0] - 3 * earlier[2]
    assert guess.best(mixed @ A.T) == pytest.approx(mixed, abs=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bad_input_is_named(scheme):
    body, heat, start = cooled(), np.zeros(GRID.shape), State(np.full(GRID.shape, 300.0))
    with pytest.raises(ValueError, match=r"step = 0\.0: must be > 0 s"):
        next(scheme(body, heat, start, 0.0))
    with pytest.raises(ValueError, match="temperature of shape"):
        next(scheme(body, heat, State(np.zeros((1, 1, 1))), 1.0))
    with pytest.raises(ValueError, match="coolant of shape"):
        next(scheme(body, heat, start._replace(coolant=np.zeros((1, 1))), 1.0))
    with pytest.raises(ValueError, match="capacity of shape"):
        next(scheme(body._replace(capacity=np.ones((1, 1, 1))), heat, start, 1.0))


def test_heat_of_another_shape_is_refused_and_not_spread():
    one, none = np.ones((2, 1, 1)), np.zeros((2, 1, 0))
    pair = Body(Conduction(none, none.reshape(2, 0, 1), np.ones((1, 1, 1)), one), one)
    for heat in (np.ones((1, 1)), lambda t: 1.0):
        with pytest.raises(ValueError, match="must be \\(2, 1, 1\\), as the cells"):
            next(backward_euler(pair, heat, State(0 * one), 1.0))
