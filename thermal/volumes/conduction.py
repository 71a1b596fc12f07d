"""Heat conduction between the cells of a grid: face conductances, and the operator they make.

Contract: A = Dᵀ diag(g) D + diag(sink), D the incidence of cells on faces; heat from cell a to cell b is
g (T_a - T_b), so what leaves one enters the other. `sink` couples a cell to prescribed temperatures (a fixed or
convective face, a coolant): their heat sink * T_ref stands on the right-hand side. A cell of zero conductivity takes
no part: its row is sink alone.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.volumes.grid import Grid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
FACES = ("x-", "x+", "y-", "y+", "z-", "z+")
_AXIS = {"x": 2, "y": 1, "z": 0}


class Conduction(NamedTuple):
    """Conductances of a solid."""

    x: Array
    """(nz, ny, nx - 1) between neighbours along x [W/K]"""
    y: Array
    """(nz, ny - 1, nx) along y [W/K]"""
    z: Array
    """(nz - 1, ny, nx) along z [W/K]"""
    sink: Array
    """(nz, ny, nx) from each cell to prescribed temperatures [W/K]"""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along z, y, x."""
        return self.sink.shape


def half_resistances(grid: Grid, conductivity: ArrayLike) -> tuple[Array, Array, Array]:
    """Return the resistances from the centre of each cell to its faces across x, y and z.

    Parameters
    ----------
    grid : Grid
    conductivity : (nz, ny, nx), or (3, nz, ny, nx) for k along x, y, z [W/(m*K)]

    Returns
    -------
    (x, y, z) arrays (nz, ny, nx) [K/W], infinite where nothing conducts

    Raises
    ------
    ValueError
        A negative or missing conductivity.

    References
    ----------
    Patankar (1980), Numerical heat transfer and fluid flow, section 4.2-3.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 2.0))
    >>> half_resistances(grid, np.full(grid.shape, 4.0))[2].item()
    0.25
    """
    k = np.asarray(conductivity, float)
    if not (k >= 0).all():
        raise ValueError(f"conductivity {np.nanmin(k) if np.isfinite(k).any() else k.flat[0]}: must be >= 0 W/(m*K)")
    kx, ky, kz = k if k.ndim == 4 else (k, k, k)
    dz, dy, dx = grid.dz[:, None, None], grid.dy[:, None], grid.dx
    with np.errstate(divide="ignore"):
        return dx / (2 * kx * dy * dz), dy / (2 * ky * dx * dz), dz / (2 * kz * dx * dy)


def conduction(grid: Grid, conductivity: ArrayLike) -> Conduction:
    """Return the conductances between the cells of a grid, with no sink.

    Parameters
    ----------
    grid : Grid
    conductivity : (nz, ny, nx), or (3, nz, ny, nx) for k along x, y, z [W/(m*K)]

    Returns
    -------
    Conduction
        Half cells in series across each face [W/K].

    Raises
    ------
    ValueError
        A negative conductivity.

    References
    ----------
    Patankar (1980), section 4.2-3: the harmonic mean is exact for layers in series.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> conduction(grid, np.array([[[1.0, 3.0]]])).x.item()
    1.5
    """
    x, y, z = half_resistances(grid, conductivity)
    return Conduction(
        x=1 / (x[..., 1:] + x[..., :-1]),
        y=1 / (y[:, 1:] + y[:, :-1]),
        z=1 / (z[1:] + z[:-1]),
        sink=np.zeros(grid.shape),
    )


def boundary_sink(grid: Grid, conductivity: ArrayLike, face: str, film: ArrayLike) -> Array:
    """Return the conductances of boundary cells to a prescribed temperature outside a face.

    Parameters
    ----------
    grid : Grid
    conductivity : (nz, ny, nx), or (3, nz, ny, nx) [W/(m*K)]
    face : one of "x-", "x+", "y-", "y+", "z-", "z+"
    film : scalar or the shape of the face; infinite for a face of fixed temperature [W/(m2*K)]

    Returns
    -------
    (nz, ny, nx) array, zero away from the face [W/K]

    Raises
    ------
    ValueError
        An unknown face, a negative film.

    References
    ----------
    Derived: half a cell in series with the film.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 2.0))
    >>> boundary_sink(grid, np.full(grid.shape, 4.0), "z+", 4.0).item()
    2.0
    """
    at, area = boundary_cells(grid, face)
    h = np.asarray(film, float)
    if not (h >= 0).all():
        raise ValueError(f"film on face {face} = {np.min(h)}: must be >= 0 W/(m2*K)")
    half = half_resistances(grid, conductivity)["xyz".index(face[0])]
    found = np.zeros(grid.shape)
    with np.errstate(divide="ignore"):
        found[at] = 1 / (half[at] + 1 / (h * area))
    return found


