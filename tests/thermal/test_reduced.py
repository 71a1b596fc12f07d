"""Reduced models: the operator is dissipative, the projection stable and within its bound, the stepping exact."""

from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from thermal.volumes.channels import Flow, fin_layer
from thermal.volumes.conduction import boundary_sink, conduction
from thermal.volumes.grid import Grid
from thermal.volumes.linear import cooled_system, factored, iterated, solid_system
from thermal.volumes.modal import Modes, diagonalised, settled, steps
from thermal.volumes.reduced import SHIFTS, ReducedModel, modes, projected, reduce, step_bound
from thermal.volumes.steady import solve_steady
from thermal.volumes.streams import coolant_mean
from thermal.volumes.transient import Body, State, tr_bdf2

EDGE = tuple(np.linspace(0, 0.05, 9))
GRID = Grid(x=EDGE, y=EDGE, z=(0.0, 0.4e-3, 0.775e-3, 0.825e-3, 1.8e-3, 3.8e-3))
DIE = np.zeros((8, 8), bool)
DIE[2:6, 2:6] = True
K = np.broadcast_to(np.array([1.0, 1.0, 8.0, 390.0, 390.0])[:, None, None], GRID.shape).copy()
K[:2, DIE] = 120
CAPACITY = GRID.volume * np.array([1.6e6, 1.6e6, 2e6, 3.45e6, 3.45e6])[:, None, None]
SOLID = conduction(GRID, K)
STREAMS = fin_layer(GRID, K, 4e4, Flow(130.0, 0.0, 4e6), depth=2e-3)
FLOWS = ((1.0, 1.0, 1.0), (1.0, 0.6, 0.4), (1.0, 1.4, 2.0))
BETWEEN = (1.0, 0.8, 0.7)
PULSES = 10.0 ** np.arange(-3, 2.01, 0.5)


def on(*cells):
    field = np.zeros(GRID.shape)
    field[cells] = 1
    return field / field.sum()


DIE_HEAT, CORNER_HEAT = on(0, DIE), on(0, 2, 2)


@cache
def bare():
    """Return the package on a film to zero: symmetric, its outputs are its inputs."""
    sink = boundary_sink(GRID, K, "z+", 4e4)
    fields = np.stack([DIE_HEAT, CORNER_HEAT])
    return solid_system(SOLID._replace(sink=sink), CAPACITY, fields, fields)


@cache
def wet():
    """Return the package on coolant: die and corner heat, inlet; die, corner and outlet temperatures."""
    fields = np.stack([DIE_HEAT, CORNER_HEAT])
    return cooled_system(solid_system(SOLID, CAPACITY, fields, fields), STREAMS)


@cache
def small(shifts=SHIFTS):
    return reduce(bare(), shifts=shifts, novelty=1e-6)


@cache
def cooled():
    return reduce(wet(), FLOWS, novelty=1e-3)


def full(system, weights=(1.0,)):
    """Return (A, B) of dy/dt = -A y + B u."""
    A = sum(w * part for w, part in zip(weights, system.parts, strict=True)).toarray()
    B = sum(w * part for w, part in zip(weights, system.inputs, strict=True))
    return A / system.capacity[:, None], B / system.capacity[:, None]


def exact(system, durations, inputs, weights=(1.0,)):
    """Return outputs of the full model under held inputs, by exponentials of the whole matrix."""
    A, B = full(system, weights)
    n, m = B.shape
    both = np.zeros((n + m, n + m))
    both[:n, :n], both[:n, n:] = -A, B
    exponential = {h: expm(both * h)[:n] for h in set(durations)}
    y, found = np.zeros(n), []
    for h, u in zip(durations, inputs, strict=True):
        y = exponential[h] @ np.concatenate([y, u])
        found.append(system.outputs @ y + system.feedthrough @ u)
    return np.array(found)


