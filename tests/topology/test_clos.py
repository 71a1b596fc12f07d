"""Structure of folded Clos networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.clos import SCALE_OUT, Clos, LinkType, clos_links

THREE = {"endpoints_per_leaf": 2, "leaves_per_pod": 2, "spines_per_pod": 2, "pods": 4, "cores_per_spine": 2, "radix": 4}


def test_a_fat_tree_of_four_ports_has_eight_leaves_eight_spines_and_four_cores():
    tree = Clos(endpoints=16, **THREE)
    assert (tree.leaves, tree.spines, tree.cores, tree.oversubscription) == (8, 8, 4, 1.0)


def test_oversubscription_is_that_of_the_worst_tier():
    leaf = {"endpoints_per_leaf": 6, "leaves_per_pod": 4, "spines_per_pod": 2, "radix": 64}
    assert Clos(endpoints=24, **leaf).oversubscription == 3.0
    assert Clos(endpoints=48, pods=2, cores_per_spine=2, **leaf).oversubscription == 6.0
    assert Clos(endpoints=4, endpoints_per_leaf=4, radix=4).oversubscription == 1.0


def test_rails_put_equal_places_of_all_hosts_on_one_leaf():
    clos = Clos(endpoints=16, endpoints_per_leaf=2, leaves_per_pod=8, spines_per_pod=2, rails=4, radix=16)
    assert clos.leaf_of.tolist() == [0, 2, 4, 6] * 2 + [1, 3, 5, 7] * 2


def test_without_rails_leaves_are_filled_one_after_the_other():
    assert Clos(endpoints=15, **THREE).leaf_of.tolist() == [i // 2 for i in range(15)]


def test_links_of_two_leaves_and_two_spines_in_two_planes_by_hand():
    clos = Clos(endpoints=4, endpoints_per_leaf=2, leaves_per_pod=2, spines_per_pod=2, planes=2, radix=4)
    tail, head, plane = clos_links(clos)
    assert tail.tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    assert head.tolist() == [4, 5, 6, 7, 4, 5, 6, 7]
    assert plane.tolist() == [0, 1] * 4


@given(
    shape=st.fixed_dictionaries(
        {
            "endpoints_per_leaf": st.integers(1, 4),
            "leaves_per_pod": st.integers(1, 4),
            "spines_per_pod": st.integers(1, 3),
            "pods": st.integers(1, 4),
            "cores_per_spine": st.integers(1, 3),
            "leaf_links": st.integers(1, 2),
            "core_links": st.integers(1, 2),
            "planes": st.integers(1, 3),
        }
    )
)
def test_every_switch_has_the_links_its_structure_says(shape):
    clos = Clos(endpoints=2, radix=64, **(shape | {"endpoints_per_leaf": shape["endpoints_per_leaf"] + 1}))
    tail, head, plane = clos_links(clos)
    up, down = np.bincount(tail, minlength=head.max() + 1), np.bincount(head)
    tiers = np.cumsum([clos.leaves, clos.spines, clos.cores]) * clos.planes
    assert head.max() + 1 == tiers[-1]
    assert set(up[: tiers[0]]) == {clos.spines_per_pod * clos.leaf_links}
    assert set(up[tiers[0] : tiers[1]]) == {clos.cores_per_spine * clos.core_links}
    assert set(down[tiers[0] : tiers[1]]) == {clos.leaves_per_pod * clos.leaf_links}
    assert set(down[tiers[1] :]) == {clos.pods * clos.core_links}
    assert np.array_equal(tail % clos.planes, plane)
    assert np.array_equal(head % clos.planes, plane)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radix": 3}, "Clos.radix = 3: radix exceeded, a leaf needs 4 ports"),
        ({"leaves_per_pod": 3}, "radix exceeded, a spine needs 5 ports"),
        ({"pods": 5}, "radix exceeded, a core needs 5 ports"),
        ({"cores_per_spine": 0}, "4 pods are not connected"),
        ({"spines_per_pod": 0}, "cores need spines"),
        ({"rails": 3}, "must divide leaves_per_pod = 2"),
        ({"endpoints": 17}, "radix exceeded, the leaves have ports for 16"),
        ({"planes": 0}, "Clos.planes = 0: must be >= 1"),
    ],
)
def test_an_impossible_structure_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        Clos(**({"endpoints": 16} | THREE | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"bandwidth": 0.0}, "must be > 0 B/s"), ({"medium": "glass"}, "must be one of"), ({"length": -1.0}, ">= 0 m")],
)
def test_an_impossible_link_is_refused(changes, message):
    fine = {"bandwidth": 1e9, "medium": "copper", "length": 1.0, "electronics": 0.0, "pairs": 1}
    with pytest.raises(ValueError, match=message):
        LinkType(**(fine | changes))


def test_latency_of_a_link_is_electronics_and_flight():
    assert SCALE_OUT.latency == pytest.approx(250e-9 + 20 * 4.95e-9)
