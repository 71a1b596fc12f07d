"""What cannot be solved is refused in one sentence by the twin's own errors, with the part that is to blame."""

import re
from typing import Any

import numpy as np
import pytest
from twin_racks import LITRE_PER_MINUTE, changed

import twin
from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.types import Factory

GPU = "chips.gpu.package."


def refused(spec: Factory) -> str:
    with pytest.raises((SpecError, ConvergenceError)) as caught:
        twin.solve(spec)
    return str(caught.value)


def test_coolant_that_would_leave_above_its_table_is_refused(gb300: Factory) -> None:
    text = refused(changed(gb300, {"cooling.volume_flow": 15 * LITRE_PER_MINUTE}))
    assert "above 100 degC" in text
    assert "raise cooling.volume_flow" in text


def test_a_bar_that_cannot_carry_the_load_is_refused(gb300: Factory) -> None:
    text = refused(changed(gb300, {"rack.shelf.source_resistance": 0.2, "rack.busbar.heat_transfer": 500.0}))
    assert "cannot carry" in text


def test_a_bar_that_cannot_carry_the_peak_is_told_in_a_warning(gb300: Factory) -> None:
    """The rack itself has a steady state; only the check at peak power has none."""
    soft = {"rack.shelf.source_resistance": 0.036, "rack.busbar.heat_transfer": 100.0}
    row = twin.solve(changed(gb300, soft))["summary"]
    assert "the bar cannot carry the peak load" in str(row.warnings.values)
    assert np.isnan(float(row.busbar_section_current_peak))
    assert np.isfinite(float(row.busbar_section_current_max))


def test_a_bar_without_a_steady_temperature_is_refused(gb300: Factory) -> None:
    assert "steady temperature" in refused(changed(gb300, {"rack.busbar.heat_transfer": 0.2}))


def test_chips_that_run_away_are_refused() -> None:
    """At the clock floor leakage outgrows what the plate carries off: no steady state exists."""
    hot = {GPU + "tim_thickness": 5e-3}
    text = refused(changed("hgx-h100", hot, supply=50.0))
    assert re.match(r"hgx-h100: node-1/gpu-\d: thermal runaway, its leakage grows faster", text)
    assert "lower cooling.supply_temperature" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"cooling.volume_flow": 120 * LITRE_PER_MINUTE, "cooling.return_temperature": 413.15},
        {GPU + "lid.length": 0.2},
        {GPU + "lid.length": 0.03},
        {"rack.pressure_points.1.pressure_drop": 16e3},
    ],
    ids=["return beyond the table", "lid larger than the base", "dies larger than the lid", "flat pressure points"],
)
def test_numbers_that_contradict_each_other_are_refused(gb300: Factory, changes: dict[str, Any]) -> None:
    """A leaf sees the contradiction; the twin says in which spec it stands."""
    with pytest.raises(SpecError, match=r"^gb300-nvl72: ") as caught:
        twin.solve(changed(gb300, changes))
    assert isinstance(caught.value.__cause__, ValueError)
