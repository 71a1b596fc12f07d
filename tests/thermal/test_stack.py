"""Stacks of layers with patches: grid, materials, heat, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.spreading import Channel, Rectangle, channel_resistance, peak_resistance
from thermal.volumes.conduction import boundary_sink, conduction
from thermal.volumes.layers import Area, Layer, Patch, Stack
from thermal.volumes.stack import conductivity, heat_capacity, power_map, stack_grid
from thermal.volumes.steady import solve_steady

DIE = Patch(name="die", area=Area((0.004, 0.012), (0.003, 0.0075)), conductivity=110.0, heat_capacity=1.6e6)
DIES = Layer(name="dies", thickness=8e-4, cells=2, conductivity=0.0, patches=(DIE,))
LID = Layer(name="lid", thickness=2e-3, cells=3, conductivity=390.0, heat_capacity=3.4e6)
STACK = Stack(length=0.02, width=0.01, layers=(DIES, LID))


def test_every_edge_of_a_patch_and_every_layer_is_a_line_of_the_grid():
    grid = stack_grid(STACK, 1e-3, [Area((0.0061, 0.007), (0.004, 0.005))])
    for lines, edges in ((grid.x, (0.0, 0.004, 0.0061, 0.007, 0.012, 0.02)), (grid.y, (0.0, 0.003, 0.0075, 0.01))):
        assert all(np.isclose(lines, edge, rtol=0, atol=1e-15).any() for edge in edges)
    assert grid.z == pytest.approx((0, 4e-4, 8e-4, 8e-4 + 2e-3 / 3, 8e-4 + 4e-3 / 3, 2.8e-3), rel=1e-14)


@given(cut=st.floats(1e-4, 7e-3), size=st.floats(3e-4, 5e-3))
@settings(max_examples=25)
def test_cells_are_no_wider_than_asked_and_neighbours_differ_little(cut, size):
    patch = replace(DIE, area=Area((0.004, 0.004 + cut), (0.0, 0.01)))
    widths = stack_grid(replace(STACK, layers=(replace(DIES, patches=(patch,)), LID)), size).dx
    assert widths.max() <= size * (1 + 1e-6)
    ratio = widths[1:] / widths[:-1]
    assert max(ratio.max(), 1 / ratio.min()) < 2.7  # whole cells between lines: up to a factor of 2 (1 + GROWTH)


def test_lines_closer_than_round_off_are_one():
    twin = replace(DIE, name="twin", area=Area((0.004 + 1e-13, 0.012), (0.003, 0.0075)))
    both = replace(STACK, layers=(replace(DIES, patches=(DIE, twin)), LID))
    assert stack_grid(both, 1e-3).shape == stack_grid(STACK, 1e-3).shape


def test_materials_fill_their_areas_by_hand():
    grid = stack_grid(STACK, 1e-3)
    k = conductivity(STACK, grid)
    area = (grid.dy[:, None] * grid.dx)[k[2, 0] > 0].sum()
    assert area == pytest.approx(0.008 * 0.0045, rel=1e-12)
    assert set(np.unique(k[:, :2])) == {0.0, 110.0}
    assert (k[:, 2:] == 390).all()
    total = 1.6e6 * 0.008 * 0.0045 * 8e-4 + 3.4e6 * 0.02 * 0.01 * 2e-3
    assert heat_capacity(STACK, grid).sum() == pytest.approx(total, rel=1e-12)


def test_a_later_patch_lies_over_an_earlier_one_and_may_conduct_one_way_only():
    above = Patch(name="via", area=Area((0.004, 0.006), (0.003, 0.0075)), conductivity=(0.0, 0.0, 30.0))
    stack = replace(STACK, layers=(replace(DIES, patches=(DIE, above)), LID))
    k = conductivity(stack, stack_grid(stack, 2e-3))[:, 0]
    assert set(map(tuple, k.reshape(3, -1).T)) == {(0, 0, 0), (0, 0, 30), (110, 110, 110)}


def test_power_is_shared_by_covered_area_and_sums_to_one():
    grid = stack_grid(STACK, 1e-3)
    source = Area((0.0043, 0.0068), (0.0031, 0.0049))  # on no line
    pattern = power_map(STACK, grid, "dies", [source])
    assert pattern.sum() == pytest.approx(1, rel=1e-12)
    x = (np.array(grid.x[1:]) + grid.x[:-1]) / 2
    assert (pattern[0].sum(0) * x).sum() == pytest.approx(0.00555, abs=5e-5)  # centre of heat: half a cell's tenth
    assert power_map(STACK, grid, "dies", [source], -1)[1].sum() == pytest.approx(1)
    two = power_map(STACK, grid, "dies", [DIE.area, source])[0].max()
    assert two > power_map(STACK, grid, "dies", [DIE.area])[0].max()


def resistance(k_lid, size, film=2e4):
    """Return mean and centre of the source face of a two-layer flux channel, full width, by finite volumes."""
    layers = (
        Layer(name="silicon", thickness=1e-3, cells=4, conductivity=120.0),
        Layer(name="copper", thickness=3e-3, cells=6, conductivity=k_lid),
    )
    stack, source = Stack(length=0.02, width=0.02, layers=layers), Area((0.0, 0.008), (0.0, 0.008))
    grid = stack_grid(stack, size, [source])
    k = conductivity(stack, grid)
    q = power_map(stack, grid, "silicon", [source])
    solid = conduction(grid, k)._replace(sink=boundary_sink(grid, k, "z+", film))
    T = solve_steady(solid, q).temperature
    face = T + q * (grid.dz / 2)[:, None, None] ** 2 / 120.0 / grid.volume * 2
    return (face * q).sum(), face[0, 0, 0]


def test_a_stack_with_a_centred_source_meets_the_spreading_series():
    channel = Channel(0.04, 0.04, (1e-3, 3e-3), (120.0, 390.0), 2e4)
    source = Rectangle(0.02, 0.02, 0.016, 0.016)
    mean, peak = 4 * channel_resistance(channel, source, source), 4 * peak_resistance(channel, source)
    ours = resistance(390.0, 5e-4)
    assert ours == pytest.approx((float(mean), float(peak)), rel=4e-3)
    assert resistance(380.0, 5e-4)[0] != pytest.approx(float(mean), rel=4e-3)  # 3 % of a conductivity shows


BAD = [
    (lambda: replace(LID, thickness=0.0), "layer 'lid': thickness = 0.0: must be > 0 m; leave out empty layers"),
    (lambda: replace(LID, cells=0), "layer 'lid': cells = 0: must be 1 or more"),
    (
        lambda: replace(LID, conductivity=-1.0),
        r"layer 'lid': conductivity = -1.0: must be one finite number >= 0 W/\(m\*K\)",
    ),
    (lambda: replace(LID, conductivity=np.inf), "layer 'lid': conductivity = inf: must be one finite number"),
    (lambda: replace(LID, conductivity=(1.0, 2.0)), "layer 'lid': conductivity = .*three, along x, y, z"),
    (lambda: replace(LID, cells=2.5), "layer 'lid': cells = 2.5: must be 1 or more"),
    (lambda: power_map(STACK, stack_grid(STACK, 1e-3), "dies", [DIE.area], 7), "power in cell 7 of layer 'dies'"),
    (lambda: power_map(STACK, stack_grid(STACK, 1e-3), "dies", DIE.area), "give a list of rectangles"),
    (
        lambda: conductivity(STACK, stack_grid(replace(STACK, layers=(*STACK.layers, replace(LID, name="2"))), 1e-3)),
        "must be the stack's own",
    ),
    (lambda: replace(LID, heat_capacity=np.nan), r"layer 'lid': heat capacity = nan: must be >= 0 J/\(m3\*K\)"),
    (lambda: replace(DIE, conductivity=(1.0, np.nan, 1.0)), r"patch 'die': conductivity = \(1.0, nan, 1.0\)"),
    (
        lambda: replace(STACK, length=0.01),
        "patch 'die' at x 0.004 … 0.012, y 0.003 … 0.0075 m: must be a rectangle within its layer 'dies', x 0 … 0.01",
    ),
    (
        lambda: replace(STACK, layers=(replace(DIES, patches=(replace(DIE, area=Area((0.01, 0.01), (0, 0.01))),)),)),
        "patch 'die' at x 0.01 … 0.01",
    ),
    (lambda: replace(STACK, layers=()), "no layers"),
    (lambda: replace(STACK, layers=(LID, LID)), "each must have a name of its own"),
    (lambda: replace(STACK, width=-1.0), "must be > 0 m"),
    (lambda: stack_grid(STACK, 0.0), "cell size 0.0: must be > 0 m"),
    (lambda: power_map(STACK, stack_grid(STACK, 1e-3), "TIM", [DIE.area]), "layer 'TIM': must be one of dies, lid"),
    (lambda: power_map(STACK, stack_grid(STACK, 1e-3), "dies", []), "power in layer 'dies': no area"),
    (
        lambda: power_map(STACK, stack_grid(STACK, 1e-3), "dies", [Area((0.004, 0.013), (0.003, 0.0075))]),
        "power at x 0.004 … 0.013.* in layer 'dies': part of it lies where .* within its patches: 'die' x 0.004",
    ),
    (
        lambda: power_map(STACK, stack_grid(STACK, 1e-3), "lid", [Area((0.0, 0.03), (0.0, 0.01))]),
        "power at x 0 … 0.03, y 0 … 0.01 m in layer 'lid': must be a rectangle within the stack",
    ),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_makes_no_sense_is_refused_with_one_message_that_names_it(make, message):
    with pytest.raises(ValueError, match=message):
        make()
