"""What do failing links, ASICs, trays and GPUs leave of a rack, and what are spare GPUs worth?

A part is down a share u = r t / (1 + r t) of the time, r failures per time, t to repair. A job takes the best n of N
GPUs. It is up while the slowest has at least a share s of its K links, of which m = floor((1 - s) K) may be missing.
With a of the ASICs down (b switch trays and the others singly), q = (1 - u_gpu) P[Bin(K - a, u_link) <= m - a], and
compute trays of c GPUs, the closed form is

    A(n) = sum_a P(a) sum_t P[Bin(N / c, u_tray) = t] P[Bin(N - c t, q) >= n],

for n = N and s -> 0, of independent parts, (1 - u_gpu)^N (1 - u_tray)^(N / c). The Monte-Carlo has to agree with it
within its error. Rates and repair times are assumed (`PARTS`), and swept: all of them 0 to 10 times, and each kind
alone 10 times. Expected for 72 GPUs, s = 0.9 (one of 18 links may be missing): 97.45 % for all 72, 99.84 % for 64.
Spares help against GPUs, compute trays and links; a switch tray takes two planes from all GPUs, spare or not.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric, Part, Shared
from twin.build.fabric import fabric_of
from twin.spec.errors import SpecError
from twin.spec.types import Factory
from twin.studies._frame import dataset, percent, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

YEAR, DAY = 365.25 * 86400.0, 86400.0
#: Years between failures of one part, and days to repair it; all assumed. A GPU (with its memory) fails every 4 000
#: days, the order of what large training runs have reported; a link takes a cartridge, so it waits longest.
PARTS = {
    "GPU": (11.0, 1.0),
    "link": (400.0, 5.0),
    "ASIC": (40.0, 2.0),
    "compute tray": (8.0, 1.0),
    "switch tray": (15.0, 1.0),
}
FACTORS = (0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0)
SWEPT = 10.0
"""Times its own rate, of one kind alone."""
QUANTILES = (0.5, 0.9, 0.99, 0.999)
QUANTILE = 0.99


class Jobs(NamedTuple):
    """What a job finds, with all GPUs and with spares left over."""

    availability: Array
    """(jobs,) share of time with enough bandwidth [1]."""
    error: Array
    """(jobs,) its standard error [1]."""
    bandwidth: Array
    """(jobs, probabilities) reached at least with these probabilities [B/s]."""


def study(
    system: str | Factory = "gb300-nvl72", samples: int = 50_000, share: float = 0.9, seed: int = 0
) -> "xr.Dataset":
    """Return availability and bandwidth of a job on all GPUs, and of one that leaves a ninth of them as spares.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    samples : int
        Snapshots of the rack per point [1].
    share : float
        Share of its bandwidth that the slowest GPU of a job needs [1].
    seed : int
        Seed of the draws [1].

    Returns
    -------
    Dataset
        Over `factor` of all failure rates: availability with its standard error, and bandwidth of the slowest GPU,
        with (`_job`) and without (`_all`) spares; over `kind`: share of time lost where it alone fails, more often.

    Raises
    ------
    SpecError
        No samples, or a share outside 0 to 1.

    References
    ----------
    Derived: `topology.reliability`; all rates assumed, of the order of what large training runs have reported.
    """
    if samples < 1 or not 0 < share <= 1:
        raise SpecError(f"samples = {samples}, share = {share}: samples must be >= 1, share above 0 and at most 1")
    spec = spec_of(system)
    fabric, rng = fabric_of(spec.rack), np.random.default_rng(seed)
    gpus = len(fabric.gpus)
    sizes = gpus - max(1, gpus // 9), gpus
    least = share * float(topology.bandwidth_per_gpu(fabric).min())

    def found(factors: dict[str, float]) -> Jobs:
        return _jobs(fabric, factors, (samples, least, rng), sizes)

    swept = [found(dict.fromkeys(PARTS, factor)) for factor in FACTORS]
    alone = [found({kind: SWEPT}) for kind in PARTS]
    made: dict[str, Any] = {}
    words = f"{sizes[0]} of {gpus}, the rest spare", f"all {gpus}"
    counts = f"{sizes[0]} of {gpus}", f"all {gpus}"
    for i, (name, job) in enumerate(zip(("job", "all"), words, strict=True)):
        up, error = ([one[k][i] for one in swept] for k in (0, 1))
        made[f"availability_{name}"] = variable("factor", up, "1", job)
        made[f"availability_error_{name}"] = variable("factor", error, "1", f"{job}, standard error")
        for k, often in enumerate(QUANTILES):
            value = [one.bandwidth[i, k] for one in swept]
            made[_quantile(name, often)] = variable("factor", value, "byte s-1", f"{counts[i]}, {often * 100:g} %")
        made[f"lost_{name}"] = variable("kind", [1 - one.availability[i] for one in alone], "1", job)
    axes = {
        "factor": variable("factor", np.array(FACTORS), "1", "failure rates, times the assumed ones"),
        "kind": ("kind", list(PARTS), {"long_name": "part"}),
    }
    title = f"Failing parts of {spec.name}: jobs with and without spare GPUs"
    answer, chart = _answer(made, sizes, share), _chart(share)
    return dataset(__doc__, made, axes, title=title, answer=answer, chart=chart, table=_TABLE)


def failing(fabric: Fabric, factors: dict[str, float]) -> tuple[dict[Any, Part], list[Shared]]:
    """Return parts and trays of a rack, failing so many times as often as assumed; absent kinds never fail."""
    rates = {kind: factors.get(kind, 0.0) / (years * YEAR) for kind, (years, _) in PARTS.items()}
    part = {kind: Part(failure_rate=rates[kind], repair_time=days * DAY) for kind, (_, days) in PARTS.items()}
    compute, switch = (_trays(names) for names in (fabric.gpus, fabric.asics))
    shared = [Shared(part["compute tray"], "gpu", compute), Shared(part["switch tray"], "asic", switch)]
    return {"gpu": part["GPU"], "link": part["link"], "asic": part["ASIC"]}, shared


def _trays(names: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the tray of each chip, numbered."""
    return np.unique([name.rpartition("/")[0] for name in names], return_inverse=True)[1].astype(np.int64)


