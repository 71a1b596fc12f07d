"""A rack on shelves, on a sidecar, on a row, and its bar on liquid: currents and losses by hand, and the first law."""

import io

import numpy as np
import pytest
from rich.console import Console
from twin_racks import steady

import power
import thermal
import twin
from twin.build.model import group_key
from twin.cli.headline import print_headline
from twin.couple import electric
from twin.couple.closure import energy_closure
from twin.couple.feed import feed_state
from twin.spec.errors import SpecError

GB300 = twin.load("gb300-nvl72")
NAMES = ("shelves-50v", "shelves-54v", "sidecar-800v", "row-800v")
CLOSED = 1e-12


def on(name):
    spec = GB300.with_("rack.supply", name)
    return spec.with_("feed", "dc-row-800v") if name == "row-800v" else spec


@pytest.fixture(scope="module")
def solved():
    return {name: steady(on(name)) for name in NAMES}


@pytest.fixture(scope="module")
def trees():
    return {name: twin.solve(on(name)) for name in ("sidecar-800v", "row-800v")}


def down_the_bar(rack, drawn, slots, warm):
    """Currents of the sections and voltages of the slots of a bar fed at its top, slot by slot from the bottom."""
    bar, volts = rack.busbar, np.full(slots, 800.0)
    ohms = 2 * bar.resistivity / bar.cross_section * rack.slot_pitch
    ohms = ohms * (1 + bar.temperature_coefficient * (warm - 293.15))
    for _ in range(30):
        clip = (volts - np.sqrt(volts**2 - 4 * bar.contact_resistance * drawn)) / 2 / bar.contact_resistance
        section = np.cumsum(clip[::-1])[::-1][1:]
        volts[0] = 800.0 - rack.shelf.source_resistance * clip.sum()
        volts[1:] = volts[0] - np.cumsum(ohms * section)
    return section, volts, float(ohms @ section**2), float(bar.contact_resistance * (clip**2).sum())


