"""What holds at a time, which events a rack can have, and the fabric that is left."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topology
import twin
from twin.build.fabric import fabric_of, forwarding
from twin.build.losses import degraded, fabric_constants, surviving
from twin.layout.parts import parts
from twin.simulation.check import check_schedule
from twin.simulation.events import condition_at, links_of, lost_chips
from twin.simulation.read import schedule_from
from twin.simulation.schedule import Schedule
from twin.spec.errors import SpecError
from twin.spec.types import Factory

MINUTE = 60.0
NONE: frozenset[Any] = frozenset()


def schedule(*events: dict[str, Any], settings: tuple[dict[str, Any], ...] = (), duration: str = "1 h") -> Schedule:
    return schedule_from(
        {"duration": duration, "load": {"utilization": 0.5}, "event": list(events), "set": list(settings)}
    )


def event(kind: str, at: str = "10 min", **rest: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, **rest}


def setting(at: str, path: str, value: Any) -> dict[str, Any]:
    return {"at": at, "path": path, "value": value}


def refused(made: Schedule, spec: Factory) -> list[str]:
    with pytest.raises(SpecError) as error:
        check_schedule(made, spec)
    return list(error.value.problems)


# What holds at a time


def test_before_anything_happens_the_condition_is_the_rack_as_it_stands(gb300):
    made = schedule(event("pump_trip"), event("load_step", utilization=0.2))
    now = condition_at(made, gb300, 0.0)
    assert now.spec is gb300
    assert now[1:] == (1.0, 1, 3.0, 1.0, 1.0, 3.0, 1.0, {}, NONE, NONE, None)


def test_an_event_holds_from_its_time_until_it_is_mended(gb300):
    made = schedule(event("pump_trip", until="11 min", remaining=0.2, coast_down="5 s"))
    times = (10 * MINUTE - 1e-6, 10 * MINUTE, 11 * MINUTE - 1e-6, 11 * MINUTE)
    assert [condition_at(made, gb300, t).pump for t in times] == [1.0, 0.2, 0.2, 1.0]
    assert [condition_at(made, gb300, t).coast_down for t in times] == [3.0, 5.0, 5.0, 5.0]


def test_of_two_losses_at_once_the_greater_counts_and_of_two_load_steps_the_later(gb300):
    made = schedule(
        event("pump_trip", remaining=0.5),
        event("pump_trip", "12 min", until="20 min", remaining="10 %"),
        event("facility_water_loss", remaining=0.7),
        event("blocked_plate", part=["compute-05/gpu-2", "switch-1/asic-0"], remaining=0.4),
        event("blocked_plate", part="compute-05/gpu-2", remaining=0.2),
        event("load_step", utilization=0.9),
        event("load_step", "12 min", until="20 min", utilization=0.1),
    )
    during, after = (condition_at(made, gb300, m * MINUTE) for m in (15, 25))
    assert (during.pump, during.utilization, after.pump, after.utilization) == (0.1, 0.1, 0.5, 0.9)
    assert during.facility == 0.7
    assert during.blocked == {"compute-05/gpu-2": 0.2, "switch-1/asic-0": 0.4}


def test_set_points_and_banks_enter_the_spec_and_a_mended_bank_comes_back(gb300):
    made = schedule(
        event("shelf_bank_loss", until="20 min", part="top-shelves"),
        settings=(
            setting("30 min", "cooling.supply_temperature", "35 degC"),
            setting("5 min", "cooling.supply_temperature", "42 degC"),
        ),
    )
    supply = [condition_at(made, gb300, m * MINUTE).spec.cooling.supply_temperature for m in (0, 5, 29, 30)]
    assert supply == pytest.approx([318.15, 315.15, 315.15, 308.15])
    lost = [condition_at(made, gb300, m * MINUTE).spec.rack.stack[0].in_service for m in (9, 10, 19, 20)]
    assert lost == [True, False, False, True]


def test_a_bank_switched_off_by_a_set_point_stays_off_when_an_event_on_it_ends(gb300):
    path = "rack.stack.top-shelves.in_service"
    made = schedule(
        event("shelf_bank_loss", until="20 min", part="top-shelves"), settings=(setting("15 min", path, False),)
    )
    assert not condition_at(made, gb300, 25 * MINUTE).spec.rack.stack[0].in_service


def test_set_points_that_lean_on_one_another_are_taken_in_order(gb300):
    made = schedule(
        settings=(
            setting("1 min", "limits.supply_maximum", "56 degC"),
            setting("2 min", "cooling.return_temperature", "65 degC"),
            setting("3 min", "cooling.supply_temperature", "55 degC"),
            setting("4 min", "limits.supply_maximum", "55 degC"),
        )
    )
    check_schedule(made, gb300)
    now = condition_at(made, gb300, 5 * MINUTE).spec
    assert (now.cooling.supply_temperature, now.limits.supply_maximum) == pytest.approx((328.15, 328.15))


def test_nothing_changes_between_two_breaks(gb300):
    made = schedule(event("asic_loss", until="20 min", part="switch-1/asic-0"), event("pump_trip", "30 min"))
    first, second = (condition_at(made, gb300, m * MINUTE) for m in (10, 19.9))
    assert first == second and first.spec is second.spec
    assert condition_at(made, gb300, 20 * MINUTE) != first


def test_an_event_is_not_missed_by_rounding(gb300):
    made = schedule_from(
        {
            "duration": 10,
            "load": {"utilization": [[0, 0.1], [0.05, 0.9]], "repeat": 0.1},
            "event": [{"at": 3 * 0.1, "kind": "pump_trip"}],
        }
    )
    assert condition_at(made, gb300, 0.3).pump == 0.0
    assert 3 * 0.1 > 0.3


# Names


def test_a_cable_is_named_by_its_id_or_its_ends_in_either_order(gb300):
    fabric = fabric_of(gb300.rack)
    (link,) = links_of(gb300.rack, "compute-05/gpu-2 - switch-1/asic-0")
    assert (fabric.gpus[fabric.gpu[link]], fabric.asics[fabric.asic[link]]) == ("compute-05/gpu-2", "switch-1/asic-0")
    assert links_of(gb300.rack, "switch-1/asic-0 - compute-05/gpu-2") == links_of(gb300.rack, str(link)) == (link,)


def test_all_parallel_links_between_two_ends_are_meant(tiny):
    fabric = fabric_of(tiny.rack)
    assert len(links_of(tiny.rack, f"{fabric.gpus[0]} - {fabric.asics[0]}")) == 18


def test_a_lost_tray_takes_its_chips_along(gb300):
    gone = lost_chips(gb300.rack, frozenset({"compute-05", "switch-1/asic-0"}))
    assert sorted(gone) == [*(f"compute-05/cpu-{i}" for i in (0, 1)), *(f"compute-05/gpu-{i}" for i in range(4)),
                            "switch-1/asic-0"]  # fmt: skip


# What a rack can have


def test_a_schedule_of_every_kind_suits_the_rack(gb300):
    check_schedule(
        schedule(
            event("pump_trip"),
            event("facility_water_loss", remaining=0.5),
            event("blocked_plate", part="compute-05/cpu-1", remaining=0.01),
            event("shelf_bank_loss", part="bottom-shelves"),
            event("cable_loss", part=[1295, "compute-05/gpu-2 - switch-1/asic-0"]),
            event("asic_loss", part="switch-9/asic-1"),
            event("tray_loss", part="compute-18"),
            event("load_step", utilization=1),
            settings=(
                setting("1 min", "cooling.volume_flow", "100 L/min"),
                setting("2 min", "limits.junction", "80 degC"),
                setting("3 min", "traffic.injection", 0.1),
                setting("4 min", "stack.top-shelves.in_service", True),
            ),
        ),
        gb300,
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (event("tray_loss", part="compute-5"), "event[0].part = 'compute-5': no such part (near names: compute-15"),
        (event("asic_loss", part="compute-05/gpu-2"), "event[0].part = 'compute-05/gpu-2': no such part"),
        (event("asic_loss", part="xyz"), "they run from switch-1/asic-0 to switch-9/asic-1"),
        (event("blocked_plate", part="gpu-2", remaining=0.5), "no such part"),
        (event("shelf_bank_loss", part="top-shelve"), "near names: top-shelves"),
        (event("shelf_bank_loss", part="switches"), "no such part"),
        (event("cable_loss", part=1296), "event[0].part = '1296': no such link; ids lie in 0 … 1295"),
        (event("cable_loss", part="compute-05/gpu-2"), 'write the id of a link, or "compute-01/gpu-0 - switch-1/asic'),
        (event("cable_loss", part="compute-05/gpu-2 - switch-1/asic-7"), "near names: switch-1/asic-"),
        (event("cable_loss", part="compute-05/gpu-2 - compute-05/gpu-3"), "must join a GPU and a switch ASIC"),
    ],
)
def test_a_part_the_rack_has_not_is_refused_with_near_names(gb300, made, said):
    (problem,) = refused(schedule(made), gb300)
    assert said in problem


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("cooling.suply_temperature", 1, "near names: cooling.supply_temperature"),
        ("gpu.power.tdp", "1 kW", "set[0].path = gpu.power.tdp: cannot change during a run"),
        ("cooling.coolant", "pg25", "cannot change during a run"),
        ("load.utilization", 0.5, "cannot change during a run"),
        ("cooling.supply_temperature", "40 C", "set[0] at 300 s: cooling.supply_temperature = 40 C: the unit 'C'"),
        ("cooling.supply_temperature", "70 degC", "must lie within 15 degC to 50 degC"),
        ("stack.upper-compute.in_service", False, "only shelves can be out of service"),
    ],
)
def test_a_set_point_that_does_not_fit_is_refused(gb300, path, value, said):
    (problem,) = refused(schedule(settings=(setting("5 min", path, value),)), gb300)
    assert said in problem


def test_the_last_bank_of_shelves_cannot_be_lost(gb300):
    both = (event("shelf_bank_loss", until="30 min", part="top-shelves"),
            event("shelf_bank_loss", "20 min", part="bottom-shelves"))  # fmt: skip
    (problem,) = refused(schedule(*both), gb300)
    assert problem.startswith("event[1] at 1200 s:") and "no shelf is in service" in problem
    check_schedule(schedule(both[0], event("shelf_bank_loss", "30 min", part="bottom-shelves")), gb300)


def test_events_a_rack_cannot_have_are_refused(tiny):
    board = twin.load("hgx-h100")
    (problem,) = refused(schedule(event("cable_loss", part=3)), board)
    assert "event[0].kind = cable_loss: the rack has no cables" in problem
    (problem,) = refused(schedule(event("shelf_bank_loss", part="shelf")), tiny)
    assert "one bank of shelves" in problem


def test_a_rack_whose_fabric_would_fall_apart_is_told_so(gb300):
    trays = [name for name in parts(gb300.rack).tray if name.startswith("switch")]
    (problem,) = refused(schedule(event("tray_loss", part=trays)), gb300)
    assert "no NVLink link is left" in problem
    fabric = fabric_of(gb300.rack)
    split = [i for i in range(18) if i % 2] + [18 + i for i in range(18) if not i % 2]
    (problem,) = refused(schedule(event("cable_loss", part=split)), gb300)
    assert f"traffic from {fabric.gpus[0]} to {fabric.gpus[1]}" in problem and "no plane joins the two" in problem


def test_all_problems_of_a_schedule_come_at_once(gb300):
    made = schedule(
        event("tray_loss", part=["compute-5", "x"]), event("asic_loss", part="y"),
        settings=(setting("5 min", "nothing", 1),),
    )  # fmt: skip
    assert [text.partition(" ")[0] for text in refused(made, gb300)] == ["set[0].path", *["event[0].part"] * 2,
                                                                         "event[1].part"]  # fmt: skip


# The fabric that is left


@pytest.fixture(scope="module")
def fabric(gb300):
    return fabric_of(gb300.rack)


def after(fabric, spec, links=(), chips=()):
    return degraded(fabric, spec.rack, spec.traffic, frozenset(links), frozenset(chips))


def test_with_nothing_lost_it_is_the_intact_forwarding(fabric, gb300):
    intact = forwarding(fabric, gb300.rack, gb300.traffic)
    for made, kept in zip(after(fabric, gb300), intact, strict=True):
        assert np.array_equal(made, kept)
    for made, kept in zip(after(fabric, gb300, chips=["compute-01/cpu-0"]), intact, strict=True):
        assert made == pytest.approx(kept, rel=1e-12)
    assert surviving(fabric, NONE, NONE) is fabric


def test_a_lost_link_moves_its_load_to_the_other_planes_of_its_pairs(fabric, gb300):
    spec = gb300.with_("traffic.pattern", "uniform")
    before, now = after(fabric, spec), after(fabric, spec, links=[20])
    ones, gpu = np.ones(72), fabric.gpu[20]
    up, down = now.up @ ones, now.down @ ones
    own = np.flatnonzero(fabric.gpu == gpu)
    assert up[20] == down[20] == 0.0
    assert up[own[own != 20]] == pytest.approx(900e9 / 17) and down[own[own != 20]] == pytest.approx(900e9 / 17)
    assert now.capacity[gpu] == 850e9
    # A neighbour spreads 70 of its 71 shares over 18 planes and the share of the maimed GPU over 17.
    near, plane = np.flatnonzero(fabric.gpu == gpu + 1), fabric.asic[20]
    assert up[near[fabric.asic[near] != plane]] == pytest.approx(900e9 * (70 / 18 + 1 / 17) / 71)
    assert up[near[fabric.asic[near] == plane]] == pytest.approx(900e9 * 70 / 18 / 71)
    assert now.sent == pytest.approx(before.sent) and now.received == pytest.approx(before.received)


def test_a_lost_asic_leaves_all_gpus_alike_on_one_plane_less(fabric, gb300):
    now = after(fabric, gb300, chips=["switch-4/asic-1"])
    lost = fabric.asics.index("switch-4/asic-1")
    assert np.all(now.capacity == 850e9)
    assert np.all(now.switched[lost] == 0) and np.all(now.up[fabric.asic == lost] == 0)
    assert now.up[fabric.asic != lost].sum(axis=1) == pytest.approx(np.full(72 * 17, 900e9 / 17))


def test_a_lost_trays_gpus_neither_send_nor_receive_and_the_others_keep_what_they_offer(fabric, gb300):
    gone = lost_chips(gb300.rack, frozenset({"compute-05"}))
    before, now = after(fabric, gb300), after(fabric, gb300, chips=gone)
    lost = np.array([name in gone for name in fabric.gpus])
    assert lost.sum() == 4
    assert not now.sent[lost].any() and not now.received[lost].any() and not now.received[:, lost].any()
    assert not now.switched[:, lost].any() and not now.up[lost[fabric.gpu]].any() and not now.down[:, lost].any()
    assert now.sent[~lost] == pytest.approx(before.sent[~lost])
    assert np.all(np.isinf(now.capacity[lost])) and np.all(now.sent / now.capacity <= 1 + 1e-12)
    with np.errstate(invalid="ignore"):  # nothing goes to itself, 0 / 0
        share = (now.received / before.received)[np.ix_(~lost, ~lost)]
    assert np.nanmax(share, axis=0) == pytest.approx(np.nanmin(share, axis=0), rel=1e-12)


def test_a_gpu_that_loses_all_its_links_is_lost(fabric, gb300):
    by_links = after(fabric, gb300, links=range(18))
    by_name = after(fabric, gb300, chips=[fabric.gpus[0]])
    for one, other in zip(by_links, by_name, strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=8, deadline=None)
@given(
    links=st.sets(st.integers(0, 1295), max_size=40),
    asic=st.sampled_from([(), ("switch-1/asic-0",)]),
    tray=st.sampled_from([(), ("compute-02",)]),
)
def test_every_byte_goes_up_once_comes_down_once_and_is_switched_once(links, asic, tray):
    spec = twin.load("gb300-nvl72")
    fabric = fabric_of(spec.rack)
    now = after(fabric, spec, links, (*asic, *lost_chips(spec.rack, frozenset(tray))))
    for total in (now.received.sum(axis=0), now.switched.sum(axis=0), now.up.sum(axis=0), now.down.sum(axis=0)):
        assert total == pytest.approx(now.sent, rel=1e-12)
    alive = np.isfinite(now.capacity)
    assert now.sent[alive] == pytest.approx(np.full(alive.sum(), 900e9), rel=1e-12)
    assert np.bincount(fabric.gpu, now.up.sum(axis=1), 72) == pytest.approx(now.sent, rel=1e-12)


def test_the_check_of_conservation_sees_a_link_that_is_dropped_without_moving_its_load(fabric, gb300):
    intact = after(fabric, gb300)
    up = intact.up.copy()
    up[20] = 0
    assert up.sum(axis=0) != pytest.approx(intact.sent, rel=1e-12)


def test_the_numbers_of_an_intact_fabric_are_those_of_the_topology(fabric):
    numbers = fabric_constants(fabric)
    assert numbers["bandwidth_per_gpu"] == 900e9 and numbers["link_count"] == 1296 and numbers["gpu_count"] == 72
    assert numbers["bandwidth_bisection"] == topology.bandwidth_bisection(fabric)
    assert numbers["seconds_per_byte"] == pytest.approx(71 / 900e9)


@pytest.mark.parametrize(
    ("links", "parts_lost", "per_gpu", "gpus", "seconds"),
    [
        ([20], [], 850e9, 72, 71 / 850e9),  # the maimed GPU's links are the busiest
        ([], ["switch-1/asic-0"], 850e9, 72, 71 / 850e9),
        ([], ["compute-05"], 900e9, 68, 67 / 900e9),
        ([], ["switch-1", "compute-01"], 800e9, 68, 67 / 800e9),
        (range(18), [], 900e9, 71, 70 / 900e9),
    ],
)
def test_the_numbers_after_losses_are_those_by_hand(fabric, gb300, links, parts_lost, per_gpu, gpus, seconds):
    gone = lost_chips(gb300.rack, frozenset(parts_lost))
    numbers = fabric_constants(fabric, frozenset(links), gone)
    assert (numbers["bandwidth_per_gpu"], numbers["gpu_count"]) == (per_gpu, gpus)
    assert numbers["seconds_per_byte"] == pytest.approx(seconds, rel=1e-12)
    assert numbers["all_to_all_saturation"] == pytest.approx(1 / seconds, rel=1e-12)
    assert numbers["bandwidth_aggregate_bidirectional"] == 2 * 50e9 * numbers["link_count"]
    left = surviving(fabric, frozenset(links), gone)
    assert len(left.gpus) == gpus and not set(left.gpus + left.asics) & gone


def test_more_losses_never_make_the_all_to_all_faster(fabric):
    order = np.random.default_rng(3).permutation(1296)[:24].tolist()
    times = [fabric_constants(fabric, frozenset(order[:n]))["seconds_per_byte"] for n in (0, 1, 4, 12)]
    assert times == sorted(times)


def test_a_link_that_does_not_exist_cannot_be_lost(fabric):
    with pytest.raises(SpecError, match=r"link 1296: no such link; ids lie in 0 … 1295"):
        surviving(fabric, frozenset({1296}), NONE)


def test_the_busiest_link_after_losses_is_that_of_the_link_loads(gb300):
    """What is delivered goes by links, not by GPUs: a pair with a plane less loads its others more."""
    fabric = fabric_of(gb300.rack)
    lost = frozenset(range(0, 1296, 37))
    now = degraded(fabric, gb300.rack, gb300.traffic, lost, NONE)
    clock = np.random.default_rng(3).uniform(0.5, 1.0, 72)
    loads = topology.LinkLoads(now.up @ clock, now.down @ clock)
    busiest = topology.utilization(fabric, loads).max()
    assert (now.critical @ clock).max() == pytest.approx(busiest, rel=1e-12)
    sent, received = clock * now.sent / now.capacity, now.received @ clock / now.capacity
    assert busiest > 1.001 * max(sent.max(), received.max())


@pytest.mark.parametrize(
    ("at", "until", "said"),
    [("20.2 s", "20.8 s", "between two steps"), ("3599.5 s", None, "after the last step")],
)
def test_an_event_nobody_would_see_is_refused(gb300, at, until, said):
    made = event("load_step", at, utilization=0.9) | ({"until": until} if until else {})
    (problem,) = refused(schedule(made, duration="3599.7 s"), gb300)
    assert said in problem
