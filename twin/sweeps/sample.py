"""The points of a sweep drawn from ranges: Latin hypercube or Sobol, along one dimension."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.spec.errors import SpecError
from twin.spec.paths import field_at, find
from twin.spec.types import Factory
from twin.sweeps.grid import Points, axis_values, named_axes

Array = NDArray[np.float64]

#: Ways to draw.
METHODS = ("latin", "sobol")
#: Points drawn at most.
POINTS_MAX = 1_000_000


@dataclass(frozen=True)
class Sample:
    """How to draw points from ranges."""

    method: str
    """latin: one point in each of equal slices of every range; sobol: scrambled, the more even the more points."""
    points: int
    """Number of points; a power of two for sobol."""
    seed: int = 0
    """Seed of the draws."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            near = difflib.get_close_matches(str(self.method), METHODS, n=1) or METHODS
            raise SpecError(f"sample method {self.method!r}: must be latin or sobol, such as {near[0]}:256")
        for name, value in (("points", self.points), ("seed", self.seed)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise SpecError(f"sample {name} = {value!r}: must be a whole number, such as 256")
        if not 1 <= self.points <= POINTS_MAX:
            raise SpecError(f"sample points = {self.points}: must be ≥ 1 and ≤ {POINTS_MAX}")
        if self.seed < 0:
            raise SpecError(f"sample seed = {self.seed}: must be ≥ 0")
        if self.method == "sobol" and self.points & (self.points - 1):
            below = 1 << (self.points.bit_length() - 1)
            raise SpecError(f"sample sobol:{self.points}: must be a power of two, such as {below} or {2 * below}")


def draws(spec: Factory, over: Mapping[str, Iterable[Any] | str], sample: Sample) -> Points:
    """Return points drawn from a range of each field.

    Parameters
    ----------
    spec : Factory
        Gives the fields.
    over : mapping of str to iterable or str
        Path → the two ends of its range: ``(298.15, 323.15)`` in SI, or ``"25:50 degC"``.
    sample : Sample
        How to draw.

    Returns
    -------
    Points
        Along the one dimension `sample`.

    Raises
    ------
    SpecError
        No field, unknown path, one field in two paths, not two ends, or a field that is no quantity.

    References
    ----------
    McKay, Beckman, Conover (1979), Technometrics 21: Latin hypercube. Sobol (1967), Joe and Kuo (2008), Owen (1998):
    scrambled Sobol points.
    """
    ends = {path: _ends(spec, path, values) for path, values in over.items()}
    unit = unit_draws(sample, len(ends))
    drawn = {path: (low + column * (high - low)).tolist() for (path, (low, high)), column in zip(
        ends.items(), unit.T, strict=True)}  # fmt: skip
    text = [f"sample = {sample.method}:{sample.points}, seed {sample.seed}"]
    text += [f"{path} = {low} to {high}" for path, (low, high) in ends.items()]
    return Points(named_axes(spec, drawn), ("sample",), (sample.points,), "\n".join(text))


def unit_draws(sample: Sample, dimensions: int) -> Array:
    """Return points in the unit cube.

    Parameters
    ----------
    sample : Sample
        How to draw.
    dimensions : int
        Dimensions of the cube [1].

    Returns
    -------
    (points, dimensions) array
        Between 0 and 1 [1].

    References
    ----------
    `scipy.stats.qmc`.
    """
    from scipy.stats import qmc

    engine = qmc.LatinHypercube if sample.method == "latin" else qmc.Sobol
    return np.asarray(engine(dimensions, rng=np.random.default_rng(sample.seed)).random(sample.points))


def _ends(spec: Factory, path: str, values: Iterable[Any] | str) -> tuple[float, float]:
    """Return the two ends of a range, in SI."""
    if field_at(spec, find(spec, path)[0]).unit is None:
        raise SpecError(f"{path}: is no quantity that could be drawn from a range; sweep it over a grid, or --set it")
    ends = axis_values(spec, path, _pair(values) if isinstance(values, str) and values.count(":") == 1 else values)
    shown = values if isinstance(values, str) else ends
    if len(ends) != 2 or None in ends:
        raise SpecError(f"{path} = {shown}: a sample needs the two ends of a range, such as 25:50 degC")
    if not ends[0] < ends[1]:
        raise SpecError(f"{path} = {shown}: the range is empty; the first end must lie below the second")
    return ends[0], ends[1]


def _pair(text: str) -> list[str]:
    """Return both ends of ``low:high unit`` with the unit."""
    low, high = text.split(":")
    unit = high.lstrip("+-.0123456789eE ")
    return [f"{low} {unit}" if low.strip("+-.0123456789eE ") == "" else low, high]
