"""Uncertainty: bands and drivers of specs in which it is known what they must be."""

from dataclasses import replace

import pytest
from twin_racks import changed

import twin
from twin.build import heat
from twin.spec.errors import SpecError
from twin.spec.types import Factory, Origin
from twin.sweeps.uncertainty import HEADLINES, Uncertainty, drawn_inputs, uncertainty


def assuming(spec: Factory, **spreads: float) -> Factory:
    """Return the spec with only the named numbers assumed; `__` stands for a dot."""
    names = {name.replace("__", "."): spread for name, spread in spreads.items()}
    return replace(spec, provenance={path: Origin("assumed", "none", spread) for path, spread in names.items()})


@pytest.fixture(scope="module")
def interface(gb300: Factory) -> Factory:
    return assuming(gb300, rack__trays__compute__chips__gpu__package__tim_thickness=0.2)


@pytest.fixture(scope="module")
def band(gb300: Factory) -> Uncertainty:
    return uncertainty(gb300, 24)


def test_the_only_assumed_number_drives_what_depends_on_it(interface: Factory) -> None:
    found = uncertainty(interface, 20)
    assert found.inputs == ("rack.trays.compute.chips.gpu.package.tim_thickness",)
    path, strength = found.drivers["junction_temperature_max"]
    assert path == found.inputs[0]
    assert strength == pytest.approx(1.0)
    assert "all_to_all_time" not in found.drivers


def test_one_input_gives_the_quantiles_of_its_own_uniform_range(gb300: Factory, interface: Factory) -> None:
    """Temperature is linear in the interface, so its band is the temperature at 5 and 95 % of the range."""
    low, high = uncertainty(interface, 60).bands["junction_temperature_max"]
    at = [
        twin.solve_batch([changed(gb300, {"chips.gpu.package.tim_thickness": 0.2e-3 * (0.8 + 0.4 * q)})])
        for q in (0.05, 0.95)
    ]
    ends = [row.junction_temperature_max.item() for row in at]
    assert low == pytest.approx(ends[0], abs=0.03 * (ends[1] - ends[0]))
    assert high == pytest.approx(ends[1], abs=0.03 * (ends[1] - ends[0]))


def test_only_the_packages_of_the_spec_itself_are_solved(monkeypatch, interface: Factory) -> None:  # type: ignore[no-untyped-def]
    solved = []
    exact = heat.compact_package
    monkeypatch.setattr(heat, "compact_package", lambda *pair, **k: solved.append(pair) or exact(*pair, **k))
    uncertainty(interface, 12)
    own = {(chip.package, chip.plate) for tray in interface.rack.trays for chip in tray.chips}
    assert set(solved) <= own


def test_the_strong_input_is_named_and_not_the_weak_one(gb300: Factory) -> None:
    two = assuming(
        gb300,
        rack__trays__compute__chips__gpu__package__tim_thickness=0.2,
        rack__trays__compute__chips__cpu__package__tim_thickness=0.01,
    )
    assert "gpu" in uncertainty(two, 20).drivers["junction_temperature_max"][0]


def test_a_falling_dependence_has_a_negative_correlation(gb300: Factory) -> None:
    found = uncertainty(assuming(gb300, rack__trays__compute__chips__gpu__package__tim_conductivity=0.2), 20)
    assert found.drivers["junction_temperature_max"][1] == pytest.approx(-1.0)


def test_bands_hold_the_nominal_value(gb300: Factory, band) -> None:  # type: ignore[no-untyped-def]
    """Inputs are drawn around their nominals; a headline at the end of its range (a policy's target) may sit on it."""
    row = twin.solve_batch([gb300]).isel(case=0)
    for name in ("rack_power", "junction_temperature_max", "hotspot_temperature_max", "memory_temperature_max",
                 "busbar_section_current_max", "coolant_volume_flow", "coolant_pressure_drop"):  # fmt: skip
        low, high = band.bands[name]
        assert low < float(row[name]) < high, name


def test_bands_are_ordered_and_of_registered_headlines(band) -> None:  # type: ignore[no-untyped-def]
    assert set(band.bands) <= set(HEADLINES)
    assert all(low <= high for low, high in band.bands.values())
    assert all(-1 <= strength <= 1 for _, strength in band.drivers.values())
    assert all(path in band.inputs for path, _ in band.drivers.values())


def test_a_seed_reproduces_and_another_differs(interface: Factory) -> None:
    first, again, other = (uncertainty(interface, 12, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.bands["junction_temperature_max"] != other.bands["junction_temperature_max"]


def test_wider_spreads_give_wider_bands(gb300: Factory) -> None:
    widths = []
    for spread in (0.05, 0.2):
        one = assuming(gb300, rack__trays__compute__chips__gpu__package__tim_thickness=spread)
        low, high = uncertainty(one, 20).bands["junction_temperature_max"]
        widths.append(high - low)
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.02)


def test_ranges_are_relative_and_absolute_for_temperatures(gb300: Factory) -> None:
    spec = assuming(gb300, limits__junction=2.0, rack__busbar__cross_section=0.2)
    found = {".".join(steps): (low, high) for steps, low, high in drawn_inputs(spec)}
    assert found["limits.junction"] == pytest.approx((356.15, 360.15))
    assert found["rack.busbar.cross_section"] == pytest.approx((720e-6, 1080e-6))


def test_counts_texts_and_numbers_without_spread_are_not_drawn(gb300: Factory) -> None:
    spec = assuming(gb300, rack__nvlink__gpus=0.2, traffic__seed=0.2, rack__busbar__cross_section=0.0)
    assert drawn_inputs(spec) == []
    with pytest.raises(SpecError, match="no assumed number"):
        uncertainty(spec, 10)


def test_fewer_than_ten_draws_are_refused(gb300: Factory) -> None:
    with pytest.raises(SpecError, match="at least 10"):
        uncertainty(gb300, 9)


def test_draws_that_contradict_the_spec_are_counted_as_refused(gb300: Factory) -> None:
    """Half of the drawn supply temperatures lie above the supply limit."""
    found = uncertainty(assuming(changed(gb300, supply=50.0), cooling__supply_temperature=4.0), 20)
    assert found.refused == 10
    assert found.draws == 10


def test_draws_without_a_steady_state_are_counted_as_refused(gb300: Factory) -> None:
    soft = assuming(changed(gb300, {"rack.busbar.heat_transfer": 500.0, "rack.shelf.source_resistance": 0.03}),
                    rack__shelf__source_resistance=0.9)  # fmt: skip
    found = uncertainty(soft, 16)
    assert found.refused > 0
    assert found.draws + found.refused == 16


def test_progress_sums_to_the_draws(interface: Factory) -> None:
    done: list[int] = []
    uncertainty(interface, 12, progress=done.append)
    assert sum(done) == 12
