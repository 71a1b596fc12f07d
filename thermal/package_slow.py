"""The packages of a rack in time: a model small enough for every chip at every step, at flows that change and may stop.

Contract: inputs are the heat of the whole module [W], split as the package says, and the rise of its inlet [K]; outputs
are rises of die, spot, memory and case; all rises are over one common temperature, which may be any. Steps are exact
for inputs linear over each, so no step is too long. What a package and the coolant in its plate hold is a function of
the state alone, whatever film and flow are, and all heat that does not stay is carried off by the coolant.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coldplate import ColdPlate
from thermal.coolant import CoolantName
from thermal.package import Package
from thermal.package_model import PackageModel
from thermal.store import stored

Array = NDArray[np.float64]

TOLERANCE = 0.01
"""of a slow package by default, over the steady rise of its spot at the middle flow"""
SEEN = ("die", "spot", "memory", "case")
"""outputs: rises [K]"""
SPOT = SEEN.index("spot")


class SlowPackage(NamedTuple):
    """A package on its plate, r numbers of state, of which the first is the heat held."""

    parts: Array
    """(3, r, r) of solid, film and flow [1/s]"""
    inputs: Array
    """(3, r, 2) for heat of the module [1/W] and rise of its inlet [1/K]"""
    outputs: Array
    """(p, r) die, spot, memory, case, and further places of the spot, which is the hottest of its places [K]"""
    feedthrough: Array
    """(4, 2) [K/W, 1]"""
    stored: Array
    """(r,) heat held over the common temperature, by package and coolant in its plate [J]"""
    inverse_film: float
    """of the plate where all weights are 1, with half a cell of its base [m2*K/W]"""
    base: float
    """that half cell [m2*K/W]"""
    capacity_rate: float
    """of the coolant where all weights are 1 [W/K]"""
    error: Array
    """(4, 4) largest found, of outputs, from 0.1 s on after a step of heat, a change of flow from a steady state, flow
    that comes back to a package heated without, each per watt [K/W], and a jump of the inlet [1]"""


def slow_package(
    package: Package,
    plate: ColdPlate,
    liquid: CoolantName = "pg25",
    *,
    tolerance: float = TOLERANCE,
    cell: float | None = None,
    folder: Path | None = None,
) -> SlowPackage:
    r"""Reduce `package_model` once more, to what is seen from 0.1 s after a change of heat, inlet or flow.

    $$ \dot z = -(A_0 + h A_1 + C A_2) z + (B_0 + C B_2) u, \quad y = L z + D u, \quad E = e^T z $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    liquid : name of the coolant
    tolerance : over the steady rise of the spot at the middle flow; decides the number of state [1]
    cell : largest width of a cell of the finite volumes, by default that of `thermal.assembly` [m]
    folder : where models are kept from one run to the next; None keeps them in memory only

    Returns
    -------
    SlowPackage
        Of a package without memory the memory output is NaN.

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate; a tolerance that is not positive.

    Notes
    -----
    From no flow to the most of the plate. Heat and flow change at once here; slower, errors are smaller. The state of
    even temperature is in the basis and orthogonality keeps what dissipates: energy is exact and nothing grows.

    References
    ----------
    Derived: `thermal.slow_basis`.
    """
    if not tolerance > 0:
        raise ValueError(f"slow_package: tolerance = {tolerance}: must be > 0, a share of the rise such as {TOLERANCE}")
    return _slow(package, plate, liquid, (tolerance, cell), folder)


@lru_cache(maxsize=64)
def _slow(
    package: Package,
    plate: ColdPlate,
    liquid: CoolantName,
    accuracy: tuple[float, float | None],
    folder: Path | None,
) -> SlowPackage:
    def answer() -> SlowPackage:
        from thermal.package_reduce import reduced_package

        model = reduced_package(package, plate, liquid, accuracy[1], bounded=False)
        return _projected(model, plate, liquid, accuracy[0])

    return stored(folder, ("slow package", package, plate, liquid, accuracy), SlowPackage, answer)


def _projected(model: PackageModel, plate: ColdPlate, liquid: CoolantName, tolerance: float) -> SlowPackage:
    """Return the projection, with the state of one temperature throughout exact in heat held and in what is seen."""
    from thermal.slow_basis import slow_basis

    Q, one, places, error = slow_basis(model, plate, liquid, tolerance)
    parts = Q.T @ model.parts @ Q
    parts[:2, 0] = parts[:2, :, 0] = 0  # film and solid neither make nor lose heat; only round-off goes
    inputs = np.stack([Q.T @ model.inputs @ model.split, one * parts[:, :, 0]], -1)
    inputs[:, 0, 0] = 1 / (2 * one), 0, 0
    heat = (model.feedthrough @ model.split)[:4]
    fed = np.stack([heat, model.feedthrough[:4, -1]], -1)
    outputs = np.concatenate([model.outputs[:4], model.shapes[places] @ model.face])
    outputs[SPOT] = outputs[4]
    outputs = np.delete(outputs, 4, 0) @ Q
    outputs[:, 0] = 1 / one
    held = np.zeros(len(Q.T))
    held[0] = 2 * one  # of the mirrored halves
    return SlowPackage(parts, inputs, outputs, fed, held, model.inverse_film, model.base, model.capacity_rate, error)


def slow_weights(slow: SlowPackage, inverse_film: ArrayLike, capacity_rate: ArrayLike) -> Array:
    """Return the weights of solid, film and flow in the equations.

    Parameters
    ----------
    slow : SlowPackage
    inverse_film : (n,) inverse of the plate's film per base area, may be infinite [m2*K/W]
    capacity_rate : (n,) of the plate's coolant, may be zero [W/K]

    Returns
    -------
    (n, 3) [1]

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is negative or infinite.

    References
    ----------
    Derived: films are in series with half a cell of the base.
    """
    w, C = np.broadcast_arrays(np.asarray(inverse_film, float), np.asarray(capacity_rate, float))
    wrong = np.flatnonzero(~((w >= 0) & (C >= 0) & np.isfinite(C)))
    if wrong.size:
        i = wrong[0]
        raise ValueError(
            f"plate {i}: inverse film {w.flat[i]:.4g} m2*K/W must be >= 0, capacity rate {C.flat[i]:.4g} W/K >= 0"
            " and finite; a plate without flow has 0"
        )
    film = slow.inverse_film / (w + slow.base)
    return np.stack([np.ones_like(film), film, C / slow.capacity_rate], -1)


def equations(slow: SlowPackage, weights: Array) -> tuple[Array, Array]:
    """Return A [1/s] and B at each film and flow.

    Parameters
    ----------
    slow : SlowPackage
    weights : (n, 3) of `slow_weights` [1]

    Returns
    -------
    (n, r, r) [1/s], (n, r, 2) for heat of the module [1/W/s] and rise of its inlet [1/K/s]

    References
    ----------
    See `slow_package`.
    """
    n = len(weights)
    found = (weights @ part.reshape(len(part), -1) for part in (slow.parts, slow.inputs))
    A, B = (flat.reshape(n, *part.shape[1:]) for flat, part in zip(found, (slow.parts, slow.inputs), strict=True))
    return A, B


def slow_outputs(slow: SlowPackage, state: Array, power: ArrayLike, inlet: ArrayLike) -> Array:
    """Return what is seen of states.

    Parameters
    ----------
    slow : SlowPackage
    state : (n, r) [1]
    power : (n,) heat of each module [W]
    inlet : rise of the inlets, one for all or (n,) [K]

    Returns
    -------
    (n, 4) as in `SEEN` [K]

    References
    ----------
    See `slow_package`.
    """
    fed = fed_through(slow)
    found = state @ slow.outputs.T + np.multiply.outer(power, fed[:, 0]) + np.multiply.outer(inlet, fed[:, 1])
    found[:, SPOT] = np.maximum(found[:, SPOT], found[:, 4:].max(1, initial=-np.inf))
    return found[:, :4]


def slow_settled(slow: SlowPackage, weights: Array, power: ArrayLike, inlet: ArrayLike) -> Array:
    """Return the state under inputs that last.

    Parameters
    ----------
    slow : SlowPackage
    weights : (n, 3) of `slow_weights` [1]
    power : (n,) heat of each module [W]
    inlet : rise of the inlets, one for all or (n,) [K]

    Returns
    -------
    (n, r) [1]

    Raises
    ------
    ValueError
        A plate without flow or film, in which no state lasts.

    References
    ----------
    Derived: A z = B u.
    """
    still = np.flatnonzero(~(weights[:, 1:] > 0).all(1))
    if still.size:
        raise ValueError(
            f"plate {still[0]}: weights {weights[still[0]]} of solid, film and flow must be > 0: without flow or film"
            " it never settles; `slow_march` it"
        )
    A, B = equations(slow, weights)
    u = np.stack(np.broadcast_arrays(power, inlet, weights[:, 0])[:2], -1)
    return np.asarray(np.linalg.solve(A, B @ u[..., None])[..., 0])


def slow_gains(slow: SlowPackage, weights: Array) -> Array:
    """Return steady rises over the inlet per watt of module, by which a caller may tie them to a table.

    Parameters
    ----------
    slow : SlowPackage
    weights : (n, 3) of `slow_weights` [1]

    Returns
    -------
    (n, 4) as in `SEEN` [K/W]

    Raises
    ------
    ValueError
        A plate without flow or film.

    References
    ----------
    See `slow_settled`.
    """
    watt = np.ones(len(weights))
    return slow_outputs(slow, slow_settled(slow, weights, watt, 0.0), watt, 0.0)


def fed_through(slow: SlowPackage) -> Array:
    """Return the feedthrough of each row of outputs; the drop to the face of the spot is the same in all its places.

    Parameters
    ----------
    slow : SlowPackage

    Returns
    -------
    (p, 2) [K/W, 1]

    References
    ----------
    See `thermal.package_system.with_spots`.
    """
    return slow.feedthrough[[*range(4), *[SPOT] * (len(slow.outputs) - 4)]]