def step_errors(system, model, weights=(1.0,)):
    """Return the largest error (p, m) after a step of each input, at half decades from 10 µs to 100 s."""
    instants, count = 10.0 ** np.arange(-5, 2.01, 0.5), system.feedthrough.shape[1]
    A, B = full(system, weights)
    n = len(A)
    both = np.block([[-A, B], [np.zeros((count, n + count))]])
    true = np.stack([system.outputs @ expm(both * t)[:n, n:] + system.feedthrough for t in instants])
    reduced = modes(model, weights)
    ours = np.stack(
        [[steps(reduced, [t], unit[None]).outputs[-1] for unit in np.eye(count)] for t in instants]
    ).swapaxes(1, 2)
    return np.abs(ours - true).max(0)


# --- the full model


def test_the_linear_system_has_the_steady_state_of_the_solver():
    y = factored(wet())(0.0, (1.0, 1.0, 1.0), (1e3 * wet().inputs[0][:, :1] + 20 * wet().inputs[2][:, -1:]), False)
    streams = STREAMS._replace(inlet=np.full(8, 20.0))
    expected = solve_steady(SOLID, 1e3 * DIE_HEAT, streams, tolerance=1e-12)
    assert y[: CAPACITY.size, 0] == pytest.approx(expected.temperature.ravel(), abs=1e-6)
    assert y[CAPACITY.size :, 0] == pytest.approx(coolant_mean(streams, expected.coolant).ravel(), abs=1e-6)
    out = wet().outputs @ y[:, 0] + 20 * wet().feedthrough[:, -1]
    assert out[-1] == pytest.approx(20 + 1e3 / 130, abs=1e-6)


def test_the_linear_system_moves_as_the_time_scheme_does():
    run = tr_bdf2(Body(SOLID, CAPACITY, STREAMS), 1e3 * DIE_HEAT, State(np.zeros(GRID.shape)), 0.01)
    _, state = next(islice(run, 39, None))
    expected = exact(wet(), [0.4], [[1e3, 0.0, 0.0]], (1.0, 1.0, 1.0))[0]
    assert (state.temperature * DIE_HEAT).sum() == pytest.approx(expected[0], rel=2e-4)
    assert state.coolant[:, -1].mean() == pytest.approx(expected[-1], rel=2e-4)


def dissipated(parts, weights, y):
    return sum(w * float(y @ (part @ y)) for w, part in zip(weights, parts, strict=True))


@settings(max_examples=50, deadline=None)
@given(st.tuples(*[st.floats(0, 100)] * 3), st.integers(0, 2**32 - 1))
def test_the_operator_is_dissipative_at_any_film_and_flow(weights, seed):
    y = np.random.default_rng(seed).normal(size=wet().capacity.size)
    assert dissipated(wet().parts, weights, y) >= -1e-9 * sum(weights)


def test_a_flow_that_runs_against_its_inlet_is_not_dissipative():
    *rest, rate = wet().parts
    y = np.zeros(wet().capacity.size)
    y[-1] = 1
    assert dissipated((*rest, -rate), (1.0, 1e-6, 1.0), y) < 0


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shift", [0.0, 30.0])
def test_multigrid_and_factorisation_solve_the_same_system_and_its_transpose(shift, transposed):
    rhs = np.random.default_rng(7).normal(size=(wet().capacity.size, 2))
    direct = factored(wet())(shift, FLOWS[1], rhs, transposed)
    by_cycles = iterated(SOLID, CAPACITY, STREAMS)(shift, FLOWS[1], rhs, transposed)
    assert by_cycles == pytest.approx(direct, abs=1e-6 * np.abs(direct).max())
    assert np.abs(factored(wet())(shift, FLOWS[1], rhs, not transposed) - direct).max() > 1e-3 * np.abs(direct).max()


def test_multigrid_solves_the_bare_solid_too():
    rhs = np.random.default_rng(8).normal(size=(bare().capacity.size, 2))
    solid = SOLID._replace(sink=boundary_sink(GRID, K, "z+", 4e4))
    expected = factored(bare())(2.0, (1.0,), rhs, False)
    assert iterated(solid, CAPACITY)(2.0, (1.0,), rhs, False) == pytest.approx(expected, abs=1e-7)


