"""A zarr folder that a long run fills piece by piece, and that another run of the same thing goes on with.

Contract: every variable is laid out when the folder is made; `Store.write` fills one region and then sets its mark in
the variable `done`. Each file is replaced whole, and the mark comes last: a process killed at any moment leaves a store
in which what is marked is right. One process writes. A folder made for something else is refused and left as it is.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.spec.errors import SpecError

if TYPE_CHECKING:
    import xarray as xr

#: Characters of a line that a message shows.
_SHOWN = 70


class Store(NamedTuple):
    """An open store, made by `open_store`."""

    path: Path
    """Its folder; `xarray.open_zarr` reads it at any time."""
    group: Any
    """The zarr group."""
    template: "xr.Dataset"
    """Its coordinates, attributes and variables before anything was written."""
    dims: tuple[str, ...]
    """Dimensions of `done`: those that are filled piece by piece."""

    @property
    def done(self) -> NDArray[np.bool_]:
        """What is written, over `dims`."""
        return np.asarray(self.group["done"][...])

    def write(self, region: Mapping[str, slice], part: "xr.Dataset") -> None:
        """Write the data variables of a part into a region, then mark it as done.

        Parameters
        ----------
        region : mapping of str to slice
            Where the part belongs along its dimensions; whole dimensions may be left out. Pieces as long as the chunks,
            and aligned with them, are written fastest.
        part : Dataset
            Variables of the template, or some of them.

        Raises
        ------
        SpecError
            The folder cannot be written; what is marked stays right.

        References
        ----------
        Derived: data first, mark last; POSIX rename(2) for each file.
        """
        try:
            for name, variable in part.data_vars.items():
                self.group[name][_place(region, variable.dims)] = variable.values
            self.group["done"][_place(region, self.dims)] = True
        except OSError as error:
            raise SpecError(f"{self.path}: cannot be written ({error.strerror}); what it holds is kept") from error

    def tell(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes to the folder.

        Parameters
        ----------
        attributes : mapping of str to object
            Plain numbers or text.

        Raises
        ------
        SpecError
            The folder cannot be written.

        References
        ----------
        Zarr storage specification, version 2: attributes stand in a file of their own and in the consolidated one.
        """
        try:
            for name in (".zattrs", ".zmetadata"):
                path = self.path / name
                held = json.loads(path.read_text(encoding="utf-8"))
                (held if name == ".zattrs" else held["metadata"][".zattrs"]).update(attributes)
                beside = path.with_name(f"{name}.part")
                beside.write_text(json.dumps(held), encoding="utf-8")
                os.replace(beside, path)
        except OSError as error:
            raise SpecError(f"{self.path}: cannot be written ({error.strerror}); what it holds is kept") from error

    def dataset(self) -> "xr.Dataset":
        """Return everything but `done`, in memory, as if it had never been stored.

        Returns
        -------
        Dataset
            As the template, filled where it is done.

        References
        ----------
        Derived: the template with the values of the folder.
        """
        return self.template.copy(data={name: _plain(self.group[name][...]) for name in self.template.data_vars})


def open_store(path: Path, template: "xr.Dataset", identity: Mapping[str, str], chunks: Mapping[str, int]) -> Store:
    """Return the store in a folder, made where there is none, or opened to go on where it is of the same run.

    Parameters
    ----------
    path : Path
        The folder.
    template : Dataset
        Coordinates and attributes in full; of the data variables only dimensions, type and attributes count (give
        ``np.broadcast_to(np.nan, shape)``): numbers start as NaN or 0. Only text is taken over as it is.
    identity : mapping of str to str
        What makes another run the same: spec, inputs, catalogue, version. Kept as attributes.
    chunks : mapping of str to int
        Length of the chunks along the dimensions that are filled piece by piece [1]; others are in one chunk.

    Returns
    -------
    Store
        Ready to be read and written.

    Raises
    ------
    SpecError
        The folder is of another run (the message says in what it differs), no store at all, or cannot be written.

    References
    ----------
    Zarr storage specification, version 2; xarray's encoding of it. The folder is made beside its place and renamed.
    """
    path, template = Path(path), template.assign_attrs(identity)
    try:
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            _check_same(path, template, identity, chunks)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path, template, chunks)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return Store(path, _group(path, "r+"), template, tuple(chunks))


