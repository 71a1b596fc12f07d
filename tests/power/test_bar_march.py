"""A bar through instants, held against `power.solve_busbar` at each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from power import Shelf, shelf_loss, solve_busbar
from power.bar_march import FedBar, follow_bar

SHELF = Shelf(
    rated_power=33e3,
    supplies=6,
    output_voltage=50.0,
    source_resistance=3e-4,
    loss_constant=0.0064,
    loss_quadratic=0.0256,
)
ENDS = np.array([0, 7])
RESISTANCE = np.where(np.isin(np.arange(8), ENDS), 4e-4, np.inf)
BAR = FedBar(np.full(8, 50.0), RESISTANCE, np.full(8, 1e-4), np.arange(1, 7), SHELF, ENDS, np.ones(2), np.ones(2))
COPPER = np.stack([np.full(7, 2e-5), np.full(7, 2.2e-5)])


def direct(load, resistance=COPPER):
    share = np.linspace(0, 1, len(load))[:, None]
    nodes = np.zeros((len(load), 8))
    nodes[:, BAR.load_node] = load
    sections = resistance[0] * (1 - share) + resistance[1] * share
    return solve_busbar(sections, nodes, BAR.source_voltage, BAR.source_resistance, BAR.contact_resistance)


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_every_instant_is_solved_as_if_alone(seed, rough):
    random = np.random.default_rng(seed)
    load = 5e3 + 2e3 * np.sin(np.arange(60)[:, None] / 9) + rough * random.uniform(-2e3, 5e3, (60, 6))
    found, bus = follow_bar(BAR, load, COPPER, np.full(8, 50.0)), direct(load)
    assert found.failed == -1
    np.testing.assert_allclose(found.voltage, bus.node_voltage.min(axis=1), rtol=1e-10)
    np.testing.assert_allclose(found.section_current, np.abs(bus.section_current).max(axis=1), rtol=1e-8)
    given_ = (bus.node_voltage * bus.source_current)[:, ENDS]
    np.testing.assert_allclose(found.shelf_power, given_, rtol=1e-8)
    np.testing.assert_allclose(found.taken, (given_ + shelf_loss(SHELF, given_)).sum(axis=1), rtol=1e-9)
    warm = direct(load, COPPER * 1.001)
    assert np.abs(found.voltage / warm.node_voltage.min(axis=1) - 1).max() > 1e-8


def test_power_balances_to_round_off():
    load = np.random.default_rng(2).uniform(0, 9e3, (200, 6))
    found = follow_bar(BAR, load, COPPER, np.full(8, 50.0))
    np.testing.assert_allclose(found.taken, load.sum(axis=1) + found.lost, rtol=1e-10)


def test_instants_without_a_stride_lie_between_their_neighbours():
    load = np.repeat(np.linspace(4e3, 4.04e3, 41)[:, None], 6, axis=1)
    strides = np.where(np.arange(41) % 10 == 0, 10, 0)
    strides[0] = 1
    found, bus = follow_bar(BAR, load, COPPER, np.full(8, 50.0), strides), direct(load)
    np.testing.assert_allclose(found.voltage, bus.node_voltage.min(axis=1), rtol=1e-8)
    np.testing.assert_allclose(found.taken, load.sum(axis=1) + found.lost, rtol=1e-12)


@pytest.mark.parametrize("at", [0, 3, 9])
def test_the_first_instant_without_an_answer_is_told(at):
    load = np.full((10, 6), 1e3)
    load[at:] = 1e6
    assert follow_bar(BAR, load, COPPER, np.full(8, 50.0)).failed == at


def test_a_load_just_below_the_most_is_carried():
    """One source of 50 V behind 0.5 ohm: 1250 W at 25 V is the most."""
    one = FedBar(
        np.full(1, 50.0), np.full(1, 0.5), np.zeros(1), np.zeros(1, int), SHELF, np.zeros(1, int), *np.ones((2, 1))
    )
    load = np.array([[100.0], [1249.9], [1249.999], [1250.1]])
    found = follow_bar(one, load, np.empty((2, 0)), np.full(1, 50.0))
    assert found.failed == 3
    np.testing.assert_allclose(found.voltage[1:3], 25 * (1 + np.sqrt(1 - load[1:3, 0] / 1250)), rtol=1e-7)
