"""The two errors of the twin: a spec that cannot be used, and a solve that did not converge."""

from collections.abc import Sequence


class SpecError(ValueError):
    """Input that cannot be used; carries every problem found, each naming path, value, allowed range and fix."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["SpecError"], tuple[tuple[str, ...]]]:
        return SpecError, (self.problems,)


class ConvergenceError(RuntimeError):
    """A solve that did not converge; the message names the part and what to change."""
