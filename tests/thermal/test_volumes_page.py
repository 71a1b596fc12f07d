"""The page of the finite volumes runs as printed, power maps keep their watts, and importing the library is cheap."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.volumes import Area, Layer, Patch, Stack, power_map, stack_grid, tiled_power

ROOT = Path(__file__).resolve().parents[2]
DIE = Area((0.004, 0.016), (0.003, 0.011))
STACK = Stack(
    length=0.02,
    width=0.014,
    layers=(
        Layer(
            name="die",
            thickness=1e-3,
            cells=2,
            conductivity=0.0,
            patches=(Patch(name="silicon", area=DIE, conductivity=110.0),),
        ),
    ),
)
GRID = stack_grid(STACK, 0.9e-3)


def test_the_study_of_the_page_runs_and_its_coolant_takes_all_heat(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "volumes.md").read_text(), flags=re.DOTALL)
    exec(code, {})
    hottest, heat = map(float, capsys.readouterr().out.split())
    assert heat == pytest.approx(1000.0, rel=1e-6)
    # even flux alone: 1000 W over base film, half the coolant's rise and the die's column
    assert 45 + 1000 / (6e4 * 2.5e-3) + 1000 / (2 * 140) < hottest < 130


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_a_power_map_of_any_size_keeps_its_watts_and_their_middle(rows, columns, seed):
    tiles = np.random.default_rng(seed).uniform(0, 5, (rows, columns))
    heat = tiled_power(STACK, GRID, "die", DIE, tiles)
    assert heat.sum() == pytest.approx(tiles.sum(), rel=1e-12)
    x = (np.add(GRID.x[1:], GRID.x[:-1])) / 2
    middle = DIE.x[0] + (np.arange(columns) + 0.5) * (DIE.x[1] - DIE.x[0]) / columns
    assert (heat.sum((0, 1)) * x).sum() == pytest.approx((tiles.sum(0) * middle).sum(), rel=1e-2)


def test_one_tile_is_an_even_power_map_and_the_first_row_lies_at_small_y():
    even = tiled_power(STACK, GRID, "die", DIE, np.array([[7.0]]))
    assert np.allclose(even, 7 * power_map(STACK, GRID, "die", [DIE]))
    lower = tiled_power(STACK, GRID, "die", DIE, np.array([[1.0], [0.0]]))
    assert not lower[:, GRID.shape[1] // 2 + 1 :].any()
    assert not lower[1:].any()


@pytest.mark.parametrize("tiles", [np.zeros((0, 3)), np.array([1.0, 2.0]), np.array([[1.0, np.nan]])])
def test_what_is_no_table_of_watts_is_refused_by_layer(tiles):
    with pytest.raises(ValueError, match="power map of layer 'die'"):
        tiled_power(STACK, GRID, "die", DIE, tiles)


def test_a_map_beyond_the_die_is_refused():
    with pytest.raises(ValueError, match="part of it lies where the layer has no material"):
        tiled_power(STACK, GRID, "die", Area((0.0, 0.016), (0.003, 0.011)), np.ones((2, 2)))


def test_importing_the_leaf_compiles_nothing():
    code = "import sys, thermal, thermal.volumes; print('numba' in sys.modules, 'scipy.sparse' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
