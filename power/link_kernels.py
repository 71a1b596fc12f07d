"""Compiled traffic between modules at one instant: what their clocks send, and what that lets the links draw.

Contract: modules are columns of the work array of `power.module_kernels`. What links draw is linear in what is sent:
it is known for two vectors, and what is sent is split along them. A kernel writes only into the array and into `jam`.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
import numpy as np

from power.march_kernels import quick
from power.module_rows import (
    ALONG,
    ASIDE,
    BEYOND,
    BUSIEST,
    DEMAND,
    DRAWN,
    ENERGY,
    FIXED,
    HANDLED,
    HANDLED_ASIDE,
    KEPT,
    KEPT_ASIDE,
    LENGTH,
    LINK,
    LINK_ASIDE,
    LOAD,
    SENDS,
    SENT,
    SPEED,
    WIDTH,
)


@quick
def through(jam, along, aside, most):
    """Return parts of the traffic along both vectors, all of one where a link may jam: no more goes through then."""
    if jam[BUSIEST] * max(along, 1.0) + most * abs(aside) * np.sqrt(jam[WIDTH]) >= 1.0 or along < 0.0:
        return 1.0, 0.0
    return along, aside


@quick
def send(work, gpus, guess, slowed, jam):
    """Slow down modules that are held down; return how far traffic is from what links were taken to draw."""
    if slowed > 0:
        for g in range(gpus):
            fixed = work[FIXED, g]
            share = (work[DRAWN, g] - fixed) / max(work[DEMAND, g] - fixed, 1e-9)
            share = min(max(share, 0.0), 1.0)
            work[SPEED, g] *= share if work[DRAWN, g] < work[DEMAND, g] else 1.0
    along, aside = 0.0, 0.0
    for g in range(gpus):
        sent = work[LOAD, g] * work[SPEED, g]
        work[SENT, g] = sent
        along += sent * work[KEPT, g]
        aside += sent * work[KEPT_ASIDE, g]
    along = along / jam[LENGTH] if jam[LENGTH] > 0.0 else 0.0
    aside = aside / jam[WIDTH] if jam[WIDTH] > 0.0 else 0.0
    square, beyond = 0.0, 0.0
    for g in range(gpus):
        apart = work[SENT, g] - work[KEPT, g] * guess[0] - work[KEPT_ASIDE, g] * guess[1]
        rest = work[SENT, g] - work[KEPT, g] * along - work[KEPT_ASIDE, g] * aside
        square += apart * apart
        beyond += rest * rest
    jam[ALONG], jam[ASIDE], jam[BEYOND] = along, aside, np.sqrt(beyond / gpus)
    return np.sqrt(square / gpus)


@quick
def route(work, gpus, traffic, jam):
    """Take the traffic anew: what each chip handles, and what that draws; the busiest link only where it may jam."""
    forwarded, critical, most, group, _ = traffic
    links, jobs = critical.shape[0], group.max() + 1
    apart = jam[BEYOND] * np.sqrt(gpus) + abs(jam[ASIDE]) * np.sqrt(jam[WIDTH])
    bound = jam[BUSIEST] * jam[ALONG] + most * apart
    busiest = np.zeros(jobs)
    if bound >= 1.0 or jam[BUSIEST] >= 1.0:
        for j in range(links):
            offered = 0.0
            for g in range(gpus):
                offered += critical[j, g] * work[SENT, g]
            busiest[group[j]] = max(busiest[group[j]], offered)
        bound = busiest.max()
    plain = bound < 1.0 and jam[BUSIEST] < 1.0
    jam[BUSIEST] = bound
    carried = np.empty(gpus)
    for g in range(gpus):
        carried[g] = work[SENT, g] * work[SENDS, g] / max(busiest[group[links + g]], 1.0)
    _aside(work, gpus, np.dot(carried, forwarded), plain, jam)


@quick
def _aside(work, gpus, handled, plain, jam):
    """Take what is sent as the first vector; the second is what the first was before, less its part along the new."""
    length, product = 0.0, 0.0
    for g in range(gpus):
        length += work[SENT, g] * work[SENT, g]
        product += work[SENT, g] * work[KEPT, g]
    part = product / length if length > 0.0 else 0.0
    width = 0.0
    for g in range(gpus):
        rest = work[KEPT, g] - work[SENT, g] * part
        work[KEPT_ASIDE, g], work[KEPT, g] = rest, work[SENT, g]
        width += rest * rest
    plain = plain and width > 1e-14 * length
    jam[LENGTH], jam[WIDTH], jam[ALONG], jam[ASIDE] = length, (width if plain else 0.0), 1.0, 0.0
    if not plain:
        work[KEPT_ASIDE, :gpus] = 0.0
    for c in range(handled.size):
        work[HANDLED_ASIDE, c] = work[HANDLED, c] - handled[c] * part if plain else 0.0
        work[HANDLED, c] = handled[c]
        work[LINK_ASIDE, c] = work[ENERGY, c] * work[HANDLED_ASIDE, c]
        work[LINK, c] = work[ENERGY, c] * handled[c]
