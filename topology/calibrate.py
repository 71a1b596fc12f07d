"""Remake the coefficients in `topology/data` from measured times: `python -m topology.calibrate DIR [--out DIR]`.

Contract: DIR holds `*_nccl.csv` and `gb200_nvl72_expert_alltoall.csv`. Each file of coefficients says where its data
come from, what was fitted on what, and how far held-out points lie. Times in seconds, sizes in decimal bytes.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from topology.algorithms import steps_and_share
from topology.expert import ExpertLaw, expert_time
from topology.fit import fit_linear, fit_protocols, leave_one_out
from topology.measurements import Series, expert_columns, read_expert, read_nccl

NEAR = 0.25  # a held-out point farther from its prediction is an outlier
GROUPS, HELD_OUT = (8, 16), 32  # of the expert kernels
_RING = ("all_gather", "reduce_scatter", "all_reduce")
_SMALL = 2048  # B: below, the time of these operations is startup only
_NVLINK = {"h100_sxm": 450e9, "h200_sxm": 450e9, "b200_sxm": 900e9, "gb200": 900e9}  # B/s per GPU and direction
#: One-way store through the switch: measured on GB200 (arXiv 2607.16100), the same taken for B200, assumed before.
_HARDWARE = {"h100_sxm": 0.5e-6, "h200_sxm": 0.5e-6, "b200_sxm": 0.792e-6, "gb200": 0.792e-6}
#: CoreWeave, nccl-tests log of NCCL 2.26, all-reduce fp32 in the switches of one NVL72: size [B] to time [s].
IN_NETWORK_FITTED = {2**30: 3108.8e-6, 2**33: 20299e-6}
_SOURCE = "ai-dynamo/aiconfigurator (Apache-2.0), "


def fit_expert(operation: str, dtype: str, points: Mapping[tuple[int, int], float]) -> ExpertLaw:
    """Fit startup, startup per doubling and slope on groups of 8 and 16; smaller groups have lines of their own.

    Parameters
    ----------
    operation, dtype : str
        As `expert_token_bytes` takes them.
    points : mapping
        (tokens, ranks) to time [s]; hidden size 7 168, 8 of 256 experts.

    Returns
    -------
    ExpertLaw
        For the group sizes of the points up to 8, and beyond.

    References
    ----------
    Derived: least relative deviation (`topology.fit.fit_linear`).
    """
    size, gpus, time = expert_columns(operation, dtype, points)
    large = np.isin(gpus, GROUPS)
    law = fit_linear(np.stack([size**0, np.log2(gpus), size], axis=1)[large], time[large])
    own = [int(n) for n in np.unique(gpus) if n < GROUPS[0]]
    lines = [fit_linear(np.stack([size**0, size], axis=1)[gpus == n], time[gpus == n]) for n in own]
    return ExpertLaw(
        gpus=(*own, GROUPS[0]),
        startup=(*(float(line[0]) for line in lines), float(law[0] + law[1] * np.log2(GROUPS[0]))),
        per_byte=(*(float(line[1]) for line in lines), float(law[2])),
        startup_per_doubling=float(law[1]),
    )


def nccl_coefficients(series: Sequence[Series]) -> dict[str, Any]:
    """Fit all series and the latency law of each system.

    Parameters
    ----------
    series : sequence of Series

    Returns
    -------
    dict
        What `data/nccl.json` holds: provenance, systems, series.

    References
    ----------
    Derived: `topology.fit`.
    """
    source = _SOURCE + "nccl-tests 2.29.2, one node, out-of-place, 512 B to 512 MiB; date of measurement not stated"
    held_out = "each size predicted from a fit to all the others of its series; relative deviation"
    systems = {name: _latency_law(name, group) for name, group in _by_system(series).items() if name in _NVLINK}
    return {
        "provenance": {"source": source, "fitted": date.today().isoformat(), "error": held_out},
        "systems": systems,
        "series": [_fitted(one) for one in series],
    }


def expert_coefficients(folder: Path) -> dict[str, Any]:
    """Fit all expert kernels.

    Parameters
    ----------
    folder : Path
        Holds the file of expert kernels.

    Returns
    -------
    dict
        What `data/expert.json` holds: provenance, laws.

    References
    ----------
    Derived: `fit_expert`.
    """
    source = _SOURCE + "GB200 NVL72, hidden size 7 168, 8 of 256 experts, 1 to 65 536 tokens per GPU; date not stated"
    error = f"groups of {HELD_OUT}, not used in the fit on 8 and 16; mean relative deviation, all and >= 1 024 tokens"
    laws = []
    for (operation, kernel, dtype), points in read_expert(folder).items():
        law = fit_expert(operation, dtype, points)
        everywhere, large = expert_errors(law, operation, dtype, points)
        laws.append(
            {"system": "gb200_nvl72", "operation": operation, "kernel": kernel, "dtype": dtype, **law._asdict()}
            | {"fitted_on": GROUPS, "held_out": HELD_OUT}
            | {"smallest_tokens": min(points)[0], "largest_tokens": max(points)[0]}
            | {"mean_error": everywhere, "mean_error_large": large}
        )
    return {"provenance": {"source": source, "fitted": date.today().isoformat(), "error": error}, "laws": laws}


def expert_errors(
    law: ExpertLaw, operation: str, dtype: str, points: Mapping[tuple[int, int], float]
) -> tuple[float, float]:
    """Mean deviation of the law on groups of 32.

    Parameters
    ----------
    law : ExpertLaw
    operation, dtype : str
        As `expert_token_bytes` takes them.
    points : mapping
        (tokens, ranks) to time [s].

    Returns
    -------
    everywhere, large : float
        Mean of |predicted / measured - 1| over all sizes, and from 1 024 tokens [1].

    References
    ----------
    Derived: definition.
    """
    size, gpus, time = expert_columns(operation, dtype, points)
    many = np.array([tokens >= 1024 for tokens, _ in points])
    error, held_out = np.abs(expert_time(law, size, gpus) / time - 1), gpus == HELD_OUT
    return float(error[held_out].mean()), float(error[held_out & many].mean())


def in_network_coefficients() -> dict[str, Any]:
    """Fit the all-reduce in the switches of an NVL72 to its smallest and largest published size.

    Returns
    -------
    dict
        What `data/in_network.json` holds: provenance, startup, efficiency.

    References
    ----------
    CoreWeave, nccl-tests log of NCCL 2.26, all-reduce fp32, 72 GPUs.
    """
    (small, first), (large, last) = IN_NETWORK_FITTED.items()
    slope = (last - first) / (large - small)
    share = steps_and_share("all_reduce", 72, "in_network")[1]
    return {
        "provenance": {
            "source": "CoreWeave, nccl-tests log, NCCL 2.26 (2025), all-reduce fp32, 72 GPUs of one GB200 NVL72",
            "fitted": date.today().isoformat(),
            "error": "2 GiB and 4 GiB predicted from 1 GiB and 8 GiB; see N7",
        },
        "system": "gb200_nvl72",
        "operation": "all_reduce",
        "dtype": "float",
        "gpus": 72,
        "bandwidth": 900e9,
        "startup": first - slope * small,
        "efficiency": share / (900e9 * slope),
        "smallest": small,
        "largest": large,
    }


def _fitted(series: Series) -> dict[str, Any]:
    error = leave_one_out(series.sizes, series.times) / series.times - 1
    far = [int(size) for size in series.sizes[np.abs(error) > NEAR]]
    return {
        **{name: getattr(series, name) for name in ("system", "operation", "dtype", "gpus")},
        "smallest": int(series.sizes[0]),
        "largest": int(series.sizes[-1]),
        "mean_error": float(np.abs(error).mean()),
        "worst_error": float(np.abs(error).max()),
        "outliers": far,
        "protocols": [
            [p.name, p.startup, p.per_byte, int(p.above), int(p.below) if np.isfinite(p.below) else None]
            for p in fit_protocols(series.sizes, series.times)
        ],
    }


def _latency_law(system: str, group: Sequence[Series]) -> dict[str, Any]:
    """Launch + steps * step latency on small messages of ring operations; efficiency of the largest all-gather."""
    small = [(one, time) for one in group if one.operation in _RING for time in one.times[one.sizes <= _SMALL]]
    steps = np.array([steps_and_share(one.operation, one.gpus, "ring")[0] for one, _ in small])  # type: ignore[arg-type]
    gpus, time = np.array([one.gpus for one, _ in small]), np.array([time for _, time in small])
    columns = np.stack([np.ones(steps.size), steps], axis=1)
    held_out = [
        np.abs(columns[gpus == n] @ fit_linear(columns[gpus != n], time[gpus != n]) / time[gpus == n] - 1)
        for n in np.unique(gpus)
    ]
    launch, step = fit_linear(columns, time)
    widest = max((one for one in group if one.operation == "all_gather"), key=lambda one: (one.gpus, one.dtype))
    rate = (widest.sizes[-1] - widest.sizes[-2]) / (widest.times[-1] - widest.times[-2])
    return {
        "bandwidth": _NVLINK[system],
        "efficiency": float(rate * (widest.gpus - 1) / widest.gpus / _NVLINK[system]),
        "launch": float(launch),
        "step": float(step),
        "hardware": _HARDWARE[system],
        "mean_error": float(np.concatenate(held_out).mean()),
    }


def _by_system(series: Iterable[Series]) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        found[one.system].append(one)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files of coefficients.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line; those of the process by default.

    References
    ----------
    Derived: the functions above.
    """
    parser = argparse.ArgumentParser(description="Remake the coefficients of topology from measured times.")
    parser.add_argument("folder", type=Path, help="folder with *_nccl.csv and the file of expert kernels")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", help="folder to write to")
    chosen = parser.parse_args(arguments)
    files = {
        "nccl": nccl_coefficients(read_nccl(chosen.folder)),
        "expert": expert_coefficients(chosen.folder),
        "in_network": in_network_coefficients(),
    }
    for name, content in files.items():
        (chosen.out / f"{name}.json").write_text(_text(_rounded(content)), encoding="utf-8")


def _text(content: Mapping[str, Any]) -> str:
    """Return it as JSON, each series or law on a line of its own."""
    parts = []
    for name, value in content.items():
        rows = ",\n".join(f"  {json.dumps(row)}" for row in value) if isinstance(value, list) else ""
        parts.append(f' "{name}": ' + (f"[\n{rows}\n ]" if rows else json.dumps(value)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rounded(value: Any) -> Any:
    """Return the content with floats to six digits, what a fit of noisy times is worth and more."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()
