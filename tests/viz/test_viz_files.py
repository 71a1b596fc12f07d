"""Saving: all or nothing, same bytes for the same figure, three formats."""

import os

import matplotlib as mpl
import numpy as np
import page_checks
import panel_trees
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from viz import flat_panel, save


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_the_same_result_gives_the_same_bytes_whatever_the_user_has_set(tmp_path, form):
    save(flat_panel(panel_trees.three_boxes()), tmp_path / f"one.{form}")
    own = {
        "font.size": 31,
        "savefig.dpi": 30,
        "savefig.facecolor": "red",
        "svg.hashsalt": "mine",
        "svg.fonttype": "none",
    }
    with mpl.rc_context(own):
        save(flat_panel(panel_trees.three_boxes()), tmp_path / f"two.{form}")
    assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()


def test_another_result_gives_other_bytes(tmp_path):
    tree = panel_trees.three_boxes()
    save(flat_panel(tree), tmp_path / "one.png")
    tree["thermal"]["junction_temperature"].values[0] += 0.5
    save(flat_panel(tree), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(("form", "stamp"), [("png", b"matplotlib"), ("pdf", b"CreationDate"), ("svg", b"<dc:date>")])
def test_no_date_or_version_is_stored(tmp_path, form, stamp):
    figure = Figure(figsize=(1, 1))
    figure.text(0.1, 0.5, "a text")
    save(figure, tmp_path / f"panel.{form}")
    figure.savefig(tmp_path / f"stamped.{form}")
    assert stamp not in (tmp_path / f"panel.{form}").read_bytes()
    assert stamp in (tmp_path / f"stamped.{form}").read_bytes(), "the stamp looked for is one matplotlib writes"


def test_the_file_holds_the_pixels_of_the_figure(tmp_path):
    figure = flat_panel(panel_trees.three_boxes(), "dark")
    save(figure, tmp_path / "panel.png")
    assert np.abs(imread(tmp_path / "panel.png") - page_checks.draw(figure)).max() < 1 / 254


def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path):
    target = tmp_path / "rack.PNG"
    target.write_bytes(b"old")
    save(Figure(figsize=(1, 1)), target)
    assert target.read_bytes()[1:4] == b"PNG"
    assert os.listdir(tmp_path) == ["rack.PNG"]


def test_a_figure_that_fails_to_draw_leaves_the_old_file(tmp_path):
    target = tmp_path / "rack.png"
    target.write_bytes(b"old")
    figure = Figure(figsize=(1, 1))
    figure.text(0.5, 0.5, r"$\nosuchcommand$")
    with pytest.raises(ValueError, match="nosuchcommand"):
        save(figure, target)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["rack.png"]


def test_a_disk_that_fails_at_the_last_moment_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    target = tmp_path / "rack.png"
    target.write_bytes(b"old")

    def full(self, _):
        assert self.exists(), "the part is written before the old file is touched"
        raise OSError("No space left on device")

    monkeypatch.setattr(type(target), "replace", full)
    with pytest.raises(OSError, match="No space"):
        save(Figure(figsize=(1, 1)), target)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["rack.png"]


def test_a_missing_folder_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        save(Figure(figsize=(1, 1)), tmp_path / "nowhere" / "rack.png")


@pytest.mark.parametrize("name", ["rack.jpeg", "rack", "rack.png.gz"])
def test_another_suffix_is_refused_with_the_three_known_ones(tmp_path, name):
    with pytest.raises(ValueError, match=r"suffix must be one of \.png, \.pdf, \.svg"):
        save(Figure(figsize=(1, 1)), tmp_path / name)
    assert os.listdir(tmp_path) == []
