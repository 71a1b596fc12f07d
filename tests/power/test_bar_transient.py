"""The busbar in time: a node by hand, an exponential of the whole ladder, energy, racks side by side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from power import DidNotConverge, solve_busbar, stages
from power.stability import bar_matrix
from power.stages import BarLoad, BarState
from power.transient import bar_circuit, march_bar, steady_bar

SCHEMES = ("trapezoid", "tr-bdf2")


def ladder(nodes=12):
    """A short bar: a shelf at either end, 1 mF in all."""
    shelf = np.full(nodes, np.inf)
    shelf[[0, -1]] = 5e-4
    return bar_circuit(1e-4 / nodes, 5e-7 / nodes, 1e-3 / nodes, 50.0, shelf, 2e-7)


def last(bar, load, step, steps, **options):
    *_, (_, state) = march_bar(bar, load, step, steps, **options)
    return state


def exact_step_response(bar, load, t):
    """Node voltages at t after a constant-current load is put on the idle bar, by a matrix exponential."""
    nodes = bar.capacitance.size
    matrix = bar_matrix(bar, BarLoad(0.0))
    right = np.zeros(len(matrix))
    right[:nodes] = -load / np.sqrt(bar.capacitance)
    final = np.linalg.solve(matrix, -right)
    return 50.0 + (final - expm(matrix * t) @ final)[:nodes] / np.sqrt(bar.capacitance)


def stored(bar, state):
    """Energy of capacitances and inductances [J]."""
    parts = (
        (bar.capacitance, state.node_voltage),
        (bar.section_inductance, state.section_current),
        (bar.source_inductance, state.source_current),
    )
    return sum((x * y**2 / 2).sum() for x, y in parts)


# by hand and in closed form


def test_one_step_of_the_trapezoid_by_hand():
    """1 F behind 1 ohm at 10 V, 1 A drawn, h = 1 s: v1 - 10 = -(1 + (v1 - 10) / 2), so v1 = 10 - 2 / 3."""
    bar = bar_circuit([], [], 1.0, 10.0, [1.0], 0.0)
    start = BarState(np.array([10.0]), np.zeros(0), np.zeros(1))
    state = last(bar, lambda t: BarLoad(1.0), 1.0, 1, scheme="trapezoid", start=start)
    assert state.node_voltage == pytest.approx([10 - 2 / 3], rel=1e-14)
    assert state.source_current == pytest.approx([2 / 3], rel=1e-13)


def test_one_step_of_tr_bdf2_has_its_growth_factor():
    """y' = -y: the factor of Bank et al., (1 - z^2 / ...) as a quotient in z = h for gamma = 2 - sqrt 2."""
    bar = bar_circuit([], [], 1.0, 10.0, [1.0], 0.0)
    start = BarState(np.array([10.0]), np.zeros(0), np.zeros(1))
    z, g = 0.7, 2 - np.sqrt(2)
    middle = (1 - g * z / 2) / (1 + g * z / 2)
    factor = (middle / (g * (2 - g)) - (1 - g) ** 2 / (g * (2 - g))) / (1 + z * (1 - g) / (2 - g))
    state = last(bar, lambda t: BarLoad(1.0), z, 1, start=start)
    assert state.node_voltage == pytest.approx([9 + factor], rel=1e-13)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_ladder_follows_its_matrix_exponential_with_order_two(scheme):
    bar, load = ladder(), np.linspace(10, 100, 12)
    start = steady_bar(bar, BarLoad(0.0))
    exact = exact_step_response(bar, load, 20e-6)
    errors = []
    for steps in (400, 800):
        state = last(bar, lambda t: BarLoad(load), 20e-6 / steps, steps, scheme=scheme, start=start)
        errors.append(np.abs(state.node_voltage - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)
    assert errors[1] < 1e-2


def test_a_stage_with_the_wrong_share_of_the_step_loses_its_order(monkeypatch):
    """A mutant of TR-BDF2: weights of the half-step formula with the matrix of gamma."""
    monkeypatch.setattr(stages, "GAMMA", 0.5)  # what `power.transient` steps by stays as it is
    with pytest.raises(AssertionError):
        test_a_ladder_follows_its_matrix_exponential_with_order_two("tr-bdf2")


def test_tr_bdf2_damps_what_the_trapezoid_keeps_ringing():
    """Steps far above every time constant: the trapezoid alternates, TR-BDF2 rests."""
    bar = ladder()
    load = BarLoad(np.full(12, 100.0))
    start, rest = steady_bar(bar, BarLoad(0.0)), steady_bar(bar, load)
    far = {
        scheme: np.abs(
            last(bar, lambda t: load, 0.1, 6, scheme=scheme, start=start).node_voltage - rest.node_voltage
        ).max()
        for scheme in SCHEMES
    }
    assert far["tr-bdf2"] < 1e-6 < 1e-2 < far["trapezoid"]


# conservation


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), step=st.floats(1e-8, 1e-4))
def test_each_trapezoid_step_conserves_energy_to_rounding(seed, step):
    """Change of storage = source energy - load - losses, all at the mean of the two ends."""
    rng = np.random.default_rng(seed)
    bar, load = ladder(), BarLoad(rng.uniform(0, 200, 12))
    march = [state for _, state in march_bar(bar, lambda t: load, step, 1, scheme="trapezoid", start=rest_of(rng, bar))]
    assert leak(bar, march, load, step) < 1e-10
    wrong = march[1]._replace(section_current=march[1].section_current * (1 + 1e-4))
    assert leak(bar, [march[0], wrong], load, step) > 1e-10


