"""The limits of a rack: what must not be exceeded, by how much it is, and which part is nearest to it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.build.model import Model
from twin.couple.rack import Outcome

Array = NDArray[np.float64]
_NOTHING = np.zeros((1, 1))


class Limit(NamedTuple):
    """One kind of limit over its parts, as a load: a value that must not rise above its bound."""

    name: str
    value: Array
    """(r, parts), nan for parts without it."""
    bound: Array
    """Broadcasts to the value."""
    base: Array
    """Value without load; the rise above it is nearly linear in power."""
    parts: tuple[str, ...]
    """Names of the parts."""

    def load(self) -> Array:
        """Return the share of the allowed rise that is used, above 1 where the limit is broken (r, parts) [1]."""
        return (self.value - self.base) / (self.bound - self.base)


def worst(loads: list[Array]) -> Array:
    """Return the largest of several arrays (r, n) per rack (r, 1), nan left out."""
    return np.fmax.reduce([np.fmax.reduce(load, axis=1) for load in loads])[:, None]


def nearest(limits: list[Limit], load: list[Array]) -> list[str]:
    """Return part and limit with the largest load, per rack."""
    every = np.concatenate([np.where(np.isnan(item), -np.inf, item) for item in load], axis=1)
    names = [f"{part}: {item.name}" for item in limits for part in item.parts]
    return [names[i] for i in np.argmax(every, axis=1)]


def thermal_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the temperature limits of a solved batch.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass.

    Returns
    -------
    list of Limit
        Die mean, hot spot, memory, coolant return [K].

    References
    ----------
    Derived: rise per watt times watts.
    """
    rise, watts, supply = outcome.plates.rise, outcome.chips.power, model.supply
    limits, chips = model.limits, model.parts.chip
    back = outcome.next.coolant_return
    return [
        Limit("die mean temperature", supply + rise.die * watts, np.asarray(limits.junction), supply, chips),
        Limit("hot spot temperature", supply + rise.spot * watts, np.asarray(limits.hotspot), supply, chips),
        Limit("memory temperature", supply + rise.memory * watts, np.asarray(limits.memory), supply, chips),
        Limit("coolant return temperature", back, np.asarray(limits.coolant_return), supply, ("rack",)),
    ]


def electrical_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the electrical limits of a solved batch at its continuous load.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass.

    Returns
    -------
    list of Limit
        Busbar section [A], bus voltage (as a drop below the sources) [V], shelf output [W].

    References
    ----------
    Derived: ratings of bar and shelves; voltage window at the trays.
    """
    place, bus = model.parts, outcome.boards.feed.bus
    rating = np.asarray(model.shelf.rated_power)
    shelf = Limit("shelf output", outcome.boards.feed.shelf_power, rating, _NOTHING, place.shelf)
    if model.busbar is None:
        return [shelf]
    current, source = np.abs(bus.section_current), model.source_voltage[:, :1]
    drop = source - bus.load_voltage[:, place.tray_slot - 1]
    return [
        Limit("busbar section current", current, np.asarray(model.busbar.rated_current), _NOTHING, place.section),
        Limit("bus voltage window", drop, source - model.busbar.voltage_min, _NOTHING, place.tray),
        shelf,
    ]


def plate_limits(model: Model, outcome: Outcome) -> list[Limit]:
    """Return the range of flow for which each plate's resistance is known.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    outcome : Outcome
        A pass.

    Returns
    -------
    list of Limit
        Least flow over the plate's, and the plate's over the greatest, as ratios [1].

    References
    ----------
    Derived: range of the plate's data.
    """
    low, high = model.flow_range
    flow, one, chips = outcome.plates.chip_flow, np.ones((1, 1)), model.parts.chip
    return [
        Limit("plate validity, least flow", low / flow, one, _NOTHING, chips),
        Limit("plate validity, greatest flow", flow / high, one, _NOTHING, chips),
    ]