def boundary_cells(grid: Grid, face: str) -> tuple[tuple[slice | int, ...], Array]:
    """Return the index of the cells at a face, and the areas of their outer faces.

    Parameters
    ----------
    grid : Grid
    face : one of "x-", "x+", "y-", "y+", "z-", "z+"

    Returns
    -------
    index into (nz, ny, nx), and the areas of that shape [m2]

    Raises
    ------
    ValueError
        An unknown face.

    References
    ----------
    Derived: products of widths.

    Examples
    --------
    >>> boundary_cells(Grid(x=(0.0, 1.0), y=(0.0, 3.0), z=(0.0, 2.0)), "z+")[1].item()
    3.0
    """
    if face not in FACES:
        raise ValueError(f"face {face!r}: must be one of {', '.join(FACES)}")
    axis = _AXIS[face[0]]
    index: list[slice | int] = [slice(None)] * 3
    index[axis] = 0 if face[1] == "-" else -1
    first, second = (width for i, width in enumerate((grid.dz, grid.dy, grid.dx)) if i != axis)
    return tuple(index), first[:, None] * second


def outflow(solid: Conduction, temperature: Array) -> Array:
    """Return A T: the heat that leaves each cell, to its neighbours and into its sink.

    Parameters
    ----------
    solid : Conduction
    temperature : (nz, ny, nx) [K]

    Returns
    -------
    (nz, ny, nx) [W]

    References
    ----------
    Derived: flux differences. The solver's compiled operator is held to this one.

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> outflow(conduction(grid, np.ones(grid.shape)), np.array([[[1.0, 3.0]]])).ravel()
    array([-2.,  2.])
    """
    T = temperature
    heat = solid.sink * T
    for axis, g in enumerate((solid.z, solid.y, solid.x)):
        flux = g * np.diff(T, axis=axis)
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        heat[tuple(low)] -= flux
        heat[tuple(high)] += flux
    return heat


def incidence(shape: tuple[int, ...]) -> "csr_array":
    """Return the incidence D of cells on inner faces (x faces, then y, then z): D T is the step across each face.

    Parameters
    ----------
    shape : cells along z, y, x

    Returns
    -------
    sparse (faces, cells) of -1, +1 [1]

    References
    ----------
    Strang (2007), Computational science and engineering, section 2.4.

    Examples
    --------
    >>> incidence((1, 1, 3)).toarray()
    array([[-1.,  1.,  0.],
           [ 0., -1.,  1.]])
    """
    from scipy.sparse import csr_array, diags_array, eye_array, kron, vstack

    step = [diags_array([-np.ones(n), np.ones(n - 1)], offsets=[0, 1], shape=(n - 1, n)) for n in shape]
    same = [eye_array(n) for n in shape]
    z, y, x = (
        kron(kron(*(step[i] if i == axis else same[i] for i in (0, 1))), step[2] if axis == 2 else same[2])
        for axis in (0, 1, 2)
    )
    return csr_array(vstack([x, y, z]))


def matrix(solid: Conduction) -> "csr_array":
    """Return A as a sparse matrix, for small problems and tests.

    Parameters
    ----------
    solid : Conduction

    Returns
    -------
    sparse (cells, cells), symmetric [W/K]

    References
    ----------
    Derived: A = Dᵀ diag(g) D + diag(sink).

    Examples
    --------
    >>> grid = Grid(x=(0.0, 1.0, 2.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> matrix(conduction(grid, np.ones(grid.shape))).toarray()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    from scipy.sparse import csr_array, diags_array

    D = incidence(solid.shape)
    g = np.concatenate([part.ravel() for part in solid[:3]])
    return csr_array(D.T @ diags_array(g) @ D + diags_array(solid.sink.ravel()))
