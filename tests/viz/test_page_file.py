"""The page as a file: one piece, no way to the network, and exactly the numbers of the result."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re

import numpy as np
import pytest
import trimesh
from page_trees import nvl72_with_shapes, three_boxes_with_shapes

from viz.pages import page
from viz.pages.document import document


@pytest.fixture(scope="module")
def tree():
    return three_boxes_with_shapes()


@pytest.fixture(scope="module")
def text(tree):
    return document(tree, "light")


def block(text, name):
    (found,) = re.findall(rf'<script type="application/gzip" id="{name}">([^<]*)</script>', text)
    return gzip.decompress(base64.b64decode(found))


@pytest.fixture(scope="module")
def data(text):
    return json.loads(block(text, "numbers"))


def row(data, kind, caption):
    (found,) = [each for each in data["card"][kind] if each["caption"] == caption]
    names = [n for n, k in zip(data["part"]["name"], data["part"]["kind"], strict=True) if k == kind]
    return dict(zip(names, found["values"], strict=True)), found["unit"]


# One piece, offline


def own(text):
    """The page without its data, the library and its licence."""
    return re.sub(r"<pre>.*?</pre>", "", re.sub(r"<script.*?</script>", "", text, flags=re.S), flags=re.S)


def test_the_page_names_nothing_to_load(text):
    assert not re.findall(r"""<(?:link|img|iframe|object|embed|base)\b|\bsrc=|\bhref=|@import|url\(""", own(text))
    assert set(re.findall(r"https?://[\w./-]+", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S))) <= {
        "http://www.w3.org/1999/xhtml",  # a namespace, not a place
    }


def test_a_page_that_would_load_something_is_recognised(text):
    worse = text.replace("</head>", '<link rel="stylesheet" href="fonts.css"></head>')
    assert re.findall(r"<link\b", own(worse))


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(text):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    script, style = (
        re.findall(r"<script>(.*)</script>", text, re.S)[0],
        re.findall(r"<style>(.*?)</style>", text, re.S)[0],
    )
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (script, style)]
    assert policy.startswith("default-src 'none';")
    assert re.findall(r"'sha256-([^']*)'", policy) == hashes
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_licence_of_the_library_is_in_the_page(text):
    assert "Copyright © 2010-2026 three.js authors" in text
    assert "Permission is hereby granted, free of charge" in text


def test_a_title_cannot_break_out_of_the_page(tree):
    wicked = tree.copy()
    wicked.attrs["system_title"] = "<script>alert(1)</script>"
    assert "<script>alert" not in own(document(wicked, "light"))
    assert "&lt;script&gt;alert(1)" in document(wicked, "light")


def test_identical_results_give_identical_bytes(tree, tmp_path):
    for name in ("one.html", "two.html"):
        page(tree, tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.html", "two.html"}


def test_the_theme_is_how_the_page_opens(tree):
    assert '<html lang="en" data-theme="dark"' in document(tree, "dark")


def test_the_headline_stands_in_the_page_without_any_script(text):
    plain = own(text).replace("\u00a0", " ").replace("\u202f", " ")
    assert re.search(r"<h2>Hottest die</h2><p>75.0 °C</p>", plain)
    assert re.search(r"<h2>Rack power</h2><p>4.6 kW</p>", plain)


# Exactly the numbers of the result


def test_every_junction_temperature_is_that_of_the_result(tree, data):
    thermal = tree["thermal"].to_dataset()
    for kind in ("gpu", "cpu", "switch"):
        values, unit = row(data, kind, "Die mean")
        assert unit == "°C"
        for name, shown in values.items():
            assert shown == pytest.approx(float(thermal.junction_temperature.sel(chip=name)) - 273.15, rel=1e-8)


def test_cards_are_in_trade_units(data):
    assert row(data, "compute tray", "Heat into coolant") == ({"compute-01": 3000.0}, "W")
    assert row(data, "compute tray", "Bus voltage") == ({"compute-01": 49.96}, "V")
    assert row(data, "shelf", "Load") == ({"shelf-1": 25.0}, "%")
    assert row(data, "shelf", "Output") == ({"shelf-1": 4.5}, "kW")
    assert row(data, "busbar", "Current, + down") == ({"bus-section-0": 90.0, "bus-section-1": 20.0}, "A")
    assert row(data, "busbar", "of its rating") == ({"bus-section-0": 112.5, "bus-section-1": 25.0}, "%")
    assert row(data, "link", "Load, busier direction")[0]["link-3"] == pytest.approx(40.0)
    assert row(data, "supply", "Flow") == ({"supply header": 6.0}, "L/min")


def value(data, field, name):
    return data["field"][field]["values"][data["part"]["name"].index(name)]


def test_each_field_has_a_value_exactly_where_the_result_has_one(data):
    assert list(data["field"]) == ["load", "temperature", "headroom", "current", "coolant"]
    assert value(data, "load", "link-3") == pytest.approx(40.0)
    assert value(data, "load", "compute-01/gpu-1") == pytest.approx(40.0)  # its busiest link
    assert value(data, "load", "compute-01/cpu-0") is None
    assert value(data, "temperature", "compute-01/gpu-1") == pytest.approx(75.0)
    assert value(data, "temperature", "compute-01") is None
    assert value(data, "current", "bus-section-0") == 90.0
    assert value(data, "coolant", "supply header") == pytest.approx(45.0)
    assert value(data, "coolant", "compute-01/supply") == pytest.approx(45.0)


def test_headroom_is_the_distance_to_the_nearest_limit_of_the_chip(data):
    assert value(data, "headroom", "compute-01/gpu-1") == pytest.approx(85.0 - 75.0)  # die mean at most 85 °C
    assert value(data, "headroom", "switch-1/asic-0") == pytest.approx(35.0)


def test_scales_reach_over_their_values_and_name_the_limit(data):
    for field in data["field"].values():
        known = [v for v in field["values"] if v is not None]
        assert field["low"] <= min(known) <= max(known) <= field["high"]
    assert data["field"]["temperature"]["limit"]["value"] == pytest.approx(85.0)
    assert data["field"]["current"]["limit"]["value"] == 80.0
    assert data["field"]["load"]["limit"] is None


def test_links_say_what_they_connect(data):
    assert data["ends"][2] == "compute-01/gpu-1 – switch-1/asic-0"


def test_the_map_of_a_chip_is_its_active_face(data):
    (chip,) = data["map"]
    assert chip == "compute-01/gpu-1"
    assert data["map"][chip]["values"] == [None, 68.0, 69.0, 70.0, 71.0, 72.0]
    assert data["map"][chip]["x"] == [0.0, 20.0, 50.0, 70.0]


def test_shapes_are_a_glb_and_the_centre_lines_of_all_cables(tree, text, data):
    found = block(text, "shapes")
    model = trimesh.load(io.BytesIO(found[: data["model_bytes"]]), file_type="glb")
    assert "compute tray" in model.geometry
    cable = data["cable"]
    grid = np.frombuffer(found[data["model_bytes"] :], "<u2")
    point = grid[: 3 * cable["count"] * cable["nodes"]].reshape(-1, 3) * cable["step"] + cable["origin"]
    wanted = tree["geometry"]["tube_point"].values[: len(point)]
    assert np.stack([point[:, 0], -point[:, 2], point[:, 1]], -1) == pytest.approx(wanted, abs=1e-5)
    names = [data["part"]["name"][i] for i in grid[3 * cable["count"] * cable["nodes"] :]]
    assert names == [f"link-{i}" for i in range(5)]


# What may be absent, and what may not


def test_without_limits_there_is_no_headroom_and_no_mark(tree):
    bare = tree.copy()
    bare.attrs.pop("spec")
    data = json.loads(block(document(bare, "light"), "numbers"))
    assert "headroom" not in data["field"]
    assert data["field"]["temperature"]["limit"] is None


def test_without_a_chip_field_there_is_no_map(tree):
    data = json.loads(block(document(tree.drop_nodes("package"), "light"), "numbers"))
    assert data["map"] == {}


@pytest.mark.parametrize("group", ["geometry", "topology", "thermal", "power", "summary"])
def test_a_missing_group_is_named(tree, group):
    with pytest.raises(ValueError, match=f"no group /{group}"):
        document(tree.drop_nodes(group), "light")


def test_a_variable_in_a_strange_unit_is_refused(tree):
    wrong = tree.copy(deep=True)
    wrong["thermal"]["tray_liquid_heat"].attrs["units"] = "kW"
    with pytest.raises(ValueError, match="/thermal/tray_liquid_heat has units 'kW': must be 'W'"):
        document(wrong, "light")


def test_an_unknown_theme_is_refused(tree, tmp_path):
    with pytest.raises(ValueError, match="theme = 'sepia'"):
        page(tree, tmp_path / "rack.html", theme="sepia")


def test_a_missing_folder_is_an_error_and_an_old_page_survives_a_failure(tree, tmp_path):
    with pytest.raises(FileNotFoundError):
        page(tree, tmp_path / "none" / "rack.html")
    old = tmp_path / "rack.html"
    old.write_text("old")
    with pytest.raises(ValueError, match="no group"):
        page(tree.drop_nodes("power"), old)
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


# A whole rack


@pytest.fixture(scope="module")
def rack(tmp_path_factory):
    path = tmp_path_factory.mktemp("rack") / "rack.html"
    page(nvl72_with_shapes(), path)
    return path


def test_a_rack_with_5184_cables_is_a_page_of_less_than_six_megabytes(rack):
    assert rack.stat().st_size < 6e6
    data = json.loads(block(rack.read_text(), "numbers"))
    assert data["cable"]["count"] == 5184
    assert len(data["ends"]) == 1296
