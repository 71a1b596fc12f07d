"""The model of a batch of racks with the same parts: everything the coupled residual reads, as arrays.

Leading axis: racks. A group key says which specs may share a batch: same parts, fabric, traffic pattern and coolant.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from power import Busbar, CompactChip, Shelf
from thermal import BranchLaw, ColdPlate, CompactPackage, Coolant, Manifold
from topology import Fabric
from twin.build.electric import bus_columns, chip_columns
from twin.build.fabric import Forwarding, fabric_of, forwarding
from twin.build.heat import plate_columns, rack_loop
from twin.build.jobs import injections, traffic_pattern
from twin.build.optics import link_media
from twin.build.stack import column, stack
from twin.layout.parts import Parts, parts, structure
from twin.spec.types import Factory, Limits

Array = NDArray[np.float64]


class Model(NamedTuple):
    """Arrays of a batch; shapes in brackets, r racks, c chips, t trays, s slots."""

    parts: Parts
    fabric: Fabric
    forwarding: Forwarding
    """Bytes per second sent, received and switched, per unit of injection and clock."""
    injection: Array
    """Offered traffic at clock 1 as a share of a GPU's bandwidth, times utilization (r, gpus) [1]."""
    load: Array
    """Utilization of each chip; 0 for switch ASICs, whose power follows the traffic (r, c) [1]."""
    chip: CompactChip
    """Electrical numbers, fields (r, c)."""
    link_energy: Array
    """Energy per byte in or out (r, c) [J/B]."""
    media: tuple[Array, Array] | None
    """What the ends of optical links draw beside each chip (r, c): fixed [W], per byte in or out [J/B]."""
    leakage_factor: Array
    """This chip's leakage over the nominal one (r, c) [1]."""
    interface_factor: Array
    """This chip's thermal interface, with its age, over the nominal one (r, c) [1]."""
    packages: tuple[CompactPackage, ...]
    """Compact package of each kind of chip."""
    plates: ColdPlate
    """Cold plates of the first chips of each kind in each tray, fields (r, firsts)."""
    fouling: Array
    """Deposits in every plate, per base area (r, 1) [m2*K/W]."""
    flow_weight: Array
    """Hydraulic size of each chip's plate (r, c) [1]."""
    flow_range: tuple[Array, Array]
    """Validity range of each plate's flow (r, c) [m3/s]."""
    regulator_fraction: Array
    """Share of module input lost in the module's regulators (r, c) [1]."""
    chip_liquid: Array
    """Share of chip heat into the coolant (r, t) [1]."""
    board_liquid: Array
    """Share of board heat into the coolant (r, t) [1]."""
    shelf_liquid: Array
    """Share of the heat of shelves or sidecar into the coolant (r, 1) [1]."""
    bar_liquid: Array
    """Share of the heat of bar and clips into the coolant (r, 1) [1]."""
    auxiliary: Array
    """Auxiliary power of each tray at its load (r, t) [W]."""
    port_power: Array
    """Of that, optics of the ports to other racks, all trays (r,) [W]."""
    bus_efficiency: Array
    """Efficiency of each tray's intermediate bus (r, t) [1]."""
    coolant: Coolant
    supply: Array
    """Supply temperature (r, 1) [K]."""
    return_target: Array
    """Return temperature the flow is set for (r, 1) [K]."""
    flow_bounds: tuple[Array, Array]
    """Least and greatest volume flow of the policy (r, 1) [m3/s]."""
    fixed_flow: Array
    """Mass flow that overrides all else, nan where there is none (r, 1) [kg/s]."""
    fixed_volume_flow: Array
    """Volume flow that overrides the policy, nan where there is none (r, 1) [m3/s]."""
    branch_of_tray: NDArray[np.int64]
    """Place of each tray along the manifold from its inlet (t,)."""
    branch_spacing: Array
    """Header length before each branch (t,) [m]."""
    branch_weight: Array
    """Hydraulic size of each branch (r, t) [1]."""
    law: BranchLaw
    manifold: Manifold
    busbar: Busbar | None
    bar_flow: Array | None
    """Volume flow of coolant along the bar (r, 1) [m3/s]; None: air around it."""
    section_length: float
    """Distance of two slots along the bar, common to the batch [m]."""
    shelf: Shelf
    source_voltage: Array
    """(r, s) [V]"""
    source_resistance: Array
    """(r, s), inf where no shelf in service [ohm]."""
    contact_resistance: Array
    """(r, s) [ohm]"""
    limits: Limits
    racks_per_cdu: Array
    """(r, 1) [1]"""
    peak_factor: Array
    """Peak over design power (r, 1) [1]."""
    derate: bool
    """True: chips lower their clock at the junction limit."""


#: Fields of the model that all racks share.
SHARED = frozenset({"parts", "fabric", "forwarding", "coolant", "branch_of_tray", "branch_spacing"})


def group_key(spec: Factory) -> Hashable:
    """Return the key of specs that may share a batch.

    Parameters
    ----------
    spec : Factory
        A spec.

    Returns
    -------
    hashable
        Parts, fabric, traffic pattern, coolant and what the rack lacks.

    References
    ----------
    Derived: everything that decides shapes or the fabric.
    """
    rack, pattern = spec.rack, traffic_pattern(spec.traffic)
    return (
        structure(rack),
        rack.nvlink,
        rack.spine is None,
        rack.slot_pitch,
        rack.busbar is None,
        rack.bar_coolant is None,
        pattern,
        spec.cooling.coolant,
    )


def build_model(specs: Sequence[Factory], reference: Factory | None = None) -> Model:
    """Return the model of specs that share a group key.

    Parameters
    ----------
    specs : sequence of Factory
        One per rack.
    reference : Factory, optional
        A spec with the same kinds of chips, to whose packages those of the specs are near: only the reference's are
        tabulated in full, see `plate_columns`.

    Returns
    -------
    Model
        Arrays with the racks as leading axis.

    References
    ----------
    Derived: gathers the leaves' compact models, one per kind.
    """
    first, place = specs[0], parts(specs[0].rack)
    chips = chip_columns(specs, place)
    plates = plate_columns(specs, place, reference)
    loop = rack_loop(specs, place)
    bus = bus_columns(specs, place)
    fabric = fabric_of(first.rack)
    utilization = column([spec.load.utilization for spec in specs])
    media = link_media(fabric, first.rack.nvlink, place)
    fields: dict[str, Any] = {
        "parts": place,
        "fabric": fabric,
        "forwarding": forwarding(fabric, first.rack, first.traffic),
        "media": None if media is None else (media[0] + 0 * utilization, media[1] + 0 * utilization),
        "injection": utilization * np.array([injections(spec.traffic, spec.rack.nvlink.gpus) for spec in specs]),
        "load": utilization * ~place.is_switch,
        "limits": stack([spec.limits for spec in specs]),
        "racks_per_cdu": column([s.cooling.racks_per_loop / s.cooling.cdu.units for s in specs]),
        "peak_factor": column([spec.rack.peak_power / spec.rack.design_power for spec in specs]),
        "derate": True,
    }
    chips["interface_factor"] *= column([1 + spec.ageing.interface for spec in specs])
    return Model(**fields, **chips, **plates, **loop, **bus)
