"""What do 65 J per GPU flatten of a training job's swings, what needs a floor or a battery, and what does each cost?

A swing dP of frequency f and duty d is flat behind a lossless store of E = dP d (1 - d) / f. 72 x 65 J = 4.68 kJ are
35 ms of a rack: a square swing of 80 kW from 4.2 Hz up, and none of 0.2 to 3 Hz. A floor leaves what it lies under and
burns the difference to what the job asks for; a battery loses a part of what goes through it. Expected: the store alone
leaves a job of 0.5 Hz as it is, and passes no mask; the floor more than halves the swing and burns some 24 kW per rack
(in 60 s: 10 s of communication 45 kW below it, 5 s of evaluation 12 kW, 15 s of checkpoint 59 kW); a battery that holds
the grid to its ramp passes, for 2 to 3 kW.

The levels of the job are steady states of the rack; every rack of the factory moves in step, the worst case. Swings,
mask and ramps are over a rack's full power.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import power
from power import GridReport, MaskBand, RampRule
from twin.spec.types import Factory
from twin.studies._assumed import assumed_text
from twin.studies._frame import dataset, percent, spec_of, variable
from twin.studies._swings import BLOCK, MEASURES, STEP, Drawn, Site, Swings, drawn_with, job_power, residual, site_of

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SHOWN = ("nothing", "store", "floor and store", "battery")
"""Measures of the picture."""
BEFORE, AFTER = 7.0, 9.0
"""Length of its course: ahead of the last evaluation, and from its start on [s]."""
FLAT = 0.1
"""What may be left of a swing that counts as flat [1]."""
FREQUENCIES = np.geomspace(0.01, 40.0, 37)
"""Of the swings whose rest is looked at [Hz]."""
BINS = np.geomspace(0.1, 20.0, 33)
"""Edges of the bins of the spectrum shown [Hz]."""
CENTRES = np.sqrt(BINS[:-1] * BINS[1:])
LEAST = 1e-5
"""Amplitudes below it are not shown [1]."""


def study(
    system: str | Factory = "gb300-nvl72",
    racks: int = 750,
    ramp: float = 10e6 / 60,
    store_energy: float = 65.0,
    swings: Swings | None = None,
) -> "xr.Dataset":
    """Return what each measure leaves of a job's swings, what it costs, and from which frequency on it flattens.

    Parameters
    ----------
    system : str or Factory
        A system of the catalogue, or a spec.
    racks : int
        Racks of the factory, all in step [1].
    ramp : float
        What the grid allows the factory, as mean over a minute [W/s].
    store_energy : float
        In the supplies, for each GPU [J].
    swings : Swings, optional
        Job, measures and mask; assumed where left out.

    Returns
    -------
    Dataset
        Over `measure`, `time` and `frequency`; nan where a measure flattens no swing.

    References
    ----------
    NVIDIA blog (July 2025), 65 J per GPU; Choukse et al. (2025), arXiv:2508.14318, phases of training, ramps and bands;
    derived: `power.smooth_power`, `power.march_store`, `power.check_rules`.
    """
    spec, swings = spec_of(system), swings or Swings()
    site = site_of(spec, swings, store_energy, ramp / racks)
    found = {measure: drawn_with(site, measure, *job_power(site), STEP) for measure in MEASURES}
    grids = np.array([one.grid[one.grid.size // 2 :] for one in found.values()])
    full = float(site.states.rack[4])
    report = power.check_rules(_rule(site), _mask(site), grids, STEP)
    left = np.array([[residual(site, measure, one) for one in FREQUENCIES] for measure in MEASURES])
    made = _figures(site, found, report, grids) | {
        "residual_swing": variable(("measure", "frequency"), left, "1", "what is left of a square swing"),
        "flattened_from": variable("measure", [_flat(row) for row in left], "Hz", "flattens swings from"),
    }
    drawn = grids[[list(MEASURES).index(measure) for measure in SHOWN]]
    course = _course(drawn)
    made["grid_power"] = variable(("shown", "time"), course, "W", "power of a rack")
    curves = np.vstack([_binned(drawn) / full, _mask_levels(site)])
    curves[curves < LEAST] = np.nan
    made["amplitude"] = variable(("curve", "line_frequency"), curves, "1", "amplitude over full power")
    coordinates = {
        "measure": ("measure", list(MEASURES), {"long_name": "measure"}),
        "shown": ("shown", list(SHOWN), {"long_name": "measure"}),
        "curve": ("curve", [*SHOWN, "mask"], {"long_name": "measure"}),
        "time": variable("time", STEP * np.arange(course.shape[1]), "s", "time"),
        "frequency": variable("frequency", FREQUENCIES, "Hz", "frequency of the swing"),
        "line_frequency": variable("line_frequency", CENTRES, "Hz", "frequency"),
    }
    title = f"Power swings of a training job on {spec.name}, and what flattens them"
    made_set = dataset(__doc__, made, coordinates, title=title, answer="", chart=_CHART, table=_TABLE)
    return made_set.assign_attrs(answer=_answer(made_set, site), assumed=assumed_text(swings))


def _rule(site: Site) -> RampRule:
    return RampRule(
        ramp_up=site.grid_ramp, ramp_down=site.grid_ramp, ramp_window=60.0,
        dynamic_range=site.swings.dynamic_range * site.states.rack[4], range_window=60.0,
    )  # fmt: skip


def _mask(site: Site) -> list[MaskBand]:
    edges, full = site.swings.mask_edges, float(site.states.rack[4])
    return [
        MaskBand(lower=low, upper=high, amplitude=level * full, rms=level * full)
        for low, high, level in zip(edges[:-1], edges[1:], site.swings.mask_levels, strict=True)
    ]


def _mask_levels(site: Site) -> Array:
    """Return the mask in the bins, nan where there is none [1]."""
    edges = np.array(site.swings.mask_edges)
    levels = np.array([np.nan, *site.swings.mask_levels, np.nan])
    return np.asarray(levels[np.searchsorted(edges, CENTRES, side="right")])


def _course(grids: Array) -> Array:
    """Return the last steps before an evaluation, the evaluation, and the start of the checkpoint behind it [W]."""
    turn = grids.shape[-1] - round((BLOCK[1] + BLOCK[2]) / STEP)
    return grids[:, turn - round(BEFORE / STEP) : turn + round(AFTER / STEP)]


def _figures(site: Site, found: dict[str, Drawn], report: GridReport, grids: Array) -> dict[str, Any]:
    full, swing = float(site.states.rack[4]), np.ptp(grids, axis=1)
    bands = report.usage[:, 3:].reshape(len(grids), 2, -1).max(axis=1)
    edges = site.swings.mask_edges
    names = [f"{low:g} to {high:g} Hz" for low, high in pairwise(edges)]
    costs = {
        "burnt_power": ("the floor burns", [one.burnt for one in found.values()]),
        "supply_loss": ("the supplies' store loses", [one.supply_loss for one in found.values()]),
        "battery_loss": ("the battery loses", [one.battery_loss for one in found.values()]),
    }
    total = np.sum([values for _, values in costs.values()], axis=0)
    plain = float(grids[0].mean())
    return {
        "swing": variable("measure", swing / full, "1", "swing over full power"),
        "peak": variable("measure", grids.max(axis=1) / grids[0].max(), "1", "peak over that with nothing"),
        "mask_usage": variable("measure", bands.max(axis=1), "1", "worst band over mask"),
        "worst_band": ("measure", [names[i] for i in bands.argmax(axis=1)], {"long_name": "worst band"}),
        "range_usage": variable("measure", report.usage[:, 2], "1", "swing in a minute over limit"),
        "ramp_usage": variable("measure", report.usage[:, :2].max(axis=1), "1", "ramp over limit"),
        "passed": variable("measure", report.passed.astype(float), "1", "keeps to all rules"),
        **{name: variable("measure", values, "W", words) for name, (words, values) in costs.items()},
        "cost": variable("measure", total / 1e3, "kW", "power it costs"),
        "cost_share": variable("measure", total / plain, "1", "cost over the job's energy"),
        "put_off": variable("measure", [one.put_off for one in found.values()], "1", "work the ramps put off"),
    }


def _binned(grids: Array) -> Array:
    """Return the strongest line in each bin [W]; the series holds whole blocks, so that no line leaks."""
    spectrum = power.amplitude_spectrum(grids, STEP)
    place = np.searchsorted(BINS, spectrum.frequency, side="right") - 1
    return np.transpose([spectrum.amplitude[:, place == i].max(axis=1, initial=0.0) for i in range(BINS.size - 1)])


def _flat(left: Array) -> float:
    """Return from which frequency on no swing leaves more than counts as flat; nan where the fastest does."""
    over = np.flatnonzero(left > FLAT)
    if over.size and over[-1] == left.size - 1:
        return float("nan")
    return float(FREQUENCIES[over[-1] + 1 if over.size else 0])


def _answer(found: "xr.Dataset", site: Site) -> str:
    def of(name: str, measure: str) -> float:
        return float(found[name].sel(measure=measure))

    bound = float(power.flattened_frequency(site.store_energy, site.swing))
    carried = 1e3 * float(power.carried_time(site.store_energy, site.states.rack[4]))

    def costs(*measures: str) -> str:
        return ", ".join(
            f"{measure} {of('cost', measure):.2g} ({percent(of('cost_share', measure), 1)})" for measure in measures
        )

    keeps = [measure for measure in MEASURES if of("passed", measure)]
    left = ", ".join(
        f"{percent(of('swing', one))} with {one} ({of('mask_usage', one):.2g} times the mask)" for one in MEASURES
    )
    return (
        f"Full and without loss the {site.store_energy / 1e3:.2f} kJ in a rack's supplies carry it for"
        f" {carried:.0f} ms: no store of that size flattens a square swing of {site.swing / 1e3:.0f} kW below"
        f" {bound:.1f} Hz. This one does from {_hertz(of('flattened_from', 'store'))} on, behind the floor from"
        f" {_hertz(of('flattened_from', 'floor and store'))}, the battery from"
        f" {_hertz(of('flattened_from', 'battery'))}. The steps of the job, at {1 / site.swings.step_time:g} Hz,"
        f" swing by {percent(site.swing / site.states.rack[4])} of full power; with its evaluation and checkpoint the"
        f" job swings, peak to peak, by {left}. Behind floor and store the peak is"
        f" {percent(of('peak', 'floor and store'))} of that with nothing (30\u202f% less is quoted). Cost per rack in"
        f" kilowatts, and over the job's energy:"
        f" {costs(*list(MEASURES)[1:])}; the ramps put off"
        f" {percent(of('put_off', 'floor and ramps'), 1)} of the work. All rules are kept with"
        f" {' and with '.join(keeps) or 'none of them'}. Job, settings of the measures and mask are assumed."
    )


def _hertz(frequency: float) -> str:
    return "no frequency" if np.isnan(frequency) else f"{frequency:.2g} Hz"


_CHART = {
    "panels": [
        {"kind": "line", "x": "time", "y": "grid_power", "series": "shown", "names": "key",
         "under": "nothing", "title": "Steps, an evaluation and a checkpoint, at the grid"},
        {"kind": "line", "x": "line_frequency", "y": "amplitude", "series": "curve", "names": "key",
         "under": "nothing", "bound": "mask", "log": ["x", "y"], "steps": True,
         "title": "Strongest line near each frequency, against the mask"},
    ]
}  # fmt: skip
_TABLE = {
    "rows": "measure",
    "columns": ["swing", "mask_usage", "worst_band", "flattened_from", "cost", "cost_share"],
    "dash": "flattens no swing up to 40 Hz",
}
