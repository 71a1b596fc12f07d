"""Supplies and busbars by name: one setting makes a rack that agrees with itself, and every number may follow."""

import pytest

import twin
from power import Busbar
from twin.build.electric import bus_columns
from twin.layout.parts import parts
from twin.spec.checks import feed_problems
from twin.spec.errors import SpecError
from twin.spec.hardware import Supply
from twin.spec.load import loads, sources
from twin.spec.models import models
from twin.spec.provenance import STATUSES
from twin.spec.write import to_toml
from twin.sweeps.grid import axis_values

HEAD = 'inherit = "gb300-nvl72"\n'
GB300 = twin.load("gb300-nvl72")
NAMES = tuple(models(Supply))
PLACES = {"shelves-50v": "slots", "shelves-54v": "slots", "sidecar-800v": "sidecar", "row-800v": "row"}
VOLTS = {"shelves-50v": 50.0, "shelves-54v": 54.0, "sidecar-800v": 800.0, "row-800v": 800.0}


@pytest.mark.parametrize("system", ["gb300-nvl72", "vr-nvl72"])
@pytest.mark.parametrize("name", NAMES)
def test_one_setting_gives_a_rack_that_agrees_with_itself_and_is_written_whole(system, name):
    spec = twin.load(system).with_("rack.supply", name)
    rack = spec.rack
    assert (rack.supply.place, rack.shelf.output_voltage) == (PLACES[name], VOLTS[name])
    assert rack.busbar.voltage_min < rack.shelf.output_voltage <= rack.busbar.voltage_max
    assert {origin.source for origin in spec.provenance.values()} <= sources().keys()
    assert {origin.status for origin in spec.provenance.values()} <= set(STATUSES)
    again = loads(to_toml(spec), spec.name)
    assert again == spec
    assert dict(again.provenance) == dict(spec.provenance)


def test_a_supply_of_50_v_shelves_is_what_the_system_has():
    assert GB300.with_("rack.supply", "shelves-50v").rack == GB300.rack


def test_numbers_set_after_the_supply_lie_over_it():
    spec = GB300.with_("rack.supply", "sidecar-800v").with_("rack.busbar.rated_current", "300 A")
    assert (spec.rack.busbar.rated_current, spec.rack.busbar.voltage_min) == (300.0, 720.0)
    assert spec.provenance["rack.busbar.rated_current"].status == "user"
    assert spec.provenance["rack.busbar.voltage_min"].status == "assumed"


@pytest.mark.parametrize("supply", ['supply = "sidecar-800v"', 'supply.model = "sidecar-800v"'])
def test_a_file_lays_the_supply_over_its_system_and_itself_over_the_supply(supply):
    spec = loads(f'{HEAD}[rack]\n{supply}\nshelf.rated_power = "330 kW"\n[rack.busbar]\nvoltage_min = "700 V"')
    assert spec.rack.supply == Supply(place="sidecar", liquid_fraction=0.0)
    assert (spec.rack.shelf.rated_power, spec.rack.shelf.supplies) == (330e3, 48)
    assert (spec.rack.busbar.voltage_min, spec.rack.busbar.voltage_max) == (700.0, 840.0)
    assert loads(to_toml(spec), spec.name) == spec


def test_what_a_file_says_of_the_supply_lies_over_its_model():
    spec = loads(f'{HEAD}[rack.supply]\nmodel = "sidecar-800v"\nliquid_fraction = 0.8')
    assert spec.rack.supply.liquid_fraction == 0.8


def test_from_800_v_every_kind_of_tray_has_another_converter():
    trays = GB300.with_("rack.supply", "sidecar-800v").rack.trays
    assert {tray.intermediate_bus.efficiency for tray in trays} == {0.97}
    assert [tray.chips for tray in trays] == [tray.chips for tray in GB300.rack.trays]


