"""The rack as boxes and tubes: every drawn part is a coordinate of the dataset, and nothing is where it cannot be."""

import numpy as np
import pytest
from twin_racks import RACKS, SYSTEMS

import twin
from twin.layout.geometry import Geometry, geometry
from twin.spec.load import load

#: Rounding of sums of a few lengths in metres.
ROUND = 1e-9


def built(system: str) -> Geometry:
    return geometry(load(system).rack)


def boxes(shape: Geometry, kinds: set[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    chosen = [i for i, kind in enumerate(shape.box_kind) if kind in kinds]
    low = shape.box_centre[chosen] - shape.box_size[chosen] / 2
    return [shape.box_name[i] for i in chosen], low, low + shape.box_size[chosen]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_box_has_a_name_of_its_own(system: str) -> None:
    shape = built(system)
    assert len(set(shape.box_name)) == len(shape.box_name)
    assert len(shape.box_name) == len(shape.box_kind) == len(shape.box_centre) == len(shape.box_size)
    assert np.all(shape.box_size > 0)


@pytest.mark.parametrize("system", SYSTEMS)
def test_boxes_are_named_as_the_coordinates_of_the_dataset(system: str) -> None:
    tree, shape = twin.solve(load(system)), built(system)
    for kinds, group, coordinate in (
        ({"gpu", "cpu", "switch"}, "thermal", "chip"),
        ({"compute tray", "switch tray"}, "power", "tray"),
        ({"shelf"}, "power", "shelf"),
    ):
        assert boxes(shape, kinds)[0] == tree[group][coordinate].values.tolist()
    sections = boxes(shape, {"busbar"})[0]
    assert len(sections) == tree["power"].sizes["bus_section"]


@pytest.mark.parametrize("system", RACKS)
def test_cables_point_at_links_of_the_dataset(system: str) -> None:
    rack, shape = load(system).rack, built(system)
    cable = [i for i, kind in enumerate(shape.tube_kind) if kind == "cable"]
    assert np.all(np.bincount(shape.tube_link[cable]) == rack.nvlink.pairs_per_link)
    assert shape.tube_link[cable].max() == rack.nvlink.link_count - 1
    assert set(np.delete(shape.tube_link, cable).tolist()) == {-1}


@pytest.mark.parametrize("system", RACKS)
def test_every_tube_has_a_name_of_its_own(system: str) -> None:
    names = built(system).tube_name
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("system", SYSTEMS)
def test_node_counts_of_the_tubes_sum_to_the_points(system: str) -> None:
    shape = built(system)
    assert shape.tube_node_count.sum() == len(shape.tube_point)
    assert np.all(shape.tube_node_count >= 2)
    assert len(shape.tube_name) == len(shape.tube_kind) == len(shape.tube_link) == len(shape.tube_radius)
    assert np.all(shape.tube_radius > 0)
    assert np.all(np.isfinite(shape.tube_point))


@pytest.mark.parametrize("system", SYSTEMS)
def test_trays_and_shelves_do_not_overlap(system: str) -> None:
    _, low, high = boxes(built(system), {"compute tray", "switch tray", "shelf"})
    order = np.argsort(low[:, 2])
    assert np.all(high[order][:-1, 2] <= low[order][1:, 2] + ROUND)


@pytest.mark.parametrize("system", SYSTEMS)
def test_chips_lie_inside_their_trays(system: str) -> None:
    shape = built(system)
    trays = {name: ends for name, *ends in zip(*boxes(shape, {"compute tray", "switch tray"}), strict=True)}
    for name, low, high in zip(*boxes(shape, {"gpu", "cpu", "switch"}), strict=True):
        tray_low, tray_high = trays[name.split("/")[0]]
        assert np.all(low >= tray_low - ROUND), name
        assert np.all(high <= tray_high + ROUND), name


@pytest.mark.parametrize("system", SYSTEMS)
def test_chips_of_a_tray_do_not_overlap(system: str) -> None:
    names, low, high = boxes(built(system), {"gpu", "cpu", "switch"})
    tray = np.array([name.split("/")[0] for name in names])
    for one in np.unique(tray):
        here = np.flatnonzero(tray == one)
        before = high[here, None, :2] <= low[None, here, :2] + ROUND
        apart = (before | before.transpose(1, 0, 2)).any(axis=2)
        assert np.all(apart | np.eye(here.size, dtype=bool)), one


@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_stands_within_the_outline_of_the_rack(system: str) -> None:
    rack, shape = load(system).rack, built(system)
    low, high = shape.box_centre - shape.box_size / 2, shape.box_centre + shape.box_size / 2
    assert np.all(low >= -ROUND)
    assert np.all(high[:, 0] <= rack.width + ROUND)
    assert np.all(high[:, 1] <= rack.depth + ROUND)
    assert np.all(shape.tube_point[:, :2] <= [rack.width, rack.depth])


@pytest.mark.parametrize("system", RACKS)
def test_sections_of_the_bar_join_end_to_end_from_slot_to_slot(system: str) -> None:
    shape = built(system)
    _, low, high = boxes(shape, {"busbar"})
    np.testing.assert_allclose(low[:-1, 2], high[1:, 2], atol=ROUND)
    _, tray_low, tray_high = boxes(shape, {"compute tray", "switch tray", "shelf"})
    middle = (tray_low + tray_high)[:, 2] / 2
    assert high[0, 2] == pytest.approx(middle.max())
    assert low[-1, 2] == pytest.approx(middle.min())


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_tray_has_a_hose_from_the_supply_header_and_one_to_the_return_header(system: str) -> None:
    shape = built(system)
    first = np.cumsum(shape.tube_node_count) - shape.tube_node_count
    begin = dict(zip(shape.tube_name.tolist(), shape.tube_point[first], strict=True))
    trays = {name: ends for name, *ends in zip(*boxes(shape, {"compute tray", "switch tray"}), strict=True)}
    for name, (low, high) in trays.items():
        for side in ("supply", "return"):
            foot = begin[f"{name}/{side}"]
            np.testing.assert_allclose(foot[:2], begin[f"{side} header"][:2], atol=ROUND)
            assert low[2] < foot[2] < high[2]


@pytest.mark.parametrize("system", SYSTEMS)
def test_hoses_stay_within_their_trays_and_clear_of_the_chips(system: str) -> None:
    shape = built(system)
    _, low, high = boxes(shape, {"gpu", "cpu", "switch"})
    end = np.cumsum(shape.tube_node_count)
    hoses = [i for i, name in enumerate(shape.tube_name) if str(name).endswith(("/supply", "/return"))]
    assert len(hoses) == 2 * sum(kind.endswith(" tray") for kind in shape.box_kind)
    for i in hoses:
        path = shape.tube_point[end[i] - shape.tube_node_count[i] : end[i]]
        share = np.linspace(0, 1, 50)[:, None, None]
        points = (path[:-1] + share * np.diff(path, axis=0)).reshape(-1, 3)
        inside = (points[:, None] > low - shape.tube_radius[i]) & (points[:, None] < high + shape.tube_radius[i])
        assert not inside.all(axis=2).any(), shape.tube_name[i]
