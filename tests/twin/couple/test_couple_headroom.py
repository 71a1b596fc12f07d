"""Headroom, each form checked by solving again at the reported value: one limit is just met, none is broken.

The margins are written out here from powers, currents and the spec's limits, not taken from the package.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.optimize import newton
from twin_racks import LITRE_PER_MINUTE, ac_power, changed, grid, steady

import power
import thermal
import twin
from twin.build.model import Model, build_model
from twin.couple import fixed_point, headroom
from twin.couple.headroom import controlled_headroom, without_derating
from twin.couple.steady import Steady, solve_steady
from twin.spec.errors import SpecError
from twin.spec.types import Factory

#: Share of the allowed rise; the controls are found to 1e-8 and margins are of their order.
MET = 1e-6
FORMS = ("headroom_temperature", "supply_temperature_max", "coolant_flow_min", "headroom_power")
GPU = "chips.gpu.package."
WARM_PLANT = {"limits.coolant_return": 357.15, "limits.supply_maximum": 353.15}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "gb200": ("gb200-nvl72", {}),
    "gb300": ("gb300-nvl72", {}),
    "vr": ("vr-nvl72", {}),
    "hgx": ("hgx-h100", {}),
    "cool": ("gb300-nvl72", {"cooling.supply_temperature": 298.15, "facility.plant": "dry-chiller"}),
    "half load": ("gb300-nvl72", {"load.utilization": 0.5}),
    "idle": ("gb300-nvl72", {"load.utilization": 0.0}),
    "thick interface": ("gb300-nvl72", {GPU + "tim_thickness": 2e-3}),
    "low hot spot limit": ("gb300-nvl72", {"limits.hotspot": 355.15}),
    "low memory limit": ("gb300-nvl72", {"limits.memory": 345.15}),
    "wide supply range": ("gb300-nvl72", WARM_PLANT),
    "little flow": ("gb300-nvl72", {"cooling.volume_flow": 70 * LITRE_PER_MINUTE}),
    "bank lost": ("gb300-nvl72", {"rack.stack.top-shelves.in_service": False}),
    "weak bar": ("gb300-nvl72", {"rack.busbar.rated_current": 1000.0}),
    "narrow window": ("gb300-nvl72", {"rack.busbar.voltage_min": 49.88}),
    "small shelves": ("gb300-nvl72", {"rack.shelf.rated_power": 15e3}),
}


class Case(NamedTuple):
    spec: Factory
    value: dict[str, float]
    by: dict[str, str]
    free: Steady


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    system, changes = CASES[request.param]
    spec = changed(system, changes)
    summary = twin.solve_batch([spec]).isel(case=0)
    values = {form: float(summary[form]) for form in FORMS}
    names = {form: str(summary[f"{form}_limited_by"].values) for form in FORMS}
    return Case(spec, values, names, solve_steady(build_model([spec])._replace(derate=False)))


def margins(spec: Factory, solved: Steady) -> dict[str, float]:
    """Return the share of what each limit allows that is left, by part and limit."""
    out, place = solved.outcome, solved.model.parts
    supply, limits, rise, watts = float(solved.model.supply[0, 0]), spec.limits, out.plates.rise, out.chips.power[0]
    found: dict[str, float] = {}

    def add(name: str, parts: Any, used: Any, allowed: float) -> None:
        left = 1 - np.ravel(used) / allowed
        found.update({f"{part}: {name}": float(x) for part, x in zip(parts, left, strict=True) if not np.isnan(x)})

    add("die mean temperature", place.chip, rise.die[0] * watts, limits.junction - supply)
    add("hot spot temperature", place.chip, rise.spot[0] * watts, limits.hotspot - supply)
    add("memory temperature", place.chip, rise.memory[0] * watts, limits.memory - supply)
    back = float(out.next.coolant_return[0, 0])
    add("coolant return temperature", ["rack"], back - supply, limits.coolant_return - supply)
    shelf, bar, bus = spec.rack.shelf, spec.rack.busbar, out.boards.feed.bus
    add("shelf output", place.shelf, out.boards.feed.shelf_power[0], shelf.rated_power)
    if bar is not None:
        sections = [f"slots {i}-{i + 1}" for i in range(1, place.slots)]
        add("busbar section current", sections, np.abs(bus.section_current[0]), bar.rated_current)
        drop = shelf.output_voltage - bus.load_voltage[0, place.tray_slot - 1]
        add("bus voltage window", place.tray, drop, shelf.output_voltage - bar.voltage_min)
    plates = [chip.plate for tray in spec.rack.trays for chip in tray.chips]
    least, most = np.array([(plate.flow_min, plate.flow_max) for plate in plates]).T
    add("plate validity, least flow", place.chip, least[place.chip_type] / out.plates.chip_flow[0], 1.0)
    add("plate validity, greatest flow", place.chip, out.plates.chip_flow[0] / most[place.chip_type], 1.0)
    return found


def tightest(found: dict[str, float]) -> tuple[str, float]:
    name = min(found, key=lambda key: found[key])
    return name, found[name]


def at_supply(case: Case, supply: float) -> Steady:
    held = build_model([case.spec])._replace(derate=False, fixed_flow=case.free.outcome.next.flow)
    return solve_steady(held._replace(supply=np.array([[supply]])))


def at_flow(case: Case, flow: float) -> Steady:
    return solve_steady(build_model([case.spec])._replace(derate=False, fixed_flow=np.array([[flow]])))


def at_scale(case: Case, scale: float) -> Steady:
    """Scale what GPUs and CPUs draw for their work; leakage follows from the temperatures."""
    model: Model = build_model([case.spec])._replace(derate=False, fixed_flow=case.free.outcome.next.flow)
    factor = np.where(np.array(model.parts.chip_kind) == "switch", 1.0, scale)
    chip = model.chip
    scaled = {name: factor * getattr(chip, name) for name in ("cap", "dynamic_idle", "dynamic_full")}
    return solve_steady(model._replace(chip=chip._replace(**scaled)))


def scale_of(case: Case, extra: float) -> float:
    """Return the factor at which the rack draws that much more; power is nearly linear in it, so a secant finds it."""
    base = ac_power(case.free)[0]
    return float(newton(lambda s: ac_power(at_scale(case, s))[0] - base - extra, 1.0, x1=1.01, tol=1e-11))


def holds(case: Case, form: str, solved: Callable[[float], Steady], value: float, beyond: float) -> None:
    """The named limit is just met at the value, no other is broken, and beyond it something is."""
    found = margins(case.spec, solved(value))
    least = tightest(found)[1]
    assert abs(least) < MET
    assert found[case.by[form]] < least + MET
    assert tightest(margins(case.spec, solved(beyond)))[1] < -MET


def test_headroom_temperature_is_the_least_distance_to_a_temperature_limit(case: Case) -> None:
    out, limits, supply = case.free.outcome, case.spec.limits, case.spec.cooling.supply_temperature
    rise, watts, chips = out.plates.rise, out.chips.power[0], case.free.model.parts.chip
    left = {"rack: coolant return temperature": limits.coolant_return - float(out.next.coolant_return[0, 0])}
    for name, per_watt, bound in (
        ("die mean", rise.die, limits.junction),
        ("hot spot", rise.spot, limits.hotspot),
        ("memory", rise.memory, limits.memory),
    ):
        values = bound - supply - per_watt[0] * watts
        left |= {f"{c}: {name} temperature": v for c, v in zip(chips, values, strict=True) if not np.isnan(v)}
    name, least = tightest(left)
    assert case.value["headroom_temperature"] == pytest.approx(least, abs=1e-6)
    assert case.by["headroom_temperature"] == name


def test_greatest_supply_temperature_just_meets_its_limit(case: Case) -> None:
    form, value = "supply_temperature_max", case.value["supply_temperature_max"]
    if np.isnan(value):
        assert case.by[form].startswith("none: ")
        low, high = case.spec.limits.supply_minimum, case.spec.limits.supply_maximum
        for supply in np.linspace(low, high, 8):
            assert tightest(margins(case.spec, at_supply(case, supply)))[1] < 0
    elif case.by[form] == "supply range":
        assert value == pytest.approx(case.spec.limits.supply_maximum, rel=1e-9)
        assert tightest(margins(case.spec, at_supply(case, value)))[1] > -MET
    else:
        holds(case, form, lambda supply: at_supply(case, supply), value, value + 0.05)


def test_least_flow_just_meets_its_limit(case: Case) -> None:
    form, value = "coolant_flow_min", case.value["coolant_flow_min"]
    if np.isnan(value):
        assert case.by[form].startswith("none: ")
        most = case.spec.cooling.flow_maximum * float(
            thermal.density(case.free.model.coolant, case.spec.cooling.supply_temperature)
        )
        for flow in np.linspace(0.5, 1.0, 4) * most:
            assert tightest(margins(case.spec, at_flow(case, flow)))[1] < 0
    else:
        holds(case, form, lambda flow: at_flow(case, flow), value, 0.999 * value)


def test_power_to_spare_just_meets_its_limit(case: Case) -> None:
    form, value = "headroom_power", case.value["headroom_power"]
    if np.isnan(value):
        assert case.by[form].startswith("none: ")
        for scale in (1e-3, 0.5, 1.0):
            assert tightest(margins(case.spec, at_scale(case, scale)))[1] < 0
    else:
        scale = scale_of(case, value)
        holds(case, form, lambda factor: at_scale(case, factor), scale, 1.001 * scale)


def test_a_mutant_that_is_one_kelvin_off_is_seen(gb300: Factory) -> None:
    spec = changed(gb300, WARM_PLANT)
    row = twin.solve_batch([spec]).isel(case=0)
    case = Case(spec, {}, {}, solve_steady(build_model([spec])._replace(derate=False)))
    for shift in (-1.0, 1.0):
        least = tightest(margins(spec, at_supply(case, float(row.supply_temperature_max) + shift)))[1]
        assert abs(least) > 1000 * MET


@pytest.mark.parametrize(
    ("changes", "form", "limit"),
    [
        ({"rack.stack.top-shelves.in_service": False}, "headroom_power", "busbar section current"),
        ({"rack.shelf.rated_power": 15e3}, "headroom_power", "shelf output"),
        ({"rack.busbar.voltage_min": 49.88}, "headroom_power", "bus voltage window"),
        ({"limits.memory": 345.15}, "supply_temperature_max", "memory temperature"),
        ({"limits.hotspot": 359.15}, "coolant_flow_min", "hot spot temperature"),
        ({"load.utilization": 0.0}, "coolant_flow_min", "asic-0: die mean temperature"),
        (
            {"load.utilization": 0.0, "cooling.supply_temperature": 293.15},
            "coolant_flow_min",
            "plate validity, least flow",
        ),
        ({}, "coolant_flow_min", "coolant return temperature"),
    ],
)
def test_limited_by_names_the_limit_that_was_made_tight(
    gb300: Factory, changes: dict[str, Any], form: str, limit: str
) -> None:
    row = twin.solve_batch([changed(gb300, changes)]).isel(case=0)
    assert str(row[f"{form}_limited_by"].values).endswith(limit)


def test_power_to_spare_is_negative_when_the_bar_carries_more_than_its_rating(gb300: Factory) -> None:
    spec = changed(gb300, {"chips.gpu.power.tdp": 1700.0})
    row = twin.solve_batch([spec]).isel(case=0)
    assert float(row.rack_power_dc) > 150e3
    assert float(row.headroom_power) < -10e3
    assert "A bar" in str(row.warnings.values)


def test_headroom_is_without_derating(gb300: Factory) -> None:
    spec = changed(gb300, {GPU + "tim_thickness": 2e-3})
    row = twin.solve_batch([spec]).isel(case=0)
    assert float(row.junction_temperature_max) == pytest.approx(spec.limits.junction, rel=1e-9)
    assert float(row.headroom_temperature) < -1
    assert "derated" in str(row.warnings.values)


def test_a_bar_slightly_over_its_rating_is_mended_by_a_cooler_supply(gb300: Factory) -> None:
    """Below the cap a cooler rack leaks less, so its bar carries less."""
    half = changed(gb300, load=0.5)
    warm = twin.solve_batch([half])
    cool = twin.solve_batch([changed(half, {"cooling.volume_flow": warm.coolant_volume_flow.item()}, supply=25.0)])
    currents = [row.busbar_section_current_max.item() for row in (warm, cool)]
    rating = sum(currents) / 2
    assert currents[0] > rating + 2
    row = twin.solve_batch([changed(half, {"rack.busbar.rated_current": rating})]).isel(case=0)
    assert 298 < float(row.supply_temperature_max) < 318


@pytest.mark.parametrize("limit", ["junction", "hotspot", "memory", "coolant_return"])
@pytest.mark.parametrize("below", [0.0, 1.0])
def test_a_limit_at_or_below_the_supply_is_refused(gb300: Factory, limit: str, below: float) -> None:
    """No rise is allowed then, so that the share of it that is left means nothing."""
    with pytest.raises(SpecError, match=limit):
        changed(gb300, {f"limits.{limit}": gb300.cooling.supply_temperature - below})


#: What the spec does not refuse yet.


@pytest.mark.parametrize("voltage", [40.0, 47.0, 47.5, 51.6, 60.0])
def test_sources_outside_the_voltage_window_are_refused_when_the_spec_is_made(gb300: Factory, voltage: float) -> None:
    """A window of negative width would count as kept; at its lower end no drop is allowed."""
    with pytest.raises(SpecError, match=r"output_voltage.*voltage_m(in|ax)|voltage_m(in|ax).*output_voltage"):
        changed(gb300, {"rack.shelf.output_voltage": voltage})


def test_a_window_that_leaves_the_sources_outside_is_refused_when_the_spec_is_made(gb300: Factory) -> None:
    for end, value in (("voltage_min", 50.0), ("voltage_max", 49.9)):
        with pytest.raises(SpecError, match="voltage"):
            changed(gb300, {f"rack.busbar.{end}": value})


@pytest.mark.parametrize("voltage", [47.6, 51.5])
def test_sources_inside_the_voltage_window_are_taken(gb300: Factory, voltage: float) -> None:
    """The upper end belongs to the window."""
    assert changed(gb300, {"rack.shelf.output_voltage": voltage}).rack.shelf.output_voltage == voltage


@pytest.mark.parametrize("limit", [328.15, 330.15, 335.15])
def test_a_limit_that_less_power_cannot_mend_gives_no_value_and_a_reason(gb300: Factory, limit: float) -> None:
    """The switches, whose power the factor does not reach, stand above a low limit by themselves."""
    row = twin.solve_batch([changed(gb300, {"limits.junction": limit})]).isel(case=0)
    assert np.isnan(float(row.headroom_power))
    assert re.match("none: switch-.*: die mean temperature is broken", str(row.headroom_power_limited_by.values))


class Advice(NamedTuple):
    spec: Factory
    warnings: str
    supply: float
    flow: float
    """Of the rack without derating, held by the search [kg/s]."""


@pytest.fixture(scope="module")
def advice(gb300: Factory) -> Advice:
    """A rack whose chips derate, and what it is told."""
    spec = changed(gb300, {GPU + "tim_thickness": 2e-3})
    row = twin.solve_batch([spec]).isel(case=0)
    free = solve_steady(build_model([spec])._replace(derate=False)).outcome.next.flow
    return Advice(spec, str(row.warnings.values), float(row.supply_temperature_max), float(free[0, 0]))


def followed(advice: Advice, supply: float, flow: float) -> Any:
    """Solve with the flow fixed as a volume: the policy would lower it with the supply."""
    liquid, back = thermal.coolant(advice.spec.cooling.coolant), advice.spec.cooling.return_temperature
    for _ in range(3):  # the density at the mean of supply and return, which follows from the flow
        volume = flow / float(thermal.density(liquid, (supply + back) / 2))
        held = changed(advice.spec, {"cooling.volume_flow": volume, "cooling.supply_temperature": supply})
        row = twin.solve_batch([held]).isel(case=0)
        back = float(row.coolant_return_temperature)
    assert float(row.coolant_flow) == pytest.approx(flow, rel=1e-6)
    return row


@pytest.mark.parametrize("off", [-0.05, 0.05])
def test_a_supply_that_is_said_to_mend_a_limit_mends_it_at_the_flow_it_was_sought_at(
    advice: Advice, off: float
) -> None:
    row = followed(advice, advice.supply + off, advice.flow)
    assert (float(row.headroom_temperature) >= 0) == (off < 0)
    assert ("limit 85 °C" in str(row.warnings.values)) == (off > 0)
    assert float(row.headroom_temperature) == pytest.approx(-off, abs=0.01)


def test_a_supply_that_is_said_to_mend_a_limit_mends_it_at_the_flow_said(advice: Advice) -> None:
    """Read from the warning as a user would; it is rounded to the safe side."""
    found = re.search(r"supply at most ([\d.]+) °C at ([\d.]+) kg/s", advice.warnings)
    assert found
    supply, flow = float(found[1]) + 273.15, float(found[2])
    assert advice.supply - 0.1 <= supply <= advice.supply
    assert float(followed(advice, supply, flow).headroom_temperature) >= 0


# The search


def test_a_search_that_does_not_settle_gives_no_value_and_says_so(
    gb300: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = steady(gb300)
    monkeypatch.setattr(fixed_point, "PASSES", 2)
    monkeypatch.setattr(fixed_point, "PLAIN_PASSES", 2)
    for form in controlled_headroom(free):
        assert np.isnan(form.value).all()
        assert form.limited_by == ["none: the search did not settle"]


def test_rows_leave_the_batch_once_they_have_settled_and_keep_their_values(gb300: Factory) -> None:
    """Hot racks, of which some settle late: as alone, and at low load too, where limits take turns."""
    specs = grid(gb300, {"cooling.supply_temperature": [318.15, 322.85], "load.utilization": [0.02, 0.06, 0.5, 1.0]})
    together = controlled_headroom(without_derating(steady(*specs)))
    for i, spec in enumerate(specs):
        alone = controlled_headroom(without_derating(steady(spec)))
        for one, all_ in zip(alone, together, strict=True):
            assert all_.value[i] == pytest.approx(one.value[0], rel=1e-5)
            assert "settle" not in all_.limited_by[i]


def test_a_search_that_settles_late_leaves_the_others_their_values(
    gb300: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passes are cut to what the quickest of the three forms takes, and steady steps settle nothing either."""
    free, takes = steady(gb300), []

    def watched(*given: Any, **named: Any) -> fixed_point.FixedPoint:
        if named.get("plain"):
            return fixed_point.FixedPoint(given[1], np.zeros(len(given[1]), dtype=int), np.empty((0, len(given[1]))))
        takes[:] = [fixed_point.solve_fixed_point(*given, **named)]
        return takes[0]

    monkeypatch.setattr(headroom, "solve_fixed_point", watched)
    whole = controlled_headroom(free)
    counts = takes[0].iterations
    assert counts.min() < counts.max()
    monkeypatch.setattr(fixed_point, "PASSES", int(counts.min()))
    for form, full, count in zip(controlled_headroom(free), whole, counts, strict=True):
        settled = count == counts.min()
        assert (form.limited_by == ["none: the search did not settle"]) != settled
        if settled:
            assert form.value[0] == pytest.approx(full.value[0], rel=1e-6)
            assert form.limited_by == full.limited_by


