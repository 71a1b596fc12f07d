"""Rows of heat exchangers and distribution units: effectiveness, the 45 °C plant of LBNL, printed catalogue points."""

from dataclasses import replace
from pathlib import Path

from thermal import exchanger
from thermal.cdu import DistributionUnit, unit_model
from thermal.cdu_steady import UnitDuty, UnitPoint, solve_units
from thermal.coolant import coolant
from thermal.exchange import mean_capacity
from thermal.exchanger import Arrangement
from twin.validate.row import Allowed, Row, printed, row

ZERO = 273.15
_CASES = (1.0, 1.0), (3.0, 0.75), (2.0, 0.5), (5.0, 1.0)
_EFFECTIVENESS: dict[Arrangement, tuple[float, ...]] = {
    "counter": (0.5, 0.817118, 0.774600, 0.833333),
    "parallel": (0.432332, 0.568430, 0.633475, 0.499977),
    "cross_unmixed": (0.476222, 0.749406, 0.732409, 0.750904),
}

COOLIT = DistributionUnit(
    rated_heat=2e6,
    rated_approach=5.0,
    rated_supply=313.15,
    rated_flow=35.8,
    rated_facility_flow=35.8,
    resistance_split=1.0,
    rack_exponent=0.7,
    facility_exponent=0.7,
    fouling=0.0,
    minimum_approach=0.0,
    rack_drop=80e3,
    facility_drop=80e3,
    drop_exponent=1.9,
    valve_authority=0.5,
    valve_rangeability=50.0,
    pumps=2,
    spare_pumps=1,
    pump_shutoff_head=300e3,
    pump_rated_head=210e3,
    pump_rated_flow=2125 / 60e3,
    pump_end_flow=0.045,
    pump_efficiency=0.6,
    pump_heat_share=0.85,
    units=1,
)
"""CoolIT CHx2000: heat, approach and flow are the maker's, the rest is assumed"""
XDU1350 = replace(
    COOLIT,
    rated_heat=1.368e6,
    rated_approach=4.0,
    rated_supply=305.15,
    rated_flow=20.6,
    rated_facility_flow=20.6,
    rack_drop=84e3,
    facility_drop=84e3,
    pumps=3,
    pump_shutoff_head=476e3,
    pump_rated_head=330e3,
    pump_rated_flow=0.6 / 60,
    pump_end_flow=0.0125,
    pump_efficiency=0.48,
)
"""Vertiv XDU1350: heat, approach, both flows and the drop on the plant's side are the maker's"""
CDU121 = replace(
    COOLIT,
    rated_heat=121e3,
    rated_approach=4.0,
    rated_flow=2.02,
    rated_facility_flow=2.02,
    pump_shutoff_head=280e3,
    pump_rated_head=200e3,
    pump_rated_flow=120 / 60e3,
    pump_end_flow=0.0026,
    pump_efficiency=0.4457,
)
"""Vertiv CDU121: heat, approach and flow are the maker's"""


def t6(reference: Path | None) -> list[Row]:
    """Return the effectiveness of counter, parallel and cross flow at four sizes."""
    return [
        row(
            ("T6", f"{kind.replace('_', ' ')}, NTU {N:g}, C {C:g}"),
            float(exchanger.effectiveness(N, C, kind)),
            expected,
            "1",
            Allowed(1e-6),
            "ht library; exact series in cross flow",
        )
        for kind, values in _EFFECTIVENESS.items()
        for (N, C), expected in zip(_CASES, values, strict=True)
    ]


def t12(reference: Path | None) -> list[Row]:
    """Return the rack loop and the CDU's plant side of the 45 °C plant, from its nominal data alone."""
    point = lbnl_plant()
    source = "Modelica Buildings, reference results"
    found = (
        ("rack supply", point.supply_temperature, 45.0),
        ("rack return", point.return_temperature, 50.0),
        ("plant side return", point.facility_return, 47.0),
    )
    return [
        *(row(("T12", name), float(T) - ZERO, T0, "°C", Allowed(0.1), source) for name, T, T0 in found),
        printed(
            ("T12", "PUE: ours with the unit's pumps only, theirs of a year, 99.7 % of it pumps"),
            1 + float(point.pump_power) / _LBNL_HEAT,
            1.06585,
            "1",
            source,
        ),
    ]


_LBNL_HEAT = 48 * 132e3
"""48 racks of 132 kW [W]"""


def lbnl_plant() -> UnitPoint:
    """Return the unit of the 45 °C plant under its design load.

    Taken: 5 K on either side at design, so both capacity rates are equal; 42 °C from the plant, an approach of 3 K;
    25 % propylene glycol to the racks, water from the plant; 80 kPa in the exchanger and 60 kPa outside; pumps at
    0.7 x 0.7. All valves are open at design, pump work does not warm the coolant.
    """
    rack, water = coolant("pg25"), coolant("water")
    flows = [_LBNL_HEAT / 5 / float(mean_capacity(liquid, 318.15, 323.15)) for liquid in (rack, water)]
    volume = flows[0] / 1000
    unit = replace(
        COOLIT,
        rated_heat=_LBNL_HEAT,
        rated_approach=3.0,
        rated_supply=45.0 + ZERO,
        rated_flow=flows[0],
        rated_facility_flow=flows[1],
        rack_exponent=0.8,
        facility_exponent=0.8,
        pump_rated_head=160e3,
        pump_rated_flow=volume,
        pump_end_flow=1.2 * volume,
        pump_efficiency=0.49,
        pump_heat_share=0.0,
    )
    duty = UnitDuty(_LBNL_HEAT, flows[0], 45.0 + ZERO, 42.0 + ZERO, flows[1], 60e3)
    return solve_units(unit_model(unit, rack, water), duty)


def cdu(reference: Path | None) -> list[Row]:
    """Return approach and pump power of three catalogue units at their rating; both are fitted, so no verdict."""
    units = (
        ("CoolIT CHx2000", COOLIT, "pg25", 126e3, 12.24, "maker"),
        (
            "Vertiv XDU1350",
            XDU1350,
            "pg20",
            238e3,
            None,
            "maker; head printed as 500 and as 244 kPa at 1 200 L/min, taken 244",
        ),
        ("Vertiv CDU121", CDU121, "pg25", 115e3, 0.875, "maker"),
    )
    rows = []
    for name, unit, liquid, head, power, source in units:
        point = rated_point(unit, liquid, head)
        rows.append(printed(("CDU", f"{name}: approach"), float(point.approach), unit.rated_approach, "K", source))
        rows.append(printed(("CDU", f"{name}: pumps"), float(point.pump_power) / 1e3, power, "kW", source))
    return rows


def rated_point(unit: DistributionUnit, liquid: str, head: float) -> UnitPoint:
    """Return a unit at its rating, its valve wide open; the heat is that of racks and pumps together."""
    still = replace(unit, pump_heat_share=0.0)
    model = unit_model(still, coolant(liquid), coolant("water"))
    supply = unit.rated_supply
    facility = supply - unit.rated_approach
    return solve_units(
        model, UnitDuty(unit.rated_heat, unit.rated_flow, supply, facility, unit.rated_facility_flow, head)
    )
