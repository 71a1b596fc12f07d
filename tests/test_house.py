"""The house: what importing costs, who imports whom, what must not be written, the wheel as shipped."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin
from benchmarks.__main__ import bench
from benchmarks.case import Case
from benchmarks.measure import repeated
from benchmarks.registry import CASES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("twin", "topology", "thermal", "power", "viz")
LEAVES = {"topology", "thermal", "power"}


def python(code: str, *arguments: str) -> str:
    """Output of a fresh interpreter that runs the code on our packages."""
    command = [sys.executable, "-c", code, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imports(source: str) -> set[str]:
    """Top-level names a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


# What importing costs

LOADED = "import sys; {}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def test_importing_the_twin_loads_no_numerics():
    assert not {"numpy", "xarray", "pandas", "scipy"} & set(python(LOADED.format("import twin")).split())


def test_the_help_of_the_command_loads_no_numerics():
    run = "import atexit; atexit.register(lambda: print(*sys.modules)); from twin.cli import main; main()"
    output = python(f"import sys; {run}", "--help")
    assert "Usage" in output
    assert not {"numpy", "xarray", "pandas", "scipy", "pint", "matplotlib"} & set(output.split())


@pytest.mark.parametrize("package", sorted(LEAVES | {"viz"}))
def test_importing_a_leaf_loads_nothing_it_does_not_need(package):
    heavy = {"xarray", "pandas", "matplotlib", "numba", "pydantic", "pint"}
    assert not heavy & set(python(LOADED.format(f"import {package}")).split())


# Who may import whom (what import-linter cannot say; the rest stands in pyproject.toml)


def test_in_the_coupler_only_the_rack_module_knows_all_three_leaves():
    know_all = {path.name for path in modules("twin/couple") if imports(path.read_text()) >= LEAVES}
    assert know_all <= {"rack.py"}


def test_a_module_that_imports_three_leaves_is_seen():
    source = "from thermal import plates\ndef f():\n    import power.busbar as p, topology\n"
    assert imports(source) >= LEAVES
    assert not imports(source.replace(", topology", "")) >= LEAVES


def test_every_package_imported_is_a_declared_dependency():
    extras = PROJECT["optional-dependencies"]
    declared = [*PROJECT["dependencies"], *extras["coolants"], *extras["cluster"], *extras["weather"]]
    known = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in declared}
    used = set().union(*(imports(path.read_text()) for path in modules(*PACKAGES)))
    assert used - sys.stdlib_module_names - set(PACKAGES) <= known


def test_every_dependency_is_pinned_to_one_version():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = {re.match(r"[\w.-]+(?===)", line)[0].lower() for line in lines}
    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in wanted}
    assert names - {PROJECT["name"]} <= pinned
    assert len(lines) == len(pinned)


# What must not be written


