"""Chip power: leakage split, cap, clock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from power import (
    ChipPower,
    CompactChip,
    chip_power,
    clock_at,
    compact_chip,
    dynamic_power,
    leakage_power,
    leakage_share,
)

GPU = ChipPower(
    tdp=1400.0,
    idle_power=200.0,
    clock_min=0.3,
    leakage_ratio=1.07,
    leakage_span=30.0,
    leakage_exponent=0.02,
    leakage_temperature=333.15,
    link_energy=1e-11,
)
COMPACT = compact_chip(GPU)
WARM = GPU.leakage_temperature + GPU.leakage_span / 2
COLD = GPU.leakage_temperature - GPU.leakage_span / 2

loads = st.floats(0.0, 1.0)
temperatures = st.floats(280.0, 380.0)
factors = st.floats(0.8, 1.2)
links = st.floats(0.0, 60.0)


def measured_ratio(compact):
    """Full power at the warm end of the span over full power at the cold end."""
    return chip_power(compact, 1.0, 1.0, WARM) / chip_power(compact, 1.0, 1.0, COLD)


def test_the_split_returns_the_measured_seven_per_cent():
    """Zimmermann et al. 2012 (Aquasar): 1.07 between 30 and 60 degC water; closed form, so round-off only."""
    assert measured_ratio(COMPACT) == pytest.approx(1.07, rel=1e-14)


def test_that_check_rejects_a_share_off_by_one_per_cent_and_an_uncentred_span():
    more = COMPACT._replace(leakage=1.01 * COMPACT.leakage)
    moved = COMPACT._replace(temperature=COLD)
    assert measured_ratio(more) != pytest.approx(1.07, rel=1e-5)
    assert measured_ratio(moved) != pytest.approx(1.07, rel=1e-5)


@given(ratio=st.floats(1.0, 1.1), span=st.floats(10.0, 60.0), exponent=st.floats(0.005, 0.05))
def test_the_closed_form_is_the_root_of_its_definition(ratio, span, exponent):
    chip = ChipPower(
        tdp=1.0,
        idle_power=1.0,
        clock_min=0.0,
        leakage_ratio=min(ratio, 1 + 0.5 * exponent * span),  # beyond, leakage would exceed the whole power
        leakage_span=span,
        leakage_exponent=exponent,
        leakage_temperature=333.15,
        link_energy=0.0,
    )
    x = exponent * span / 2

    def excess(share):
        return 1 + share * np.expm1(x) - chip.leakage_ratio * (1 + share * np.expm1(-x))

    assert leakage_share(chip) == pytest.approx(brentq(excess, -1.0, 2.0, xtol=1e-15), abs=1e-12)


def test_at_the_reference_temperature_full_load_draws_the_cap_and_no_load_the_idle_power():
    reference = GPU.leakage_temperature
    assert chip_power(COMPACT, 1.0, 1.0, reference) == pytest.approx(GPU.tdp, rel=1e-15)
    assert chip_power(COMPACT, 0.0, 1.0, reference) == pytest.approx(GPU.idle_power, rel=1e-15)
    assert clock_at(COMPACT, 1.0, GPU.tdp, reference) == pytest.approx(1.0, rel=1e-15)


def test_by_hand_half_load_at_double_leakage():
    """100 W cap, 10 W leakage, 10..90 W dynamic; ln 2 / exponent above reference leakage is 20 W."""
    chip = CompactChip(100.0, 10.0, 90.0, 10.0, 0.02, 300.0, 0.1)
    hot = 300.0 + np.log(2) / 0.02
    assert leakage_power(chip, hot) == pytest.approx(20.0)
    assert leakage_power(chip, hot, 1.05) == pytest.approx(21.0)
    assert dynamic_power(chip, 0.5) == pytest.approx(50.0)
    assert clock_at(chip, 1.0, 100.0, hot, 1.0, 8.0) == pytest.approx(72 / 90)
    assert chip_power(chip, 0.5, 0.6, hot, 1.0, 8.0) == pytest.approx(58.0)


@given(load=loads, temperature=temperatures, factor=factors, link=links)
def test_a_chip_keeps_its_budget_unless_its_clock_is_at_the_floor(load, temperature, factor, link):
    clock = clock_at(COMPACT, load, COMPACT.cap, temperature, factor, link)
    power = chip_power(COMPACT, load, clock, temperature, factor, link)
    assert COMPACT.clock_min <= clock <= 1.0
    assert power <= COMPACT.cap * (1 + 1e-12) or clock == COMPACT.clock_min
    assert clock == 1.0 or power >= COMPACT.cap * (1 - 1e-12)  # clock is given up only at the cap


@given(load=loads, cooler=temperatures, rise=st.floats(0.0, 50.0))
def test_a_hotter_die_never_runs_faster_nor_draws_less(load, cooler, rise):
    slow = clock_at(COMPACT, load, COMPACT.cap, cooler + rise)
    fast = clock_at(COMPACT, load, COMPACT.cap, cooler)
    assert slow <= fast
    drawn = chip_power(COMPACT, load, slow, cooler + rise), chip_power(COMPACT, load, fast, cooler)
    assert drawn[0] >= drawn[1] * (1 - 1e-12)


def test_no_dynamic_power_means_full_clock_whatever_the_budget():
    idle = COMPACT._replace(dynamic_idle=0.0)
    assert clock_at(idle, 0.0, 1.0, 380.0) == 1.0
    assert np.array_equal(clock_at(idle, np.array([0.0, 1.0]), 0.0, 333.15), [1.0, COMPACT.clock_min])


def test_kinds_of_chips_share_one_call():
    """Fields as arrays: a GPU and a CPU in one vector give what each gives alone."""
    cpu = compact_chip(
        ChipPower(
            tdp=420.0,
            idle_power=50.0,
            clock_min=0.3,
            leakage_ratio=1.07,
            leakage_span=30.0,
            leakage_exponent=0.02,
            leakage_temperature=333.15,
            link_energy=0.0,
        )
    )
    both = CompactChip(*(np.array(pair) for pair in zip(COMPACT, cpu, strict=True)))
    temperature = np.array([[340.0, 330.0], [360.0, 350.0], [320.0, 310.0]])
    clock = clock_at(both, 0.9, both.cap, temperature, 1.02)
    power = chip_power(both, 0.9, clock, temperature, 1.02)
    for column, chip in enumerate((COMPACT, cpu)):
        alone = clock_at(chip, 0.9, chip.cap, temperature[:, column], 1.02)
        assert np.array_equal(clock[:, column], alone)
        assert np.array_equal(power[:, column], chip_power(chip, 0.9, alone, temperature[:, column], 1.02))


def test_functions_leave_their_inputs_alone():
    load, temperature = np.array([0.2, 0.8]), np.array([330.0, 350.0])
    clock_at(COMPACT, load, COMPACT.cap, temperature)
    assert np.array_equal(load, [0.2, 0.8]) and np.array_equal(temperature, [330.0, 350.0])
