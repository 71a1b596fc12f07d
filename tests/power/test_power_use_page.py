"""The page of short scripts: each runs as it stands and prints what its last comment says."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "power_use.md").read_text(encoding="utf-8")
SCRIPTS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE))


def test_the_page_has_five_scripts():
    assert len(SCRIPTS) == PAGE.count("```python") == 5


@pytest.mark.parametrize("title", SCRIPTS)
def test_a_script_prints_what_its_comment_says(title, capsys):
    exec(compile(SCRIPTS[title], title, "exec"), {})
    said = re.search(r"((?:^# [^\n]*\n)+)\Z", SCRIPTS[title], flags=re.MULTILINE)
    assert said is not None
    assert capsys.readouterr().out == re.sub(r"^# ", "", said[1], flags=re.MULTILINE)
