"""Many load flows of one distribution: constant powers iterate on admittances that are factored once.

Contract: as `power.solve_feeder`, whose solution it returns, with the switches fixed when it is prepared. A load's
current is positive out of its node.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from power.distribution import FeederSolution, solve_feeder
from power.feeders import Feeder
from power.fixed_feeder import BASE, FixedFeeder, Tier, ups_at
from power.ups import ups_loss

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

TOLERANCE = 1e-13
"""Last step of any node voltage over nominal [1]."""
PASSES = 60
"""Of the iteration, before the case goes to Newton's method; 6 to 12 are usual."""


def solve_cases(fixed: FixedFeeder, power: ArrayLike) -> FeederSolution:
    """Voltages, flows and losses of a prepared distribution, for many powers of its racks.

    Without loads the network is linear, V0 = Z I0; a load of constant power S draws conj(S / V), so

        V <- V0 - Z conj(S / V)

    until V stands. It converges as long as the loads are well within what the network can transfer, with the ratio
    Z S / V^2, a few hundredths; a case that does not is handed to `solve_feeder`.

    Parameters
    ----------
    fixed : FixedFeeder
    power : (cases, r), active power of each rack [W]

    Returns
    -------
    FeederSolution
        As that of `solve_feeder`; the cases are its only batch axis.

    Raises
    ------
    ValueError
        where a power is negative or not finite, or the shape does not fit.
    DidNotConverge
        where racks take more than the network can transfer; names the rack, and how much is too much.

    References
    ----------
    Chen, Chen, Hwang, Kotas, Chebli (1991), IEEE Trans. Power Delivery 6, 1146 (implicit Z-bus). Bolognani and
    Zampieri (2016), IEEE Trans. Power Systems 31, 163 (where it converges).

    Examples
    --------
    10 kW at unity power factor through 0.1 ohm from 415 V: V (V0 - V) = P R, loss P (V0 - V) / V.

    >>> import networkx as nx
    >>> from power.feeders import Cable, RackLoad, Utility, feeder_of
    >>> from power.fixed_feeder import factored_feeder
    >>> graph = nx.DiGraph()
    >>> ideal = Utility(voltage_ratio=1.0, short_circuit_power=1e20, resistance_ratio=0.1)
    >>> graph.add_node("grid", voltage=415.0, utility=ideal)
    >>> graph.add_node("rack", voltage=415.0, load=RackLoad(power=10e3, power_factor=1.0))
    >>> graph.add_edge("grid", "rack", part=Cable(resistance=1e-3, reactance=0.0, rated_current=100.0), length=100.0)
    >>> solve_cases(factored_feeder(feeder_of(graph)), [[10e3], [0.0]]).branch_loss.round(3).ravel()
    array([58.748,  0.   ])
    """
    feeder, watts = fixed.feeder, np.asarray(power, dtype=float)
    if watts.ndim != 2 or watts.shape[1] != len(feeder.racks):
        raise ValueError(f"power has shape {watts.shape}: must be (cases, {len(feeder.racks)}), one column per rack")
    if not (np.isfinite(watts) & (watts >= 0)).all():
        raise ValueError(f"power = {watts[~(np.isfinite(watts) & (watts >= 0))][0]}: must be finite and >= 0 W")
    cases, feed = len(watts), watts[:, feeder.feed_rack] * fixed.share
    wide = (*[feeder.nodes], *[feeder.branches] * 3, *[feeder.utilities] * 2)
    state = [np.zeros((cases, len(part))) for part in wide]
    stands = np.ones(cases, dtype=bool)
    for tier in fixed.tiers:
        stands &= _solve_tier(feeder, tier, feed, state)
    lost = np.broadcast_to(fixed.lost, (cases, len(feeder.racks)))
    found = FeederSolution._make((*state, feed, lost.copy()))
    if stands.all():
        return found
    again = solve_feeder(feeder, power=watts[~stands], closed=fixed.closed)
    for whole, part in zip(found, again, strict=True):
        whole[~stands] = part
    return found


