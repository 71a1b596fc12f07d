"""Facility loop: pipes that carry water as a plug, and streams that mix.

Contract: enthalpies are those of `thermal.enthalpy` [J/kg] of one liquid; a pipe holds a constant mass and loses no
heat. Flow is forward or at rest. What enters less what leaves is what the pipe stores, to round-off.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_CRUMB = 1e-9
"""share of the pipe below which a parcel joins the one before it [1]"""
_ALIKE = 1e-14
"""relative difference of enthalpies up to which two parcels are one [1]"""


class Pipe(NamedTuple):
    """What a pipe holds, from its outlet to its inlet; the enthalpy is constant between two nodes."""

    mass: Array
    """(..., node) between the outlet and each node, from 0 [kg]"""
    heat: Array
    """(..., node) enthalpy of that mass [J]"""


class PipeOutlet(NamedTuple):
    """What leaves a pipe over a step."""

    enthalpy: Array
    """(...) mean of what leaves; at rest, of the parcel at the outlet [J/kg]"""
    heat: Array
    """(...) enthalpy that leaves [J]"""


def pipe(mass: ArrayLike, enthalpy: ArrayLike) -> Pipe:
    """Return a pipe filled with liquid of one enthalpy.

    Parameters
    ----------
    mass : (...) it holds, above 0 [kg]
    enthalpy : (...) [J/kg]

    Returns
    -------
    Pipe

    Raises
    ------
    ValueError
        A mass that is not positive.

    References
    ----------
    Derived: one parcel.

    Examples
    --------
    >>> pipe(100.0, 1.5e5).heat
    array([       0., 15000000.])
    """
    held = np.asarray(mass, float)
    if not ((held > 0) & np.isfinite(held)).all():
        raise ValueError(f"pipe: mass = {np.min(held):.6g} kg: must be > 0 and finite; leave out a pipe of no volume")
    held, h = np.broadcast_arrays(held, np.asarray(enthalpy, float))
    return Pipe(*(np.stack([np.zeros(held.shape), value], -1) for value in (held, held * h)))


def pipe_step(state: Pipe, mass_flow: ArrayLike, enthalpy: ArrayLike, step: float) -> tuple[Pipe, PipeOutlet]:
    r"""Push a step's flow through a pipe; what enters leaves when the mass in front of it has left.

    $$ h_{out}(t) = h_{in}(t - \theta), \qquad \int_{t - \theta}^{t} \dot m\, dt = M $$

    Parameters
    ----------
    state : Pipe
    mass_flow : (...) mean over the step, >= 0 [kg/s]
    enthalpy : (...) mean of what enters [J/kg]
    step : length of the step [s]

    Returns
    -------
    Pipe, PipeOutlet
        After the step, and what left over it.

    Raises
    ------
    ValueError
        A negative flow.

    Notes
    -----
    Exact for inlets constant over each step, at any flow, also where more than the pipe holds passes in one step.
    Parcels of less than 1e-9 of the pipe join the one before, so that a pipe nearly at rest does not fill with them.

    References
    ----------
    Derived: plug flow in the coordinate of mass.

    Examples
    --------
    >>> state, out = pipe_step(pipe(100.0, 1.0e5), 30.0, 2.0e5, 3.0)
    >>> float(out.enthalpy), float(pipe_step(state, 30.0, 2.0e5, 1.0)[1].enthalpy.round(0))
    (100000.0, 166667.0)
    """
    flow = np.asarray(mass_flow, float)
    if not (flow >= 0).all():
        raise ValueError(f"pipe: flow = {np.min(flow):.6g} kg/s: must be >= 0; turn the pipe around")
    push = flow * step
    mass, heat = _appended(state.mass, push), _appended(state.heat, push * np.asarray(enthalpy, float))
    left, oldest = _leaving(mass, heat, push)
    mean = np.where(push > 0, left / np.where(push > 0, push, 1.0), oldest)
    gone = mass <= push[..., None]
    return _trimmed(
        Pipe(np.where(gone, 0.0, mass - push[..., None]), np.where(gone, 0.0, heat - left[..., None]))
    ), PipeOutlet(mean, left)


def pipe_ahead(state: Pipe, mass_flow: ArrayLike, enthalpy: ArrayLike, step: float) -> Array:
    r"""Return what will leave a pipe over each of some steps, without pushing it.

    Parameters
    ----------
    state : Pipe
        One pipe.
    mass_flow : (step,) mean over each, >= 0 [kg/s]
    enthalpy : of what enters meanwhile [J/kg]
    step : length of each [s]

    Returns
    -------
    (step,) mean enthalpy of what leaves; at rest, of the parcel at the outlet [J/kg]

    Raises
    ------
    ValueError
        A negative flow.

    References
    ----------
    Derived: plug flow in the coordinate of mass.

    Examples
    --------
    >>> state, _ = pipe_step(pipe(100.0, 1.0e5), 30.0, 2.0e5, 3.0)
    >>> pipe_ahead(state, [30.0, 30.0], 2.0e5, 1.0).round(0)
    array([166667., 200000.])
    """
    push = np.asarray(mass_flow, float) * step
    if state.mass.size == 2 and abs(state.heat[-1] - enthalpy * state.mass[-1]) <= _ALIKE * abs(state.heat[-1]):
        return np.full(push.shape, float(state.heat[-1] / state.mass[-1]))
    if not (push >= 0).all():
        raise ValueError(f"pipe: flow = {np.min(mass_flow):.6g} kg/s: must be >= 0; turn the pipe around")
    total = push.sum()
    mass, heat = _appended(state.mass, total), _appended(state.heat, total * np.asarray(enthalpy, float))
    gone = np.concatenate([[0.0], np.cumsum(push)])
    left = np.diff(np.interp(gone, mass, heat))
    cell = np.minimum(np.searchsorted(mass, gone[:-1], "right"), mass.size - 1)
    width = mass[cell] - mass[cell - 1]
    oldest = (heat[cell] - heat[cell - 1]) / np.where(width > 0, width, 1.0)
    passes = push > _CRUMB * state.mass[-1]
    return np.where(passes, left / np.where(passes, push, 1.0), oldest)


def _appended(column: Array, more: Array) -> Array:
    last = column[..., -1] + more
    return np.concatenate([np.broadcast_to(column, (*last.shape, column.shape[-1])), last[..., None]], -1)


def _leaving(mass: Array, heat: Array, push: Array) -> tuple[Array, Array]:
    """Return the enthalpy of the first `push` of mass, and that per mass of the parcel it ends in."""
    cell = np.minimum((mass <= push[..., None]).sum(-1), mass.shape[-1] - 1)[..., None]
    m0, m1, h0, h1 = (
        np.take_along_axis(column, cell + offset, -1)[..., 0] for column in (mass, heat) for offset in (-1, 0)
    )
    filled = m1 > m0
    mean = np.where(filled, (h1 - h0) / np.where(filled, m1 - m0, 1.0), 0.0)
    return h0 + (push - m0) * mean, mean


def _trimmed(state: Pipe) -> Pipe:
    """Return the pipe without nodes that all pipes have passed, or that part nothing in any of them."""
    mass, heat = state
    first = int(np.argmax((mass > 0).reshape(-1, mass.shape[-1]).any(0))) - 1
    mass, heat = mass[..., first:], heat[..., first:]
    if mass.shape[-1] > 2 and _parts_nothing(mass[..., -3:], heat[..., -3:]):
        mass, heat = (np.concatenate([column[..., :-2], column[..., -1:]], -1) for column in (mass, heat))
    return Pipe(mass, heat)


def _parts_nothing(mass: Array, heat: Array) -> bool:
    """Return whether the last parcel is a crumb, or as warm as the one before it, given their three nodes."""
    before, last = mass[..., 1] - mass[..., 0], mass[..., 2] - mass[..., 1]
    if (last < _CRUMB * mass[..., 2]).all():
        return True
    apart = (heat[..., 2] - heat[..., 1]) * before - (heat[..., 1] - heat[..., 0]) * last
    return bool((np.abs(apart) <= _ALIKE * heat[..., 2] * np.maximum(before, last)).all())


def mixed(mass_flow: ArrayLike, enthalpy: ArrayLike) -> tuple[Array, Array]:
    """Return flow and enthalpy of streams that join.

    Parameters
    ----------
    mass_flow : (..., stream) >= 0, one of them above 0 [kg/s]
    enthalpy : (..., stream) [J/kg]

    Returns
    -------
    flow and enthalpy, (...) [kg/s] and (...) [J/kg]

    Raises
    ------
    ValueError
        A negative flow, or none at all.

    References
    ----------
    Derived: enthalpy balance.

    Examples
    --------
    >>> [float(value) for value in mixed([1.0, 3.0], [1.0e5, 2.0e5])]
    [4.0, 175000.0]
    """
    flow = np.asarray(mass_flow, float)
    total = flow.sum(-1)
    if not ((flow >= 0).all() and (total > 0).all()):
        raise ValueError(f"mixing: flows from {np.min(flow):.6g} kg/s: must be >= 0, and one of them > 0")
    return total, (flow * np.asarray(enthalpy, float)).sum(-1) / total
