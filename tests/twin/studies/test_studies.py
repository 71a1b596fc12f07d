"""The convention: every study is found by name, asks in its docstring, and returns what the command and viz read."""

import subprocess
import sys
from pathlib import Path

import pytest

from twin import studies
from twin.spec.errors import SpecError

EXPECTED = {
    "broken-cable",
    "broken-links",
    "busbar",
    "cooling-headroom",
    "copper",
    "copper-or-optics",
    "fabric",
    "grid-flex",
    "heat-reuse",
    "orbit",
    "power-swings",
    "pump-trip",
    "setpoint",
    "siting",
    "uncertainty",
}


def test_every_file_is_a_study_and_private_ones_are_not():
    assert set(studies.names()) >= EXPECTED
    assert not any(name.startswith(("_", "-")) for name in studies.names())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_study_is_found_by_either_spelling_and_asks_a_question(name):
    module = studies.find(name)
    assert studies.find(name.replace("-", "_")) is module
    assert callable(module.study)
    assert studies.question(name).endswith("?")


def test_an_unknown_study_lists_near_names():
    with pytest.raises(SpecError, match=r"study 'coolin_headroom': no such study; there is cooling-headroom"):
        studies.find("coolin_headroom")
    with pytest.raises(SpecError, match="busbar, cooling-headroom"):
        studies.find("xyz")


def test_a_study_of_two_paths_up_is_not_importable():
    with pytest.raises(SpecError, match="no such study"):
        studies.find("../spec")


def test_the_package_imports_no_numerics():
    code = "import sys, twin.studies; print(sorted({'numpy', 'xarray', 'scipy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_gallery_shows_every_study_with_its_words_picture_and_text():
    page = (Path(__file__).parents[3] / "docs" / "gallery.md").read_text()
    for name in studies.names():
        assert f"_build/gallery/{name}.md" in page
        assert f"_build/gallery/{name}.png" in page
        assert f"twin/studies/{name.replace('-', '_')}.py" in page
