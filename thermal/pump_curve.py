"""The head curve of a pump: a parabola or published points, and the affinity laws.

Contract: a head is the rise of pressure [Pa]; flows are positive, of one pump; speed is relative to the full one, 1. A
flow past the end of the curve is refused, never extrapolated.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]

SLACK = 1e-9
"""by which a flow may pass the end of a curve in rounding, relative [1]"""


@dataclass(frozen=True, kw_only=True)
class Pump:
    """A centrifugal pump with a parabola for its head, at full speed."""

    shutoff_head: Annotated[float, "Pa", Gt(0)]
    """rise of pressure at no flow"""
    rated_head: Annotated[float, "Pa", Gt(0)]
    """rise of pressure at the rated flow"""
    rated_flow: Annotated[float, "m3/s", Gt(0)]
    """flow of best efficiency"""
    end_flow: Annotated[float, "m3/s", Gt(0)]
    """end of the published curve"""
    efficiency: Annotated[float, "1", Gt(0), Le(1)]
    """hydraulic over electric power at the rated flow"""

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.rated_head < self.shutoff_head:
            raise ValueError(
                f"Pump.rated_head = {self.rated_head:.6g} Pa: must be < shutoff_head = {self.shutoff_head:.6g} Pa,"
                " so that the head falls with the flow"
            )
        reach = self.rated_flow / np.sqrt(1 - self.rated_head / self.shutoff_head)
        most = min(reach, 2 * self.rated_flow)
        if not self.rated_flow <= self.end_flow < most:
            raise ValueError(
                f"Pump.end_flow = {self.end_flow:.6g} m3/s: must lie in rated_flow = {self.rated_flow:.6g} .. "
                f"{most:.6g} m3/s, where head and efficiency are positive"
            )


class PumpNumbers(NamedTuple):
    """The numbers of a `Pump`, unchecked; each may be an array (...)."""

    shutoff_head: Array | float
    """[Pa]"""
    rated_head: Array | float
    """[Pa]"""
    rated_flow: Array | float
    """[m3/s]"""
    end_flow: Array | float
    """[m3/s]"""
    efficiency: Array | float
    """[1]"""


class HeadCurve(NamedTuple):
    """Head over flow at full speed, cubic between the points and falling."""

    flow: Array
    """(..., point) rising from 0 to the end of the curve [m3/s]"""
    head: Array
    """(..., point) [Pa]"""
    slope: Array
    """(..., point) [Pa*s/m3]"""


def parabola(pump: Pump | PumpNumbers) -> HeadCurve:
    r"""Return the curve of a pump through its head at no flow and at the rated flow.

    $$ H(Q) = H_0 - (H_0 - H_r) (Q / Q_r)^2 $$

    Parameters
    ----------
    pump : Pump or PumpNumbers

    Returns
    -------
    HeadCurve
        Exact, with two points.

    References
    ----------
    Derived: the parabola with its top at no flow.

    Examples
    --------
    >>> curve = parabola(Pump(shutoff_head=3e5, rated_head=2e5, rated_flow=0.02, end_flow=0.03, efficiency=0.6))
    >>> float(head(curve, 0.01).round(0))
    275000.0
    """
    end, zero = np.asarray(pump.end_flow, float), np.zeros(np.shape(pump.end_flow))
    fall = (np.asarray(pump.shutoff_head, float) - pump.rated_head) / np.square(pump.rated_flow)
    last = pump.shutoff_head - fall * end**2
    pairs = (zero, end), (pump.shutoff_head, last), (zero, -2 * fall * end)
    return HeadCurve(*(np.stack(np.broadcast_arrays(*pair), -1).astype(float) for pair in pairs))


def curve_through(flow: ArrayLike, head: ArrayLike) -> HeadCurve:
    r"""Return a falling curve through published points.

    Parameters
    ----------
    flow : (point,) rising from 0 [m3/s]
    head : (point,) falling [Pa]

    Returns
    -------
    HeadCurve

    Raises
    ------
    ValueError
        Points that do not start at no flow, or a head that does not fall.

    References
    ----------
    Fritsch, Butland (1984), SIAM J. Sci. Stat. Comput. 5, 300: slopes that keep a cubic monotone.

    Examples
    --------
    >>> curve = curve_through([0.0, 0.01, 0.02], [3e5, 2.75e5, 2e5])
    >>> float(curve.slope[1])
    -3750000.0
    """
    Q, H = np.asarray(flow, float), np.asarray(head, float)
    if not (Q.ndim == 1 and Q.size > 1 and Q.shape == H.shape and Q[0] == 0 and (np.diff(Q) > 0).all()):
        raise ValueError(f"pump curve: flow {Q.tolist()} m3/s: two or more points, rising from 0, one head for each")
    if not ((np.diff(H) < 0).all() and H[-1] >= 0):
        raise ValueError(f"pump curve: head {H.tolist()} Pa: must fall with the flow and stay >= 0; leave out a hump")
    step, fall = np.diff(Q), np.diff(H) / np.diff(Q)
    share = (step[:-1] + 2 * step[1:]) / (3 * (step[:-1] + step[1:]))
    inner = fall[:-1] * fall[1:] / (share * fall[1:] + (1 - share) * fall[:-1])
    ends = [min(0.0, max(1.5 * f - 0.5 * s, 3 * f)) for f, s in _ends(fall, inner)]
    return HeadCurve(Q, H, np.concatenate([ends[:1], inner, ends[1:]]))


def _ends(fall: Array, inner: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return secant and neighbour's slope at either end."""
    return (fall[0], inner[0] if inner.size else fall[0]), (fall[-1], inner[-1] if inner.size else fall[-1])


