"""Tables of further coolants: the shipped ones come out again, others are made or read, and bad ones refused."""

import sys
from importlib.resources import files

import numpy as np
import pytest

from thermal.coolant import coolant, density, heat_capacity, viscosity
from thermal.coolant_table import coolant_names, coolant_table, make_coolant, read_coolant

ROWS = [f"{T},1000.0,4000.0,0.001,0.5" for T in (280.0, 290.0, 300.0)]
HEADER = "temperature_K,density,heat_capacity,viscosity,conductivity"
FREEZES = "# freezes at 270.00 K; mine"


def written(folder, lines):
    path = folder / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["water", "pg25", "eg50"])
def test_a_shipped_table_is_what_the_function_writes(name):
    pytest.importorskip("CoolProp")
    fluid = "IF97::Water" if name == "water" else f"INCOMP::M{name[:2].upper()}[0.{name[2:]}]"
    made, shipped = make_coolant(name, fluid), coolant(name)
    assert made.freezing_point == shipped.freezing_point
    for ours, theirs in zip(made[1:-1], shipped[1:-1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)  # another CoolProp release may move the fifth digit


def test_a_fraction_between_two_shipped_ones_lies_between_them():
    pytest.importorskip("CoolProp")
    made = make_coolant("pg35", "INCOMP::MPG[0.35]")
    for of in (density, viscosity):
        assert of(coolant("pg30"), 310.0) < of(made, 310.0) < of(coolant("pg40"), 310.0)


def test_an_oil_without_a_freezing_point_begins_at_the_coldest_known_row():
    pytest.importorskip("CoolProp")
    assert make_coolant("oil", "INCOMP::T66").freezing_point == 273.15


def test_ammonia_ends_below_its_boiling_point_at_the_pressure_given():
    props = pytest.importorskip("CoolProp.CoolProp").PropsSI
    ammonia = make_coolant("ammonia", "HEOS::Ammonia", 2e6)
    assert props("T", "P", 2e6, "Q", 0, "Ammonia") - ammonia.temperature[-1] == pytest.approx(2.0, abs=0.05)
    assert heat_capacity(ammonia, 300.0) == pytest.approx(props("C", "T", 300.0, "P", 2e6, "Ammonia"), rel=1e-3)


@pytest.mark.parametrize(
    ("fluid", "pressure", "why"),
    [
        ("INCOMP::Foo", 3e5, "'INCOMP::Foo' at 300000 Pa"),
        ("INCOMP::MPG[0.9]", 3e5, "not between 0 and 0.6"),
        ("HEOS::CarbonDioxide", 5.5e5, "two-phase is out of scope"),
        ("HEOS::Water", 3e7, "above the critical one"),
    ],
)
def test_what_coolprop_cannot_make_a_liquid_of_is_refused_with_a_way_out(fluid, pressure, why):
    pytest.importorskip("CoolProp")
    with pytest.raises(ValueError, match=r"coolant 'mine'.*or give a table to read_coolant") as refused:
        coolant_table("mine", fluid, pressure)
    assert why in str(refused.value)


def test_without_coolprop_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "CoolProp", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'ai-factory-twin\[coolants\]'"):
        make_coolant("mine", "INCOMP::MPG[0.35]")


@pytest.mark.parametrize("name", coolant_names())
def test_a_shipped_table_reads_as_one_of_your_own(name):
    mine = read_coolant(files("thermal") / "data" / f"{name}.csv")
    assert mine.name == name
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(mine[1:], coolant(name)[1:], strict=True))


def test_a_table_of_your_own_interpolates_and_is_read_only(tmp_path):
    mine = read_coolant(written(tmp_path, [FREEZES, HEADER, *ROWS]))
    assert (mine.name, mine.freezing_point, float(density(mine, 285.0))) == ("mine", 270.0, 1000.0)
    with pytest.raises(ValueError, match="read-only"):
        mine.density[0] = 1.0


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([HEADER, *ROWS], "no freezing point; add a line '# freezes at 263.36 K'"),
        ([FREEZES, *ROWS], "must hold the header"),
        ([FREEZES, HEADER, ROWS[0]], "at least two rows"),
        ([FREEZES, HEADER, ROWS[0], ROWS[2], ROWS[1]], "line 5: 290 K: must be above the row before"),
        ([FREEZES, HEADER, ROWS[0], "290,1000,4000,x,0.5"], "line 4: .* must be 5 numbers > 0"),
        ([FREEZES, HEADER, ROWS[0], "290,1000,4000,-1,0.5"], "line 4: .* must be 5 numbers > 0"),
        ([FREEZES, HEADER, ROWS[0], "290,1000,4000,0.5"], "line 4: .* must be 5 numbers > 0"),
        (["# freezes at 285.00 K", HEADER, *ROWS], "280 K, is below the freezing point, 285 K: ice is out of scope"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(tmp_path, lines, why):
    with pytest.raises(ValueError, match=why):
        read_coolant(written(tmp_path, lines))
