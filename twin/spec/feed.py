"""What feeds equal racks, in a spec: utility, transformer, UPS, switchboard, PDUs or busways, and their breakers."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from power import Cable, DcRow, Transformer, Ups, Utility
from twin.spec.kinds import Count, Fraction, Length

#: A limit of power through a node [W].
Capacity = Annotated[float, "W", Gt(0)]
Volts = Annotated[float, "V", Gt(0)]
Run = Annotated[float, "m", Gt(0)]


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """A circuit breaker; its resistance is left out."""

    rated_current: Annotated[float, "A", Gt(0)]
    """Current that it carries without tripping [A]."""
    continuous_share: Annotated[float, "1", Gt(0), Le(1)]
    """Share of it that may flow all day."""


@dataclass(frozen=True, kw_only=True)
class CoolingBoard:
    """How the plant that cools the racks hangs on their feed; its power is the one that the solve finds."""

    on_ups: Literal["none", "pumps", "all"]
    """What of it stands behind the UPS: nothing, the pumps of the distribution units, or all."""
    power_factor: Annotated[float, "1", Gt(0), Le(1)]
    """Active over apparent power of its motors, lagging."""
    cable: Cable
    """From the node before the UPS, or from the switchboard, to its board."""
    length: Run
    """Its length [m]."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """The way from the utility to racks that are all like this one; they are dealt to the rows in turn.

    Utility, cable, transformer, UPS, switchboard; then for each row a cable and a PDU, from which racks hang in a
    star, or along a busway, or on a DC bus behind a rectifier. The plant has a board before the UPS.
    """

    racks: Count
    """Racks like this one on it."""
    rows: Count
    """PDUs, busways or DC buses on the switchboard."""
    power_factor: Annotated[float, "1", Gt(0), Le(1)]
    """Active over apparent power of a rack, lagging."""
    voltage_min: Annotated[float, "1", Gt(0), Le(1)]
    """Lowest voltage at a rack, over nominal."""
    voltage_max: Annotated[float, "1", Ge(1), Le(1.2)]
    """Highest voltage at a rack, over nominal."""
    utility: Utility
    """Grid connection."""
    utility_voltage: Volts
    """Nominal, line to line [V]."""
    utility_capacity: Capacity | None = None
    """Contract; none: no limit [W]."""
    cable: Cable
    """Utility to transformer, or to the switchboard where there is none."""
    cable_length: Run
    """Its length [m]."""
    transformer: Transformer | None = None
    """None: the utility has the voltage of the hall."""
    hall_voltage: Volts
    """Nominal, line to line, from the transformer on [V]."""
    ups: Ups | None = None
    """Double-conversion UPS before the switchboard; none: no UPS."""
    switchboard_capacity: Capacity | None = None
    """None: no limit [W]."""
    row_cable: Cable
    """Switchboard to a PDU, a busway or a rectifier."""
    row_length: Run
    """Its length [m]."""
    row_capacity: Capacity | None = None
    """Of each PDU or busway; none: no limit [W]."""
    row_breaker: Breaker | None = None
    """At the head of each row."""
    busway: Cable | None = None
    """Along the racks of a row; none: racks hang from the PDU in a star."""
    rack_pitch: Length | None = None
    """Along the busway, to the first rack and from each to the next [m]."""
    rack_cable: Cable | None = None
    """PDU or busway to a rack; none on a DC bus."""
    rack_length: Run | None = None
    """Its length [m]."""
    rack_breaker: Breaker | None = None
    """Of each rack."""
    rectifier: Ups | None = None
    """Rectifier of each DC bus: rating, losses, power factor."""
    dc_row: DcRow | None = None
    """DC bus of each row; none: racks take alternating current."""
    cooling_board: CoolingBoard | None = None
    """The plant that cools its racks; none: on another feed."""
    peak_coincidence: Fraction
    """Share of the racks' step from continuous load to peak (EDPp) that all of them make at once."""
    open_branch: str | None = None
    """Name of a branch whose breaker is open, such as row-cable-1; none: all closed."""

    def __post_init__(self) -> None:
        for problem in (*_voltage(self), *_rows(self), *_branches(self)):
            raise ValueError(f"Feed.{problem}")


def _voltage(feed: Feed) -> list[str]:
    if feed.transformer is None and feed.utility_voltage != feed.hall_voltage:
        both = f"{feed.utility_voltage:g} V: must be hall_voltage = {feed.hall_voltage:g} V"
        return [f"utility_voltage = {both} where there is no transformer; give one, or make them equal"]
    if feed.hall_voltage > feed.utility_voltage:
        return [
            f"hall_voltage = {feed.hall_voltage:g} V: must be ≤ utility_voltage = {feed.utility_voltage:g} V, "
            "the transformer lowers it; check its unit"
        ]
    return []


def _rows(feed: Feed) -> list[str]:
    if feed.rows > feed.racks:
        return [f"rows = {feed.rows}: must be ≤ racks = {feed.racks}; lower it, or raise racks"]
    if (feed.dc_row is None) != (feed.rectifier is None):
        return ["dc_row and rectifier stand together: give both or none"]
    if feed.dc_row is not None:
        wanted = feed.rows * feed.dc_row.racks
        if feed.racks != wanted:
            return [f"racks = {feed.racks}: must be {wanted}, rows times dc_row.racks; change one of the three"]
        return []
    if feed.rack_cable is None or feed.rack_length is None:
        return ["rack_cable and rack_length are missing: they lead to each rack, unless there is a dc_row"]
    if (feed.busway is None) != (feed.rack_pitch is None):
        return ["busway and rack_pitch stand together: give both or none"]
    return []


def _branches(feed: Feed) -> list[str]:
    known = branch_names(feed)
    if feed.open_branch is None or feed.open_branch in known:
        return []
    some = ", ".join(known if len(known) <= 8 else (*known[:7], "…", known[-1]))
    return [f"open_branch = {feed.open_branch!r}: must be one of {some}, or none"]


def branch_names(feed: Feed) -> tuple[str, ...]:
    """Return the names of what conducts, from the utility to the racks.

    Parameters
    ----------
    feed : Feed
        A feed.

    Returns
    -------
    tuple of str
        Cables, transformer, UPS, sections of busway; racks are counted from 1.

    References
    ----------
    Derived: the layout of `twin.build.feeder`.
    """
    head = ["cable", *(["transformer"] if feed.transformer else []), *(["ups"] if feed.ups else [])]
    rows = [f"row-cable-{row}" for row in range(1, feed.rows + 1)]
    cooling = [f"{board}-cable" for board in cooling_boards(feed)]
    if feed.dc_row is not None:
        return (*head, *rows, *cooling)
    racks = range(1, feed.racks + 1)
    sections = [f"busway-{rack}" for rack in racks] if feed.busway else []
    return (*head, *rows, *sections, *(f"rack-cable-{rack}" for rack in racks), *cooling)


def cooling_boards(feed: Feed) -> tuple[str, ...]:
    """Return the names of the boards from which the plant is fed.

    Parameters
    ----------
    feed : Feed
        A feed.

    Returns
    -------
    tuple of str
        "cooling" before the UPS, "cooling-ups" behind it; empty without a plant.

    References
    ----------
    Derived: `CoolingBoard.on_ups`; without a UPS all of it is on one board.
    """
    if feed.cooling_board is None:
        return ()
    if feed.ups is None or feed.cooling_board.on_ups == "none":
        return ("cooling",)
    return ("cooling-ups",) if feed.cooling_board.on_ups == "all" else ("cooling", "cooling-ups")