def head(curve: HeadCurve, flow: ArrayLike, speed: ArrayLike = 1.0) -> Array:
    r"""Return the head of a pump, $H(Q, n) = n^2 H(Q / n)$.

    Parameters
    ----------
    curve : HeadCurve
    flow : (...) of one pump [m3/s]
    speed : (...) over the full one, above 0 [1]

    Returns
    -------
    (...) [Pa]

    Raises
    ------
    ValueError
        A negative flow, one past the end of the curve, or a speed that is not positive.

    References
    ----------
    Affinity laws of similar operating points.

    Examples
    --------
    >>> curve = curve_through([0.0, 0.01, 0.02], [3e5, 2.75e5, 2e5])
    >>> float(head(curve, 0.005, 0.5).round(0))
    68750.0
    """
    n, Q = np.asarray(speed, float), np.asarray(flow, float)
    if not (n > 0).all():
        raise ValueError(f"pump speed = {np.min(n):.6g}: must be > 0; a pump at rest has no head")
    _within(curve, Q / n)
    return n * n * evaluate(curve, Q / n)[0]


def _within(curve: HeadCurve, flow: Array) -> None:
    """Raise ValueError where a flow at full speed lies outside the curve."""
    end = curve.flow[..., -1]
    bad = ~((flow >= 0) & (flow <= end * (1 + SLACK)))
    if bad.any():
        worst, last = (np.broadcast_to(value, bad.shape)[bad][0] for value in (flow, end))
        raise ValueError(
            f"pump: flow {worst:.6g} m3/s at full speed: must lie in 0 .. {last:.6g} m3/s, the end of its curve;"
            " raise the resistance, run more pumps or take a larger one"
        )


def evaluate(curve: HeadCurve, flow: Array) -> tuple[Array, Array]:
    """Return head and slope at full speed; the end cells go on beyond their points."""
    Q = np.asarray(flow, float)
    cell = (Q[..., None] >= curve.flow[..., 1:-1]).sum(-1)

    def at(column: Array, offset: int) -> Array:
        shape = np.broadcast_shapes(column.shape[:-1], cell.shape)
        where = np.broadcast_to(cell + offset, shape)[..., None]
        return np.take_along_axis(np.broadcast_to(column, (*shape, column.shape[-1])), where, -1)[..., 0]

    start, h = at(curve.flow, 0), at(curve.flow, 1) - at(curve.flow, 0)
    y0, y1, d0, d1 = at(curve.head, 0), at(curve.head, 1), at(curve.slope, 0), at(curve.slope, 1)
    t = (Q - start) / h
    secant = (y1 - y0) / h
    c2, c3 = 3 * secant - 2 * d0 - d1, d0 + d1 - 2 * secant
    return y0 + h * t * (d0 + t * (c2 + t * c3)), d0 + t * (2 * c2 + 3 * t * c3)
