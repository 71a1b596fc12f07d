"""Compiled march of a busbar with constant-power loads from instant to instant, and of the shelves that feed it.

Contract: equations, signs and names of `power.ladder`; what a node has at an instant is a column of one work array, its
rows named below, and its voltage is counted from the highest source voltage. Copper warms evenly over the march.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np

from power.march_kernels import quick

CLOSE = 1e-11
"""last step over the reference voltage [1]; a step leaves a hundredth of itself, or less"""
PATIENCE, TRIES = 3, 50
"""passes with one factor, and passes of an instant"""

(SOURCE, EXCESS, CONTACT, DROP, OLD, OLDER, LOAD, CURRENT, SLOPE, SECTION, INVERSE, LOWER, STEP) = range(13)
ROWS = 13


@quick
def march(work, series, reference, shelves, found):
    """Solve a bar at every instant, each from the line through the last two; return the first that fails, or -1.

    `work` holds sources and clips and, in DROP, the voltages to start from. An instant with a stride of 0 lies
    on the line between its neighbours.
    """
    loads, place, resistance, strides = series
    rack, shelf, nodes = found
    instants, last = loads.shape[0], max(loads.shape[0] - 1, 1)
    moving, before = not np.array_equal(resistance[0], resistance[1]), 1
    for k in range(work.shape[1]):
        work[OLD, k], work[OLDER, k] = work[DROP, k], work[DROP, k]
    for i in range(instants):
        stride = strides[i]
        if stride == 0:
            continue
        for t in range(place.size):
            work[LOAD, place[t]] = loads[i, t]
        if moving or i == 0:
            _copper(work, resistance, i / last)
        if not _search(work, reference, i, stride / before if i > 1 else 0.0):
            return i
        _told(work, reference, shelves, (rack[i], shelf[i]))
        for j in range(1, stride):
            share = j / stride
            rack[i - j] = rack[i] * (1 - share) + rack[i - stride] * share
            shelf[i - j] = shelf[i] * (1 - share) + shelf[i - stride] * share
        before = stride
    _ends(work, reference, nodes)
    return -1


@quick
def _copper(work, resistance, share):
    """Take the conductances of the sections somewhere between the first and the last instant."""
    for k in range(work.shape[1] - 1):
        work[SECTION, k] = 1.0 / (resistance[0, k] + (resistance[1, k] - resistance[0, k]) * share)


@quick
def _search(work, reference, i, ahead):
    """Solve an instant from the line through the last two, or else from the highest voltage."""
    for k in range(work.shape[1]):
        work[DROP, k] = work[OLD, k] + (work[OLD, k] - work[OLDER, k]) * ahead
    if not _solve(work, reference, i == 0):
        for k in range(work.shape[1]):
            work[DROP, k] = 0.0
        if not _solve(work, reference, True):
            return False
    for k in range(work.shape[1]):
        work[OLDER, k] = work[OLD, k]
        work[OLD, k] = work[DROP, k]
    return True


@quick
def _solve(work, reference, anew):
    """Solve one instant by Newton's method with a factor that is kept as long as it serves; return whether it does."""
    for attempt in range(TRIES):
        if not _draw(work, reference):
            return False
        if (anew or attempt > PATIENCE) and not _factor(work):
            return False
        largest = _improve(work)
        if largest <= CLOSE * reference:
            return _draw(work, reference)
    return False


@quick
def _draw(work, reference):
    """Find the load currents and their slopes; return whether every load gets its power."""
    n, short = work.shape[1], 0.0
    for k in range(n):
        behind = reference + work[DROP, k]
        square = behind * behind - 4 * work[CONTACT, k] * work[LOAD, k]
        short += 0.0 if (behind > 0.0) & (square > 0.0) else 1.0
        root = np.sqrt(max(square, 1e-300))
        current = 2 * work[LOAD, k] / (behind + root)
        work[CURRENT, k] = current
        work[SLOPE, k] = -current / root
    return short == 0.0


@quick
def _factor(work):
    """Factor the tridiagonal Jacobian; return whether it is positive definite."""
    before, pivot = 0.0, 1.0
    for k in range(work.shape[1]):
        section = work[SECTION, k]
        pivot = section + before + work[SOURCE, k] + work[SLOPE, k] - (before * work[LOWER, k - 1] if k > 0 else 0.0)
        if not pivot > 0.0:
            return False
        work[INVERSE, k], work[LOWER, k] = 1.0 / pivot, section / pivot
        before = section
    return True


@quick
def _improve(work):
    """Take a step, with the factor at hand; return its largest part [V]."""
    n = work.shape[1]
    for k in range(n):
        work[STEP, k] = work[SOURCE, k] * (work[EXCESS, k] - work[DROP, k]) - work[CURRENT, k]
    for k in range(n - 1):
        flow = work[SECTION, k] * (work[DROP, k] - work[DROP, k + 1])
        work[STEP, k] -= flow
        work[STEP, k + 1] += flow
    for k in range(1, n):
        work[STEP, k] += work[LOWER, k - 1] * work[STEP, k - 1]
    after, largest = 0.0, 0.0
    for k in range(n - 1, -1, -1):
        after = work[STEP, k] * work[INVERSE, k] + work[LOWER, k] * after
        work[DROP, k] += after
        largest = max(largest, abs(after))
    return largest


@quick
def _told(work, reference, shelves, found):
    """Tell what the rack takes, what is lost, its greatest current and lowest voltage, and each shelf's output.

    Sections carry the running sum of sources less loads, and lose that times their drop, so that power balances.
    """
    node, share, serving, law = shelves
    rack, shelf = found
    lost, carried, greatest, lowest = 0.0, 0.0, 0.0, 0.0
    n = work.shape[1]
    for k in range(n):
        lowest = min(lowest, work[DROP, k])
        lost += work[CONTACT, k] * work[CURRENT, k] * work[CURRENT, k]
        carried += work[SOURCE, k] * (work[EXCESS, k] - work[DROP, k]) - work[CURRENT, k]
        if k < n - 1:
            greatest = max(greatest, abs(carried))
            lost += carried * (work[DROP, k] - work[DROP, k + 1])
    rated, constant, quadratic = law
    taken = 0.0
    for s in range(node.size):
        k = node[s]
        fed = work[SOURCE, k] * (work[EXCESS, k] - work[DROP, k])
        shelf[s] = fed * (reference + work[DROP, k]) * share[s]
        part = shelf[s] / rated
        loss = rated * (constant + quadratic * part * part) * serving[s]
        taken += shelf[s] + loss
        lost += loss
    rack[0], rack[1], rack[2], rack[3] = taken, lost, greatest, reference + lowest


@quick
def _ends(work, reference, nodes):
    """Tell voltages and section currents of the last instant."""
    carried = 0.0
    for k in range(work.shape[1]):
        carried += work[SOURCE, k] * (work[EXCESS, k] - work[DROP, k]) - work[CURRENT, k]
        nodes[0, k], nodes[1, k] = reference + work[DROP, k], carried
