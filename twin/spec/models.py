"""Models of the catalogue: distribution units, coolers, chillers, sites, feeds, supplies, that a spec takes by name.

A table of a file may start with ``model = "coolit-chx2000"`` and give only what differs, or be that name in quotes; so
may ``--set cooling.cdu=vertiv-xdu1350``. Each kind of part has a file of its own in twin/catalogue/models.

A model of a supply or a busbar changes several tables of the rack: it lies over the rack that the document inherits,
under what the document says itself.
"""

import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from power import Busbar
from thermal import AdiabaticPad, Chiller, CoolingTower, DistributionUnit, DryCooler, Plant
from twin.spec.cooling import Site
from twin.spec.errors import SpecError
from twin.spec.feed import Feed
from twin.spec.fields import field_types
from twin.spec.hardware import Rack, Supply
from twin.spec.merge import Leaf, mark, merge

#: Kind of part → file of its models.
FILES: dict[type, str] = {
    DistributionUnit: "distribution_units",
    DryCooler: "dry_coolers",
    AdiabaticPad: "adiabatic_pads",
    CoolingTower: "cooling_towers",
    Chiller: "chillers",
    Plant: "plants",
    Site: "sites",
    Feed: "feeds",
    Supply: "supplies",
    Busbar: "busbars",
}
#: Fields of a rack whose models are tables of the rack: in one of them, `trays` is laid over every kind of tray.
OF_RACK: dict[str, type] = {"supply": Supply, "busbar": Busbar}


@lru_cache(maxsize=len(FILES))
def models(kind: type) -> Mapping[str, Mapping[str, Any]]:
    """Return the models of a kind of part, as parsed TOML, by name.

    Parameters
    ----------
    kind : type
        Parameter type of the part.

    Returns
    -------
    mapping
        Empty where the catalogue has none of this kind.

    References
    ----------
    Derived: the files of twin/catalogue/models.

    Examples
    --------
    >>> from thermal import DistributionUnit
    >>> "coolit-chx2000" in models(DistributionUnit)
    True
    """
    if kind not in FILES:
        return {}
    folder = resources.files("twin") / "catalogue" / "models"
    return tomllib.loads((folder / f"{FILES[kind]}.toml").read_text(encoding="utf-8"))


def taken(raw: Mapping[str, Any], kind: type) -> Mapping[str, Any]:
    """Return a marked table laid over the model it names.

    Parameters
    ----------
    raw : mapping
        Marked table; with a key ``model``, or without one.
    kind : type
        Parameter type of the part.

    Returns
    -------
    mapping
        Without ``model``.

    Raises
    ------
    SpecError
        There is no such model of this kind.

    References
    ----------
    Derived: `twin.spec.merge.merge`.
    """
    if "model" not in raw:
        return raw
    rest = {key: value for key, value in raw.items() if key != "model"}
    made: Mapping[str, Any] = merge(_model(raw["model"], kind), rest)
    return made


def _model(named: Any, kind: type) -> dict[str, Any]:
    """Return the marked table of the model that a leaf or a word names."""
    name, known = named.value if isinstance(named, Leaf) else named, models(kind)
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        there = f"near names: {', '.join(near)}" if near else f"known: {', '.join(known) or 'none of this kind'}"
        raise SpecError(f"no such model {name!r} ({there})")
    marked: dict[str, Any] = mark(_chain(known, name), name)
    return marked


def _chain(known: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return a model laid over the one it is like."""
    own = dict(known[name])
    base = own.pop("like", None)
    return own if base is None else _chain(known, base) | own


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a marked document laid over another; models of the rack that it names come between the two.

    Parameters
    ----------
    under, over : mapping
        Marked documents; `over` wins.

    Returns
    -------
    dict
        Without the names.

    Raises
    ------
    SpecError
        There is no such model, or the rack has nothing that it changes.

    References
    ----------
    Derived: `twin.spec.merge.merge`.
    """
    rack, own = under.get("rack", {}), over.get("rack")
    if not isinstance(own, dict) or not isinstance(rack, dict):
        return dict(merge(dict(under), dict(over)))
    for key, kind in OF_RACK.items():
        named, rest = _named(own.get(key))
        if named is not None:
            model = _noted(key, named, kind)
            if kind is Supply:
                _refuse_unfit(rack, model, f"rack.supply = {named.value}")
            rack = _changed(rack, key, model)
            own = {other: value for other, value in own.items() if other != key} | ({key: rest} if rest else {})
    return dict(merge({**under, "rack": rack}, {**over, "rack": own}))


def _named(raw: Any) -> tuple[Leaf | None, Any]:
    """Return the leaf by which a table of the rack names a model, and what the table says beside it."""
    if isinstance(raw, Leaf) and isinstance(raw.value, str) and raw.value != "none":
        return raw, {}
    if isinstance(raw, dict) and isinstance(raw.get("model"), Leaf):
        return raw["model"], {key: value for key, value in raw.items() if key != "model"}
    return None, raw


def _noted(key: str, named: Leaf, kind: type) -> dict[str, Any]:
    try:
        return _model(named, kind)
    except SpecError as error:
        raise SpecError(f"rack.{key}.model: {error}") from error


def _changed(rack: Mapping[str, Any], name: str, model: dict[str, Any]) -> dict[str, Any]:
    """Return the marked table of a rack with a model over it; a change of a part that it has not is left out."""
    tables, trays = field_types(Rack), rack.get("trays")
    if name == "supply":  # nothing of the one before stays
        rack = {key: table for key, table in rack.items() if key != name}
    over: dict[str, Any] = {
        key: table
        for key, table in model.items()
        if key != "trays" and (_whole(table, tables[key].table) or isinstance(rack.get(key), dict))
    }
    if name not in over:
        raise SpecError(f"rack.{name}: this model changes a {name}, and the rack has none")
    if "trays" in model and isinstance(trays, list):
        over["trays"] = [merge(tray, model["trays"]) for tray in trays]
    return dict(merge(dict(rack), over))


def _refuse_unfit(rack: Mapping[str, Any], model: Mapping[str, Any], said: str) -> None:
    """Refuse a supply at the top of a bar that is not there, and shelves with the ratings of another supply."""
    before, wanted = (_place(table.get("supply")) for table in (rack, model))
    if wanted != "slots" and not isinstance(rack.get("busbar"), dict):
        raise SpecError(f"{said}: feeds the top of a busbar, and the rack has none; take shelves, such as shelves-54v")
    if wanted == "slots" and before != "slots":
        raise SpecError(
            f"{said}: changes the voltage of shelves, and the rack is on a {before}, whose ratings of shelf and busbar "
            "would stay; start from the system as the catalogue has it"
        )


def _place(supply: Any) -> str:
    """Return where a marked table of a supply converts."""
    place = supply.get("place") if isinstance(supply, dict) else None
    return str(place.value) if isinstance(place, Leaf) else "slots"


def _whole(table: Any, kind: type | None) -> bool:
    """Return whether a marked value needs nothing below it: a leaf, or a table with all that its type asks for."""
    return (
        kind is None or isinstance(table, Leaf) or all(k in table for k, f in field_types(kind).items() if f.required)
    )
