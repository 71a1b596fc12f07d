"""Parameter sets of many racks as one: the same type, each number a column over the racks.

The leaves' formulas are elementwise in their parameters, so a set whose fields are (racks, 1) columns broadcasts
through them.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def column(values: Sequence[float], trailing: int = 1) -> NDArray[np.float64]:
    """Return one number per rack as an array that broadcasts along the trailing axes.

    Parameters
    ----------
    values : sequence of float
        One per rack [any unit].
    trailing : int
        Axes of length one behind the rack axis [1].

    Returns
    -------
    (racks, 1, …) array
        The values [unit of the input].

    References
    ----------
    Derived: reshape.

    Examples
    --------
    >>> column([1.0, 2.0]).shape
    (2, 1)
    """
    return np.asarray(values, dtype=float).reshape(-1, *(1,) * trailing)


def stack(objects: Sequence[T]) -> T:
    """Return parameter sets of one type (dataclasses or NamedTuples) as one whose numbers are columns.

    Parameters
    ----------
    objects : sequence
        One per rack; text fields must agree.

    Returns
    -------
    object
        Scalars become (racks, 1), arrays (racks, …); never checked, compared or hashed again.

    References
    ----------
    Derived: field by field.
    """
    first = objects[0]
    values = {name: _field([getattr(item, name) for item in objects]) for name in _names(first)}
    return _rebuilt(first, values)


def spread(rows: Sequence[Sequence[T]], index: NDArray[np.int64]) -> T:
    """Return parameter sets of the kinds of a part as one whose numbers are arrays over the parts.

    Parameters
    ----------
    rows : sequence of sequence
        Per rack, one set per kind; numbers only.
    index : (parts,) array of int
        Kind of each part [1].

    Returns
    -------
    object
        Fields (racks, parts); never checked, compared or hashed again.

    References
    ----------
    Derived: field by field.
    """
    first = rows[0][0]
    table = {
        name: np.array([[getattr(item, name) for item in row] for row in rows], dtype=float) for name in _names(first)
    }
    return _rebuilt(first, {name: values[:, index] for name, values in table.items()})


def take(stacked: T, racks: NDArray[np.int64], keep: frozenset[str] = frozenset()) -> T:
    """Return a stacked set (or a model of such sets) for some of its racks.

    Parameters
    ----------
    stacked : object
        Its arrays have the racks as first axis.
    racks : (n,) array of int
        Which [1].
    keep : frozenset of str
        Fields without a rack axis.

    Returns
    -------
    object
        The same type, arrays (n, …).

    References
    ----------
    Derived: indexing, field by field.
    """
    return _each(stacked, lambda array: array[racks], keep)


def repeat(stacked: T, times: int, keep: frozenset[str] = frozenset()) -> T:
    """Return a stacked set (or a model of such sets) for `times` copies of its racks, one behind the other.

    Parameters
    ----------
    stacked : object
        Its arrays have the racks as first axis.
    times : int
        Number of copies [1].
    keep : frozenset of str
        Fields without a rack axis.

    Returns
    -------
    object
        The same type, arrays (times · racks, …).

    References
    ----------
    Derived: concatenation, field by field.
    """
    return _each(stacked, lambda array: np.concatenate([array] * times), keep)


def _each(stacked: T, change: Callable[[NDArray[Any]], NDArray[Any]], keep: frozenset[str] = frozenset()) -> T:
    """Return a stacked set with every array changed, but for the fields to keep."""

    def changed(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return change(value)
        if type(value) is tuple:
            return tuple(changed(item) for item in value)
        return _each(value, change) if _is_set(value) else value

    values = {n: getattr(stacked, n) if n in keep else changed(getattr(stacked, n)) for n in _names(stacked)}
    return _rebuilt(stacked, values)


def _is_set(value: Any) -> bool:
    return dataclasses.is_dataclass(value) or hasattr(type(value), "_fields")


def _names(item: Any) -> tuple[str, ...]:
    named: tuple[str, ...] | None = getattr(item, "_fields", None)
    return tuple(f.name for f in dataclasses.fields(item)) if named is None else named


def _rebuilt(like: T, values: dict[str, Any]) -> T:
    if isinstance(like, tuple):
        return type(like)(**values)
    made = object.__new__(type(like))
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def _field(values: list[Any]) -> Any:
    if isinstance(values[0], str) or values[0] is None:
        return values[0]
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array
