"""The page in a headless browser: it opens in silence, turns, is picked from, changes view and colour, and reads aloud.

Skipped, saying so, where Chromium or Playwright is missing. WebGL is the software renderer that Chromium brings along.
"""

from __future__ import annotations

import io
import shutil
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread
from page_trees import node_with_shapes, nvl72_with_shapes, three_boxes_with_shapes

from viz.pages import page

_WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="no browser test: pip install playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser test: apt-get install chromium")
    with api.sync_playwright() as playwright:

        def launch(*flags):
            return playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *flags])

        yield launch


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "rack.html"
    page(three_boxes_with_shapes(), path)
    return path


def opened(browser, file):
    """The page, with what it says on the console and what it asks for."""
    context = browser.new_context(viewport={"width": 780, "height": 460}, reduced_motion="reduce")
    shown = context.new_page()
    shown.said, shown.asked = [], []
    shown.on("console", lambda message: shown.said.append(message.text))
    shown.on("pageerror", lambda error: shown.said.append(str(error)))
    shown.on("request", lambda request: shown.asked.append(request.url))
    shown.goto(file.as_uri())
    shown.wait_for_selector(":root:not([data-state=loading])", state="attached")
    return shown


@pytest.fixture(scope="module")
def shared(chromium, file):
    browser = chromium(*_WEBGL)
    shown = opened(browser, file)
    if shown.evaluate("document.documentElement.dataset.state") == "flat":
        pytest.skip("no browser test: this Chromium has no WebGL 2")
    yield shown
    browser.close()


@pytest.fixture
def rack(shared):
    """The open page, as it starts."""
    shared.evaluate(
        "document.activeElement.blur(); Object.assign(rack.state, { theme: 'light', part: null }); rack.setView('rear')"
    )
    settle(shared)
    return shared


def settle(shown):
    """Until two pictures in a row are drawn and nothing moves."""
    shown.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pixels(shown):
    settle(shown)
    return imread(io.BytesIO(shown.locator("#canvas").screenshot()))[..., :3]


def differs(one, other):
    """Share of the pixels that changed visibly."""
    return float((np.abs(one - other).max(axis=2) > 0.05).mean())


def card(shown):
    """Rows of the card, by caption."""
    rows = shown.locator("#card dl > div").all_inner_texts()
    return {key: value.replace("\u00a0", " ") for key, value in (row.split("\n") for row in rows)}


def click(shown, name):
    place = shown.evaluate(f"rack.where({name!r})")
    shown.mouse.click(place["x"], place["y"])
    settle(shown)


def test_it_opens_in_silence_and_asks_for_nothing_but_itself(shared, file):
    assert shared.evaluate("document.documentElement.dataset.state") == "ready"
    assert shared.said == []
    assert shared.asked == [file.as_uri()]


def test_the_policy_stops_what_would_reach_out(rack):
    blocked = rack.evaluate("fetch('https://example.org').then(() => 'reached', (error) => error.name)")
    assert blocked == "TypeError"
    assert any("Content Security Policy" in line for line in rack.said)
    rack.said.clear()


def test_something_is_drawn_and_a_drag_turns_it(rack):
    before = pixels(rack)
    assert before.std() > 0.05
    still = pixels(rack)
    assert differs(before, still) == 0.0
    rack.mouse.move(450, 340)
    rack.mouse.down()
    rack.mouse.move(570, 340, steps=2)
    rack.mouse.up()
    rack.mouse.move(5, 5)
    assert differs(before, pixels(rack)) > 0.02


def test_keys_turn_zoom_and_reset(rack):
    at = "rack.stage.camera.position.toArray().map((x) => +x.toFixed(6))"
    home = rack.evaluate(at)
    rack.keyboard.press("ArrowLeft")
    turned = rack.evaluate(at)
    rack.keyboard.press("+")
    near = rack.evaluate(at)
    assert turned != home != near != turned
    rack.keyboard.press("r")
    settle(rack)
    assert rack.evaluate(at) == pytest.approx(home, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "view", "caption", "value"),
    [
        ("compute-01/gpu-1", "tray", "Die mean", "75.0 °C"),
        ("compute-01/cpu-0", "tray", "Die mean", "60.0 °C"),
        ("bus-section-0", "electrical", "of its rating", "112.5 %"),
    ],
)
def test_a_click_on_a_part_opens_the_card_with_its_numbers(rack, name, view, caption, value):
    rack.evaluate(f"rack.setView({view!r})")
    settle(rack)
    click(rack, name)
    assert rack.locator("#card h2").inner_text() == name
    assert card(rack)[caption] == value


