"""What enters at the AC input leaves in the coolant and in the air: the first law, recomputed from its parts."""

import numpy as np
import pytest
from twin_racks import SYSTEMS, ac_power, changed, grid, steady

import power
import thermal
import twin
from twin.couple import electric
from twin.couple.closure import energy_closure
from twin.couple.steady import Steady
from twin.spec.types import Factory

CLOSED = 1e-9


def balance(solved: Steady) -> np.ndarray:
    """AC input less enthalpy carried by the branches less heat to air, over AC input; from the bar's own currents."""
    model, out = solved.model, solved.outcome
    bus = out.boards.feed.bus
    delivered = (bus.node_voltage * bus.source_current).sum(axis=1)
    mass = out.plates.hydraulics.branch_mass_flow.sum(axis=1)
    warmed = thermal.enthalpy(model.coolant, out.next.coolant_return[:, 0])
    liquid = mass * (warmed - thermal.enthalpy(model.coolant, model.supply[:, 0]))
    drawn = delivered + out.boards.feed.shelf_loss.sum(axis=1)
    return np.asarray((drawn - liquid - out.boards.air_heat[:, 0]) / drawn)


@pytest.mark.parametrize("system", SYSTEMS)
def test_energy_closes_for_every_load_and_supply_temperature(system: str) -> None:
    over = {
        "load.utilization": np.linspace(0, 1, 6).tolist(),
        "cooling.supply_temperature": [293.15, 303.15, 313.15, 323.15],
    }
    solved = steady(*grid(system, over))
    assert np.abs(balance(solved)).max() <= CLOSED
    assert np.abs(energy_closure(solved.model, solved.outcome)).max() <= CLOSED


def test_every_watt_of_the_default_rack_ends_in_one_named_place(gb300: Factory, gb300_tree) -> None:  # type: ignore[no-untyped-def]
    power_, heat, total = gb300_tree["power"], gb300_tree["thermal"], gb300_tree["summary"]
    into = float(total.rack_power)
    losses = float(total.shelf_loss_total + total.bus_loss + total.intermediate_bus_loss)
    assert losses == pytest.approx(float(total.conversion_loss), rel=1e-12)
    chips = float(power_.chip_power.sum())
    trays = float(power_.tray_power.sum())
    compute, switch = gb300.rack.trays
    auxiliary = 18 * compute.auxiliary_power + 9 * switch.auxiliary_power
    optics = float(total.optics_power)
    assert optics == pytest.approx(float(power_.port_power.sum()), rel=CLOSED)
    assert trays == pytest.approx(chips + auxiliary + optics + float(total.intermediate_bus_loss), rel=CLOSED)
    assert into == pytest.approx(trays + float(total.bus_loss + total.shelf_loss_total), rel=CLOSED)
    assert into == pytest.approx(float(total.liquid_heat + total.air_heat), rel=CLOSED)
    carried = float((heat.tray_liquid_heat + heat.tray_air_heat).sum())
    assert carried == pytest.approx(trays, rel=CLOSED)
    assert float(power_.shelf_power.sum()) == pytest.approx(float(total.rack_power_dc), rel=CLOSED)


def test_all_heat_of_a_fully_liquid_rack_is_in_the_coolant() -> None:
    row = twin.solve_batch([changed("vr-nvl72")]).isel(case=0)
    assert float(row.air_heat) == pytest.approx(0, abs=1e-6 * float(row.rack_power))
    assert float(row.liquid_heat) == pytest.approx(float(row.rack_power), rel=CLOSED)


def test_a_shelf_that_loses_one_per_cent_unseen_breaks_the_balance(
    gb300: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is counted at the AC input but 1 % of it reaches no thermal node."""
    feed = electric.feed

    def leaky(*given: object) -> electric.Feed:
        out = feed(*given)  # type: ignore[arg-type]
        return out._replace(lost=out.lost - 0.01 * out.shelf_loss.sum(axis=1, keepdims=True))

    monkeypatch.setattr("twin.couple.rack.feed", leaky)
    solved = steady(gb300)
    assert abs(balance(solved)[0]) > 1e-4
    assert abs(energy_closure(solved.model, solved.outcome)[0]) > 1e-4


def test_a_clip_without_heat_breaks_the_balance(gb300: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = power.solve_busbar

    def cold_clips(*given: object, **named: object) -> power.BusbarSolution:
        out = whole(*given, **named)  # type: ignore[arg-type]
        return out._replace(contact_loss=0 * out.contact_loss)

    monkeypatch.setattr(power, "solve_busbar", cold_clips)
    solved = steady(gb300)
    assert abs(balance(solved)[0]) > 100 * CLOSED
    assert abs(energy_closure(solved.model, solved.outcome)[0]) > 100 * CLOSED


def test_droop_of_the_sources_is_control_and_not_heat(gb300: Factory) -> None:
    """A larger source resistance lowers the bar's voltage; the AC input changes by the bar's own loss only."""
    stiff, soft = (steady(changed(gb300, {"rack.shelf.source_resistance": r})) for r in (0.1e-3, 1e-3))
    assert soft.outcome.boards.feed.bus.node_voltage.min() < stiff.outcome.boards.feed.bus.node_voltage.min() - 0.1
    assert abs(ac_power(soft)[0] - ac_power(stiff)[0]) < 0.002 * ac_power(stiff)[0]
