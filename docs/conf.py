"""How the documentation is built: Markdown pages, the API from its docstrings, formulas as MathML."""

import re
import sys
import tomllib
import typing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

import viz
from twin.studies import find, names

metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
project = "AI factory twin"
author = copyright = "The AI factory twin maintainers"
version = release = metadata["version"]

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_math_renderer = "mathml"
html_show_sourcelink = False
html_sidebars = {"*": []}  # their menu is in the header
html_theme_options = {"navigation_with_keys": False, "show_toc_level": 2}


def inline_mathml(translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def block_mathml(translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def add_unit(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Append the unit, the first note of an Annotated field, to the text of that field."""
    if what != "attribute":
        return
    owner, _, field = name.rpartition(".")
    module, _, cls = owner.rpartition(".")
    hints = typing.get_type_hints(getattr(sys.modules.get(module), cls, object), include_extras=True)
    unit = next(iter(getattr(hints.get(field), "__metadata__", ())), None)
    written = [line for line in lines if line.strip()]
    if isinstance(unit, str) and written:
        lines[:] = [*written[:-1], f"{written[-1]} [{unit}]", ""]


def set_formulas(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Turn the $$ … $$ and $ … $ of docstrings into math directives and roles."""
    text = "\n".join(lines)
    text = re.sub(r"^ *\$\$(.+?)\$\$ *$", _display, text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(?<!\$)\$([^$\n]+)\$(?!\$)", r":math:`\1`", text)
    lines[:] = [*text.splitlines(), ""]


def _display(found: re.Match[str]) -> str:
    return "\n.. math::\n\n   " + " ".join(found[1].split()) + "\n"


def run_studies(app: Sphinx) -> None:
    """Run every study that is older than the code, so that the gallery shows what this version computes."""
    folder = ROOT / "docs" / "_build" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    code = (path for name in ("twin", "topology", "thermal", "power", "viz") for path in (ROOT / name).rglob("*.*"))
    newest = max(path.stat().st_mtime for path in code if path.suffix in (".py", ".toml", ".csv"))
    for name in names():
        picture, words = folder / f"{name}.png", folder / f"{name}.md"
        if words.exists() and words.stat().st_mtime > newest:
            continue
        found = find(name).study()
        viz.save(viz.chart(found), picture)
        words.write_text(f"*{found.question}* {found.answer}\n")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", run_studies)
    app.connect("autodoc-process-docstring", set_formulas, priority=300)
    app.add_html_math_renderer("mathml", (inline_mathml, None), (block_mathml, None))
    app.connect("autodoc-process-docstring", add_unit, priority=400)  # before numpydoc
