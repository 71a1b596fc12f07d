"""Heat reuse: shares and heat-pump power by hand from the facility return, heat that closes, ERE that does not move."""

import json

import numpy as np
import pytest

from twin.studies import heat_reuse
from viz import chart


@pytest.fixture(scope="module")
def found(gb300):
    return heat_reuse.study(gb300, 3)


def by_hand(back: float, want: float, home: float, approach: float = heat_reuse.APPROACH) -> tuple[float, float]:
    """Share by the exchanger, and electricity over heat delivered."""
    source = back - approach
    reached = min(max(source, home), want)
    direct = (reached - home) / (want - home)
    performance = heat_reuse.CARNOT_SHARE * want / (want - source) if source < want else np.inf
    return direct, (1 - direct) / performance


def test_shares_and_heat_pump_power_follow_from_the_facility_return(found):
    for i, (want, home) in enumerate(heat_reuse.DISTRICTS):
        for k, back in enumerate(found.facility_return_temperature.values):
            direct, power = by_hand(back, want, home)
            assert float(found.direct_share[i, k]) == pytest.approx(direct, abs=1e-9)
            assert float(found.heat_pump_share[i, k]) == pytest.approx(power, abs=1e-9)


def test_the_lines_of_the_exchanger_begin_where_it_begins_to_give(found):
    """No two lines lie over one another at nothing: each has at most one zero, at its start."""
    for share, drawn in zip(found.direct_share.values, found.direct_drawn.values, strict=True):
        known = np.isfinite(drawn)
        np.testing.assert_array_equal(drawn[known], share[known])
        assert (share[~known] == 0).all()
        assert (drawn[known] == 0).sum() <= 1
        assert not drawn[known][1:].size or (drawn[known][1:] > 0).all()
    assert np.isnan(found.direct_drawn.values).any()


def test_an_exchanger_without_its_approach_would_be_refused(found):
    want, home = heat_reuse.DISTRICTS[1]
    _, power = by_hand(float(found.facility_return_temperature[1]), want, home, approach=0.0)
    assert abs(power - float(found.heat_pump_share[1, 1])) > 0.01


def test_the_facility_returns_near_the_coolant_and_all_heat_is_taken(found, gb300):
    """The return is the coolant's less what the unit's exchanger keeps; delivered is heat plus heat-pump power."""
    rise = gb300.cooling.return_temperature - gb300.cooling.supply_temperature
    gap = found.supply_temperature + rise - found.facility_return_temperature
    assert (gap > 1).all()
    assert (gap < 5).all()
    heat = found.delivered_heat * (1 - found.heat_pump_share)
    assert (heat > 115e3).all()
    np.testing.assert_allclose(heat, heat.isel(district=0).broadcast_like(heat).transpose(*heat.dims), rtol=1e-6)


def test_warmer_supply_never_takes_more_electricity_and_warmer_loops_never_less(found):
    assert (found.heat_pump_share.diff("supply_temperature") <= 1e-12).all()
    assert (found.heat_pump_share.diff("district") >= -1e-12).all()
    assert float(found.heat_pump_share[0, -1]) == 0.0  # 50 °C from a return of 57 °C is free


def test_ere_does_not_show_the_price_of_the_heat_pump(found):
    assert np.ptp(found.annual_ere.values) < heat_reuse.FLAT
    assert (found.annual_ere > 0).all()
    assert np.ptp(found.annual_pue.values) > 0.2
    assert "ERE does not show its price" in found.answer


def test_the_answer_and_the_picture_hold_the_numbers(found, gb300):
    own = gb300.cooling.supply_temperature
    power = [np.interp(own, found.supply_temperature, row) for row in found.heat_pump_share.values]
    for value, name in zip(power, found.district.values, strict=True):
        assert name in found.answer
        assert f"{100 * value:.1f}\u202f% as electricity" in found.answer
    assert json.loads(found.chart)["panels"][0]["limits"][0]["value"] == own
    assert len(chart(found).axes) == 2
