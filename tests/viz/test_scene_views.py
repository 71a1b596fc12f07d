"""The views as data: parts, colours, scales, units, labels of a hand-written tree; no window needed."""

import numpy as np
import pytest
import scene_trees
from matplotlib.colors import to_rgb

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz import style
from viz.scenes import field, shapes, stage
from viz.scenes.layers import COLOUR

LIGHT = style.THEMES["light"]


@pytest.fixture(scope="module")
def tree():
    return scene_trees.three_boxes()


def view(tree, name, colour=None, look=LIGHT):
    return stage.make_view(tree, name, colour, look)


def layer(made, name):
    (found,) = [layer for layer in made.layers if layer.name == name]
    return found


def colours(found):
    """Colour of each part of a layer: all its cells must agree."""
    part, shade = found.mesh.cell_data[shapes.PART], np.asarray(found.mesh.cell_data[COLOUR])
    assert all(len(np.unique(shade[part == k], axis=0)) == 1 for k in np.unique(part))
    return np.array([shade[part == k][0] for k in np.unique(part)])


def expected(paint, values):
    low, high = paint.scale
    share = np.clip((np.array(values) - low) / (high - low), 0, 1)
    return np.round(255 * paint.colours(share)[:, :3])


def test_all_cables_are_one_mesh_coloured_by_the_load_of_their_link(tree):
    cables = layer(view(tree, "rear"), "cables")
    assert len(np.unique(cables.mesh.cell_data[shapes.PART])) == 5 * scene_trees.PAIRS
    assert cables.paint.unit == "%"
    assert cables.paint.scale == (0.0, 100.0)
    load = np.repeat([10, 20, 30, 40, 35], scene_trees.PAIRS)
    np.testing.assert_allclose(colours(cables), expected(cables.paint, load), atol=1)


def test_a_swapped_load_would_be_seen(tree):
    cables = layer(view(tree, "rear"), "cables")
    load = np.repeat([20, 10, 30, 40, 35], scene_trees.PAIRS)
    assert np.abs(colours(cables) - expected(cables.paint, load)).max() > 5


def test_the_rear_shows_context_in_grey_and_coolant_in_blue_and_red(tree):
    made = view(tree, "rear")
    names = [found.name for found in made.layers]
    assert names == [
        "compute trays", "switch trays", "shelves", "frame", "floor", "busbar", "coolant supply", "coolant return",
        "plugs", "cables",
    ]  # fmt: skip
    assert layer(made, "coolant supply").colour == LIGHT.supply
    assert layer(made, "coolant return").colour == LIGHT.back
    for name in ("compute trays", "switch trays", "shelves", "frame", "floor", "plugs"):
        red, green, blue = to_rgb(layer(made, name).colour)
        assert max(red, green, blue) - min(red, green, blue) < 0.12, name


def test_manifolds_have_a_hose_for_each_tray(tree):
    supply = layer(view(tree, "rear"), "coolant supply")
    assert len(np.unique(supply.mesh.cell_data[shapes.PART])) == 3


def test_the_worst_links_are_named_one_for_each_gpu(tree):
    callouts = view(tree, "rear").callouts
    assert [(c.title, c.value) for c in callouts] == [
        ("compute-01/gpu-1", "40\u00a0%"), ("compute-01/gpu-0", "20\u00a0%"),
    ]  # fmt: skip
    for callout, xs in zip(callouts, ((0.42, 0.504), (0.14, 0.184)), strict=True):
        assert xs[0] - 0.01 <= callout.anchor[0] <= xs[1] + 0.01


def test_plugs_reach_from_each_tray_to_the_ends_of_its_cables(tree):
    plugs = layer(view(tree, "rear"), "plugs").mesh
    assert plugs.bounds[2] == pytest.approx(0.8), "the rear of the trays"
    ends = np.array([0.14, 0.504])
    assert plugs.bounds[0] == pytest.approx(ends[0] - 0.006)
    assert plugs.bounds[1] == pytest.approx(ends[1] + 0.006)
    middle = plugs.points[:, 2].reshape(-1, 24).mean(axis=1)  # 24 points of each bevelled box
    assert {round(float(z), 3) for z in middle} <= {0.15, 0.05}


def test_lines_replace_tubes_where_the_detail_is_low(tree):
    from viz.scenes.rear import rear

    cables = layer(rear(tree, None, LIGHT, lines=True), "cables")
    assert cables.mesh.n_lines == 5 * scene_trees.PAIRS


