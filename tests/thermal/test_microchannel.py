"""The published microchannel cases: they pass with that tool's conventions, and only with them."""

import numpy as np
import pytest

from thermal.volumes.channels import fill_coolant
from thermal.volumes.conduction import conduction
from thermal.volumes.steady import solve_steady
from thermal.volumes.streams import coolant_heat
from twin.validate import microchannel
from twin.validate.microchannel import channel_stack, solid_stack, t1, t2, t3


@pytest.mark.parametrize("rows", [t1, t3])
def test_the_steady_rows_pass(rows):
    assert [row.passed for row in rows(None)] == [True, True]


def test_the_transient_row_passes_and_says_what_it_lacks(reference):
    assert [row.passed for row in t2(reference)] == [True, True]
    assert [row.passed for row in t2(reference / "thermal")] == [None]


def test_without_reference_data_the_transient_row_is_skipped():
    (row,) = t2(None)
    assert row.passed is None
    assert "microchannel_4rm_transient.csv" in row.source


def test_coolant_without_heat_capacity_fails_the_published_transient(reference, monkeypatch):
    grid, case = channel_stack()
    instant = case.streams._replace(capacity=np.zeros_like(case.streams.capacity))
    monkeypatch.setattr(microchannel, "channel_stack", lambda: (grid, case._replace(streams=instant)))
    assert not any(row.passed for row in t2(reference))


def test_nodes_at_mid_height_fail_the_published_figures(monkeypatch):
    monkeypatch.setattr(microchannel, "_with_outer_nodes", lambda solid, *_: solid)
    passed = [row.passed for row in [*t1(None), *t3(None)]]
    assert passed == [True, False, False, True]  # the dies cooled on their far side hardly feel it


def test_the_box_scheme_fails_the_published_figures_by_little(monkeypatch):
    grid, case = channel_stack()
    box = case._replace(streams=case.streams._replace(central=False))
    monkeypatch.setattr(microchannel, "channel_stack", lambda: (grid, box))
    rows = t1(None)
    assert not all(row.passed for row in rows)
    assert all(abs(row.ours - row.reference) < 0.1 for row in rows)


def test_swapped_films_above_and_below_fail_the_published_figures(monkeypatch):
    film = microchannel._FILM
    monkeypatch.setattr(microchannel, "_FILM", film._replace(top=film.bottom, bottom=film.top))
    assert not any(row.passed for row in t1(None))


def test_the_channels_carry_off_the_power_of_both_dies():
    grid, case = channel_stack()
    heat = microchannel._die_heat(grid, {"A": 12.5, "D": 12.5})
    assert heat.sum() == pytest.approx(50.0, rel=1e-12)
    found = solve_steady(case.solid, heat, case.streams, tolerance=1e-11)
    assert coolant_heat(case.streams, found.coolant) == pytest.approx(50.0, rel=1e-8)


def test_central_differences_undershoot_the_inlet_and_the_box_scheme_does_not():
    grid, case = channel_stack()
    heat = microchannel._die_heat(grid, {"A": 12.5, "D": 12.5})
    coldest = {}
    for central in (True, False):
        streams = case.streams._replace(central=central)
        found = solve_steady(case.solid, heat, streams)
        coldest[central] = fill_coolant(case, found.temperature, found.coolant).min()
    assert coldest[True] < 300 <= coldest[False]


def test_only_the_conductances_at_the_outer_nodes_differ_from_the_products():
    grid, solid = solid_stack()
    ours = conduction(grid, np.full(grid.shape, 130.0))
    assert (solid.z[1:] == ours.z[1:]).all()
    assert solid.z[0] / ours.z[0] == pytest.approx(25 / 26, rel=1e-12)  # 1 + 24 µm of silicon become 2 + 24
    assert (solid.x == ours.x).all()
    assert (solid.y == ours.y).all()
