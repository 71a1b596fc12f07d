"""The reduced model of a package: its steady limit, steps and pulses against the full model, estimate and bound."""

import importlib
from functools import cache
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_package import BLACKWELL, PLATE, RUBIN, RUBIN_PLATE, SLAB

from thermal.assembly import CELL, package_problem, package_solid, package_stream
from thermal.package_field import package_rise
from thermal.package_model import OUTPUTS, package_model, package_modes, package_steps, reduced_model, weights_at
from thermal.package_system import DEPTH, package_system, plate_state, split_face, with_spots
from thermal.volumes.estimate import step_estimate, step_responses
from thermal.volumes.modal import settled, steps
from thermal.volumes.reduced import filled_basis, modes, projected, step_bound
from thermal.volumes.stack import heat_capacity as stack_capacity
from thermal.volumes.steady import solve_steady
from thermal.volumes.transient import Body, State, tr_bdf2

PAIRS = {"lidded": (BLACKWELL, PLATE), "bare": (RUBIN, RUBIN_PLATE)}
COARSE = 4e-3
POWER = 1400.0
SPLIT = np.array([0.72, 0.19, 0.09, 0.0])
INSTANTS = np.geomspace(1e-3, 100, 51)


@cache
def model(kind="lidded"):
    return package_model(*PAIRS[kind], cell=COARSE)


def flows(plate=PLATE, count=7):
    return np.geomspace(plate.flow_min, plate.flow_max, count)


def state(flow, plate=PLATE):
    return plate_state(plate, "pg25", flow)


def body(kind, cell, inverse_film, capacity_rate):
    """Return the full model with its coolant, and the heat of the module."""
    problem = package_problem(*PAIRS[kind], cell)
    grid = problem.grid
    _, reference = state(PLATE.flow_max)
    per_volume = reference / PLATE.flow_max
    lines = package_stream(problem, inverse_film, capacity_rate, 0.0)
    lines = lines._replace(capacity=DEPTH * per_volume * np.outer(grid.dx, grid.dy))
    nothing = problem.conductivity[2] == 0
    capacity = stack_capacity(problem.stack, grid)
    assert (capacity[nothing] == 0).all()
    return problem, Body(package_solid(problem), capacity, lines), POWER * problem.module / 2


def outputs(problem, body, heat, state, spot):
    probes = problem.probes
    die, memory, case = (
        float(probe.read(state.temperature, heat)[0]) for probe in (probes.die, probes.memory, probes.case)
    )
    face = float(probes.spot.read(state.temperature, heat)[spot])
    rate = body.streams.rate
    return die, face, memory, case, float(state.coolant[:, -1] @ rate / rate.sum())


def hot_cell(problem, found, heat):
    return int(problem.probes.spot.read(found.temperature, heat).argmax())


def true_step(kind, flow, cell=COARSE, each=50):
    """Return instants and outputs of the full model after a step of power, by TR-BDF2 in steps that grow tenfold."""
    problem, whole, heat = body(kind, cell, *state(flow, PAIRS[kind][1]))
    spot = hot_cell(problem, solve_steady(whole.solid, heat, whole.streams), heat)
    now, t, found = State(np.zeros(heat.shape)), 0.0, []
    for end in 10.0 ** np.arange(-4, 3):
        h = (end - t) / each
        stages = islice(tr_bdf2(whole, heat, now, h, tolerance=1e-7), each)
        for after, now in stages:
            found.append((t + after, *outputs(problem, whole, heat, now, spot)))
        t = end
    return np.array(found)[:, 0], np.array(found)[:, 1:]


@cache
def truth(kind, i):
    return true_step(kind, flows(PAIRS[kind][1])[i])


def our_step(model, flow, instants, plate=PLATE):
    return step_responses(package_modes(model, *state(flow, plate)), instants) @ (SPLIT * POWER)