def test_chips_are_cut_at_the_gpu_row_and_coloured_by_their_die_mean(tree):
    made = view(tree, "section")
    chips = layer(made, "chips")
    assert chips.mesh.bounds[2] == pytest.approx(scene_trees.CUT)
    assert chips.paint.unit == "°C"
    assert chips.paint.scale == (50.0, 85.0)
    assert [(round(at, 6), words) for at, words in chips.paint.marks] == [(85.0, "limit")]
    np.testing.assert_allclose(colours(chips), expected(chips.paint, [70, 75, 60, 50]), atol=1)
    assert made.callouts[0][:2] == ("compute-01/gpu-1", "75.0\u00a0°C")


def test_boards_lie_under_the_chips_and_the_worst_chip_has_a_line_around_it(tree):
    made = view(tree, "section")
    assert layer(made, "boards").mesh.bounds[5] == pytest.approx(0.15 - 0.015)
    left, right, *_, low, high = layer(made, "worst").mesh.bounds
    assert left < 0.45 - 0.035 < 0.45 + 0.035 < right
    assert low < 0.15 - 0.015 < 0.15 + 0.015 < high


def test_a_hotter_switch_is_named_too_and_the_gpu_says_what_it_is(tree):
    thermal = tree["thermal"].to_dataset()
    hot = thermal.junction_temperature.copy()
    hot[list(thermal.chip.values).index("switch-1/asic-0")] = 353.15
    other = tree.copy()
    other["thermal"] = type(tree)(thermal.assign(junction_temperature=hot))
    told = [(c.title, c.value) for c in view(other, "section").callouts]
    assert told[0] == ("switch-1/asic-0", "80.0\u00a0°C")
    assert told[1] == ("hottest GPU,\ncompute-01/gpu-1", "75.0\u00a0°C")
    assert view(other, "section", "headroom").callouts[1].title.startswith("worst GPU,")
    assert not any("GPU" in c.title for c in view(tree, "section").callouts)


def test_the_hottest_outflow_is_named_on_the_top_of_its_line(tree):
    """A leader at half its height would cross the tops of the lines beside it."""
    made = view(tree, "tray")
    (named,) = [callout for callout in made.callouts if callout.title == "hottest outflow"]
    assert named.anchor[2] == pytest.approx(layer(made, "coolant lines").mesh.bounds[5], abs=4e-4), "of 12 sides"


def test_nothing_stands_in_front_of_the_section(tree):
    for found in view(tree, "section").layers:
        assert found.mesh.bounds[2] >= scene_trees.CUT - 0.021, found.name


@pytest.mark.parametrize(
    ("name", "colour", "label", "unit", "values"),
    [
        ("rear", "headroom", "NVLink free", "%", [90, 80, 70, 60, 65]),
        ("rear", "length", "cable length", "m", [1, 2, 3, 4, 5]),
        ("section", "headroom", "die mean headroom", "K", [15, 10, 25, 35]),
        ("section", "hotspot", "hot spot", "°C", [80, 85, 70, 60]),
        ("electrical", "current", "bar current", "A", [90, 20]),
        ("electrical", "headroom", "bar rating left", "%", [-12.5, 75]),
    ],
)
def test_each_field_has_its_label_unit_and_values(tree, name, colour, label, unit, values):
    paint = next(paint for paint in view(tree, name, colour).paints if paint.label == label)
    assert paint.unit == unit
    np.testing.assert_allclose(paint.values, values, atol=1e-9)
    assert paint.scale[0] <= min(values)
    assert paint.scale[1] >= max(values)


def test_headroom_names_the_least_first_and_temperature_the_largest(tree):
    assert [c.value for c in view(tree, "section", "headroom").callouts] == ["10.0\u00a0K", "15.0\u00a0K"]
    assert [c.value for c in view(tree, "section").callouts] == ["75.0\u00a0°C", "70.0\u00a0°C"]


def test_the_bar_is_coloured_by_section_current_with_its_rating_on_the_scale(tree):
    made = view(tree, "electrical")
    bar = layer(made, "busbar")
    assert bar.paint.marks == ((80.0, "rated"),)
    np.testing.assert_allclose(colours(bar), expected(bar.paint, [90, 20]), atol=1)
    shelf = layer(made, "shelves")
    assert shelf.paint.unit == "%"
    np.testing.assert_allclose(colours(shelf), expected(shelf.paint, [25]), atol=1)
    assert made.callouts[0][:2] == ("slots 1\u20132", "90\u00a0A")
    assert made.callouts[-1][:2] == ("shelf-1", "25\u00a0%")
    assert made.note.endswith("dashes: rated 80 A")


