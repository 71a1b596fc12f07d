"""Runs the command line inside this process and keeps what it printed."""

import contextlib
import io
import re
import sys
from typing import NamedTuple

import pytest

from twin.cli import main


class Said(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    error: str

    def rows(self) -> dict[str, list[str]]:
        """Cells of each printed line behind its first one, by that; columns stand two blanks apart, the first wins."""
        cells = (re.split(r" {2,}", line.strip()) for line in reversed(self.out.splitlines()) if line.strip())
        return {first: rest for first, *rest in cells}


def said(*arguments: str) -> Said:
    """Run `twin` with these arguments."""
    out, error, before, code = io.StringIO(), io.StringIO(), sys.argv, 0
    sys.argv = ["twin", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), error.getvalue())


def in_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Said:
    """The same in a terminal of 80 columns, its colours taken out."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    told = said(*arguments)
    return told._replace(out=re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.out))
