"""Whether this machine can draw in 3-D, and what is missing where it cannot.

Contract: VTK ends the whole process, with no exception, where no OpenGL library exists; so a child process tries
first, once per process and only when a 3-D picture is asked for. The environment is read and set here only.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

WINDOW = ("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

_TRIAL = """
from vtkmodules.vtkRenderingCore import vtkRenderWindow
import vtkmodules.vtkRenderingOpenGL2
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(8, 8)
window.Render()
raise SystemExit(0 if window.SupportsOpenGL() else 3)
"""
_PAINT = re.compile(r"\x1b\[[0-9;]*m")  # colours of a terminal
_SECONDS = 60.0  # after which a trial that hangs counts as failed
_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
}
_DRIVERS = "libgl1-mesa-dri"
_DRIVERS_AT = ("/usr/lib/*/dri/*_dri.so", "/usr/lib*/dri/*_dri.so", "/usr/lib/*/libgallium*.so")


@lru_cache(maxsize=1)
def problem() -> str | None:
    """What keeps this machine from drawing in 3-D, in one sentence with the fix; None where it can.

    Returns
    -------
    str or None
        Names the missing Debian packages, or VTK's own last words.

    References
    ----------
    Derived: a child process opens an off-screen window of 8 x 8 pixels.
    """
    os.environ.setdefault(*WINDOW)
    words = attempt(_TRIAL)
    if words is None:
        return None
    absent = missing_packages()
    if absent:
        return f"no OpenGL on this machine: install {' '.join(absent)} (apt-get install {' '.join(absent)})"
    return f"VTK opens no window on this machine: {words}"


def attempt(code: str, seconds: float = _SECONDS) -> str | None:
    """Run Python code in a child process; None where it ends well, else why it did not.

    Parameters
    ----------
    code : str
        Source text.
    seconds : float, after which the child is stopped [s]

    Returns
    -------
    str or None
        The child's last line, or how it ended.

    References
    ----------
    Derived: a signal that ends a child leaves its parent alone.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {seconds:g} s"
    if done.returncode == 0:
        return None
    said = [line.strip() for line in _PAINT.sub("", done.stderr).splitlines() if line.strip()]
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
    return f"{said[-1] if said else 'no message'} ({ended})"


def missing_packages(loads: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Debian packages of the libraries that an off-screen window needs and that cannot be loaded.

    Parameters
    ----------
    loads : callable
        Loads a shared library by name or raises OSError.

    Returns
    -------
    list of str
        Package names, empty where everything is there.

    References
    ----------
    Debian 12: package contents of Mesa 22 and libglvnd 1.6.
    """
    absent = [package for library, package in _PACKAGES.items() if not _present(library, loads)]
    return absent if _has_driver() else [*absent, _DRIVERS]


def _present(library: str, loads: Callable[[str], object]) -> bool:
    try:
        loads(library)
    except OSError:
        return False
    return True


def _has_driver() -> bool:
    return any(next(Path("/").glob(place[1:]), None) is not None for place in _DRIVERS_AT)