def _solve_tier(feeder: Feeder, tier: Tier, feed: Array, state: list[Array]) -> NDArray[np.bool_]:
    """Write a tier into the state; return which cases settled."""
    volts, drawn, lost, loading, active, reactive = state
    load = np.concatenate([feed[:, tier.feeds], drawn[:, tier.inlets]], axis=1).T / BASE
    apparent = load * (1 + 1j * tier.reactive[:, None])
    voltage, stands = _settled(tier, apparent)
    start, end = voltage[tier.ends[0]], voltage[tier.ends[1]]
    across = tier.series[:, None] * (start - end)
    into = across + tier.shunt[:, None] * start
    out = across - tier.shunt[:, None] * end
    sent = (start * into.conj()).real
    wasted = tier.series.real[:, None] * np.abs(start - end) ** 2
    wasted += tier.shunt.real[:, None] * (np.abs(start) ** 2 + np.abs(end) ** 2)
    amperes = np.maximum(np.abs(into), np.abs(out))
    apparent_most = np.maximum(np.abs(start * into), np.abs(end * out))
    volts[:, tier.nodes] = np.abs(voltage).T
    drawn[:, tier.branches], lost[:, tier.branches] = BASE * sent.T, BASE * wasted.T
    loading[:, tier.branches] = (np.where(tier.limits_current[:, None], amperes, apparent_most).T) / tier.rating
    given = BASE * _given(tier, voltage, (into, out), apparent).T
    count = len(tier.utilities)
    active[:, tier.utilities], reactive[:, tier.utilities] = given[:, :count].real, given[:, :count].imag
    for k, place in enumerate(tier.outlets.tolist()):
        part, output = ups_at(feeder, place), given[:, count + k].real
        lost[:, place] = ups_loss(part, output)
        loading[:, place] = output / part.rated_power
        drawn[:, place] = output + lost[:, place]
    return stands


def _settled(tier: Tier, apparent: Complex) -> tuple[Complex, NDArray[np.bool_]]:
    """Return the node voltages (n, cases), and which cases stand still."""
    idle = tier.idle[:, None]
    voltage = np.broadcast_to(idle, (idle.size, apparent.shape[1]))
    stands = np.zeros(apparent.shape[1], dtype=bool)
    injected = np.zeros(voltage.shape, dtype=complex)
    with np.errstate(all="ignore"):
        for _ in range(PASSES):
            injected[:] = 0.0
            np.add.at(injected, tier.load_node, np.conj(apparent / voltage[tier.load_node]))
            found = idle - tier.inverse(injected)
            stands = np.abs(found - voltage).max(axis=0, initial=0.0) <= TOLERANCE
            voltage = found
            if stands.all():
                break
    return voltage, stands & (np.abs(voltage) > 0.5 * np.abs(idle)).all(axis=0)


def _given(tier: Tier, voltage: Complex, branch: tuple[Complex, Complex], apparent: Complex) -> Complex:
    """Return the apparent power out of each source, from what leaves its node: stiff sources keep their digits."""
    into, out = branch
    leaving = np.zeros(voltage.shape, dtype=complex)
    np.add.at(leaving, tier.ends[0], into)
    np.add.at(leaving, tier.ends[1], -out)
    np.add.at(leaving, tier.load_node, np.conj(apparent / voltage[tier.load_node]))
    whole, driven = (np.zeros(len(tier.nodes), dtype=complex) for _ in range(2))
    np.add.at(whole, tier.source_node, tier.source)
    np.add.at(driven, tier.source_node, tier.source * tier.source_voltage)
    at = tier.source_node
    between = tier.source * (tier.source_voltage - driven[at] / whole[at])
    current = between[:, None] + (tier.source / whole[at])[:, None] * leaving[at]
    return np.asarray(voltage[at] * current.conj())