# --- the projection


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12), st.tuples(*[st.floats(0, 100)] * 3), st.integers(0, 2**32 - 1))
def test_no_basis_whatever_gives_a_mode_that_grows(size, weights, seed):
    root = np.sqrt(wet().capacity)[:, None]
    V = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(root), size)))[0] / root
    A = np.tensordot(weights, projected(wet(), V).parts, 1)
    assert np.linalg.eigvals(A).real.min(initial=0) >= -1e-9 * np.abs(A).max()


def test_the_reduced_solid_is_passive():
    model = small()
    A, B = model.parts[0], model.inputs[0]
    assert model.outputs == pytest.approx(B.T, abs=1e-12)
    for omega in (0.0, 1.0, 1e3, 1e6):
        G = B.T @ np.linalg.solve(A + 1j * omega * np.eye(len(A)), B + 0j)
        assert np.linalg.eigvalsh(G + G.conj().T).min() >= 0


@pytest.mark.parametrize("weights", FLOWS)
@pytest.mark.parametrize("shift", [0.0, 10.0])
def test_at_its_shifts_and_flows_the_model_is_exact(weights, shift):
    unknowns = factored(wet())(shift, weights, sum(map(np.multiply, weights, wet().inputs)), False)
    true = wet().outputs @ unknowns + wet().feedthrough
    reduced = modes(cooled(), weights)
    ours = np.real((reduced.outputs / (shift + reduced.decay)) @ reduced.inputs) + reduced.feedthrough
    assert ours == pytest.approx(true, abs=2e-4 * np.abs(true).max())  # what is not novel is left out


def test_between_its_flows_the_model_stays_close():
    error = step_errors(wet(), cooled(), BETWEEN)
    assert error[:, 0].max() * 1400 < 0.01  # die heat, 1.4 kW
    assert error[:, 2].max() < 2e-3  # inlet, per kelvin


@pytest.mark.parametrize("shifts", [(0.0, 1.0, 100.0), (0.0, 1.0, 10.0, 100.0, 1000.0)])
def test_the_error_after_a_step_is_within_its_bound_and_the_bound_is_of_use(shifts):
    error, bound = step_errors(bare(), small(shifts)), step_bound(small(shifts))
    assert (error <= bound).all()
    assert (np.diag(bound) < 100 * np.diag(error)).all()
    assert (bound < 300 * error).all()  # of a mean after heat in a spot, and of the spot after the mean


@pytest.mark.parametrize("weights", [FLOWS[0], BETWEEN])
def test_with_coolant_the_error_is_within_its_bound(weights):
    assert (step_errors(wet(), cooled(), weights) <= step_bound(cooled(), weights)).all()


def test_a_model_with_one_percent_less_conduction_breaks_its_bound():
    model = small()
    wrong = model._replace(parts=model.parts * 0.99)
    assert (step_errors(bare(), wrong) > step_bound(model)).all()


def test_the_residual_sees_one_percent_less_conduction():
    model = small()
    assert (step_bound(model._replace(parts=model.parts * 0.99)) > 100 * step_bound(model)).all()


def test_more_shifts_tighten_the_bound():
    assert (step_bound(small()) < 0.1 * step_bound(small((0.0, 1.0, 100.0)))).all()


@pytest.mark.parametrize("system, weights", [("bare", (1.0,)), ("wet", BETWEEN)])
def test_pulses_of_a_gpu_from_a_millisecond_to_minutes_are_met_within_30_millikelvin(system, weights):
    whole, model = (bare(), small()) if system == "bare" else (wet(), cooled())
    durations = np.concatenate([np.tile(PULSES[:1], 10), np.repeat(PULSES, 2)])
    heat = np.zeros((len(durations), whole.feedthrough.shape[1]))
    heat[::2, 0] = 1400.0
    ours = steps(modes(model, weights), durations, heat).outputs[1:, :2]
    true = exact(whole, durations, heat, weights)[:, :2]
    assert np.ptp(true) > 30
    assert np.abs(ours - true).max() < 0.03


# --- stepping


CELL = Modes(np.array([2.0]), np.array([[3.0]]), np.array([[5.0]]), np.zeros((1, 1)))


