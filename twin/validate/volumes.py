"""Rows of the finite volumes: spreading in a layered stack, and laminar flow in rectangular ducts."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thermal.ducts import duct_nusselt
from thermal.volumes.conduction import boundary_sink, conduction, half_resistances
from thermal.volumes.cosine import solve_uniform
from thermal.volumes.grid import Grid, covered
from twin.validate import thermal
from twin.validate.row import Allowed, Row, row
from twin.validate.thermal import FLUX_CHANNELS, SERIES

Array = NDArray[np.float64]

LATERAL = 200
"""cells along either side"""
LAYER_CELLS = {1: (32,), 2: (16, 16), 3: (16, 4, 12)}
"""cells through each layer, by the number of layers"""
GRADING = 2.0
"""the first layer's cells grow by exp(2) from the source face down"""
#: Aspect, Nu(H1).
_T7 = ((0.05, 7.455), (0.1, 6.788), (0.125, 6.492), (0.25, 5.333), (0.5, 4.126), (1.0, 3.610))


def t4(reference: Path | None) -> list[Row]:
    """Return the flux channel with spreading, our series and 200 x 200 x 32 cells, against the published sums."""
    rows = thermal.t4(reference)
    for case, sides, layers, source, film, expected in FLUX_CHANNELS:
        ours = _spreading(sides, layers, source, film)
        for name, value, target in zip(("mean", "max", "1-D"), ours, expected, strict=True):
            key = "T4", f"finite volumes: {case}, {1e3 * source[0]:g} x {1e3 * source[1]:g} mm source, {name}"
            rows.append(row(key, value, target, "K/W", Allowed(1e-3, relative=True), SERIES))
    return rows


def t7(reference: Path | None) -> list[Row]:
    """Return Nusselt numbers of developed laminar flow in rectangular ducts, H1."""
    source = "Shah and London 1978"
    return [
        row(("T7", f"Nu(H1), aspect {aspect:g}"), float(ours), target, "1", Allowed(5e-3, relative=True), source)
        for (aspect, target), ours in zip(_T7, duct_nusselt([aspect for aspect, _ in _T7]), strict=True)
    ]


def _spreading(
    sides: tuple[float, float], layers: list[tuple[float, float]], source: tuple[float, float], film: float
) -> tuple[float, float, float]:
    """Return mean and largest face temperature of the source and the mean under even heat, per watt [K/W]."""
    grid, k = _stack(sides, layers)
    spans = [(side / 2 - extent / 2, side / 2 + extent / 2) for side, extent in zip(sides, source, strict=True)]
    share = covered(grid.y, *spans[1])[:, None] * covered(grid.x, *spans[0])
    heat = np.zeros((2, *grid.shape))
    heat[0, 0], heat[1, 0] = share / share.sum(), 1 / share.size
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", film))
    face = solve_uniform(solid, heat)[:, 0] + heat[:, 0] * half_resistances(grid, k)[2][0]
    return float(np.average(face[0], weights=share)), float(face[0].max()), float(face[1].mean())


def _stack(sides: tuple[float, float], layers: list[tuple[float, float]]) -> tuple[Grid, Array]:
    """Return grid and conductivity of a stack from its source face down."""
    cells, below = LAYER_CELLS[len(layers)], np.cumsum([0.0, *(thickness for thickness, _ in layers)])
    z = [np.linspace(low, high, n + 1) for (low, high), n in zip(pairwise(below), cells, strict=True)]
    z[0] = below[1] * np.expm1(GRADING * z[0] / below[1]) / np.expm1(GRADING)
    edges = (0.0, *np.concatenate([at[1:] for at in z]).tolist())
    x, y = (tuple(np.linspace(0, side, LATERAL + 1).tolist()) for side in sides)
    grid = Grid(x=x, y=y, z=edges)
    k = np.repeat([conductivity for _, conductivity in layers], cells)[:, None, None]
    return grid, np.broadcast_to(k, grid.shape)
