"""Networks of a few nodes, and routing over them by listing every path."""

from itertools import pairwise

import networkx as nx
import numpy as np
from scipy.optimize import linprog

from topology import without_links
from topology.network import ENDPOINTS, FORWARDING, compile_network
from topology.systems import hgx
from topology.tiers import dragonfly, fat_tree


def switches(seed, count=6, degree=3, hosts=2):
    """Hosts on a random regular graph of switches, whose links differ in bandwidth and cost; some are double."""
    rng = np.random.default_rng(seed)
    graph = nx.MultiGraph()
    graph.add_nodes_from((f"gpu-{i}", {"kind": "gpu", "index": i}) for i in range(count * hosts))
    graph.add_nodes_from((f"leaf-{i}", {"kind": "switch", "index": i}) for i in range(count))
    trunks = list(nx.random_regular_graph(degree, count, seed=seed).edges)
    ends = [(f"gpu-{i}", f"leaf-{i // hosts}", 300e9, 1) for i in range(count * hosts)]
    ends += [(f"leaf-{a}", f"leaf-{b}", float(rng.choice([50e9, 100e9, 200e9])), 1) for a, b in [*trunks, *trunks[:2]]]
    for link, (u, v, bandwidth, cost) in enumerate(ends):
        graph.add_edge(u, v, link, link=link, bandwidth=bandwidth, medium="copper", cost=cost)
    return graph


def grid():
    """Six LPUs in two rows, which forward for one another."""
    graph = nx.MultiGraph()
    graph.add_nodes_from((f"lpu-{i}", {"kind": "lpu", "index": i}) for i in range(6))
    for link, (a, b) in enumerate([(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5), (2, 5)]):
        graph.add_edge(f"lpu-{a}", f"lpu-{b}", link, link=link, bandwidth=10e9 * (1 + a), medium="board", cost=1)
    return graph


NETWORKS = {
    "fat tree": lambda: without_links(fat_tree(4), [17, 20, 40]),
    "oversubscribed": lambda: without_links(fat_tree(4, tiers=2, oversubscription=2), [17, 20]),
    "dragonfly": lambda: dragonfly(4, 3, endpoints=1, global_links=1, radix=8),
    "board": lambda: without_links(hgx(), [0, 1, 20, 33, 70, 71, 72]),
    "switches": lambda: switches(1),
    "grid": grid,
}


def bundles(graph):
    """Bandwidth of all links from one node to the next, by both."""
    wide = {}
    for u, v, data in graph.edges(data=True):
        for ends in ((u, v), (v, u)):
            wide[ends] = wide.get(ends, 0.0) + data["bandwidth"]
    return wide


def paths_between(graph, start, end):
    """Every path of least cost as a tuple of nodes."""
    kind = nx.get_node_attributes(graph, "kind")
    view = nx.Graph(graph.subgraph([n for n in graph if kind[n] in FORWARDING or n in (start, end)]))
    return [tuple(path) for path in nx.all_shortest_paths(view, start, end, weight="cost")]


def all_paths(graph, traffic, detours=False):
    """Pairs that exchange something, with their paths; a detour is two paths joined at a forwarding node."""
    kind = nx.get_node_attributes(graph, "kind")
    ends = sorted((n for n in graph if kind[n] in ENDPOINTS), key=lambda n: graph.nodes[n]["index"])
    found = []
    for i, j in zip(*np.nonzero(traffic), strict=True):
        ways = paths_between(graph, ends[i], ends[j])
        for middle in graph if detours else ():
            if kind[middle] in FORWARDING and middle not in (ends[i], ends[j]):
                second = paths_between(graph, middle, ends[j])
                ways += [one + two[1:] for one in paths_between(graph, ends[i], middle) for two in second]
        found.append((traffic[i, j], ways))
    return found


def spray_by_paths(graph, traffic):
    """Load of each link up and down where every path carries in proportion to its narrowest bundle."""
    wide, load = bundles(graph), {}
    for amount, ways in all_paths(graph, traffic):
        width = np.array([min(wide[ends] for ends in pairwise(path)) for path in ways])
        for path, share in zip(ways, width / width.sum(), strict=True):
            for ends in pairwise(path):
                load[ends] = load.get(ends, 0.0) + amount * share
    return _of_links(graph, load, wide)


def best_by_paths(graph, traffic, detours=False):
    """Least utilization of the busiest link over all splits, by linear programming with one variable per path."""
    wide = bundles(graph)
    place = {ends: i for i, ends in enumerate(wide)}
    pairs = all_paths(graph, traffic, detours)
    owner = np.repeat(np.arange(len(pairs)), [len(ways) for _, ways in pairs])
    crossed = np.zeros((len(wide), owner.size + 1))
    crossed[:, -1] = -1
    for column, path in enumerate(path for _, ways in pairs for path in ways):
        for ends in pairwise(path):
            crossed[place[ends], column] += 1e9 / wide[ends]
    whole = np.zeros((len(pairs), owner.size + 1))
    whole[owner, np.arange(owner.size)] = 1
    wanted = [amount / 1e9 for amount, _ in pairs]
    found = linprog(np.eye(owner.size + 1)[-1], crossed, np.zeros(len(wide)), whole, wanted)
    assert found.success
    return found.fun


def _of_links(graph, load, wide):
    network = compile_network(graph)
    both = []
    for one, other in ((network.tail, network.head), (network.head, network.tail)):
        ends = [(network.names[a], network.names[b]) for a, b in zip(one, other, strict=True)]
        both.append(np.array([load.get(e, 0.0) / wide[e] for e in ends]) * network.bandwidth)
    return both
