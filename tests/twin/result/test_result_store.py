"""A store keeps what is marked, whatever happens to the process that fills it, and refuses another run."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from twin.result.store import open_store
from twin.spec.errors import SpecError

IDENTITY = {"spec": '[load]\nutilization = 0.5\n[cooling]\nflow = "none"\n', "version": "1"}
CHUNKS = {"x": 2, "y": 3}
DIMS = ("x", "y")


def template(**attrs: str) -> xr.Dataset:
    """Four by six points of a number, a count, a text and a state, and one variable along x only."""
    empty = np.broadcast_to(np.nan, (4, 6))
    return xr.Dataset(
        {
            "power": (DIMS, empty, {"units": "W"}),
            "count": (DIMS, np.broadcast_to(np.int64(0), (4, 6))),
            "message": (DIMS, np.full((4, 6), "", object)),
            "status": (DIMS, np.full((4, 6), "pending", object)),
            "row": ("x", np.broadcast_to(np.nan, 4)),
        },
        {"x": ("x", np.arange(4.0), {"units": "K"}), "y": list("abcdef"), "lane": ("y", np.arange(6.0))},
        {"title": "four by six", **attrs},
    )


def filled() -> xr.Dataset:
    """The template with a value in every place."""
    rng = np.random.default_rng(1)
    texts = np.array([[f"no {i}{j} – ∞" for j in range(6)] for i in range(4)], object)
    return template(**IDENTITY).assign(
        power=(DIMS, rng.normal(size=(4, 6)), {"units": "W"}),
        count=(DIMS, rng.integers(9, size=(4, 6))),
        message=(DIMS, texts),
        status=(DIMS, np.full((4, 6), "ok", object)),
        row=("x", rng.normal(size=4)),
    )


def regions() -> list[dict[str, slice]]:
    return [{"x": slice(i, i + 2), "y": slice(j, j + 3)} for i in (0, 2) for j in (0, 3)]


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder with the digest of its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "run.zarr"


def half(path: Path) -> list[dict[str, slice]]:
    """A store with two of its four blocks written; returns the regions of the others."""
    store = open_store(path, template(), IDENTITY, CHUNKS)
    for region in regions()[:2]:
        store.write(region, filled().isel(region))
    return regions()[2:]


def test_a_filled_store_is_the_dataset_itself(path: Path) -> None:
    for region in half(path):
        open_store(path, template(), IDENTITY, CHUNKS).write(region, filled().isel(region))
    store = open_store(path, template(), IDENTITY, CHUNKS)
    assert store.done.all()
    xr.testing.assert_identical(store.dataset(), filled())
    assert [*store.dataset().variables] == [*filled().variables]
    assert all(store.dataset()[name].dtype == value.dtype for name, value in filled().variables.items())


def test_plain_xarray_reads_it_with_every_type_as_written(path: Path) -> None:
    half(path)
    with xr.open_zarr(path, chunks=None) as seen:
        assert seen.done.dtype == bool
        assert seen["count"].dtype == np.int64
        assert seen.power.attrs == {"units": "W"}
        assert dict(seen.attrs) == {"title": "four by six", **IDENTITY}
        assert seen.lane.dims == ("y",)
        assert seen.message.values[0, 5] == filled().message.values[0, 5]


def test_what_is_not_written_yet_says_so(path: Path) -> None:
    half(path)
    found = open_store(path, template(), IDENTITY, CHUNKS)
    assert found.done.tolist() == [[True] * 6] * 2 + [[False] * 6] * 2
    rest = found.dataset().isel(x=slice(2, 4))
    assert np.isnan(rest.power).all()
    assert (rest["count"] == 0).all()
    assert (rest.message == "").all()
    assert (rest.status == "pending").all()


def test_a_part_may_hold_some_of_the_variables_and_some_of_the_dimensions(path: Path) -> None:
    store = open_store(path, template(), IDENTITY, {"x": 1})
    store.write({"x": slice(1, 2)}, filled()[["row", "power"]].isel(x=slice(1, 2)))
    assert store.done.tolist() == [False, True, False, False]
    np.testing.assert_array_equal(store.dataset().power[1], filled().power[1])
    assert np.isnan(store.dataset().row.values).tolist() == [True, False, True, True]


def test_the_mark_comes_after_the_data(path: Path) -> None:
    """A write that ends in the middle leaves its block unmarked."""
    store = open_store(path, template(), IDENTITY, CHUNKS)
    part = filled().isel(regions()[0])
    with pytest.raises(KeyError):
        store.write(regions()[0], part.assign(unknown=part.power))  # ends behind the others, as a kill may
    again = open_store(path, template(), IDENTITY, CHUNKS)
    assert np.isfinite(again.dataset().power).any()
    assert not again.done.any()


def test_opening_again_changes_no_byte(path: Path) -> None:
    half(path)
    before = state(path)
    open_store(path, template(), IDENTITY, CHUNKS).dataset()
    assert state(path) == before


@pytest.mark.parametrize(
    ("identity", "says"),
    [
        ({"spec": IDENTITY["spec"].replace("0.5", "0.75")}, "spec ([load] utilization = 0.5 there, utilization = 0.75"),
        ({"spec": IDENTITY["spec"] + "last = 1\n"}, "spec ([cooling] nothing there, last = 1 here"),
        ({"version": "2"}, "version (1 there, 2 here"),
        ({"spec": "x", "version": "2"}, "; version (1 there"),
        ({"catalogue": "ab"}, "catalogue (nothing there, ab here"),
    ],
)
def test_a_store_of_another_run_is_refused_by_what_differs_and_left_alone(path, identity, says) -> None:  # type: ignore[no-untyped-def]
    half(path)
    before = state(path)
    with pytest.raises(SpecError) as refused:
        open_store(path, template(), IDENTITY | identity, CHUNKS)
    assert str(refused.value).startswith(f"{path}: holds another run, it differs in ")
    assert says in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert state(path) == before


def test_a_difference_far_along_a_line_is_shown_around_it(path: Path) -> None:
    long = ", ".join(str(i) for i in range(200))
    open_store(path, template(), {"axes": long}, CHUNKS)
    with pytest.raises(SpecError, match=r"….*, 142, 143, .*there.*, 142, 7, .*here"):
        open_store(path, template(), {"axes": long.replace("143", "7")}, CHUNKS)


@pytest.mark.parametrize("chunks", [{"x": 1, "y": 3}, {"x": 2}])
def test_a_store_cut_in_another_way_is_refused(path: Path, chunks: dict[str, int]) -> None:
    half(path)
    with pytest.raises(SpecError, match="differs in layout"):
        open_store(path, template(), IDENTITY, chunks)


def test_a_store_with_other_variables_is_refused(path: Path) -> None:
    half(path)
    with pytest.raises(SpecError, match="differs in layout"):
        open_store(path, template().drop_vars("row"), IDENTITY, CHUNKS)


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "precious.txt").write_text("precious")
    (tmp_path / "file.zarr").write_text("precious")
    template().to_zarr(tmp_path / "other.zarr", zarr_format=2)
    before = state(tmp_path)
    for name in ("notes", "file.zarr", "other.zarr"):
        with pytest.raises(SpecError, match="is in the way and no store"):
            open_store(tmp_path / name, template(), IDENTITY, CHUNKS)
    assert state(tmp_path) == before


def test_an_empty_folder_becomes_a_store(path: Path) -> None:
    path.mkdir(parents=True)
    assert not open_store(path, template(), IDENTITY, CHUNKS).done.any()
    assert [entry.name for entry in path.parent.iterdir()] == ["run.zarr"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("precious")
    with pytest.raises(SpecError, match="cannot be written"):
        open_store(tmp_path / "taken" / "run.zarr", template(), IDENTITY, CHUNKS)
    assert (tmp_path / "taken").read_text() == "precious"


def test_a_layout_that_fails_leaves_nothing_behind(path: Path) -> None:
    odd = template().assign(power=(DIMS, np.zeros((4, 6)), {"units": object()}))
    with pytest.raises(TypeError):
        open_store(path, odd, IDENTITY, CHUNKS)
    assert list(path.parent.iterdir()) == []
