"""Supplies in parallel: by hand, sharing, limits, lost ones, and loads they cannot carry."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq

from power import Shelf, shelf_loss
from power.checks import DidNotConverge
from power.supplies import Supply, share_load, supply_loss

SUPPLY = Supply(
    rated_power=5.5e3,
    output_voltage=51.0,
    droop_resistance=6e-3,
    current_limit=120.0,
    loss_constant=0.00641,
    loss_quadratic=0.02564,
)
SIX = np.ones(6, bool)
ERRORS = arrays(float, 6, elements=st.floats(-0.3, 0.3))


def test_two_equal_supplies_share_a_current_evenly():
    found = share_load(SUPPLY, 0.0, [True, True], load_current=100.0)
    assert found.current == pytest.approx([50, 50])
    assert float(found.voltage) == pytest.approx(51 - 0.3)


def test_one_supply_set_higher_takes_more_by_the_error_over_the_droop():
    """60 mV over 6 mohm are 10 A between the two."""
    found = share_load(SUPPLY, 0.0, [True, True], load_current=100.0, setpoint_error=[0.06, 0.0])
    assert found.current == pytest.approx([55, 45])


def test_a_small_load_is_carried_by_the_highest_alone_and_none_takes_current_back():
    found = share_load(SUPPLY, 0.0, [True, True], load_current=20.0, setpoint_error=[0.3, 0.0])
    assert found.current == pytest.approx([20, 0])


def test_at_its_limit_a_supply_holds_and_the_other_takes_the_rest():
    found = share_load(SUPPLY, 0.0, [True, True], load_current=200.0, setpoint_error=[0.6, 0.0])
    assert found.current == pytest.approx([120, 80])
    assert found.limited.tolist() == [True, False]


def test_without_load_the_bus_is_at_the_highest_setpoint():
    found = share_load(SUPPLY, 0.0, SIX, setpoint_error=[0, 0.1, 0, 0, 0, 0])
    assert (float(found.voltage), float(found.current.sum())) == (pytest.approx(51.1), pytest.approx(0, abs=1e-9))


@given(load=st.floats(0.0, 30e3), drain=st.floats(0.0, 80.0), error=ERRORS)
def test_shares_sum_to_the_load_and_stay_within_the_limit(load, drain, error):
    """1e-10 of full current: a voltage to 1e-16 over a droop of 1e-4 of it."""
    found = share_load(SUPPLY, load, SIX, load_current=drain, setpoint_error=error)
    carried = float(found.voltage * found.current.sum())
    assert carried == pytest.approx(load + drain * float(found.voltage), rel=1e-10, abs=1e-10 * 36e3)
    assert (found.current >= 0).all() and (found.current <= SUPPLY.current_limit).all()


@given(load=st.floats(100.0, 30e3), error=ERRORS)
def test_a_bracketing_root_finder_agrees(load, error):
    def missing(voltage):
        each = np.clip((SUPPLY.output_voltage + error - voltage) / SUPPLY.droop_resistance, 0, SUPPLY.current_limit)
        return voltage * each.sum() - load

    found = float(share_load(SUPPLY, load, SIX, setpoint_error=error).voltage)
    assert found == pytest.approx(brentq(missing, 50.0, 51.5, xtol=1e-13), rel=1e-10)


@given(load=st.floats(0.0, 25e3), more=st.floats(0.0, 5e3), error=ERRORS)
def test_more_load_never_raises_the_bus_nor_lowers_any_share(load, more, error):
    light, heavy = (share_load(SUPPLY, power, SIX, setpoint_error=error) for power in (load, load + more))
    assert heavy.voltage <= light.voltage + 1e-12
    assert (heavy.current >= light.current - 1e-8).all()


@given(load=st.floats(0.0, 25e3), error=ERRORS, lost=st.integers(0, 5))
def test_a_lost_supply_never_raises_the_bus(load, error, lost):
    online = np.arange(6) != lost
    whole, rest = (share_load(SUPPLY, load, on, setpoint_error=error) for on in (SIX, online))
    assert rest.voltage <= whole.voltage + 1e-12
    assert rest.current[lost] == 0 and not rest.limited[lost]


@given(error=ERRORS, load=st.floats(1e3, 30e3))
def test_the_order_of_supplies_does_not_matter(error, load):
    order = [3, 0, 5, 1, 4, 2]
    plain, other = (share_load(SUPPLY, load, SIX, setpoint_error=e) for e in (error, error[order]))
    assert other.current == pytest.approx(plain.current[order], rel=1e-9, abs=1e-8)


def test_racks_in_front_change_nothing():
    random = np.random.default_rng(0)
    load, error = random.uniform(1e3, 25e3, (3, 4)), random.uniform(-0.2, 0.2, (3, 4, 6))
    together = share_load(SUPPLY, load, SIX, setpoint_error=error)
    for place in np.ndindex(3, 4):
        alone = share_load(SUPPLY, load[place], SIX, setpoint_error=error[place])
        assert np.array_equal(alone.current, together.current[place])
        assert alone.voltage == together.voltage[place]


def test_a_steeper_droop_shares_more_evenly():
    error, droops = np.linspace(-0.05, 0.05, 6), (2e-3, 6e-3, 2e-2)
    found = [share_load(replace(SUPPLY, droop_resistance=r), 20e3, SIX, setpoint_error=error) for r in droops]
    uneven = [np.ptp(each.current) for each in found]
    assert uneven[0] > uneven[1] > uneven[2]


def test_a_load_beyond_the_limits_names_rack_and_excess():
    """Six times 120 A at the voltage where the last reaches its limit, 51 V - 0.72 V: 36 201.6 W."""
    with pytest.raises(DidNotConverge, match=r"rack \(1,\): load_power = 40000 W is 3798.4 W above .* 36201.6 W"):
        share_load(SUPPLY, [20e3, 40e3], SIX)


def test_the_most_it_names_is_carried_and_a_watt_more_is_not():
    assert share_load(SUPPLY, 36201.6 - 1e-6, SIX).current == pytest.approx(np.full(6, 120.0), rel=1e-6)
    with pytest.raises(DidNotConverge):
        share_load(SUPPLY, 36202.6, SIX)


def test_where_droop_is_soft_the_most_is_a_quarter_of_the_short_circuit_power():
    soft = replace(SUPPLY, droop_resistance=1.0)
    assert float(share_load(soft, 650.0, [True]).voltage) == pytest.approx(25.5 + np.sqrt(25.5**2 - 650))
    with pytest.raises(DidNotConverge, match=r"650.25 W; turn on more"):
        share_load(soft, 700.0, [True])


def test_a_bus_without_supplies_is_refused_with_a_word():
    with pytest.raises(ValueError, match=r"online has shape \(0,\): .* one supply or more"):
        share_load(SUPPLY, 1.0, np.zeros(0, dtype=bool))


def test_no_supply_and_too_much_current_say_so():
    with pytest.raises(DidNotConverge, match="no supply is on"):
        share_load(SUPPLY, 0.0, ~SIX)
    with pytest.raises(DidNotConverge, match="cannot carry 800 A"):
        share_load(SUPPLY, 0.0, SIX, load_current=800.0)


@given(load=st.floats(0.0, 33e3))
def test_six_even_supplies_lose_what_their_shelf_does(load):
    curve = {"loss_constant": SUPPLY.loss_constant, "loss_quadratic": SUPPLY.loss_quadratic}
    shelf = Shelf(rated_power=33e3, supplies=6, output_voltage=51.0, source_resistance=1e-3, **curve)
    assert supply_loss(SUPPLY, np.full(6, load / 6)).sum() == pytest.approx(float(shelf_loss(shelf, load)), rel=1e-12)


@given(load=st.floats(0.0, 5.5e3))
def test_at_low_load_fewer_supplies_lose_less(load):
    """One for two saves c and costs q x^2 / 2 of one rating: it pays below x = sqrt(2 c / q) = 0.707 of one."""
    x = load / SUPPLY.rated_power
    one = supply_loss(SUPPLY, np.array([load, 0.0]), [True, False]).sum()
    two = supply_loss(SUPPLY, np.full(2, load / 2)).sum()
    limit = np.sqrt(2 * SUPPLY.loss_constant / SUPPLY.loss_quadratic)
    assume(abs(x - limit) > 1e-6)
    assert (one < two) == (x < limit)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replace(SUPPLY, droop_resistance=-1e-3), "Supply.droop_resistance = -0.001: must be > 0 ohm"),
        (lambda: share_load(SUPPLY, -5.0, SIX), "load_power = -5.0: must be finite and >= 0 W"),
        (lambda: share_load(SUPPLY, 1.0, SIX, load_current=np.nan), "load_current = nan: must be finite and >= 0 A"),
        (lambda: share_load(SUPPLY, 1.0, SIX, setpoint_error=-60.0), "setpoint_error = -60.0: must be finite and >"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
