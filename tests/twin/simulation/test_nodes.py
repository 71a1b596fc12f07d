"""Compute trays out of step with each other in a marched rack."""

from dataclasses import replace

import numpy as np
import pytest

import power
from twin.layout.parts import parts
from twin.simulation.checkpoint import read_state, write_state
from twin.simulation.march import march
from twin.simulation.nodes import Nodes, node_loads
from twin.simulation.profile import Profile
from twin.simulation.read import schedule_from
from twin.simulation.state import energy_closure
from twin.spec.errors import SpecError

TIMES = np.arange(0.0, 4000.0, 0.03)


@pytest.mark.parametrize(("correlation", "memory"), [(0.0, 0.0), (0.0, 0.5), (0.6, 0.0), (0.6, 0.5)])
def test_the_sum_of_the_nodes_varies_as_predicted(correlation, memory):
    nodes = Nodes(spread=0.05, correlation=correlation, memory=memory, seed=3)
    found = node_loads(nodes, 0.5, 18, TIMES, TIMES[-1])
    expected = power.total_spread(power.Synchrony(nodes=18, spread=0.05, correlation=correlation, memory=memory))
    assert found.sum(axis=1).std() == pytest.approx(expected, rel=0.04)
    assert found.std() == pytest.approx(0.05, rel=0.02)
    wrong = power.total_spread(power.Synchrony(nodes=18, spread=0.05, correlation=correlation + 0.1, memory=memory))
    assert abs(found.sum(axis=1).std() / wrong - 1) > 0.04


def test_noise_is_as_wide_between_samples_as_at_them():
    nodes = Nodes(spread=0.05, memory=0.05, sample=1.0, seed=1)
    for part in (0.0, 0.25, 0.5):
        assert node_loads(nodes, 0.5, 4, np.arange(20_000.0) + part, 2e4).std() == pytest.approx(0.05, rel=0.02)


def test_nodes_lag_by_no_more_than_the_skew_and_start_together():
    ramp = Profile(time=(0.0, 10.0), value=(0.0, 1.0))
    found = node_loads(Nodes(skew=2.0, seed=5), ramp, 200, np.array([0.0, 5.0, 12.0]), 12.0)
    lag = 5.0 - 10 * found[1]
    assert lag.min() >= 0
    assert lag.max() <= 2.0
    assert lag.mean() == pytest.approx(1.0, abs=0.15)
    assert (found[0] == 0).all()
    assert (found[2] == 1).all()


def test_load_stays_within_its_bounds():
    found = node_loads(Nodes(spread=0.5), 0.9, 4, TIMES[:1000], 30.0)
    assert found.min() >= 0
    assert found.max() == 1


STEPS = {"thermal": "0.5 s", "electric": "10 ms", "loop": "5 s"}
NOISE = {"spread": 0.1, "correlation": 0.3, "memory": "0.3 s", "seed": 2}


def test_the_power_of_a_rack_varies_as_its_nodes_do(gb300):
    """As much per mean load as in step: chips are alike, and switches follow the mean; so `total_spread` holds."""
    spec = replace(gb300, rack=replace(gb300.rack, smoothing=None, store=None))
    gain = []
    for correlation in (0.2, 1.0):
        nodes = {**NOISE, "correlation": correlation}
        plan = schedule_from({"duration": "10 s", "steps": STEPS, "load": {"utilization": 0.5, "nodes": nodes}})
        states = [state for _, state in march(spec, plan)][1:]
        found = np.concatenate([state.course.rack_instants.ravel() for state in states])
        loads = node_loads(plan.nodes, 0.5, 18, np.arange(found.size + 1) * 0.01, 10.0).mean(axis=1)
        asked = (loads[1:] + loads[:-1]) / 2
        gain.append(found.std() / asked.std())
        assert np.corrcoef(found, asked)[0, 1] > 0.999
        assert abs(energy_closure(states[-1])) < 1e-11
    assert gain[0] == pytest.approx(gain[1], rel=0.02)
    assert gain[0] > 50e3


@pytest.mark.parametrize("repeat", [{}, {"repeat": "0.7 s"}])
def test_a_jump_is_seen_by_nodes_when_it_is_seen_in_step(tiny, repeat):
    spec = tiny.with_("cooling.racks_per_loop", 480)
    steps = {"thermal": "0.1 s", "electric": "0.1 s", "loop": "0.5 s"}
    load = {"utilization": [[0, 0.2], [0.3, 0.2], [0.3, 1.0], [0.7, 1.0]], **repeat}
    asked = []
    for nodes in ({}, {"nodes": {"spread": 1e-12}}):
        plan = schedule_from({"duration": "1.5 s", "steps": steps, "load": {**load, **nodes}})
        asked.append(np.concatenate([state.course.utilization for _, state in march(spec, plan) if state.course]))
    np.testing.assert_allclose(asked[1], asked[0], atol=1e-9)


def test_trays_draw_for_themselves(gb300):
    plan = schedule_from(
        {"duration": "4 s", "steps": STEPS, "load": {"utilization": [[0, 0], [4, 0.8]], "nodes": {"skew": 2}}}
    )
    *_, (_, state) = march(gb300, plan)
    place = parts(gb300.rack)
    drawn = state.chip_power[place.gpu].reshape(18, 4)
    lag = node_loads(plan.nodes, plan.load, 18, np.array([4.0]), 4.0)[0]
    assert np.corrcoef(drawn.mean(axis=1), lag)[0, 1] > 0.99
    assert np.ptp(drawn.mean(axis=1)) > 200


def test_a_saved_run_goes_on_to_the_same_noise(tiny, tmp_path):
    spec = tiny.with_("cooling.racks_per_loop", 480)
    plan = schedule_from(
        {"duration": "20 s", "steps": STEPS, "load": {"utilization": 0.5, "nodes": {**NOISE, "skew": 1}}}
    )
    whole = [state for _, state in march(spec, plan)]
    write_state(tmp_path / "state.npz", whole[2])
    on = [state for _, state in march(spec, plan, start=read_state(tmp_path / "state.npz"))]
    np.testing.assert_array_equal(on[-1].course.rack_instants, whole[-1].course.rack_instants)
    np.testing.assert_array_equal(on[-1].junction, whole[-1].junction)


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ({}, "load.nodes.spread = 0: nodes in step need no table"),
        ({"spread": 2}, "load.nodes.spread = 2: must be"),
        ({"spread": 0.1, "corelation": 0.5}, "load.nodes.corelation: no such key (near names: correlation"),
        ({"skew": "-1 s"}, "load.nodes.skew = -1 s: must be"),
        (0.1, "load.nodes = 0.1: must be a table"),
    ],
)
def test_what_does_not_fit_is_named(nodes, problem):
    with pytest.raises(SpecError) as caught:
        schedule_from({"duration": "10 s", "load": {"utilization": 1.0, "nodes": nodes}})
    assert problem in str(caught.value)


def test_too_many_samples_are_refused_before_anything_runs(tiny):
    plan = schedule_from(
        {"duration": "1000 h", "load": {"utilization": 1.0, "nodes": {"spread": 0.1, "sample": "10 ms"}}}
    )
    with pytest.raises(SpecError, match=r"load.nodes.sample = 0.01 s: gives \d+ samples of 1 nodes, must be"):
        next(march(tiny, plan))
