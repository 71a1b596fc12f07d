"""A cluster of dask workers as a `concurrent.futures.Executor` (extra `cluster`)."""

import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from twin.spec.errors import ConvergenceError, SpecError

#: How long a scheduler may take to answer, and its first worker to be there [s].
PATIENCE = 5.0


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Give the workers behind a scheduler as an executor; what a lost worker leaves undone goes to the others.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://node1:8786``.

    Yields
    ------
    Executor
        Takes tasks until the end of the block.

    Raises
    ------
    SpecError
        dask is not installed, no scheduler answers there, or it has no workers.
    ConvergenceError
        A task ended several of its workers.

    References
    ----------
    `distributed.Client.get_executor`.
    """
    try:
        import distributed
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise SpecError(
            "--cluster needs dask, which is not installed: pip install 'ai-factory-twin[cluster]'"
        ) from error
    _check_answers(address)
    connect: Any = distributed.Client  # dask carries no types
    try:
        client = connect(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise SpecError(f"--cluster {address}: what answers there is no scheduler of this version of dask") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise SpecError(f"--cluster {address}: has no workers; start some with `dask worker {address}`") from error
        try:
            yield client.get_executor(pure=False)
        except KilledWorker as error:
            raise ConvergenceError(f"--cluster {address}: its workers ended ({error})") from error


def _check_answers(address: str) -> None:
    """Refuse an address at which nobody listens; a client of dask that finds nobody may wait for ever."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or ":" not in parts.netloc:
        raise SpecError(f"--cluster {address}: must be the address of a scheduler, such as tcp://node1:8786")
    try:
        socket.create_connection((parts.hostname, parts.port or 0), timeout=PATIENCE).close()
    except (OSError, ValueError) as error:
        raise SpecError(f"--cluster {address}: no scheduler answers there; start one with `dask scheduler`") from error
