"""What the DC bus has to spare: hold-up and store by hand, damping against eigenvalues."""

import numpy as np
import pytest

import power
import twin
from power.converter_bandwidth import ConverterControl, controlled_eigenvalues
from twin.build.model import build_model
from twin.couple.bus import bus_damping, bus_numbers, bus_warnings, modal_damping
from twin.couple.steady import solve_steady

SPEC, BOARD = twin.load("gb300-nvl72"), twin.load("hgx-h100")


@pytest.fixture(scope="module")
def board():
    return solve_steady(build_model([BOARD]))


def test_hold_up_and_store_by_hand():
    tree = twin.solve(SPEC)
    summary, shelf = tree["summary"], tree["power"].shelf_power.values.max()
    assert float(summary.hold_up_time) == pytest.approx(2.4e-3 * (430**2 - 320**2) / 2 / (shelf / 6), rel=1e-12)
    given = min(132e3, float(summary.rack_power))
    assert float(summary.store_time) == pytest.approx(0.5 * 72 * 65 * 0.98 / given, rel=1e-12)
    swing = float(summary.rack_power) / 2
    assert float(summary.store_flattened_frequency) == pytest.approx(swing / 4 / 4680, rel=1e-12)
    assert float(summary.bus_voltage_margin) == pytest.approx(tree["power"].tray_voltage.values.min() - 47.5, rel=1e-12)


def test_a_shelf_lost_shortens_the_hold_up():
    lost = SPEC.with_("rack.stack.top-shelves.in_service", False)
    both = solve_steady(build_model([SPEC])), solve_steady(build_model([lost]))
    whole, half = (bus_numbers(solved, [spec]) for solved, spec in zip(both, (SPEC, lost), strict=True))
    assert half["hold_up_time"][0] == pytest.approx(whole["hold_up_time"][0] / 2, rel=0.05)
    assert half["store_time"][0] == pytest.approx(whole["store_time"][0], rel=1e-12)  # half the energy, half the rating
    assert half["store_flattened_frequency"][0] == pytest.approx(2 * whole["store_flattened_frequency"][0], rel=0.02)
    assert half["bus_damping_margin"][0] != whole["bus_damping_margin"][0]


def test_what_a_rack_does_not_have_has_no_number(board):
    bare = BOARD.with_("rack.hold_up", "none").with_("rack.swing", "none")
    found = bus_numbers(board, [bare])
    assert all(np.isnan(value[0]) for value in found.values())
    assert bus_warnings(found, [bare]) == [""]


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_the_margin_of_one_bus_is_one_where_its_eigenvalues_cross(board, share):
    """With `share` of the capacitance at which the margin is one, the bus is stable or not."""
    swing = BOARD.rack.swing
    margin = float(bus_damping(board.model, board, [BOARD])[0])
    spec = BOARD.with_("rack.swing.capacitance", swing.capacitance / margin * share)
    assert float(bus_damping(board.model, board, [spec])[0]) == pytest.approx(share, rel=1e-9)
    shelves = int(board.model.parts.shelf_in_service.sum())
    bar = power.bar_circuit(
        [], [], spec.rack.swing.capacitance, BOARD.rack.shelf.output_voltage,
        [BOARD.rack.shelf.source_resistance / shelves], swing.source_inductance / shelves,
    )  # fmt: skip
    load = power.BarLoad(0.0, float(board.outcome.boards.tray_power.sum()))
    assert (power.bar_eigenvalues(bar, load).real.max() < 0) == (share > 1)


def test_a_bus_that_swings_is_warned_of_with_the_capacitance_that_holds_it():
    spec = SPEC.with_("rack.swing.capacitance", "1 mF")
    summary = twin.solve(spec)["summary"]
    said = next(line for line in summary.warnings.item().splitlines() if "swing against the bus" in line)
    wanted = float(said.split("above ")[1].split(" mF")[0])
    assert wanted == pytest.approx(1 / float(summary.bus_damping_margin), rel=0.05)
    assert "swing against" not in twin.solve(SPEC)["summary"].warnings.item()


@pytest.fixture(scope="module")
def rack():
    return solve_steady(build_model([SPEC]))


def eigenvalues(solved, spec):
    """Of the whole rack, with a thousandth of a tray's capacitance where there is no tray, and without clips."""
    model, bus, swing = solved.model, solved.outcome.boards.feed.bus, spec.rack.swing
    at = model.parts.tray_slot - 1
    store, drawn = np.full(model.parts.slots, 1e-3 * swing.capacitance), np.zeros(model.parts.slots)
    store[at], drawn[at] = swing.capacitance, solved.outcome.boards.tray_power[0]
    bar = power.bar_circuit(
        bus.section_loss[0] / bus.section_current[0] ** 2, swing.bar_inductance * model.section_length, store,
        model.source_voltage[0], model.source_resistance[0], swing.source_inductance,
    )  # fmt: skip
    control = ConverterControl(bandwidth=swing.converter_bandwidth, open_conductance=0.0)
    found = controlled_eigenvalues(bar, power.BarLoad(0.0, drawn), control)
    swings = found[np.abs(found.imag) > 1]
    return (-swings.real / np.abs(swings)).min()


@pytest.mark.parametrize(("millifarads", "kilohertz"), [(8, 10), (8, 100), (2, 10), (0.5, 1)])
def test_the_least_damped_mode_of_the_slots_is_that_of_the_ladder(rack, millifarads, kilohertz):
    spec = SPEC.with_("rack.swing.capacitance", 1e-3 * millifarads)
    spec = spec.with_("rack.swing.converter_bandwidth", 1e3 * kilohertz)
    bare = rack._replace(model=rack.model._replace(contact_resistance=0 * rack.model.contact_resistance))
    found = modal_damping(bare.model, bare, [spec])
    assert found["bus_modal_damping"][0] == pytest.approx(eigenvalues(rack, spec), abs=3e-4)
    clipped = modal_damping(rack.model, rack, [spec])
    assert clipped["bus_modal_damping"][0] > found["bus_modal_damping"][0]


def test_slower_converters_hold_a_bar_that_faster_ones_swing(rack):
    spec = SPEC.with_("rack.swing.capacitance", "2 mF")
    fast, slow = (spec.with_("rack.swing.converter_bandwidth", f"{kilohertz} kHz") for kilohertz in (10, 1))
    found = [modal_damping(rack.model, rack, [one])["bus_modal_damping"][0] for one in (fast, slow)]
    assert found[0] < 0 < found[1]


def test_racks_without_a_bandwidth_have_no_modes(rack):
    spec = SPEC.with_("rack.swing.converter_bandwidth", "none")
    found = modal_damping(rack.model, rack, [spec])
    assert all(np.isnan(values[0]) for values in found.values())


def test_slots_that_swing_are_warned_of_with_their_frequency_and_the_bandwidth_assumed(rack):
    """As one bus it holds."""
    spec = SPEC.with_("rack.swing.capacitance", "4 mF")
    summary = bus_numbers(rack, [spec])
    assert summary["bus_damping_margin"][0] > 1 > 0 > summary["bus_modal_damping"][0]
    (said,) = bus_warnings(summary, [spec])
    assert "swing against one another at 3.08 kHz" in said
    assert "if they hold their power up to 10 kHz" in said
