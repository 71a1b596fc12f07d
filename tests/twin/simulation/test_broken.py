"""What a run breaks: limits that change, parts and times that are named, a store that cannot hold its ramps."""

from dataclasses import replace

import numpy as np
import pytest

import twin
from twin.simulation.broken import breaches, stirred
from twin.simulation.fast import fast_power
from twin.spec.errors import SpecError

PULSES = {
    "duration": "20 s",
    "steps": {"thermal": "0.5 s", "electric": "10 ms", "loop": "5 s"},
    "load": {"training": {"step_time": "4 s", "communicate_time": "2 s", "edge_time": "50 ms", "communicate": 0.2}},
    "record": {"fast": ["5 s", "15 s"]},
}


def with_store(spec, **keys):
    return replace(spec, rack=replace(spec.rack, store=replace(spec.rack.store, **keys)))


@pytest.fixture(scope="module")
def pulsed(gb300):
    """A large store, and one that is too small, under the same load."""
    plan = twin.schedule_from(PULSES)
    large = with_store(gb300, capacity=4e6, recharge_time=60.0, grid_ramp_up=2e4, grid_ramp_down=2e4)
    small = with_store(gb300, capacity=2e3, recharge_time=60.0, grid_ramp_up=2e4, grid_ramp_down=2e4)
    return plan, {spec: twin.simulate(spec, plan) for spec in (large, small)}


def test_a_small_store_breaks_the_ramp_of_the_grid_and_a_large_one_does_not(pulsed):
    plan, runs = pulsed
    (large, calm), (small, torn) = runs.items()
    assert stirred(calm, large) and stirred(torn, small)
    found = {
        spec: [breach.text for breach in breaches(run, plan, spec) if "ramp" in breach.variable]
        for spec, run in runs.items()
    }
    assert found[large] == []
    assert found[small][0].startswith("the energy store is empty or full: the grid ramps at ")
    assert float(calm.rack_grid_ramp_max.max()) == pytest.approx(2e4, rel=1e-6)
    assert float(torn.store_energy_min.min()) == 0 and float(torn.store_energy_max.max()) == small.rack.store.capacity


def test_ramps_are_those_of_the_recorded_window(pulsed):
    """Intervals wholly within the window: against differences of its samples, across ticks and steps of the loop."""
    for course in pulsed[1].values():
        for name, ramp in (("rack_power_fast", "rack_ramp_max"), ("rack_grid_power_fast", "rack_grid_ramp_max")):
            power, step = fast_power(course, name)
            fastest = np.abs(np.diff(power)).max() / step
            assert float(course[ramp][1:3].max()) == pytest.approx(
                fastest, rel=1e-4
            )  # the window is in single precision


def test_only_the_names_of_a_window_have_one(pulsed):
    course = next(iter(pulsed[1].values()))
    with pytest.raises(SpecError, match="rack_power: is not recorded instant by instant; what is: rack_power_fast"):
        fast_power(course, "rack_power")


def test_a_limit_counts_from_when_it_is_set(gb300):
    plan = twin.schedule_from(
        {
            "duration": "1 min",
            "load": {"utilization": 1.0},
            "control": {"derate": False},
            "set": [{"at": "30 s", "path": "limits.hotspot", "value": "80 degC"}],
        }
    )
    course = twin.simulate(gb300, replace(plan, settings=()))
    assert breaches(course, replace(plan, settings=()), gb300) == []
    (breach,) = breaches(course, plan, gb300)
    assert breach.variable == "hotspot_temperature_max"
    assert "hot spot temperature 86.5 °C, limit 80 °C; first between 30 s and 40 s, within 30 s of 60 s" in breach.text
