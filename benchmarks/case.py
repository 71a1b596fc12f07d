"""One benchmark case: what is run, what is counted, and the figure to beat.

A case either runs a function in a process of its own (`run` on what `setup` returned; `setup` is not counted), or a
`twin` command (`command`; user plus system time of that process, interpreter start included). Phase "first" counts the
first call in a fresh process; every other phase counts later calls in a warm one, and its name says which part of the
work they do. Imports of ours stand inside the functions, so that the process that lists the cases stays small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

OURS = "our budget"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the benchmark table."""

    name: str
    """Matched by `--only`; unique together with the phase."""
    size: str
    """How much is computed, in words."""
    phase: Literal["first", "next", "set-up", "solve"]
    """The call that is counted: the first in a fresh process, or a later one of the whole or of a part."""
    beat: float
    """CPU time to stay below [s]."""
    whose: str = OURS
    """Where the figure to beat comes from, or what others need."""
    command: tuple[str, ...] = ()
    """Arguments of the `twin` command that is run, in an empty folder, in place of `run`."""
    setup: Callable[[], Any] = lambda: None
    """Makes the argument of `run`; not counted."""
    run: Callable[[Any], Any] = lambda _: None
    """What is counted, called with what `setup` returned."""
    repeats: int = 5
    """Least number of counted calls or processes; the median is reported."""
    cells: int = 0
    """Size of a member of the growth series, 0 for the others."""
