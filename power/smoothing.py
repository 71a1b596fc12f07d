"""Power smoothing of GPU modules: a floor under their draw, a ceiling over it, and ramps between.

Contract: series `(..., time)` of equal steps, leading axes are racks or modules. `demand` is what the work would draw,
`power` what the module draws; the difference above is burnt, the difference below is work put off. `power` never
changes faster than its ramps.
"""

from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields
from power.spectrum import checked_series

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PowerSmoothing:
    """A power-smoothing profile; in brackets the profile parameter of NVML (power smoothing) behind each field."""

    tmp_ceiling: Annotated[float, "W", Gt(0)]
    """highest total module power (TMP; NVML_FI_PWR_SMOOTHING_APPLIED_TMP_CEIL)"""
    tmp_floor: Annotated[float, "1", Ge(0), Le(1)]
    """primary floor over the ceiling (PERCENT_TMP_FLOOR / 100)"""
    ramp_up_rate: Annotated[float, "W/s", Gt(0)]
    """fastest rise (RAMP_UP_RATE)"""
    ramp_down_rate: Annotated[float, "W/s", Gt(0)]
    """fastest fall (RAMP_DOWN_RATE)"""
    ramp_down_hysteresis: Annotated[float, "s", Ge(0)]
    """how long the floor outlasts a demand below it (RAMP_DOWN_HYSTERESIS, there in ms)"""
    secondary_power_floor: Annotated[float, "W", Ge(0)]
    """floor while the workload is active, with an activation window (SECONDARY_POWER_FLOOR)"""
    primary_floor_activation_window: Annotated[float, "s", Ge(0)]
    """of the mean that says whether it is active, 0: always the primary floor (PRIMARY_FLOOR_ACT_WIN_MULT x unit)"""
    primary_floor_target_window: Annotated[float, "s", Ge(0)]
    """of the mean that is the primary floor, 0: tmp_floor is (PRIMARY_FLOOR_TAR_WIN_MULT x unit)"""
    primary_floor_activation_offset: Annotated[float, "W", Ge(0)]
    """below secondary floor plus this the primary floor is activated (PRIMARY_FLOOR_ACT_OFFSET)"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.secondary_power_floor > self.tmp_ceiling:
            raise ValueError(
                f"PowerSmoothing.secondary_power_floor = {self.secondary_power_floor}: must be <= tmp_ceiling ="
                f" {self.tmp_ceiling} W"
            )


class SmoothingState(NamedTuple):
    """Where a march stands."""

    power: Array
    """(...) drawn last [W]"""
    quiet: NDArray[np.int64]
    """(...) steps for which demand has been below the floor"""
    armed: NDArray[np.bool_]
    """(...) whether the floor holds"""
    recent: Array
    """(..., w) last demands, oldest first, as many as the longer window has steps, one at least [W]"""


class Smoothed(NamedTuple):
    """A march of power smoothing."""

    power: Array
    """(..., time) what is drawn [W]"""
    phase: NDArray[np.int8]
    """(..., time) 0: no floor, 1: demand is at or above the floor, 2: held up by the floor"""
    state: SmoothingState
    """after the last step"""


def scaled_smoothing(smoothing: PowerSmoothing, modules: int) -> PowerSmoothing:
    """Return the profile of several modules in lockstep.

    Parameters
    ----------
    smoothing : PowerSmoothing
    modules : number of modules, 1 or more

    Returns
    -------
    PowerSmoothing
        Every power and rate times `modules`.

    Raises
    ------
    ValueError
        where there is no module.

    References
    ----------
    Derived: a sum of equal modules.

    Examples
    --------
    >>> one = PowerSmoothing(tmp_ceiling=1400.0, tmp_floor=0.6, ramp_up_rate=200.0, ramp_down_rate=200.0,
    ...                      ramp_down_hysteresis=2.0, secondary_power_floor=0.0, primary_floor_activation_window=0.0,
    ...                      primary_floor_target_window=0.0, primary_floor_activation_offset=0.0)
    >>> scaled_smoothing(one, 72).tmp_ceiling
    100800.0
    """
    if modules < 1:
        raise ValueError(f"modules = {modules}: must be >= 1")
    watts = (
        "tmp_ceiling",
        "ramp_up_rate",
        "ramp_down_rate",
        "secondary_power_floor",
        "primary_floor_activation_offset",
    )
    return replace(smoothing, **{name: modules * getattr(smoothing, name) for name in watts})


def smoothing_start(smoothing: PowerSmoothing, demand: ArrayLike, step: float) -> SmoothingState:
    """Return the state of modules that have drawn a constant demand for ever, without a floor.

    Parameters
    ----------
    smoothing : PowerSmoothing
    demand : (...) [W]
    step : of the march [s]

    Returns
    -------
    SmoothingState

    References
    ----------
    Derived: the demand, at most the ceiling.

    Examples
    --------
    >>> one = PowerSmoothing(tmp_ceiling=1400.0, tmp_floor=0.6, ramp_up_rate=200.0, ramp_down_rate=200.0,
    ...                      ramp_down_hysteresis=2.0, secondary_power_floor=0.0, primary_floor_activation_window=0.0,
    ...                      primary_floor_target_window=0.5, primary_floor_activation_offset=0.0)
    >>> state = smoothing_start(one, 200.0, 0.1)
    >>> float(state.power), state.recent.shape
    (200.0, (5,))
    """
    steady = np.asarray(demand, dtype=float)
    width = max(1, *_windows(smoothing, step))
    return SmoothingState(
        np.minimum(steady, smoothing.tmp_ceiling),
        np.zeros(steady.shape, np.int64),
        np.zeros(steady.shape, np.bool_),
        np.repeat(steady[..., None], width, axis=-1),
    )


def _windows(smoothing: PowerSmoothing, step: float) -> tuple[int, int]:
    """Steps of the activation and of the target window; a window that is not 0 has one at least."""
    both = smoothing.primary_floor_activation_window, smoothing.primary_floor_target_window
    short, long = (max(1, round(window / step)) if window > 0 else 0 for window in both)
    return short, long


def machine_law(
    smoothing: PowerSmoothing, step: float
) -> tuple[float, float, float, float, float, float, int, int, int]:
    """Return the parameters of the state machine in steps, as compiled kernels read them.

    Parameters
    ----------
    smoothing : PowerSmoothing
    step : of the march [s]

    Returns
    -------
    tuple of float and int
        Ceiling, primary floor, secondary floor, its threshold [W]; rise and fall in a step [W]; steps of the
        hysteresis, of the activation and of the target window [1].

    References
    ----------
    Derived: rates times step, times over step.

    Examples
    --------
    >>> one = PowerSmoothing(tmp_ceiling=1400.0, tmp_floor=0.5, ramp_up_rate=200.0, ramp_down_rate=100.0,
    ...                      ramp_down_hysteresis=2.0, secondary_power_floor=0.0, primary_floor_activation_window=0.0,
    ...                      primary_floor_target_window=0.5, primary_floor_activation_offset=0.0)
    >>> machine_law(one, 0.1)
    (1400.0, 700.0, 0.0, 0.0, 20.0, 10.0, 20, 0, 5)
    """
    return (
        smoothing.tmp_ceiling,
        smoothing.tmp_floor * smoothing.tmp_ceiling,
        smoothing.secondary_power_floor,
        smoothing.secondary_power_floor + smoothing.primary_floor_activation_offset,
        smoothing.ramp_up_rate * step,
        smoothing.ramp_down_rate * step,
        int(min(smoothing.ramp_down_hysteresis / step + 1e-9, 1e18)),
        *_windows(smoothing, step),
    )


def smooth_power(
    smoothing: PowerSmoothing, demand: ArrayLike, step: float, start: SmoothingState | None = None
) -> Smoothed:
    """March power smoothing through a demand.

    The floor is armed when demand reaches it and released when demand has been below it for longer than the
    hysteresis. The target is the demand, at least the armed floor, at most the ceiling; power follows the target within
    its ramps.

    Parameters
    ----------
    smoothing : PowerSmoothing
    demand : (..., time), what the work would draw [W]
    step : time between samples [s]
    start : SmoothingState, by default `smoothing_start` of the first demand

    Returns
    -------
    Smoothed

    Raises
    ------
    ValueError
        where the step is not positive, or demand is empty, not finite or negative, or the start belongs to
        other windows.

    Notes
    -----
    Without an activation window the floor is the primary one. With one it is the secondary floor while the moving mean
    of demand is at or above that floor plus the offset, else the primary one. NVIDIA does not say whether the
    means see power with or without what the floor burns (here: without), nor what arms a released floor.

    References
    ----------
    NVIDIA, NVML API reference, group nvmlPowerSmoothing, and nvidia-smi manual, section power smoothing (parameters and
    the rule of two floors); state machine derived from them.

    Examples
    --------
    >>> one = PowerSmoothing(tmp_ceiling=1400.0, tmp_floor=0.5, ramp_up_rate=400.0, ramp_down_rate=400.0,
    ...                      ramp_down_hysteresis=2.0, secondary_power_floor=0.0, primary_floor_activation_window=0.0,
    ...                      primary_floor_target_window=0.0, primary_floor_activation_offset=0.0)
    >>> found = smooth_power(one, [1000, 200, 200, 200, 200, 200], 1.0)
    >>> found.power, found.phase
    (array([1000.,  700.,  700.,  300.,  200.,  200.]), array([1, 2, 2, 0, 0, 0], dtype=int8))
    """
    from power.march_kernels import smooth

    series = checked_series("demand", demand, step, 1)
    if (series < 0).any():
        raise ValueError(f"demand has {series.min()}: must be >= 0 W")
    state = smoothing_start(smoothing, series[..., 0], step) if start is None else start
    short, long = _windows(smoothing, step)
    width, racks = max(1, short, long), series.shape[:-1]
    if state.recent.shape != (*racks, width):
        raise ValueError(
            f"start.recent has shape {state.recent.shape}: must be {(*racks, width)}, the racks of demand and the"
            f" longer window in steps of {step} s; use `smoothing_start`"
        )
    rows = np.ascontiguousarray(series.reshape(-1, series.shape[-1]))
    recent = np.ascontiguousarray(state.recent.reshape(-1, width))
    power, phase = np.empty_like(rows), np.empty(rows.shape, np.int8)
    drawn, quiet, armed = np.array(state.power), np.array(state.quiet), np.array(state.armed)
    drawn, quiet, armed = drawn.reshape(-1), quiet.reshape(-1), armed.reshape(-1)
    smooth(rows, recent, machine_law(smoothing, step), (power, phase, drawn, quiet, armed))
    recent = np.concatenate((recent, rows[:, -width:]), axis=-1)[:, -width:]
    ended = SmoothingState(
        drawn.reshape(racks), quiet.reshape(racks), armed.reshape(racks), recent.reshape(*racks, width)
    )
    return Smoothed(power.reshape(series.shape), phase.reshape(series.shape), ended)


def smoothing_energy(demand: ArrayLike, power: ArrayLike, step: float) -> tuple[Array, Array]:
    """Return the energy burnt above demand, and the energy of work put off below it.

    Parameters
    ----------
    demand : (..., time), what the work would draw [W]
    power : (..., time), what is drawn [W]
    step : time between samples [s]

    Returns
    -------
    (...), (...)
        Burnt and put off; power minus demand is their difference [J].

    References
    ----------
    Derived: sums over the steps.

    Examples
    --------
    >>> burnt, put_off = smoothing_energy([1000.0, 200.0], [900.0, 700.0], 2.0)
    >>> float(burnt), float(put_off)
    (1000.0, 200.0)
    """
    above = np.asarray(power, dtype=float) - np.asarray(demand, dtype=float)
    return np.maximum(above, 0).sum(axis=-1) * step, np.maximum(-above, 0).sum(axis=-1) * step
