"""What is wrong with a rack stands on its page: the first warning, shelves out of service or over their rating."""

import numpy as np
import page_checks
import panel_trees
import pytest

from viz import flat_panel, style


def rebuilt(tree, group, dataset):
    parts = {f"/{name}": node.to_dataset() for name, node in tree.children.items()}
    made = type(tree).from_dict({**parts, f"/{group}": dataset})
    made.attrs.update(tree.attrs)
    return made


def texts(figure):
    return [text for text in page_checks.texts(figure) if text.get_text()]


@pytest.fixture
def warned():
    tree = panel_trees.gb300()
    told = "135 kW: 2 634 A on a 1 400 A bar\nshelf-4: 33.6 kW on a shelf rated 33 kW\nmore"
    return rebuilt(tree, "summary", tree["summary"].to_dataset().assign(warnings=((), told)))


def test_the_first_warning_stands_at_the_foot_and_says_how_many_more_there_are(warned):
    (found,) = [text for text in texts(flat_panel(warned)) if text.get_text().startswith("!")]
    assert "2 634 A on a 1 400 A bar" in found.get_text()
    assert found.get_text().endswith("(and 2 more)")
    assert found.get_color() == style.THEMES["light"].alert


def test_a_rack_without_warnings_has_no_mark_at_its_foot():
    assert not [text for text in texts(flat_panel(panel_trees.gb300())) if text.get_text().startswith("!")]


def test_a_warning_longer_than_the_page_is_cut_and_overlaps_nothing(warned):
    summary = warned["summary"].to_dataset().assign(warnings=((), "x" * 30 + " word" * 60))
    assert page_checks.collisions(flat_panel(rebuilt(warned, "summary", summary))) == []


def test_shelves_out_of_service_and_over_their_rating_are_told_apart():
    tree = panel_trees.gb300()
    power = tree["power"].to_dataset()
    serving = np.ones(power.sizes["shelf"], dtype=int)
    serving[-1] = 0
    load = power.shelf_load.copy(data=np.linspace(0.4, 1.2, power.sizes["shelf"]))
    power = power.assign(shelf_load=load).assign_coords(shelf_in_service=("shelf", serving))
    found = {text.get_text(): text.get_color() for text in texts(flat_panel(rebuilt(tree, "power", power)))}
    alert = style.THEMES["light"].alert
    assert found["out of service"] == alert
    over = [colour for told, colour in found.items() if "of rating" in told and colour == alert]
    assert len(over) == int(np.sum(load.values[:-1] > 1))
