"""The analytic package against finite volumes of the same stack: what its shortcuts cost."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu
from test_package import BLACKWELL, PLATE

from thermal.package import package_resistance

DX, DY = 1e-3, 0.5e-3
SHAPE = (31, 56)  # a quarter of the 62 x 56 mm lid
FILM = 6.5e4


def rectangle(x0, x1, y0, y1):
    x, y = (np.arange(SHAPE[0]) + 0.5) * DX, (np.arange(SHAPE[1]) + 0.5) * DY
    return ((x0 < x) & (x < x1))[:, None] & ((y0 < y) & (y < y1))


DIES = rectangle(0, 0.026, 0, 0.0155)
MEMORY = rectangle(0, 0.022, 0.0155, 0.0265)
SPOT = rectangle(0.008, 0.018, 0, 0.005)
LAYERS = (  # thickness, cells, conductivity by footprint; from the active face down
    (775e-6, 3, np.where(DIES, 110.0, 1e-7)),
    (200e-6, 1, np.where(DIES, 80.0, 1e-7)),
    (2e-3, 4, np.full(SHAPE, 390.0)),
    (50e-6, 1, np.full(SHAPE, 6.0)),
    (3e-3, 4, np.full(SHAPE, 390.0)),
)
LID = 4  # first cell of the lid
COUNT = [n for _, n, _ in LAYERS]
DZ = np.repeat([t / n for t, n, _ in LAYERS], COUNT)[:, None, None]
K = np.repeat([k for *_, k in LAYERS], COUNT, axis=0)


def conductances():
    """Return the matrix of the quarter stack on its film."""
    cell, size = np.arange(K.size).reshape(K.shape), (DZ, DX, DY)
    area = (DX * DY, DY * np.broadcast_to(DZ, K.shape), DX * np.broadcast_to(DZ, K.shape))
    sink = np.zeros(K.shape)
    film = FILM * 0.07**2 / (0.062 * 0.056)
    sink[-1] = DX * DY / (1 / film + DZ[-1] / (2 * K[-1]))
    rows, columns, values = [cell.ravel()], [cell.ravel()], [sink.ravel()]
    for axis in range(3):
        half = np.moveaxis(size[axis] / (2 * K), axis, 0)
        face = area[axis] if axis == 0 else np.moveaxis(area[axis], axis, 0)[1:]
        g = (face / (half[1:] + half[:-1])).ravel()
        i, j = (np.moveaxis(cell, axis, 0)[part].ravel() for part in (slice(None, -1), slice(1, None)))
        rows += [i, j, i, j]
        columns += [i, j, j, i]
        values += [g, g, -g, -g]
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return coo_array(entries, shape=(K.size, K.size)).tocsc()


def heat(flux):
    q = np.zeros(K.shape)
    q[0] = 0.72 / 4 * flux / flux.sum()
    q[LID] = 0.19 / 4 * MEMORY / MEMORY.sum() + 0.09 / 4 / DIES.size
    return q


@pytest.fixture(scope="module")
def by_volumes():
    """Die mean, spot and memory footprint per watt of module input."""
    share = SPOT.sum() / DIES.sum()
    background = (1 - 1.7 * share) / (1 - share)
    fluxes = [DIES * 1.0, DIES * np.where(SPOT, 1.7, background)]
    assert fluxes[1].sum() == pytest.approx(fluxes[0].sum(), rel=1e-12)  # the die keeps its heat
    q = np.stack([heat(flux) for flux in fluxes])
    solver = splu(conductances(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    T = solver.solve(q.reshape(2, -1).T).T.reshape(q.shape)
    assert T[0].min() * 4 > (1 / FILM / 0.07**2)  # the far face alone carries the watt
    face = T + q * DZ / (2 * K * DX * DY)
    return face[0, 0][DIES].mean(), face[1, 0][SPOT].max(), face[0, LID][MEMORY].mean()


def test_die_mean_agrees_with_finite_volumes_to_one_percent(by_volumes):
    ours = package_resistance(BLACKWELL, PLATE, 1 / FILM)
    assert ours.die == pytest.approx(by_volumes[0], rel=0.01)  # silicon crossed straight


def test_memory_agrees_with_finite_volumes_to_one_percent(by_volumes):
    ours = package_resistance(BLACKWELL, PLATE, 1 / FILM)
    above = 0.19 / 8 * (2e-4 / (80.0 * 0.011**2) + 0.23)
    assert ours.memory - above == pytest.approx(by_volumes[2], rel=0.01)


def test_hot_spot_agrees_with_finite_volumes_to_one_percent(by_volumes):
    ours = package_resistance(BLACKWELL, PLATE, 1 / FILM)
    assert ours.spot == pytest.approx(by_volumes[1], rel=0.01)  # the column of one die keeps the spot's heat in
    # the excess counted from the mean, not from the flux around the spot, is too little
    share = 0.01**2 / (0.026 * 0.031)
    less = replace(BLACKWELL, spot_flux_ratio=1 + 0.7 * (1 - share))
    assert package_resistance(less, PLATE, 1 / FILM).spot < 0.98 * by_volumes[1]


def test_a_die_without_spreading_fails_this_comparison(by_volumes):
    lid = BLACKWELL.lid
    above = (775e-6 / 110 + 200e-6 / 80) / (0.052 * 0.031)
    columns = (lid.thickness / 390 + lid.tim_thickness / 6 + 0.003 / 390 + 1 / FILM) / (0.052 * 0.031)
    assert 0.72 * (columns + above) > 1.05 * by_volumes[0]
