"""A rack of three slots, solved again as scalar equations, one chip and one section at a time.

Only what the leaves know of materials is read from them (coolant properties, film, package table, branch law); the
balances, the bar, the clock, the traffic and the flow policy are written out here.
"""

from math import exp, pi
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import fsolve
from twin_racks import ac_power, changed, steady

import thermal
import twin
from twin.build.cache import cache_folder
from twin.couple.steady import Steady
from twin.spec.types import Chip, Factory

#: The solver stops at a relative change of 1e-10; Anderson's last step leaves about as much error.
AGREEMENT = 1e-8


class Hand(NamedTuple):
    """The rack in scalars."""

    junction: list[float]
    power: list[float]
    clock: list[float]
    flow: float
    coolant_return: float
    node_voltage: list[float]
    load_voltage: list[float]
    section_current: list[float]
    section_temperature: list[float]
    ac: float
    liquid: float
    residual: float


def leakage(chip: Chip, junction: float, factor: float) -> float:
    """Exponential in temperature; its size follows from the measured ratio over the span."""
    p = chip.power
    x = p.leakage_exponent * p.leakage_span / 2
    share = (p.leakage_ratio - 1) / ((exp(x) - 1) - p.leakage_ratio * (exp(-x) - 1))
    return factor * share * p.tdp * exp(p.leakage_exponent * (junction - p.leakage_temperature))


def dynamic(chip: Chip, load: float) -> float:
    nominal = leakage(chip, chip.power.leakage_temperature, 1.0)
    idle, full = chip.power.idle_power - nominal, chip.power.tdp - nominal
    return idle + (full - idle) * load


def header(spec: Factory, flow: float, mean: float) -> float:
    """Drop of one slot pitch of supply and return header: 2 f (L / D) rho v² / 2."""
    liquid, D, L = thermal.coolant(spec.cooling.coolant), spec.rack.manifold.header_diameter, spec.rack.slot_pitch
    rho, mu = float(thermal.density(liquid, mean)), float(thermal.viscosity(liquid, mean))
    v = flow / (rho * pi * D**2 / 4)
    f = float(thermal.friction_factor(rho * v * D / mu, spec.rack.manifold.roughness / D))
    return 2 * f * L / D * rho * v**2 / 2


def rise(spec: Factory, chip: Chip, volume: float, mean: float, interface: float, share: float) -> float:
    """Die mean above the supply per watt: package on its film, and half the warming of the plate's own stream."""
    liquid = thermal.coolant(spec.cooling.coolant)
    film = float(thermal.film_coefficient(chip.plate, volume, liquid, mean))
    capacity = float(thermal.density(liquid, mean) * thermal.heat_capacity(liquid, mean)) * volume
    package = thermal.compact_package(chip.package, chip.plate, folder=cache_folder())
    own = float(thermal.junction_resistance(package, 1 / film, 1 / capacity, np.array([interface])).die[0])
    return share * (own + 1 / (2 * capacity))


