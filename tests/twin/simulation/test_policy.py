"""Policies: where they settle, and what they never do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_racks import changed, steady

import thermal
from twin.couple.derate import module_budget
from twin.simulation.policy import Measured, SetPoints, flow_control, junction_derating, power_cap, shed

LIMIT, SUPPLY = 358.15, 318.15
CAP = np.array([1400.0, 1400.0, 420.0])
RISE = np.array([0.035, 0.02, 0.06])
#: B* = (limit − supply) / R: below the cap for the first chip only.
STEADY = np.minimum(CAP, (LIMIT - SUPPLY) / RISE)

watts = st.lists(st.floats(0, 2000), min_size=3, max_size=3).map(np.array)
kelvins = st.lists(st.floats(280, 420), min_size=3, max_size=3).map(np.array)
rises = st.lists(st.floats(1e-3, 1.0), min_size=3, max_size=3).map(np.array)
periods = st.floats(0.05, 100.0)


def measured(**given: object) -> Measured:
    return Measured(np.full(3, 340.0), np.full(3, 500.0), RISE, SUPPLY, 330.0, 1.5, 100e3, 10.0)._replace(**given)


def points(budget: object = CAP, flow: float = 1.5, load_share: float = 1.0) -> SetPoints:
    return SetPoints(np.asarray(budget, dtype=float), flow, load_share)


def course(demand, start, step=10.0, periods=400, least=0.0, law=junction_derating):
    """Budgets and temperatures of a static plant: T = supply + R P, P the demand within the budget."""
    now, budgets, dies = points(start), [], []
    for _ in range(periods):
        drawn = np.maximum(np.minimum(demand, now.budget), least)
        die = SUPPLY + RISE * drawn
        now = law(measured(junction=die, chip_power=drawn, step=step), now, LIMIT, CAP)
        budgets.append(now.budget)
        dies.append(die)
    return np.array(budgets), np.array(dies)


# Derating


def test_by_hand_one_long_period_at_the_budget_gives_back_what_the_excess_heats():
    hot = measured(junction=np.full(3, LIMIT + 7.0), chip_power=CAP, step=1e3)
    assert junction_derating(hot, points(), LIMIT, CAP).budget == pytest.approx(CAP - 7.0 / RISE)


def test_a_share_of_the_way_is_gone_in_one_period_that_does_not_depend_on_how_it_is_cut():
    once, _ = course(CAP, CAP, step=6.0, periods=1)
    thrice, _ = course(CAP, CAP, step=2.0, periods=3)
    assert once[-1] == pytest.approx(thrice[-1], rel=1e-12)


@settings(max_examples=50)
@given(start=watts, step=periods)
def test_a_chip_that_is_held_back_settles_at_its_limit_without_overshoot(start, step):
    budgets, dies = course(np.full(3, 2000.0), np.minimum(start, CAP), step, periods=int(60 / min(step, 2.0)) + 20)
    moves = np.diff(np.vstack([np.minimum(start, CAP), budgets]), axis=0)
    assert np.all(moves * np.sign(STEADY - np.minimum(start, CAP)) >= -1e-9)
    assert dies[-1][0] == pytest.approx(LIMIT, abs=1e-8)
    assert budgets[-1] == pytest.approx(STEADY, rel=1e-10)


@pytest.mark.parametrize("demand", [0.0, 100.0, 1100.0])
def test_a_chip_short_of_load_winds_nothing_up(demand):
    budgets, _ = course(np.full(3, demand), CAP)
    assert budgets[-1] == pytest.approx(STEADY, rel=1e-12)
    assert np.all(budgets <= CAP)
    _, dies = course(np.full(3, 2000.0), budgets[-1])
    assert dies.max() <= LIMIT + 1e-9


def test_a_chip_at_its_lowest_clock_winds_nothing_down():
    budgets, dies = course(np.full(3, 2000.0), CAP, least=np.array([1300.0, 0.0, 0.0]))
    assert dies[-1][0] > LIMIT
    assert budgets[-1] == pytest.approx(STEADY, rel=1e-12)


def pure_integral(now, set_points, limit, cap, response=2.0):
    """The mutant: the integral law without regard to what is drawn."""
    gain = 1 - np.exp(-now.step / response)
    return set_points._replace(budget=np.clip(set_points.budget + gain * (limit - now.junction) / now.rise, 0.0, cap))


def test_the_pure_integral_law_winds_up_and_is_seen():
    budgets, _ = course(np.full(3, 100.0), STEADY, law=pure_integral)
    assert budgets[-1][0] > STEADY[0] + 100
    _, dies = course(np.full(3, 2000.0), budgets[-1], law=pure_integral)
    assert dies.max() > LIMIT + 5


@pytest.mark.parametrize("lag", [0.1, 3.0, 60.0])
@pytest.mark.parametrize("step", [0.5, 10.0, 30.0])
def test_a_die_that_lags_by_any_time_settles_at_its_limit_for_any_step(lag, step):
    die, now, keep = np.full(3, SUPPLY), points(), np.exp(-step / lag)
    for _ in range(int(30 * max(lag, 2.0) / step) + 30):
        die = keep * die + (1 - keep) * (SUPPLY + RISE * now.budget)
        now = junction_derating(measured(junction=die, chip_power=now.budget, step=step), now, LIMIT, CAP)
    assert die[0] == pytest.approx(LIMIT, abs=1e-3)
    assert now.budget == pytest.approx(STEADY, rel=1e-3)


@given(die=kelvins, drawn=watts, rise=rises, start=watts, step=periods)
def test_budgets_stay_between_nothing_and_the_cap(die, drawn, rise, start, step):
    now = measured(junction=die, chip_power=drawn, rise=rise, step=step)
    budget = junction_derating(now, points(np.minimum(start, CAP)), LIMIT, CAP).budget
    assert np.all((budget >= 0) & (budget <= CAP))


@given(die=kelvins, hotter=st.floats(0, 50), drawn=watts, start=watts, step=periods)
def test_a_hotter_die_never_gets_more(die, hotter, drawn, start, step):
    cool = measured(junction=die, chip_power=drawn, step=step)
    hot = cool._replace(junction=die + hotter)
    given = [junction_derating(now, points(start), LIMIT, CAP).budget for now in (cool, hot)]
    assert np.all(given[1] <= given[0])


@pytest.mark.parametrize("supply", [45.0, 50.0])
def test_at_rest_the_budget_is_that_of_the_steady_solver(gb300, supply):
    solved = steady(changed(gb300, {"cooling.volume_flow": "59 L/min"}, supply=supply))
    model, out = solved.model, solved.outcome
    drawn, rise = out.chips.power, out.plates.rise.die
    cap = np.broadcast_to(model.chip.cap, drawn.shape)
    now = Measured(out.next.junction, drawn, rise, model.supply, out.next.coolant_return, out.next.flow, 1e5, 10.0)
    assert np.any(module_budget(model, rise) < cap)
    limit, held = model.limits.junction, points(cap)
    for _ in range(30):
        held = junction_derating(now, held, limit, cap)
    assert held.budget == pytest.approx(module_budget(model, rise), rel=1e-7)


# The power cap


def capped(cap_power, demand, start=CAP, fixed=30e3, slope=1.05, periods=200):
    """Rack powers A = A0 + k ΣP under the cap, many racks' worth of chips in three."""
    now, powers = points(start), []
    for _ in range(periods):
        drawn = np.minimum(demand, now.budget)
        powers.append(fixed + slope * 30 * drawn.sum())
        now = power_cap(measured(chip_power=30 * drawn, rack_power=powers[-1]), points(30 * CAP), cap_power)
        now = now._replace(budget=now.budget / 30)
    return np.array(powers)