# --- steady


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("i", [0, 2, 3, 5, 6])
def test_in_steady_state_it_is_the_finite_volume_package(kind, i):
    package, plate = PAIRS[kind]
    w, rate = state(flows(plate)[i], plate)
    split = model(kind).split
    assert split.sum() == pytest.approx(1)
    ours = package_modes(model(kind), w, rate)
    y = POWER * (np.real(ours.outputs @ settled(ours, split)) + ours.feedthrough @ split)
    R = package_rise(package_problem(package, plate, COARSE), w, rate).resistance
    true = POWER * (np.array(R) + 1 / (2 * rate))
    assert y[[0, 2, 3]] == pytest.approx(
        true[[0, 2, 3]], abs=1e-4 if i in (0, 3, 6) else 0.005
    )  # three flows are exact
    assert true[1] - 1.5 < y[1] < true[1] + 0.03  # a cell, where the package has the peak between cells
    assert y[4] == pytest.approx(POWER / rate, rel=1e-6)


def test_the_spot_follows_the_coolant_downstream():
    rows = [package_modes(model(), *state(flow)) for flow in flows()[[0, -1]]]
    fixed = [modes(reduced_model(model()), weights_at(model(), *state(flow))) for flow in flows()[[0, -1]]]
    for moving, still in zip(rows, fixed, strict=True):
        here, there = (
            (np.real(each.outputs @ settled(each, SPLIT)) + each.feedthrough @ SPLIT)[1] for each in (moving, still)
        )
        assert here >= there - 1e-12


def test_an_inlet_that_rises_lifts_everything_by_as_much():
    ours = package_modes(model(), *state(flows()[2]))
    y = np.real(ours.outputs @ settled(ours, [0, 0, 0, 7.0])) + ours.feedthrough @ [0, 0, 0, 7.0]
    assert y == pytest.approx(np.full(len(OUTPUTS), 7.0), rel=2e-5)


# --- over time


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("i", [0, 2])
def test_a_step_of_a_gpu_is_followed_within_30_millikelvin_at_a_flow_it_knows_and_one_it_does_not(kind, i):
    instants, true = truth(kind, i)
    ours = our_step(model(kind), flows(PAIRS[kind][1])[i], instants, PAIRS[kind][1])
    late = instants >= 1e-3
    assert np.ptp(true[:, 1]) > 30
    assert np.abs(ours - true)[late].max() < 0.03


def test_a_model_with_one_percent_less_heat_capacity_is_found_out():
    instants, true = truth("lidded", 2)
    m = model()
    quick = m._replace(parts=1.01 * m.parts, inputs=1.01 * m.inputs)
    assert np.abs(our_step(quick, flows()[2], instants) - true).max() > 0.1


def test_pulse_trains_from_a_millisecond_to_seconds_are_followed():
    flow = flows()[3]
    problem, whole, heat = body("lidded", COARSE, *state(flow))
    spot = hot_cell(problem, solve_steady(whole.solid, heat, whole.streams), heat)
    now, true, durations = State(np.zeros(heat.shape)), [], []
    for pulse in (1e-3, 0.03, 1.0):
        for on in (1, 0, 1, 0):
            stages = tr_bdf2(whole, on * heat, now, pulse / 25, tolerance=1e-7)
            *_, (_, now) = islice(stages, 25)
            true.append(outputs(problem, whole, on * heat, now, spot))
            durations.append(pulse)
    u = np.zeros((len(durations), 4))
    u[::2] = POWER * SPLIT
    ours = steps(package_modes(model(), *state(flow)), durations, u).outputs[1:]
    assert np.ptp(np.array(true)[:, 1]) > 20
    assert np.abs(ours - true).max() < 0.03


@pytest.mark.slow
def test_the_whole_grid_of_a_gpu_is_followed_within_30_millikelvin():
    flow = flows()[2]
    instants, true = true_step("lidded", flow, CELL, each=100)
    ours = our_step(package_model(BLACKWELL, PLATE), flow, instants)
    assert np.abs(ours - true)[instants >= 1e-3].max() < 0.03


FINE = 1.7e-3
"""cells of which the spot has many [m]"""


@cache
def hottest_step():
    """Return instants and the hottest face cell of the full model after a step at the least flow."""
    problem, whole, heat = body("lidded", FINE, *state(PLATE.flow_min))
    now, t, instants, faces = State(np.zeros(heat.shape)), 0.0, [], []
    for end in (1e-3, 1e-2, 0.1, 1.0, 10.0):
        h = (end - t) / 20
        stages = islice(tr_bdf2(whole, heat, now, h, tolerance=1e-6), 20)
        for after, now in stages:
            instants.append(t + after)
            faces.append(problem.probes.spot.read(now.temperature, heat))
        t = end
    return np.array(instants), np.array(faces).max(1)


