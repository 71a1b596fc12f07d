"""The rack in its present condition, as the time loop marches it: the coupled model with what is lost taken out.

Contract: a plant changes only where an event or set-point changes it; what flows through it is in `State`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from thermal.rear_door import AIR_HEAT_CAPACITY
from twin.build.cache import cache_folder
from twin.build.electric import auxiliary_power, kinds_of_chip
from twin.build.jobs import injections
from twin.build.losses import degraded
from twin.build.model import Model, build_model
from twin.build.stack import spread
from twin.couple.traffic import fabric_numbers
from twin.couple.units import unit_of
from twin.simulation.events import Condition, lost_chips
from twin.simulation.fans import with_fans
from twin.simulation.modules import Electric, electric
from twin.simulation.water import least_water
from twin.spec.types import Factory

Array = NDArray[np.float64]
Alive = NDArray[np.bool_]


class Plant(NamedTuple):
    """One rack, ready to be marched."""

    condition: Condition
    """What events and set-points have made of it."""
    alive: Alive
    """Chips that run (c,)."""
    model: Model
    """Arrays of one rack; dead chips draw nothing, blocked plates are narrow."""
    slow: tuple[thermal.SlowPackage, ...]
    """The package of each kind of chip in time."""
    electric: Electric
    """Modules and bar, instant by instant."""
    node: NDArray[np.int64]
    """Node of each chip in a load that differs between nodes, 0 for chips that are in none (c,)."""
    node_tray: NDArray[np.int64]
    """Trays with GPUs, which are the nodes (nodes,)."""
    auxiliary: tuple[Array, Array]
    """Power of the boards of each tray at no load and at full load (1, t) [W]."""
    unit: thermal.UnitLoop
    """The rack's share of the distribution units of its loop."""
    racks_on_unit: float
    """Racks on each of them [1]."""
    racks: float
    """Racks on the plant behind them [1]."""
    water: thermal.Coolant
    """Facility water."""
    wide: float
    """Facility flow with the valve wide open and its pumps in order, share of this rack [kg/s]."""
    door_flow: float
    """Water of the rear door; 0 without one [kg/s]."""
    cooler: thermal.Plant
    """Coolers, towers, chillers with the fans that are left."""
    least_water: float
    """Flow below which a bypass keeps up that of the coolers, of all racks [kg/s]."""
    fabric: tuple[float, float]
    """Least bandwidth of a living GPU [B/s] and all-to-all time among them [s]; NaN where none can talk."""


def plant_of(condition: Condition, running: Alive | None = None) -> Plant:
    """Return the plant of a condition.

    Parameters
    ----------
    condition : Condition
        What is lost and what is set.
    running : (c,) array of bool, optional
        Chips that have not switched themselves off; all without.

    Returns
    -------
    Plant
        The rack.

    Raises
    ------
    SpecError
        A leaf refuses a number.

    References
    ----------
    Derived: gathers compact models; see docs, "Simulating a rack".
    """
    spec = condition.spec
    model = build_model([spec])
    alive = _alive(condition, model) if running is None else _alive(condition, model) & running
    model = _dark(_blocked(model, condition, spec), alive)
    gone = frozenset(model.parts.chip[i] for i in np.flatnonzero(~alive))
    place, one = model.parts, np.ones((1, 1))
    forwarding, fabric = model.forwarding, (np.nan, np.nan)
    if alive[place.gpu].sum() > 1 and alive[place.asic].any():
        forwarding = degraded(model.fabric, spec.rack, spec.traffic, condition.lost_links, gone)
        numbers = fabric_numbers(model.fabric, [spec], condition.lost_links, gone)
        fabric = (float(numbers["bandwidth_per_gpu"][0]), float(numbers["all_to_all_time"][0]))
    nodes = np.unique(place.chip_tray[place.gpu])
    lit = np.add.reduceat(alive, place.tray_first) > 0
    model = model._replace(forwarding=forwarding, derate=False)
    return Plant(
        condition=condition,
        alive=alive,
        model=model,
        electric=electric(model, alive, np.asarray(injections(spec.traffic, place.gpu.size))),
        node=np.maximum(np.searchsorted(nodes, place.chip_tray, side="right") - 1, 0),
        node_tray=nodes,
        slow=tuple(
            thermal.slow_package(chip.package, chip.plate, spec.cooling.coolant, folder=cache_folder())
            for chip in kinds_of_chip(spec)
        ),
        auxiliary=(lit * auxiliary_power([spec], place, 0 * one), lit * auxiliary_power([spec], place, one)),
        fabric=fabric,
        **_loop(condition),
    )


