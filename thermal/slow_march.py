"""Many packages through equal steps of time, each exact for inputs linear over it.

Contract: a step is a matrix exponential, made once for each pair of film and flow and used for every chip and step that
has it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.package_slow import SEEN, SlowPackage, equations, fed_through, slow_outputs

Array = NDArray[np.float64]

PADE = 1.0, 1 / 2, 3 / 26, 5 / 312, 5 / 3432, 1 / 11440, 1 / 308880, 1 / 17297280
"""numerator of the diagonal approximant of the exponential of order 7; the denominator is the same in -M"""
REACH = 0.95
"""norm up to which that approximant is exact to round-off"""


class Propagators(NamedTuple):
    """A step at each of n pairs of film and flow: z' = grown z + early u + late u', exact for linear inputs."""

    grown: Array
    """(n, r, r) [1]"""
    early: Array
    """(n, r, 2) for inputs at its start [1/W, 1/K]"""
    late: Array
    """(n, r, 2) for inputs at its end [1/W, 1/K]"""
    step: float
    """[s]"""
    matrices: Array
    """the same with heat held and outputs, as the kernel reads them"""


class SlowCourse(NamedTuple):
    """Chips over time, at the start and after each of k steps."""

    state: Array
    """(chips, r) after the last step [1]"""
    outputs: Array
    """(k + 1, 4, chips) as in `SEEN` [K]"""
    stored: Array
    """(k + 1, chips) heat held over the common temperature [J]"""
    heat: Array
    """(k, chips) carried off by the coolant, C (T_out - T_in), mean over each step [W]"""


def slow_propagators(slow: SlowPackage, weights: Array, step: float) -> Propagators:
    r"""Return a step at each film and flow.

    $$ z' = e^{-A s} z + s (\varphi_1 - \varphi_2)(-A s) B u + s \varphi_2(-A s) B u' $$

    Parameters
    ----------
    slow : SlowPackage
    weights : (n, 3) of `slow_weights` [1]
    step : duration s [s]

    Returns
    -------
    Propagators

    Raises
    ------
    ValueError
        A step that is not positive.

    References
    ----------
    Van Loan (1978), IEEE Trans. Autom. Control 23, 395: all three in one exponential.
    """
    if not 0 < step < np.inf:
        raise ValueError(f"slow_propagators: step = {step} s: must be > 0 and finite")
    A, B = equations(slow, weights)
    n, r, m = B.shape
    M = np.zeros((n, r + 2 * m, r + 2 * m))
    M[:, :r, :r], M[:, :r, r : r + m], M[:, r : r + m, r + m :] = -step * A, step * B, np.eye(m)
    found = exponential(M)[:, :r]
    found[:, :, r : r + m] -= found[:, :, r + m :]
    rows = r + 2 * m + -(r + 2 * m) % 4  # the kernel takes four at a time
    matrices = np.zeros((n, rows, r + 1 + len(slow.outputs)))
    look = np.concatenate([np.eye(r), slow.stored[None], slow.outputs])
    matrices[:, : r + 2 * m] = (look @ found).swapaxes(1, 2)
    matrices[:, r + m : r + 2 * m, r + 1 :] += fed_through(slow).T
    return Propagators(found[:, :, :r], found[:, :, r : r + m], found[:, :, r + m :], step, matrices)


def slow_march(
    slow: SlowPackage,
    propagators: Propagators,
    group: ArrayLike,
    state: Array,
    power: ArrayLike,
    inlet: ArrayLike,
) -> SlowCourse:
    r"""March chips of one kind through k equal steps, with inputs linear over each.

    $$ \dot E = P - C (T_{out} - T_{in}) $$

    Parameters
    ----------
    slow : SlowPackage
    propagators : of `slow_propagators`, for each of n pairs of film and flow
    group : (chips,) which of them each chip has, integers [1]
    state : (chips, r) at the start [1]
    power : (k + 1, chips) heat of each module at the ends of steps, or (k, 2, chips) at start and end of each [W]
    inlet : (k + 1,) rise of the inlet at the ends of steps [K]

    Returns
    -------
    SlowCourse
        Outputs at the start have the power of the start of the first step, all others that of the end of a step.

    Raises
    ------
    ValueError
        Arrays that do not fit one another; a group that does not exist.

    Notes
    -----
    The heat carried off is what the power of a step brings less what it leaves, so that over any number of steps and
    calls, at any film and flow, heat brought = heat kept + heat carried off. It is the mean of C (T_out - T_in) over
    the step also while the inlet changes; coolant that enters hotter than what it pushes out gives heat off, and it is
    negative. Heat held is counted from the temperature from which all rises are; the coolant in the plate is part of
    it and of no one else's.

    References
    ----------
    Derived: the equations times the state of one temperature throughout.

    Examples
    --------
    >>> from thermal.coldplate import ColdPlate
    >>> from thermal.package import Package
    >>> from thermal.package_slow import slow_package, slow_weights
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> slow = slow_package(chip, plate, cell=3e-3)
    >>> steps = slow_propagators(slow, slow_weights(slow, 1.6e-5, [140.0, 0.0]), 0.1)
    >>> power, cold = np.full((21, 2), 550.0), np.zeros((2, len(slow.stored)))
    >>> found = slow_march(slow, steps, [0, 1], cold, power, np.zeros(21))
    >>> found.outputs[-1, 0].round(0), found.heat[-1].round(0)
    (array([23., 51.]), array([549.,   0.]))
    """
    from thermal.slow_kernels import advance

    P, T, which = np.asarray(power, float), np.ascontiguousarray(inlet, float), np.asarray(group)
    P = np.stack([P[:-1], P[1:]], 1) if P.ndim == 2 else np.ascontiguousarray(P)
    _check_fit(len(propagators.grown), which, (P.shape, T.shape, state.shape), len(slow.stored))
    steps, _, chips = P.shape
    found = SlowCourse(
        np.array(state, order="C"),
        np.empty((steps + 1, len(SEEN), chips)),
        np.empty((steps + 1, chips)),
        np.empty((steps, chips)),
    )
    found.outputs[0], found.stored[0] = slow_outputs(slow, state, P[0, 0], T[0]).T, state @ slow.stored
    rows, width = propagators.matrices.shape[1:]
    work = np.zeros(rows), np.empty(width)
    advance(propagators.matrices, which.astype(np.intp), (P, T), propagators.step, (found.state, *work, *found[1:]))
    return found


class PowerLaw(NamedTuple):
    """Heat of modules that depends on how warm their dies are, P = power + slope (T - reference), k steps."""

    power: Array
    """(k, 2, chips) at start and end of each [W]"""
    slope: Array
    """(k, 2, chips) there [W/K]"""
    reference: Array
    """(k, 2, chips) there [K]"""
    scale: Array
    """(k + 1, chips) of the rise of the die over the inlet [1]"""
    origin: float
    """temperature from which the rises of the states are [K]"""


def slow_follow(
    propagators: Propagators, group: ArrayLike, state: Array, law: PowerLaw, inlet: Array, start: Array
) -> Array:
    r"""Return the dies of chips whose power follows their temperature, through k equal steps.

    $$ P = P_0 + g (T - T_0), \quad T = T_{in} + s\, y(P) $$

    Parameters
    ----------
    propagators : of `slow_propagators`
    group : (chips,) which of them each chip has, integers [1]
    state : (chips, r) at the start [1]
    law : PowerLaw
    inlet : (k + 1,) temperature of the inlet [K]
    start : (chips,) die means at the start [K]

    Returns
    -------
    (k + 1, chips) die means [K]

    Raises
    ------
    ValueError
        Arrays that do not fit one another; a group that does not exist.

    Notes
    -----
    With slopes that are the derivative of a power law at the reference, this is one Newton step of the coupled
    problem; `slow_march` with the power it leads to gives everything else.

    References
    ----------
    Derived: linear in the power of the end of a step, so that it follows in closed form.
    """
    from thermal.slow_kernels import follow

    which, T = np.asarray(group), np.ascontiguousarray(inlet, float)
    _check_fit(len(propagators.grown), which, (law.power.shape, T.shape, state.shape), propagators.grown.shape[1])
    die = np.empty((len(law.power) + 1, len(which)))
    die[0] = start
    rows, width = propagators.matrices.shape[1:]
    arrays = tuple(np.ascontiguousarray(part) for part in law[:4])
    work = np.ascontiguousarray(state), np.zeros(rows), np.empty(width), die
    follow(propagators.matrices, which.astype(np.intp), (*arrays, law.origin), T, work)
    return die


def _check_fit(n: int, group: NDArray[np.int64], shapes: tuple[tuple[int, ...], ...], r: int) -> None:
    power, inlet, state = shapes
    steps, chips = power[0], power[-1]
    if steps < 1 or power != (steps, 2, chips) or inlet != (steps + 1,) or state != (chips, r):
        raise ValueError(
            f"slow_march: power {power}, inlet {inlet}, state {state}: must be (k, 2, chips) or (k + 1, chips), k > 0,"
            f" (k + 1,) and (chips, {r})"
        )
    if group.shape != (chips,) or group.dtype.kind not in "iu" or not ((group >= 0) & (group < n)).all():
        raise ValueError(f"slow_march: group of shape {group.shape}: must be {chips} integers from 0 to {n - 1}")


def exponential(M: Array) -> Array:
    r"""Return the exponentials of stacked matrices, by scaling and squaring.

    $$ e^M = \left( q(-M / 2^s)^{-1} q(M / 2^s) \right)^{2^s} $$

    Parameters
    ----------
    M : (..., n, n) [1]

    Returns
    -------
    (..., n, n) [1]

    References
    ----------
    Higham (2005), SIAM J. Matrix Anal. Appl. 26, 1179, table 2.3, order 7.

    Examples
    --------
    >>> exponential(np.array([[0.0, 1.0], [-1.0, 0.0]])).round(4)
    array([[ 0.5403,  0.8415],
           [-0.8415,  0.5403]])
    """
    size = np.abs(M).sum(-2).max()
    halvings = max(0, int(np.ceil(np.log2(size / REACH)))) if size > 0 else 0
    M = M / 2.0**halvings
    M2 = M @ M
    M4 = M2 @ M2
    M6 = M4 @ M2
    c, one = PADE, np.eye(M.shape[-1])
    odd = M @ (c[7] * M6 + c[5] * M4 + c[3] * M2 + c[1] * one)
    even = c[6] * M6 + c[4] * M4 + c[2] * M2 + c[0] * one
    E = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        E = E @ E
    return np.asarray(E)
