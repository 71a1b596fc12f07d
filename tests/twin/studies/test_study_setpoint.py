"""The set-point: cost by hand from a year, the minimum inside where summers are warm, parts that rise and fall."""

import json

import numpy as np
import pytest

from twin.annual.year import OVERHEAD, year
from twin.studies import setpoint
from twin.studies._climate import SITES, with_chiller
from viz import chart


@pytest.fixture(scope="module")
def found(gb300):
    return setpoint.study(gb300, 4)


def test_the_cost_is_that_of_the_year_at_that_supply(found, gb300):
    supply = float(found.supply_temperature[2])
    alone = year(with_chiller(gb300).with_("site", "phoenix").with_("cooling.supply_temperature", supply))
    total = float(alone.rack_power.mean()) + sum(float(alone[name].mean()) for name in OVERHEAD)
    by_hand = total / float((alone.utilization * alone.clock_min).mean())
    ours = float(found.site_power_per_work.sel(site="Phoenix")[2])
    assert ours < by_hand < 1.06 * ours  # the slowest GPU does less than the mean one
    assert ours == pytest.approx(total / float(alone.work_mean), rel=1e-9)
    assert float(found.annual_pue.sel(site="Phoenix")[2]) == pytest.approx(float(alone.annual_pue), rel=1e-9)


def test_hot_sites_want_warm_water_and_cold_sites_cold(found):
    best = found.best_supply_temperature
    assert float(best.sel(site="Luleå")) < float(best.sel(site="Singapore"))
    for site in ("Phoenix", "Singapore"):
        cost = found.site_power_per_work.sel(site=site).values
        assert cost[0] > cost.min() < cost[-1]


def test_leakage_and_pumps_rise_with_the_supply_and_chillers_fall(found):
    parts = found.part_power
    assert (parts.sel(part="leakage").diff("supply_temperature") > 0).all()
    assert (parts.sel(part="pumps").diff("supply_temperature") > -1e-6).all()
    assert (parts.sel(part="chillers").diff("supply_temperature") <= 1e-6).all()


def test_pue_alone_would_choose_another_set_point(found):
    """PUE does not see leakage: its minimum lies at warmer water, so the study is no detour."""
    pue = found.supply_temperature[found.annual_pue.argmin("supply_temperature")]
    assert (pue.values >= found.best_supply_temperature.values).all()
    assert (pue.values > found.best_supply_temperature.values).any()


def test_excess_is_zero_at_the_best_supply_only(found):
    assert (found.excess.min("supply_temperature") == 0).all()
    at_best = found.excess.sel(supply_temperature=found.best_supply_temperature)
    np.testing.assert_array_equal(at_best, np.zeros(len(SITES)))
    np.testing.assert_allclose(found.least, found.site_power_per_work.min("supply_temperature"))


def test_the_answer_and_the_picture_hold_the_best_supplies(found):
    for site in SITES.values():
        assert f"{float(found.best_supply_temperature.sel(site=site)) - 273.15:.0f} °C in {site}" in found.answer
    marks = json.loads(found.chart)["panels"][0]["marks"]
    assert [mark["x"] for mark in marks] == found.best_supply_temperature.values.tolist()
    assert len(chart(found).axes) == 2
