"""Stills: exact size, no text on another, colours of the data under the camera, the same pixels twice."""

from itertools import pairwise

import numpy as np
import page_checks
import pytest
import scene_trees
from matplotlib.backends.backend_agg import FigureCanvasAgg

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz import flat, flat_panel, hall, picture, scene, still, style, window
from viz.scenes import backdrop, compose, side, stage
from viz.scenes.arrange import arranged
from viz.scenes.layers import COLOUR

missing = window.problem()
needs_window = pytest.mark.skipif(missing is not None, reason=f"3-D pictures are not tested: {missing}")
SMALL = (640, 480)
LIGHT = style.THEMES["light"]


@pytest.fixture(scope="module")
def tree():
    return scene_trees.three_boxes()


@pytest.fixture(scope="module")
def hero(tree):
    return still(tree, size=(800, 520))


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


@needs_window
def test_a_still_has_just_the_pixels_asked_for(hero):
    assert pixels(hero).shape == (520, 800, 4)


@needs_window
@pytest.mark.parametrize("views", [("rear", "section"), ("tray",), ("electrical",), ("section", "rear", "electrical")])
def test_no_text_of_a_still_overlaps_another_or_leaves_the_page(tree, views):
    assert page_checks.collisions(still(tree, views, (480, 320))) == []


@needs_window
def test_the_page_carries_units_limits_worst_parts_and_headline_numbers(hero):
    words = page_checks.words(hero)
    assert {"NVLink load\n/ %", "Die mean\n/ °C", "85 limit"} <= set(words)
    assert {"75.0 °C", "compute-01/gpu-1", "40 %"} <= set(words)
    assert {"4.6 kW", "0.5 TB/s", "75.0 °C", "\u22122.5 K"} & set(words) >= {"4.6 kW", "\u22122.5 K"}
    assert any("supply" in word for word in words)


@needs_window
def test_the_same_result_gives_the_same_pixels(tree, hero):
    np.testing.assert_array_equal(pixels(still(tree, size=(800, 520))), pixels(hero))


@needs_window
def test_another_temperature_gives_other_pixels(hero):
    other = scene_trees.three_boxes()
    other["thermal"]["junction_temperature"].values[1] += 8.0
    assert (pixels(still(other, size=(800, 520))) != pixels(hero)).any()


def seen(view, point, size, shadow=0.45):
    """Colour under the projection of a point, and whether it is the given one in some light."""
    lens = view.lens(size[0] / size[1])
    image = compose.shoot(view, LIGHT, size, lens)
    ((x, y),) = lens.project(np.array([point]))
    return image[int((1 - y) * size[1]), int(x * size[0]), :3].astype(float)


def hue_of(colour):
    """Direction of a colour away from grey."""
    rest = np.asarray(colour, dtype=float) - np.mean(colour)
    return rest / np.linalg.norm(rest)


@needs_window
@pytest.mark.parametrize(("name", "layer"), [("section", "chips"), ("electrical", "busbar")])
def test_parts_show_the_colour_of_their_value_under_a_fixed_camera(tree, name, layer):
    view = stage.make_view(tree, name, None, LIGHT)
    (found,) = [each for each in view.layers if each.name == layer]
    toward = view.eye.direction()
    facing = found.mesh.compute_normals(consistent_normals=False, auto_orient_normals=False).cell_data["Normals"]
    best = int(np.argmax(facing @ toward))
    point = found.mesh.cell_centers().points[best]
    shade = np.asarray(found.mesh.cell_data[COLOUR])[best]
    colour = seen(view, point, (400, 400))
    assert hue_of(colour) @ hue_of(shade) > 0.97, (colour, shade)
    assert np.linalg.norm(colour) > 0.5 * np.linalg.norm(shade.astype(float))


