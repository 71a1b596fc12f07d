"""Laminar ducts: tables of Shah and London, double sums, finite volumes of duct and fin, and a published heat sink."""

from dataclasses import replace

import ht
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import diags_array, kron
from scipy.sparse.linalg import splu

from thermal import ducts
from thermal.coolant import conductivity, coolant, density, heat_capacity, viscosity
from thermal.ducts import FinPlate, duct_friction, duct_nusselt, fin_efficiency, fin_film
from thermal.volumes.conduction import boundary_sink, conduction, matrix
from thermal.volumes.grid import Grid

WATER = coolant("water")
PLATE = FinPlate(fin_thickness=1e-4, gap=1e-4, fin_height=2e-3, length=0.04, width=0.04, fin_conductivity=390.0)
ASPECT = st.floats(0.0, 1.0)
LENGTH = st.floats(1e-5, 1e3)
FLOW = st.floats(1e-6, 1.5e-4)
SERIES = 1e-8  # what the modes left out amount to


# Developed flow


def test_parallel_plates_and_the_square_have_their_known_numbers():
    assert duct_friction([0.0, 1.0]) == pytest.approx([24.0, 14.22708], rel=1e-6)
    assert duct_nusselt([0.0, 1.0]) == pytest.approx([140 / 17, 3.607949], rel=1e-6)


def test_nusselt_numbers_are_those_of_shah_and_london():
    published = [7.455, 6.788, 6.492, 5.333, 4.126, 3.610]  # their sums were cut earlier than ours
    assert duct_nusselt([0.05, 0.1, 0.125, 0.25, 0.5, 1.0]) == pytest.approx(published, rel=1e-3)


def test_friction_is_that_of_shah_and_london():
    published = [22.477, 21.169, 20.585, 18.233, 15.548, 14.227]
    assert duct_friction([0.05, 0.1, 0.125, 0.25, 0.5, 1.0]) == pytest.approx(published, rel=5e-5)


@given(aspect=ASPECT)
def test_nusselt_follows_the_polynomial_of_an_independent_library(aspect):
    assert duct_nusselt(aspect) == pytest.approx(ht.Nu_laminar_rectangular_Shan_London(aspect), rel=2e-3)


def double_sums(aspect, power):
    m, n = np.arange(1, 300, 2.0)[:, None], np.arange(1, 300 / aspect, 2.0)
    return (1 / (m**2 * n**2 * (m**2 + (aspect * n) ** 2) ** power)).sum()


@pytest.mark.parametrize("aspect", [0.1, 0.37, 1.0])
def test_the_closed_sum_over_the_long_side_is_the_double_sum(aspect):
    first, third = (double_sums(aspect, power) for power in (1, 3))
    assert duct_friction(aspect) == pytest.approx(np.pi**6 / (32 * (1 + aspect) ** 2 * first), rel=1e-7)
    assert duct_nusselt(aspect) == pytest.approx(
        64 * first**2 / (np.pi**2 * (1 + aspect) ** 2 * third), rel=1e-7
    )  # 150 modes a side leave 5e-8


@given(aspect=ASPECT)
def test_four_times_the_modes_change_nothing(aspect):
    with pytest.MonkeyPatch.context() as patch:
        few = duct_nusselt(aspect), duct_friction(aspect)
        patch.setattr(ducts, "MODES", np.arange(1.0, 256.0, 2.0))
        assert few == pytest.approx((duct_nusselt(aspect), duct_friction(aspect)), rel=SERIES)
        patch.setattr(ducts, "MODES", np.array([1.0]))
        assert few != pytest.approx((duct_nusselt(aspect), duct_friction(aspect)), rel=SERIES)


@given(aspect=st.floats(0.0, 0.99))
def test_a_squarer_duct_has_less_friction_and_a_lower_nusselt_number(aspect):
    more = aspect + 0.01
    assert duct_friction(more) < duct_friction(aspect)
    assert duct_nusselt(more) < duct_nusselt(aspect)


