"""Traffic patterns: which share of the bytes a GPU sends off-chip goes to which other GPU.

Contract: a pattern is a matrix (gpus, gpus); row i are the shares of source i, they sum to 1, the diagonal is
0. Multiply row i by the bytes or bytes per second GPU i sends to get the `traffic` of `topology.routing`.
"""

import numpy as np

from topology.fabric import Array


def uniform(gpus: int) -> Array:
    """Equal shares to all other GPUs: 1 / (gpus - 1) off the diagonal.

    Parameters
    ----------
    gpus : number of GPUs, at least 2

    Returns
    -------
    (gpus, gpus), shares of the sender's bytes [1]

    Raises
    ------
    ValueError
        if there are less than 2 GPUs

    References
    ----------
    Derived: definition.

    Examples
    --------
    >>> uniform(5)[0].tolist()
    [0.0, 0.25, 0.25, 0.25, 0.25]
    """
    return _off_chip(np.ones(_at_least("gpus", gpus, 2)))


def expert_dispatch(
    gpus: int, *, experts: int = 256, top_k: int = 8, zipf_exponent: float = 0.6, rng: np.random.Generator
) -> Array:
    """Dispatch of a mixture of experts: tokens go to the GPUs that hold their `top_k` experts, once per GPU.

    q_j = 1 - e_k(w without the experts of GPU j) / e_k(w), share of j in row i = q_j / sum over l != i of
    q_l.

    Parameters
    ----------
    gpus : number of GPUs, at least 2
    experts : number of experts, at least 2; expert e lives on GPU e mod gpus
    top_k : distinct experts of each token, 1 to experts
    zipf_exponent : exponent s of the popularity w = rank**-s, at least 0 [1]
    rng : numpy.random.Generator, draws which expert has which rank

    Returns
    -------
    (gpus, gpus), shares of the sender's bytes [1]

    Raises
    ------
    ValueError
        if an argument is outside the range given above

    Notes
    -----
    Every token draws a set S of `top_k` distinct experts with probability proportional to the product of
    their weights (conditional Poisson sampling, the fixed-size design of maximum entropy). The chance q_j
    that GPU j holds one of them is then exact: the weight of all sets is the elementary symmetric polynomial
    e_k, that of the sets which avoid GPU j is e_k of the other weights; both grow by one expert at a time
    with positive terms only. A token travels once to each GPU, not once per expert. All sources share one
    popularity; copies to experts on the source itself stay on the chip.

    References
    ----------
    Chen, Dempster and Liu, 1994, Biometrika 81, 457-469 (the design and its symmetric functions).
    DeepSeek-AI, 2024, DeepSeek-V3 technical report, section 4.2 (8 of 256 experts). The exponent 0.6 is an
    assumption.

    Examples
    --------
    >>> shares = expert_dispatch(72, rng=np.random.default_rng(0))
    >>> shares.shape, round(float(shares.sum()), 12), bool(shares.max() > 1.5 / 71)
    ((72, 72), 72.0, True)
    """
    _checked_experts(gpus, experts, top_k, zipf_exponent)
    popularity = (1.0 + rng.permutation(experts)) ** -zipf_exponent
    return _off_chip(_hit_probability(popularity * (top_k / popularity.sum()), gpus, top_k))


