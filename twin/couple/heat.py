"""The thermal half of a pass: flows through the plates, rises over the supply, outlet, flow policy, headlines."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import thermal
from twin.build.model import Model
from twin.layout.geometry import HOSE_RADIUS

if TYPE_CHECKING:
    from twin.couple.rack import Outcome

Array = NDArray[np.float64]


class Plates(NamedTuple):
    """Flow and resistance of every cold plate."""

    hydraulics: thermal.ManifoldFlow
    """Flow of each branch (r, t) and the rack's pressure drop (r,)."""
    tray_flow: Array
    """Mass flow of each tray (r, t) [kg/s]."""
    chip_flow: Array
    """Volume flow of each plate (r, c) [m3/s]."""
    capacity_rate: Array
    """Heat capacity of that flow (r, c) [W/K]."""
    inverse_film: Array
    """Of the plates of the first chips of each kind in each tray, deposits included, per base area (r, firsts)
    [m2*K/W]."""
    rise: thermal.PackageResistance
    """Rises over the supply per watt of module input (r, c) [K/W]."""


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
    table = model.coolant.temperature
    return np.clip((model.supply + coolant_return) / 2, table[0], table[-1])


def plates(model: Model, flow: Array, coolant_return: Array, start: Array | None) -> Plates:
    """Return how the rack's flow divides over the plates, and what each chip rises per watt.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    flow : (r, 1) array
        Mass flow of the rack [kg/s].
    coolant_return : (r, 1) array
        Return temperature [K].
    start : (r, t) array, optional
        Branch flows of an earlier pass [kg/s].

    Returns
    -------
    Plates
        Flows and rises.

    References
    ----------
    Derived: manifold, film, compact package; half the caloric rise leads from the mean coolant to the inlet.
    """
    mean, place = mean_coolant(model, coolant_return), model.parts
    rho = thermal.density(model.coolant, mean)
    mu = thermal.viscosity(model.coolant, mean)
    hydraulics = thermal.solve_manifold(
        model.manifold, flow[:, 0], model.branch_weight, model.branch_spacing, model.law, rho[:, 0], mu[:, 0], start
    )
    tray_flow = hydraulics.branch_mass_flow[:, model.branch_of_tray]
    per_weight = tray_flow / (model.branch_weight[:, model.branch_of_tray] * rho)
    chip_flow = per_weight[:, place.chip_tray] * model.flow_weight
    capacity = rho * thermal.heat_capacity(model.coolant, mean) * chip_flow
    film = thermal.film_coefficient(model.plates, chip_flow[:, place.first], model.coolant, mean)
    film_inverse = 1 / film + model.fouling
    over_mean = _resistances(model, film_inverse, 1 / capacity)
    rises = model.chip_liquid[:, place.chip_tray] * (over_mean + 0.5 / capacity)
    return Plates(hydraulics, tray_flow, chip_flow, capacity, film_inverse, thermal.PackageResistance(*rises))


def _resistances(model: Model, film_inverse: Array, rate_inverse: Array) -> Array:
    """Return die, spot, memory and case over the mean coolant (4, r, c) [K/W].

    Chips of one kind in one tray share a flow, so the table is read once per tray.
    """
    first, place = model.parts.first, np.empty(rate_inverse.shape[1], dtype=np.int64)
    rate_inverse = rate_inverse[:, first]
    nominal, per_factor = np.empty((2, len(film_inverse), 4, first.size))
    for package, (here, at) in zip(model.packages, model.parts.alike, strict=True):
        kind, place[here] = slice(at.min(), at.max() + 1), at
        tables = thermal.table_at(package, film_inverse[:, kind], rate_inverse[:, kind])
        nominal[..., kind], per_factor[..., kind] = tables
    rise = nominal[..., place] + (model.interface_factor - 1)[:, None] * per_factor[..., place]
    return np.moveaxis(rise, 1, 0)


def outlet(model: Model, flow: Array, heat: Array) -> Array:
    """Return the coolant's outlet temperature by enthalpy, at most the end of its table.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    flow, heat : (r, n) array
        Mass flow [kg/s] and heat [W] of each stream.

    Returns
    -------
    (r, n) array
        Temperature [K].

    References
    ----------
    Derived: h(T_out) = h(T_supply) + q / m.
    """
    liquid = model.coolant
    top = thermal.enthalpy(liquid, liquid.temperature[-1])
    return thermal.temperature(liquid, np.minimum(thermal.enthalpy(liquid, model.supply) + heat / flow, top))


def policy_flow(model: Model, heat: Array, coolant_return: Array) -> Array:
    """Return the mass flow that brings the return to its target, within the bounds, unless it is fixed.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    heat : (r, 1) array
        Heat into the coolant [W].
    coolant_return : (r, 1) array
        Return temperature, for the density [K].

    Returns
    -------
    (r, 1) array
        Mass flow [kg/s].

    References
    ----------
    Derived: energy balance; reproduces the maker's flow table (validation row T9).
    """
    if not np.isnan(model.fixed_flow).any():
        return model.fixed_flow
    rho = thermal.density(model.coolant, mean_coolant(model, coolant_return))
    target = np.maximum(model.return_target, model.supply + 1e-3)
    wanted = thermal.flow_for_return(model.coolant, np.maximum(heat, 1e-9), model.supply, target)
    bounded = np.clip(wanted, model.flow_bounds[0] * rho, model.flow_bounds[1] * rho)
    return np.where(np.isnan(model.fixed_volume_flow), bounded, model.fixed_volume_flow * rho)


def heat_numbers(model: Model, out: "Outcome") -> dict[str, Any]:
    """Return the headline numbers of heat and coolant, as arrays over the racks.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    out : Outcome
        The last pass.

    Returns
    -------
    dict of str to (r,) array or list of str
        Names and units of `thermal.FIELDS` and `twin.result.schema`.

    References
    ----------
    Derived: maxima over the parts; hoses of the trays as they are drawn.
    """
    die, spot, memory, _ = (model.supply + rise * out.chips.power for rise in out.plates.rise)
    volume = out.next.flow / thermal.density(model.coolant, mean_coolant(model, out.next.coolant_return))
    drop = out.plates.hydraulics.pressure_drop
    return {
        "junction_temperature_max": die.max(axis=1),
        "junction_temperature_max_part": [model.parts.chip[i] for i in die.argmax(axis=1)],
        "hotspot_temperature_max": spot.max(axis=1),
        "memory_temperature_max": np.fmax.reduce(memory, axis=1),
        "coolant_supply_temperature": model.supply[:, 0],
        "coolant_return_temperature": out.next.coolant_return[:, 0],
        "coolant_flow": out.next.flow[:, 0],
        "coolant_volume_flow": volume[:, 0],
        "coolant_pressure_drop": drop,
        "liquid_heat": out.boards.liquid_heat[:, 0],
        "air_heat": out.boards.air_heat[:, 0],
        **_branches(model, out),
    }


def _branches(model: Model, out: "Outcome") -> dict[str, Array]:
    """Return the fastest flow and the least Reynolds number in the hoses of the trays."""
    mean = mean_coolant(model, out.next.coolant_return)
    rho, mu = thermal.density(model.coolant, mean), thermal.viscosity(model.coolant, mean)
    flow, bore = out.plates.tray_flow, 2 * HOSE_RADIUS
    return {
        "branch_velocity_max": thermal.pipe_speed(flow, bore, rho).max(axis=1),
        "branch_reynolds_min": thermal.pipe_reynolds(flow, bore, mu).min(axis=1),
    }
