"""An 800 VDC row: racks on one bus fed at one end or both, the chain of conversions, and copper against AC.

Contract: the bus runs from the first rack to the last; a section current is positive in that direction. Resistances of
a bus are those of the loop, both poles. Powers are positive from the grid to the chip.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import ArrayLike, NDArray

from power.checks import check_fields

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DcRow:
    """A row of racks on a DC bus."""

    racks: Annotated[int, Ge(1)]
    """along the bus"""
    ends: Annotated[int, Ge(1), Le(2)]
    """1: fed before the first rack; 2: also behind the last"""
    source_voltage: Annotated[float, "V", Gt(0)]
    """no-load voltage of a feed"""
    source_resistance: Annotated[float, "ohm", Ge(0)]
    """droop of a feed"""
    resistance: Annotated[float, "ohm/m", Gt(0)]
    """of the bus, loop"""
    feed_length: Annotated[float, "m", Gt(0)]
    """feed to the nearest rack"""
    rack_pitch: Annotated[float, "m", Gt(0)]
    """rack to rack"""
    rated_current: Annotated[float, "A", Gt(0)]
    """of the bus"""

    def __post_init__(self) -> None:
        check_fields(self)


class DcRowSolution(NamedTuple):
    """State of a row; every array has the batch axes of the powers in front."""

    rack_voltage: Array
    """(..., racks) [V]"""
    section_current: Array
    """(..., racks or racks + 1) feed to first rack, between racks, last rack to second feed [A]"""
    section_loss: Array
    """(..., same) [W]"""
    feed_power: Array
    """(..., ends) behind the droop of each feed [W]"""
    loading: Array
    """(...) largest section current over rating [1]"""


def solve_dc_row(row: DcRow, power: ArrayLike) -> DcRowSolution:
    """Voltages, currents and losses of a row of racks of constant power.

    Parameters
    ----------
    row : DcRow
    power : (..., racks), at the bus [W]

    Returns
    -------
    DcRowSolution

    Raises
    ------
    ValueError
        where power has another length, is negative or not finite.
    DidNotConverge
        where the racks take more than the bus can transfer; names the rack, and how much is too much.

    References
    ----------
    Derived: `power.dc.solve_circuit` on the ladder of the row.

    Examples
    --------
    >>> row = DcRow(racks=8, ends=2, source_voltage=800.0, source_resistance=1e-3, resistance=2e-5, feed_length=10.0,
    ...             rack_pitch=1.2, rated_current=4000.0)
    >>> found = solve_dc_row(row, np.full(8, 600e3))
    >>> float(found.rack_voltage.min().round(2)), float(found.section_loss.sum().round(1))
    (796.27, 4014.9)
    """
    from power.circuit import Circuit, elements
    from power.dc import solve_circuit

    watts = np.asarray(power, dtype=float)
    if watts.shape[-1:] != (row.racks,):
        raise ValueError(f"power has shape {watts.shape}: must be (..., {row.racks}), one per rack")
    # ground, racks, terminals of the feeds, sources behind their droop
    racks = 1 + np.arange(row.racks)
    terminals = 1 + row.racks + np.arange(row.ends)
    behind = terminals + row.ends
    path = np.concatenate([terminals[:1], racks, terminals[1:]])
    lengths = np.full(len(path) - 1, row.rack_pitch)
    lengths[0] = row.feed_length
    if row.ends == 2:
        lengths[-1] = row.feed_length
    ohms = row.resistance * lengths
    names = ["ground", *(f"rack {place}" for place in racks), *(f"feed {place}" for place in range(2 * row.ends))]
    circuit = Circuit(
        names,
        0,
        elements(
            np.concatenate([path[:-1], behind]),
            np.concatenate([path[1:], terminals]),
            np.concatenate([ohms, np.full(row.ends, row.source_resistance)]),
        ),
        elements(behind, np.zeros(row.ends), row.source_voltage),
        elements([], [], []),
        elements(racks, np.zeros(row.racks), 0.0, names[1 : 1 + row.racks]),
    )
    found = solve_circuit(circuit, power=watts)
    flow = found.resistor_current[..., : len(ohms)]
    droop = found.resistor_current[..., len(ohms) :]
    volts = found.node_voltage[..., terminals]
    return DcRowSolution(
        found.node_voltage[..., racks],
        flow,
        ohms * flow**2,
        volts * droop,
        np.abs(flow).max(axis=-1) / row.rated_current,
    )


class Chain(NamedTuple):
    """Power through stages in series."""

    efficiency: float
    """of the whole [1]"""
    input_power: Array
    """(...) into the first stage [W]"""
    loss: dict[str, Array]
    """of each stage, in their order (...) [W]"""


def conversion_chain(stages: Mapping[str, float], output_power: ArrayLike) -> Chain:
    """Efficiency of stages in series, and what each of them loses.

    Parameters
    ----------
    stages : mapping, name to output over input, from the grid to the chip [1]
    output_power : (...), out of the last stage [W]

    Returns
    -------
    Chain

    Raises
    ------
    ValueError
        where an efficiency is not in (0, 1], or there is no stage.

    Notes
    -----
    Efficiencies are those at the load that each stage then has. The stage that leaves the chip's regulator out ends at
    the module; published figures "grid to chip" have it in.

    References
    ----------
    Derived: product of the efficiencies.

    Examples
    --------
    >>> found = conversion_chain({"transformer": 0.996, "ups": 0.975, "shelf": 0.975}, 1e6)
    >>> round(found.efficiency, 6), {name: round(float(watts)) for name, watts in found.loss.items()}
    (0.946822, {'transformer': 4225, 'ups': 26298, 'shelf': 25641})
    """
    if not stages:
        raise ValueError("stages is empty: must name at least one stage")
    for name, efficiency in stages.items():
        if not 0 < efficiency <= 1:
            raise ValueError(f"stages[{name!r}] = {efficiency}: must be in (0, 1]")
    through = np.asarray(output_power, dtype=float)
    loss: dict[str, Array] = {}
    for name, efficiency in reversed(list(stages.items())):
        loss[name] = np.asarray(through * (1 / efficiency - 1))
        through = np.asarray(through / efficiency)
    return Chain(math.prod(stages.values()), through, dict(reversed(list(loss.items()))))


def line_current(power: ArrayLike, voltage: ArrayLike, power_factor: ArrayLike | None = None) -> Array:
    """Current of one conductor.

    I = P / V on DC; I = P / (sqrt(3) V pf) on three phases.

    Parameters
    ----------
    power : (...), active [W]
    voltage : (...), pole to pole, or line to line [V]
    power_factor : (...), of three phases; DC where it is left out [1]

    Returns
    -------
    (...), [A]

    References
    ----------
    Derived: power of a balanced line.

    Examples
    --------
    >>> line_current(600e3, np.array([54.0, 800.0])).round(1)
    array([11111.1,   750. ])
    """
    straight = np.asarray(power, dtype=float) / voltage
    return np.asarray(straight if power_factor is None else straight / (math.sqrt(3) * np.asarray(power_factor)))


def copper_ratio(voltage: float, ac_voltage: float, power_factor: float, *, earth: bool = False) -> float:
    """Copper of a two-pole DC line over that of a three-phase line, for equal power, length and current density.

    2 I_dc / (3 I_ac); with an earth conductor of equal section in both, 3 I_dc / (4 I_ac).

    Parameters
    ----------
    voltage : float, pole to pole [V]
    ac_voltage : float, line to line [V]
    power_factor : float, of the three-phase load [1]
    earth : bool, whether a protective conductor counts

    Returns
    -------
    float, copper of DC over copper of AC [1]

    References
    ----------
    Derived: `line_current` times conductors.

    Examples
    --------
    >>> round(copper_ratio(800.0, 415.0, 0.99), 3)
    0.593
    """
    ratio = float(line_current(1.0, voltage) / line_current(1.0, ac_voltage, power_factor))
    return ratio * (3 / 4 if earth else 2 / 3)
