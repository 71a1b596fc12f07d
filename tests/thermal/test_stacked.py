"""Parameter sets stacked over racks, as columns: one call must equal the calls row by row."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from test_hydraulics import HEADER, LAW, SPACING, WATER, WEIGHT
from test_package import BLACKWELL, PLATE, RUBIN, RUBIN_PLATE

from thermal import (
    BranchLaw,
    CompactPackage,
    compact_package,
    coolant,
    film_coefficient,
    junction_resistance,
    solve_manifold,
)

RACKS = 3
ROUND_OFF = 1e-13


def column(objects, name):
    return np.array([getattr(item, name) for item in objects], float)[:, None]


def stacked(objects):
    """Return dataclasses as one whose numbers are columns (rack, 1), past the checks of its constructor."""
    made = object.__new__(type(objects[0]))
    for field in dataclasses.fields(objects[0]):
        object.__setattr__(made, field.name, column(objects, field.name))
    return made


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_stacked_packages_are_read_row_by_row(rng):
    small = replace(PLATE, base_length=0.058)
    rows = [compact_package(*kind) for kind in ((BLACKWELL, PLATE), (RUBIN, RUBIN_PLATE), (RUBIN, small))]
    together = CompactPackage(
        column(rows, "inverse_film_scale"),
        column(rows, "inverse_rate_scale"),
        column(rows, "slope"),
        np.stack([row.nominal for row in rows]),
        np.stack([row.tim for row in rows]),
    )
    w, e, factor = (rng.uniform(*ends, (RACKS, 7)) for ends in ((5e-6, 5e-5), (1e-3, 5e-2), (0.8, 1.2)))
    for films, rates in ((w, e), (w[:, :1], e[:, :1]), (w, e[:, :1])):
        ours = np.array(junction_resistance(together, films, rates, factor))
        alone = [junction_resistance(*row) for row in zip(rows, films, rates, factor, strict=True)]
        assert ours.shape == (4, RACKS, 7)
        assert ours == pytest.approx(np.stack(alone, 1), rel=ROUND_OFF)
        assert np.abs(ours[:, 0] / ours[:, 1] - 1).max() > 0.1  # rows that were mixed up would show


def test_stacked_plates_have_the_films_of_each(rng):
    plates = [PLATE, RUBIN_PLATE, replace(PLATE, base_length=0.05)]
    flow, T = rng.uniform(1e-5, 6e-5, (RACKS, 7)), rng.uniform(300.0, 330.0, (RACKS, 1))
    ours = film_coefficient(stacked(plates), flow, coolant("pg25"), T)
    alone = [film_coefficient(p, q, coolant("pg25"), t) for p, q, t in zip(plates, flow, T, strict=True)]
    assert ours.shape == (RACKS, 7)
    assert ours == pytest.approx(np.array(alone), rel=ROUND_OFF)


def test_stacked_manifolds_and_laws_divide_the_flow_of_each(rng):
    manifolds = [HEADER, replace(HEADER, header_diameter=0.03), replace(HEADER, roughness=4e-5)]
    laws = [LAW, BranchLaw(4e10, 1e11), BranchLaw(2e11, 0.0)]
    total, rho, mu = rng.uniform(2.0, 3.5, RACKS), np.full(RACKS, WATER[0]), rng.uniform(4e-4, 8e-4, RACKS)
    weight = WEIGHT * rng.uniform(0.8, 1.2, (RACKS, WEIGHT.size))
    law = BranchLaw(column(laws, "quadratic"), column(laws, "laminar"))
    ours = solve_manifold(stacked(manifolds), total, weight, SPACING, law, rho, mu)
    warm = solve_manifold(stacked(manifolds), total, weight, SPACING, law, rho, mu, ours.branch_mass_flow)
    assert warm.iterations == 0
    for i in range(RACKS):
        alone = solve_manifold(manifolds[i], total[i], weight[i], SPACING, laws[i], rho[i], mu[i])
        again = solve_manifold(
            manifolds[i], total[i], weight[i], SPACING, laws[i], rho[i], mu[i], ours.branch_mass_flow[i]
        )
        assert again.branch_mass_flow == pytest.approx(warm.branch_mass_flow[i], rel=ROUND_OFF)
        assert again.pressure_drop == pytest.approx(warm.pressure_drop[i], rel=ROUND_OFF)
        assert alone.branch_mass_flow == pytest.approx(ours.branch_mass_flow[i], rel=1e-10)  # a step earlier


def test_a_stacked_law_is_refused_for_one_bad_row():
    law = BranchLaw(np.array([[1e11], [-1.0], [1e11]]), np.ones((RACKS, 1)))
    with pytest.raises(ValueError, match="coefficients must be >= 0"):
        solve_manifold(HEADER, np.ones(RACKS), WEIGHT, SPACING, law, *WATER)
