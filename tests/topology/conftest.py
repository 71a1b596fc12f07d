"""Racks the tests of the leaf share: built once, never changed."""

from collections.abc import Callable

import networkx as nx
import pytest

from topology import Fabric, Nvlink, compile_fabric, nvlink_rack


@pytest.fixture(scope="session")
def wired() -> Callable[..., Nvlink]:
    """Parameters of a copper fabric of NVLink-5 links; one field can be changed at a time."""

    def parameters(gpus: int, asics: int, **changes: object) -> Nvlink:
        nvlink5 = {
            "link_bandwidth": 50e9,
            "lanes_per_link": 2,
            "asic_ports": 288,
            "medium": "copper",
            "generation": 5,
        }
        return Nvlink(gpus=gpus, asics=asics, **(nvlink5 | changes))

    return parameters


@pytest.fixture(scope="session")
def nvl72(wired: Callable[..., Nvlink]) -> nx.MultiGraph:
    """NVL72: 72 GPUs, 18 ASICs, one link from each to each."""
    return nvlink_rack(wired(72, 18, asic_ports=72))


@pytest.fixture(scope="session")
def hgx(wired: Callable[..., Nvlink]) -> nx.MultiGraph:
    """HGX H100: 8 GPUs, 4 ASICs, 5, 4, 4 and 5 links on the board."""
    board = {"link_bandwidth": 25e9, "asic_ports": 64, "medium": "board", "generation": 4}
    return nvlink_rack(wired(8, 4, links_to_asic=(5, 4, 4, 5), **board))


@pytest.fixture(scope="session")
def fabric72(nvl72: nx.MultiGraph) -> Fabric:
    """NVL72 as arrays."""
    return compile_fabric(nvl72)


@pytest.fixture(scope="session")
def complete(wired: Callable[..., Nvlink]) -> Callable[..., Fabric]:
    """Arrays of an intact fabric of any size."""

    def fabric(gpus: int, asics: int, **changes: object) -> Fabric:
        return compile_fabric(nvlink_rack(wired(gpus, asics, **changes)))

    return fabric