def test_on_a_row_nothing_in_the_rack_converts_or_stores():
    rack = GB300.with_("rack.supply", "row-800v").rack
    assert (rack.hold_up, rack.store, rack.direct_current) == (None, None, True)
    assert (rack.shelf.loss_constant, rack.shelf.loss_quadratic) == (0.0, 0.0)


@pytest.mark.parametrize(("name", "part"), [("sidecar-800v", "sidecar"), ("row-800v", "row-tap")])
def test_beside_the_slots_the_supply_is_one_part_at_the_top_and_trays_keep_their_slots(name, part):
    own, place = parts(GB300.rack), parts(GB300.with_("rack.supply", name).rack)
    assert (place.shelf, place.shelf_slot.tolist(), place.shelf_in_service.tolist()) == ((part,), [1], [True])
    assert place.slots == own.slots
    assert place.tray_slot.tolist() == own.tray_slot.tolist()


def test_a_bar_on_liquid_keeps_the_window_of_its_supply():
    rack = GB300.with_("rack.supply", "shelves-54v").with_("rack.busbar", "liquid-5ka").rack
    assert (rack.busbar.rated_current, rack.busbar.voltage_max) == (5000.0, 55.6)
    assert rack.bar_coolant.volume_flow == pytest.approx(5e-3 / 60)


def test_a_board_without_a_bar_takes_the_voltage_but_no_bar_on_liquid():
    board = twin.load("hgx-h100")
    made = board.with_("rack.supply", "shelves-50v")
    assert (made.rack.shelf.output_voltage, made.rack.busbar) == (50.0, None)
    with pytest.raises(SpecError, match=r"rack.busbar: this model changes a busbar, and the rack has none"):
        board.with_("rack.busbar", "liquid-5ka")


@pytest.mark.parametrize(
    ("first", "path", "value", "says"),
    [
        (None, "rack.supply", "sidecar", r"rack.supply.model: no such model 'sidecar' \(near names: sidecar-800v"),
        (None, "rack.supply", "none", r"rack.supply = none: must be the name of a model \(shelves-50v, .* \(place"),
        (None, "rack.supply.place", "roof", "must be one of 'slots', 'sidecar', 'row'"),
        ("sidecar-800v", "stack.top-shelves.in_service", False, "there are no shelves in the slots; set it to true"),
        ("sidecar-800v", "rack.shelf.output_voltage", "700 V", "must be > busbar.voltage_min = 720 V"),
        ("row-800v", "rack.supply.liquid_fraction", 2, "must be ≥ 0 and ≤ 1"),
        ("row-800v", "rack.supply.liquid_fraction", 0.5, r"is a sidecar's, and supply.place = row; set it to none$"),
        (None, "rack.supply.liquid_fraction", 0.5, r"supply.place = slots; set it to none, and shelf_liquid"),
        ("sidecar-800v", "rack.busbar", "none", r"supply.place = sidecar: it feeds the top of a busbar, and the rack"),
        ("sidecar-800v", "rack.supply", "shelves-54v", r"the rack is on a sidecar, whose ratings .*; start from the"),
        ("row-800v", "rack.supply", "shelves-50v", r"rack.supply = shelves-50v: .* on a row, whose ratings .* stay"),
    ],
)  # fmt: skip
def test_an_unfit_supply_is_refused_with_what_would_fit(first, path, value, says):
    spec = GB300 if first is None else GB300.with_("rack.supply", first)
    with pytest.raises(SpecError, match=says):
        spec.with_(path, value)


def test_a_file_with_an_unknown_supply_names_the_table():
    with pytest.raises(SpecError, match=r"rack.supply.model: no such model 'sun'"):
        loads(f'{HEAD}[rack]\nsupply = "sun"')


