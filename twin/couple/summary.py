"""The headline numbers of a solved batch, one array over the racks each."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import power
import thermal
import topology
from topology import Fabric
from twin.build.fabric import Identity
from twin.couple.closure import energy_closure
from twin.couple.headroom import (
    Headroom,
    Limit,
    controlled_headroom,
    electrical_limits,
    headroom_temperature,
    plate_limits,
    thermal_limits,
    without_derating,
)
from twin.couple.heat import mean_coolant
from twin.couple.rack import rack_power
from twin.couple.steady import Steady
from twin.spec.types import Factory

Array = NDArray[np.float64]
Summary = dict[str, Any]


def summarise(solved: Steady, specs: Sequence[Factory]) -> Summary:
    """Return every scalar of the result, by its registered name, as arrays or lists over the racks.

    Parameters
    ----------
    solved : Steady
        A batch.
    specs : sequence of Factory
        Its specs.

    Returns
    -------
    dict of str to array (r,) or list of str
        SI units.

    Raises
    ------
    ConvergenceError
        The headroom did not settle.

    References
    ----------
    Derived: names and units in the leaves' `fields.py` and `twin.result.schema`.
    """
    free = without_derating(solved)
    supply, flow, spare = controlled_headroom(free)
    forms = {
        "headroom_temperature": headroom_temperature(free),
        "supply_temperature_max": supply,
        "coolant_flow_min": flow,
        "headroom_power": spare,
    }
    summary = {
        **_fabric_numbers(solved.model.fabric, specs),
        **_heat_numbers(solved),
        **_power_numbers(solved),
        **{key: value for name, form in forms.items() for key, value in _form(name, form).items()},
        "utilization": np.array([spec.load.utilization for spec in specs]),
        "clock_min": solved.outcome.clock[:, solved.model.parts.gpu].min(axis=1),
        "energy_closure_relative": energy_closure(solved.model, solved.outcome),
        "iterations": solved.fixed_point.iterations.astype(float),
        "assumed_share": np.array([assumed_share(spec) for spec in specs]),
    }
    summary["warnings"] = ["\n".join(_warnings(i, solved, free, summary, spec)) for i, spec in enumerate(specs)]
    return summary


def _form(name: str, form: Headroom) -> Summary:
    return {name: form.value, f"{name}_limited_by": form.limited_by}


def assumed_share(spec: Factory) -> float:
    """Return the share of assumed numbers among all numbers of a spec.

    Parameters
    ----------
    spec : Factory
        A spec with provenance.

    Returns
    -------
    float
        0 to 1 [1].

    References
    ----------
    Derived: count by status.
    """
    return _assumed(spec.provenance) if spec.provenance else 0.0


def _assumed(provenance: Any) -> float:
    return sum(origin.status == "assumed" for origin in provenance.values()) / len(provenance)


def _fabric_numbers(fabric: Fabric, specs: Sequence[Factory]) -> Summary:
    links = _fabric_constants(Identity(fabric), specs[0].rack.nvlink.pairs_per_link)
    message = np.array([spec.traffic.message_bytes for spec in specs])
    efficiency = np.array([spec.rack.protocol_efficiency for spec in specs])
    path = 2 * np.nan_to_num(np.nanmean(fabric.length)) if np.isfinite(fabric.length).any() else 0.0
    parts = [topology.one_way(spec.rack.latency, path) for spec in specs]
    startup = np.array([float(part.total) for part in parts])
    per_byte = links.pop("seconds_per_byte")
    racks = len(specs)
    return {
        **{name: np.full(racks, value) for name, value in links.items()},
        "latency_gpu_to_gpu": np.array([float(part.hardware) for part in parts]),
        "all_to_all_message_bytes": message,
        "all_to_all_time": startup + message * per_byte / efficiency,
    }


@lru_cache(maxsize=16)
def _constants(key: Identity, pairs: int) -> tuple[tuple[str, float], ...]:
    fabric = key.item
    gpus, links = len(fabric.gpus), fabric.bandwidth.size
    cabled = np.isfinite(fabric.length).all()
    return (
        ("bandwidth_per_gpu", float(topology.bandwidth_per_gpu(fabric).min())),
        ("bandwidth_aggregate_bidirectional", float(topology.bandwidth_aggregate_bidirectional(fabric))),
        ("bandwidth_bisection", float(topology.bandwidth_bisection(fabric))),
        (
            "all_to_all_saturation",
            float(topology.concurrent_rate_even(fabric, np.ones((gpus, gpus)) - np.eye(gpus))),
        ),
        ("link_count", float(links)),
        ("cable_pair_count", float(links * pairs) if cabled else np.nan),
        ("cable_length_total", float(fabric.length.sum() * pairs) if cabled else np.nan),
        ("seconds_per_byte", float(topology.all_to_all_time(fabric, 1.0, startup=0.0))),
    )


def _fabric_constants(key: Identity, pairs: int) -> dict[str, float]:
    return dict(_constants(key, pairs))


def _heat_numbers(solved: Steady) -> Summary:
    model, out = solved.model, solved.outcome
    die, spot, memory, _ = (model.supply + rise * out.chip_power for rise in out.plates.rise)
    held = ~np.isnan(memory[0])
    volume = out.next.flow / thermal.density(model.coolant, mean_coolant(model, out.next.coolant_return))
    drop = out.plates.hydraulics.pressure_drop
    return {
        "junction_temperature_max": die.max(axis=1),
        "junction_temperature_max_part": [model.parts.chip[i] for i in die.argmax(axis=1)],
        "hotspot_temperature_max": spot.max(axis=1),
        "memory_temperature_max": memory[:, held].max(axis=1) if held.any() else np.full(len(die), np.nan),
        "coolant_supply_temperature": model.supply[:, 0],
        "coolant_return_temperature": out.next.coolant_return[:, 0],
        "coolant_flow": out.next.flow[:, 0],
        "coolant_volume_flow": volume[:, 0],
        "coolant_pressure_drop": drop,
        "liquid_heat": out.liquid_heat[:, 0],
        "air_heat": out.air_heat[:, 0],
        "facility_supply_temperature": thermal.facility_supply_temperature(
            model.cdu, out.liquid_heat, model.supply, model.racks_per_cdu
        )[:, 0],
        "pump_power": thermal.pump_power(volume[:, 0], drop, np.ravel(model.cdu.pump_efficiency)),
    }


def _power_numbers(solved: Steady) -> Summary:
    model, out = solved.model, solved.outcome
    bus, total, direct = out.feed.bus, rack_power(out), out.feed.shelf_power.sum(axis=1)
    has_bar = model.busbar is not None
    nothing = np.full(len(total), np.nan)
    bus_loss = bus.section_loss.sum(axis=1) + bus.contact_loss.sum(axis=1)
    shelf_loss, converter = out.feed.shelf_loss.sum(axis=1), out.converter_loss.sum(axis=1)
    return {
        "rack_power": total,
        "rack_power_dc": direct,
        "shelf_loss_total": shelf_loss,
        "bus_loss": bus_loss,
        "intermediate_bus_loss": converter,
        "conversion_loss": shelf_loss + bus_loss + converter,
        "regulator_loss": (out.chip_power * model.regulator_fraction).sum(axis=1),
        "busbar_section_current_max": np.abs(bus.section_current).max(axis=1) if has_bar else nothing,
        "busbar_section_current_peak": peak_current(solved) if has_bar else nothing,
        "bus_voltage_min": bus.node_voltage.min(axis=1) if has_bar else nothing,
    }


def peak_current(solved: Steady) -> Array:
    """Return the largest section current with every tray at its peak (EDPp), copper as warm as at continuous load.

    Parameters
    ----------
    solved : Steady
        A batch with a busbar.

    Returns
    -------
    (r,) array
        Current [A].

    References
    ----------
    Derived: tray loads times peak power over design power.
    """
    model, out = solved.model, solved.outcome
    assert model.busbar is not None
    load = np.zeros_like(model.source_voltage)
    load[:, model.parts.tray_slot - 1] = out.tray_power * model.peak_factor
    resistance = power.loop_resistance(model.busbar, out.next.section) * model.section_length
    bus = power.solve_busbar(
        resistance, load, model.source_voltage, model.source_resistance, model.contact_resistance,
        start=out.feed.bus.node_voltage,
    )  # fmt: skip
    return np.asarray(np.abs(bus.section_current).max(axis=1))


def _warnings(i: int, solved: Steady, free: Steady, summary: Summary, spec: Factory) -> list[str]:
    """Return what a reviewer must know about rack i, one sentence each."""
    broken = [
        *thermal_limits(free.model, free.outcome),
        *electrical_limits(solved.model, solved.outcome),
        *plate_limits(solved.model, solved.outcome),
    ]
    found = [text for item in broken if (text := _broken(i, item, summary))]
    bar, peak = spec.rack.busbar, summary["busbar_section_current_peak"][i]
    if bar is not None and peak > bar.rated_current:
        share = summary["rack_power"][i] * spec.rack.peak_power / spec.rack.design_power
        found.append(
            f"peak of {share / 1e3:.0f} kW: {peak:,.0f} A on a {bar.rated_current:,.0f} A bar".replace(",", " ")
        )
    delivered = solved.outcome.delivered[i, 0]
    if delivered < 1:
        offered = f"the busiest link is offered {1 / delivered:.0%} of its bandwidth"
        found.append(f"{offered}: all traffic is throttled to {delivered:.0%}")
    derated = int(np.sum(solved.outcome.next.junction[i] >= spec.limits.junction - 1e-6))
    if derated:
        found.append(f"{derated} chips are derated to stay at {spec.limits.junction - 273.15:g} °C")
    if spec.announced:
        found.append("announced system: its figures are the maker's plans, the rest is extrapolated")
    return found


def _broken(i: int, item: Limit, summary: Summary) -> str | None:
    margin = np.where(np.isnan(item.value[i]), np.inf, item.margin()[i])
    if margin.min() >= -1e-9:
        return None
    part = item.parts[int(margin.argmin())]
    value, bound = item.value[i, margin.argmin()], item.bound[i, margin.argmin()]
    if "temperature" in item.name:
        text = f"{value - 273.15:.1f} °C, limit {bound - 273.15:g} °C"
        return f"{part}: {item.name} {text}{_mend(i, summary)}"
    if "current" in item.name:
        return f"{summary['rack_power'][i] / 1e3:.0f} kW: {value:,.0f} A on a {bound:,.0f} A bar".replace(",", " ")
    if "voltage" in item.name:
        return f"{part}: {value - bound:.2f} V below the bus voltage window: lower the load or the source resistance"
    if "shelf" in item.name:
        return f"{part}: {value / 1e3:.1f} kW on a shelf rated {bound / 1e3:g} kW"
    return f"{part}: flow is {bound / value:.0%} of the least its plate's data cover: raise the flow"


def _mend(i: int, summary: Summary) -> str:
    ways = []
    if np.isfinite(summary["supply_temperature_max"][i]):
        ways.append(f"supply at most {summary['supply_temperature_max'][i] - 273.15:.1f} °C")
    if np.isfinite(summary["coolant_flow_min"][i]):
        ways.append(f"flow at least {summary['coolant_flow_min'][i]:.2f} kg/s")
    if summary["headroom_power"][i] < 0:
        ways.append(f"{-summary['headroom_power'][i] / 1e3:.1f} kW less")
    return f" (mend: {', or '.join(ways)})" if ways else ""
