"""The panel as a whole: layout at every size of system, legibility, purity, errors."""

import subprocess
import sys
from functools import cache

import matplotlib as mpl
import numpy as np
import page_checks
import panel_trees
import pytest
import xarray as xr
from matplotlib.colors import to_rgba

from viz import flat_panel, style

SYSTEMS = [panel_trees.gb300, panel_trees.rubin, panel_trees.hopper, panel_trees.three_boxes]
_BLEND = 0.15  # neighbouring cells blend at their common edge in the order they are drawn
COLUMNS = ["chips", "heat", "links", "bus"]


def all_shelves_below():
    return panel_trees.rack_tree("gb200-nvl72", order="CCCCCCCCCCSSSSSSSSSCCCCCCCCPPPPPPPP", supply=298.65)


def idle():
    return panel_trees.rack_tree("gb300-nvl72", load=0.0)


def hot_two_digit_kilowatts():
    return panel_trees.rack_tree("hot", gpu_power=3700.0, rated=5000.0)


@cache
def drawn(system):
    """The light page of a system, drawn once; only looked at."""
    return flat_panel(system())


@pytest.fixture(scope="module")
def gb300():
    return drawn(panel_trees.gb300)


@pytest.fixture(scope="module")
def boxes():
    """Pixels of the page of three boxes."""
    return page_checks.draw(drawn(panel_trees.three_boxes))


@pytest.mark.parametrize("system", [*SYSTEMS, all_shelves_below, idle, hot_two_digit_kilowatts])
def test_no_text_overlaps_another_or_leaves_the_page(system):
    assert page_checks.collisions(drawn(system)) == []


def test_both_themes_place_every_text_alike():
    light, dark = (page_checks.texts(flat_panel(panel_trees.three_boxes(), theme)) for theme in style.THEMES)
    assert [(t.get_text(), t.get_position()) for t in light] == [(t.get_text(), t.get_position()) for t in dark]


def test_the_collision_check_sees_a_text_on_top_of_another_and_one_off_the_page():
    figure = flat_panel(panel_trees.three_boxes())
    label = page_checks.axes_of(figure, "chips").texts[0]
    label.axes.text(*label.get_position(), "collides")
    figure.text(0.99, 0.5, "leaves the page")
    found = page_checks.collisions(figure)
    assert any("collides" in pair for pair in found)
    assert ("leaves the page",) in found


def test_names_and_limits_longer_than_the_page_are_cut_with_the_unit_kept():
    tree = panel_trees.gb300()
    tree["thermal"]["junction_temperature"].attrs["long_name"] = "junction temperature of the die " * 6
    tree["power"]["tray_voltage"].attrs["long_name"] = "voltage of the busbar at the clip of the tray " * 3
    tree["summary"]["headroom_temperature_limited_by"] = xr.Variable((), "section between two slots " * 9)
    figure = flat_panel(tree)
    assert page_checks.collisions(figure) == []
    assert page_checks.scale_of(figure, "chips").get_xlabel().endswith("\u2026\u00a0/\u00a0°C")
    assert page_checks.axes_of(figure, "voltage").get_xlabel().endswith("\u2026\u00a0/\u00a0V")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_column_stands_on_the_same_slots_at_the_same_height(system):
    figure = drawn(system)
    columns = [page_checks.axes_of(figure, name) for name in COLUMNS]
    assert len({axes.get_ylim() for axes in columns}) == 1
    assert len({(axes.get_position().y0, axes.get_position().y1) for axes in columns}) == 1
    bottom, top = columns[0].get_ylim()
    assert bottom > top, "slot 1 must be at the top"


def test_the_page_is_landscape_a3_for_a_full_rack_and_lower_for_one_tray(gb300):
    width, height = gb300.get_size_inches()
    assert width == pytest.approx(420 / 25.4, abs=0.01)
    assert height == pytest.approx(297 / 25.4, abs=0.05)
    assert 1900 < gb300.bbox.width < 2100
    assert drawn(panel_trees.hopper).get_size_inches()[1] < 0.7 * height


def test_a_system_without_busbar_says_so_and_gives_the_width_to_the_others(gb300):
    figure = drawn(panel_trees.hopper)
    assert "no busbar" in page_checks.words(figure)
    assert "no busbar" not in page_checks.words(gb300)
    assert "voltage" not in [axes.get_label() for axes in figure.axes]
    for name in ("chips", "heat", "links"):
        wide, narrow = (page_checks.axes_of(f, name).get_position().width for f in (figure, gb300))
        assert wide > narrow


def test_an_empty_bus_section_dimension_means_no_busbar():
    tree = panel_trees.three_boxes()
    tree["power"] = xr.DataTree(tree["power"].to_dataset().isel(bus_section=slice(0)))
    assert "no busbar" in page_checks.words(flat_panel(tree))


def test_title_conditions_and_version_stand_on_the_page(gb300):
    words = page_checks.words(gb300)
    assert "GB300 NVL72" in words
    assert "45 °C supply   \u00b7   load 100 %" in words
    assert "gb300-nvl72, version 0.1.0" in words


def test_without_a_system_title_the_title_stands_in():
    assert "three-boxes" in page_checks.words(drawn(panel_trees.three_boxes))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_on_the_paper_has_the_contrast_of_body_text(theme):
    figure = flat_panel(panel_trees.gb300(), theme)
    paper = style.THEMES[theme].paper
    cells = page_checks.axes_of(figure, "chips").texts
    on_paper = [text for text in page_checks.texts(figure) if text not in cells]
    assert len(on_paper) > 60
    assert min(style.contrast(text.get_color(), paper) for text in on_paper) >= 4.5