def _loop(condition: Condition) -> dict[str, Any]:
    """Return what stands behind the rack, as fields of the plant."""
    spec = condition.spec
    cooling, facility, unit = spec.cooling, spec.facility, spec.cooling.cdu
    on_unit = cooling.racks_per_loop / unit.units
    cooler = with_fans(facility.plant, condition.fans)
    air = 0.0 if facility.door is None else AIR_HEAT_CAPACITY * facility.door.rated_air_flow
    return {
        "unit": thermal.unit_share(thermal.unit_loop(unit_of(spec), cooling.inertia, cooling.regulator), on_unit),
        "racks_on_unit": on_unit,
        "racks": float(cooling.racks_per_loop * facility.loops),
        "water": thermal.coolant(facility.coolant),
        "wide": unit.rated_facility_flow / on_unit * condition.facility,
        "door_flow": air / facility.plant.heat_capacity,
        "cooler": cooler,
        "least_water": least_water(cooler),
    }


def instants(plant: Plant, utilization: Array) -> Model:
    """Return the model with instants of the rack as rows.

    Parameters
    ----------
    plant : Plant
        The rack.
    utilization : (n,) array
        Share of full load asked for at each instant [1].

    Returns
    -------
    Model
        Load, traffic and auxiliary power (n, …); the rest as it is, (1, …).

    References
    ----------
    Derived: as `twin.build.model.build_model` at each utilization.
    """
    model, share = plant.model, utilization[:, None]
    idle, full = plant.auxiliary
    return model._replace(
        load=share * (plant.alive & ~model.parts.is_switch),
        injection=share * injections(plant.condition.spec.traffic, model.parts.gpu.size),
        auxiliary=idle + (full - idle) * share,
    )


def tray_load(plant: Plant, load: Array) -> Array:
    """Return the share of full load that the boards of each tray follow: that of its node.

    Parameters
    ----------
    plant : Plant
        The rack.
    load : (n, nodes) array
        Share of full load [1].

    Returns
    -------
    (n, 1) or (n, t) array
        [1].

    References
    ----------
    Derived: a tray without a node of its own follows their mean.
    """
    if load.shape[1] == 1:
        return load
    found = np.repeat(load.mean(axis=1, keepdims=True), plant.auxiliary[0].shape[1], axis=1)
    found[:, plant.node_tray] = load
    return found


def _alive(condition: Condition, model: Model) -> Alive:
    return ~np.isin(np.array(model.parts.chip), list(lost_chips(condition.spec.rack, condition.lost_parts)))


def _dark(model: Model, alive: Alive) -> Model:
    """Return the model with dead chips that draw nothing."""
    if alive.all():
        return model
    names = ("cap", "dynamic_idle", "dynamic_full", "leakage")
    chip = model.chip._replace(**{name: getattr(model.chip, name) * alive for name in names})
    media = None if model.media is None else (model.media[0] * alive, model.media[1] * alive)
    return model._replace(chip=chip, link_energy=model.link_energy * alive, media=media)


def _blocked(model: Model, condition: Condition, spec: Factory) -> Model:
    """Return the model with narrowed plates; each chip is then a group of its own, as flows differ within a tray."""
    if not condition.blocked:
        return model
    place = model.parts
    passage = np.array([condition.blocked.get(name, 1.0) for name in place.chip])
    weight = model.flow_weight * passage
    branch = np.empty_like(model.branch_weight)
    branch[:, model.branch_of_tray] = np.add.reduceat(weight, place.tray_first, axis=1)
    order = np.argsort(place.chip_type, kind="stable")
    alone = np.empty_like(order)
    alone[order] = np.arange(order.size)
    alike = tuple((chips, alone[chips]) for chips, _ in place.alike)
    plates = spread([[chip.plate for chip in kinds_of_chip(spec)]], place.chip_type[order])
    return model._replace(
        parts=place._replace(first=order, alike=alike), plates=plates, flow_weight=weight, branch_weight=branch
    )
