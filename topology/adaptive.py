"""Adaptive routing: the split over paths of least cost whose busiest link is least busy, and a proof of how near it is.

Contract: any split over the paths of least cost of each pair is allowed, with detours also over two of them joined at
any forwarding node (Valiant). min over splits of max over links of load / bandwidth is a game between the traffic,
which picks paths, and a price p on links, sum p = 1:

    max over p of sum_ij T_ij c_ij(p)  =  min over splits of max over links of u,   c_ij = least sum of p / b on a path.

Any price gives a lower bound, any split an upper one. Both sides play multiplicative weights that look one step ahead:
price exp(sum u), path exp(-sum of p / b), which for all paths at once is a product of weights of bundles.
"""

from typing import NamedTuple

import numpy as np

from topology.checks import DidNotConverge
from topology.fabric import Array, Indices
from topology.network import Network, endpoints
from topology.routing import LinkLoads
from topology.spray import (
    BLOCK,
    FAINT,
    Bundles,
    Ways,
    bundles_of,
    cheapest,
    check_reach,
    checked_demand,
    spray_loads,
    spread,
    to_go,
    two_ways,
    ways_to,
)

_PRICE, _PATH = 2.0, 2.0  # steps of the two players, for loads and prices of order one
_STAGE = 40  # rounds before the first shorter step
_LOOK = 4  # rounds between two lower bounds
_FULL = 0.999  # links this near to the busiest count as full


class Adaptive(NamedTuple):
    """A split that is nearly best, and what no split can do better than."""

    loads: LinkLoads
    """Loads of all links [B/s]."""
    utilization: float
    """Of the busiest link under these loads [1]."""
    bound: float
    """Utilization that the busiest link has under any split, at least [1]."""
    rounds: int
    """Rounds of the game."""


class _Game(NamedTuple):
    """What both players know."""

    bundles: Bundles
    ways: Ways
    ends: Indices
    middle: Indices
    """Nodes at which detours join, none without detours."""
    demand: Array
    """(endpoints, endpoints) [B/s]."""


def adaptive_routing(
    network: Network, traffic: Array, *, detours: bool = False, gap: float = 0.01, rounds: int = 1000
) -> Adaptive:
    """Least utilization of the busiest link over all splits of the traffic, with a certified gap.

    Parameters
    ----------
    network : Network
    traffic : (endpoints, endpoints), from endpoint i to endpoint j, diagonal 0 [B/s]
    detours : whether paths may also join two paths of least cost at any forwarding node
    gap : utilization / bound - 1 at which to stop, above 0 [1]
    rounds : most rounds of the game

    Returns
    -------
    Adaptive, loads, utilization, its lower bound and the rounds played

    Raises
    ------
    ValueError
        as `topology.multitier.network_loads` does, for a batch axis, and for gap or rounds not above 0
    DidNotConverge
        if the gap stays wider after all rounds

    Notes
    -----
    Starts from the ideal spray, so it is never busier. First bounds are the cuts around single endpoints and the
    links that the spray fills; many cases end there. Takes arrays of (nodes, endpoints), with detours of
    (nodes, endpoints + forwarding nodes).

    References
    ----------
    Shahrokhi and Matula, 1990, Journal of the ACM 37 (duality); Rakhlin and Sridharan, 2013, NeurIPS (optimistic
    mirror descent in games); Takimoto and Warmuth, 2003, JMLR 4 (path kernels); Valiant, 1982, SIAM J. Computing 11.

    Examples
    --------
    >>> from topology.network import compile_network
    >>> from topology.tiers import dragonfly
    >>> network = compile_network(dragonfly(9, 4, endpoints=2, global_links=2, radix=7))
    >>> to_next = 100e9 / 8 * (np.roll(np.repeat(np.repeat(np.eye(9), 8, axis=0), 8, axis=1), 8, axis=1))
    >>> [round(adaptive_routing(network, to_next, detours=way).utilization, 1) for way in (False, True)]
    [8.0, 1.8]
    """
    if np.ndim(traffic) != 2:
        raise ValueError(f"traffic: {np.ndim(traffic)} axes, must be 2; give one traffic at a time")
    if not gap > 0 or rounds < 1:
        raise ValueError(f"gap = {gap}, rounds = {rounds}: must be > 0 and >= 1")
    game, spray = _start(network, checked_demand(network, traffic), detours)
    load, bound, played = spray, _first_bound(game, spray), 0
    if (spray / game.bundles.bandwidth).max() > (1 + gap) * bound:
        load, bound, played = _play(game, spray, bound, gap, rounds)
    busiest = float((load / game.bundles.bandwidth).max())
    if busiest > (1 + gap) * bound:
        raise DidNotConverge(
            f"adaptive_routing: {busiest:.6g}, at least {bound:.6g} after {rounds} rounds; raise rounds or gap = {gap}"
        )
    # Links share their bundle alike, so the busiest link is the busiest bundle.
    return Adaptive(two_ways(game.bundles, load), busiest, min(bound, busiest), played)


