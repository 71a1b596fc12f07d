"""Runs the benchmark cases, each in a process of its own on one core, and prints what they cost.

The exit code is 1 when a case fails to run, never because it is slow; 2 when no case has the asked name.
"""

import argparse
import fnmatch
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.case import Case
from benchmarks.registry import CASES

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "BLIS")
LIMIT = 900.0
"""A process that takes longer is an error [s]."""


def environment() -> dict[str, str]:
    """Environment of a measured process: one thread in each library, our packages found, bytecode kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {f"{library}_NUM_THREADS": "1" for library in THREADS} | {"PYTHONPATH": str(ROOT)}


def measured(case: Case) -> dict[str, Any]:
    """Times and peak memory of one process that runs the case."""
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure", case.name, case.phase],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if child.returncode:
        raise RuntimeError(child.stderr.strip() or f"ended with code {child.returncode}")
    return dict(json.loads(child.stdout.splitlines()[-1]))


def bench(case: Case) -> dict[str, Any]:
    """One row of the table: the case, the median of its CPU times, the peak memory; or its error."""
    row = {name: getattr(case, name) for name in ("name", "size", "phase", "beat", "whose", "cells")}
    fresh = case.phase == "first" and not case.command
    try:
        runs = [measured(case) for _ in range(case.repeats + 1 if fresh else 1)]
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return row | {"cpu_seconds": None, "peak_memory": None, "error": str(error)}
    counted = runs[1:] if fresh else runs  # the first process only warms the file caches
    times = [seconds for run in counted for seconds in run["times"]]
    return row | {
        "cpu_seconds": statistics.median(times),
        "runs": len(times),
        "peak_memory": max(run["memory"] for run in counted),
        "error": None,
    }


def duration(seconds: float) -> str:
    """Time to three figures, in ms below a second."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def growth(rows: Sequence[dict[str, Any]]) -> float | None:
    """Exponent of CPU time against cells over the growth series, None with fewer than two members."""
    members = [
        (math.log(row["cells"]), math.log(row["cpu_seconds"])) for row in rows if row["cells"] and not row["error"]
    ]
    if len(members) < 2:
        return None
    return statistics.linear_regression(*zip(*members, strict=True)).slope


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows in trade units, and the end of each error after them (JSON has all of it)."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table("name", "size", "phase", box=box.SIMPLE)
    for heading in ("CPU time, one core", "peak memory", "to beat"):
        table.add_column(heading, justify="right")
    table.add_column("whose")
    errors = []
    for row in rows:
        if row["error"]:
            errors.append(f"{row['name']}: {' '.join(row['error'].splitlines()[-3:])}")
            cost = ("error", "-")
        else:
            cost = (duration(row["cpu_seconds"]), f"{row['peak_memory'] / 1e6:.0f} MB")
        table.add_row(row["name"], row["size"], row["phase"], *cost, duration(row["beat"]), row["whose"])
    console.print(table)
    if exponent := growth(rows):
        console.print(f"growth of the solve over the layered blocks: CPU time ~ cells^{exponent:.2f}")
    for error in errors:
        console.print(error, style="red", markup=False)


def main(arguments: list[str] | None = None) -> int:
    """Run the cases that match and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="*", help="part of a name, or a shell pattern")
    parser.add_argument(
        "--json", action="store_true", help="rows as JSON on the standard output; times in s, memory in B"
    )
    options = parser.parse_args(arguments)
    cases = [case for case in CASES if options.only in case.name or fnmatch.fnmatch(case.name, options.only)]
    if not cases:
        parser.error(
            f"no case matches {options.only!r}; there are: {', '.join(dict.fromkeys(case.name for case in CASES))}"
        )
    rows = [bench(case) for case in cases]
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        print_table(rows)
    return int(any(row["error"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
