"""What an orbit sends to a radiator: sun, sunlight from the Earth, the Earth's infrared; how much Earth it sees.

Contract: fluxes as they are at the radiator, before absorption; angles in radians.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields

Array = NDArray[np.float64]
EARTH_RADIUS = 6.371e6
"""mean [m]"""


@dataclass(frozen=True, kw_only=True)
class Orbit:
    """What falls on the radiator."""

    solar_flux: Annotated[float, "W/m2", Ge(0)]
    """of the sun, across its rays"""
    sun_incidence: Annotated[float, "1", Ge(0), Le(1)]
    """cosine between sun and normal, mean over radiating faces (a shaded face counts 0) while sunlit; edge-on 0"""
    sunlit_fraction: Annotated[float, "1", Ge(0), Le(1)]
    """share of the orbit outside the Earth's shadow"""
    albedo: Annotated[float, "1", Ge(0), Le(1)]
    """share of sunlight that the Earth below sends back, mean over the sunlit part of the orbit"""
    earth_infrared: Annotated[float, "W/m2", Ge(0)]
    """that the Earth emits"""

    def __post_init__(self) -> None:
        check_fields(self)


def earth_view_factor(altitude: ArrayLike, nadir_angle: ArrayLike) -> Array:
    r"""Return the view factor from one face of a plate to the Earth.

    $$ F = \cos\theta / H^2 \;\; (H \cos\theta \ge 1), \qquad H = 1 + z / R $$

    and, where the horizon cuts the plate's plane,

    $$ F = \frac{1}{\pi} \left[ \frac{\cos\theta}{H^2} \arccos\left(-\sqrt{H^2 - 1} \cot\theta\right)
       - \frac{\sqrt{H^2 - 1} \sqrt{1 - H^2 \cos^2\theta}}{H^2}
       + \arctan\frac{\sqrt{1 - H^2 \cos^2\theta}}{\sqrt{H^2 - 1}} \right] $$

    Parameters
    ----------
    altitude : (...) above the ground, z [m]
    nadir_angle : (...) between the face's normal and down, 0 .. pi [rad]

    Returns
    -------
    (...) [1]

    Raises
    ------
    ValueError
        An altitude that is not positive, or an angle outside 0 .. pi.

    References
    ----------
    Juul (1979), J. Heat Transfer 101, 558: plane element to sphere.

    Examples
    --------
    >>> earth_view_factor(550e3, [0.0, 1.5707963, 3.1415926]).round(3)
    array([0.847, 0.258, 0.   ])
    """
    z, angle = np.broadcast_arrays(np.asarray(altitude, float), np.asarray(nadir_angle, float))
    if not (z > 0).all():
        raise ValueError(f"altitude of the orbit = {np.min(z):.6g} m: must be > 0")
    if not ((angle >= 0) & (angle <= np.pi)).all():
        raise ValueError(f"nadir angle = {np.max(angle):.6g} rad: must lie in 0 .. pi")
    H = 1 + z / EARTH_RADIUS
    root, cosine = np.sqrt(H * H - 1), np.cos(angle)
    cut = np.abs(H * cosine) < 1
    sine = np.where(cut, np.sin(angle), 1.0)
    width = np.sqrt(np.where(cut, 1 - (H * cosine) ** 2, 0.0))
    seen = cosine * np.arccos(np.clip(-root * cosine / sine, -1, 1)) / H**2
    partial = (seen - root * width / H**2 + np.arctan(width / root)) / np.pi
    return np.where(cut, partial, np.maximum(cosine, 0) / H**2)
