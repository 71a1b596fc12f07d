"""Names of this leaf in the result dataset: name -> (dims, unit, "in" or "out", meaning).

FIELDS holds one value per part of a rack, PACKAGE_FIELDS the fields inside the chips of one kind.
"""

_Rows = dict[str, tuple[tuple[str, ...], str, str, str]]

FIELDS: _Rows = {
    "junction_temperature": (("chip",), "K", "out", "die mean temperature over the active face"),
    "hotspot_temperature": (("chip",), "K", "out", "hottest point of the active face"),
    "memory_temperature": (
        ("chip",),
        "K",
        "out",
        "hottest layer of the memory, mean of its stacks, NaN without memory",
    ),
    "case_temperature": (
        ("chip",),
        "K",
        "out",
        "mean of the outer face of the lid, or of the back of bare dies",
    ),
    "chip_liquid_heat": (("chip",), "W", "out", "heat of the module into its cold plate"),
    "chip_coolant_flow": (("chip",), "m3/s", "out", "volume flow through the cold plate"),
    "junction_resistance": (("chip",), "K/W", "out", "junction to coolant inlet, per watt of module input"),
    "tray_coolant_flow": (("tray",), "kg/s", "out", "mass flow through the tray"),
    "tray_coolant_return_temperature": (("tray",), "K", "out", "coolant leaving the tray"),
    "tray_liquid_heat": (("tray",), "W", "out", "tray heat into liquid"),
    "tray_air_heat": (("tray",), "W", "out", "tray heat into air"),
    "coolant_supply_temperature": ((), "K", "in", "coolant entering the rack"),
    "coolant_return_temperature": ((), "K", "out", "mixed coolant leaving the rack"),
    "coolant_flow": ((), "kg/s", "out", "mass flow through the rack"),
    "coolant_volume_flow": ((), "m3/s", "out", "volume flow through the rack at its mean temperature"),
    "coolant_pressure_drop": ((), "Pa", "out", "pressure drop across the ports of the rack"),
    "liquid_heat": ((), "W", "out", "heat of the rack into the liquid"),
    "air_heat": ((), "W", "out", "heat of the rack into the air"),
    "branch_velocity_max": ((), "m/s", "out", "fastest flow in the hoses of the trays"),
    "branch_reynolds_min": ((), "1", "out", "least Reynolds number in the hoses of the trays"),
    "facility_supply_temperature": ((), "K", "out", "facility water entering the distribution units"),
    "facility_return_temperature": ((), "K", "out", "facility water entering the plant"),
    "facility_flow": ((), "kg/s", "out", "facility water through the units, share of this rack"),
    "unit_approach": ((), "delta_K", "out", "supply to the racks less facility supply"),
    "unit_valve": ((), "1", "out", "position of the valves of the units"),
    "unit_pump_speed": ((), "1", "out", "speed of the pumps of the units over the full one"),
    "unit_pump_power": ((), "W", "out", "pumps of the units, share of this rack"),
    "facility_pump_power": ((), "W", "out", "pumps of the facility water, share of this rack"),
    "fan_power": ((), "W", "out", "fans of dry coolers or towers, share of this rack"),
    "chiller_power": ((), "W", "out", "chillers with fans and pumps of their condensers, share of this rack"),
    "heat_pump_power": ((), "W", "out", "heat pumps that lift reused heat, share of this rack"),
    "room_power": ((), "W", "out", "removal of the heat left in the air of the room, share of this rack"),
    "door_fan_power": ((), "W", "out", "fans of the rear door"),
    "plant_mode": (
        (),
        "",
        "out",
        "what runs: idle, dry, adiabatic, tower, trim, chiller; none if refused",
    ),
    "outdoor_temperature": ((), "K", "in", "dry bulb outdoors at the design point"),
    "outdoor_wet_bulb": ((), "K", "out", "wet bulb outdoors at the design point"),
    "dew_point_margin": ((), "delta_K", "out", "coolant supply less dew point of the room"),
    "pue": ((), "1", "out", "power usage effectiveness, of cooling alone"),
    "wue": ((), "kg/J", "out", "water usage effectiveness; times 3.6e6 in L/kWh"),
    "ere": ((), "1", "out", "energy reuse effectiveness, of cooling alone"),
}
PACKAGE_FIELDS: _Rows = {
    "temperature": (("chip", "z", "y", "x"), "K", "out", "at the centre of each cell, NaN where there is nothing"),
    "coolant_temperature": (("chip", "y_edge", "x"), "K", "out", "coolant under the base, edge by edge along its way"),
    "heat_closure": (("chip",), "1", "out", "heat into the coolant over heat of the chip, less one"),
    "patch_low": (("patch", "axis"), "m", "in", "lower corner of a part of the package"),
    "patch_high": (("patch", "axis"), "m", "in", "upper corner of a part of the package"),
}
