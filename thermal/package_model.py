"""The reduced model of a package on its plate: transients in a few dozen numbers of state, at any flow of the plate.

Contract: inputs are the heat of dies (with their spots), memory and regulators of the whole module [W] and the rise of
the coolant's inlet [K]; outputs are rises of die mean, hot spot, memory, case and coolant outlet over one common
temperature [K]. The spot is the cell of the active face that is hottest in steady state, at the flow asked for, under
the module's own split of heat. One basis serves all films and flows, and no reduced mode grows at any of them.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.coldplate import ColdPlate
from thermal.coolant import CoolantName
from thermal.package import Package
from thermal.package_system import INPUTS, OUTPUTS, SPOT, Weights
from thermal.store import stored

if TYPE_CHECKING:
    from thermal.volumes.modal import Modes, Number, Response
    from thermal.volumes.reduced import ReducedModel

Array = NDArray[np.float64]
__all__ = [
    "INPUTS",
    "OUTPUTS",
    "PackageModel",
    "package_model",
    "package_modes",
    "package_steps",
    "reduced_model",
    "weights_at",
]


class PackageModel(NamedTuple):
    """A package on its plate, r numbers of state; the first six fields are those of a `ReducedModel`."""

    parts: Array
    inputs: Array
    outputs: Array
    """with the spot where it is hottest at the flow between"""
    feedthrough: Array
    residual: Array
    dual: Array
    face: Array
    """(k, r) what the field on the spot's face is made of"""
    shapes: Array
    """(cell, k) and how, for each cell of that face"""
    split: Array
    """(input,) the module's own [1]"""
    inverse_film: float
    """of the plate where all weights are 1, with half a cell of its base [m2*K/W]"""
    base: float
    """that half cell [m2*K/W]"""
    capacity_rate: float
    """of the coolant where all weights are 1 [W/K]"""
    error: Array
    """(output, input) estimate of the largest error within 100 s after a step, over the flows [K/W, K/K]"""


def package_model(
    package: Package,
    plate: ColdPlate,
    liquid: CoolantName = "pg25",
    *,
    cell: float | None = None,
    folder: Path | None = None,
) -> PackageModel:
    r"""Reduce the finite volumes of a package on its plate, for all flows from the plate's least to its most.

    $$ \dot x = -(A_0 + h A_1 + C A_2) x + (B_0 + C B_2) u, \quad y = L x + D u $$

    Parameters
    ----------
    package : Package
    plate : ColdPlate
    liquid : name of the coolant, whose films place the basis and whose heat capacity fills the plate
    cell : largest width of a cell, by default that of `thermal.assembly` [m]
    folder : where models are kept from one run to the next; None keeps them in memory only

    Returns
    -------
    PackageModel
        Of a package without memory the memory output is NaN, and its memory input does nothing.

    Raises
    ------
    ValueError
        Dies, memory or lid that do not fit on the plate.

    Notes
    -----
    Nearly exact in steady state at the least, the most and a flow between. `error` is an estimate, the distance to a
    model on a wider basis (`thermal.volumes.estimate`); the rigorous bound is `step_bound` of `reduced_model`, larger
    by many decades. Both are per step of an input, a pulse has two, and of one cell of the spot. A GPU of 1.4 kW is
    followed within 0.03 K from 1 ms to steady, its hottest cell by `package_steps` within 0.05 K; a jump of the inlet
    within 3 % of itself, its outlet only after the coolant has passed.

    References
    ----------
    Derived: `thermal.volumes.reduced`.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.05, base_width=0.05, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> chip = Package(die_count=1, die_length=0.025, die_width=0.025, die_thickness=775e-6,
    ...                die_conductivity=110.0, tim_thickness=50e-6, tim_conductivity=30.0,
    ...                spot_side=0.005, spot_flux_ratio=1.5, memory_heat_fraction=0.0,
    ...                regulator_heat_fraction=0.1, memory_count=0, memory_length=0.01,
    ...                memory_width=0.01, memory_resistance=0.0)
    >>> model = package_model(chip, plate, cell=3e-3)
    >>> package_steps(model, (1.6e-5, 140.0), [0.1, 0.1], [[500.0, 0.0, 50.0, 0.0]] * 2).outputs[:, 0].round(1)
    array([ 0.9, 13.5, 16.9])
    """
    return _model(package, plate, liquid, cell, folder)


@lru_cache(maxsize=64)
def _model(
    package: Package, plate: ColdPlate, liquid: CoolantName, cell: float | None, folder: Path | None
) -> PackageModel:
    question = "reduced model", package, plate, liquid, cell
    return stored(folder, question, PackageModel, lambda: _reduced(package, plate, liquid, cell))


