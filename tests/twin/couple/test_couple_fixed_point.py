"""The batched fixed point by itself, on maps whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.couple.fixed_point import PASSES, TOLERANCE, solve_fixed_point
from twin.spec.errors import ConvergenceError


def linear(slope: np.ndarray, root: np.ndarray):  # type: ignore[no-untyped-def]
    return lambda x: root + (x - root) @ slope


def test_a_linear_contraction_of_one_unknown_takes_five_passes() -> None:
    """Plain steps give the slope, the next guess is the answer, the last pass confirms it."""
    found = solve_fixed_point(lambda x: 0.9 * x + 1.0, np.array([[9.0]]))
    assert found.iterations[0] <= 5
    assert found.x[0, 0] == pytest.approx(10.0, rel=1e-9)


def test_a_linear_contraction_of_three_unknowns_takes_few_passes() -> None:
    slope = np.array([[0.5, 0.1, 0.0], [0.0, 0.3, 0.2], [0.1, 0.0, 0.4]])
    root = np.array([[300.0, 50.0, 1.0]])
    found = solve_fixed_point(linear(slope, root), 0.95 * root)
    assert found.iterations[0] <= 8
    np.testing.assert_allclose(found.x, root, rtol=1e-9)


def test_a_constant_map_takes_two_passes() -> None:
    found = solve_fixed_point(lambda x: np.full_like(x, 5.0), np.array([[3.0], [5.0]]))
    assert found.iterations.tolist() == [2, 1]


def test_a_map_without_fixed_point_raises_and_says_what_to_change() -> None:
    with pytest.raises(ConvergenceError, match=r"rack 1 .* did not settle in [0-9]+ passes .* (fix|lower)"):
        solve_fixed_point(lambda x: x * np.array([[0.5], [1.0]]) + np.array([[1.0], [1.0]]), np.array([[1.0], [1.0]]))


def test_nan_is_never_taken_for_a_solution() -> None:
    with np.errstate(invalid="ignore"), pytest.raises(ConvergenceError, match="nan"):
        solve_fixed_point(lambda x: np.sqrt(-x), np.array([[1.0]]))


def test_an_expanding_map_is_solved_or_refused_but_never_answered_wrongly() -> None:
    try:
        found = solve_fixed_point(lambda x: 3.0 * x - 4.0, np.array([[2.5]]))
    except ConvergenceError:
        return
    assert found.x[0, 0] == pytest.approx(2.0, rel=1e-9)


def test_rows_do_not_see_one_another() -> None:
    step = lambda x: np.cos(x) + 1.0  # noqa: E731
    start = np.array([[0.3, 1.0], [1.2, 2.0], [0.9, 0.1]])
    together = solve_fixed_point(step, start)
    for i in range(3):
        alone = solve_fixed_point(step, start[i : i + 1])
        np.testing.assert_allclose(together.x[i], alone.x[0], rtol=1e-9)
        assert together.iterations[i] == alone.iterations[0]


def test_history_holds_the_largest_relative_change_of_each_pass() -> None:
    found = solve_fixed_point(lambda x: 0.5 * x + 1.0, np.array([[4.0]]))
    assert found.history.shape[0] >= found.iterations[0]
    assert found.history[0, 0] == pytest.approx(1.0 / 4.0)
    assert found.history[found.iterations[0] - 1, 0] <= TOLERANCE < found.history[found.iterations[0] - 2, 0]


@settings(max_examples=60)
@given(
    a=st.floats(-0.9, 0.9),
    b=st.floats(-0.4, 0.4),
    c=st.floats(0.5, 20.0),
    start=st.floats(0.1, 30.0),
)
def test_what_is_returned_solves_the_map(a: float, b: float, c: float, start: float) -> None:
    step = lambda x: c + a * x + b * np.sin(x)  # noqa: E731
    try:
        found = solve_fixed_point(step, np.array([[start]]))
    except ConvergenceError:
        return
    change = step(found.x) - found.x
    assert np.abs(change).max() <= TOLERANCE * max(np.abs(found.x).max(), 1e-12) * (1 + 1e-12)


def test_a_clipped_map_with_its_root_at_zero_settles() -> None:
    """A clock of a chip that may stop altogether: the floor is zero."""
    found = solve_fixed_point(lambda x: np.clip(0.2 - 0.5 * (x + 1), 0.0, 1.0), np.array([[1.0]]))
    assert found.x[0, 0] == pytest.approx(0.0, abs=1e-12)


def test_a_partial_solve_keeps_what_settled_and_counts_no_passes_for_the_rest() -> None:
    """Row 0 halves its distance to 2; row 1 grows by one in each pass and has no fixed point."""
    step = lambda x: x * np.array([[0.5], [1.0]]) + 1.0  # noqa: E731
    found = solve_fixed_point(step, np.array([[1.0], [1.0]]), partial=True)
    assert found.x[0, 0] == pytest.approx(2.0, rel=1e-9)
    assert found.iterations[0] > 0
    assert found.iterations[1] == 0
    assert len(found.history) == PASSES


def test_a_partial_solve_of_rows_that_settle_is_the_whole_solve() -> None:
    step = lambda x: np.cos(x) + 1.0  # noqa: E731
    start = np.array([[0.3], [1.2]])
    whole, partial = (solve_fixed_point(step, start, partial=partial) for partial in (False, True))
    np.testing.assert_array_equal(whole.x, partial.x)
    assert whole.iterations.tolist() == partial.iterations.tolist()


def test_a_row_that_leaves_its_solution_again_does_not_count_as_solved() -> None:
    """A map that stands still for one pass and then moves on: what counts is the last pass."""
    passes = iter([0.0, *[1.0] * PASSES])
    found = solve_fixed_point(lambda x: x + next(passes) * np.array([[1.0], [1.0]]) + [[0.0], [1.0]],
                              np.ones((2, 1)), partial=True)  # fmt: skip
    assert found.history[0, 0] == 0
    assert found.iterations.tolist() == [0, 0]


def test_the_first_step_is_the_map_itself() -> None:
    seen: list[float] = []

    def step(x: np.ndarray) -> np.ndarray:
        seen.append(float(x[0, 0]))
        return 0.5 * x + 1.0

    solve_fixed_point(step, np.array([[4.0]]))
    assert seen[:2] == [4.0, 3.0]
