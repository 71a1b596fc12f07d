"""Sheets: squares in a row, a field made to order, the endless grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.sheet import sheet_faces, solve_sheet


def one_source(shape, at=(0, 0), ohm=0.0):
    series = np.full(shape, np.inf)
    series[at] = ohm
    return series


def point_loads(shape, *loads):
    drawn = np.zeros(shape)
    for at, amperes in loads:
        drawn[at] += amperes
    return drawn


def net_outflow(found, load):
    """What leaves each cell, less what it is fed, over the load."""
    out = load - found.source_current
    out[:, :-1] += found.current_x
    out[:, 1:] -= found.current_x
    out[:-1] += found.current_y
    out[1:] -= found.current_y
    return np.abs(out).max() / np.abs(load).max()


def test_a_strip_counts_its_squares():
    """Cells 2 x 1: nine faces of two squares each."""
    load = np.zeros((3, 10))
    load[:, -1] = 10.0
    series = np.full((3, 10), np.inf)
    series[:, 0] = 0.0
    found = solve_sheet(np.full((3, 10), 1e-3), (0.02, 0.01), load, 50.0, series)
    assert found.voltage[:, -1] == pytest.approx(50 - 10 * 9 * 2e-3, rel=1e-13)
    assert found.loss == pytest.approx(3 * 10**2 * 9 * 2e-3, rel=1e-10)


def test_two_materials_in_series_meet_at_the_face():
    faces_x, faces_y = sheet_faces([[1e-3, 3e-3], [1e-3, 3e-3]], (1.0, 1.0))
    assert faces_x.tolist() == [[2e-3], [2e-3]]
    assert faces_y.tolist() == [[1e-3, 3e-3]]


@pytest.mark.parametrize(("step", "squares"), [((0, 1), 1 / 2), ((1, 1), 2 / np.pi), ((0, 2), 2 - 4 / np.pi)])
def test_a_large_grid_has_the_resistances_of_the_endless_one(step, squares):
    """Between a node and its neighbour, diagonal neighbour and next but one; 61 x 61 is endless to 2 in 1 000."""
    n, middle = 61, 30
    far = middle + step[0], middle + step[1]
    shape = (n, n)
    found = solve_sheet(np.ones(shape), (1.0, 1.0), point_loads(shape, (far, 1.0)), 0.0, one_source(shape, (30, 30)))
    assert -found.voltage[far] == pytest.approx(squares, rel=2e-3)


def cosine_error(n):
    """V = cos(pi x) cos(pi y) on a unit square: load per area 2 pi^2 V, no flow through the edges."""
    x = (np.arange(n) + 0.5) / n
    exact = np.cos(np.pi * x[:, None]) * np.cos(np.pi * x)
    load = -2 * np.pi**2 * exact / n**2
    found = solve_sheet(np.ones((n, n)), (1 / n, 1 / n), load, exact[0, 0], one_source((n, n)))
    return np.abs(found.voltage - found.voltage.mean() - exact).max()


def test_the_error_falls_with_the_square_of_the_pitch():
    assert np.log2(cosine_error(32) / cosine_error(64)) == pytest.approx(2, abs=0.1)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_what_enters_a_cell_leaves_it_and_all_power_is_found_again(seed):
    rng = np.random.default_rng(seed)
    metal = 10 ** rng.uniform(-4, -2, (6, 7))
    load = rng.uniform(0, 10, (6, 7))
    series = np.where(rng.random((6, 7)) < 0.2, 1e-3, np.inf)
    series[0, 0] = 1e-3
    found = solve_sheet(metal, (0.01, 0.02), load, 50.0, series)
    assert net_outflow(found, load) < 1e-9
    assert net_outflow(found._replace(current_x=found.current_x * (1 + 1e-6)), load) > 1e-9
    behind = np.where(np.isfinite(series), series, 0) * found.source_current**2
    fed = 50.0 * found.source_current.sum()
    assert fed == pytest.approx((found.voltage * load).sum() + found.loss + behind.sum(), rel=1e-11)


def test_current_goes_around_a_slot_and_the_slot_has_no_voltage():
    metal = np.full((5, 9), 1e-3)
    metal[1:, 4] = np.inf
    shape = metal.shape
    load = point_loads(shape, ((4, 8), 100.0))
    found, whole = (
        solve_sheet(sheet, (0.01, 0.01), load, 50.0, one_source(shape, (4, 0)))
        for sheet in (metal, np.full(shape, 1e-3))
    )
    assert np.isnan(found.voltage[1:, 4]).all() and np.isfinite(found.voltage[0]).all()
    assert found.current_x[0, 3] == pytest.approx(100.0)
    assert found.voltage[4, 8] < whole.voltage[4, 8] - 0.1


def test_a_batch_of_loads_shares_one_sheet():
    shape, rng = (4, 5), np.random.default_rng(1)
    load = rng.uniform(0, 1, (3, 2, *shape))
    series = one_source(shape, (1, 1), 1e-3)
    found = solve_sheet(np.ones(shape), (1.0, 1.0), load, 5.0, series)
    alone = solve_sheet(np.ones(shape), (1.0, 1.0), load[2, 1], 5.0, series)
    np.testing.assert_allclose(found.voltage[2, 1], alone.voltage, rtol=1e-12)
    assert found.loss.shape == (3, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sheet_resistance": [[1.0, -1.0]]}, r"sheet_resistance: must be \(ny, nx\) and > 0 ohm"),
        ({"pitch": (0.0, 1.0)}, r"pitch = \(0.0, 1.0\): must be two lengths > 0 m"),
        ({"load_current": [1.0]}, r"load_current \(1,\): must end in \(1, 2\)"),
        ({"sheet_resistance": [[1.0, np.inf]]}, r"in a cell without metal"),
        ({"source_resistance": [[np.inf, np.inf]]}, r"floating nodes"),
    ],
)
def test_a_bad_sheet_is_refused(change, message):
    valid = {
        "sheet_resistance": [[1.0, 1.0]],
        "pitch": (1.0, 1.0),
        "load_current": [[0.0, 1.0]],
        "source_voltage": 5.0,
        "source_resistance": [[0.0, np.inf]],
    }
    assert solve_sheet(**valid).voltage.tolist() == [[5.0, 4.0]]
    with pytest.raises(ValueError, match=message):
        solve_sheet(**{**valid, **change})


def test_cells_without_a_way_to_a_source_are_named_by_row_and_column():
    cut = np.where(np.arange(3) == 1, np.inf, 1e-3) * np.ones((2, 1))
    source = np.full((2, 3), np.inf)
    source[0, 0] = 1e-3
    with pytest.raises(ValueError, match=r"floating nodes \(0, 2\), \(1, 2\): .* to ground 'ground'"):
        solve_sheet(cut, (0.1, 0.1), np.where(np.isfinite(cut), 1.0, 0.0), 5.0, source)
