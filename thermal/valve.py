"""Control valve: characteristic, drop, and what it does in a branch with other drops.

Contract: a position runs from 0 (shut) to 1 (open), an opening is the share of the Kv a valve has there.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]
Characteristic = Literal["equal_percentage", "linear"]

KV_DENSITY, KV_DROP = 1000.0, 1e5
"""water and drop [kg/m3, Pa] at which Kv is the flow"""


@dataclass(frozen=True, kw_only=True)
class ControlValve:
    """A two-port valve."""

    kvs: Annotated[float, "m3/s", Gt(0)]
    """flow of water at a drop of 1 bar, wide open; 1 m3/h is 1/3600 m3/s"""
    rangeability: Annotated[float, "1", Gt(1)]
    """largest over smallest flow that obeys the characteristic"""
    characteristic: Characteristic
    """"equal_percentage" or "linear\""""

    def __post_init__(self) -> None:
        check_fields(self)
        _known(self.characteristic)


def _known(characteristic: str) -> None:
    if characteristic not in get_args(Characteristic):
        names = " or ".join(map(repr, get_args(Characteristic)))
        raise ValueError(f"ControlValve.characteristic = {characteristic!r}: must be {names}")


def opening(position: ArrayLike, rangeability: ArrayLike, characteristic: Characteristic) -> Array:
    r"""Return the share of its Kv that a valve has at a position.

    $$ \text{equal percentage: } \frac{R^y - 1}{R - 1}, \qquad \text{linear: } y $$

    Parameters
    ----------
    position : (...) y, 0 .. 1 [1]
    rangeability : (...) R, above 1 [1]
    characteristic : "equal_percentage" or "linear"

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        A position outside 0 .. 1, an unknown characteristic.

    Notes
    -----
    The textbook's $R^{y-1}$ leaks $1/R$ when shut; this one closes, and nears it where the valve is more than half
    open.

    References
    ----------
    Derived: equal percentage of flow over the leak, per equal step of position.

    Examples
    --------
    >>> opening([0.0, 0.5, 1.0], 50.0, "equal_percentage").round(3)
    array([0.   , 0.124, 1.   ])
    """
    y, R = np.asarray(position, float), np.asarray(rangeability, float)
    _known(characteristic)
    _share("valve position", y)
    return y + 0.0 * R if characteristic == "linear" else np.expm1(y * np.log(R)) / (R - 1)


def position_for(opening: ArrayLike, rangeability: ArrayLike, characteristic: Characteristic) -> Array:
    """Return the position at which a valve has a share of its Kv; the inverse of `opening`.

    Parameters
    ----------
    opening : (...) 0 .. 1 [1]
    rangeability : (...) [1]
    characteristic : "equal_percentage" or "linear"

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        An opening outside 0 .. 1, an unknown characteristic.

    References
    ----------
    Derived: inverse of `opening`.

    Examples
    --------
    >>> float(position_for(0.124, 50.0, "equal_percentage").round(2))
    0.5
    """
    share, R = np.asarray(opening, float), np.asarray(rangeability, float)
    _known(characteristic)
    _share("valve opening", share)
    return share + 0.0 * R if characteristic == "linear" else np.log1p(share * (R - 1)) / np.log(R)


def _share(name: str, value: Array) -> None:
    if not ((value >= 0) & (value <= 1)).all():
        bad = value[~((value >= 0) & (value <= 1))].flat[0]
        raise ValueError(f"{name} = {bad:.6g}: must lie in 0 .. 1, shut to open")


def valve_drop(valve: ControlValve, position: ArrayLike, volume_flow: ArrayLike, density: ArrayLike) -> Array:
    r"""Return the pressure drop of a valve, $\Delta p = 10^5 (\rho / 1000) (Q / K_v)^2$.

    Parameters
    ----------
    valve : ControlValve
    position : (...) above 0 [1]
    volume_flow : (...) [m3/s]
    density : (...) [kg/m3]

    Returns
    -------
    (...) [Pa]

    Raises
    ------
    ValueError
        A shut valve with flow, or a position outside 0 .. 1.

    References
    ----------
    IEC 60534-2-1: definition of Kv.

    Examples
    --------
    >>> valve = ControlValve(kvs=100 / 3600, rangeability=50.0, characteristic="equal_percentage")
    >>> float(valve_drop(valve, 1.0, 50 / 3600, 1000.0).round(0))
    25000.0
    """
    kv = valve.kvs * opening(position, valve.rangeability, valve.characteristic)
    Q = np.asarray(volume_flow, float)
    if not ((kv > 0) | (Q == 0)).all():
        raise ValueError("valve position = 0 with flow: open it, or take the flow away")
    return KV_DROP * np.asarray(density, float) / KV_DENSITY * np.square(Q / np.where(kv > 0, kv, 1.0))


def authority(open_drop: ArrayLike, other_drop: ArrayLike) -> Array:
    """Return the share of the drop of its branch that a wide open valve takes.

    Parameters
    ----------
    open_drop : (...) of the valve, wide open [Pa]
    other_drop : (...) of the rest of the branch at the same flow [Pa]

    Returns
    -------
    (...) above 0, at most 1 [1]

    Raises
    ------
    ValueError
        A drop of the valve that is not positive, or a negative other.

    References
    ----------
    Definition, as in Petitjean (1994), Total hydronic balancing.

    Examples
    --------
    >>> float(authority(4e4, 8e4).round(3))
    0.333
    """
    own, other = np.asarray(open_drop, float), np.asarray(other_drop, float)
    if not ((own > 0).all() and (other >= 0).all()):
        raise ValueError(f"drop of the open valve {np.min(own):.6g} Pa, others {np.min(other):.6g} Pa: > 0 and >= 0")
    return own / (own + other)


def installed(opening: ArrayLike, authority: ArrayLike) -> Array:
    r"""Return flow over flow with the valve wide open, at a constant pressure across the branch.

    $$ \frac{Q}{Q_{100}} = \frac{\varphi}{\sqrt{N + (1 - N) \varphi^2}} $$

    Parameters
    ----------
    opening : (...) share of the Kv [1]
    authority : (...) N, above 0 [1]

    Returns
    -------
    (...) [1]

    References
    ----------
    Derived: two quadratic drops in series.

    Examples
    --------
    >>> installed([0.0, 0.124, 1.0], 0.5).round(3)
    array([0.   , 0.174, 1.   ])
    """
    share, N = np.asarray(opening, float), np.asarray(authority, float)
    return share / np.sqrt(N + (1 - N) * share * share)


def opening_for(flow_share: ArrayLike, authority: ArrayLike) -> Array:
    """Return the opening that gives a share of the flow with the valve wide open; the inverse of `installed`.

    Parameters
    ----------
    flow_share : (...) 0 .. 1 [1]
    authority : (...) [1]

    Returns
    -------
    (...) share of the Kv [1]

    References
    ----------
    Derived: inverse of `installed`.

    Examples
    --------
    >>> float(opening_for(0.174, 0.5).round(3))
    0.124
    """
    x, N = np.asarray(flow_share, float), np.asarray(authority, float)
    return x * np.sqrt(N / (1 - (1 - N) * x * x))
