"""The building blocks of a spec: Factory → Rack → Tray → Chip, with cooling, plant, site, limits, load and traffic.

All are frozen dataclasses of scalars and tuples; the parameter types of topology, thermal and power are used as they
are. Values are SI; an annotation carries the unit and the allowed range of each number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.spec.checks import factory_problems
from twin.spec.cooling import Ageing, Cooling, Facility, Limits, Site
from twin.spec.errors import SpecError
from twin.spec.feed import Breaker, Feed
from twin.spec.hardware import BusSwing, Chip, Collectives, HoldUp, Rack, ScaleOut, Spine, StackItem, Tray
from twin.spec.kinds import Origin
from twin.spec.work import Job, Load, Traffic, Variation

__all__ = [
    "Ageing",
    "Breaker",
    "BusSwing",
    "Chip",
    "Collectives",
    "Cooling",
    "Facility",
    "Factory",
    "Feed",
    "HoldUp",
    "Job",
    "Limits",
    "Load",
    "Origin",
    "Rack",
    "ScaleOut",
    "Site",
    "Spine",
    "StackItem",
    "Traffic",
    "Tray",
    "Variation",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Factory:
    """A factory of one rack: everything a solve needs."""

    name: str
    """Name of the catalogue entry or of the file."""
    title: str
    """One line for people."""
    announced: bool = False
    """True: announced, not yet shipping; figures are the maker's plans."""
    rack: Rack
    """The rack."""
    cooling: Cooling
    """Its coolant."""
    facility: Facility
    """The water and the plant behind it."""
    site: Site
    """Where that stands."""
    feed: Feed | None = None
    """What feeds it and racks like it; none: not modelled."""
    ageing: Ageing
    """How old it all is."""
    limits: Limits
    """Its temperature limits."""
    load: Load
    """Its load."""
    traffic: Traffic
    """Its traffic."""
    variation: Variation
    """How its chips differ."""
    provenance: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)
    """Path of a number → its origin."""

    def __post_init__(self) -> None:
        if problems := factory_problems(self):
            raise SpecError(problems)

    def with_(self, path: str, value: object) -> "Factory":
        """Return a copy with `path` set to a number (SI) or to text with its unit; see `twin.spec.paths`."""
        from twin.spec.paths import with_value

        return with_value(self, path, value)
