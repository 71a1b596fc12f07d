"""Monte-Carlo of failures of one rack: what bandwidth remains, how often, and what spare GPUs are worth.

Contract: parts fail and are repaired independently, at constant rates; a state is a snapshot in the steady state,
where a part is down with probability u = rate * repair / (1 + rate * repair). A shared part (tray, cartridge) takes
its members down with it. States are samples on the leading axis; no Python loop over samples, GPUs or links.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import numpy as np
from annotated_types import Ge
from numpy.typing import ArrayLike, NDArray

from topology.checks import check_fields
from topology.fabric import Array, Fabric, Indices

Flags = NDArray[np.bool_]
Kind = Literal["gpu", "asic", "link"]

_BLOCK = 500  # samples at a time, which bounds the memory


@dataclass(frozen=True, kw_only=True)
class Part:
    """How often one part fails, and how long it stays down.

    Examples
    --------
    >>> round(Part(failure_rate=1 / 4.5e8, repair_time=5e6).unavailability, 6)
    0.010989
    """

    failure_rate: Annotated[float, "1/s", Ge(0)]
    """Failures per time in use."""
    repair_time: Annotated[float, "s", Ge(0)]
    """Mean time until it works again."""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def unavailability(self) -> float:
        """Share of time it is down [1]."""
        down = self.failure_rate * self.repair_time
        return down / (1 + down)


class Shared(NamedTuple):
    """Parts that take others down with them."""

    part: Part
    """Each of them."""
    kind: Kind
    """What they take down."""
    member: Indices
    """(gpus,), (asics,) or (links,) which of them each GPU, ASIC or link hangs on, -1 if none."""


class States(NamedTuple):
    """What works in each sample."""

    gpu: Flags
    """(samples, gpus)."""
    asic: Flags
    """(samples, asics)."""
    link: Flags
    """(samples, links), itself; its GPU and its ASIC apart."""


class Availability(NamedTuple):
    """How often a job finds what it needs."""

    availability: float
    """Share of samples [1]."""
    standard_error: float
    """Of the share, from the number of samples [1]."""


def failure_states(
    fabric: Fabric,
    parts: Mapping[Kind, Part],
    shared: Sequence[Shared] = (),
    *,
    samples: int,
    rng: np.random.Generator,
) -> States:
    """Draw snapshots of a rack with failed parts.

    Parameters
    ----------
    fabric : Fabric
    parts : Part of each GPU, ASIC and link, by "gpu", "asic", "link"; what is absent never fails
    shared : trays, cartridges and the like
    samples : number of snapshots, at least 1
    rng : numpy.random.Generator

    Returns
    -------
    States, of `samples` snapshots

    Raises
    ------
    ValueError
        if a kind is unknown, samples below 1, or the members of a shared part do not fit the fabric

    Notes
    -----
    Failures are drawn by their number (binomial) and then by their places, so rare ones cost little.

    References
    ----------
    Derived: steady state of an alternating renewal process (Barlow and Proschan, 1975).

    Examples
    --------
    >>> from topology import compile_fabric
    >>> from topology.systems import nvl72
    >>> fabric = compile_fabric(nvl72())
    >>> gpu = Part(failure_rate=1e-9, repair_time=1e7)
    >>> states = failure_states(fabric, {"gpu": gpu}, samples=1000, rng=np.random.default_rng(0))
    >>> states.gpu.shape, bool(states.link.all())
    ((1000, 72), True)
    """
    sizes = {"gpu": len(fabric.gpus), "asic": len(fabric.asics), "link": fabric.gpu.size}
    if samples < 1:
        raise ValueError(f"samples = {samples}: must be >= 1")
    if unknown := [kind for kind in (*parts, *(group.kind for group in shared)) if kind not in sizes]:
        raise ValueError(f"kind = {unknown[0]!r}: must be one of {', '.join(sizes)}")
    given: dict[str, Part] = {str(kind): part for kind, part in parts.items()}
    never = Part(failure_rate=0.0, repair_time=0.0)
    up = {kind: _works(given.get(kind, never), (samples, count), rng) for kind, count in sizes.items()}
    for part, kind, member in shared:
        places = np.asarray(member, np.int64)
        if places.shape != (sizes[kind],) or np.any(places < -1):
            raise ValueError(f"member of {kind}: shape {places.shape}, must be ({sizes[kind]},), -1 if on none")
        works = _works(part, (samples, int(places.max(initial=-1)) + 2), rng)
        works[:, -1] = True  # place -1: hangs on nothing
        up[kind] &= works[:, places]
    return States(up["gpu"], up["asic"], up["link"])


def degraded_bandwidth(fabric: Fabric, states: States) -> Array:
    """Bandwidth of each GPU in each sample: the sum of its links that work to ASICs that work, 0 if it is down.

    Parameters
    ----------
    fabric : Fabric
    states : States, (samples, ...)

    Returns
    -------
    (samples, gpus), per direction [B/s]

    Raises
    ------
    ValueError
        if the states are of another fabric

    References
    ----------
    Derived: sum over links.

    Examples
    --------
    >>> from topology import compile_fabric
    >>> from topology.systems import nvl72
    >>> fabric = compile_fabric(nvl72())
    >>> states = failure_states(fabric, {}, samples=2, rng=np.random.default_rng(0))
    >>> float(degraded_bandwidth(fabric, states).min()) / 1e9
    900.0
    """
    from scipy.sparse import coo_array

    shapes = states.gpu.shape[1], states.asic.shape[1], states.link.shape[1]
    sizes = len(fabric.gpus), len(fabric.asics), fabric.gpu.size
    if shapes != sizes:
        raise ValueError(f"states: of {shapes} GPUs, ASICs and links, the fabric has {sizes}")
    links = np.arange(fabric.gpu.size)
    sums = coo_array((fabric.bandwidth, (links, fabric.gpu)), shape=(links.size, sizes[0])).tocsr()
    found = np.empty(states.gpu.shape)
    for start in range(0, len(found), _BLOCK):
        block = slice(start, start + _BLOCK)
        works = states.link[block] & states.asic[block][:, fabric.asic]
        found[block] = (works.astype(np.float32) @ sums) * states.gpu[block]
    return found


def job_bandwidth(bandwidth: Array, gpus: int) -> Array:
    """Bandwidth of the slowest GPU of a job that takes the best `gpus` of a rack and keeps the others as spares.

    Parameters
    ----------
    bandwidth : (..., rack), of each GPU, 0 where it is down [B/s]
    gpus : GPUs of the job, such as 64 of 72

    Returns
    -------
    (...), bandwidth of the slowest; 0 where too few GPUs are left [B/s]

    Raises
    ------
    ValueError
        if gpus is not 1 to the number in the rack

    Notes
    -----
    A collective of the job cannot be faster than its slowest GPU; how its traffic shares planes with failed links
    is not in it (`topology.saturation.concurrent_rate_even` for one state).

    References
    ----------
    Derived: order statistic.

    Examples
    --------
    >>> float(job_bandwidth(np.array([900e9, 0.0, 850e9, 900e9]), 3)) / 1e9
    850.0
    """
    size = np.shape(bandwidth)[-1]
    if not 1 <= gpus <= size:
        raise ValueError(f"gpus = {gpus}: must be 1 to {size}, what the rack has")
    ranked: Array = np.partition(np.asarray(bandwidth, np.float64), size - gpus, axis=-1)
    return ranked[..., size - gpus]


def availability(bandwidth: Array, least: float) -> Availability:
    """Share of samples in which a job has at least a given bandwidth, and its standard error.

    Parameters
    ----------
    bandwidth : (samples,), of the job in each sample [B/s]
    least : bandwidth it needs, above 0 [B/s]

    Returns
    -------
    Availability, share and its standard error [1]

    Raises
    ------
    ValueError
        if there are no samples, or least is not above 0

    References
    ----------
    Derived: binomial proportion.

    Examples
    --------
    >>> availability(np.array([900e9, 0.0, 850e9, 900e9]), 800e9).availability
    0.75
    """
    if not np.size(bandwidth) or not least > 0:
        raise ValueError(f"bandwidth: {np.size(bandwidth)} samples, least = {least} B/s; both must be > 0")
    share = float(np.mean(np.asarray(bandwidth) >= least))
    return Availability(share, float(np.sqrt(share * (1 - share) / np.size(bandwidth))))


def bandwidth_quantiles(bandwidth: Array, probability: ArrayLike) -> Array:
    """Bandwidth that a job reaches with given probability: the (1 - p) quantile of the samples, from below.

    Parameters
    ----------
    bandwidth : (samples, ...), of the job in each sample [B/s]
    probability : (...), such as 0.99: in 99 % of the samples it is at least as much [1]

    Returns
    -------
    (..., ...), one leading axis per axis of `probability`; always one of the samples [B/s]

    Raises
    ------
    ValueError
        if a probability is outside 0 to 1

    References
    ----------
    Hyndman and Fan, 1996, The American Statistician 50, definition 1.

    Examples
    --------
    >>> float(bandwidth_quantiles(np.array([900e9, 0.0, 850e9, 900e9]), 0.75)) / 1e9
    850.0
    """
    wanted = np.asarray(probability, np.float64)
    if not np.all((wanted >= 0) & (wanted <= 1)):
        raise ValueError(f"probability = {probability!r}: must be 0 to 1")
    ranked = np.sort(np.asarray(bandwidth, np.float64), axis=0)[::-1]
    place = np.ceil(wanted * ranked.shape[0] - 1e-9).astype(np.int64) - 1
    return np.asarray(ranked[np.maximum(place, 0)])


def _works(part: Part, shape: tuple[int, int], rng: np.random.Generator) -> Flags:
    """Flags that are false with the part's unavailability, each on its own."""
    works = np.ones(shape, bool)
    failed = rng.binomial(works.size, part.unavailability)
    works.ravel()[rng.choice(works.size, failed, replace=False, shuffle=False)] = False
    return works
