"""The compact package: its table against the finite volumes, its limits, and where the published racks need it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_package import BLACKWELL, PLATE, RUBIN, RUBIN_PLATE

from thermal import compact as making
from thermal.assembly import package_problem
from thermal.coldplate import film_coefficient
from thermal.compact import compact_from_series, compact_like, compact_package, junction_resistance
from thermal.coolant import coolant, density, heat_capacity
from thermal.package import package_resistance
from thermal.package_field import package_rise
from thermal.table import bounded

PAIRS = {"lidded": (BLACKWELL, PLATE), "bare": (RUBIN, RUBIN_PLATE)}
TABLE = [3e-4, 2e-3, 5e-4, 3e-4]
"""relative error of die, spot, memory, case over the inlet: eight by six nodes, and a peak that moves with the flow"""


def parent(kind, w, e, factor=1.0):
    rise = package_rise(package_problem(*PAIRS[kind]), w, 1 / e, factor, tolerance=1e-7)
    return np.array(rise.resistance) + e / 2


def path(capacity_rate, ratio=1.0):
    """Return film and flow of a plate of 70 x 70 mm, inverse."""
    return 1 / (5.67e4 * ratio * (capacity_rate / 160) ** (1 / 3)), 1 / capacity_rate


@pytest.fixture(scope="module", params=sorted(PAIRS))
def made(request):
    return request.param, compact_package(*PAIRS[request.param])


def test_the_table_holds_the_finite_volumes_over_flows_films_and_interfaces(made):
    (kind, compact), rng = made, np.random.default_rng(8)
    points = [(*path(rate, PAIRS[kind][1].film_ratio), 1.0) for rate in (346.0, 141.0, 60.0, 28.0)]
    points += zip(rng.uniform(4e-6, 1e-4, 4), rng.uniform(1e-3, 0.08, 4), rng.uniform(0.8, 1.2, 4), strict=True)
    for w, e, factor in points:
        ours = np.array(junction_resistance(compact, w, e, factor)) + e / 2
        error = np.abs(ours / parent(kind, w, e, factor) - 1)
        assert (error < TABLE).all(), (w, e, factor, error)


@pytest.mark.parametrize(
    ("film", "rate", "most"),
    [
        (1.0, 2.0, [0.03, 0.03, 0.06, 0.05]),
        (1 / 19, 2.0, [0.03, 0.03, 0.06, 0.05]),
        (19.0, 3.0, [0.16] * 4),
        (1 / 40, 1.0, [0.003] * 4),
        (1e-3, 0.05, [0.06] * 4),
        (1e-9, 1e-3, [0.14] * 4),
    ],
)
def test_beyond_its_edges_the_table_is_as_far_off_as_is_said(made, film, rate, most):
    kind, compact = made
    w, e = film * compact.inverse_film_scale, rate * compact.inverse_rate_scale
    error = np.abs((np.array(junction_resistance(compact, w, e, 1.0)) + e / 2) / parent(kind, w, e) - 1)
    assert (error < most).all()
    assert error.max() > 0.25 * max(most)  # said without exaggeration


def test_a_table_with_two_nodes_less_along_the_film_would_fail(monkeypatch):
    monkeypatch.setattr(making, "NODES", (3, 3))
    poor = making._compact.__wrapped__(*PAIRS["lidded"], None)
    w, e = path(28.0)
    assert abs((junction_resistance(poor, w, e, 1.0).die + e / 2) / parent("lidded", w, e)[0] - 1) > TABLE[0]


@pytest.mark.parametrize("kind", PAIRS)
def test_the_series_table_reproduces_the_series_at_any_film_and_flow(kind):
    w = 1 / np.geomspace(1e2, 3e5, 97)
    table = compact_from_series(*PAIRS[kind])
    for e in (0.0, 7e-3, 1.0):
        ours = np.array(junction_resistance(table, w, e, 1.0))
        assert ours == pytest.approx(np.array(package_resistance(*PAIRS[kind], w)), rel=1e-6)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_the_series_table_follows_a_thicker_interface(kind, factor):
    package, plate = PAIRS[kind]
    w = np.array([5e-6, 1.5e-5, 1e-4])
    thicker = package_resistance(replace(package, tim_thickness=package.tim_thickness * factor), plate, w)
    ours = junction_resistance(compact_from_series(package, plate), w, 0.0, factor)
    assert np.array(ours) == pytest.approx(np.array(thicker), rel=5e-5)  # the spot is linearised
    assert np.array(ours)[[0, 2, 3]] == pytest.approx(np.array(thicker)[[0, 2, 3]], rel=1e-6)


@given(
    kind=st.sampled_from(sorted(PAIRS)),
    rate=st.floats(0.01, 3000.0),
    more=st.floats(1.02, 10),
    film=st.floats(0.3, 3.0),
    factor=st.floats(0.6, 1.4),
)
def test_less_flow_a_worse_film_or_a_thicker_interface_never_cools(kind, rate, more, film, factor):
    compact, (w, e) = compact_package(*PAIRS[kind]), path(rate, film)

    def over_inlet(w, e, factor):
        return np.array(junction_resistance(compact, w, e, factor)) + e / 2

    here = over_inlet(w, e, factor)
    assert np.isfinite(here).all()
    assert (over_inlet(*path(rate / more, film), factor) > here).all()
    assert (over_inlet(w * more, e, factor) > here * (1 - 1e-6)).all()
    thicker = over_inlet(w, e, factor + 0.1)
    assert (thicker[:3] > here[:3]).all()
    assert thicker[3] > here[3] * (1 - 2e-3)  # a lid under a thicker interface is heated a little more evenly
    assert here[1] > here[0] > 0


def test_without_flow_the_rise_over_the_inlet_is_that_of_the_outlet_and_finite():
    compact = compact_package(*PAIRS["lidded"])
    far = np.array([junction_resistance(compact, 1e-4, e, 1.0).die + e / 2 for e in (1.0, 1e3, 1e6)])
    assert far / [1.0, 1e3, 1e6] == pytest.approx(1, rel=0.15)
    assert far[2] / 1e6 == pytest.approx(1, rel=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("make", [compact_package, compact_from_series])
def test_the_table_is_read_at_both_ends_of_film_and_flow_without_a_nan(make):
    compact = make(*PAIRS["lidded"])
    for w, e in itertools.product((0.0, 1.5e-5, np.inf), (0.0, 5e-324, 7e-3, np.inf)):
        R = np.array(junction_resistance(compact, w, e, 1.0))
        endless = w == np.inf or (e == np.inf and make is compact_package)
        assert np.isinf(R).all() if endless else np.isfinite(R).all(), (w, e)
        assert (R > 0).all()
    near, at = (np.array(junction_resistance(compact, *both, 1.0)) for both in ((1e-15, 1e-12), (0.0, 0.0)))
    assert near == pytest.approx(at, rel=1e-6)


@pytest.mark.filterwarnings("error")
def test_the_bounded_coordinate_runs_from_zero_to_one():
    value = np.array([0.0, 5e-324, 1.0, 3.0, 1e308, np.inf])
    assert bounded(value, 1.0) == pytest.approx([0, 0, 0.5, 0.75, 1, 1], abs=1e-12)
    assert (bounded(value, np.inf) == 0).all()
    assert (bounded(value, np.array([[1.0], [np.inf]]))[1] == 0).all()


def test_the_table_is_read_with_one_film_for_many_chips():
    compact = compact_package(*PAIRS["lidded"])
    w, e, factor = np.full((5, 3, 1), 1.5e-5), np.full((3, 1), 7e-3), np.linspace(0.9, 1.1, 4)
    R = junction_resistance(compact, w, e, factor)
    assert R.die.shape == R.spot.shape == R.memory.shape == R.case.shape == (5, 3, 4)
    alone = junction_resistance(compact, 1.5e-5, 7e-3, 1.1)
    assert R.die[4, 2, 3] == pytest.approx(alone.die, rel=1e-14)
    assert alone.die.shape == ()


def test_the_table_is_read_as_numpy_evaluates_a_chebyshev_series():
    compact = compact_package(*PAIRS["bare"])
    w, e = np.geomspace(4e-6, 1e-2, 40), np.geomspace(1e-4, compact.inverse_rate_scale, 40)
    v, u = w / (w + compact.inverse_film_scale), e / (e + compact.inverse_rate_scale)
    x, y = 2 * (v - 0.05) / 0.95 - 1, 4 * u - 1
    nominal, tim = (np.polynomial.chebyshev.chebval2d(x, y, table) for table in (compact.nominal, compact.tim))
    expected = nominal + 0.07 * tim + compact.slope * w + e * u / 2
    assert np.array(junction_resistance(compact, w, e, 1.07)) == pytest.approx(expected, rel=1e-12)


def rise(kind, power, litres, name):
    """Return the rises above a 45 degC inlet."""
    package, plate = PAIRS[kind]
    liquid, flow = coolant(name), litres * 1e-3 / 60
    rate = density(liquid, 323.15) * heat_capacity(liquid, 323.15) * flow
    film = film_coefficient(plate, flow, liquid, 318.15 + power / (2 * rate))
    R = junction_resistance(compact_package(package, plate), 1 / film, 1 / rate, 1.0)
    return power * (np.array(R) + 0.5 / rate)


def test_a_gb300_chip_on_45_degree_water_is_where_the_rack_table_needs_it():
    die, spot, memory, case = 45 + rise("lidded", 1400.0 * 0.98, 2.04, "water")
    assert die == pytest.approx(75, abs=2)  # sanity range of the assumed stack, no measurement
    assert spot == pytest.approx(86, abs=2)
    assert memory == pytest.approx(69, abs=2)
    assert case < memory < die < spot


def test_a_bare_die_on_the_denser_fins_takes_what_the_lidded_one_cannot():
    die, *_ = rise("bare", 1800.0, 2.7, "pg25")
    assert die / 1800 == pytest.approx(0.0136, abs=0.001)
    assert die < 40 < rise("lidded", 2300.0, 3.45, "pg25")[0]


def drawn(rng):
    """Return a lidded package with lengths 5 % and materials 10 to 20 % off."""
    off = {name: rng.uniform(0.95, 1.05) for name in ("die_length", "memory_length", "spot_side")}
    off |= {name: rng.uniform(0.8, 1.2) for name in ("tim_thickness", "tim_conductivity", "memory_resistance")}
    off |= {"die_conductivity": rng.uniform(0.9, 1.1), "spot_flux_ratio": rng.uniform(0.9, 1.1)}
    lid = replace(BLACKWELL.lid, thickness=2e-3 * rng.uniform(0.9, 1.1), tim_thickness=5e-5 * rng.uniform(0.8, 1.2))
    package = replace(BLACKWELL, lid=lid, **{name: getattr(BLACKWELL, name) * factor for name, factor in off.items()})
    sides = {name: 0.07 * rng.uniform(0.95, 1.05) for name in ("base_length", "base_width")}
    return package, replace(PLATE, base_thickness=3e-3 * rng.uniform(0.9, 1.1), **sides)


def test_a_package_near_by_is_within_the_stated_error_of_its_own_finite_volumes():
    rng, (w, e), reference = np.random.default_rng(2), path(141.0), PAIRS["lidded"]
    base = np.array(junction_resistance(compact_package(*reference), w, e, 1.0)) + e / 2
    steps = []
    for _ in range(3):
        package, plate = drawn(rng)
        like = compact_like(package, plate, reference)
        own = package_rise(package_problem.__wrapped__(package, plate), w, 1 / e, 1.1, tolerance=1e-7).resistance
        ours = np.array(junction_resistance(like, w, e, 1.1)) + e / 2
        assert ours == pytest.approx(np.array(own) + e / 2, rel=0.008)
        steps.append(abs(ours[0] / base[0] - 1))
    assert max(steps) > 0.02  # the reference itself would not do
    again = compact_like(*reference, reference)
    assert again.nominal == pytest.approx(compact_package(*reference).nominal, rel=1e-12)


@pytest.mark.parametrize(
    ("w", "e", "factor"), [(-1e-5, 0.0, 1.0), (1e-5, -1.0, 1.0), (1e-5, 0.0, -0.1), (np.nan, 0, 1)]
)
def test_a_negative_film_flow_or_interface_is_refused(w, e, factor):
    with pytest.raises(ValueError, match="must be >= 0"):
        junction_resistance(compact_from_series(*PAIRS["bare"]), w, e, factor)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="must fit on the lid"):
        compact_package(replace(BLACKWELL, die_count=3), PLATE)
