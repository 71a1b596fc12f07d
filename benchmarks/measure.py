"""One measurement in this process: pinned to one core, one thread, CPU time and peak memory.

The runner starts it as `python -m benchmarks.measure NAME PHASE`, with the thread counts in the environment; it
writes one JSON object on the last line of its standard output. It imports nothing heavy, so that the memory
it reports is what the case itself loads.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.case import Case
from benchmarks.registry import CASES

ENOUGH = 0.25
"""Short calls are repeated until they have used this much CPU time [s]."""
TWIN = "import sys; from twin.cli import main; sys.exit(main())"


def pin() -> None:
    """Keep this process, and those it starts, on one core."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_memory(usage: resource.struct_rusage) -> int:
    """Peak resident set [B]; Linux counts it in KiB, macOS in bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run_command(arguments: tuple[str, ...]) -> tuple[float, int]:
    """CPU seconds and peak memory of one `twin` command, run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        command = [sys.executable, "-c", TWIN, *arguments]
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise RuntimeError(f"twin {' '.join(arguments)}: {errors.read().decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, peak_memory(usage)


def seconds_of(run: Callable[[Any], Any], argument: Any) -> float:
    """CPU seconds of one call in this process."""
    start = time.process_time()
    run(argument)
    return time.process_time() - start


def repeated(once: Callable[[], float], repeats: int) -> list[float]:
    """Times of a warm-up and then of `repeats` calls, more where they are short; the warm-up is dropped."""
    once()
    times: list[float] = []
    while len(times) < repeats or (sum(times) < ENOUGH and len(times) < 1000):
        times.append(once())
    return times


def measure(case: Case) -> tuple[list[float], int]:
    """CPU seconds of each counted call, and the peak memory of the process that made them [B]."""
    if case.command:
        run_command(case.command)
        runs = [run_command(case.command) for _ in range(case.repeats)]
        return [seconds for seconds, _ in runs], max(memory for _, memory in runs)
    argument = case.setup()
    if case.phase == "first":
        times = [seconds_of(case.run, argument)]
    else:
        times = repeated(lambda: seconds_of(case.run, argument), case.repeats)
    return times, peak_memory(resource.getrusage(resource.RUSAGE_SELF))


def main() -> None:
    """Measure the case named on the command line."""
    pin()
    case = next(case for case in CASES if [case.name, case.phase] == sys.argv[1:])
    times, memory = measure(case)
    sys.stdout.write("\n" + json.dumps({"times": times, "memory": memory}) + "\n")


if __name__ == "__main__":
    main()
