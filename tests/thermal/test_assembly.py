"""Packages by finite volumes: by hand, against the series, symmetries, balance, convergence, whole fields."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_package import BLACKWELL, PLATE, RUBIN, RUBIN_PLATE, SLAB

from thermal.assembly import CELLS, package_problem, package_solid, package_stack, package_stream
from thermal.coldplate import film_coefficient
from thermal.coolant import coolant, density, heat_capacity
from thermal.package import package_resistance
from thermal.package_field import Chips, package_rise, solve_packages, whole_grid
from thermal.package_matrix import resistance_matrix
from thermal.volumes.conduction import Conduction
from thermal.volumes.stack import heat_capacity as stack_capacity

W, C = 1.6e-5, 141.0  # a GPU's film and flow
COARSE = 2e-3
PAIRS = {"lidded": (BLACKWELL, PLATE), "bare": (RUBIN, RUBIN_PLATE)}


def rise(package, plate=PLATE, w=W, rate=C, cell=COARSE, factor=1.0):
    return package_rise(package_problem(package, plate, cell), w, rate, factor)


def test_a_slab_is_a_sum_of_resistances_by_hand():
    R = rise(SLAB, rate=1e6).resistance
    face = (50e-6 / 30 + 0.003 / 390 + W) / 0.0049
    assert R.die == pytest.approx(face + 775e-6 / 110 / 0.0049, rel=1e-4)  # C = 1e6 W/K is not quite infinite
    assert R.spot == pytest.approx(R.die, rel=1e-4)
    assert R.case == pytest.approx(face, rel=1e-4)
    assert np.isnan(R.memory)
    thicker = rise(SLAB, rate=1e6, factor=1.2).resistance
    assert thicker.die - R.die == pytest.approx(0.2 * 50e-6 / 30 / 0.0049, rel=1e-6)


def test_the_rise_over_the_mean_of_an_insulating_base_is_that_of_its_columns():
    """With no conduction along the base each row rises with the coolant: the mean is the slab's."""
    plate = replace(PLATE, base_conductivity=1e-3)
    slab = replace(SLAB, die_conductivity=1e-3, tim_conductivity=1e-3)
    R = rise(slab, plate, rate=20.0).resistance
    assert R.die == pytest.approx((775e-6 / 1e-3 + 50e-6 / 1e-3 + 0.003 / 1e-3 + W) / 0.0049, rel=1e-6)


def test_the_inside_of_a_memory_stack_adds_its_own_rise_and_nothing_else():
    here, more = (np.array(rise(replace(BLACKWELL, memory_resistance=r)).resistance) for r in (0.23, 0.33))
    assert more[2] - here[2] == pytest.approx(0.19 / 8 * 0.1, rel=1e-6)
    assert more[[0, 1, 3]] == pytest.approx(here[[0, 1, 3]], rel=1e-7)
    none = rise(replace(BLACKWELL, memory_resistance=0.0)).resistance
    assert here[2] - none.memory == pytest.approx(0.19 / 8 * 0.23, rel=1e-3)


@pytest.mark.parametrize("kind", PAIRS)
@given(w=st.floats(1e-6, 1e-3), rate=st.floats(5.0, 2000.0), factor=st.floats(0.5, 1.5))
@settings(max_examples=8, deadline=None)
def test_all_heat_goes_into_the_coolant_and_nothing_is_cooler_than_the_inlet(kind, w, rate, factor):
    found = rise(*PAIRS[kind], w=w, rate=rate, factor=factor, cell=3e-3)
    assert abs(found.closure) < 1e-9  # residual 1e-10; a sum over cells may be larger than their norm
    problem = package_problem(*PAIRS[kind], 3e-3)
    solid = found.solid[problem.conductivity[2] > 0]
    assert solid.min() > 0
    assert solid.max() == pytest.approx(found.solid[0].max())  # the hottest cell lies where heat enters
    assert found.coolant[:, 1:].min() > 0


def test_heat_lost_from_the_solid_would_show_in_the_balance():
    problem = package_problem(BLACKWELL, PLATE, 3e-3)
    leak = problem._replace(module=problem.module * 1.01)
    assert package_rise(leak, W, C).closure == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize("kind", PAIRS)
