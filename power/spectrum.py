"""What a power swings by: its amplitude spectrum, its lines, its peak-to-peak value over windows.

Contract: series `(..., time)` of equal steps, leading axes are racks; frequencies in hertz, amplitudes those of a
cosine (half the swing), in the unit of the series.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Spectrum(NamedTuple):
    """One-sided spectrum of a series."""

    frequency: Array
    """(f,) from 0 to half the sampling rate [Hz]"""
    amplitude: Array
    """(..., f) of the cosine at each frequency, size of the mean at 0 [W]"""
    mean_square: Array
    """(..., f) what each frequency adds to the mean square of the series [W2]"""


class Line(NamedTuple):
    """A line between the frequencies of a spectrum."""

    frequency: Array
    """(...) [Hz]"""
    amplitude: Array
    """(...) of the cosine [W]"""


def checked_series(name: str, power: ArrayLike, step: float, least: int) -> Array:
    """Return a series as floats.

    Parameters
    ----------
    name : str
    power : (..., time) [W]
    step : time between samples [s]
    least : number of samples needed

    Returns
    -------
    (..., time) [W]

    Raises
    ------
    ValueError
        where the step is not positive, or the series is too short or not finite.

    References
    ----------
    Derived: the series as given.

    Examples
    --------
    >>> checked_series("power", [1, 2], 1.0, 2)
    array([1., 2.])
    """
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be finite and > 0 s")
    series = np.asarray(power, dtype=float)
    if series.ndim == 0 or series.shape[-1] < least:
        raise ValueError(f"{name} has shape {series.shape}: needs {least} samples or more on its last axis")
    if not np.isfinite(series).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(series))[0])
        raise ValueError(f"{name}{list(place)} = {series[place]}: must be finite")
    return series


def amplitude_spectrum(power: ArrayLike, step: float) -> Spectrum:
    """Return the one-sided amplitude spectrum of a series.

    A_k = 2 abs(X_k) / n, but abs(X_k) / n at 0 and at half the sampling rate; the mean square of the series is
    A_0^2 + sum A_k^2 / 2 (+ A^2 at half the sampling rate), to rounding.

    Parameters
    ----------
    power : (..., time) [W]
    step : time between samples [s]

    Returns
    -------
    Spectrum
        Frequency [Hz], amplitude [W] and mean square [W2].

    Raises
    ------
    ValueError
        where the step is not positive, or the series is too short or not finite.

    References
    ----------
    Parseval's identity for the discrete Fourier transform.

    Examples
    --------
    >>> found = amplitude_spectrum(5.0 + 3.0 * np.cos(2 * np.pi * np.arange(8) / 4), 0.5)
    >>> found.frequency, found.amplitude.round(12)
    (array([0.  , 0.25, 0.5 , 0.75, 1.  ]), array([5., 0., 3., 0., 0.]))
    """
    series = checked_series("power", power, step, 2)
    count = series.shape[-1]
    amplitude = np.abs(np.fft.rfft(series)) / count
    twice = slice(1, (count + 1) // 2)  # every frequency but 0 and half the sampling rate stands for two
    mean_square = amplitude**2
    mean_square[..., twice] *= 2
    amplitude[..., twice] *= 2
    return Spectrum(np.asarray(np.fft.rfftfreq(count, step), dtype=float), amplitude, mean_square)


def spectral_line(power: ArrayLike, step: float, band: tuple[float, float]) -> Line:
    """Return the strongest line in a band, interpolated between the frequencies of the transform.

    Hann window. With r the larger neighbour over the peak, the line lies d = (2 r - 1) / (1 + r) bins from it, and
    its amplitude is that of the peak times pi d (1 - d^2) / sin(pi d).

    Parameters
    ----------
    power : (..., time) [W]
    step : time between samples [s]
    band : lowest and highest frequency of the peak [Hz]

    Returns
    -------
    Line
        Frequency [Hz] and amplitude [W].

    Raises
    ------
    ValueError
        where the band is empty or holds no frequency of the transform, or the series is not as
        `checked_series` asks.

    Notes
    -----
    Exact for one line far from 0, from half the sampling rate and from others; lines should be four bins
    (4 / duration) apart.

    References
    ----------
    Grandke (1983), IEEE Trans. Instrumentation and Measurement 32, 350, equations for the Hann window.

    Examples
    --------
    >>> t = 2.0 * np.arange(1700)
    >>> line = spectral_line(400 + 18.6 * np.cos(2 * np.pi * t / 10.93), 2.0, (1 / 12, 1 / 10))
    >>> round(1 / float(line.frequency), 3), round(float(line.amplitude), 2)
    (10.93, 18.6)
    """
    series = checked_series("power", power, step, 8)
    count = series.shape[-1]
    frequency = np.fft.rfftfreq(count, step)
    inside = (frequency >= band[0]) & (frequency <= band[1])
    inside[[0, -1]] = False
    if not inside.any():
        raise ValueError(
            f"band = {band}: holds no frequency of {count} samples of {step} s; must reach over"
            f" {1 / (count * step):.3g} Hz or more between 0 and {frequency[-1]:.6g} Hz"
        )
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(count) / count)
    size = np.abs(np.fft.rfft((series - series.mean(axis=-1, keepdims=True)) * window)) * 2 / window.sum()
    peak = np.where(inside, size, -1.0).argmax(axis=-1, keepdims=True)
    low, middle, high = (np.take_along_axis(size, peak + side, axis=-1)[..., 0] for side in (-1, 0, 1))
    ratio = np.divide(np.maximum(low, high), middle, out=np.full(middle.shape, 0.5), where=middle > 0)
    shift = np.clip((2 * ratio - 1) / (1 + ratio), 0.0, 0.999)
    signed = np.where(high >= low, shift, -shift)
    place = (peak[..., 0] + signed) / (count * step)
    return Line(np.asarray(place), np.asarray(middle * (1 - shift**2) / np.sinc(shift)))


def peak_to_peak(power: ArrayLike, step: float, window: float) -> Array:
    """Return the highest minus the lowest sample of every window.

    Parameters
    ----------
    power : (..., time) [W]
    step : time between samples [s]
    window : length, rounded to whole steps [s]

    Returns
    -------
    (..., time - window + 1) [W]

    Raises
    ------
    ValueError
        where the window is shorter than a step or longer than the series.

    References
    ----------
    Derived: moving maximum minus moving minimum.

    Examples
    --------
    >>> peak_to_peak([1.0, 4.0, 2.0, 2.0], 1.0, 2.0)
    array([3., 2., 0.])
    """
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    series = checked_series("power", power, step, 1)
    count = round(window / step) if np.isfinite(window) else 0
    if not 1 <= count <= series.shape[-1]:
        raise ValueError(f"window = {window}: must be {step} s to {step * series.shape[-1]:g} s, the length of power")
    first = count // 2
    valid = slice(first, first + series.shape[-1] - count + 1)
    high, low = (by(series, count, axis=-1)[..., valid] for by in (maximum_filter1d, minimum_filter1d))
    return np.asarray(high - low)
