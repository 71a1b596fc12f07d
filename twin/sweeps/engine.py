"""Who solves the blocks of a sweep: this process, worker processes of our own, or any `concurrent.futures.Executor`.

Contract: blocks come back in any order, each once; what a block holds does not depend on who solved it.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for_any
from typing import Any

from twin.spec.paths import Steps
from twin.spec.types import Factory
from twin.sweeps.blocks import solve_block

#: Block → what `solve_block` takes.
Task = Callable[[int], tuple[Factory, list[list[Steps]], list[tuple[Any, ...]]]]
Solved = tuple[int, dict[str, Any]]

#: Blocks handed to an executor at once: enough for its workers, few enough for its memory.
IN_FLIGHT = 256
#: Pools of ours that may break one after the other without a block solved.
POOLS = 3
#: Each worker computes on one thread; numerics read these when they are loaded.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")


def solve_here(blocks: Sequence[int], task: Task) -> Iterator[Solved]:
    """Yield the blocks solved in this process, one after the other.

    Parameters
    ----------
    blocks : sequence of int
        Which blocks.
    task : callable
        Block → what `solve_block` takes.

    Yields
    ------
    tuple of (int, dict)
        Block, and its columns [SI].

    References
    ----------
    Derived: `solve_block`.
    """
    for i in blocks:
        yield i, solve_block(*task(i))


def solve_by(executor: Executor, blocks: Sequence[int], task: Task) -> Iterator[Solved]:
    """Yield the blocks solved by an executor, as they are complete.

    Parameters
    ----------
    executor : Executor
        Takes at most `IN_FLIGHT` blocks at once.
    blocks : sequence of int
        Which blocks.
    task : callable
        Block → what `solve_block` takes.

    Yields
    ------
    tuple of (int, dict)
        Block, and its columns [SI].

    Raises
    ------
    BrokenExecutor
        Its workers are gone; the blocks that were complete have been yielded.

    References
    ----------
    PEP 3148.
    """
    waiting = iter(blocks)
    running: dict[Future[dict[str, Any]], int] = {}
    try:
        while True:
            for i in islice(waiting, IN_FLIGHT - len(running)):
                running[executor.submit(solve_block, *task(i))] = i
            if not running:
                return
            complete = wait(running, return_when=FIRST_COMPLETED).done
            for future in sorted(complete, key=_is_lost):
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def solve_in_processes(workers: int, blocks: Sequence[int], task: Task) -> Iterator[Solved]:
    """Yield the blocks solved by processes of our own; what a killed worker leaves undone is done by fresh ones.

    Closed before its end, or interrupted, it ends the processes at once, whatever they are at.

    Parameters
    ----------
    workers : int
        Number of processes [1].
    blocks : sequence of int
        Which blocks.
    task : callable
        Block → what `solve_block` takes.

    Yields
    ------
    tuple of (int, dict)
        Block, and its columns [SI].

    Raises
    ------
    BrokenExecutor
        `POOLS` pools in a row ended without solving a block.

    References
    ----------
    PEP 3148; spawned processes, see `multiprocessing`.
    """
    left, broken = dict.fromkeys(blocks), 0
    while left:
        try:
            with _pool(min(workers, len(left))) as pool:
                for i, columns in solve_by(pool, tuple(left), task):
                    del left[i]
                    broken = 0
                    yield i, columns
        except BrokenExecutor:
            broken += 1
            if broken == POOLS:
                raise


def _is_lost(future: "Future[Any]") -> bool:
    return future.cancelled() or future.exception() is not None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes are all started; where its block is left by an error they end at once.

    They hold one end of a pipe. Where the other one is closed, by us or because we are gone, they end themselves.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_obey_parent, initargs=(theirs,))
    try:
        with _starting():
            for _ in range(workers):
                pool.submit(_nothing)
        yield pool
        pool.shutdown()
    finally:
        ours.close()
        pool.shutdown(cancel_futures=True)
        theirs.close()


@contextmanager
def _starting() -> Iterator[None]:
    """Let processes start with one thread each, without the caller's script, and deaf to Ctrl-C from the first moment.

    A spawned process runs the main module again, which solves the sweep again where a script does not guard it, and
    fails where there is no file; our workers need nothing of it.
    """
    main, kept = sys.modules["__main__"], {name: os.environ.get(name) for name in _THREADS}
    hidden: dict[str, Any] = {name: vars(main).pop(name) for name in ("__file__", "__spec__") if name in vars(main)}
    main.__spec__ = None
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    mask = _mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        _mask(signal.SIG_SETMASK, mask)
        vars(main).update(hidden)
        for name, value in kept.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _mask(how: int, signals: set[Any]) -> set[Any]:
    """Change which signals wait; a process that is started takes this over."""
    return set() if sys.platform == "win32" else signal.pthread_sigmask(how, signals)


def _obey_parent(pipe: Connection) -> None:
    """Let the parent answer Ctrl-C, and end when it closes its end of the pipe, or ends itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()


def _end_with(pipe: Connection) -> None:
    parent = multiprocessing.parent_process()
    wait_for_any([pipe] if parent is None else [pipe, parent.sentinel])
    os._exit(1)


def _nothing() -> None:
    """Give a worker something to start for."""
