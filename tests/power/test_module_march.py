"""Modules through instants, held against `power.clock_at` and `power.smooth_power`; traffic by hand."""

import numpy as np
import pytest

from power import CompactChip, PowerSmoothing, chip_power, clock_at, module_kernels, smooth_power, smoothing_start
from power.module_march import Links, march_modules, module_law, thinned_smoothing

FLOOR = PowerSmoothing(
    tmp_ceiling=1390.0,
    tmp_floor=0.6,
    ramp_up_rate=2000.0,
    ramp_down_rate=3000.0,
    ramp_down_hysteresis=0.2,
    secondary_power_floor=0.0,
    primary_floor_activation_window=0.0,
    primary_floor_target_window=0.0,
    primary_floor_activation_offset=0.0,
)
COUNT, PARTS, TICKS, STEP = 6, 100, 3, 1e-3
CHIP = CompactChip(*(np.full(COUNT, part) for part in (1400.0, 44.0, 1244.0, 156.0, 0.02, 333.15, 0.3)))
FACTOR = np.linspace(0.95, 1.05, COUNT)
TRAY = np.array([0, 0, 0, 1, 1, 1])
SENDERS, SWITCH = np.array([1, 2, 3, 4]), np.array([5])
WORKING = (np.arange(COUNT) != 5).astype(float)
LOAD = np.interp(np.arange(PARTS * TICKS + 1), [0, 60, 70, 180, 200, 301], [1.0, 1.0, 0.2, 0.2, 1.0, 1.0])
DIES = 335.0 + np.arange(TICKS + 1)[:, None] * np.linspace(0.5, 2.0, COUNT)
BUDGET = np.full(COUNT, 1400.0)
#: Leakage as a straight line over a stride in which dies warm by 0.1 K: 1e-4 W of the 400 W of a module, or less.
STRAIGHT = 3e-7


def law(energy=0.0, critical=0.5):
    received = (np.ones((4, 4)) - np.eye(4)) / 3 + np.eye(4)
    links = Links(
        gpu=SENDERS,
        others=SWITCH,
        sends=np.ones(4),
        handled=np.concatenate([received, np.full((4, 1), 2.0)], axis=1) * 1e12,
        critical=np.diag([critical, 0.1, 0.1, 0.1]),
        link_job=np.zeros(4, int),
        gpu_job=np.zeros(4, int),
        energy=np.full(COUNT, energy),
        media=None,
    )
    return module_law(CHIP, FACTOR, WORKING, TRAY, links)


def weights(parts):
    middle = np.full(parts + 1, 1.0 / parts)
    middle[[0, -1]] /= 2
    return np.stack([middle, middle])


def marched(modules, smoothing=None, load=LOAD):
    series = load[:, None], np.zeros(COUNT, int)
    return march_modules(modules, series, (DIES, BUDGET), (weights(PARTS), STEP), smoothing)


def dies():
    return np.stack([np.interp(np.arange(LOAD.size) / PARTS, np.arange(TICKS + 1), die) for die in DIES.T], axis=1)


def demands(load=LOAD):
    share = load[:, None] * WORKING
    clock = clock_at(CHIP, share, BUDGET, dies(), FACTOR)
    return chip_power(CHIP, share, clock, dies(), FACTOR), clock


def test_without_links_and_smoothing_every_module_is_its_own():
    found, (power, clock) = marched(law()), demands()
    np.testing.assert_allclose(found.tray, np.add.reduceat(power, [0, 3], axis=1), rtol=STRAIGHT)
    np.testing.assert_allclose(found.power, power[-1], rtol=1e-12)
    np.testing.assert_allclose(found.clock, clock[::PARTS], rtol=1e-12)
    hotter = np.add.reduceat(demands(np.roll(LOAD, 1))[0], [0, 3], axis=1)
    assert np.abs(found.tray / hotter - 1).max() > 1e-3


def test_strides_jump_only_where_nothing_but_temperature_moves():
    strides = marched(law()).strides
    assert strides.sum() == LOAD.size
    assert strides.max() > 1
    moving = np.flatnonzero(np.diff(LOAD) != 0) + 1
    assert (strides[moving] == 1).all()


