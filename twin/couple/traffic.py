"""The network half of a pass: what is delivered at the present clocks, what the links draw, and the headlines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import topology
from topology import Fabric
from twin.build.losses import fabric_constants
from twin.build.model import Model
from twin.layout.cables import cable_lengths
from twin.spec.types import Factory

Array = NDArray[np.float64]


def traffic(model: Model, clock: Array) -> tuple[Array, Array]:
    """Return the delivered share of the offered traffic, and the power of the links at every chip.

    A collective waits for its busiest link: where that is offered more than its bandwidth, all traffic slows down.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    clock : (r, gpus) array
        Clock of each GPU over its full clock [1]; rows may be instants of the one rack of the model.

    Returns
    -------
    delivered : (r, 1) array
        1, or bandwidth over offer at the busiest link [1].
    power : (r, c) array
        Energy per byte times bytes in and out [W].

    References
    ----------
    Derived: traffic is linear in the clocks of the senders.
    """
    work, place = model.forwarding, model.parts
    sent, received = clock * work.sent, clock @ work.received.T
    busiest = model.injection * np.max(clock @ work.critical.T, axis=1, keepdims=True)
    delivered = 1.0 / np.maximum(busiest, 1.0)
    handled = np.zeros((len(clock), model.link_energy.shape[1]))
    handled[:, place.gpu] = sent + received
    handled[:, place.asic] = 2 * clock @ work.switched.T
    return delivered, model.link_energy * (delivered * model.injection) * handled


def fabric_numbers(
    fabric: Fabric,
    specs: Sequence[Factory],
    lost_links: frozenset[int] = frozenset(),
    lost_chips: frozenset[str] = frozenset(),
) -> dict[str, Array]:
    """Return the headline numbers of the fabric, as arrays over the racks.

    Parameters
    ----------
    fabric : Fabric
        The intact fabric that all racks of the batch share.
    specs : sequence of Factory
        Give latency, message and protocol.
    lost_links : frozenset of int
        Ids of broken links.
    lost_chips : frozenset of str
        Names of lost GPUs and ASICs.

    Returns
    -------
    dict of str to (r,) array
        Names and units of `topology.FIELDS`.

    References
    ----------
    Derived: `topology` bandwidths; time = startup + bytes of the busiest link over its effective bandwidth.
    """
    links = fabric_constants(fabric, lost_links, lost_chips)
    del links["gpu_count"]
    cable = np.array([cable_lengths(spec.rack)[0] for spec in specs])
    pairs = np.array([spec.rack.nvlink.pairs_per_link for spec in specs])
    message = np.array([spec.traffic.message_bytes for spec in specs])
    efficiency = np.array([spec.rack.protocol_efficiency for spec in specs])
    paths = 2 * np.nan_to_num(cable.mean(axis=1))
    parts = [topology.one_way(spec.rack.latency, path) for spec, path in zip(specs, paths, strict=True)]
    startup = np.array([float(part.total) for part in parts])
    per_byte = links.pop("seconds_per_byte")
    racks = len(specs)
    return {
        **{name: np.full(racks, value) for name, value in links.items()},
        "cable_pair_count": np.where(np.isnan(cable[:, 0]), np.nan, cable.shape[1] * pairs),
        "cable_length_total": cable.sum(axis=1) * pairs,
        "latency_gpu_to_gpu": np.array([float(part.hardware) for part in parts]),
        "all_to_all_message_bytes": message,
        "all_to_all_time": startup + message * per_byte / efficiency,
    }