def test_above_the_cap_all_give_the_same_share():
    now = measured(chip_power=np.array([1000.0, 500.0, 100.0]), rack_power=2000.0)
    assert power_cap(now, points(), 1500.0).budget.tolist() == [750.0, 375.0, 75.0]


def test_below_the_cap_the_room_is_dealt_out_by_budget():
    now = measured(chip_power=np.array([100.0, 0.0, 0.0]), rack_power=200.0)
    room = 100.0 * (300.0 / 200.0 - 1) * CAP / CAP.sum()
    assert power_cap(now, points(), 300.0).budget == pytest.approx(room + np.array([100.0, 0, 0]))


@pytest.mark.parametrize("start", [CAP, 0.1 * CAP])
def test_the_power_settles_at_the_cap_and_comes_from_one_side(start):
    powers = capped(90e3, np.full(3, 2000.0), start)
    assert powers[-1] == pytest.approx(90e3, rel=1e-10)
    assert np.all(np.diff(powers) * np.sign(90e3 - powers[0]) >= -1e-6)


def test_a_rack_below_its_cap_is_left_alone():
    demand = np.array([300.0, 200.0, 100.0])
    assert capped(90e3, demand) == pytest.approx(np.full(200, 30e3 + 1.05 * 30 * 600.0))


@given(drawn=watts, ratio=st.floats(0.2, 5.0))
def test_modules_that_use_all_they_are_given_never_pass_the_cap_from_below(drawn, ratio):
    fixed, slope = 1000.0, 1.05
    power = fixed + slope * drawn.sum()
    budget = power_cap(measured(chip_power=drawn, rack_power=power), points(), ratio * power).budget
    after = fixed + slope * budget.sum()
    assert after <= max(power, ratio * power) * (1 + 1e-12)
    assert np.all((budget >= 0) & (budget <= CAP))


