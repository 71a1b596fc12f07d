"""Each column against numbers worked out by hand and against the arrays of the result."""

import numpy as np
import page_checks
import panel_trees
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import to_hex, to_rgba

from viz import flat_panel, style
from viz.elevation import elevation

LIGHT = style.THEMES["light"]


@pytest.fixture(scope="module")
def small():
    return flat_panel(panel_trees.three_boxes())


@pytest.fixture(scope="module")
def rack():
    return flat_panel(panel_trees.gb300())


def polygons(axes):
    return [artist for artist in axes.collections if isinstance(artist, PolyCollection)]


def data_cells(figure):
    (cells,) = [artist for artist in polygons(page_checks.axes_of(figure, "chips")) if artist.get_array() is not None]
    return cells


def mesh_of(figure):
    (mesh,) = [a for a in page_checks.axes_of(figure, "links").collections if isinstance(a, QuadMesh)]
    return mesh


def chip_words(figure):
    return [text.get_text() for text in page_checks.axes_of(figure, "chips").texts]


def bold_cells(axes):
    return [text for text in axes.texts if text.get_weight() == "bold" and text.get_transform() == axes.transData]


# --- a: chips


def test_gpu_cells_hold_celsius_in_chip_order(small):
    assert data_cells(small).get_array().tolist() == pytest.approx([70.0, 75.0])


def test_gpu_cells_stand_side_by_side_in_the_slot_of_their_tray(small):
    first, second = (path.vertices[:4].tolist() for path in data_cells(small).get_paths())
    assert first == [[0, 1.5], [1, 1.5], [1, 2.5], [0, 2.5]]
    assert second == [[1, 1.5], [2, 1.5], [2, 2.5], [1, 2.5]]


def test_values_of_gpus_switches_and_shelves_are_written_and_cpus_are_not(small):
    words = [word.replace("\u00a0", " ") for word in chip_words(small)]
    assert {"gpu-0\n70.0", "gpu-1\n75.0", "50.0", "4.5 kW, 25 % of rating"} <= set(words)
    assert not any("60.0" in word for word in words)


def test_all_72_gpus_carry_their_temperature(rack):
    tree = panel_trees.gb300()
    kelvin = tree["thermal"].junction_temperature.values[tree["thermal"].chip_kind.values == "gpu"]
    assert data_cells(rack).get_array().tolist() == pytest.approx((kelvin - 273.15).tolist())
    assert {f"{value:.1f}" for value in kelvin - 273.15} <= set(chip_words(rack))


def test_a_cell_has_the_colour_its_value_has_on_the_colour_bar(rack):
    image, axes = page_checks.draw(rack), page_checks.axes_of(rack, "chips")
    bar, cells = page_checks.scale_of(rack, "chips"), data_cells(rack)
    for gpu in (0, 17, 40):
        x, y = cells.get_paths()[gpu].vertices[0] + (0.12, 0.5)
        on_bar = page_checks.pixel(rack, image, bar, cells.get_array()[gpu], 0.5)
        assert page_checks.pixel(rack, image, axes, x, y) == pytest.approx(on_bar, abs=0.03)


def test_the_colour_scale_is_round_and_holds_every_gpu(rack):
    low, high = page_checks.scale_of(rack, "chips").get_xlim()
    values = data_cells(rack).get_array()
    assert low == round(low) and high == round(high)
    assert low <= values.min() and values.max() <= high
    assert page_checks.scale_of(rack, "chips").get_xlabel().replace("\u00a0", " ").endswith("/ °C")


def test_equal_temperatures_get_a_scale_of_at_least_four_kelvin():
    tree = panel_trees.gb300()
    tree["thermal"]["junction_temperature"].values[:] = 340.0
    low, high = page_checks.scale_of(flat_panel(tree), "chips").get_xlim()
    assert high - low >= 4.0


def test_the_three_hottest_gpus_are_outlined_and_bold(rack):
    axes, cells = page_checks.axes_of(rack, "chips"), data_cells(rack)
    hottest = np.argsort(cells.get_array())[-3:]
    centres = {tuple(cells.get_paths()[i].vertices[:4].mean(0).round(6)) for i in hottest}
    frames = {
        tuple(np.round(np.add(p.get_xy(), [p.get_width() / 2, p.get_height() / 2]), 6)) for p in axes.patches[-3:]
    }
    assert frames == centres
    assert {t.get_position() for t in bold_cells(axes)} == {tuple(map(float, c)) for c in centres}


