"""The network half of a pass: what is delivered at the present clocks, what the links draw, and the headlines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric
from twin.build.losses import fabric_constants
from twin.build.model import Model
from twin.build.times import collective_times
from twin.layout.cables import cable_lengths
from twin.spec.types import Factory

Array = NDArray[np.float64]


class Traffic(NamedTuple):
    """What the fabric delivers, and what that draws."""

    delivered: Array
    """Share of what each GPU offers that gets through (r, gpus) [1]."""
    link_power: Array
    """Power of the links inside every chip (r, c) [W]."""
    media_power: Array | None
    """Power of the optics at its links, outside of it (r, c) [W]; None without optics."""


def traffic(model: Model, clock: Array) -> Traffic:
    """Return the delivered share of the offered traffic, and the power of the links at every chip.

    A collective waits for its busiest link: where that is offered more than its bandwidth, all traffic of its job
    slows down. Jobs have GPUs of their own and so links of their own; inside a switch ASIC nothing waits.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    clock : (r, gpus) array
        Clock of each GPU over its full clock [1]; rows may be instants of the one rack of the model.

    Returns
    -------
    Traffic
        Delivered share: 1, or bandwidth over offer at the busiest link of the job [1]; power: energy per byte times
        bytes in and out [W].

    References
    ----------
    Derived: traffic is linear in the clocks of the senders.
    """
    work, place = model.forwarding, model.parts
    offered = clock * model.injection
    busiest = np.maximum.reduceat(offered @ work.critical.T, work.first, axis=1)
    delivered = (1.0 / np.maximum(busiest, 1.0))[:, work.job]
    carried = offered * delivered
    handled = np.zeros((len(clock), model.link_energy.shape[1]))
    handled[:, place.gpu] = carried * work.sent + carried @ work.received.T
    handled[:, place.asic] = 2 * carried @ work.switched.T
    media = None if model.media is None else model.media[0] + model.media[1] * handled
    return Traffic(delivered, model.link_energy * handled, media)


def fabric_numbers(
    fabric: Fabric,
    specs: Sequence[Factory],
    lost_links: frozenset[int] = frozenset(),
    lost_chips: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the headline numbers of the fabric, as arrays over the racks.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric that all racks of the batch share.
    specs : sequence of Factory
        Give latency, sizes, and what the times are carried on from.
    lost_links : frozenset of int
        Ids of broken links.
    lost_chips : frozenset of str
        Names of lost GPUs and ASICs.

    Returns
    -------
    dict of str to (r,) array or list of str
        Names and units of `topology.FIELDS`.

    References
    ----------
    Derived: `topology` bandwidths and latency; `twin.build.times`.
    """
    links = fabric_constants(fabric, lost_links, lost_chips)
    gpus, per_byte = int(links.pop("gpu_count")), links.pop("seconds_per_byte")
    cable = np.array([cable_lengths(spec.rack)[0] for spec in specs])
    medium = topology.MEDIA[specs[0].rack.nvlink.medium]
    pairs = np.array([medium.cables_per_pair * spec.rack.nvlink.pairs_per_link for spec in specs])
    paths = 2 * np.nan_to_num(cable.mean(axis=1))
    latency = [topology.one_way(spec.rack.latency, path) for spec, path in zip(specs, paths, strict=True)]
    racks = len(specs)
    return {
        **{name: np.full(racks, value) for name, value in links.items()},
        "cable_pair_count": np.where(np.isnan(cable[:, 0]), np.nan, cable.shape[1] * pairs),
        "cable_length_total": cable.sum(axis=1) * (pairs + medium.cables_per_link),
        "latency_gpu_to_gpu": np.array([float(part.total) for part in latency]),
        **collective_times(specs, gpus, (gpus - 1) / per_byte),
    }
