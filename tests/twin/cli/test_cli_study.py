"""`twin study` and the studies in `twin list`: question, answer, table, files; bad input writes nothing."""

import re

import pytest
import xarray as xr
from cli_runs import said

from twin.studies import busbar, names, question


def test_list_names_every_study_with_its_question():
    told = said("list")
    text = re.sub(r"\s+", " ", told.out)
    assert told.code == 0
    for name in names():
        assert f"{name} {question(name)}" in text


def test_without_a_name_the_studies_are_listed_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = said("study")
    text = re.sub(r"\s+", " ", told.out)
    assert told.code == 0
    assert all(f"{name} {question(name)}" in text for name in names())
    assert not list(tmp_path.iterdir())


def test_a_study_prints_question_answer_and_table_and_writes_both_files(tmp_path):
    told = said("study", "busbar", "--out", str(tmp_path))
    assert told.code == 0
    found = xr.load_dataset(tmp_path / "busbar.nc")
    text = re.sub(r"\s+", " ", told.out)
    assert text.startswith(f"{found.question} {found.answer} ".replace("\u202f", " "))
    rows = told.rows()
    for name in found.feeding.values:
        current = float(found.current_max.sel(feeding=name))
        assert float(rows[name][0].removesuffix(" A")) == pytest.approx(current, rel=5e-4)
    assert rows["feeding"] == ["largest section current", "lowest voltage of the bar", "loss of bar and clips",
                               "copper of the bar"]  # fmt: skip
    assert (tmp_path / "busbar.png").read_bytes()[1:4] == b"PNG"
    assert {path.name for path in tmp_path.iterdir()} == {"busbar.nc", "busbar.png"}


def test_what_is_saved_is_what_the_study_returns(tmp_path, gb300):
    assert said("study", "busbar", "--out", str(tmp_path)).code == 0
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "busbar.nc"), busbar.study(gb300))


def test_a_study_takes_another_system_and_settings(tmp_path):
    settings = ["--system", "gb200-nvl72", "--set", "rack.busbar.rated_current=1500 A"]
    told = said("study", "busbar", *settings, "--out", str(tmp_path))
    assert told.code == 0
    assert "rated 1\u202f500 A" in told.out
    assert "gb200-nvl72" in xr.load_dataset(tmp_path / "busbar.nc").title


def test_a_table_of_two_dimensions_has_a_column_per_value(tmp_path, monkeypatch):
    from twin.studies import cooling_headroom

    whole = cooling_headroom.study
    monkeypatch.setattr(cooling_headroom, "study", lambda spec: whole(spec, (2, 3, 3)))
    told = said("study", "cooling_headroom", "--out", str(tmp_path))
    assert told.code == 0
    assert "at load 0.2" in told.out
    assert "at load 1" in told.out
    assert told.rows()["200 L/min"] == ["50 °C", "50 °C"]
    assert (tmp_path / "cooling-headroom.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["busbr"], "study 'busbr': no such study; there is busbar"),
        (["busbar", "--system", "gb300"], "gb300"),
        (["busbar", "--set", "rack.busbar.rated=1 A"], "no such field"),
        (["busbar", "--set", "nonsense"], "write path=value"),
        (["busbar", "--system", "hgx-h100"], "hgx-h100: has no busbar"),
    ],
)
def test_bad_input_is_one_message_and_nothing_written(tmp_path, arguments, message):
    told = said("study", *arguments, "--out", str(tmp_path / "out"))
    assert told.code == 2
    assert message in told.error
    assert not list(tmp_path.glob("out/*"))


def test_an_earlier_study_is_kept_when_the_next_is_refused(tmp_path):
    kept = tmp_path / "busbar.nc"
    kept.write_text("earlier")
    assert said("study", "busbar", "--system", "hgx-h100", "--out", str(tmp_path)).code == 2
    assert kept.read_text() == "earlier"


@pytest.mark.parametrize("name", ["cooling-headroom", "pump-trip"])
def test_a_setting_that_a_study_would_override_is_refused(tmp_path, name):
    told = said("study", name, "--set", "load.utilization=0.5", "--out", str(tmp_path / "out"))
    assert told.code == 2
    assert "load.utilization is s" in told.error
    assert f"by the study {name}; leave it out" in told.error
    assert not (tmp_path / "out").exists()


def test_a_study_that_refuses_its_system_leaves_no_folder_and_keeps_one_that_was_there(tmp_path):
    (tmp_path / "there").mkdir()
    for out in ("new/deep", "there"):
        assert said("study", "busbar", "--system", "hgx-h100", "--out", str(tmp_path / out)).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_table_has_the_rows_its_study_names_and_says_what_a_dash_means(tmp_path, monkeypatch):
    from twin.studies import broken_cable

    few = broken_cable.study("hgx-h100", 10, draws=2)
    few["bandwidth_per_gpu"][5] = float("nan")
    few.attrs["table"] = few.attrs["table"].replace('{"rows"', '{"dash": "nobody is left", "rows"')
    monkeypatch.setattr(broken_cable, "study", lambda spec: few)
    told = said("study", "broken-cable", "--out", str(tmp_path))
    assert {row for row in told.rows() if row.isdigit()} == {"0", "1", "5", "10"}
    assert "\N{EN DASH}  nobody is left" in told.out
