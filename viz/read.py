"""Reading the result tree: a group, variable or coordinate that is absent is an error that names it.

Contract: nothing is written into the tree; strings come back as numpy unicode, numbers in SI as stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import DataArray, Dataset, DataTree


def group(tree: DataTree, name: str) -> Dataset:
    """The dataset of one group; ValueError if the result lacks it."""
    if name not in tree.children:
        raise ValueError(f"the result has no group /{name}: run `twin run` again")
    return tree.children[name].to_dataset()


def variable(tree: DataTree, group_name: str, name: str) -> DataArray:
    """One variable or coordinate of a group; ValueError if the result lacks it."""
    dataset = group(tree, group_name)
    if name not in dataset.variables:
        raise ValueError(f"the result has no variable /{group_name}/{name}: run `twin run` again")
    return dataset[name]


def texts(tree: DataTree, group_name: str, name: str) -> NDArray[np.str_]:
    """A text coordinate such as chip names."""
    return np.asarray(variable(tree, group_name, name).values, dtype=np.str_)


def whole(tree: DataTree, group_name: str, name: str) -> NDArray[np.intp]:
    """A coordinate of whole numbers such as rack slots."""
    return np.asarray(variable(tree, group_name, name).values, dtype=np.intp)


def scalar(tree: DataTree, name: str) -> Any:
    """A number or text of /summary; None where it is absent, nan or empty (does not apply to the system)."""
    summary = group(tree, "summary")
    value = summary[name].item() if name in summary.variables else None
    return None if value is None or value != value or value == "" else value


def find(names: NDArray[np.str_], wanted: NDArray[np.str_], what: str) -> NDArray[np.intp]:
    """Where each wanted name stands among unique names; ValueError names one that does not."""
    order = np.argsort(names)
    place = order[np.searchsorted(names, wanted, sorter=order).clip(max=len(names) - 1)]
    absent = wanted[names[place] != wanted]
    if len(absent):
        raise ValueError(f"the {what} {str(absent[0])!r} is not in /thermal: run `twin run` again")
    return place


def short(names: NDArray[np.str_]) -> list[str]:
    """The last part of each chip name: compute-01/gpu-3 → gpu-3."""
    return [str(name).rpartition("/")[2] for name in names]
