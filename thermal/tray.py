"""A tray's plumbing: elements in series and in parallel, as one branch of the rack.

Contract: in series drops add, in parallel the flow is shared at one drop. Flows are positive along the tray. A tree of
parts is solved by Newton's method in one pass up and one down per step: every element is replaced by its tangent, and
tangents compose exactly. Mass is conserved by construction. A closed element (infinite law) carries nothing.
"""

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.checks import DidNotConverge
from thermal.hydraulics import BranchLaw
from thermal.pipes import Pipe, Resistance, drop_of, pipe_law, resistance

Array = NDArray[np.float64]

TOLERANCE = 1e-10
"""largest relative change of an element's flow at which Newton stops; the error left is about its square"""
ITERATIONS_MAX = 60
"""Newton steps before giving up; 2 to 6 are usual, and after 15 they are halved"""
_AT_REST = 1e-200
"""flow below which the slope of a law without a laminar part is held, so that trays at rest have one [kg/s]"""


class Element(NamedTuple):
    """A plate, hose, disconnect, valve or pipe."""

    name: str
    """Unique in its tray."""
    law: BranchLaw | Pipe
    """Coefficients may be arrays that broadcast against the flow of the tray."""


class Series(NamedTuple):
    """Parts one behind the other."""

    parts: tuple["Part", ...]


class Parallel(NamedTuple):
    """Parts between the same two points."""

    parts: tuple["Part", ...]


Part = Element | Series | Parallel


class TrayFlow(NamedTuple):
    """The flow through one or many trays of a kind."""

    pressure_drop: Array
    """(...) from end to end; 0 where the tray is closed [Pa]"""
    slope: Array
    """(...) change of the drop with the flow; infinite where the tray is closed [Pa*s/kg]"""
    element_mass_flow: dict[str, Array]
    """Name to (...) [kg/s]"""


class _Tangent(NamedTuple):
    """Drop of a part near the present flow: slope m + offset; slope infinite where closed."""

    slope: Array
    offset: Array
    parts: tuple["_Tangent", ...] = ()


def elements_of(tray: Part) -> Iterator[Element]:
    """Yield the elements of a tray, in the order they are written.

    Parameters
    ----------
    tray : Element, Series or Parallel

    Returns
    -------
    iterator of Element

    References
    ----------
    Derived: depth first.
    """
    if isinstance(tray, Element):
        yield tray
    else:
        for part in tray.parts:
            yield from elements_of(part)


