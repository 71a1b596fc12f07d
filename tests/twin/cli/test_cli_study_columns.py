"""Columns of a study's table that stand beside others: every value of a second dimension, named."""

import xarray as xr

from twin.cli.study import _table


def dataset(columns: str) -> xr.Dataset:
    data = {
        "hours": (("place", "supply"), [[1.0, 2.0, 3.0]], {"units": "h", "long_name": "free hours"}),
        "pue": (("place", "supply"), [[1.1, 1.2, 1.3]], {"units": "1", "long_name": "PUE"}),
    }
    axes = {
        "place": ("place", ["north"], {"long_name": "place"}),
        "supply": ("supply", [298.15, 308.15, 318.15], {"units": "K", "long_name": "supply"}),
    }
    return xr.Dataset(data, axes, {"table": f'{{"rows": "place", "columns": {columns}}}'})


def test_beside_others_all_values_are_shown_under_heads_that_name_the_variable():
    table = _table(dataset('["hours", "pue"]'))
    heads = [str(column.header) for column in table.columns]
    assert heads[1:4] == ["free hours at supply 25 °C", "free hours at supply 35 °C", "free hours at supply 45 °C"]
    assert heads[4:] == ["PUE at supply 25 °C", "PUE at supply 35 °C", "PUE at supply 45 °C"]
    assert [next(iter(column.cells)) for column in table.columns] == ["north", "1 h", "2 h", "3 h", "1.1", "1.2", "1.3"]


def test_alone_every_other_value_is_shown():
    heads = [str(column.header) for column in _table(dataset('["hours"]')).columns]
    assert heads == ["place", "at supply 25 °C", "at supply 45 °C"]
