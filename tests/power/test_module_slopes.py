"""The slopes of modules are how their lines change with their dies, also in a ramp of power smoothing."""

import numpy as np
import pytest

from power import CompactChip, PowerSmoothing, smoothing_start
from power.module_march import Links, march_modules, module_law

COUNT, PARTS, TICKS, STEP = 4, 100, 4, 1e-3
CHIP = CompactChip(*(np.full(COUNT, part) for part in (1400.0, 44.0, 1044.0, 156.0, 0.02, 333.15, 0.3)))
FLOOR = PowerSmoothing(
    tmp_ceiling=1390.0,
    tmp_floor=0.6,
    ramp_up_rate=2000.0,
    ramp_down_rate=1500.0,
    ramp_down_hysteresis=0.35,
    secondary_power_floor=0.0,
    primary_floor_activation_window=0.0,
    primary_floor_target_window=0.0,
    primary_floor_activation_offset=0.0,
)
#: The load falls within the second step of the packages; the ramp goes on into the fourth.
LOAD = np.interp(np.arange(PARTS * TICKS + 1), [0, 140, 150, 401], [1.0, 1.0, 0.2, 0.2])[:, None]
DIES = 338.0 + np.arange(TICKS + 1)[:, None] * np.linspace(0.5, 1.0, COUNT)
WARMER = 0.01


def marched(dies, budget):
    none = np.zeros(0, int)
    links = Links(
        gpu=np.arange(COUNT),
        others=none,
        sends=np.zeros(COUNT),
        handled=np.zeros((COUNT, COUNT)),
        critical=np.zeros((0, COUNT)),
        link_job=none,
        gpu_job=np.zeros(COUNT, int),
        energy=np.zeros(COUNT),
        media=None,
    )
    modules = module_law(CHIP, np.ones(COUNT), np.ones(COUNT), np.zeros(COUNT, int), links)
    middle = np.full(PARTS + 1, 1 / PARTS)
    middle[[0, -1]] /= 2
    start = smoothing_start(FLOOR, np.full(COUNT, min(budget, 1234.0)), STEP)
    series = LOAD, np.zeros(COUNT, int)
    cut = np.stack([middle, middle]), STEP
    return march_modules(modules, series, (dies, np.full(COUNT, budget)), cut, (FLOOR, start))


@pytest.mark.parametrize("budget", [1400.0, 1150.0], ids=["demand", "clocks held by the budget"])
def test_lines_change_with_dies_as_slopes_say_through_a_ramp(budget):
    cold, hot = marched(DIES, budget), marched(DIES + WARMER, budget)
    change, slope = (hot.lines - cold.lines) / WARMER, (hot.slopes + cold.slopes) / 2
    np.testing.assert_allclose(change[1:], slope[1:], rtol=0.02, atol=0.02)
    ramp = slope[2]
    assert (ramp > 3).all() if budget == 1400.0 else (np.abs(ramp) < 0.02).all()