def by_hand(spec: Factory) -> Hand:
    """Solve the tiny rack: 3 junctions, 2 clocks, 2 flows, return, 3 voltages, 2 currents, 2 bar temperatures."""
    liquid, rack, cooling = thermal.coolant(spec.cooling.coolant), spec.rack, spec.cooling
    compute, switch = rack.trays
    gpu, asic = compute.chips[0], switch.chips[0]
    bar, shelf, load = rack.busbar, rack.shelf, spec.load.utilization
    assert bar is not None
    draws = np.random.default_rng(spec.variation.seed).uniform(-1, 1, size=(2, 3))
    leak, tim = 1 + spec.variation.leakage * draws[0], 1 + spec.variation.interface * draws[1]
    order_weights, spacing = np.array([asic.plate.flow_weight, 2 * gpu.plate.flow_weight]), [0.5, 1.0]
    law = thermal.fit_branch_law(
        rack.pressure_points, rack.manifold, order_weights, np.array(spacing) * rack.slot_pitch, liquid
    )
    supply, budget_at = cooling.supply_temperature, spec.limits.junction - cooling.supply_temperature
    offered = rack.nvlink.gpu_bandwidth * spec.traffic.injection * load

    ports, gpus = rack.scale_out, (2, 0)
    assert ports is not None
    optical = ports.ports_per_gpu * 8 * 18.75e-12 * ports.port_bandwidth * (0.8 + 0.2 * load * ports.injection)

    def state(x: np.ndarray) -> tuple[np.ndarray, Hand]:
        t0, t1, ts, c0, c1, _, _, back, v1, v2, v3, i_gpu, i_asic, s12, s23 = x * scale
        m_gpu, m_asic = 0.06 * exp(x[5]), 0.01 * exp(x[6])  # a flow stays positive on the way
        mean = (supply + back) / 2
        rho, mu = float(thermal.density(liquid, mean)), float(thermal.viscosity(liquid, mean))
        q_gpu, q_asic = m_gpu / rho / 2, m_asic / rho
        r = [
            rise(spec, gpu, q_gpu, mean, tim[0], compute.chip_liquid_fraction),
            rise(spec, gpu, q_gpu, mean, tim[1], compute.chip_liquid_fraction),
            rise(spec, asic, q_asic, mean, tim[2], switch.chip_liquid_fraction),
        ]
        through = offered * (c0 + c1)
        link = [gpu.power.link_energy * through] * 2 + [2 * asic.power.link_energy * through]
        leaks = [leakage(c, t, f) for c, t, f in zip((gpu, gpu, asic), (t0, t1, ts), leak, strict=True)]
        clocks = []
        for i, (chip, busy) in enumerate(((gpu, load), (gpu, load), (asic, 0.0))):
            room = min(chip.power.tdp, budget_at / r[i]) - link[i] - leaks[i]
            clocks.append(min(1.0, max(chip.power.clock_min, room / dynamic(chip, busy))))
        power = [
            dynamic(chip, busy) * clocks[i] + leaks[i] + link[i]
            for i, (chip, busy) in enumerate(((gpu, load), (gpu, load), (asic, 0.0)))
        ]
        chips = [power[0] + power[1], power[2]]
        board = [
            heat * (1 / tray.intermediate_bus.efficiency - 1) + count * optical
            + tray.auxiliary_idle_power + (tray.auxiliary_power - tray.auxiliary_idle_power) * load
            for heat, tray, count in zip(chips, (compute, switch), gpus, strict=True)
        ]  # fmt: skip
        ohm = [
            2 * bar.resistivity / bar.cross_section * rack.slot_pitch
            * (1 + bar.temperature_coefficient * (t - 293.15)) for t in (s12, s23)
        ]  # fmt: skip
        total = i_gpu + i_asic
        output = v1 * total
        shelf_loss = shelf.rated_power * (
            shelf.loss_constant + shelf.loss_quadratic * (output / shelf.rated_power) ** 2
        )
        lost = shelf_loss + ohm[0] * total**2 + ohm[1] * i_asic**2 + bar.contact_resistance * (i_gpu**2 + i_asic**2)
        heat = rack.shelf_liquid_fraction * lost + sum(
            tray.chip_liquid_fraction * c + tray.board_liquid_fraction * b
            for tray, c, b in zip((compute, switch), chips, board, strict=True)
        )
        enthalpy = float(thermal.enthalpy(liquid, supply))
        flow = m_gpu + m_asic
        wanted = heat / (float(thermal.enthalpy(liquid, cooling.return_temperature)) - enthalpy)
        wanted = min(max(wanted, cooling.flow_minimum * rho), cooling.flow_maximum * rho)
        if cooling.volume_flow is not None:
            wanted = cooling.volume_flow * rho
        branch = [law.quadratic * (m / w) ** 2 / rho + law.laminar * mu / rho * m / w
                  for m, w in ((m_asic, order_weights[0]), (m_gpu, order_weights[1]))]  # fmt: skip
        per_metre = [ohm[k] / rack.slot_pitch for k in (0, 1)]
        warm = [bar.heat_transfer * (t - bar.ambient_temperature) for t in (s12, s23)]
        zero = np.array([
            (supply + r[0] * power[0] - t0) / t0,
            (supply + r[1] * power[1] - t1) / t1,
            (supply + r[2] * power[2] - ts) / ts,
            clocks[0] - c0,
            clocks[1] - c1,
            flow / wanted - 1,
            (branch[0] - branch[1] - header(spec, m_gpu, mean)) / branch[0],
            (flow * (float(thermal.enthalpy(liquid, back)) - enthalpy) - heat) / heat,
            (shelf.output_voltage - shelf.source_resistance * total - v1) / v1,
            (v1 - ohm[0] * total - v2) / v2,
            (v2 - ohm[1] * i_asic - v3) / v3,
            (v2 - bar.contact_resistance * i_gpu) * i_gpu / (chips[0] + board[0]) - 1,
            (v3 - bar.contact_resistance * i_asic) * i_asic / (chips[1] + board[1]) - 1,
            (per_metre[0] * total**2 - warm[0]) / bar.ambient_temperature,
            (per_metre[1] * i_asic**2 - warm[1]) / bar.ambient_temperature,
        ])  # fmt: skip
        behind = [v2 - bar.contact_resistance * i_gpu, v3 - bar.contact_resistance * i_asic]
        found = Hand([t0, t1, ts], power, clocks, flow, back, [v1, v2, v3], behind, [total, i_asic], [s12, s23],
                     output + shelf_loss, heat, float(np.abs(zero).max()))  # fmt: skip
        return zero, found

    scale = np.array([340.0, 340, 330, 1, 1, 1, 1, 328, 50, 50, 50, 60, 10, 320, 310])
    start = np.array([1, 1, 1, 0.9, 0.9, 0, 0, 1, 0.99, 0.98, 0.98, 1, 1, 1, 1.0])
    root = fsolve(lambda x: state(x)[0], start, xtol=1e-14, full_output=True)[0]  # the residual is tested below
    return state(root)[1]


