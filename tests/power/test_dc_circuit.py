"""DC circuits, from cases by hand to an independent solver that keeps the sources as unknowns."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power import DidNotConverge, nodal, solve_busbar
from power.circuit import Circuit, circuit_of, elements
from power.dc import solve_circuit

NONE = elements([], [], [])


def chain(power, resistance=(1e-3, 2e-3, 3e-3), volts=50.0):
    """Ground 0, an ideal source at node 1, resistors on to nodes 2, 3, ..., a power load at each of those."""
    nodes = np.arange(1, len(resistance) + 1)
    return Circuit(
        range(nodes.size + 2),
        0,
        elements(nodes, nodes + 1, resistance),
        elements(1, 0, volts),
        NONE,
        elements(nodes + 1, 0 * nodes, power),
    )


def random_circuit(seed, nodes=12, *, powers=True):
    """A tree and as many more resistors; ideal sources in series, a current source, loads at every free node."""
    rng = np.random.default_rng(seed)
    later = np.arange(4, nodes)
    tail = np.concatenate([later, rng.integers(1, nodes, nodes)])
    head = np.concatenate([rng.integers(1, later), rng.integers(1, nodes, nodes)])
    tail[0], head[0] = 4, 3
    keep = tail != head
    resistors = elements(tail[keep], head[keep], 10 ** rng.uniform(-4, -2, keep.sum()))
    voltages = elements([1, 2, 3], [0, 1, 1], [50.0, 0.3, -0.2], ["main", "up", "down"])
    currents = elements([5, 6, 7], [0, 0, 8], rng.uniform(-50, 50, 3))
    loads = elements(later, 0 * later, rng.uniform(0, 500, later.size) if powers else 0.0 * later)
    return Circuit(tuple(range(nodes)), 0, resistors, voltages, currents, loads)


def dense(circuit, drawn):
    """Node voltages and source currents with all of them as unknowns (modified nodal analysis), loads as currents."""
    n, m = len(circuit.nodes), len(circuit.voltages.value)
    matrix, right = np.zeros((n + m, n + m)), np.zeros(n + m)
    for tail, head, ohm in zip(*circuit.resistors[:3], strict=True):
        matrix[[tail, head], [tail, head]] += 1 / ohm
        matrix[[tail, head], [head, tail]] -= 1 / ohm
    for k, (tail, head, volts) in enumerate(zip(*circuit.voltages[:3], strict=True)):
        matrix[[tail, head], n + k] = matrix[n + k, [tail, head]] = 1, -1
        right[n + k] = volts
    for part, amperes in ((circuit.currents, circuit.currents.value), (circuit.powers, drawn)):
        np.subtract.at(right, part.tail, amperes)
        np.add.at(right, part.head, amperes)
    keep = np.arange(n + m) != circuit.ground
    found = np.zeros(n + m)
    found[keep] = np.linalg.solve(matrix[np.ix_(keep, keep)], right[keep])
    return found[:n], found[n:]


def worst_balance(circuit, found):
    """Power that appears from nowhere at any node, over the power of the sources; from the elements' own laws."""
    voltage, leaving = found.node_voltage, np.zeros(len(circuit.nodes))
    currents = (found.resistor_current, found.source_current, circuit.currents.value, found.load_current)
    for part, current in zip(circuit[2:], currents, strict=True):
        np.add.at(leaving, part.tail, current)
        np.subtract.at(leaving, part.head, current)
    across = voltage[circuit.voltages.tail] - voltage[circuit.voltages.head]
    return np.abs(leaving * voltage).max() / np.abs(across * found.source_current).sum()


# by hand


def test_a_divider_splits_as_its_resistances():
    circuit = Circuit("gab", 0, elements([1, 2], [2, 0], [1000.0, 4000.0]), elements(1, 0, 10.0), NONE, NONE)
    found = solve_circuit(circuit)
    assert found.node_voltage == pytest.approx([0, 10, 8], abs=1e-13)
    assert found.resistor_current == pytest.approx([2e-3, 2e-3], rel=1e-13)
    assert found.source_current == pytest.approx([-2e-3], rel=1e-13)  # it delivers


def test_a_constant_power_load_takes_the_upper_root():
    found = solve_circuit(chain([16.0], [1.0], 10.0))
    assert found.node_voltage == pytest.approx([0, 10, 8], abs=1e-12)
    assert found.load_current == pytest.approx([2.0], rel=1e-12)


