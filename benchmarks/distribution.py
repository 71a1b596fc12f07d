"""Benchmark cases of the AC distribution: a year of hours of 1 000 racks, and every single outage."""

from typing import Any

from benchmarks.case import Case

HOURS = 8760


def _feeder() -> Any:
    from power.feeder_layouts import UnitSubstations, unit_substations
    from power.feeders import Cable, RackLoad, Transformer, Utility, feeder_of

    layout = UnitSubstations(
        substations=50, racks=20, primary_voltage=34.5e3, secondary_voltage=415.0, cable_length=500.0, rack_pitch=1.2
    )
    unit = Transformer(
        rated_power=3.15e6, short_circuit_voltage=0.06, short_circuit_loss=0.008, no_load_loss=0.0, no_load_current=0.0
    )
    return feeder_of(
        unit_substations(
            layout,
            Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1),
            Cable(resistance=0.08e-3, reactance=0.10e-3, rated_current=200.0),
            unit,
            Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=5000.0),
            RackLoad(power=132e3, power_factor=0.99),
        )
    )


def _year() -> Any:
    import numpy as np

    return _feeder(), np.random.default_rng(0).uniform(0.4, 1.0, (HOURS, 1000)) * 132e3


def _solve(year: Any) -> Any:
    from power.distribution import solve_feeder

    feeder, power = year
    return solve_feeder(feeder, power=power)


def _tables() -> Any:
    """The same feeder and year as tables of the library, row by row as its manual has them."""
    import numpy as np
    from power_grid_model import ComponentType, DatasetType, PowerGridModel, initialize_array

    from power import load_flow

    feeder, power = _year()
    tables = load_flow.input_tables(feeder, load_flow.stage(feeder, 0))
    update = initialize_array(DatasetType.update, ComponentType.sym_load, power.shape)
    update["id"] = tables["sym_load"]["id"]
    update["p_specified"] = power
    update["q_specified"] = power * np.tan(np.arccos(0.99))
    return PowerGridModel(tables), {ComponentType.sym_load: update}


def _library(tables: Any) -> Any:
    model, update = tables
    return model.calculate_power_flow(update_data=update)


def _outages(feeder: Any) -> Any:
    from power.contingency import single_outages

    return single_outages(feeder)


DISTRIBUTION = (
    Case(
        name="feeder, one year",
        size="1 000 racks x 8 760 hours",
        phase="next",
        beat=8.0,
        whose="1.15 x the library alone, 7.0 s; pandapower about 450 s",
        setup=_year,
        run=_solve,
        repeats=3,
    ),
    Case(
        name="feeder, library alone",
        size="1 000 racks x 8 760 hours, power-grid-model's own batch",
        phase="next",
        beat=8.0,
        whose="what the row above is held to",
        setup=_tables,
        run=_library,
        repeats=3,
    ),
    Case(
        name="feeder, N-1",
        size="1 000 racks, each of 1 100 branches out",
        phase="next",
        beat=3.0,
        setup=_feeder,
        run=_outages,
        repeats=3,
    ),
)
