"""A demand response: what a grid asks a load to shed, and whether it does.

Contract: series `(..., time)` of equal steps, leading axes are sites; a sample holds over its step.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DemandResponse:
    """A called reduction of load."""

    start: Annotated[float, "s", Ge(0)]
    """of the ramp down, after the first sample"""
    reduction: Annotated[float, "1", Gt(0), Le(1)]
    """share of the baseline to shed"""
    ramp_down_time: Annotated[float, "s", Ge(0)]
    """from the baseline to the reduced power"""
    hold_time: Annotated[float, "s", Gt(0)]
    """at the reduced power"""
    ramp_up_time: Annotated[float, "s", Ge(0)]
    """back to the baseline"""

    def __post_init__(self) -> None:
        check_fields(self)


class ResponseReport(NamedTuple):
    """A power held against a demand response."""

    excess_power: Array
    """(...) most above what the event allows, 0 where it keeps to it [W]"""
    excess_energy: Array
    """(...) above what it allows: what a store would have to give [J]"""
    shed_energy: Array
    """(...) baseline minus power, from the start of the event to its end [J]"""
    kept: NDArray[np.bool_]
    """(...) whether the power never exceeds what is allowed"""


def allowed_power(event: DemandResponse, baseline: ArrayLike, time: ArrayLike) -> Array:
    """Power a demand response allows.

    Baseline, straight down by the reduction, level, straight back.

    Parameters
    ----------
    event : DemandResponse
    baseline : (...), power without the event [W]
    time : (time,), after the first sample [s]

    Returns
    -------
    (..., time), [W]

    References
    ----------
    Derived: four corners.

    Examples
    --------
    -25 % for three hours with ramps of 15 minutes on 100 MW:

    >>> event = DemandResponse(start=0.0, reduction=0.25, ramp_down_time=900.0, hold_time=10800.0, ramp_up_time=900.0)
    >>> allowed_power(event, 100e6, np.array([0.0, 450.0, 900.0, 11700.0, 12600.0])).round(-3)
    array([1.000e+08, 8.750e+07, 7.500e+07, 7.500e+07, 1.000e+08])
    """
    down = np.interp(np.asarray(time, dtype=float), _corners(event), [0.0, 1.0, 1.0, 0.0])
    return np.asarray(np.asarray(baseline, dtype=float)[..., None] * (1 - event.reduction * down))


def allowed_mean(event: DemandResponse, baseline: ArrayLike, step: float, samples: int) -> Array:
    """Mean power a demand response allows over each of consecutive steps from 0 on.

    Exact between the corners of the event, so a power that keeps to it passes `check_response` at any step.

    Parameters
    ----------
    event : DemandResponse
    baseline : (...), power without the event [W]
    step : length of a sample [s]
    samples : number of samples, 1 or more

    Returns
    -------
    (..., time), [W]

    Raises
    ------
    ValueError
        where the step is not positive or there is no sample.

    References
    ----------
    Derived: areas of trapezoids.

    Examples
    --------
    >>> event = DemandResponse(start=5.0, reduction=0.5, ramp_down_time=10.0, hold_time=10.0, ramp_up_time=0.0)
    >>> allowed_mean(event, 100.0, 10.0, 3)
    array([93.75, 56.25, 75.  ])
    """
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be finite and > 0 s")
    if samples < 1:
        raise ValueError(f"samples = {samples}: must be >= 1")
    edges = step * np.arange(samples + 1)
    corners = np.unique(np.clip(np.concatenate([edges, _corners(event)]), 0, edges[-1]))
    pieces = allowed_power(event, baseline, (corners[1:] + corners[:-1]) / 2) * np.diff(corners)
    return np.asarray(np.add.reduceat(pieces, np.searchsorted(corners, edges[:-1]), axis=-1) / step)


def response_energy(event: DemandResponse, baseline: ArrayLike) -> Array:
    """Energy a demand response sheds: what a battery has to give where the load itself does not go down.

    E = reduction * baseline * (hold + (ramp down + ramp up) / 2).

    Parameters
    ----------
    event : DemandResponse
    baseline : (...), power without the event [W]

    Returns
    -------
    (...), [J]

    References
    ----------
    Derived: area of the trapezoid.

    Examples
    --------
    >>> event = DemandResponse(start=0.0, reduction=0.25, ramp_down_time=900.0, hold_time=10800.0, ramp_up_time=900.0)
    >>> float(response_energy(event, 100e6)) / 3.6e9
    81.25
    """
    lasting = event.hold_time + (event.ramp_down_time + event.ramp_up_time) / 2
    return np.asarray(event.reduction * np.asarray(baseline, dtype=float) * lasting)


def check_response(
    event: DemandResponse, power: ArrayLike, baseline: ArrayLike, step: float, tolerance: float
) -> ResponseReport:
    """Hold a power against a demand response.

    Parameters
    ----------
    event : DemandResponse
    power : (..., time), at the point of connection [W]
    baseline : (...), power without the event [W]
    step : time between samples [s]
    tolerance : power above the allowed one that is passed over [W]

    Returns
    -------
    ResponseReport

    Raises
    ------
    ValueError
        where the series ends before the event.

    Notes
    -----
    Each sample is held against `allowed_mean` over its step. Before and after the event the baseline is no limit.

    References
    ----------
    Derived: comparison with `allowed_power`.

    Examples
    --------
    >>> event = DemandResponse(start=0.0, reduction=0.25, ramp_down_time=0.0, hold_time=60.0, ramp_up_time=0.0)
    >>> [float(value) for value in check_response(event, np.full(60, 80.0), 100.0, 1.0, 0.0)]
    [5.0, 300.0, 1200.0, 0.0]
    """
    series = checked_series("power", power, step, 1)
    end = event.start + event.ramp_down_time + event.hold_time + event.ramp_up_time
    if series.shape[-1] * step < end * (1 - 1e-12):
        raise ValueError(f"power lasts {series.shape[-1] * step:g} s: must reach the end of the event, {end:g} s")
    edges = step * np.arange(series.shape[-1] + 1)
    allowed = allowed_mean(event, baseline, step, series.shape[-1])
    lasting = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], event.start), 0.0, None)  # of the event
    above = np.where(lasting > 1e-9 * step, np.maximum(series - allowed, 0.0), 0.0)
    shed = ((np.asarray(baseline, dtype=float)[..., None] - series) * lasting).sum(axis=-1)
    most = above.max(axis=-1)
    return ResponseReport(most, above.sum(axis=-1) * step, np.asarray(shed), np.asarray(most <= tolerance))


def _corners(event: DemandResponse) -> Array:
    return event.start + np.cumsum([0.0, event.ramp_down_time, event.hold_time, event.ramp_up_time])
