"""Compiled sweep along coolant lines, all lines abreast.

Contract: arrays run step by step, (step, wall, line), (step, line) and theta (step + 1, line), so that neighbouring
lines lie together; fields of the solid are flat. A missing wall points to cell 0 with no film.
"""

# mypy: disable-error-code="untyped-decorator"
import numpy as np
from numpy.typing import NDArray

from thermal.volumes.kernels import compiled

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@compiled
def sweep(lines: tuple[Index, Array, Array, Array, Array], extra: Array, T: Array, theta: Array) -> None:
    """Fill theta from its first row on; a scheme that looks ahead (`upper` not empty) is swept back again."""
    wall, film, lower, pivot, upper = lines
    steps, walls, count = wall.shape
    heat = np.empty(count)
    for j in range(steps):
        heat[:] = 0
        if extra.size:
            heat[:] = extra[j]
        for w in range(walls):
            cell, h = wall[j, w], film[j, w]
            for i in range(count):
                heat[i] += h[i] * T[cell[i]]
        for i in range(count):
            theta[j + 1, i] = heat[i] * pivot[j, i] - lower[j, i] * theta[j, i]
    for j in range(len(upper) - 1, 0, -1):
        for i in range(count):
            theta[j, i] -= upper[j - 1, i] * theta[j + 1, i]


@compiled
def add_outflow(wall: Index, film: Array, share: float, theta: Array, T: Array, out: Array) -> None:
    """Add film (T_w - mean) to the cells of the walls, mean = share * edge before + (1 - share) * edge after."""
    steps, walls, count = wall.shape
    mean = np.empty(count)
    for j in range(steps):
        for i in range(count):
            mean[i] = share * theta[j, i] + (1 - share) * theta[j + 1, i]
        for w in range(walls):
            cell, h = wall[j, w], film[j, w]
            for i in range(count):
                out[cell[i]] += h[i] * (T[cell[i]] - mean[i])
