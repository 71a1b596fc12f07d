"""The graph of a distribution: what compiles, and what is refused with one clear message."""

import networkx as nx
import pytest

from power.feeder_layouts import FloorHierarchy, FloorParts, UnitSubstations, floor_hierarchy, unit_substations
from power.feeders import Cable, RackLoad, Transformer, Utility, feeder_of
from power.ups import Ups

GRID = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
BUS = Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=5000.0)
RACK = RackLoad(power=132e3, power_factor=0.99)
UPS = Ups(
    rated_power=1e6,
    loss_constant=0.006,
    loss_linear=0.008,
    loss_quadratic=0.012,
    input_power_factor=0.99,
    voltage_ratio=1.0,
)
SUBSTATION = Transformer(
    rated_power=3.15e6, short_circuit_voltage=0.06, short_circuit_loss=0.008, no_load_loss=0.0, no_load_current=0.0
)


def ring():
    """Utility a, then b and c, both ways; racks at b and c."""
    graph = nx.MultiDiGraph()
    graph.add_node("a", voltage=415.0, utility=GRID)
    for node in "bc":
        graph.add_node(node, voltage=415.0, load=RACK)
    for u, v in ("ab", "ac", "bc"):
        graph.add_edge(u, v, part=BUS, length=10.0)
    return graph


def test_nodes_branches_and_racks_keep_the_order_of_the_graph():
    feeder = feeder_of(ring())
    assert feeder.nodes == ("a", "b", "c")
    assert feeder.branches == ("a-b", "a-c", "b-c")
    assert feeder.racks == ("b", "c")
    assert feeder.utility_node.tolist() == [0]
    assert feeder.depth.tolist() == [0, 0, 0]


def test_a_ring_is_refused_where_radial_is_asked_for_and_the_branch_is_named():
    with pytest.raises(ValueError, match=r"branch 'b-c' closes a cycle: must be radial"):
        feeder_of(ring(), radial=True)
    graph = ring()
    graph.remove_edge("b", "c")
    assert len(feeder_of(graph, radial=True).branches) == 2


def test_two_utilities_joined_by_branches_are_a_cycle_too():
    graph = ring()
    graph.remove_edge("b", "c")
    graph.nodes["c"]["utility"] = GRID
    with pytest.raises(ValueError, match="'a-c' closes a cycle"):
        feeder_of(graph, radial=True)


def test_floating_nodes_are_named_and_counted():
    graph = ring()
    for place in range(7):
        graph.add_node(f"lost-{place}", voltage=415.0)
    with pytest.raises(ValueError, match=r"floating nodes 'lost-0', .* 'lost-4' and 2 more: no way to a utility"):
        feeder_of(graph)


def test_a_network_without_utility_says_so():
    graph = ring()
    del graph.nodes["a"]["utility"]
    with pytest.raises(ValueError, match="no node has a utility"):
        feeder_of(graph)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.add_edge("a", "b", part=BUS), r"cable 'a-b': length = None: must be finite and > 0 m"),
        (
            lambda g: g.add_edge("a", "b", part=BUS, length=-1.0),
            r"cable 'a-b': length = -1.0: must be finite and > 0",
        ),
        (lambda g: g.add_edge("a", "b", name="x"), r"branch 'x': part = None: must be a Cable, a Transformer or a Ups"),
        (lambda g: g.nodes["b"].update(voltage=0.0), r"node 'b': voltage = 0.0: must be finite and > 0 V"),
        (lambda g: g.nodes["b"].update(capacity=-5.0), r"node 'b': capacity = -5.0: must be finite and > 0 W"),
        (lambda g: g.nodes["b"].update(voltage=float("inf")), r"node 'b': voltage = inf: must be finite and > 0 V"),
        (lambda g: g.nodes["b"].update(load=5e4), r"node 'b': load = 50000.0: must be a RackLoad"),
        (lambda g: g.nodes["a"].update(utility=True), r"node 'a': utility = True: must be a Utility"),
        (lambda g: g.nodes["b"].update(voltage=480.0), r"cable 'a-b' joins nodes of 415 V and 480 V"),
        (lambda g: g.add_edge("a", "b", part=UPS, name="u"), r"UPS 'u' is bridged"),
    ],
)
def test_bad_attributes_are_named(change, message):
    graph = ring()
    change(graph)
    with pytest.raises(ValueError, match=message):
        feeder_of(graph)


def test_an_undirected_graph_is_refused():
    with pytest.raises(ValueError, match="graph is undirected: must be a DiGraph"):
        feeder_of(ring().to_undirected())


def test_a_ups_back_to_the_utility_is_bridged():
    graph = ring()
    graph.add_node("d", voltage=415.0)
    graph.add_edge("c", "d", part=UPS)
    graph.add_edge("d", "a", part=UPS, name="back")
    with pytest.raises(ValueError, match="UPS 'back' is bridged"):
        feeder_of(graph)


