"""Loads in time: a training job as trapezoids of its phases, and measured series on other samples.

Contract: a course is a list of corners, linear between them; samples are means over their step, so that energy is kept
exactly. Powers in watts of whatever the numbers stand for: a node, a rack, a hall.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training job: blocks of steps, each step computing and then communicating, an evaluation after each block."""

    step_time: Annotated[float, "s", Gt(0)]
    """one iteration, communication included"""
    communicate_time: Annotated[float, "s", Ge(0)]
    """end of each step spent in communication"""
    steps_per_block: Annotated[int, Ge(1)]
    """steps between evaluations"""
    evaluate_time: Annotated[float, "s", Ge(0)]
    """evaluation after each block"""
    checkpoint_time: Annotated[float, "s", Ge(0)]
    """writing a checkpoint"""
    blocks_per_checkpoint: Annotated[int, Ge(1)]
    """blocks between checkpoints"""
    edge_time: Annotated[float, "s", Ge(0)]
    """a change of power, from the start of a phase on"""
    idle_power: Annotated[float, "W", Ge(0)]
    """before the start and after the end"""
    compute_power: Annotated[float, "W", Ge(0)]
    """while computing"""
    communicate_power: Annotated[float, "W", Ge(0)]
    """while communicating"""
    evaluate_power: Annotated[float, "W", Ge(0)]
    """while evaluating"""
    checkpoint_power: Annotated[float, "W", Ge(0)]
    """while writing a checkpoint"""

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.communicate_time < self.step_time:
            raise ValueError(
                f"Training.communicate_time = {self.communicate_time}: must be < step_time = {self.step_time} s"
            )
        rest = self.communicate_time, self.evaluate_time, self.checkpoint_time
        shortest = min(time for time in (self.step_time - self.communicate_time, *rest) if time > 0)
        if self.edge_time > shortest:
            raise ValueError(f"Training.edge_time = {self.edge_time}: must be <= the shortest phase, {shortest:.6g} s")


class Course(NamedTuple):
    """Power in time, linear between corners; two corners at one time are a jump."""

    time: Array
    """(corner,) not falling [s]"""
    power: Array
    """(corner,) [W]"""


def block_time(training: Training) -> float:
    """Return the time from one evaluation to the next, without checkpoints.

    Parameters
    ----------
    training : Training

    Returns
    -------
    float
        [s].

    References
    ----------
    Derived: steps and evaluation.

    Examples
    --------
    >>> job = Training(step_time=10.62, communicate_time=4.0, steps_per_block=12, evaluate_time=14.6,
    ...                checkpoint_time=0.0, blocks_per_checkpoint=1, edge_time=4.0, idle_power=0.0, compute_power=1.0,
    ...                communicate_power=0.8, evaluate_power=0.8, checkpoint_power=0.8)
    >>> round(block_time(job), 2)
    142.04
    """
    return training.steps_per_block * training.step_time + training.evaluate_time


def training_course(training: Training, blocks: int, start_ramp: float = 0.0, stop_ramp: float = 0.0) -> Course:
    """Return the power of a job: start ramp, blocks with their evaluations and checkpoints, stop ramp.

    Parameters
    ----------
    training : Training
    blocks : number of blocks, 1 or more
    start_ramp : from idle to computing, before the first step [s]
    stop_ramp : to idle, after the last phase [s]

    Returns
    -------
    Course

    Raises
    ------
    ValueError
        where there is no block, or a ramp is negative.

    References
    ----------
    Choukse et al. (2025), arXiv 2508.14318, phases of training and their power; trapezoids derived.

    Examples
    --------
    >>> job = Training(step_time=10.0, communicate_time=4.0, steps_per_block=1, evaluate_time=0.0,
    ...                checkpoint_time=0.0, blocks_per_checkpoint=1, edge_time=1.0, idle_power=0.0, compute_power=10.0,
    ...                communicate_power=8.0, evaluate_power=8.0, checkpoint_power=8.0)
    >>> course = training_course(job, 1, start_ramp=5.0)
    >>> course.time, course.power
    (array([ 0.,  5.,  5.,  6., 11., 12., 15., 15.]), array([ 0., 10., 10., 10., 10.,  8.,  8.,  0.]))
    """
    if blocks < 1:
        raise ValueError(f"blocks = {blocks}: must be >= 1")
    if not (start_ramp >= 0 and stop_ramp >= 0):
        raise ValueError(f"start_ramp, stop_ramp = {start_ramp}, {stop_ramp}: must be >= 0 s")
    computing = training.step_time - training.communicate_time
    step = [(computing, training.compute_power), (training.communicate_time, training.communicate_power)]
    block = [*(training.steps_per_block * step), (training.evaluate_time, training.evaluate_power)]
    saved = [*block, (training.checkpoint_time, training.checkpoint_power)]
    phases = [
        phase for b in range(blocks) for phase in (saved if (b + 1) % training.blocks_per_checkpoint == 0 else block)
    ]
    duration, level = np.array([phase for phase in phases if phase[0] > 0]).T
    begin = start_ramp + np.concatenate(([0.0], np.cumsum(duration)))
    before = np.concatenate(([training.compute_power], level))
    corners = np.stack((begin[:-1], begin[:-1] + training.edge_time), axis=-1).ravel()
    powers = np.stack((before[:-1], level), axis=-1).ravel()
    ends = [begin[-1], begin[-1] + stop_ramp]
    return Course(
        np.concatenate(([0.0, start_ramp], corners, ends)),
        np.concatenate(([training.idle_power, training.compute_power], powers, [level[-1], training.idle_power])),
    )


