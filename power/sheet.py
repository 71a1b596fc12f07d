"""A conducting sheet in two dimensions: a plane of a board, a wide bar, a current spreader.

Contract: cells `(ny, nx)`, currents positive towards larger x and y, a source feeds its cell and a load draws from it.
Finite volumes with the node at the middle of the cell: what leaves a cell enters its neighbour.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.circuit import Circuit, Elements
from power.dc import solve_circuit

Array = NDArray[np.float64]


class SheetSolution(NamedTuple):
    """State of a sheet; every array has the batch axes of the load in front, nan where there is no metal."""

    voltage: Array
    """(..., ny, nx) of the cells [V]"""
    current_x: Array
    """(..., ny, nx-1) through the faces between neighbours in x [A]"""
    current_y: Array
    """(..., ny-1, nx) through the faces between neighbours in y [A]"""
    source_current: Array
    """(..., ny, nx) into the sheet [A]"""
    loss: Array
    """(...) heat of the metal [W]"""


def sheet_faces(sheet_resistance: ArrayLike, pitch: tuple[float, float]) -> tuple[Array, Array]:
    """Resistance between the middles of neighbouring cells.

    R = (dx / dy) (Rs1 + Rs2) / 2 in x, two half cells in series.

    Parameters
    ----------
    sheet_resistance : (ny, nx), resistivity over thickness, inf where there is no metal [ohm]
    pitch : (dx, dy), of the cells [m]

    Returns
    -------
    (ny, nx-1) and (ny-1, nx), face resistances in x and in y [ohm]

    Raises
    ------
    ValueError
        where a sheet resistance or a pitch is not > 0.

    References
    ----------
    Patankar (1980), Numerical Heat Transfer and Fluid Flow, section 4.2-3 (half cells in series).

    Examples
    --------
    >>> sheet_faces([[1e-3, 3e-3]], (2.0, 1.0))[0]
    array([[0.004]])
    """
    metal = np.asarray(sheet_resistance, dtype=float)
    if metal.ndim != 2 or not np.all(metal > 0):
        raise ValueError("sheet_resistance: must be (ny, nx) and > 0 ohm, inf where there is no metal")
    dx, dy = pitch
    if not (0 < dx < np.inf and 0 < dy < np.inf):
        raise ValueError(f"pitch = {pitch}: must be two lengths > 0 m")
    return dx / dy * (metal[:, :-1] + metal[:, 1:]) / 2, dy / dx * (metal[:-1] + metal[1:]) / 2


def solve_sheet(
    sheet_resistance: ArrayLike,
    pitch: tuple[float, float],
    load_current: ArrayLike,
    source_voltage: ArrayLike,
    source_resistance: ArrayLike,
) -> SheetSolution:
    """Voltages and currents of a sheet with sources and constant-current loads in its cells.

    Parameters
    ----------
    sheet_resistance : (ny, nx), resistivity over thickness, inf where there is no metal [ohm]
    pitch : (dx, dy), of the cells [m]
    load_current : (..., ny, nx), out of the sheet [A]
    source_voltage : (ny, nx) or scalar, ignored where there is no source [V]
    source_resistance : (ny, nx), source to the middle of the cell, 0 for an ideal contact, inf where none [ohm]

    Returns
    -------
    SheetSolution

    Raises
    ------
    ValueError
        where a value is out of range, a load lies on no metal, or metal has no path to a source.

    Notes
    -----
    Second order in the pitch. One factorisation serves all loads of a batch.

    References
    ----------
    Derived: div (1 / Rs) grad V = load per area, by `solve_circuit`.

    Examples
    --------
    A strip 4 cells long of 1 milliohm per square, 100 A from one end cell to the other: three squares.

    >>> found = solve_sheet(np.full((1, 4), 1e-3), (0.01, 0.01), [[0, 0, 0, 100]], 50.0, [[0, np.inf, np.inf, np.inf]])
    >>> found.voltage.round(6)
    array([[50. , 49.9, 49.8, 49.7]])
    """
    metal = np.isfinite(np.asarray(sheet_resistance, dtype=float))
    faces = sheet_faces(sheet_resistance, pitch)
    load, volts, series = (
        np.asarray(value, dtype=float) for value in (load_current, source_voltage, source_resistance)
    )
    volts = np.broadcast_to(volts, metal.shape)
    fed = np.isfinite(series)
    if series.shape != metal.shape or load.shape[-2:] != metal.shape:
        raise ValueError(f"source_resistance {series.shape} and load_current {load.shape}: must end in {metal.shape}")
    if np.any(fed & ~metal) or np.any((load != 0) & ~metal):
        raise ValueError("load_current or source_resistance in a cell without metal: must be 0 or inf there")
    circuit = _circuit(metal, faces, (fed, volts, series))
    solved = solve_circuit(circuit, current=load[..., metal])
    return _solution(metal, faces, fed, (circuit, solved.node_voltage, solved.resistor_current))


class _Names(Sequence[Any]):
    """Names of the nodes for messages: (row, column) of a cell with metal, ground, the sources."""

    def __init__(self, metal: NDArray[np.bool_], sources: int) -> None:
        self.metal, self.cells, self.sources = metal, int(metal.sum()), sources

    def __len__(self) -> int:
        return self.cells + 1 + self.sources

    def __getitem__(self, place: Any) -> Any:
        if place >= self.cells:
            return "ground" if place == self.cells else f"source {place - self.cells}"
        return tuple(map(int, np.argwhere(self.metal)[place]))


def _circuit(
    metal: NDArray[np.bool_], faces: tuple[Array, Array], sources: tuple[NDArray[np.bool_], Array, Array]
) -> Circuit:
    """Nodes: the cells with metal, ground, then one node behind each source; resistors: faces in x, in y, sources."""
    fed, volts, series = sources
    count, behind = int(metal.sum()), int(fed.sum())
    node = np.full(metal.shape, -1)
    node[metal] = np.arange(count)
    pairs = ((node[:, :-1], node[:, 1:], faces[0]), (node[:-1], node[1:], faces[1]))
    real = [np.isfinite(resistance) for *_, resistance in pairs]
    outer = count + 1 + np.arange(behind)
    tail = [*(low[there] for (low, _, _), there in zip(pairs, real, strict=True)), outer]
    head = [*(high[there] for (_, high, _), there in zip(pairs, real, strict=True)), node[fed]]
    value = [*(resistance[there] for (*_, resistance), there in zip(pairs, real, strict=True)), series[fed]]
    ground = np.full(count, count)
    nothing = np.zeros(0, np.intp)
    return Circuit(
        _Names(metal, behind),
        count,
        Elements(np.concatenate(tail), np.concatenate(head), np.concatenate(value)),
        Elements(outer, ground[:behind], volts[fed]),
        Elements(np.arange(count), ground, np.zeros(count)),
        Elements(nothing, nothing, np.zeros(0)),
    )


def _solution(
    metal: NDArray[np.bool_], faces: tuple[Array, Array], fed: NDArray[np.bool_], solved: tuple[Circuit, Array, Array]
) -> SheetSolution:
    circuit, voltage, current = solved
    batch = voltage.shape[:-1]

    def spread(where: NDArray[np.bool_], values: Array, other: float) -> Array:
        whole = np.full((*batch, *where.shape), other)
        whole[..., where] = values
        return whole

    real = [np.isfinite(face) for face in faces]
    ends = np.cumsum([part.sum() for part in real])
    return SheetSolution(
        spread(metal, voltage[..., : metal.sum()], np.nan),
        spread(real[0], current[..., : ends[0]], np.nan),
        spread(real[1], current[..., ends[0] : ends[1]], np.nan),
        spread(fed, current[..., ends[1] :], 0.0),
        np.sum(current[..., : ends[1]] ** 2 * circuit.resistors.value[: ends[1]], axis=-1),
    )
