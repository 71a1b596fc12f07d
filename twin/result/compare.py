"""Two results side by side: every headline number, their difference, and what the specs have different."""

from typing import TYPE_CHECKING, Any, NamedTuple

from twin.result.io import summary_dict
from twin.result.schema import fields
from twin.spec.load import loads
from twin.spec.paths import field_at, leaves

if TYPE_CHECKING:
    from xarray import DataTree


class Difference(NamedTuple):
    """One row: a name, its SI unit and both values (None where it does not apply)."""

    name: str
    unit: str
    first: Any
    second: Any


def compare(first: "DataTree", second: "DataTree") -> tuple[list[Difference], list[Difference]]:
    """Return the differences of two results, in their headline numbers and in their specs.

    Parameters
    ----------
    first, second : DataTree
        Two results.

    Returns
    -------
    summary : list of Difference
        Every scalar of /summary [SI units].
    spec : list of Difference
        Fields of the specs that differ or that only one has [SI units].

    References
    ----------
    Derived: name by name.
    """
    one, two = summary_dict(first), summary_dict(second)
    declared = fields()
    summary = [Difference(name, declared[name].unit, one[name], two[name]) for name in one if name in declared]
    specs = [loads(tree.attrs["spec"]) for tree in (first, second)]
    sides = [dict(leaves(spec)) for spec in specs]
    changed = [
        Difference(
            ".".join(steps),
            _unit(specs[0 if steps in sides[0] else 1], steps),
            *(side.get(steps) for side in sides),
        )
        for steps in dict.fromkeys([*sides[0], *sides[1]])
        if sides[0].get(steps) != sides[1].get(steps) and steps not in {("name",), ("title",)}
    ]
    return summary, changed


def _unit(spec: Any, steps: tuple[str, ...]) -> str:
    return field_at(spec, steps).unit or ""
