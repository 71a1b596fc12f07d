"""The compact model of a package on its plate: one table over the film per kind, read for every chip of a rack.

Contract: resistances are rises above the *local mean* coolant per watt of module input; the caller adds 1/(2C) to
reach the inlet. The parent is the series of `thermal.package`, which finite volumes will replace.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coldplate import ColdPlate
from thermal.package import (
    Package,
    PackageResistance,
    channel_sides,
    channel_under,
    interface_rises,
    package_resistance,
    spot_excess,
)

Array = NDArray[np.float64]

NODES = 16
"""Chebyshev nodes of the table over the inverse film; they hold it within 1e-6 of the series"""
TIM_STEP = 0.1
"""half width of the difference that gives the hot spot's slope with the interface thickness"""


class CompactPackage(NamedTuple):
    """Table of a package on its plate over the inverse film w; made by `compact_package`."""

    inverse_film_scale: float
    """w_0 of the coordinate v = w / (w + w_0) [m2*K/W]"""
    slope: float
    """K/W per m2*K/W: one watt through the whole base area [1/m2]"""
    nominal: Array
    """(node, 4) Chebyshev coefficients in 2 v - 1 of die, spot, memory, case without slope * w [K/W]"""
    tim: Array
    """(node, 4) the same for their change per unit of the interface factor [K/W]"""


@lru_cache(maxsize=512)
def compact_package(package: Package, plate: ColdPlate) -> CompactPackage:
    r"""Tabulate the resistances of a package over the inverse film of its plate.

    $$ R_{die} = f_d \left( \frac{t_d}{k_d A_d} + \frac{t_1}{k_1 A_d} + R_{dd} \right)
       + f_m R_{md} + f_r R_1 $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate

    Returns
    -------
    CompactPackage
        For `junction_resistance`; exact to 1e-6 for any film from 0 to infinity.

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    Notes
    -----
    The channel is the lid on its interface and the base (film scaled by base area over lid area), or the base
    alone under bare dies. Dies and memory strips act on each other through the exact series; regulator heat
    enters evenly. Silicon and its interface are crossed straight. The flux in the hot spot is
    `spot_flux_ratio` times the mean of its die, the flux around it even and so much lower that the die keeps
    its heat; the excess over that background adds, in a channel of the size of one die with all layers, its
    peak less its even part. A strip of memory touches the edge of the dies; the inside of a memory stack is
    one resistance, assumed. Each mode of the series is a Moebius function of w, so in v = w / (w + w_0) the
    table is smooth over the whole range and needs few nodes.

    References
    ----------
    Series: `thermal.spreading`. Layout and superposition derived here.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.07, base_width=0.07, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=2.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> bare = Package(die_count=2, die_length=0.026, die_width=0.031, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.01, spot_flux_ratio=1.7, memory_heat_fraction=0.19,
    ...                regulator_heat_fraction=0.09, memory_count=8, memory_length=0.011,
    ...                memory_width=0.011, memory_resistance=0.23)
    >>> float(junction_resistance(compact_package(bare, plate), 1 / 1.2e5, 1.0).die.round(5))
    0.01049
    """
    scale = channel_sides(package, plate)[0] / (np.pi * plate.base_conductivity)
    slope = 1 / (plate.base_length * plate.base_width)
    nodes = np.cos((np.arange(NODES) + 0.5) * np.pi / NODES)
    inverse_film = scale * (1 + nodes) / (1 - nodes)
    nominal = np.stack(package_resistance(package, plate, inverse_film), -1) - slope * inverse_film[:, None]
    tim = np.stack(_interface_share(package, plate, inverse_film), -1)
    to_coefficients = np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, NODES - 1))
    compact = CompactPackage(scale, slope, to_coefficients @ nominal, to_coefficients @ tim)
    compact.nominal.flags.writeable = compact.tim.flags.writeable = False  # shared by every caller
    return compact


def junction_resistance(compact: CompactPackage, inverse_film: ArrayLike, tim_factor: ArrayLike) -> PackageResistance:
    r"""Return the resistances of chips of one kind, each at its own film and with its own interface.

    $$ R = R_0(w) + (\phi - 1) R_{tim}(w) $$

    Parameters
    ----------
    compact : CompactPackage
        Its fields may be stacked, (rack, 1) and (rack, node, 4), for films (rack, chip).
    inverse_film : (...) inverse of the plate's film per base area [m2*K/W]
    tim_factor : (..., chip) thickness of the interface on the dies over the nominal one [1]

    Returns
    -------
    PackageResistance
        Arrays of the broadcast shape [K/W].

    Raises
    ------
    ValueError
        A negative inverse film or interface factor.

    Notes
    -----
    The table is read once per entry of `inverse_film`: pass it with a length of 1 along axes on which the
    flow is the same. Linear in the factor: exact for die, memory and case, and for the spot within 2e-4 from
    0.8 to 1.2. An interface between lid and plate is not scaled.

    References
    ----------
    Derived: Chebyshev interpolation of `package_resistance`.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> junction_resistance(compact_package(chip, plate), 1.6e-5, [1.0, 1.1]).die.round(5)
    array([0.03739, 0.03763])
    """
    w, factor = np.asarray(inverse_film, float), np.asarray(tim_factor, float)
    if not ((w >= 0).all() and (factor >= 0).all()):
        raise ValueError(f"inverse film {np.min(w):.4g} m2*K/W, tim factor {np.min(factor):.4g}: must be >= 0")
    at, change = (value if value.ndim else value[None] for value in (w, factor - 1))
    x = 1 - 2 * compact.inverse_film_scale / (at + compact.inverse_film_scale)
    basis = _chebyshev(x, compact.nominal.shape[-2])
    nominal = compact.nominal.mT @ basis + (compact.slope * at)[..., None, :]
    rise = (nominal + compact.tim.mT @ basis * change[..., None, :]).mT
    return PackageResistance(*((rise if w.ndim or factor.ndim else rise[0])[..., i] for i in range(4)))


def _chebyshev(x: Array, count: int) -> Array:
    """Return T_k(x), k < count >= 2, as (..., count, n) of x (..., n): T_{m+k} = 2 T_m T_k - T_{m-k}."""
    T = np.empty((*x.shape[:-1], count, x.shape[-1]))
    T[..., 0, :], T[..., 1, :] = 1, x
    m = 1
    while m < count - 1:
        top = min(2 * m, count - 1)
        known = T[..., 1 : top - m + 1, :]
        T[..., m + 1 : top + 1, :] = 2 * T[..., m : m + 1, :] * known - T[..., m - 1 :: -1, :][..., : top - m, :]
        m = top
    return T


def _interface_share(package: Package, plate: ColdPlate, inverse_film: Array) -> PackageResistance:
    """Return the change of each resistance per unit of the interface factor, at factor 1."""
    channel = channel_under(package, plate, inverse_film)
    thick, thin = (
        spot_excess(replace(package, tim_thickness=package.tim_thickness * factor), channel)
        for factor in (1 + TIM_STEP, 1 - TIM_STEP)
    )
    die, memory = (np.full_like(inverse_film, rise) for rise in interface_rises(package))
    return PackageResistance(
        die=die,
        spot=die + (thick - thin) / (2 * TIM_STEP),
        memory=memory,
        case=np.zeros_like(die) if package.lid else die,
    )
