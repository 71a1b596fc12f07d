"""How many passes a cold start takes, over everything the catalogue can be asked."""

import numpy as np
import pytest
from twin_racks import LITRE_PER_MINUTE, RACKS, SYSTEMS, changed, grid, steady, without_shelves_above

from twin.spec.types import Factory

#: Passes the solver promises for every catalogue entry at any load, as shipped.
PROMISE = 12
#: Passes allowed with interfaces so thick that chips derate: limits, clock floors and flow bounds are kinks on the way.
AT_A_KINK = 24
LOADS = np.linspace(0, 1, 11).tolist()
SUPPLIES = [t + 273.15 for t in (20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0)]
OVER = {"load.utilization": LOADS, "cooling.supply_temperature": SUPPLIES}
#: A litre per minute per kilowatt is the least a plate guideline allows; the policy's range brackets it.
FIXED = {"gb200-nvl72": 120, "gb300-nvl72": 120, "vr-nvl72": 240, "hgx-h100": 9}
#: Interface thickness at which the hottest GPUs derate at 40 to 50 degC.
THICK = {"gb200-nvl72": 2.0e-3, "gb300-nvl72": 2.0e-3, "vr-nvl72": 1.0e-3, "hgx-h100": 0.35e-3}


def passes(base: Factory | str) -> int:
    return int(steady(*grid(base, OVER)).fixed_point.iterations.max())


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_catalogue_entry_is_solved_within_the_promise(system: str) -> None:
    assert passes(system) <= PROMISE


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_fixed_volume_flow_is_solved_within_the_promise(system: str) -> None:
    assert passes(changed(system, {"cooling.volume_flow": FIXED[system] * LITRE_PER_MINUTE})) <= PROMISE


@pytest.mark.parametrize("system", RACKS)
def test_a_rack_that_lost_a_bank_is_solved_within_the_promise(system: str) -> None:
    assert passes(changed(system, {"rack.stack.top-shelves.in_service": False})) <= PROMISE


@pytest.mark.parametrize("system", RACKS)
def test_a_rack_fed_from_below_is_solved_within_the_promise(system: str) -> None:
    assert passes(without_shelves_above(system)) <= PROMISE


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_rack_that_derates_is_solved_in_a_few_more_passes(system: str) -> None:
    base = changed(system, {"chips.gpu.package.tim_thickness": THICK[system]})
    solved = steady(*grid(base, OVER))
    hot = solved.outcome.next.junction.max(axis=1) >= base.limits.junction - 1e-6
    assert hot.any()
    assert not hot.all()
    assert solved.fixed_point.iterations.max() <= AT_A_KINK


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_warm_plant_that_makes_every_chip_derate_is_solved_within_the_promise(system: str) -> None:
    wide = {
        "limits.coolant_return": 360.15,
        "limits.supply_maximum": 348.15,
        "cooling.volume_flow": FIXED[system] * LITRE_PER_MINUTE,
    }
    over = {"load.utilization": LOADS, "cooling.supply_temperature": [328.15, 333.15, 338.15, 343.15, 348.15]}
    solved = steady(*grid(changed(system, wide), over))
    assert (solved.outcome.next.junction.max(axis=1) >= 358.15 - 1e-6).any()
    assert solved.fixed_point.iterations.max() <= PROMISE


@pytest.mark.parametrize(
    ("system", "thickness"),
    [("gb200-nvl72", 5e-3), ("gb300-nvl72", 5e-3), ("gb300-nvl72", 4e-3), ("vr-nvl72", 1e-3)],
)
def test_chips_at_half_their_clock_are_solved_in_a_few_more_passes(system: str, thickness: float) -> None:
    assert passes(changed(system, {"chips.gpu.package.tim_thickness": thickness})) <= AT_A_KINK


@pytest.mark.parametrize(("system", "thickness"), [("vr-nvl72", 2e-3), ("hgx-h100", 1e-3)])
def test_chips_at_their_clock_floor_are_solved_in_a_few_more_passes(system: str, thickness: float) -> None:
    """No catalogue entry is there: at the floor power follows leakage alone, and floor and cap are kinks on the way."""
    solved = steady(*grid(changed(system, {"chips.gpu.package.tim_thickness": thickness}), OVER))
    gpu = solved.model.parts.gpu
    assert np.any(solved.outcome.chips.clock[:, gpu] == solved.model.chip.clock_min[:, gpu])
    assert np.all(solved.fixed_point.iterations > 0)
    assert solved.fixed_point.iterations.max() <= AT_A_KINK


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_change_falls_from_first_to_last_pass(system: str) -> None:
    """Anderson may rise once on the way; three passes later it is always lower."""
    history = steady(changed(system)).fixed_point.history[:, 0]
    assert np.all(history[3:] < history[:-3])
    assert history[-1] <= 1e-10


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_last_pass_stands_still(system: str) -> None:
    """The state that was found is a fixed point of a pass that starts from nothing but that state."""
    from twin.couple.rack import advance

    solved = steady(changed(system))
    again = advance(solved.model, solved.outcome.next)
    for before, after in zip(solved.outcome.next, again.next, strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-9)
