"""A sweep is cut into blocks that cover every point once; costly fields make small ones."""

import pickle
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twin_racks import changed

from twin.couple.solve import CHUNK
from twin.spec.types import Factory
from twin.sweeps.blocks import COSTLY, costly, lengths, regions, solve_block
from twin.sweeps.grid import Points, grid

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def points(sizes: list[int], dims: str = "abcd") -> Points:
    return Points((), tuple(dims[: len(sizes)]), tuple(sizes), "")


def coverage(sizes: list[int], blocks: list[dict[str, slice]]) -> np.ndarray:
    """How many blocks each point is in."""
    times = np.zeros(sizes, int)
    for region in blocks:
        times[tuple(region.values())] += 1
    return times


@given(SIZES, st.lists(st.booleans(), min_size=4, max_size=4))
def test_blocks_cover_every_point_once_and_are_small_enough(sizes: list[int], slow: list[bool]) -> None:
    length = lengths(points(sizes), slow[: len(sizes)])
    blocks = regions(points(sizes), length)
    assert (coverage(sizes, blocks) == 1).all()
    assert prod(length.values()) <= CHUNK
    assert all(size <= COSTLY for size, heavy in zip(length.values(), slow, strict=False) if heavy)
    assert all(region[dim].start % length[dim] == 0 for region in blocks for dim in region)


def test_a_block_left_out_is_seen() -> None:
    sizes = [9, 40]
    blocks = regions(points(sizes), lengths(points(sizes), [False, False]))
    assert not (coverage(sizes, blocks[1:]) == 1).all()


@pytest.mark.parametrize(
    ("sizes", "slow", "length"),
    [
        ([100, 100], [False, False], [1, 100]),
        ([26, 20, 9], [False, False, False], [1, 10, 9]),
        ([1000], [False], [125]),
        ([1000], [True], [8]),
        ([10, 10], [True, False], [5, 10]),
    ],
)
def test_blocks_by_hand(sizes: list[int], slow: list[bool], length: list[int]) -> None:
    assert list(lengths(points(sizes), slow).values()) == length


def test_draws_are_costly_where_one_of_their_fields_is() -> None:
    sample = Points((), ("sample",), (64,), "")
    assert lengths(sample, [False, False]) == {"sample": 64}
    assert lengths(sample, [False, True]) == {"sample": COSTLY}


@pytest.mark.parametrize(
    ("path", "values", "slow"),
    [
        ("cooling.supply_temperature", "25:50:1 degC", False),
        ("load.utilization", "0:1:0.001", False),
        ("gpu.power.tdp", "1300, 1400 W", False),
        ("busbar.cross_section", [8e-4, 9e-4], False),
        ("gpu.package.tim_thickness", [1e-4, 2e-4, 3e-4], True),
        ("rack.stack.top-shelves.in_service", [True, False], True),
        ("rack.slot_pitch", [0.045, 0.046], True),
        ("traffic.pattern", ["uniform", "expert_dispatch"], True),
    ],
)
def test_what_changes_packages_or_parts_is_costly(gb300: Factory, path: str, values: object, slow: bool) -> None:
    (axis,) = grid(gb300, {path: values}).axes  # type: ignore[dict-item]
    assert costly(gb300, axis) is slow


def test_a_block_of_a_pickled_spec_is_the_block_itself(gb300: Factory) -> None:
    """What a spawned process gets: provenance as well."""
    spec = changed(gb300, {"limits.junction": 357.15})
    copy = pickle.loads(pickle.dumps(spec))
    assert copy == spec
    assert dict(copy.provenance) == dict(spec.provenance)
    task = ([[("load", "utilization")]], [(0.5,), (2.0,), (1.0,)])
    here, there = solve_block(spec, *task), solve_block(copy, *task)
    assert here["status"].tolist() == ["ok", "refused", "ok"]
    for name in here:
        np.testing.assert_array_equal(here[name], there[name])


def test_a_block_in_which_nothing_can_be_solved_is_complete(gb300: Factory) -> None:
    columns = solve_block(gb300, [[("load", "utilization")]], [(2.0,), (3.0,)])
    assert columns["status"].tolist() == ["refused", "refused"]
    assert np.isnan(columns["rack_power"]).all()
    assert columns["warnings"].tolist() == ["", ""]
