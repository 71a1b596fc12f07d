"""A voltage dip: how long a load has to bear it, and what its store gives meanwhile.

Contract: series `(..., time)` of equal steps, leading axes are sites; a sample holds over its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]


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
        where the curve is not rising, a series is negative or not finite, or the load is more than the input gives at
        nominal voltage.

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
    if wanted.size and wanted.max() > (full := supply.current_limit * supply.rated_power) * (1 + 1e-9):
        raise ValueError(
            f"load = {wanted.max():g} W: must be <= DipSupply.current_limit times rated_power = {full:g} W, what the "
            "input gives at nominal voltage; lower the load, or raise rated_power"
        )
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