def test_held_and_linear_inputs_of_one_mode_by_hand():
    fade = np.exp(-2 * 0.7)
    held = steps(CELL, [0.7, 0.7], [[1.0], [0.0]]).outputs.ravel()
    assert held == pytest.approx([0, 7.5 * (1 - fade), 7.5 * (1 - fade) * fade])
    ramp = steps(CELL, [0.7], [[0.0], [0.7]]).outputs.ravel()
    assert ramp[1] == pytest.approx(7.5 * (0.7 - (1 - fade) / 2))


def test_a_zero_step_lets_a_linear_input_jump():
    jump = steps(CELL, [0.0, 0.3], [[0.0], [1.0], [1.0]]).outputs.ravel()
    assert jump[1] == 0
    assert jump[2] == pytest.approx(steps(CELL, [0.3], [[1.0]]).outputs[1, 0])


@pytest.mark.parametrize("decay", [1e-12, 1e-3, 0.0199, 0.0201, 1.0, 50.0])
def test_the_stepping_functions_hold_for_slow_and_fast_modes(decay):
    cell = Modes(np.array([decay]), np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)))
    ours = steps(cell, [1.0], [[1.0], [3.0]]).outputs[1, 0]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    t = (nodes + 1) / 2
    expected = (weights / 2 * np.exp(-decay * (1 - t)) * (1 + 2 * t)).sum()
    assert ours == pytest.approx(expected, rel=1e-9)


RINGING = np.array([[1.0, 5.0, 0.0], [-5.0, 1.0, 0.5], [0.0, 0.2, 3.0]])
ROTOR = diagonalised(RINGING, np.eye(3)[:, :2], np.eye(3), np.zeros((3, 2)))


def test_complex_modes_agree_with_the_exponential_of_the_matrix():
    u = np.array([1.0, -2.0])
    expected = np.linalg.solve(RINGING, (np.eye(3) - expm(-0.4 * RINGING))[:, :2] @ u)
    assert len(ROTOR.decay) == 2
    assert steps(ROTOR, [0.4], u[None]).outputs[1] == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 2), min_size=2, max_size=30), st.integers(0, 2**32 - 1), st.booleans())
def test_steps_in_one_go_are_steps_one_by_one(durations, seed, linear):
    u = np.random.default_rng(seed).normal(size=(len(durations) + linear, 2))
    whole, state = steps(ROTOR, durations, u), None
    for k, h in enumerate(durations):
        one = steps(ROTOR, [h], u[k : k + 1 + linear], state)
        state = one.state
        assert one.outputs[-1] == pytest.approx(whole.outputs[k + 1], abs=1e-10)
    assert state == pytest.approx(whole.state, abs=1e-10)


def test_equal_steps_take_the_short_way_to_the_same_answer():
    u = np.random.default_rng(1).normal(size=(50, 2))
    equal = steps(ROTOR, np.full(50, 0.1), u).outputs
    nearly = steps(ROTOR, np.append(np.full(49, 0.1), 0.1 + 1e-13), u).outputs
    assert nearly == pytest.approx(equal, abs=1e-10)


def test_a_settled_state_stays():
    u = np.array([2.0, 1.0])
    found = steps(ROTOR, np.full(5, 0.3), np.tile(u, (5, 1)), settled(ROTOR, u)).outputs
    assert found == pytest.approx(np.tile(np.linalg.solve(RINGING, [2.0, 1.0, 0.0]), (6, 1)))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="need as many or one more"):
        steps(CELL, [1.0], np.ones((3, 1)))
    with pytest.raises(ValueError, match="shortest step"):
        steps(CELL, [-1.0], np.ones((1, 1)))
    with pytest.raises(ValueError, match="weights"):
        modes(small(), (1.0, 2.0))
    with pytest.raises(ValueError, match="must be >= 0"):
        reduce(bare(), shifts=(-1.0,))
    with pytest.raises(ValueError, match="box scheme"):
        cooled_system(bare(), STREAMS._replace(central=True))
    assert isinstance(small(), ReducedModel)
