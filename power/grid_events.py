"""Two events a grid asks a load to go through: a demand response and a voltage dip.

Contract: series `(..., time)` of equal steps, leading axes are sites; a sample holds over its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
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
    Each sample is held against the mean allowed over its step. Before and after the event the baseline is no limit.

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
    corners = np.unique(np.clip(np.concatenate([edges, _corners(event)]), 0, edges[-1]))
    middle = allowed_power(event, baseline, (corners[1:] + corners[:-1]) / 2) * np.diff(corners)
    piece = np.searchsorted(corners, edges[:-1])
    allowed = np.add.reduceat(middle, piece, axis=-1) / step
    during = (edges[1:] > event.start * (1 + 1e-12)) & (edges[:-1] < end * (1 - 1e-12))
    above = np.where(during, np.maximum(series - allowed, 0.0), 0.0)
    shed = np.where(during, np.asarray(baseline, dtype=float)[..., None] - series, 0.0).sum(axis=-1) * step
    most = above.max(axis=-1)
    return ResponseReport(most, above.sum(axis=-1) * step, np.asarray(shed), np.asarray(most <= tolerance))


def _corners(event: DemandResponse) -> Array:
    return event.start + np.cumsum([0.0, event.ramp_down_time, event.hold_time, event.ramp_up_time])


@dataclass(frozen=True, kw_only=True)
class EnvelopeStep:
    """One row of a ride-through curve: a voltage, and how long the load has to bear less."""

    voltage: Annotated[float, "1", Gt(0)]
    """over nominal"""
    duration: Annotated[float, "s", Ge(0)]
    """longest time below this voltage that the load must bear"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class DipSupply:
    """What stands between the mains and the load during a dip: rectifiers or a UPS, and their store."""

    rated_power: Annotated[float, "W", Gt(0)]
    """input at nominal voltage"""
    current_limit: Annotated[float, "1", Gt(0)]
    """most input current over rated current"""
    voltage_min: Annotated[float, "1", Ge(0)]
    """below this share of nominal voltage the input takes nothing"""
    store_energy: Annotated[float, "J", Ge(0)]
    """it can give in its place"""

    def __post_init__(self) -> None:
        check_fields(self)


class DipReport(NamedTuple):
    """A load in a voltage dip."""

    must_ride: NDArray[np.bool_]
    """(...) whether the dip stays inside the curve, so that the load must stay connected"""
    energy: Array
    """(...) the store has to give [J]"""
    margin: Array
    """(...) energy of the store minus that [J]"""
    carried: NDArray[np.bool_]
    """(...) whether the store is enough"""
    grid_power: Array
    """(..., time) drawn during the dip, charging left out [W]"""


def ride_through(
    supply: DipSupply, envelope: Sequence[EnvelopeStep], voltage: ArrayLike, load: ArrayLike, step: float
) -> DipReport:
    """Hold a load against a voltage dip and a ride-through curve.

    The input gives at most v * current_limit * rated_power, and nothing below voltage_min; the store gives the rest.

    Parameters
    ----------
    supply : DipSupply
    envelope : sequence of EnvelopeStep, voltages and durations rising
    voltage : (..., time), over nominal [1]
    load : (...), input power wanted throughout [W]
    step : time between samples [s]

    Returns
    -------
    DipReport

    Raises
    ------
    ValueError
        where the curve is not rising, or a series is negative or not finite.

    References
    ----------
    Derived: energy balance; the curve as in the ITI (CBEMA) curve application note (2000).

    Examples
    --------
    A quarter of a second at 60 % on full load, input current limited to 110 %:

    >>> curve = [EnvelopeStep(voltage=0.7, duration=0.5), EnvelopeStep(voltage=0.8, duration=10.0)]
    >>> supply = DipSupply(rated_power=135e3, current_limit=1.1, voltage_min=0.5, store_energy=20e3)
    >>> found = ride_through(supply, curve, np.repeat([1.0, 0.6, 1.0], [10, 25, 10]), 135e3, 0.01)
    >>> bool(found.must_ride), float(found.energy.round(3)), bool(found.carried)
    (True, 11475.0, True)
    """
    volts = checked_series("voltage", voltage, step, 1)
    if (volts < 0).any():
        raise ValueError(f"voltage has {volts.min()}: must be >= 0")
    for lower, upper in pairwise(envelope):
        if upper.voltage <= lower.voltage or upper.duration < lower.duration:
            raise ValueError(f"envelope: {upper} after {lower}: voltages and durations must rise")
    wanted = np.asarray(load, dtype=float)[..., None]
    if not np.all(np.isfinite(wanted) & (wanted >= 0)):
        raise ValueError(f"load = {wanted.min()}: must be finite and >= 0 W")
    most = np.where(volts >= supply.voltage_min, volts * supply.current_limit * supply.rated_power, 0.0)
    drawn = np.minimum(wanted, most)
    energy = (wanted - drawn).sum(axis=-1) * step
    inside = np.ones(volts.shape[:-1], dtype=bool)
    for row in envelope:
        inside &= _longest(volts < row.voltage) * step <= row.duration * (1 + 1e-9)
    margin = supply.store_energy - energy
    return DipReport(inside, np.asarray(energy), np.asarray(margin), np.asarray(margin >= 0), drawn)


def _longest(below: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Longest run of true along the last axis."""
    count = np.cumsum(below, axis=-1)
    base = np.maximum.accumulate(np.where(below, 0, count), axis=-1)
    return np.asarray((count - base).max(axis=-1))
