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
from twin.sweeps.blocks import BATCHES, lengths, regions, solve_block, together
from twin.sweeps.grid import Points, grid

#: Axes longer and shorter than a block, up to some 20 000 points: every point is looked at.
SIZES = st.lists(st.integers(1, 140), min_size=1, max_size=2) | st.lists(st.integers(1, 11), min_size=3, max_size=4)


def points(sizes: list[int], dims: str = "abcd") -> Points:
    return Points((), tuple(dims[: len(sizes)]), tuple(sizes), "")


def coverage(sizes: list[int], blocks: list[dict[str, slice]]) -> np.ndarray:
    """How many blocks each point is in."""
    times = np.zeros(sizes, int)
    for region in blocks:
        times[tuple(region.values())] += 1
    return times


@given(SIZES, st.lists(st.sampled_from([1, BATCHES, CHUNK]), min_size=4, max_size=4))
def test_blocks_cover_every_point_once_and_are_small_enough(sizes: list[int], most: list[int]) -> None:
    length = lengths(points(sizes), most[: len(sizes)])
    blocks = regions(points(sizes), length)
    assert (coverage(sizes, blocks) == 1).all()
    assert prod(length.values()) <= CHUNK
    pairs = list(zip(length.values(), most, strict=False))
    assert all(size <= values for size, values in pairs)
    assert prod(size for size, values in pairs if values < CHUNK) <= BATCHES
    assert all(region[dim].start % length[dim] == 0 for region in blocks for dim in region)


def test_a_block_left_out_is_seen() -> None:
    sizes = [9, 40]
    blocks = regions(points(sizes), lengths(points(sizes), [CHUNK, CHUNK]))
    assert not (coverage(sizes, blocks[1:]) == 1).all()


@pytest.mark.parametrize(
    ("sizes", "most", "length"),
    [
        ([100, 100], [CHUNK, CHUNK], [1, 100]),
        ([26, 20, 9], [CHUNK, CHUNK, CHUNK], [1, 10, 9]),
        ([1000], [CHUNK], [125]),
        ([1000], [BATCHES], [8]),
        ([10, 10], [BATCHES, CHUNK], [5, 10]),
        ([10, 10], [BATCHES, BATCHES], [1, 5]),
        ([10, 4], [BATCHES, BATCHES], [2, 4]),
        ([10, 10], [1, CHUNK], [1, 10]),
        ([10, 10], [1, 1], [1, 1]),
        ([10, 10, 300], [1, BATCHES, CHUNK], [1, 1, 100]),
    ],
)
def test_blocks_by_hand(sizes: list[int], most: list[int], length: list[int]) -> None:
    assert list(lengths(points(sizes), most).values()) == length


def test_draws_are_costly_where_one_of_their_fields_is() -> None:
    sample = Points((), ("sample",), (64,), "")
    assert lengths(sample, [CHUNK, CHUNK]) == {"sample": 64}
    assert lengths(sample, [CHUNK, BATCHES]) == {"sample": BATCHES}
    assert lengths(sample, [1, BATCHES]) == {"sample": 1}


@pytest.mark.parametrize(
    ("path", "values", "most"),
    [
        ("cooling.supply_temperature", "25:50:1 degC", CHUNK),
        ("load.utilization", "0:1:0.001", CHUNK),
        ("gpu.power.tdp", "1300, 1400 W", CHUNK),
        ("busbar.cross_section", [8e-4, 9e-4], CHUNK),
        ("gpu.package.tim_thickness", [1e-4, 2e-4, 3e-4], 1),
        ("rack.stack.top-shelves.in_service", [True, False], BATCHES),
        ("rack.slot_pitch", [0.045, 0.046], BATCHES),
        ("traffic.pattern", ["uniform", "expert_dispatch"], BATCHES),
    ],
)
def test_what_changes_packages_or_parts_is_costly(gb300: Factory, path: str, values: object, most: int) -> None:
    (axis,) = grid(gb300, {path: values}).axes  # type: ignore[dict-item]
    assert together(gb300, axis) == most


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


def test_what_contradicts_is_refused_and_what_finds_no_steady_state_failed(gb300: Factory) -> None:
    """Both show in the solve only; messages name what was swept."""
    lengths_of_die = [[("rack", "trays", "compute", "chips", "gpu", "package", "die_length")]]
    columns = solve_block(gb300, lengths_of_die, [(0.066,), (0.026,)])
    assert columns["status"].tolist() == ["refused", "ok"]
    path = "rack.trays.compute.chips.gpu.package.die_length"
    assert columns["message"][0].startswith(f"{path} = 0.066 m: then gb300-nvl72: Package: dies and memory take")
    over = [[("load", "utilization")], [("rack", "trays", "compute", "chips", "gpu", "package", "tim_conductivity")]]
    columns = solve_block(gb300, over, [(1.0, 1e-3), (1.0, 50.0)])
    assert columns["status"].tolist() == ["failed", "ok"]
    assert columns["message"][0].startswith("load.utilization = 1, ")
    assert "tim_conductivity = 0.001 W/(m*K): then gb300-nvl72: compute-" in columns["message"][0]


def test_a_value_refused_in_one_of_many_fields_names_the_path_that_sets_all(gb300: Factory) -> None:
    (axis,) = grid(gb300, {"rack.stack.*.in_service": ["false"]}).axes
    (text,) = solve_block(gb300, [axis.targets], [(False,)])["message"]
    assert text.startswith("rack.stack.*.in_service = false: then rack.stack.")


def test_a_block_in_which_nothing_can_be_solved_is_complete(gb300: Factory) -> None:
    columns = solve_block(gb300, [[("load", "utilization")]], [(2.0,), (3.0,)])
    assert columns["status"].tolist() == ["refused", "refused"]
    assert np.isnan(columns["rack_power"]).all()
    assert columns["warnings"].tolist() == ["", ""]
