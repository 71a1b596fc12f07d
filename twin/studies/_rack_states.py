"""Steady states of a rack at several loads and power caps of its GPUs: what it draws, how fast and how hot it runs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.build.model import build_model
from twin.couple.electric import rack_power
from twin.couple.solve import named
from twin.couple.steady import solve_steady
from twin.spec.types import Factory

Array = NDArray[np.float64]


class RackStates(NamedTuple):
    """Steady states, one per case."""

    rack: Array
    """AC power of the rack (case,) [W]"""
    gpus: Array
    """Input of all GPU modules (case,) [W]"""
    clock: Array
    """Mean of the GPUs (case,) [1]"""
    junction: Array
    """Hottest die mean of a GPU (case,) [K]"""
    modules: Array
    """Input of all modules, CPUs and switches too (case,) [W]"""


def rack_states(spec: Factory, utilization: ArrayLike, cap: ArrayLike = 1.0) -> RackStates:
    """Return the steady states of a rack at utilizations and caps of its GPUs, shares of their design power [1].

    A cap takes clock, not load: the chip stays the chip it is, so the full clock draws more than the cap.
    """
    loads, caps = np.broadcast_arrays(np.atleast_1d(np.asarray(utilization, dtype=float)), cap)
    specs = [spec.with_("load.utilization", float(load)) for load in loads]
    with named(specs):
        model = build_model(specs)
        budget = np.array(np.broadcast_to(model.chip.cap, model.leakage_factor.shape), dtype=float)
        budget[:, model.parts.gpu] *= np.asarray(caps)[:, None]
        out = solve_steady(model._replace(chip=model.chip._replace(cap=budget))).outcome
    gpu = model.parts.gpu
    return RackStates(
        rack_power(out.boards.feed),
        out.chips.power[:, gpu].sum(axis=1),
        out.chips.clock[:, gpu].mean(axis=1),
        out.next.junction[:, gpu].max(axis=1),
        out.chips.power.sum(axis=1),
    )
