"""Pipes and hoses as laws of drop against flow, and any law with its liquid in it.

Contract: a pipe under Nikuradse's friction is exactly a `BranchLaw`; one under Churchill's is not and stays a `Pipe`.
`resistance` puts the liquid in and makes one form of both, whose drop is odd in the flow and grows with it. Infinite
coefficients are a closed path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.fittings import demand, loss_law
from thermal.friction import check_friction, friction_number, rough_factor
from thermal.hydraulics import BranchLaw

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pipe:
    """A pipe or hose of circular section with its bends and end losses."""

    length: Annotated[float, "m", Ge(0)]
    """along the axis"""
    diameter: Annotated[float, "m", Gt(0)]
    """inner"""
    roughness: Annotated[float, "m", Ge(0)]
    """of the inner wall"""
    loss_coefficient: Annotated[float, "1", Ge(0)]
    """sum over bends and ends, of the dynamic pressure inside"""
    friction: str = "churchill"
    """or "nikuradse", see `friction_factor`"""

    def __post_init__(self) -> None:
        check_fields(self)
        check_friction(self.friction, self.roughness)
        if self.length == 0 and self.loss_coefficient == 0:
            raise ValueError("Pipe: length and loss_coefficient are both 0: one must be > 0, or leave it out")


class Resistance(NamedTuple):
    """Drop of a flow m: (quadratic |m| + laminar + wall f Re) m."""

    quadratic: Array
    """(...) [Pa*s2/kg2]"""
    laminar: Array
    """(...) [Pa*s/kg]"""
    wall: Array
    """(...) of Churchill's pipes, 0 for the others [Pa*s/kg]"""
    reynolds: Array
    """(...) Reynolds number over flow [s/kg]"""
    roughness: Array
    """(...) over diameter [1]"""


def pipe_law(pipe: Pipe) -> BranchLaw:
    r"""Return the exact branch law of a pipe under Nikuradse's friction.

    $$ \Delta p = \left( K + f_r \frac{L}{D} \right) \frac{\rho v^2}{2} + 32 \frac{\mu L v}{D^2} $$

    Parameters
    ----------
    pipe : Pipe
        With friction "nikuradse".

    Returns
    -------
    BranchLaw
        Coefficients [1/m4] and [1/m3].

    Raises
    ------
    ValueError
        A pipe under another friction law, whose drop is not of this form.

    References
    ----------
    Derived: $f = 64/Re + f_r$ of `friction_factor`.

    Examples
    --------
    >>> law = pipe_law(Pipe(length=1.5, diameter=8e-3, roughness=1.5e-6, loss_coefficient=60.0, friction="nikuradse"))
    >>> f"{law.quadratic:.4e} {law.laminar:.4e}"
    '1.2376e+10 1.4921e+10'
    """
    if pipe.friction != "nikuradse":
        raise ValueError(f"Pipe.friction = {pipe.friction!r}: must be 'nikuradse' here; use `resistance`")
    D = pipe.diameter
    turbulent = pipe.loss_coefficient + float(rough_factor(pipe.roughness / D)) * pipe.length / D
    return BranchLaw(float(loss_law(turbulent, D).quadratic), 128 * pipe.length / (np.pi * D**4))


def resistance(law: BranchLaw | Pipe, density: ArrayLike, viscosity: ArrayLike) -> Resistance:
    """Return a law or pipe with its liquid in it.

    Parameters
    ----------
    law : BranchLaw or Pipe
        Coefficients of a law may be arrays that broadcast against the liquid.
    density : (...) of the liquid [kg/m3]
    viscosity : (...) dynamic [Pa*s]

    Returns
    -------
    Resistance
        Arrays (...).

    Raises
    ------
    ValueError
        A coefficient below 0, a property that is not positive.

    References
    ----------
    Derived: `BranchLaw` and `friction_factor`.

    Examples
    --------
    >>> hose = Pipe(length=0.5, diameter=6e-3, roughness=0.0, loss_coefficient=1.0)
    >>> drop, _ = drop_of(resistance(hose, 990.0, 6e-4), 0.05)
    >>> round(float(drop))
    5088
    """
    rho, mu = np.asarray(density, float), np.asarray(viscosity, float)
    demand("density", rho, "kg/m3")
    demand("viscosity", mu, "Pa*s")
    none = np.zeros(np.broadcast(rho, mu).shape)
    if isinstance(law, Pipe) and law.friction == "nikuradse":
        law = pipe_law(law)
    if isinstance(law, Pipe):
        D = law.diameter
        quadratic = loss_law(law.loss_coefficient, D).quadratic / rho
        wall = 2 * law.length / (np.pi * D**4) * (mu / rho)
        return Resistance(quadratic, none, wall, 4 / (np.pi * D * mu), none + law.roughness / D)
    a, b = np.asarray(law.quadratic, float), np.asarray(law.laminar, float)
    if not np.all((a >= 0) & (b >= 0)):
        raise ValueError(f"branch law {np.min(a):.6g} 1/m4, {np.min(b):.6g} 1/m3: coefficients must be >= 0")
    return Resistance(a / rho + none, b * (mu / rho) + none, none, none, none)