def prints(source: str) -> list[int]:
    """Lines that call print; text in docstrings does not count."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [node.lineno for node in calls if ast.unparse(node.func) == "print"]


def test_packages_do_not_print():
    assert {str(path): lines for path in modules(*PACKAGES) if (lines := prints(path.read_text()))} == {}
    assert prints('"""print(0)"""\ndef f():\n    print(1)\n') == [3]


HOST = re.compile(r"(?<![\w.}\])-])/(?:work|root|home|tmp|Users)/\w")


def texts() -> Iterator[Path]:
    """The files of the project that are text, built and cached ones left out."""
    built = {ROOT / "out", ROOT / "build", ROOT / "dist", ROOT / "docs" / "_build"}
    for folder, folders, names in os.walk(ROOT):
        hidden = {name for name in folders if name.startswith((".", "__pycache__"))} - {".ci"}
        folders[:] = [name for name in folders if name not in hidden and Path(folder, name) not in built]
        yield from (Path(folder, name) for name in names if not name.endswith((".png", ".nc", ".pyc")))


def test_no_file_names_a_place_on_somebodys_machine():
    assert [str(path) for path in texts() if HOST.search(path.read_text(errors="replace"))] == []


def test_a_place_on_a_machine_is_recognised():
    assert HOST.search("see " + "/".join(("", "home", "me", "x.csv")))
    assert not HOST.search("network/" + "work/a and ../" + "home/x")


# The reference data


def collect(reference: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--reference={reference}", __file__]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_reference_data_may_lie_outside_the_tree(tmp_path):
    assert "::test_reference_data_may_lie_outside_the_tree" in collect(tmp_path).stdout


def test_reference_data_must_exist(tmp_path):
    assert "lost: no such folder" in collect(tmp_path / "lost").stderr


# The benchmark runner (times are for `make bench`; here only that it runs what it says)


def test_every_benchmark_has_a_name_of_its_own():
    assert len({(case.name, case.phase) for case in CASES}) == len(CASES)


def test_a_benchmark_reports_time_and_memory_of_its_own_process():
    (row,) = json.loads(python("import benchmarks.__main__ as b; b.main()", "--only", "import twin", "--json"))
    assert row["error"] is None
    assert row["runs"] == 5
    assert 5e6 < row["peak_memory"] < 50e6  # an interpreter without numerics, not this test process
    assert 0 <= row["cpu_seconds"] < 60


def test_a_benchmark_that_cannot_run_is_an_error_row():
    row = bench(Case(name="never registered", size="-", phase="next", beat=1.0))
    assert row["cpu_seconds"] is None
    assert "StopIteration" in row["error"]


def test_the_warm_up_is_not_counted_and_short_calls_are_repeated():
    durations = iter([9.0, *[0.01] * 1000])
    times = repeated(lambda: next(durations), 5)
    assert max(times) == 0.01
    assert sum(times) >= 0.25


# The wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of a new environment with our wheel in it; third-party packages are lent by this one.

    The lending .pth file adds a plain search path, so an editable installation of ours is not lent with it;
    that the wheel asks for what it needs is `test_every_package_imported_is_a_declared_dependency`.
    """
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(pip + build, check=True)
    venv.create(folder / "env", symlinks=True, with_pip=False)
    interpreter = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    install = ["--python", str(interpreter), "install", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run(pip + install, check=True)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return interpreter


def in_empty_folder(folder: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def contents(folder: Path, root: Path) -> set[str]:
    """Paths of the files below a folder as seen from the root, compiled ones left out."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {str(path.relative_to(root)) for path in files}


def test_the_wheel_holds_every_package_its_data_and_nothing_else(installed, tmp_path):
    code = f"import importlib as i; print(*(i.import_module(n).__path__[0] for n in {PACKAGES}))"
    homes = [Path(home) for home in in_empty_folder(tmp_path, str(installed), "-c", code).split()]
    site = homes[0].parent
    assert site.is_relative_to(installed.parents[1])
    shipped = set().union(*(contents(home, site) for home in homes))
    assert shipped == set().union(*(contents(ROOT / package, ROOT) for package in PACKAGES))
    assert {f"{package}/py.typed" for package in PACKAGES} <= shipped
    assert not (site / "tests").exists()
    assert not (site / "benchmarks").exists()


@pytest.fixture(scope="module")
def tables() -> None:
    """Makes the tables of the system in the cache that the wheel reads too, as any run before it would have."""
    twin.solve(twin.load("gb300-nvl72"))


@pytest.mark.parametrize("fields", ["none", pytest.param("worst", marks=pytest.mark.slow)])
@pytest.mark.usefixtures("tables")
def test_the_wheel_does_the_main_job_from_an_empty_folder(installed, tmp_path, fields):
    """With fields the wheel compiles the kernels where it lies, which takes most of the time."""
    command = str(installed.parent / "twin")
    table = in_empty_folder(tmp_path, command, "run", "gb300-nvl72", "--fields", fields, "--out", "result")
    assert "headroom" in table.lower()
    assert {path.name for path in tmp_path.iterdir()} == {"result"}
    assert {path.name for path in (tmp_path / "result").iterdir()} >= {"twin.nc", "summary.json", "rack.png"}
    summary = json.loads((tmp_path / "result" / "summary.json").read_text())
    assert summary["link_count"] == 72 * 18
    assert summary["coolant_supply_temperature"] == pytest.approx(318.15)
    # between the water that cools it and the limit where derating starts
    assert 318.15 < summary["junction_temperature_max"] < 358.15