def solve_tray(tray: Part, mass_flow: ArrayLike, density: ArrayLike, viscosity: ArrayLike) -> TrayFlow:
    r"""Divide the flow of trays over their elements.

    $$ s_{series} = \sum s_j, \quad c_{series} = \sum c_j, \qquad
       \frac{1}{s_{parallel}} = \sum \frac{1}{s_j}, \quad c_{parallel} = s_{parallel} \sum \frac{c_j}{s_j} $$

    Parameters
    ----------
    tray : Element, Series or Parallel
    mass_flow : (...) through the tray [kg/s]
    density : (...) of the liquid [kg/m3]
    viscosity : (...) dynamic [Pa*s]

    Returns
    -------
    TrayFlow
        Drop (...) [Pa], its slope (...) [Pa*s/kg], flows of the elements by name (...) [kg/s].

    Raises
    ------
    ValueError
        Two elements of a name, a part without parts, a negative coefficient, a path without drop in parallel to
        others, flow through a closed tray.
    DidNotConverge
        The division still changes after `ITERATIONS_MAX` steps.

    Notes
    -----
    Drop = s m + c is the tangent of a part at its present flow. Flows may be negative.

    References
    ----------
    Derived: Kirchhoff's laws of a series-parallel net; Newton's method on all elements at once.

    Examples
    --------
    >>> gpu, nic = BranchLaw(1e11, 0.0), BranchLaw(4e11, 0.0)
    >>> tray = Series((Element("coupling", BranchLaw(1e10, 0.0)), Parallel((Element("gpu", gpu), Element("nic", nic)))))
    >>> flow = solve_tray(tray, 0.03, 1000.0, 1e-3)
    >>> round(float(flow.element_mass_flow["gpu"]), 6), round(float(flow.pressure_drop), 6)
    (0.02, 49000.0)
    """
    _check(tray)
    paths = {name: resistance(law, density, viscosity) for name, law in elements_of(tray)}
    m = np.asarray(mass_flow, float)
    shape = np.broadcast_shapes(m.shape, *(path.quadratic.shape for path in paths.values()))
    m = np.broadcast_to(m, shape)
    flows = _divided(_quadratic(tray, paths, np.where(m == 0, 1.0, np.abs(m))), tray, m)
    for iteration in range(ITERATIONS_MAX):
        tangent = _tangent(tray, paths, flows)
        if np.any(np.isinf(tangent.slope) & (m != 0)):
            raise ValueError("tray: flow through closed elements: open one path, or set its flow to 0")
        found = _divided(tangent, tray, m)
        if all((np.abs(found[name] - flows[name]) <= TOLERANCE * np.abs(found[name])).all() for name in flows):
            drop = np.where(np.isinf(tangent.slope), 0.0, _line(tangent, m))
            return TrayFlow(drop, tangent.slope, found)
        damping = 1.0 if iteration < ITERATIONS_MAX // 4 else 0.5
        flows = {name: flows[name] + damping * (found[name] - flows[name]) for name in flows}
    raise DidNotConverge(
        f"tray: flows of elements still change by more than {TOLERANCE:g} after {ITERATIONS_MAX} steps;"
        " give elements of vanishing resistance a larger one, or merge them with a neighbour"
    )


def compose(tray: Part) -> BranchLaw | None:
    r"""Return the one branch law of a tray where it has an exact one.

    $$ a_{series} = \sum a_j, \quad b_{series} = \sum b_j, \qquad
       a_{parallel} = \Big( \sum a_j^{-1/2} \Big)^{-2}, \quad b_{parallel} = \Big( \sum b_j^{-1} \Big)^{-1} $$

    Parameters
    ----------
    tray : Element, Series or Parallel

    Returns
    -------
    BranchLaw or None
        None where a pipe under Churchill's friction, or unlike laws in parallel, leave no law of that form.

    Raises
    ------
    ValueError
        As `solve_tray`.

    Notes
    -----
    Laws in parallel compose exactly where b^2/a is one number, as it is for branches that differ in size only, and
    for purely quadratic or purely laminar ones.

    References
    ----------
    Derived: equal drops at flows in the ratio of the sizes.

    Examples
    --------
    >>> plate = BranchLaw(4e11, 2e11)
    >>> law = compose(Parallel((Element("left", plate), Element("right", plate))))
    >>> f"{law.quadratic:.6g} {law.laminar:.6g}"
    '1e+11 1e+11'
    """
    _check(tray)
    return _composed(tray)


def _composed(part: Part) -> BranchLaw | None:
    if isinstance(part, Element):
        law = part.law
        if not isinstance(law, Pipe):
            return law
        return pipe_law(law) if law.friction == "nikuradse" else None
    laws = [law for law in map(_composed, part.parts) if law is not None]
    if len(laws) < len(part.parts):
        return None
    a, b = (np.stack(np.broadcast_arrays(*values)).astype(float) for values in zip(*laws, strict=True))
    if isinstance(part, Series):
        return BranchLaw(a.sum(0)[()], b.sum(0)[()])
    if not np.all(np.isfinite(a + b)):
        return None
    square, first = b * b, b[0] * b[0]
    if not np.allclose(square * a[0], first * a, rtol=1e-12, atol=0.0):
        return None
    with np.errstate(divide="ignore"):
        return BranchLaw(((a**-0.5).sum(0) ** -2.0)[()], ((1 / b).sum(0) ** -1.0)[()])