CASES = {
    "full load": {},
    "half load": {"load.utilization": 0.5},
    "idle": {"load.utilization": 0.0},
    "cool supply": {"cooling.supply_temperature": 293.15},
    "fixed flow": {"cooling.volume_flow": 5e-5},
    "derated": {"limits.junction": 341.15},
    "at the clock floor": {"limits.supply_maximum": 318.65, "limits.junction": 319.65},
    "busy links": {"traffic.injection": 0.9},
    "pg25": {"cooling.coolant": "pg25"},
}


@pytest.fixture(scope="module", params=CASES)
def pair(request: pytest.FixtureRequest, tiny: Factory) -> tuple[Hand, Steady, Factory]:
    spec = changed(tiny, CASES[request.param])
    return by_hand(spec), steady(spec), spec


def test_the_scalar_equations_are_solved(pair: tuple[Hand, Steady, Factory]) -> None:
    assert pair[0].residual < 1e-12


def test_the_cases_reach_what_they_are_named_after(tiny: Factory) -> None:
    full = by_hand(tiny)
    derated = by_hand(changed(tiny, CASES["derated"]))
    floor = by_hand(changed(tiny, CASES["at the clock floor"]))
    assert max(derated.junction) == pytest.approx(341.15, rel=1e-10)
    assert derated.clock[0] < full.clock[0] < 1
    assert floor.clock[:2] == [0.3, 0.3]
    assert max(floor.junction) > 319.65


@pytest.mark.parametrize("name", ["junction", "power", "clock", "section_temperature"])
def test_chips_and_copper_agree_with_the_scalar_equations(pair: tuple[Hand, Steady, Factory], name: str) -> None:
    hand, solved, _ = pair
    out = solved.outcome
    value = {
        "junction": out.next.junction,
        "power": out.chips.power,
        "clock": out.chips.clock,
        "section_temperature": out.next.section,
    }[name]
    np.testing.assert_allclose(value[0], getattr(hand, name), rtol=AGREEMENT)


def test_flow_and_return_agree_with_the_scalar_equations(pair: tuple[Hand, Steady, Factory]) -> None:
    hand, solved, _ = pair
    assert solved.outcome.next.flow[0, 0] == pytest.approx(hand.flow, rel=AGREEMENT)
    assert solved.outcome.next.coolant_return[0, 0] == pytest.approx(hand.coolant_return, rel=AGREEMENT)
    assert solved.outcome.boards.liquid_heat[0, 0] == pytest.approx(hand.liquid, rel=AGREEMENT)


def test_the_bar_agrees_with_the_scalar_equations(pair: tuple[Hand, Steady, Factory]) -> None:
    hand, solved, _ = pair
    bus = solved.outcome.boards.feed.bus
    np.testing.assert_allclose(bus.node_voltage[0], hand.node_voltage, rtol=AGREEMENT)
    np.testing.assert_allclose(bus.load_voltage[0, 1:], hand.load_voltage, rtol=AGREEMENT)
    np.testing.assert_allclose(bus.section_current[0], hand.section_current, rtol=AGREEMENT)
    assert ac_power(solved)[0] == pytest.approx(hand.ac, rel=AGREEMENT)


def test_the_dataset_holds_the_same_numbers(tiny: Factory) -> None:
    hand, tree = by_hand(tiny), twin.solve(tiny)
    np.testing.assert_allclose(tree["thermal"].junction_temperature, hand.junction, rtol=AGREEMENT)
    np.testing.assert_allclose(tree["power"].chip_power, hand.power, rtol=AGREEMENT)
    np.testing.assert_allclose(tree["power"].tray_voltage, hand.load_voltage, rtol=AGREEMENT)
    np.testing.assert_allclose(tree["power"].shelf_voltage, hand.node_voltage[:1], rtol=AGREEMENT)
    assert float(tree["summary"].rack_power) == pytest.approx(hand.ac, rel=AGREEMENT)
    assert float(tree["summary"].coolant_flow) == pytest.approx(hand.flow, rel=AGREEMENT)


def test_a_mutant_of_one_per_cent_in_the_rise_is_seen(tiny: Factory) -> None:
    hand, thicker = by_hand(tiny), tiny.with_("rack.trays.compute.chip_liquid_fraction", 0.98 * 0.99)
    assert abs(steady(thicker).outcome.next.junction[0, 0] / hand.junction[0] - 1) > 100 * AGREEMENT
