"""What `power.distribution` hands to power-grid-model: the part of a network between two layers of UPS, as its tables.

Contract: one stage is the network at one UPS depth. Its sources are utilities, or the outputs of UPS; its loads are
feeds of racks, and the inputs of UPS below. Results are written into a `State` of the whole network.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from power.feeders import Cable, Feeder, Indices, Transformer
from power.ups import Ups

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

CHUNK = 512
"""Cases per call: bounds the memory of the tables."""
STIFFNESS = 1e6
"""Short-circuit power of a UPS output over rated power: holds its voltage to 1e-6, parallel ones share by rating [1]"""
STEPS = 50
"""Of Newton's method."""


class OverloadError(RuntimeError):
    """A case without a solution: its number, and what to say."""


class Options(NamedTuple):
    """How the library is called."""

    tolerance: float
    """[1]"""
    threads: int
    """of the library"""


class Stage(NamedTuple):
    """Indices into a `Feeder` of what belongs to one stage."""

    nodes: Indices
    cables: Indices
    transformers: Indices
    utilities: Indices
    fed: Indices
    """UPS whose output is here"""
    feeds: Indices
    below: Indices
    """UPS whose input is here"""


class StageLoad(NamedTuple):
    """What a stage carries, one row per case, or one row for all."""

    feed: Array
    """(cases, f) active power of the feeds [W]"""
    ups: Array
    """(cases, m) active power into the UPS below, at their places [W]"""
    conducts: Bools
    """(cases, m) whether a branch is closed and supplied"""


class State(NamedTuple):
    """Results of the whole network, filled stage by stage."""

    node_voltage: Array
    branch_power: Array
    branch_loss: Array
    branch_loading: Array
    utility_power: Array
    utility_reactive: Array


def blank(feeder: Feeder, cases: int) -> State:
    """Return a state of zeros."""
    wide = [feeder.nodes, *[feeder.branches] * 3, *[feeder.utilities] * 2]
    return State(*(np.zeros((cases, len(part))) for part in wide))


def stage(feeder: Feeder, depth: int) -> Stage:
    """Return what stands at one UPS depth."""
    here = feeder.depth == depth
    cables, transformers, ups = (
        np.array([isinstance(part, kind) for part in feeder.parts], dtype=bool) for kind in (Cable, Transformer, Ups)
    )
    places = (
        here,
        cables & here[feeder.tail],
        transformers & here[feeder.tail],
        here[feeder.utility_node],
        ups & here[feeder.head],
        here[feeder.feed_node],
        ups & here[feeder.tail],
    )
    return Stage(*(np.flatnonzero(place) for place in places))


def solve(feeder: Feeder, part: Stage, load: StageLoad, state: State, options: Options) -> None:
    """Solve all cases of a stage and write its results into the state.

    For a UPS feeding the stage, `state.branch_power` then holds its output.
    """
    from power_grid_model import PowerGridModel

    model = PowerGridModel(input_tables(feeder, part))
    cases = state.node_voltage.shape[0]
    for first in range(0, cases, CHUNK):
        rows = slice(first, min(first + CHUNK, cases))
        try:
            found = _call(model, feeder, part, _rows(load, rows), options)
        except OverloadError as failure:
            raise OverloadError(first + failure.args[0], failure.args[1]) from None
        _collect(feeder, part, found, State(*(array[rows] for array in state)))


def _rows(load: StageLoad, rows: slice) -> StageLoad:
    """Return the cases of a chunk; an array of one row stays one row."""
    feed, ups, conducts = load
    cut = [slice(None) if len(array) == 1 else rows for array in load]
    return StageLoad(feed[cut[0]], ups[cut[1]], conducts[cut[2]])


def _call(model: Any, feeder: Feeder, part: Stage, load: StageLoad, options: Options) -> dict[str, Any]:
    asked = {"node": ["u_pu"], "source": ["p", "q"]}
    asked |= {kind: ["p_from", "p_to", "loading"] for kind in ("line", "transformer") if len(_places(part, kind))}
    keywords = {
        "error_tolerance": options.tolerance,
        "max_iterations": STEPS,
        "threading": options.threads if options.threads > 1 else -1,
        "output_component_types": asked,
        "continue_on_batch_error": True,
    }
    found = dict(model.calculate_power_flow(update_data=_changes(feeder, part, load), **keywords))
    if model.batch_error is not None:
        case = int(model.batch_error.failed_scenarios[0])
        raise OverloadError(case, _diagnosis(model, feeder, part, _rows(load, slice(case, case + 1)), keywords))
    return found


