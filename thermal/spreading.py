r"""Spreading of heat in a layered rectangular flux channel: the exact double cosine series.

Contract: layers are listed from the source face down; the four sides are adiabatic, the far face sees a film.
Rectangles lie on the source face, x along `length`, y along `width`, origin in a corner. Resistances are
rises above the coolant per watt.

The slow part of the series is the half space of the first layer folded into the channel, $1/(k_1 \lambda)$;
it does not depend on the film and is integrated exactly (`_half_space`). The rest decays like $e^{-2 \lambda
t_1}$ and is summed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Span = tuple[ArrayLike, ArrayLike]

SERIES_EXPONENT = 18.0
"""modes are summed until exp(-2 lambda t_1) < exp(-18): 1e-8 of the slow part"""
MODES_MAX = 1500
"""most modes per direction; only a first layer thinner than 1/500 of the channel meets it (then 1e-6)"""


class Channel(NamedTuple):
    """A rectangular stack of layers on a film."""

    length: float
    """along x [m]"""
    width: float
    """along y [m]"""
    thickness: tuple[float, ...]
    """of each layer, from the source face [m]"""
    conductivity: tuple[float, ...]
    """of each layer [W/(m*K)]"""
    film: float | Array
    """(...) film coefficient on the far face [W/(m2*K)]"""


class Rectangle(NamedTuple):
    """A rectangle on the source face, or an array of them."""

    x: float | Array
    """centre along the length [m]"""
    y: float | Array
    """centre along the width [m]"""
    length: float | Array
    """extent along x [m]"""
    width: float | Array
    """extent along y [m]"""


def uniform_resistance(channel: Channel) -> Array:
    r"""Return the one-dimensional resistance of a channel, heat entering over the whole face.

    $$ R_1 = \frac{1}{ab} \left( \sum_i \frac{t_i}{k_i} + \frac{1}{h} \right) $$

    Parameters
    ----------
    channel : Channel
        Its film may be an array (...).

    Returns
    -------
    (...) [K/W]

    Raises
    ------
    ValueError
        A size, conductivity or film that is not positive.

    References
    ----------
    Derived: resistances in series.

    Examples
    --------
    >>> plate = Channel(0.04, 0.04, (0.005,), (390.0,), 2e4)
    >>> float(uniform_resistance(plate).round(8))
    0.03926282
    """
    _check_channel(channel)
    solid = np.sum(np.asarray(channel.thickness) / np.asarray(channel.conductivity))
    return (solid + 1 / np.asarray(channel.film, float)) / (channel.length * channel.width)


def channel_resistance(channel: Channel, source: Rectangle, probe: Rectangle) -> Array:
    r"""Return the mean rise of a probe rectangle per watt spread evenly over a source rectangle.

    $$ R = \frac{1}{ab} \sum_{m,n} \epsilon_m \epsilon_n Z(\lambda_{mn}) S_{mn} P_{mn}, \qquad
       \lambda_{mn}^2 = (m \pi / a)^2 + (n \pi / b)^2 $$

    Parameters
    ----------
    channel : Channel
        Its film may be an array (...).
    source : Rectangle
        Its members may be arrays (pair,).
    probe : Rectangle
        Its members may be arrays (pair,), one probe per source; of no extent it is a point.

    Returns
    -------
    (..., pair), or (...) for scalar rectangles [K/W]

    Raises
    ------
    ValueError
        A size that is not positive, or a rectangle that leaves the channel.

    Notes
    -----
    $S$ and $P$ are the means of the cosines over source and probe, so the result is symmetric in the two;
    $\epsilon$ is 1 for index 0, else 2. Exact to about 1e-8 (`SERIES_EXPONENT`).

    References
    ----------
    Muzychka, Culham, Yovanovich (2003), Thermal spreading resistance of eccentric heat sources on rectangular
    flux channels, J. Electronic Packaging 125, eq. 12-20; layers: transfer recursion of `_fast_impedance`.

    Examples
    --------
    >>> plate = Channel(0.04, 0.04, (0.005,), (390.0,), 2e4)
    >>> chip = Rectangle(0.02, 0.02, 0.01, 0.01)
    >>> float(channel_resistance(plate, chip, chip).round(8))
    0.13301697
    """
    uniform = uniform_resistance(channel)
    source, probe = Rectangle(*np.broadcast_arrays(*source)), Rectangle(*np.broadcast_arrays(*probe))
    if not (np.all(source.length > 0) and np.all(source.width > 0)):
        raise ValueError("Rectangle: a source must be larger than 0 in both directions")
    for rectangle in (source, probe):
        _check_inside(channel, rectangle)
    slow = _half_space(channel, source, probe)
    rest = _remainder(channel, source, probe)
    return uniform[(..., *[None] * slow.ndim)] + slow + rest


def peak_resistance(channel: Channel, source: Rectangle, at: tuple[float, float] | None = None) -> Array:
    """Return the rise of a point per watt spread evenly over a source rectangle: its centre, unless said.

    Parameters
    ----------
    channel : Channel
        Its film may be an array (...).
    source : Rectangle
        Its members may be arrays (source,).
    at : (x, y) of the point; the centre of the source by default [m]

    Returns
    -------
    (..., source), or (...) for a scalar rectangle [K/W]

    Raises
    ------
    ValueError
        A size that is not positive, or a rectangle that leaves the channel.

    Notes
    -----
    The centre is the hottest point of a source in the middle of the channel; off the middle it is so to a
    good approximation.

    References
    ----------
    The series of `channel_resistance` with the cosines of the probe taken at a point.

    Examples
    --------
    >>> plate = Channel(0.04, 0.04, (0.005,), (390.0,), 2e4)
    >>> float(peak_resistance(plate, Rectangle(0.02, 0.02, 0.01, 0.01)).round(8))
    0.15771172
    """
    x, y = at or (source.x, source.y)
    return channel_resistance(channel, source, Rectangle(x, y, 0.0, 0.0))


def _remainder(channel: Channel, source: Rectangle, probe: Rectangle) -> Array:
    """Sum the series with the half space taken off, (..., pair) [K/W]."""
    a, b = channel.length, channel.width
    reach = SERIES_EXPONENT / (2 * channel.thickness[0])
    m, n = (np.arange(min(int(reach * side / np.pi) + 2, MODES_MAX)) for side in (a, b))
    along = _cosines(m, a, source.x, source.length) * _cosines(m, a, probe.x, probe.length)
    across = _cosines(n, b, source.y, source.width) * _cosines(n, b, probe.y, probe.width)
    wave = np.hypot.outer(m * np.pi / a, n * np.pi / b)
    weight = np.where(m > 0, 2, 1)[:, None] * np.where(n > 0, 2, 1)
    product = along[..., :, None] * across[..., None, :] * (weight / (a * b))
    felt = np.abs(product).reshape(-1, *wave.shape).max(0) > 1e-15 / (a * b)
    kept = felt & (wave > 0) & (wave < reach)
    return _fast_impedance(channel, wave[kept]) @ np.moveaxis(product[..., kept], -1, 0)


def _fast_impedance(channel: Channel, wave: Array) -> Array:
    """Return impedance minus half space of the first layer, (..., mode) [m2*K/W], without cancellation.

    A layer on impedance Z with z = Z k lambda shows (z + th)/(1 + z th); minus 1 this is (z - 1)(1 - th)/(1 +
    z th).
    """
    film = np.asarray(channel.film, float)[..., None]
    Z = np.broadcast_to(1 / film, film.shape[:-1] + wave.shape)
    for t, k in zip(channel.thickness[:0:-1], channel.conductivity[:0:-1], strict=True):
        tanh = np.tanh(wave * t)
        Z = (Z + tanh / (k * wave)) / (1 + Z * (k * wave * tanh))
    t, k = channel.thickness[0], channel.conductivity[0]
    decay = np.exp(-2 * wave * t)
    one_minus_tanh = 2 * decay / (1 + decay)
    z = Z * (k * wave)
    return (z - 1) * one_minus_tanh / (1 + z * (1 - one_minus_tanh)) / (k * wave)


def _cosines(index: NDArray[np.int_], side: float, centre: ArrayLike, extent: ArrayLike) -> Array:
    """Return the mean of cos(index pi x / side) over [centre - extent/2, centre + extent/2], (..., mode)."""
    x, width = np.asarray(centre, float)[..., None], np.asarray(extent, float)[..., None]
    return np.cos(index * np.pi * x / side) * np.sinc(index * width / (2 * side))


def _half_space(channel: Channel, source: Rectangle, probe: Rectangle) -> Array:
    """Return the series with Z = 1/(k_1 lambda), (pair,) [K/W].

    With 1/lambda = 2/sqrt(pi) int_0^inf exp(-lambda^2 s^2) ds it is the integral of a product of two heat
    kernels, one per direction; dyadic Gauss panels resolve every length down to 1e-5 of the channel.
    """
    a, b = channel.length, channel.width
    nodes, weights = np.polynomial.legendre.leggauss(10)
    edges = 2 * max(a, b) * np.concatenate([[0.0], 0.5 ** np.arange(17, -1, -1)])
    half = np.diff(edges)[:, None] / 2
    s = (edges[:-1, None] + half * (1 + nodes)).ravel()
    along = _kernel(s, a, (source.x, source.length), (probe.x, probe.length))
    across = _kernel(s, b, (source.y, source.width), (probe.y, probe.width))
    integral = (along * across - 1) @ (half * weights).ravel()
    return integral * 2 / (np.sqrt(np.pi) * channel.conductivity[0] * a * b)


def _kernel(s: Array, side: float, source: Span, probe: Span) -> Array:
    """Return sum_m eps_m S_m P_m exp(-(m pi s / side)^2), (..., s): images for small s, cosines for large."""
    m = np.arange(7)
    terms = _cosines(m, side, *source) * _cosines(m, side, *probe) * np.where(m > 0, 2, 1)
    far = terms @ np.exp(-np.square(np.outer(m * np.pi / side, s)))
    return np.where(s < side / 3, _images(s, side, source, probe), far)


def _images(s: Array, side: float, source: Span, probe: Span) -> Array:
    """Return the same kernel from the mirror images of the source, (..., s); exact for s < side/3."""
    from scipy.special import erf

    def first(d: Array) -> Array:
        return erf(d / (2 * s)) / 2

    def second(d: Array) -> Array:
        return d * first(d) + s / np.sqrt(np.pi) * np.exp(-np.square(d / (2 * s)))

    x, extent, at, span = (np.asarray(value, float)[..., None, None] for value in (*source, *probe))
    shift = (2 * side * np.arange(-2, 3))[:, None]
    low = np.concatenate([shift + x, shift - x], -2) - extent / 2
    high = low + extent
    if np.any(span):
        top, bottom = at + span / 2, at - span / 2
        kernel = (second(top - low) - second(top - high) - second(bottom - low) + second(bottom - high)) / span
    else:
        kernel = first(at - low) - first(at - high)
    return side * (kernel / extent).sum(-2)


def _check_channel(channel: Channel) -> None:
    for name, value in channel._asdict().items():
        if not np.all(np.asarray(value, float) > 0):
            raise ValueError(f"Channel.{name} = {value}: must be > 0")
    if len(channel.thickness) != len(channel.conductivity):
        raise ValueError(
            f"Channel: {len(channel.thickness)} thicknesses and {len(channel.conductivity)} conductivities:"
            " must be one of each per layer"
        )


def _check_inside(channel: Channel, rectangle: Rectangle) -> None:
    x, y, length, width = (np.asarray(member) for member in rectangle)
    for name, side, centre, extent in (("x", channel.length, x, length), ("y", channel.width, y, width)):
        slack = 1e-9 * side
        bad = ~((extent >= 0) & (centre - extent / 2 >= -slack) & (centre + extent / 2 <= side + slack))
        if bad.any():
            raise ValueError(
                f"Rectangle: centre {centre[bad].flat[0]:.6g} m, extent {extent[bad].flat[0]:.6g} m along"
                f" {name}: must lie in 0 .. {side:.6g} m"
            )
