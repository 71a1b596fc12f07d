"""Pin fins: geometry by hand, the published law through an independent library, limits and its range."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.coolant import conductivity, coolant, density, heat_capacity, viscosity
from thermal.pins import PinFins, pin_film
from thermal.volumes.channels import Flow, fin_layer
from thermal.volumes.grid import Grid

WATER, T = coolant("water"), 313.15
PINS = PinFins(diameter=2e-4, height=1e-3, transverse_pitch=4e-4, longitudinal_pitch=5e-4, conductivity=390.0)
ENDLESS = 1e12
"""conductivity at which a fin has no drop [W/(m*K)]"""


def reynolds(pins, velocity):
    return float(density(WATER, T) * velocity / pins.narrowest * pins.diameter / viscosity(WATER, T))


def wetted_over_base(pins):
    cell = pins.transverse_pitch * pins.longitudinal_pitch
    return 1 + np.pi * pins.diameter * (pins.height - pins.diameter / 4) / cell


def test_the_narrowest_gap_is_across_a_row_or_along_the_diagonals():
    assert PINS.narrowest == pytest.approx(0.5)
    close = replace(PINS, longitudinal_pitch=1.5e-4)  # diagonal 0.25 mm
    assert close.diagonal_pitch == pytest.approx(2.5e-4)
    assert close.narrowest == pytest.approx(2 * 0.5e-4 / 4e-4)


def test_pins_that_conduct_perfectly_wet_their_whole_area_with_the_published_film():
    ht = pytest.importorskip("ht")
    Pr = float(viscosity(WATER, T) * heat_capacity(WATER, T) / conductivity(WATER, T))
    pins = replace(PINS, conductivity=ENDLESS)
    for velocity in (0.01, 0.1, 0.5):
        Nu = ht.Nu_Zukauskas_Bejan(reynolds(pins, velocity), Pr, 20, pins.longitudinal_pitch, pins.transverse_pitch)
        film = Nu * float(conductivity(WATER, T)) / pins.diameter * wetted_over_base(pins)
        assert pin_film(pins, velocity, WATER, T) == pytest.approx(film, rel=5e-3)  # rows: ht's chart says 0.997 at 20


def test_long_pins_wet_no_more_than_their_effective_length():
    short, long = (pin_film(replace(PINS, height=height), 0.1, WATER, T) for height in (2e-2, 4e-2))
    assert long == pytest.approx(short, rel=1e-3)
    assert long > 1.1 * pin_film(PINS, 0.1, WATER, T)


@given(st.floats(0.005, 0.25), st.floats(1.01, 3.0))
def test_more_flow_and_better_metal_never_weaken_the_film(velocity, factor):
    film = pin_film(PINS, velocity, WATER, T)
    assert pin_film(PINS, velocity * factor, WATER, T) > film
    assert pin_film(replace(PINS, conductivity=390 * factor), velocity, WATER, T) > film


def test_it_takes_arrays_and_feeds_a_fin_layer():
    film = pin_film(PINS, np.array([[0.1], [0.2]]), WATER, T)
    grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0, 2.0), z=(0.0, 1e-3))
    streams = fin_layer(grid, np.full(grid.shape, ENDLESS), film, Flow(1.0, T))
    assert streams.film.ravel() == pytest.approx(film.ravel())


@pytest.mark.parametrize("velocity", [1e-4, 5.0])
def test_flows_outside_the_range_of_the_law_are_refused(velocity):
    with pytest.raises(ValueError, match=r"Reynolds number of pin fins = .*: must lie in 1 .. 500; change the flow"):
        pin_film(PINS, [0.1, velocity], WATER, T)


@pytest.mark.parametrize("change", [{"transverse_pitch": 2e-4}, {"longitudinal_pitch": 1e-6, "transverse_pitch": 3e-4}])
def test_pins_that_touch_are_refused(change):
    with pytest.raises(ValueError, match="the pitch of nearest pins"):
        replace(PINS, **change)