@given(drawn=watts, power=st.floats(1e3, 1e6), cap_power=st.floats(1e3, 1e6), start=watts)
def test_the_cap_only_takes(drawn, power, cap_power, start):
    budget = power_cap(measured(chip_power=drawn, rack_power=power), points(start), cap_power).budget
    assert np.all((budget >= 0) & (budget <= start))


def test_derating_and_cap_together_settle_with_both_kept():
    now, fixed, slope = points(), 500.0, 1.05
    for _ in range(300):
        drawn = now.budget
        power = fixed + slope * drawn.sum()
        seen = measured(junction=SUPPLY + RISE * drawn, chip_power=drawn, rack_power=power)
        now = power_cap(seen, junction_derating(seen, now, LIMIT, CAP), 2500.0)
    assert power == pytest.approx(2500.0, rel=1e-9)
    assert np.all(SUPPLY + RISE * now.budget <= LIMIT + 1e-9)


# The flow


def test_the_flow_is_that_of_the_steady_solver(gb300_steady):
    model, out = gb300_steady.model, gb300_steady.outcome
    liquid, flow = model.coolant, out.next.flow
    bounds = (np.array([[0.1]]), np.array([[10.0]]))
    target = model.return_target

    def enthalpy(temperature):
        return thermal.enthalpy(liquid, temperature)

    for wrong in (0.7, 1.0, 1.6):
        back = thermal.temperature(liquid, enthalpy(model.supply) + out.boards.liquid_heat / (wrong * flow))
        now = measured(supply=model.supply, coolant_return=back, flow=wrong * flow)
        assert flow_control(now, points(), enthalpy, target, bounds).flow == pytest.approx(flow, rel=1e-9)


@given(
    supply=st.floats(290, 340), back=st.floats(280, 370), target=st.floats(300, 350), flow=st.floats(0, 5),
)  # fmt: skip
def test_the_flow_stays_within_its_bounds_even_where_the_supply_is_above_the_target(supply, back, target, flow):
    now = measured(supply=supply, coolant_return=back, flow=flow)
    wanted = flow_control(now, points(), lambda T: 4180.0 * np.asarray(T), target, (0.9, 3.4)).flow
    assert 0.9 <= wanted <= 3.4
    if supply >= target:
        assert wanted == 3.4
    elif flow == 0:
        assert wanted == 0.9


@given(back=st.floats(319, 350), warmer=st.floats(0, 20))
def test_a_warmer_return_never_gets_less_flow(back, warmer):
    flows = [
        flow_control(measured(coolant_return=back + more), points(), lambda T: 4180.0 * np.asarray(T), 328.15, (0.1, 9))
        for more in (0.0, warmer)
    ]
    assert flows[1].flow >= flows[0].flow


# Shedding


@pytest.mark.parametrize(
    ("hottest", "before", "after"),
    [(364.0, 1.0, 0.3), (364.0, 0.3, 0.3), (360.0, 1.0, 1.0), (360.0, 0.3, 0.3), (357.0, 0.3, 1.0), (357.0, 1.0, 1.0)],
)
def test_load_is_shed_above_restored_below_and_kept_between(hottest, before, after):
    now = measured(junction=np.array([330.0, hottest, 340.0]))
    assert shed(now, points(load_share=before), 363.15, 0.3, 358.15).load_share == [after]


def test_every_rack_of_a_batch_is_governed_by_itself():
    dies = np.array([[330.0, 364.0, 330.0], [330.0, 340.0, 330.0]])
    now = measured(junction=dies, chip_power=np.full((2, 3), 500.0), rack_power=np.array([[2000.0], [1000.0]]))
    both = points(np.tile(CAP, (2, 1)), load_share=np.ones((2, 1)))
    assert shed(now, both, 363.15, 0.3, 358.15).load_share.tolist() == [[0.3], [1.0]]
    assert power_cap(now, both, 1500.0).budget[0].tolist() == [375.0] * 3
    assert np.all(power_cap(now, both, 1500.0).budget[1] >= np.minimum(CAP, 500.0))


def test_no_policy_writes_into_what_it_is_given():
    now, before = measured(), points(CAP.copy())
    for made in (
        junction_derating(now, before, LIMIT, CAP),
        power_cap(now, before, 50e3),
        shed(now, before, 300.0, 0.3, 290.0),
    ):
        assert made is not before
    assert before.budget.tolist() == CAP.tolist() and before.load_share == 1.0