def test_a_balanced_bridge_carries_nothing_across():
    """Arms 1, 2 and 10, 20 ohm, 5 ohm across, 3 V: 1 A and 0.1 A."""
    graph = nx.MultiGraph()
    for u, v, ohm in (("t", "a", 1.0), ("a", 0, 2.0), ("t", "b", 10.0), ("b", 0, 20.0), ("a", "b", 5.0)):
        graph.add_edge(u, v, resistance=ohm)
    graph.add_edge(0, "t", voltage=3.0, positive="t")
    circuit = circuit_of(graph)
    found = solve_circuit(circuit)
    at = dict(zip(circuit.nodes, found.node_voltage, strict=True))
    assert (at["a"], at["b"]) == pytest.approx((2.0, 2.0))
    assert found.source_current == pytest.approx([-1.1])


def test_a_current_load_draws_from_its_positive_node_and_a_negative_one_feeds():
    graph = nx.MultiGraph()
    graph.add_edge("n", 0, resistance=2.0)
    graph.add_edge(0, "n", current=-3.0, positive="n")
    assert solve_circuit(circuit_of(graph)).node_voltage.tolist() == [6.0, 0.0]


def test_parallel_edges_and_zero_ohm_are_what_they_say():
    graph = nx.MultiGraph()
    graph.add_edge("s", 0, voltage=12.0, positive="s")
    graph.add_edge("s", "a", resistance=0.0, name="strap")
    graph.add_edges_from(
        [("a", "b", {"resistance": 2.0}), ("a", "b", {"resistance": 2.0}), ("b", 0, {"resistance": 5.0})]
    )
    found = solve_circuit(circuit_of(graph))
    assert dict(zip(graph, found.node_voltage, strict=True)) == pytest.approx({"s": 12, "a": 12, "b": 10, 0: 0})
    strap = [data.get("name") for *_, data in graph.edges(data=True) if "resistance" in data].index("strap")
    assert abs(found.resistor_current[strap]) == pytest.approx(2.0)


def test_a_directed_edge_needs_no_positive_end():
    graph = nx.MultiDiGraph([("top", "g", {"voltage": 5.0}), ("top", "g", {"resistance": 10.0})])
    assert solve_circuit(circuit_of(graph, ground="g")).source_current == pytest.approx([-0.5])


def test_loops_of_ideal_sources_that_add_to_zero_are_solved():
    circuit = Circuit("gab", 0, elements(2, 0, 1.0), elements([1, 2, 2], [0, 1, 0], [3.0, 2.0, 5.0]), NONE, NONE)
    found = solve_circuit(circuit)
    assert found.node_voltage.tolist() == [0.0, 3.0, 5.0]
    assert np.abs(found.imbalance).max() < 1e-15


def test_a_circuit_of_ideal_sources_only_has_no_unknown():
    circuit = Circuit("gab", 0, NONE, elements([1, 2], [0, 1], [3.0, 2.0]), NONE, elements(2, 0, 10.0))
    found = solve_circuit(circuit)
    assert found.node_voltage.tolist() == [0.0, 3.0, 5.0]
    assert found.source_current == pytest.approx([-2.0, -2.0])


# against others


@pytest.mark.parametrize("seed", range(5))
def test_voltages_and_source_currents_are_those_of_modified_nodal_analysis(seed):
    circuit = random_circuit(seed)
    found = solve_circuit(circuit)
    voltage, current = dense(circuit, found.load_current)
    np.testing.assert_allclose(found.node_voltage, voltage, rtol=1e-10)
    np.testing.assert_allclose(found.source_current, current, rtol=1e-7, atol=1e-7)
    watts = found.load_current * found.node_voltage[circuit.powers.tail]
    np.testing.assert_allclose(watts, circuit.powers.value, rtol=1e-11)


def test_a_rack_is_the_rack_of_the_busbar_solver():
    rng = np.random.default_rng(3)
    power = rng.uniform(0, 7e3, 35)
    shelves = np.r_[0:4, 31:35]
    ohm = np.full(35, np.inf)
    ohm[shelves] = 5e-4
    bar = solve_busbar(np.full(34, 2e-6), power, 50.0, ohm, 0.0)
    resistors = elements(np.r_[0:34, [36] * 8], np.r_[1:35, shelves], np.r_[[2e-6] * 34, [5e-4] * 8])
    circuit = Circuit(range(37), 35, resistors, elements(36, 35, 50.0), NONE, elements(range(35), [35] * 35, power))
    found = solve_circuit(circuit)
    np.testing.assert_allclose(found.node_voltage[:35], bar.node_voltage, rtol=1e-11)
    np.testing.assert_allclose(found.resistor_current[:34], bar.section_current, atol=1e-6)