def test_behind_smoothing_senders_draw_what_the_machine_gives():
    start = smoothing_start(FLOOR, demands()[0][0, SENDERS], STEP)
    found, (power, _) = marched(law(), (FLOOR, start)), demands()
    given = smooth_power(FLOOR, power[1:, SENDERS].T, STEP, start)
    power[:, SENDERS] = np.concatenate([start.power[None], given.power.T])
    np.testing.assert_allclose(found.tray, np.add.reduceat(power, [0, 3], axis=1), rtol=STRAIGHT)
    np.testing.assert_allclose(found.held[1:], (given.phase == 2).mean(axis=0))
    for name in ("power", "quiet", "armed", "recent"):
        np.testing.assert_allclose(getattr(found.state, name), getattr(given.state, name), rtol=1e-9, err_msg=name)


def test_a_window_of_one_instant_sees_the_demand_of_the_instant(monkeypatch):
    """A target window of one step puts the floor at the demand itself: nothing is burnt."""
    inner, kept = module_kernels.march, []
    monkeypatch.setattr(module_kernels, "march", lambda *told: (kept.append(len(told[-1][-1])), inner(*told)))
    short = PowerSmoothing(**{**vars(FLOOR), "primary_floor_target_window": STEP})
    start = smoothing_start(short, demands()[0][0, SENDERS], STEP)._replace(armed=np.ones(4, bool))
    found, (power, _) = marched(law(), (short, start)), demands()
    given = smooth_power(short, power[1:, SENDERS].T, STEP, start)
    power[:, SENDERS] = np.concatenate([start.power[None], given.power.T])
    np.testing.assert_allclose(found.tray, np.add.reduceat(power, [0, 3], axis=1), rtol=STRAIGHT)
    assert found.held.max() == 0
    assert kept == [LOAD.size - 1]


def test_links_draw_what_the_clocks_send():
    """1 pJ/B: a sender handles its own 1e12 B/s and what it receives, the switch twice all, at the clock of each."""
    found = marched(law(1e-11))
    plain, sent = demands()[0], np.zeros((LOAD.size, 4))
    for _ in range(20):
        link = np.zeros((LOAD.size, COUNT))
        link[:, SENDERS] = 10 * (sent + (sent.sum(axis=1, keepdims=True) - sent) / 3)
        link[:, 5] = 20 * sent.sum(axis=1)
        share = LOAD[:, None] * WORKING
        clock = clock_at(CHIP, share, BUDGET, dies(), FACTOR, link)
        sent = LOAD[:, None] * clock[:, SENDERS]
    power = chip_power(CHIP, share, clock, dies(), FACTOR, link)
    np.testing.assert_allclose(found.tray, np.add.reduceat(power, [0, 3], axis=1), rtol=1e-6)
    assert np.abs(found.tray / np.add.reduceat(plain, [0, 3], axis=1) - 1).max() > 1e-3


def test_a_jam_slows_all_traffic_of_its_job():
    """The busiest link is offered 1.6 times its bandwidth at full load and clock."""
    slow = CHIP._replace(dynamic_full=np.full(COUNT, 600.0))
    jammed = law(1e-11, critical=1.6)._replace(work=module_law(slow, FACTOR, WORKING, TRAY, law(1e-11, 1.6).links).work)
    found = marched(jammed, load=np.full_like(LOAD, 1.0))
    np.testing.assert_allclose(found.delivered, 1 / 1.6, rtol=1e-6)
    free = marched(jammed, load=np.full_like(LOAD, 0.5))
    np.testing.assert_allclose(free.delivered, 1.0)
    assert found.power[5] - free.power[5] == pytest.approx(20 * 4 * (1 / 1.6 - 0.5), rel=1e-5)


def test_a_thinned_state_keeps_every_so_many_demands():
    long = PowerSmoothing(**{**vars(FLOOR), "primary_floor_target_window": 0.02})
    state = smoothing_start(long, 500.0, 1e-3)._replace(recent=np.arange(20.0))
    assert thinned_smoothing(long, state, 1e-3, 1) is state
    thin = thinned_smoothing(long, state._replace(recent=np.arange(20.0)[None]), 5e-3, 5)
    np.testing.assert_array_equal(thin.recent[0], [4, 9, 14, 19])
