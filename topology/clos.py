"""The structure of folded Clos networks: fat trees of one to three tiers, with rails and several planes.

Contract: a `Clos` is structure, a `LinkType` is what links are made of; `topology.arrays` joins them to a network
of any size, `topology.tiers` to graphs. Endpoints are numbered pod by pod.

The folded Clos: each of `planes` copies joins the endpoints by leaves; the leaves of a pod meet at all its spines,
and spine s of every pod meets its own `cores_per_spine` cores. No spines: each leaf is a domain of its own.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from topology.checks import check_fields
from topology.fabric import Indices
from topology.media import MEDIA


@dataclass(frozen=True, kw_only=True)
class LinkType:
    """Parameters of the links between two tiers."""

    bandwidth: Annotated[float, "B/s", Gt(0)]
    """Bandwidth per direction."""
    medium: Literal["copper", "board", "midplane", "pluggable", "copackaged", "copackaged-pluggable"]
    """What carries it."""
    length: Annotated[float, "m", Ge(0)]
    """Length of each link."""
    electronics: Annotated[float, "s", Ge(0)]
    """SerDes and error correction, one traversal."""
    pairs: Annotated[int, Ge(1)]
    """Differential or fibre pairs, both directions."""
    cost: Annotated[int, Ge(1)] = 1
    """Routing metric; paths of least cost are taken."""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def latency(self) -> float:
        """Latency of one traversal [s]."""
        return self.electronics + MEDIA[self.medium].propagation * self.length


@dataclass(frozen=True, kw_only=True)
class Clos:
    """Structure of a folded Clos network of one to three tiers.

    Examples
    --------
    >>> tree = Clos(endpoints=16, endpoints_per_leaf=2, leaves_per_pod=2, spines_per_pod=2, pods=4,
    ...             cores_per_spine=2, radix=4)
    >>> tree.leaves, tree.spines, tree.cores, tree.oversubscription
    (8, 8, 4, 1.0)
    """

    endpoints: Annotated[int, Ge(2)]
    """Endpoints plugged in; the last leaves may have free ports."""
    endpoints_per_leaf: Annotated[int, Ge(1)]
    """Ports of a leaf for endpoints."""
    leaves_per_pod: Annotated[int, Ge(1)] = 1
    """Leaves of a pod and plane."""
    spines_per_pod: Annotated[int, Ge(0)] = 0
    """Spines of a pod and plane; 0: leaves stand alone."""
    pods: Annotated[int, Ge(1)] = 1
    """Pods; more than one needs cores, or no spines at all."""
    cores_per_spine: Annotated[int, Ge(0)] = 0
    """Cores that spine s of every pod meets; 0: two tiers."""
    leaf_links: Annotated[int, Ge(1)] = 1
    """Links from each leaf to each spine of its pod."""
    core_links: Annotated[int, Ge(1)] = 1
    """Links from each spine to each of its cores."""
    planes: Annotated[int, Ge(1)] = 1
    """Copies of all switches; each endpoint has a link to each."""
    rails: Annotated[int, Ge(1)] = 1
    """Endpoint i of a pod is on rail i mod rails; leaves belong to one rail."""
    radix: Annotated[int, Ge(1)]
    """Link ports of a switch."""
    kind: Literal["switch", "nvswitch"] = "switch"
    """Kind of the switches."""

    def __post_init__(self) -> None:
        check_fields(self)
        needed = {
            "a leaf": self.endpoints_per_leaf + self.spines_per_pod * self.leaf_links,
            "a spine": self.leaves_per_pod * self.leaf_links + self.cores_per_spine * self.core_links,
            "a core": self.pods * self.core_links if self.cores_per_spine else 0,
        }
        needed["a spine"] *= bool(self.spines_per_pod)
        for switch, ports in needed.items():
            if ports > self.radix:
                raise ValueError(f"Clos.radix = {self.radix}: radix exceeded, {switch} needs {ports} ports")
        if self.pods > 1 and self.spines_per_pod and not self.cores_per_spine:
            raise ValueError(f"Clos.cores_per_spine = 0: {self.pods} pods are not connected; give cores, or one pod")
        if self.cores_per_spine and not self.spines_per_pod:
            raise ValueError("Clos.spines_per_pod = 0: cores need spines below them")
        if self.leaves_per_pod % self.rails:
            raise ValueError(f"Clos.rails = {self.rails}: must divide leaves_per_pod = {self.leaves_per_pod}")
        if self.endpoints > (most := self.leaves * self.endpoints_per_leaf):
            raise ValueError(f"Clos.endpoints = {self.endpoints}: radix exceeded, the leaves have ports for {most}")

    @property
    def leaves(self) -> int:
        """Leaves of one plane."""
        return self.leaves_per_pod * self.pods

    @property
    def spines(self) -> int:
        """Spines of one plane."""
        return self.spines_per_pod * self.pods

    @property
    def cores(self) -> int:
        """Cores of one plane."""
        return self.spines_per_pod * self.cores_per_spine

    @property
    def oversubscription(self) -> float:
        """Ports towards the endpoints over ports away from them, at the worst tier, with equal links [1]."""
        leaf_up, spine_up = self.spines_per_pod * self.leaf_links, self.cores_per_spine * self.core_links
        ratios = [self.endpoints_per_leaf / leaf_up if leaf_up else 0.0]
        if spine_up:
            ratios.append(ratios[0] * self.leaves_per_pod * self.leaf_links / spine_up)
        return max(*ratios, 1.0) if leaf_up else 1.0

    @property
    def leaf_of(self) -> Indices:
        """(endpoints,) leaf of each endpoint in every plane."""
        per_pod = self.endpoints_per_leaf * self.leaves_per_pod
        pod, place = np.divmod(np.arange(self.endpoints), per_pod)
        order, rail = np.divmod(place, self.rails)
        leaf = rail * (self.leaves_per_pod // self.rails) + order // self.endpoints_per_leaf
        return pod * self.leaves_per_pod + leaf


def clos_links(clos: Clos) -> tuple[NDArray[np.int32], ...]:
    """Ends of the links above the endpoints, and the planes they are in, plane by plane.

    Parameters
    ----------
    clos : Clos

    Returns
    -------
    tail, head, plane : each (links,); switches are numbered leaves of all planes, then spines, then cores,
        plane-minor

    References
    ----------
    Al-Fares, Loukissas and Vahdat, 2008, SIGCOMM (three tiers); Clos, 1953, Bell System Technical Journal 32.

    Examples
    --------
    >>> tail, head, plane = clos_links(Clos(endpoints=4, endpoints_per_leaf=2, leaves_per_pod=2,
    ...                                     spines_per_pod=2, radix=4))
    >>> tail.tolist(), head.tolist()
    ([0, 0, 1, 1], [2, 3, 2, 3])
    """
    shape = (clos.pods, clos.leaves_per_pod, clos.spines_per_pod, clos.leaf_links, clos.planes)
    pod, leaf, spine, _, plane = (axis.ravel() for axis in np.indices(shape, np.int32))
    low = pod * clos.leaves_per_pod + leaf
    high = clos.leaves + pod * clos.spines_per_pod + spine
    shape = (clos.pods, clos.spines_per_pod, clos.cores_per_spine, clos.core_links, clos.planes)
    pod, spine, core, _, upper_plane = (axis.ravel() for axis in np.indices(shape, np.int32))
    middle = clos.leaves + pod * clos.spines_per_pod + spine
    top = clos.leaves + clos.spines + spine * clos.cores_per_spine + core
    planes = np.concatenate([plane, upper_plane])
    return (
        np.concatenate([low, middle]) * clos.planes + planes,
        np.concatenate([high, top]) * clos.planes + planes,
        planes,
    )


#: SerDes and error correction of one link, assumed [s].
ELECTRONICS = 250e-9
#: A port of 800 Gb/s; the length is assumed.
SCALE_OUT = LinkType(bandwidth=100e9, medium="pluggable", length=20.0, electronics=ELECTRONICS, pairs=4, cost=2)
#: A link of NVLink 5 in a copper spine, at the mean length of two miles of cable.
NVLINK_COPPER = LinkType(bandwidth=50e9, medium="copper", length=0.62, electronics=ELECTRONICS, pairs=4)
