"""Algorithms of collectives: how many steps they take, and how many bytes their busiest member moves.

Contract: a share is bytes per byte of the buffer, in the convention of nccl-tests (see `topology.protocols`), in the
busier direction of the busiest member.
"""

import math
from collections.abc import Callable
from typing import Literal

Operation = Literal["all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all", "send_recv"]
Algorithm = Literal["ring", "tree", "in_network", "direct"]

_Rule = tuple[Callable[[int], int], Callable[[int], float]]
_HALF: dict[Algorithm, _Rule] = {  # all-gather and reduce-scatter: all pieces but the own
    "ring": (lambda n: n - 1, lambda n: (n - 1) / n),
    "tree": (lambda n: math.ceil(math.log2(n)), lambda n: (n - 1) / n),
    "in_network": (lambda n: 1, lambda n: (n - 1) / n),
    "direct": (lambda n: 1, lambda n: (n - 1) / n),
}
_COSTS: dict[Operation, dict[Algorithm, _Rule]] = {
    "all_reduce": {
        "ring": (lambda n: 2 * (n - 1), lambda n: 2 * (n - 1) / n),
        "tree": (lambda n: 2 * math.ceil(math.log2(n)), lambda n: min(2.0, n - 1)),
        "in_network": (lambda n: 2, lambda n: 1 + 1 / n),
        "direct": (lambda n: 2, lambda n: 2 * (n - 1) / n),
    },
    "all_gather": _HALF,
    "reduce_scatter": _HALF,
    "broadcast": {
        "ring": (lambda n: n - 1, lambda n: 1.0),
        "tree": (lambda n: math.ceil(math.log2(n)), lambda n: 1.0),
        "in_network": (lambda n: 1, lambda n: 1.0),
        "direct": (lambda n: 1, lambda n: n - 1.0),
    },
    "all_to_all": {"direct": (lambda n: 1, lambda n: (n - 1) / n)},
    "send_recv": {"direct": (lambda n: 1, lambda n: 1.0)},
}


def steps_and_share(operation: Operation, gpus: int, algorithm: Algorithm) -> tuple[int, float]:
    """Steps of a collective one after the other, and bytes of its busiest member per byte of the buffer.

    Parameters
    ----------
    operation : "all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all" or "send_recv"
    gpus : members, at least 1; one member has nothing to do
    algorithm : "ring", "tree", "in_network" (the switch reduces and copies) or "direct" (to all at once)

    Returns
    -------
    steps : latencies one after the other
    share : bytes in the busier direction of the busiest member, per byte of the buffer [1]

    Raises
    ------
    ValueError
        if the operation is unknown, has no such algorithm, or gpus is less than 1

    Notes
    -----
    Trees: recursive halving and doubling for all-gather and reduce-scatter, a double binary tree for the rest.
    In-network all-reduce: a member sends its buffer to the switch once (reduction) and its reduced piece once
    (copies to all); the two directions overlap.

    References
    ----------
    Thakur, Rabenseifner and Gropp, 2005, Int. J. High Performance Computing Applications 19, 49-66; Sanders,
    Speck and Traff, 2009, Parallel Computing 35, 581-594 (double tree); Klenk et al., 2020, ISCA, 996-1009
    (in-network).

    Examples
    --------
    >>> steps_and_share("all_reduce", 72, "ring"), steps_and_share("all_reduce", 72, "tree")
    ((142, 1.972...), (14, 2.0))
    """
    if operation not in _COSTS:
        raise ValueError(f"operation = {operation!r}: must be one of {', '.join(_COSTS)}")
    if algorithm not in _COSTS[operation]:
        known = ", ".join(_COSTS[operation])
        raise ValueError(f"algorithm = {algorithm!r}: {operation} has {known}")
    if gpus < 1:
        raise ValueError(f"gpus = {gpus}: must be at least 1")
    if gpus == 1:
        return 0, 0.0
    steps, share = _COSTS[operation][algorithm]
    return steps(gpus), float(share(gpus))