def expert_imbalance(
    gpus: int,
    *,
    experts: int = 256,
    top_k: int = 8,
    zipf_exponent: float = 0.6,
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """Bytes of the busiest GPU of an expert dispatch over the mean, for many orders of popularity.

    Parameters
    ----------
    gpus : number of GPUs, at least 2
    experts : number of experts, at least 2; expert e lives on GPU e mod gpus
    top_k : distinct experts of each token, 1 to experts
    zipf_exponent : exponent s of the popularity w = rank**-s, at least 0 [1]
    draws : orders of popularity, at least 1; each layer of a model has one of its own
    rng : numpy.random.Generator, draws the orders

    Returns
    -------
    (draws,), largest column sum of the shares of `expert_dispatch`, at least 1 [1]

    Raises
    ------
    ValueError
        if an argument is outside the range given above

    Notes
    -----
    The chances are those of `expert_dispatch`; the weight of the sets that avoid a GPU is that of all sets on the GPUs
    before and behind it, positive terms only. Chance among the tokens of one batch is left out: it is small beside the
    skew where a GPU receives thousands of tokens.

    References
    ----------
    Chen, Dempster and Liu, 1994, Biometrika 81, 457-469.

    Examples
    --------
    >>> busiest = expert_imbalance(72, draws=1000, rng=np.random.default_rng(0))
    >>> [round(float(value), 2) for value in (busiest.mean(), np.quantile(busiest, 0.99))]
    [3.3, 4.43]
    """
    _checked_experts(gpus, experts, top_k, zipf_exponent)
    _at_least("draws", draws, 1)
    popularity = (1.0 + np.arange(experts)) ** -zipf_exponent
    popularity *= top_k / popularity.sum()
    placed = np.zeros((draws, -(-experts // gpus) * gpus))
    placed[:, :experts] = rng.permuted(np.broadcast_to(popularity, (draws, experts)), axis=1)
    held = placed.reshape(draws, -1, gpus).T  # (gpus, experts of each, draws)
    before, behind = _running_sets(held, top_k), _running_sets(held[::-1], top_k)[::-1]
    avoiding = np.einsum("gkd,gkd->gd", before[:-1], behind[1:, ::-1])
    hit = (1.0 - avoiding / before[-1, -1]).T
    return np.asarray(_busiest(hit))


def _running_sets(weights: Array, top_k: int) -> Array:
    """Return the weights (gpus + 1, top_k + 1, draws) of the sets of 0 to top_k experts on the first GPUs."""
    sums = np.zeros((len(weights) + 1, top_k + 1, weights.shape[-1]))
    sums[0, 0] = 1.0
    for gpu, own in enumerate(weights):
        sums[gpu + 1] = sums[gpu]
        for weight in own:
            sums[gpu + 1, 1:] += weight * sums[gpu + 1, :-1]
    return sums


def _busiest(attraction: Array) -> Array:
    """Largest column sum (...) of the shares that are proportional to the attraction (..., gpus) of the receiver."""
    others = attraction.sum(axis=-1, keepdims=True) - attraction
    inverse = 1.0 / others
    received = attraction * (inverse.sum(axis=-1, keepdims=True) - inverse)
    return np.asarray(received.max(axis=-1))


def _hit_probability(weights: Array, gpus: int, top_k: int) -> Array:
    """Chance (gpus,) that a token reaches each GPU; the last row of `sums` leaves nobody out."""
    left_out = np.arange(gpus + 1)
    sums = np.zeros((gpus + 1, top_k + 1))
    sums[:, 0] = 1.0
    for expert, weight in enumerate(weights):
        sums[:, 1:] += np.where(left_out == expert % gpus, 0.0, weight)[:, None] * sums[:, :-1]
    return 1.0 - sums[:-1, -1] / sums[-1, -1]


def _off_chip(attraction: Array) -> Array:
    """Shares proportional to the attraction (gpus,) of the destination, nothing to itself."""
    shares = np.broadcast_to(attraction, 2 * attraction.shape) * (1.0 - np.eye(attraction.size))
    return shares / shares.sum(axis=1, keepdims=True)


def _at_least(name: str, value: int, least: int) -> int:
    if value < least:
        raise ValueError(f"{name} = {value}: must be at least {least}")
    return value


def _checked_experts(gpus: int, experts: int, top_k: int, zipf_exponent: float) -> None:
    _at_least("gpus", gpus, 2)
    _at_least("experts", experts, 2)
    if not 1 <= top_k <= experts:
        raise ValueError(f"top_k = {top_k}: must be 1 to {experts}, the number of experts")
    if not 0 <= zipf_exponent < np.inf:
        raise ValueError(f"zipf_exponent = {zipf_exponent}: must be >= 0 and finite")