def test_a_batch_is_its_members_one_by_one():
    circuit, rng = random_circuit(7), np.random.default_rng(0)
    power = circuit.powers.value * rng.uniform(0, 1, (2, 3, 1))
    volts = circuit.voltages.value * rng.uniform(0.9, 1.1, (3, 1))
    found = solve_circuit(circuit, power=power, voltage=volts)
    assert found.node_voltage.shape == (2, 3, 12)
    for i in np.ndindex(2, 3):
        alone = solve_circuit(circuit, power=power[i], voltage=volts[i[1]])
        np.testing.assert_allclose(found.node_voltage[i], alone.node_voltage, rtol=1e-12)
        np.testing.assert_allclose(found.source_current[i], alone.source_current, rtol=1e-8)


# properties


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_power_balances_at_every_node(seed):
    circuit = random_circuit(seed)
    assert worst_balance(circuit, solve_circuit(circuit)) < 1e-9


def test_the_balance_rejects_a_current_that_is_a_millionth_off():
    circuit = random_circuit(1)
    found = solve_circuit(circuit)
    for field in ("resistor_current", "source_current", "load_current"):
        wrong = found._replace(**{field: getattr(found, field) * (1 + 1e-6)})
        assert worst_balance(circuit, wrong) > 1e-9


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6))
def test_linear_circuits_superpose(seed):
    circuit = random_circuit(seed, powers=False)
    volts, amperes = circuit.voltages.value, circuit.currents.value
    both, first, second = (
        solve_circuit(circuit, voltage=a * volts, current=b * amperes).node_voltage for a, b in ((1, 1), (1, 0), (0, 1))
    )
    np.testing.assert_allclose(both, first + second, atol=1e-10)


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), a=st.integers(4, 11), b=st.integers(4, 11))
def test_a_resistive_circuit_is_reciprocal(seed, a, b):
    """1 A drawn at a lowers b as much as 1 A drawn at b lowers a."""
    circuit = random_circuit(seed, powers=False)._replace(currents=elements([a, b], [0, 0], 0.0))
    voltage = solve_circuit(circuit, current=[[1, 0], [0, 1]], voltage=[0, 0, 0]).node_voltage
    assert voltage[0, b] == pytest.approx(voltage[1, a], rel=1e-9, abs=1e-13)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), copper=st.floats(1.0, 3.0))
def test_more_copper_never_lowers_the_minimum_voltage(seed, copper):
    """All resistors by the same factor; or any one of a tree with one source, where no current finds another way."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed)._replace(currents=NONE)
    circuit = circuit._replace(voltages=circuit.voltages._replace(value=np.array([50.0, 0.0, 0.0])))
    tree = chain(rng.uniform(0, 3e3, 6), rng.uniform(1e-4, 1e-3, 6))
    for case, factor in ((circuit, copper), (tree, np.where(np.arange(6) == rng.integers(6), copper, 1.0))):
        thick = case._replace(resistors=case.resistors._replace(value=case.resistors.value / factor))
        before, after = (np.delete(solve_circuit(c).node_voltage, 0).min() for c in (case, thick))
        assert after >= before - 1e-9


def test_one_more_strap_between_two_feeders_can_lower_the_minimum_voltage():
    """Why the property is not one of every single conductor: a strap lends the weak feeder's voltage to the other."""
    resistors = elements([1, 2, 1], [2, 3, 4], [1e-3, 10e-3, 10e-3], ["feeder", "far", "weak"])
    circuit = Circuit(range(5), 0, resistors, elements(1, 0, 50.0), elements([3, 4], [0, 0], [500.0, 400.0]), NONE)
    strap = circuit._replace(resistors=elements([1, 2, 1, 2], [2, 3, 4, 4], [1e-3, 10e-3, 10e-3, 1e-3]))
    assert solve_circuit(strap).node_voltage[3] < solve_circuit(circuit).node_voltage[3] - 0.1


# what cannot be


def test_a_load_beyond_the_transferable_power_is_named_with_what_is_too_much():
    """50 V behind 2 milliohm carry 312.5 kW: 400 kW are 87.5 kW too many."""
    circuit = chain([400e3], [2e-3])
    circuit = circuit._replace(powers=circuit.powers._replace(names=["rack 7"]))
    with pytest.raises(DidNotConverge, match=r"power of 'rack 7' = 400000 W is 8.75e\+04 W beyond .* at 78.12%"):
        solve_circuit(circuit)


