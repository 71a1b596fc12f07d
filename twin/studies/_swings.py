"""What stands between a training job and the grid: a floor with ramps, the supplies' store, a battery; per rack."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

import power
from power import EnergyStore, PowerSmoothing, Training
from twin.spec.types import Factory
from twin.studies._rack_states import RackStates, rack_states

Array = NDArray[np.float64]

STEP = 5e-3
"""Of the job's series [s]."""
BLOCKS, BLOCK = 8, (20, 5.0, 15.0)
"""Blocks of the job, the first half of them to settle; steps, evaluation [s] and checkpoint [s] of each."""
#: Ramps of the supplies' store that are tried: how much slower than the fastest of use.
SLOWER = (1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class Swings:
    """A job, its measures and the grid's rules; nobody published these numbers."""

    step_time: Annotated[float, "s", Gt(0)] = 2.0
    """One iteration."""
    communicate_time: Annotated[float, "s", Gt(0)] = 0.5
    """Its end, spent in communication."""
    communicate_load: Annotated[float, "1", Ge(0), Le(1)] = 0.25
    """Utilization while communicating."""
    evaluate_load: Annotated[float, "1", Ge(0), Le(1)] = 0.6
    """Utilization while evaluating."""
    checkpoint_load: Annotated[float, "1", Ge(0), Le(1)] = 0.1
    """Utilization while writing a checkpoint."""
    edge_time: Annotated[float, "s", Gt(0)] = 0.02
    """A change of phase."""
    floor: Annotated[float, "1", Gt(0), Le(1)] = 0.8
    """Of the modules' ceiling."""
    module_ramp: Annotated[float, "W/s", Gt(0)] = 2800.0
    """Of each module, up and down."""
    hysteresis: Annotated[float, "s", Ge(0)] = 30.0
    """How long the floor outlasts the demand."""
    supply_efficiency: Annotated[float, "1", Gt(0), Le(1)] = 0.98
    """Of the supplies' store, each way."""
    supply_recharge: Annotated[float, "s", Gt(0)] = 0.5
    """Time in which it returns to half charge."""
    battery_energy: Annotated[float, "J", Gt(0)] = 72e6
    """Of a battery, per rack (20 kWh)."""
    battery_efficiency: Annotated[float, "1", Gt(0), Le(1)] = 0.95
    """Each way."""
    battery_standing: Annotated[float, "W", Ge(0)] = 200.0
    """What it loses at rest, per rack."""
    battery_recharge: Annotated[float, "s", Gt(0)] = 1800.0
    """Time in which it returns to half charge."""
    dynamic_range: Annotated[float, "1", Gt(0)] = 0.1
    """Allowed swing in a minute, over the rack's full power."""
    mask_edges: Annotated[tuple[float, ...], "Hz"] = (0.1, 1.0, 5.0, 20.0)
    """Bands of the mask."""
    mask_levels: Annotated[tuple[float, ...], "1"] = (0.03, 0.02, 0.01)
    """Allowed amplitude and rms in each, over the rack's full power."""


class Drawn(NamedTuple):
    """What a chain of measures makes of a demand; powers of a rack at its AC input."""

    grid: Array
    """(..., time) [W]"""
    burnt: float
    """mean of what the floor burns [W]"""
    put_off: float
    """mean of what the ramps put off, over the mean demand [1]"""
    supply_loss: float
    """mean loss of the supplies' store [W]"""
    battery_loss: float
    """mean loss of the battery [W]"""


class Site(NamedTuple):
    """A rack and all that is needed to march its measures."""

    swings: Swings
    states: RackStates
    """At rest, communicating, evaluating, writing, computing; and computing at a cap of 90 %."""
    smoothing: PowerSmoothing
    """Of all its modules."""
    store_energy: float
    """Of its supplies [J]."""
    grid_ramp: float
    """Its share of what the grid allows [W/s]."""

    @property
    def gain(self) -> float:
        """AC watts per watt of module input [1]."""
        rack, modules = self.states.rack, self.states.modules
        return float((rack[4] - rack[5]) / (modules[4] - modules[5]))

    @property
    def swing(self) -> float:
        """Between computing and communicating [W]."""
        return float(self.states.rack[4] - self.states.rack[1])


def site_of(spec: Factory, swings: Swings, store_energy: float, grid_ramp: float) -> Site:
    """Return the rack with its store [J per module] and share of the grid's ramp [W/s], its states solved."""
    loads = (0.0, swings.communicate_load, swings.evaluate_load, swings.checkpoint_load, 1.0, 1.0)
    chips = [chip for tray in spec.rack.trays for chip in tray.chips if chip.kind == "gpu"]
    modules = spec.rack.nvlink.gpus
    one = PowerSmoothing(
        tmp_ceiling=chips[0].power.tdp, tmp_floor=swings.floor, ramp_up_rate=swings.module_ramp,
        ramp_down_rate=swings.module_ramp, ramp_down_hysteresis=swings.hysteresis, secondary_power_floor=0.0,
        primary_floor_activation_window=0.0, primary_floor_target_window=0.0, primary_floor_activation_offset=0.0,
    )  # fmt: skip
    states = rack_states(spec, loads, (1.0, 1.0, 1.0, 1.0, 1.0, 0.9))
    return Site(swings, states, power.scaled_smoothing(one, modules), modules * store_energy, grid_ramp)


def job_power(site: Site) -> tuple[Array, Array]:
    """Return the demand of a rack and of its modules, blocks in a row [W]."""
    steps, evaluation, writing = BLOCK
    samples = round(BLOCKS * (steps * site.swings.step_time + evaluation + writing) / STEP)
    rack, gpus = (
        power.mean_power(power.training_course(_job(site, levels), BLOCKS), STEP, samples)
        for levels in (site.states.rack, site.states.gpus)
    )
    return rack, gpus


def _job(site: Site, levels: Array) -> Training:
    """Return the job at powers of its phases [W]."""
    idle, communicate, evaluate, checkpoint, compute = (float(level) for level in levels[:5])
    swings, (steps, evaluation, writing) = site.swings, BLOCK
    return Training(
        step_time=swings.step_time, communicate_time=swings.communicate_time, steps_per_block=steps,
        evaluate_time=evaluation, checkpoint_time=writing, blocks_per_checkpoint=1, edge_time=swings.edge_time,
        idle_power=idle, compute_power=compute, communicate_power=communicate, evaluate_power=evaluate,
        checkpoint_power=checkpoint,
    )  # fmt: skip


def floored(site: Site, rack: Array, gpus: Array, step: float) -> Drawn:
    """Return the demand of a rack held up by the floor of its modules and held to their ramps."""
    drawn = power.smooth_power(site.smoothing, gpus, step).power
    grid = rack + site.gain * (drawn - gpus)
    late = slice(gpus.shape[-1] // 2, None)
    burnt, put_off = power.smoothing_energy(gpus[late], drawn[late], step)
    duration = step * (gpus.shape[-1] - late.start)
    return Drawn(grid, site.gain * float(burnt) / duration, float(put_off) / float(gpus[late].sum() * step), 0.0, 0.0)


def stored(site: Site, before: Drawn, step: float) -> Drawn:
    """Return what the supplies' store leaves with that of a few ramps that leaves least.

    The fastest is the slowest at which half its energy carries the whole swing; slower ones suit fast swings.
    """
    late = slice(before.grid.shape[-1] // 2, None)
    fastest = max(float(np.ptp(before.grid[late])), 1.0) ** 2 / site.store_energy
    found = [_march_supplies(site, before.grid, step, fastest / slower) for slower in SLOWER]
    best = min(found, key=lambda one: float(one.grid_power[late].std()))
    return before._replace(grid=best.grid_power, supply_loss=float(best.loss[late].mean() / step))


def _march_supplies(site: Site, load: Array, step: float, ramp: float) -> power.Stored:
    store = EnergyStore(
        capacity=site.store_energy, charge_power=site.states.rack[4], discharge_power=site.states.rack[4],
        charge_efficiency=site.swings.supply_efficiency, discharge_efficiency=site.swings.supply_efficiency,
        standing_loss=0.0, target_charge=0.5, recharge_time=site.swings.supply_recharge, grid_ramp_up=ramp,
        grid_ramp_down=ramp,
    )  # fmt: skip
    settled = power.StoreState(np.asarray(site.store_energy / 2), np.asarray(load.mean()))
    return power.march_store(store, load, step, settled)


def buffered(site: Site, before: Drawn, step: float) -> Drawn:
    """Return what the battery leaves, which holds the grid to its ramp."""
    swings, late = site.swings, slice(before.grid.shape[-1] // 2, None)
    store = EnergyStore(
        capacity=swings.battery_energy, charge_power=site.states.rack[4], discharge_power=site.states.rack[4],
        charge_efficiency=swings.battery_efficiency, discharge_efficiency=swings.battery_efficiency,
        standing_loss=swings.battery_standing, target_charge=0.5, recharge_time=swings.battery_recharge,
        grid_ramp_up=site.grid_ramp, grid_ramp_down=site.grid_ramp,
    )  # fmt: skip
    found = power.march_store(store, before.grid, step)
    return before._replace(grid=found.grid_power, battery_loss=float(found.loss[late].mean() / step))


#: A measure → whether it has floor and ramps, the supplies' store, the battery.
MEASURES = {
    "nothing": (False, False, False),
    "store": (False, True, False),
    "floor and ramps": (True, False, False),
    "floor and store": (True, True, False),
    "battery": (False, False, True),
    "all three": (True, True, True),
}


def drawn_with(site: Site, measure: str, rack: Array, gpus: Array, step: float) -> Drawn:
    """Return what the grid gives with a measure: a rack's demand [W], that of its modules [W], in steps [s]."""
    chain: tuple[Callable[[Site, Drawn, float], Drawn], ...] = (stored, buffered)
    floor, *others = MEASURES[measure]
    found = floored(site, rack, gpus, step) if floor else Drawn(rack, 0.0, 0.0, 0.0, 0.0)
    for wanted, part in zip(others, chain, strict=True):
        found = part(site, found, step) if wanted else found
    return found


def residual(site: Site, measure: str, frequency: float, points: int = 400, periods: int = 8) -> float:
    """Return what is left of a square swing between computing and communicating, peak to peak over it [1]."""
    step = min(1 / (points * frequency), site.swings.supply_recharge)
    lasting = max(periods / frequency, 10 * site.swings.supply_recharge)
    count = int(np.ceil(lasting / step))
    high = ((np.arange(count) + 0.5) * step * frequency) % 1.0 < 0.5
    states = site.states
    rack, gpus = (np.where(high, level[4], level[1]) for level in (states.rack, states.gpus))
    quiet = site._replace(swings=replace(site.swings, battery_standing=0.0))
    grid = drawn_with(quiet, measure, rack, gpus, step).grid
    return float(np.ptp(grid[count // 2 :]) / site.swing)