def _places(part: Stage, kind: str) -> Indices:
    return part.cables if kind == "line" else part.transformers


def _collect(feeder: Feeder, part: Stage, found: dict[str, Any], state: State) -> None:
    state.node_voltage[:, part.nodes] = found["node"]["u_pu"]
    for kind in ("line", "transformer"):
        places = _places(part, kind)
        if len(places):
            table = found[kind]
            state.branch_power[:, places] = table["p_from"]
            state.branch_loss[:, places] = table["p_from"] + table["p_to"]
            state.branch_loading[:, places] = table["loading"]
    count = len(part.utilities)
    state.utility_power[:, part.utilities] = found["source"]["p"][:, :count]
    state.utility_reactive[:, part.utilities] = found["source"]["q"][:, :count]
    state.branch_power[:, part.fed] = found["source"]["p"][:, count:]


def input_tables(feeder: Feeder, part: Stage) -> dict[Any, Any]:
    """Return the input tables of a stage.

    A node has its index as id; a branch, a utility, a feed its index behind those before it.
    """
    nodes, branches, utilities = len(feeder.nodes), len(feeder.branches), len(feeder.utilities)
    node = _table("node", part.nodes, u_rated=feeder.voltage[part.nodes])
    grids = [feeder.utilities[place] for place in part.utilities]
    units = [feeder.parts[place] for place in part.fed if isinstance(feeder.parts[place], Ups)]
    source = _table(
        "source",
        np.concatenate([nodes + branches + part.utilities, nodes + part.fed]),
        node=np.concatenate([feeder.utility_node[part.utilities], feeder.head[part.fed]]),
        status=1,
        u_ref=[item.voltage_ratio for item in (*grids, *units)],
        sk=[*(grid.short_circuit_power for grid in grids), *(STIFFNESS * unit.rated_power for unit in units)],
        rx_ratio=[*(grid.resistance_ratio for grid in grids), *(0.1 for _ in units)],
    )
    behind = nodes + branches + utilities
    load = _table(
        "sym_load",
        np.concatenate([behind + part.feeds, nodes + part.below]),
        node=np.concatenate([feeder.feed_node[part.feeds], feeder.tail[part.below]]),
        status=1,
        type=0,
        p_specified=0.0,
        q_specified=0.0,
    )
    tables = {"node": node, "source": source, "sym_load": load}
    return {kind: table for kind, table in (tables | _branch_tables(feeder, part)).items() if len(table)}


def _branch_tables(feeder: Feeder, part: Stage) -> dict[str, Any]:
    count = len(feeder.nodes)
    cables = [item for item in (feeder.parts[place] for place in part.cables) if isinstance(item, Cable)]
    length = feeder.length[part.cables]
    line = _table(
        "line",
        count + part.cables,
        **_ends(feeder, part.cables),
        r1=length * [cable.resistance for cable in cables],
        x1=length * [cable.reactance for cable in cables],
        c1=0.0,
        tan1=0.0,
        i_n=[cable.rated_current for cable in cables],
    )
    units = [item for item in (feeder.parts[place] for place in part.transformers) if isinstance(item, Transformer)]
    rating = np.array([unit.rated_power for unit in units])
    transformer = _table(
        "transformer",
        count + part.transformers,
        **_ends(feeder, part.transformers),
        u1=feeder.voltage[feeder.tail[part.transformers]],
        u2=feeder.voltage[feeder.head[part.transformers]],
        sn=rating,
        uk=[unit.short_circuit_voltage for unit in units],
        pk=rating * [unit.short_circuit_loss for unit in units],
        i0=[unit.no_load_current for unit in units],
        p0=rating * [unit.no_load_loss for unit in units],
        **dict.fromkeys(("winding_from", "winding_to"), 1),
        **dict.fromkeys(("clock", "tap_side", "tap_pos", "tap_min", "tap_max", "tap_nom", "tap_size"), 0),
    )
    return {"line": line, "transformer": transformer}