def test_the_dark_page_is_dark_and_the_light_page_white():
    for theme, test in (("light", lambda c: c.min() == 1.0), ("dark", lambda c: c[:3].max() < 0.15)):
        image = page_checks.draw(flat_panel(panel_trees.three_boxes(), theme))
        assert test(image[2, 2])
        assert tuple(image[2, 2]) == pytest.approx(to_rgba(style.THEMES[theme].paper), abs=1 / 255)


@pytest.fixture(scope="module")
def shuffled():
    """Picture of a small rack, and the rack with every dimension in another order."""
    tree = panel_trees.rack_tree(order="PCCSCP", planes=4)
    rng = np.random.default_rng(1)
    mixed = {}
    for name, node in tree.children.items():
        dataset = node.to_dataset()
        order = {dim: rng.permutation(size) for dim, size in dataset.sizes.items()}
        mixed[f"/{name}"] = dataset.isel(order)
    other = xr.DataTree.from_dict(mixed)
    other.attrs = tree.attrs
    return page_checks.draw(flat_panel(tree)), other


def test_the_order_of_chips_trays_links_and_sections_changes_nothing_one_can_see(shuffled):
    expected, other = shuffled
    assert np.abs(page_checks.draw(flat_panel(other)) - expected).max() < _BLEND


def test_two_temperatures_that_change_places_are_seen(shuffled):
    expected, other = shuffled
    wrong = other.copy(deep=True)
    wrong["thermal"]["junction_temperature"].values[:2] = wrong["thermal"]["junction_temperature"].values[1::-1]
    assert np.abs(page_checks.draw(flat_panel(wrong)) - expected).max() > _BLEND


def test_strings_as_objects_as_read_from_netcdf_draw_the_same_page(boxes):
    tree = panel_trees.three_boxes()
    for name in ("thermal", "topology", "power"):
        dataset = tree[name].to_dataset()
        text = [c for c in dataset.coords if dataset[c].dtype.kind in "UT"]
        tree[name] = xr.DataTree(dataset.assign_coords({c: dataset[c].astype(object) for c in text}))
    assert np.array_equal(page_checks.draw(flat_panel(tree)), boxes)


def test_drawing_changes_neither_the_result_nor_the_settings_of_matplotlib():
    tree = panel_trees.gb300()
    before, settings = tree.copy(deep=True), dict(mpl.rcParams)
    flat_panel(tree, "dark")
    assert tree.identical(before)
    assert dict(mpl.rcParams) == settings


def test_the_settings_of_the_user_do_not_change_the_page(boxes):
    own = {
        "font.size": 31,
        "axes.facecolor": "red",
        "text.color": "pink",
        "figure.dpi": 40,
        "axes.grid": True,
        "xtick.labelcolor": "pink",
        "xtick.labelsize": 30,
        "ytick.labelcolor": "pink",
        "xtick.major.pad": 20,
        "lines.linewidth": 9,
    }
    with mpl.rc_context(own):
        assert np.array_equal(page_checks.draw(flat_panel(panel_trees.three_boxes())), boxes)


@pytest.mark.parametrize("group", ["topology", "thermal", "power", "summary"])
def test_a_missing_group_is_named(group):
    tree = panel_trees.three_boxes()
    del tree[group]
    with pytest.raises(ValueError, match=f"the result has no group /{group}: run `twin run` again"):
        flat_panel(tree)


NEEDED = {
    "thermal": [
        "junction_temperature", "tray_liquid_heat", "tray_air_heat", "chip_slot", "chip_kind",
        "chip_position", "chip_tray", "tray_slot", "tray_kind",
    ],
    "topology": ["link_utilization", "link_gpu", "plane"],
    "power": [
        "tray_voltage", "section_top_slot", "section_bottom_slot", "shelf_power", "shelf_load", "shelf_slot",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, names in NEEDED.items() for name in names])
def test_a_missing_variable_is_named(group, name):
    tree = panel_trees.three_boxes()
    tree[group] = xr.DataTree(tree[group].to_dataset().drop_vars(name))
    with pytest.raises(ValueError, match=f"the result has no variable /{group}/{name}"):
        flat_panel(tree)


@pytest.mark.parametrize("attribute", ["units", "long_name"])
def test_a_variable_without_unit_or_name_is_refused(attribute):
    tree = panel_trees.three_boxes()
    del tree["thermal"]["tray_air_heat"].attrs[attribute]
    with pytest.raises(ValueError, match=f"tray_air_heat has no attribute {attribute}"):
        flat_panel(tree)


def test_a_result_without_title_is_refused():
    tree = panel_trees.three_boxes()
    tree.attrs = {}
    with pytest.raises(ValueError, match="no root attribute title"):
        flat_panel(tree)


def test_an_unknown_theme_is_refused_with_the_names_of_the_known_ones():
    with pytest.raises(ValueError, match="must be one of light, dark"):
        flat_panel(panel_trees.three_boxes(), "blue")


def test_importing_viz_loads_no_matplotlib_and_drawing_loads_no_pyplot_and_none_of_ours():
    code = (
        "import sys, viz; assert not {'matplotlib', 'numpy'} & set(sys.modules)\n"
        "viz.flat_panel; viz.save; assert callable(viz.save)\n"
        "print(sorted({'matplotlib.pyplot', 'topology', 'thermal', 'power', 'twin'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_viz_does_not_have_is_an_attribute_error():
    import viz

    assert set(viz.__all__) <= set(dir(viz))
    with pytest.raises(AttributeError, match="no attribute 'panorama'"):
        viz.panorama  # noqa: B018
