"""Siting: hours counted by hand from the weather, order along supply and climate, what the answer says."""

import json

import numpy as np
import pytest

from twin.build.weather import site_weather
from twin.spec.load import load
from twin.studies import siting
from twin.studies._climate import SITES, climates, with_chiller
from viz import chart

SUPPLIES = (298.15, 318.15)


@pytest.fixture(scope="module")
def found(gb300):
    return siting.study(gb300, SUPPLIES, (0.0,))


def test_free_hours_are_those_with_colder_air_than_the_cooler_needs(found, gb300):
    """The coolers' approach at this heat is one number, so free hours are a count of the weather: 1.5 MW with coolers
    of 2.9 MW at 5.5 K need less than that; the facility supply is 5 K below the coolant."""
    for name in SITES.values():
        air = site_weather(climates(gb300)[name]).dry_bulb
        for supply in SUPPLIES:
            free = float(found.free_cooling_hours.sel(climate=name, supply_temperature=supply))
            facility = supply - gb300.facility.approach
            assert np.sum(air < facility - 5.5) <= free <= np.sum(air < facility), (name, supply)


def test_a_count_without_the_approach_of_the_unit_would_be_refused(found, gb300):
    """The mutant of the check above: air against the coolant itself, beyond the upper bound."""
    air = site_weather(climates(gb300)["Phoenix"]).dry_bulb
    free = float(found.free_cooling_hours.sel(climate="Phoenix", supply_temperature=298.15))
    assert np.sum(air < 298.15) > 1.1 * free


def test_every_hour_is_held_and_is_either_free_or_chilled(found):
    assert (found.missed_hours == 0).all()
    # a chiller may run although the coolers alone would do, as it takes less than their fans
    assert (found.free_cooling_hours + found.chiller_hours >= 8760).all()


def test_warmer_supply_adds_free_hours_and_hot_climates_gain_most(found):
    free, pue = found.free_cooling_hours, found.annual_pue
    assert (free.diff("supply_temperature") >= 0).all()
    gain = pue.isel(supply_temperature=0) - pue.isel(supply_temperature=-1)
    assert float(gain.sel(climate="Singapore")) > 0.05 > float(gain.sel(climate="Luleå"))
    assert (pue >= 1).all()
    np.testing.assert_allclose(found.overhead_share, pue - 1)


def test_a_plant_with_a_chiller_is_kept_and_one_without_gets_it(gb300):
    own = gb300.with_("facility.plant", "tower-chiller")
    assert with_chiller(own) is own
    added = with_chiller(gb300.with_("facility.plant", "dry").with_("facility.loops", 3)).facility.plant
    assert added.chillers == 3
    assert added.dry_cooler == gb300.facility.plant.dry_cooler
    assert added.chiller == load("gb300-nvl72").with_("facility.plant", "dry-chiller").facility.plant.chiller


def test_the_answer_and_the_picture_hold_the_numbers(found):
    assert f"{100 * float(found.free_cooling_share.sel(climate='Phoenix')[0]):.0f}\u202f% in Phoenix" in found.answer
    assert f"PUE {float(found.annual_pue.isel(supply_temperature=0).sel(climate='Luleå')):.3f} (Luleå)" in found.answer
    assert [panel["x"] for panel in json.loads(found.chart)["panels"]] == ["free_cooling_share", "overhead_share"]
    widths = [bar.get_width() for bar in chart(found).axes[0].patches]
    assert sorted(widths) == pytest.approx(sorted(100 * found.free_cooling_share.values.ravel()))
