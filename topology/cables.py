"""The cable schedule of a rack: what goes from where to where, for installation and for counting.

Contract: a cable is one differential pair, so a link of four pairs is four cables. Links on a board are
traces and have no row.
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx

COLUMNS = ("link", "from", "to", "plane", "cartridge", "pairs", "length_m")


class ScheduleSummary(NamedTuple):
    """Sums over a cable schedule."""

    link_count: int
    """Cabled links [1]."""
    cable_pair_count: int
    """Cables: differential pairs, both directions [1]."""
    cable_length_total: float
    """Length of all cables, sum of pairs * length [m]."""


def cable_schedule(graph: nx.MultiGraph) -> list[dict[str, Any]]:
    """List the copper links of a rack in the order of their ids.

    Parameters
    ----------
    graph : networkx.MultiGraph, with the attributes listed in `topology.nvlink`

    Returns
    -------
    rows with link, from (GPU), to (ASIC), plane, cartridge (-1 if none), pairs [1] and length_m (nan if
    unknown) [m]

    References
    ----------
    Derived: a listing of the graph.

    Examples
    --------
    >>> from topology import Nvlink, nvlink_rack
    >>> pair = nvlink_rack(Nvlink(gpus=2, asics=1, link_bandwidth=50e9, lanes_per_link=2, asic_ports=2,
    ...                           medium="copper", generation=5), lengths=[0.5, 0.75])
    >>> list(cable_schedule(pair)[1].values())
    [1, 'gpu-1', 'asic-0', 0, -1, 4, 0.75]
    """
    copper = [edge for edge in graph.edges(data=True) if edge[2]["medium"] == "copper"]
    return sorted((_row(graph, *edge) for edge in copper), key=lambda row: row["link"])


def write_schedule(rows: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Write a cable schedule as CSV, one header line, lengths in metres.

    Parameters
    ----------
    rows : rows of `cable_schedule`
    path : file to write; an older one is replaced

    References
    ----------
    RFC 4180 (2005), with line feeds.

    Examples
    --------
    >>> import os
    >>> write_schedule([], os.devnull)
    """
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def schedule_summary(rows: Iterable[Mapping[str, Any]]) -> ScheduleSummary:
    """Count links and cables and add up the length of the cables.

    Parameters
    ----------
    rows : rows of `cable_schedule`

    Returns
    -------
    ScheduleSummary, link_count [1], cable_pair_count [1], cable_length_total [m]

    References
    ----------
    Derived: cable_length_total = sum over links of pairs * length.

    Examples
    --------
    >>> schedule_summary([{"pairs": 4, "length_m": 0.5}, {"pairs": 4, "length_m": 0.75}])
    ScheduleSummary(link_count=2, cable_pair_count=8, cable_length_total=5.0)
    """
    cables = [(row["pairs"], row["length_m"]) for row in rows]
    return ScheduleSummary(
        link_count=len(cables),
        cable_pair_count=sum(pairs for pairs, _ in cables),
        cable_length_total=float(sum(pairs * length for pairs, length in cables)),
    )


def _row(graph: nx.MultiGraph, u: str, v: str, data: Mapping[str, Any]) -> dict[str, Any]:
    gpu, asic = (u, v) if graph.nodes[u]["kind"] == "gpu" else (v, u)
    values = data["link"], gpu, asic, data["plane"], data["cartridge"], data["pairs"], data["length"]
    return dict(zip(COLUMNS, values, strict=True))
