"""Temperature-dependent conductivity and leakage: Kirchhoff's transform, Lambert's W, exact Jacobian, runaway."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import lambertw

from thermal.checks import DidNotConverge
from thermal.volumes import nonlinear
from thermal.volumes.conduction import boundary_sink, conduction
from thermal.volumes.grid import Grid
from thermal.volumes.nonlinear import Face, WarmBody, power_law, solve_nonlinear
from thermal.volumes.steady import prepare, solve_steady
from thermal.volumes.streams import Streams, coolant_heat

COLD = 300.0
BLOCK = Grid(x=(0.0, 1.0, 2.5, 3.0), y=(0.0, 0.7, 2.0, 3.0), z=(0.0, 0.2, 1.0))
CELL = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0))


def constant(heat):
    return lambda T: (heat, np.zeros_like(T))


def leaky(power, leak, slope):
    """Return power and a leakage that grows e-fold every 1/slope kelvin."""

    def law(T):
        q = leak * np.exp(slope * (T - COLD))
        return power + q, slope * q

    return law


def slab(cells, exponent=-1.3, flux=2e6, thickness=0.02):
    """Return the body heated in its first cell's outer face, cold on the other, and the exact temperatures."""
    grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=tuple(np.linspace(0, thickness, cells + 1)))
    heat = np.zeros(grid.shape)
    heat[0] = flux
    body = WarmBody(grid, power_law(148.0, exponent), constant(heat), (Face("z+", np.inf, COLD),))
    depth = thickness - (np.arange(cells) + 0.5) * thickness / cells
    m = exponent + 1  # integral of k from COLD to T = flux * depth
    exact = COLD * (1 + m * flux * depth / (148.0 * COLD)) ** (1 / m)
    return body, exact


def error(cells):
    body, exact = slab(cells)
    return np.abs(solve_nonlinear(body, np.full(body.grid.shape, COLD)).temperature.ravel() - exact).max()


def test_a_slab_of_silicon_meets_the_kirchhoff_transform_with_second_order():
    assert slab(64)[1].max() > COLD + 2 * 2e6 * 0.02 / 148  # twice the rise of constant conductivity
    assert np.log2(error(64) / error(128)) == pytest.approx(2, abs=0.1)
    assert error(128) < 0.05


def test_two_cells_by_hand():
    grid = Grid(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0, 2.0))
    hot, warm = 400.0, 350.0
    k = [(T / COLD) ** -1.3 for T in (hot, warm)]
    through = (hot - warm) / (0.5 / k[0] + 0.5 / k[1])
    heat = np.array([[[through]], [[2 * k[1] * (warm - COLD) - through]]])
    body = WarmBody(grid, power_law(1.0, -1.3), constant(heat), (Face("z+", np.inf, COLD),))
    found = solve_nonlinear(body, np.full(grid.shape, COLD))
    assert found.temperature.ravel() == pytest.approx([hot, warm], abs=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.9, 0.999])
def test_one_leaking_cell_meets_lambert_w_up_to_the_edge_of_runaway(share):
    G, power, slope = 3.0, 60.0, 0.03
    leak = share * G / (slope * np.e) * np.exp(-slope * power / G)  # share 1: beyond it W has no real value
    body = WarmBody(CELL, power_law(1e9, 0.0), leaky(power, leak, slope), (Face("z+", G, COLD),))
    rise = power / G - lambertw(-slope * leak / G * np.exp(slope * power / G)).real / slope
    found = solve_nonlinear(body, np.full(CELL.shape, COLD), tolerance=1e-12)
    assert found.temperature.item() - COLD == pytest.approx(rise, rel=1e-4 if share > 0.99 else 1e-7)


def test_beyond_the_edge_of_runaway_no_state_is_returned():
    G, power, slope = 3.0, 60.0, 0.03
    leak = 1.01 * G / (slope * np.e) * np.exp(-slope * power / G)
    body = WarmBody(CELL, power_law(1e9, 0.0), leaky(power, leak, slope), (Face("z+", G, COLD),))
    with pytest.raises(DidNotConverge, match="thermal runaway"):
        solve_nonlinear(body, np.full(CELL.shape, COLD))


def test_the_upper_balance_which_the_least_disturbance_leaves_is_not_returned():
    G, power, slope, leak = 3.0, 60.0, 0.03, 5.0
    upper = COLD + power / G - lambertw(-slope * leak / G * np.exp(slope * power / G), -1).real / slope
    body = WarmBody(CELL, power_law(1e9, 0.0), leaky(power, leak, slope), (Face("z+", G, COLD),))
    with pytest.raises(DidNotConverge, match="runaway"):
        solve_nonlinear(body, np.full(CELL.shape, upper))