def test_a_small_system_outlines_only_its_single_hottest_gpu(small):
    assert [text.get_text() for text in bold_cells(page_checks.axes_of(small, "chips"))] == ["gpu-1\n75.0"]


def test_eight_gpus_of_one_tray_wrap_into_two_lines_of_four():
    figure = flat_panel(panel_trees.hopper())
    corners = np.array([path.vertices[0] for path in data_cells(figure).get_paths()])
    assert corners[:, 0].tolist() == [0, 1, 2, 3] * 2
    assert corners[:, 1].tolist() == [0.5] * 4 + [1.0] * 4


def test_text_in_every_gpu_cell_reads_against_its_colour(rack):
    cells, axes = data_cells(rack), page_checks.axes_of(rack, "chips")
    colour = {
        path.vertices[:4].mean(0).tobytes(): c for path, c in zip(cells.get_paths(), cells.get_facecolor(), strict=True)
    }
    pairs = [(t.get_color(), colour.get(np.array(t.get_position(), float).tobytes())) for t in axes.texts]
    contrasts = [style.contrast(ink, cell) for ink, cell in pairs if cell is not None]
    assert len(contrasts) == 72
    assert min(contrasts) >= 4.5


def test_a_gpu_without_temperature_is_grey_with_a_dash():
    tree = panel_trees.gb300()
    tree["thermal"]["junction_temperature"].values[0] = np.nan
    figure = flat_panel(tree)
    page_checks.draw(figure)
    assert to_hex(data_cells(figure).get_facecolor()[0]) == LIGHT.neutral
    assert "\u2013" in chip_words(figure)


def test_rows_are_named_after_trays_and_shelves_in_their_slots(rack):
    axis = page_checks.axes_of(rack, "chips").yaxis
    rows = {label.get_text(): tick for label, tick in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)}
    assert len(rows) == 35
    assert (rows["shelf-1"], rows["compute-01"], rows["switch-1"], rows["compute-18"], rows["shelf-8"]) == (
        1,
        5,
        15,
        31,
        35,
    )


# --- b: heat


def test_bars_stack_liquid_and_air_in_kilowatts(small):
    liquid, air = page_checks.axes_of(small, "heat").containers
    assert [bar.get_width() for bar in liquid] == pytest.approx([3.0, 0.9])
    assert [bar.get_x() for bar in air] == pytest.approx([3.0, 0.9])
    assert [bar.get_width() for bar in air] == pytest.approx([0.5, 0.1])
    assert [bar.get_y() + bar.get_height() / 2 for bar in liquid] == pytest.approx([2, 3])
    assert [text.get_text() for text in page_checks.axes_of(small, "heat").texts[:2]] == ["3.5", "1.0"]


def test_the_heat_axis_starts_at_zero_and_is_named_after_both_variables(small):
    axes = page_checks.axes_of(small, "heat")
    assert axes.get_xlim()[0] == 0.0
    assert " ".join(axes.get_xlabel().split()) == "Heat into the coolant and heat into the air / kW"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["liquid", "air"]


# --- c: links


def test_the_link_map_has_a_line_per_gpu_and_takes_the_larger_of_parallel_links(small):
    table = mesh_of(small).get_array()
    assert table.shape == (6, 2)  # three slots of two lines, two planes
    assert table[2:4].tolist() == [
        [pytest.approx(10.0), pytest.approx(20.0)],
        [pytest.approx(30.0), pytest.approx(40.0)],
    ]
    assert table.mask[[0, 1, 4, 5]].all()


@pytest.mark.parametrize(("system", "planes"), [(panel_trees.gb300, 18), (panel_trees.rubin, 36)])
def test_72_gpus_by_planes_equal_the_links_of_the_result(system, planes):
    tree = system()
    table = mesh_of(flat_panel(tree)).get_array()
    lines = table[~table.mask.all(axis=1)]
    assert lines.shape == (72, planes)
    expected = 100 * tree["topology"].link_utilization.values.reshape(72, planes)
    assert lines.filled(np.nan) == pytest.approx(expected)


def test_each_gpu_line_lies_within_the_slot_of_its_tray():
    tree = panel_trees.gb300()
    rack = elevation(tree)
    slot_of_line = rack.first + rack.gpu_lines // rack.gpus_per_tray
    assert slot_of_line.tolist() == tree["thermal"].chip_slot.values[rack.gpus].tolist()
    assert len(set(rack.gpu_lines.tolist())) == 72


