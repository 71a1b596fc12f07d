"""`twin show --part`: what hangs on a part and what the rack still delivers without it, read from what is printed."""

import re

import pytest
from cli_runs import in_terminal, said

import twin
from twin.cli.show import _bar_left, part_of
from twin.spec.errors import ConvergenceError


def without(part: str, system: str = "gb300-nvl72") -> dict[str, list[str]]:
    told = said("show", system, "--part", part)
    assert told.code == 0, told.error
    return told.rows()


def numbers(cells: list[str]) -> list[float]:
    """Intact and left."""
    return [float(re.sub(r"(?<=\d) (?=\d{3}\b)", "", cell).split()[0]) for cell in cells[:2]]


@pytest.mark.parametrize(
    ("part", "links", "gpus", "bandwidth"),
    [
        ("cartridge-2", 972, 54, 900),
        ("switch-3", 1152, 72, 800),
        ("switch-1/asic-0", 1224, 72, 850),
        ("compute-05", 1224, 68, 900),
        ("compute-05/gpu-2", 1278, 71, 900),
        ("link 17", 1295, 72, 850),
        ("compute-05/gpu-2 - switch-1/asic-0", 1295, 72, 850),
    ],
)
def test_the_rack_still_delivers_what_the_links_left_carry(part, links, gpus, bandwidth):
    rows = without(part)
    told = said("show", "gb300-nvl72", "--part", part).out.split("without it")[1]
    left = {line.split("  ")[1]: line for line in told.splitlines() if line.startswith("  ")}
    assert numbers(re.split(r" {2,}", left["links"].strip())[1:]) == [1296, links]
    assert numbers(rows["GPUs on the fabric"]) == [72, gpus]
    assert numbers(rows["bandwidth per GPU, least"]) == [900, bandwidth]
    assert numbers(rows["all-to-all rate per GPU"]) == [900, bandwidth]
    assert numbers(rows["all-to-all rate per pair"]) == pytest.approx([900 / 71, bandwidth / (gpus - 1)], abs=6e-4)
    intact, after = numbers(rows["all-to-all, 1 MB per pair"])
    assert (after > intact) == (bandwidth < 900)


def test_what_hangs_on_a_tray_adds_up_to_its_chips_and_boards(gb300_tree):
    rows = without("compute-05")
    power, heat = gb300_tree["power"].sel(tray="compute-05"), gb300_tree["thermal"].sel(tray="compute-05")
    s = gb300_tree["summary"]
    assert rows["draws"] == [f"{float(power.tray_power):.0f} W DC at load 100 %"]
    litres = float(heat.tray_coolant_flow / s.coolant_flow * s.coolant_volume_flow) * 6e4
    assert rows["coolant"] == [f"{litres:.4g} L/min"]
    assert rows["where"] == ["slot 9 of 35 from the top"]
    assert rows["GPUs"] == ["4 of 72"]


def test_a_chip_draws_its_own_power_at_the_load_that_is_set():
    rows = said("show", "gb300-nvl72", "--part", "compute-05/gpu-2", "--set", "load.utilization=0.5").rows()
    watts = float(rows["draws"][0].split()[0])
    assert rows["draws"][0].endswith("W DC at load 50 %")
    assert watts < 0.8 * 1400


def test_a_lost_bank_sends_all_current_through_the_bar_from_the_other_end():
    rows = without("top-shelves")
    intact, left = numbers(rows["largest bar current"])
    volts = numbers(rows["lowest bus voltage"])
    assert left == pytest.approx(2 * intact, rel=0.02)
    assert volts[1] < volts[0] < 50
    assert numbers(rows["busiest shelf"])[1] == pytest.approx(2 * numbers(rows["busiest shelf"])[0], rel=0.03)
    told = said("show", "gb300-nvl72", "--part", "top-shelves").out
    assert "on a 1 400 A bar" in told
    assert "no link hangs on it: the fabric delivers what it did, while bar and shelves hold" in told


def test_a_lost_shelf_loads_the_busiest_of_the_others_more_and_costs_power():
    rows = without("shelf-3")
    supplied = twin.solve(twin.load("gb300-nvl72"))["power"].shelf_power.sel(shelf="shelf-3").item()
    assert rows["supplies"][0].startswith(f"{supplied / 1e3:.4g} kW at load 100 %, ")
    before, after = numbers(rows["busiest shelf"])
    assert before < after < 2 * before
    assert numbers(rows["rack power, AC"])[1] > numbers(rows["rack power, AC"])[0]


def test_a_bar_that_cannot_carry_the_load_is_an_answer(monkeypatch, gb300, gb300_tree):
    def collapse(spec):
        raise ConvergenceError("the bus voltage collapses")

    monkeypatch.setattr("twin.couple.solve.solve", collapse)
    rows, notes = _bar_left(gb300, part_of(gb300.rack, "top-shelves"), gb300_tree)
    assert (rows, notes) == ([], ["no steady state: the bus voltage collapses"])


@pytest.mark.parametrize(
    ("system", "part", "says"),
    [
        ("gb300-nvl72", "manifold", "the rack delivers nothing: no GPU runs"),
        ("gb300-nvl72", "switches", "the rack delivers nothing: no GPU keeps a link"),
        ("hgx-h100", "shelf-1", "the rack is off: no shelf is left in service"),
        ("gb300-nvl72", "compute-05/cpu-0", "the model ties no GPU to a CPU"),
    ],
)
def test_a_part_that_takes_all_or_nothing_says_so(system, part, says):
    told = said("show", system, "--part", part)
    assert told.code == 0
    assert says in told.out
    assert "bandwidth per GPU" not in told.out


def test_a_board_loses_the_links_of_an_asic_wired_thicker_than_others():
    rows = without("node-1/asic-0", "hgx-h100")
    assert rows["bandwidth per GPU, least"] == ["450 GB/s", "325 GB/s", "-27.78 %"]
    assert without("node-1/asic-1", "hgx-h100")["bandwidth per GPU, least"][1] == "350 GB/s"


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("cartrige-2", "near names: cartridge-2"),
        ("compute-5", "compute-05"),
        ("zzz", "no such part (they run from "),
        ("link 1296", "ids lie in 0 … 1295"),
        ("link seventeen", "write the id of a link"),
        ("compute-05/gpu-9 - switch-1/asic-0", "near names: compute-05/gpu-"),
        ("", "'': no such part"),
    ],
)
def test_an_unknown_part_ends_with_one_message_and_near_names(part, says):
    told = said("show", "gb300-nvl72", "--part", part)
    assert told.code == 2
    assert says in told.error
    assert len(told.error.splitlines()) == 1
    assert told.out == ""


def test_a_part_fits_a_terminal_of_80_columns(monkeypatch):
    told = in_terminal(monkeypatch, "show", "gb300-nvl72", "--part", "cartridge-2")
    assert max(len(line) for line in told.out.splitlines()) <= 80
    assert "1 296" in told.out
