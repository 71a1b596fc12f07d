"""Solved racks the tests of the twin share: solved once, never changed."""

from typing import TYPE_CHECKING

import pytest
from twin_racks import steady, tiny_rack

import twin
from twin.couple.steady import Steady
from twin.spec.types import Factory

if TYPE_CHECKING:
    import xarray as xr


@pytest.fixture(scope="session")
def tiny() -> Factory:
    """Three slots: a shelf, two GPUs, one switch."""
    return tiny_rack()


@pytest.fixture(scope="session")
def gb300() -> Factory:
    return twin.load("gb300-nvl72")


@pytest.fixture(scope="session")
def gb300_tree(gb300: Factory) -> "xr.DataTree":
    return twin.solve(gb300)


@pytest.fixture(scope="session")
def gb300_steady(gb300: Factory) -> Steady:
    return steady(gb300)
