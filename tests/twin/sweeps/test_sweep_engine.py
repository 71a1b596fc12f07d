"""Who solves the blocks does not matter, and a worker that dies loses none."""

import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from twin.spec.errors import ConvergenceError, SpecError
from twin.spec.load import load
from twin.spec.types import Factory
from twin.sweeps import engine
from twin.sweeps.engine import solve_by, solve_here, solve_in_processes
from twin.sweeps.run import sweep

LOAD = "load.utilization"


# Blocks that stand for `solve_block`; module functions, so that worker processes find them.


def double(number: int, *_: Any) -> dict[str, Any]:
    return {"twice": 2 * number, "process": os.getpid()}


def settings(name: str) -> dict[str, Any]:
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return {"threads": os.environ.get(name), "ignored": ignored, "script": "__file__" in vars(sys.modules["__main__"])}


def die_once(number: int, folder: Path) -> dict[str, Any]:
    """End its worker, as SIGKILL does, where nobody did so before."""
    if number == 3 and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    with (folder / f"solved-{number}").open("a") as counter:
        counter.write("x")
    return {"twice": 2 * number}


def die(number: int) -> dict[str, Any]:
    if number == 3:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    return {"twice": 2 * number}


def sleep(number: int) -> dict[str, Any]:
    """Take longer than any test but for block 0."""
    time.sleep(600 * number)
    return {"process": os.getpid()}


def fail(number: int) -> dict[str, Any]:
    raise ZeroDivisionError(number)


