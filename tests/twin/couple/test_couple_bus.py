"""What the DC bus has to spare: hold-up and store by hand, damping against eigenvalues."""

import numpy as np
import pytest

import power
import twin
from twin.build.model import build_model
from twin.couple.bus import bus_damping, bus_numbers, bus_warnings
from twin.couple.steady import solve_steady

SPEC, BOARD = twin.load("gb300-nvl72"), twin.load("hgx-h100")


@pytest.fixture(scope="module")
def board():
    return solve_steady(build_model([BOARD]))


def test_hold_up_and_store_by_hand():
    tree = twin.solve(SPEC)
    summary, shelf = tree["summary"], tree["power"].shelf_power.values.max()
    assert float(summary.hold_up_time) == pytest.approx(2.4e-3 * (430**2 - 320**2) / 2 / (shelf / 6), rel=1e-12)
    assert float(summary.store_time) == pytest.approx(72 * 65 / float(summary.rack_power), rel=1e-12)
    swing = float(summary.rack_power) / 2
    assert float(summary.store_flattened_frequency) == pytest.approx(swing / 4 / 4680, rel=1e-12)
    assert float(summary.bus_voltage_margin) == pytest.approx(tree["power"].tray_voltage.values.min() - 47.5, rel=1e-12)


def test_a_shelf_lost_shortens_the_hold_up():
    lost = SPEC.with_("rack.stack.top-shelves.in_service", False)
    both = solve_steady(build_model([SPEC])), solve_steady(build_model([lost]))
    whole, half = (bus_numbers(solved, [spec]) for solved, spec in zip(both, (SPEC, lost), strict=True))
    assert half["hold_up_time"][0] == pytest.approx(whole["hold_up_time"][0] / 2, rel=0.05)
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
