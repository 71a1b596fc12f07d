"""Redundancy and hold-up by hand, and against counting."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from power.redundancy import bank_margin, hold_up_time, spare_supplies
from power.store import carried_time

RATINGS = arrays(float, 5, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.5]))


def test_eight_shelves_of_33_kilowatt_are_n_plus_n_for_132_but_not_for_135():
    banks = [0, 0, 0, 0, 1, 1, 1, 1]
    assert bank_margin(np.full(8, 33e3), banks, [132e3, 135e3]).tolist() == [[0, 0], [-3e3, -3e3]]


@given(RATINGS, st.lists(st.integers(0, 2), min_size=5, max_size=5), st.floats(0, 20))
def test_the_margin_of_a_bank_is_the_rest_less_the_load(rating, bank, load):
    found = bank_margin(rating, bank, load)
    for lost in range(max(bank) + 1):
        assert found[lost] == pytest.approx(sum(r for r, b in zip(rating, bank, strict=True) if b != lost) - load)


@given(RATINGS, st.floats(0.01, 20))
def test_that_many_may_fail_in_any_choice_and_one_more_may_not(rating, load):
    spare = int(spare_supplies(rating, load))
    running = [r for r in rating if r > 0]

    def carried(failed):
        return all(sum(running) - sum(lost) >= load for lost in combinations(running, failed))

    assert spare == max([k for k in range(len(running) + 1) if carried(k)], default=-1)


def test_racks_in_front_change_nothing():
    random = np.random.default_rng(0)
    rating, load = random.uniform(1, 5, (4, 6)), random.uniform(5, 20, 4)
    spare, margin = spare_supplies(rating, load), bank_margin(rating, [0, 1, 2, 0, 1, 2], load)
    for rack in range(4):
        assert spare[rack] == spare_supplies(rating[rack], load[rack])
        assert margin[rack] == pytest.approx(bank_margin(rating[rack], [0, 1, 2, 0, 1, 2], load[rack]))


def test_hold_up_is_the_energy_between_two_voltages_over_the_power():
    energy = 0.5 * 2e-3 * (400.0**2 - 320.0**2)
    assert hold_up_time(2e-3, 400.0, 320.0, 5e3) == pytest.approx(float(carried_time(energy, 5e3)))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"bank = \[ 0 -1\]: must be whole numbers"):
        bank_margin([1.0, 1.0], [0, -1], 1.0)
    with pytest.raises(ValueError, match=r"lowest_voltage = 500.0: must be <= voltage = 400.0 V"):
        hold_up_time(1e-3, 400.0, 500.0, 1e3)


def test_a_capacitor_without_load_holds_for_ever_and_none_gives_back():
    assert hold_up_time(1e-3, 400.0, 300.0, np.array([35.0, 0.0])).tolist() == [1.0, np.inf]
    with pytest.raises(ValueError, match=r"power = -1.0: must be >= 0 W"):
        hold_up_time(1e-3, 400.0, 300.0, -1.0)


def test_every_supply_has_a_bank():
    with pytest.raises(ValueError, match=r"bank has shape \(2,\): must be one for each supply of rating \(8,\)"):
        bank_margin(np.full(8, 33e3), [0, 1], 135e3)
