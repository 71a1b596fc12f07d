r"""Laminar flow in rectangular ducts: friction, heat transfer, and the film of a plate of parallel fins.

Contract: Fanning friction factor and Nusselt number refer to the hydraulic diameter; aspect is the short side over
the long one, 0 for parallel plates. Axially the heat flux is constant, around the duct the wall has one temperature
(condition H1). The film of a fin plate is per base area, above the mixed mean of the coolant.

Velocity and temperature are sine series over the cross-section with eigenvalues (m pi / A)^2 + (n pi / B)^2, m and n
odd. Friction and Nusselt number need two double sums of them, of which the one over the long side is closed.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coolant import Coolant, conductivity, density, heat_capacity, viscosity

Array = NDArray[np.float64]

MODES = np.arange(1.0, 128.0, 2.0)
"""odd modes over the short side; what they leave out is below 1e-8 of the sums"""
REYNOLDS_MAX = 2300.0
"""up to which flow in the gaps is taken as laminar"""


@dataclass(frozen=True, kw_only=True)
class FinPlate:
    """Straight parallel fins on a base, closed by an adiabatic cover; coolant flows along `length`."""

    fin_thickness: Annotated[float, "m", Gt(0)]
    """of one fin"""
    gap: Annotated[float, "m", Gt(0)]
    """between fins"""
    fin_height: Annotated[float, "m", Gt(0)]
    """from base to cover"""
    length: Annotated[float, "m", Gt(0)]
    """of the fins, along the flow"""
    width: Annotated[float, "m", Gt(0)]
    """of the finned area, across the flow"""
    fin_conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of the fins"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.pitch > self.width:
            raise ValueError(f"FinPlate.gap + fin_thickness = {self.pitch:.6g}: must be <= width = {self.width:.6g} m")

    @property
    def pitch(self) -> float:
        """From fin to fin [m]."""
        return self.gap + self.fin_thickness

    @property
    def aspect(self) -> float:
        """Short side of a gap over the long one [1]."""
        return min(self.gap / self.fin_height, self.fin_height / self.gap)


class FinFilm(NamedTuple):
    """What a plate of fins does at a flow."""

    film: Array
    """(...) film per base area, above the mixed mean of the coolant [W/(m2*K)]"""
    pressure_drop: Array
    """(...) over the fins [Pa]"""
    reynolds: Array
    """(...) in the gaps [1]"""
    efficiency: Array
    """(...) of the fins [1]"""


def duct_friction(aspect: ArrayLike, length: ArrayLike = np.inf) -> Array:
    r"""Return f Re of laminar flow in a rectangular duct from its inlet: friction, and momentum while it develops.

    $$ (f Re)^2 = \left( \frac{\pi^6}{32 (1 + \alpha)^2 G_1} \right)^2 + \frac{3.44^2}{L^+}, \qquad
       G_p = \sum_{m, n\ odd} \frac{1}{m^2 n^2 (m^2 + \alpha^2 n^2)^p} $$

    Parameters
    ----------
    aspect : (...) short side over long side, 0 … 1 [1]
    length : (...) L+ = length over hydraulic diameter and Reynolds number; infinite for developed flow [1]

    Returns
    -------
    (...) Fanning friction factor times Reynolds number, on the hydraulic diameter [1]

    Raises
    ------
    ValueError
        An aspect outside 0 … 1, a length that is not positive.

    Notes
    -----
    Developed: exact, converged to 1e-8. Developing: from an even inlet velocity, within 10 % of published data. Loss
    of head into and out of the duct is not included.

    References
    ----------
    Developed: derived, sine series of the Poisson equation; tables in Shah and London (1978), Laminar flow forced
    convection in ducts, chapter VII. Developing: Muzychka and Yovanovich (2009), J. Fluids Eng. 131, 111105.

    Examples
    --------
    >>> duct_friction([0.0, 1.0]).round(4)
    array([24.    , 14.2271])
    """
    alpha, L = _checked(aspect), _positive("length over diameter and Re", length)
    return np.hypot(np.pi**6 / (32 * (1 + alpha) ** 2 * _sums(alpha)[0]), 3.44 / np.sqrt(L))


def duct_nusselt(aspect: ArrayLike, length: ArrayLike = np.inf) -> Array:
    r"""Return the mean Nusselt number from the inlet of a rectangular duct heated on all sides, H1, in developed flow.

    $$ Nu_m^5 = \left( \frac{64\, G_1^2}{\pi^2 (1 + \alpha)^2 G_3} \right)^5
       + \left( 0.7515\, \sqrt[3]{f Re / L^*} \right)^5 $$

    Parameters
    ----------
    aspect : (...) short side over long side, 0 … 1 [1]
    length : (...) L* = length over hydraulic diameter, Reynolds and Prandtl number; infinite for developed
        temperature [1]

    Returns
    -------
    (...) on the hydraulic diameter [1]

    Raises
    ------
    ValueError
        An aspect outside 0 … 1, a length that is not positive.

    Notes
    -----
    $G_p$ as in `duct_friction`. The velocity's coefficients are the source of the temperature's, each over its
    eigenvalue, and weight it again in the mixed mean: hence the third power; exact, converged to 1e-8. The entrance is
    Leveque's boundary layer at constant flux with the published 0.501 (0.517 in a flat layer), times 3/2 as mean:
    within 7 % of finite volumes under H1 for L* >= 0.001. In liquids, Pr > 2, the velocity settles sooner than the
    temperature; where it does not, the true number is larger.

    References
    ----------
    Developed: derived; table in Shah and London (1978), chapter VII. Entrance: Muzychka and Yovanovich (2004), J. Heat
    Transfer 126, 54-61, Graetz flow.

    Examples
    --------
    >>> duct_nusselt([0.0, 0.125, 1.0]).round(4)
    array([8.2353, 6.4904, 3.608 ])
    """
    alpha, L = _checked(aspect), _positive("length over diameter, Re and Pr", length)
    first, third = _sums(alpha)
    developed = 64 * first**2 / (np.pi**2 * (1 + alpha) ** 2 * third)
    entrance = 1.5 * 0.501 * np.cbrt(duct_friction(alpha) / L)
    return (developed**5 + entrance**5) ** 0.2


def fin_efficiency(film: ArrayLike, plate: FinPlate) -> Array:
    r"""Return the efficiency of straight fins with adiabatic tips.

    $$ \eta = \frac{\tanh M}{M}, \qquad M = H \sqrt{2 h / (k t)} $$

    Parameters
    ----------
    film : (...) on the sides of the fins [W/(m2*K)]
    plate : FinPlate

    Returns
    -------
    (...) 0 … 1 [1]

    Raises
    ------
    ValueError
        A film that is not positive.

    References
    ----------
    Gardner (1945), Trans. ASME 67, 621-631.

    Examples
    --------
    >>> plate = FinPlate(fin_thickness=1e-4, gap=1e-4, fin_height=2e-3, length=0.04, width=0.04, fin_conductivity=390.0)
    >>> fin_efficiency(2e4, plate).round(4)
    np.float64(0.4768)
    """
    h = _positive("film on the fins [W/(m2*K)]", film)
    M = plate.fin_height * np.sqrt(2 * h / (plate.fin_conductivity * plate.fin_thickness))
    return np.tanh(M) / M


def fin_film(plate: FinPlate, volume_flow: ArrayLike, liquid: Coolant, temperature: ArrayLike) -> FinFilm:
    r"""Return film per base area and pressure drop of a plate of parallel fins.

    $$ h_{base} = h\, \frac{g + 2 \eta H}{g + t}, \qquad
       \Delta p = 2 f Re\, \frac{\mu u L}{D_h^2} $$

    Parameters
    ----------
    plate : FinPlate
    volume_flow : (...) through the plate [m3/s]
    liquid : Coolant
    temperature : (...) mean of the coolant between the fins [K]

    Returns
    -------
    FinFilm
        Film [W/(m2*K)], pressure drop [Pa], Reynolds number and fin efficiency [1], of the broadcast shape.

    Raises
    ------
    ValueError
        A flow that is not positive or not laminar in the gaps, or a temperature outside the coolant's table.

    Notes
    -----
    For a plate whose geometry is known; that of the published one is not, and its film is calibrated
    (`thermal.coldplate`). Bare base and both sides of the fins take part, the cover does not, though the Nusselt
    number is that of a duct heated all round: good for narrow gaps. Manifolds and bends are not included.

    References
    ----------
    `duct_nusselt`, `duct_friction`, `fin_efficiency`; area ratio derived.

    Examples
    --------
    >>> from thermal import coolant
    >>> plate = FinPlate(fin_thickness=1e-4, gap=1e-4, fin_height=2e-3, length=0.04, width=0.04, fin_conductivity=390.0)
    >>> result = fin_film(plate, 3e-5, coolant("water"), 318.15)
    >>> round(float(result.film)), round(float(result.pressure_drop))
    (228293, 22441)
    """
    Q = _positive("volume flow through the fins [m3/s]", volume_flow)
    rho, mu, k = (law(liquid, temperature) for law in (density, viscosity, conductivity))
    diameter = 2 * plate.gap * plate.fin_height / (plate.gap + plate.fin_height)
    velocity = Q * plate.pitch / (plate.width * plate.gap * plate.fin_height)
    Re = rho * velocity * diameter / mu
    if not (Re <= REYNOLDS_MAX).all():
        raise ValueError(
            f"Reynolds number {np.max(Re):.4g} between the fins: must be <= {REYNOLDS_MAX:g}; lower the flow or the gap"
        )
    length = plate.length / (diameter * Re)
    film = duct_nusselt(plate.aspect, length * k / (mu * heat_capacity(liquid, temperature))) * k / diameter
    efficiency = fin_efficiency(film, plate)
    return FinFilm(
        film=film * (plate.gap + 2 * efficiency * plate.fin_height) / plate.pitch,
        pressure_drop=2 * duct_friction(plate.aspect, length) * mu * velocity * plate.length / diameter**2,
        reynolds=Re,
        efficiency=efficiency,
    )


def _sums(aspect: Array) -> tuple[Array, Array]:
    """Return G_1 and G_3: over n in closed form, sum 1/(q + n^2 a^2) = pi tanh(z)/(4 m a), q = m^2, and d/dq."""
    alpha, m = aspect[..., None], MODES
    z = np.pi * m / (2 * np.maximum(alpha, 0.02))  # below it the tanh of the first mode is 1 to round-off
    t = np.tanh(z)
    s = 1 - t * t
    first = np.pi**6 / 768 - np.pi / 4 * (alpha * t / m**5).sum(-1)
    end = np.pi * alpha / (32 * m) * (15 * t - 7 * z * s - 2 * z * z * s * t)
    return first, ((np.pi**2 / 8 - end) / m**8).sum(-1)


def _checked(aspect: ArrayLike) -> Array:
    alpha = np.asarray(aspect, float)
    if not ((alpha >= 0) & (alpha <= 1)).all():
        raise ValueError(f"aspect {np.min(alpha):.4g} … {np.max(alpha):.4g}: must be 0 … 1, short side over long side")
    return alpha


def _positive(name: str, value: ArrayLike) -> Array:
    found = np.asarray(value, float)
    if not (found > 0).all():
        raise ValueError(f"{name} = {np.min(found):.6g}: must be > 0")
    return found
