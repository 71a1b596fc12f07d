"""The hand-written racks of `panel_trees` with shapes: /geometry of round numbers, limits in the spec, a chip field."""

from __future__ import annotations

import numpy as np
import xarray as xr
from panel_trees import rack_tree, three_boxes

SPEC = '[limits]\njunction = {value = 358.15, status = "assumed"}\nhotspot = 378.15\ncoolant_return = 338.15\n'

BOXES = {  # name: (kind, centre, size) [m]
    "compute-01": ("compute tray", (0.30, 0.40, 0.20), (0.54, 0.80, 0.04)),
    "switch-1": ("switch tray", (0.30, 0.40, 0.15), (0.54, 0.80, 0.04)),
    "compute-01/gpu-0": ("gpu", (0.20, 0.40, 0.20), (0.07, 0.07, 0.02)),
    "compute-01/gpu-1": ("gpu", (0.40, 0.40, 0.20), (0.07, 0.07, 0.02)),
    "compute-01/cpu-0": ("cpu", (0.30, 0.62, 0.20), (0.06, 0.06, 0.02)),
    "switch-1/asic-0": ("switch", (0.30, 0.40, 0.15), (0.06, 0.06, 0.02)),
    "shelf-1": ("shelf", (0.30, 0.40, 0.25), (0.54, 0.80, 0.04)),
    "bus-section-0": ("busbar", (0.30, 0.86, 0.225), (0.05, 0.02, 0.05)),
    "bus-section-1": ("busbar", (0.30, 0.86, 0.175), (0.05, 0.02, 0.05)),
    "post-1": ("frame", (0.02, 0.02, 0.14), (0.03, 0.03, 0.28)),
    "post-2": ("frame", (0.58, 1.04, 0.14), (0.03, 0.03, 0.28)),
    "floor": ("frame", (0.30, 0.53, 0.02), (0.60, 1.06, 0.04)),
}
TUBES = {  # name: (kind, radius, points)
    "supply header": ("supply", 0.02, [(0.06, 0.92, 0.05), (0.06, 0.92, 0.27)]),
    "return header": ("return", 0.02, [(0.54, 0.92, 0.05), (0.54, 0.92, 0.27)]),
    "compute-01/supply": ("supply", 0.006, [(0.06, 0.92, 0.2), (0.06, 0.36, 0.2), (0.45, 0.36, 0.2)]),
    "compute-01/return": ("return", 0.006, [(0.54, 0.92, 0.2), (0.54, 0.44, 0.2), (0.15, 0.44, 0.2)]),
}


def route(x, top, bottom):
    """Points of a cable between two heights, in a plane of constant x."""
    return [(x, 0.86, top), (x, 0.92, top), (x, 0.92, bottom), (x, 0.86, bottom)]


def shapes(boxes, tubes, links):
    """A /geometry of these boxes, tubes and (name, link, points) of cables."""
    kind, centre, size = zip(*boxes.values(), strict=True)
    lines = [points for *_, points in links] + [points for *_, points in tubes.values()]
    others = len(tubes)
    rows = {
        "box_name": ("box", list(boxes)), "box_kind": ("box", list(kind)),
        "box_centre": (("box", "axis"), np.array(centre)), "box_size": (("box", "axis"), np.array(size)),
        "tube_name": ("tube", [name for name, *_ in links] + list(tubes)),
        "tube_kind": ("tube", ["cable"] * len(links) + [kind for kind, *_ in tubes.values()]),
        "tube_link": ("tube", [link for _, link, _ in links] + [-1] * others),
        "tube_radius": ("tube", [0.002] * len(links) + [radius for _, radius, _ in tubes.values()]),
        "tube_node_count": ("tube", [len(points) for points in lines]),
        "tube_point": (("node", "axis"), np.concatenate([np.array(points, float) for points in lines])),
    }  # fmt: skip
    return xr.Dataset(rows)


