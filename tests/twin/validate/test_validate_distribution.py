"""Row P2 passes, and rejects mutants of the load flow and of the layout."""

import pytest

from power import distribution
from power.feeders import Cable
from twin.validate.distribution import p2, racks


def failed(rows):
    return {item.case for item in rows if item.passed is False}


def test_a_thousand_racks_lose_what_is_published():
    assert failed(p2(None)) == set()


@pytest.mark.parametrize(
    ("field", "factor", "cases"),
    [
        ("branch_loss", 1 + 1e-5, {"losses by element over the total", "largest imbalance of a node"}),
        ("node_voltage", 1 + 1e-7, {"1 000 racks, lowest voltage"}),
        ("utility_power", 1 + 1e-8, {"1 000 racks, loss", "losses by element over the total"}),
        ("feed_power", 1 + 1e-6, {"1 000 racks, loss", "losses by element over the total"}),
    ],
)
def test_a_small_error_in_any_result_fails(monkeypatch, field, factor, cases):
    right = distribution.solve_feeder

    def wrong(feeder):
        found = right(feeder)
        return found._replace(**{field: factor * getattr(found, field)})

    monkeypatch.setattr(distribution, "solve_feeder", wrong)
    assert failed(p2(None)) >= cases


def star(graph):
    """Every rack at the transformer, in place of a chain."""
    for node in [name for name in graph if name.startswith("rack-")]:
        (before,) = graph.predecessors(node)
        data = graph.edges[before, node]
        graph.remove_edge(before, node)
        graph.add_edge(f"secondary-{node.split('-')[1]}", node, **data)


def thicker(graph):
    """One busway of fifty 0.1 % better."""
    graph.edges["secondary-0", "rack-0-0"]["part"] = Cable(resistance=8.09e-6, reactance=5.5e-6, rated_current=5000.0)


@pytest.mark.parametrize("change", [star, thicker])
def test_another_layout_is_another_feeder(monkeypatch, change):
    graph = racks()
    change(graph)
    monkeypatch.setattr("twin.validate.distribution.racks", lambda: graph)
    assert "1 000 racks, loss" in failed(p2(None))
