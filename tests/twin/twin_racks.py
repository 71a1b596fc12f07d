"""Racks for the tests of the twin: catalogue entries with fields changed, and one small enough to solve by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from twin.build.model import build_model
from twin.couple.steady import Steady, solve_steady
from twin.spec.load import load
from twin.spec.types import Factory, StackItem

SYSTEMS = ("gb200-nvl72", "gb300-nvl72", "hgx-h100", "vr-nvl72")
RACKS = ("gb200-nvl72", "gb300-nvl72", "vr-nvl72")
ZERO = 273.15
LITRE_PER_MINUTE = 1e-3 / 60


def changed(spec: Factory | str, changes: Mapping[str, Any] | None = None, **short: Any) -> Factory:
    """Return the spec with the numbers at the paths set; `supply` [degC] and `load` have short names."""
    made = load(spec) if isinstance(spec, str) else spec
    names = {"supply": "cooling.supply_temperature", "load": "load.utilization"}
    for name, value in short.items():
        made = made.with_(names[name], value + ZERO if name == "supply" else value)
    for path, value in (changes or {}).items():
        made = made.with_(path, value)
    return made


def grid(spec: Factory | str, over: Mapping[str, Iterable[Any]]) -> list[Factory]:
    """Return the specs of all combinations of the given values."""
    return [changed(spec, dict(zip(over, point, strict=True))) for point in product(*over.values())]


def steady(*specs: Factory) -> Steady:
    """Return the coupled solution of specs that share a batch."""
    return solve_steady(build_model(specs))


def ac_power(solved: Steady) -> Any:
    """Return the power into the shelves of every rack [W]."""
    return (solved.outcome.boards.feed.shelf_power + solved.outcome.boards.feed.shelf_loss).sum(axis=1)


def tiny_rack() -> Factory:
    """Return a rack of three slots: a shelf, a tray of two GPUs, a tray of one switch ASIC. Made from a large one."""
    large = load("gb300-nvl72")
    compute, switch = large.rack.trays
    trays = (
        replace(compute, chips=(replace(compute.chips[0], count=2),), board_liquid_fraction=0.25),
        replace(switch, chips=(replace(switch.chips[0], count=1),)),
    )
    stack = tuple(StackItem(name=part, part=part, count=1) for part in ("shelf", "compute", "switch"))
    points = tuple(replace(p, volume_flow=p.volume_flow / 40) for p in large.rack.pressure_points)
    rack = replace(
        large.rack,
        trays=trays,
        stack=stack,
        nvlink=replace(large.rack.nvlink, gpus=2, asics=1, links_to_asic=(18,)),
        manifold=replace(large.rack.manifold, header_diameter=0.012),
        shelf=replace(large.rack.shelf, rated_power=6e3, source_resistance=4e-3),
        shelf_liquid_fraction=0.4,
        busbar=replace(large.rack.busbar, cross_section=25e-6, contact_resistance=1e-3, heat_transfer=2.0),
        pressure_points=points,
        design_power=4e3,
        peak_power=5e3,
    )  # fmt: skip
    cooling = replace(large.cooling, flow_minimum=1.0 * LITRE_PER_MINUTE, flow_maximum=8.0 * LITRE_PER_MINUTE)
    traffic = replace(large.traffic, pattern="uniform")
    return replace(large, name="tiny", rack=rack, cooling=cooling, traffic=traffic, provenance={})


def without_shelves_above(spec: Factory | str) -> Factory:
    """Return the rack with all its shelves at the bottom."""
    made = load(spec) if isinstance(spec, str) else spec
    first, *rest, last = made.rack.stack
    return replace(made, rack=replace(made.rack, stack=(*rest, last, replace(first, name="moved-shelves"))))
