"""What a grid asks of a large load: ramps, dynamic range, and a mask over the spectrum of its power.

Contract: series `(..., time)` of equal steps, leading axes are sites; powers in watts at the point of connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import amplitude_spectrum, checked_series, peak_to_peak, spectral_line

Array = NDArray[np.float64]

_SAME = 1e-9
"""two frequencies closer than this are one [1]"""


@dataclass(frozen=True, kw_only=True)
class RampRule:
    """Limits in time."""

    ramp_up: Annotated[float, "W/s", Gt(0)]
    """fastest rise, as mean over the ramp window"""
    ramp_down: Annotated[float, "W/s", Gt(0)]
    """fastest fall, as mean over the ramp window"""
    ramp_window: Annotated[float, "s", Gt(0)]
    """over which a ramp is taken: 60 s for a rule in MW/min"""
    dynamic_range: Annotated[float, "W", Gt(0)]
    """largest peak-to-peak value in a window"""
    range_window: Annotated[float, "s", Gt(0)]
    """over which the range is taken"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class MaskBand:
    """Limits of the spectrum between two frequencies."""

    lower: Annotated[float, "Hz", Ge(0)]
    """the band has this frequency"""
    upper: Annotated[float, "Hz", Gt(0)]
    """and all up to this one, which belongs to the next band, or to the last"""
    amplitude: Annotated[float, "W", Gt(0)]
    """of the strongest line: half its peak-to-peak value"""
    rms: Annotated[float, "W", Gt(0)]
    """of everything in the band"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.upper <= self.lower:
            raise ValueError(f"MaskBand.upper = {self.upper}: must be > lower = {self.lower} Hz")


class GridReport(NamedTuple):
    """Figures of a power held against rules; the last axis of a band figure is that of the mask."""

    ramp_up: Array
    """(...) fastest rise [W/s]"""
    ramp_down: Array
    """(...) fastest fall [W/s]"""
    dynamic_range: Array
    """(...) largest peak-to-peak value in a window [W]"""
    line_amplitude: Array
    """(..., band) of the strongest line [W]"""
    line_frequency: Array
    """(..., band) of it [Hz]"""
    band_rms: Array
    """(..., band) [W]"""
    usage: Array
    """(..., 3 + 2 bands) each figure over its limit: rise, fall, range, amplitudes, rms [1]"""
    passed: NDArray[np.bool_]
    """(...) whether every usage is at most 1"""


def check_mask(mask: Sequence[MaskBand], lower: float, upper: float) -> None:
    """Raise where bands do not cover a range of frequencies once.

    Parameters
    ----------
    mask : sequence of MaskBand, in rising order
    lower : float, where the mask has to begin [Hz]
    upper : float, where it has to end [Hz]

    Raises
    ------
    ValueError
        where two bands overlap, there is a gap, or the order is not rising.

    References
    ----------
    Derived: neighbouring bands share one frequency.

    Examples
    --------
    >>> check_mask([MaskBand(lower=0.1, upper=1.0, amplitude=1e6, rms=1e6)], 0.1, 20.0)
    Traceback (most recent call last):
    ValueError: mask has a gap from 1 to 20 Hz: its bands must cover 0.1 to 20 Hz once, in rising order
    """
    covers = f"its bands must cover {lower:g} to {upper:g} Hz once, in rising order"
    if any(after.lower < before.lower for before, after in pairwise(mask)):
        listed = ", ".join(f"{band.lower:g} to {band.upper:g}" for band in mask)
        raise ValueError(f"mask has its bands at {listed} Hz: must be in rising order; sort them")
    reached = lower
    for place, band in enumerate(mask):
        if band.lower > reached * (1 + _SAME):
            raise ValueError(f"mask has a gap from {reached:g} to {band.lower:g} Hz: {covers}")
        if place and band.lower < reached * (1 - _SAME):
            raise ValueError(f"mask bands overlap from {band.lower:g} to {reached:g} Hz: {covers}")
        reached = band.upper
    if reached < upper * (1 - _SAME):
        raise ValueError(f"mask has a gap from {reached:g} to {upper:g} Hz: {covers}")


def fastest_ramps(power: ArrayLike, step: float, window: float) -> tuple[Array, Array]:
    """Fastest rise and fall of a power.

    max of (P(t + w) - P(t)) / w, and of its negative; 0 where it never rises or falls.

    Parameters
    ----------
    power : (..., time) [W]
    step : time between samples [s]
    window : w, rounded to whole steps, at least one [s]

    Returns
    -------
    (...), (...), rise and fall, both >= 0 [W/s]

    Raises
    ------
    ValueError
        where the window is not finite and > 0, or the series is not longer than it.

    References
    ----------
    Derived: difference quotient.

    Examples
    --------
    >>> fastest_ramps([0.0, 6.0, 6.0, 3.0], 1.0, 2.0)
    (array(3.), array(1.5))
    """
    if not 0 < window < np.inf:
        raise ValueError(f"window = {window}: must be finite and > 0 s")
    count = max(1, round(window / step))
    series = checked_series("power", power, step, count + 1)
    slope = (series[..., count:] - series[..., :-count]) / (count * step)
    return np.asarray(slope.max(axis=-1).clip(0)), np.asarray((-slope).max(axis=-1).clip(0))


def check_rules(rule: RampRule, mask: Sequence[MaskBand], power: ArrayLike, step: float) -> GridReport:
    """Hold a power against ramps, range and mask.

    Parameters
    ----------
    rule : RampRule
    mask : sequence of MaskBand, in rising order without gaps; may be empty
    power : (..., time) [W]
    step : time between samples [s]

    Returns
    -------
    GridReport

    Raises
    ------
    ValueError
        where the mask has a gap or an overlap, or the series is too short or too coarse for it.

    Notes
    -----
    The amplitude of a line is interpolated between the frequencies of the spectrum, so it does not depend on whether
    the series holds a whole number of its periods. Trends leak into low bands: a series should begin and end alike.

    References
    ----------
    Choukse et al. (2025), Power stabilization for AI training datacenters, arXiv:2508.14318 (ramp, dynamic range and
    band limits). Derived: Parseval's theorem for the rms of a band.

    Examples
    --------
    A swing of 10 MW at 0.5 Hz on 100 MW:

    >>> time = 0.02 * np.arange(6000)
    >>> rule = RampRule(ramp_up=1e5, ramp_down=1e5, ramp_window=60.0, dynamic_range=15e6, range_window=60.0)
    >>> mask = [MaskBand(lower=0.1, upper=20.0, amplitude=4e6, rms=4e6)]
    >>> found = check_rules(rule, mask, 1e8 + 5e6 * np.sin(np.pi * time), 0.02)
    >>> bool(found.passed), found.line_amplitude.round(-3), found.usage.round(2)
    (False, array([5000000.]), array([0.  , 0.  , 0.67, 1.25, 0.88]))
    """
    series = checked_series("power", power, step, 2)
    if mask:
        check_mask(mask, min(band.lower for band in mask), max(band.upper for band in mask))
        _resolved(mask, series.shape[-1], step)
    up, down = fastest_ramps(series, step, rule.ramp_window)
    swing = peak_to_peak(series, step, rule.range_window)
    swing = np.asarray(swing.max(axis=-1) if swing.ndim > up.ndim else swing)
    spectrum = amplitude_spectrum(series, step)
    rms, amplitude, frequency = (np.empty((*up.shape, len(mask))) for _ in range(3))
    edges = [band.lower * (1 - _SAME) for band in mask] + [band.upper * (1 + _SAME) for band in mask[-1:]]
    for place, band in enumerate(pairwise(edges)):
        inside = (spectrum.frequency >= band[0]) & (spectrum.frequency < band[1])
        rms[..., place] = np.sqrt(spectrum.mean_square[..., inside].sum(axis=-1))
        line = spectral_line(series, step, band)
        amplitude[..., place], frequency[..., place] = line.amplitude, line.frequency
    figures = np.stack([up / rule.ramp_up, down / rule.ramp_down, swing / rule.dynamic_range], axis=-1)
    limits = ([band.amplitude for band in mask], [band.rms for band in mask])
    usage = np.concatenate([figures, amplitude / limits[0], rms / limits[1]], axis=-1)
    return GridReport(up, down, swing, amplitude, frequency, rms, usage, np.asarray((usage <= 1).all(axis=-1)))


def _resolved(mask: Sequence[MaskBand], samples: int, step: float) -> None:
    if mask[-1].upper > 0.5 / step * (1 + 1e-9):
        raise ValueError(
            f"step = {step} s reaches {0.5 / step:g} Hz, the mask {mask[-1].upper:g} Hz:"
            f" needs steps of at most {0.5 / mask[-1].upper:g} s"
        )
    narrow, lasts = min(band.upper - band.lower for band in mask), samples * step
    if lasts * narrow < 2:
        raise ValueError(
            f"power lasts {lasts:g} s: the mask has a band of {narrow:g} Hz and needs at least {2 / narrow:g} s"
        )
