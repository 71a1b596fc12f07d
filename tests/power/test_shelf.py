"""Power shelves: the loss curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power import Shelf, shelf_efficiency, shelf_loss

SHELF = Shelf(
    rated_power=33e3,
    supplies=6,
    output_voltage=50.0,
    source_resistance=5e-4,
    loss_constant=0.00641,
    loss_quadratic=0.02564,
)


def test_peak_efficiency_is_the_quoted_97_5_per_cent_at_half_load():
    """Vendor figure for 5.5 kW supplies; the fitted coefficients carry three digits, hence 1e-4."""
    output = np.linspace(0.01, 1.0, 991) * SHELF.rated_power
    efficiency = shelf_efficiency(SHELF, output)
    assert efficiency.max() == pytest.approx(0.975, abs=1e-4)
    assert output[efficiency.argmax()] == pytest.approx(0.5 * SHELF.rated_power, rel=0.005)


def test_the_peak_of_any_curve_is_where_its_constant_and_ohmic_losses_are_equal():
    c, q = SHELF.loss_constant, SHELF.loss_quadratic
    peak = np.sqrt(c / q) * SHELF.rated_power
    assert shelf_efficiency(SHELF, peak) == pytest.approx(1 / (1 + 2 * np.sqrt(c * q)), rel=1e-14)
    assert shelf_efficiency(SHELF, peak) > max(shelf_efficiency(SHELF, peak * np.array([0.99, 1.01])))


def test_loss_by_hand_at_no_load_and_at_rating():
    assert shelf_loss(SHELF, np.array([0.0, 33e3])) == pytest.approx([211.53, 1057.65])
    assert shelf_efficiency(SHELF, 0.0) == 0.0


@given(output=st.floats(0.0, 40e3))
def test_output_is_input_less_loss(output):
    grid = output + shelf_loss(SHELF, output)
    assert shelf_efficiency(SHELF, output) * grid == pytest.approx(output, rel=1e-14)


@given(output=st.floats(0.0, 33e3), shelves=st.integers(2, 8))
def test_an_even_share_loses_least(output, shelves):
    """The curve is convex, so for shelves that stay on no other split beats the even one."""
    uneven = output * np.linspace(0.5, 1.5, shelves)
    assert shelf_loss(SHELF, uneven).sum() >= shelves * shelf_loss(SHELF, uneven.mean()) * (1 - 1e-12)


def test_a_shelf_that_loses_nothing_has_no_efficiency_without_load_and_all_of_it_with_one():
    lossless = Shelf(
        rated_power=33e3,
        supplies=6,
        output_voltage=50.0,
        source_resistance=5e-4,
        loss_constant=0.0,
        loss_quadratic=0.0,
    )
    assert shelf_efficiency(lossless, np.array([0.0, 1.0, 33e3])).tolist() == [0.0, 1.0, 1.0]
