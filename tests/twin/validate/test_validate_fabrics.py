"""Row N8 passes where it has a verdict, and rejects a routing that is not even."""

import numpy as np
import pytest

from topology import multitier
from topology.spray import spread, to_go
from twin.validate import fabrics
from twin.validate.fabrics import n8


@pytest.fixture
def few_seeds(monkeypatch):
    monkeypatch.setattr(fabrics, "SEEDS", 3)


def test_even_split_is_exactly_one_and_the_others_are_printed_beside_it(few_seeds):
    rows = n8(None)
    even = [item for item in rows if item.passed is not None]
    assert [(item.ours, item.passed, item.tolerance) for item in even] == [(1.0, True, "exact")] * 2
    single = [item.ours for item in rows if item.case.endswith("single path")]
    assert [round(value, 2) for value in single] == [3.20, 14.11]
    hashed = [item.ours for item in rows if "ECMP" in item.case]
    assert all(1.0 < value < 3.2 for value in hashed)


def test_a_split_that_prefers_some_links_is_rejected(few_seeds, monkeypatch):
    def uneven(ways, demand):
        weight = np.where(np.arange(ways.bundles.tail.size) % 2, 1.0, 1.5)
        return spread(ways, weight, to_go(ways, weight, by_path=False), demand)

    monkeypatch.setattr(multitier, "even_loads", uneven)
    assert {item.passed for item in n8(None) if "even split" in item.case} == {False}
