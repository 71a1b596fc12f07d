"""What the spec refuses in a feed, and that a feed of the catalogue is taken by its name."""

import pytest

import twin
from twin.spec.errors import SpecError
from twin.spec.feed import branch_names
from twin.spec.load import loads
from twin.spec.write import to_toml

SPEC = twin.load("gb300-nvl72")


def test_a_feed_of_the_catalogue_is_taken_by_its_name():
    exemplar = SPEC.with_("feed", "nvidia-exemplar").feed
    assert (exemplar.racks, exemplar.rows, exemplar.transformer, exemplar.ups) == (8, 4, None, None)
    assert (exemplar.utility_capacity, exemplar.switchboard_capacity, exemplar.row_capacity) == (750e3, 1.6e6, 450e3)
    assert SPEC.with_("feed", "dc-row-800v").feed.dc_row.source_voltage == 800.0
    assert SPEC.with_("feed", "none").feed is None


@pytest.mark.parametrize("name", ["unit-substation", "nvidia-exemplar", "dc-row-800v"])
def test_a_feed_written_and_read_back_is_the_same(name):
    spec = SPEC.with_("feed", name)
    assert loads(to_toml(spec), spec.name) == spec


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("feed.rows", 17, r"feed.rows = 17: must be ≤ racks = 16"),
        ("feed.hall_voltage", "415 kV", r"feed.hall_voltage = 415000 V: must be ≤ utility_voltage = 34500 V.*its unit"),
        ("feed.transformer", "none", r"feed.utility_voltage = 34500 V: must be hall_voltage = 415 V"),
        ("feed.busway", "none", r"feed.busway and rack_pitch stand together"),
        ("feed.rack_cable", "none", r"feed.rack_cable and rack_length are missing"),
        ("feed.open_branch", "row-cabel-1", r"feed.open_branch = 'row-cabel-1': must be one of cable, transformer"),
        ("feed.power_factor", 0, r"feed.power_factor = 0: must be > 0"),
        ("feed", "unit-station", r"no such model 'unit-station' \(near names: unit-substation"),
        ("rack.hold_up.lowest_voltage", "500 V", r"lowest_voltage = 500 V: must be < voltage = 430 V"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path_and_a_mend(path, value, said):
    with pytest.raises(SpecError, match=said):
        SPEC.with_(path, value)


def test_a_dc_row_fits_its_racks():
    direct = SPEC.with_("feed", "dc-row-800v")
    with pytest.raises(SpecError, match=r"feed.racks = 15: must be 16, rows times dc_row.racks"):
        direct.with_("feed.racks", 15)
    with pytest.raises(SpecError, match="dc_row and rectifier stand together"):
        direct.with_("feed.rectifier", "none")


def test_branches_are_named_from_the_utility_to_the_racks():
    assert branch_names(SPEC.with_("feed", "nvidia-exemplar").feed)[:2] == ("cable", "row-cable-1")
    assert branch_names(SPEC.feed)[-3:] == ("rack-cable-16", "cooling-cable", "cooling-ups-cable")
    assert "busway-16" in branch_names(SPEC.feed)
    assert branch_names(SPEC.with_("feed", "dc-row-800v").feed)[-2:] == ("row-cable-2", "cooling-cable")


def test_the_plant_may_hang_on_another_feed_or_all_behind_the_ups():
    assert "cooling-cable" not in branch_names(SPEC.with_("feed.cooling_board", "none").feed)
    assert branch_names(SPEC.with_("feed.cooling_board.on_ups", "all").feed)[-1] == "cooling-ups-cable"
    with pytest.raises(SpecError, match=r"feed.cooling_board.on_ups = some: must be one of 'none', 'pumps', 'all'"):
        SPEC.with_("feed.cooling_board.on_ups", "some")


def test_a_farad_is_one_where_a_capacitance_is_asked_for():
    assert SPEC.with_("rack.hold_up.capacitance", "0.003 F").rack.hold_up.capacitance == 0.003
    with pytest.raises(SpecError, match="easily misread"):
        SPEC.with_("cooling.supply_temperature", "45 F")
