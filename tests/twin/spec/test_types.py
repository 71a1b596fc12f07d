"""What must agree between the fields of a spec."""

import dataclasses

import pytest

import twin
from twin.spec.checks import SLOTS_MAX
from twin.spec.errors import SpecError
from twin.spec.types import StackItem

FACTORY = twin.load("gb300-nvl72")
RACK = FACTORY.rack


def problems_of(item, **changes):
    with pytest.raises(SpecError) as caught:
        dataclasses.replace(item, **changes)
    return caught.value.problems


def stack_with(**changes):
    return tuple(dataclasses.replace(item, **changes.get(item.name.replace("-", "_"), {})) for item in RACK.stack)


def test_a_stack_names_trays_that_exist():
    (problem,) = problems_of(RACK, stack=stack_with(switches={"part": "swich"}))
    assert problem == "stack.switches.part = 'swich': must be one of compute, switch, shelf"


def test_only_shelves_go_out_of_service_and_one_bank_stays():
    (problem,) = problems_of(RACK, stack=stack_with(switches={"in_service": False}))
    assert "only shelves" in problem
    off = {"in_service": False}
    (problem,) = problems_of(RACK, stack=stack_with(top_shelves=off, bottom_shelves=off))
    assert "no shelf is in service" in problem
    assert dataclasses.replace(RACK, stack=stack_with(top_shelves=off))


@pytest.mark.parametrize(
    ("stack", "fields"),
    [
        ({"upper_compute": {"count": 9}}, {"gpus": (72, 68)}),
        ({"switches": {"count": 10}}, {"asics": (18, 20)}),
        ({"switches": {"count": 10}, "lower_compute": {"count": 9}}, {"gpus": (72, 76), "asics": (18, 20)}),
    ],
)
def test_the_stack_holds_the_chips_the_fabric_wants(stack, fields):
    problems = problems_of(RACK, stack=stack_with(**stack))
    assert len(problems) == len(fields)
    for problem, (field, (wanted, found)) in zip(problems, fields.items(), strict=True):
        assert problem.startswith(f"nvlink.{field} = {wanted}: ")
        assert f"set nvlink.{field} = {found}" in problem


def test_names_stand_once():
    assert "trays.compute: the name stands twice" in problems_of(RACK, trays=(*RACK.trays, RACK.trays[0]))[0]
    assert "stack.top-shelves: the name" in problems_of(RACK, stack=(*RACK.stack, RACK.stack[0]))[0]
    tray = RACK.trays[0]
    assert "chips.gpu: the name" in problems_of(tray, chips=(*tray.chips, tray.chips[0]))[0]


def test_no_tray_is_called_shelf():
    shelf = dataclasses.replace(RACK.trays[0], name="shelf")
    assert any("power shelves" in text for text in problems_of(RACK, trays=(shelf, *RACK.trays)))


def test_a_rack_has_an_end():
    many = StackItem(name="more", part="shelf", count=SLOTS_MAX)
    assert f"must be ≤ {SLOTS_MAX}" in problems_of(RACK, stack=(*RACK.stack, many))[0]


def test_the_branch_law_wants_two_points():
    (problem,) = problems_of(RACK, pressure_points=RACK.pressure_points[:1])
    assert "pressure_points has 1 entries: must be 2" in problem


def test_idle_boards_draw_no_more_than_busy_ones():
    tray = RACK.trays[0]
    most = tray.auxiliary_power
    (problem,) = problems_of(tray, auxiliary_idle_power=most + 1)
    assert problem.startswith(f"auxiliary_idle_power = {most + 1:g} W: must be ≤ auxiliary_power = {most:g} W")
    assert dataclasses.replace(tray, auxiliary_idle_power=most).auxiliary_idle_power == most


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"supply_temperature": 323.16}, "cooling.supply_temperature = 50.01 degC: must lie within 15 degC to 50 degC"),
        ({"supply_temperature": 288.14}, "cooling.supply_temperature = 14.99 degC: must lie within"),
        ({"return_temperature": 318.15}, "cooling.return_temperature = 45 degC: must lie above"),
        ({"flow_minimum": 0.01}, "cooling.flow_minimum = 600 L/min: must be ≤ cooling.flow_maximum = 200 L/min"),
    ],
)
def test_the_coolant_agrees_with_itself_and_the_limits(changes, says):
    (problem,) = problems_of(FACTORY, cooling=dataclasses.replace(FACTORY.cooling, **changes))
    assert problem.startswith(says)


def test_the_limits_themselves_are_allowed():
    for edge in (288.15, 323.15):
        assert dataclasses.replace(FACTORY, cooling=dataclasses.replace(FACTORY.cooling, supply_temperature=edge))


def test_with_a_fixed_flow_the_return_temperature_is_free():
    cooling = dataclasses.replace(FACTORY.cooling, return_temperature=300.0, volume_flow=2e-3)
    assert dataclasses.replace(FACTORY, cooling=cooling)


def test_several_contradictions_are_told_together():
    cooling = dataclasses.replace(FACTORY.cooling, supply_temperature=330.0, flow_minimum=0.01)
    assert len(problems_of(FACTORY, cooling=cooling)) == 2