def test_hgx_is_eight_named_lines_by_four_planes_with_parallel_links_merged():
    tree = panel_trees.hopper()
    figure = flat_panel(tree)
    table = mesh_of(figure).get_array()
    topology = tree["topology"]
    first = topology.link_utilization.values[(topology.link_gpu == "compute-01/gpu-0") & (topology.plane == 0)]
    assert table.shape == (8, 4) and len(first) == 5
    assert table[0, 0] == pytest.approx(100 * first.max())
    axes = page_checks.axes_of(figure, "links")
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"gpu-{i}" for i in range(8)]


def test_load_colours_start_at_zero_and_are_viridis(rack):
    mesh = mesh_of(rack)
    assert mesh.get_cmap().name == "viridis"
    assert mesh.norm.vmin == 0.0
    assert mesh.norm.vmax >= mesh.get_array().max()


def test_a_link_of_an_unknown_gpu_is_named():
    tree = panel_trees.three_boxes()
    tree["topology"]["link_gpu"].values[:1] = "compute-01/gpu-9"
    with pytest.raises(ValueError, match="the GPU of a link 'compute-01/gpu-9' is not in /thermal"):
        flat_panel(tree)


# --- d: bus


def test_bus_sections_reach_from_slot_to_slot_with_their_signed_current(rack):
    tree = panel_trees.gb300()
    power = tree["power"]
    (bars,) = polygons(page_checks.axes_of(rack, "bus"))
    corners = np.array([path.vertices[:4] for path in bars.get_paths()])
    assert corners[:, 1, 0] == pytest.approx(power.bus_section_current.values)
    assert corners[:, 0, 1].tolist() == power.section_top_slot.values.tolist()
    assert corners[:, 2, 1].tolist() == power.section_bottom_slot.values.tolist()
    assert corners[:, 1, 0].min() < 0 < corners[:, 1, 0].max(), "fed from both ends"


def test_only_sections_above_the_rating_are_red(small):
    (bars,) = polygons(page_checks.axes_of(small, "bus"))
    assert [to_hex(colour) for colour in bars.get_facecolor()] == [LIGHT.alert, LIGHT.copper]


def test_the_rating_is_drawn_on_both_sides_and_named(small):
    axes = page_checks.axes_of(small, "bus")
    dashed = sorted(line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--")
    assert dashed == [-80.0, 80.0]
    assert "rated 80 A" in page_checks.words(small)
    low, high = axes.get_xlim()
    assert low == -high and high > 90.0


def test_without_a_rating_no_line_is_drawn_and_nothing_is_red():
    tree = panel_trees.three_boxes()
    tree["power"].attrs = {}
    axes = page_checks.axes_of(flat_panel(tree), "bus")
    assert [line.get_xdata()[0] for line in axes.lines] == [0.0]
    assert {to_hex(c) for c in polygons(axes)[0].get_facecolor()} == {LIGHT.copper}


def test_the_largest_section_is_written_beside_it_on_the_free_side(small):
    (label,) = [t for t in page_checks.axes_of(small, "bus").texts if t.get_text() == "90\u00a0A"]
    assert label.xy == (0, 1.5)
    assert label.get_horizontalalignment() == "right"


def test_of_equal_sections_the_uppermost_is_written_whatever_the_round_off():
    tree = panel_trees.three_boxes()
    tree["power"]["bus_section_current"].values[:] = [90.0, -90.0 - 1e-9]
    (label,) = [t for t in page_checks.axes_of(flat_panel(tree), "bus").texts if t.get_text() == "90\u00a0A"]
    assert label.xy == (0, 1.5)


def test_voltages_stand_at_the_slots_of_their_trays_in_any_order():
    tree = panel_trees.three_boxes()
    tree["power"] = type(tree)(tree["power"].to_dataset().isel(tray=[1, 0]))
    (dots,) = page_checks.axes_of(flat_panel(tree), "voltage").lines
    assert dict(zip(dots.get_ydata(), dots.get_xdata(), strict=True)) == {2: 49.96, 3: 49.95}


def test_a_switch_tray_is_a_grey_band_behind_every_column(small):
    image = page_checks.draw(small)
    for name in ("heat", "bus"):
        axes = page_checks.axes_of(small, name)
        right = axes.get_xlim()[1]
        band, paper = (page_checks.pixel(small, image, axes, right * 0.92, y) for y in (3.3, 2.4))
        assert tuple(band) == pytest.approx(to_rgba(LIGHT.band), abs=1 / 255)
        assert tuple(paper) == pytest.approx(to_rgba(LIGHT.paper), abs=1 / 255)