def test_numbers_are_taken_element_by_element():
    aspect = np.array([[0.1, 0.2], [0.3, 1.0]])
    assert duct_nusselt(aspect).shape == (2, 2)
    assert duct_nusselt(aspect)[1, 0] == duct_nusselt(0.3)


# Entrance, against finite volumes of the duct


def walled(edges):
    """Stiffness of one direction between its centre plane and the wall, widths, and conductances into the wall."""
    width = np.diff(edges)
    inner = 2 / (width[1:] + width[:-1])
    to_wall = np.append(np.zeros(len(width) - 1), 2 / width[-1])
    own = np.append(inner, 0.0) + np.append(0.0, inner) + to_wall
    return diags_array([-inner, own, -inner], offsets=[-1, 0, 1]), width, to_wall


def duct(aspect, n=24):
    """A quarter of a duct of hydraulic diameter 1: operator, capacity rates at mean speed 1, and wall conductances."""
    s = np.linspace(0, 1, n + 1)
    graded = 1 - np.expm1(2.5 * (1 - s)) / np.expm1(2.5)
    (X, dx, wx), (Y, dy, wy) = (walled(graded * (1 + aspect) / 4 * length) for length in (1, 1 / aspect))
    operator = (kron(diags_array(dx), Y) + kron(X, diags_array(dy))).tocsc()
    area = np.outer(dx, dy).ravel()
    speed = splu(operator).solve(area)
    rate = speed * area * area.sum() / (speed @ area)
    return operator, rate, (np.outer(dx, wy) + np.outer(wx, dy)).ravel()


def mean_nusselt(aspect, lengths):
    """March down the duct with even heat per length, one wall temperature around, from an even inlet at 0."""
    operator, rate, wall = duct(aspect)
    heat = rate.sum() * 4  # unit flux: the wall of the quarter is 4 / D_h times its area
    T, at, found, step = np.zeros(len(rate)), 0.0, [], lengths[0] / 100
    while at < lengths[-1]:
        solve = splu((diags_array(rate / step) + operator).tocsc()).solve
        per_kelvin = solve(wall)
        for _ in range(16):
            still = solve(rate / step * T)
            T_wall = (heat + wall @ still) / (wall.sum() - wall @ per_kelvin)
            T = still + T_wall * per_kelvin
            at += step
            found.append((at, step / (T_wall - rate @ T / rate.sum())))
        step *= 1.6
    x, share = np.array(found).T
    return np.interp(lengths, x, np.cumsum(share) / x)


@pytest.mark.parametrize("aspect", [0.05, 0.25, 1.0])
def test_the_entrance_agrees_with_finite_volumes_of_the_duct_to_seven_percent(aspect):
    lengths = np.array([1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 3.0])
    marched = mean_nusselt(aspect, lengths)
    assert marched[-1] == pytest.approx(duct_nusselt(aspect), rel=0.01)  # the same developed duct, by other means
    assert duct_nusselt(aspect, lengths) == pytest.approx(marched, rel=0.07)
    assert duct_nusselt(aspect) < 0.5 * marched[0]  # without the entrance it is off by half


def test_the_entrance_between_plates_agrees_with_shah_to_ten_percent():
    x = np.array([1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 1.0])
    leveque = 2.236 * np.cbrt(1 / x)
    shah = np.where(x <= 1e-3, leveque, np.where(x <= 0.01, leveque + 0.9, 8.235 + 0.0364 / x))
    assert duct_nusselt(0.0, x) == pytest.approx(shah, rel=0.1)


@given(aspect=ASPECT, length=LENGTH, more=st.floats(1.01, 10))
def test_a_longer_duct_has_lower_means_never_below_the_developed_ones(aspect, length, more):
    assert duct_nusselt(aspect, length) >= duct_nusselt(aspect, length * more) >= duct_nusselt(aspect)
    assert duct_friction(aspect, length) > duct_friction(aspect, length * more) > duct_friction(aspect)


