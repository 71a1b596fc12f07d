"""Stored results: found again, worked out anew when anything is odd, and never in the way."""

import subprocess
import sys
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from test_package import RUBIN, RUBIN_PLATE

from thermal import store
from thermal.compact import compact_package
from thermal.store import code_version, stored


class Answer(NamedTuple):
    number: float
    table: np.ndarray


class Asked:
    """An answer that counts how often it was worked out."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return Answer(0.1, np.arange(3.0))


def ask(folder, answer, question="what"):
    return stored(folder, question, Answer, answer)


def test_an_answer_is_worked_out_once_and_found_again_bit_by_bit(tmp_path):
    answer, folder = Asked(), tmp_path / "made" / "here"
    first, second = ask(folder, answer), ask(folder, answer)
    assert answer.times == 1
    assert second.number == first.number
    assert type(second.number) is float
    assert (second.table == first.table).all()
    assert not second.table.flags.writeable
    assert [path.suffix for path in folder.iterdir()] == [".npz"]  # no part of a file is left


def test_another_question_or_other_source_text_has_another_answer(tmp_path, monkeypatch):
    answer = Asked()
    ask(tmp_path, answer)
    ask(tmp_path, answer, "other")
    assert answer.times == 2
    monkeypatch.setattr(store, "code_version", lambda: "newer")
    ask(tmp_path, answer)
    assert answer.times == 3
    assert len(code_version()) == 64


def saved(path, save, *what, **named):
    with path.open("wb") as file:
        save(file, *what, **named)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not an archive"),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"\x00\x00\xf0\x3f", b"\x00\x00\xf1\x3f")),
        lambda path: saved(path, np.save, np.ones(3)),
        lambda path: saved(path, np.savez, other=np.ones(3)),
        lambda path: saved(path, np.savez, number=np.array(["1"]), table=np.ones(3)),
    ],
)
def test_a_broken_or_foreign_file_is_ignored_and_written_anew(tmp_path, spoil):
    answer = Asked()
    ask(tmp_path, answer)
    spoil(next(tmp_path.iterdir()))
    assert (ask(tmp_path, answer).table == np.arange(3.0)).all()
    ask(tmp_path, answer)
    assert answer.times == 2


def test_a_folder_that_cannot_be_written_to_does_not_stop_the_answer(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert ask(tmp_path / "file", Asked()).number == 0.1


def test_without_a_folder_nothing_is_kept(tmp_path):
    answer = Asked()
    ask(None, answer)
    ask(None, answer)
    assert answer.times == 2


def test_a_stored_table_is_read_without_the_compiler_of_the_solver(tmp_path):
    package, plate = replace(RUBIN, memory_resistance=0.2), RUBIN_PLATE
    first = compact_package(package, plate, folder=tmp_path)
    code = (
        "import sys; from pathlib import Path; from thermal import *; from thermal.compact import compact_package;"
        f"table = compact_package({package!r}, {plate!r}, folder=Path({str(tmp_path)!r}));"
        "print(repr(float(table.nominal.sum())), 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [repr(float(first.nominal.sum())), "False"]
