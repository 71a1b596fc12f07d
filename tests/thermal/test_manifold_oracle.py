"""The manifold of 27 branches against pandapipes itself, where it is installed."""

from itertools import pairwise

import numpy as np
import pytest

from thermal.hydraulics import Headers, Manifold, solve_manifold
from thermal.network_flow import network, solve_network
from thermal.pipes import Pipe, pipe_law, resistances

BRANCHES, TOTAL, SEGMENT, KELVIN = 27, 2.0144, 1.8 / 27, 318.15
BRANCH = Pipe(length=1.5, diameter=8e-3, roughness=1.5e-6, loss_coefficient=60.0, friction="nikuradse")


@pytest.fixture(scope="module", params=["same", "opposite"])
def oracle(request):
    """Return port, branch flows, drop, density and viscosity as pandapipes has them."""
    pp = pytest.importorskip("pandapipes", reason="pandapipes is not installed", exc_type=ImportError)
    net = pp.create_empty_network(fluid="water")
    feed, port, *ends = (pp.create_junction(net, pn_bar=5, tfluid_k=KELVIN) for _ in range(2 * BRANCHES + 2))
    supply, back = ends[:BRANCHES], ends[BRANCHES:]

    def pipe(start, end, length, diameter, loss=0.0):
        size = {"length_km": length / 1e3, "inner_diameter_mm": 1e3 * diameter, "k_mm": 1.5e-3}
        return pp.create_pipe_from_parameters(net, start, end, loss_coefficient=loss, **size)

    for header in ([feed, *supply], [*(back if request.param == "opposite" else back[::-1]), port]):
        for start, end in pairwise(header):
            pipe(start, end, SEGMENT, 0.038)
    branches = [pipe(start, end, 1.5, 8e-3, 60.0) for start, end in zip(supply, back, strict=True)]
    pp.create_ext_grid(net, feed, p_bar=5.0, t_k=KELVIN, type="pt")
    pp.create_sink(net, port, mdot_kg_per_s=TOTAL)
    pp.pipeflow(
        net, friction_model="nikuradse", mode="hydraulics", tol_p=1e-12, tol_m=1e-13, tol_res=1e-12, use_numba=False
    )
    pressure = net.res_junction.p_bar
    flow = net.res_pipe.mdot_from_kg_per_s.loc[branches].to_numpy()
    drop = (pressure[feed] - pressure[port]) * 1e5
    return request.param, flow, drop, net.fluid.get_density(KELVIN), net.fluid.get_viscosity(KELVIN)


@pytest.mark.filterwarnings("ignore")
def test_the_manifold_agrees_with_pandapipes(oracle):
    port, flow, drop, rho, mu = oracle
    found = solve_manifold(
        Manifold(header_diameter=0.038, roughness=1.5e-6),
        TOTAL,
        np.ones(BRANCHES),
        SEGMENT,
        pipe_law(BRANCH),
        rho,
        mu,
        headers=Headers(friction="nikuradse", return_port=port),
    )
    assert found.branch_mass_flow == pytest.approx(flow, rel=1e-9)
    assert found.pressure_drop == pytest.approx(drop, rel=1e-9)


@pytest.mark.parametrize("port", ["same", "opposite"])
def test_the_manifold_is_the_same_as_a_net(port):
    rho, mu = 990.1449, 5.9453e-4
    header = Pipe(length=SEGMENT, diameter=0.038, roughness=1.5e-6, loss_coefficient=0.0, friction="nikuradse")
    supply = [(i, i + 1) for i in range(BRANCHES)]
    branch = [(i + 1, -i - 1) for i in range(BRANCHES)]
    back = [(-i - 1, -i - 2) if port == "opposite" else (-i - 1, -i or "out") for i in range(BRANCHES)]
    net = network([*supply, *branch, *back])
    into = np.zeros(len(net.names))
    out = "out" if port == "same" else -BRANCHES - 1
    into[[net.names.index(0), net.names.index(out)]] = TOTAL, -TOTAL
    path = resistances([header] * BRANCHES + [BRANCH] * BRANCHES + [header] * BRANCHES, rho, mu)
    found = solve_network(net, path, into)
    two_headers = solve_manifold(
        Manifold(header_diameter=0.038, roughness=1.5e-6),
        TOTAL,
        np.ones(BRANCHES),
        SEGMENT,
        pipe_law(BRANCH),
        rho,
        mu,
        headers=Headers(friction="nikuradse", return_port=port),
    )
    assert found.mass_flow[BRANCHES : 2 * BRANCHES] == pytest.approx(two_headers.branch_mass_flow, rel=1e-10)
    assert -found.pressure[net.names.index(out)] == pytest.approx(two_headers.pressure_drop, rel=1e-10)
