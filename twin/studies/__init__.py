"""Studies: one file answers one question; its docstring states question, equation and expected answer.

Contract: every module has `study(system, ...) -> Dataset`; `system` is a name of the catalogue or a spec. The dataset
has SI units and the attributes title, question, answer (with its numbers), chart (JSON text for `viz.chart`) and table
(JSON text: "rows", a coordinate; "columns", variables along it; "first": true for the first rows, not a spread;
"at": the rows with these values; "dash": what a dash means). A module may have OWN: the paths of the spec that it sets
itself, each with what it does to them; the command refuses them in --set.
`twin study NAME` prints, saves and draws it. This package is free to import; a study is imported when it is named.
"""

from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from twin.spec.errors import SpecError

__all__ = ["find", "names", "question"]


def names() -> list[str]:
    """Return the names of all studies, as the command line writes them."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(__path__) if not module.name.startswith("_"))


def find(name: str) -> ModuleType:
    """Return the module of a study, its name written with - or _; SpecError lists near names."""
    known = names()
    wanted = name.replace("_", "-")
    if wanted not in known:
        near = get_close_matches(wanted, known, n=3) or known
        raise SpecError(f"study {name!r}: no such study; there is {', '.join(near)}")
    return import_module(f"{__name__}.{wanted.replace('-', '_')}")


def question(name: str) -> str:
    """Return the question of a study: the first paragraph of its docstring."""
    return " ".join((find(name).__doc__ or "").strip().partition("\n\n")[0].split())
