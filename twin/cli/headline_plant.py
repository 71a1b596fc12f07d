"""The rows of a result's table on what is behind the rack: site, plant, distribution units, pumps, fans, PUE."""

from typing import TYPE_CHECKING, Any

from twin.cli.forms import FORMS, Row, kilowatt, percent, row, show

if TYPE_CHECKING:
    from twin.spec.types import Factory

#: What runs, in words.
MODES = {
    "idle": "plant idle",
    "dry": "dry coolers",
    "adiabatic": "dry coolers, pads wet",
    "tower": "towers",
    "trim": "coolers and chillers",
    "chiller": "chillers",
    "none": "no answer, see the warnings",
}


def plant_rows(spec: "Factory", s: dict[str, Any]) -> list[Row]:
    """Return the rows on units, plant and site of a solved rack; powers are the share of one rack."""
    others = [
        f"{name} {kilowatt(s[field])}"
        for name, field in (("chillers", "chiller_power"), ("heat pumps", "heat_pump_power"))
        if s[field]
    ]
    fans = ", ".join([MODES[s["plant_mode"]], *others])
    room = f"air heat left in the room; rear door {kilowatt(s['door_fan_power'])}" if spec.facility.door else "air heat"
    back = FORMS["facility_return_temperature"]
    flow = f"back at {show(s['facility_return_temperature'], back)}, {show(s['facility_flow'], FORMS['facility_flow'])}"
    reuse = f", ERE {show(s['ere'], FORMS['ere'])}" if spec.facility.plant.reuse else ""
    outdoors = f"wet bulb {s['outdoor_wet_bulb'] - 273.15:.1f} °C, {spec.site.climate.altitude:g} m above the sea"
    return [
        row(s, "outdoors, design", "outdoor_temperature", outdoors),
        row(s, "facility water supply", "facility_supply_temperature", flow),
        row(s, "approach of the CDU", "unit_approach", _unit(spec)),
        row(s, "valve of the CDU", "unit_valve", "position, 100 % is wide open"),
        row(s, "pumps of the CDU", "unit_pump_power", f"at {show(s['unit_pump_speed'], percent)} of full speed"),
        row(s, "pumps of the plant", "facility_pump_power"),
        row(s, "fans of the plant", "fan_power", fans),
        row(s, "cooling of the room", "room_power", room),
        row(s, "supply over dew point", "dew_point_margin", "of the room"),
        row(s, "PUE of cooling", "pue", f"WUE {show(s['wue'], FORMS['wue'])}{reuse}"),
    ]


def _unit(spec: "Factory") -> str:
    racks, unit = spec.cooling.racks_per_loop, spec.cooling.cdu
    return f"{racks} such racks on {unit.units} unit{'s' * (unit.units > 1)} of {unit.rated_heat / 1e6:g} MW"
