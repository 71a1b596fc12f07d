"""Link loads of several tiers: by hand, against all shortest paths, conserved, and indifferent to names."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import compile_fabric, even_split_loads, without_links, without_node
from topology.multitier import network_loads, network_utilization, route_loads, routes
from topology.network import compile_network, endpoints
from topology.systems import hgx, lpx_rack
from topology.tiers import dragonfly, fat_tree

TREES = {
    "fat tree": lambda: fat_tree(4),
    "two tiers": lambda: fat_tree(4, tiers=2, oversubscription=2),
    "damaged": lambda: without_links(fat_tree(4), [17, 20, 40]),
    "dragonfly": lambda: dragonfly(4, 3, endpoints=1, global_links=1, radix=8),
}


def uniform(network):
    count = endpoints(network).size
    return 1.0 - np.eye(count)


def random_traffic(network, seed):
    count = endpoints(network).size
    return np.random.default_rng(seed).random((count, count)) * (1 - np.eye(count))


def loads_by_enumeration(graph, traffic):
    """Walk every hop of every least-cost path in Python: each node spreads evenly over its links that lie on one."""
    network = compile_network(graph)
    up, down = np.zeros(network.tail.size), np.zeros(network.tail.size)
    gpus = [node for node in network.names if node.startswith("gpu")]
    tier = {name: int(t) for name, t in zip(network.names, network.tier, strict=True)}
    place = {name: i for i, name in enumerate(network.names)}
    order = {
        data["link"]: i
        for i, data in enumerate(sorted((d for *_, d in graph.edges(data=True)), key=lambda d: d["link"]))
    }
    for j, target in enumerate(gpus):
        inner = graph.subgraph([n for n in graph if not n.startswith("gpu") or n == target])
        for i, start in enumerate(gpus):
            if i == j or not traffic[i, j]:
                continue
            view = graph.subgraph([*inner, start])
            far = nx.single_source_dijkstra_path_length(view, target, weight="cost")
            held = {start: traffic[i, j]}
            while held.keys() - {target}:
                node = max(held.keys() - {target}, key=far.__getitem__)
                amount = held.pop(node)
                ways = [
                    (other, data)
                    for _, other, data in view.edges(node, data=True)
                    if far[other] == far[node] - data["cost"]
                ]
                for other, data in ways:
                    held[other] = held.get(other, 0.0) + amount / len(ways)
                    link = order[data["link"]]
                    upward = network.tail[link] == place[node]
                    assert tier[node] <= tier[other] or not upward
                    (up if upward else down)[link] += amount / len(ways)
    return up, down


@pytest.mark.parametrize("k", [4, 8])
def test_an_even_split_loads_no_link_of_a_fat_tree_more_than_its_host_links(k):
    tree = compile_network(fat_tree(k))
    loads = network_loads(tree, uniform(tree))
    gpus = k**3 // 4
    assert max(loads.up.max(), loads.down.max()) == gpus - 1


@pytest.mark.parametrize(("k", "worst"), [(4, 48 / 15), (8, 16 * 112 / 127)])
def test_a_single_path_sends_all_of_a_pod_over_one_core_link(k, worst):
    tree = compile_network(fat_tree(k))
    source, destination = np.nonzero(uniform(tree))
    loads = route_loads(tree, routes(tree, source, destination), np.ones(source.size))
    assert max(loads.up.max(), loads.down.max()) / (k**3 // 4 - 1) == pytest.approx(worst, rel=1e-12)


@pytest.mark.parametrize("name", TREES)
def test_loads_are_those_of_walking_all_paths(name):
    graph = TREES[name]()
    network = compile_network(graph)
    traffic = random_traffic(network, 3)
    up, down = loads_by_enumeration(graph, traffic)
    loads = network_loads(network, traffic)
    np.testing.assert_allclose(loads.up, up, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(loads.down, down, rtol=1e-12, atol=1e-12)


def test_one_tier_is_the_even_split_over_planes():
    graph = hgx()
    network = compile_network(graph)
    traffic = 1e9 * random_traffic(network, 1)
    ours, known = network_loads(network, traffic), even_split_loads(compile_fabric(graph), traffic)
    np.testing.assert_allclose(ours.up, known.up, rtol=1e-12)
    np.testing.assert_allclose(ours.down, known.down, rtol=1e-12)


def conserved(network, loads, traffic):
    ends = endpoints(network)
    count = network.kind.size
    out = np.bincount(network.tail, loads.up, count) + np.bincount(network.head, loads.down, count)
    into = np.bincount(network.head, loads.up, count) + np.bincount(network.tail, loads.down, count)
    surplus = np.zeros(count)
    surplus[ends] = traffic.sum(axis=1) - traffic.sum(axis=0)
    return np.allclose(out - into, surplus, rtol=0, atol=1e-9 * traffic.sum())


@pytest.mark.parametrize("name", TREES)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_every_node_passes_on_what_it_gets(name, seed):
    network = compile_network(TREES[name]())
    traffic = random_traffic(network, seed)
    loads = network_loads(network, traffic)
    assert conserved(network, loads, traffic)
    source, destination = np.nonzero(traffic)
    pinned = route_loads(network, routes(network, source, destination, seed=seed), traffic[source, destination])
    assert conserved(network, pinned, traffic)
    leaking = loads._replace(down=loads.down * 0.99)
    assert not conserved(network, leaking, traffic), "one per cent lost is noticed"


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_relabelling_gpus_changes_nothing(seed):
    graph = TREES["damaged"]()
    network = compile_network(graph)
    traffic = random_traffic(network, 5)
    new = np.random.default_rng(seed).permutation(16)
    for name, data in graph.nodes(data=True):
        if name.startswith("gpu"):
            data["index"] = int(new[data["index"]])
    moved = np.empty_like(traffic)
    moved[np.ix_(new, new)] = traffic
    ours, before = network_loads(compile_network(graph), moved), network_loads(network, traffic)
    np.testing.assert_allclose(ours.up, before.up, rtol=1e-12)
    np.testing.assert_allclose(ours.down, before.down, rtol=1e-12)


def test_sum_over_links_is_sum_over_flows_times_hops():
    tree = compile_network(fat_tree(4))
    traffic = random_traffic(tree, 2)
    source, destination = np.nonzero(traffic)
    paths = routes(tree, source, destination, seed=1)
    hops = (paths >= 0).sum(axis=1)
    assert Counter(hops.tolist()) == {2: 16, 4: 32, 6: 192}
    loads = route_loads(tree, paths, traffic[source, destination])
    assert loads.up.sum() + loads.down.sum() == pytest.approx((hops * traffic[source, destination]).sum(), rel=1e-12)


@pytest.mark.parametrize("seed", [None, 0, 7])
@pytest.mark.parametrize("name", TREES)
def test_a_route_leads_from_source_to_destination_at_least_cost(name, seed):
    graph = TREES[name]()
    network = compile_network(graph)
    source, destination = np.nonzero(uniform(network))
    paths = routes(network, source, destination, seed=seed)
    links = network.tail.size
    tail, head = np.r_[network.tail, network.head], np.r_[network.head, network.tail]
    for i, j, path in zip(source, destination, paths, strict=True):
        taken = path[path >= 0]
        assert tail[taken[0]] == i
        assert head[taken[-1]] == j
        assert np.array_equal(head[taken[:-1]], tail[taken[1:]])
    cost = np.where(paths >= 0, np.r_[network.cost, network.cost][paths], 0).sum(axis=1)
    back = {(i, j): c for i, j, c in zip(source, destination, cost, strict=True)}
    assert all(back[i, j] == back[j, i] for i, j in back)
    assert paths.max() < 2 * links


def test_the_hash_spreads_over_all_paths_and_depends_on_nothing_but_the_seed():
    tree = compile_network(fat_tree(8))
    source, destination = np.nonzero(uniform(tree))
    one, again, other = (routes(tree, source, destination, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    order = np.random.default_rng(0).permutation(source.size)
    assert np.array_equal(routes(tree, source[order], destination[order], seed=1), one[order])
    loads = [route_loads(tree, routes(tree, source, destination, seed=s), np.ones(source.size)) for s in range(12)]
    even = network_loads(tree, uniform(tree))
    spread = np.sqrt(1792 / 16 * 15 / 16 / 12)  # of 1792 flows that leave a pod, on 16 links each, mean of 12 seeds
    assert np.abs(np.mean([load.up for load in loads], axis=0) - even.up).max() < 5 * spread


def test_lpus_forward_and_gpus_do_not():
    lpx = compile_network(lpx_rack())
    assert (routes(lpx, np.array([0]), np.array([9])) >= 0).sum() == 2
    graph = nx.MultiGraph()
    graph.add_nodes_from((f"gpu-{i}", {"kind": "gpu", "index": i}) for i in range(3))
    for link, (a, b) in enumerate([(0, 1), (1, 2)]):
        graph.add_edge(f"gpu-{a}", f"gpu-{b}", link, link=link, bandwidth=1e9, medium="board")
    chain = compile_network(graph)
    with pytest.raises(ValueError, match="traffic from gpu-0 to gpu-2: no path joins the two"):
        network_loads(chain, uniform(chain))
    with pytest.raises(ValueError, match="traffic from gpu-0 to gpu-2: no path joins the two"):
        routes(chain, np.array([0]), np.array([2]))


def test_a_dragonfly_never_crosses_two_global_links():
    network = compile_network(dragonfly(9, 4, endpoints=2, global_links=2, radix=7))
    source, destination = np.nonzero(uniform(network))
    paths = routes(network, source, destination)
    rack = network.rack
    crosses = np.tile(rack[network.tail] != rack[network.head], 2)
    assert np.where(paths >= 0, crosses[paths], 0).sum(axis=1).max() == 1


def test_without_a_core_its_load_goes_to_the_core_beside_it():
    graph = without_node(fat_tree(4), "core-16")
    tree = compile_network(graph)
    loads = network_loads(tree, uniform(tree))
    assert conserved(tree, loads, uniform(tree))
    core = [network_utilization(tree, loads)[tree.head == i].sum() for i in np.flatnonzero(tree.tier == 3)]
    assert max(core) == pytest.approx(2 * min(core))


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        (np.ones((3, 3)), r"shape \(3, 3\), must be \(\.\.\., 16, 16\)"),
        (np.eye(16), "from gpu-0 to gpu-0 = 1.0"),
        (np.full((16, 16), -1.0), "from gpu-0 to gpu-0 = -1.0"),
        (np.full((16, 16), np.nan), "= nan"),
    ],
)
def test_impossible_traffic_is_refused(traffic, message):
    with pytest.raises(ValueError, match=message):
        network_loads(compile_network(fat_tree(4)), traffic)


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [([0], [16], "destination: from 16 to 16"), ([-1], [0], "source: from -1"), ([0, 1], [1], "shapes")],
)
def test_impossible_flows_are_refused(source, destination, message):
    with pytest.raises(ValueError, match=message):
        routes(compile_network(fat_tree(4)), np.array(source), np.array(destination))
