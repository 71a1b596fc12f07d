"""The trial for OpenGL: a child that dies takes nobody with it, and the message says what to install."""

import subprocess
import sys

import pytest

from viz import window


@pytest.fixture
def fresh():
    """The answer of the trial is kept for the process: forget it before and after."""
    window.problem.cache_clear()
    yield
    window.problem.cache_clear()


def test_a_child_that_ends_well_is_no_problem():
    assert window.attempt("pass") is None


def test_a_child_killed_by_a_signal_is_reported_and_we_live_on():
    words = window.attempt("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert words == "no message (signal 11)"


def test_the_last_words_of_a_child_are_told_without_the_colours_of_a_terminal():
    code = "import sys; sys.stderr.write('first\\n\\x1b[33mno display\\x1b[0m\\n'); sys.exit(3)"
    assert window.attempt(code) == "no display (exit code 3)"


def test_a_child_that_hangs_is_stopped():
    assert window.attempt("import time; time.sleep(60)", seconds=0.2) == "no answer within 0.2 s"


def test_missing_libraries_are_named_by_their_debian_packages():
    def loads(library):
        if "EGL" in library:
            raise OSError(library)

    assert window.missing_packages(loads)[:2] == ["libegl1", "libegl-mesa0"]
    assert "libx11-6" not in window.missing_packages(loads)


def broken_vtk(folder, body):
    """A folder with a VTK that does `body` when it is imported."""
    for part in ("vtkmodules", "vtkmodules/util"):
        (folder / part).mkdir(parents=True)
        (folder / part / "__init__.py").write_text("")
    (folder / "vtkmodules" / "vtkRenderingCore.py").write_text(body)
    return folder


def test_a_vtk_that_kills_its_process_is_a_message(tmp_path, monkeypatch, fresh):
    monkeypatch.setenv("PYTHONPATH", str(broken_vtk(tmp_path, "import os\nos.abort()\n")))
    monkeypatch.setattr(window, "missing_packages", lambda: ["libegl1", "libegl-mesa0"])
    words = window.problem()
    assert words == ("no OpenGL on this machine: install libegl1 libegl-mesa0 (apt-get install libegl1 libegl-mesa0)")


def test_with_all_packages_there_the_words_of_vtk_are_told(tmp_path, monkeypatch, fresh):
    monkeypatch.setenv("PYTHONPATH", str(broken_vtk(tmp_path, "raise SystemExit('no such device')")))
    monkeypatch.setattr(window, "missing_packages", list)
    assert window.problem() == "VTK opens no window on this machine: no such device (exit code 1)"


def test_the_trial_runs_once_in_a_process(monkeypatch, fresh):
    runs = []
    monkeypatch.setattr(window, "attempt", lambda code: runs.append(code))
    assert window.problem() is None
    assert window.problem() is None
    assert len(runs) == 1


def test_the_window_of_vtk_is_chosen_before_vtk_is_imported():
    code = (
        "import os, sys; from viz import window; assert 'vtkmodules' not in sys.modules\n"
        "window.attempt = lambda code: os.environ['VTK_DEFAULT_OPENGL_WINDOW']\n"
        "window.missing_packages = list; print(window.problem())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "vtkEGLRenderWindow" in done.stdout
