"""Dataset variables of this leaf: name -> (dims, unit, "in" or "out", meaning).

Contract: losses are positive, powers run from the grid to the chip.
"""

FIELDS = {
    "chip_power": (("chip",), "W", "out", "module input of a chip, its regulator and link ends included"),
    "chip_clock": (("chip",), "1", "out", "clock of a chip over its full clock"),
    "leakage_power": (("chip",), "W", "out", "leakage part of the chip power"),
    "link_power": (("chip",), "W", "out", "part of the chip power spent in its link ends"),
    "link_media_power": (("chip",), "W", "out", "optics at the link ends of a chip, beside the chip power"),
    "port_power": (("tray",), "W", "out", "optics of a tray's ports to other racks"),
    "tray_power": (("tray",), "W", "out", "DC power of a tray behind its busbar clip"),
    "tray_voltage": (("tray",), "V", "out", "tray voltage, behind its clip"),
    "tray_current": (("tray",), "A", "out", "current of a tray out of the busbar"),
    "shelf_power": (("shelf",), "W", "out", "DC power of a shelf at the busbar"),
    "shelf_current": (("shelf",), "A", "out", "current of a shelf into the busbar"),
    "shelf_loss": (("shelf",), "W", "out", "AC input of a shelf minus its DC output"),
    "shelf_voltage": (("shelf",), "V", "out", "busbar voltage at a shelf"),
    "shelf_load": (("shelf",), "1", "out", "DC output of a shelf over its rating"),
    "bus_section_current": (("bus_section",), "A", "out", "section current, positive downward"),
    "bus_section_temperature": (("bus_section",), "K", "out", "conductor temperature of a busbar section"),
    "bus_section_loss": (("bus_section",), "W", "out", "heat of a busbar section, both poles"),
    "rack_power": ((), "W", "out", "AC power into the shelves"),
    "rack_power_dc": ((), "W", "out", "DC power of all shelves at the busbar"),
    "link_power_total": ((), "W", "out", "spent in the link ends inside all chips, part of the chip power"),
    "optics_power": ((), "W", "out", "optics of the fabric and of the ports to other racks"),
    "conversion_loss": (
        (),
        "W",
        "out",
        "loss between AC input and module inputs: shelves, busbar, intermediate bus",
    ),
    "busbar_section_current_max": ((), "A", "out", "largest section current, either direction"),
    "busbar_section_current_peak": ((), "A", "out", "largest section current at peak load (EDPp)"),
    "bus_voltage_min": ((), "V", "out", "lowest busbar voltage at a slot"),
    "bus_loss": ((), "W", "out", "heat of all busbar sections and clips"),
    "regulator_loss": ((), "W", "out", "loss of the regulators on the modules, part of the chip power"),
    "intermediate_bus_loss": ((), "W", "out", "loss of the intermediate bus converters of the trays"),
    "shelf_loss_total": ((), "W", "out", "loss of all shelves"),
}