def test_the_hottest_point_is_followed_as_it_moves_downstream_at_the_least_flow():
    instants, true = hottest_step()
    m, at = package_model(*PAIRS["lidded"], cell=FINE), state(PLATE.flow_min)
    u = np.tile(POWER * SPLIT, (len(instants), 1))
    ours = package_steps(m, at, np.diff(instants, prepend=0.0), u)
    late = instants >= 2e-3
    assert np.abs(ours.outputs[1:, 1] - true)[late].max() < 0.05
    one = steps(package_modes(m, *at), np.diff(instants, prepend=0.0), u)
    assert (true - one.outputs[1:, 1]).max() > 0.5  # the cell that ends hottest is not the hottest before
    assert np.delete(ours.outputs, 1, axis=1) == pytest.approx(np.delete(one.outputs, 1, axis=1), abs=1e-9)
    assert ours.state == pytest.approx(one.state, rel=1e-9)


def test_the_field_on_the_face_of_the_spot_is_kept_to_a_millikelvin_in_few_shapes():
    rng, m, at = np.random.default_rng(6), package_model(*PAIRS["lidded"], cell=FINE), state(PLATE.flow_min)
    problem = package_problem(*PAIRS["lidded"], FINE)
    assert m.shapes.shape == (problem.probes.spot.cells.size, len(m.face))
    u = rng.uniform(0, POWER, (200, 4)) * [*SPLIT[:3], 0.005]
    found = package_steps(m, at, [0.1] * 200, u).outputs
    linear, each = package_modes(m, *at), []
    for cell in m.shapes:
        fixed = m._replace(shapes=cell[None])
        each.append(steps(package_modes(fixed, *at), [0.1] * 200, u).outputs[:, 1])
    assert found[:, 1] == pytest.approx(np.max(each, axis=0), abs=1e-9)
    assert (found[:, 1] > steps(linear, [0.1] * 200, u).outputs[:, 1] - 1e-9).all()
    rows = rng.standard_normal((60, 12)) * 0.1 ** np.arange(12)
    shapes, face = split_face(rows)
    assert shapes.shape[1] == len(face) < 9
    assert shapes @ face == pytest.approx(rows, abs=1e-5 * np.linalg.norm(rows))


def test_with_linear_inputs_the_drop_to_the_face_is_that_of_the_end_of_each_step():
    at, u = state(flows()[1]), np.outer([0.0, 1.0, 0.5], POWER * SPLIT)
    ours = package_steps(model(), at, [100.0, 0.0], u[[0, 1, 1]])
    one = steps(package_modes(model(), *at), [100.0, 0.0], u[[0, 1, 1]])
    assert ours.outputs[-1] == pytest.approx(one.outputs[-1], abs=0.02)
    assert ours.outputs[-1, 1] > one.outputs[-1, 1] - 1e-9


def test_steps_of_a_package_go_on_from_their_state_and_end_in_the_hottest_cell_of_the_steady_field():
    at, u = state(flows()[1]), np.tile(POWER * SPLIT, (6, 1))
    whole = package_steps(model(), at, [0.1, 0.2, 0.3, 1.0, 30.0, 300.0], u)
    first = package_steps(model(), at, [0.1, 0.2, 0.3], u[:3])
    rest = package_steps(model(), at, [1.0, 30.0, 300.0], u[3:], first.state)
    assert rest.outputs == pytest.approx(whole.outputs[3:], abs=1e-9)
    ours = package_modes(model(), *at)
    steady = np.real(ours.outputs @ settled(ours, SPLIT)) + ours.feedthrough @ SPLIT
    assert whole.outputs[-1] == pytest.approx(POWER * steady, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-7, 1e-2), st.floats(0.1, 1e4))
def test_no_mode_grows_at_any_film_and_flow(w, rate):
    assert package_modes(model(), w, rate).decay.real.min() > 0


# --- what it says of its own error


def richest(kind):
    """Return the model on a basis so large that its error is far below that of the model's, and the weights of five."""
    package, plate = PAIRS[kind]
    states = [state(flow, plate) for flow in flows(plate, 5)]
    problem = package_problem(package, plate, COARSE)
    blind, solve = package_system(problem, "pg25", *states[2])
    at = [weights_at(model(kind), *each) for each in states]
    whole = package_rise(problem, *states[2]).solid
    probe = problem.probes.spot
    system = with_spots(blind, problem, probe.cells[probe.read(whole, problem.module / 2).argmax()])
    points = [(shift, weights) for shift in (0.0, 0.3, 2.0, 10.0, 60.0, 300.0, 2e3, 2e4) for weights in at[::2]]
    return projected(system, filled_basis(system, points, solve=solve), bounded=False), at