def test_the_case_of_a_batch_that_fails_is_named():
    with pytest.raises(DidNotConverge, match=r"^case \[1\]: power of element 0 = 320000 W"):
        solve_circuit(chain([1.0], [2e-3]), power=[[3e5], [3.2e5], [3.1e5]])


@settings(max_examples=6)
@given(share=st.floats(0.05, 1.5))
def test_the_transfer_limit_is_where_theory_puts_it(share):
    circuit = chain([share * 50**2 / (4 * 2e-3)], [2e-3])
    if share < 1 - 1e-9:
        assert solve_circuit(circuit).node_voltage[2] == pytest.approx(25 * (1 + np.sqrt(1 - share)), rel=1e-7)
    elif share > 1 + 1e-9:
        with pytest.raises(DidNotConverge, match="beyond the transferable"):
            solve_circuit(circuit)


def test_the_load_that_asks_too_much_is_named_and_not_a_small_one_that_sags_more():
    """Behind the large load a small one hangs on a thin wire."""
    circuit = chain([3e6, 5e3], [2e-4, 0.1])
    with pytest.raises(DidNotConverge, match=r"power of element 0 = 3e\+06 W"):
        solve_circuit(circuit)


def test_an_overload_of_a_millionth_is_not_said_to_be_carried_whole():
    with pytest.raises(DidNotConverge, match=r"is 0\.3\d* W beyond .* at 99\.99%"):
        solve_circuit(chain([312.5e3 * (1 + 1e-6)], [2e-3]))


def test_a_load_that_constant_currents_have_turned_around_is_refused():
    circuit = chain([100.0], [1.0], 10.0)._replace(currents=elements(2, 0, 30.0))
    with pytest.raises(DidNotConverge, match="power of element 0 = 100 W: constant currents turn the voltage"):
        solve_circuit(circuit)


@pytest.mark.parametrize("ends", [([2], [2]), ([2], [3])])
def test_a_load_without_a_voltage_is_told_so_and_not_to_add_copper(ends):
    """Both ends on one node; both on a bar of one voltage."""
    bar = elements([1, 2], [2, 3], 1.0)
    dead = Circuit(range(4), 0, bar, elements(1, 0, 10.0), NONE, elements(*ends, 5.0, ["fan"]))
    with pytest.raises(DidNotConverge, match="power of 'fan' = 5 W: there is no voltage across it"):
        solve_circuit(dead)


@pytest.mark.parametrize("seed", range(8))
def test_a_load_that_only_a_current_source_feeds_is_carried_whatever_the_rounding(seed):
    """Ideal sources alone leave 0 V across it: the sign of what rounding leaves there means nothing."""
    ohms = np.random.default_rng(seed).uniform(0.5, 1.0, 3)
    parts = elements([2, 3, 4], [1, 2, 1], ohms), elements([1], [0], 50.0), elements([4], [3], 4.0)
    still = solve_circuit(Circuit(range(5), 0, *parts, NONE)).node_voltage
    assert still[3] - still[1] == pytest.approx(4.0 * ohms[:2].sum())
    found = solve_circuit(Circuit(range(5), 0, *parts, elements([3], [1], 2.0))).node_voltage
    assert (found[3] - found[1]) * (4.0 - (found[3] - found[1]) / ohms[:2].sum()) == pytest.approx(2.0)


@pytest.mark.parametrize("ratio", [1e6, 1e9, 1e12])
def test_small_resistances_in_series_with_large_ones_keep_their_digits(ratio):
    """Two of each in turn: the sum of two conductances alone has lost the smaller one's digits."""
    ohms = np.array([1.0, ratio, 1.0, ratio]) / np.sqrt(ratio)
    circuit = Circuit(range(5), 0, elements([1, 2, 3, 4], [2, 3, 4, 0], ohms), elements(1, 0, 1.0), NONE, NONE)
    expected = 1 - np.concatenate([[0], np.cumsum(ohms[:3])]) / ohms.sum()
    assert solve_circuit(circuit).node_voltage[1:] == pytest.approx(expected, abs=1e-13)


