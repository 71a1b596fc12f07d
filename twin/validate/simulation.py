"""Rows of the march in time: it settles at the steady solve, keeps its energy, and is of second order."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.simulation.march import march
from twin.simulation.read import schedule_from
from twin.simulation.state import State, energy_closure
from twin.spec.load import load
from twin.spec.types import Factory
from twin.validate.row import Allowed, Row, row

if TYPE_CHECKING:
    from xarray import DataTree

_SYSTEM = "gb300-nvl72"
#: Steps of the order, of loop and packages [s].
_STEPS = (0.625, 0.3125, 0.15625)


def time(_: Path | None) -> list[Row]:
    """Return the rows `time`.

    Parameters
    ----------
    _ : Path or None
        Not used.

    Returns
    -------
    list of Row
        Steady state, energy, order.

    References
    ----------
    Derived: the steady solve; the first law; differences of three step sizes.
    """
    from twin.couple.solve import solve

    spec = load(_SYSTEM)
    settled = _last(spec, {"duration": "40 min", "load": {"utilization": [["0 s", 0.4], ["60 s", 0.4], ["60 s", 1.0]]}})
    moved = _last(
        spec,
        {
            "duration": "5 min",
            "load": {"utilization": [["0 s", 0.4], ["2 min", 1.0], ["5 min", 0.3]]},
            "event": [
                {"at": "50 s", "until": "80 s", "kind": "pump_trip", "remaining": 0.4},
                {"at": "3 min", "kind": "tray_loss", "part": "compute-05"},
            ],
        },
    )
    return [
        row(
            ("time", "40 min of full load: dies, flow and power against the steady solve, largest difference"),
            distance(settled, solve(spec)),
            0.0,
            "1",
            Allowed(1e-6),
            "the steady solve",
        ),
        row(
            ("time", "energy over a moving load, a pump trip and a lost tray: what is missing of the AC input"),
            energy_closure(moved),
            0.0,
            "1",
            Allowed(1e-9),
            "first law",
        ),
        row(
            ("time", "order in the steps of loop and packages, halved together"),
            _order(spec),
            2.0,
            "1",
            Allowed(0.1),
            "scheme",
        ),
    ]


def distance(state: State, steady: "DataTree") -> float:
    """Return the largest relative difference of a marched rack to a steady one.

    Parameters
    ----------
    state : State
        The rack at the end of a march.
    steady : DataTree
        A result.

    Returns
    -------
    float
        Over die means, flow and AC power [1].

    References
    ----------
    Derived: maximum.
    """
    ours = np.array([*state.junction, state.unit.flow, state.rack_power])
    theirs = np.append(
        steady["thermal"].junction_temperature, [steady["summary"].coolant_flow, steady["summary"].rack_power]
    )
    return float(np.abs(ours / theirs - 1).max())


def _last(spec: Factory, schedule: dict[str, Any]) -> State:
    *_, (_, state) = march(spec, schedule_from(schedule))
    return state


def _order(spec: Factory) -> float:
    """Return the order under a smooth load, seen in the die means, without control."""
    points = np.arange(0, 40.1, 0.078125)
    load_ = {"utilization": [[t, 0.55 - 0.25 * np.cos(2 * np.pi * t / 100)] for t in points.tolist()]}
    fixed = spec.with_("cooling.volume_flow", "150 L/min")
    rest = {"duration": "40 s", "load": load_, "control": {"derate": False}}
    steps = [{"thermal": loop, "loop": loop, "control": "40 s", "output": "40 s"} for loop in _STEPS]
    ends = [_last(fixed, {**rest, "steps": step}).junction for step in steps]
    coarse, fine = np.abs(np.diff(ends, axis=0)).max(axis=1)
    return float(np.log2(coarse / fine))