class Lost(Executor):
    """An executor that solves two blocks and then has lost its workers."""

    def __init__(self) -> None:
        self.left = 2

    def submit(self, task: Any, /, *arguments: Any, **_: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        if self.left:
            future.set_result(task(*arguments))
        else:
            future.set_exception(BrokenExecutor("no worker is left"))
        self.left = max(0, self.left - 1)
        return future


@pytest.fixture
def block(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Put another function in the place of `solve_block`."""
    return lambda function: monkeypatch.setattr(engine, "solve_block", function)


def number(i: int) -> tuple[Any, ...]:
    return (i,)


def test_every_engine_gives_the_same_blocks_each_once(block) -> None:  # type: ignore[no-untyped-def]
    block(double)
    expected = {i: 2 * i for i in (1, 4, 5, 9)}
    with ThreadPoolExecutor(3) as threads:
        for found in (solve_here((1, 4, 5, 9), number), solve_by(threads, (1, 4, 5, 9), number)):  # type: ignore[arg-type]
            solved = list(found)
            assert {i: columns["twice"] for i, columns in solved} == expected
            assert len(solved) == 4


def test_no_more_blocks_are_under_way_than_allowed(block, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    block(double)
    monkeypatch.setattr(engine, "IN_FLIGHT", 4)
    asked: list[int] = []
    with ThreadPoolExecutor(1) as threads:
        found = solve_by(threads, range(50), lambda i: (asked.append(i), (i,))[1])  # type: ignore[arg-type,func-returns-value]
        for count, _ in enumerate(found, 1):
            assert len(asked) <= count + 4
    assert asked == list(range(50))


def test_an_error_of_a_block_is_not_swallowed(block) -> None:  # type: ignore[no-untyped-def]
    block(fail)
    with ThreadPoolExecutor(1) as threads, pytest.raises(ZeroDivisionError):
        list(solve_by(threads, (1, 2), number))  # type: ignore[arg-type]


def test_blocks_solved_beside_a_lost_one_are_kept(block) -> None:  # type: ignore[no-untyped-def]
    block(double)
    kept = []
    with pytest.raises(BrokenExecutor):
        kept += [kept.append(i) for i, _ in solve_by(Lost(), range(5), number)]  # type: ignore[arg-type,func-returns-value]
    assert sorted(kept) == [0, 1]


@pytest.mark.slow
def test_our_processes_compute_on_one_thread_and_leave_the_caller_as_it_was(block, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    main = dict(vars(sys.modules["__main__"]))
    block(settings)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    for _, found in solve_in_processes(2, (0, 1), lambda i: (names[i],)):  # type: ignore[arg-type,return-value]
        assert found == {"threads": "1", "ignored": True, "script": False}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ
    assert {name: vars(sys.modules["__main__"])[name] for name in main} == main


def test_a_killed_worker_loses_no_block(block, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    block(die_once)
    found = dict(solve_in_processes(2, range(8), lambda i: (i, tmp_path)))  # type: ignore[arg-type,return-value]
    assert (tmp_path / "died").exists()
    assert {i: columns["twice"] for i, columns in found.items()} == {i: 2 * i for i in range(8)}


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_a_sweep_that_is_stopped_ends_its_workers_whatever_they_are_at(block, error) -> None:  # type: ignore[no-untyped-def]
    block(sleep)
    solved = solve_in_processes(2, range(4), number)  # type: ignore[arg-type]
    assert next(solved)[0] == 0
    assert len(multiprocessing.active_children()) == 2
    if error is None:
        solved.close()
    else:
        with pytest.raises(error):
            solved.throw(error)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_a_block_that_kills_every_worker_ends_the_sweep_behind_the_others(block) -> None:  # type: ignore[no-untyped-def]
    block(die)
    kept = set()
    with pytest.raises(BrokenExecutor):
        for i, _ in solve_in_processes(2, range(6), number):  # type: ignore[arg-type]
            kept.add(i)
    assert kept == {0, 1, 2, 4, 5}


def test_any_executor_gives_the_same_dataset(gb300: Factory) -> None:
    import xarray as xr

    over = {"cooling.supply_temperature": [308.15, 333.15, 318.15], LOAD: "0.2:1:0.1"}
    with ThreadPoolExecutor(2) as threads:
        xr.testing.assert_identical(sweep(gb300, over, executor=threads), sweep(gb300, over, executor=1))


def test_workers_that_are_lost_end_with_what_is_kept_and_how_to_go_on(tmp_path: Path) -> None:
    hgx, over = load("hgx-h100"), {LOAD: [k / 1000 for k in range(400)]}
    with pytest.raises(ConvergenceError, match=r"no worker is left\); nothing is kept; name a store"):
        sweep(hgx, over, executor=Lost())
    store = tmp_path / "run.zarr"
    with pytest.raises(ConvergenceError, match=r"kept in .*run\.zarr; the same sweep goes on"):
        sweep(hgx, over, executor=Lost(), store=store)
    rest: list[int] = []
    whole = sweep(hgx, over, store=store, progress=rest.append)
    assert rest == [200, 100, 100]
    assert (whole.status == "ok").all()


@pytest.mark.parametrize(
    ("executor", "says"),
    [(0, "workers = 0: must be ≥ 1"), (-2, "workers = -2"), (True, "executor = True: must be"), ("two", "'two': must")],
)
def test_what_can_solve_nothing_is_refused(gb300: Factory, executor: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=says):
        sweep(gb300, {LOAD: [0.5]}, executor=executor, store=tmp_path / "run.zarr")
    assert list(tmp_path.iterdir()) == []


def test_processes_are_taken_where_they_pay_for_their_start(gb300: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is solved here: the engines tell who was asked."""
    asked: list[str] = []
    monkeypatch.setattr("twin.sweeps.run.solve_here", lambda *_: asked.append("here") or iter(()))
    monkeypatch.setattr("twin.sweeps.run.solve_in_processes", lambda *_: asked.append("processes") or iter(()))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    thin, thick = (f"{n * 1e-5}" for n in (9, 11))
    for over in (
        {LOAD: "0:1:0.01"},
        {LOAD: "0:1:0.0004"},
        {"gpu.package.tim_thickness": f"{thin},{thick} m"},
        {"gpu.package.tim_thickness": [1e-4 + i * 1e-7 for i in range(40)]},
    ):
        sweep(gb300, over)
    assert asked == ["here", "processes", "here", "processes"]
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    sweep(gb300, {LOAD: "0:1:0.0004"})
    sweep(gb300, {LOAD: [1.0]}, executor=3)
    assert asked[4:] == ["here", "processes"]
