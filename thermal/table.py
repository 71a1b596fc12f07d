"""The table of a compact package: its coordinates, and how it is read.

Contract: resistances are rises above the *mean* coolant, inlet + 1/(2C), per watt of module input. Inverse film w and
inverse capacity rate e run from 0 to infinity; v = w / (w + w_0) and u = e / (e + e_0) are bounded.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coldplate import ColdPlate
from thermal.package import Package, PackageResistance, channel_sides

Array = NDArray[np.float64]

FILM_LOW = 0.05
"""least v of the table, w_0 / 19; a better film is read there (errors: `thermal.compact_package`)"""
RATE_HIGH = 0.5
"""largest u of the table, e_0; beyond, the rise over the inlet grows by what the coolant's does"""


class CompactPackage(NamedTuple):
    """Table of a package on its plate over w and e; made by `thermal.compact`."""

    inverse_film_scale: float
    """w_0 of the coordinate v = w / (w + w_0) [m2*K/W]"""
    inverse_rate_scale: float
    """e_0 of the coordinate u = e / (e + e_0); infinite without axial coolant [K/W]"""
    slope: float
    """K/W per m2*K/W: one watt through the whole base area [1/m2]"""
    nominal: Array
    """(v, u, 4) Chebyshev coefficients of die, spot, memory, case less slope * w + e * u / 2 [K/W]"""
    tim: Array
    """(v, u, 4) the same for their change per unit of the interface factor [K/W]"""


def junction_resistance(
    compact: CompactPackage, inverse_film: ArrayLike, inverse_rate: ArrayLike, tim_factor: ArrayLike
) -> PackageResistance:
    r"""Return the resistances of chips of one kind, each at its own film and flow and with its own interface.

    $$ R = R_0(w, e) + (\phi - 1) R_{tim}(w, e) $$

    Parameters
    ----------
    compact : CompactPackage
        Its fields may be stacked, (rack, 1) and (rack, v, u, 4), for films (rack, chip).
    inverse_film : (...) inverse of the plate's film per base area [m2*K/W]
    inverse_rate : (...) inverse of the capacity rate of the plate's coolant [K/W]
    tim_factor : (..., chip) thickness of the interface on the dies over the nominal one [1]

    Returns
    -------
    PackageResistance
        Arrays of the broadcast shape [K/W].

    Raises
    ------
    ValueError
        A negative inverse film, inverse rate or interface factor.

    Notes
    -----
    The table is read once per entry of `inverse_film` and `inverse_rate`: pass them with a length of 1 along axes on
    which the flow is the same. Linear in the factor: within 5e-4 from 0.8 to 1.2. An interface between lid and plate
    is not scaled. Infinite at an infinite w or e, never NaN; how well it holds: `thermal.compact_package`.

    References
    ----------
    Derived: Chebyshev interpolation.

    Examples
    --------
    >>> from thermal.compact import compact_from_series
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> junction_resistance(compact_from_series(chip, plate), 1.6e-5, 0.0, [1.0, 1.1]).die.round(5)
    array([0.03739, 0.03763])
    """
    w, e, factor = (np.asarray(value, float) for value in (inverse_film, inverse_rate, tim_factor))
    if not (factor >= 0).all():
        raise ValueError(f"tim factor {np.min(factor):.4g}: must be >= 0")
    scalar = not (w.ndim or e.ndim or factor.ndim)
    nominal, tim = table_at(compact, np.atleast_1d(w), np.atleast_1d(e))
    rise = nominal + tim * np.atleast_1d(factor - 1)[..., None, :]
    return PackageResistance(*((rise[..., i, :][0] if scalar else rise[..., i, :]) for i in range(4)))


