"""Results are copies of a group that is made once: what is done to one shows in no other."""

import numpy as np
import pytest

import twin


def changed(tree):
    tree["summary"].rack_power.attrs["units"] = "kW"
    tree["summary"].attrs["note"] = "mine"
    tree["thermal"].junction_temperature.values[:] = 0.0
    tree["summary"].headroom_power_limited_by.values[()] = "nothing"


def test_a_changed_result_changes_no_later_one_and_no_earlier(gb300):
    first, kept = twin.solve(gb300), twin.solve(gb300)
    changed(first)
    later = twin.solve(gb300)
    assert later.identical(kept)
    with pytest.raises(AssertionError):
        assert first.identical(kept)
    assert later["summary"].headroom_power_limited_by.dtype == np.dtype(object)


def test_loads_that_take_other_numbers_of_passes_each_have_their_history(gb300):
    for load in (1.0, 0.8, 0.1):
        found = twin.solve(gb300.with_("load.utilization", load))["summary"]
        assert found.residual_history.size == found.iteration.size == int(found.iterations)