def course_power(course: Course, time: ArrayLike) -> Array:
    """Return the power of a course at given times.

    Parameters
    ----------
    course : Course
    time : (...), before the first corner the first power holds, after the last the last [s]

    Returns
    -------
    (...) [W]

    References
    ----------
    Derived: linear between corners.

    Examples
    --------
    >>> float(course_power(Course(np.array([0.0, 2.0]), np.array([0.0, 10.0])), 0.5))
    2.5
    """
    return np.asarray(np.interp(np.asarray(time, dtype=float), course.time, course.power))


def course_energy(course: Course, time: ArrayLike) -> Array:
    """Return the energy of a course from its first corner to given times.

    Parameters
    ----------
    course : Course
    time : (...) [s]

    Returns
    -------
    (...), negative before the first corner [J]

    References
    ----------
    Derived: trapezoidal rule, exact between corners.

    Examples
    --------
    >>> float(course_energy(Course(np.array([0.0, 2.0]), np.array([0.0, 10.0])), 2.0))
    10.0
    """
    wanted = np.asarray(time, dtype=float)
    between = np.diff(course.time) * (course.power[1:] + course.power[:-1]) / 2
    until = np.concatenate(([0.0], np.cumsum(between)))
    last = np.clip(np.searchsorted(course.time, wanted, side="right") - 1, 0, course.time.size - 1)
    return np.asarray(
        until[last] + (wanted - course.time[last]) * (course.power[last] + course_power(course, wanted)) / 2
    )


def mean_power(course: Course, step: float, samples: int, start: ArrayLike = 0.0) -> Array:
    """Return the mean power of a course over each of consecutive steps.

    Parameters
    ----------
    course : Course
    step : length of a sample [s]
    samples : number of samples, 1 or more
    start : (...), time of the first sample; one for each node shifts them against one another [s]

    Returns
    -------
    (..., time) [W]

    Raises
    ------
    ValueError
        where the step is not positive or there is no sample.

    References
    ----------
    Derived: differences of `course_energy`.

    Examples
    --------
    >>> mean_power(Course(np.array([0.0, 2.0, 4.0]), np.array([0.0, 10.0, 10.0])), 1.0, 4)
    array([ 2.5,  7.5, 10. , 10. ])
    """
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step = {step}: must be finite and > 0 s")
    if samples < 1:
        raise ValueError(f"samples = {samples}: must be >= 1")
    edges = np.asarray(start, dtype=float)[..., None] + step * np.arange(samples + 1)
    return np.asarray(np.diff(course_energy(course, edges), axis=-1) / step)


def resample(edges: ArrayLike, power: ArrayLike, new_edges: ArrayLike) -> Array:
    """Return a measured series on other samples; every energy between two new edges is kept.

    Parameters
    ----------
    edges : (time+1,), where the samples begin and the last one ends, rising [s]
    power : (..., time), mean or hold over each sample [W]
    new_edges : (new+1,), rising, within the record [s]

    Returns
    -------
    (..., new), means over the new samples [W]

    Raises
    ------
    ValueError
        where edges do not rise, do not fit the series, or leave the record.

    References
    ----------
    Derived: the energy until each new edge, linear within a sample.

    Examples
    --------
    >>> resample([0, 2, 4, 6], [3.0, 5.0, 4.0], [0, 3, 6])
    array([3.66666667, 4.33333333])
    """
    old, new, series = (np.asarray(value, dtype=float) for value in (edges, new_edges, power))
    for name, rising in (("edges", old), ("new_edges", new)):
        if rising.ndim != 1 or rising.size < 2 or not (np.isfinite(rising).all() and (np.diff(rising) > 0).all()):
            raise ValueError(f"{name}: must be two or more finite, rising times")
    if series.ndim == 0 or series.shape[-1] != old.size - 1:
        raise ValueError(f"power has shape {series.shape}: must have {old.size - 1} samples, one fewer than edges")
    if new[0] < old[0] or new[-1] > old[-1]:
        raise ValueError(f"new_edges reach from {new[0]} to {new[-1]} s: must be within {old[0]} to {old[-1]} s")
    until = np.concatenate((np.zeros((*series.shape[:-1], 1)), np.cumsum(series * np.diff(old), axis=-1)), axis=-1)
    sample = np.clip(np.searchsorted(old, new, side="right") - 1, 0, old.size - 2)
    return np.asarray(np.diff(until[..., sample] + series[..., sample] * (new - old[sample]), axis=-1) / np.diff(new))
