"""A cluster of dask workers as an executor: one that is killed in the middle loses no point."""

import os
import signal

import pytest
import xarray as xr

from twin.spec.errors import SpecError
from twin.spec.load import load
from twin.sweeps.cluster import cluster
from twin.sweeps.run import sweep

LOAD = "load.utilization"


def test_without_dask_the_command_to_install_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with (
        pytest.raises(SpecError, match=r"pip install 'ai-factory-twin\[cluster\]'"),
        cluster("tcp://localhost:8786"),
    ):
        pytest.fail("connected")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers there"),
        ("127.0.0.1:1", "no scheduler answers there"),
        ("tcp://no.such.host.invalid:8786", "no scheduler answers there"),
        ("nonsense", "must be the address of a scheduler, such as tcp://node1:8786"),
        ("ftp://127.0.0.1:1", "must be the address of a scheduler"),
        ("tcp://127.0.0.1:99999", "no scheduler answers there"),
    ],
)
def test_an_address_where_no_scheduler_answers_is_refused(address: str, says: str) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: the extra `cluster`")
    with pytest.raises(SpecError, match=f"--cluster {address}: {says}"), cluster(address):
        pytest.fail("connected")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_killed_in_the_middle_loses_no_point() -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed: the extra `cluster`")
    hgx, over = load("hgx-h100"), {LOAD: "0:1:0.0004"}
    told: list[int] = []
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        cluster(local.scheduler_address) as executor,
        distributed.Client(local.scheduler_address) as client,
    ):
        workers = client.run(os.getpid)
        assert len(set(workers.values())) == 2

        def kill_one(points: int) -> None:
            told.append(points)
            if len(told) == 2:
                os.kill(next(iter(workers.values())), signal.SIGKILL)

        found = sweep(hgx, over, executor=executor, progress=kill_one)
        assert set(client.run(os.getpid).values()) != set(workers.values())
    assert len(told) > 4
    assert sum(told) == 2501
    assert (found.status == "ok").all()
    xr.testing.assert_identical(found, sweep(hgx, over, executor=1))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_without_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed: the extra `cluster`")
    monkeypatch.setattr("twin.sweeps.cluster.PATIENCE", 1.0)
    with (
        distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=None) as local,
        pytest.raises(SpecError, match="has no workers; start some with `dask worker"),
        cluster(local.scheduler_address),
    ):
        pytest.fail("went on")
