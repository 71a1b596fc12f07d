"""The four systems of the catalogue, solved once for all tests of the result; never changed."""

from functools import lru_cache

import xarray as xr

import twin


@lru_cache(maxsize=1)
def solved() -> dict[str, xr.DataTree]:
    return {name: twin.solve(twin.load(name)) for name in twin.systems()}