def test_a_click_on_a_cable_says_what_it_connects(rack):
    click(rack, "link-3")
    assert rack.locator("#card p").inner_text().startswith("NVLink link")
    name = rack.locator("#card h2").inner_text()
    assert name.endswith("– switch-1/asic-0")
    assert card(rack)["Load, busier direction"] in {"10.0 %", "20.0 %", "30.0 %", "40.0 %", "35.0 %"}


def test_a_click_beside_the_rack_lets_go(rack):
    rack.evaluate("rack.pick(rack.data.byName.get('shelf-1'))")
    assert rack.locator("#card").is_visible()
    rack.mouse.click(700, 450)
    assert not rack.locator("#card").is_visible()


def test_the_pointer_names_what_it_is_over(rack):
    rack.evaluate("rack.setView('tray')")
    settle(rack)
    place = rack.evaluate("rack.where('compute-01/gpu-0')")
    rack.mouse.move(place["x"], place["y"])
    settle(rack)
    assert rack.locator("#tip").text_content().replace("\u00a0", " ") == "compute-01/gpu-070.0 °C"


def test_the_search_finds_a_part_and_shows_it(rack):
    rack.keyboard.press("/")
    rack.keyboard.type("asic-0")
    assert rack.locator("#found li").first.inner_text().startswith("switch-1/asic-0")
    rack.keyboard.press("Enter")
    settle(rack)
    assert rack.locator("#card h2").inner_text() == "switch-1/asic-0"
    assert card(rack)["Die mean"] == "50.0 °C"


def test_buttons_switch_the_view_and_the_picture(rack):
    seen = [pixels(rack)]
    for name in ("Section", "Tray", "Electrical"):
        button = rack.locator("#views button", has_text=name)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        rack.mouse.move(5, 5)
        seen.append(pixels(rack))
    assert all(differs(one, other) > 0.02 for one, other in pairwise(seen))


def test_a_colour_changes_the_picture_and_the_scale_with_its_unit_and_limit(rack):
    rack.evaluate("rack.setView('section')")
    before = pixels(rack)
    rack.locator("#colours button", has_text="Headroom").click()
    rack.mouse.move(5, 5)
    assert differs(before, pixels(rack)) > 0.001
    scale = rack.locator("#scale").inner_text().replace("\u00a0", " ")
    assert "/ K" in scale
    assert "at the limit" in scale
    rack.locator("#colours button", has_text="Junction").click()
    assert "limit 85 °C" in rack.locator("#ticks").inner_text().replace("\u00a0", " ")


def test_the_worst_part_is_named_beside_the_rack(rack):
    rack.evaluate("rack.setView('tray')")
    settle(rack)
    words = rack.locator("#labels").inner_text().replace("\u00a0", " ")
    assert "75.0 °C" in words
    assert "compute-01/gpu-1" in words


def test_dark_is_dark(rack):
    light = pixels(rack)
    rack.keyboard.press("t")
    assert pixels(rack)[0].mean() < 0.3 < light[0].mean()


def test_the_chip_with_a_field_shows_its_map(rack):
    rack.evaluate("rack.show(rack.data.byName.get('compute-01/gpu-1'))")
    words = rack.locator("#card figure").inner_text().replace("\u00a0", " ")
    assert "70 × 70 mm" in words
    assert "68.0 °C" in words
    assert "72.0 °C" in words


def test_the_table_sorts_and_leads_back_to_the_part(rack):
    rack.keyboard.press("n")
    first = rack.locator("#table tbody tr").first
    rack.locator("#table th button", has_text="Die mean").click()
    assert first.inner_text().split("\t")[:2] == ["compute-01/gpu-1", "75.0"]
    first.locator("button").click()
    assert rack.locator("#card h2").inner_text() == "compute-01/gpu-1"


def test_nothing_was_said_or_asked_for_meanwhile(rack, file):
    assert rack.said == []
    assert set(rack.asked) <= {file.as_uri(), "https://example.org/"}


@pytest.fixture(scope="module")
def another(shared, tmp_path_factory):
    """Opens the page of another tree in the same browser."""
    folder = tmp_path_factory.mktemp("others")

    def opening(tree):
        path = folder / f"{tree.__name__}.html"
        page(tree(), path)
        return opened(shared.context.browser, path)

    return opening


@pytest.fixture(scope="module")
def node(another):
    return another(node_with_shapes)


