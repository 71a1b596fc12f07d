"""The modules of a rack from instant to instant: each within its budget, with its links, behind power smoothing.

Contract: instants are equally spaced, ticks are runs of `parts` of them; a die warms along a straight line within a
tick. The clock that a module is left sets its traffic, and that what links draw, at the same instant.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from power import module_rows as rows
from power.chip import CompactChip
from power.smoothing import PowerSmoothing, SmoothingState, machine_law

Array = NDArray[np.float64]
Index = NDArray[np.int64]

EXACT = 3e-6
"""to which what links draw follows the clocks: 1e-7 of what a module draws [1]"""


class Links(NamedTuple):
    """Traffic as linear maps of what the senders offer, per unit of load and clock."""

    gpu: Index
    """(g,) the modules that send"""
    others: Index
    """(a,) further modules that handle bytes"""
    sends: Array
    """(g,) offered at full load and clock, as a share of a module's bandwidth [1]"""
    handled: Array
    """(g, g + a) bytes per second in and out of senders and others, from each sender [B/s]"""
    critical: Array
    """(l, g) load over bandwidth of every link that may be the busiest of its job [1]"""
    link_job: Index
    """(l,) job of each of these links"""
    gpu_job: Index
    """(g,) job of each sender"""
    energy: Array
    """(c,) per byte in or out, inside the module [J/B]"""
    media: Array | None
    """(2, c) of the optics beside it: fixed [W], per byte [J/B]; None without optics"""


class ModuleLaw(NamedTuple):
    """Modules, ready to be marched; senders first, then those that handle bytes, then the rest."""

    order: Index
    work: Array
    """as the kernel reads it"""
    tray: Index
    trays: int
    links: Links
    critical: Array
    most: float
    group: Index


class ModuleCourse(NamedTuple):
    """Modules through instants; n instants, k ticks."""

    power: Array
    """(c,) module input at the last instant [W]"""
    lines: Array
    """(k, 2, c) input at start and end of the straight line of same mean and first moment through each tick [W]"""
    slopes: Array
    """(k, 2, c) the same of its growth with the die's temperature, 0 where the clock or the machine holds it [W/K]"""
    clock: Array
    """(k + 1, c) at the ticks [1]"""
    delivered: Array
    """(k,) least share of the offered traffic that gets through [1]"""
    tray: Array
    """(n, t) input of the modules of each tray [W]"""
    beside: Array | None
    """(n, t) optics beside them [W]; None without optics"""
    burnt: Array
    """(n,) drawn above the demand, all modules [W]"""
    held: Array
    """(n,) share of the senders that a floor holds up [1]"""
    strides: Index
    """(n,) instants since the last one that was marched to; 0 where it lies on the line between its neighbours [1]"""
    state: SmoothingState | None
    """at the end"""


def module_law(chip: CompactChip, factor: Array, working: Array, tray: Index, links: Links) -> ModuleLaw:
    """Return modules ready to be marched.

    Parameters
    ----------
    chip : CompactChip
        Fields (c,); a module without any power is dead.
    factor : (c,) leakage over the nominal one [1]
    working : (c,) 1 where a module's dynamic power follows the load, else 0 [1]
    tray : (c,) of each module
    links : Links

    Returns
    -------
    ModuleLaw

    References
    ----------
    Derived: `power.chip`, column by column.
    """
    known = np.concatenate([links.gpu, links.others])
    order = np.concatenate([known, np.setdiff1d(np.arange(len(tray)), known)])
    work = np.zeros((rows.ROWS, len(tray)))
    work[rows.IDLE], work[rows.SPAN] = chip.dynamic_idle, (chip.dynamic_full - chip.dynamic_idle) * working
    work[rows.NOMINAL], work[rows.EXPONENT], work[rows.COLDEST] = factor * chip.leakage, chip.exponent, chip.temperature
    work[rows.SLOWEST], work[rows.ENERGY], work[rows.ALIVE] = chip.clock_min, links.energy, np.asarray(chip.cap) > 0
    work = np.ascontiguousarray(work[:, order])
    work[rows.SENDS, : links.gpu.size] = links.sends
    critical = np.ascontiguousarray(links.critical * links.sends)
    return ModuleLaw(
        order=order,
        work=work,
        tray=np.ascontiguousarray(tray[order]),
        trays=int(tray.max()) + 1,
        links=links,
        critical=critical,
        most=float(np.sqrt((critical**2).sum(axis=1).max(initial=0.0))),
        group=np.concatenate([links.link_job, links.gpu_job]).astype(np.int64),
    )


