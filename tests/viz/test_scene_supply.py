"""Racks fed by a sidecar, by a row, and with a bar on liquid: what the views add, name and colour; no window needed."""

import numpy as np
import pytest
import scene_trees
import xarray as xr

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz import headline, style
from viz.pages.document import _TITLES
from viz.pages.parts import parts_of
from viz.pages.shapes import shapes
from viz.scenes import hall, stage

LIGHT = style.THEMES["light"]
SPACE = "\u00a0"
BESIDE = {
    "sidecar": [
        ("sidecar", "sidecar", (0.8, 0.4, 0.16), (0.27, 0.8, 0.26)),
        ("inlet", "feeder", (0.3, 0.82, 0.25), (0.2, 0.1, 0.05)),
        ("sidecar-floor", "frame", (0.8, 0.5, 0.0), (0.3, 1.0, 0.01)),
    ],
    "row-tap": [
        ("row-tap", "row tap", (0.3, 0.82, 0.25), (0.2, 0.1, 0.05)),
        ("row bus, plus", "feeder", (0.3, 0.77, 0.45), (0.84, 0.02, 0.07)),
        ("row bus, minus", "feeder", (0.3, 0.87, 0.45), (0.84, 0.02, 0.07)),
    ],
}  # fmt: skip
WAYS = {
    "sidecar": [(0.8, 0.8, 0.29), (0.8, 0.8, 0.4), (0.3, 0.8, 0.4), (0.3, 0.8, 0.25)],
    "row-tap": [(0.3, 0.8, 0.25), (0.3, 0.8, 0.45)],
}


def without_shelf(feed):
    """The three boxes with another supply in place of their shelf: 4.5 kW out, 90 W lost, a quarter of its rating."""
    boxes = [box for box in scene_trees.BOXES if box[1] != "shelf"] + BESIDE[feed]
    cable = (f"feeder, {feed}", "feeder cable", -1, 0.01, WAYS[feed])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene_trees, "BOXES", boxes)
        ways = [*scene_trees._tubes(), cable]
        patch.setattr(scene_trees, "_tubes", lambda: ways)
        tree = scene_trees.three_boxes(fields=False)
    power = tree["power"].to_dataset().assign_coords(shelf=[feed])
    lost = 0.0 if feed == "row-tap" else 90.0
    power["shelf_loss"] = ("shelf", [lost], {"units": "W", "long_name": "loss"})
    tree["power"] = xr.DataTree(power)
    return tree


@pytest.fixture(scope="module")
def beside():
    return without_shelf("sidecar")


@pytest.fixture(scope="module")
def above():
    return without_shelf("row-tap")


def view(tree, name):
    return stage.make_view(tree, name, None, LIGHT)


def names(made):
    return [layer.name for layer in made.layers]


def layer(made, name):
    (found,) = [layer for layer in made.layers if layer.name == name]
    return found


def test_a_rack_with_shelves_gets_no_new_layer_callout_or_group():
    tree = scene_trees.three_boxes()
    for name in ("rear", "section", "electrical"):
        made = view(tree, name)
        assert not {"feeder", "feeder cables", "sidecar", "row tap", "supply", "bar supply"} & set(names(made))
        assert [group.text for group in made.groups] == ["power shelf", "compute tray", "switch tray"]


@pytest.mark.parametrize("name", ["rear", "section", "electrical"])
def test_every_view_shows_what_leads_to_the_bar_in_copper(beside, above, name):
    for tree in (beside, above):
        made = view(tree, name)
        assert {layer(made, part).colour for part in ("feeder", "feeder cables")} == {LIGHT.copper}
        assert "power shelf" not in [group.text for group in made.groups]


def test_the_electrical_view_colours_a_sidecar_by_its_load_and_says_so(beside):
    made = view(beside, "electrical")
    assert made.title == "Rear: busbar and sidecar"
    painted = layer(made, "shelves")
    assert painted.paint.label == "sidecar load"
    assert painted.mesh.bounds[:2] == pytest.approx((0.665, 0.935))
    assert ("sidecar", f"25{SPACE}%") in [callout[:2] for callout in made.callouts]
    assert sum("slots" in callout.title for callout in made.callouts) == 1, "a bar fed at its top has one fullest end"


