"""Samples: draws from ranges, along one dimension, the inputs as coordinates."""

import numpy as np
import pytest
from scipy.stats import qmc
from twin_racks import changed

import twin
from twin.spec.errors import SpecError
from twin.spec.types import Factory
from twin.sweeps.run import sweep
from twin.sweeps.sample import Sample, draws, unit_draws

SUPPLY, LOAD = "cooling.supply_temperature", "load.utilization"
RANGES = {SUPPLY: "40:48 degC", LOAD: (0.25, 1.0)}


def test_latin_draws_fill_every_slice_of_each_range_once() -> None:
    for column in unit_draws(Sample("latin", 25, 4), 3).T:
        assert sorted(np.floor(column * 25).astype(int).tolist()) == list(range(25))


def test_sobol_draws_fill_every_elementary_box_of_the_square_once() -> None:
    """A (0, 4, 2)-net: 16 points, one in each of the 16 boxes of 2^-a by 2^(a-4), for each a."""
    unit = unit_draws(Sample("sobol", 16, 7), 2)
    for a in range(5):
        boxes = {(int(x * 2**a), int(y * 2 ** (4 - a))) for x, y in unit}
        assert len(boxes) == 16, a


def test_a_net_is_told_from_draws_that_are_none() -> None:
    unit = np.random.default_rng(7).random((16, 2))
    assert any(len({(int(x * 2**a), int(y * 2 ** (4 - a))) for x, y in unit}) < 16 for a in range(5))


@pytest.mark.parametrize("method", ["latin", "sobol"])
def test_draws_cover_a_cube_more_evenly_than_chance(method: str) -> None:
    """Centred discrepancy, the mean of ten seeds each."""
    cube = [unit_draws(Sample(method, 64, seed), 4) for seed in range(10)]
    chance = [np.random.default_rng(seed).random((64, 4)) for seed in range(10)]
    assert np.mean([qmc.discrepancy(unit) for unit in cube]) < 0.75 * np.mean([qmc.discrepancy(u) for u in chance])


def test_draws_lie_within_the_range_in_si(gb300: Factory) -> None:
    points = draws(gb300, RANGES, Sample("latin", 40))
    supply, load = (np.array(axis.values) for axis in points.axes)
    assert 313.15 <= supply.min() < 313.35 < 320.95 < supply.max() <= 321.15
    assert 0.25 <= load.min() < load.max() <= 1.0
    assert abs(np.corrcoef(supply, load)[0, 1]) < 0.5


@pytest.mark.parametrize("text", ["0.25:1", "25:100 %", "25 %:100 %", " 0.25 : 1 "])
def test_the_unit_of_a_range_stands_behind_its_end(gb300: Factory, text: str) -> None:
    sample = Sample("latin", 4)
    assert draws(gb300, {LOAD: text}, sample).axes == draws(gb300, {LOAD: (0.25, 1)}, sample).axes


def test_a_seed_reproduces_and_another_differs(gb300: Factory) -> None:
    first, again, other = (draws(gb300, RANGES, Sample("sobol", 8, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.axes[0].values != other.axes[0].values


def test_every_draw_is_its_own_single_solve(gb300: Factory) -> None:
    found = sweep(gb300, RANGES, sample=Sample("latin", 5))
    assert dict(found.sizes) == {"sample": 5}
    assert found.supply_temperature.dims == found.load_utilization.dims == found.rack_power.dims == ("sample",)
    assert found.supply_temperature.attrs == {"units": "K", "path": SUPPLY}
    for i in range(5):
        point = found.isel(sample=i)
        alone = changed(gb300, {SUPPLY: point.supply_temperature.item(), LOAD: point.load_utilization.item()})
        assert point.rack_power.item() == pytest.approx(twin.solve_batch([alone]).rack_power.item(), rel=1e-9)


def test_a_draw_that_is_refused_stays_as_nan_with_its_reason(gb300: Factory) -> None:
    found = sweep(gb300, {SUPPLY: "45:55 degC"}, sample=Sample("latin", 10))
    hot = found.supply_temperature > 323.15
    assert hot.sum() == 5
    np.testing.assert_array_equal(found.status == "refused", hot)
    np.testing.assert_array_equal(np.isnan(found.rack_power), hot)
    assert "degC" in str(found.message.values[hot.values][0])


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({}, "no field given"),
        ({"load.utilisation": (0, 1)}, "no such field (near names: load.utilization"),
        ({SUPPLY: "40:48"}, f"{SUPPLY} = 40: has no unit"),
        ({SUPPLY: "25:50:1 degC"}, "a sample needs the two ends of a range, such as 25:50 degC"),
        ({LOAD: [0.5]}, "a sample needs the two ends of a range"),
        ({LOAD: [0.5, 0.6, 0.7]}, "a sample needs the two ends of a range"),
        ({"cooling.volume_flow": ["none", "100 L/min"]}, "a sample needs the two ends"),
        ({LOAD: (1.0, 0.5)}, "the range is empty"),
        ({SUPPLY: "45:45 degC"}, "the range is empty"),
        ({LOAD: (0.5, 1.5)}, "must be ≥ 0 and ≤ 1"),
        ({LOAD: 0.5}, "must be a list of values"),
        ({"traffic.pattern": ("uniform", "expert_dispatch")}, "is no quantity that could be drawn"),
        ({"traffic.seed": (1, 9)}, "is no quantity that could be drawn"),
        ({"rack.stack.top-shelves.in_service": (False, True)}, "is no quantity that could be drawn"),
        ({LOAD: (0, 1), "utilization": (0, 1)}, "sweep a field once"),
    ],
)
def test_what_is_no_range_is_refused(gb300: Factory, over: dict[str, object], says: str) -> None:
    with pytest.raises(SpecError) as refused:
        draws(gb300, over, Sample("latin", 4))  # type: ignore[arg-type]
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        (("latni", 8), "'latni': must be latin or sobol, such as latin:256"),
        (("latin", 0), "points = 0: must be ≥ 1"),
        (("latin", 10**7), "points = 10000000: must be ≥ 1 and ≤ 1000000"),
        (("latin", 8.0), "points = 8.0: must be a whole number"),
        (("latin", 8, -1), "seed = -1: must be ≥ 0"),
        (("latin", 8, True), "seed = True: must be a whole number"),
        (("sobol", 200), "sobol:200: must be a power of two, such as 128 or 256"),
    ],
)
def test_a_sample_that_makes_no_sense_is_refused(numbers: tuple[object, ...], says: str) -> None:
    with pytest.raises(SpecError) as refused:
        Sample(*numbers)  # type: ignore[arg-type]
    assert says in str(refused.value)
