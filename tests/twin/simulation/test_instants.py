"""What modules and bar are marched to, held against the same rack evaluated directly at every instant."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import power
from twin.build.jobs import injections
from twin.build.model import Model
from twin.couple.electric import rack_power
from twin.couple.rack import Chips, boards, chips
from twin.simulation import step as steps
from twin.simulation.march import march
from twin.simulation.plant import Plant, instants, tray_load
from twin.simulation.read import schedule_from
from twin.simulation.state import State
from twin.spec.errors import ConvergenceError
from twin.spec.types import Factory

Array = NDArray[np.float64]

#: Of the power of a tray, and of the voltage of the bar: links follow clocks to 3e-6, dies power to 1e-4 K.
POWER, VOLTAGE = 1e-6, 1e-9
FLOOR = power.PowerSmoothing(
    tmp_ceiling=1380.0,
    tmp_floor=0.6,
    ramp_up_rate=2800.0,
    ramp_down_rate=2500.0,
    ramp_down_hysteresis=0.3,
    secondary_power_floor=0.0,
    primary_floor_activation_window=0.0,
    primary_floor_target_window=0.0,
    primary_floor_activation_offset=0.0,
)
WINDOWS = replace(
    FLOOR, secondary_power_floor=700.0, primary_floor_activation_window=0.05, primary_floor_target_window=0.2
)
SWING = {"utilization": [[0, 1.0], [0.3, 1.0], [0.31, 0.2], [0.8, 0.2], [0.82, 1.0], [1.3, 1.0]], "repeat": "1.3 s"}
KEYS = {"duration": "2 s", "steps": {"thermal": "0.5 s", "electric": "1 ms", "loop": "1 s"}, "load": SWING}


class Told:
    """What one step of the loop read and found."""

    def __init__(self, spec: Factory, keys: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
        self.plant: Plant
        inner, barred = steps.agree, steps._bar

        def agreed(plant, state, films, load, supply, pace):
            self.plant, self.before, self.load, self.pace = plant, state, load, pace
            self.drawn, self.packages = inner(plant, state, films, load, supply, pace)
            return self.drawn, self.packages

        def bar(plant, state, loads, pace):
            self.bar = barred(plant, state, loads, pace)
            return self.bar

        monkeypatch.setattr(steps, "agree", agreed)
        monkeypatch.setattr(steps, "_bar", bar)
        *_, (_, self.after) = march(spec, schedule_from(keys))


def between(nodes: Array, parts: int) -> Array:
    share = np.arange(parts)[:, None] / parts
    inner = nodes[:-1, None] * (1 - share) + nodes[1:, None] * share
    return np.concatenate([inner.reshape(-1, nodes.shape[1]), nodes[-1:]])


def rows_of(plant: Plant, load: Array) -> Model:
    """Return the model with instants as rows, every chip at the load of its node."""
    model, place = plant.model, plant.model.parts
    if load.shape[1] == 1:
        return instants(plant, load[:, 0])
    own, (idle, full) = load[:, plant.node], plant.auxiliary
    return model._replace(
        load=own * (plant.alive & ~place.is_switch),
        injection=own[:, place.gpu] * injections(plant.condition.spec.traffic, place.gpu.size),
        auxiliary=idle + (full - idle) * tray_load(plant, load),
    )


def direct(plant: Plant, state: State, load: Array, die: Array, step: float) -> tuple[Chips, Array]:
    """Return chips at all instants, in agreement with the traffic of their clocks, and what floors burn."""
    law, gpu = plant.condition.spec.rack.smoothing, plant.model.parts.gpu
    model, clock = rows_of(plant, load), np.ones((len(die), gpu.size))
    for _ in range(12):
        found = chips(model, die, clock, state.points.budget)
        demand, given = found.power[:, gpu], found.power[:, gpu]
        if law is not None:
            marched = power.smooth_power(law, demand[1:].T, step, state.smoothing).power.T
            given = np.concatenate([state.smoothing.power[None], marched])
        fixed = found.leakage[:, gpu] + found.link_power[:, gpu]
        slower = np.where(given < demand, np.clip((given - fixed) / np.maximum(demand - fixed, 1e-9), 0, 1), 1.0)
        clock = found.clock[:, gpu] * slower
    drawn = found.power.copy()
    drawn[:, gpu] = given
    return found._replace(power=drawn), np.maximum(given - demand, 0).sum(axis=1)


def apart(told: Told, found: Chips) -> float:
    tray = np.add.reduceat(found.power, told.plant.model.parts.tray_first, axis=1)
    return float(np.abs(told.drawn.tray / tray - 1).max())


@pytest.mark.parametrize("law", [None, FLOOR, WINDOWS], ids=["plain", "floor", "windows"])
def test_every_instant_is_that_of_the_coupled_rack(tiny, monkeypatch, law):
    spec = tiny.with_("cooling.racks_per_loop", 480)
    told = Told(replace(spec, rack=replace(spec.rack, smoothing=law)), KEYS, monkeypatch)
    step, die = told.pace.step / told.pace.instants, between(told.packages.temperature[:, 0], told.pace.instants)
    found, burnt = direct(told.plant, told.before, told.load, die, step)
    assert apart(told, found) < POWER
    np.testing.assert_allclose(told.drawn.burnt, burnt, atol=POWER * found.power.sum(axis=1).max())
    np.testing.assert_allclose(told.drawn.power, found.power[-1], rtol=POWER)
    hotter, _ = direct(told.plant, told.before, told.load, die + 0.1, step)
    later, _ = direct(told.plant, told.before, np.roll(told.load, 1, axis=0), die, step)
    assert apart(told, hotter) > 10 * POWER
    assert apart(told, later) > 10 * POWER


@pytest.mark.parametrize(
    ("change", "nodes"),
    [
        ({}, {}),
        ({}, {"nodes": {"spread": 0.1, "skew": "50 ms"}}),
        ({"traffic.injection": 1.0}, {}),
        ({"rack.nvlink.medium": "pluggable"}, {}),
    ],
    ids=["in step", "out of step", "a jam of traffic", "optics"],
)
def test_a_full_rack_and_its_bar_are_those_of_every_instant(gb300, monkeypatch, change, nodes):
    for path, value in change.items():
        gb300 = gb300.with_(path, value)
    told = Told(gb300, {**KEYS, "duration": "1 s", "load": {**SWING, **nodes}}, monkeypatch)
    pace = told.pace
    die = between(told.packages.temperature[:, 0], pace.instants)
    found, _ = direct(told.plant, told.before, told.load, die, pace.step / pace.instants)
    assert apart(told, found) < POWER
    np.testing.assert_allclose(told.drawn.delivered.min(), found.delivered.min(), rtol=POWER)
    length = np.linspace(0, pace.ticks * pace.step, len(die))[:, None]
    rows = np.random.default_rng(1).choice(len(die), 40, replace=False)
    some = Chips(*(None if part is None else part[rows] for part in found))
    section = told.before.section + length * told.before.section_rate
    board = boards(rows_of(told.plant, told.load[rows]), some, section[rows])
    np.testing.assert_allclose(told.bar.taken[rows], rack_power(board.feed), rtol=POWER)
    np.testing.assert_allclose(told.bar.voltage[rows], board.feed.bus.node_voltage.min(axis=1), rtol=VOLTAGE)
    warm = boards(rows_of(told.plant, told.load[rows]), some, section[rows] + 1.0)
    assert np.abs(told.bar.voltage[rows] / warm.feed.bus.node_voltage.min(axis=1) - 1).max() > VOLTAGE


def test_the_energy_of_modules_is_that_of_their_trays(tiny, monkeypatch):
    told = Told(tiny.with_("cooling.racks_per_loop", 480), KEYS, monkeypatch)
    lines, tray = told.drawn.lines.mean(axis=1).sum(axis=1), told.drawn.tray.sum(axis=1)
    middle = (tray[1:] + tray[:-1]).reshape(told.pace.ticks, -1).mean(axis=1) / 2
    np.testing.assert_allclose(lines, middle, rtol=1e-13)


def test_a_bar_that_cannot_carry_its_load_says_so(tiny):
    weak = tiny.with_("cooling.racks_per_loop", 480).with_("rack.shelf.source_resistance", 0.5)
    load = {"utilization": [[0, 0.0], [1, 0.0], [2, 1.0]]}
    steps = {"electric": "10 ms", "loop": "1 s"}
    with pytest.raises(ConvergenceError, match=r"at 1 s: .*the bar cannot carry this load: .* draws"):
        for _ in march(weak, schedule_from({"duration": "3 s", "load": load, "steps": steps})):
            pass
