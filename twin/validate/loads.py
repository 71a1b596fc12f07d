"""Row P8: the swing of a training job on 64 nodes, measured every 2 s, and our model of it.

Inputs of the model: step, steps per block, evaluation, spread of a node and correlation of two; the mean is the
measured one. Chosen, with the series in sight: the shape of a step. Its last 4 s communicate, edges take 4 s, and an
evaluation draws what communication does; mean and spread of that shape are replaced by the inputs. The lines and their
amplitudes hold for 3 to 5 s and any edge. The swing needs the soft edge; its value with an edge of 1 s is printed.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from power import loads, spectrum, synchrony
from twin.validate.row import Allowed, Row, printed, row, skipped

Array = NDArray[np.float64]

FILE = Path("power") / "gpt3_training_64x8_h100_total_power.csv"
SOURCE = "MLCommons training_results_v4.0, sum of 64 node logs"
STEP, SAMPLES = 2.0, 1705
WINDOW = 120.0
MEAN = 438e3
STEP_BAND, BLOCK_BAND = (1 / 11.5, 1 / 10.4), (1 / 160, 1 / 125)
"""Where the lines are sought [Hz]."""
JOB = loads.Training(
    step_time=10.62,
    communicate_time=4.0,
    steps_per_block=12,
    evaluate_time=14.6,
    checkpoint_time=0.0,
    blocks_per_checkpoint=1,
    edge_time=4.0,
    idle_power=0.0,
    compute_power=1.0,
    communicate_power=0.0,
    evaluate_power=0.0,
    checkpoint_power=0.0,
)
NODES = synchrony.Synchrony(nodes=64, spread=355.0, correlation=0.72, memory=0.0)


class Figures(NamedTuple):
    """What a series comes to; in kW and s."""

    mean: float
    deviation: float
    step_line: float
    step_amplitude: float
    block_line: float
    block_amplitude: float
    swing: float
    """Median over windows of 120 s of highest minus lowest."""


PUBLISHED = Figures(438.0, 19.3, 10.93, 18.6, 142.0, 6.3, np.nan)
"""The swing is taken from the file."""


def p8(reference: Path | None) -> list[Row]:
    """Return the figures of the measured series and of our model."""
    path = None if reference is None else reference / FILE
    if path is None or not path.is_file():
        missing = f"needs --reference DIR with {FILE}"
        return [skipped(("P8", "measured series"), missing), *_model(figures(modelled(JOB)), PUBLISHED, missing)]
    seconds, kilowatts = np.loadtxt(path, delimiter=",", skiprows=1).T
    found = figures(1e3 * kilowatts, float(seconds[1] - seconds[0]))
    return [*_measured(found), *_model(figures(modelled(JOB)), PUBLISHED._replace(swing=found.swing), "")]


def figures(power: Array, step: float = STEP) -> Figures:
    """Return mean, deviation, both lines and the swing of a series of watts."""
    step_line, block_line = (spectrum.spectral_line(power, step, band) for band in (STEP_BAND, BLOCK_BAND))
    return Figures(
        mean=float(power.mean()) / 1e3,
        deviation=float(power.std()) / 1e3,
        step_line=1 / float(step_line.frequency),
        step_amplitude=float(step_line.amplitude) / 1e3,
        block_line=1 / float(block_line.frequency),
        block_amplitude=float(block_line.amplitude) / 1e3,
        swing=float(np.median(spectrum.peak_to_peak(power, step, WINDOW))) / 1e3,
    )


def modelled(job: loads.Training, seed: int = 0) -> Array:
    """Return the power of all nodes [W]."""
    blocks = int(np.ceil(STEP * SAMPLES / loads.block_time(job)))
    shape = loads.mean_power(loads.training_course(job, blocks), STEP, SAMPLES)
    common = MEAN / NODES.nodes + shape - shape.mean()
    return np.asarray(synchrony.node_power(common, NODES, STEP, np.random.default_rng(seed)).sum(axis=0))


def _measured(found: Figures) -> list[Row]:
    rows = [
        row(("P8", "measured: mean"), found.mean, PUBLISHED.mean, "kW", Allowed(0.5), SOURCE),
        row(("P8", "measured: standard deviation"), found.deviation, PUBLISHED.deviation, "kW", Allowed(0.05), SOURCE),
        *_lines("measured", found, Allowed(0.03, relative=True)),
    ]
    harmonic = "measured: block line over step line"
    rows.append(row(("P8", harmonic), found.block_line / found.step_line, 13.0, "1", Allowed(0.05), SOURCE))
    rows.append(printed(("P8", "measured: median swing in 120 s"), found.swing, None, "kW", SOURCE))
    return rows


def _model(found: Figures, wanted: Figures, missing: str) -> list[Row]:
    swing = "P8", "model: median swing in 120 s"
    deviation = "P8", "model: standard deviation, from spread and correlation"
    sharp = figures(modelled(replace(JOB, edge_time=1.0)))
    return [
        printed(("P8", "model: mean, an input"), found.mean, wanted.mean, "kW", SOURCE),
        row(deviation, found.deviation, wanted.deviation, "kW", Allowed(0.01, relative=True), SOURCE),
        *_lines("model", found, Allowed(0.3, relative=True)),
        skipped(swing, missing)
        if missing
        else row(swing, found.swing, wanted.swing, "kW", Allowed(0.15, relative=True), SOURCE),
        printed(
            ("P8", "model, edges of 1 s: median swing"), sharp.swing, None if missing else wanted.swing, "kW", SOURCE
        ),
    ]


def _lines(whose: str, found: Figures, amplitude: Allowed) -> list[Row]:
    place = Allowed(0.01, relative=True)
    return [
        row(("P8", f"{whose}: step line"), found.step_line, PUBLISHED.step_line, "s", place, SOURCE),
        row(("P8", f"{whose}: its amplitude"), found.step_amplitude, PUBLISHED.step_amplitude, "kW", amplitude, SOURCE),
        row(("P8", f"{whose}: block line"), found.block_line, PUBLISHED.block_line, "s", place, SOURCE),
        row(
            ("P8", f"{whose}: amplitude of the block line"),
            found.block_amplitude,
            PUBLISHED.block_amplitude,
            "kW",
            amplitude,
            SOURCE,
        ),
    ]
