"""`twin render`: the picture is where it was asked for, in the size asked for; bad input is one clear message."""

import numpy as np
import pytest
import typer
from matplotlib.image import imread
from typer.testing import CliRunner

import twin
import viz
from twin.cli.render import render
from twin.result.io import write_tree
from twin.spec.errors import SpecError

pytest.importorskip("pyvista", reason="pyvista is not installed: no 3-D scenes")

from viz import window

missing = window.problem()
needs_window = pytest.mark.skipif(missing is not None, reason=f"3-D pictures are not tested: {missing}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A saved result without fields."""
    place = tmp_path_factory.mktemp("result")
    write_tree(twin.solve(twin.load("hgx-h100")), place / "twin.nc")
    return place


def run(*words):
    app = typer.Typer()
    app.command()(render)
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)
    if isinstance(done.exception, SpecError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@needs_window
def test_the_picture_lies_beside_the_result_in_the_size_asked_for(folder):
    said = run(folder, "--size", "480x320")
    assert f"wrote {folder / 'rack.png'}" in said
    assert imread(folder / "rack.png").shape[:2] == (320, 480)


@needs_window
def test_another_view_field_and_theme_make_another_picture_under_their_own_name(folder):
    run(folder, "--view", "section", "--colour", "headroom", "--theme", "dark", "--size", "480x320")
    light = imread(folder / "section.png")
    np.testing.assert_allclose(light[2, 2, :3], np.array([0x11, 0x16, 0x1D]) / 255, atol=0.01)


@needs_window
def test_a_view_that_has_no_such_field_is_told(folder):
    said = run(folder, "--view", "rear,section", "--colour", "temperature", "--size", "480x320")
    assert "view rear has no field temperature and shows load" in said


@needs_window
def test_out_names_the_file(folder, tmp_path):
    run(folder / "twin.nc", "--view", "rear", "--size", "480x320", "--out", tmp_path / "new" / "mine.png")
    assert (tmp_path / "new" / "mine.png").is_file()


def test_without_a_window_the_flat_picture_is_written_and_the_package_named(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(window, "problem", lambda: "no OpenGL on this machine: install libegl1")
    said = run(folder, "--out", tmp_path / "rack.png")
    assert "install libegl1" in said
    assert (tmp_path / "rack.png").stat().st_size > 10_000


def test_html_is_written_by_the_page_of_the_viewer(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(viz, "page", lambda tree, path, theme: path.write_text(f"{theme} {tree.attrs['title']}"), False)
    run(folder, "--html", "--theme", "dark", "--out", tmp_path / "rack.html")
    assert (tmp_path / "rack.html").read_text() == "dark hgx-h100"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--view", "raer"), "view = 'raer': no such view; did you mean rear"),
        (("--view", "onelin"), "did you mean oneline? there is rear, section, tray, electrical, oneline"),
        (("--view", ""), "--view = '': no such view"),
        (("--view", "rear,oneline"), "--view oneline: it is one drawing"),
        (("--view", "oneline", "--colour", "load"), "leave out other views and --colour"),
        (("--colour", "lod"), "colour = 'lod': no such field in rear and section; did you mean load"),
        (("--view", "rear, rear"), "views = rear,rear: rear stands twice; name each view once"),
        (("--theme", "sepia"), "theme = 'sepia': must be one of light, dark"),
        (("--size", "large"), "--size 'large': write WIDTHxHEIGHT in pixels, for example 2000x1300"),
        (("--size", "20x20"), "size = 20x20: must be 320x240 to 8000x6000 pixels"),
        (("--view", "tray"), "the result has no group /package, the fields inside chips"),
        (("--html", "--view", "tray"), "--html: the page has every view and colour; leave out --view"),
        (("--out", "picture.gif"), "--out picture.gif: must end in .png, .pdf, .svg"),
        (("--out", "/proc/nowhere/rack.png"), "--out /proc/nowhere: cannot be written"),
    ],
)
def test_bad_input_is_one_message(folder, words, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as told:
        run(folder, *words)
    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"holds no twin\.nc; twin run SYSTEM --out .* writes one"):
        run(tmp_path, "--size", "480x320")
    (tmp_path / "twin.nc").write_text("no netCDF")
    with pytest.raises(SpecError, match="cannot be read as a result"):
        run(tmp_path, "--size", "480x320")
    (tmp_path / "rack.png").write_text("a picture")
    with pytest.raises(SpecError, match=r"rack\.png: is no result; give its folder, or twin\.nc"):
        run(tmp_path / "rack.png")


def test_an_unknown_view_is_refused_before_a_system_is_solved_for_it(monkeypatch):
    monkeypatch.setattr("twin.couple.solve.solve", lambda *_: pytest.fail("solved"))
    with pytest.raises(SpecError, match="no such view; did you mean rear"):
        run("hgx-h100", "--view", "reer")