@given(w=st.floats(2e-6, 3e-4), rate=st.floats(10.0, 1000.0), more=st.floats(1.05, 3.0))
@settings(max_examples=6, deadline=None)
def test_more_flow_never_heats(kind, w, rate, more):
    slow = np.array(rise(*PAIRS[kind], w=w, rate=rate, cell=3e-3).resistance) + 0.5 / rate
    fast = np.array(rise(*PAIRS[kind], w=w * more ** (-1 / 3), rate=rate * more, cell=3e-3).resistance)
    assert (fast + 0.5 / rate / more < slow).all()


def test_the_field_is_hotter_downstream_and_even_in_y_without_axial_coolant():
    with_coolant, without = rise(BLACKWELL, rate=40.0).solid, rise(BLACKWELL, rate=1e9).solid
    assert (with_coolant[-1, -1] > with_coolant[-1, 0] + 0.005).all()
    assert without == pytest.approx(without[:, ::-1], rel=1e-5)  # 1/C of it is left


def test_a_lid_as_large_as_the_base_meets_the_series():
    """The series spreads below the lid as if the base were no larger, and regulator heat evenly."""
    alike = replace(BLACKWELL, regulator_heat_fraction=0.0, memory_heat_fraction=0.2)
    plate = replace(PLATE, base_length=0.062, base_width=0.056)
    ours = np.array(rise(alike, plate, rate=1e9, cell=1e-3).resistance)
    series = np.array(package_resistance(alike, plate, W))
    assert ours == pytest.approx(series, rel=0.012)  # silicon and interface crossed straight, spot in a column
    larger = np.array(rise(alike, PLATE, rate=1e9, cell=1e-3).resistance)
    assert larger[0] > 1.03 * package_resistance(alike, PLATE, W).die  # what that assumption hides


@pytest.mark.parametrize("kind", PAIRS)
def test_the_grid_is_within_half_a_percent_of_one_twice_as_fine(kind, monkeypatch):
    here = np.array(package_rise(package_problem(*PAIRS[kind]), W, C, tolerance=1e-7).resistance)
    for layer, cells in CELLS.items():
        monkeypatch.setitem(CELLS, layer, 2 * cells)
    finer = package_problem.__wrapped__(*PAIRS[kind], 0.425e-3)
    assert here == pytest.approx(np.array(package_rise(finer, W, C, tolerance=1e-7).resistance), rel=0.005)


def test_rises_per_source_add_up_to_the_module_and_are_reciprocal():
    even = replace(BLACKWELL, spot_flux_ratio=1.0)
    matrix = resistance_matrix(even, PLATE, W, C)
    split = np.array([0.72, 0.19, 0.09, 0.0])
    whole = rise(even, cell=0.85e-3).resistance
    assert matrix[0] @ split == pytest.approx(whole.die + 0.5 / C, rel=1e-7)
    assert matrix[2] @ split == pytest.approx(whole.memory + 0.5 / C, rel=1e-7)
    assert (matrix[:, 3] == 1).all()
    # the coolant breaks reciprocity, but reversed it is the mirror image, and the package is its own
    assert matrix[0, 1] == pytest.approx(matrix[2, 0], rel=1e-6)
    assert (np.diag(matrix)[:3] > 0).all()
    bare = resistance_matrix(SLAB, PLATE, W, C)
    assert np.isnan(bare[2:, :3]).all()
    assert np.isnan(bare[:, 1:3]).all()


def test_the_layers_hold_the_mass_of_their_parts():
    problem = package_problem(BLACKWELL, PLATE, COARSE)
    copper = 3.44e6 * (0.07 * 0.07 * 0.003 + 0.062 * 0.056 * 0.002)
    others = 1.63e6 * 775e-6 * (0.052 * 0.031 + 0.044 * 0.022)
    interfaces = 1.7e6 * (2e-4 * (0.052 * 0.031 + 0.044 * 0.022) + 5e-5 * 0.062 * 0.056)
    assert 2 * stack_capacity(problem.stack, problem.grid).sum() == pytest.approx(copper + others + interfaces)