def test_feeds_of_one_rack_must_agree_on_its_power():
    graph = ring()
    graph.nodes["b"]["rack"] = graph.nodes["c"]["rack"] = "r"
    assert feeder_of(graph).racks == ("r",)
    assert feeder_of(graph).feed_rack.tolist() == [0, 0]
    graph.nodes["c"]["load"] = RackLoad(power=1.0, power_factor=1.0)
    with pytest.raises(ValueError, match=r"rack 'r': node 'c' says .* must be equal"):
        feeder_of(graph)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (BUS, {"resistance": -1e-6}, r"Cable.resistance = -1e-06: must be >= 0 ohm/m"),
        (BUS, {"resistance": 0.0, "reactance": 0.0}, r"one must be > 0 ohm/m"),
        (SUBSTATION, {"short_circuit_loss": 0.07}, r"short_circuit_loss = 0.07: must be <= short_circuit_voltage"),
        (SUBSTATION, {"no_load_loss": 0.002}, r"no_load_loss = 0.002: must be <= no_load_current = 0.0"),
        (GRID, {"short_circuit_power": 0.0}, r"Utility.short_circuit_power = 0.0: must be > 0 V\*A"),
        (RACK, {"power_factor": 1.1}, r"RackLoad.power_factor = 1.1: must be <= 1"),
        (UPS, {"loss_linear": -0.1}, r"Ups.loss_linear = -0.1: must be >= 0"),
    ],
)
def test_a_part_outside_its_bounds_is_refused(part, change, message):
    with pytest.raises(ValueError, match=message):
        type(part)(**{**vars(part), **change})


def test_unit_substations_are_chains_of_racks():
    layout = UnitSubstations(
        substations=3, racks=4, primary_voltage=34.5e3, secondary_voltage=415.0, cable_length=500.0, rack_pitch=1.2
    )
    graph = unit_substations(layout, GRID, BUS, SUBSTATION, BUS, RACK)
    feeder = feeder_of(graph, radial=True)
    assert len(feeder.racks) == 12
    assert len(feeder.branches) == 3 * (2 + 4)
    assert nx.dag_longest_path_length(graph, weight=None) == 6


def floor(**change):
    valid = {
        "pdus": 4,
        "racks": 8,
        "nodes_per_rack": 18,
        "voltage": 415.0,
        "utility_power": 750e3,
        "switchboard_power": 1.6e6,
        "pdu_power": 450e3,
        "main_length": 20.0,
        "pdu_length": 30.0,
        "rack_length": 10.0,
    }
    return FloorHierarchy(**{**valid, **change})


def floor_parts(ups):
    grid = Utility(voltage_ratio=1.0, short_circuit_power=5e7, resistance_ratio=0.1)
    return FloorParts(utility=grid, main=BUS, pdu_cable=BUS, rack_cable=BUS, ups=ups)


def test_the_exemplar_hall_has_144_nodes_in_8_racks_on_4_pdus():
    graph = floor_hierarchy(floor(), floor_parts(None), RACK)
    assert sum(count for _, count in graph.nodes(data="compute_nodes", default=0)) == 144
    assert {pdu: sorted(graph.successors(f"pdu-{pdu}")) for pdu in range(1, 5)} == {
        pdu: [f"rack-{pdu}", f"rack-{pdu + 4}"] for pdu in range(1, 5)
    }
    limits = nx.get_node_attributes(graph, "capacity")
    assert limits == {"utility": 750e3, "switchboard": 1.6e6} | {f"pdu-{pdu}": 450e3 for pdu in range(1, 5)}
    assert set(feeder_of(graph, radial=True).depth) == {0}


def test_with_a_ups_all_below_the_switchboard_lies_one_level_deeper():
    feeder = feeder_of(floor_hierarchy(floor(), floor_parts(UPS), RACK), radial=True)
    above = {name for name, depth in zip(feeder.nodes, feeder.depth, strict=True) if depth == 0}
    assert above == {"utility", "main"}


def test_a_cable_from_a_node_to_itself_is_refused_by_name():
    graph = nx.MultiDiGraph()
    grid = Utility(voltage_ratio=1.0, short_circuit_power=1e9, resistance_ratio=0.1)
    graph.add_node("grid", voltage=415.0, utility=grid, load=RackLoad(power=1e4, power_factor=1.0))
    cable = Cable(resistance=1e-4, reactance=0.0, rated_current=100.0)
    graph.add_edge("grid", "grid", part=cable, length=1.0, name="loop")
    with pytest.raises(ValueError, match="branch 'loop' joins 'grid' to itself"):
        feeder_of(graph)
