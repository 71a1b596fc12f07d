"""Two ready distributions: unit substations with busways, and the four-tier hierarchy of an exemplar hall.

Contract: builders take every number as a parameter and return a networkx graph for `power.feeders.feeder_of`; add to it
or cut it as any graph.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Gt

from power.checks import check_fields
from power.feeders import Cable, RackLoad, Transformer, Utility
from power.ups import Ups

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, kw_only=True)
class UnitSubstations:
    """Counts, lengths and voltages of `unit_substations`."""

    substations: Annotated[int, Ge(1)]
    """each with its cable from the utility"""
    racks: Annotated[int, Ge(1)]
    """along the busway of each"""
    primary_voltage: Annotated[float, "V", Gt(0)]
    """of the utility"""
    secondary_voltage: Annotated[float, "V", Gt(0)]
    """of the busway"""
    cable_length: Annotated[float, "m", Gt(0)]
    """utility to each transformer"""
    rack_pitch: Annotated[float, "m", Gt(0)]
    """busway to the first rack, and from each to the next"""

    def __post_init__(self) -> None:
        check_fields(self)


def unit_substations(
    layout: UnitSubstations, utility: Utility, cable: Cable, transformer: Transformer, busway: Cable, load: RackLoad
) -> "nx.DiGraph":
    """Racks in rows, each row on the busway of its own transformer.

    Parameters
    ----------
    layout : UnitSubstations
    utility : Utility
    cable : Cable, at primary voltage
    transformer : Transformer
    busway : Cable, at secondary voltage
    load : RackLoad, of every rack

    Returns
    -------
    DiGraph
        Nodes `utility`, `primary-3`, `secondary-3`, `rack-3-17`; a node of the busway is its rack.

    References
    ----------
    Derived: radial, one chain of racks per transformer.

    Examples
    --------
    >>> layout = UnitSubstations(substations=2, racks=3, primary_voltage=34.5e3, secondary_voltage=415.0,
    ...                          cable_length=500.0, rack_pitch=1.2)
    >>> graph = unit_substations(
    ...     layout, Utility(voltage_ratio=1.0, short_circuit_power=1e9, resistance_ratio=0.1),
    ...     Cable(resistance=8e-5, reactance=1e-4, rated_current=200.0),
    ...     Transformer(rated_power=3.15e6, short_circuit_voltage=0.06, short_circuit_loss=0.008,
    ...                 no_load_loss=0.0, no_load_current=0.0),
    ...     Cable(resistance=8.1e-6, reactance=5.5e-6, rated_current=5000.0),
    ...     RackLoad(power=132e3, power_factor=0.99))
    >>> sorted(graph.successors("secondary-1")), graph.number_of_nodes()
    (['rack-1-0'], 11)
    """
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_node("utility", voltage=layout.primary_voltage, utility=utility)
    for row in range(layout.substations):
        graph.add_node(f"primary-{row}", voltage=layout.primary_voltage)
        above = f"secondary-{row}"
        graph.add_node(above, voltage=layout.secondary_voltage)
        graph.add_edge("utility", f"primary-{row}", part=cable, length=layout.cable_length, name=f"cable-{row}")
        graph.add_edge(f"primary-{row}", above, part=transformer, name=f"transformer-{row}")
        for place in range(layout.racks):
            rack = f"rack-{row}-{place}"
            graph.add_node(rack, voltage=layout.secondary_voltage, load=load)
            graph.add_edge(above, rack, part=busway, length=layout.rack_pitch, name=f"busway-{row}-{place}")
            above = rack
    return graph


@dataclass(frozen=True, kw_only=True)
class FloorHierarchy:
    """Counts, limits and lengths of `floor_hierarchy`."""

    pdus: Annotated[int, Ge(1)]
    """floor PDUs on the switchboard"""
    racks: Annotated[int, Ge(1)]
    """dealt to the PDUs in turn: the first PDU feeds racks 1, 1 + pdus, ..."""
    nodes_per_rack: Annotated[int, Ge(1)]
    """compute nodes; counted only"""
    voltage: Annotated[float, "V", Gt(0)]
    """of the hall"""
    utility_power: Annotated[float, "W", Gt(0)]
    """limit of the utility"""
    switchboard_power: Annotated[float, "W", Gt(0)]
    """limit of the switchboard"""
    pdu_power: Annotated[float, "W", Gt(0)]
    """limit of each PDU"""
    main_length: Annotated[float, "m", Gt(0)]
    """utility to switchboard"""
    pdu_length: Annotated[float, "m", Gt(0)]
    """switchboard to a PDU"""
    rack_length: Annotated[float, "m", Gt(0)]
    """PDU to a rack"""

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class FloorParts:
    """Parts of `floor_hierarchy`."""

    utility: Utility
    """at the voltage of the hall"""
    main: Cable
    """utility to switchboard"""
    pdu_cable: Cable
    """switchboard to a PDU"""
    rack_cable: Cable
    """PDU to a rack"""
    ups: Ups | None
    """between the utility's cable and the switchboard, or none"""


