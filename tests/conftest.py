"""What every test may use: the folder of reference data, a cache of its own; hypothesis, repeatable where CI is set.

Linear algebra keeps to one thread, unless the environment says otherwise: on arrays as small as these, further threads
take several times the processor time and save none.

The folder is given as `--reference=DIR`, in one word: pytest takes a lone DIR for the root of the tests.
"""

import gc
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # read when numpy is first imported, here
    os.environ.setdefault(name, "1")

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reference", metavar="DIR", type=Path, help="folder of the reference data sets")


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--reference")
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(f"--reference {folder}: no such folder")
    kept = tempfile.TemporaryDirectory(prefix="twin-cache-")  # also for the commands that tests start
    config.add_cleanup(kept.cleanup)
    os.environ["TWIN_CACHE"] = kept.name


def pytest_collection_finish() -> None:
    """What collecting has imported stays to the end: the garbage collector need not look through it every time."""
    gc.freeze()
    gc.set_threshold(5000, 20, 50)


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest) -> Path:
    """Folder of the reference data; the test is skipped where nobody said where it is."""
    folder: Path | None = request.config.getoption("--reference")
    if folder is None:
        pytest.skip("no reference data: pass --reference=DIR")
    return folder.resolve()
