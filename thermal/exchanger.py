"""Heat exchangers: effectiveness from the number of transfer units, and back.

Contract: NTU = UA / C_min, capacity ratio = C_min / C_max <= 1, effectiveness = heat / (C_min (T_hot,in - T_cold,in)).
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.bracket import rising_root

Array = NDArray[np.float64]
Arrangement = Literal["counter", "parallel", "cross_unmixed", "cross_max_mixed", "cross_min_mixed"]

_SMALL = 1e-300
"""stands for nothing where a quotient must stay defined"""


def effectiveness(ntu: ArrayLike, capacity_ratio: ArrayLike, arrangement: Arrangement) -> Array:
    r"""Return the effectiveness of an exchanger.

    $$ \text{counter: } \frac{1 - e^{-N(1-C)}}{1 - C e^{-N(1-C)}}, \quad
       \text{parallel: } \frac{1 - e^{-N(1+C)}}{1 + C}, \quad
       \text{cross, unmixed: } \frac{1}{C N} \sum_{n=0}^{\infty} P_n(N) P_n(C N), \quad
       P_n(x) = 1 - e^{-x} \sum_{m=0}^{n} \frac{x^m}{m!} $$

    $$ \text{cross, } C_{max} \text{ mixed: } \frac{1 - e^{-C (1 - e^{-N})}}{C}, \quad
       C_{min} \text{ mixed: } 1 - e^{-(1 - e^{-C N}) / C} $$

    Parameters
    ----------
    ntu : (...) number of transfer units N, of the smaller capacity rate [1]
    capacity_ratio : (...) smaller over larger capacity rate C, 0 for a side that condenses or boils [1]
    arrangement : "counter", "parallel", "cross_unmixed", "cross_max_mixed" or "cross_min_mixed"

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        A negative or infinite NTU, a ratio outside 0 .. 1, an unknown arrangement.

    Notes
    -----
    Exact to 1e-13; the series is not the usual fit in N^0.22, which is off by up to 0.01. Work and memory of the
    series grow with the largest NTU.

    References
    ----------
    Mason (1955), Proc. 2nd US Nat. Congr. Appl. Mech., 801: the series; Kays, London (1984), Compact Heat Exchangers.

    Examples
    --------
    >>> [float(effectiveness(3.0, 0.75, kind).round(6)) for kind in ("counter", "parallel", "cross_unmixed")]
    [0.817118, 0.56843, 0.749406]
    """
    N, C = _checked(ntu, capacity_ratio)
    return _effectiveness(N, C, arrangement)


def transfer_units(effectiveness: ArrayLike, capacity_ratio: ArrayLike, arrangement: Arrangement) -> Array:
    """Return the number of transfer units that gives an effectiveness.

    Parameters
    ----------
    effectiveness : (...) [1]
    capacity_ratio : (...) smaller over larger capacity rate [1]
    arrangement : as in `effectiveness`

    Returns
    -------
    (...) of the smaller capacity rate [1]

    Raises
    ------
    ValueError
        An effectiveness that no size reaches, a ratio outside 0 .. 1, an unknown arrangement.

    References
    ----------
    Derived: inverse of `effectiveness`, in closed form but for the series.

    Examples
    --------
    >>> float(transfer_units(0.625, 1.0, "counter").round(6))
    1.666667
    """
    e, (_, C) = np.asarray(effectiveness, float), _checked(0.0, capacity_ratio)
    limit = _limit(C, arrangement)
    if not ((e >= 0) & (e < limit)).all():
        bad = ~((e >= 0) & (e < limit))
        worst, at = np.broadcast_to(e, bad.shape)[bad][0], np.broadcast_to(limit, bad.shape)[bad][0]
        raise ValueError(
            f"effectiveness = {worst:.6g}: must lie in 0 .. {at:.6g}, what {arrangement!r} reaches at any size;"
            " ask for less heat, or raise the smaller flow"
        )
    if arrangement == "counter":
        ratio = e / (1 - e)
        return ratio * _log_ratio((1 - C) * ratio)
    if arrangement == "parallel":
        return -np.log1p(-e * (1 + C)) / (1 + C)
    if arrangement == "cross_max_mixed":
        return -np.log1p(-e * _log_ratio(-e * C))
    if arrangement == "cross_min_mixed":
        full = -np.log1p(-e)
        return full * _log_ratio(-full * C)
    return _cross_units(e, C)


def _checked(ntu: ArrayLike, capacity_ratio: ArrayLike) -> tuple[Array, Array]:
    N, C = np.asarray(ntu, float), np.asarray(capacity_ratio, float)
    if not ((N >= 0) & np.isfinite(N)).all():
        raise ValueError(f"number of transfer units = {np.min(N):.6g}: must be >= 0 and finite")
    if not ((C >= 0) & (C <= 1)).all():
        bad = C[~((C >= 0) & (C <= 1))].flat[0]
        raise ValueError(f"capacity ratio = {bad:.6g}: must lie in 0 .. 1; it is the smaller over the larger rate")
    return N, C


def _effectiveness(N: Array, C: Array, arrangement: Arrangement) -> Array:
    if arrangement == "counter":
        gain = N * _decay(N * (1 - C))
        return gain / (1 + C * gain)
    if arrangement == "parallel":
        return -np.expm1(-N * (1 + C)) / (1 + C)
    single = -np.expm1(-N)
    if arrangement == "cross_max_mixed":
        return single * _decay(C * single)
    if arrangement == "cross_min_mixed":
        return -np.expm1(-N * _decay(C * N))
    if arrangement == "cross_unmixed":
        return _series(N, C)[0]
    raise ValueError(f"arrangement {arrangement!r}: must be one of {', '.join(map(repr, get_args(Arrangement)))}")


def _limit(C: Array, arrangement: Arrangement) -> Array:
    """Return the effectiveness of an exchanger without end."""
    if arrangement == "parallel":
        return 1 / (1 + C)
    if arrangement == "cross_max_mixed":
        return _decay(C)
    if arrangement == "cross_min_mixed":
        return -np.expm1(-1 / np.maximum(C, _SMALL))
    _effectiveness(np.zeros(()), C, arrangement)
    return np.ones(C.shape)


def _decay(x: Array) -> Array:
    """Return (1 - e^-x) / x, 1 at 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, -np.expm1(-safe) / safe)