def three_boxes_with_shapes():
    """A shelf, a tray of two GPUs and a CPU, a switch tray; five links of one cable each."""
    tree = three_boxes()
    links = [(f"link-{i}/pair-0", i, route(0.2 + 0.04 * i, 0.2, 0.15)) for i in range(5)]
    topology = tree["topology"].to_dataset().assign_coords(link_asic=("link", ["switch-1/asic-0"] * 5))
    groups = {name: node.to_dataset() for name, node in tree.children.items()}
    groups |= {"topology": topology, "geometry": shapes(BOXES, TUBES, links), "package/gpu": field_of_a_chip()}
    made = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    made.attrs = {**tree.attrs, "system_title": "Three boxes", "spec": SPEC}
    return made


def node_with_shapes():
    """The same without busbar: the shelf below the trays, and the hottest chip an ASIC in front of the GPUs."""
    tree = three_boxes_with_shapes()
    boxes = {name: box for name, box in BOXES.items() if box[0] != "busbar"}
    boxes["shelf-1"] = ("shelf", (0.30, 0.40, 0.10), (0.54, 0.80, 0.04))
    boxes["switch-1/asic-0"] = ("switch", (0.30, 0.10, 0.15), (0.06, 0.06, 0.02))
    tree["geometry"] = xr.DataTree(shapes(boxes, TUBES, []))
    power = tree["power"].to_dataset().isel(bus_section=slice(0))
    tree["power"] = xr.DataTree(power.assign(shelf_current=("shelf", [90.0], {"units": "A"})))
    tree["thermal"]["junction_temperature"].values[3] = 353.15
    return tree


def field_of_a_chip():
    """Two layers of 2 x 3 cells; the corner of the face has no material."""
    values = np.arange(12.0).reshape(1, 2, 2, 3) + 340.15
    values[0, 0, 0, 0] = np.nan
    edges = {"x_edge": [0.0, 0.02, 0.05, 0.07], "y_edge": [0.0, 0.03, 0.07]}
    return xr.Dataset(
        {"temperature": (("chip", "z", "y", "x"), values.astype(np.float32))},
        {"chip": ["compute-01/gpu-1"]} | {name: (name, values) for name, values in edges.items()},
    )


def nvl72_with_shapes():
    """A rack of 72 GPUs, 1 296 links and 5 184 cables."""
    tree = rack_tree()
    thermal, power = tree["thermal"].to_dataset(), tree["power"].to_dataset()
    height = lambda slot: 0.1 + (35.5 - np.asarray(slot)) * 0.048  # noqa: E731
    boxes = {}
    for name, slot, kind in zip(thermal.tray.values, thermal.tray_slot.values, thermal.tray_kind.values, strict=True):
        boxes[str(name)] = (f"{kind} tray", (0.3, 0.42, height(slot)), (0.54, 0.83, 0.042))
    rows = (thermal.chip.values, thermal.chip_slot.values, thermal.chip_kind.values, thermal.chip_position.values)
    for name, slot, kind, place in zip(*rows, strict=True):
        boxes[str(name)] = (str(kind), (0.1 + 0.13 * place, 0.66 if kind == "cpu" else 0.43, height(slot)), (0.07,) * 3)
    for name, slot in zip(power.shelf.values, power.shelf_slot.values, strict=True):
        boxes[str(name)] = ("shelf", (0.3, 0.42, height(slot)), (0.54, 0.83, 0.042))
    for section, slot in zip(power.bus_section.values, power.section_top_slot.values, strict=True):
        boxes[f"bus-section-{section}"] = ("busbar", (0.3, 0.86, height(slot + 0.5)), (0.05, 0.02, 0.048))
    topology = tree["topology"].to_dataset()
    topology["link_asic"] = "link", [f"switch-{1 + plane // 2}/asic-{plane % 2}" for plane in topology.plane.values]
    topology = topology.set_coords("link_asic")
    high = dict(zip(thermal.chip.values, height(thermal.chip_slot.values), strict=True))
    ends = zip(topology.link_gpu.values, topology.link_asic.values, strict=True)
    links = [
        (f"link-{i}/pair-{k}", i, route(0.1 + 1e-5 * (4 * i + k), high[gpu], high[asic]))
        for i, (gpu, asic) in enumerate(ends)
        for k in range(4)
    ]
    groups = {name: node.to_dataset() for name, node in tree.children.items()} | {"topology": topology}
    groups["geometry"] = shapes(boxes, {name: TUBES[name] for name in ("supply header", "return header")}, links)
    made = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    made.attrs = {**tree.attrs, "spec": SPEC}
    return made