def reduced_model(model: PackageModel) -> "ReducedModel":
    """Return the projected equations, for `thermal.volumes.reduced.step_bound`.

    Parameters
    ----------
    model : PackageModel

    Returns
    -------
    ReducedModel

    References
    ----------
    See `package_model`.
    """
    from thermal.volumes.reduced import ReducedModel

    return ReducedModel(*model[:6])


def weights_at(model: PackageModel, inverse_film: float, capacity_rate: float) -> Weights:
    """Return the weights of solid, film and flow in the equations.

    Parameters
    ----------
    model : PackageModel
    inverse_film : inverse of the plate's film per base area [m2*K/W]
    capacity_rate : of the plate's coolant [W/K]

    Returns
    -------
    three numbers [1]

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive.

    References
    ----------
    Derived: films are in series with half a cell of the base.
    """
    if not (inverse_film >= 0 and capacity_rate > 0):
        raise ValueError(
            f"plate: inverse film {inverse_film:.4g} m2*K/W must be >= 0, capacity rate {capacity_rate:.4g} W/K > 0;"
            " open the branch"
        )
    return 1.0, model.inverse_film / (inverse_film + model.base), capacity_rate / model.capacity_rate


def package_modes(model: PackageModel, inverse_film: float, capacity_rate: float) -> "Modes":
    """Return the modes of a package at one film and flow, for `thermal.volumes.modal.steps`; the spot is one cell.

    Parameters
    ----------
    model : PackageModel
    inverse_film : inverse of the plate's film per base area [m2*K/W]
    capacity_rate : of the plate's coolant [W/K]

    Returns
    -------
    Modes
        Inputs and outputs as in `INPUTS` and `OUTPUTS`.

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive.

    References
    ----------
    See `thermal.volumes.reduced.modes`.
    """
    A, B = _equations(model, inverse_film, capacity_rate)
    hottest = (model.shapes @ (model.face @ np.linalg.solve(A, B @ model.split))).argmax()
    return _modes(model, (A, B), model.shapes[hottest, None] @ model.face, model.feedthrough)


def package_steps(
    model: PackageModel,
    state: tuple[float, float],
    duration: ArrayLike,
    inputs: ArrayLike,
    start: "Number | None" = None,
) -> "Response":
    """Step a package through inputs at one film and flow; the spot is the hottest cell of its face at each instant.

    Parameters
    ----------
    model : PackageModel
    state : inverse of the plate's film per base area [m2*K/W] and capacity rate of its coolant [W/K]
    duration : (step,) of each step [s]
    inputs : (step, 4) held over each step, or (step + 1, 4) linear between them, as in `INPUTS`, heat [W] and inlet [K]
    start : (mode,) state to go on from, by default all rises zero [1]

    Returns
    -------
    Response
        Outputs (step + 1, 5) as in `OUTPUTS` [K]; the state is one of `package_modes` at the same film and flow.

    Raises
    ------
    ValueError
        A negative inverse film; a capacity rate that is not positive; inputs of another length, a negative duration.

    References
    ----------
    See `thermal.volumes.modal.steps`.
    """
    from thermal.volumes.modal import steps

    feedthrough = np.insert(model.feedthrough, [SPOT] * (len(model.face) - 1), 0.0, axis=0)
    feedthrough[SPOT : SPOT + len(model.face)] = 0
    found = steps(_modes(model, _equations(model, *state), model.face, feedthrough), duration, inputs, start)
    before, parts, after = np.split(found.outputs, [SPOT, SPOT + len(model.face)], axis=1)
    u = np.asarray(inputs, float)
    fed = u if len(u) == len(parts) else u[[0, *range(len(u))]]
    spot = (parts @ model.shapes.T).max(1) + fed @ model.feedthrough[SPOT]  # the drop to the face is the same in all
    return found._replace(outputs=np.column_stack([before, spot, after]))


def _equations(model: PackageModel, inverse_film: float, capacity_rate: float) -> tuple[Array, Array]:
    weights = weights_at(model, inverse_film, capacity_rate)
    return np.tensordot(weights, model.parts, 1), np.tensordot(weights, model.inputs, 1)


def _modes(model: PackageModel, equations: tuple[Array, Array], spots: Array, feedthrough: Array) -> "Modes":
    """Return the modes with an output for each row of spots in place of the one."""
    from thermal.volumes.modal import diagonalised

    outputs = np.concatenate([model.outputs[:SPOT], spots, model.outputs[SPOT + 1 :]])
    return diagonalised(*equations, outputs, feedthrough)


def _reduced(package: Package, plate: ColdPlate, liquid: CoolantName, cell: float | None) -> PackageModel:
    from thermal.package_reduce import reduced_package

    return reduced_package(package, plate, liquid, cell)
