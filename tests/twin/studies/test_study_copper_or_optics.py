"""Copper or optics: watts, cables and mass by hand, and the factory against a count of its links."""

import numpy as np
import pytest
import xarray as xr

from twin.spec.errors import SpecError
from twin.spec.load import load
from twin.studies import copper_or_optics
from twin.studies.copper_or_optics import PORT, scale_out

LINKS = 72 * 18
ENDS = {"copper": 0.0, "pluggable": 18.75e-12, "co-packaged": 5.625e-12}


@pytest.fixture(scope="module")
def found(gb300) -> xr.Dataset:
    return copper_or_optics.study(gb300, points=8)


def case(found: xr.Dataset, name: str) -> xr.Dataset:
    return found.sel(case=name)


@pytest.mark.parametrize("medium", sorted(ENDS))
def test_both_ends_of_every_link_take_the_energy_of_their_bits(found, medium):
    expected = 2 * LINKS * ENDS[medium] * 8 * 50e9
    assert float(case(found, f"rack NVLink, {medium}").power) == pytest.approx(expected, rel=1e-12)


def test_copper_is_a_cable_per_pair_and_a_fibre_cable_holds_a_link(found):
    copper, optical = (case(found, f"rack NVLink, {medium}") for medium in ("copper", "pluggable"))
    assert (int(copper.cables), int(optical.cables)) == (5184, LINKS)
    assert float(copper.cable_length) == pytest.approx(4 * float(optical.cable_length), rel=1e-12)
    modules = 2 * LINKS * 0.15 * 8 * 50e9 / PORT
    assert float(optical.mass) == pytest.approx(0.010 * float(optical.cable_length) + modules, rel=1e-9)


def test_copper_weighs_32_kg_at_the_mean_of_two_miles(found):
    copper = case(found, "rack NVLink, copper")
    assert float(copper.mass) / float(copper.cable_length) == pytest.approx(32 / (5184 * 0.62), rel=1e-9)


def test_the_factory_has_three_tiers_of_a_link_per_gpu_and_tier(found):
    """504 000 GPUs of 800 Gb/s, no oversubscription: half a port per end."""
    out = case(found, "factory scale-out, pluggable")
    assert int(out.links) == 3 * 504_000
    assert float(out.power) == pytest.approx(3 * 504_000 * 2 * 15.0, rel=1e-12)
    packed = 504_000 * 2 * (19.5 + 2 * 9.0) / 2
    assert float(case(found, "factory scale-out, co-packaged").power) == pytest.approx(packed, rel=1e-12)
    assert float(out.cable_length) == pytest.approx(504_000 * (20 + 50 + 50), rel=1e-12)


def test_the_lines_pass_through_the_bills(found):
    rack = np.interp([9.0, 30.0], found.port_power, found.rack_nvlink)
    np.testing.assert_allclose(rack, [LINKS * 2 * 9 / 4, LINKS * 2 * 30 / 4], rtol=1e-12)
    assert float(found.factory_nvlink[-1]) == pytest.approx(7000 * float(found.rack_nvlink[-1]), rel=1e-12)
    out = np.interp(30.0, found.port_power, found.factory_scale_out)
    assert out == pytest.approx(float(case(found, "factory scale-out, pluggable").power), rel=1e-12)
    assert float(found.rack_nvlink[0]) == 0.0


def test_only_the_scale_out_is_counted_without_the_nvlink_of_the_racks():
    assert {name: net.bandwidth.size for name, net in scale_out(1, "gb200").items()} == {
        "pluggable": 2 * 576,
        "copackaged": 2 * 576,
    }


def test_generations_differ_in_the_bandwidth_of_a_gpu():
    rates = [scale_out(1, name)["pluggable"].bandwidth[:576].sum() for name in ("gb200", "gb300")]
    assert rates == [576 * 50e9, 576 * 100e9]


@pytest.mark.parametrize("name", ["hgx-h100"])
def test_a_rack_without_copper_cables_is_refused(name):
    with pytest.raises(SpecError, match=f"{name}: needs a rack of 72 GPUs on copper cables"):
        copper_or_optics.study(load(name))


def test_the_answer_holds_its_numbers_and_the_assumed_energies(found):
    for words in ("19.4 kW pluggable", "5.8 kW co-packaged", "18.75 and 5.625 pJ/bit and end (assumed)", "136 MW"):
        assert words in found.answer
    assert "45 MW" in found.answer