def table_at(compact: CompactPackage, inverse_film: Array, inverse_rate: Array) -> tuple[Array, Array]:
    """Return die, spot, memory and case for the nominal interface, and their change per unit of its factor.

    Parameters
    ----------
    compact : CompactPackage
        Its fields may be stacked, see `junction_resistance`.
    inverse_film : (..., n) inverse of the plate's film per base area [m2*K/W]
    inverse_rate : (..., n) inverse of the capacity rate of the plate's coolant [K/W]

    Returns
    -------
    two arrays (..., 4, n) [K/W]

    Raises
    ------
    ValueError
        A negative inverse film or inverse rate.

    References
    ----------
    Derived: Chebyshev interpolation.

    Examples
    --------
    See `junction_resistance`.
    """
    w, e = inverse_film, inverse_rate
    if not (w.min() >= 0 and e.min() >= 0):
        raise ValueError(f"inverse film {w.min():.4g} m2*K/W, inverse rate {e.min():.4g} K/W: must be >= 0")
    u = bounded(e, compact.inverse_rate_scale)
    nv, nu, _ = compact.nominal.shape[-3:]
    basis_v = _chebyshev(bounded(w, compact.inverse_film_scale), FILM_LOW, 1.0, nv)
    basis_u = _chebyshev(u, 0.0, RATE_HIGH, nu)
    basis = basis_v[..., :, None, :] * basis_u[..., None, :, :]
    basis = basis.reshape(*basis.shape[:-3], nv * nu, basis.shape[-1])
    nominal, tim = (table.reshape(*table.shape[:-3], nv * nu, 4).mT @ basis for table in (compact.nominal, compact.tim))
    mixed = np.multiply(e, u, where=u > 0, out=np.zeros_like(u))  # none without axial coolant, even at e = infinity
    nominal += (compact.slope * w + mixed / 2)[..., None, :]
    return nominal, tim


def bounded(value: Array, scale: float | Array) -> Array:
    """Return value / (value + scale): 0 at 0, 1 at infinity, 0 for an infinite scale [1]."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.where(np.isinf(scale), 0.0, 1 / (1 + scale / value))


def _chebyshev(value: Array, low: float, high: float, count: int) -> Array:
    """Return T_k = cos(k arccos x), k < count, as (..., count, n), x from -1 to 1 over an interval, its ends beyond."""
    x = np.minimum(np.maximum((2 * value - low - high) / (high - low), -1), 1)
    return np.cos(np.arange(count)[:, None] * np.arccos(x)[..., None, :])


def chebyshev_nodes(count: int, low: float, high: float) -> Array:
    """Return the Chebyshev nodes of an interval."""
    return (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(count) + 0.5) * np.pi / count)


def films(package: Package, plate: ColdPlate, count: int) -> Array:
    """Return the inverse films of the nodes (count,) [m2*K/W]."""
    v = chebyshev_nodes(count, FILM_LOW, 1.0)
    return film_scale(package, plate) * v / (1 - v)


def rates(package: Package, plate: ColdPlate, count: int) -> Array:
    """Return the inverse capacity rates of the nodes (count,) [K/W]."""
    u = chebyshev_nodes(count, 0.0, RATE_HIGH)
    return rate_scale(package, plate) * u / (1 - u)


def film_scale(package: Package, plate: ColdPlate) -> float:
    """Return w_0: what the slowest mode along the dies meets in the base [m2*K/W]."""
    return channel_sides(package, plate)[0] / (np.pi * plate.base_conductivity)


def rate_scale(package: Package, plate: ColdPlate) -> float:
    """Return e_0: twice what the slowest mode along the coolant meets in lid and base [K/W]."""
    across = plate.base_conductivity * plate.base_thickness
    if package.lid:
        across += package.lid.conductivity * package.lid.thickness
    return 2 * plate.base_width / (np.pi**2 * across * plate.base_length)


def slope_of(plate: ColdPlate) -> float:
    """Return the inverse of the base area [1/m2]."""
    return 1 / (plate.base_length * plate.base_width)


def coefficients(values: Array) -> Array:
    """Return the Chebyshev coefficients (v, u, 4) of values at the nodes."""
    v, u = (
        np.linalg.inv(np.polynomial.chebyshev.chebvander(chebyshev_nodes(count, -1, 1), count - 1))
        for count in values.shape[:2]
    )
    return np.einsum("ai,bj,ijk->abk", v, u, values)
