"""The chart of a pump trip: the hottest die over time, and the time to its limit over the flow that is left."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.studies._frame import percent

Array = NDArray[np.float64]

APART = 0.1
"""Shares that differ by less from one whose course is drawn are in the table and the right panel only [1]."""


def trip_chart(made: dict[str, Any], time: Array, limit: float, remaining: tuple[float, ...]) -> dict[str, Any]:
    """Return the chart of the courses and of the times to the limit."""
    die = {"axis": "y", "value": limit, "text": f"die limit {limit - 273.15:g} °C"}
    line: dict[str, Any] = {
        "kind": "line",
        "x": "time",
        "y": "junction_temperature_max",
        "series": "remaining",
        "limits": [die],
    }
    drawn = apart(remaining)
    line["at"] = {"remaining": [remaining[i] for i in drawn]}
    line["marks"] = _ends(made["junction_temperature_max"][1][drawn], time)
    times = ["time_to_limit", "time_to_limit_lumped"]
    wait = {"kind": "line", "x": "remaining", "y": times, "axis": "Time to the limit", "points": True, "names": "key"}
    wait["never"] = "never"
    least = made["remaining_least"][1]
    if least == least:
        most = float(max(remaining[-1], least))
        wait["limits"] = [{"axis": "x", "value": least, "to": most, "text": f"from {percent(least)}", "quiet": True}]
    return {
        "panels": [
            {**line, "title": "Hottest die of all chips, derated at the limit"},
            {**wait, "title": "Time until the first die is at its limit"},
        ]
    }


def apart(shares: tuple[float, ...]) -> list[int]:
    """Return which shares are far enough apart for lines of their own, the first always."""
    kept = [0]
    for i, share in enumerate(shares):
        if share - shares[kept[-1]] > APART - 1e-9:
            kept.append(i)
    return kept


def _ends(hottest: Array, time: Array) -> list[dict[str, Any]]:
    """Return the marks where a course ends because chips switch themselves off."""
    last = [int(np.flatnonzero(~np.isnan(row))[-1]) for row in hottest]
    ends = [(float(time[i]), float(row[i])) for i, row in zip(last, hottest, strict=True) if i < len(time) - 1]
    return [{"x": x, "y": y, "text": "chips switch off", "shape": "x"} for x, y in ends]