def resized(shown, width, height):
    shown.set_viewport_size({"width": width, "height": height})
    settle(shown)


def pins(shown):
    """Where each label beside the rack points, on the page, and what it names."""
    frame = shown.locator("#canvas").bounding_box()
    circles = shown.locator("#leaders circle").all()
    places = [[float(circle.get_attribute(axis)) for axis in ("cx", "cy")] for circle in circles]
    names = shown.locator("#labels .label:not(.group):not(.end) span").all_inner_texts()
    return [(name, x + frame["x"], y + frame["y"]) for name, (x, y) in zip(names, places, strict=True)]


@pytest.mark.parametrize("view", ["section", "tray", "electrical"])
def test_each_label_points_at_the_part_it_names(node, view):
    resized(node, 1000, 640)
    node.evaluate(f"rack.setView({view!r})")
    settle(node)
    found = pins(node)
    assert found
    for name, x, y in found:
        node.mouse.move(x, y)
        settle(node)
        assert node.locator("#tip").text_content().startswith(name)


def test_a_section_leaves_out_the_chips_before_the_cut_and_search_opens_their_tray(node):
    node.evaluate("rack.setView('section')")
    drawn = "rack.stage.meshes[{!r}].geometry.index.count"
    assert node.evaluate(drawn.format("switch")) == 0
    assert node.evaluate(drawn.format("gpu")) == 2 * 36
    node.evaluate("rack.show(rack.data.byName.get('switch-1/asic-0'))")
    assert node.evaluate("rack.state.view") == "tray"
    assert node.evaluate(drawn.format("switch")) == 36
    node.evaluate("rack.pick(null)")


def test_the_tray_that_opens_is_that_of_the_hottest_chip_of_any_kind(node):
    node.reload()
    node.wait_for_selector(":root[data-state=ready]", state="attached")
    node.keyboard.press("3")
    assert node.locator("#stepper output").inner_text() == "switch-1"


@pytest.mark.slow
def test_the_links_that_are_named_belong_to_three_gpus(another):
    shown = another(nvl72_with_shapes)
    resized(shown, 1200, 700)
    names = [name.split(" \u2013 ")[0] for name, *_ in pins(shown)]
    assert len(set(names)) == 3
    use = shown.evaluate("rack.labels.map(({ part }) => rack.data.field.load.values[part])")
    assert sorted(use, reverse=True) == use
    assert use[0] == shown.evaluate(
        "Math.max(...rack.data.ofKind.link.map((part) => rack.data.field.load.values[part]))"
    )
    shown.context.close()


OUTSIDE = """[...document.querySelectorAll("h1, header *, #panel *, #stepper *, #labels *, #warnings *")]
    .filter((one) => one.checkVisibility() && !one.children.length && one.textContent.trim())
    .filter((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        const hidden = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== "visible";
        return hidden || left < -0.5 || top < -0.5 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5;
    })
    .map((one) => one.textContent)"""


@pytest.mark.parametrize("size", [(1440, 900), (1199, 800), (1000, 640), (1000, 540), (780, 640)])
def test_all_that_is_written_stays_in_the_window_and_whole(node, size):
    resized(node, *size)
    title = "NVIDIA HGX H100 node, liquid-cooled variant: 8 Hopper GPUs, NVLink 4"
    node.evaluate("(title) => (document.querySelector('h1').textContent = title)", title)
    node.evaluate("rack.setView('tray')")
    settle(node)
    assert node.evaluate(OUTSIDE) == []
    scale, panel = (node.locator(name).bounding_box() for name in (".bar", "#panel"))
    assert scale["height"] >= 40
    assert scale["y"] + scale["height"] <= panel["y"] + panel["height"] + 1


def test_a_title_that_is_cut_would_be_seen(node):
    resized(node, 1000, 640)
    node.evaluate("document.querySelector('h1').style.cssText = 'width: 90px; overflow: hidden; white-space: nowrap'")
    (cut,) = node.evaluate(OUTSIDE)
    assert cut == node.locator("h1").text_content()
    node.evaluate("document.querySelector('h1').style.cssText = ''")


def test_without_webgl_it_says_so_and_shows_the_numbers(chromium, file):
    browser = chromium("--disable-gpu", "--disable-3d-apis")
    shown = opened(browser, file)
    assert shown.evaluate("document.documentElement.dataset.state") == "flat"
    assert "no WebGL 2" in shown.locator("#reason").inner_text()
    assert "compute-01/gpu-1\t75.0" in shown.locator("#table").inner_text()
    assert shown.said == []
    browser.close()
