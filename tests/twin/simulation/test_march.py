"""The march in time: steady state, order, energy, events, going on from a saved state."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import twin
from twin.simulation.checkpoint import read_state, write_state
from twin.simulation.march import INSTANTS, march
from twin.simulation.read import schedule_from
from twin.simulation.start import first_state
from twin.simulation.state import State, energy_closure
from twin.spec.errors import ConvergenceError, SpecError

SPEC = "gb300-nvl72"
WAVE = {"utilization": [["0 s", 0.4], ["60 s", 0.9], ["140 s", 0.5], ["200 s", 0.5]]}


def run(spec=None, start: State | None = None, **keys: object) -> list[State]:
    """All states of a run."""
    return [state for _, state in march(spec or twin.load(SPEC), schedule_from(keys), start=start)]


def die_means(state: State) -> np.ndarray:
    return state.junction


def test_the_start_is_the_steady_state():
    state = first_state(twin.load(SPEC), schedule_from({"duration": "1 s", "load": {"utilization": 0.6}}))
    steady = twin.solve(twin.load(SPEC).with_("load.utilization", 0.6))
    np.testing.assert_allclose(state.junction, steady["thermal"].junction_temperature, rtol=1e-9)
    assert state.rack_power == pytest.approx(float(steady["summary"].rack_power), rel=1e-9)


@pytest.mark.parametrize("share", [1.0, 0.35])
def test_a_constant_load_settles_at_the_steady_solve(share):
    """From another load, an hour of constant load comes to the solve of the steady rack: 1e-6 of every number."""
    load = {"utilization": [["0 s", 0.7], ["10 s", 0.7], ["10 s", share]]}
    state = run(duration="1 h", steps={"thermal": "1 s", "loop": "10 s"}, load=load)[-1]
    steady = twin.solve(twin.load(SPEC).with_("load.utilization", share))
    np.testing.assert_allclose(state.course.junction[-1], steady["thermal"].junction_temperature, rtol=1e-6)
    np.testing.assert_allclose(state.course.hotspot[-1], steady["thermal"].hotspot_temperature, rtol=1e-6)
    np.testing.assert_allclose(state.course.memory[-1], steady["thermal"].memory_temperature, rtol=1e-6)
    for ours, name in (
        (state.rack_power, "rack_power"),
        (state.unit.flow, "coolant_flow"),
        (state.course.back[-1], "coolant_return_temperature"),
        (state.heat, "liquid_heat"),
        (state.course.section_current[-1], "busbar_section_current_max"),
        (state.course.bus_voltage[-1], "bus_voltage_min"),
    ):
        assert ours == pytest.approx(float(steady["summary"][name]), rel=1e-6), name


def test_a_rack_that_derates_settles_at_the_steady_solve_too():
    hot = twin.load(SPEC).with_("limits.junction", 345.15)
    load = {"utilization": [["0 s", 0.6], ["10 s", 0.6], ["10 s", 1.0]]}
    state = run(hot, duration="8 min", load=load)[-1]
    steady = twin.solve(hot)
    assert float(steady["summary"].clock_min) < 0.9
    np.testing.assert_allclose(state.junction, steady["thermal"].junction_temperature, rtol=1e-6)
    np.testing.assert_allclose(state.chip_power, steady["power"].chip_power, rtol=1e-5)


def test_energy_closes_over_the_whole_run():
    """To 1e-9 of what was supplied, through a load that moves, a pump that fails and a tray that is lost."""
    events = [
        {"at": "30 s", "until": "50 s", "kind": "pump_trip", "remaining": 0.4},
        {"at": "80 s", "kind": "tray_loss", "part": "compute-05"},
        {"at": "120 s", "until": "150 s", "kind": "facility_water_loss", "remaining": 0.2},
    ]
    states = run(duration="200 s", load=WAVE, event=events)
    closures = [energy_closure(state) for state in states[1:]]
    assert np.abs(closures).max() < 1e-9
    assert abs(states[-1].stored - states[-1].stored_first) > 1e3


def test_one_percent_less_air_heat_would_not_close():
    state = run(duration="200 s", load=WAVE)[-1]
    leaky = state._replace(energy=state.energy._replace(air=0.99 * state.energy.air))
    assert abs(energy_closure(leaky)) > 1e-4


def test_halving_the_steps_quarters_the_error():
    """Steps of loop and packages halved together under a smooth load, policies held: order 2 within 0.1.

    Successive differences, so that no truth is needed; finer than a second, where packages no longer settle in a step.
    """
    points = np.arange(0, 40.1, 0.078125)
    load = {"utilization": [[t, 0.55 - 0.25 * np.cos(2 * np.pi * t / 100)] for t in points.tolist()]}
    fixed = twin.load(SPEC).with_("cooling.volume_flow", "150 L/min")

    def end(loop: float) -> np.ndarray:
        steps = {"thermal": loop, "loop": loop, "control": 40.0, "output": 40.0}
        return run(fixed, duration="40 s", steps=steps, load=load, control={"derate": False})[-1].junction

    ends = [end(loop) for loop in (0.625, 0.3125, 0.15625)]
    coarse, fine = np.abs(np.diff(ends, axis=0)).max(axis=1)
    assert abs(np.log2(coarse / fine) - 2) < 0.1, (coarse, fine)


def test_a_pump_that_trips_heats_every_gpu_and_never_cools_one():
    before, *after = run(
        duration="6 s",
        steps={"thermal": "0.2 s", "loop": "1 s"},
        load={"utilization": 1.0},
        event=[{"at": "1 s", "kind": "pump_trip", "remaining": 0.3}],
        control={"flow": "fixed"},
    )
    warmer = np.diff([state.junction for state in after], axis=0)
    assert warmer.min() > -1e-6
    assert (after[-1].junction - before.junction).min() > 0.5


def test_a_chip_that_passes_its_limit_switches_itself_off_for_good():
    states = run(
        duration="40 s",
        steps={"thermal": "0.5 s", "loop": "1 s"},
        load={"utilization": 1.0},
        event=[{"at": "2 s", "until": "20 s", "kind": "blocked_plate", "part": "compute-03/gpu-1", "remaining": 0.01}],
    )
    last = states[-1].course
    assert last.alive.sum() == len(last.alive) - 1
    assert last.chip_power[-1][~last.alive].max() == 0
    assert last.junction[-1][~last.alive].max() < 273.15 + 70


def test_a_lost_bank_moves_the_current_to_the_other_end_and_back():
    event = {"at": "20 s", "until": "40 s", "kind": "shelf_bank_loss", "part": "top-shelves"}
    states = run(duration="80 s", load={"utilization": 1.0}, event=[event])
    before, lost, mended = ([s for s in states[1:] if s.time <= end][-1].course for end in (20, 40, 80))
    assert lost.section_current[-1] == pytest.approx(2 * before.section_current[-1], rel=0.01)
    assert mended.section_current[-1] == pytest.approx(before.section_current[-1], rel=1e-3)


def test_nothing_moves_where_nothing_changes():
    states = run(duration="100 s", load={"utilization": 0.5})
    for state in states[1:]:
        np.testing.assert_allclose(state.junction, states[0].junction, rtol=1e-9)
        assert state.rack_power == pytest.approx(states[0].rack_power, rel=1e-9)


def test_a_run_goes_on_from_a_saved_state_bit_for_bit(tmp_path):
    keys = {
        "duration": "200 s",
        "load": WAVE,
        "event": [{"at": "75 s", "until": "115 s", "kind": "pump_trip", "remaining": 0.5}],
    }
    whole = run(**keys)
    for half in (state for state in whole if round(state.time) in (60, 75, 80, 150)):
        write_state(tmp_path / "state.npz", half)
        rest = run(start=read_state(tmp_path / "state.npz"), **keys)
        assert rest[-1].time == whole[-1].time
        np.testing.assert_array_equal(rest[-1].junction, whole[-1].junction)
        np.testing.assert_array_equal(rest[-1].course.chip_power, whole[-1].course.chip_power)
        assert rest[-1].energy == whole[-1].energy


def test_instants_within_a_tick_see_what_a_finer_tick_sees():
    """Electricity at 50 ms inside ticks of 0.5 s is what ticks of 50 ms give; dies are linear within a tick.

    Load and loop bend within a tick of 0.5 s; what that leaves has decayed 20 s after the last bend of the load.
    """
    load = {"utilization": [["0 s", 0.3], ["10 s", 0.9], ["20 s", 0.4], ["40 s", 0.4]]}
    fine = run(duration="40 s", steps={"thermal": 0.05, "loop": 1.0}, load=load)[-1]
    cut = run(duration="40 s", steps={"thermal": 0.5, "electric": 0.05, "loop": 1.0}, load=load)[-1]
    np.testing.assert_allclose(cut.junction, fine.junction, rtol=1e-5)
    assert cut.energy.supplied == pytest.approx(fine.energy.supplied, rel=2e-5)
    assert cut.rack_power == pytest.approx(fine.rack_power, rel=1e-5)
    assert abs(energy_closure(cut)) < 1e-12


def test_a_schedule_that_names_an_absent_part_is_refused_before_the_march():
    event = {"at": "20 s", "kind": "tray_loss", "part": "compute-99"}
    with pytest.raises(SpecError, match="compute-99"):
        next(march(twin.load(SPEC), schedule_from({"duration": "1 min", "load": {"utilization": 1}, "event": [event]})))


def test_a_load_the_bar_cannot_carry_ends_with_the_time():
    weak = twin.load(SPEC).with_("rack.shelf.source_resistance", "60 mohm")
    load = {"utilization": [["0 s", 0.1], ["20 s", 0.1], ["20 s", 1.0]]}
    with pytest.raises(ConvergenceError, match="at 20 s"):
        list(itertools.islice(march(weak, schedule_from({"duration": "1 min", "load": load})), 20))


def test_events_come_at_their_time_after_any_number_of_uneven_ticks():
    """Ticks of 0.1 s, which no binary number is; a rack held at its limit takes them one by one."""
    hot = twin.load(SPEC).with_("limits.junction", 346.15)
    events = [
        {"at": 25, "until": 35, "kind": "tray_loss", "part": "compute-05"},
        {"at": 38.3, "kind": "tray_loss", "part": "compute-07"},
    ]
    load = {"utilization": [[0, 0.3], [2, 0.3], [2, 1.0]]}
    states = run(hot, duration="40 s", steps={"thermal": 0.1}, load=load, event=events)[1:]
    running = {state.time: int(state.course.alive.sum()) for state in states}
    assert len(states) > 300
    for time, chips in running.items():
        expected = 120 if 25 < time <= 35 + 1e-9 or time > 38.3 + 1e-9 else 126
        assert chips == expected, time
    assert states[-1].time == 40.0


@pytest.mark.parametrize("loop", [10.0, 1.0])
def test_a_die_that_comes_near_its_limit_within_a_step_is_held_there(loop):
    """A plate blocked to a quarter: the chip derates at 85 degC and lives, whatever the step of the loop."""
    event = {"at": "5 s", "kind": "blocked_plate", "part": "compute-05/gpu-2", "remaining": 0.4}
    states = run(duration="60 s", steps={"loop": loop}, load={"utilization": 0.8}, event=[event])
    hottest = max(state.course.junction.max() for state in states[1:])
    assert states[-1].course.alive.all()
    assert 273.15 + 84 < hottest < 273.15 + 92


def test_steps_are_short_while_the_flow_moves():
    """A trip at the usual step of 10 s against steps of half a second: dies within 0.1 K at every instant.

    Half of the flow is left, so that no chip derates: policies look ahead by a step of the loop.
    """
    events = [{"at": "10 s", "kind": "pump_trip", "remaining": 0.5}]
    keys = {"duration": "50 s", "load": {"utilization": 0.5}, "event": events, "control": {"flow": "fixed"}}
    coarse, fine = ({}, {})
    for kept, loop in ((coarse, 10.0), (fine, 0.5)):
        for state in run(steps={"thermal": 0.5, "loop": loop, "control": 10.0}, **keys)[1:]:
            kept.update(zip(state.course.time[1:].round(3).tolist(), state.course.junction[1:], strict=True))
    assert coarse.keys() == fine.keys()
    assert max(np.abs(coarse[time] - fine[time]).max() for time in fine) < 0.1


def test_dies_do_not_jump_where_steps_meet():
    event = {"at": "10 s", "until": "30 s", "kind": "pump_trip", "remaining": 0.3}
    states = run(duration="50 s", steps={"thermal": 0.1}, load={"utilization": 0.3}, event=[event])
    for before, after in itertools.pairwise(states[1:]):
        jump = np.abs(after.course.junction[0] - before.course.junction[-1])
        steady = np.abs(after.points.budget - before.points.budget) < 1.0  # policies may let power jump
        assert jump[steady].max(initial=0.0) < 0.02


def test_a_rack_near_its_limit_that_need_not_be_held_comes_to_rest():
    warm = twin.load(SPEC).with_("cooling.supply_temperature", 323.15)
    states = run(warm, duration="30 min", load={"utilization": [[0, 0.6], [10, 0.6], [10, 0.0]]})
    steady = twin.solve(warm.with_("load.utilization", 0.0))
    assert states[-1].junction.max() > 273.15 + 83
    assert states[-1].unit.flow == pytest.approx(float(steady["summary"].coolant_flow), rel=1e-6)
    assert len(states) < 400


def test_the_plant_follows_a_set_point_that_moves():
    cold = {"at": "60 s", "path": "cooling.supply_temperature", "value": "40 degC"}
    last = run(duration="30 min", load={"utilization": 0.9}, set=[cold])[-1]
    steady = twin.solve(twin.load(SPEC).with_("cooling.supply_temperature", 313.15).with_("load.utilization", 0.9))
    assert last.course.supply[-1] == pytest.approx(float(steady["summary"].coolant_supply_temperature), abs=1e-3)
    assert last.facility_supply == pytest.approx(float(steady["summary"].facility_supply_temperature), abs=1e-3)
    np.testing.assert_allclose(last.junction, steady["thermal"].junction_temperature, rtol=1e-5)


@pytest.mark.parametrize("change", [("rack.busbar", "liquid-5ka"), ("rack.supply", "sidecar-800v")])
def test_bar_and_shelves_heat_the_liquid_each_by_its_share(gb300, change):
    spec = gb300.with_(*change)
    if spec.rack.supply.place == "sidecar":
        spec = spec.with_("rack.supply.liquid_fraction", 0.5)
    last, steady = run(spec, duration="2 s", load={"utilization": 1.0})[-1].course, twin.solve(spec)["summary"]
    assert float(steady.bus_loss) > 1
    assert last.liquid_heat[-1] == pytest.approx(float(steady.liquid_heat), abs=1e-2)
    assert last.air_heat[-1] == pytest.approx(float(steady.air_heat), abs=1e-2)


def test_a_rack_at_rest_records_what_it_would_tick_by_tick():
    """Long parts at rest: every tick is there, and means and nodes join without a seam."""
    states = run(duration="30 min", load={"utilization": [[0, 0.5], [10, 0.5], [10, 0.6]]})[1:]
    time = np.concatenate([[0.0], *(state.course.time[1:] for state in states)])
    np.testing.assert_allclose(np.diff(time), 1.0, rtol=1e-9)
    assert len(states) < 200
    last = states[-1].course
    assert len(last.time) > 30
    assert last.time.size == last.flow.size == last.rack_power.size + 1 == len(last.junction)
    supplied = sum(float(state.course.rack_power.sum()) for state in states)
    assert states[-1].energy.supplied == pytest.approx(supplied, rel=1e-12)


@pytest.mark.parametrize("end", [100.35, 100.75])
def test_a_rack_at_rest_sees_a_pulse_that_starts_and_ends_between_ticks(tiny, end):
    """Without a jump, within a thermal step and within a step of the loop."""
    spec = tiny.with_("cooling.racks_per_loop", 480)
    spec = replace(spec, rack=replace(spec.rack, smoothing=None, store=None))
    pulse = [[0, 0.2], [100.1, 0.2], [100.11, 1.0], [end - 0.01, 1.0], [end, 0.2]]
    steps = {"thermal": "0.5 s", "electric": "10 ms", "loop": "1 s"}
    states = run(spec, duration="102 s", steps=steps, load={"utilization": pulse})[1:]
    assert max(np.diff(state.course.time[[0, -1]])[0] for state in states) > 10
    asked = sum(0.5 * float(state.course.utilization.sum()) for state in states)
    assert asked - 0.2 * 102 == pytest.approx(0.8 * (end - 0.01 - 100.1), rel=1e-6)


def test_instants_are_bounded_however_long_the_rack_rests():
    keys = {"duration": "200 s", "load": {"utilization": 0.5}}
    schedule = schedule_from({"steps": {"electric": "1 ms", "thermal": "0.1 s"}, **keys})
    for _, state in itertools.islice(march(twin.load(SPEC), schedule), 1, 3):
        assert (len(state.course.time) - 1) * 100 <= INSTANTS
