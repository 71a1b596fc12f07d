"""Models of the catalogue by name: in a file, laid over, and set from outside."""

import pytest

import twin
from thermal import DistributionUnit, DryCooler
from twin.spec.errors import SpecError
from twin.spec.fields import convert, field_types
from twin.spec.load import loads
from twin.spec.models import models
from twin.spec.types import Factory
from twin.spec.write import to_toml

HEAD = 'inherit = "gb300-nvl72"\n'


def test_a_table_may_be_a_model_and_give_what_differs():
    spec = loads(f'{HEAD}[cooling.cdu]\nmodel = "vertiv-xdu1350"\npump_efficiency = 0.55')
    assert spec.cooling.cdu.rated_heat == 1.368e6
    assert spec.cooling.cdu.pump_efficiency == 0.55
    assert spec.provenance["cooling.cdu.rated_heat"].source == "vertiv-xdu"
    assert spec.provenance["cooling.cdu.pump_efficiency"].status == "user"


def test_what_differs_stays_on_the_model_below():
    spec = loads(f"{HEAD}[cooling.cdu]\npump_efficiency = 0.55")
    assert (spec.cooling.cdu.rated_heat, spec.cooling.cdu.pump_efficiency) == (2e6, 0.55)


def test_a_name_in_quotes_is_the_whole_table():
    spec = loads(f'site = "phoenix"\n{HEAD}[facility]\nplant = "tower-chiller"')
    assert spec.site.climate.altitude == 337
    assert spec.facility.plant.tower is not None
    assert spec.facility.plant.dry_cooler is None
    assert spec.facility.plant.chillers == 1


def test_a_model_may_be_like_another():
    like = {name: table["like"] for name, table in models(DistributionUnit).items() if "like" in table}
    assert like == {"vertiv-xdu1350": "coolit-chx2000", "vertiv-cdu121": "coolit-chx2000"}
    spec = twin.load("gb300-nvl72").with_("cooling.cdu", "vertiv-cdu121")
    assert spec.cooling.cdu.valve_rangeability == 50


def test_a_model_set_from_outside_brings_its_sources_and_is_written_whole():
    spec = twin.load("gb300-nvl72").with_("site", "singapore").with_("dry_cooler", "bac-c60et30b")
    assert spec.provenance["site.climate.mean_temperature"].source == "nea-singapore"
    assert spec.provenance["facility.plant.dry_cooler.rated_heat"].source == "bac-second-hand"
    again = loads(to_toml(spec), spec.name)
    assert again == spec
    assert dict(again.provenance) == dict(spec.provenance)


@pytest.mark.parametrize(
    ("path", "name", "says"),
    [
        ("site", "phenix", r"site.model: no such model 'phenix' \(near names: phoenix\)"),
        ("facility.plant.dry_cooler", "oil", r"no such model 'oil' \(known: bac-tdfs1238n, bac-c60et30b\)"),
        ("facility.plant.tower", "york-3mw", "must have either a dry_cooler or a tower"),
        ("cooling.cdu", "none", r"= none: must be the name of a model \(coolit-chx2000, .*; to change it name one of"),
        (
            "facility.plant.chiller",
            5,
            r"= 5: must be none or the name of a model \(doe2-centrifugal, york-ycal\); to change it",
        ),
        ("rack.busbar", "thick", r"rack.busbar.model: no such model 'thick' \(known: liquid-5ka\)"),
    ],
)
def test_an_unknown_model_is_refused_with_those_there_are(path, name, says):
    with pytest.raises(SpecError, match=says):
        twin.load("gb300-nvl72").with_(path, name)


def test_a_table_without_models_is_not_set_as_a_whole():
    with pytest.raises(SpecError, match=r"limits = x: is a table, .*; to change it name one of its fields \(junction,"):
        convert(("limits",), field_types(Factory)["limits"], "x")


def test_a_file_with_an_unknown_model_names_the_table():
    with pytest.raises(SpecError, match=r"facility.plant.model: no such model 'wet'"):
        loads(f'{HEAD}[facility.plant]\nmodel = "wet"')


def test_every_kind_has_models():
    assert {"bac-tdfs1238n", "bac-c60et30b"} == models(DryCooler).keys()
    assert models(int) == {}