def march_modules(
    law: ModuleLaw,
    load: tuple[Array, Index],
    conditions: tuple[Array, Array],
    pace: tuple[Array, float],
    smoothing: tuple[PowerSmoothing, SmoothingState] | None,
    mode: tuple[bool, float] = (True, EXACT),
) -> ModuleCourse:
    """March modules through the instants of some ticks.

    Parameters
    ----------
    law : ModuleLaw
    load : (n, nodes) share of full load [1], and (c,) the node of each module
    conditions : (k + 1, c) dies at the ticks [K], and (c,) power each module may draw [W]
    pace : (2, m + 1) weights of the m + 1 instants of a tick in start and end of its line [1], and the step [s]
    smoothing : PowerSmoothing and its state at the first instant, or None
    mode : whether the smoothing moves (if not, only its ceiling holds), and to which what links draw follows the
        clocks, root mean square [1]

    Returns
    -------
    ModuleCourse

    Notes
    -----
    At the first instant a module draws what the state says.

    References
    ----------
    Derived: `power.clock_at`, `power.smooth_power`, instant by instant.
    """
    from power import module_kernels

    (share, node), (die, budget), (weights, step) = load, conditions, pace
    machine, exact = mode
    work, links, gpus = law.work.copy(), law.links, law.links.gpu.size
    modules, instants, ticks = work.shape[1], len(share), len(die) - 1
    work[rows.BUDGET] = budget[law.order]
    way, told, recent = rows.NONE, (0.0,) * 6 + (0.0, 0, 0), np.zeros((gpus, 1))
    if smoothing is not None:
        way, recent = (rows.MARCHED if machine else rows.CAPPED), smoothing[1].recent
        told = machine_law(smoothing[0], step)
        work[rows.POWER, :gpus], work[rows.CALM, :gpus], work[rows.ARMED, :gpus] = smoothing[1][:3]
        work[rows.POWER] *= work[rows.ALIVE]
    history = np.empty((instants - 1 if told[7] + told[8] > 0 else 1, gpus))  # told: steps of both windows
    found = (
        np.empty((instants, law.trays)),
        np.empty((0 if links.media is None else instants, law.trays)),
        np.zeros((ticks, 2, 2, modules)),
        np.empty((ticks + 1, modules)),
        np.ones(ticks),
        np.zeros(instants),
        np.zeros(instants),
        np.zeros(instants, dtype=np.int64),
        history,
    )
    media = np.zeros((2, modules)) if links.media is None else np.ascontiguousarray(links.media[:, law.order])
    series = np.ascontiguousarray(share), node[law.order], np.ascontiguousarray(die[:, law.order]), weights
    module_kernels.march(
        work,
        series,
        (way, tuple(map(float, told[:7])) + told[7:], np.ascontiguousarray(recent)),
        (links.handled, law.critical, law.most, law.group, exact),
        (law.tray, media),
        found,
    )
    tray, beside, line, clock, delivered, burnt, held, strides, _ = found
    back = np.argsort(law.order)
    last = None if smoothing is None else _ended(smoothing[1], work[:, :gpus], history, machine)
    if last is not None:
        held[0] = held[min(1, instants - 1)]
    return ModuleCourse(
        power=work[rows.DRAWN][back],
        lines=line[:, 0][..., back],
        slopes=line[:, 1][..., back],
        clock=clock[:, back],
        delivered=delivered,
        tray=tray,
        beside=None if links.media is None else beside,
        burnt=burnt,
        held=held,
        strides=strides,
        state=last,
    )


def thinned_smoothing(smoothing: PowerSmoothing, state: SmoothingState, step: float, thin: int) -> SmoothingState:
    """Return a state of power smoothing for a march that takes only every so many instants; good for a guess.

    Parameters
    ----------
    smoothing : PowerSmoothing
    state : SmoothingState
        Of the whole march.
    step : of the thinned march [s]
    thin : instants of the whole march in one of its steps [1]

    Returns
    -------
    SmoothingState
        The same for thin = 1.

    References
    ----------
    Derived: every so many of the last demands.
    """
    if thin == 1:
        return state
    width, last = max(1, *machine_law(smoothing, step)[7:]), state.recent.shape[1] - 1
    kept = np.maximum(last - thin * np.arange(width)[::-1], 0)
    return state._replace(quiet=state.quiet // thin, recent=np.ascontiguousarray(state.recent[:, kept]))


def _ended(before: SmoothingState, work: Array, history: Array, machine: bool) -> SmoothingState:
    """Return the state of the machine at the end; where it did not move, of modules that have long been at rest."""
    width = before.recent.shape[1]
    if not machine:
        recent = np.repeat(work[rows.DEMAND][:, None], width, axis=1)
        return before._replace(power=work[rows.DRAWN].copy(), recent=recent)
    recent = np.concatenate([before.recent, history.T], axis=1)[:, -width:]
    return SmoothingState(
        work[rows.POWER].copy(), work[rows.CALM].astype(np.int64), work[rows.ARMED] > 0, np.ascontiguousarray(recent)
    )