def test_shelves_out_of_service_are_marked_and_not_painted_as_idle():
    tree = scene_trees.three_boxes()
    assert "dead shelves" not in names(view(tree, "electrical"))
    power = tree["power"].to_dataset()
    power["shelf_in_service"] = ("shelf", np.zeros(power.sizes["shelf"], int))
    tree["power"] = xr.DataTree(power)
    made = view(tree, "electrical")
    assert layer(made, "dead shelves").colour == LIGHT.alert
    assert (LIGHT.alert, "shelf out of service") in made.keys


def test_the_electrical_view_names_tap_and_row(above):
    made = view(above, "electrical")
    assert made.title == "Rear: busbar and row tap"
    assert layer(made, "shelves").paint.label == "row tap load"
    assert ("row tap", f"25{SPACE}%") in [callout[:2] for callout in made.callouts]
    (row,) = [group for group in made.groups if group.text == "DC row"]
    assert row.low == row.high, "a point: a line leads to it in place of a bracket"


def test_the_rear_tells_the_power_and_the_section_the_heat(beside, above):
    assert view(beside, "rear").callouts[0][:2] == ("from the sidecar", f"4.5{SPACE}kW")
    assert view(above, "rear").callouts[0][:2] == ("from the row", f"4.5{SPACE}kW")
    cut = view(beside, "section")
    assert cut.groups[-1].text == f"sidecar\n0.1{SPACE}kW{SPACE}heat"
    assert cut.groups[-1].low[0] > 0.6, "at the right, where it stands"
    assert not any("sidecar" in callout.title for callout in cut.callouts)


def test_a_sidecar_is_cut_like_the_rack(beside):
    assert layer(view(beside, "section"), "supply").mesh.bounds[2] == pytest.approx(scene_trees.CUT)


def test_both_floors_are_floor_and_no_frame(beside):
    floor = layer(view(beside, "rear"), "floor").mesh.bounds
    assert (floor[0], floor[1]) == pytest.approx((0.0, 0.95))


def test_a_bar_on_liquid_shows_its_coolant_line_and_a_key():
    with pytest.MonkeyPatch.context() as patch:
        line = ("busbar/along", "bar supply", -1, 0.006, [(0.3, 0.84, 0.05), (0.3, 0.84, 0.25)])
        ways = [*scene_trees._tubes(), line]
        patch.setattr(scene_trees, "_tubes", lambda: ways)
        tree = scene_trees.three_boxes()
    for name in ("rear", "section", "electrical"):
        assert layer(view(tree, name), "bar supply").colour == LIGHT.supply
    assert view(tree, "electrical").keys == ((LIGHT.supply, "coolant of the bar"),)
    assert view(scene_trees.three_boxes(), "electrical").keys == ()


def test_the_headline_tells_what_the_rack_takes(beside, above):
    assert headline.tiles(beside, LIGHT)[0].notes == ("AC into the rack", f"4.5{SPACE}kW DC from the sidecar")
    assert headline.tiles(above, LIGHT)[0].notes == ("DC from the row", "")


def test_racks_of_a_hall_stand_further_apart_beside_sidecars(beside):
    made = hall.hall_view(beside, 2, LIGHT)
    body = layer(made, "sidecar").mesh
    assert len(np.unique(np.round(np.asarray(body.points)[:, 0], 6))) == 4, "two boxes"
    assert body.bounds[1] - 0.935 > hall._PITCH
    assert "sidecar" not in names(hall.hall_view(scene_trees.three_boxes(), 2, LIGHT))


def test_the_page_has_a_title_and_a_shape_for_each_new_part(beside, above):
    for tree in (beside, above):
        parts = parts_of(tree)
        made = shapes(tree, parts)
        assert set(parts.kind) <= set(_TITLES)
        cable = made["feeder cable"].vertex
        assert np.all(np.isfinite(cable))
        assert np.ptp(cable[:, 2]) == pytest.approx(0.02, rel=0.1), "a round tube about a plane of constant y"
