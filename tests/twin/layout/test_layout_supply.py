"""What feeds a bar from outside its rack: where it stands, what it touches, and that racks with shelves have none."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from twin.layout.geometry import Geometry, geometry
from twin.layout.supply import CABLE_RADIUS
from twin.spec.hardware import BarCoolant
from twin.spec.load import load
from twin.spec.types import Rack

OTHERS = {"sidecar", "row tap", "feeder", "feeder cable", "bar supply", "bar return"}


@pytest.fixture(scope="module")
def rack() -> Rack:
    return load("gb300-nvl72").rack


def built(rack: Rack, place: str) -> Geometry:
    return geometry(replace(rack, supply=replace(rack.supply, place=place)))


def box(shape: Geometry, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner."""
    (i,) = np.flatnonzero(shape.box_name == name)
    return shape.box_centre[i] - shape.box_size[i] / 2, shape.box_centre[i] + shape.box_size[i] / 2


def tube(shape: Geometry, name: str) -> np.ndarray:
    (i,) = np.flatnonzero(shape.tube_name == name)
    end = np.cumsum(shape.tube_node_count)[i]
    return shape.tube_point[end - shape.tube_node_count[i] : end]


def test_a_rack_with_shelves_has_nothing_beside_or_above_it(rack):
    shape = geometry(rack)
    assert not OTHERS & {*shape.box_kind, *shape.tube_kind}
    assert "sidecar-floor" not in shape.box_name


@pytest.mark.parametrize(("place", "kind"), [("sidecar", "sidecar"), ("row", "row tap")])
def test_one_box_stands_for_the_supply_under_its_name_in_the_result(rack, place, kind):
    shape = built(rack, place)
    assert shape.box_name[shape.box_kind == kind].tolist() == [{"sidecar": "sidecar", "row": "row-tap"}[place]]
    assert not (shape.box_kind == "shelf").any()
    assert len(set(shape.box_name)) == len(shape.box_name)
    assert len(set(shape.tube_name)) == len(shape.tube_name)
    assert shape.tube_node_count.sum() == len(shape.tube_point)
    assert shape.tube_link[shape.tube_kind != "cable"].max() == -1


def test_a_sidecar_stands_beside_its_rack_within_a_frame_of_its_own(rack):
    shape = built(rack, "sidecar")
    low, high = box(shape, "sidecar")
    frame = shape.box_kind == "frame"
    beside = frame & np.char.startswith(shape.box_name, "sidecar")
    edges = shape.box_centre[:, 0] - shape.box_size[:, 0] / 2, shape.box_centre[:, 0] + shape.box_size[:, 0] / 2
    assert edges[1][frame & ~beside].max() < edges[0][beside].min() <= low[0] < high[0] <= edges[1][beside].max()
    assert beside.sum() == (frame & ~beside).sum() == 9


def test_two_cables_lead_from_the_top_of_the_sidecar_into_the_inlet_of_the_bar(rack):
    shape = built(rack, "sidecar")
    (body_low, body_high), (inlet_low, inlet_high) = box(shape, "sidecar"), box(shape, "inlet")
    for pole in ("plus", "minus"):
        point = tube(shape, f"feeder, {pole}")
        assert np.all(point[0, :2] > body_low[:2])
        assert np.all(point[0, :2] < body_high[:2])
        assert point[0, 2] == pytest.approx(body_high[2])
        assert np.all(point[-1] > inlet_low)
        assert np.all(point[-1] < inlet_high)
        assert np.ptp(point[:, 1]) == 0.0, "in one plane"


def test_poles_stay_apart_all_along(rack):
    one, other = (tube(built(rack, "sidecar"), f"feeder, {pole}") for pole in ("plus", "minus"))
    fine = [np.concatenate([np.linspace(a, b, 20) for a, b in pairwise(way)]) for way in (one, other)]
    gap = np.linalg.norm(fine[0][:, None] - fine[1][None], axis=2).min()
    assert gap > 3 * CABLE_RADIUS


def test_a_tap_hangs_on_both_bars_of_the_row_above_the_rack(rack):
    shape = built(rack, "row")
    top = (shape.box_centre + shape.box_size / 2)[shape.box_kind == "frame", 2].max()
    tap_low, tap_high = box(shape, "row-tap")
    for pole in ("plus", "minus"):
        low, high = box(shape, f"row bus, {pole}")
        assert low[2] > top
        assert low[0] < 0
        assert high[0] > rack.width
        down, up = tube(shape, f"feeder, {pole}")
        assert np.all((down >= tap_low) & (down <= tap_high))
        assert np.all((up >= low) & (up <= high))


def test_the_coolant_line_runs_along_the_whole_bar_from_the_supply_to_the_return_header(rack):
    shape = geometry(replace(rack, bar_coolant=BarCoolant(volume_flow=1e-4)))
    bar = shape.box_kind == "busbar"
    low, high = (
        (shape.box_centre - shape.box_size / 2)[bar].min(axis=0),
        (shape.box_centre + shape.box_size / 2)[bar].max(axis=0),
    )
    into, along, out = (tube(shape, f"busbar/{name}") for name in ("in", "along", "out"))
    assert along[0, 2] <= low[2] < high[2] <= along[-1, 2]
    assert along[0, 1] > high[1], "on its rear"
    assert into[0, 0] == tube(shape, "supply header")[0, 0]
    assert out[0, 0] == tube(shape, "return header")[0, 0]
    np.testing.assert_allclose(into[-1, :2], along[0, :2])
    np.testing.assert_allclose(out[-1, :2], along[-1, :2])
    assert set(shape.tube_kind) == {"cable", "supply", "return", "bar supply", "bar return"}
