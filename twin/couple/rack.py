"""The one residual: from a guessed state of a batch of racks to the state that physics makes of it.

Bits cost watts, watts make heat, heat sets temperatures, temperatures set leakage, copper resistance and clock, and the
clock sets the bits. Everything is elementwise over racks (first axis r; c chips, t trays); every loss ends in the
coolant or in the air.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from twin.build.model import Model
from twin.couple.derate import bounded_rise, clock_temperature, module_budget
from twin.couple.electric import Feed, bar_temperature, feed
from twin.couple.heat import Plates, outlet, plates, policy_flow
from twin.couple.traffic import traffic

Array = NDArray[np.float64]


class State(NamedTuple):
    """What is iterated on."""

    junction: Array
    """Die means (r, c) [K]."""
    clock: Array
    """Clocks of the GPUs over full clock (r, gpus) [1]."""
    flow: Array
    """Coolant of the rack (r, 1) [kg/s]."""
    coolant_return: Array
    """Its return temperature (r, 1) [K]."""
    section: Array
    """Temperatures of the bar (r, sections) [K]."""


class Chips(NamedTuple):
    """What the modules draw, and why."""

    power: Array
    """Module input (r, c) [W]."""
    clock: Array
    """Clock of every chip (r, c) [1]."""
    leakage: Array
    """Part of the module input (r, c) [W]."""
    link_power: Array
    """Part of the module input (r, c) [W]."""
    media_power: Array | None
    """Of the optics beside the module, drawn from the board (r, c) [W]; None without optics."""
    delivered: Array
    """Share of the traffic each GPU offers (r, gpus) [1]."""


class Boards(NamedTuple):
    """What the modules' power becomes on its way from the AC input, and where it ends as heat."""

    feed: Feed
    tray_power: Array
    """DC power behind the clip (r, t) [W]."""
    converter_loss: Array
    """Intermediate bus (r, t) [W]."""
    tray_liquid: Array
    """Heat of each tray into the coolant (r, t) [W]."""
    tray_air: Array
    """Heat of each tray into the air (r, t) [W]."""
    liquid_heat: Array
    """Heat of the rack into the coolant (r, 1) [W]."""
    air_heat: Array
    """Heat of the rack into the air (r, 1) [W]."""


class Outcome(NamedTuple):
    """What one pass computes from a state."""

    next: State
    """The next guess."""
    plates: Plates
    chips: Chips
    boards: Boards


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
    branches, voltages = (None, None) if warm is None else _inner(warm)
    plate = plates(model, state.flow, state.coolant_return, branches)
    modules = chips(model, state.junction, state.clock, module_budget(model, plate.rise.die))
    heat = boards(model, modules, state.section, voltages)
    warmed = outlet(model, state.flow, heat.liquid_heat)
    following = State(
        junction=bounded_rise(state.junction, model.supply + plate.rise.die * modules.power),
        clock=modules.clock[:, model.parts.gpu],
        flow=policy_flow(model, heat.liquid_heat, warmed),
        coolant_return=warmed,
        section=bar_temperature(model, heat.feed.bus.section_current),
    )
    return Outcome(following, plate, modules, heat)


def chips(model: Model, junction: Array, clock: Array, budget: Array) -> Chips:
    """Return what every module draws at a guessed temperature and clock; rows may be racks or instants of one rack.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    junction : (r, c) array
        Die means [K].
    clock : (r, gpus) array
        Clocks of the GPUs, for the traffic [1].
    budget : (r, c) array
        Power each module may draw [W].

    Returns
    -------
    Chips
        Power [W], clock [1] and its parts.

    References
    ----------
    Derived: `power.clock_at`; the links are served first.
    """
    delivered, link, media = traffic(model, clock)
    chosen = power.clock_at(
        model.chip, model.load, budget, clock_temperature(model, junction), model.leakage_factor, link
    )
    leakage = power.leakage_power(model.chip, junction, model.leakage_factor)
    module = power.dynamic_power(model.chip, model.load) * chosen + leakage + link
    return Chips(module, chosen, leakage, link, media, delivered)


def boards(model: Model, modules: Chips, section: Array, start: Array | None = None) -> Boards:
    """Return currents, losses and heat behind given module powers; rows may be racks or instants of one rack.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    modules : Chips
        Module inputs, and optics beside them [W].
    section : (r, sections) array
        Temperature of the bar [K].
    start : (r, nodes) array, optional
        Voltages of an earlier pass [V].

    Returns
    -------
    Boards
        Every loss ends in the coolant or in the air.

    Raises
    ------
    power.DidNotConverge
        The bar cannot carry the load.

    References
    ----------
    Derived: power balance, part by part.
    """
    drawn = per_tray(model, modules.power)
    converted = power.converter_loss(model.bus_efficiency, drawn)
    board = converted + model.auxiliary
    if modules.media_power is not None:
        board = board + per_tray(model, modules.media_power)
    supplied = feed(model, drawn + board, section, start)
    liquid = model.chip_liquid * drawn + model.board_liquid * board
    air = drawn + board - liquid
    return Boards(
        feed=supplied,
        tray_power=drawn + board,
        converter_loss=converted,
        tray_liquid=liquid,
        tray_air=air,
        liquid_heat=liquid.sum(axis=1, keepdims=True) + supplied.liquid,
        air_heat=air.sum(axis=1, keepdims=True) + supplied.lost - supplied.liquid,
    )


def _inner(warm: Outcome) -> tuple[Array, Array]:
    return warm.plates.hydraulics.branch_mass_flow, warm.boards.feed.bus.node_voltage


def per_tray(model: Model, chips: Array) -> Array:
    """Return chip values (r, c) summed over each tray (r, t); the chips of a tray are neighbours."""
    return np.add.reduceat(chips, model.parts.tray_first, axis=1)
