"""Rows of NamedTuples of arrays, nested or not: taken out, put in, or empty."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
T = TypeVar("T")


def taken(value: T, rows: Rows) -> T:
    """Return some rows of a NamedTuple of arrays.

    Parameters
    ----------
    value : NamedTuple
        Of arrays (n,).
    rows : (k,) array of int
        Which [1].

    Returns
    -------
    NamedTuple
        Of arrays (k,).

    References
    ----------
    Derived: indexing, field by field.
    """
    return type(value)(*(part[rows] for part in value))  # type: ignore[attr-defined]


def put(whole: Any, part: Any, rows: Rows) -> None:
    """Write the rows of a part into the whole, array by array.

    Parameters
    ----------
    whole, part : NamedTuple
        Of arrays, or of more of them; what is neither is left alone.
    rows : (n,) array of int
        Places of the part in the whole [1].

    References
    ----------
    Derived: indexing, field by field.
    """
    for into, new in zip(whole, part, strict=True):
        if isinstance(into, np.ndarray):
            into[rows] = new
        elif isinstance(into, tuple) and hasattr(into, "_fields"):
            put(into, new, rows)


def empty(kind: type[T], rows: int) -> T:
    """Return a NamedTuple of arrays that hold nothing.

    Parameters
    ----------
    kind : type
        The NamedTuple.
    rows : int
        How many [1].

    Returns
    -------
    NamedTuple
        Of arrays of nan (rows,).

    References
    ----------
    Derived: nothing.
    """
    return kind(*np.full((len(kind._fields), rows), np.nan))  # type: ignore[attr-defined]