def _start(network: Network, demand: Array, detours: bool) -> tuple[_Game, Array]:
    bundles, ends = bundles_of(network), endpoints(network)
    middle = np.flatnonzero(bundles.forwards) if detours else np.empty(0, np.int64)
    nodes = np.concatenate([ends, middle[~np.isin(middle, ends)]])
    (ways,) = ways_to(network, bundles, nodes, nodes.size)
    game = _Game(bundles, ways, ends, middle, demand)
    held = _held(game, demand)
    check_reach(network, ways, held)
    return game, spray_loads(ways, held)[:, 0]


def _held(game: _Game, demand: Array) -> Array:
    held = np.zeros((*game.ways.distance.shape, 1))
    held[game.ends, : game.ends.size, 0] = demand
    return held


def _play(game: _Game, load: Array, bound: float, gap: float, rounds: int) -> tuple[Array, float, int]:
    """Play until upper and lower bound are near, each player against the sum of what the other did."""
    bandwidth = game.bundles.bandwidth
    use = load / bandwidth
    best, scale, reference = load, use.max(), bandwidth[np.argmax(use)]
    log_price, paid, mean_load, mean_price = np.zeros((4, use.size))
    step, start, end, faint = 1.0, 0, _STAGE, False
    for played in range(1, rounds + 1):
        if played > end or faint:  # it circles: begin again, with shorter steps and new means
            step, start, end = step / 2, played - 1, played + 4 * (end - start)
            log_price, paid = log_price / 2, paid / 2
        log_price += step * _PRICE * use / scale
        log = log_price + step * _PRICE * use / scale
        price = np.exp(log - log.max())
        price /= price.sum()
        toll = step * _PATH * reference / np.linalg.norm(price) * price / bandwidth  # more where many links share it
        paid += toll
        load, faint = _respond(game, np.exp(-paid - toll))
        if faint:
            continue
        use = load / bandwidth
        mean_load += (load - mean_load) * 2 / (played - start + 1)  # later rounds count more
        mean_price += (price - mean_price) * 2 / (played - start + 1)
        best = min((best, load, mean_load.copy()), key=lambda one: (one / bandwidth).max())
        if played % _LOOK == 0:
            bound = max(bound, _lower_bound(game, price), _lower_bound(game, mean_price))
            if (best / bandwidth).max() <= (1 + gap) * bound:
                break
    return best, bound, played


def _respond(game: _Game, weight: Array) -> tuple[Array, bool]:
    """Load of each bundle where each path carries in proportion to the product of the weights of its bundles.

    Tells also whether a pair has only paths of weights so small that they are lost.
    """
    ways, ends, middle = game.ways, game.ends, game.middle
    value = to_go(ways, weight, by_path=True)
    held = _held(game, game.demand)
    whole = total = value[0][ends, : ends.size]
    if middle.size:
        first = value[0][np.ix_(ends, _columns(game))] / middle.size  # all detours start as heavy as the direct paths
        second = value[0][middle, : ends.size]
        total = whole + first @ second
    if total[game.demand > 0].min() < FAINT:
        return game.bundles.bandwidth, True
    if middle.size:
        rate = np.divide(game.demand, total, out=np.zeros(total.shape), where=game.demand > 0)
        held[ends, : ends.size, 0] = whole * rate
        held[middle, : ends.size, 0] += second * (first.T @ rate)
        held[np.ix_(ends, _columns(game))] += (first * (rate @ second.T))[..., None]
    return spread(ways, weight, value, held)[:, 0], False


def _first_bound(game: _Game, load: Array) -> float:
    """What the cuts around single endpoints ask for, and the links that a first split fills."""
    bundles, nodes = game.bundles, game.ways.distance.shape[0]
    bound = 0.0
    for side, sent in ((bundles.tail, game.demand.sum(axis=1)), (bundles.head, game.demand.sum(axis=0))):
        capacity = np.bincount(side, bundles.bandwidth, nodes)[game.ends]
        bound = max(bound, float((sent / capacity).max()))
    use = load / bundles.bandwidth
    full = bundles.bandwidth * (use >= _FULL * use.max())
    return max(bound, _lower_bound(game, full / full.sum()))


def _lower_bound(game: _Game, price: Array) -> float:
    """Sum of the traffic times the price of its cheapest path."""
    ends, count = game.ends, game.ends.size
    price_of = cheapest(game.ways, price / game.bundles.bandwidth)
    least = price_of[ends, :count]
    if game.middle.size:
        first, second = price_of[np.ix_(ends, _columns(game))], price_of[game.middle, :count]
        step = max(1, BLOCK // second.size)
        for start in range(0, count, step):
            over = (first[start : start + step, :, None] + second).min(axis=1)
            least[start : start + step] = np.minimum(least[start : start + step], over)
    return float(game.demand[game.demand > 0] @ least[game.demand > 0])


def _columns(game: _Game) -> Indices:
    """Columns of the nodes at which detours join."""
    place = np.zeros(game.ways.distance.shape[0], np.int64)
    place[game.ways.nodes] = np.arange(game.ways.nodes.size)
    return place[game.middle]