@pytest.mark.parametrize("name", ["sidecar-800v", "row-800v"])
def test_currents_and_losses_of_a_bar_fed_at_its_top_by_hand(solved, name):
    rack, found = on(name).rack, solved[name]
    out, place = found.outcome.boards, found.model.parts
    drawn = np.zeros(place.slots)
    drawn[place.tray_slot - 1] = out.tray_power[0]
    section, volts, lost, clips = down_the_bar(rack, drawn, place.slots, found.outcome.next.section[0])
    bus = out.feed.bus
    np.testing.assert_allclose(bus.section_current[0], section, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(bus.node_voltage[0], volts, rtol=1e-12)
    assert float(bus.section_loss.sum()) == pytest.approx(lost, rel=1e-7)
    assert float(bus.contact_loss.sum()) == pytest.approx(clips, rel=1e-9)
    assert section[0] == pytest.approx(drawn.sum() / 800, rel=3e-3)
    output = drawn.sum() + lost + clips
    load = output / rack.shelf.rated_power
    mine = rack.shelf.rated_power * (rack.shelf.loss_constant + rack.shelf.loss_quadratic * load**2)
    assert float(out.feed.shelf_loss.sum()) == pytest.approx(mine, rel=1e-9)
    assert float(electric.rack_power(out.feed)[0]) == pytest.approx(output + mine, rel=1e-9)


def test_the_converters_of_the_trays_lose_what_their_efficiency_says(solved):
    out = solved["sidecar-800v"].outcome
    modules = out.chips.power.sum()
    assert float(out.boards.converter_loss.sum()) == pytest.approx(modules * (1 / 0.97 - 1), rel=1e-12)


def test_a_row_gives_the_rack_its_power_without_a_loss_in_it(solved, trees):
    feed, total = solved["row-800v"].outcome.boards.feed, trees["row-800v"]["summary"]
    assert not feed.shelf_loss.any()
    assert float(total.rack_power) == float(total.rack_power_dc)
    assert float(total.shelf_loss_total) == 0
    state = feed_state(on("row-800v").feed, (float(total.rack_power),), (float(total.rack_power),))
    racks = np.array([element.kind == "rack" for element in state.elements])
    np.testing.assert_allclose(state.power[0, racks], float(total.rack_power), rtol=1e-12)
    assert float(total.feed_power) == pytest.approx(
        16 * float(total.rack_power + total.feed_loss) + float(total.feed_cooling_power), rel=1e-9
    )
    assert np.isnan(float(total.hold_up_time))


def test_peak_currents_follow_the_voltage(solved):
    peaks = {name: float(electric.peak_current(found.model, found.outcome)[0]) for name, found in solved.items()}
    factor = GB300.rack.peak_power / GB300.rack.design_power
    held = float(solved["sidecar-800v"].outcome.boards.feed.bus.section_current.max())
    assert peaks["sidecar-800v"] == pytest.approx(factor * held, rel=1e-3)
    assert peaks["shelves-50v"] / peaks["shelves-54v"] == pytest.approx(54 / 50, rel=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_energy_closes_on_every_supply(solved, name):
    found = solved[name]
    assert abs(energy_closure(found.model, found.outcome)[0]) < CLOSED
    feed, boards = found.outcome.boards.feed, found.outcome.boards
    total = float(boards.liquid_heat[0, 0] + boards.air_heat[0, 0])
    assert total == pytest.approx(float(electric.rack_power(feed)[0]), rel=CLOSED)


def test_a_sidecar_leaves_its_heat_where_its_share_says():
    shares = (0.0, 0.75, "none")
    specs = [on("sidecar-800v").with_("rack.supply.liquid_fraction", share) for share in shares]
    found = steady(*specs)
    boards = found.outcome.boards
    lost = boards.feed.shelf_loss.sum(axis=1)
    trays = boards.tray_liquid.sum(axis=1)
    expected = [0.0, 0.75, GB300.rack.shelf_liquid_fraction] * lost
    np.testing.assert_allclose(boards.liquid_heat[:, 0] - trays, expected, atol=1e-6)
    assert np.abs(energy_closure(found.model, found.outcome)).max() < CLOSED


def test_a_sidecar_whose_heat_is_forgotten_breaks_the_balance(monkeypatch):
    feed = electric.feed

    def cold(*given):
        out = feed(*given)
        return out._replace(lost=out.lost - out.shelf_loss.sum(axis=1, keepdims=True))

    monkeypatch.setattr("twin.couple.rack.feed", cold)
    found = steady(on("sidecar-800v"))
    assert abs(energy_closure(found.model, found.outcome)[0]) > 0.01


def test_a_liquid_bar_is_as_warm_as_its_coolant_makes_it_and_warmest_at_the_top():
    spec = GB300.with_("rack.busbar", "liquid-5ka")
    found = steady(spec)
    rack, liquid, supply = spec.rack, thermal.coolant("water"), spec.cooling.supply_temperature
    current = found.outcome.boards.feed.bus.section_current[0]
    rate = rack.bar_coolant.volume_flow * float(thermal.density(liquid, supply) * thermal.heat_capacity(liquid, supply))
    upward = power.liquid_bar_temperature(rack.busbar, current[::-1], rack.slot_pitch, rate, supply)
    warm = found.outcome.next.section[0]
    np.testing.assert_allclose(warm[::-1], upward.conductor_temperature, rtol=1e-7)
    assert supply < warm[-1] < upward.coolant_temperature[-1] < supply + 1
    bus, boards = found.outcome.boards.feed.bus, found.outcome.boards
    lost = float(bus.section_loss.sum() + bus.contact_loss.sum())
    assert float(boards.liquid_heat.sum() - boards.tray_liquid.sum()) == pytest.approx(lost, rel=1e-6)
    assert float(upward.section_loss.sum()) == pytest.approx(float(bus.section_loss.sum()), rel=2e-3)
    assert abs(energy_closure(found.model, found.outcome)[0]) < CLOSED


def test_less_coolant_makes_a_warmer_bar_and_racks_of_a_batch_do_not_mix():
    specs = [GB300.with_("rack.busbar", "liquid-5ka").with_("bar_coolant.volume_flow", f) for f in (8e-5, 1e-6)]
    both = steady(*specs)
    assert both.outcome.next.section[1, 0] > both.outcome.next.section[0, 0] + 2
    for i, spec in enumerate(specs):
        alone = steady(spec)
        np.testing.assert_allclose(both.outcome.next.section[i], alone.outcome.next.section[0], rtol=1e-7)


def test_copper_without_temperature_coefficient_may_stand_beside_copper_with_one():
    liquid = GB300.with_("rack.busbar", "liquid-5ka")
    plain = liquid.with_("rack.busbar.temperature_coefficient", 0.0)
    both, alone = steady(liquid, plain), steady(plain)
    np.testing.assert_allclose(both.outcome.next.section[1], alone.outcome.next.section[0], rtol=1e-7)


def test_what_cannot_share_a_batch_has_another_key():
    keys = {
        group_key(spec) for spec in (GB300, on("sidecar-800v"), on("row-800v"), GB300.with_("busbar", "liquid-5ka"))
    }
    assert len(keys) == 4
    assert group_key(on("shelves-54v")) == group_key(GB300)


def test_the_four_supplies_are_solved_as_one_table():
    specs = [on(name) for name in NAMES]
    table = twin.solve_batch(specs)
    current = table.busbar_section_current_max.values
    np.testing.assert_allclose(current[2:] / current[0], 2 * 50 / 800, rtol=0.02)
    assert table.rack_power.values[3] < table.rack_power.values[0] < table.rack_power.values[2]
    with pytest.raises(SpecError, match=r"set rack.supply = row-800v, or feed = unit-substation"):
        twin.solve_batch([GB300.with_("feed", "dc-row-800v")])


def test_a_sidecar_beyond_its_rating_is_warned_of():
    tree = twin.solve(on("sidecar-800v").with_("rack.shelf.rated_power", "100 kW"))
    assert "sidecar: 132.2 kW through what is rated 100 kW" in str(tree["summary"].warnings.item())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sidecar-800v", ["rack power, AC", "of it of the sidecar", "load of the supply", "sidecar, rated 264 kW"]),
        ("row-800v", ["rack power, from a DC row", "% of the DC power", "row-tap, rated 264 kW", "800 V DC"]),
    ],
)
def test_the_table_says_what_supplies_the_rack(trees, name, said):
    paper = io.StringIO()
    print_headline(Console(file=paper, width=140), trees[name], on(name), None)
    missing = [text for text in said if text not in paper.getvalue()]
    assert not missing