def test_short_ducts_follow_their_boundary_layers():
    assert duct_nusselt(0.3, 1e-6) / duct_nusselt(0.3, 8e-6) == pytest.approx(2, rel=1e-3)
    assert duct_friction(0.3, 1e-7) / duct_friction(0.3, 4e-7) == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(
    ("aspect", "K", "C"), [(0.0, 0.674, 2.9e-5), (0.2, 0.931, 7.6e-5), (0.5, 1.28, 2.1e-4), (1.0, 1.43, 2.9e-4)]
)
def test_developing_friction_agrees_with_shah_to_ten_percent(aspect, K, C):
    x = np.geomspace(1e-3, 1.0, 12)
    short, friction = 3.44 / np.sqrt(x), duct_friction(aspect)
    shah = short + (friction + K / (4 * x) - short) / (1 + C / x**2)
    assert duct_friction(aspect, x) == pytest.approx(shah, rel=0.1)


# Fins


@pytest.mark.parametrize("film", [1e2, 1e4, 1e5])
def test_fin_efficiency_is_that_of_a_fin_by_finite_volumes(film):
    n = 200
    grid = Grid(x=(0.0, 1.0), y=(0.0, PLATE.fin_thickness), z=tuple(np.linspace(0, PLATE.fin_height, n + 1)))
    k = np.zeros((3, *grid.shape))
    k[2] = PLATE.fin_conductivity  # no resistance across the fin, as the formula has it
    base = boundary_sink(grid, k, "z-", np.inf)
    sides = 2 * film * grid.dz[:, None, None]
    solid = conduction(grid, k)._replace(sink=base + sides)
    T = splu(matrix(solid).tocsc()).solve(base.ravel())
    efficiency = (sides.ravel() @ T) / sides.sum()
    assert fin_efficiency(film, PLATE) == pytest.approx(efficiency, rel=1e-3)  # order two on 200 cells


def test_a_fin_of_a_poor_conductor_works_at_its_foot_only_and_a_perfect_one_everywhere():
    assert fin_efficiency(1e4, replace(PLATE, fin_conductivity=1e9)) == pytest.approx(1.0, rel=1e-5)
    poor = replace(PLATE, fin_conductivity=1.0)
    assert fin_efficiency(1e4, poor) * poor.fin_height == pytest.approx(np.sqrt(1.0 * 1e-4 / 2e4), rel=1e-6)


# The plate


def test_the_film_counts_bare_base_and_both_sides_of_each_fin():
    found = fin_film(PLATE, 3e-5, WATER, 318.15)
    diameter = 4 * 1e-4 * 2e-3 / (2 * 2.1e-3)
    length = 0.04 / (diameter * found.reynolds)
    mu, k = viscosity(WATER, 318.15), conductivity(WATER, 318.15)
    h = duct_nusselt(0.05, length * k / (mu * heat_capacity(WATER, 318.15))) * k / diameter
    gaps = 0.04 / 2e-4
    by_area = h * gaps * 0.04 * (1e-4 + 2 * 2e-3 * fin_efficiency(h, PLATE)) / 0.04**2
    assert found.film == pytest.approx(by_area, rel=1e-12)
    assert found.efficiency == pytest.approx(fin_efficiency(h, PLATE), rel=1e-12)


def test_the_reynolds_number_is_that_of_the_flow_per_gap():
    found = fin_film(PLATE, 3e-5, WATER, 318.15)
    per_gap = 3e-5 / 200
    wetted = 2 * (1e-4 + 2e-3)
    by_perimeter = 4 * density(WATER, 318.15) * per_gap / (wetted * viscosity(WATER, 318.15))
    assert found.reynolds == pytest.approx(by_perimeter, rel=1e-12)


def test_tall_narrow_gaps_have_the_pressure_drop_of_poiseuille():
    tall = replace(PLATE, fin_height=1.0, length=10.0)
    speed = 1e-4 / (0.04 / 2)
    poiseuille = 12 * viscosity(WATER, 300.0) * speed * 10.0 / 1e-4**2
    found = fin_film(tall, 1e-4, WATER, 300.0)
    assert found.pressure_drop == pytest.approx(poiseuille, rel=1e-3)
    assert found.reynolds == pytest.approx(density(WATER, 300.0) * speed * 2e-4 / viscosity(WATER, 300.0), rel=1e-3)


