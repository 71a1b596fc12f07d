"""The root of a rising function between two bounds, elementwise.

Contract: the function returns value and slope; Newton's step is taken where it stays inside the bracket, half of the
bracket where it does not.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge

Array = NDArray[np.float64]

TOLERANCE = 1e-14
"""last step over the larger bound [1]"""
ITERATIONS_MAX = 100
"""before giving up; 5 to 9 are usual"""


def rising_root(
    function: Callable[[Array], tuple[Array, Array]], low: ArrayLike, high: ArrayLike, start: ArrayLike, name: str
) -> Array:
    r"""Return where a rising function is zero, by Newton's method inside a bracket.

    $$ x \leftarrow x - f(x) / f'(x), \quad \text{or the middle of what is left} $$

    Parameters
    ----------
    function : of x (...), returns value and slope (...)
    low : (...) bound with a value <= 0, in the unit of x [1]
    high : (...) bound with a value >= 0, in the unit of x [1]
    start : (...) between them [1]
    name : what is sought, for the message

    Returns
    -------
    (...) x, in its unit [1]

    Raises
    ------
    DidNotConverge
        After `ITERATIONS_MAX` steps.

    Notes
    -----
    A root outside the bounds is answered with the bound: check the values there first.

    References
    ----------
    Press et al. (2007), Numerical Recipes, 9.4: Newton with bisection.

    Examples
    --------
    >>> rising_root(lambda x: (x * x - [2.0, 9.0], 2 * x), 0.0, 5.0, 1.0, "x").round(6)
    array([1.414214, 3.      ])
    """
    low, high = np.array(low, float), np.array(high, float)
    size = np.maximum(np.abs(low), np.abs(high))
    x = np.asarray(start, float)
    for _ in range(ITERATIONS_MAX):
        value, slope = function(x)
        low, high = np.where(value <= 0, x, low), np.where(value >= 0, x, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = x - value / slope
        inside = (newton >= low) & (newton <= high)
        after = np.where(inside, newton, (low + high) / 2) + 0.0 * value
        if (np.abs(after - x) <= TOLERANCE * size).all():
            return after
        x = after
    raise DidNotConverge(f"{name}: no root after {ITERATIONS_MAX} steps; widen the bounds or check its parameters")
