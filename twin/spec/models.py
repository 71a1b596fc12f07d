"""Models of the catalogue: distribution units, coolers, chillers, sites, feeds, that a spec takes by name.

A table of a file may start with ``model = "coolit-chx2000"`` and give only what differs, or be that name in quotes; so
may ``--set cooling.cdu=vertiv-xdu1350``. Each kind of part has a file of its own in twin/catalogue/models.
"""

import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from thermal import AdiabaticPad, Chiller, CoolingTower, DistributionUnit, DryCooler, Plant
from twin.spec.cooling import Site
from twin.spec.errors import SpecError
from twin.spec.feed import Feed
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
}


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
    name = raw["model"].value if isinstance(raw["model"], Leaf) else raw["model"]
    known = models(kind)
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        there = f"near names: {', '.join(near)}" if near else f"known: {', '.join(known) or 'none of this kind'}"
        raise SpecError(f"no such model {name!r} ({there})")
    rest = {key: value for key, value in raw.items() if key != "model"}
    made: Mapping[str, Any] = merge(mark(_chain(known, name), name), rest)
    return made


def _chain(known: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return a model laid over the one it is like."""
    own = dict(known[name])
    base = own.pop("like", None)
    return own if base is None else _chain(known, base) | own
