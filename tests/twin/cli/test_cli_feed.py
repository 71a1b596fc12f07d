"""The feed at the command line: its section in the table, and the one-line diagram without any OpenGL."""

import json

import numpy as np
import pytest
from cli_runs import said
from matplotlib.image import imread


@pytest.fixture(scope="module")
def exemplar(tmp_path_factory):
    """`twin run hgx-h100` on the exemplar hierarchy, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("feed") / "out"
    words = ("run", "hgx-h100", "--set", "feed=nvidia-exemplar", "--set", "feed.utility_capacity=50 kW", "--no-picture")
    return said(*words, "--out", str(folder)), folder


def line(table, label):
    return next(row for row in table.splitlines() if row.strip().startswith(label))


def test_the_table_says_what_the_summary_holds(exemplar):
    told, folder = exemplar
    summary = json.loads((folder / "summary.json").read_text())
    assert told.code == 0, told.error
    assert f"{summary['feed_power'] / 1e3:.1f} kW" in line(told.out, "at the utility")
    assert f"{100 * summary['feed_loading_max']:.0f} %" in line(told.out, "most loaded")
    assert f"{1e3 * summary['hold_up_time']:.0f} ms" in line(told.out, "hold-up of the supplies")
    assert summary["feed_loading_max_part"] == "utility"
    assert f"utility at {summary['feed_power'] / 1e3:.0f} kW, limit 50 kW" in told.out
    assert f"{summary['feed_cooling_power'] / 1e3:.2f} kW" in line(told.out, "of it for cooling")
    assert f"{summary['pue_utility']:.3f}" in line(told.out, "PUE from the utility")
    assert f"{summary['bus_modal_damping']:.4f}" in line(told.out, "damping of its modes")


def test_without_a_feed_there_is_no_section(tmp_path):
    told = said("run", "hgx-h100", "--set", "feed=none", "--no-picture", "--out", str(tmp_path / "out"))
    assert told.code == 0, told.error
    assert "at the utility" not in told.out


def test_the_one_line_diagram_is_drawn_from_the_saved_result(exemplar):
    _, folder = exemplar
    told = said("render", str(folder), "--view", "oneline", "--theme", "dark", "--size", "1000x650")
    assert told.code == 0, told.error
    picture = imread(folder / "oneline.png")
    assert picture.shape[:2] == (650, 1000)
    np.testing.assert_allclose(picture[2, 2, :3], np.array([0x11, 0x16, 0x1D]) / 255, atol=0.01)


@pytest.mark.parametrize("more", [("--view", "oneline,rear"), ("--view", "oneline", "--colour", "load")])
def test_the_one_line_diagram_stands_alone(exemplar, more):
    told = said("render", str(exemplar[1]), *more)
    assert told.code == 2
    assert "it is one drawing" in told.error
