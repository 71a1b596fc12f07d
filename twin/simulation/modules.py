"""Modules and bar of a rack in its present condition, as `power` marches them through instants."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import power
from power.bar_march import FedBar
from power.module_march import Links, ModuleLaw, module_law
from twin.build.model import Model

Array = NDArray[np.float64]


class Electric(NamedTuple):
    """What instants are marched with."""

    modules: ModuleLaw
    bar: FedBar
    conversion: Array
    """Loss of each tray's intermediate bus over what it gives (t,) [1]"""


def electric(model: Model, alive: NDArray[np.bool_], sends: Array) -> Electric:
    """Return modules and bar of a rack, ready to be marched.

    Parameters
    ----------
    model : Model
        Arrays of one rack; dead chips draw nothing.
    alive : (c,) array of bool
        Chips that run.
    sends : (gpus,) array
        Offered traffic at full load and clock, as a share of a GPU's bandwidth [1].

    Returns
    -------
    Electric

    References
    ----------
    Derived: the same numbers as `twin.couple.rack` reads.
    """
    place, size = model.parts, len(model.parts.chip)
    chip = model.chip._replace(**{name: _row(part, size) for name, part in model.chip._asdict().items()})
    working = np.asarray(alive & ~place.is_switch, dtype=float)
    modules = module_law(chip, _row(model.leakage_factor, size), working, place.chip_tray, _links(model, sends))
    return Electric(modules, _bar(model), 1 / model.bus_efficiency[0] - 1)


def _row(values: Array, size: int) -> Array:
    return np.broadcast_to(np.asarray(values, dtype=float), (1, size))[0]


def _links(model: Model, sends: Array) -> Links:
    work, place, size = model.forwarding, model.parts, len(model.parts.chip)
    counts = np.diff(np.append(work.first, len(work.critical)))
    received = work.received.T + np.diag(np.broadcast_to(work.sent, place.gpu.shape))
    return Links(
        gpu=place.gpu,
        others=place.asic,
        sends=np.broadcast_to(sends, place.gpu.shape),
        handled=np.ascontiguousarray(np.concatenate([received, 2 * work.switched.T], axis=1)),
        critical=work.critical,
        link_job=np.repeat(np.arange(work.first.size), counts),
        gpu_job=work.job,
        energy=_row(model.link_energy, size),
        media=None if model.media is None else np.stack([_row(part, size) for part in model.media]),
    )


def _bar(model: Model) -> FedBar:
    place = model.parts
    serving = np.asarray(place.shelf_in_service, dtype=float)
    barless = model.busbar is None
    return FedBar(
        source_voltage=model.source_voltage[0],
        source_resistance=model.source_resistance[0],
        contact_resistance=np.broadcast_to(model.contact_resistance, model.source_voltage.shape)[0],
        load_node=np.zeros(1, dtype=np.int64) if barless else place.tray_slot - 1,
        shelf=model.shelf,
        shelf_node=np.zeros_like(place.shelf_slot) if barless else place.shelf_slot - 1,
        shelf_share=serving / serving.sum() if barless else np.ones_like(serving),
        serving=serving,
    )


def bar_resistance(model: Model, section: Array) -> Array:
    """Return the resistance of the sections of a bar at some temperatures.

    Parameters
    ----------
    model : Model
        Arrays of one rack.
    section : (n, sections) array
        Temperatures [K].

    Returns
    -------
    (n, sections) array
        [ohm].

    References
    ----------
    Derived: `power.loop_resistance`.
    """
    if model.busbar is None:
        return np.empty((len(section), 0))
    return power.loop_resistance(model.busbar, section) * model.section_length
