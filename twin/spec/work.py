"""The work in a spec: load, traffic and its jobs, and how chips differ from one another."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from twin.spec.errors import SpecError
from twin.spec.kinds import Count, Fraction, Name, Pattern, Seed


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the chips are asked to do."""

    utilization: Fraction
    """0 is idle, 1 draws the thermal design power."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One of several jobs that share the fabric, each on GPUs of its own."""

    name: Name
    """Name in paths and tables."""
    gpus: Annotated[int, Ge(2), Le(100_000)]
    """GPUs it takes, from the first that no earlier job has."""
    pattern: Pattern
    """Who sends to whom."""
    injection: Fraction
    """Bytes each of its GPUs offers at full load and clock, as a share of its bandwidth."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the fabric is asked to carry."""

    pattern: Pattern
    """Who sends to whom."""
    injection: Fraction
    """Bytes each GPU offers at full load and clock, as a share of its bandwidth."""
    experts: Count
    """Experts of the mixture (expert_dispatch)."""
    top_k: Count
    """Experts per token (expert_dispatch)."""
    zipf_exponent: Annotated[float, "1", Ge(0), Le(4)]
    """Skew of the experts' popularity (expert_dispatch)."""
    seed: Seed
    """Seed of the popularity's order."""
    message_bytes: Annotated[float, "B", Gt(0)]
    """Bytes per ordered pair in the quoted all-to-all time."""
    reduce_bytes: Annotated[float, "B", Gt(0)]
    """Buffer of each GPU in the quoted all-reduce time."""
    tokens: Count
    """Tokens of each GPU in the quoted dispatch and combine times."""
    token_values: Count
    """Values of a token: the hidden size of the model."""
    token_type: Literal["bfloat16", "fp8", "nvfp4"]
    """Type of the experts, in which tokens are dispatched."""
    jobs: tuple[Job, ...] = ()
    """Jobs that share the fabric; none: one job of this pattern and injection on all GPUs."""

    @property
    def job_names(self) -> tuple[str, ...]:
        """Names of the jobs; `all` for the one that nobody names."""
        return tuple(job.name for job in self.jobs) or ("all",)

    def __post_init__(self) -> None:
        if self.top_k > self.experts:
            raise SpecError(f"top_k = {self.top_k}: must be ≤ experts = {self.experts}; lower it, or raise experts")


@dataclass(frozen=True, kw_only=True)
class Variation:
    """Chip-to-chip variation: uniform within ± the half-width, from a seed."""

    leakage: Annotated[float, "1", Ge(0), Lt(1)]
    """Half-width of the leakage factor."""
    interface: Annotated[float, "1", Ge(0), Lt(1)]
    """Half-width of the thermal-interface thickness factor."""
    seed: Seed
    """Seed of both."""
