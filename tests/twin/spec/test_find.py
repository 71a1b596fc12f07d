"""Which path a message proposes: full, nearest first, and of the part that was meant."""

import pytest

import twin
from twin.spec.errors import SpecError
from twin.spec.find import find


@pytest.fixture(scope="module")
def rack():
    return twin.load("gb300-nvl72")


def near(rack, path):
    """The near names of the message."""
    with pytest.raises(SpecError, match="no such field") as told:
        find(rack, path)
    return str(told.value).partition("near names: ")[2].rstrip(")").split(", ")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("cooling.suply_temperature", "cooling.supply_temperature"),
        ("cooling.supply_temp", "cooling.supply_temperature"),
        ("cooling.flow", "cooling.volume_flow"),
        ("facility.cdu", "cooling.cdu"),
        ("load.utilisation", "load.utilization"),
        ("utilisation", "load.utilization"),
        ("gpu.tdp", "rack.trays.compute.chips.gpu.power.tdp"),
        ("rack.trays.0.chips.gpu.power.tdp", "rack.trays.compute.chips.gpu.power.tdp"),
        ("trays[0].chips.gpu.power.tdp", "rack.trays.compute.chips.gpu.power.tdp"),
        ("rack.busbar.rated", "rack.busbar.rated_current"),
        ("feed.ups.loss", "feed.ups.loss_linear"),
        ("racks_per_lop", "cooling.racks_per_loop"),
    ],
)
def test_the_path_that_was_meant_comes_first(rack, wrong, meant):
    assert near(rack, wrong)[0] == meant


@pytest.mark.parametrize("wrong", ["cooling.suply_temperature", "gpu.tdp", "utilisation", "cooling.supply"])
def test_every_near_name_is_a_full_path_that_means_one_field(rack, wrong):
    for name in near(rack, wrong):
        assert find(rack, name) == [tuple(name.split("."))]


def test_a_list_without_names_is_proposed_once(rack):
    assert sum("pressure_points" in name for name in near(rack, "cooling.supply_temp")) == 1


def test_nothing_alike_points_to_the_list_of_all(rack):
    with pytest.raises(SpecError, match=r"quux: no such field \(twin show lists them all\)"):
        find(rack, "quux")


def test_an_ambiguous_end_lists_full_paths_the_shortest_first_and_none_wins(rack):
    with pytest.raises(SpecError) as told:
        find(rack, "supply_temperature")
    listed = str(told.value).partition("it could be ")[2].partition(";")[0].split(", ")
    assert listed[0] == "cooling.supply_temperature"
    assert [len(name.split(".")) for name in listed] == sorted(len(name.split(".")) for name in listed)
    assert all(find(rack, name) == [tuple(name.split("."))] for name in listed)
    assert find(rack, "shelf.loss_constant") == [("rack", "shelf", "loss_constant")]