def rest_of(rng, bar):
    fed = np.isfinite(bar.source_resistance)
    return BarState(rng.uniform(48, 51, 12), rng.uniform(-500, 500, 11), np.where(fed, 300.0, 0.0))


def leak(bar, march, load, step):
    """Energy that appears from nowhere in a step, over what is stored."""
    mean = BarState(*((a + b) / 2 for a, b in zip(*march, strict=True)))
    fed = np.isfinite(bar.source_resistance)
    source = (bar.source_voltage * mean.source_current).sum()
    lost = (bar.section_resistance * mean.section_current**2).sum()
    lost += (bar.source_resistance[fed] * mean.source_current[fed] ** 2).sum()
    change = stored(bar, march[1]) - stored(bar, march[0])
    return abs(change - step * (source - lost - (load.current * mean.node_voltage).sum())) / stored(bar, march[0])


# constant-power loads


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_steady_bar_stays_steady(scheme):
    bar, load = ladder(), BarLoad(np.full(12, 20.0), np.full(12, 500.0))
    for _, state in march_bar(bar, lambda t: load, 1e-6, 50, scheme=scheme):
        assert np.abs(state.node_voltage - steady_bar(bar, load).node_voltage).max() < 1e-9


def test_a_bar_with_constant_power_loads_comes_to_rest_where_the_busbar_solver_says():
    bar = ladder()._replace(capacitance=np.full(12, 5e-3))
    power = np.linspace(0, 2e3, 12)
    state = last(bar, lambda t: BarLoad(0.0, power), 2e-4, 400, start=steady_bar(bar, BarLoad(0.0)))
    still = solve_busbar(bar.section_resistance, power, 50.0, bar.source_resistance, 0.0)
    np.testing.assert_allclose(state.node_voltage, still.node_voltage, rtol=1e-9)
    np.testing.assert_allclose(state.source_current, still.source_current, atol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_order_two_holds_with_constant_power_loads(scheme):
    bar = bar_circuit([], [], 20e-3, 50.0, [5e-3], 1e-6)
    ends = [
        last(bar, lambda t: BarLoad(0.0, np.array([4e4 * (1 + 50 * t)])), 4e-4 / n, n, scheme=scheme).node_voltage[0]
        for n in (50, 100, 200)
    ]
    assert np.log2((ends[0] - ends[1]) / (ends[1] - ends[2])) == pytest.approx(2, abs=0.1)


def test_a_load_that_pulls_the_bar_down_is_named_with_its_moment():
    bar = ladder()
    power = np.zeros((2, 12))
    power[1, 5] = 5e6
    with pytest.raises(DidNotConverge, match=r"rack \[1\], node 5: constant-power loads pull the bar down at t = "):
        last(bar, lambda t: BarLoad(0.0, power * (t > 1e-5)), 1e-6, 400)


# racks


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("powered", [False, True])
def test_racks_of_a_batch_are_the_racks_alone(scheme, powered):
    bar, rng = ladder(), np.random.default_rng(0)
    current = rng.uniform(0, 100, (2, 3, 12))
    power = rng.uniform(0, 1e3, (3, 12)) if powered else 0.0

    def load(share, current, power):
        return lambda t: BarLoad(current * (1 + share * t), power)

    together = last(bar, load(1e4, current, power), 1e-6, 20, scheme=scheme)
    assert together.section_current.shape == (2, 3, 11)
    for i in np.ndindex(2, 3):
        alone = last(bar, load(1e4, current[i], power[i[1]] if powered else 0.0), 1e-6, 20, scheme=scheme)
        np.testing.assert_allclose(together.node_voltage[i], alone.node_voltage, rtol=1e-12)


def test_twice_the_disturbance_is_twice_the_swing():
    bar, load = ladder(), np.linspace(0, 100, 12)
    start = steady_bar(bar, BarLoad(0.0))
    one, two = (last(bar, lambda t, k=k: BarLoad(k * load), 1e-6, 30, start=start).node_voltage for k in (1, 2))
    np.testing.assert_allclose(two - 50, 2 * (one - 50), atol=1e-11)


def test_a_bar_and_its_mirror_image_swing_alike():
    bar, load = ladder(), np.linspace(0, 100, 12)
    mine, mirrored = (last(bar, lambda t, x=x: BarLoad(x * (t > 0)), 1e-6, 30) for x in (load, load[::-1]))
    np.testing.assert_allclose(mine.node_voltage, mirrored.node_voltage[::-1], rtol=1e-12)
    np.testing.assert_allclose(mine.section_current, -mirrored.section_current[::-1], atol=1e-9)


# what is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"section_resistance": 0.0}, r"section_resistance\[0\] = 0.0: must be finite and > 0 ohm"),
        ({"section_inductance": -1.0}, r"section_inductance\[0\] = -1.0: must be finite and >= 0 H"),
        ({"capacitance": [1e-3, 0.0]}, r"capacitance\[1\] = 0.0: must be finite and > 0 F"),
        ({"source_resistance": [np.inf, np.inf]}, "source_resistance is inf at every node"),
        ({"source_resistance": [0.0, np.inf]}, r"source_resistance\[0\] = 0.0"),
        ({"source_voltage": np.nan}, r"source_voltage\[0\] = nan"),
    ],
)
def test_a_bad_bar_is_refused_by_name_value_and_bound(change, message):
    names = "section_resistance section_inductance capacitance source_voltage source_resistance source_inductance"
    valid = dict(zip(names.split(), (1e-4, 1e-7, 1e-3, 50.0, [5e-4, np.inf], 0.0), strict=True))
    assert bar_circuit(**valid).source_voltage.tolist() == [50.0, 0.0]
    with pytest.raises(ValueError, match=message):
        bar_circuit(**{**valid, **change})


