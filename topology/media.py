"""What carries a link: copper, board, pluggable or co-packaged optics; its watts, cables, length and mass.

Contract: energy is per end and per bit sent (a link has two ends, each sends and receives); that of the SerDes
inside GPU and ASIC is the chips'. Load is the mean of both directions over the bandwidth. Of the power of an
optical end a fixed share burns whatever the load (laser, signal processor), the rest follows the load.
A copper cable is one differential pair; an optical cable holds all fibres of a link; a board has no cables.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import ArrayLike, NDArray

from topology.checks import check_fields
from topology.fabric import Array

if TYPE_CHECKING:
    from topology.network import Network


MediumName = Literal["copper", "board", "midplane", "pluggable", "copackaged", "copackaged-pluggable"]


@dataclass(frozen=True, kw_only=True)
class Medium:
    """Parameters of one medium."""

    energy_per_bit: Annotated[float, "J/bit", Ge(0)]
    """Rated power of one end over the bits it sends at full bandwidth."""
    fixed_share: Annotated[float, "1", Ge(0), Le(1)]
    """Share of the rated power that does not follow the load."""
    propagation: Annotated[float, "s/m", Ge(0)]
    """Delay per length."""
    mass_per_length: Annotated[float, "kg/m", Ge(0)]
    """Mass of one cable per length, connectors included."""
    module_mass: Annotated[float, "kg", Ge(0)]
    """Mass of the module of a 1.6 Tb/s port at one end; narrower links share one."""
    diameter: Annotated[float, "m", Ge(0)]
    """Outer diameter of one cable."""
    cables_per_pair: Annotated[int, Ge(0), Le(1)]
    """1: every pair is a cable; 0: the pairs of a link share one, or lie in a board."""
    cables_per_link: Annotated[int, Ge(0), Le(1)]
    """1: the pairs of a link share one cable."""

    def __post_init__(self) -> None:
        check_fields(self)


_COPPER_PAIR = 32 / (5184 * 0.62)  # kg/m, from spine mass, pairs and mean length
_PORT = 1.6e12  # bit/s per direction, the port the watts are quoted for

#: Energy from 30 W and 9 W per 1.6 Tb/s port (derived), copper mass from the 32 kg of an NVL72 spine (derived);
#: the last medium is co-packaged at the switch and pluggable at the endpoint, and carries the mean of both ends;
#: delays, fixed shares, fibre and module masses and diameters are assumed.
MEDIA: dict[str, Medium] = {
    "copper": Medium(
        energy_per_bit=0.0,
        fixed_share=0.0,
        propagation=4.6e-9,
        mass_per_length=_COPPER_PAIR,
        module_mass=0.0,
        diameter=1.6e-3,
        cables_per_pair=1,
        cables_per_link=0,
    ),
    "board": Medium(
        energy_per_bit=0.0,
        fixed_share=0.0,
        propagation=6.0e-9,
        mass_per_length=0.0,
        module_mass=0.0,
        diameter=0.0,
        cables_per_pair=0,
        cables_per_link=0,
    ),
    "midplane": Medium(
        energy_per_bit=0.0,
        fixed_share=0.0,
        propagation=6.0e-9,
        mass_per_length=0.0,
        module_mass=0.0,
        diameter=0.0,
        cables_per_pair=0,
        cables_per_link=0,
    ),
    "pluggable": Medium(
        energy_per_bit=30.0 / _PORT,
        fixed_share=0.8,
        propagation=4.95e-9,
        mass_per_length=0.010,
        module_mass=0.15,
        diameter=3.0e-3,
        cables_per_pair=0,
        cables_per_link=1,
    ),
    "copackaged": Medium(
        energy_per_bit=9.0 / _PORT,
        fixed_share=0.8,
        propagation=4.95e-9,
        mass_per_length=0.010,
        module_mass=0.0,
        diameter=3.0e-3,
        cables_per_pair=0,
        cables_per_link=1,
    ),
    "copackaged-pluggable": Medium(
        energy_per_bit=19.5 / _PORT,
        fixed_share=0.8,
        propagation=4.95e-9,
        mass_per_length=0.010,
        module_mass=0.075,
        diameter=3.0e-3,
        cables_per_pair=0,
        cables_per_link=1,
    ),
}


class MediaBill(NamedTuple):
    """Sums over a network by medium, each (..., media) in the order of `MEDIA`."""

    links: NDArray[np.int64]
    """(media,) links [1]."""
    cables: NDArray[np.int64]
    """(media,) cables [1]."""
    cable_length: Array
    """(media,) length of all cables, nan if one is unknown [m]."""
    mass: Array
    """(media,) cables and modules [kg]."""
    power: Array
    """(..., media) both ends of all links [W]."""
    energy_per_bit: Array
    """(..., media) power over the bits carried, per end, 0 where no power is drawn [J/bit]."""


def end_power(medium: str, bandwidth: ArrayLike, load: ArrayLike) -> Array:
    """Power of one end of a link, P = e b (fixed + (1 - fixed) load).

    Parameters
    ----------
    medium : key of `MEDIA`
    bandwidth : (...), of the link per direction [B/s]
    load : (...), mean of both directions over the bandwidth, 0 to 1 [1]

    Returns
    -------
    (...), power of one end [W]

    Raises
    ------
    ValueError
        if the medium is unknown, the bandwidth not above zero, or the load outside 0 to 1

    References
    ----------
    Derived: a fixed part and one that follows the load.

    Examples
    --------
    >>> float(end_power("pluggable", 200e9, 1.0)), float(end_power("copackaged", 200e9, 1.0))
    (30.0, 9.0)
    """
    if medium not in MEDIA:
        raise ValueError(f"medium = {medium!r}: must be one of {', '.join(MEDIA)}")
    if not np.all(np.asarray(bandwidth) > 0):
        raise ValueError(f"bandwidth = {np.min(bandwidth)}: must be > 0 B/s")
    _check_load(load)
    of = MEDIA[medium]
    share = of.fixed_share + (1 - of.fixed_share) * np.asarray(load, np.float64)
    return np.asarray(8 * of.energy_per_bit * np.asarray(bandwidth, np.float64) * share)


def media_bill(network: "Network", load: ArrayLike = 1.0) -> MediaBill:
    """Count links and cables of a network, their length, mass and power, by medium.

    Parameters
    ----------
    network : Network
    load : scalar or (..., links), mean of both directions over the bandwidth, 0 to 1 [1]

    Returns
    -------
    MediaBill, by medium: links, cables [1], cable_length [m], mass [kg], power [W], energy_per_bit [J/bit]

    Raises
    ------
    ValueError
        if a load is outside 0 to 1

    References
    ----------
    Derived: sums over links.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.systems import nvl72
    >>> bill = media_bill(compile_network(nvl72(length=0.62)))
    >>> int(bill.cables[0]), round(float(bill.mass[0]), 6)
    (5184, 32.0)
    """
    _check_load(load)
    count, medium = len(MEDIA), network.medium
    per_pair, per_link, energy, fixed, per_metre, module = np.array(
        [
            (
                of.cables_per_pair,
                of.cables_per_link,
                of.energy_per_bit,
                of.fixed_share,
                of.mass_per_length,
                of.module_mass,
            )
            for of in MEDIA.values()
        ]
    ).T
    links = np.bincount(medium, minlength=count).astype(np.int64)
    pairs = np.bincount(medium, network.pairs, count)
    cables = per_pair * pairs + per_link * links
    each = network.pairs * per_pair[medium] + per_link[medium]
    metres = np.where(each > 0, each * network.length, 0.0)
    length = np.bincount(medium, metres, count).astype(np.float64)
    rated = 8 * np.bincount(medium, network.bandwidth, count)
    shares = np.asarray(load, np.float64)
    carried = rated * shares if shares.ndim == 0 else 8 * _by_medium(network.bandwidth * shares, medium, count)
    power = 2 * energy * (fixed * rated + (1 - fixed) * carried)
    per_bit = np.divide(power, 2 * carried, out=np.zeros_like(power), where=carried > 0)
    mass = length * per_metre + 2 * module * rated / _PORT
    return MediaBill(links, cables.astype(np.int64), length, mass, power, per_bit)


def bundle_fill(network: "Network", cartridge: NDArray[np.int64], section: float) -> Array:
    """Share of the section of each cartridge that its cables take, sum of pi d^2 / 4 over the section.

    Parameters
    ----------
    network : Network
    cartridge : (links,), cartridge of each link, -1 if none
    section : free section of one cartridge [m2]

    Returns
    -------
    (cartridges,), fill; about 0.6 is what a laid bundle reaches [1]

    Raises
    ------
    ValueError
        if the section is not above zero, or the array has another shape than (links,)

    Notes
    -----
    All cables of a link go through its cartridge side by side at the fullest section.

    References
    ----------
    Derived: area of round cables.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.systems import nvl72
    >>> rack = compile_network(nvl72())
    >>> (100 * bundle_fill(rack, np.repeat(np.arange(72) % 4, 18), 0.0065)).round(1).tolist()
    [40.1, 40.1, 40.1, 40.1]
    """
    if not section > 0:
        raise ValueError(f"section = {section}: must be > 0 m2")
    if cartridge.shape != network.medium.shape:
        raise ValueError(f"cartridge: shape {cartridge.shape}, must be {network.medium.shape}, one value per link")
    media = MEDIA.values()
    area = np.array([np.pi * of.diameter**2 / 4 for of in media])[network.medium]
    per_pair, per_link = (
        np.array([getattr(of, name) for of in media])[network.medium] for name in ("cables_per_pair", "cables_per_link")
    )
    inside = cartridge >= 0
    return np.bincount(cartridge[inside], (area * (per_pair * network.pairs + per_link))[inside]) / section


def _by_medium(values: Array, medium: NDArray[np.int8], count: int) -> Array:
    return np.stack([values[..., medium == m].sum(axis=-1) for m in range(count)], axis=-1)


def _check_load(load: ArrayLike) -> None:
    if not np.all((np.asarray(load) >= 0) & (np.asarray(load) <= 1)):
        raise ValueError(f"load = {np.min(load)} to {np.max(load)}: must be 0 to 1")
