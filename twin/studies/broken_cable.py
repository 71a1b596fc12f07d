"""What do failed NVLink links take from bandwidth and from an all-to-all?

Every pair of n GPUs exchanges the same bytes, and all n must take part: where one is cut off, the rate is 0 and there
is no time (a simulated rack goes on without that GPU). The rate per pair is capped by the cut around the least wired,

    rate <= min_i C_i / (n - 1),

and routing that splits each pair evenly over the planes both ends still have reaches

    rate = 1 / max over links of sum_j w_ijk / B,   w_ijk = min(C_ik, C_jk) / sum_k min(C_ik, C_jk).

With 72 GPUs of 18 links of 50 GB/s: 900 / 71 = 12.676 GB/s intact; five links on five GPUs, 11.972 at best; all five
on one GPU, 9.155 either way. All-to-all time is startup + message / (efficiency rate).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric
from twin.build.fabric import fabric_of
from twin.build.times import exchange_time
from twin.spec.types import Factory
from twin.studies._frame import dataset, percent, spec_of, variable

if TYPE_CHECKING:
    import xarray as xr

BAND = (0.05, 0.95)


def study(
    system: str | Factory = "gb300-nvl72", failed_most: int = 40, draws: int = 100, seed: int = 0
) -> "xr.Dataset":
    """Return bandwidth and all-to-all time against failed links: drawn at random, and all on one GPU.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    failed_most : int
        Largest number of failed links [1].
    draws : int
        Random orders in which links fail [1].
    seed : int
        Seed of the draws [1].

    Returns
    -------
    Dataset
        Over `failed_links`: least bandwidth of a GPU, rate per pair at best and under the even split, all-to-all time;
        each the median, the 5 and 95 % quantile of the draws, and all on one GPU (`_worst`).

    References
    ----------
    Shahrokhi and Matula, 1990, Journal of the ACM 37 (the cut); `topology.saturation`.
    """
    spec = spec_of(system)
    fabric, rng = fabric_of(spec.rack), np.random.default_rng(seed)
    failed = np.arange(min(failed_most, len(fabric.gpu) - 1) + 1)
    orders = [np.argsort(fabric.gpu, kind="stable"), *(rng.permutation(len(fabric.gpu)) for _ in range(draws))]
    found = np.array([[_served(fabric, order[:count]) for count in failed] for order in orders])
    bandwidth, even = np.moveaxis(found, -1, 0)
    rates, which = np.unique(even, return_inverse=True)
    times = [exchange_time(spec, len(fabric.gpus), (len(fabric.gpus) - 1) * r) if r else np.nan for r in rates]
    seconds = np.array(times)[which].reshape(even.shape)
    made = {
        **_spread("bandwidth_per_gpu", bandwidth, "byte s-1", "least wired GPU"),
        **_spread("rate_best", bandwidth / (len(fabric.gpus) - 1), "byte s-1", "best split"),
        **_spread("rate_even", even, "byte s-1", "even split"),
        **_spread("all_to_all_time", seconds, "s", "even split"),
    }
    axis = {"failed_links": variable("failed_links", failed, "1", "failed links")}
    title = f"Failed links of {spec.name}: all-to-all among all {len(fabric.gpus)} GPUs, {draws} random orders"
    answer = _answer(made, spec, len(fabric.gpus))
    return dataset(__doc__, made, axis, title=title, answer=answer, chart=_CHART, table=_TABLE)


def _served(fabric: Fabric, gone: NDArray[np.intp]) -> tuple[float, float]:
    """Return bandwidth of the least wired GPU, and rate per pair of the even split, 0 where a pair is cut off [B/s]."""
    kept = np.delete(np.arange(len(fabric.gpu)), gone)
    left = fabric._replace(gpu=fabric.gpu[kept], asic=fabric.asic[kept])
    left = left._replace(bandwidth=fabric.bandwidth[kept], length=fabric.length[kept])
    least = float(topology.bandwidth_per_gpu(left).min())
    everyone = 1.0 - np.eye(len(fabric.gpus))
    joined = topology.plane_weights(left).any(axis=-1) | np.eye(len(fabric.gpus), dtype=bool)
    return least, float(topology.concurrent_rate_even(left, everyone)) if joined.all() else 0.0


def _spread(name: str, values: NDArray[np.float64], units: str, words: str) -> dict[str, Any]:
    """Return median, band and worst case of values (worst, then draws; failed links)."""
    known = np.where(np.isnan(values), np.inf if units == "s" else 0.0, values)[1:]
    low, middle, high = np.quantile(known, (BAND[0], 0.5, BAND[1]), axis=0, method="nearest")
    rows = {
        "": (middle, "median"),
        "_low": (low, "5 %"),
        "_high": (high, "95 %"),
        "_worst": (values[0], "all on one GPU"),
    }
    return {name + end: variable("failed_links", row, units, f"{words}, {more}") for end, (row, more) in rows.items()}


def _answer(made: dict[str, Any], spec: Factory, gpus: int) -> str:
    rate, worst, time = (made[name][1] for name in ("rate_even", "rate_even_worst", "all_to_all_time"))
    few, most = min(5, len(rate) - 1), len(rate) - 1
    one, some, many, unlucky = (percent(share / rate[0], 1) for share in (rate[1], rate[few], rate[most], worst[few]))
    cut = np.flatnonzero(worst == 0)
    ends = f" With {cut[0]} on one GPU it is cut off, and no all-to-all of all {gpus} is left." if len(cut) else ""
    return (
        f"All {gpus} GPUs taking part, {rate[0] / 1e9:.2f} GB/s are served per pair intact; one failed link leaves"
        f" {one} of it, {few} random ones {some}, {most} {many} (medians, even split), and {few} on one GPU {unlucky}."
        f"{ends} {spec.traffic.message_bytes / 1e6:g} MB per pair takes {time[0] * 1e6:.0f} µs intact and"
        f" {time[most] * 1e6:.0f} µs with {most} links failed."
    )


_LEFT = {
    "kind": "band", "x": "failed_links", "y": "rate_even", "low": "rate_even_low", "high": "rate_even_high",
    "lines": ["rate_best", "rate_even_worst"], "band": "Even split, 5 to 95 %", "axis": "Rate per pair", "steps": True,
    "title": "Rate per pair, 0 where a GPU is cut off",
}  # fmt: skip
_RIGHT = {
    "kind": "band", "x": "failed_links", "y": "all_to_all_time", "low": "all_to_all_time_low",
    "high": "all_to_all_time_high", "band": "Even split, 5 to 95 %", "axis": "All-to-all time", "steps": True,
    "title": "Time of an all-to-all",
}  # fmt: skip
_COUNT = {"units": {"failed_links": ""}}  # a number, not a percentage
_CHART = {"panels": [_LEFT | _COUNT, _RIGHT | _COUNT]}
_TABLE = {
    "rows": "failed_links",
    "at": [0, 1, 5, 10, 20, 40],
    "columns": ["bandwidth_per_gpu", "rate_best", "rate_even", "rate_even_low", "rate_even_worst", "all_to_all_time"],
}
