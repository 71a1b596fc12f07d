"""Which field of a spec a dotted path means, and what stands there.

A path is a run of field names; an element of a list is chosen by its name or by ``*``; any suffix that names one field
is enough: ``cooling.supply_temperature``, ``gpu.power.tdp``, ``compute.chips.*.power.tdp``.
"""

import dataclasses
import difflib
from collections.abc import Iterator
from typing import Any

from twin.spec.errors import SpecError
from twin.spec.fields import FieldType, Steps, field_types
from twin.spec.models import FILES
from twin.spec.types import Factory

_ALIKE = 0.7
"""Share of letters in which a near name agrees, at least."""


def leaves(spec: Any) -> Iterator[tuple[Steps, Any]]:
    """Yield (steps, value) for every scalar field of a spec, list elements by name.

    Parameters
    ----------
    spec : dataclass instance
        A Factory or a part of one.

    Yields
    ------
    tuple of (tuple of str, object)
        Steps of the path and the value in SI.

    References
    ----------
    Derived: depth-first order of the fields.
    """
    for name, declared in field_types(type(spec)).items():
        value = getattr(spec, name)
        if dataclasses.is_dataclass(value):
            yield from (((name, *steps), leaf) for steps, leaf in leaves(value))
        elif declared.element is not None:
            for index, item in enumerate(value):
                yield from (((name, element_name(item, index), *steps), leaf) for steps, leaf in leaves(item))
        else:
            yield (name,), value


def element_name(item: Any, index: int) -> str:
    """Return the name by which a list element is chosen: its `name`, else its position."""
    return str(getattr(item, "name", index))


def find(spec: Factory, path: str) -> list[Steps]:
    """Return the steps of the field a path means; several only where it holds a ``*``.

    Parameters
    ----------
    spec : Factory
        The spec to look in.
    path : str
        Dotted path or a unique suffix of one.

    Returns
    -------
    list of tuple of str
        One entry, or one per element that ``*`` stands for.

    Raises
    ------
    SpecError
        Unknown (near names are listed) or ambiguous (candidates are listed).

    References
    ----------
    Derived: suffix matching, step by step.

    Examples
    --------
    >>> import twin
    >>> find(twin.load("gb300-nvl72"), "utilization")
    [('load', 'utilization')]
    """
    wanted = tuple(path.strip().split("."))
    every = _all_steps(spec)
    found = [steps for steps in every if _matches(steps, wanted)]
    if not found:
        raise SpecError(f"{path or repr(path)}: {_unknown(path, wanted, every)}")
    if len(found) > 1 and wanted in found:
        return [wanted]
    if len(found) > 1 and not _star_explains(found, wanted):
        listed = ", ".join(".".join(steps) for steps in sorted(found, key=len)[:8])
        raise SpecError(f"{path}: ambiguous, it could be {listed}{' …' if len(found) > 8 else ''}; write more of it")
    return found


def _all_steps(spec: Factory) -> list[Steps]:
    """Return the steps of all fields that can be set: the leaves, and the tables that can be set as a whole."""
    if "_steps" not in spec.__dict__:
        steps = [*(steps for steps, _ in leaves(spec)), *_tables(spec)]
        object.__setattr__(spec, "_steps", steps)
    return list(spec.__dict__["_steps"])


def _tables(spec: Factory) -> list[Steps]:
    """Return the steps of the tables that may be none, or a model of the catalogue."""
    tables = dict.fromkeys(steps[:k] for steps, _ in leaves(spec) for k in range(1, len(steps)))
    owned = [steps for steps in tables if dataclasses.is_dataclass(get_value(spec, steps[:-1]))]
    kinds = {steps: field_at(spec, steps) for steps in owned}
    return [steps for steps, kind in kinds.items() if kind.optional or kind.table in FILES]


def _matches(steps: Steps, wanted: Steps) -> bool:
    tail = steps[-len(wanted) :]
    return len(tail) == len(wanted) and all(w in ("*", s) for s, w in zip(tail, wanted, strict=True))


def _star_explains(found: list[Steps], wanted: Steps) -> bool:
    stars = [i - len(wanted) for i, w in enumerate(wanted) if w == "*"]
    masked = {tuple("*" if i - len(s) in stars else step for i, step in enumerate(s)) for s in found}
    return bool(stars) and len(masked) == 1


def _unknown(path: str, wanted: Steps, every: list[Steps]) -> str:
    """Return why a path names nothing: it is a table, or misspelt."""
    inside = [steps for steps in every for k in range(1, len(steps)) if _matches(steps[:k], wanted)]
    if inside:
        listed = ", ".join(".".join(steps) for steps in inside[:3])
        return f"a table, not one field; write more of it, such as {listed}"
    near = _near(wanted, every)
    return f"no such field ({'near names: ' + ', '.join(near) if near else 'twin show lists them all'})"


def _near(wanted: Steps, every: list[Steps]) -> list[str]:
    """Return up to three full paths that read like a path, nearest first; of a list without names its first element."""
    last, whole = (difflib.SequenceMatcher(b=text) for text in (wanted[-1], ".".join(wanted)))
    found = []
    for steps in every:
        last.set_seq1(steps[-1])
        whole.set_seq1(".".join(steps[-len(wanted) :]))
        alike = max(last.ratio(), whole.ratio(), _ALIKE * (wanted[-1] in steps[-1].split("_")))
        if alike >= _ALIKE and not any(step.isdigit() and step != "0" for step in steps):
            shared = sum(step in steps for step in wanted) / len(wanted)
            found.append((-alike - shared - whole.ratio(), len(steps), ".".join(steps)))
    return [name for _, _, name in sorted(found)[:3]]


def get_value(spec: Any, steps: Steps) -> Any:
    """Return the value at the steps of a path.

    Parameters
    ----------
    spec : Factory
        The spec.
    steps : tuple of str
        As returned by `find`.

    Returns
    -------
    object
        The value in SI.

    References
    ----------
    Derived: attribute and name look-up.
    """
    for step in steps:
        spec = child(spec, step)
    return spec


def child(owner: Any, step: str) -> Any:
    """Return the field of that name, or the element of a list."""
    if isinstance(owner, tuple):
        return next(item for i, item in enumerate(owner) if element_name(item, i) == step)
    return getattr(owner, step)


def field_at(spec: Factory, steps: Steps) -> FieldType:
    """Return type and unit of the field at the steps of a path.

    Parameters
    ----------
    spec : Factory
        The spec.
    steps : tuple of str
        As returned by `find`.

    Returns
    -------
    FieldType
        Annotation, unit and whether None is allowed.

    References
    ----------
    Derived: annotation of the owning dataclass.
    """
    return field_types(type(get_value(spec, steps[:-1])))[steps[-1]]