def _check(tray: Part) -> None:
    """Refuse trays that cannot be read."""
    names = [element.name for element in elements_of(tray)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"tray: elements named {', '.join(map(repr, twice))} occur twice: names must differ")
    _check_parts(tray)


def _check_parts(part: Part) -> NDArray[np.bool_]:
    """Return whether a part resists at all, for each of its batch; what stands in parallel must."""
    if isinstance(part, Element):
        if isinstance(part.law, Pipe):
            return np.asarray(True)
        a, b = (np.asarray(value, float) for value in part.law)
        if not ((a >= 0).all() and (b >= 0).all()):
            raise ValueError(f"element {part.name!r}: {part.law}: coefficients must be >= 0")
        return np.asarray(a + b > 0)
    if not part.parts:
        raise ValueError(f"tray: {type(part).__name__} without parts: must hold at least one")
    resists = [_check_parts(inner) for inner in part.parts]
    if isinstance(part, Series):
        return np.asarray(reduce(np.logical_or, resists))
    if not all(map(np.all, resists)):
        names = ", ".join(repr(element.name) for element in elements_of(part))
        raise ValueError(f"tray: among the paths {names} one has no drop: it takes all the flow; leave out the others")
    return np.asarray(True)


def _quadratic(part: Part, paths: dict[str, Resistance], flow: Array) -> _Tangent:
    """Return, as a tangent, lines through the origin that divide as quadratic laws would: the first guess."""
    if isinstance(part, Element):
        drop, slope = drop_of(paths[part.name], flow)
        chord = np.where(np.isinf(slope), np.inf, np.sqrt(drop) / flow)
        return _Tangent(chord, np.zeros(flow.shape))
    inner = tuple(_quadratic(each, paths, flow) for each in part.parts)
    if isinstance(part, Series):
        slope = np.sqrt(sum((each.slope**2 for each in inner), np.zeros(flow.shape)))
        return _Tangent(slope, inner[0].offset, inner)
    return _parallel(inner)


def _tangent(part: Part, paths: dict[str, Resistance], flows: dict[str, Array]) -> _Tangent:
    """Return the tangent of a part at the present flows of its elements."""
    if isinstance(part, Element):
        flow, path = flows[part.name], paths[part.name]
        drop, slope = drop_of(path, flow)
        slope = np.maximum(slope, np.minimum(path.quadratic, 1.0) * _AT_REST)
        return _Tangent(slope, drop - np.where(np.isinf(slope), 0.0, slope) * flow)
    inner = tuple(_tangent(each, paths, flows) for each in part.parts)
    if isinstance(part, Series):
        none = np.zeros(inner[0].slope.shape)
        return _Tangent(sum((each.slope for each in inner), none), sum((each.offset for each in inner), none), inner)
    return _parallel(inner)


def _parallel(inner: tuple[_Tangent, ...]) -> _Tangent:
    none = np.zeros(inner[0].slope.shape)
    conductance = sum((1 / each.slope for each in inner), none)
    with np.errstate(divide="ignore"):
        slope = 1 / conductance
    pull = sum((each.offset / each.slope for each in inner), none)
    return _Tangent(slope, np.where(np.isinf(slope), 0.0, pull) / np.where(conductance == 0, 1.0, conductance), inner)


def _divided(tangent: _Tangent, part: Part, flow: Array) -> dict[str, Array]:
    """Return the flows of the elements of a part from its own, by name."""
    if isinstance(part, Element):
        return {part.name: flow}
    pairs = zip(tangent.parts, part.parts, strict=True)
    if isinstance(part, Series):
        shares = [(inner, each, flow) for inner, each in pairs]
    else:
        drop = _line(tangent, flow)
        shares = [(inner, each, (drop - inner.offset) / inner.slope) for inner, each in pairs]
    return {name: value for share in shares for name, value in _divided(*share).items()}


def _line(tangent: _Tangent, flow: Array) -> Array:
    """Return the drop on a tangent; 0 where it is closed and nothing flows."""
    return np.where(np.isinf(tangent.slope), 0.0, tangent.slope) * flow + tangent.offset