def drop_of(path: Resistance, mass_flow: ArrayLike) -> tuple[Array, Array]:
    """Return the drop of a path and its slope at a flow.

    Parameters
    ----------
    path : Resistance
    mass_flow : (...) along the path [kg/s]

    Returns
    -------
    (...) drop [Pa], 0 where closed; (...) its slope [Pa*s/kg], infinite where closed

    References
    ----------
    Derived: `Resistance`.

    Examples
    --------
    >>> drop, slope = drop_of(resistance(BranchLaw(1e8, 0.0), 1000.0, 1e-3), -0.1)
    >>> round(float(drop)), round(float(slope))
    (-1000, 20000)
    """
    flow = np.asarray(mass_flow, float)
    shut = np.isinf(path.quadratic) | np.isinf(path.laminar)
    if shut.any():
        drop, slope = drop_of(
            path._replace(quadratic=np.where(shut, 0.0, path.quadratic), laminar=np.where(shut, 0.0, path.laminar)),
            flow,
        )
        return np.where(shut, 0.0, drop), np.where(shut, np.inf, slope)
    size = np.abs(flow)
    chord = path.quadratic * size + path.laminar
    slope = chord + path.quadratic * size
    if np.any(path.wall):
        number, exponent = friction_number(size * path.reynolds, path.roughness, "churchill")
        chord = chord + path.wall * number
        slope = slope + path.wall * number * (1 + exponent)
    return chord * flow, slope


def resistances(laws: Sequence[BranchLaw | Pipe], density: ArrayLike, viscosity: ArrayLike) -> Resistance:
    """Return several laws and pipes with their liquid, one behind the other along a last axis.

    Parameters
    ----------
    laws : sequence of BranchLaw or Pipe
        Coefficients broadcast against the liquid.
    density : (...) of the liquid [kg/m3]
    viscosity : (...) dynamic [Pa*s]

    Returns
    -------
    Resistance
        Arrays (..., law).

    Raises
    ------
    ValueError
        As `resistance`.

    References
    ----------
    Derived: stacked.

    Examples
    --------
    >>> resistances([BranchLaw(1e8, 0.0), BranchLaw(2e8, 0.0)], 1000.0, 1e-3).quadratic
    array([100000., 200000.])
    """
    paths = [np.broadcast_arrays(*resistance(law, density, viscosity)) for law in laws]
    return Resistance(*(np.stack(np.broadcast_arrays(*column), axis=-1) for column in zip(*paths, strict=True)))


def pipe_speed(mass_flow: ArrayLike, diameter: ArrayLike, density: ArrayLike) -> Array:
    """Return the mean speed in a pipe.

    Parameters
    ----------
    mass_flow : (...) [kg/s]
    diameter : (...) inner [m]
    density : (...) [kg/m3]

    Returns
    -------
    (...) [m/s]

    References
    ----------
    Derived: flow over density and section.

    Examples
    --------
    >>> float(pipe_speed(0.0746, 8e-3, 990.1).round(3))
    1.499
    """
    return np.asarray(mass_flow, float) * 4 / (np.pi * np.square(diameter) * np.asarray(density, float))


def pipe_reynolds(mass_flow: ArrayLike, diameter: ArrayLike, viscosity: ArrayLike) -> Array:
    r"""Return the Reynolds number in a pipe.

    Parameters
    ----------
    mass_flow : (...) [kg/s]
    diameter : (...) inner [m]
    viscosity : (...) dynamic [Pa*s]

    Returns
    -------
    (...) [1]

    References
    ----------
    Derived: $4 |m| / (\pi D \mu)$.

    Examples
    --------
    >>> float(pipe_reynolds(0.0746, 8e-3, 5.945e-4).round(-1))
    19970.0
    """
    return np.abs(mass_flow) * 4 / (np.pi * np.asarray(diameter, float) * np.asarray(viscosity, float))
