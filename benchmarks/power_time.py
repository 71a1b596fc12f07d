"""Benchmark cases of power in time: a rack at 1 ms, alone and coupled, sharing among supplies, a spectrum."""

from typing import Any

from benchmarks.case import Case

STEP, HOUR = 1e-3, 3_600_000


def _course() -> Any:
    from power.loads import Training, training_course

    job = Training(
        step_time=1.3,
        communicate_time=0.4,
        steps_per_block=100,
        evaluate_time=10.0,
        checkpoint_time=20.0,
        blocks_per_checkpoint=5,
        edge_time=0.02,
        idle_power=30e3,
        compute_power=132e3,
        communicate_power=70e3,
        evaluate_power=80e3,
        checkpoint_power=60e3,
    )
    return training_course(job, 26, start_ramp=10.0)


def _hour(course: Any) -> float:
    from power.loads import mean_power
    from power.smoothing import PowerSmoothing, smooth_power
    from power.store import EnergyStore, march_store

    smoothing = PowerSmoothing(
        tmp_ceiling=140e3,
        tmp_floor=0.6,
        ramp_up_rate=20e3,
        ramp_down_rate=20e3,
        ramp_down_hysteresis=2.0,
        secondary_power_floor=50e3,
        primary_floor_activation_window=0.2,
        primary_floor_target_window=1.0,
        primary_floor_activation_offset=10e3,
    )
    store = EnergyStore(
        capacity=4680.0,
        charge_power=132e3,
        discharge_power=132e3,
        charge_efficiency=0.97,
        discharge_efficiency=0.97,
        standing_loss=10.0,
        target_charge=0.5,
        recharge_time=1.0,
        grid_ramp_up=1e5,
        grid_ramp_down=1e5,
    )
    drawn = smooth_power(smoothing, mean_power(course, STEP, HOUR), STEP)
    return float(march_store(store, drawn.power, STEP).energy.min())


def _hour_of_samples() -> Any:
    from power.loads import mean_power

    return mean_power(_course(), STEP, HOUR)


def _spectrum(series: Any) -> Any:
    from power.spectrum import amplitude_spectrum

    return amplitude_spectrum(series, STEP)


def _loads() -> Any:
    import numpy as np

    return np.random.default_rng(0).uniform(50e3, 130e3, 10_000)


def _share(load: Any) -> Any:
    import numpy as np

    from power.supplies import Supply, share_load

    supply = Supply(
        rated_power=5.5e3,
        output_voltage=51.0,
        droop_resistance=6e-3,
        current_limit=120.0,
        loss_constant=0.00641,
        loss_quadratic=0.02564,
    )
    return share_load(supply, load, np.ones(48, bool), setpoint_error=np.linspace(-0.05, 0.05, 48))


def _coupled() -> Any:
    import twin

    job = {
        "step_time": "1.3 s",
        "communicate_time": "0.4 s",
        "steps_per_block": 100,
        "evaluate_time": "10 s",
        "checkpoint_time": "20 s",
        "blocks_per_checkpoint": 5,
        "edge_time": "20 ms",
        "communicate": 0.4,
        "evaluate": 0.5,
        "checkpoint": 0.3,
    }
    keys = {"steps": {"thermal": "1 s", "electric": "1 ms"}, "load": {"training": job}}
    rack = twin.load("gb300-nvl72")
    twin.simulate(rack, twin.schedule_from({"duration": "10 s", **keys}))
    return rack, twin.schedule_from({"duration": "10 min", **keys})


def _minutes(asked: Any) -> float:
    import twin

    return float(twin.simulate(*asked).attrs["energy_closure_relative"])


POWER_TIME = (
    Case(
        name="hour of a rack",
        size="3.6 M steps of 1 ms: load, smoothing, store",
        phase="next",
        beat=2.0,
        setup=_course,
        run=_hour,
        repeats=3,
    ),
    Case(
        name="coupled rack at 1 ms",
        size="10 min of 1 rack with its heat: load, smoothing, bar, shelves, store",
        phase="solve",
        beat=2.0,
        setup=_coupled,
        run=_minutes,
        repeats=3,
    ),
    Case(
        name="spectrum of an hour",
        size="3.6 M samples",
        phase="next",
        beat=1.0,
        setup=_hour_of_samples,
        run=_spectrum,
        repeats=3,
    ),
    Case(
        name="supplies, droop",
        size="10 000 racks x 48 supplies",
        phase="next",
        beat=0.5,
        setup=_loads,
        run=_share,
        repeats=3,
    ),
)
