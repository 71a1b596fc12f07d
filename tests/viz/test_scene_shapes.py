"""Meshes by hand: boxes, tubes, lines, cuts; every cell knows its part."""

import numpy as np
import pytest

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz.scenes import shapes

UNIT = np.array([[0.0, 0.0, 0.0]]), np.array([[1.0, 2.0, 3.0]])


def outward(mesh):
    """Volume by the divergence theorem: positive where all faces turn outward."""
    faces = mesh.triangulate()
    corners = faces.points[faces.faces.reshape(-1, 4)[:, 1:]].astype(float)
    return np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6


def test_a_box_has_its_edge_lengths_its_volume_and_faces_that_turn_outward():
    mesh = shapes.box_mesh(*UNIT)
    assert mesh.n_cells == 6
    np.testing.assert_allclose(mesh.bounds, (-0.5, 0.5, -1.0, 1.0, -1.5, 1.5))
    assert outward(mesh) == pytest.approx(6.0)


def test_the_outward_check_sees_a_face_that_is_turned():
    mesh = shapes.box_mesh(*UNIT)
    faces = mesh.faces.reshape(-1, 5).copy()
    faces[0, 1:] = faces[0, :0:-1]
    mesh.faces = faces.ravel()
    assert outward(mesh) != pytest.approx(6.0)


def test_a_bevelled_box_loses_its_edges_and_corners_and_faces_outward():
    """Twelve edges lose prisms of bevel²/2, eight corners all but a tetrahedron of bevel³/6."""
    bevel, lengths = 0.1, np.array([1.0, 2.0, 3.0])
    mesh = shapes.box_mesh(*UNIT, bevel=bevel)
    assert mesh.n_cells == 26
    np.testing.assert_allclose(mesh.bounds, (-0.5, 0.5, -1.0, 1.0, -1.5, 1.5))
    assert mesh.clean().n_open_edges == 0
    prisms = 4 * (lengths - 2 * bevel).sum() * bevel**2 / 2
    corners = 8 * (bevel**3 - bevel**3 / 6)
    assert outward(mesh) == pytest.approx(6.0 - prisms - corners, rel=1e-6)


def test_a_bevel_is_at_most_three_tenths_of_the_shortest_edge():
    mesh = shapes.box_mesh(*UNIT, bevel=1.0)
    assert np.abs(mesh.points[:, 0]).min() == pytest.approx(0.5 - 0.3)


def test_every_cell_of_many_boxes_carries_the_number_of_its_box():
    centre = np.arange(12.0).reshape(4, 3)
    mesh = shapes.box_mesh(centre, np.ones((4, 3)))
    np.testing.assert_array_equal(np.bincount(mesh.cell_data[shapes.PART]), [6] * 4)
    middle = mesh.cell_centers().points
    for part in range(4):
        np.testing.assert_allclose(middle[mesh.cell_data[shapes.PART] == part].mean(axis=0), centre[part], atol=1e-6)


def test_a_straight_tube_has_the_volume_of_its_prism():
    mesh = shapes.tube_mesh(np.array([[0, 0, 0], [0, 0, 2.0]]), np.array([2]), np.array([0.5]), sides=6)
    area = 6 / 2 * 0.5**2 * np.sin(np.pi / 3)
    assert abs(outward(mesh)) == pytest.approx(2 * area, rel=1e-6)


def test_a_bend_is_mitred_so_that_the_tube_keeps_its_section():
    path = np.array([[0, 0, 0], [0, 2.0, 0], [0, 2.0, 3.0]])
    mesh = shapes.tube_mesh(path, np.array([3]), np.array([0.25]), sides=4)
    area = 4 / 2 * 0.25**2  # a square whose half diagonal is the radius
    assert abs(outward(mesh)) == pytest.approx(5.0 * area, rel=1e-6)


def test_tubes_are_one_mesh_and_keep_their_numbers():
    point = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1.0]])
    mesh = shapes.tube_mesh(point, np.array([2, 3]), np.array([0.1, 0.2]))
    np.testing.assert_array_equal(np.bincount(mesh.cell_data[shapes.PART]), [1 * 5 + 2, 2 * 5 + 2])
    assert mesh.n_points == 5 * 5
    np.testing.assert_allclose(np.linalg.norm(mesh.point_data.active_normals, axis=1), 1.0, rtol=1e-6)


def test_lines_join_their_own_points_only():
    point = np.array([[0, 0, 0], [0, 0, 1], [5, 0, 0], [5, 1, 0], [5, 1, 1.0]])
    mesh = shapes.line_mesh(point, np.array([2, 3]))
    assert mesh.n_lines == 2
    np.testing.assert_allclose(mesh.compute_cell_sizes()["Length"], [1.0, 2.0])


def test_a_cut_box_keeps_what_is_behind_and_a_box_in_front_goes():
    centre = np.array([[0, 0, 0], [0, 5.0, 0], [0, -5.0, 0]])
    middle, size, kept = shapes.cut_boxes(centre, np.full((3, 3), 2.0), 0.5)
    np.testing.assert_array_equal(kept, [0, 1])
    np.testing.assert_allclose(middle[:, 1], [0.75, 5.0])
    np.testing.assert_allclose(size[:, 1], [0.5, 2.0])


def test_a_cut_polyline_ends_where_it_meets_the_plane():
    point = np.array([[0, 2.0, 0], [0, 0, 0], [3, 0, 0], [1, 3.0, 0], [1, 4.0, 0]])
    cut, count, kept = shapes.cut_tubes(point, np.array([3, 2]), 0.5)
    np.testing.assert_array_equal(kept, [0, 1])
    np.testing.assert_array_equal(count, [2, 2])
    np.testing.assert_allclose(cut[:, 1], [2.0, 0.5, 3.0, 4.0])


def test_a_polyline_in_front_of_the_plane_goes_and_its_neighbours_stay():
    point = np.array([[0, 0, 0], [0, 0.1, 0], [1, 3.0, 0], [1, 4.0, 0]])
    _, count, kept = shapes.cut_tubes(point, np.array([2, 2]), 0.5)
    np.testing.assert_array_equal(kept, [1])
    np.testing.assert_array_equal(count, [2])


def test_an_open_tray_has_floor_sides_and_back_inside_its_outline():
    centre, size = shapes.shell_boxes(*UNIT, wall=0.1)
    low, high = centre - size / 2, centre + size / 2
    assert len(centre) == 4
    assert (low >= -UNIT[1] / 2 - 1e-12).all()
    assert (high <= UNIT[1] / 2 + 1e-12).all()
    np.testing.assert_allclose(size.min(axis=1), 0.1)
