"""Chip package on a cold plate: its parameters, and by series the resistances of die, hot spot, memory and case.

Contract: resistances are rises above the *local mean* coolant per watt of module input; the caller adds
1/(2C) to reach the inlet. Dies stand side by side along x in the middle of the channel; memory in two strips
along their long edges.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coldplate import ColdPlate
from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance, uniform_resistance

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lid:
    """Heat spreader between the dies and the cold plate."""

    length: Annotated[float, "m", Gt(0)]
    """extent along the dies"""
    width: Annotated[float, "m", Gt(0)]
    """extent across the dies"""
    thickness: Annotated[float, "m", Gt(0)]
    """of the lid"""
    conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of the lid"""
    tim_thickness: Annotated[float, "m", Gt(0)]
    """interface between lid and cold plate (TIM2)"""
    tim_conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of that interface"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A module of dies, stacked memory and regulators, lidded or bare."""

    die_count: Annotated[int, Ge(1)]
    """dies side by side along their length"""
    die_length: Annotated[float, "m", Gt(0)]
    """extent of one die along the row"""
    die_width: Annotated[float, "m", Gt(0)]
    """extent of one die across the row"""
    die_thickness: Annotated[float, "m", Gt(0)]
    """silicon above the active face"""
    die_conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of the silicon"""
    tim_thickness: Annotated[float, "m", Gt(0)]
    """interface on the dies (TIM1 under a lid, the only one of a bare die)"""
    tim_conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of that interface"""
    spot_side: Annotated[float, "m", Gt(0)]
    """side of the square hot spot in the middle of each die"""
    spot_flux_ratio: Annotated[float, "1", Ge(1)]
    """heat flux in the spot over the mean flux of the die"""
    memory_heat_fraction: Annotated[float, "1", Ge(0), Lt(1)]
    """share of module input in the memory"""
    regulator_heat_fraction: Annotated[float, "1", Ge(0), Lt(1)]
    """share of module input in the regulators on the module"""
    memory_count: Annotated[int, Ge(0)]
    """memory stacks, half on either side"""
    memory_length: Annotated[float, "m", Gt(0)]
    """extent of one stack along the row of dies"""
    memory_width: Annotated[float, "m", Gt(0)]
    """extent of one stack across the row"""
    memory_resistance: Annotated[float, "K/W", Ge(0)]
    """from the hottest layer of one memory stack to its top, per watt of that stack"""
    lid: Lid | None = None
    """heat spreader, or None for bare dies"""

    def __post_init__(self) -> None:
        check_fields(self)
        taken = self.memory_heat_fraction + self.regulator_heat_fraction
        if taken >= 1:
            raise ValueError(
                f"Package.memory_heat_fraction + regulator_heat_fraction = {taken}: must be < 1; the dies take the rest"
            )
        if self.memory_count == 0 and self.memory_heat_fraction > 0:
            raise ValueError(
                f"Package.memory_heat_fraction = {self.memory_heat_fraction}: must be 0 with memory_count 0"
            )
        if self.spot_side > min(self.die_length, self.die_width):
            raise ValueError(
                f"Package.spot_side = {self.spot_side}: must be <= the die, {min(self.die_length, self.die_width)} m"
            )
        if self.spot_flux_ratio * self.spot_share >= 1:
            raise ValueError(
                f"Package.spot_flux_ratio = {self.spot_flux_ratio}: must be < {1 / self.spot_share:.4g}, die"
                " over spot area; the rest of the die has the rest of its heat"
            )

    @property
    def die_heat_fraction(self) -> float:
        """Share of module input in the dies [1]."""
        return 1 - (self.memory_heat_fraction + self.regulator_heat_fraction)

    @property
    def spot_share(self) -> float:
        """Area of the spot over that of its die [1]."""
        return self.spot_side**2 / (self.die_length * self.die_width)


class PackageResistance(NamedTuple):
    """Rises above the mean coolant per watt of module input [K/W]; memory is NaN where there is none."""

    die: Array
    """area mean of the active faces"""
    spot: Array
    """hottest point of the spots"""
    memory: Array
    """hottest layer of the memory, mean of its stacks"""
    case: Array
    """mean of the outer face of the lid, or of the back of bare dies"""


def package_resistance(package: Package, plate: ColdPlate, inverse_film: ArrayLike) -> PackageResistance:
    r"""Return the resistances by the series: an analytic answer beside the finite volumes of `thermal.package_field`.

    $$ R_{die} = f_d \left( \frac{t_d}{k_d A_d} + \frac{t_1}{k_1 A_d} + R_{dd} \right)
       + f_m R_{md} + f_r R_1 $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    inverse_film : (...) inverse of the plate's film per base area [m2*K/W]

    Returns
    -------
    PackageResistance
        Arrays (...) [K/W].

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate; an inverse film that is not positive.

    Notes
    -----
    The channel is the lid on its interface and the base (film scaled by base area over lid area), or the base
    alone under bare dies. Dies and memory strips act on each other through the exact series; regulator heat
    enters evenly. Silicon and its interface are crossed straight. The flux in the hot spot is
    `spot_flux_ratio` times the mean of its die, the flux around it even and so much lower that the die keeps
    its heat; the excess over that background adds, in a channel of the size of one die with all layers, its
    peak less its even part. A strip of memory touches the edge of the dies; the inside of a memory stack is
    one resistance, assumed.

    References
    ----------
    Series: `thermal.spreading`. Layout and superposition derived here.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> float(package_resistance(chip, plate, 1.6e-5).spot.round(5))
    0.0533
    """
    channel = channel_under(package, plate, np.asarray(inverse_film, float))
    die_area = package.die_count * package.die_length * package.die_width
    silicon = package.die_thickness / (package.die_conductivity * die_area)
    face = _channel_face(package, channel)
    back = face.die + interface_rises(package)[0]
    above_face = interface_rises(package)[0] + package.die_heat_fraction * silicon
    return PackageResistance(
        die=face.die + above_face,
        spot=face.spot + above_face + spot_excess(package, channel),
        memory=face.memory,
        case=_lid_face(channel) if package.lid else back,
    )


