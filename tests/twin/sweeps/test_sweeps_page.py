"""The page on sweeps: its examples run, its numbers are those of the code."""

import re
from pathlib import Path

import pytest

from twin.couple.solve import CHUNK
from twin.sweeps.blocks import BATCHES
from twin.sweeps.engine import POOLS
from twin.sweeps.sample import METHODS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "sweeps.md").read_text()


@pytest.mark.slow
def test_the_examples_of_the_page_run() -> None:
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(code, names)
    assert dict(names["found"].sizes) == {"supply_temperature": 3, "load_utilization": 2}  # type: ignore[attr-defined]
    assert dict(names["drawn"].sizes) == {"sample": 16}  # type: ignore[attr-defined]
    assert names["hottest"].dims == ("supply_temperature",)  # type: ignore[attr-defined]


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"at most {CHUNK} points, and of at most {BATCHES} batches" in " ".join(PAGE.split())
    assert POOLS == 3
    assert "three pools that end" in PAGE
    assert all(f"`{method}:" in PAGE for method in METHODS)
