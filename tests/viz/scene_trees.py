"""A hand-written tree of three boxes with positions: shelf over compute tray over switch tray, and one chip's field."""

from __future__ import annotations

import numpy as np
import panel_trees
import xarray as xr

WIDTH, DEPTH, PITCH = 0.6, 1.0, 0.1
HEIGHT = {1: 0.25, 2: 0.15, 3: 0.05}
CUT = 0.4  # m, the row of both GPUs
PAIRS = 2

BOXES = [  # name, kind, centre, size
    ("shelf-1", "shelf", (0.3, 0.4, 0.25), (0.54, 0.8, 0.08)),
    ("compute-01", "compute tray", (0.3, 0.4, 0.15), (0.54, 0.8, 0.08)),
    ("switch-1", "switch tray", (0.3, 0.4, 0.05), (0.54, 0.8, 0.08)),
    ("compute-01/gpu-0", "gpu", (0.15, CUT, 0.15), (0.07, 0.07, 0.03)),
    ("compute-01/gpu-1", "gpu", (0.45, CUT, 0.15), (0.07, 0.07, 0.03)),
    ("compute-01/cpu-0", "cpu", (0.3, 0.6, 0.15), (0.06, 0.06, 0.03)),
    ("switch-1/asic-0", "switch", (0.3, CUT, 0.05), (0.06, 0.06, 0.03)),
    ("bus-section-1", "busbar", (0.3, 0.82, 0.2), (0.05, 0.02, 0.1)),
    ("bus-section-2", "busbar", (0.3, 0.82, 0.1), (0.05, 0.02, 0.1)),
    ("floor", "frame", (0.3, 0.5, 0.0), (0.6, 1.0, 0.01)),
    ("post-1", "frame", (0.02, 0.98, 0.15), (0.03, 0.03, 0.3)),
]


def _tubes():
    for link, x in enumerate((0.14, 0.18, 0.42, 0.46, 0.5)):
        for pair in range(PAIRS):
            at = x + 0.004 * pair
            points = [(at, 0.8, 0.15), (at, 0.9, 0.15), (at, 0.9, 0.05), (at, 0.8, 0.05)]
            yield f"link-{link}/pair-{pair}", "cable", link, 0.002, points
    for side, x in (("supply", 0.06), ("return", 0.54)):
        yield f"{side} header", side, -1, 0.02, [(x, 0.86, 0.0), (x, 0.86, 0.3)]
    for tray, z in (("compute-01", 0.15), ("switch-1", 0.05)):
        for side, x, far in (("supply", 0.06, 0.5), ("return", 0.54, 0.1)):
            points = [(x, 0.86, z), (x, 0.3, z), (far, 0.3, z)]
            yield f"{tray}/{side}", side, -1, 0.006, points


def _geometry():
    name, kind, centre, size = (np.array(column) for column in zip(*BOXES, strict=True))
    tubes = list(_tubes())
    tube_name, tube_kind, link, radius, points = zip(*tubes, strict=True)
    return xr.Dataset(
        {
            "box_name": ("box", name), "box_kind": ("box", kind),
            "box_centre": (("box", "axis"), centre), "box_size": (("box", "axis"), size),
            "tube_name": ("tube", np.array(tube_name)), "tube_kind": ("tube", np.array(tube_kind)),
            "tube_link": ("tube", np.array(link)), "tube_radius": ("tube", np.array(radius)),
            "tube_node_count": ("tube", np.array([len(p) for p in points])),
            "tube_point": (("node", "axis"), np.concatenate([np.array(p, dtype=float) for p in points])),
        }
    )  # fmt: skip


def package():
    """Two layers on 4 x 5 cells: a small die at 80 °C with one cell at 90 °C, under a base at 60 °C."""
    temperature = np.full((1, 3, 5, 4), np.nan, dtype=np.float32)
    temperature[0, 0, 1:4, 1:3] = 353.15
    temperature[0, 0, 2, 1] = 363.15
    temperature[0, 1:] = 333.15
    coolant = np.broadcast_to(np.linspace(318.15, 328.15, 6)[:, None], (6, 4)).copy()
    coolant[-1, 2] = 330.15
    return xr.Dataset(
        {
            "temperature": (("chip", "z", "y", "x"), temperature, {"units": "K"}),
            "coolant_temperature": (("chip", "y_edge", "x"), coolant[None], {"units": "K"}),
        },
        {
            "chip": ["compute-01/gpu-1"], "x_edge": np.linspace(0, 0.07, 5), "y_edge": np.linspace(0, 0.07, 6),
            "z_edge": [0.0, 0.001, 0.002, 0.004], "layer": ("z", ["dies", "base", "base"]),
        },
    )  # fmt: skip


SPEC = "[limits]\njunction = {value = 358.15, status = 'assumed'}\nhotspot = 378.15\n"


def three_boxes(fields=True):
    """The tree of `panel_trees.three_boxes` with positions, limits and one field."""
    base = panel_trees.three_boxes()
    groups = {f"/{name}": node.to_dataset() for name, node in base.children.items()}
    groups["/thermal"] = groups["/thermal"].assign(
        hotspot_temperature=groups["/thermal"]["junction_temperature"] + 10,
        tray_coolant_return_temperature=("tray", [328.15, 326.15], {"units": "K"}),
    )
    groups["/topology"] = groups["/topology"].assign(link_length=("link", [1.0, 2.0, 3.0, 4.0, 5.0], {"units": "m"}))
    groups["/geometry"] = _geometry()
    if fields:
        groups["/package/gpu"] = package()
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {**base.attrs, "spec": SPEC}
    return tree


def without_cables():
    """The same without cables and busbar."""
    tree = three_boxes(fields=False)
    shape = tree["geometry"].to_dataset()
    nodes = np.repeat(shape.tube_kind.values, shape.tube_node_count.values) != "cable"
    shape = shape.isel(
        tube=shape.tube_kind.values != "cable", node=nodes, box=np.flatnonzero(shape.box_kind.values != "busbar")
    )
    tree["geometry"] = xr.DataTree(shape)
    power = tree["power"].to_dataset().isel(bus_section=slice(0))
    tree["power"] = xr.DataTree(power)
    return tree