def _log_ratio(x: Array) -> Array:
    """Return ln(1 + x) / x, 1 at 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.log1p(safe) / safe)


def _series(N: Array, C: Array) -> tuple[Array, Array]:
    """Return Mason's sum over C N and its slope along N; P_n is the chance of more than n events where x are due."""
    N, C = np.broadcast_arrays(N, C)
    x, y = np.maximum(N, _SMALL)[..., None], np.maximum(C * N, _SMALL)[..., None]
    most = float(x.max(initial=1.0))
    n = np.arange(int(most + 10 * np.sqrt(most) + 30))
    likely_x, more_x = _events(x, n)
    likely_y, more_y = _events(y, n)
    value = (more_x * more_y).sum(-1) / y[..., 0]
    growth = (likely_x * more_y + C[..., None] * more_x * likely_y).sum(-1) / y[..., 0]
    return value, growth - value / x[..., 0]


def _events(x: Array, n: NDArray[np.intp]) -> tuple[Array, Array]:
    """Return e^-x x^n / n! and the sum of those beyond n, from the far end: nothing cancels."""
    steps = np.log(x / np.maximum(n, 1))
    steps[..., 0] = -x[..., 0]
    likely = np.exp(np.cumsum(steps, -1))
    beyond = np.zeros(likely.shape)
    beyond[..., :-1] = np.cumsum(likely[..., :0:-1], -1)[..., ::-1]
    return likely, beyond


def _cross_units(e: Array, C: Array) -> Array:
    """Newton from the counter-flow exchanger, which needs less: the sum is concave, so the steps never overshoot."""
    e, C = np.broadcast_arrays(e, C)
    start = transfer_units(e, C, "counter")
    high = 2 * start + 1
    while (_series(high, C)[0] < e).any():
        high = 4 * high

    def miss(N: Array) -> tuple[Array, Array]:
        value, slope = _series(N, C)
        return value - e, slope

    return rising_root(miss, start, high, start, "number of transfer units in cross flow")
