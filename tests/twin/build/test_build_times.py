"""Times of collectives of a rack, from measurements, and the watts of its optics."""

from dataclasses import replace

import numpy as np
import pytest
from twin_racks import SYSTEMS, changed, steady

import topology
import twin
from twin.build.fabric import fabric_of
from twin.build.optics import link_media, port_power
from twin.build.times import collective_times, exchange_time, imbalance, job_times
from twin.layout.parts import parts

TIMES = ("all_to_all_time", "all_reduce_time", "dispatch_time", "combine_time")


def times(spec, gpus=72, bandwidth=900e9):
    return {name: float(values[0]) for name, values in collective_times([spec], gpus, bandwidth).items() if name in ALL}


ALL = (*TIMES, "dispatch_time_p99", "combine_time_p99")


def test_an_hgx_h100_takes_what_nccl_took_on_it():
    spec = changed("hgx-h100", {"traffic.message_bytes": 2**26, "traffic.reduce_bytes": 2**29})
    found = times(spec, 8, 450e9)
    for name, operation, size in (
        ("all_to_all_time", "all_to_all", 2**29),
        ("all_reduce_time", "all_reduce", 2**29),
    ):
        measured = topology.measured_collective("h100_sxm", operation, gpus=8)
        assert found[name] == pytest.approx(float(topology.protocol_time(measured.protocols, size)), rel=1e-12)


def test_a_dispatch_is_the_law_of_the_kernel_times_the_busiest_gpu(gb300):
    law = topology.measured_expert("dispatch", kernel="NVLinkTwoSided", dtype="fp8")
    sent = topology.expert_bytes(1024, 72, token_bytes=7168)
    mean, tail = imbalance(72, 256, 8, 0.6, gb300.traffic.seed)
    found = times(gb300)
    assert found["dispatch_time"] == pytest.approx(float(topology.expert_time(law, sent * mean, 72)), rel=1e-12)
    assert found["dispatch_time_p99"] == pytest.approx(float(topology.expert_time(law, sent * tail, 72)), rel=1e-12)
    assert 1 < mean < tail