def count_done(path: Path) -> int:
    """Return how many points a folder holds that are marked as done; 0 where it is no store.

    Parameters
    ----------
    path : Path
        The folder, which need not exist.

    Returns
    -------
    int
        Marks in `done` [1].

    References
    ----------
    Derived: sum of the marks.
    """
    try:
        return int(_group(Path(path), "r")["done"][...].sum())
    except (OSError, ValueError, KeyError):
        return 0


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Return text as objects, as in datasets that were never stored."""
    return values.astype(object) if values.dtype.kind == "T" else values


def _place(region: Mapping[str, slice], dims: tuple[Any, ...]) -> tuple[slice, ...]:
    return tuple(region.get(dim, slice(None)) for dim in dims)


def _group(path: Path, mode: str) -> Any:
    import zarr

    return zarr.open_group(path, mode=mode, zarr_format=2, use_consolidated=True)  # type: ignore[arg-type]


def _make(path: Path, template: "xr.Dataset", chunks: Mapping[str, int]) -> None:
    import zarr

    beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        template.coords.to_dataset().assign_attrs(template.attrs).to_zarr(beside, zarr_format=2, consolidated=False)
        group = zarr.open_group(beside, mode="r+", zarr_format=2)
        for name, layout in _layouts(template, chunks).items():
            made = group.create_array(name, **layout)
            if name in template and template[name].dtype.kind in "OU":
                made[...] = template[name].values
        zarr.consolidate_metadata(beside, zarr_format=2)
        beside.chmod(0o755)
        os.replace(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _layouts(template: "xr.Dataset", chunks: Mapping[str, int]) -> dict[Any, dict[str, Any]]:
    """Return how each array is laid out; only floats get a fill value, which xarray reads as what is missing."""
    layouts = {
        name: _layout(value.dims, value.shape, value.dtype, chunks) for name, value in template.data_vars.items()
    }
    for name, layout in layouts.items():
        layout["attributes"].update(template[name].attrs)
    shape = tuple(template.sizes[dim] for dim in chunks)
    return {**layouts, "done": _layout(tuple(chunks), shape, np.dtype(bool), chunks)}


def _layout(dims: tuple[Any, ...], shape: tuple[int, ...], dtype: Any, chunks: Mapping[str, int]) -> dict[str, Any]:
    return {
        "shape": shape,
        "dtype": str if dtype.kind in "OUT" else dtype,
        "chunks": tuple(min(chunks.get(dim, size), size) for dim, size in zip(dims, shape, strict=True)),
        "fill_value": np.nan if dtype.kind == "f" else None,
        "attributes": {"_ARRAY_DIMENSIONS": list(dims)},
    }


def _check_same(path: Path, template: "xr.Dataset", identity: Mapping[str, str], chunks: Mapping[str, int]) -> None:
    """Refuse a folder that is no store, or one of another run."""
    try:
        group = _group(path, "r")
        kept, arrays = dict(group.attrs), dict(group.arrays())
    except (OSError, ValueError, KeyError) as error:
        raise SpecError(f"{path}: is in the way and no store; choose another folder") from error
    if "done" not in arrays:
        raise SpecError(f"{path}: is in the way and no store of a run; choose another folder")
    problems = [
        f"{name} ({_difference(str(kept.get(name, '')), text)})"
        for name, text in identity.items()
        if kept.get(name) != text
    ]
    wanted = {name: (layout["shape"], layout["chunks"]) for name, layout in _layouts(template, chunks).items()}
    found = {name: (array.shape, array.chunks) for name, array in arrays.items() if name not in template.coords}
    if not problems and (found != wanted or not _same_coordinates(path, template)):
        problems = ["layout or coordinates"]
    if problems:
        differs = "; ".join(problems)
        raise SpecError(f"{path}: holds another run, it differs in {differs}; choose another folder, or delete it")


def _same_coordinates(path: Path, template: "xr.Dataset") -> bool:
    import xarray as xr

    with xr.open_zarr(path, chunks=None, consolidated=True) as stored:
        return stored.coords.to_dataset().equals(template.coords.to_dataset())


def _difference(there: str, here: str) -> str:
    """Return the first line in which two texts differ, with the heading above it."""
    heading = ""
    for old, new in zip_longest(there.splitlines(), here.splitlines(), fillvalue=""):
        if old != new:
            return f"{heading}{' '.join(_excerpts(old, new))}"
        heading = f"{new} " if new.startswith("[") else heading
    return "line ends"


def _excerpts(there: str, here: str) -> Iterator[str]:
    """Yield what two lines say around the first character that differs."""
    first = next((i for i, (a, b) in enumerate(zip(there, here, strict=False)) if a != b), min(len(there), len(here)))
    start = max(0, first - _SHOWN // 2) if max(len(there), len(here)) > _SHOWN else 0
    for text, where in ((there, "there,"), (here, "here")):
        part = text[start : start + _SHOWN] or "nothing"
        yield f"{'…' if start else ''}{part}{'…' if len(text) > start + _SHOWN else ''} {where}"
