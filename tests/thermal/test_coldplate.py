"""The cold plate: the published table, its calibration, and the laws of the film."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_package import PLATE

from thermal.coldplate import (
    PlatePoints,
    calibrate_plate,
    film_coefficient,
    plate_resistance,
    reference_plate_points,
)
from thermal.coolant import coolant, density, heat_capacity

LITRE = 1e-3 / 60


def glycol():
    points = reference_plate_points()
    kept = np.array(points.coolant) == "pg25"
    return PlatePoints(("pg25",) * int(kept.sum()), points.volume_flow[kept], points.resistance[kept])


def test_the_shipped_table_is_the_published_one():
    points = reference_plate_points()
    assert points.coolant.count("pg25") == 14
    assert points.coolant.count("water") == 4
    assert dict(zip(points.volume_flow.round(9), points.resistance, strict=True))[round(LITRE, 9)] == 0.0245


def test_ten_points_are_predicted_from_four_within_five_percent():
    points = glycol()
    error = plate_resistance(calibrate_plate(), points) / points.resistance - 1
    assert np.abs(error).max() < 0.05
    assert np.abs(error).max() < 0.037  # what the documentation claims


def test_a_film_that_does_not_know_the_flow_cannot_do_that():
    points = glycol()
    fitted = calibrate_plate()
    reference = points._replace(volume_flow=np.full(14, 2.4 * LITRE))
    caloric = 0.5 / (density(coolant("pg25"), 313.15) * heat_capacity(coolant("pg25"), 313.15))
    constant = plate_resistance(fitted, reference) + caloric * (1 / points.volume_flow - 1 / (2.4 * LITRE))
    assert np.abs(constant / points.resistance - 1).max() > 0.05


@given(film=st.floats(1e4, 3e5), source=st.floats(1e-3, 5e-2))
def test_calibration_returns_the_numbers_that_made_the_points(film, source):
    made = calibrate_plate()._replace(film=film, source_resistance=source)
    points = glycol()
    points = points._replace(resistance=plate_resistance(made, points))
    assert calibrate_plate(points) == pytest.approx(made, rel=1e-9)


def test_points_that_rise_with_flow_are_refused():
    points = glycol()
    with pytest.raises(ValueError, match="resistance falling with flow"):
        calibrate_plate(points._replace(resistance=points.resistance[::-1].copy()))


def test_the_reference_state_gives_the_calibrated_film():
    h = film_coefficient(PLATE, 2.4 * LITRE, coolant("pg25"), 313.15)
    assert h == pytest.approx(calibrate_plate().film, rel=1e-12)


def test_the_film_follows_the_cube_root_of_flow_per_area_and_the_ratio():
    water = coolant("water")
    one = film_coefficient(PLATE, 2 * LITRE, water, 320.0)
    assert film_coefficient(PLATE, 16 * LITRE, water, 320.0) == pytest.approx(2 * one, rel=1e-12)
    large = dataclasses.replace(PLATE, base_length=0.14, film_ratio=1.5)
    assert film_coefficient(large, 4 * LITRE, water, 320.0) == pytest.approx(1.5 * one, rel=1e-12)


@given(flow=st.floats(1e-7, 1e-3), more=st.floats(1.001, 10), T=st.floats(275, 370))
def test_more_flow_never_raises_the_resistance_and_water_is_never_worse_than_glycol(flow, more, T):
    water = film_coefficient(PLATE, [flow, flow * more], coolant("water"), T)
    assert water[1] > water[0]
    assert water[0] > film_coefficient(PLATE, flow, coolant("pg25"), T)


def test_a_closed_plate_is_refused():
    with pytest.raises(ValueError, match=r"volume flow through a plate = 0 m3/s: must be > 0"):
        film_coefficient(PLATE, [1e-5, 0.0], coolant("water"), 320.0)
