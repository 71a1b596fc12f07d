"""Compiled marches at a fixed step: power smoothing of modules, an energy store, noise with a memory.

Contract: arrays are float64 `(rack, time)`; parameters come as tuples of floats. A kernel writes only into its last
argument and releases the interpreter lock.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
from functools import partial

from numba import njit

OFF, FOLLOWS, HOLDS = 0, 1, 2
"""No floor; at or above the floor by its own demand; held up by the floor."""
NEARLY = 1 - 1e-9
"""A demand is at a floor, and a mean at its threshold, from this share of it on: moving sums are rounded."""


def compiled(kernel, **options):
    """Compile a kernel when it is first called, and keep the machine code where there is a place for it."""
    try:
        return njit(cache=True, nogil=True, **options)(kernel)
    except RuntimeError:  # neither the folder of this file nor the user's cache can be written to
        return njit(nogil=True, **options)(kernel)


quick = partial(compiled, error_model="numpy", fastmath={"reassoc", "contract", "nnan", "nsz"})
"""For loops over finite numbers: sums in any order."""


@quick
def reaches(demand, floor, ceiling):
    """Return whether a demand is at a floor; rounding may leave a little of a mean of zeros."""
    return demand >= floor * NEARLY - 1e-12 * ceiling


@quick
def turned(demand, lowest, now, law):
    """Return power, steps below the floor and whether it is armed, one step of the machine of a module later."""
    power, calm, armed = now
    ceiling, rise, fall, patience = law[0], law[4], law[5], law[6]
    calm = 0.0 if reaches(demand, lowest, ceiling) else calm + 1.0
    armed = 1.0 if calm == 0.0 else armed
    armed = armed if calm <= patience else 0.0
    target = min(max(demand, lowest if armed > 0.0 else 0.0), ceiling)
    up, down = min(power + rise, target), max(power - fall, target)
    return (up if target > power else down), calm, armed


@compiled
def smooth(demand, recent, law, course):
    """March power smoothing; `recent` (rack, w) are the demands before the first, oldest first."""
    ceiling, floor, secondary, threshold, _, _, _, short, long = law
    power, phase, drawn, quiet, armed = course
    width = recent.shape[1]
    for r in range(demand.shape[0]):
        p, calm, on = drawn[r], float(quiet[r]), 1.0 if armed[r] else 0.0
        near, far, anew = 0.0, 0.0, width if short + long > 0 else -1
        for i in range(width):
            near += recent[r, i] if i >= width - short else 0.0
            far += recent[r, i] if i >= width - long else 0.0
        for k in range(demand.shape[1]):
            d = demand[r, k]
            lowest = floor
            if k == anew:  # so that rounding does not pile up
                near, far = demand[r, k - short : k].sum(), demand[r, k - long : k].sum()
                anew += width
            if long > 0:
                far += d - (demand[r, k - long] if k >= long else recent[r, width - long + k])
                lowest = min(far / long, ceiling)
            if short > 0:
                near += d - (demand[r, k - short] if k >= short else recent[r, width - short + k])
                lowest = secondary if near >= threshold * short * NEARLY else lowest
            p, calm, on = turned(d, lowest, (p, calm, on), law)
            power[r, k] = p
            phase[r, k] = (FOLLOWS if calm == 0.0 else HOLDS) if on > 0.0 else OFF
        drawn[r], quiet[r], armed[r] = p, int(calm), on > 0.0


@compiled
def exchange(load, law, course):
    """March an energy store between the grid and a load."""
    capacity, charge, discharge, into, out, standing, target, gain, rise, fall, step = law
    grid, energy, loss, held, drawn = course
    for r in range(load.shape[0]):
        e, g = held[r], drawn[r]
        for k in range(load.shape[1]):
            need = load[r, k]
            wanted = max(need + (target - e) * gain, 0.0)
            g = min(g + rise, wanted) if wanted > g else max(g - fall, wanted)
            if need > g:
                given = min(need - g, discharge, e * out / step)
                lost = given * step * (1 / out - 1)
                e -= given * step / out
            else:
                taken = min(g - need, charge, (capacity - e) / (into * step))
                lost = taken * step * (1 - into)
                e += taken * step * into
                given = -taken
            e = min(max(e, 0.0), capacity)  # by rounding only
            leaked = min(e, standing * step)
            e -= leaked
            g = need - given
            grid[r, k], energy[r, k], loss[r, k] = g, e, lost + leaked
        held[r], drawn[r] = e, g


@compiled
def remember(kept, fresh, series):
    """Turn white noise into noise of the same variance that remembers a share of its last value, in place."""
    for r in range(series.shape[0]):
        for k in range(1, series.shape[1]):
            series[r, k] = kept * series[r, k - 1] + fresh * series[r, k]