def floor_hierarchy(layout: FloorHierarchy, parts: FloorParts, load: RackLoad) -> "nx.DiGraph":
    """Utility, switchboard, floor PDUs and racks, each tier with its power limit.

    Parameters
    ----------
    layout : FloorHierarchy
    parts : FloorParts
    load : RackLoad, of every rack

    Returns
    -------
    DiGraph
        Nodes `utility`, `main` (where there is a UPS), `switchboard`, `pdu-1` and so on, `rack-1` and so on; counted
        from 1 as in the source. Each rack has `compute_nodes`.

    Notes
    -----
    4 PDUs, 8 racks of 18 nodes and limits of 750 kW, 1.6 MW and 450 kW are the published exemplar of 144 nodes. Its
    racks at full power need more than its utility gives: power policies have to share what there is. Cables, voltage
    and UPS are not part of the source.

    References
    ----------
    NVIDIA, Domain Power Service SDK, simulator topology (tiers, limits, and which racks hang on which PDU).

    Examples
    --------
    >>> bus = Cable(resistance=2e-5, reactance=2e-5, rated_current=2500.0)
    >>> layout = FloorHierarchy(
    ...     pdus=4, racks=8, nodes_per_rack=18, voltage=415.0, utility_power=750e3, switchboard_power=1.6e6,
    ...     pdu_power=450e3, main_length=20.0, pdu_length=30.0, rack_length=10.0)
    >>> parts = FloorParts(
    ...     utility=Utility(voltage_ratio=1.0, short_circuit_power=5e7, resistance_ratio=0.1),
    ...     main=bus, pdu_cable=bus, rack_cable=bus, ups=None)
    >>> graph = floor_hierarchy(layout, parts, RackLoad(power=142e3, power_factor=0.99))
    >>> sorted(graph.successors("pdu-1")), sum(count for _, count in graph.nodes(data="compute_nodes", default=0))
    (['rack-1', 'rack-5'], 144)
    """
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_node("utility", voltage=layout.voltage, utility=parts.utility, capacity=layout.utility_power)
    graph.add_node("switchboard", voltage=layout.voltage, capacity=layout.switchboard_power)
    inlet = "switchboard"
    if parts.ups is not None:
        inlet = "main"
        graph.add_node(inlet, voltage=layout.voltage)
        graph.add_edge(inlet, "switchboard", part=parts.ups, name="ups")
    graph.add_edge("utility", inlet, part=parts.main, length=layout.main_length, name="main-cable")
    for pdu in range(1, layout.pdus + 1):
        graph.add_node(f"pdu-{pdu}", voltage=layout.voltage, capacity=layout.pdu_power)
        cable = {"part": parts.pdu_cable, "length": layout.pdu_length, "name": f"pdu-cable-{pdu}"}
        graph.add_edge("switchboard", f"pdu-{pdu}", **cable)
    for rack in range(1, layout.racks + 1):
        graph.add_node(f"rack-{rack}", voltage=layout.voltage, load=load, compute_nodes=layout.nodes_per_rack)
        cable = {"part": parts.rack_cable, "length": layout.rack_length, "name": f"rack-cable-{rack}"}
        graph.add_edge(f"pdu-{(rack - 1) % layout.pdus + 1}", f"rack-{rack}", **cable)
    return graph
