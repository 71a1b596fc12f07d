"""Graphs to files and back, foreign files, and the matrix of nvidia-smi."""

import json

import networkx as nx
import numpy as np
import pytest

from topology import bandwidth_per_gpu, compile_fabric
from topology.exchange import read_graphml, read_node_link, read_nvidia_smi, write_graphml, write_node_link
from topology.network import compile_network
from topology.systems import hgx, nvl72, nvlink_fusion
from topology.tiers import dragonfly, fat_tree

FORMS = {"GraphML": (write_graphml, read_graphml), "node-link": (write_node_link, read_node_link)}
GRAPHS = {
    "hgx": hgx,
    "fusion": nvlink_fusion,
    "fat tree": lambda: fat_tree(4),
    "dragonfly": lambda: dragonfly(3, 2, endpoints=1, global_links=1, radix=4),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_comes_back_as_it_went(tmp_path, form, name):
    write, read = FORMS[form]
    graph = GRAPHS[name]()
    write(graph, tmp_path / "fabric")
    again = read(tmp_path / "fabric")
    assert again.graph.get("announced") is graph.graph.get("announced")
    assert again.nodes(data=True) == graph.nodes(data=True)
    assert {key: data for *_, key, data in again.edges(keys=True, data=True)} == {
        key: data for *_, key, data in graph.edges(keys=True, data=True)
    }
    one, other = compile_network(graph), compile_network(again)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_length_stays_unknown(tmp_path, form):
    write, read = FORMS[form]
    write(nvl72(length=float("nan")), tmp_path / "fabric")
    assert np.isnan(compile_fabric(read(tmp_path / "fabric")).length).all()


def test_node_link_files_are_json_that_others_read(tmp_path):
    write_node_link(nvl72(length=float("nan")), tmp_path / "fabric.json")
    data = json.loads((tmp_path / "fabric.json").read_text(), parse_constant=pytest.fail)
    assert data["edges"][0]["length"] is None
    assert len(data["edges"]) == 1296


def foreign():
    graph = nx.Graph()
    graph.add_nodes_from(f"g{i}" for i in range(4))
    nx.set_node_attributes(graph, "gpu", "kind")
    graph.add_node("s", kind="switch")
    graph.add_edges_from((f"g{i}", "s", {"bandwidth": 1e9, "medium": "copper"}) for i in range(4))
    return graph


def test_a_foreign_file_needs_kind_bandwidth_and_medium_only(tmp_path):
    nx.write_graphml(foreign(), tmp_path / "a.graphml")
    (tmp_path / "a.json").write_text(json.dumps(nx.node_link_data(foreign(), edges="links")))
    for graph in (read_graphml(tmp_path / "a.graphml"), read_node_link(tmp_path / "a.json")):
        network = compile_network(graph)
        assert network.names == ("g0", "g1", "g2", "g3", "s")
        assert network.tier.tolist() == [0, 0, 0, 0, 1]
        assert sorted(graph.edges(keys=True)) == sorted(graph.edges(data="link"))


BROKEN = {
    "unknown medium": (lambda g: g.edges["g0", "s"].update(medium="glass"), r"link 0 \(g0, s\): medium = 'glass'"),
    "negative bandwidth": (lambda g: g.edges["g1", "s"].update(bandwidth=-1.0), r"link 1 \(g1, s\): bandwidth = -1.0"),
    "in pieces": (lambda g: g.remove_edge("g2", "s"), "node g2: no links left"),
    "no kind": (lambda g: g.nodes["g3"].pop("kind"), "node g3: kind = None"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_with_a_broken_fabric_is_refused_by_file_and_name(tmp_path, case):
    break_it, message = BROKEN[case]
    graph = foreign()
    break_it(graph)
    nx.write_graphml(graph, tmp_path / "a.graphml")
    with pytest.raises(ValueError, match=rf"a.graphml: {message}"):
        read_graphml(tmp_path / "a.graphml")


@pytest.mark.parametrize("text", ["", "<html>", "{", "[]", '{"nodes": []}', '{"edges": [{"source": 1}], "nodes": []}'])
def test_a_file_that_is_no_graph_is_refused_by_name(tmp_path, text):
    (tmp_path / "a").write_text(text)
    for read in (read_graphml, read_node_link):
        with pytest.raises(ValueError, match=r"a: (not|graph: no links)"):
            read(tmp_path / "a")


def matrix(count, extra=""):
    """Text as nvidia-smi prints it, tabs, colours, affinities, cards and legend included."""
    n = len(count)
    head = (
        "\t\x1b[4m" + "\t".join([*(f"GPU{i}" for i in range(n)), "NIC0", "CPU Affinity", "NUMA Affinity"]) + "\x1b[0m"
    )
    rows = [
        "\t".join([f"GPU{i}", *(" X " if i == j else f"NV{count[i][j]}" if count[i][j] else "SYS" for j in range(n))])
        + "\tPXB\t0-55\t0"
        for i in range(n)
    ]
    nic = "\t".join(["NIC0", *["PXB"] * n, " X "])
    legend = "\nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks\n"
    return "\n".join([head, *rows, nic]) + legend + extra


def full(gpus, links):
    return (links * (1 - np.eye(gpus, dtype=int))).tolist()


def test_eight_gpus_with_nv18_are_behind_switches():
    graph = read_nvidia_smi(matrix(full(8, 18)), link_bandwidth=25e9)
    fabric = compile_fabric(graph)
    assert (len(fabric.gpus), len(fabric.asics)) == (8, 18)
    assert np.all(bandwidth_per_gpu(fabric) == 450e9)


def test_four_gpus_with_nv4_are_wired_directly():
    graph = read_nvidia_smi(matrix(full(4, 4)), link_bandwidth=25e9)
    assert graph.number_of_edges() == 6 * 4
    assert set(dict(graph.degree).values()) == {12}
    assert set(nx.get_node_attributes(graph, "kind").values()) == {"gpu"}


def test_a_cube_mesh_keeps_its_single_and_double_links():
    count = np.zeros((8, 8), int)
    for a, b, links in [
        (0, 1, 1),
        (0, 2, 1),
        (0, 3, 2),
        (0, 4, 2),
        (1, 2, 2),
        (1, 3, 1),
        (1, 5, 2),
        (2, 3, 2),
        (2, 6, 1),
    ]:
        for i, j in ((a, b), (b, a)):
            count[i, j] = links
    for i, j, links in [(4, 5, 1), (4, 6, 1), (4, 7, 2), (5, 6, 2), (5, 7, 1), (6, 7, 2), (3, 7, 1)]:
        count[i, j] = count[j, i] = links
    graph = read_nvidia_smi(matrix(count.tolist()), link_bandwidth=25e9)
    assert set(dict(graph.degree).values()) == {6}
    assert graph.number_of_edges("GPU0", "GPU3") == 2


def test_whether_there_are_switches_can_be_said():
    text = matrix(full(2, 12))
    assert read_nvidia_smi(text, link_bandwidth=25e9).number_of_nodes() == 2
    assert read_nvidia_smi(text, link_bandwidth=25e9, switched=True).number_of_nodes() == 14
    uneven = matrix([[0, 2, 1], [2, 0, 1], [1, 1, 0]])
    with pytest.raises(ValueError, match=r"switched: pairs show \[1, 2\] NVLinks"):
        read_nvidia_smi(uneven, link_bandwidth=25e9, switched=True)


@pytest.mark.parametrize(
    ("text", "bandwidth", "message"),
    [
        ("", 25e9, "no header line with GPU0"),
        (matrix(full(2, 0)), 25e9, "no pair of GPUs has NVLinks"),
        (matrix(full(4, 18)).replace("GPU2\tNV18", "GPU2"), 25e9, "row GPU2 does not fit the header"),
        (matrix([[0, 2, 2], [2, 0, 2], [1, 2, 0]]), 25e9, "GPU0 to GPU2 shows other NVLinks than GPU2 to GPU0"),
        (matrix([[0, 2, 0], [2, 0, 0], [0, 0, 0]]), 25e9, "node GPU2: no links left"),
        (matrix(full(2, 2)), 0.0, "link_bandwidth = 0.0"),
    ],
)
def test_text_that_is_no_matrix_is_refused(text, bandwidth, message):
    with pytest.raises(ValueError, match=message):
        read_nvidia_smi(text, link_bandwidth=bandwidth)
