"""`twin cables`: the cable schedule of a system, and which link each port of its chips takes, as CSV."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from twin.cli.inputs import Out, Settings, System

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

    from topology import Fabric, ScheduleSummary
    from twin.spec.types import Rack

COLUMNS = ("chip", "port", "link", "plane", "peer", "peer_port")


def cables(system: System, settings: Settings = None, out: Out = Path("out")) -> None:
    """Write the cable schedule (cables.csv) and the port map (ports.csv) of a system."""
    import topology
    from twin.build.fabric import fabric_of, graph_of
    from twin.cli.inputs import console, read_spec
    from twin.result.io import make_folder, write_whole

    rack = read_spec(system, settings).rack
    rows, ports = topology.cable_schedule(graph_of(rack)), port_map(fabric_of(rack))
    folder = make_folder(out)
    schedule, port_file = folder / "cables.csv", folder / "ports.csv"
    write_whole(schedule, lambda place: topology.write_schedule(rows, place))
    write_whole(port_file, lambda place: _write_ports(ports, place))
    console().print(_summary(rack, topology.schedule_summary(rows)))
    console().print(f"wrote {schedule}, {port_file}", soft_wrap=True)


def port_map(fabric: "Fabric") -> list[tuple[str, int, int, int, str, int]]:
    """Return the ports in use, first of the GPUs, then of the ASICs, as rows of `COLUMNS`.

    Ports of a chip count from 0 in the order of its links' ids; the numbering is ours, not the maker's.
    """
    import numpy as np

    ends = [(fabric.gpus, fabric.gpu), (fabric.asics, fabric.asic)]
    port = [_ranks(end) for _, end in ends]
    found = []
    for (names, end), (peers, other), own, far in zip(ends, ends[::-1], port, port[::-1], strict=True):
        for link in np.lexsort((own, end)).tolist():
            here, there = names[end[link]], peers[other[link]]
            found.append((here, int(own[link]), link, int(fabric.asic[link]), there, int(far[link])))
    return found


def _ranks(group: "NDArray[int64]") -> "NDArray[int64]":
    """Return the place of each entry among those of equal value before it."""
    import numpy as np

    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    ranks = np.empty_like(group)
    ranks[order] = np.arange(group.size) - first
    return ranks


def _write_ports(rows: list[tuple[str, int, int, int, str, int]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def _summary(rack: "Rack", found: "ScheduleSummary") -> str:
    if rack.spine is None or not found.link_count:
        return f"{_spaced(rack.nvlink.link_count)} links of medium {rack.nvlink.medium!r}: no copper cables to lay"
    links, pairs = _spaced(found.link_count), _spaced(found.cable_pair_count)
    return f"{links} links, {pairs} pairs, {_spaced(found.cable_length_total)} m in {rack.spine.cartridges} cartridges"


def _spaced(count: float) -> str:
    return f"{count:,.0f}".replace(",", " ")
