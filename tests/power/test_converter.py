"""Converters of constant efficiency."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power import converter_loss


def test_by_hand_eighty_per_cent_of_five_watts():
    assert converter_loss(0.8, 4.0) == pytest.approx(1.0)


def test_an_ideal_converter_loses_nothing():
    assert converter_loss(1.0, 6700.0) == 0.0


@given(efficiency=st.floats(0.5, 1.0), output=st.floats(0.0, 1e6))
def test_output_over_input_is_the_efficiency(efficiency, output):
    assert output == pytest.approx(efficiency * (output + converter_loss(efficiency, output)), rel=1e-12)


def test_a_regulator_inside_its_module_loses_a_share_of_the_module_input():
    module, efficiency = np.array([1400.0, 420.0]), 0.91
    assert converter_loss(efficiency, efficiency * module) == pytest.approx(0.09 * module)


def test_two_stages_in_series_multiply_their_efficiencies():
    first = converter_loss(0.979, 1000.0)
    both = first + converter_loss(0.975, 1000.0 + first)
    assert both == pytest.approx(converter_loss(0.979 * 0.975, 1000.0))
