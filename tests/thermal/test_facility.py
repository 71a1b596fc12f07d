"""Facility pipes: delay by hand, exact and conservative at any flow; mixing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.facility import mixed, pipe, pipe_step

inlet = st.tuples(st.floats(0.0, 400.0), st.floats(1e5, 3e5))


def run(state, inlets, step=1.0):
    out = []
    for flow, h in inlets:
        state, left = pipe_step(state, flow, h, step)
        out.append(left)
    return state, out


def test_a_front_arrives_when_the_mass_before_it_has_left():
    # 100 kg at 30 kg/s: 3 steps and a third; the fourth step carries 10 kg old and 20 kg new
    _, out = run(pipe(100.0, 1e5), [(30.0, 2e5)] * 6)
    assert [float(left.enthalpy) for left in out] == pytest.approx([1e5] * 3 + [(10 * 1e5 + 20 * 2e5) / 30] + [2e5] * 2)


def test_at_constant_flow_the_outlet_is_the_inlet_some_steps_earlier():
    h = 1e5 + 1e4 * np.sin(np.arange(60) / 5)
    _, out = run(pipe(200.0, h[0]), [(20.0, value) for value in h])
    assert [float(left.enthalpy) for left in out[10:]] == pytest.approx(h[:-10], rel=1e-13)


def test_more_than_the_pipe_holds_may_pass_in_one_step():
    _, out = run(pipe(50.0, 1e5), [(200.0, 2e5)])
    assert out[0].enthalpy == pytest.approx((50 * 1e5 + 150 * 2e5) / 200, rel=1e-14)


@settings(max_examples=40, deadline=None)
@given(inlets=st.lists(inlet, min_size=1, max_size=30))
def test_what_enters_less_what_leaves_is_stored(inlets):
    start = pipe(300.0, 1.7e5)
    state, out = run(start, inlets)
    entered = sum(flow * h for flow, h in inlets)
    left = sum(float(part.heat) for part in out)
    assert entered - left == pytest.approx(state.heat[-1] - start.heat[-1], abs=1e-12 * (entered + 5e7))
    assert state.mass[-1] == pytest.approx(300.0, rel=1e-12)
    assert (np.diff(state.mass) >= 0).all() and state.mass[0] == 0


@settings(max_examples=25, deadline=None)
@given(inlets=st.lists(inlet, min_size=1, max_size=20))
def test_the_outlet_lies_between_the_coldest_and_the_warmest_there_was(inlets):
    _, out = run(pipe(300.0, 1.7e5), inlets)
    seen = [1.7e5, *(h for _, h in inlets)]
    assert all(min(seen) * (1 - 1e-9) <= left.enthalpy <= max(seen) * (1 + 1e-9) for left in out)


def test_many_pipes_move_at_once_as_each_alone():
    flows = np.random.default_rng(0).uniform(0, 80, (25, 4)) * [1.0, 0.0, 5.0, 0.2]
    h = np.random.default_rng(1).uniform(1e5, 2e5, (25, 4))
    _, together = run(pipe(np.full(4, 300.0), 1.5e5), zip(flows, h, strict=True))
    for i in range(4):
        _, alone = run(pipe(300.0, 1.5e5), zip(flows[:, i], h[:, i], strict=True))
        assert [float(left.enthalpy[i]) for left in together] == pytest.approx([float(left.enthalpy) for left in alone])


def test_a_pipe_at_rest_shows_its_outlet_and_keeps_its_heat():
    state, (out,) = run(pipe(100.0, 1.5e5), [(0.0, 9e5)])
    assert out.enthalpy == 1.5e5 and out.heat == 0 and state.heat[-1] == 1.5e7


def test_a_pipe_nearly_at_rest_does_not_fill_with_parcels():
    state, _ = run(pipe(100.0, 1.5e5), [(30.0 * np.exp(-k), 2e5) for k in range(300)])
    assert state.mass.shape[-1] < 40


def test_a_leaking_pipe_would_be_noticed():
    state, out = run(pipe(100.0, 1e5), [(30.0, 2e5)] * 5)
    leaky = sum(0.99 * float(left.heat) for left in out)
    assert abs(5 * 30 * 2e5 - leaky - (state.heat[-1] - 1e7)) > 1e-3 * 3e7


def test_streams_mix_by_their_enthalpy():
    flow, h = mixed([[1.0, 3.0], [2.0, 0.0]], [[1e5, 2e5], [3e5, 9e5]])
    assert flow.tolist() == [4.0, 2.0] and h.tolist() == [1.75e5, 3e5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pipe(0.0, 1e5), "mass = 0 kg: must be > 0"),
        (lambda: pipe_step(pipe(1.0, 1e5), -1.0, 1e5, 1.0), "flow = -1 kg/s: must be >= 0"),
        (lambda: mixed([0.0, 0.0], [1e5, 1e5]), "one of them > 0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