@pytest.mark.parametrize("name", ["sidecar-800v", "row-800v"])
def test_a_board_without_a_bar_takes_nothing_that_feeds_the_top_of_one(name):
    board, says = (
        twin.load("hgx-h100"),
        "feeds the top of a busbar, and the rack has none; take shelves, such as shelves",
    )
    with pytest.raises(SpecError, match=rf"^rack\.supply = {name}: {says}"):
        board.with_("rack.supply", name)
    with pytest.raises(SpecError, match=says):
        loads(f'inherit = "hgx-h100"\n[rack]\nsupply = "{name}"')
    with pytest.raises(SpecError, match=r"supply.place = sidecar: it feeds the top of a busbar"):
        board.with_("rack.supply.place", "sidecar")


def test_from_a_sidecar_to_a_row_nothing_of_the_sidecar_stays():
    direct, over = (
        spec.with_("rack.supply", "row-800v") for spec in (GB300, GB300.with_("rack.supply", "sidecar-800v"))
    )
    assert over.rack == direct.rack


def test_a_bank_out_of_service_takes_its_share_of_the_store_along():
    rack, half = GB300.rack, GB300.with_("stack.top-shelves.in_service", False).rack
    assert rack.store_in_service is rack.store
    for name in ("capacity", "charge_power", "discharge_power", "standing_loss"):
        assert getattr(half.store_in_service, name) == pytest.approx(getattr(rack.store, name) / 2)
    assert half.store_in_service.target_charge == rack.store.target_charge
    assert twin.load("hgx-h100").rack.store_in_service is None
    beside = GB300.with_("rack.supply", "sidecar-800v").rack
    assert beside.store_in_service is beside.store


def test_coolant_along_a_bar_that_is_not_there_is_refused():
    liquid = GB300.with_("rack.busbar", "liquid-5ka")
    with pytest.raises(SpecError, match="bar_coolant: there is no busbar to cool; set bar_coolant = none"):
        liquid.with_("rack.busbar", "none")


@pytest.mark.parametrize(
    ("supply", "feed", "says"),
    [
        (
            "row-800v",
            "unit-substation",
            r"the rack takes direct current, its feed gives .*; set feed = dc-row-800v, or",
        ),
        ("shelves-50v", "dc-row-800v", r"the rack's shelves take alternating current; set rack.supply = row-800v, or"),
        ("sidecar-800v", "dc-row-800v", r"the rack's sidecar takes alternating current; set rack.supply = row-800v"),
    ],
)
def test_alternating_and_direct_current_do_not_mix_and_the_way_out_is_named(supply, feed, says):
    spec = GB300.with_("rack.supply", supply).with_("feed", feed)
    with pytest.raises(SpecError, match=says):
        bus_columns([spec], parts(spec.rack))


def test_a_row_outside_the_window_of_the_bar_is_refused():
    spec = GB300.with_("feed", "dc-row-800v").with_("rack.supply", "row-800v")
    assert feed_problems(spec) == []
    (problem,) = feed_problems(spec.with_("feed.dc_row.source_voltage", "850 V"))
    assert problem.startswith("feed.dc_row.source_voltage = 850 V: must be > rack.busbar.voltage_min = 720 V and ≤")


def test_any_supply_goes_without_a_feed():
    alone = GB300.with_("feed", "none")
    assert [feed_problems(alone.with_("rack.supply", name)) for name in NAMES] == [[]] * 4


def test_supplies_can_be_swept_by_name():
    assert axis_values(GB300, "rack.supply", "shelves-54v, row-800v") == ["shelves-54v", "row-800v"]
    with pytest.raises(SpecError, match="must be the name of a model"):
        axis_values(GB300, "rack.supply", "shelves-54v, roof")


def test_every_number_of_a_model_has_a_source():
    def numbers(table):
        for value in table.values():
            if isinstance(value, dict):
                yield from [value] if "value" in value else numbers(value)

    found = [number for kind in (Supply, Busbar) for number in numbers(models(kind))]
    assert len(found) > 30
    assert {number["source"] for number in found} <= sources().keys()
    assert {number["status"] for number in found} <= set(STATUSES)