def test_resistances_too_far_apart_are_refused_by_their_values():
    ohms = np.array([1e-9, 1e9, 1e-9, 1e9])
    circuit = Circuit(range(5), 0, elements([1, 2, 3, 4], [2, 3, 4, 0], ohms), elements(1, 0, 1.0), NONE, NONE)
    with pytest.raises(DidNotConverge, match=r"resistances from 1e-09 to 1e\+09 ohm .* rounding"):
        solve_circuit(circuit)


@pytest.mark.parametrize("batch", [(0,), (1,), (3, 2)])
def test_a_batch_may_have_any_number_of_cases_and_one_alone_is_not_numbered(batch):
    circuit = chain([1.0], [2e-3])
    assert solve_circuit(circuit, power=np.ones((*batch, 1))).node_voltage.shape == (*batch, 3)
    if np.prod(batch) == 1:
        with pytest.raises(DidNotConverge, match=r"^power of"):
            solve_circuit(circuit, power=np.full((*batch, 1), 4e5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resistors": elements(1, 2, -1.0, ["r9"])}, r"resistance of 'r9' = -1.0: must be finite and >= 0"),
        ({"resistors": elements(1, 2, np.nan)}, r"resistance of element 0 = nan"),
        ({"resistors": elements(0, 1, 1.0)}, r"floating nodes 'b': no path .* to ground 'g'"),
        ({"powers": elements(2, 0, -5.0)}, r"power of element 0 = -5.0: must be finite and >= 0"),
        ({"powers": elements([1, 2], 0, 1.0)}, r"power: 2 tails, 1 heads, 2 values: must agree"),
        ({"currents": elements(3, 0, 1.0)}, r"current: node index outside 0 to 2"),
        (
            {"voltages": elements([1, 2, 2], [0, 1, 0], [3.0, 2.0, 6.0], ["u", "v", "w"])},
            r"voltage of '[uvw]' closes a loop of ideal sources that does not add to zero \(1 V left\)",
        ),
        ({"voltages": elements([1, 1], [0, 1], [3.0, 1.0])}, r"closes a loop .*\(1 V left\)"),
    ],
)
def test_a_bad_circuit_is_refused_by_name_value_and_bound(change, message):
    circuit = Circuit("gab", 0, elements(1, 2, 1.0), elements(1, 0, 10.0), NONE, elements(2, 0, 16.0))
    assert solve_circuit(circuit).iterations < 10
    with pytest.raises(ValueError, match=message):
        solve_circuit(circuit._replace(**change))


def test_a_short_across_a_source_is_a_loop_too():
    resistors = elements([1, 1], [2, 0], [1.0, 0.0], ["load", "screwdriver"])
    with pytest.raises(ValueError, match=r"'screwdriver' closes a loop .*\(10 V left\)|closes a loop"):
        solve_circuit(Circuit("gab", 0, resistors, elements(1, 0, 10.0), NONE, elements(2, 0, 1.0)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, r"edge 'a'-0 has none of resistance, voltage, current, power: must have exactly one"),
        ({"resistance": 1.0, "power": 2.0}, r"has \['resistance', 'power'\]"),
        ({"voltage": 1.0}, r"positive = None: must be 'a' or 0"),
        ({"current": 1.0, "positive": "b"}, r"positive = 'b': must be 'a' or 0"),
        ({"resistance": "1k"}, r"edge 'a'-0: resistance = '1k': must be a number"),
    ],
)
def test_an_edge_that_says_too_little_or_too_much_is_refused(data, message):
    graph = nx.MultiGraph()
    graph.add_edge("a", 0, **data)
    with pytest.raises(ValueError, match=message):
        circuit_of(graph)


def test_ground_must_be_there():
    with pytest.raises(ValueError, match="ground = 0: must be a node"):
        circuit_of(nx.MultiGraph([("a", "b", {"resistance": 1.0})]))


def test_values_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match=r"power has shape \(2,\): must be \(..., 1\)"):
        solve_circuit(chain([1.0], [1.0]), power=[1.0, 2.0])


def test_a_load_that_draws_one_per_cent_too_much_is_seen_by_the_oracle(monkeypatch):
    """A mutant: Newton's current is not power over voltage, the one reported is."""
    right = nodal._drawn
    monkeypatch.setattr(nodal, "_drawn", lambda *given: (1.01 * right(*given)[0], right(*given)[1]))
    circuit = random_circuit(0)
    found = solve_circuit(circuit)
    voltage, _ = dense(circuit, found.load_current)
    assert np.abs(found.node_voltage - voltage).max() > 1e-6
    assert worst_balance(circuit, found) > 1e-6
