"""One-way latency of a GPU-to-GPU store in named parts.

Contract: path GPU -> link -> ASIC -> link -> GPU; times in seconds, lengths in metres along the whole path. Hardware
only: protocol and launch are the library's, measured with its collectives (`topology.measured_tier`).
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge
from numpy.typing import ArrayLike

from topology.checks import check_fields
from topology.fabric import Array


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Parameters of the latency of a path through one switch."""

    endpoint: Annotated[float, "s", Ge(0)]
    """Inside one GPU, core to link; a path has two."""
    link: Annotated[float, "s", Ge(0)]
    """SerDes and error correction of one link; a path has two."""
    switch: Annotated[float, "s", Ge(0)]
    """Through the switch ASIC."""
    propagation: Annotated[float, "s/m", Ge(0)]
    """Along the cable."""

    def __post_init__(self) -> None:
        check_fields(self)


class LatencyParts(NamedTuple):
    """One-way latency in parts, each (...) [s]."""

    endpoint: Array
    """Both GPUs [s]."""
    link: Array
    """Both links [s]."""
    switch: Array
    """The ASIC [s]."""
    propagation: Array
    """The whole cable path [s]."""
    total: Array
    """Sum of the four [s]."""


def one_way(latency: Latency, path_length: ArrayLike) -> LatencyParts:
    """One-way latency of a path, total = 2 endpoint + 2 link + switch + propagation * path_length.

    Parameters
    ----------
    latency : Latency
    path_length : (...), length from GPU through ASIC to GPU [m]

    Returns
    -------
    LatencyParts, arrays of the shape of `path_length` [s]

    Raises
    ------
    ValueError
        if a length is negative or unknown

    Notes
    -----
    No queueing: the latency of an idle fabric.

    References
    ----------
    Derived: sum of the parts.

    Examples
    --------
    >>> links = Latency(endpoint=0.0, link=250e-9, switch=0.0, propagation=4.6e-9)
    >>> round(float(one_way(links, 1.25).total) * 1e9, 6)
    505.75
    """
    length = np.asarray(path_length, np.float64)
    if not np.all(length >= 0):
        raise ValueError(f"path_length = {np.min(length)}: must be >= 0 m and known")
    endpoint, link, switch = (
        np.full_like(length, part) for part in (2 * latency.endpoint, 2 * latency.link, latency.switch)
    )
    propagation = latency.propagation * length
    return LatencyParts(endpoint, link, switch, propagation, endpoint + link + switch + propagation)
