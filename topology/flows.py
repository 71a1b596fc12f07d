"""Flows: which links each crosses, what it carries, when it comes and what it waits for.

Contract: a link is one direction of a wire, numbered from 0. A flow is done when its last byte has arrived: `latency`
after that byte was sent. It takes bandwidth from its start on. Flows share links by `topology.maxmin`.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topology.bandwidth import bandwidth_per_gpu
from topology.fabric import Array, Fabric, Indices, capacity_matrix
from topology.routing import checked_split


class Flows(NamedTuple):
    """Links and the flows over them, as flat arrays."""

    bandwidth: Array
    """(links,) bandwidth of each directed link [B/s]."""
    start: Indices
    """(flows + 1,) the route of flow f is `link[start[f]:start[f + 1]]`."""
    link: Indices
    """(crossings,) links of all routes, one route after the other."""
    size: Array
    """(flows,) what each flow carries [B]."""
    arrival: Array
    """(flows,) earliest start [s]."""
    latency: Array
    """(flows,) from sending the last byte to its arrival [s]."""
    before: Indices
    """(dependencies,) flow that is waited for."""
    after: Indices
    """(dependencies,) flow that waits."""
    delay: Array
    """(dependencies,) from the end of the one to the earliest start of the other [s]."""


def flow_set(
    bandwidth: ArrayLike,
    routes: Sequence[Sequence[int]] | Indices,
    size: ArrayLike,
    *,
    arrival: ArrayLike = 0.0,
    latency: ArrayLike = 0.0,
) -> Flows:
    """Flows over links, each with a route of its own length.

    Parameters
    ----------
    bandwidth : (links,), bandwidth of each directed link [B/s]
    routes : for each flow the links it crosses, as lists or as an array (flows, hops)
    size : (flows,) or one for all, what each flow carries; 0 for a mere signal [B]
    arrival : (flows,) or one for all, earliest start [s]
    latency : (flows,) or one for all, from sending the last byte to its arrival [s]

    Returns
    -------
    Flows, without dependencies (see `with_dependencies`)

    Raises
    ------
    ValueError
        naming the link whose bandwidth is not above zero and finite, or the flow that has no route, crosses an unknown
        link, or carries, comes or lags by what is negative or undefined

    Notes
    -----
    A route that crosses a link twice takes twice its rate there. A dead link is left out of all routes.

    References
    ----------
    Derived: a change of representation.

    Examples
    --------
    >>> flow_set([1e9, 2e9], [[0], [0, 1]], 5e6).link.tolist()
    [0, 0, 1]
    """
    start, link = _ragged(routes)
    capacity = np.asarray(bandwidth, np.float64)
    if capacity.ndim != 1:
        raise ValueError(f"bandwidth: shape {capacity.shape}, must be (links,)")
    wrong = ~((capacity > 0) & (capacity < np.inf))
    if wrong.any():
        m = int(np.argmax(wrong))
        raise ValueError(f"link {m}: bandwidth = {capacity[m]}, must be > 0 B/s and finite; route around a dead link")
    lengths = np.diff(start)
    if not lengths.size:
        raise ValueError("routes: none; give at least one flow")
    if not lengths.all():
        raise ValueError(f"flow {int(np.argmin(lengths))}: no route; name the links it crosses")
    wrong = (link < 0) | (link >= capacity.size)
    if wrong.any():
        e = int(np.argmax(wrong))
        f = int(np.searchsorted(start, e, side="right")) - 1
        raise ValueError(f"flow {f}: crosses link {link[e]}, which is unknown; links are 0 to {capacity.size - 1}")
    count = lengths.size
    none = np.zeros(0, np.int64)
    return Flows(
        bandwidth=capacity,
        start=start,
        link=link,
        size=_per_flow("size", size, count, "B"),
        arrival=_per_flow("arrival", arrival, count, "s"),
        latency=_per_flow("latency", latency, count, "s"),
        before=none,
        after=none,
        delay=np.zeros(0),
    )


def with_dependencies(
    flows: Flows, before: Sequence[int] | Indices | int, after: Sequence[int] | Indices | int, delay: ArrayLike = 0.0
) -> Flows:
    """Let flows wait: after[k] starts no earlier than delay[k] after the end of before[k].

    Parameters
    ----------
    flows : Flows
    before : (dependencies,), flow that is waited for
    after : (dependencies,), flow that waits
    delay : (dependencies,) or one for all, from the end of the one to the start of the other [s]

    Returns
    -------
    Flows, new, with these dependencies beside those it had

    Raises
    ------
    ValueError
        naming the flow that is unknown, the delay that is negative, or the cycle of flows that wait for one another

    References
    ----------
    Kahn, 1962, Communications of the ACM 5 (topological order).

    Examples
    --------
    >>> two = flow_set([1e9], [[0], [0]], 1e6)
    >>> with_dependencies(two, [0, 1], [1, 0])
    Traceback (most recent call last):
    ValueError: flow 0: waits for itself, 0 -> 1 -> 0; take one of these dependencies out
    """
    count = flows.size.size
    ends = np.atleast_1d(_whole("before", before)), np.atleast_1d(_whole("after", after))
    if ends[0].shape != ends[1].shape or ends[0].ndim != 1:
        raise ValueError(f"before, after: shapes {ends[0].shape} and {ends[1].shape}, must be (dependencies,) both")
    if unknown := [f for end in ends for f in end[(end < 0) | (end >= count)]]:
        raise ValueError(f"flow {unknown[0]}: unknown, but named in a dependency; flows are 0 to {count - 1}")
    lag = np.broadcast_to(np.asarray(delay, np.float64), ends[0].shape)
    if (wrong := ~((lag >= 0) & (lag < np.inf))).any():
        k = int(np.argmax(wrong))
        raise ValueError(f"flow {ends[1][k]}: delay = {lag[k]} after flow {ends[0][k]}, must be >= 0 s and finite")
    longer = flows._replace(
        before=np.append(flows.before, ends[0]),
        after=np.append(flows.after, ends[1]),
        delay=np.append(flows.delay, lag),
    )
    _check_order(longer)
    return longer


def rack_flows(fabric: Fabric, bytes_matrix: Array, *, latency: float = 0.0, planes: bool = True) -> Flows:
    """Flows of an exchange in a one-tier fabric, one per ordered pair and plane, or one per ordered pair.

    Parameters
    ----------
    fabric : Fabric
    bytes_matrix : (gpus, gpus), from GPU i to GPU j, diagonal 0 [B]
    latency : of each flow [s]
    planes : split each pair over the planes as `topology.routing` does, with parallel links as one; or else take all
        links of a GPU as one, as if the split were ideal

    Returns
    -------
    Flows, in the order source, destination, plane; links are first all "up", then all "down", each in the order GPU,
    ASIC

    Raises
    ------
    ValueError
        as `transfer_time` does, and if nothing is sent

    References
    ----------
    Derived: GPU -> ASIC -> GPU is two directed links.

    Examples
    --------
    >>> from topology import Nvlink, compile_fabric, nvlink_rack
    >>> nvlink = Nvlink(gpus=72, asics=18, link_bandwidth=50e9, lanes_per_link=2,
    ...                 asic_ports=72, medium="copper", generation=5)
    >>> nvl72 = compile_fabric(nvlink_rack(nvlink))
    >>> every_pair = 1e6 * (1 - np.eye(72))
    >>> rack_flows(nvl72, every_pair).size.size, rack_flows(nvl72, every_pair, planes=False).bandwidth.size
    (92016, 144)
    """
    weights, wanted = checked_split(fabric, bytes_matrix)
    if wanted.ndim != 2:
        raise ValueError(f"bytes_matrix: {wanted.ndim} axes, must be 2; give one exchange at a time")
    if not wanted.any():
        raise ValueError("bytes_matrix: zero everywhere; give a pair some bytes")
    if not planes:
        source, destination = np.nonzero(wanted)
        ends = np.column_stack((source, destination + len(fabric.gpus)))
        return flow_set(np.tile(bandwidth_per_gpu(fabric), 2), ends, wanted[source, destination], latency=latency)
    parts = weights * wanted[..., None]
    source, destination, plane = np.nonzero(parts)
    capacity = capacity_matrix(fabric)
    wired = capacity > 0
    number = np.cumsum(wired).reshape(wired.shape) - 1
    ends = np.column_stack((number[source, plane], number[destination, plane] + wired.sum()))
    return flow_set(np.tile(capacity[wired], 2), ends, parts[source, destination, plane], latency=latency)


def _ragged(routes: Sequence[Sequence[int]] | Indices) -> tuple[Indices, Indices]:
    if isinstance(routes, np.ndarray) and routes.ndim == 2:
        flows, hops = routes.shape
        return np.arange(flows + 1) * hops, _whole("routes", routes).ravel()
    start = np.cumsum([0, *(len(route) for route in routes)])
    return start, _whole("routes", list(chain.from_iterable(routes)))


def _whole(name: str, values: ArrayLike) -> Indices:
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"{name}: {given.dtype} given, must be whole numbers of links or flows")
    return given.astype(np.int64)


def _per_flow(name: str, values: ArrayLike, count: int, unit: str) -> Array:
    given = np.asarray(values, np.float64)
    if given.shape not in ((), (count,)):
        raise ValueError(f"{name}: shape {given.shape}, must be ({count},), one value per flow, or one for all")
    wrong = ~((given >= 0) & (given < np.inf))
    if wrong.any():
        f = int(np.argmax(wrong))
        raise ValueError(f"flow {f}: {name} = {given.flat[f]}, must be >= 0 {unit} and finite")
    return np.array(np.broadcast_to(given, count))


def _check_order(flows: Flows) -> None:
    from topology.colour_kernels import depths

    stuck: NDArray[Any] = depths(flows.size.size, flows.before, flows.after) < 0
    if stuck.any():
        held = stuck[flows.before] & stuck[flows.after]
        waits_for = dict(zip(flows.after[held].tolist(), flows.before[held].tolist(), strict=True))
        path = [next(iter(waits_for))]
        while (f := waits_for[path[-1]]) not in path:
            path.append(f)
        cycle = [f, *reversed(path[path.index(f) :])]
        turn = cycle.index(min(cycle))
        cycle = [*cycle[turn:-1], *cycle[:turn], min(cycle)]
        raise ValueError(
            f"flow {cycle[0]}: waits for itself, {' -> '.join(map(str, cycle))}; take one of these dependencies out"
        )
