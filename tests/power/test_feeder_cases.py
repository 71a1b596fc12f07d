"""Many load flows of one feeder: by hand, against power-grid-model, balance, switches, and loads beyond the limit."""

import networkx as nx
import numpy as np
import pytest

import power
from power import fixed_feeder as prepared
from power.feeder_cases import solve_cases
from power.fixed_feeder import factored_feeder

IDEAL = power.Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
GRID = power.Utility(voltage_ratio=1.02, short_circuit_power=5e7, resistance_ratio=0.3)
WIRE = power.Cable(resistance=1e-4, reactance=1e-4, rated_current=400.0)
OHMS = power.Cable(resistance=1e-3, reactance=0.0, rated_current=400.0)
TRANSFORMER = power.Transformer(
    rated_power=1e6, short_circuit_voltage=0.06, short_circuit_loss=0.01, no_load_loss=0.002, no_load_current=0.02
)
UPS = power.Ups(
    rated_power=5e5, loss_constant=0.01, loss_linear=0.01, loss_quadratic=0.01, input_power_factor=0.98,
    voltage_ratio=0.99,
)  # fmt: skip


def meshed():
    """Two utilities, a transformer, a UPS, a ring of cables, and a rack on two feeds."""
    graph = nx.DiGraph()
    graph.add_node("grid", voltage=10e3, utility=GRID)
    graph.add_node("other", voltage=415.0, utility=GRID)
    for name in ("board", "protected", "a", "b"):
        graph.add_node(name, voltage=415.0)
    load = power.RackLoad(power=0.0, power_factor=0.95)
    graph.add_node("single", voltage=415.0, load=load)
    for name in ("left", "right"):
        graph.add_node(name, voltage=415.0, load=load, rack="double")
    graph.add_edge("grid", "board", part=TRANSFORMER, name="transformer")
    graph.add_edge("other", "board", part=WIRE, length=30.0, name="tie")
    graph.add_edge("board", "protected", part=UPS, name="ups")
    wires = [("protected", "a"), ("protected", "b"), ("a", "b"), ("a", "left"), ("b", "right"), ("board", "single")]
    for start, end in wires:
        graph.add_edge(start, end, part=WIRE, length=10.0, name=f"{start}-{end}")
    return power.feeder_of(graph)


def same(found, oracle):
    for name, values in oracle._asdict().items():
        expected = np.asarray(values, dtype=float)
        size = max(1.0, float(np.abs(expected).max(initial=0.0)))
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-7, atol=1e-9 * size, err_msg=name)


@pytest.mark.parametrize("opened", [None, "tie", "ups", "protected-a", "a-b", "transformer"])
def test_a_meshed_feeder_is_that_of_the_library(opened):
    feeder = meshed()
    closed = np.array([name != opened for name in feeder.branches])
    drawn = np.array([[50e3, 80e3], [0.0, 120e3], [90e3, 0.0], [0.0, 0.0]])
    same(solve_cases(factored_feeder(feeder, closed), drawn), power.solve_feeder(feeder, power=drawn, closed=closed))


def test_power_is_balanced_at_every_node():
    feeder = meshed()
    found = solve_cases(factored_feeder(feeder), np.random.default_rng(3).uniform(0, 150e3, (40, 2)))
    assert np.abs(power.power_imbalance(feeder, found)).max() < 1e-9 * 3e5


def test_a_transformer_of_half_its_iron_would_be_seen():
    """A mutant: the shunt of one end only."""
    feeder = meshed()
    whole = factored_feeder(feeder)
    tiers = tuple(tier._replace(shunt=tier.shunt / 2) for tier in whole.tiers)
    drawn = np.array([[50e3, 80e3]])
    with pytest.raises(AssertionError):
        same(solve_cases(whole._replace(tiers=tiers), drawn), power.solve_feeder(feeder, power=drawn))


def test_a_large_feeder_is_factored_and_gives_the_same(monkeypatch):
    feeder, drawn = meshed(), np.array([[50e3, 80e3], [1e3, 2e3]])
    dense = solve_cases(factored_feeder(feeder), drawn)
    monkeypatch.setattr(prepared, "DENSE", 0)
    same(solve_cases(factored_feeder(feeder), drawn), dense)


def line(length=100.0):
    graph = nx.DiGraph()
    graph.add_node("grid", voltage=415.0, utility=IDEAL)
    graph.add_node("rack", voltage=415.0, load=power.RackLoad(power=0.0, power_factor=1.0))
    graph.add_edge("grid", "rack", part=OHMS, length=length)
    return power.feeder_of(graph)


@pytest.mark.parametrize("share", [0.1, 0.9, 0.999])
def test_a_rack_near_the_transferable_power_by_hand(share):
    """P = share V0^2 / 4 R: V = V0 (1 + sqrt(1 - share)) / 2, however slowly it is found."""
    watts = share * 415.0**2 / (4 * 0.1)
    found = solve_cases(factored_feeder(line()), [[watts]])
    assert found.node_voltage[0, 1] == pytest.approx((1 + np.sqrt(1 - share)) / 2, rel=1e-7)
    assert found.utility_power[0, 0] - found.branch_loss[0, 0] == pytest.approx(watts, rel=1e-8)


def test_a_rack_beyond_it_is_refused_with_its_name():
    with pytest.raises(power.DidNotConverge, match=r"power of rack 'rack' = 500000 W is .* W beyond the transferable"):
        solve_cases(factored_feeder(line()), [[1e3], [500e3]])


@pytest.mark.parametrize("drawn", [[[np.nan]], [[-1.0]], [[1.0, 2.0]], [1.0]])
def test_powers_that_are_none_are_refused(drawn):
    with pytest.raises(ValueError, match="power"):
        solve_cases(factored_feeder(line()), drawn)


def test_switches_of_another_feeder_are_refused():
    with pytest.raises(ValueError, match=r"closed has shape \(3,\): must be \(1,\)"):
        factored_feeder(line(), [True, True, False])
