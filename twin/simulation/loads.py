"""Loads that are told by a job instead of points: training, inference, and a measured power that is replayed."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

import power
from twin.simulation.profile import Profile
from twin.spec.errors import SpecError
from twin.spec.kinds import Fraction

if TYPE_CHECKING:
    from twin.simulation.schedule import Schedule
    from twin.spec.types import Factory

Array = NDArray[np.float64]
Length = Annotated[float, "s", Ge(0), Le(1e6)]
Count = Annotated[int, Ge(1), Le(100_000)]

#: Samples of a load that is drawn at random, at most.
SAMPLES = 1_000_000
#: Points of the steady curve by which a measured power becomes a utilization.
CURVE = 33


@dataclass(frozen=True, kw_only=True)
class TrainingLoad:
    """A training job on the whole rack, from the start of the run on; see `power.Training`."""

    step_time: Annotated[float, "s", Gt(0), Le(1e6)]
    """One iteration, communication included [s]."""
    communicate_time: Length = 0.0
    """End of each iteration spent in communication [s]."""
    steps_per_block: Count = 1
    """Iterations between evaluations."""
    evaluate_time: Length = 0.0
    """Evaluation after each block [s]."""
    checkpoint_time: Length = 0.0
    """Writing a checkpoint [s]."""
    blocks_per_checkpoint: Count = 1
    """Blocks between checkpoints."""
    edge_time: Length = 0.0
    """A change of load, from the start of a phase on [s]."""
    compute: Fraction = 1.0
    """Utilization while computing [1]."""
    communicate: Fraction = 0.0
    """While communicating [1]."""
    evaluate: Fraction = 0.0
    """While evaluating [1]."""
    checkpoint: Fraction = 0.0
    """While writing a checkpoint [1]."""


@dataclass(frozen=True, kw_only=True)
class InferenceLoad:
    """Requests that arrive at random; utilization is linear in the busy slots; see `power.Inference`."""

    request_rate: Annotated[float, "1/s", Gt(0)]
    """Mean number of requests per second [1/s]."""
    service_time: Annotated[float, "s", Gt(0), Le(1e6)]
    """For which a request occupies a slot [s]."""
    slots: Count
    """Requests served at once."""
    batch: Count = 1
    """Requests that arrive together."""
    idle: Fraction = 0.0
    """Utilization without requests [1]."""
    full: Fraction = 1.0
    """Utilization with every slot busy [1]."""
    sample: Annotated[float, "s", Gt(0), Le(3600)] = 0.1
    """Length of the means that the load goes through [s]."""
    seed: Annotated[int, Ge(0)] = 0
    """Of the arrivals."""


def training_profile(load: TrainingLoad) -> Profile:
    """Return the utilization of a training job, which repeats from checkpoint to checkpoint.

    Parameters
    ----------
    load : TrainingLoad
        The job.

    Returns
    -------
    Profile
        Starts in the change from the last phase to computing.

    Raises
    ------
    SpecError
        Phases that do not fit each other.

    References
    ----------
    Derived: `power.training_course`.

    Examples
    --------
    >>> training_profile(TrainingLoad(step_time=2.0, communicate_time=0.5, edge_time=0.1, communicate=0.4)).time
    (0.0, 0.1, 1.5, 1.6, 2.0)
    """
    try:
        job = power.Training(
            step_time=load.step_time,
            communicate_time=load.communicate_time,
            steps_per_block=load.steps_per_block,
            evaluate_time=load.evaluate_time,
            checkpoint_time=load.checkpoint_time,
            blocks_per_checkpoint=load.blocks_per_checkpoint,
            edge_time=load.edge_time,
            idle_power=0.0,
            compute_power=load.compute,
            communicate_power=load.communicate,
            evaluate_power=load.evaluate,
            checkpoint_power=load.checkpoint,
        )
    except ValueError as error:
        raise SpecError(str(error).removeprefix("Training.")) from error
    if load.steps_per_block * load.blocks_per_checkpoint > SAMPLES // 4:
        raise SpecError(
            f"steps_per_block = {load.steps_per_block}: with blocks_per_checkpoint = {load.blocks_per_checkpoint} "
            f"must be ≤ {SAMPLES // 4} steps; give a shorter pattern, it repeats"
        )
    course = power.training_course(job, load.blocks_per_checkpoint)
    time, share = course.time[2:-1], course.power[2:-1].copy()
    share[0] = share[-1]
    keep = np.append(True, (np.diff(time) > 0) | (np.diff(share) != 0))
    return Profile(time=tuple(time[keep].tolist()), value=tuple(share[keep].tolist()), repeat=float(time[-1]))


def inference_profile(load: InferenceLoad, duration: float) -> Profile:
    """Return the utilization of seeded arrivals over a run.

    Parameters
    ----------
    load : InferenceLoad
        Requests and slots.
    duration : float
        Of the run [s].

    Returns
    -------
    Profile
        Through the middles of the samples.

    Raises
    ------
    SpecError
        More samples than are kept, or bounds of the utilization in the wrong order.

    References
    ----------
    Derived: `power.inference_power`.

    Examples
    --------
    >>> calm = InferenceLoad(request_rate=2.0, service_time=4.0, slots=16, sample=1.0)
    >>> len(inference_profile(calm, 60.0).time)
    60
    """
    count = int(np.ceil(duration / load.sample - 1e-9))
    if count > SAMPLES or load.request_rate * duration > 10 * SAMPLES:
        raise SpecError(
            f"sample = {load.sample:g} s: gives {count} samples, must be ≤ {SAMPLES}, and ≤ {10 * SAMPLES} requests; "
            "lengthen it, or lower request_rate"
        )
    try:
        served = power.Inference(
            request_rate=load.request_rate,
            batch=load.batch,
            service_time=load.service_time,
            slots=load.slots,
            idle_power=load.idle,
            full_power=load.full,
        )
    except ValueError as error:
        raise SpecError(f"full = {load.full:g}: must be ≥ idle = {load.idle:g}") from error
    came = power.request_arrivals(served, count * load.sample, np.random.default_rng(load.seed))
    share = np.clip(power.inference_power(served, came, load.sample, count), 0.0, 1.0)
    return Profile(time=tuple(((np.arange(count) + 0.5) * load.sample).tolist()), value=tuple(share.tolist()))


def followed(schedule: "Schedule", spec: "Factory") -> "Schedule":
    """Return a schedule whose load is a utilization: a measured power by the steady curve of the rack.

    Parameters
    ----------
    schedule : Schedule
        What happens.
    spec : Factory
        The rack.

    Returns
    -------
    Schedule
        The same where the load is a utilization.

    Raises
    ------
    SpecError
        A power that the rack does not draw.

    References
    ----------
    Derived: AC power of the steady rack over utilization, inverted; linear between its points.
    """
    load = schedule.load
    if load.of != "rack_power":
        return schedule
    share = np.linspace(0.0, 1.0, CURVE)
    drawn = np.maximum.accumulate(_drawn(spec, schedule.control.derate, share))
    asked = np.array(load.value)
    room = 1e-6 * drawn[-1]
    wrong = np.flatnonzero((asked < drawn[0] - room) | (asked > drawn[-1] + room))
    if wrong.size:
        i = int(wrong[0])
        raise SpecError(
            f"load.power_file: {asked[i] / 1e3:.6g} kW at {load.time[i]:g} s: must be {drawn[0] / 1e3:.6g} to "
            f"{drawn[-1] / 1e3:.6g} kW, what the rack draws at no and at full load ({wrong.size} such points); scale it"
        )
    value = tuple(np.interp(asked, drawn, share).tolist())
    return replace(schedule, load=Profile(time=load.time, value=value, repeat=load.repeat))


def _drawn(spec: "Factory", derate: bool, share: Array) -> Array:
    """Return the AC power of the steady rack at some utilizations [W]."""
    from twin.build.model import build_model
    from twin.couple.electric import rack_power
    from twin.couple.solve import named
    from twin.couple.steady import solve_steady

    racks = [spec.with_("load.utilization", float(part)) for part in share]
    with named(racks):
        return rack_power(solve_steady(build_model(racks)._replace(derate=derate)).outcome.boards.feed)
