"""The rack as glTF: shapes where the result puts them, closed, coloured by part, valid for the Khronos validator."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
import trimesh
from page_trees import BOXES, TUBES, three_boxes_with_shapes

from viz import style
from viz.pages.fields import fields, ramp
from viz.pages.glb import gltf
from viz.pages.parts import parts_of, places
from viz.pages.shapes import Shape, cable_shape, cables, gltf_axes, shapes, tubes

X_AXIS = np.array([1.0, 0.0, 0.0])


@pytest.fixture(scope="module")
def tree():
    return three_boxes_with_shapes()


@pytest.fixture(scope="module")
def meshes(tree):
    return shapes(tree, parts_of(tree))


def read_back(data):
    return trimesh.load(io.BytesIO(data), file_type="glb").geometry


def volume(shape: Shape) -> float:
    """By the divergence theorem: positive where faces look outward."""
    a, b, c = (shape.vertex[shape.face[:, i]] for i in range(3))
    return float(np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6)


# Shapes


def test_a_box_has_its_volume_and_faces_outward(meshes):
    assert volume(meshes["gpu"]) == pytest.approx(2 * 0.07 * 0.07 * 0.02, rel=1e-9)
    inside_out = meshes["gpu"]._replace(face=meshes["gpu"].face[:, ::-1])
    assert volume(inside_out) < 0


def test_a_tray_is_a_floor_and_four_walls_of_sheet(meshes):
    sheet, (wide, deep, high) = 0.0015, BOXES["compute-01"][2]
    assert volume(meshes["compute tray"]) == pytest.approx(sheet * (wide * deep + 2 * deep * high + 2 * wide * high))


def test_every_box_stands_where_the_result_puts_it(meshes):
    for name, (kind, centre, size) in BOXES.items():
        shape, number = meshes[kind], list(BOXES).index(name)
        own = shape.vertex[shape.part == number]
        middle = gltf_axes(np.array(centre))
        assert (own.max(axis=0) + own.min(axis=0)) / 2 == pytest.approx(middle, abs=1e-12)
        assert np.ptp(own, axis=0) == pytest.approx(np.array(size)[[0, 2, 1]])


def test_up_is_up_and_the_rear_is_behind():
    assert gltf_axes(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 3.0, -2.0]


def test_a_tube_keeps_its_radius_through_a_bend():
    line = np.array([[[0, 0, 0], [0, 1, 0], [0, 1, 1]]], dtype=float)
    shape = tubes(line, np.array([0.1]), X_AXIS, 12, np.array([0]))
    to_rack = np.stack([shape.vertex[:, 0], -shape.vertex[:, 2], shape.vertex[:, 1]], -1).reshape(3, 12, 3)
    first_leg = np.hypot(to_rack[:2, :, 0], to_rack[:2, :, 2])
    second_leg = np.hypot(to_rack[1:, :, 0], to_rack[1:, :, 1] - 1)
    assert first_leg == pytest.approx(0.1)
    assert second_leg == pytest.approx(0.1)


@pytest.mark.parametrize("kind", ["supply", "return hose", "gpu", "compute tray", "busbar"])
def test_normals_are_unit_and_on_the_side_the_faces_look_to(meshes, kind):
    shape = meshes[kind]
    assert np.linalg.norm(shape.normal, axis=1) == pytest.approx(1.0)
    a, b, c = (shape.vertex[shape.face[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    assert (np.einsum("fi,fi->f", face, shape.normal[shape.face[:, 0]]) >= -1e-15).all()


def test_all_cables_are_one_mesh_with_the_part_of_their_link(tree):
    parts = parts_of(tree)
    shape = cable_shape(cables(tree, parts), 4)
    assert len(shape.vertex) == 5 * 4 * 4
    assert len(shape.face) == 5 * 3 * 4 * 2
    assert sorted(set(shape.part.tolist())) == parts.of("link").tolist()


def test_hoses_belong_to_their_tray(tree):
    parts = parts_of(tree)
    (hose,) = parts.of("supply hose")
    assert parts.name[parts.tray[hose]] == "compute-01"
    assert list(parts.name[parts.of("supply", "return")]) == ["supply header", "return header"]
    assert set(TUBES) <= set(parts.name.tolist())


def test_cables_of_unequal_node_count_are_refused(tree):
    wrong = tree.copy(deep=True)
    wrong["geometry"]["tube_node_count"][0] = 3
    with pytest.raises(ValueError, match="tube_node_count differs"):
        cables(wrong, parts_of(wrong))


# The file


def test_the_file_holds_every_kind_and_reads_back_with_its_parts(tree):
    found = read_back(gltf(tree))
    assert set(found) == {kind for kind, *_ in BOXES.values()} | {
        "board", "cable", "supply", "return", "supply hose", "return hose",
    }  # fmt: skip
    parts = parts_of(tree)
    assert set(found["gpu"].vertex_attributes["_PART"].ravel()) == set(parts.of("gpu"))
    assert found["gpu"].bounds == pytest.approx(np.array([[0.165, 0.19, -0.435], [0.435, 0.21, -0.365]]), abs=1e-6)


def test_the_same_result_gives_the_same_bytes(tree):
    assert gltf(tree, "load") == gltf(tree, "load")


def to_srgb(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_parts_wear_the_colour_of_their_value_and_grey_without_one(tree):
    parts, look = parts_of(tree), style.theme("light")
    field = fields(tree, parts, places(tree, parts))["temperature"]
    found = read_back(gltf(tree, "temperature"))
    for kind in ("gpu", "compute tray"):
        mesh = found[kind]
        for number in parts.of(kind):
            corner = np.flatnonzero(mesh.vertex_attributes["_PART"].ravel() == number)[0]
            shown = to_srgb(mesh.visual.vertex_attributes["color"][corner, :3] / 255)
            share = (field.values[number] - field.low) / (field.high - field.low)
            stops = ramp("temperature", look)
            wanted = look.neutral if np.isnan(share) else stops[round(share * (len(stops) - 1))]
            target = np.array([int(wanted[i : i + 2], 16) for i in (1, 3, 5)]) / 255
            assert shown == pytest.approx(target, abs=0.05)  # one stop of the ramp, and 8 bit of linear light


def test_an_unknown_colour_is_refused_with_those_there_are(tree):
    with pytest.raises(ValueError, match="colour = 'smell': must be one of load, temperature, headroom, current"):
        gltf(tree, "smell")


def test_a_result_without_shapes_is_refused(tree):
    with pytest.raises(ValueError, match="no group /geometry"):
        gltf(tree.drop_nodes("geometry"))


def test_a_chip_without_a_box_is_refused(tree):
    wrong = tree.copy(deep=True)
    wrong["geometry"]["box_name"][2] = "lost"
    with pytest.raises(ValueError, match="no part 'compute-01/gpu-0' in /geometry"):
        gltf(wrong)


_CHECK = """
const validator = require("gltf-validator");
const bytes = new Uint8Array(require("fs").readFileSync(0));
validator.validateBytes(bytes).then((report) => console.log(JSON.stringify(report.issues)));
"""


@pytest.fixture(scope="module")
def validate():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node: apt-get install nodejs npm, then npm install --global gltf-validator")

    def run(data):
        root = subprocess.run(["npm", "root", "--global"], capture_output=True, text=True, check=True).stdout.strip()
        script = f"module.paths.push({json.dumps(root)}, ...(process.env.NODE_PATH ?? '').split(':'));{_CHECK}"
        done = subprocess.run([node, "-e", script], input=data, capture_output=True, check=False)
        if b"Cannot find module 'gltf-validator'" in done.stderr:
            pytest.skip("no gltf-validator: npm install --global gltf-validator")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return run


def test_the_khronos_validator_finds_neither_errors_nor_warnings(tree, validate):
    issues = validate(gltf(tree))
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_the_khronos_validator_rejects_a_face_that_names_no_vertex(tree, validate):
    good = gltf(tree)
    text = good[20 : 20 + int.from_bytes(good[12:16], "little")]
    accessor = json.loads(text)["accessors"][0]
    wrong = good.replace(f'"count":{accessor["count"]}'.encode(), f'"count":{accessor["count"] + 3}'.encode(), 1)
    assert len(wrong) == len(good)
    assert validate(wrong)["numErrors"] > 0
