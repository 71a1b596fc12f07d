"""Conjugate gradients and BiCGStab against dense algebra, and their refusals."""

import numpy as np
import pytest

from thermal.checks import DidNotConverge
from thermal.volumes.krylov import bicgstab, conjugate_gradient

SIZE = 30


def apply_of(A):
    def apply(T, out):
        out[:] = (A @ T.ravel()).reshape(T.shape)
        return float((T * out).sum())

    return apply


def none(r, out):
    out[:] = r
    return out


def system(seed, skew=0.0):
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(SIZE, SIZE))
    A = B @ B.T / SIZE + np.eye(SIZE) + skew * (B - B.T) / 4
    return A, rng.normal(size=(1, 5, 6))


@pytest.mark.parametrize("solve, skew", [(conjugate_gradient, 0.0), (bicgstab, 0.0), (bicgstab, 1.0)])
def test_both_find_the_dense_answer(solve, skew):
    A, b = system(1, skew)
    found = solve(apply_of(A), none, b, tolerance=1e-12)
    assert np.allclose(found.solution.ravel(), np.linalg.solve(A, b.ravel()), rtol=0, atol=1e-10)
    assert found.residual <= 1e-12


@pytest.mark.parametrize("solve", [conjugate_gradient, bicgstab])
def test_a_good_guess_saves_iterations_and_is_left_as_it_was(solve):
    A, b = system(2)
    exact = np.linalg.solve(A, b.ravel()).reshape(b.shape)
    guess = exact * (1 + 1e-6)
    kept = guess.copy()
    assert solve(apply_of(A), none, b, guess).iterations < solve(apply_of(A), none, b).iterations
    assert np.array_equal(guess, kept)
    assert solve(apply_of(A), none, b, exact).iterations == 0


@pytest.mark.parametrize("solve", [conjugate_gradient, bicgstab])
def test_no_heat_is_no_temperature(solve):
    A, b = system(3)
    assert not solve(apply_of(A), none, 0 * b).solution.any()


def test_conjugate_gradients_refuse_an_indefinite_matrix():
    A = np.diag(np.where(np.arange(SIZE) < 3, -1.0, 1.0))
    with pytest.raises(DidNotConverge, match="no way to a cooled face"):
        conjugate_gradient(apply_of(A), none, system(4)[1])


def test_bicgstab_refuses_a_singular_system():
    A = np.eye(SIZE)
    A[0, 0] = 0.0
    with pytest.raises(DidNotConverge, match="relative residual"):
        bicgstab(apply_of(A), none, system(5)[1])


def test_heat_that_is_not_finite_is_refused():
    A, b = system(6)
    b[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="heat in 1 cells is not finite"):
        conjugate_gradient(apply_of(A), none, b)
