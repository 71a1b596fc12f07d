"""`twin cables`: the schedule and the port map agree with each other, with the wiring and with the sums of the rack."""

import csv
from collections import Counter

import pytest
import typer
from typer.testing import CliRunner

import topology
import twin
from twin.build.fabric import fabric_of
from twin.cli.cables import cables, port_map
from twin.spec.errors import SpecError


def ran(*arguments):
    """Run the command on its own; a SpecError is raised as it is."""
    app = typer.Typer()
    app.command()(cables)
    return CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=True)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cables") / "new"
    told = ran("gb300-nvl72", "--out", folder)
    assert told.exit_code == 0, told.output
    return told.output, read(folder / "cables.csv"), read(folder / "ports.csv")


def test_the_schedule_has_a_row_for_each_link_of_the_rack(written):
    _, rows, _ = written
    assert [int(row["link"]) for row in rows] == list(range(1296))
    assert Counter(row["cartridge"] for row in rows) == dict.fromkeys("0123", 1296 // 4)
    assert set(Counter(row["from"] for row in rows).values()) == {18}
    assert set(Counter(row["to"] for row in rows).values()) == {72}
    assert {row["from"][-1] for row in rows if row["cartridge"] == "2"} == {"2"}


def test_the_line_says_what_the_rows_add_up_to(written, gb300_tree):
    said, rows, _ = written
    metres = sum(int(row["pairs"]) * float(row["length_m"]) for row in rows)
    assert sum(int(row["pairs"]) for row in rows) == 5184
    assert metres == pytest.approx(float(gb300_tree["summary"].cable_length_total), rel=1e-12)
    length = f"{metres:,.0f}".replace(",", " ")
    assert said.splitlines()[0] == f"1 296 links, 5 184 pairs, {length} m in 4 cartridges"


def wrong(rows):
    """What is wrong with a port map: a port used twice, a link without two ends, ends that do not name each other."""
    by_port = {(row["chip"], row["port"]): row for row in rows}
    found = [] if len(by_port) == len(rows) else ["port twice"]
    found += [f"link {link}" for link, ends in Counter(row["link"] for row in rows).items() if ends != 2]
    for row in rows:
        far = by_port.get((row["peer"], row["peer_port"]))
        if far is None or (far["peer"], far["peer_port"], far["link"]) != (row["chip"], row["port"], row["link"]):
            found.append(f"{row['chip']} port {row['port']}")
    return found


def test_each_port_leads_to_one_that_leads_back(written):
    _, rows, ports = written
    assert len(ports) == 2 * 1296
    assert wrong(ports) == []
    ends = {row["link"]: (row["from"], row["to"], row["plane"]) for row in rows}
    assert all((row["chip"], row["peer"], row["plane"]) == ends[row["link"]] for row in ports[:1296])


def test_a_port_map_with_two_links_swapped_is_seen(written):
    ports = [dict(row) for row in written[2]]
    ports[0]["peer_port"], ports[18]["peer_port"] = ports[18]["peer_port"], ports[0]["peer_port"]
    assert wrong(ports)
    assert wrong(written[2][1:])


def test_ports_of_a_chip_count_from_zero_without_gaps(written):
    ports = written[2]
    for chip, count in Counter(row["chip"] for row in ports).items():
        assert [int(row["port"]) for row in ports if row["chip"] == chip] == list(range(count))
        assert count == (18 if "gpu" in chip else 72)


def test_port_k_of_a_gpu_lies_on_plane_k_and_port_k_of_an_asic_on_gpu_k(gb300):
    rows = port_map(fabric_of(gb300.rack))
    assert all(row[1] == row[3] for row in rows[:1296])
    names = fabric_of(gb300.rack).gpus
    assert all(names[row[1]] == row[4] for row in rows[1296:])


def test_a_board_has_ports_but_no_cables(tmp_path):
    told = ran("hgx-h100", "--out", tmp_path)
    assert told.exit_code == 0
    assert "no copper cables to lay" in told.output
    assert (tmp_path / "cables.csv").read_text().split() == [",".join(topology.cables.COLUMNS)]
    ports = read(tmp_path / "ports.csv")
    assert len(ports) == 2 * 144
    assert wrong(ports) == []
    assert Counter(row["chip"] for row in ports)["node-1/asic-0"] == 8 * 5


def test_settings_change_the_schedule(tmp_path):
    assert ran("gb300-nvl72", "--set", "spine.cartridges=2", "--out", tmp_path).exit_code == 0
    rows = read(tmp_path / "cables.csv")
    assert Counter(row["cartridge"] for row in rows) == {"0": 648, "1": 648}


def test_a_place_that_cannot_be_written_is_refused_and_what_is_there_stays(tmp_path):
    (tmp_path / "taken").write_text("precious")
    told = ran("gb300-nvl72", "--out", tmp_path / "taken")
    assert isinstance(told.exception, SpecError)
    assert (tmp_path / "taken").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_second_run_replaces_both_files_whole(tmp_path):
    for system in ("gb300-nvl72", "hgx-h100"):
        ran(system, "--out", tmp_path)
    assert len(read(tmp_path / "ports.csv")) == 2 * twin.load("hgx-h100").rack.nvlink.link_count
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cables.csv", "ports.csv"]