def layered():
    """Return conductivities along x, y, z that differ, and lose their strength at different rates."""
    k0 = np.array([3.0, 0.8])[:, None, None] * np.array([1.0, 2.0, 0.3])[:, None, None, None]
    return power_law(k0, np.array([-1.3, -0.2])[:, None, None])


def mixed(law=None, leak=2.0):
    """Return a block of two materials with leakage, a film, a fixed face and a line of coolant."""
    exponent = np.array([-1.3, -0.2])[:, None, None]
    wall = np.arange(0, 9, 3)[None, None]
    streams = Streams(wall, np.full((1, 1, 3), 2.0), np.array([4.0]), np.array([310.0]), np.zeros((1, 3)))
    k0 = np.array([3.0, 0.8])[:, None, None]
    faces = (Face("z+", 5.0, COLD), Face("x-", np.inf, 320.0))
    return WarmBody(BLOCK, law or power_law(k0, exponent), leaky(25.0, leak, 0.01), faces, streams)


@pytest.mark.parametrize("law", [None, layered()])
def test_the_jacobian_is_the_derivative_of_the_imbalance(law):
    body, random = mixed(law), np.random.default_rng(5)
    T, v = random.uniform(300, 400, BLOCK.shape), random.normal(size=BLOCK.shape)
    system = prepare(nonlinear._assembled(body, T)[0], body.streams)
    _, jacobian = nonlinear._linearised(body, system, T)
    out, step = np.empty(BLOCK.shape), 1e-3
    along = float(jacobian(v, out))
    ahead, behind = (nonlinear._linearised(body, system, T + sign * step * v)[0] for sign in (1, -1))
    assert out == pytest.approx((behind - ahead) / (2 * step), rel=1e-6, abs=1e-6)
    assert along == pytest.approx(np.vdot(v, out))


def quadratic(imbalances):
    """Return whether the error at least squares once it is small, up to round-off."""
    below = [e for e in imbalances if e < 0.2]
    return all(after < max(3 * before**2, 1e-9) for before, after in pairwise(below))


def test_newton_squares_the_imbalance():
    found = solve_nonlinear(mixed(), np.full(BLOCK.shape, COLD), tolerance=1e-10)
    assert quadratic(found.imbalances)
    assert len(found.imbalances) <= 7
    assert found.imbalances[-1] < 1e-10


def test_a_law_that_forgets_its_derivative_does_not_pass_for_newton():
    right = mixed().conductivity
    found = solve_nonlinear(mixed(lambda T: (right(T)[0], 0.0)), np.full(BLOCK.shape, COLD), tolerance=1e-10)
    assert not quadratic(found.imbalances)


def test_heat_and_leakage_leave_through_faces_and_coolant():
    body = mixed()
    found = solve_nonlinear(body, np.full(BLOCK.shape, COLD), tolerance=1e-12)
    T = found.temperature
    solid, brought, *_ = nonlinear._assembled(body, T)
    out = (solid.sink * T - brought).sum() + coolant_heat(body.streams, found.coolant)
    assert out == pytest.approx(body.heat(T)[0].sum(), rel=1e-9)


def test_constant_laws_give_the_linear_steady_state():
    k, heat = np.full(BLOCK.shape, 2.0), np.full(BLOCK.shape, 7.0)
    body = WarmBody(BLOCK, power_law(k, 0.0), constant(heat), (Face("z-", 4.0, COLD),))
    solid = conduction(BLOCK, k)._replace(sink=boundary_sink(BLOCK, k, "z-", 4.0))
    expected = solve_steady(solid, heat + solid.sink * COLD, tolerance=1e-12).temperature
    found = solve_nonlinear(body, np.full(BLOCK.shape, COLD), tolerance=1e-12)
    assert found.temperature == pytest.approx(expected, abs=1e-7)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_more_leakage_never_cools_a_cell(one, other):
    low, high = sorted((one, other))
    cooler, hotter = (solve_nonlinear(mixed(leak=leak), np.full(BLOCK.shape, COLD)).temperature for leak in (low, high))
    assert (hotter >= cooler - 1e-6).all()


def test_a_start_of_another_shape_is_named():
    with pytest.raises(ValueError, match="start of shape"):
        solve_nonlinear(mixed(), np.full((1, 1, 1), COLD))
