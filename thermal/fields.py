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
    "facility_supply_temperature": ((), "K", "out", "facility water entering the distribution unit"),
    "pump_power": ((), "W", "out", "electric power of the pumps, share of this rack"),
}
PACKAGE_FIELDS: _Rows = {
    "temperature": (("chip", "z", "y", "x"), "K", "out", "at the centre of each cell, NaN where there is nothing"),
    "coolant_temperature": (("chip", "y_edge", "x"), "K", "out", "coolant under the base, edge by edge along its way"),
    "heat_closure": (("chip",), "1", "out", "heat into the coolant over heat of the chip, less one"),
    "patch_low": (("patch", "axis"), "m", "in", "lower corner of a part of the package"),
    "patch_high": (("patch", "axis"), "m", "in", "upper corner of a part of the package"),
}