@needs_window
def test_the_lens_agrees_with_the_camera_of_vtk(tree):
    view = stage.make_view(tree, "rear", None, LIGHT)
    plotter = stage.put_on_stage(view, LIGHT, (400, 300))
    lens = view.lens(4 / 3)
    points = np.array([[0.0, 0.0, 0.0], [0.6, 1.0, 0.3], [0.3, 0.82, 0.2]])
    matrix = plotter.camera.GetCompositeProjectionTransformMatrix(4 / 3, -1, 1)
    terms = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
    place = np.column_stack([points, np.ones(3)]) @ terms.T
    plotter.close()
    np.testing.assert_allclose(lens.project(points), (place[:, :2] / place[:, 3:] + 1) / 2, atol=1e-6)


@needs_window
def test_a_scene_is_a_plotter_with_one_actor_for_each_kind_of_part(tree):
    plotter = scene(tree, "rear")
    cables = plotter.actors["cables"].mapper.dataset
    assert len(plotter.actors) == 10
    assert cables.n_cells == 5 * scene_trees.PAIRS * (3 * 4 + 2)
    assert not plotter.camera.parallel_projection
    assert len(plotter.renderer.lights) == 3
    plotter.close()


@needs_window
def test_the_dark_theme_is_dark_behind_the_rack(tree):
    page = pixels(still(tree, ("section",), (480, 320), "dark"))[..., :3]
    np.testing.assert_array_equal(page[0, 0], [0x11, 0x16, 0x1D])
    assert page[[0, -1, -1], [-1, 0, -1]].max() < 0x40


@needs_window
def test_a_shot_is_empty_where_nothing_is_and_full_where_something_is(tree):
    view = stage.make_view(tree, "section", None, LIGHT)
    lens = view.lens(2.0)
    shot = compose.shoot(view, LIGHT, (300, 150), lens)
    ((x, y),) = lens.project(np.array([[0.3, 0.4, 0.25]]))
    assert shot[int((1 - y) * 150), int(x * 300), 3] == 255
    assert (shot[:, [0, -1], 3] == 0).all()
    assert ((shot[..., 3] > 0) & (shot[..., 3] < 255)).any(), "edges are smooth"


@needs_window
def test_the_floor_is_darker_beside_the_rack_than_at_the_margin(tree):
    page = pixels(still(tree, ("rear",), (640, 480)))[..., :3].astype(int)
    empty = backdrop.page_pixels((640, 480), LIGHT).astype(int)
    darker = (empty - page).min(axis=2)
    assert (darker[:, :3] <= 8).all()
    assert (darker > 20).any()


@needs_window
def test_a_hall_holds_the_cables_of_all_racks_as_lines(tree):
    plotter = hall(tree, racks=6, size=(200, 150))
    assert plotter.actors["cables"].mapper.dataset.n_lines == 6 * 5 * scene_trees.PAIRS
    plotter.close()
    with pytest.raises(ValueError, match="racks = 0: must be at least 1"):
        hall(tree, racks=0)


def test_without_a_window_the_flat_twin_stands_in_and_the_note_says_what_to_install(tree, monkeypatch):
    monkeypatch.setattr(window, "problem", lambda: "no OpenGL on this machine: install libegl1")
    figure, note = picture(tree, views=("section",))
    assert note == "drew the flat picture instead of the 3-D one: no OpenGL on this machine: install libegl1"
    assert "GPU temperature" in page_checks.words(figure)
    figure, _ = picture(tree)
    assert page_checks.words(figure) == page_checks.words(flat_panel(tree))


def test_without_a_window_bad_input_is_still_refused(tree, monkeypatch):
    monkeypatch.setattr(window, "problem", lambda: "no OpenGL")
    with pytest.raises(ValueError, match="no such view"):
        picture(tree, views=("raer",))
    with pytest.raises(stage.NoWindow, match="no OpenGL"):
        scene(tree)


@pytest.mark.parametrize("size", [(10, 10), (9000, 1000), (2000, 100)])
def test_a_size_out_of_range_is_refused_with_the_range(tree, size):
    with pytest.raises(ValueError, match=f"size = {size[0]}x{size[1]}: must be 320x240 to 8000x6000 pixels"):
        still(tree, size=size)


