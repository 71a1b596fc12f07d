"""Stacking parameter sets of many racks, and repeating a stacked set."""

import numpy as np

from power import Shelf
from twin.build.stack import column, repeat, stack


def shelf(rated: float) -> Shelf:
    return Shelf(
        rated_power=rated,
        supplies=6,
        output_voltage=50.0,
        source_resistance=3e-4,
        loss_constant=0.006,
        loss_quadratic=0.03,
    )


def test_a_column_has_the_racks_first() -> None:
    assert column([1.0, 2.0, 3.0]).shape == (3, 1)
    assert column([1.0, 2.0], trailing=2).shape == (2, 1, 1)
    assert column([1.0, 2.0])[:, 0].tolist() == [1.0, 2.0]


def test_stacked_numbers_are_columns_of_the_same_type() -> None:
    both = stack([shelf(33e3), shelf(110e3)])
    assert type(both) is Shelf
    np.testing.assert_array_equal(both.rated_power, [[33e3], [110e3]])
    np.testing.assert_array_equal(both.supplies, [[6.0], [6.0]])


def test_a_formula_of_a_leaf_is_elementwise_over_a_stacked_set() -> None:
    from power import shelf_loss

    both = stack([shelf(33e3), shelf(110e3)])
    together = shelf_loss(both, np.array([[10e3, 20e3], [10e3, 20e3]]))
    for row, rated in enumerate((33e3, 110e3)):
        np.testing.assert_allclose(together[row], shelf_loss(shelf(rated), np.array([10e3, 20e3])))


def test_repeating_puts_copies_one_behind_the_other() -> None:
    twice = repeat(stack([shelf(33e3), shelf(110e3)]), 2)
    np.testing.assert_array_equal(twice.rated_power[:, 0], [33e3, 110e3, 33e3, 110e3])
