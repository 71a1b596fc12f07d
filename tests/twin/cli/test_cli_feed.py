"""The feed at the command line: its section in the table, and the one-line diagram without any OpenGL."""

import json

import numpy as np
import pytest
from cli_runs import said
from matplotlib.image import imread

import twin
from twin.cli.headline_feed import feed_rows, supply_rows
from twin.result.io import summary_dict


@pytest.fixture(scope="module")
def exemplar(tmp_path_factory):
    """`twin run hgx-h100` on the exemplar hierarchy, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("feed") / "out"
    words = ("run", "hgx-h100", "--set", "feed=nvidia-exemplar", "--set", "feed.utility_capacity=50 kW", "--no-picture")
    return said(*words, "--out", str(folder)), folder


def line(table, label):
    return next(row for row in table.splitlines() if row.strip().startswith(label))


def test_the_table_says_what_the_summary_holds(exemplar):
    told, folder = exemplar
    summary = json.loads((folder / "summary.json").read_text())
    assert told.code == 0, told.error
    assert f"{summary['feed_power'] / 1e3:.1f} kW" in line(told.out, "at the utility")
    assert f"{100 * summary['feed_loading_max']:.0f} %" in line(told.out, "most loaded")
    assert f"{1e3 * summary['hold_up_time']:.0f} ms" in line(told.out, "hold-up of the supplies")
    assert summary["feed_loading_max_part"] == "utility"
    assert f"utility at {summary['feed_power'] / 1e3:.0f} kW, limit 50 kW" in told.out
    assert f"{summary['feed_cooling_power'] / 1e3:.2f} kW" in line(told.out, "of it for cooling")
    assert f"{summary['pue_utility']:.3f}" in line(told.out, "PUE from the utility")
    assert f"{summary['bus_modal_damping']:.4f}" in line(told.out, "damping ratio of its modes")


def test_without_a_feed_there_is_no_section(tmp_path):
    told = said("run", "hgx-h100", "--set", "feed=none", "--no-picture", "--out", str(tmp_path / "out"))
    assert told.code == 0, told.error
    assert "at the utility" not in told.out


def test_the_one_line_diagram_is_drawn_from_the_saved_result(exemplar):
    _, folder = exemplar
    told = said("render", str(folder), "--view", "oneline", "--theme", "dark", "--size", "1000x650")
    assert told.code == 0, told.error
    picture = imread(folder / "oneline.png")
    assert picture.shape[:2] == (650, 1000)
    np.testing.assert_allclose(picture[2, 2, :3], np.array([0x11, 0x16, 0x1D]) / 255, atol=0.01)


@pytest.mark.parametrize("more", [("--view", "oneline,rear"), ("--view", "oneline", "--colour", "load")])
def test_the_one_line_diagram_stands_alone(exemplar, more):
    told = said("render", str(exemplar[1]), *more)
    assert told.code == 2
    assert "it is one drawing" in told.error


def rows(tree, spec):
    """The rows on supplies and feed, by their labels."""
    summary = summary_dict(tree)
    return {row[0]: row for row in (*supply_rows(spec, summary), *feed_rows(tree, spec, summary))}


def solved(*changes):
    spec = twin.load("gb300-nvl72")
    for path, value in changes:
        spec = spec.with_(path, value)
    return twin.solve(spec), spec


def test_the_loss_before_the_rack_is_a_share_of_all_that_the_utility_gives():
    tree, spec = solved()
    power, found = tree["power"], rows(tree, spec)
    share = 100 * float(power.feeder_loss.sum() / power.feeder_power[0])
    assert found["loss before the rack"][2] == f"per rack, {share:.2f} % of what the utility gives"
    assert found["at the utility"][2].startswith("16 such racks and their cooling")
    amperes = float(tree["summary"].rack_power) / (np.sqrt(3) * 415 * float(tree["summary"].feed_voltage_min))
    amperes /= spec.feed.power_factor
    assert float(found["rack breaker"][1].removesuffix(" A")) == pytest.approx(amperes, abs=1.0)


def test_racks_that_are_lost_are_not_counted():
    tree, spec = solved(("feed.open_branch", "row-cable-2"))
    assert rows(tree, spec)["at the utility"][2].startswith("8 of 16 such racks")
    tree, spec = solved(("feed.open_branch", "cable"))
    assert rows(tree, spec)["at the utility"][2].startswith("0 of 16 such racks")
    assert "rack breaker" not in rows(tree, spec)


def test_a_feed_without_an_answer_says_why_and_nothing_else():
    tree, spec = solved(("feed.racks", 200))
    (told,) = (row for row in feed_rows(tree, spec, summary_dict(tree)))
    assert told[:2] == ("at the utility", "–")
    assert told[2].startswith("not solved: power of the input of UPS 'ups' = 31.7 MW is 13.73 MW beyond")


def test_a_store_is_told_from_its_target_charge_with_what_is_in_service():
    found = rows(*solved())
    assert found["energy store lasts"][1] == "17 ms"
    assert found["energy store lasts"][2] == "without input, at 50 % of 4.68 kJ, giving 132.0 kW, its rating"
    assert found["largest step it covers"][1:3] == ("67.7 kW", "while the grid keeps to 1 MW/s")
    lost = rows(*solved(("rack.stack.top-shelves.in_service", False)))
    assert lost["energy store lasts"][2] == "without input, at 50 % of 2.34 kJ, giving 66.0 kW, its rating"


def test_a_rack_on_a_row_says_that_it_has_neither_hold_up_nor_store():
    found = rows(*solved(("rack.supply", "row-800v"), ("feed", "dc-row-800v")))
    assert found["hold-up of the supplies"][1:3] == found["energy store"][1:3] == ("none", "the row carries the rack")
    assert "sidecar" in rows(*solved(("rack.supply", "sidecar-800v")))["hold-up of the supplies"][2]
