"""One-way latency in named parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology import Latency, one_way

PARTS = {
    "endpoint": 150e-9,
    "link": 50e-9,
    "switch": 300e-9,
    "propagation": 4.6e-9,
}
TIMES = st.floats(0, 1e-3)


def adds_up(parts):
    """Whether the total is its four parts."""
    total = parts.endpoint + parts.link + parts.switch + parts.propagation
    return np.allclose(parts.total, total, rtol=1e-12, atol=0)


def test_a_path_has_two_ends_two_links_one_switch_and_its_length():
    parts = one_way(Latency(**PARTS), 1.0)
    found = [float(1e9 * part) for part in parts]
    assert found == pytest.approx([300, 100, 300, 4.6, 704.6], rel=1e-12)


def test_two_link_halves_of_250_ns_make_half_a_microsecond():
    links = Latency(**(dict.fromkeys(PARTS, 0.0) | {"link": 250e-9}))
    assert one_way(links, 3.0).total == 500e-9


def test_without_length_nothing_propagates():
    parts = one_way(Latency(**PARTS), 0.0)
    assert parts.propagation == 0
    assert parts.total == pytest.approx(700e-9, rel=1e-12)


def test_every_part_has_the_shape_of_the_lengths():
    parts = one_way(Latency(**PARTS), np.ones((3, 2)))
    assert {part.shape for part in parts} == {(3, 2)}


@given(
    values=st.lists(TIMES, min_size=4, max_size=4),
    lengths=st.lists(st.floats(0, 100), min_size=1, max_size=5),
)
def test_the_parts_add_up(values, lengths):
    assert adds_up(one_way(Latency(**dict(zip(PARTS, values, strict=True))), lengths))


def test_adding_up_rejects_a_forgotten_link_and_a_total_without_the_switch():
    parts = one_way(Latency(**PARTS), [1.0, 2.0])
    assert adds_up(parts)
    assert not adds_up(parts._replace(link=parts.link / 2))
    assert not adds_up(parts._replace(total=parts.total - parts.switch))


@given(shorter=st.floats(0, 100), more=st.floats(0, 100))
def test_a_longer_path_is_never_faster(shorter, more):
    latency = Latency(**PARTS)
    assert one_way(latency, shorter + more).total >= one_way(latency, shorter).total


@pytest.mark.parametrize("length", [-0.1, float("nan"), [1.0, -2.0]])
def test_a_negative_or_unknown_length_is_refused(length):
    with pytest.raises(ValueError, match=r"path_length = .*: must be >= 0 m and known"):
        one_way(Latency(**PARTS), length)


@pytest.mark.parametrize(("name", "unit"), [("endpoint", "s"), ("propagation", "s/m"), ("switch", "s")])
def test_a_negative_part_is_refused_by_name(name, unit):
    with pytest.raises(ValueError, match=f"Latency.{name} = -1.0: must be >= 0 {unit}$"):
        Latency(**(PARTS | {name: -1.0}))
