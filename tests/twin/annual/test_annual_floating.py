"""Hours that float: a linear rack has its fixed point in closed form; tables are exact where a rack is a polynomial."""

from typing import NamedTuple

import numpy as np
import pytest

import thermal
from twin.annual import floating as module
from twin.annual import hours
from twin.annual.floating import AGREED, agreed, tabled
from twin.annual.hours import solve_hours
from twin.spec.errors import ConvergenceError

SET_POINT = 318.15
GAIN = 0.3


class Line(NamedTuple):
    supply: np.ndarray
    heat: np.ndarray


class Counted:
    """A rack whose heat is load plus a share of the supply, and how many hours it was asked for."""

    def __init__(self, bend: float = 0.0) -> None:
        self.hours, self.bend = 0, bend

    def __call__(self, load: np.ndarray, supply: np.ndarray) -> Line:
        self.hours += load.size
        above = supply - SET_POINT
        return Line(np.array(supply), load + GAIN * above + self.bend * np.abs(load - 1.5))


def comes(rack: Line, rows: np.ndarray) -> np.ndarray:
    return SET_POINT + rack.heat


def load(hours: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(1.0, 2.0, hours)


@pytest.mark.parametrize("hours", [1, 40, 400])
def test_the_supply_of_a_linear_rack_is_that_of_the_closed_form(hours):
    share = load(hours)
    found = agreed(Counted(), comes, share, SET_POINT, SET_POINT + share)
    np.testing.assert_allclose(found.supply, SET_POINT + share / (1 - GAIN), atol=10 * AGREED)


def test_a_table_saves_solves_and_does_not_move_the_end():
    share = load(400)
    with_table, without = Counted(), Counted()
    found = agreed(with_table, comes, share, SET_POINT, SET_POINT + share)
    alone = [agreed(without, comes, one, SET_POINT, SET_POINT + one) for one in np.array_split(share, 4)]
    np.testing.assert_allclose(found.supply, np.concatenate([part.supply for part in alone]), atol=10 * AGREED)
    assert with_table.hours < 0.7 * without.hours


def test_a_rack_that_bends_is_followed_too():
    """A kink that no polynomial has: the table is off there, the end is not."""
    share = load(400)
    found = agreed(Counted(bend=0.5), comes, share, SET_POINT, SET_POINT + share)
    exact = (share + 0.5 * np.abs(share - 1.5)) / (1 - GAIN)
    np.testing.assert_allclose(found.supply, SET_POINT + exact, atol=10 * AGREED)
    off = tabled(Counted(bend=0.5), share, (SET_POINT, SET_POINT + 3))(share, found.supply).heat - (
        found.supply - SET_POINT
    )
    assert np.abs(off).max() > 100 * AGREED


def test_a_table_is_exact_for_polynomials_also_of_one_load_or_one_supply():
    def rack(share, supply):
        return Line(supply, share**3 * (supply - SET_POINT) ** 2 + share)

    for share, span in ((load(50), 3.0), (np.full(5, 1.3), 3.0), (load(50), 0.0)):
        table = tabled(rack, share, (SET_POINT, SET_POINT + span))
        warm = SET_POINT + span * np.linspace(0, 1, share.size)
        np.testing.assert_allclose(table(share, warm).heat, rack(share, warm).heat, rtol=1e-9)


def test_a_table_that_goes_where_the_rack_has_no_state_is_left_out():
    def fragile(share, supply):
        if supply.size == module.LOADS * module.SUPPLIES:
            raise ConvergenceError("thermal runaway")
        return Counted()(share, supply)

    share = load(400)
    found = agreed(fragile, comes, share, SET_POINT, SET_POINT + share)
    np.testing.assert_allclose(found.supply, SET_POINT + share / (1 - GAIN), atol=10 * AGREED)


def test_no_agreement_says_in_how_many_hours_and_what_to_change():
    def never(rack, rows):
        return rack.supply + 1.0

    with pytest.raises(ConvergenceError, match=r"in 3 hours after 20 passes: enlarge facility\.plant"):
        agreed(Counted(), never, load(3), SET_POINT, np.full(3, SET_POINT + 1))


def test_a_summer_in_which_every_hour_floats_is_its_hours_alone(gb300, monkeypatch):
    """More loads than make a table worthwhile: hours foreseen to float end where they do one by one."""
    for place in (hours, module):
        monkeypatch.setattr(place, "WORTH", 40)
    spec = gb300.with_("site", "phoenix").with_("facility.plant", "dry").with_("cooling.supply_temperature", "30 degC")
    share, dry = np.linspace(0.5, 1.0, 40), np.linspace(308.15, 316.15, 40)
    found = solve_hours(spec, share, thermal.outdoor_air(dry, 0.3))
    assert not found.behind.held.any() and not any(found.behind.refused)
    np.testing.assert_allclose(found.behind.supply_temperature, found.rack.supply_temperature, atol=AGREED)
    some = [0, 20, 39]
    alone = solve_hours(spec, share[some], thermal.outdoor_air(dry[some], 0.3))
    np.testing.assert_allclose(alone.rack.supply_temperature, found.rack.supply_temperature[some], atol=3e-6)
    np.testing.assert_allclose(alone.rack.headroom, found.rack.headroom[some], atol=1e-5)