def test_the_bar_is_labelled_by_its_current_whatever_colours_it(tree):
    assert view(tree, "electrical", "headroom").callouts == view(tree, "electrical").callouts


def test_wings_are_as_long_as_the_current_and_point_right_where_it_flows_down(tree):
    wings = layer(view(tree, "electrical"), "currents").mesh
    x = wings.points[:, 0].reshape(2, 8)
    length = np.ptp(x, axis=1)
    assert length[1] / length[0] == pytest.approx(20 / 90, rel=1e-4)
    assert (x.max(axis=1) <= 0.3 - 0.025 + 1e-6).all(), "seen from the rear, small x is at the right"


def test_trays_and_shelves_are_grouped_from_the_top(tree):
    assert [group.text for group in view(tree, "rear").groups] == ["power shelf", "compute tray", "switch tray"]


def test_the_tray_view_shows_the_field_of_the_worst_chip(tree):
    made = view(tree, "tray")
    assert "compute-01/gpu-1" in made.title
    assert {"package", "coolant lines", "tray", "other chips", "the chip"} <= {found.name for found in made.layers}
    assert [(paint.label, paint.unit) for paint in made.paints] == [
        ("package temperature", "°C"), ("coolant over the base", "°C"),
    ]  # fmt: skip
    assert [callout.value for callout in made.callouts] == ["57.0\u00a0°C", "60.0\u00a0°C", "90.0\u00a0°C"]


def test_the_surface_of_a_field_closes_and_leaves_out_the_corner_that_is_cut(tree):
    found = field.worst_field(tree)
    mesh = field.surface(found)
    solid = found.solid
    assert not solid[:, : found.cut[1], : found.cut[0]].any()
    assert mesh.n_open_edges == 0
    cell = np.prod(np.meshgrid(np.diff(found.z), np.diff(found.y), np.diff(found.x), indexing="ij"), axis=0)
    exposed = sum(np.abs(np.diff(np.pad(solid, 1).astype(int), axis=axis)).sum() for axis in range(3))
    assert mesh.n_cells == exposed
    assert cell[solid].sum() < cell[np.isfinite(found.celsius)].sum()


def test_each_face_of_the_field_has_the_colour_of_a_cell_that_stays(tree):
    found = field.worst_field(tree)
    owner = field.surface(found).cell_data[shapes.PART]
    assert found.solid.ravel()[owner].all()
    assert set(np.unique(owner)) <= set(np.flatnonzero(found.solid))


def test_a_rack_without_cables_and_busbar_still_has_all_its_views():
    tree = scene_trees.without_cables()
    assert "cables" not in [found.name for found in view(tree, "rear").layers]
    assert view(tree, "rear").note.endswith("no cables")
    assert view(tree, "electrical").note == "no busbar"
    assert view(tree, "section").paints


@pytest.mark.parametrize("theme", list(style.THEMES))
@pytest.mark.parametrize("name", list(stage.VIEWS))
def test_the_camera_holds_everything_and_wastes_nothing(tree, name, theme):
    made = view(tree, name, look=style.THEMES[theme])
    points = np.vstack([found.mesh.points for found in made.layers])
    place = made.lens().project(points)
    assert place.min() >= 0
    assert place.max() <= 1
    assert np.ptp(place, axis=0) == pytest.approx([1, 1], abs=0.02)


def test_an_unknown_view_names_those_near_and_all_there_are(tree):
    with pytest.raises(
        ValueError, match=r"view = 'sektion': no such view; did you mean section\?.*rear, section, tray"
    ):
        view(tree, "sektion")


def test_an_unknown_field_names_those_near(tree):
    with pytest.raises(ValueError, match="colour = 'temprature': view section has no such field; did you mean temper"):
        view(tree, "section", "temprature")


@pytest.mark.parametrize(
    ("name", "group"),
    [("rear", "geometry"), ("rear", "topology"), ("section", "thermal"), ("electrical", "power"), ("tray", "package")],
)
def test_a_tree_without_the_group_of_a_view_says_which(name, group):
    tree = scene_trees.three_boxes()
    del tree[group]
    with pytest.raises(ValueError, match=f"the result has no group /{group}.*run `twin run"):
        view(tree, name)


def test_drawing_writes_nothing_into_the_result():
    tree = scene_trees.three_boxes()
    before = tree.copy(deep=True)
    for name in stage.VIEWS:
        view(tree, name)
    assert tree.identical(before)
