"""Compiled kernels of conduction and multigrid: the loops over cells.

Contract: fields are float64 (nz, ny, nx). A multigrid level is float32 and stored row by row, (ny + 2, nz, nx + 2)
with a rim of zeros, so that a row (one y, all z and x) stays in the cache. Its weights `g` are (gx, gy, gz):
`gx[j, k, i]` joins column i - 1 to i, `gy[j, k, i]` row j - 1 to j, `gz[j, k, i]` layer k - 1 to k, zero at the rim.
Kernels release the interpreter lock and write only into their last arguments.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit

FAST = {"contract", "reassoc", "nsz", "arcp"}


def compiled(kernel):
    """Compile a kernel when it is first called, and keep the machine code where there is a place for it."""
    try:
        return njit(cache=True, nogil=True, fastmath=FAST)(kernel)
    except RuntimeError:  # neither the folder of this file nor the user's cache can be written to
        return njit(nogil=True, fastmath=FAST)(kernel)


@compiled
def outflow(solid, T, out):
    """Set out = A T and return T . A T; solid is (x, y, z, sink)."""
    gx, gy, gz, sink = solid
    nz, ny, nx = T.shape
    none = np.zeros(nx)
    total = 0.0
    for j in range(ny):
        for k in range(nz):
            t, row, s = T[k, j], out[k, j], sink[k, j]
            g_south, south = (gy[k, j - 1], T[k, j - 1]) if j > 0 else (none, t)
            g_north, north = (gy[k, j], T[k, j + 1]) if j < ny - 1 else (none, t)
            g_below, below = (gz[k - 1, j], T[k - 1, j]) if k > 0 else (none, t)
            g_above, above = (gz[k, j], T[k + 1, j]) if k < nz - 1 else (none, t)
            for i in range(nx):
                heat = g_south[i] * (t[i] - south[i]) + g_north[i] * (t[i] - north[i])
                heat += g_below[i] * (t[i] - below[i]) + g_above[i] * (t[i] - above[i])
                row[i] = heat + s[i] * t[i]
            g = gx[k, j]
            for i in range(nx - 1):
                row[i] += g[i] * (t[i] - t[i + 1])
            for i in range(1, nx):
                row[i] += g[i - 1] * (t[i] - t[i - 1])
            for i in range(nx):
                total += row[i] * t[i]
    return total


@compiled
def fill(solid, g, gs):
    """Copy the conductances (x, y, z, sink) of a solid into the finest level."""
    x, y, z, sink = solid
    gx, gy, gz = g
    nz, ny, nx = sink.shape
    for j in range(ny):
        for k in range(nz):
            for i in range(nx):
                gs[j + 1, k, i + 1] = sink[k, j, i]
            for i in range(1, nx):
                gx[j + 1, k, i + 1] = x[k, j, i - 1]
            if j > 0:
                for i in range(nx):
                    gy[j + 1, k, i + 1] = y[k, j - 1, i]
            if k > 0:
                for i in range(nx):
                    gz[j + 1, k, i + 1] = z[k - 1, j, i]


@compiled
def factor(g, gs, diag, pivot):
    """Set the diagonal of A and the inverse pivots of its columns, without a subtraction; 0 where nothing joins."""
    gx, gy, gz = g
    rows, nz, columns = gs.shape
    for j in range(1, rows - 1):
        for i in range(1, columns - 1):
            leak = gs[j, 0, i] * 0  # conductance from a cell to its surroundings and, through those below, to theirs
            for k in range(nz):
                own = gx[j, k, i] + gx[j, k, i + 1] + gy[j, k, i] + gy[j + 1, k, i] + gs[j, k, i]
                below, above = gz[j, k, i], gz[j, k + 1, i] if k < nz - 1 else gs[j, 0, i] * 0
                diag[j, k, i] = own + below + above
                leak = own + (below * (leak / (below + leak)) if leak > 0 else leak)
                pivot[j, k, i] = 1 / (leak + above) if leak + above > 0 else 0


@compiled
def _series(inside_a, between, inside_b):
    """Conductance from the middle of one pair of cells to that of the next; a pair that is split counts as none."""
    if between <= 0:
        return 0.0
    resistance = 1 / between
    resistance += 0.5 / (inside_a if inside_a > 0 else between)
    resistance += 0.5 / (inside_b if inside_b > 0 else between)
    return 1 / resistance


@compiled
def coarsen(g, gs, diag, ratio, coarse, cs):
    """Set the conductances of the level whose columns are ratio of this one: harmonic across, sums along."""
    (gx, gy, gz), (cx, cy, cz), (sx, sy) = g, coarse, ratio
    rows, nz, columns = gs.shape
    for j in range(1, rows - 1):
        cj = (j - 1) // sy + 1
        for k in range(nz):
            for i in range(1, columns - 1):
                ci = (i - 1) // sx + 1
                cz[cj, k, ci] += gz[j, k, i]
                if diag[j, k, i] > gs[j, k, i]:  # a cell that nothing joins must not anchor its coarse cell
                    cs[cj, k, ci] += gs[j, k, i]
                if sx == 1:
                    cx[cj, k, ci] += gx[j, k, i]
                elif i % 2 == 1 and i > 1:
                    cx[cj, k, ci] += _series(gx[j, k, i - 1], gx[j, k, i], gx[j, k, i + 1])
                if sy == 1:
                    cy[cj, k, ci] += gy[j, k, i]
                elif j % 2 == 1 and j > 1:
                    cy[cj, k, ci] += _series(gy[j - 1, k, i], gy[j, k, i], gy[j + 1, k, i])


@compiled
def _smooth_row(g, pivot, b, place, y, T):
    (gx, gy, gz), (j, colour) = g, place
    nz, columns = b.shape[1:]
    first = 1 + (j + colour) % 2
    for k in range(nz):
        for i in range(1, columns - 1):
            s = b[j, k, i] + gx[j, k, i] * T[j, k, i - 1] + gx[j, k, i + 1] * T[j, k, i + 1]
            s += gy[j, k, i] * T[j - 1, k, i] + gy[j + 1, k, i] * T[j + 1, k, i]
            if k > 0:
                s += gz[j, k, i] * y[k - 1, i]
            y[k, i] = s * pivot[j, k, i]
    for i in range(first, columns - 1, 2):
        T[j, nz - 1, i] = y[nz - 1, i]
    for k in range(nz - 2, -1, -1):
        for i in range(1, columns - 1):
            y[k, i] += gz[j, k + 1, i] * pivot[j, k, i] * y[k + 1, i]
        for i in range(first, columns - 1, 2):
            T[j, k, i] = y[k, i]


@compiled
def smooth(g, pivot, b, colour, y, T):
    """Solve the columns of one colour, then of the other, each with its neighbours held; the second a row behind."""
    last = b.shape[0] - 2
    for j in range(1, last + 1):
        _smooth_row(g, pivot, b, (j, colour), y, T)
        if j > 1:
            _smooth_row(g, pivot, b, (j - 1, 1 - colour), y, T)
    _smooth_row(g, pivot, b, (last, 1 - colour), y, T)


@compiled
def _residual_row(g, diag, b, T, place, row):
    (gx, gy, gz), (j, k) = g, place
    nz, columns = b.shape[1:]
    for i in range(1, columns - 1):
        s = b[j, k, i] + gx[j, k, i] * T[j, k, i - 1] + gx[j, k, i + 1] * T[j, k, i + 1]
        s += gy[j, k, i] * T[j - 1, k, i] + gy[j + 1, k, i] * T[j + 1, k, i]
        row[i] = s - diag[j, k, i] * T[j, k, i]
    if k > 0:
        for i in range(1, columns - 1):
            row[i] += gz[j, k, i] * T[j, k - 1, i]
    if k < nz - 1:
        for i in range(1, columns - 1):
            row[i] += gz[j, k + 1, i] * T[j, k + 1, i]


@compiled
def restrict(g, diag, b, T, ratio, coarse):
    """Set coarse to the sums of the residual b - A T over the columns of each coarse column."""
    rows, nz, columns = b.shape
    coarse[:] = 0
    row = np.zeros(columns, b.dtype)
    for j in range(1, rows - 1):
        cj = (j - 1) // ratio[1] + 1
        for k in range(nz):
            _residual_row(g, diag, b, T, (j, k), row)
            if ratio[0] == 1:
                for i in range(1, columns - 1):
                    coarse[cj, k, i] += row[i]
            else:
                for i in range(1, (columns + 1) // 2):
                    coarse[cj, k, i] += row[2 * i - 1] + row[2 * i]


@compiled
def prolong(coarse, ratio, T):
    """Add to each column the correction of its coarse column."""
    rows, nz, columns = T.shape
    sx, sy = ratio
    for j in range(1, rows - 1):
        cj = (j - 1) // sy + 1
        for k in range(nz):
            if sx == 1:
                for i in range(1, columns - 1):
                    T[j, k, i] += coarse[cj, k, i]
            else:
                for i in range(1, columns - 1):
                    T[j, k, i] += coarse[cj, k, (i + 1) // 2]


@compiled
def load(field, b):
    """Copy a field into a level."""
    nz, ny, nx = field.shape
    for j in range(ny):
        for k in range(nz):
            for i in range(nx):
                b[j + 1, k, i + 1] = field[k, j, i]


@compiled
def unload(T, field):
    """Copy a level into a field."""
    nz, ny, nx = field.shape
    for j in range(ny):
        for k in range(nz):
            for i in range(nx):
                field[k, j, i] = T[j + 1, k, i + 1]


@compiled
def advance(step, p, q, x, r):
    """Set x += step p, r -= step q and return r . r."""
    total = 0.0
    for i in range(x.size):
        x[i] += step * p[i]
        r[i] -= step * q[i]
        total += r[i] * r[i]
    return total


@compiled
def dot(a, b):
    """Return a . b of flat arrays."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@compiled
def turn(z, beta, p):
    """Set p = z + beta p, flat."""
    for i in range(p.size):
        p[i] = z[i] + beta * p[i]


@compiled
def bend(r, beta, weight, v, p):
    """Set p = r + beta (p - weight v), flat."""
    for i in range(p.size):
        p[i] = r[i] + beta * (p[i] - weight * v[i])
