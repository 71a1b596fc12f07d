"""The variables of one solved rack that have dimensions: per chip, link, tray, shelf and bar section."""

from typing import Any

import numpy as np

import topology
from twin.build.jobs import members
from twin.build.optics import port_power
from twin.build.times import job_times
from twin.couple.heat import outlet
from twin.couple.steady import Steady
from twin.layout.cables import cable_lengths
from twin.spec.types import Factory


def rack_fields(solved: Steady, i: int, spec: Factory) -> dict[str, Any]:
    """Return every registered variable with dimensions, of one rack of a batch.

    Parameters
    ----------
    solved : Steady
        A batch.
    i : int
        Which rack [1].
    spec : Factory
        Its spec.

    Returns
    -------
    dict of str to array
        SI units; names and meanings in the leaves' `fields.py`.

    References
    ----------
    Derived: reads the last pass.
    """
    length, cartridge = cable_lengths(spec.rack)
    own = {
        "residual_history": solved.fixed_point.history[:, i],
        "cartridge": cartridge,
        "link_length": length,
    }
    return {**own, **_links(solved, i, spec), **_heat(solved, i), **_power(solved, i, spec)}


def _links(solved: Steady, i: int, spec: Factory) -> dict[str, Any]:
    model, out = solved.model, solved.outcome
    place, work = model.parts, model.forwarding
    clock = out.chips.clock[i, place.gpu] * model.injection[i]
    carried = clock * out.chips.delivered[i]
    jobs = members(spec.traffic, clock.size)
    loads = topology.LinkLoads(work.up @ carried, work.down @ carried)
    offered = np.zeros(len(place.chip))
    offered[place.gpu] = clock * work.sent
    return {
        "bandwidth_injection": offered,
        "link_bandwidth": model.fabric.bandwidth,
        "link_load_up": loads.up,
        "link_load_down": loads.down,
        "link_utilization": topology.utilization(model.fabric, loads),
        **job_times(spec),
        "job_delivered": np.array([out.chips.delivered[i][jobs.job == k][0] for k in range(len(jobs.names))]),
    }


def _heat(solved: Steady, i: int) -> dict[str, Any]:
    model, out = solved.model, solved.outcome
    power, rise = out.chips.power[i], out.plates.rise
    supply = model.supply[i]
    return {
        "junction_temperature": supply + rise.die[i] * power,
        "hotspot_temperature": supply + rise.spot[i] * power,
        "memory_temperature": supply + rise.memory[i] * power,
        "case_temperature": supply + rise.case[i] * power,
        "junction_resistance": rise.die[i],
        "chip_liquid_heat": power * model.chip_liquid[i, model.parts.chip_tray],
        "chip_coolant_flow": out.plates.chip_flow[i],
        "tray_coolant_flow": out.plates.tray_flow[i],
        "tray_coolant_return_temperature": outlet(model, out.plates.tray_flow, out.boards.tray_liquid)[i],
        "tray_liquid_heat": out.boards.tray_liquid[i],
        "tray_air_heat": out.boards.tray_air[i],
    }


def _power(solved: Steady, i: int, spec: Factory) -> dict[str, Any]:
    model, out, bus = solved.model, solved.outcome, solved.outcome.boards.feed.bus
    place, media = model.parts, out.chips.media_power
    barless = model.busbar is None
    at_tray = np.zeros(len(place.tray), dtype=int) if barless else place.tray_slot - 1
    at_shelf = np.zeros(len(place.shelf), dtype=int) if barless else place.shelf_slot - 1
    voltage = bus.node_voltage[i, at_shelf]
    return {
        "chip_power": out.chips.power[i],
        "chip_clock": out.chips.clock[i],
        "leakage_power": out.chips.leakage[i],
        "link_power": out.chips.link_power[i],
        "link_media_power": np.zeros(len(place.chip)) if media is None else media[i],
        "port_power": port_power([spec], place, np.array([[spec.load.utilization]]))[0],
        "tray_power": out.boards.tray_power[i],
        "tray_voltage": bus.load_voltage[i, at_tray],
        "tray_current": out.boards.tray_power[i] / bus.load_voltage[i, at_tray],
        "shelf_power": out.boards.feed.shelf_power[i],
        "shelf_current": out.boards.feed.shelf_power[i] / voltage,
        "shelf_loss": out.boards.feed.shelf_loss[i],
        "shelf_voltage": voltage,
        "shelf_load": out.boards.feed.shelf_power[i]
        / np.ravel(model.shelf.rated_power)[i % np.size(model.shelf.rated_power)],
        "bus_section_current": bus.section_current[i],
        "bus_section_temperature": out.next.section[i],
        "bus_section_loss": bus.section_loss[i],
    }
