"""Where does optics cost, and what: in the NVLink of one rack, or in the fabric of a 1 GW factory?

L links of b [byte/s] per direction have two ends each; at full load an end of energy e per bit takes 8 e b:

    P = 2 L 8 e b = 2 L P_port b / (1.6 Tb/s),   P_port = e x 1.6 Tb/s, the power of one port.

Passive copper takes nothing, a pluggable port 30 W (18.75 pJ/bit), a co-packaged one 9 W (5.625 pJ/bit): assumed, from
quoted ports, and swept here from 0 to 40 W. Expected of the 1 296 NVLinks of 50 GB/s of a rack: 0, 19.44 and 5.83 kW,
648 W per watt of port, with 5 184 copper pairs or 1 296 fibre cables. The factory has 875 scalable units, 504 000 GPUs
in 7 000 racks: its scale-out reaches tens of metres, which passive copper does not; co-packaged it is so in the
switches, and pluggable in the endpoints (19.5 W for the mean of both). SerDes inside the chips are in none of this.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import topology
from topology import MEDIA, Network
from twin.build.fabric import graph_of
from twin.spec.errors import SpecError
from twin.spec.types import Factory
from twin.studies._frame import dataset, percent, spec_of, variable, whole

if TYPE_CHECKING:
    import xarray as xr

PORT = 1.6e12
"""Bits per second and direction of the port that watts are quoted for."""
PORT_MOST = 40.0
"""Greatest power of a port that is looked at [W]."""
GPUS_PER_UNIT = 8 * 72
#: Generation of the scale-out by the first part of a system's name; any other has that of GB300.
GENERATION = {"gb200": "gb200", "gb300": "gb300", "vr": "vera-rubin"}
WORDS = {"copper": "copper", "pluggable": "pluggable", "copackaged": "co-packaged"}
FACTORY = 1e9
"""Power of the factory that watts are compared with [W]."""


class Bill(NamedTuple):
    """What the links of a network take."""

    links: float
    cables: float
    cable_length: float
    """Of all cables [m]."""
    mass: float
    """Of cables and modules [kg]."""
    power: float
    """Of both ends of all links at full load [W]."""


def study(system: str | Factory = "gb300-nvl72", units: int = 875, points: int = 41) -> "xr.Dataset":
    """Return the bill of links in each medium, and their power against that of a port.

    Parameters
    ----------
    system : str or Factory
        A system of 72 GPUs on cables, or its spec; cable lengths are those of its layout.
    units : int
        Scalable units of 8 racks in the factory [1].
    points : int
        Points along the power of a port [1].

    Returns
    -------
    Dataset
        Over `case`: links, cables, cable_length, mass and power; over `port_power`: power of the NVLink of a rack, and
        of NVLink and scale-out of the factory.

    Raises
    ------
    SpecError
        The rack has not 72 GPUs on cables.

    References
    ----------
    Derived: `topology.media_bill`, with the ports of `topology.media`.
    """
    spec = spec_of(system)
    if spec.rack.nvlink.gpus != GPUS_PER_UNIT // 8 or spec.rack.nvlink.medium != "copper":
        raise SpecError(f"{spec.name}: needs a rack of 72 GPUs on copper cables; choose for example gb300-nvl72")
    racks = GPUS_PER_UNIT // 72 * units
    rack = topology.compile_network(graph_of(spec.rack))
    outer = scale_out(units, GENERATION.get(spec.name.partition("-")[0], "gb300"))
    bills = {f"rack NVLink, {word}": bill(_of(rack, medium)) for medium, word in WORDS.items()}
    bills |= {f"factory scale-out, {WORDS[kind]}": bill(one) for kind, one in outer.items()}
    rows = np.array(list(bills.values())).T
    port = np.linspace(0.0, PORT_MOST, points)
    per_watt = {name: 2 * 8 * net.bandwidth.sum() / PORT for name, net in (("in", rack), ("out", outer["pluggable"]))}
    columns = zip(("links", "cables", "cable_length", "mass", "power"), rows, _UNITS, strict=True)
    made = {name: variable("case", row, unit, words) for name, row, (unit, words) in columns}
    made |= {
        "rack_nvlink": variable("port_power", per_watt["in"] * port, "W", "NVLink of one rack"),
        "factory_nvlink": variable("port_power", racks * per_watt["in"] * port, "W", "NVLink, were it optical"),
        "factory_scale_out": variable("port_power", per_watt["out"] * port, "W", "scale-out"),
    }
    axes = {
        "case": ("case", list(bills), {"long_name": "links"}),
        "port_power": variable("port_power", port, "W", "power of a 1.6 Tb/s port"),
    }
    gpus = whole(units * GPUS_PER_UNIT)
    title = f"Copper or optics: the NVLink of {spec.name}, and the fabric of {gpus} GPUs"
    chart = _chart(racks, per_watt, bills)
    answer = _answer(bills, racks, per_watt)
    return dataset(__doc__, made, axes, title=title, answer=answer, chart=chart, table=_TABLE)


def scale_out(units: int, generation: str) -> dict[str, Network]:
    """Return the scale-out of a factory, with pluggable and with co-packaged optics in its switches."""
    made = {}
    for optics in ("pluggable", "copackaged"):
        layer = topology.superpod_layers(units, system=generation, optics=optics)[-1]
        made[optics] = topology.layered([layer])
    return made


def bill(network: Network) -> Bill:
    """Return the bill of a network at full load, over all media."""
    found = topology.media_bill(network)
    return Bill(*(float(part.sum()) for part in found[:5]))


def _of(network: Network, medium: str) -> Network:
    """Return a network with all links of one medium."""
    return network._replace(medium=np.full_like(network.medium, list(MEDIA).index(medium)))


def _answer(bills: dict[str, Bill], racks: int, per_watt: dict[str, float]) -> str:
    copper, plug, packed, out, out_packed = bills.values()
    joule = " and ".join(f"{1e12 * MEDIA[one].energy_per_bit:.4g}" for one in ("pluggable", "copackaged"))
    saved = racks * plug.power
    return (
        f"The NVLink of one rack takes no power in {whole(copper.cables)} copper pairs ({whole(copper.cable_length)} m,"
        f" {copper.mass:.0f} kg); optical it takes {plug.power / 1e3:.1f} kW pluggable ({plug.mass:.0f} kg) or"
        f" {packed.power / 1e3:.1f} kW co-packaged ({packed.mass:.0f} kg), at {joule} pJ/bit and end (assumed). In"
        f" {whole(racks)} racks that is {saved / 1e6:.0f} MW pluggable, {percent(saved / FACTORY)} of 1 GW, and"
        f" {racks * packed.power / 1e6:.0f} MW co-packaged. The scale-out, {whole(out.links)} links and"
        f" {whole(out.cable_length / 1e3)} km, takes {out.power / 1e6:.0f} MW and {whole(out.mass / 1e3)} t pluggable,"
        f" {out_packed.power / 1e6:.0f} MW and {whole(out_packed.mass / 1e3)} t with co-packaged switches. Each pJ/bit"
        f" is {1.6 * per_watt['in'] / 1e3:.2f} kW per rack and {1.6 * per_watt['out'] / 1e6:.2f} MW in the scale-out."
    )


def _chart(racks: int, per_watt: dict[str, float], bills: dict[str, Bill]) -> dict[str, Any]:
    packed = list(bills.values())[-1].power / per_watt["out"]  # the port that would take as much at every end
    ports = {word: PORT * MEDIA[medium].energy_per_bit for medium, word in WORDS.items() if medium != "copper"}
    inner, outer = (
        [{"axis": "x", "value": port, "text": word, "quiet": True} for word, port in of.items()]
        for of in (ports, ports | {"co-packaged switches": packed})
    )
    same = {"kind": "line", "x": "port_power"}
    one = {**same, "y": "rack_nvlink", "limits": inner, "title": "NVLink of one rack; in copper nothing"}
    both = {"y": ["factory_nvlink", "factory_scale_out"], "axis": "Power of all links", "limits": outer}
    return {"panels": [one, {**same, **both, "title": f"All links of {whole(racks)} racks"}]}


_UNITS = (
    ("1", "links"), ("1", "cables"), ("m", "length of all cables"), ("kg", "cables and modules"),
    ("W", "power at full load"),
)  # fmt: skip
_TABLE = {"rows": "case", "columns": ["links", "cables", "cable_length", "mass", "power"], "first": True}
