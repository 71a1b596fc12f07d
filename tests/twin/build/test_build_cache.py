"""Where tables are kept: TWIN_CACHE, else the user's cache folder; none is fine too."""

from pathlib import Path

import pytest

from twin.build.cache import cache_folder


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWIN_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"


def test_a_relative_folder_is_meant_from_where_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_CACHE", "here")
    assert cache_folder() == tmp_path / "here"


def test_an_empty_variable_switches_the_cache_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_CACHE", "")
    assert cache_folder() is None


def test_without_the_variable_it_is_the_cache_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TWIN_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: tmp_path / name)
    assert cache_folder() == tmp_path / "ai-factory-twin"


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWIN_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: Path("~/.cache") / name)
    assert cache_folder() is None


def test_the_tests_keep_their_tables_away_from_the_user() -> None:
    assert cache_folder() is not None
    assert not cache_folder().is_relative_to(Path.home())  # type: ignore[union-attr]
    assert "twin-cache-" in str(cache_folder())
