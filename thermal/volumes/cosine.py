r"""Direct solver of a stack whose layers are laterally uniform: cosine transform across, Thomas down.

Contract: conductances and sinks depend on z only and the sides are adiabatic. The discrete cosines of DCT-II,
cos(pi p (i + 1/2) / n), are then eigenvectors of the lateral differences with eigenvalues 4 sin^2(pi p / 2n), so
each mode is a tridiagonal system in z. The result is the finite-volume solution itself, to round-off.
"""

import numpy as np
from numpy.typing import NDArray

from thermal.volumes.conduction import Conduction

Array = NDArray[np.float64]

UNIFORM = 1e-10
"""relative scatter within a layer that counts as round-off; the temperature moves by no more"""


def laterally_uniform(solid: Conduction) -> bool:
    """Return whether the conductances and sinks of each layer are the same everywhere in it.

    Parameters
    ----------
    solid : Conduction

    Returns
    -------
    bool
        True where `solve_uniform` applies.

    References
    ----------
    Derived: largest less smallest value of each layer, within 1e-10 of the largest.

    Examples
    --------
    >>> from thermal.volumes.conduction import conduction
    >>> from thermal.volumes.grid import Grid
    >>> even = Grid(x=(0.0, 1.0, 2.0, 3.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> uneven = Grid(x=(0.0, 1.0, 2.0, 4.0), y=(0.0, 1.0), z=(0.0, 1.0))
    >>> [laterally_uniform(conduction(grid, np.ones(grid.shape))) for grid in (even, uneven)]
    [True, False]
    """
    parts = [part.reshape(len(part), -1) for part in solid if part.size]
    return all(bool((np.ptp(part, axis=1) <= UNIFORM * part.max(axis=1)).all()) for part in parts)


def solve_uniform(solid: Conduction, heat: Array) -> Array:
    r"""Return the temperature of laterally uniform layers.

    $$ \left[ T_z + 4 g_x \sin^2 \frac{\pi p}{2 n_x} + 4 g_y \sin^2 \frac{\pi q}{2 n_y} \right] \hat T_{pq}
       = \hat Q_{pq} $$

    Parameters
    ----------
    solid : Conduction
        Laterally uniform, with a sink in each group of layers that conduct to one another.
    heat : (..., nz, ny, nx) with sink times its temperature where that is not 0 [W]

    Returns
    -------
    (..., nz, ny, nx) above the sinks' zero [K]

    Raises
    ------
    ValueError
        Layers that vary laterally, layers cut off from every sink, or heat of another shape.

    Notes
    -----
    Cost: two transforms and one sweep, O(N log N); no iteration, no tolerance.

    References
    ----------
    Strang (1999), The discrete cosine transform, SIAM Review 41; Buzbee, Golub and Nielson (1970), SIAM J. Numer.
    Anal. 7, matrix decomposition.

    Examples
    --------
    >>> from thermal.volumes.conduction import boundary_sink, conduction
    >>> from thermal.volumes.grid import Grid
    >>> grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0))
    >>> k = np.ones(grid.shape)
    >>> solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z-", np.inf))
    >>> solve_uniform(solid, np.array([0.0, 3.0]).reshape(2, 1, 1)).ravel()
    array([1.5, 4.5])
    """
    from scipy.fft import dctn, idctn

    if heat.shape[-3:] != solid.shape:
        raise ValueError(f"heat of shape {heat.shape}: must end in the cells {solid.shape}")
    if not laterally_uniform(solid):
        raise ValueError("conductances vary within a layer: the cosine solver needs uniform layers; use solve_steady")
    layers = Conduction(*(part.mean(axis=(1, 2)) if part.size else np.zeros(len(part)) for part in solid))
    _check_sinks(layers)
    modes = _thomas(layers, dctn(np.asarray(heat, float), axes=(-2, -1), workers=1))
    return idctn(modes, axes=(-2, -1), workers=1, overwrite_x=True)


def _thomas(layers: Conduction, modes: Array) -> Array:
    """Solve the tridiagonal system of each mode in place: up the layers and back down; one conductance per layer."""
    gx, gy, gz, sink = layers
    ny, nx = modes.shape[-2:]
    across = 4 * np.sin(np.pi * np.arange(nx) / (2 * nx)) ** 2
    along = 4 * np.sin(np.pi * np.arange(ny) / (2 * ny)) ** 2
    ratio = np.zeros((len(gz), ny, nx))
    leak = np.zeros((ny, nx))  # from a layer to its surroundings and, through those below, to theirs: no subtraction
    for k in range(len(sink)):
        own = sink[k] + gx[k] * across + gy[k] * along[:, None]
        if k:
            own += gz[k - 1] * leak / (gz[k - 1] + leak)
            modes[..., k, :, :] += gz[k - 1] * modes[..., k - 1, :, :]
        leak = own
        pivot = leak + gz[k] if k < len(gz) else leak
        modes[..., k, :, :] /= pivot
        if k < len(gz):
            np.divide(gz[k], pivot, out=ratio[k])
    for k in reversed(range(len(gz))):
        modes[..., k, :, :] += ratio[k] * modes[..., k + 1, :, :]
    return modes


def _check_sinks(layers: Conduction) -> None:
    """Refuse a group of connected layers without a sink: its level would be free."""
    starts = np.flatnonzero(np.append(True, layers.z == 0))
    for first, total in zip(starts, np.add.reduceat(layers.sink, starts), strict=True):
        if not total > 0:
            raise ValueError(f"layers from cell {first} on have no path to a sink: give a face a film or a temperature")
