"""What stands behind a marched rack: unit, pumps, facility water, plant, weather, and their failures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thermal
import twin
from thermal.dry_cooler import cooler_conductance
from twin.simulation.fans import DRAUGHT, with_fans
from twin.simulation.march import march
from twin.simulation.outdoor import Outdoor, Sky, air_at, sky_of
from twin.simulation.profile import Profile
from twin.simulation.read import schedule_from
from twin.simulation.state import energy_closure
from twin.simulation.values import values
from twin.spec.errors import ConvergenceError, SpecError

HOT = {"dry_bulb": "44 degC", "dew_point": "12 degC"}


def run(spec, **keys):
    return [state for _, state in march(spec, schedule_from(keys))]


def series(states, name):
    """A field of the courses, tick by tick."""
    return np.concatenate([np.broadcast_to(getattr(s.course, name), s.course.rack_power.shape) for s in states[1:]])


@pytest.fixture(scope="module")
def dry(gb300):
    """A plant of dry coolers alone, which a hot day overtaxes."""
    return gb300.with_("facility.plant", "dry")


def test_units_and_plant_start_where_the_steady_rack_has_them(gb300, gb300_tree):
    *_, last = run(gb300, duration="5 min", load={"utilization": 1.0})
    found, steady = values_of(gb300, last), gb300_tree["summary"]
    for name in (
        *("facility_supply_temperature", "facility_flow", "unit_valve", "unit_pump_power", "facility_pump_power"),
        *("fan_power", "chiller_power", "room_power", "outdoor_temperature", "outdoor_wet_bulb", "pue"),
    ):
        assert found[name][-1] == pytest.approx(float(steady[name]), rel=1e-5), name


def values_of(spec, state):
    from twin.layout.parts import parts

    return values(parts(spec.rack), state)


def test_a_plant_that_cannot_hold_its_supply_settles_at_the_steady_solve(dry):
    """On a hot day the supply floats; from a cool start it gets there, to 1e-6 of every number."""
    hot = dry.with_("site.design_dry_bulb", "44 degC").with_("site.design_dew_point", "12 degC")
    hot = hot.with_("load.utilization", 0.6)
    steady = twin.solve(hot)
    assert float(steady["summary"].coolant_supply_temperature) > 273.15 + 45.5
    outdoor = {"dry_bulb": [["0 s", "30 degC"], ["1 min", "30 degC"], ["1 min", "44 degC"]], "dew_point": "12 degC"}
    last = run(dry, duration="90 min", load={"utilization": 0.6}, outdoor=outdoor)[-1]
    np.testing.assert_allclose(last.junction, steady["thermal"].junction_temperature, rtol=1e-6)
    assert last.course.supply[-1] == pytest.approx(float(steady["summary"].coolant_supply_temperature), rel=1e-6)
    assert last.facility_supply == pytest.approx(float(steady["summary"].facility_supply_temperature), rel=1e-6)
    assert abs(energy_closure(last)) < 1e-9


def test_a_hot_start_is_the_steady_state_there(dry):
    states = run(dry, duration="100 s", load={"utilization": 0.6}, outdoor=HOT)
    np.testing.assert_allclose(states[-1].junction, states[0].junction, rtol=1e-6)
    assert states[0].cooled.held == 0


def test_what_the_plant_delivers_arrives_after_the_pipe(dry):
    """2 m3 at the flow of the loop: the front of a hot hour comes that much later, the mass before it over the flow."""
    outdoor = {"dry_bulb": [["0 s", "30 degC"], ["20 s", "30 degC"], ["20 s", "50 degC"]]}
    states = run(dry, duration="3 min", steps={"loop": "1 s"}, load={"utilization": 1.0}, outdoor=outdoor)
    supply, flow = series(states, "facility_supply"), series(states, "facility_flow")
    first = int(np.argmax(supply > supply[0] + 0.01))
    passed = flow[20:first].sum() * 12
    assert passed == pytest.approx(2.0 * 992.2, rel=0.03)


def test_a_spare_pump_takes_over_and_without_one_the_flow_is_gone(gb300):
    load, steps = {"utilization": 0.5}, {"thermal": "0.5 s", "loop": "1 s"}
    event = {"at": "10 s", "kind": "cdu_pump_loss", "start_up": "4 s", "coast_down": "2 s"}
    one = run(gb300, duration="60 s", steps=steps, load=load, event=[event], control={"flow": "fixed"})
    flow = {round(float(t), 1): m for s in one[1:] for t, m in zip(s.course.time, s.course.flow, strict=True)}
    assert flow[14.0] / flow[10.0] == pytest.approx(np.exp(-2), rel=1e-9)
    assert flow[17.0] == pytest.approx(flow[10.0] * (1 - (1 - np.exp(-2)) * np.exp(-1)), rel=1e-6)  # pump: 3 s
    assert flow[60.0] == pytest.approx(flow[10.0], rel=1e-5)
    assert abs(energy_closure(one[-1])) < 1e-9
    both = run(gb300, duration="20 s", steps=steps, load=load, event=[{**event, "pumps": 2}], control={"flow": "fixed"})
    assert both[-1].unit.flow == pytest.approx(flow[10.0] * np.exp(-5), rel=1e-6)
    assert both[-1].course.unit_pump_power == 0


def test_pumps_that_are_left_go_to_the_end_of_their_curve(gb300):
    """Three small pumps, two usual: the one that is left gives what its curve ends with, and the flow falls there."""
    spec = gb300.with_("cooling.cdu", "vertiv-xdu1350").with_("cooling.racks_per_loop", 6)
    event = {"at": "10 s", "kind": "cdu_pump_loss", "pumps": 2}
    last = run(spec, duration="60 s", load={"utilization": 0.9}, event=[event], control={"flow": "fixed"})[-1]
    rho = float(thermal.density(thermal.coolant(spec.cooling.coolant), spec.cooling.supply_temperature))
    assert last.unit.flow * 6 / rho == pytest.approx(spec.cooling.cdu.pump_end_flow, rel=1e-3)


def test_a_trip_of_the_facility_pumps_warms_the_supply_and_keeps_the_energy(gb300):
    event = {"at": "30 s", "until": "90 s", "kind": "facility_pump_trip", "remaining": 0.1, "coast_down": "5 s"}
    states = run(gb300, duration="20 min", load={"utilization": 0.8}, event=[event])
    supply = np.concatenate([state.course.supply[1:] for state in states[1:]])
    assert supply.max() > supply[0] + 1.0
    assert supply[-1] == pytest.approx(supply[0], abs=2e-3)
    assert max(abs(energy_closure(state)) for state in states[1:]) < 1e-9


def test_without_fans_the_facility_water_warms_until_the_event_ends(dry):
    event = {"at": "30 s", "until": "10 min", "kind": "fan_loss"}
    states = run(dry, duration="40 min", load={"utilization": 0.9}, event=[event])
    supply, fans = series(states, "facility_supply"), np.array([s.cooled.fan_power for s in states])
    assert supply[:590].max() > supply[0] + 5
    assert supply[-1] == pytest.approx(supply[0], abs=0.01)
    during = [s.cooled.fan_power for s in states if 100 < s.time < 600]
    assert max(during) == pytest.approx(0.0, abs=1e-6)
    assert fans[-1] == pytest.approx(fans[0], rel=0.01)


def test_a_run_with_weather_goes_on_bit_for_bit(dry, tmp_path):
    from twin.simulation.checkpoint import read_state, write_state

    keys = {
        "duration": "4 min",
        "load": {"utilization": [["0 s", 0.8], ["4 min", 1.0]]},
        "outdoor": {"dry_bulb": [["0 s", "38 degC"], ["4 min", "44 degC"]]},
        "event": [{"at": "50 s", "until": "100 s", "kind": "fan_loss", "remaining": 0.5}],
    }
    whole = run(dry, **keys)
    half = next(state for state in whole if state.time >= 80)
    write_state(tmp_path / "state.npz", half)
    *_, (_, last) = march(dry, schedule_from(keys), start=read_state(tmp_path / "state.npz"))
    np.testing.assert_array_equal(last.junction, whole[-1].junction)
    np.testing.assert_array_equal(last.water.heat, whole[-1].water.heat)
    assert last.cooled == whole[-1].cooled and last.energy == whole[-1].energy


def test_a_year_of_the_site_is_followed_from_a_given_time(gb300):
    sky = sky_of(gb300, Outdoor(time_of_year=4000 * 3600.0))
    assert sky.year is not None
    dry = sky.year[0]
    assert air_at(sky, 1800.0)[0] == dry[4000]
    assert air_at(sky, 3600.0)[0] == pytest.approx((dry[4000] + dry[4001]) / 2)
    late = sky._replace(outdoor=Outdoor(time_of_year=8760 * 3600.0 - 1800.0))
    assert air_at(late, 0.0)[0] == dry[8759] and air_at(late, 3600.0)[0] == dry[0]


def test_air_colder_than_its_dew_point_is_saturated():
    cold = Outdoor(dry_bulb=Profile(time=(0.0,), value=(280.0,), of="dry_bulb"))
    assert air_at(Sky(cold, (300.0, 289.0), 1e5, None), 5.0) == (280.0, 280.0, 1e5)


@pytest.mark.parametrize(
    ("outdoor", "said"),
    [
        ({}, "outdoor.gives neither"),
        ({"time_of_year": "4000 h", "dry_bulb": "20 degC"}, "leave out dry_bulb"),
        ({"dry_bulb": "80 degC"}, "must be ≥ -60 and ≤ 60 degC"),
        ({"dry_bulb": [["0 s", "20 degC", 3]]}, "must be a time and a temperature"),
        ({"dry_blub": "20 degC"}, "near names: dry_bulb"),
        ({"time_of_year": "9000 h"}, "time_of_year"),
        ({"dry_bulb": [["1 h", "20 degC"], ["0 h", "21 degC"]]}, r"dry_bulb\[1\] is at 0 s"),
    ],
)
def test_air_outside_that_does_not_fit_is_refused(outdoor, said):
    with pytest.raises(SpecError, match=said):
        schedule_from({"duration": "1 h", "load": {"utilization": 1}, "outdoor": outdoor})


def test_more_pumps_than_a_unit_has_cannot_fail(gb300):
    event = {"at": "10 s", "kind": "cdu_pump_loss", "pumps": 3}
    with pytest.raises(SpecError, match="has 2 pumps"):
        run(gb300, duration="1 min", load={"utilization": 1}, event=[event])


def test_a_fixed_flow_beyond_the_pumps_has_no_start(gb300):
    with pytest.raises(ConvergenceError, match="pumps of the distribution unit"):
        run(gb300.with_("cooling.volume_flow", "200 L/min"), duration="1 min", load={"utilization": 1})


@given(share=st.floats(DRAUGHT, 1.0), water=st.floats(0.1, 2.0))
@settings(max_examples=20, deadline=None)
def test_a_cooler_with_fewer_fans_is_the_cooler_at_that_speed(share, water):
    plant = twin.load("gb300-nvl72").facility.plant
    cooler = plant.dry_cooler
    left = with_fans(plant, share).dry_cooler
    rate = water * cooler.rated_water_rate
    assert float(cooler_conductance(left, rate, 1.0)) == pytest.approx(
        float(cooler_conductance(cooler, rate, share)), rel=1e-9
    )
    assert left.rated_fan_power == pytest.approx(share * cooler.rated_fan_power)


def test_a_tower_with_fewer_fans_is_the_tower_at_that_speed(gb300):
    from thermal.tower_solve import tower_outlet

    plant = gb300.with_("facility.plant", "tower").facility.plant
    left, air = with_fans(plant, 0.6).tower, thermal.outdoor_air(299.0, 0.5)
    rate = 0.8 * plant.tower.rated_water_rate
    at = float(tower_outlet(plant.tower, rate, 0.6, 308.0, air))
    assert float(tower_outlet(left, rate, 1.0, 308.0, air)) == pytest.approx(at, abs=1e-6)


def test_a_plant_with_all_fans_is_itself(gb300):
    assert with_fans(gb300.facility.plant, 1.0) is gb300.facility.plant
