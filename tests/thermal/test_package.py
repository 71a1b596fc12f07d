"""The package: by hand, against its own series, in its limits, and in the range the published racks imply."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.coldplate import ColdPlate
from thermal.compact import compact_from_series, junction_resistance
from thermal.package import Lid, Package, package_resistance

PLATE = ColdPlate(
    base_length=0.07,
    base_width=0.07,
    base_thickness=0.003,
    base_conductivity=390.0,
    film_ratio=1.0,
    flow_weight=1.0,
    flow_min=5e-6,
    flow_max=1e-4,
)
BLACKWELL = Package(
    die_count=2,
    die_length=0.026,
    die_width=0.031,
    die_thickness=775e-6,
    die_conductivity=110.0,
    tim_thickness=200e-6,
    tim_conductivity=80.0,
    spot_side=0.01,
    spot_flux_ratio=1.7,
    memory_heat_fraction=0.19,
    regulator_heat_fraction=0.09,
    memory_count=8,
    memory_length=0.011,
    memory_width=0.011,
    memory_resistance=0.23,
    lid=Lid(
        length=0.062,
        width=0.056,
        thickness=0.002,
        conductivity=390.0,
        tim_thickness=50e-6,
        tim_conductivity=6.0,
    ),
)
RUBIN = replace(BLACKWELL, lid=None, tim_thickness=50e-6, tim_conductivity=30.0)
RUBIN_PLATE = replace(PLATE, film_ratio=2.0)
PAIRS = {"lidded": (BLACKWELL, PLATE), "bare": (RUBIN, RUBIN_PLATE)}
# a die as large as the base, no memory, no regulator, no spot: everything is one-dimensional
SLAB = replace(
    RUBIN,
    die_count=1,
    die_length=0.07,
    die_width=0.07,
    spot_flux_ratio=1.0,
    memory_heat_fraction=0.0,
    regulator_heat_fraction=0.0,
    memory_count=0,
)


def test_a_slab_is_a_sum_of_resistances_by_hand():
    R = package_resistance(SLAB, PLATE, 2e-5)
    face = (50e-6 / 30 + 0.003 / 390 + 2e-5) / 0.0049
    assert R.die == pytest.approx(face + 775e-6 / 110 / 0.0049, rel=1e-9)
    assert R.spot == pytest.approx(R.die, rel=1e-9)
    assert R.case == pytest.approx(face, rel=1e-9)
    assert np.isnan(R.memory)


def test_the_outer_face_of_a_lid_carries_the_whole_watt_by_hand():
    R = package_resistance(BLACKWELL, PLATE, 1.5e-5)
    assert R.case == pytest.approx((50e-6 / 6 + 0.003 / 390) / (0.062 * 0.056) + 1.5e-5 / 0.0049, rel=1e-12)


def test_the_dies_take_what_memory_and_regulators_leave():
    assert BLACKWELL.die_heat_fraction == pytest.approx(0.72, rel=1e-15)
    assert SLAB.die_heat_fraction == 1.0


def test_the_inside_of_a_memory_stack_is_one_resistance_by_hand():
    # 0.19 W in 8 stacks, each 0.23 K/W from its hottest layer to its top
    without = replace(BLACKWELL, memory_resistance=0.0)
    here, there = (np.array(package_resistance(package, PLATE, 1.5e-5)) for package in (BLACKWELL, without))
    assert here - there == pytest.approx([0, 0, 0.19 / 8 * 0.23, 0], rel=1e-12)
    table = junction_resistance(compact_from_series(BLACKWELL, PLATE), 1.5e-5, 0.0, 1.1)
    assert table.memory - there[2] == pytest.approx(0.19 / 8 * (0.23 + 0.1 * 2e-4 / 80 / 0.011**2), rel=1e-4)


def test_without_memory_its_resistance_changes_nothing():
    R = package_resistance(replace(SLAB, memory_resistance=0.23), PLATE, 2e-5)
    assert np.array(R) == pytest.approx(np.array(package_resistance(SLAB, PLATE, 2e-5)), nan_ok=True, rel=0)
    assert np.isnan(R.memory)


def test_where_heat_cannot_spread_the_spot_is_hotter_by_the_ratio_of_its_flux():
    # layers of glass, 4 mm under a spot of 40 mm; 1 + 0.7 (1 - s), the excess counted from the mean, is 1.47
    glass = replace(SLAB, die_conductivity=1.0, tim_conductivity=1.0, spot_side=0.04, spot_flux_ratio=1.7)
    R = package_resistance(glass, replace(PLATE, base_conductivity=1.0), 2e-5)
    assert R.spot / R.die == pytest.approx(1.7, rel=1e-3)


@given(split=st.floats(0.1, 0.9))
@settings(max_examples=15)
def test_heat_moved_from_the_dies_to_the_memory_cools_the_dies(split):
    moved = replace(BLACKWELL, memory_heat_fraction=0.91 * (1 - split))
    more = replace(BLACKWELL, memory_heat_fraction=0.91 * (1 - split) - 0.05)
    less_die, more_die = (package_resistance(p, PLATE, 1.5e-5) for p in (moved, more))
    assert less_die.die < more_die.die
    assert less_die.case == pytest.approx(more_die.case, rel=1e-12)


def test_a_perfect_conductor_spreads_everything():
    plate = replace(PLATE, base_conductivity=1e9)
    package = replace(RUBIN, die_conductivity=1e9, tim_conductivity=1e9, memory_resistance=0.0)
    R = np.array(package_resistance(package, plate, 2e-5))
    assert pytest.approx(np.full(4, 2e-5 / 0.0049), rel=1e-4) == R


def test_one_die_of_the_same_area_has_the_same_mean():
    one = replace(BLACKWELL, die_count=1, die_length=0.052)
    assert package_resistance(one, PLATE, 2e-5).die == pytest.approx(
        package_resistance(BLACKWELL, PLATE, 2e-5).die, rel=1e-12
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"die_count": 3}, r"dies and memory take 0\.078 x 0\.053 m: must fit on the lid"),
        ({"memory_width": 0.013}, "must fit on the lid, 0.062 x 0.056 m"),
        ({"lid": replace(BLACKWELL.lid, length=0.09)}, "its area must be <= that of the base"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        package_resistance(replace(BLACKWELL, **change), PLATE, 1e-5)


def test_a_perfect_film_is_refused():
    with pytest.raises(ValueError, match="must be > 0"):
        package_resistance(RUBIN, PLATE, 0.0)


def test_dies_that_overhang_the_base_are_refused_even_under_a_longer_lid():
    wide = replace(BLACKWELL, die_length=0.038, lid=replace(BLACKWELL.lid, length=0.08))
    with pytest.raises(ValueError, match=r"dies and memory take 0.076 x .* must fit on the base, 0.07 x 0.07 m"):
        package_resistance(wide, PLATE, 1.6e-5)
