"""AC load flow: two nodes by hand, balance, batches, UPS, redundancy, limits, and an independent code."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power import DidNotConverge, load_flow
from power.contingency import single_outages
from power.distribution import broken_limits, power_imbalance, solve_feeder
from power.feeder_layouts import FloorHierarchy, FloorParts, UnitSubstations, floor_hierarchy, unit_substations
from power.feeders import Cable, RackLoad, Transformer, Utility, feeder_of
from power.ups import Ups, ups_loss

IDEAL = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
BUS = Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=5000.0)
MV = Cable(resistance=8e-5, reactance=1e-4, rated_current=200.0)
RACK = RackLoad(power=132e3, power_factor=0.99)
SUBSTATION = Transformer(
    rated_power=3.15e6, short_circuit_voltage=0.06, short_circuit_loss=0.008, no_load_loss=0.001, no_load_current=0.004
)
UPS = Ups(
    rated_power=1.5e6,
    loss_constant=0.006,
    loss_linear=0.008,
    loss_quadratic=0.012,
    input_power_factor=0.98,
    voltage_ratio=1.0,
)


def rows(substations=2, racks=5, busway=BUS, utility=IDEAL):
    layout = UnitSubstations(
        substations=substations,
        racks=racks,
        primary_voltage=34.5e3,
        secondary_voltage=415.0,
        cable_length=500.0,
        rack_pitch=1.2,
    )
    return unit_substations(layout, utility, MV, SUBSTATION, busway, RACK)


def line(resistance, reactance, load, voltage=415.0):
    """One rack on one cable of 1 m."""
    graph = nx.DiGraph()
    graph.add_node("grid", voltage=voltage, utility=IDEAL)
    graph.add_node("rack", voltage=voltage, load=load)
    cable = Cable(resistance=resistance, reactance=reactance, rated_current=1000.0)
    graph.add_edge("grid", "rack", part=cable, length=1.0)
    return feeder_of(graph)


def hall(ups=UPS, **limits):
    valid = {"utility_power": 750e3, "switchboard_power": 1.6e6, "pdu_power": 450e3}
    layout = FloorHierarchy(
        pdus=4,
        racks=8,
        nodes_per_rack=18,
        voltage=415.0,
        main_length=20.0,
        pdu_length=30.0,
        rack_length=10.0,
        **{**valid, **limits},
    )
    grid = Utility(voltage_ratio=1.0, short_circuit_power=5e7, resistance_ratio=0.1)
    parts = FloorParts(utility=grid, main=BUS, pdu_cable=BUS, rack_cable=BUS, ups=ups)
    return feeder_of(floor_hierarchy(layout, parts, RackLoad(power=142e3, power_factor=0.99)))


# By hand


@pytest.mark.parametrize("power_factor", [1.0, 0.9])
def test_one_line_solves_its_biquadratic(power_factor):
    """V^4 + (2 (P R + Q X) - V0^2) V^2 + (P^2 + Q^2) |Z|^2 = 0, upper root."""
    ohm, reactance, watts = 0.05, 0.08, 2e5
    var = watts * np.tan(np.arccos(power_factor))
    half = (415.0**2 - 2 * (watts * ohm + var * reactance)) / 2
    volts = np.sqrt(half + np.sqrt(half**2 - (watts**2 + var**2) * (ohm**2 + reactance**2)))
    found = solve_feeder(line(ohm, reactance, RackLoad(power=watts, power_factor=power_factor)))
    assert 415 * found.node_voltage[1] == pytest.approx(volts, rel=1e-12)
    assert found.branch_loss[0] == pytest.approx(ohm * (watts**2 + var**2) / volts**2, rel=1e-9)
    amperes = np.hypot(watts, var) / (np.sqrt(3) * volts)
    assert found.branch_loading[0] == pytest.approx(amperes / 1000, rel=1e-9)


def test_a_transformer_without_load_takes_its_iron_loss_and_nothing_else():
    feeder = feeder_of(rows(1, 1))
    found = solve_feeder(feeder, power=[0.0])
    assert found.branch_loss[feeder.branches.index("transformer-0")] == pytest.approx(0.001 * 3.15e6, rel=1e-3)


def test_a_transformer_at_its_rating_takes_its_copper_loss():
    unit = Transformer(
        rated_power=1e6, short_circuit_voltage=0.06, short_circuit_loss=0.01, no_load_loss=0.0, no_load_current=0.0
    )
    graph = nx.DiGraph()
    graph.add_node("grid", voltage=10e3, utility=IDEAL)
    graph.add_node("rack", voltage=415.0, load=RackLoad(power=5e5, power_factor=1.0))
    graph.add_edge("grid", "rack", part=unit)
    found = solve_feeder(feeder_of(graph))
    assert found.branch_loss[0] == pytest.approx(0.01 * 1e6 * (0.5 / found.node_voltage[1]) ** 2, rel=1e-9)


def test_a_weak_grid_lowers_the_voltage_of_its_own_node():
    graph = rows(1, 2, utility=Utility(voltage_ratio=1.0, short_circuit_power=20e6, resistance_ratio=0.0))
    found = solve_feeder(feeder_of(graph))
    volts = found.node_voltage[0]
    current = np.hypot(found.utility_power[0], found.utility_reactive[0]) / volts / 20e6
    drop = 1j * current * np.exp(-1j * np.arctan2(found.utility_reactive[0], found.utility_power[0]))
    assert abs(volts + drop) == pytest.approx(1.0, rel=1e-9)


# Balance


def test_power_balances_at_every_node_and_the_losses_add_up():
    for feeder in (feeder_of(rows()), hall(), hall(ups=None)):
        found = solve_feeder(feeder)
        throughput = found.utility_power.sum()
        assert np.abs(power_imbalance(feeder, found)).max() < 1e-9 * throughput
        total = found.utility_power.sum() - found.feed_power.sum()
        assert found.branch_loss.sum() == pytest.approx(total, rel=1e-7)
        assert (found.branch_loss >= 0).all()


@given(
    st.lists(st.floats(0, 150e3), min_size=10, max_size=10),
    st.floats(1e-6, 2e-4),
    st.floats(1e-6, 2e-4),
)
@settings(max_examples=25)
def test_any_radial_network_balances_loses_and_sags(power, resistance, reactance):
    feeder = feeder_of(rows(busway=Cable(resistance=resistance, reactance=reactance, rated_current=4e3)))
    found = solve_feeder(feeder, power=power)
    assert np.abs(power_imbalance(feeder, found)).max() < 1e-9 * max(sum(power), 1e5)
    assert (found.branch_loss > -1e-4).all()
    volts = found.node_voltage
    assert (volts[feeder.head] <= volts[feeder.tail] + 1e-9).all()


def test_more_copper_never_lowers_the_lowest_voltage_and_never_raises_the_loss():
    lowest, lost = [], []
    for factor in (1.0, 0.7, 0.4):
        busway = Cable(resistance=factor * 2e-4, reactance=factor * 1e-4, rated_current=5e3)
        found = solve_feeder(feeder_of(rows(busway=busway)))
        lowest.append(found.node_voltage.min())
        lost.append(found.branch_loss.sum())
    assert lowest == sorted(lowest)
    assert lost == sorted(lost, reverse=True)


# Batches


def test_scenarios_of_a_batch_are_the_same_as_alone():
    feeder = hall()
    power = np.random.default_rng(0).uniform(0, 142e3, (2, 3, 8))
    batch = solve_feeder(feeder, power=power)
    assert batch.node_voltage.shape == (2, 3, len(feeder.nodes))
    for i, j in np.ndindex(2, 3):
        for mine, alone in zip(batch, solve_feeder(feeder, power=power[i, j]), strict=True):
            np.testing.assert_allclose(mine[i, j], alone, rtol=1e-9, atol=1e-5)


def test_a_batch_longer_than_a_chunk_has_every_case(monkeypatch):
    feeder = feeder_of(rows())
    power = np.random.default_rng(1).uniform(0, 132e3, (11, 10))
    whole = solve_feeder(feeder, power=power)
    monkeypatch.setattr(load_flow, "CHUNK", 4)
    cut = solve_feeder(feeder, power=power)
    np.testing.assert_allclose(cut.branch_loss, whole.branch_loss, rtol=1e-9, atol=1e-6)
    power[9, 3] = 1e9
    with pytest.raises(DidNotConverge, match=r"case \[9\]: power of rack 'rack-0-3' = 1e\+09 W"):
        solve_feeder(feeder, power=power)


# UPS


def test_the_ups_draws_what_it_gives_and_its_loss():
    feeder = hall()
    found = solve_feeder(feeder)
    place = feeder.branches.index("ups")
    output = found.branch_power[place] - found.branch_loss[place]
    below = [feeder.branches.index(f"{kind}-cable-{n}") for kind, n in [("pdu", n) for n in (1, 2, 3, 4)]]
    assert output == pytest.approx(found.branch_power[below].sum(), rel=1e-9)
    assert found.branch_loss[place] == pytest.approx(ups_loss(UPS, output), rel=1e-12)
    assert found.branch_loading[place] == pytest.approx(output / 1.5e6, rel=1e-12)
    assert found.node_voltage[feeder.nodes.index("switchboard")] == pytest.approx(1.0, abs=2e-6)


def test_what_lies_above_a_ups_does_not_move_the_voltages_below_it():
    strong, weak = hall(), hall()
    sagging = Utility(voltage_ratio=0.95, short_circuit_power=2e7, resistance_ratio=0.1)
    weak = weak._replace(utilities=(sagging,))
    below = strong.depth == 1
    first, second = solve_feeder(strong), solve_feeder(weak)
    np.testing.assert_array_equal(first.node_voltage[below], second.node_voltage[below])
    assert (second.node_voltage[~below] < first.node_voltage[~below]).all()


def parallel_ups(ratings):
    graph = nx.MultiDiGraph()
    graph.add_node("grid", voltage=415.0, utility=IDEAL)
    graph.add_node("bus", voltage=415.0, load=RackLoad(power=600e3, power_factor=0.99))
    for place, rating in enumerate(ratings):
        part = Ups(**{**vars(UPS), "rated_power": rating})
        graph.add_edge("grid", "bus", part=part, name=f"ups-{place}")
    return feeder_of(graph)


def test_parallel_ups_share_by_rating():
    found = solve_feeder(parallel_ups([1e6, 5e5]))
    np.testing.assert_allclose(found.branch_loading, 0.4, rtol=1e-6)


def test_a_lost_ups_leaves_its_load_to_the_others_and_takes_no_idle_loss():
    found = solve_feeder(parallel_ups([1e6, 1e6]), closed=[True, False])
    np.testing.assert_allclose(found.branch_loading, [0.6, 0.0], atol=1e-9)
    assert found.branch_loss[1] == found.branch_power[1] == 0
    assert not found.rack_lost.any()


def test_a_ups_without_load_takes_its_idle_loss():
    graph = nx.DiGraph()
    for node in ("grid", "bus", "spare"):
        graph.add_node(node, voltage=415.0)
    graph.nodes["grid"]["utility"] = IDEAL
    graph.add_edge("grid", "bus", part=BUS, length=10.0)
    graph.add_edge("bus", "spare", part=UPS, name="ups")
    found = solve_feeder(feeder_of(graph))
    assert found.utility_power[0] == pytest.approx(0.006 * 1.5e6 + found.branch_loss[0], rel=1e-9)
    assert found.node_voltage[2] == pytest.approx(1.0)


def test_two_ups_in_series_stack_their_losses():
    graph = nx.DiGraph()
    for node in ("grid", "bus", "rack"):
        graph.add_node(node, voltage=415.0)
    graph.nodes["grid"]["utility"] = IDEAL
    graph.nodes["rack"]["load"] = RACK
    graph.add_edge("grid", "bus", part=UPS, name="first")
    graph.add_edge("bus", "rack", part=UPS, name="second")
    feeder = feeder_of(graph)
    found = solve_feeder(feeder)
    assert feeder.depth.tolist() == [0, 1, 2]
    inner = 132e3 + ups_loss(UPS, 132e3)
    assert found.utility_power[0] == pytest.approx(inner + ups_loss(UPS, inner), rel=1e-9)


# Redundancy


def two_paths(share_name=True):
    """A rack with two cords, on two PDUs with a cable each."""
    graph = nx.DiGraph()
    graph.add_node("grid", voltage=415.0, utility=IDEAL)
    for side in "ab":
        graph.add_node(f"pdu-{side}", voltage=415.0)
        graph.add_node(f"cord-{side}", voltage=415.0, load=RACK, rack="rack" if share_name else side)
        graph.add_edge("grid", f"pdu-{side}", part=BUS, length=100.0, name=f"cable-{side}")
        graph.add_edge(f"pdu-{side}", f"cord-{side}", part=BUS, length=10.0, name=f"whip-{side}")
    return feeder_of(graph)


def test_a_rack_with_two_feeds_draws_half_from_each_and_all_from_the_one_left():
    feeder = two_paths()
    np.testing.assert_allclose(solve_feeder(feeder).feed_power, [66e3, 66e3])
    found = single_outages(feeder, elements=["cable-a", "pdu-b", "grid"])
    np.testing.assert_allclose(found.solution.feed_power, [[0, 132e3], [132e3, 0], [0, 0]])
    np.testing.assert_allclose(found.lost_power, [0, 0, 132e3])
    assert found.solution.rack_lost.ravel().tolist() == [False, False, True]


def test_an_outage_never_lowers_the_losses_of_the_path_that_is_left():
    feeder = two_paths()
    healthy = solve_feeder(feeder).branch_loss
    for element, left in (("cable-a", "b"), ("whip-b", "a")):
        lost = single_outages(feeder, elements=[element]).solution.branch_loss[0]
        for kind in ("cable", "whip"):
            place = feeder.branches.index(f"{kind}-{left}")
            assert lost[place] > healthy[place]


@given(st.integers(0, 2), st.floats(1e3, 4e5), st.floats(1e3, 4e5))
@settings(max_examples=20)
def test_in_a_ring_with_one_branch_out_the_total_loss_never_falls(out, first, second):
    graph = nx.MultiDiGraph()
    graph.add_node("a", voltage=415.0, utility=IDEAL)
    for node in "bc":
        graph.add_node(node, voltage=415.0, load=RACK)
    for u, v in ("ab", "ac", "bc"):
        graph.add_edge(u, v, part=BUS, length=20.0)
    feeder = feeder_of(graph)
    whole = solve_feeder(feeder, power=[first, second]).branch_loss.sum()
    found = single_outages(feeder, power=[first, second])
    assert found.solution.branch_loss[out].sum() >= whole * (1 - 1e-9)
    assert found.solution.branch_loss[out, out] == 0
    assert (found.lost_power == 0).all()


def test_an_outage_of_a_chain_loses_every_rack_behind_it():
    feeder = feeder_of(rows(2, 5))
    found = single_outages(feeder)
    lost = dict(zip(found.elements, found.lost_power, strict=True))
    assert lost["transformer-1"] == lost["cable-1"] == 5 * 132e3
    assert [lost[f"busway-0-{place}"] for place in range(5)] == [132e3 * count for count in (5, 4, 3, 2, 1)]
    dead = found.solution.node_voltage[found.elements.index("busway-0-2")] == 0
    assert {feeder.nodes[place] for place in np.flatnonzero(dead)} == {"rack-0-2", "rack-0-3", "rack-0-4"}
    assert np.abs(power_imbalance(feeder, found.solution)).max() < 1e-3


def test_a_ups_without_input_is_dead_and_so_is_what_it_feeds():
    feeder = hall()
    found = single_outages(feeder, elements=["main-cable", "ups"])
    np.testing.assert_allclose(found.lost_power, 8 * 142e3)
    assert np.abs(found.solution.branch_loss).max() < 1e-12


def test_parallel_branches_of_one_name_fail_one_by_one_but_not_by_name():
    graph = nx.MultiDiGraph()
    graph.add_node("grid", voltage=415.0, utility=IDEAL)
    graph.add_node("rack", voltage=415.0, load=RACK)
    for length in (10.0, 30.0):
        graph.add_edge("grid", "rack", part=BUS, length=length)
    feeder = feeder_of(graph)
    found = single_outages(feeder).solution.branch_loss
    assert found[0, 0] == found[1, 1] == 0 and found[0, 1] == pytest.approx(3 * found[1, 0], rel=1e-2)
    with pytest.raises(ValueError, match="element 'grid-rack' is 2 branches"):
        single_outages(feeder, elements=["grid-rack"])


def test_two_utilities_share_and_each_carries_alone():
    graph = nx.DiGraph()
    for node in "abc":
        graph.add_node(node, voltage=415.0)
    weak = Utility(voltage_ratio=1.0, short_circuit_power=5e7, resistance_ratio=0.1)
    graph.nodes["a"]["utility"] = graph.nodes["c"]["utility"] = weak
    graph.nodes["b"]["load"] = RACK
    graph.add_edge("a", "b", part=BUS, length=10.0)
    graph.add_edge("c", "b", part=BUS, length=20.0)
    feeder = feeder_of(graph)
    both = solve_feeder(feeder)
    assert (both.utility_power > 0).all()
    assert np.abs(power_imbalance(feeder, both)).max() < 1e-4
    found = single_outages(feeder, elements=["a", "c", "b"])
    assert found.solution.utility_power[0, 0] == found.solution.utility_power[1, 1] == 0
    np.testing.assert_allclose(found.lost_power, [0, 0, 132e3])


def test_an_unknown_or_ambiguous_element_is_refused():
    with pytest.raises(ValueError, match=r"element 'pdu-9' is 0 branches and 0 nodes: must be one"):
        single_outages(hall(), elements=["pdu-9"])


# Limits


def test_the_exemplar_hall_at_full_power_needs_more_than_its_utility_gives():
    feeder = hall(ups=None)
    found = solve_feeder(feeder)
    broken = broken_limits(feeder, found, voltage_min=0.9, voltage_max=1.1)
    assert [(item.part, item.quantity, item.limit) for item in broken] == [("utility", "power", 750e3)]
    assert broken[0].value == pytest.approx(found.utility_power[0])
    assert broken[0].value > 8 * 142e3
    under = solve_feeder(feeder, power=np.full(8, 90e3))
    assert broken_limits(feeder, under, voltage_min=0.9, voltage_max=1.1) == []


def test_the_worst_case_of_a_batch_is_named():
    feeder = feeder_of(rows())
    power = np.full((3, 10), 132e3)
    power[1, 4] = 400e3
    found = solve_feeder(feeder, power=power)
    lowest = found.node_voltage[1, feeder.nodes.index("rack-0-4")]
    broken = broken_limits(feeder, found, voltage_min=lowest + 1e-6, voltage_max=1.1)
    assert ("rack-0-4", "voltage", (1,)) in {(item.part, item.quantity, item.case) for item in broken}
    assert all(item.value < item.limit for item in broken)


def test_an_overloaded_cable_is_named_with_its_loading():
    feeder = line(0.01, 0.0, RackLoad(power=9e5, power_factor=1.0), voltage=480.0)
    found = solve_feeder(feeder)
    (only,) = broken_limits(feeder, found, voltage_min=0.5, voltage_max=1.1)
    assert only.part == "grid-rack" and only.quantity == "loading"
    assert only.value == pytest.approx(found.branch_loading[0]) and only.value > 1


# What has no answer


def test_a_load_just_below_the_transferable_is_carried_and_one_above_is_named_with_its_excess():
    """A resistive line carries at most V0^2 / (4 R) at unity power factor."""
    most = 415.0**2 / (4 * 0.1)
    volts = solve_feeder(line(0.1, 0.0, RackLoad(power=0.9999 * most, power_factor=1.0))).node_voltage[1]
    assert volts == pytest.approx(0.505, abs=1e-3)
    with pytest.raises(
        DidNotConverge, match=r"power of rack 'rack' = \d+ W is .* W beyond the transferable"
    ) as failure:
        solve_feeder(line(0.1, 0.0, RackLoad(power=1.25 * most, power_factor=1.0)))
    excess = float(str(failure.value).split(" W is ")[1].split(" W ")[0])
    assert excess == pytest.approx(0.25 * most, rel=1e-3)


def test_an_overload_above_a_ups_names_the_input_of_the_ups():
    feeder = hall()
    thin = Cable(resistance=8e-3, reactance=8e-3, rated_current=100.0)
    parts = tuple(
        thin if name == "main-cable" else part for name, part in zip(feeder.branches, feeder.parts, strict=True)
    )
    with pytest.raises(DidNotConverge, match="the input of UPS 'ups'"):
        solve_feeder(feeder._replace(parts=parts))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"power": [1.0, 2.0]}, r"power has shape \(2,\): must be \(..., 10\)"),
        ({"power": [-1.0] * 10}, r"power of rack 'rack-0-0' = -1.0: must be finite and >= 0 W"),
        ({"power": [np.nan] * 10}, r"power of rack 'rack-0-0' = nan"),
        ({"closed": [True]}, r"closed has shape \(1,\)"),
    ],
)
def test_bad_powers_and_switches_are_refused(given_, message):
    with pytest.raises(ValueError, match=message):
        solve_feeder(feeder_of(rows()), **given_)


def test_no_case_breaks_no_limit():
    feeder = feeder_of(rows())
    nothing = solve_feeder(feeder, power=np.zeros((0, len(feeder.racks))))
    assert broken_limits(feeder, nothing, voltage_min=0.9, voltage_max=1.1) == []


def test_a_case_is_numbered_only_among_others():
    feeder = line(0.1, 0.0, RackLoad(power=1.0, power_factor=1.0))
    with pytest.raises(DidNotConverge, match=r"^power of rack"):
        solve_feeder(feeder, power=[[1e9]])
    with pytest.raises(DidNotConverge, match=r"^case \[1, 0\]: power of rack"):
        solve_feeder(feeder, power=[[[1.0]], [[1e9]]])


def test_outages_take_one_power_for_each_rack():
    feeder = feeder_of(rows())
    with pytest.raises(ValueError, match=r"power has shape \(2, 10\): must be \(10,\)"):
        single_outages(feeder, power=np.ones((2, 10)))


def test_limits_must_be_in_order():
    feeder = line(0.1, 0.0, RackLoad(power=1e3, power_factor=1.0))
    with pytest.raises(ValueError, match="must be 0 < min < max"):
        broken_limits(feeder, solve_feeder(feeder), voltage_min=1.1, voltage_max=0.9)


# An independent code


def test_pandapower_finds_the_same_voltages_and_losses():
    pp = pytest.importorskip("pandapower")
    feeder = feeder_of(rows(3, 6))
    net = pp.create_empty_network()
    for volts in feeder.voltage:
        pp.create_bus(net, vn_kv=volts / 1e3)
    pp.create_ext_grid(net, 0)
    for u, v, part, length in zip(feeder.tail, feeder.head, feeder.parts, feeder.length, strict=True):
        if isinstance(part, Cable):
            ohms = {"r_ohm_per_km": 1e3 * part.resistance, "x_ohm_per_km": 1e3 * part.reactance, "c_nf_per_km": 0}
            pp.create_line_from_parameters(net, u, v, length / 1e3, **ohms, max_i_ka=1)
        else:
            short = {"vk_percent": 6.0, "vkr_percent": 0.8, "pfe_kw": 3.15, "i0_percent": 0.4}
            pp.create_transformer_from_parameters(net, u, v, sn_mva=3.15, vn_hv_kv=34.5, vn_lv_kv=0.415, **short)
    for node in feeder.feed_node:
        pp.create_load(net, node, p_mw=0.132, q_mvar=0.132 * np.tan(np.arccos(0.99)))
    pp.runpp(net, tolerance_mva=1e-9, trafo_model="pi", calculate_voltage_angles=False, numba=False)
    found = solve_feeder(feeder)
    np.testing.assert_allclose(found.node_voltage, net.res_bus.vm_pu, rtol=0, atol=1e-9)
    lines = [place for place, part in enumerate(feeder.parts) if isinstance(part, Cable)]
    np.testing.assert_allclose(found.branch_loss[lines], 1e6 * net.res_line.pl_mw, atol=1e-2)