def chips(n, rng):
    draw = rng.uniform
    return Chips(draw(900, 1400, n), draw(2e-5, 5e-5, n), np.full(n, 318.15), np.full(n, 323.15), draw(0.8, 1.2, n))


@pytest.fixture(scope="module")
def fields():
    states = chips(3, np.random.default_rng(4))
    return states, solve_packages(BLACKWELL, PLATE, coolant("water"), states)


def test_each_chip_of_a_kind_has_the_field_it_has_alone(fields):
    (power, flow, inlet, mean, factor), found = fields
    water = coolant("water")
    rate = density(water, mean) * heat_capacity(water, mean) * flow
    alone = package_rise(
        package_problem(BLACKWELL, PLATE), 1 / film_coefficient(PLATE, flow, water, mean)[2], rate[2], factor[2]
    )
    over = np.array(alone.resistance) + 0.5 / rate[2]
    ours = np.array([found.die[2], found.spot[2], found.memory[2], found.case[2]])
    assert ours == pytest.approx(inlet[2] + power[2] * over, abs=1e-4)
    outlet = (found.coolant[2, -1] * np.diff(found.grid.x)).sum() / 0.07
    assert outlet == pytest.approx(inlet[2] + power[2] / rate[2], abs=1e-4)  # float32
    assert np.abs(found.closure).max() < 1e-10


def test_fields_show_the_whole_package_and_nothing_where_there_is_nothing(fields):
    _, found = fields
    n, nz, ny, nx = found.temperature.shape
    assert found.temperature.dtype == np.float32
    assert (n, nz, ny, nx) == (3, *found.grid.shape)
    assert 70_000 < nz * ny * nx < 110_000
    assert np.array_equal(found.temperature, found.temperature[..., ::-1], equal_nan=True)
    nothing = np.isnan(found.temperature[0])
    area = (found.grid.dy[:, None] * found.grid.dx)[~nothing[0]].sum()
    assert area == pytest.approx(0.052 * 0.031 + 0.044 * 0.022, rel=1e-9)
    assert not nothing[-1].any()
    assert (found.spot > found.die).all()
    hottest = np.nanmax(found.temperature, axis=(1, 2, 3))
    assert (found.spot > hottest).all()  # a face is hotter than its cell
    assert (found.spot < hottest + 1.5).all()


def test_a_chip_that_is_off_has_the_temperature_of_its_inlet():
    off = Chips(*(np.array([value]) for value in (0.0, 3e-5, 318.15, 318.15, 1.0)))
    found = solve_packages(SLAB, PLATE, coolant("water"), off)
    assert np.nanmax(np.abs(found.temperature - np.float32(318.15))) == 0
    assert found.die == pytest.approx(318.15)


def test_power_without_flow_is_refused_by_the_name_of_the_chip():
    states = chips(3, np.random.default_rng(4))
    states.volume_flow[1] = 0.0
    with pytest.raises(ValueError, match=r"plate of chip 1: volume flow = 0: must be 1e-09 to 1 m3/s; open the branch"):
        solve_packages(BLACKWELL, PLATE, coolant("water"), states)
    with pytest.raises(ValueError, match="chips: shapes"):
        solve_packages(BLACKWELL, PLATE, coolant("water"), states._replace(power=np.ones(2)))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("power", (np.nan, np.inf, -5.0), r"power = {}: must be 0 to 1e\+06 W"),
        ("volume_flow", (np.nan, np.inf, -1e-5, 1e-14), "volume flow = {}: must be 1e-09 to 1 m3/s"),
        ("inlet_temperature", (np.nan, np.inf, 45.0), r"inlet temperature = {}: must be 273.16 to 373.15 K"),
        ("coolant_temperature", (np.nan, 45.0), r"coolant temperature = {}: must be 273.16 to 373.15 K"),
        ("tim_factor", (np.nan, np.inf, 0.0, -1.0), "tim factor = {}: must be 0.001 to 1000 times"),
    ],
)
def test_each_column_out_of_its_range_is_refused_by_the_name_of_the_chip(column, values, message):
    for value in values:
        states = chips(3, np.random.default_rng(4))
        getattr(states, column)[2] = value
        with pytest.raises(ValueError, match=r"plate of chip 2: " + message.format(f"{value:g}")):
            solve_packages(SLAB, PLATE, coolant("water"), states)


