"""Fabric row of several tiers: uniform all-to-all on fat trees, under three kinds of routing."""

from pathlib import Path

import numpy as np

import topology
from topology.multitier import network_loads, route_loads, routes
from topology.network import Network, compile_network, endpoints
from topology.tiers import fat_tree
from twin.validate.row import EXACT, Row, printed, row

SEEDS = 100


def n8(reference: Path | None) -> list[Row]:
    """Return the worst link over a host link on fat trees: even split exact, hashed and single path printed."""
    even_source = "closed form: a non-blocking tree spread evenly is limited by its host links"
    single_source = "closed form: all of a pod over one core link, k²/4 (n − k²/4) / (n − 1)"
    rows = []
    for k, single in {4: 3.20, 8: 14.11}.items():
        tree = compile_network(fat_tree(k))
        gpus = endpoints(tree).size
        case = f"fat tree k = {k}, uniform all-to-all, "
        even = worst_over_host(network_loads(tree, np.ones((gpus, gpus)) - np.eye(gpus)), gpus)
        rows.append(row(("N8", case + "even split"), even, 1.0, "1", EXACT, even_source))
        hashed = [pinned(tree, seed) for seed in range(SEEDS)]
        for name, value in (("mean", np.mean(hashed)), ("least", min(hashed)), ("most", max(hashed))):
            about = f"ECMP, {name} of {SEEDS} seeds"
            rows.append(printed(("N8", case + about), float(value), None, "1", "our hash (SplitMix64)"))
        rows.append(printed(("N8", case + "single path"), pinned(tree, None), single, "1", single_source))
    return rows


def worst_over_host(loads: topology.LinkLoads, gpus: int) -> float:
    """Return the worst load of a link over that of a host link, at one unit per ordered pair.

    Parameters
    ----------
    loads : LinkLoads
        Of a uniform all-to-all at 1 B/s per pair.
    gpus : int
        Endpoints.

    Returns
    -------
    float
        Ratio [1].

    References
    ----------
    Derived: a host link carries gpus - 1 flows.
    """
    return max(float(loads.up.max()), float(loads.down.max())) / (gpus - 1)


def pinned(tree: Network, seed: int | None) -> float:
    """Return the same ratio with every pair on one path: hashed, or always the first where seed is None.

    Parameters
    ----------
    tree : Network
        The fat tree.
    seed : int or None
        Of the hash.

    Returns
    -------
    float
        Ratio [1].

    References
    ----------
    Derived: a host link carries gpus - 1 flows.
    """
    gpus = endpoints(tree).size
    source, destination = np.nonzero(1 - np.eye(gpus))
    paths = routes(tree, source, destination, seed=seed)
    return worst_over_host(route_loads(tree, paths, np.ones(source.size)), gpus)