def _jobs(
    fabric: Fabric, factors: dict[str, float], draw: tuple[int, float, np.random.Generator], sizes: tuple[int, ...]
) -> Jobs:
    """Draw snapshots and return what jobs of these sizes find in them; draw: samples, bandwidth needed, generator."""
    samples, least, rng = draw
    parts, shared = failing(fabric, factors)
    states = topology.failure_states(fabric, parts, shared, samples=samples, rng=rng)
    left = topology.degraded_bandwidth(fabric, states)
    slowest = [topology.job_bandwidth(left, size) for size in sizes]
    up, error = np.array([topology.availability(one, least * (1 - 1e-9)) for one in slowest]).T
    return Jobs(up, error, np.array([topology.bandwidth_quantiles(one, QUANTILES) for one in slowest]))


def _quantile(job: str, often: float) -> str:
    return f"bandwidth_{job}_{1000 * often:.0f}"


def _answer(made: dict[str, Any], sizes: tuple[int, ...], share: float) -> str:
    job, everyone = (made[f"availability_{name}"][1] for name in ("job", "all"))
    one, most = FACTORS.index(1.0), len(FACTORS) - 1
    rates = {i: [made[_quantile(name, 0.99)][1][i] / 1e9 for name in ("all", "job")] for i in (one, most)}
    lost = {name: made[f"lost_{name}"][1] for name in ("all", "job")}
    kinds = list(PARTS)
    worst = {name: kinds[int(np.argmax(of))] for name, of in lost.items()}
    error = 2 * float(made["availability_error_all"][1][one])
    return (
        f"At the assumed rates, {percent(share)} of the bandwidth is there {percent(everyone[one], 1)} of the time"
        f" (±{percent(error, 1)}) for a job on all {sizes[1]} GPUs and {percent(job[one], 2)} for one on {sizes[0]}"
        f" with the rest spare; at {FACTORS[-1]:g} times the rates {percent(everyone[most], 1)} and"
        f" {percent(job[most], 1)}. {percent(QUANTILE)} of the time the slowest GPU has {whole(rates[one][0])} GB/s"
        f" without and {whole(rates[one][1])} GB/s with spares ({whole(rates[most][0])} and"
        f" {whole(rates[most][1])} at {FACTORS[-1]:g} times). Of the kinds failing alone, {SWEPT:g} times as often,"
        f" without spares {worst['all']}s cost most ({percent(max(lost['all']), 1)} of the time), with spares"
        f" {worst['job']}s ({percent(max(lost['job']), 1)}). All rates are assumed."
    )


def _chart(share: float) -> dict[str, Any]:
    line = {"kind": "line", "x": "factor", "points": True, "units": {"factor": ""}}
    up = {
        "y": ["availability_job", "availability_all"], "axis": "Share of time",
        "title": f"Time with at least {percent(share)} of the bandwidth",
    }  # fmt: skip
    rate = {
        "y": [_quantile(name, often) for name in ("job", "all") for often in (0.9, QUANTILE)],
        "axis": "Bandwidth of the slowest GPU", "names": "key", "steps": True,
        "title": "Bandwidth reached in 90 and 99 % of the time",
    }  # fmt: skip
    bars = {
        "kind": "bars", "x": ["lost_all", "lost_job"], "y": "kind", "axis": "Share of time lost",
        "title": f"One kind fails alone, {SWEPT:g} times as often",
    }  # fmt: skip
    return {"panels": [line | up, line | rate, bars]}


_TABLE = {
    "rows": "factor",
    "columns": ["availability_job", "availability_all", *(_quantile(name, QUANTILE) for name in ("job", "all"))],
    "first": True,
}