@pytest.mark.parametrize(
    ("step", "scheme", "message"),
    [(0.0, "trapezoid", "step = 0.0: must be finite and > 0 s"), (1e-6, "euler", "scheme = 'euler': must be")],
)
def test_a_step_of_nothing_and_an_unknown_scheme_are_refused(step, scheme, message):
    with pytest.raises(ValueError, match=message):
        last(ladder(), lambda t: BarLoad(1.0), step, 1, scheme=scheme)


@pytest.mark.parametrize("power", [0.0, np.full(3, 5.0)])
def test_a_load_that_is_no_number_is_refused_by_its_moment(power):
    bar = bar_circuit(1e-4, 5e-8, 0.02, 50.0, [5e-4, np.inf, 1e-3], 1e-7)
    with pytest.raises(ValueError, match=r"load .*t = .* s: must be finite"):
        last(bar, lambda t: BarLoad(np.nan if t > 1.5e-6 else 0.0, power), 1e-6, 4)


@pytest.mark.parametrize("scheme", ["trapezoid", "tr-bdf2"])
def test_a_march_takes_a_batch_of_no_racks(scheme):
    bar = bar_circuit(1e-4, 5e-8, 0.02, 50.0, [5e-4, np.inf, 1e-3], 1e-7)
    for load in (BarLoad(np.zeros((0, 3))), BarLoad(0.0, np.ones((0, 3)))):
        assert last(bar, lambda t, load=load: load, 1e-6, 2, scheme=scheme).node_voltage.shape == (0, 3)


@pytest.mark.parametrize(
    ("place", "name"), [(0, "section_resistance"), (1, "section_inductance"), (3, "source_voltage"), (5, "source_indu")]
)
def test_a_length_that_does_not_fit_is_refused_by_name(place, name):
    valid = [1e-4, 5e-8, 0.02, 50.0, [5e-4, np.inf, 1e-3], 1e-7]
    valid[place] = [1.0] * 5
    with pytest.raises(ValueError, match=rf"{name}.* has shape \(5,\): must be one number or \([23],\)"):
        bar_circuit(*valid)
