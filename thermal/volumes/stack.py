"""A stack of layers as a grid with conductivities, heat capacities and heat patterns.

Contract: cells follow the layers of `thermal.volumes.layers`, with grid lines at the edges of every patch. Faces of the
stack are adiabatic unless `boundary_sink` of `thermal.volumes.conduction` (fixed or convective) or a stream is added
to its conduction; a prescribed flux is heat in the boundary cells, `power_map`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.grid import Grid, centres, covered
from thermal.volumes.layers import SAME, Area, Layer, Patch, Stack

__all__ = ["Area", "Layer", "Patch", "Stack", "conductivity", "heat_capacity", "power_map", "stack_grid"]

Array = NDArray[np.float64]
GROWTH = 0.3
"""how fast cells may grow away from a narrow one: metres of width per metre of distance"""


def stack_grid(stack: Stack, size: float, lines: Sequence[Area] = ()) -> Grid:
    r"""Return a grid with lines at the edges of every patch, and cells that grow smoothly away from narrow ones.

    $$ n = \left\lceil \int \frac{dx}{\delta(x)} \right\rceil, \qquad
       \delta(x) = \min_s \left( \delta_s + g\, |x - s| \right) $$

    Parameters
    ----------
    stack : Stack
    size : largest width of a cell along x and y [m]
    lines : further areas whose edges become lines, of heat sources for example [m]

    Returns
    -------
    Grid

    Raises
    ------
    ValueError
        A size that is not positive.

    Notes
    -----
    Between two lines s the width is even or falls towards a narrower neighbour, by `GROWTH` per distance.

    References
    ----------
    Derived: equal shares of the integral of 1/width.

    Examples
    --------
    >>> copper = Layer(name="copper", thickness=1e-3, cells=2, conductivity=390.0)
    >>> stack_grid(Stack(length=0.04, width=0.03, layers=(copper,)), 0.01).shape
    (2, 3, 4)
    """
    if not size > 0:
        raise ValueError(f"cell size {size}: must be > 0 m")
    areas = [stack.area, *(patch.area for layer in stack.layers for patch in layer.patches), *lines]
    heights = [height for layer in stack.layers for height in [layer.thickness / layer.cells] * layer.cells]
    return Grid(
        x=_graded([edge for area in areas for edge in area.x], size),
        y=_graded([edge for area in areas for edge in area.y], size),
        z=tuple(np.concatenate([[0.0], np.cumsum(heights)]).tolist()),
    )


def conductivity(stack: Stack, grid: Grid) -> Array:
    """Return the conductivities of the cells, by the material at their centres.

    Parameters
    ----------
    stack : Stack
    grid : Grid
        Of this stack, see `stack_grid`.

    Returns
    -------
    (3, nz, ny, nx) along x, y, z [W/(m*K)]

    References
    ----------
    Derived: patch by patch.

    Examples
    --------
    >>> die = Patch(name="die", area=Area((0.0, 0.02), (0.0, 0.03)), conductivity=110.0)
    >>> layer = Layer(name="dies", thickness=1e-3, cells=1, conductivity=0.0, patches=(die,))
    >>> stack = Stack(length=0.04, width=0.03, layers=(layer,))
    >>> conductivity(stack, stack_grid(stack, 0.03))[2]
    array([[[110.,   0.]]])
    """
    columns = [np.broadcast_to(np.asarray(part.conductivity, float), 3) for part in _materials(stack)]
    return np.stack([_painted(stack, grid, [float(k[axis]) for k in columns]) for axis in range(3)])


def heat_capacity(stack: Stack, grid: Grid) -> Array:
    """Return the heat capacities of the cells.

    Parameters
    ----------
    stack : Stack
    grid : Grid
        Of this stack.

    Returns
    -------
    (nz, ny, nx) [J/K]

    References
    ----------
    Derived: patch by patch.

    Examples
    --------
    >>> copper = Layer(name="copper", thickness=1e-3, cells=1, conductivity=390.0, heat_capacity=3.44e6)
    >>> stack = Stack(length=0.01, width=0.01, layers=(copper,))
    >>> heat_capacity(stack, stack_grid(stack, 0.01)).item().__round__(4)
    0.344
    """
    return _painted(stack, grid, [part.heat_capacity for part in _materials(stack)]) * grid.volume


def power_map(stack: Stack, grid: Grid, layer: str, areas: Sequence[Area], cell: int = 0) -> Array:
    """Return the pattern of one watt spread evenly over rectangles, partly covered cells by area.

    Parameters
    ----------
    stack : Stack
    grid : Grid
        Of this stack.
    layer : name of the layer that takes the heat
    areas : rectangles; where two overlap both count [m]
    cell : which of the layer's cells along z: 0 its first, -1 its last

    Returns
    -------
    (nz, ny, nx) of sum 1 [1]

    Raises
    ------
    ValueError
        An unknown layer, no area, power outside the stack, or where the layer has no material (outside the die).

    References
    ----------
    Derived: overlap of rectangles.

    Examples
    --------
    >>> copper = Layer(name="copper", thickness=1e-3, cells=1, conductivity=390.0)
    >>> stack = Stack(length=0.04, width=0.01, layers=(copper,))
    >>> power_map(stack, stack_grid(stack, 0.02), "copper", [Area((0.01, 0.03), (0.0, 0.01))])
    array([[[0.5, 0.5]]])
    """
    cells = stack.cells_of(layer)
    if not -len(cells) <= cell < len(cells):
        raise ValueError(f"power in cell {cell} of layer {layer!r}: must be -{len(cells)} … {len(cells) - 1}")
    if isinstance(areas, Area):
        raise ValueError(f"power in layer {layer!r}: give a list of rectangles, [{areas}]")
    at = cells[cell]
    for area in areas:
        if not area.within(stack.area):
            raise ValueError(f"power at {area} in layer {layer!r}: must be a rectangle within the stack, {stack.area}")
    found = np.zeros(grid.shape)
    for area in areas:
        y, x = (np.where(part < SAME, 0.0, part) for part in (covered(grid.y, *area.y), covered(grid.x, *area.x)))
        found[at] += (y * grid.dy)[:, None] * (x * grid.dx)
    if not found.any():
        raise ValueError(f"power in layer {layer!r}: no area: give one or more rectangles")
    if found[at][conductivity(stack, grid)[2, at] == 0].any():
        named = ", ".join(f"{patch.name!r} {patch.area}" for patch in _layer(stack, layer).patches)
        raise ValueError(
            f"power at {'; '.join(map(str, areas))} in layer {layer!r}: part of it lies where the layer has no"
            f" material; must lie within its patches: {named}"
        )
    return found / found.sum()


def tiled_power(stack: Stack, grid: Grid, layer: str, area: Area, tiles: Array) -> Array:
    """Return the heat of a measured or simulated power map: tiles of equal size over a rectangle, kept to the watt.

    Parameters
    ----------
    stack : Stack
    grid : Grid
        Of this stack.
    layer : name of the layer whose first cells take the heat
    area : rectangle the tiles divide [m]
    tiles : (rows along y, columns along x) heat of each tile [W]

    Returns
    -------
    (nz, ny, nx) [W]

    Raises
    ------
    ValueError
        As `power_map`; tiles that are not a finite table.

    References
    ----------
    Derived: each cell takes of each tile the share it covers.

    Examples
    --------
    >>> copper = Layer(name="copper", thickness=1e-3, cells=1, conductivity=390.0)
    >>> stack = Stack(length=0.03, width=0.01, layers=(copper,))
    >>> tiles = np.array([[4.0, 2.0]])
    >>> tiled_power(stack, stack_grid(stack, 0.01), "copper", Area((0.0, 0.03), (0.0, 0.01)), tiles).round(6)
    array([[[2.666667, 2.      , 1.333333]]])
    """
    watts = np.asarray(tiles, float)
    if watts.ndim != 2 or not (watts.size and np.isfinite(watts).all()):
        raise ValueError(f"power map of layer {layer!r}: shape {watts.shape}: must be a table of finite W")
    found = power_map(stack, grid, layer, [area])  # refuses what lies outside the material
    shares = []
    for (low, high), count, edges in zip(area, watts.shape[::-1], (grid.x, grid.y), strict=True):
        cuts = np.linspace(low, high, count + 1)
        widths = np.diff(edges) / np.diff(cuts)[0]
        shares.append(np.stack([covered(edges, a, b) * widths for a, b in pairwise(cuts.tolist())]))
    across, along = shares
    found[stack.cells_of(layer)[0]] = along.T @ watts @ across
    return found


def _layer(stack: Stack, name: str) -> Layer:
    return next(layer for layer in stack.layers if layer.name == name)


def _materials(stack: Stack) -> list[Layer | Patch]:
    parts: list[Layer | Patch] = []
    for layer in stack.layers:
        parts += [layer, *layer.patches]
    return parts


def _painted(stack: Stack, grid: Grid, values: list[float]) -> Array:
    """Return one value per material (in the order of `_materials`) on the cells."""
    if sum(layer.cells for layer in stack.layers) != grid.shape[0]:
        raise ValueError(f"grid of {grid.shape[0]} cells along z: must be the stack's own, see stack_grid")
    x, y, value = centres(grid.x), centres(grid.y), iter(values)
    found = np.empty(grid.shape)
    for layer in stack.layers:
        plane = np.full(grid.shape[1:], next(value))
        for patch in layer.patches:
            (x0, x1), (y0, y1) = patch.area
            plane[((y0 < y) & (y < y1))[:, None] & ((x0 < x) & (x < x1))] = next(value)
        found[stack.cells_of(layer.name)] = plane
    return found


def _graded(edges: list[float], size: float) -> tuple[float, ...]:
    """Return cell edges through all the given lines."""
    lines = np.unique(edges)
    lines = lines[np.append(True, np.diff(lines) > SAME * lines[-1])]
    low, high = lines[:-1], lines[1:]
    width = (high - low) / np.ceil((high - low) / size - SAME)
    found = [lines[:1]]
    for a, b in zip(low, high, strict=True):
        at = np.linspace(a, b, 201)
        away = np.maximum(np.maximum(low - at[:, None], at[:, None] - high), 0)
        steps = 1 / (width + GROWTH * away).min(1)
        share = np.concatenate([[0.0], np.cumsum(steps[1:] + steps[:-1])])
        count = int(np.ceil(share[-1] / 2 * (b - a) / 200 - 1e-6))
        inner = np.interp(np.linspace(0, share[-1], count + 1)[1:-1], share, at)
        found += [inner, np.array([b])]
    return tuple(np.concatenate(found).tolist())