@pytest.mark.parametrize("kind", PAIRS)
def test_the_estimate_is_within_a_factor_of_three_of_the_error_and_the_bound_above_it(kind):
    rich, at = richest(kind)
    ours = reduced_model(model(kind))
    error = np.max([step_estimate(ours, rich, weights) for weights in at], axis=0)
    share = error[:4, :3] / model(kind).error[:4, :3]  # heat, and what is not the outlet
    assert (share < 3).all()
    assert (share > 1 / 3).all()
    for weights in (at[0], at[3]):
        assert (step_estimate(ours, rich, weights) <= step_bound(ours, weights)).all()


def test_the_estimate_sees_a_model_that_misses_its_fast_states():
    ours = reduced_model(model())
    slow = ours._replace(parts=ours.parts[:, :40, :40], inputs=ours.inputs[:, :40], outputs=ours.outputs[:, :40])
    weights = weights_at(model(), *state(flows()[3]))
    assert (step_estimate(slow, ours, weights)[:3, 0] > 10 * model().error[:3, 0]).all()


def test_the_first_states_of_a_wider_basis_are_those_of_the_narrower():
    problem = package_problem(BLACKWELL, PLATE, COARSE)
    system, solve = package_system(problem, "pg25", *state(flows()[3]))
    narrow = filled_basis(system, [(1.0, (1.0, 1.0, 1.0))], solve=solve)
    wide = filled_basis(system, [(100.0, (1.0, 1.0, 1.0))], solve=solve, start=narrow)
    assert narrow.shape[1] < wide.shape[1]
    assert np.array_equal(wide[:, : narrow.shape[1]], narrow)
    assert wide.T @ (system.capacity[:, None] * wide) == pytest.approx(np.eye(wide.shape[1]), abs=1e-9)
    assert projected(system, wide, bounded=False).residual.size == 0


def test_responses_after_a_step_are_those_of_stepping():
    ours = package_modes(model(), *state(flows()[1]))
    instants = np.array([0.01, 0.3, 5.0])
    u = np.array([500.0, 100.0, 50.0, 3.0])
    stepped = steps(ours, np.diff(instants, prepend=0.0), np.tile(u, (3, 1))).outputs[1:]
    assert step_responses(ours, instants) @ u == pytest.approx(stepped, abs=1e-8)


# --- its edges


def test_without_memory_there_is_no_memory_temperature():
    slab = package_model(SLAB, PLATE, cell=6e-3)
    y = steps(package_modes(slab, *state(3e-5)), [1.0, 1.0], [[700.0, 0.0, 0.0, 0.0]] * 2).outputs
    assert np.isnan(y[:, OUTPUTS.index("memory")]).all()
    assert np.isfinite(np.delete(y, OUTPUTS.index("memory"), axis=1)).all()
    assert np.isfinite(slab.error).all()


def test_more_flow_never_heats():
    ends = []
    for flow in flows():
        ours = package_modes(model(), *state(flow))
        ends.append((np.real(ours.outputs @ settled(ours, SPLIT)) + ours.feedthrough @ SPLIT)[:4])
    assert all((more < less).all() for less, more in pairwise(ends))


def test_a_model_is_found_again_in_its_folder(tmp_path, monkeypatch):
    made = package_model(SLAB, PLATE, cell=8e-3, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    module = importlib.import_module("thermal.package_model")  # the name in `thermal` is the function

    module._model.cache_clear()
    monkeypatch.setattr(module, "_reduced", None)
    again = package_model(SLAB, PLATE, cell=8e-3, folder=tmp_path)
    for one, other in zip(made, again, strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    assert not again.parts.flags.writeable


@pytest.mark.parametrize(("w", "rate"), [(-1e-6, 140.0), (1e-5, 0.0), (np.nan, 1.0)])
def test_films_and_flows_without_meaning_are_refused(w, rate):
    with pytest.raises(ValueError, match="open the branch"):
        package_modes(model(), w, rate)
