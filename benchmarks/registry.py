"""The benchmark cases: what is run, how big it is, and the figure to beat.

A case either runs a function in a process of its own (`run` on what `setup` returned; `setup` is not
counted), or a `twin` command (`command`; user plus system time of that process, interpreter start
included). The phase says what is counted: "first" is the first call in a fresh process, "next" a later call
in a warm one. Imports of ours stand inside the functions, so that the process that lists the cases stays
small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

OURS = "our budget"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the benchmark table."""

    name: str
    """Unique name, matched by `--only`."""
    size: str
    """How much is computed, in words."""
    phase: Literal["first", "next"]
    """The call that is counted: the first in a fresh process, or a later one."""
    beat: float
    """CPU time to stay below [s]."""
    whose: str = OURS
    """Where the figure to beat comes from."""
    command: tuple[str, ...] = ()
    """Arguments of the `twin` command that is run, in an empty folder, in place of `run`."""
    setup: Callable[[], Any] = lambda: None
    """Makes the argument of `run`; not counted."""
    run: Callable[[Any], Any] = lambda _: None
    """What is counted, called with what `setup` returned."""
    repeats: int = 5
    """Least number of counted calls or processes; the median is reported."""


def _import_twin(_: None) -> None:
    import twin  # noqa: F401


def _rack() -> Any:
    import twin

    return twin.load("gb300-nvl72")


def _solve(rack: Any) -> Any:
    import twin

    return twin.solve(rack)


def _racks() -> list[Any]:
    rack = _rack()
    _solve(rack)
    return [rack.with_("cooling.supply_temperature", 298.15 + 20 * i / 10_000) for i in range(10_000)]


def _solve_batch(racks: list[Any]) -> Any:
    import twin

    return twin.solve_batch(racks)


CASES = (
    Case(name="import twin", size="-", phase="first", beat=0.1, run=_import_twin),
    Case(name="twin --help", size="-", phase="next", beat=0.3, command=("--help",)),
    Case(
        name="twin run",
        size="1 rack, no picture",
        phase="next",
        beat=3.0,
        command=("run", "gb300-nvl72", "--no-picture", "--out", "out"),
    ),
    Case(name="first solve", size="1 rack, loaded", phase="first", beat=1.0, setup=_rack, run=_solve),
    Case(name="next solve", size="1 rack", phase="next", beat=0.020, setup=_rack, run=_solve),
    Case(
        name="batched solve",
        size="10 000 racks",
        phase="first",
        beat=20.0,
        setup=_racks,
        run=_solve_batch,
        repeats=3,
    ),
)
