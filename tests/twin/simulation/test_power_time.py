"""Milliseconds of power in a marched rack: smoothing of the modules, the store, jobs as loads, the fast window."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import twin
from power import EnergyStore, MaskBand, PowerSmoothing, RampRule
from twin.simulation.checkpoint import read_state, write_state
from twin.simulation.fast import fast_power, grid_report
from twin.simulation.march import march
from twin.simulation.pace import Pace
from twin.simulation.read import schedule_from
from twin.simulation.state import State, energy_closure
from twin.simulation.stores import settled, stored
from twin.spec.errors import SpecError
from twin.spec.types import Factory

FLOOR = PowerSmoothing(
    tmp_ceiling=1400.0,
    tmp_floor=0.6,
    ramp_up_rate=1500.0,
    ramp_down_rate=1000.0,
    ramp_down_hysteresis=1.0,
    secondary_power_floor=0.0,
    primary_floor_activation_window=0.0,
    primary_floor_target_window=0.0,
    primary_floor_activation_offset=0.0,
)
STORE = EnergyStore(
    capacity=20e3,
    charge_power=5e3,
    discharge_power=5e3,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    standing_loss=2.0,
    target_charge=0.5,
    recharge_time=5.0,
    grid_ramp_up=300.0,
    grid_ramp_down=300.0,
)
GB300 = twin.load("gb300-nvl72").rack
MS = {"thermal": "0.1 s", "electric": "1 ms", "loop": "0.5 s", "output": "1 s"}
SWING = {"utilization": [[0, 1.0], [0.7, 1.0], [0.71, 0.1], [1.4, 0.1], [1.41, 1.0]], "repeat": "2 s"}


def with_parts(spec: Factory, smoothing: PowerSmoothing | None = FLOOR, store: EnergyStore | None = STORE) -> Factory:
    return replace(spec, rack=replace(spec.rack, smoothing=smoothing, store=store))


def run(spec: Factory, start: State | None = None, **keys: object) -> list[State]:
    return [state for _, state in march(spec, schedule_from(keys), start=start)]


@pytest.fixture(scope="module")
def small(tiny) -> Factory:
    """As many of the three-slot racks on a loop as its units are made for."""
    return tiny.with_("cooling.racks_per_loop", 480)


@pytest.fixture(scope="module")
def swung(small) -> list[State]:
    return run(with_parts(small), duration="6 s", steps=MS, load=SWING)


def joined(states: list[State], name: str) -> np.ndarray:
    return np.concatenate([getattr(state.course, name) for state in states if state.course is not None])


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_constant_load_is_left_as_it_is(small, share):
    keys = {"duration": "3 s", "steps": MS, "load": {"utilization": share}}
    smooth, plain = run(with_parts(small), **keys), run(with_parts(small, None, None), **keys)
    np.testing.assert_allclose(smooth[-1].junction, plain[-1].junction, rtol=1e-9)
    np.testing.assert_allclose(joined(smooth, "rack_power"), joined(plain, "rack_power"), rtol=1e-9)
    np.testing.assert_allclose(joined(smooth, "grid_power") - joined(smooth, "rack_power"), 2 / 0.95, rtol=1e-6)
    assert smooth[-1].rest == plain[-1].rest


def test_a_rack_comes_to_rest_once_no_floor_holds_and_the_store_is_full_again(small):
    load = {"utilization": [[0, 1.0], [5, 1.0], [5, 0.3]]}
    states = run(with_parts(small), duration="30 min", steps={"electric": "0.5 s"}, load=load)
    plain = run(with_parts(small, None, None), duration="30 min", load=load)
    assert states[-2].rest > 0
    assert len(states) < len(plain) + 10
    assert abs(energy_closure(states[-1])) < 1e-9
    np.testing.assert_allclose(states[-1].junction, plain[-1].junction, rtol=1e-6)
    assert states[-1].course.grid_power[-1] - states[-1].course.rack_power[-1] == pytest.approx(2 / 0.95, rel=1e-3)


def test_energy_closes_with_floors_and_a_store(swung):
    assert max(abs(energy_closure(state)) for state in swung[1:]) < 1e-9
    assert np.ptp(joined(swung, "store_energy")) > 100
    lossless = swung[-1]._replace(stored=swung[-1].stored - joined(swung, "store_energy")[-1])
    assert abs(energy_closure(lossless)) > 1e-3


def test_the_store_stays_within_its_bounds_and_the_grid_within_its_ramps(swung):
    energy, grid = joined(swung, "store_energy"), joined(swung, "grid_instants").ravel()
    assert energy.min() > 0
    assert energy.max() < STORE.capacity
    assert np.abs(np.diff(grid)).max() <= 300e-3 * (1 + 1e-9)
    assert np.ptp(grid) < 0.5 * np.ptp(joined(swung, "rack_instants"))


def test_no_module_leaves_its_ramps(small, swung):
    gpu = [i for i, name in enumerate(twin.layout.parts.parts(small.rack).chip) if "gpu" in name]
    steps = np.diff([state.chip_power[gpu] for state in swung], axis=0)
    length = np.diff([state.time for state in swung])[:, None]
    assert (steps <= FLOOR.ramp_up_rate * length + 1e-9).all()
    assert (-steps <= FLOOR.ramp_down_rate * length + 1e-9).all()


def test_a_floor_burns_and_warms_a_ramp_slows(small):
    load = {"utilization": [["0 s", 1.0], ["1 s", 1.0], ["1 s", 0.1], ["5 s", 0.1], ["5 s", 1.0], ["6 s", 1.0]]}
    keys = {"duration": "6 s", "steps": {**MS, "electric": "10 ms", "loop": "0.1 s"}, "load": load}
    smooth, plain = run(with_parts(small), **keys), run(with_parts(small, None), **keys)
    at = {round(state.time, 3): (state, other) for state, other in zip(smooth, plain, strict=True)}
    held, without = at[1.8]
    assert held.course.floor_share[-1] == 1
    assert held.course.floor_power[-1] > 100
    assert held.junction[:2].min() > without.junction[:2].max() + 1
    assert held.course.chip_power[-1].max() == pytest.approx(0.6 * 1400, rel=1e-9)
    freed, _ = at[4.0]  # the hysteresis and both ramps are over
    assert freed.course.floor_power[-1] == pytest.approx(0, abs=1e-3)
    rising, fast = at[5.2]
    assert rising.clock.min() < 0.9 * fast.clock.min()
    assert smooth[-1].clock.min() == pytest.approx(plain[-1].clock.min(), rel=0.02)


def test_finer_instants_converge(small):
    """Of first order at least: the machine decides at instants."""
    load = {"utilization": (0.55 - 0.45 * np.cos(np.pi * np.arange(81) / 20)).round(6).tolist()}
    load = {"utilization": [[0.05 * i, share] for i, share in enumerate(load["utilization"])]}
    ends = [
        run(with_parts(small), duration="2 s", steps={**MS, "electric": step}, load=load)[-1].junction
        for step in ("20 ms", "10 ms", "5 ms", "2.5 ms")
    ]
    apart = np.abs(np.diff(ends, axis=0)).max(axis=1)
    assert apart[-1] < apart[0] / 3, apart


def test_a_saved_run_goes_on_to_the_same_bits(small, tmp_path, swung):
    for number in (5, 9):
        write_state(tmp_path / "state.npz", swung[number])
        on = run(with_parts(small), start=read_state(tmp_path / "state.npz"), duration="6 s", steps=MS, load=SWING)
        for name in ("grid_instants", "store_energy", "floor_power", "junction"):
            np.testing.assert_array_equal(joined(on, name), joined(swung[number + 1 :], name), err_msg=name)


def test_a_rack_without_either_draws_what_the_grid_gives(small, tmp_path):
    states = run(with_parts(small, None, None), duration="1 s", steps=MS, load=SWING)
    np.testing.assert_array_equal(joined(states, "grid_power"), joined(states, "rack_power"))
    write_state(tmp_path / "state.npz", states[-1])
    kept = read_state(tmp_path / "state.npz")
    assert kept.smoothing is None
    assert kept.store is None


@pytest.mark.parametrize("instants", [1, 40])
def test_the_store_alone_conserves_energy_at_any_step(instants):
    pace = Pace(0, 20, instants, 1.0)
    load = 3e3 + 2e3 * np.random.default_rng(1).random(20 * instants + 1)
    start = settled(STORE, 3e3)
    found = stored(replace(GB300, store=STORE), start, load, pace)
    taken = (found.grid.mean(axis=1) - found.loss).sum() * pace.step
    given = ((load[1:] + load[:-1]) / 2).sum() / instants
    assert taken - given == pytest.approx(float(found.energy[-1] - found.energy[0]), abs=1e-6)
    assert found.energy.min() >= 0
    assert found.energy.max() <= STORE.capacity


@pytest.mark.parametrize("load", [132e3, 60e3])
def test_a_lost_bank_takes_its_supplies_energy_along_and_brings_it_back(load):
    half = twin.load("gb300-nvl72").with_("rack.stack.top-shelves.in_service", False).rack
    pace, calm = Pace(0, 1, 10, 0.1), np.full(11, load)
    start = settled(GB300.store, load)
    lost = stored(half, start, calm, pace)
    swung = stored(half, lost.state, calm + np.linspace(0, 20e3, 11), pace)
    back = stored(GB300, swung.state, calm + 20e3, pace)
    assert lost.energy[0] == pytest.approx(start.energy / 2)
    assert lost.energy.max() <= half.store_in_service.capacity
    assert (lost.held[0], swung.held[0], back.held[0]) == pytest.approx(
        (start.energy, lost.held[-1], swung.held[-1]), rel=1e-14
    )
    assert back.state.away == 0
    assert back.energy[0] == pytest.approx(swung.energy[-1] + start.energy / 2)


@pytest.mark.slow
def test_energy_closes_over_a_bank_that_is_lost_and_comes_back():
    steps = {"thermal": "0.1 s", "electric": "10 ms", "loop": "0.5 s", "output": "0.5 s"}
    lost = {"at": "0.7 s", "until": "1.3 s", "kind": "shelf_bank_loss", "part": ["top-shelves"]}
    plan = {"duration": "2 s", "load": SWING, "steps": steps, "event": [lost]}
    found = twin.simulate(twin.load("gb300-nvl72"), schedule_from(plan))
    assert abs(found.energy_closure_relative) < 1e-9
    whole = GB300.store.capacity
    assert found.store_energy.values[1] < 0.5 * whole
    assert np.ptp(found.heat_stored.values[:2]) > 100


JOB = {
    "step_time": "2 s",
    "communicate_time": "0.5 s",
    "steps_per_block": 2,
    "evaluate_time": "1 s",
    "edge_time": "20 ms",
    "communicate": 0.3,
    "evaluate": 0.5,
}


def test_a_training_job_repeats_its_phases():
    load = schedule_from({"duration": "1 h", "load": {"training": JOB}}).load
    assert load.repeat == 5.0
    assert [load.at(t) for t in (1.0, 1.8, 3.0, 3.8, 4.5, 6.0, 3501.0)] == [1.0, 0.3, 1.0, 0.3, 0.5, 1.0, 1.0]
    assert load.at(0.01) == pytest.approx(0.75)


def test_inference_follows_its_seed():
    asked = {"request_rate": "50 1/s", "service_time": "2 s", "slots": 200, "idle": 0.1, "sample": "0.5 s"}
    one, same, other = (
        schedule_from({"duration": "10 min", "load": {"inference": {**asked, "seed": seed}}}).load for seed in (1, 1, 2)
    )
    assert one == same != other
    assert np.mean(one.value[20:]) == pytest.approx(0.1 + 0.9 * 0.5, rel=0.05)


def test_a_measured_power_is_what_the_rack_draws(small, tmp_path):
    lowest, highest = (float(twin.solve(small.with_("load.utilization", u))["summary"].rack_power) for u in (0.2, 0.8))
    (tmp_path / "meter.csv").write_text(f"time_s,rack_power_w\n0,{lowest}\n5,{lowest}\n10,{highest}\n")
    keys = {"duration": "10 min", "steps": {"output": "5 s"}, "load": {"power_file": "meter.csv"}}
    plan = schedule_from(keys, tmp_path)
    course = twin.simulate(with_parts(small, None, None), plan)
    assert float(course.rack_power[0]) == pytest.approx(lowest, rel=1e-4)
    assert float(course.rack_power[-1]) == pytest.approx(highest, rel=1e-4)
    (tmp_path / "meter.csv").write_text("time_s,rack_power_w\n0,1e6\n")
    plan = schedule_from({"duration": "10 s", "load": {"power_file": "meter.csv"}}, tmp_path)
    with pytest.raises(SpecError, match=r"load.power_file: 1000 kW at 0 s: must be .* kW, what the rack draws"):
        twin.simulate(small, plan)


def test_the_fast_window_has_every_instant(small, tmp_path, swung):
    plan = schedule_from(
        {"duration": "6 s", "steps": MS, "load": SWING, "record": {"fast": ["1.5 s", "3.3 s"]}},
    )
    spec = with_parts(small)
    course = twin.simulate(spec, plan)
    series, step = fast_power(course)
    every = joined(swung, "grid_instants").ravel()
    np.testing.assert_allclose(series, every[1500:3300], rtol=1e-6)
    assert step == pytest.approx(1e-3)
    whole = course.rack_grid_power_fast.isel(time=2)
    assert float(whole.mean()) == pytest.approx(float(course.rack_grid_power[2]), rel=1e-6)
    rule = RampRule(ramp_up=301.0, ramp_down=301.0, ramp_window=0.1, dynamic_range=1e5, range_window=1.0)
    report = grid_report(course, rule, [MaskBand(lower=1.2, upper=20.0, amplitude=1e4, rms=1e4)])
    assert bool(report.passed)
    with pytest.raises(SpecError, match=r"record.fast: power lasts 1.8 s"):
        grid_report(course, rule, [MaskBand(lower=0.1, upper=0.2, amplitude=1e4, rms=1e4)])
    kept = twin.simulate(spec, plan, store=tmp_path / "run.zarr")
    np.testing.assert_array_equal(kept.rack_grid_power_fast.values, course.rack_grid_power_fast.values)


def test_the_window_of_a_rack_at_rest_is_full(small):
    plan = {"duration": "5 min", "steps": {"electric": "0.2 s"}, "record": {"fast": ["150 s", "250 s"]}}
    course = twin.simulate(with_parts(small), schedule_from({**plan, "load": {"utilization": 0.5}}))
    series, step = fast_power(course)
    assert (series.size, step) == (500, pytest.approx(0.2))
    np.testing.assert_allclose(series, float(course.rack_grid_power[-1]), rtol=1e-6)


def test_the_schedule_of_the_page_runs(small):
    page = (Path(__file__).resolve().parents[3] / "docs" / "simulate.md").read_text()
    raw = tomllib.loads(page.split("## Milliseconds of power")[1].split("```toml\n")[1].split("```")[0])
    course = twin.simulate(small, schedule_from({**raw, "duration": "2 s", "record": {"fast": ["0.5 s", "1 s"]}}))
    assert fast_power(course)[0].size == 500


CHAT = {"request_rate": 1, "service_time": 1, "slots": 2}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"load": {"training": {"step_time": "1 s", "communicate_time": "2 s"}}}, "communicate_time = 2.0: must be <"),
        ({"load": {"training": {}}}, "load.training.step_time: is missing"),
        ({"load": {"training": {**JOB, "steps_per_block": 100_000, "blocks_per_checkpoint": 9}}}, "must be ≤ 250000"),
        ({"load": {"training": JOB, "inference": {}}}, "load: training and inference tell the load together"),
        (
            {"load": {"training": {"step_time": 0.5, "communicate_time": 0.1}}},
            "load.training: its period = 0.5 s: must be ≥ steps.thermal",
        ),
        ({"load": {"inference": {**CHAT, "idle": 0.9, "full": 0.1}}}, "≥ idle"),
        ({"load": {"inference": {**CHAT, "sample": "1 us"}}}, "must be ≤ 1000000"),
        ({"record": {"fast": ["3 s", "2 s"]}}, "record.fast = 3 s, 2 s: must end after it starts"),
        ({"record": {"fast": "all"}}, "record.fast = all: must be a list"),
    ],
)
def test_what_does_not_fit_is_named(keys, problem):
    with pytest.raises(SpecError) as caught:
        schedule_from({"duration": "10 s", "load": {"utilization": 1.0}, **keys})
    assert problem in str(caught.value)


def test_a_window_of_too_many_instants_is_refused(small):
    steps = {"thermal": "0.1 s", "electric": "0.1 ms", "output": "10 s"}
    plan = schedule_from(
        {"duration": "10 s", "steps": steps, "load": {"utilization": 1.0}, "record": {"fast": ["0 s", "1 s"]}}
    )
    with pytest.raises(SpecError, match="an output interval of 10 s has 100000 instants, must be ≤ 20000"):
        twin.simulate(small, plan)
