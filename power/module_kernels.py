"""Compiled march of the modules of a rack through instants: demand within a budget, links, power smoothing.

Contract: arrays are float64 unless named otherwise. What a module has at an instant is a column of one work array, its
rows named in `power.module_rows`; GPU modules come first. Between two ticks a die warms along a straight line, so its
leakage grows by one factor per instant. A kernel writes only into its last argument, or into the work array. Machine
code that is kept holds that of `link_kernels` and `smoothing_kernels`: where those change, touch this file.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
import numpy as np

from power.link_kernels import route, send, through
from power.march_kernels import quick
from power.module_rows import (
    ALONG,
    ALONG_BEFORE,
    ALONG_GROWTH,
    ASIDE,
    ASIDE_BEFORE,
    ASIDE_GROWTH,
    BEYOND,
    BUDGET,
    BUSIEST,
    COLDEST,
    DEMAND,
    DRAWN,
    DRAWN_BEFORE,
    DYNAMIC,
    EXPONENT,
    FIXED,
    GROWS,
    GROWTH,
    GROWTH_FAR,
    HANDLED,
    HANDLED_ASIDE,
    IDLE,
    INVERSE,
    LEAK,
    LEAK_BEFORE,
    LINK,
    LINK_ASIDE,
    LOAD,
    LOWEST,
    MARCHED,
    NOMINAL,
    NONE,
    SLOPE,
    SLOPE_BEFORE,
    SLOWEST,
    SPAN,
    SPEED,
    STATUS,
)
from power.smoothing_kernels import begin, burn, floor, give, remember, settled, stay, step, turn

TRIES = 30
"""of an instant; one to three do"""
STRAIGHT = 0.1
"""warming of a die over which its leakage counts as a straight line, to 1e-4 W [K]"""
SHORTEST, LONGEST = 4, 50
"""instants in a stride"""


@quick
def march(work, series, smoothing, traffic, places, found):
    """March modules from instant to instant; where nothing but temperature moves, over several at once.

    What links draw is linear in what modules send: it is known for two vectors of that, and taken anew where what is
    sent leaves their plane. Between two instants that are far apart all is linear.
    """
    load, _, die, weights = series
    mode, law, recent = smoothing
    strides, history = found[7:]
    gpus, parts, instants = recent.shape[0], weights.shape[1] - 1, load.shape[0]
    begin(work, recent, law)
    jam = np.zeros(10)
    i, stride, longest, wait = 0, 1, 0, 1
    while i < instants:
        if i % parts == 0:
            tick = i // parts
            longest = _warm(work, die[tick], die[min(tick + 1, die.shape[0] - 1)], parts)
            longest = longest if law[7] + law[8] == 0 else 0
        before = work[STATUS, 0]
        stays = _instant(work, series, (mode, law, recent, history), (i, stride), (traffic, jam))
        if stride > 1 and (not stays or work[STATUS, 0] != before):
            for c in range(work.shape[1]):
                work[LEAK, c] = work[LEAK_BEFORE, c]
            i, stride, wait = i - stride + 1, 1, i
            jam[ALONG], jam[ASIDE] = jam[ALONG_BEFORE], jam[ASIDE_BEFORE]
            continue
        strides[i] = stride
        _keep(work, weights, (i, stride, mode), (jam, places), found)
        following = 1
        room = i >= wait and 1 < longest < min(parts - i % parts, instants - i)
        if room and _even(load, i, longest) and settled(work, gpus, mode, law[0]):
            following = longest
            jam[ALONG_BEFORE], jam[ASIDE_BEFORE] = jam[ALONG], jam[ASIDE]
            for c in range(work.shape[1]):
                work[LEAK_BEFORE, c] = work[LEAK, c]
                work[DRAWN_BEFORE, c], work[SLOPE_BEFORE, c] = work[DRAWN, c], work[SLOPE, c]
        i, stride = i + following, following


@quick
def _instant(work, series, smoothing, where, links):
    """Find demand, power and traffic of an instant; return whether it may lie as far from the last as it does."""
    load, node, _, weights = series
    mode, law, recent, history = smoothing
    (i, stride), (traffic, jam) = where, links
    gpus, place = recent.shape[0], i % (weights.shape[1] - 1)
    _load(work, load, node, i, 0 if place == 0 else stride)
    marched = mode == MARCHED and i > 0
    along, aside = jam[ALONG], jam[ASIDE]
    guess = through(jam, along + jam[ALONG_GROWTH] * stride, aside + jam[ASIDE_GROWTH] * stride, traffic[2])
    fitted = False  # a fit to both vectors first, so that what is taken anew is no guess
    for _ in range(TRIES):
        _ask(work, guess)
        if marched and stride == 1:
            floor(work, recent, history, law, i - 1)
            step(work, gpus, law)
        elif marched and stay(work, gpus, law, stride) > 0:
            return False
        slowed = give(work, gpus, mode if i > 0 or mode != MARCHED else -1, law[0])
        if send(work, gpus, guess, slowed, jam) <= traffic[4]:
            break
        guess = through(jam, jam[ALONG], jam[ASIDE], traffic[2])
        fitted = not fitted
        if not fitted and (jam[BEYOND] > traffic[4] / 2 or guess[0] != jam[ALONG]):
            route(work, gpus, traffic, jam)
            guess = 1.0, 0.0
    jam[ALONG], jam[ASIDE] = guess
    jam[ALONG_GROWTH], jam[ASIDE_GROWTH] = (guess[0] - along) / stride, (guess[1] - aside) / stride
    _slope(work, gpus, law[0])
    return True


@quick
def _keep(work, weights, where, shared, found):
    """Keep what is known of an instant, and of those since the last one."""
    i, stride, mode = where
    jam, places = shared
    tray, beside, line, clock, delivered, burnt, held, _, history = found
    parts, gpus = weights.shape[1] - 1, history.shape[1]
    tick = i // parts
    place = i - tick * parts
    _trays(work, places, jam, (tray[i], beside[i] if beside.shape[0] else beside[0:0, 0]))
    if mode != NONE:
        burnt[i] = burn(work, gpus)
        held[i] = turn(work, gpus) if mode == MARCHED and i > 0 else 0.0
        remember(work, history, i)
    if tick < line.shape[0]:
        delivered[tick] = min(delivered[tick], 1.0 / max(jam[BUSIEST], 1.0))
        _add(work, weights[0, place], weights[1, place], line[tick])
    if place == 0:
        clock[tick] = work[SPEED]
        if tick > 0:
            delivered[tick - 1] = min(delivered[tick - 1], 1.0 / max(jam[BUSIEST], 1.0))
            _add(work, weights[0, parts], weights[1, parts], line[tick - 1])
    if stride > 1:
        _fill(work, weights[:, place - stride : place + 1], i, stride, (tray, beside, burnt, held, line[tick]))


@quick
def _fill(work, weights, i, stride, found):
    """Draw straight lines through the instants since the last one that is known."""
    tray, beside, burnt, held, line = found
    early, late = np.zeros(2), np.zeros(2)
    for j in range(1, stride):
        share = j / stride
        for side in range(2):
            early[side] += weights[side, j] * (1 - share)
            late[side] += weights[side, j] * share
        row = i - stride + j
        for t in range(tray.shape[1]):
            tray[row, t] = tray[i - stride, t] * (1 - share) + tray[i, t] * share
        for t in range(tray.shape[1] if beside.shape[0] else 0):
            beside[row, t] = beside[i - stride, t] * (1 - share) + beside[i, t] * share
        burnt[row] = burnt[i - stride] * (1 - share) + burnt[i] * share
        held[row] = held[i]
    for c in range(work.shape[1]):
        line[0, 0, c] += early[0] * work[DRAWN_BEFORE, c] + late[0] * work[DRAWN, c]
        line[0, 1, c] += early[1] * work[DRAWN_BEFORE, c] + late[1] * work[DRAWN, c]
    for c in range(work.shape[1]):
        line[1, 0, c] += early[0] * work[SLOPE_BEFORE, c] + late[0] * work[SLOPE, c]
        line[1, 1, c] += early[1] * work[SLOPE_BEFORE, c] + late[1] * work[SLOPE, c]


@quick
def _even(load, i, stride):
    """Return whether the load stays as it is over a stride."""
    for j in range(load.shape[1]):
        for k in range(1, stride + 1):
            if load[i + k, j] != load[i, j]:
                return False
    return True


@quick
def _warm(work, die, end, parts):
    """Take leakage and its growth from the dies at both ends of a tick; return the stride in which all is linear."""
    most = 0.0
    for c in range(work.shape[1]):
        most = max(most, abs(end[c] - die[c]))
    stride = min(int(STRAIGHT * parts / max(most, 1e-9)), LONGEST)
    for c in range(work.shape[1]):
        work[LEAK, c] = work[NOMINAL, c] * np.exp(work[EXPONENT, c] * (die[c] - work[COLDEST, c]))
        work[GROWTH, c] = np.exp(work[EXPONENT, c] * (end[c] - die[c]) / parts)
        work[GROWTH_FAR, c] = np.exp(work[EXPONENT, c] * (end[c] - die[c]) * (stride / parts))
    return stride if stride >= SHORTEST else 0


@quick
def _load(work, load, node, i, stride):
    """Take the load of an instant; `node` is that of each module."""
    if stride == 1:
        for c in range(work.shape[1]):
            work[LEAK, c] *= work[GROWTH, c]
    elif stride > 1:
        for c in range(work.shape[1]):
            work[LEAK, c] *= work[GROWTH_FAR, c]
        return
    alone = load.shape[1] == 1
    if alone and i > 0 and load[i, 0] == load[i - 1, 0]:
        return
    for c in range(work.shape[1]):
        work[LOAD, c] = load[i, 0] if alone else load[i, node[c]]
    for c in range(work.shape[1]):
        dynamic = work[IDLE, c] + work[SPAN, c] * work[LOAD, c]
        work[DYNAMIC, c] = dynamic
        work[INVERSE, c] = 1.0 / dynamic if dynamic > 0 else 0.0


@quick
def _ask(work, guess):
    """Choose the clocks within the budgets."""
    along, aside = guess
    for c in range(work.shape[1]):
        fixed = work[LEAK, c] + work[LINK, c] * along + work[LINK_ASIDE, c] * aside
        inverse = work[INVERSE, c]
        room = (work[BUDGET, c] - fixed) * inverse if inverse > 0.0 else 1.0
        speed = min(max(room, work[SLOWEST, c]), 1.0)
        demand = work[DYNAMIC, c] * speed + fixed
        work[FIXED, c], work[SPEED, c] = fixed, speed
        work[DEMAND, c], work[DRAWN, c] = demand, demand


@quick
def _trays(work, places, jam, sums):
    """Sum modules over trays, and the optics beside them."""
    of, media = places
    tray, beside = sums
    for t in range(tray.size):
        tray[t] = 0.0
    for c in range(of.size):
        tray[of[c]] += work[DRAWN, c]
    if beside.size > 0:
        for t in range(beside.size):
            beside[t] = 0.0
        for c in range(of.size):
            handled = work[HANDLED, c] * jam[ALONG] + work[HANDLED_ASIDE, c] * jam[ASIDE]
            beside[of[c]] += media[0, c] + media[1, c] * handled


@quick
def _slope(work, gpus, ceiling):
    """Find by how much each module draws more per kelvin: not where its clock makes up for leakage; count such.

    In a ramp it keeps the slope of what it drew before.
    """
    status = 0.0
    for c in range(work.shape[1]):
        speed = work[SPEED, c]
        fast, slow = speed >= 1.0, speed <= work[SLOWEST, c]
        status += (1.0 if fast else 0.0) + (1e4 if slow else 0.0)
        work[GROWS, c] = work[EXPONENT, c] * work[LEAK, c] if fast | slow else 0.0
    work[STATUS, 0] = status
    for g in range(gpus):
        drawn = work[DRAWN, g]
        held = 0.0 if (drawn == ceiling) | (drawn == work[LOWEST, g]) else work[SLOPE, g]
        work[SLOPE, g] = work[GROWS, g] if drawn == work[DEMAND, g] else held
    for c in range(gpus, work.shape[1]):
        work[SLOPE, c] = work[GROWS, c]


@quick
def _add(work, early, late, line):
    """Add an instant to the straight lines through power and slope."""
    for c in range(work.shape[1]):
        line[0, 0, c] += early * work[DRAWN, c]
        line[0, 1, c] += late * work[DRAWN, c]
    for c in range(work.shape[1]):
        line[1, 0, c] += early * work[SLOPE, c]
        line[1, 1, c] += late * work[SLOPE, c]
