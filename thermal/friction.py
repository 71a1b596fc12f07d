"""Friction in round pipes: Churchill's factor for all regimes, or Nikuradse's fully rough one plus the laminar one.

Contract: Darcy factors. Drops are computed from f Re, which stays finite at rest.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_B_COEFFICIENT = (37530 / 8) ** 16
"""of Churchill's B on (8/Re)^16"""


def friction_factor(Re: ArrayLike, relative_roughness: ArrayLike, law: str = "churchill") -> Array:
    r"""Return the Darcy friction factor of a pipe.

    Churchill, laminar to fully rough:

    $$ f = 8 \left[ (8/Re)^{12} + (A + B)^{-3/2} \right]^{1/12}, \quad
       A = \left( 2.457 \ln \frac{1}{(7/Re)^{0.9} + 0.27\,\epsilon} \right)^{16}, \quad B = (37530/Re)^{16} $$

    Nikuradse, the laminar and the fully rough part added:

    $$ f = 64/Re + \left( 2 \log_{10} (3.71 / \epsilon) \right)^{-2} $$

    Parameters
    ----------
    Re : (...) Reynolds number, above 0 [1]
    relative_roughness : (...) roughness over diameter, above 0 for Nikuradse [1]
    law : "churchill" or "nikuradse"

    Returns
    -------
    (...) Darcy friction factor [1]

    Raises
    ------
    ValueError
        A Reynolds number that is not positive, an unknown law, no roughness where the law needs one.

    Notes
    -----
    Churchill's is 64/Re below Re = 1. Nikuradse's has no smooth turbulent pipe: between Re = 2e3 and fully rough flow
    it is too low for smooth walls. It is what pandapipes calls nikuradse for liquids, and exactly quadratic plus
    linear in the flow.

    References
    ----------
    Churchill (1977), Friction-factor equation spans all fluid-flow regimes, Chemical Engineering 84(24).
    Nikuradse (1933), Strömungsgesetze in rauhen Rohren; as in pandapipes 0.16.

    Examples
    --------
    >>> float(friction_factor(1e5, 1e-4).round(5))
    0.01846
    >>> float(friction_factor(1e5, 1e-4, "nikuradse").round(5))
    0.01262
    """
    Re, relative = np.asarray(Re, float), np.asarray(relative_roughness, float)
    if not np.all(Re > 0):
        raise ValueError(f"Reynolds number {np.min(Re):.6g}: must be > 0; at rest there is no friction factor")
    check_friction(law, relative)
    return friction_number(Re, relative, law)[0] / Re


def check_friction(law: str, roughness: ArrayLike) -> None:
    """Raise ValueError for an unknown friction law, or for a smooth pipe under Nikuradse's."""
    if law not in _LAWS:
        raise ValueError(f"friction law {law!r}: must be one of {', '.join(map(repr, _LAWS))}")
    if law == "nikuradse" and not np.all(np.asarray(roughness) > 0):
        raise ValueError(
            f"roughness = {np.min(roughness):.6g}: must be > 0 with 'nikuradse'; use 'churchill' for smooth pipes"
        )


def rough_factor(relative_roughness: ArrayLike) -> Array:
    """Return Nikuradse's fully rough friction factor [1]."""
    return np.asarray((2 * np.log10(3.71 / np.asarray(relative_roughness, float))) ** -2)


def friction_number(Re: Array, roughness: float | Array, law: str) -> tuple[Array, Array]:
    """Return f Re and d ln(f Re) / d ln Re [1]; (64, 0) at rest."""
    return _LAWS[law](Re, roughness)


def _nikuradse(Re: Array, roughness: float | Array) -> tuple[Array, Array]:
    turbulent = rough_factor(roughness) * Re
    number = 64 + turbulent
    return number, turbulent / number


def _churchill(Re: Array, roughness: float | Array) -> tuple[Array, Array]:
    """Laminar (64, 0) below Re = 1."""
    x = np.maximum(Re, 1.0)
    y = 8 / x
    y4 = np.square(np.square(y))
    y8 = np.square(y4)
    laminar, B = y4 * y8, _B_COEFFICIENT * np.square(y8)
    smooth = (7 / 8 * y) ** 0.9
    rough = smooth + 0.27 * roughness
    theta = -2.457 * np.log(rough)
    theta3 = theta * theta * theta
    theta15 = theta3 * np.square(np.square(theta3))
    total = theta * theta15 + B
    turbulent = 1 / (total * np.sqrt(total))
    factor = laminar + turbulent
    growth = 2 * (2.457 * 0.9 * theta15 * smooth / rough - B) / total
    exponent = (Re > 1) * (1 - (laminar + turbulent * growth) / factor)
    return 8 * x * factor ** (1 / 12), exponent


_LAWS: dict[str, Callable[[Array, float | Array], tuple[Array, Array]]] = {
    "churchill": _churchill,
    "nikuradse": _nikuradse,
}
