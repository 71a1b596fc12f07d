"""Compiled steps of power smoothing for all modules at one instant; see `power.smooth_power` for the machine.

Contract: modules are columns of the work array of `power.module_kernels`; a kernel writes only there.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
from power.march_kernels import NEARLY, quick, reaches, turned
from power.module_rows import (
    ALIVE,
    ARMED,
    ARMED_NEXT,
    CALM,
    CALM_NEXT,
    CAPPED,
    DEMAND,
    DRAWN,
    FAR,
    FAR_NEXT,
    LOWEST,
    MARCHED,
    NEAR,
    NEAR_NEXT,
    NONE,
    POWER,
    POWER_NEXT,
)


@quick
def begin(work, recent, law):
    """Sum the last demands over both windows."""
    short, long = law[7], law[8]
    width = recent.shape[1]
    for g in range(recent.shape[0]):
        work[NEAR, g], work[FAR, g] = 0.0, 0.0
        for i in range(width):
            work[NEAR, g] += recent[g, i] if i >= width - short else 0.0
            work[FAR, g] += recent[g, i] if i >= width - long else 0.0


@quick
def floor(work, recent, history, law, k):
    """Find the floor of every GPU module at the k-th demand of a march."""
    floor, secondary, threshold, short, long = law[1], law[2], law[3], law[7], law[8]
    gpus, width = recent.shape
    if k == 0 or short + long > 0:
        for g in range(gpus):
            work[LOWEST, g] = floor
    if long > 0:
        for g in range(gpus):
            old = history[k - long, g] if k >= long else recent[g, width - long + k]
            work[FAR_NEXT, g] = work[FAR, g] + (work[DEMAND, g] - old)
            work[LOWEST, g] = min(work[FAR_NEXT, g] / long, law[0])
    if short > 0:
        for g in range(gpus):
            old = history[k - short, g] if k >= short else recent[g, width - short + k]
            work[NEAR_NEXT, g] = work[NEAR, g] + (work[DEMAND, g] - old)
            work[LOWEST, g] = secondary if work[NEAR_NEXT, g] >= threshold * short * NEARLY else work[LOWEST, g]


@quick
def step(work, gpus, law):
    """Step the machine of power smoothing of every GPU module."""
    for g in range(gpus):
        now = work[POWER, g], work[CALM, g], work[ARMED, g]
        power, calm, armed = turned(work[DEMAND, g], work[LOWEST, g], now, law)
        work[POWER_NEXT, g], work[CALM_NEXT, g], work[ARMED_NEXT, g] = power, calm, armed


@quick
def stay(work, gpus, law, stride):
    """Step the machine where nothing but temperature moves; return how many modules do not stay as they are."""
    ceiling, patience, left = law[0], law[6], 0.0
    for g in range(gpus):
        demand, lowest, calm, armed = work[DEMAND, g], work[LOWEST, g], work[CALM, g], work[ARMED, g]
        after = calm + stride if calm > 0.0 else 0.0
        lifted = (armed > 0.0) & (calm > 0.0)
        over = lifted & (after > patience)
        left += 1.0 if (reaches(demand, lowest, ceiling) != (calm == 0.0)) | over else 0.0
        work[POWER_NEXT, g] = min(lowest if lifted else demand, ceiling)
        work[CALM_NEXT, g], work[ARMED_NEXT, g] = after, armed
    return left


@quick
def settled(work, gpus, mode, ceiling):
    """Return whether no module is in a ramp."""
    if mode != MARCHED:
        return True
    moving = 0.0
    for g in range(gpus):
        drawn = work[DRAWN, g]
        lifted = (work[ARMED, g] > 0.0) & (work[CALM, g] > 0.0) & (drawn == work[LOWEST, g])
        moving += 0.0 if (drawn == work[DEMAND, g]) | (drawn == ceiling) | lifted else 1.0
    return moving == 0.0


@quick
def give(work, gpus, mode, ceiling):
    """Turn demands of GPU modules into what they draw; return by how much they are held down together."""
    if mode == NONE:
        return 0.0
    row = POWER_NEXT if mode == MARCHED else POWER
    for g in range(gpus):
        work[DRAWN, g] = min(work[DEMAND, g], ceiling) if mode == CAPPED else work[row, g] * work[ALIVE, g]
    short = 0.0
    for g in range(gpus):
        short += max(work[DEMAND, g] - work[DRAWN, g], 0.0)
    return short


@quick
def burn(work, gpus):
    """Return what floors burn above the demand."""
    above = 0.0
    for g in range(gpus):
        above += max(work[DRAWN, g] - work[DEMAND, g], 0.0)
    return above


@quick
def turn(work, gpus):
    """Take the next state of the machine; return the share of GPU modules that a floor holds up."""
    lifted = 0.0
    for g in range(gpus):
        work[POWER, g], work[CALM, g], work[ARMED, g] = work[POWER_NEXT, g], work[CALM_NEXT, g], work[ARMED_NEXT, g]
        lifted += 1.0 if (work[ARMED, g] > 0.0) & (work[CALM, g] > 0.0) & (work[ALIVE, g] > 0.0) else 0.0
    for g in range(gpus):
        work[NEAR, g], work[FAR, g] = work[NEAR_NEXT, g], work[FAR_NEXT, g]
    return lifted / gpus


@quick
def remember(work, history, i):
    """Keep the demands behind the first instant, or the last alone where there is room for one."""
    row = min(max(i - 1, 0), history.shape[0] - 1)
    for g in range(history.shape[1]):
        history[row, g] = work[DEMAND, g]