@given(flow=FLOW, more=st.floats(1.01, 2.0))
def test_more_flow_never_lowers_the_film_and_always_costs_pressure(flow, more):
    less, greater = (fin_film(PLATE, flow * factor, WATER, 310.0) for factor in (1, more))
    assert greater.film >= less.film * (1 - 1e-12)
    assert greater.pressure_drop >= less.pressure_drop * more
    assert greater.efficiency <= less.efficiency * (1 + 1e-12)


@given(flow=FLOW, width=st.floats(0.01, 1.0))
def test_a_wider_plate_with_its_share_of_flow_is_the_same_plate(flow, width):
    wide = fin_film(replace(PLATE, width=width), flow * width / PLATE.width, WATER, 310.0)
    assert np.array(wide) == pytest.approx(np.array(fin_film(PLATE, flow, WATER, 310.0)), rel=1e-12)


def test_flows_and_temperatures_broadcast():
    together = fin_film(PLATE, [[1e-5], [2e-5]], WATER, [300.0, 310.0, 320.0])
    assert all(value.shape == (2, 3) for value in together)
    assert np.array(together)[:, 1, 2] == pytest.approx(np.array(fin_film(PLATE, 2e-5, WATER, 320.0)), rel=1e-12)


def test_the_heat_sink_of_tuckerman_and_pease_is_met_to_ten_percent():
    """790 W/cm2 of water-cooled silicon, 71 K from inlet to the hottest point, 31 psi; 50 um gaps 302 um deep."""
    silicon = FinPlate(
        fin_thickness=50e-6, gap=50e-6, fin_height=302e-6, length=0.01, width=0.01, fin_conductivity=130.0
    )
    flow, heat, area = 8.6e-6, 790.0, 1e-4
    rise = heat / (density(WATER, 310.0) * heat_capacity(WATER, 310.0) * flow)
    found = fin_film(silicon, flow, WATER, 296.15 + rise / 2)
    substrate = (533e-6 - 302e-6) / 130.0
    assert heat * (1 / found.film + substrate) / area + rise == pytest.approx(71.0, rel=0.1)
    assert found.pressure_drop / 6894.757 == pytest.approx(
        31.0, rel=0.2
    )  # 1 um of gap is 6 % of it, and the law is good to 10 %
    bare = heat * (found.film**-1 * 5 + substrate) / area + rise
    assert bare > 1.5 * 71.0  # without the sides of the fins


# What it refuses


@pytest.mark.parametrize("aspect", [-0.1, 1.1, np.nan])
def test_an_aspect_outside_zero_to_one_is_refused(aspect):
    for law in (duct_friction, duct_nusselt):
        with pytest.raises(ValueError, match="must be 0 … 1, short side over long side"):
            law([0.5, aspect])


def test_lengths_films_and_flows_must_be_positive():
    with pytest.raises(ValueError, match="length over diameter, Re and Pr = 0: must be > 0"):
        duct_nusselt(0.1, [1.0, 0.0])
    with pytest.raises(ValueError, match="length over diameter and Re = -1: must be > 0"):
        duct_friction(0.1, -1.0)
    with pytest.raises(ValueError, match=r"film on the fins .* = 0: must be > 0"):
        fin_efficiency(0.0, PLATE)
    with pytest.raises(ValueError, match=r"volume flow through the fins .* = 0: must be > 0"):
        fin_film(PLATE, 0.0, WATER, 310.0)


def test_flow_that_would_not_be_laminar_is_refused():
    with pytest.raises(ValueError, match=r"Reynolds number 6822 between the fins: must be <= 2300; lower the flow"):
        fin_film(PLATE, 1e-3, WATER, 310.0)


def test_fins_wider_than_the_plate_and_negative_sizes_are_refused():
    with pytest.raises(ValueError, match=r"FinPlate.gap \+ fin_thickness = 0.0501: must be <= width = 0.04 m"):
        replace(PLATE, gap=0.05)
    with pytest.raises(ValueError, match=r"FinPlate.gap = 0.0: must be > 0"):
        replace(PLATE, gap=0.0)
