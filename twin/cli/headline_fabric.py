"""The rows of a result's table on the fabric: bandwidth, latency, times of collectives, jobs, cables."""

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.cli.forms import FORMS, Row, percent, row

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

    from twin.spec.types import Factory


def fabric_rows(tree: "DataTree", spec: "Factory", s: dict[str, Any]) -> list[Row]:
    """Return the rows on the fabric of a solved rack."""
    links = tree["topology"].to_dataset()
    worst = int(np.argmax(links.link_utilization.values))
    busiest = f"{links.link_gpu.values[worst]} – {links.link_asic.values[worst]}"
    work = spec.traffic
    optics = f"optics {FORMS['optics_power'](s['optics_power'])} beside them" if s["optics_power"] else "no optics"
    tails = [_tail(s, name) for name in ("dispatch", "combine")]
    rows = [
        row(s, "bandwidth per GPU", "bandwidth_per_gpu", "per direction"),
        row(s, "aggregate", "bandwidth_aggregate_bidirectional", "both directions, all GPUs"),
        row(s, "bisection", "bandwidth_bisection", "per direction"),
        row(s, "latency GPU to GPU", "latency_gpu_to_gpu", "one way, hardware"),
        row(s, f"all-to-all, {work.message_bytes / 1e6:g} MB per pair", "all_to_all_time", _measured(s, "collectives")),
        row(s, f"all-reduce, {work.reduce_bytes / 1e9:g} GB", "all_reduce_time", "the faster of ring and switches"),
        row(s, f"expert dispatch, {work.tokens} tokens", "dispatch_time", f"{tails[0]}; {_measured(s, 'experts')}"),
        row(s, f"expert combine, {work.tokens} tokens", "combine_time", tails[1]),
        ("busiest link", percent(links.link_utilization.values[worst]), busiest, ""),
        *_jobs(links, spec),
        row(s, "links", "link_count", "GPU to switch ASIC"),
        row(s, "link ends", "link_power_total", optics),
    ]
    if not s["cable_pair_count"]:
        return rows
    length = f"{s['cable_length_total'] / 1e3:.2f} km in all ({s['cable_length_total'] / 1609.344:.2f} miles)"
    return [*rows, row(s, "copper pairs", "cable_pair_count", length)]


def _measured(s: dict[str, Any], which: str) -> str:
    """Return in a few words what the times rest on; `collective_basis` has it in full."""
    basis = next(part for part in s["collective_basis"].split("; ") if part.startswith(which))
    group = basis.split(" GPUs")[0].rsplit(" ", 1)[1]
    extrapolated = f", carried on to {basis.split('carried on to ')[1].split(',')[0]}" if "carried on" in basis else ""
    return f"measured on {'up to ' if which == 'experts' else ''}{group} GPUs{extrapolated}"


def _tail(s: dict[str, Any], name: str) -> str:
    """Return the 99 % quantile beside the mean."""
    return f"mean; p99 {FORMS[f'{name}_time'](s[f'{name}_time_p99'])}"


def _jobs(links: "Dataset", spec: "Factory") -> list[Row]:
    """Return a row for each of several jobs."""
    if not spec.traffic.jobs:
        return []
    rows = []
    for k, job in enumerate(spec.traffic.jobs):
        times = {
            name: FORMS["all_to_all_time"](float(links[f"job_{name}"].values[k]))
            for name in ("all_to_all_time", "dispatch_time", "dispatch_time_p99")
        }
        detail = (
            f"{job.gpus} GPUs, {percent(links.job_delivered.values[k])} of its traffic delivered, dispatch "
            f"{times['dispatch_time']}, p99 {times['dispatch_time_p99']}"
        )
        rows.append((f"job {job.name}: all-to-all", times["all_to_all_time"], detail, ""))
    return rows
