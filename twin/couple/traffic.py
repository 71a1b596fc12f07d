"""The network half of a pass: what is delivered at the present clocks, and what the links draw."""

import numpy as np
from numpy.typing import NDArray

from twin.build.model import Model

Array = NDArray[np.float64]


def traffic(model: Model, clock: Array) -> tuple[Array, Array]:
    """Return the delivered share of the offered traffic, and the power of the links at every chip.

    A collective waits for its busiest link: where that is offered more than its bandwidth, all traffic slows down.

    Parameters
    ----------
    model : Model
        Arrays of the batch.
    clock : (r, gpus) array
        Clock of each GPU over its full clock [1].

    Returns
    -------
    delivered : (r, 1) array
        1, or bandwidth over offer at the busiest GPU [1].
    power : (r, c) array
        Energy per byte times bytes in and out [W].

    References
    ----------
    Derived: traffic is linear in the clocks of the senders; planes of a GPU share its load evenly.
    """
    work, place = model.forwarding, model.parts
    sent, received = clock * work.sent, clock @ work.received.T
    busiest = model.injection * np.max(np.maximum(sent, received) / work.capacity, axis=1, keepdims=True)
    delivered = 1.0 / np.maximum(busiest, 1.0)
    handled = np.zeros(model.link_energy.shape)
    handled[:, place.gpu] = sent + received
    handled[:, place.asic] = 2 * clock @ work.switched.T
    return delivered, model.link_energy * (delivered * model.injection) * handled
