"""Pictures of three boxes against stored ones: two fixed cameras, no text, and mutants that must be told from them.

Drawn without ambient occlusion, which differs between versions of the renderer; so what is left of a difference is
rounding of colours and edges. After a change that is meant to be seen, look at what
`python tests/viz/test_scene_reference.py` writes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scene_trees
from matplotlib.image import imread, imsave

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz import style, window
from viz.scenes import compose, stage

LIGHT = style.THEMES["light"]
FOLDER = Path(__file__).parent / "reference"
VIEWS = ("rear", "section")
SIZE = (300, 225)
BLOCK = 5  # pixels along the squares whose means are compared: how an edge was rounded is lost in them
MEAN = 0.8  # of 255; nine or sixteen samples for a pixel, instead of four, make at most 0.6
VISIBLE = 24  # of 255, by which a square must differ to count
SHARE = 0.003  # of all squares; other samples make 0, the least of the mutants 0.006
MOST_BYTES = 40_000

missing = window.problem()
needs_window = pytest.mark.skipif(missing is not None, reason=f"3-D pictures are not compared: {missing}")


def shot(tree, name):
    """A view on white (height, width, 3), 0 to 255, by the camera of the three boxes as they are."""
    view = stage.make_view(tree, name, None, LIGHT)
    drawn = tuple(layer for layer in view.layers if layer.name != "plugs")  # in one plane with the trays: either shows
    lens = stage.make_view(scene_trees.three_boxes(), name, None, LIGHT).lens(SIZE[0] / SIZE[1])
    found = compose.shoot(view._replace(shade=0.0, layers=drawn), LIGHT, SIZE, lens).astype(float)
    cover = found[..., 3:] / 255
    return cover * found[..., :3] + 255 * (1 - cover)


def place_of(name):
    return FOLDER / f"three-boxes-{name}.png"


def reference(name):
    return 255.0 * imread(place_of(name))[..., :3]


def coarse(image):
    """Means over squares."""
    high, wide = image.shape[0] // BLOCK, image.shape[1] // BLOCK
    return image.reshape(high, BLOCK, wide, BLOCK, 3).mean(axis=(1, 3))


def distance(one, other):
    """Mean difference of the colours, of 255; share of the picture that differs visibly."""
    apart = np.abs(coarse(one) - coarse(other))
    return float(apart.mean()), float((apart.max(axis=2) > VISIBLE).mean())


def alike(one, other):
    mean, share = distance(one, other)
    return mean <= MEAN and share <= SHARE


def moved(box):
    """The tree with one box moved to the right by half its size."""
    tree = scene_trees.three_boxes()
    at = list(tree["geometry"].box_name.values).index(box)
    tree["geometry"]["box_centre"].values[at, 0] += tree["geometry"]["box_size"].values[at, 0] / 2
    return tree


@needs_window
@pytest.mark.parametrize("name", VIEWS)
def test_the_picture_is_the_stored_one(name):
    mean, share = distance(shot(scene_trees.three_boxes(), name), reference(name))
    assert mean <= MEAN
    assert share <= SHARE


@needs_window
@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("rear", "shelf-1"),
        ("rear", "bus-section-1"),
        ("section", "compute-01"),
        ("section", "compute-01/gpu-1"),
        ("section", "switch-1/asic-0"),
    ],
)
def test_a_box_moved_by_half_its_size_is_seen(name, box):
    assert not alike(shot(moved(box), name), reference(name))


@needs_window
def test_a_colour_range_half_as_long_again_is_seen(monkeypatch):
    painters = stage.VIEWS["section"][1]
    right = painters["temperature"]

    def stretched(tree, look):
        paint = right(tree, look)
        low, high = paint.scale
        return paint._replace(scale=(low, high + (high - low) / 2))

    monkeypatch.setitem(painters, "temperature", stretched)
    assert not alike(shot(scene_trees.three_boxes(), "section"), reference("section"))


@needs_window
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("samples", [3, 4])
def test_another_number_of_samples_for_a_pixel_is_no_other_picture(name, samples, monkeypatch):
    monkeypatch.setattr(compose, "_OVER", samples)
    assert alike(shot(scene_trees.three_boxes(), name), reference(name))


def test_the_stored_pictures_are_small_and_no_two_are_alike():
    assert all(place_of(name).stat().st_size < MOST_BYTES for name in VIEWS)
    assert not alike(reference("rear"), reference("section"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for view in VIEWS:
        imsave(place_of(view), shot(scene_trees.three_boxes(), view).round().astype(np.uint8))