def test_a_shared_problem_cannot_be_written_to_by_one_of_its_callers():
    def arrays(part):
        if isinstance(part, np.ndarray):
            return [part]
        return [a for each in part for a in arrays(each)] if isinstance(part, tuple) else []

    found = arrays(package_problem(BLACKWELL, PLATE, 3e-3))
    assert len(found) == 2 + 4 + 5 * 3 + 2
    assert not any(array.flags.writeable for array in found)


@pytest.mark.parametrize("w", [W, 1e-6])
def test_at_the_tolerance_of_the_module_the_heat_balance_closes_within_a_billionth(w):
    closures = [rise(BLACKWELL, w=w, rate=rate, cell=3e-3).closure for rate in (0.05, 1.0, 14.0, 141.0)]
    assert np.abs(closures).max() < 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: package_solid(p, 0.0), "interface factor 0.0: must be > 0"),
        (lambda p: package_stream(p, -1.0, C, 0.0), "inverse film -1 m2"),
        (lambda p: package_stream(p, W, 0.0, 0.0), "capacity rate 0 W/K > 0; open the branch"),
    ],
)
def test_states_without_meaning_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(package_problem(BLACKWELL, PLATE, 3e-3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"die_count": 3}, "dies and memory take 0.078 x 0.053 m: must fit on the lid"),
        ({"lid": replace(BLACKWELL.lid, length=0.09)}, "its area must be <= that of the base"),
        ({"lid": None, "memory_width": 0.02}, "must fit on the base"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        package_stack(replace(BLACKWELL, **change), PLATE)


def test_regulators_need_a_free_face():
    covered = replace(SLAB, regulator_heat_fraction=0.1)
    with pytest.raises(ValueError, match="dies and memory cover all of the base"):
        package_problem(covered, PLATE, COARSE)


def test_an_overhanging_lid_is_cut_at_the_base():
    wide = replace(BLACKWELL, lid=replace(BLACKWELL.lid, length=0.075))
    cut = replace(BLACKWELL, lid=replace(BLACKWELL.lid, length=0.07))
    assert rise(wide).resistance == pytest.approx(rise(cut).resistance, rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_spots_of_any_number_of_dies_lie_in_their_middles(count):
    package = replace(RUBIN, die_count=count, die_length=0.02, spot_side=0.006)
    problem = package_problem(package, PLATE, COARSE)
    x = (np.array(problem.grid.x[1:]) + problem.grid.x[:-1]) / 2
    where = x[problem.heat.spot[0].any(0)]
    middles = (np.arange(count) - (count - 1) / 2) * 0.02
    assert all(np.abs(middles - at).min() < 0.003 for at in where)
    flux = problem.die[0] / (problem.grid.dy[:, None] * problem.grid.dx)
    assert flux.max() * (count * 0.02 * 0.031 / 2) == pytest.approx(1.7, rel=1e-9)


def test_a_whole_grid_is_its_own_mirror_image():
    half = package_problem(BLACKWELL, PLATE, COARSE).grid
    x = np.array(whole_grid(half).x)
    assert x + x[::-1] == pytest.approx(np.full(x.size, 0.07), rel=1e-14)


def test_the_operator_is_symmetric_and_its_conductances_are_positive():
    problem = package_problem(BLACKWELL, PLATE, 3e-3)
    solid = package_solid(problem, 1.1)
    assert isinstance(solid, Conduction)
    assert all((part >= 0).all() for part in solid)
    assert np.count_nonzero(problem.conductivity[2]) < problem.grid.volume.size


def test_a_matrix_is_kept_in_its_folder_and_found_again(tmp_path):
    made = resistance_matrix(SLAB, PLATE, W, C, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    again = resistance_matrix(SLAB, PLATE, W, C, folder=tmp_path)
    assert np.array_equal(made, again, equal_nan=True)
    assert file.stat().st_mtime_ns == before
    resistance_matrix(SLAB, PLATE, 2 * W, C, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
