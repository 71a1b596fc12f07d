"""Nets: by hand, against the manifold, pumps, conservation, closed edges."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.checks import DidNotConverge
from thermal.hydraulics import BranchLaw
from thermal.network_flow import network, solve_network
from thermal.pipes import Pipe, Resistance, drop_of, resistances


def path(quadratic, laminar=0.0):
    a, b = np.broadcast_arrays(np.asarray(quadratic, float), np.asarray(laminar, float))
    none = np.zeros(a.shape)
    return Resistance(a, b, none, none, none)


def imbalance(net, flow, injection=0.0):
    out = np.zeros((*flow.shape[:-1], len(net.names)))
    for edge in range(net.tail.size):
        out[..., net.tail[edge]] += flow[..., edge]
        out[..., net.head[edge]] -= flow[..., edge]
    return np.abs(out - injection).max()


def test_a_pump_and_its_pipe_by_hand():
    # 1e5 - 2e4 m^2 = 3e4 m^2 + 5e4 m: m = 1
    found = solve_network(network([("a", "b"), ("b", "a")]), path([2e4, 3e4], [0.0, 5e4]), pressure_rise=[1e5, 0.0])
    assert found.mass_flow == pytest.approx([1.0, 1.0], rel=1e-12)
    assert found.pressure == pytest.approx([0.0, 8e4], rel=1e-12)


def test_two_pumps_in_parallel_share_and_lift_the_flow():
    net = network([("in", "out"), ("in", "out"), ("out", "in")])
    both = solve_network(net, path([2e4, 2e4, 3e4]), pressure_rise=[1e5, 1e5, 0.0])
    one = solve_network(net, path([2e4, np.inf, 3e4]), pressure_rise=[1e5, 1e5, 0.0])
    assert both.mass_flow == pytest.approx(np.sqrt(1e5 / 3.5e4) * np.array([0.5, 0.5, 1.0]), rel=1e-10)
    assert one.mass_flow == pytest.approx(np.sqrt(2.0) * np.array([1.0, 0.0, 1.0]), rel=1e-10)


def test_a_balanced_bridge_carries_nothing():
    net = network([("s", "l"), ("s", "r"), ("l", "t"), ("r", "t"), ("l", "r")])
    into = [2.0, 0.0, 0.0, -2.0]
    for laminar in (0.0, 1e3):
        found = solve_network(net, path([1e5, 1e5, 3e5, 3e5, 2e4], laminar), into)
        assert found.mass_flow == pytest.approx([1, 1, 1, 1, 0], abs=1e-6)
    tilted = solve_network(net, path([1e5, 1.1e5, 3e5, 3e5, 2e4]), into)
    assert tilted.mass_flow[4] > 1e-3


def test_laminar_nets_are_linear_circuits():
    graph = nx.random_regular_graph(3, 20, seed=1)
    net = network(graph.edges())
    g = np.random.default_rng(2).uniform(1e-4, 1e-2, net.tail.size)
    weighted = nx.Graph()
    weighted.add_weighted_edges_from((*edge, value) for edge, value in zip(graph.edges(), g, strict=True))
    laplacian = nx.laplacian_matrix(weighted, nodelist=net.names).toarray()
    q = np.zeros(20)
    q[[3, 11]] = 1.0, -1.0
    pressure = np.linalg.pinv(laplacian) @ q
    found = solve_network(net, path(0.0, 1 / g), q)
    assert found.pressure == pytest.approx(pressure - pressure[0], rel=1e-9, abs=1e-9 * np.ptp(pressure))


@given(seed=st.integers(0, 10_000), spread=st.floats(0.0, 3.0))
@settings(max_examples=40, deadline=None)
def test_any_net_keeps_its_mass_and_its_pressures(seed, spread):
    rng = np.random.default_rng(seed)
    graph = nx.connected_watts_strogatz_graph(int(rng.integers(4, 30)), 3, 0.4, seed=seed)
    net = network(graph.edges())
    edges, nodes = net.tail.size, len(net.names)
    law = path(10 ** rng.uniform(4 - spread, 4 + spread, edges), 10 ** rng.uniform(0, 3, edges))
    q = rng.normal(size=(2, nodes))
    q -= q.mean(axis=-1, keepdims=True)
    rise = 1e5 * (rng.random(edges) < 0.2)
    found = solve_network(net, law, q, rise)
    assert imbalance(net, found.mass_flow, q) <= 1e-12 * np.abs(found.mass_flow).max()
    fall = found.pressure[:, net.tail] - found.pressure[:, net.head]
    drop = drop_of(law, found.mass_flow)[0]
    assert fall + rise == pytest.approx(drop, abs=1e-9 * np.abs(drop).max())


def test_relabelling_the_nodes_changes_nothing():
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "d"), ("d", "c")]
    law, rise = path([1e4, 2e4, 3e4, 4e4, 5e4], 10.0), np.array([1e5, 0, 0, 0, 0])
    there = solve_network(network(edges), law, pressure_rise=rise).mass_flow
    order = [3, 0, 4, 2, 1]
    here = solve_network(network([edges[i] for i in order]), Resistance(*(v[order] for v in law)), 0.0, rise[order])
    assert here.mass_flow == pytest.approx(there[order], rel=1e-10)


def test_pipes_of_both_frictions_and_a_batch_of_liquids():
    kinds = [
        Pipe(length=5.0, diameter=0.05, roughness=1e-5, loss_coefficient=2.0),
        Pipe(length=5.0, diameter=0.05, roughness=1e-5, loss_coefficient=2.0, friction="nikuradse"),
        BranchLaw(1e7, 1e8),
    ]
    net = network([("a", "b"), ("a", "b"), ("b", "a")])
    law = resistances(kinds, np.array([990.0, 970.0]), np.array([6e-4, 3e-4]))
    found = solve_network(net, law, pressure_rise=[0.0, 0.0, 5e4])
    assert found.mass_flow.shape == (2, 3)
    drop = drop_of(law, found.mass_flow)[0]
    assert drop[:, 0] == pytest.approx(drop[:, 1], rel=1e-10)
    assert drop[:, 0] + drop[:, 2] == pytest.approx(5e4, rel=1e-10)


def test_raising_a_pump_never_lowers_its_flow():
    net = network(nx.cycle_graph(6, create_using=nx.DiGraph).edges())
    rise = np.zeros((5, 6))
    rise[:, 0] = np.linspace(1e3, 1e5, 5)
    flow = solve_network(net, path(np.full(6, 1e4), 5.0), pressure_rise=rise).mass_flow
    assert (np.diff(flow[:, 0]) > 0).all()


def test_nothing_flows_where_nothing_drives():
    found = solve_network(network([("a", "b"), ("b", "a")]), path([1e4, 1e4]))
    assert found.mass_flow == pytest.approx([0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize(
    ("solve", "message"),
    [
        (lambda: network([]), "no edges"),
        (lambda: network([("a", "a")]), "edge from 'a' to itself"),
        (lambda: solve_network(network([("a", "b")]), path([1.0]), [1.0, 0.0]), r"injections sum to 1 kg/s"),
        (lambda: solve_network(network([("a", "b"), ("c", "d")]), path([1.0, 1.0])), "nodes 'c', 'd' have no open way"),
        (lambda: solve_network(network([("a", "b"), ("b", "c")]), path([1.0, np.inf])), "nodes 'c' have no open way"),
        (lambda: solve_network(network([("a", "b")]), path([0.0])), "an edge without drop"),
        (lambda: solve_network(network([("a", "b")]), path([1.0]), 0.0, [np.nan]), "pressure rise: must be finite"),
    ],
)
def test_nets_that_cannot_be_solved_are_refused(solve, message):
    with pytest.raises(ValueError, match=message):
        solve()


def test_a_solver_that_gives_up_says_what_to_change(monkeypatch):
    monkeypatch.setattr("thermal.network_flow.ITERATIONS_MAX", 1)
    net = network([("a", "b"), ("a", "b"), ("b", "a")])
    with pytest.raises(DidNotConverge, match="give edges a laminar part"):
        solve_network(net, path([1e4, 7e4, 3e4]), pressure_rise=[0, 0, 1e5])