def channel_sides(package: Package, plate: ColdPlate) -> tuple[float, float]:
    """Return length and width of the channel [m]: the lid, or the base under bare dies."""
    return (package.lid.length, package.lid.width) if package.lid else (plate.base_length, plate.base_width)


def interface_rises(package: Package) -> tuple[float, float]:
    """Return the rises across the interface on dies and on memory per watt of module input [K/W]."""
    die_area = package.die_count * package.die_length * package.die_width
    memory_area = package.memory_count * package.memory_length * package.memory_width
    rise = package.tim_thickness / package.tim_conductivity
    memory = package.memory_heat_fraction * rise / memory_area if memory_area else np.nan
    return package.die_heat_fraction * rise / die_area, memory


def channel_under(package: Package, plate: ColdPlate, inverse_film: Array) -> Channel:
    """Return the layers under the interface of the dies, checked against what stands on them."""
    (length, width), lid = channel_sides(package, plate), package.lid
    base = plate.base_length * plate.base_width
    row = (
        max(package.die_count * package.die_length, package.memory_count / 2 * package.memory_length),
        package.die_width + 2 * package.memory_width * (package.memory_count > 0),
    )
    under = {"lid": (length, width)} if lid else {}
    for name, (a, b) in {**under, "base": (plate.base_length, plate.base_width)}.items():
        if row[0] > a or row[1] > b:
            raise ValueError(
                f"Package: dies and memory take {row[0]:.4g} x {row[1]:.4g} m: must fit on the {name}, {a} x {b} m"
            )
    if length * width > base * (1 + 1e-9):
        raise ValueError(f"Lid: {length} x {width} m: its area must be <= that of the base, {base:.4g} m2")
    if not np.all(inverse_film > 0):
        raise ValueError(f"inverse film {np.min(inverse_film):.4g} m2*K/W: must be > 0")
    upper = ((lid.thickness, lid.conductivity), (lid.tim_thickness, lid.tim_conductivity)) if lid else ()
    thickness, conductivity = zip(*upper, (plate.base_thickness, plate.base_conductivity), strict=True)
    return Channel(length, width, thickness, conductivity, base / (length * width) / inverse_film)


class _Face(NamedTuple):
    """Rises of the source face of the channel per watt of module input."""

    die: Array
    spot: Array
    memory: Array


def _channel_face(package: Package, channel: Channel) -> _Face:
    """Return the mean under the dies, the point under a spot, and the memory with interface and inside."""
    x, y = channel.length / 2, channel.width / 2
    dies = Rectangle(x, y, package.die_count * package.die_length, package.die_width)
    spot = (x + (package.die_count - 1) % 2 * package.die_length / 2, y)
    even = package.regulator_heat_fraction * uniform_resistance(channel)
    die = package.die_heat_fraction * channel_resistance(channel, dies, dies) + even
    under_spot = package.die_heat_fraction * peak_resistance(channel, dies, spot) + even
    if package.memory_count == 0:
        return _Face(die, under_spot, np.full_like(die, np.nan))
    strip = Rectangle(
        x,
        y + (package.die_width + package.memory_width) / 2,
        package.memory_count / 2 * package.memory_length,
        package.memory_width,
    )
    strips = strip._replace(y=np.array([strip.y, channel.width - strip.y]))
    mutual = channel_resistance(channel, dies, strip)
    own = channel_resistance(channel, strips, strip).mean(-1)
    share, inside = package.memory_heat_fraction, package.memory_resistance / package.memory_count
    return _Face(
        die + share * mutual,
        under_spot + share * peak_resistance(channel, strip, spot),
        package.die_heat_fraction * mutual + share * (own + inside) + even + interface_rises(package)[1],
    )


def _lid_face(channel: Channel) -> Array:
    """Return the mean of the outer face of the lid: everything below it in series."""
    below = channel._replace(thickness=channel.thickness[1:], conductivity=channel.conductivity[1:])
    return uniform_resistance(below)


def spot_excess(package: Package, channel: Channel) -> Array:
    """Return what the flux of a spot in excess of that around it adds at its centre, the die's mean held."""
    a, b = package.die_length, package.die_width
    column = Channel(
        a,
        b,
        (package.die_thickness, package.tim_thickness, *channel.thickness),
        (package.die_conductivity, package.tim_conductivity, *channel.conductivity),
        channel.film,
    )
    spot = Rectangle(a / 2, b / 2, package.spot_side, package.spot_side)
    share = package.spot_share
    excess = (package.spot_flux_ratio - 1) * share / (1 - share)
    excess *= package.die_heat_fraction / package.die_count
    return excess * (peak_resistance(column, spot) - uniform_resistance(column))