def test_steady_steps_settle_a_search_that_extrapolation_does_not(
    gb300: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short, the search goes on without extrapolation and comes to the same."""
    free = steady(gb300)
    whole = controlled_headroom(free)
    monkeypatch.setattr(fixed_point, "PASSES", 12)
    monkeypatch.setattr(fixed_point, "DEPTH", 1)
    for form, full in zip(controlled_headroom(free), whole, strict=True):
        assert form.value[0] == pytest.approx(full.value[0], rel=1e-5)


def test_a_search_that_leaves_the_tables_does_not_lose_the_rack(gb300: Factory) -> None:
    """Around 1 500 W at 40 °C and 1 540 W at 48 °C extrapolation once left the coolant's table and the bar's."""
    for watts, supply in ((1500.0, 313.15), (1540.0, 321.15)):
        hot = changed(gb300, {"chips.gpu.power.tdp": watts, "cooling.supply_temperature": supply})
        for form in controlled_headroom(steady(hot)):
            assert np.isfinite(form.value[0]) or form.limited_by[0].startswith("none: ")


def test_the_cooling_asked_for_takes_off_what_the_bar_has_too_much(gb300: Factory) -> None:
    """0.1 % over the limit: so much less leakage; the exponential's second term is about 1 % of it."""
    solved = steady(changed(gb300, load=0.5))
    model, out = solved.model, solved.outcome
    cooler = headroom._cooling_for(model, out, np.array([[1.001]]))
    assert cooler[0, 0] > 0
    drawn = power.leakage_power(model.chip, out.next.junction - cooler, model.leakage_factor)
    saved, excess = (out.chips.leakage - drawn).sum(), out.boards.tray_power.sum() * (1 - 1 / 1.001)
    assert saved == pytest.approx(excess, rel=0.02)


def test_a_bar_at_its_limit_asks_for_no_cooling_and_one_below_it_allows_warming(gb300_steady: Steady) -> None:
    loads = np.array([[0.9], [1.0], [1.1]])
    cooler = [headroom._cooling_for(gb300_steady.model, gb300_steady.outcome, one)[0, 0] for one in loads[:, None]]
    assert cooler[0] < 0
    assert cooler[1] == 0
    assert cooler[2] > 0
    idle = headroom._cooling_for(gb300_steady.model, gb300_steady.outcome, np.zeros((1, 1)))
    assert np.isfinite(idle).all()
