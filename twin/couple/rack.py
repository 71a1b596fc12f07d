"""The one residual: from a guessed state of a batch of racks to the state that physics makes of it.

Bits cost watts, watts make heat, heat sets temperatures, temperatures set leakage, copper resistance and clock, and the
clock sets the bits. Everything is elementwise over racks (first axis); every loss ends in the coolant or in the air.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
import thermal
from twin.build.model import Model
from twin.couple.derate import module_budget

Array = NDArray[np.float64]


class State(NamedTuple):
    """What is iterated on: (r, chips) temperatures [K], (r, gpus) clocks [1], (r, 1) flow [kg/s], (r, 1) return [K],
    (r, sections) bar temperatures [K].
    """

    junction: Array
    clock: Array
    flow: Array
    coolant_return: Array
    section: Array


class Outcome(NamedTuple):
    """What one pass computes from a state; shapes as in `twin.build.model`."""

    next: State
    chip_power: Array
    clock: Array
    delivered: Array
    leakage: Array
    link_power: Array
    rise: thermal.PackageResistance
    chip_flow: Array
    hydraulics: thermal.ManifoldFlow
    bus: power.BusbarSolution
    tray_power: Array
    tray_liquid: Array
    tray_air: Array
    tray_return: Array
    converter_loss: Array
    shelf_power: Array
    shelf_loss: Array
    liquid_heat: Array
    air_heat: Array


def advance(model: Model, state: State, warm: Outcome | None = None) -> Outcome:
    """Return what follows from a guessed state, with the next guess in `next`.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    state : State
        The guess.
    warm : Outcome, optional
        An earlier pass; its flows and voltages start the inner Newton solves.

    Returns
    -------
    Outcome
        Temperatures [K], powers [W], flows [kg/s], voltages [V], and the next state.

    Raises
    ------
    power.DidNotConverge, thermal.DidNotConverge
        The bar cannot carry the load, or the manifold finds no balance.

    References
    ----------
    Derived: one sweep through fabric, chips, bar and coolant; see docs, "The coupled rack".
    """
    hydraulics, chip_flow, rise = _rise_per_watt(model, state, warm)
    delivered, link = _traffic(model, state.clock)
    budget = module_budget(model, rise.die)
    clock = power.clock_at(model.chip, model.load, budget, state.junction, model.leakage_factor, link)
    leakage = power.leakage_power(model.chip, state.junction, model.leakage_factor)
    module = power.chip_power(model.chip, model.load, clock, state.junction, model.leakage_factor, link)
    trays = _per_tray(model, module)
    converted = power.converter_loss(model.bus_efficiency, trays)
    bus, shelf, shelf_loss = _electric(model, trays + converted + model.auxiliary, state.section, warm)
    contact = _at_trays(model, bus.contact_loss)
    board = converted + model.auxiliary
    liquid = _per_tray(model, module * _chip_liquid(model)) + model.board_liquid * board
    lost = shelf_loss.sum(-1, keepdims=True) + bus.section_loss.sum(-1, keepdims=True) + contact.sum(-1, keepdims=True)
    total = liquid.sum(-1, keepdims=True) + model.shelf_liquid * lost
    air = trays + board - liquid
    flow = state.flow
    tray_flow = _in_tray_order(model, hydraulics.branch_mass_flow)
    outlet = _outlet(model, flow, total)
    following = State(
        junction=model.supply + rise.die * module,
        clock=clock[:, model.parts.gpu],
        flow=_policy_flow(model, total, outlet),
        coolant_return=outlet,
        section=_bar_temperature(model, bus.section_current),
    )
    return Outcome(
        following, module, clock, delivered, leakage, link, rise, chip_flow, hydraulics, bus, trays + board, liquid, air,
        _outlet(model, tray_flow, liquid), converted, shelf, shelf_loss, total,
        air.sum(-1, keepdims=True) + (1 - model.shelf_liquid) * lost,
    )  # fmt: skip


def _rise_per_watt(model: Model, state: State, warm: Outcome | None):  # type: ignore[no-untyped-def]
    """Return hydraulics, plate flows [m3/s] and rises over the supply per watt of module input [K/W]."""
    mean = mean_coolant(model, state.coolant_return)
    rho = thermal.density(model.coolant, mean)
    hydraulics = thermal.solve_manifold(
        model.manifold, state.flow[:, 0], model.branch_weight, model.branch_spacing, model.law, rho[:, 0],
        thermal.viscosity(model.coolant, mean)[:, 0], None if warm is None else warm.hydraulics.branch_mass_flow,
    )  # fmt: skip
    unit = (hydraulics.branch_mass_flow / model.branch_weight)[:, _back(model.branch_order)] / rho
    chip_flow = unit[:, model.parts.chip_tray] * model.flow_weight
    capacity = rho * thermal.heat_capacity(model.coolant, mean) * chip_flow
    parts = np.empty((4, *chip_flow.shape))
    for kind, (package, plate) in enumerate(zip(model.packages, model.plates, strict=True)):
        here = np.flatnonzero(model.parts.chip_type == kind)
        film = thermal.film_coefficient(plate, chip_flow[:, here], model.coolant, mean)
        parts[:, :, here] = thermal.junction_resistance(package, 1 / film, model.interface_factor[:, here])
    return hydraulics, chip_flow, thermal.PackageResistance(*(_chip_liquid(model) * (parts + 0.5 / capacity)))


def _traffic(model: Model, clock: Array) -> tuple[Array, Array]:
    """Return the delivered share of the offered traffic [1], and the power of the links at every chip [W].

    A collective waits for its busiest link: where that is offered more than its bandwidth, all traffic slows down.
    """
    work, place = model.forwarding, model.parts
    sent, received = clock * work.sent, clock @ work.received.T
    busiest = model.injection * np.max(np.maximum(sent, received) / work.capacity, axis=-1, keepdims=True)
    delivered = 1.0 / np.maximum(busiest, 1.0)
    handled = np.zeros(model.link_energy.shape)
    handled[:, place.gpu] = sent + received
    handled[:, place.asic] = 2 * clock @ work.switched.T
    return delivered, model.link_energy * (delivered * model.injection) * handled


def _electric(model: Model, drawn: Array, section: Array, warm: Outcome | None):  # type: ignore[no-untyped-def]
    """Return the solved bar, and output and loss of each shelf [W]."""
    place = model.parts
    resistance = _section_resistance(model, section)
    load = np.zeros(model.source_voltage.shape)
    if model.busbar is None:
        load[:, 0] = drawn.sum(-1)
    else:
        load[:, place.tray_slot - 1] = drawn
    bus = power.solve_busbar(
        resistance, load, model.source_voltage, model.source_resistance, model.contact_resistance,
        start=None if warm is None else warm.bus.node_voltage,
    )  # fmt: skip
    output = shelf_output(model, bus)
    return bus, output, power.shelf_loss(model.shelf, output) * place.shelf_in_service


def shelf_output(model: Model, bus: power.BusbarSolution) -> Array:
    """Return the power each shelf gives to the bar.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    bus : BusbarSolution
        The solved bar.

    Returns
    -------
    (r, shelves) array
        Output at the bar's voltage [W]; droop is control, not loss.

    References
    ----------
    Derived: V I at the shelf's slot; without a bar the shelves share equally.
    """
    given = bus.node_voltage * bus.source_current
    if model.busbar is None:
        serving = model.parts.shelf_in_service
        return given * serving / serving.sum()
    return given[:, model.parts.shelf_slot - 1]


def rack_power(outcome: Outcome) -> Array:
    """Return the power at the AC input of the shelves.

    Parameters
    ----------
    outcome : Outcome
        A pass.

    Returns
    -------
    (r,) array
        Output plus loss of the shelves [W].

    References
    ----------
    Derived: power balance.
    """
    return np.asarray((outcome.shelf_power + outcome.shelf_loss).sum(axis=-1))


def _section_resistance(model: Model, temperature: Array) -> Array:
    if model.busbar is None:
        return np.empty((model.supply.shape[0], 0))
    return power.loop_resistance(model.busbar, temperature) * model.section_length


def _bar_temperature(model: Model, current: Array) -> Array:
    return current if model.busbar is None else power.section_temperature(model.busbar, current)


def mean_coolant(model: Model, coolant_return: Array) -> Array:
    """Return the mean coolant temperature, at which volume flows and properties are taken, inside the coolant's table.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    coolant_return : (r, 1) array
        Return temperature [K].

    Returns
    -------
    (r, 1) array
        Mean of supply and return [K].

    References
    ----------
    Derived: arithmetic mean.
    """
    low, high = model.coolant.temperature[0], model.coolant.temperature[-1]
    return np.clip((model.supply + coolant_return) / 2, low, high)


def _policy_flow(model: Model, heat: Array, outlet: Array) -> Array:
    """Return the mass flow that brings the return to its target, within the bounds, unless it is fixed [kg/s]."""
    rho = thermal.density(model.coolant, mean_coolant(model, outlet))
    target = np.maximum(model.return_target, model.supply + 1e-3)
    wanted = thermal.flow_for_return(model.coolant, heat, model.supply, target)
    bounded = np.clip(wanted, *(bound * rho for bound in model.flow_bounds))
    chosen = np.where(np.isnan(model.fixed_volume_flow), bounded, model.fixed_volume_flow * rho)
    return np.where(np.isnan(model.fixed_flow), chosen, model.fixed_flow)


def _outlet(model: Model, flow: Array, heat: Array) -> Array:
    """Return the coolant's outlet temperature by enthalpy [K], at most the end of its table."""
    liquid = model.coolant
    rise = heat / flow
    top = thermal.enthalpy(liquid, liquid.temperature[-1])
    return thermal.temperature(liquid, np.minimum(thermal.enthalpy(liquid, model.supply) + rise, top))


def _chip_liquid(model: Model) -> Array:
    return model.chip_liquid[:, model.parts.chip_tray]


def _per_tray(model: Model, chips: Array) -> Array:
    """Return chip values summed over each tray; chips of a tray are neighbours."""
    first = np.flatnonzero(np.diff(model.parts.chip_tray, prepend=-1))
    return np.add.reduceat(chips, first, axis=-1)


def _at_trays(model: Model, nodes: Array) -> Array:
    return nodes if model.busbar is None else nodes[:, model.parts.tray_slot - 1]


def _in_tray_order(model: Model, branches: Array) -> Array:
    return branches[:, _back(model.branch_order)]


def _back(order: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.argsort(order)