def test_a_field_that_no_view_has_is_refused_with_near_names(tree):
    with pytest.raises(ValueError, match=r"colour = 'lod': no such field in rear and section; did you mean load"):
        still(tree, colour="lod")


def test_a_view_named_twice_is_refused(tree):
    with pytest.raises(ValueError, match="views = rear,section,rear: rear stands twice; name each view once"):
        still(tree, ("rear", "section", "rear"))


@needs_window
def test_a_view_without_the_field_asked_for_is_told(tree):
    _, note = picture(tree, ("rear", "section"), (320, 240), colour="hotspot")
    assert note == "view rear has no field hotspot and shows load"
    _, note = picture(tree, ("rear",), (320, 240), colour="headroom")
    assert note is None


@needs_window
@pytest.mark.parametrize("size", [(640, 400), (1200, 250), (360, 560)])
def test_four_views_stand_side_by_side_or_in_rows_with_all_their_keys(tree, size, monkeypatch):
    """Texts stand where the lenses say; what is drawn behind them does not move them, so nothing is drawn."""
    monkeypatch.setattr(compose, "shoot", lambda view, look, size, lens: np.zeros((size[1], size[0], 4), np.uint8))
    page = still(tree, tuple(stage.VIEWS), size)
    assert page_checks.collisions(page) == []
    words = page_checks.words(page)
    assert words.count("supply 45.0 °C") == 3, "rear, section, tray"


def test_four_views_of_a_rack_stand_in_two_rows_on_a_page_and_in_one_on_a_banner(tree):
    views = [stage.make_view(tree, name, None, LIGHT) for name in stage.VIEWS]
    tops = {size: {panel.head for panel in arranged(views, size)[1]} for size in ((1600, 1000), (3200, 500))}
    assert [len(rows) for rows in tops.values()] == [2, 1]


@pytest.mark.parametrize("size", [(1600, 1000), (2400, 500), (900, 1400)])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_panels_keep_to_the_page_and_apart_and_in_the_shape_of_their_view(tree, size, count):
    views = [stage.make_view(tree, name, None, LIGHT) for name in list(stage.VIEWS)[:count]]
    dots, panels = arranged(views, size)
    assert [panel.view.name for panel in panels] == list(stage.VIEWS)[:count]
    for panel, view in zip(panels, views, strict=True):
        before, after = side.room(view)
        assert panel.width / panel.height == pytest.approx(view.lens().aspect)
        assert panel.start <= panel.left - before + 1e-9
        assert panel.left + panel.width + after <= panel.end + 1e-9 <= size[0] / dots
        assert panel.head - 1e-9 <= panel.top
        assert panel.top + panel.height <= panel.foot + 1e-9 <= size[1] / dots
    for one, other in pairwise(panels):
        assert one.end <= other.start or one.foot < other.head


def test_a_field_of_one_view_colours_that_one_only(tree):
    rear, section = compose.make_views(tree, ("rear", "section"), "hotspot", LIGHT)
    assert [paint.label for paint in rear.paints] == ["NVLink load"]
    assert [paint.label for paint in section.paints] == ["hot spot"]


@pytest.mark.parametrize("view", list(stage.VIEWS))
def test_each_view_has_a_flat_twin_without_colliding_texts(tree, view):
    assert page_checks.collisions(flat(tree, view)) == []


def test_the_flat_twin_of_the_tray_shows_each_cell_of_the_hottest_layer(tree):
    figure = flat(tree, "tray")
    (mesh,) = page_checks.axes_of(figure, "Hottest layer").collections
    assert np.nanmax(mesh.get_array()) == pytest.approx(90.0)
    assert mesh.get_array().shape == (5, 4)


def test_the_flat_twin_without_busbar_says_so():
    assert "no busbar" in page_checks.words(flat(scene_trees.without_cables(), "electrical"))
