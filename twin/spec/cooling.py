"""The cooling in a spec: the loop at the rack, the units and the plant behind it, the site, limits, and ageing."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt

from thermal import Climate, CoolantName, DistributionUnit, Plant, RearDoor, Regulator, UnitInertia
from twin.spec.kinds import Count, Flow, Temperature


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """The technology cooling loop at the rack, and the coolant distribution unit behind it."""

    coolant: CoolantName
    """Coolant in the rack."""
    supply_temperature: Temperature
    """At the rack inlet [K]."""
    return_temperature: Temperature
    """The flow is set so that the coolant leaves at this temperature [K] ..."""
    flow_minimum: Flow
    """... but never below this flow [m3/s] ..."""
    flow_maximum: Flow
    """... nor above this one [m3/s]."""
    volume_flow: Flow | None = None
    """A fixed flow, at the mean coolant temperature [m3/s]; none: the flow follows the return temperature."""
    cdu: DistributionUnit
    """Coolant distribution units."""
    racks_per_loop: Count
    """Racks like this one on the loop of these units."""
    inertia: UnitInertia
    """Volumes and pump lag of each unit's loop; steady states do not depend on them."""
    regulator: Regulator
    """Controller of the valve on the facility side of each unit; nor on this."""


@dataclass(frozen=True, kw_only=True)
class Facility:
    """The facility water behind the distribution units, the plant that cools it, and the air of the room."""

    coolant: CoolantName
    """Facility water."""
    approach: Annotated[float, "delta_K", Gt(0)]
    """The plant is asked for the supply temperature of the racks less this [K]."""
    set_point: Literal["approach", "least_power"] = "approach"
    """What it is asked for: that approach, or of several the one of least power; a march in time keeps to the first."""
    loops: Count
    """Loops of distribution units, all alike, that the plant serves."""
    pipe_volume: Annotated[float, "m3", Gt(0)]
    """Facility water between the plant and the units of a loop; steady states do not depend on it [m3]."""
    plant: Plant
    """Coolers, towers, chillers, reuse of heat, and the pumps of the facility water."""
    door: RearDoor | None = None
    """Rear door of the rack, on facility water; none: all air heat goes to the room."""
    room_cooling: Annotated[float, "1", Ge(0)]
    """Electric power that removes a watt of heat from the air of the room [W/W]."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where the plant stands: its weather, and the outdoor air it is designed for."""

    climate: Climate
    """What a synthetic year is drawn from."""
    weather: str | None = None
    """Path of an EPW or TMY3 file that is taken instead; none: a synthetic year."""
    design_dry_bulb: Temperature
    """Outdoor air at which a steady state is solved [K]."""
    design_dew_point: Temperature
    """Its dew point [K]."""
    room_dew_point: Temperature
    """Dew point of the air in the room [K]; colder coolant lines sweat."""


@dataclass(frozen=True, kw_only=True)
class Ageing:
    """What years of service add to a new rack."""

    interface: Annotated[float, "1", Ge(0)]
    """Growth of every thermal interface over its resistance when new [1]."""
    plate_fouling: Annotated[float, "m2*K/W", Ge(0)]
    """Resistance of deposits in the cold plates, per base area [m2*K/W]."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The temperatures that must not be exceeded; chips derate at `junction`."""

    junction: Temperature
    """Area mean of the die's active face [K]; derating starts here."""
    hotspot: Temperature
    """Hottest point of the die [K]."""
    memory: Temperature
    """Stacked memory [K]."""
    coolant_return: Temperature
    """Coolant leaving the rack [K]."""
    supply_minimum: Temperature
    """Lowest coolant supply [K]."""
    supply_maximum: Temperature
    """Highest coolant supply [K]."""

    def __post_init__(self) -> None:
        for name in ("junction", "hotspot", "memory", "coolant_return"):
            if getattr(self, name) <= self.supply_maximum:
                raise ValueError(
                    f"{name} = {getattr(self, name) - 273.15:g} degC must lie above supply_maximum = "
                    f"{self.supply_maximum - 273.15:g} degC: raise it, or lower supply_maximum"
                )
