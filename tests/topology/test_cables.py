"""The cable schedule."""

import csv

import networkx as nx
import numpy as np
import pytest

from topology import cable_schedule, invariants, nvlink_rack, schedule_summary, without_links, write_schedule


@pytest.fixture
def spine(wired):
    """An NVL72 with lengths and four cartridges."""
    lengths = np.linspace(0.3, 0.9, 1296)
    return nvlink_rack(wired(72, 18, asic_ports=72), lengths=lengths, cartridges=np.arange(1296) % 18 // 5)


def test_a_row_says_from_where_to_where(wired):
    graph = nvlink_rack(wired(2, 2), lengths=[0.5, 0.6, 0.7, 0.8], cartridges=[0, 1, 0, 1])
    assert cable_schedule(graph)[3] == {
        "link": 3,
        "from": "gpu-1",
        "to": "asic-1",
        "plane": 1,
        "cartridge": 1,
        "pairs": 4,
        "length_m": 0.8,
    }


def test_rows_come_in_the_order_of_link_ids_and_run_from_gpu_to_asic_whatever_the_graph(spine):
    turned = nx.MultiGraph()
    turned.add_nodes_from(reversed(list(spine.nodes(data=True))))
    turned.add_edges_from((v, u, key, data) for u, v, key, data in reversed(list(spine.edges(keys=True, data=True))))
    assert cable_schedule(turned) == cable_schedule(spine)
    assert [row["link"] for row in cable_schedule(spine)] == list(range(1296))


def test_nvl72_has_5184_cables_in_1296_links(spine):
    summary = schedule_summary(cable_schedule(spine))
    assert (summary.link_count, summary.cable_pair_count) == (1296, 5184)
    assert summary.cable_length_total == pytest.approx(5184 * 0.6, rel=1e-12)


def test_the_summary_agrees_with_the_graph(spine):
    found, summary = invariants(spine), schedule_summary(cable_schedule(spine))
    assert summary == pytest.approx((found["link_count"], found["pair_count"], found["total_length"]), rel=1e-12)


def test_each_cartridge_of_the_schedule_can_be_counted(spine):
    rows = cable_schedule(spine)
    assert [sum(row["cartridge"] == c for row in rows) for c in range(4)] == [360, 360, 360, 216]


def test_links_on_a_board_are_no_cables(hgx):
    assert cable_schedule(hgx) == []
    assert schedule_summary([]) == (0, 0, 0.0)


def test_a_failed_link_leaves_the_schedule(spine):
    rows = cable_schedule(without_links(spine, [17]))
    assert 17 not in {row["link"] for row in rows}
    assert len(rows) == 1295


def test_an_unknown_length_makes_the_sum_unknown(nvl72):
    assert np.isnan(schedule_summary(cable_schedule(nvl72)).cable_length_total)


def test_the_file_holds_one_header_and_every_row(spine, tmp_path):
    rows = cable_schedule(spine)
    write_schedule(rows, tmp_path / "cables.csv")
    text = (tmp_path / "cables.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "link,from,to,plane,cartridge,pairs,length_m"
    read = list(csv.DictReader(text.splitlines()))
    assert [float(row["length_m"]) for row in read] == [row["length_m"] for row in rows]
    assert [(row["from"], row["to"]) for row in read] == [(row["from"], row["to"]) for row in rows]


def test_names_with_commas_and_accents_survive_the_file(wired, tmp_path):
    graph = nvlink_rack(wired(2, 1), gpu_names=["tiroir 1, à gauche", 'the "second"'])
    write_schedule(cable_schedule(graph), str(tmp_path / "cables.csv"))
    with (tmp_path / "cables.csv").open(encoding="utf-8", newline="") as file:
        assert [row["from"] for row in csv.DictReader(file)] == ["tiroir 1, à gauche", 'the "second"']


def test_a_row_with_a_column_too_many_is_refused(tmp_path):
    with pytest.raises(ValueError, match="colour"):
        write_schedule([{"link": 0, "colour": "black"}], tmp_path / "cables.csv")


def test_an_older_file_is_replaced(spine, tmp_path):
    path = tmp_path / "cables.csv"
    write_schedule(cable_schedule(spine), path)
    write_schedule(cable_schedule(spine)[:2], path)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