def test_without_skew_there_is_no_tail_and_the_mean_is_shorter(gb300):
    even = times(changed(gb300, {"traffic.pattern": "uniform"}))
    assert even["dispatch_time"] == even["dispatch_time_p99"]
    assert even["dispatch_time"] < times(gb300)["dispatch_time"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_time_falls_with_bandwidth_and_grows_with_its_size(system):
    spec = twin.load(system)
    gpus, full = spec.rack.nvlink.gpus, spec.rack.nvlink.gpu_bandwidth
    here, slow = times(spec, gpus, full), times(spec, gpus, full / 2)
    larger = changed(spec, {"traffic.message_bytes": 4e6, "traffic.reduce_bytes": 4e9, "traffic.tokens": 4096})
    assert all(slow[name] > here[name] for name in ALL)
    assert all(times(larger, gpus, full)[name] > here[name] for name in ALL)


def test_the_factor_scales_every_time(gb300):
    scaled, plain = times(changed(gb300, {"collectives.time_factor": 1.25})), times(gb300)
    assert all(scaled[name] == pytest.approx(1.25 * plain[name], rel=1e-12) for name in ALL)


def test_racks_of_one_batch_may_rest_on_different_measurements(gb300):
    other = changed(gb300, {"collectives.system": "b200_sxm", "traffic.message_bytes": 3e6})
    both = collective_times([gb300, other, gb300], 72, 900e9)
    alone = collective_times([other], 72, 900e9)
    for name in ALL:
        assert both[name][1] == alone[name][0]
        assert both[name][0] == both[name][2]
    assert both["all_to_all_time"][0] != both["all_to_all_time"][1]
    assert "8 GPUs of b200_sxm" in both["collective_basis"][1]
    assert "4 GPUs of gb200" in both["collective_basis"][0]


def test_what_is_extrapolated_says_so():
    basis = {s: str(twin.solve(twin.load(s))["summary"].collective_basis.item()) for s in ("hgx-h100", "vr-nvl72")}
    assert "8 GPUs of h100_sxm, the group itself" in basis["hgx-h100"]
    assert "carried on to 72, slopes by bandwidth to 1800 GB/s" in basis["vr-nvl72"]


def test_a_single_gpu_has_no_times(gb300):
    found = collective_times([gb300], 1, 900e9)
    assert all(np.isnan(found[name][0]) for name in ALL)
    assert found["collective_basis"][0].startswith("none")


def test_the_headline_and_the_job_of_all_gpus_are_the_same(gb300, gb300_tree):
    own = job_times(gb300)
    assert own["job_all_to_all_time"][0] == pytest.approx(float(gb300_tree["summary"].all_to_all_time), rel=1e-12)
    assert own["job_dispatch_time_p99"][0] == pytest.approx(float(gb300_tree["summary"].dispatch_time_p99), rel=1e-12)
    assert exchange_time(gb300, 72, 900e9) == own["job_all_to_all_time"][0]


def test_lost_links_lengthen_the_all_to_all_by_the_bandwidth_they_take(gb300):
    from twin.couple.traffic import fabric_numbers

    fabric = fabric_of(gb300.rack)
    intact, broken = (
        fabric_numbers(fabric, [gb300], frozenset(lost))["all_to_all_time"][0] for lost in ((), (0, 1, 2))
    )
    simple = topology.calibrated_collective("gb200", "all_to_all", gpus=72).protocols[-1]
    assert broken - simple.startup == pytest.approx((intact - simple.startup) * 18 / 15, rel=1e-9)


def test_ports_draw_a_fixed_part_and_one_that_follows_the_load(gb300):
    watts = port_power([gb300], parts(gb300.rack), np.array([[0.0], [0.5], [1.0]]))
    # 4 ports of 800 Gb/s per compute tray, 15 W each at full bandwidth, 0.8 of that fixed, half the bandwidth used
    assert watts[:, 0] == pytest.approx([48.0, 51.0, 54.0])
    assert not watts[:, list(parts(gb300.rack).tray_kind).index("switch")].any()
    assert not port_power(
        [replace(gb300, rack=replace(gb300.rack, scale_out=None))], parts(gb300.rack), np.ones((1, 1))
    ).any()


def test_copper_draws_nothing_and_optics_what_the_media_table_says(gb300):
    place, fabric = parts(gb300.rack), fabric_of(gb300.rack)
    assert link_media(fabric, gb300.rack.nvlink, place) is None
    optical = replace(gb300.rack.nvlink, medium="copackaged")
    found = link_media(fabric, optical, place)
    assert found is not None
    fixed, per_byte = found
    full = topology.end_power("copackaged", 900e9, 1.0)
    gpu = place.gpu[0]
    assert fixed[0, gpu] + per_byte[0, gpu] * 2 * 900e9 == pytest.approx(float(full))
    assert fixed.sum() == pytest.approx(2 * 72 * 0.8 * float(full))  # two ends of every link


def test_optical_links_heat_the_rack_by_what_they_draw_and_the_energy_still_closes(gb300):
    optical = replace(gb300, rack=replace(gb300.rack, nvlink=replace(gb300.rack.nvlink, medium="pluggable")))
    tree, plain = twin.solve(optical), twin.solve(gb300)
    extra = float(tree["summary"].optics_power - plain["summary"].optics_power)
    assert extra == pytest.approx(float(tree["power"].link_media_power.sum()), rel=1e-12)
    assert 16e3 < extra < 2 * 72 * 8 * 900e9 * 18.75e-12
    assert abs(float(tree["summary"].energy_closure_relative)) < 1e-9
    grown = float(tree["summary"].rack_power_dc - plain["summary"].rack_power_dc)
    assert grown == pytest.approx(extra, rel=0.06)  # the bus lowers the chips' clocks a little, copper adds some
    idle, busy = (steady(changed(optical, {"traffic.injection": x})).outcome.chips.media_power for x in (0.0, 0.6))
    assert idle is not None
    assert busy is not None
    assert (busy > idle)[:, parts(gb300.rack).gpu].all()