def _ends(feeder: Feeder, places: Indices) -> dict[str, Any]:
    return {"from_node": feeder.tail[places], "to_node": feeder.head[places], "from_status": 1, "to_status": 1}


def _table(kind: Any, ids: Indices, **columns: Any) -> Any:
    from power_grid_model import DatasetType, initialize_array

    table = initialize_array(DatasetType.input, kind, len(ids))
    table["id"] = ids
    for name, values in columns.items():
        table[name] = values
    return table


def _changes(feeder: Feeder, part: Stage, load: StageLoad) -> dict[Any, Any]:
    """Update tables: the powers, and the switches where one is open."""
    reactive = np.array([np.tan(np.arccos(rack.power_factor)) for rack in feeder.rack_load])
    factor = [item.input_power_factor if isinstance(item, Ups) else 1.0 for item in feeder.parts]
    ratio = np.tan(np.arccos(factor))
    cases = max(len(array) for array in load)
    taken = (load.feed[:, part.feeds], load.ups[:, part.below])
    active = np.hstack([np.broadcast_to(watts, (cases, watts.shape[1])) for watts in taken])
    tangent = np.concatenate([reactive[feeder.feed_rack[part.feeds]], ratio[part.below]])
    nodes, branches = len(feeder.nodes), len(feeder.branches)
    behind = nodes + branches + len(feeder.utilities)
    ids = np.concatenate([behind + part.feeds, nodes + part.below])
    changes: dict[Any, Any] = {}
    if len(ids):
        changes["sym_load"] = _update(ids, p_specified=active, q_specified=active * tangent)
    if not load.conducts.all():
        conducts = np.broadcast_to(load.conducts, (cases, load.conducts.shape[1])).astype(np.int8)
        for kind, places in (("line", part.cables), ("transformer", part.transformers)):
            if len(places):
                changes[kind] = _update(nodes + places, from_status=conducts[:, places], to_status=conducts[:, places])
        if len(part.fed):
            changes["source"] = _update(nodes + part.fed, status=conducts[:, part.fed])
    if not changes:  # a UPS without load: a batch needs some table
        ids = np.concatenate([nodes + branches + part.utilities, nodes + part.fed])
        changes["source"] = _update(ids, status=np.ones((cases, len(ids)), dtype=np.int8))
    return changes


def _update(ids: Indices, **columns: NDArray[Any]) -> dict[str, Any]:
    first = next(iter(columns.values()))
    wide = np.broadcast_to(ids.astype(np.int32), first.shape)
    return {name: np.ascontiguousarray(column) for name, column in {"id": wide, **columns}.items()}


def _diagnosis(model: Any, feeder: Feeder, part: Stage, load: StageLoad, keywords: dict[str, Any]) -> str:
    """Which load weighs most, power times sag, at the largest share of all loads that flows; how much is too much."""
    carried, failing, voltage = 0.0, 1.0, np.ones(len(part.nodes))
    for _ in range(24):
        share = (carried + failing) / 2
        scaled = load._replace(feed=share * load.feed, ups=share * load.ups)
        found = model.calculate_power_flow(update_data=_changes(feeder, part, scaled), **keywords)
        if model.batch_error is None:
            voltage, carried = found["node"]["u_pu"][0], share
        else:
            failing = share
    watts = np.concatenate([load.feed[0, part.feeds], load.ups[0, part.below]])
    at = np.concatenate([feeder.feed_node[part.feeds], feeder.tail[part.below]])
    names = [
        *(f"rack {feeder.racks[feeder.feed_rack[place]]!r}" for place in part.feeds),
        *(f"the input of UPS {feeder.branches[place]!r}" for place in part.below),
    ]
    level = voltage[np.searchsorted(part.nodes, at)]
    weakest = int((watts * (1 - level)).argmax())
    return (
        f"power of {names[weakest]} = {watts[weakest]:.6g} W is {watts[weakest] * (1 - carried):.4g} W beyond the"
        f" transferable: with all loads at {min(carried, 0.9999):.2%} it sags to {level[weakest]:.3g} of nominal"
        " voltage, and nothing more flows; lower the load, shorten or thicken its cable, or raise the voltage"
    )
