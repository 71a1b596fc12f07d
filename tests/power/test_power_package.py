"""The leaf as a package: light to import, complete in its names, honest in its docstrings."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import power

FUNCTIONS = [name for name in power.__all__ if inspect.isfunction(inspect.unwrap(getattr(power, name)))]


def faults(function):
    """What a reader would miss in a docstring."""
    text = inspect.getdoc(function)
    signature = list(inspect.signature(function).parameters)
    block = re.search(r"Parameters\n-+\n(.*?)\n\n", text + "\n\n", re.S).group(1)
    lines = dict(re.findall(r"^(\w+) : (.*)$", block, re.M))
    if list(lines) != signature:
        yield f"documents {list(lines)}, takes {signature}"
    for name, line in lines.items():
        if ("(..." in line or "float" in line) and "Compact" not in line and not re.search(r"\[.+\]$", line):
            yield f"{name} has no unit"
    for section in ("Returns", "References", "Examples"):
        if f"{section}\n---" not in text:
            yield f"no {section}"
    if ">>>" not in text:
        yield "no number"


def test_importing_the_leaf_loads_numpy_and_nothing_heavier():
    heavy = "{'scipy', 'xarray', 'pandas', 'matplotlib', 'networkx', 'pydantic', 'numba', 'twin', 'viz'}"
    code = f"import sys, power; print({heavy} & set(sys.modules) or None)"
    root = Path(power.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("None", "")


def test_every_exported_name_exists_once_and_in_order():
    assert all(hasattr(power, name) for name in power.__all__)
    assert len(set(power.__all__)) == len(power.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_documents_arguments_units_source_and_a_number(name):
    assert list(faults(getattr(power, name))) == []


def test_that_check_rejects_a_lost_unit_a_renamed_argument_and_a_lost_source():
    def stub(current):
        pass

    parts = {"Parameters": "current : (...), in [A]", "Returns": "x", "References": "y", "Examples": ">>> 1"}
    good = "S.\n\n" + "\n\n".join(f"{title}\n---\n{body}" for title, body in parts.items())
    stub.__doc__ = good
    assert list(faults(stub)) == []
    for old, new in ((" [A]", ""), ("current :", "amps :"), ("References", "Notes"), (">>>", "")):
        stub.__doc__ = good.replace(old, new)
        assert len(list(faults(stub))) == 1, new


@pytest.mark.parametrize("module", sorted(path.name for path in Path(power.__file__).parent.glob("*.py")))
def test_modules_stay_short_and_state_their_contract(module):
    text = Path(power.__file__).with_name(module).read_text()
    assert len(text.splitlines()) < 300
    assert "Contract" in text.split('"""')[1]
