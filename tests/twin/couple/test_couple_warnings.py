"""What a reviewer is told: more than the design power, more flow than the policy allows, the peak of this load."""

import pytest

import twin
from twin.spec.types import Factory


def told(spec: Factory) -> str:
    return str(twin.solve(spec)["summary"].warnings.item())


def test_the_default_rack_is_warned_of_its_peak_and_of_nothing_else(gb300: Factory) -> None:
    (line,) = told(gb300).splitlines()
    assert line.startswith("at this load's peak of ")
    assert line.endswith("A on a 1 400 A bar")


def test_a_peak_of_the_load_above_the_quoted_one_is_told() -> None:
    line, feed = told(twin.load("gb200-nvl72")).splitlines()
    assert line.startswith("at this load's peak of 194 kW, above the quoted 192 kW: ")
    assert feed.startswith("at this load's peak (EDPp) all racks are 113% of what transformer of the feed is rated for")


def test_a_peak_that_is_hardly_above_the_quoted_one_looks_above_it(gb300: Factory) -> None:
    said = told(gb300.with_("rack.stack.top-shelves.in_service", False))
    assert "at this load's peak of 155.5 kW, above the quoted 155 kW: " in said


def test_more_than_the_design_power_is_told_from_two_per_cent_on(gb300: Factory) -> None:
    drawn = float(twin.solve(gb300)["summary"].rack_power)
    assert "design power" not in told(gb300.with_("rack.design_power", drawn / 1.019))
    assert "2% above the rack's design power" in told(gb300.with_("rack.design_power", drawn / 1.022))


def test_a_fixed_flow_above_the_greatest_of_the_policy_is_told(gb300: Factory) -> None:
    assert "above cooling.flow_maximum" not in told(gb300.with_("cooling.volume_flow", "200 L/min"))
    assert "300 L/min is above cooling.flow_maximum, 200 L/min" in told(gb300.with_("cooling.volume_flow", "300 L/min"))


@pytest.mark.parametrize("thing", ["gb300-nvl72", None, 3])
def test_what_is_no_spec_is_refused_with_the_way_to_load_one(thing: object) -> None:
    with pytest.raises(twin.SpecError, match=r"is no spec: load one with twin\.load"):
        twin.solve(thing)
