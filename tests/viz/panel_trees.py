"""Result trees made by hand for the tests of viz: a rack of any size, numbers in closed form, no solver."""

from __future__ import annotations

import numpy as np
import xarray as xr


def _variable(dims, values, units, long_name):
    return xr.Variable(dims, values, {"units": units, "long_name": long_name})


def rack_tree(
    title="gb300-nvl72", *, order="PPPPCCCCCCCCCCSSSSSSSSSCCCCCCCCPPPP", gpus=4, cpus=2, asics=2, planes=18,
    parallel=(1,), supply=318.15, rated=1400.0, load=1.0, gpu_power=1400.0,
):  # fmt: skip
    """Rack whose slots, from the top, are P power shelf, C compute tray, S switch tray."""
    slots = {kind: np.flatnonzero(np.array(list(order)) == kind) + 1 for kind in "PCS"}
    thermal, chips = _thermal(slots, gpus, cpus, asics, supply, gpu_power * (0.2 + 0.8 * load))
    power = _power(slots, thermal, chips, rated)
    summary = _summary(thermal, power, chips, planes, parallel, supply, load)
    groups = {"topology": _topology(slots, chips, gpus, planes, parallel, asics, load), "thermal": thermal}
    tree = xr.DataTree.from_dict({f"/{k}": v for k, v in {**groups, "power": power, "summary": summary}.items()})
    tree.attrs = {"title": title, "system_title": title.upper().replace("-", " "), "version": "0.1.0"}
    return tree


def _chip_rows(slots, gpus, cpus, asics):
    for number, slot in enumerate(slots["C"], 1):
        for kind, count in (("gpu", gpus), ("cpu", cpus)):
            for i in range(count):
                yield f"compute-{number:02d}/{kind}-{i}", f"compute-{number:02d}", slot, kind, i
    for number, slot in enumerate(slots["S"], 1):
        for i in range(asics):
            yield f"switch-{number}/asic-{i}", f"switch-{number}", slot, "switch", i


def _thermal(slots, gpus, cpus, asics, supply, gpu_power):
    name, tray, slot, kind, position = (np.array(a) for a in zip(*_chip_rows(slots, gpus, cpus, asics), strict=True))
    scatter = np.random.default_rng(7).normal(size=len(name))
    watts = np.select([kind == "gpu", kind == "cpu"], [gpu_power, 0.3 * gpu_power], 500.0)
    junction = supply + np.select([kind == "gpu", kind == "cpu"], [0.0213, 0.03], 0.02) * watts * (1 + 0.03 * scatter)
    only_gpu = np.where(kind == "gpu", 1.0, np.nan)
    chip = {
        "junction_temperature": _variable("chip", junction, "K", "junction temperature, mean of the die"),
        "hotspot_temperature": _variable("chip", (junction + 11) * only_gpu, "K", "hottest cell of the die"),
        "memory_temperature": _variable("chip", (junction - 6) * only_gpu, "K", "memory temperature"),
    }
    compute, switch = len(slots["C"]), len(slots["S"])
    total = np.r_[np.full(compute, gpus * gpu_power * 1.2), np.full(switch, 620.0 * asics)]
    liquid = total * np.r_[np.full(compute, 0.91), np.full(switch, 0.84)]
    names = [f"compute-{i:02d}" for i in range(1, compute + 1)] + [f"switch-{i}" for i in range(1, switch + 1)]
    trays = {
        "tray_liquid_heat": _variable("tray", liquid, "W", "heat into the coolant"),
        "tray_air_heat": _variable("tray", total - liquid, "W", "heat into the air"),
    }
    kinds = ["compute"] * compute + ["switch"] * switch
    coords = {
        "chip": name,
        "chip_tray": ("chip", tray),
        "chip_slot": ("chip", slot),
        "chip_kind": ("chip", kind),
    }
    coords |= {"chip_position": ("chip", position), "tray": names, "tray_kind": ("tray", kinds)}
    coords["tray_slot"] = ("tray", np.r_[slots["C"], slots["S"]])
    return xr.Dataset(chip | trays, coords), (name, kind, slot)


def _power(slots, thermal, chips, rated):
    watts = (thermal["tray_liquid_heat"] + thermal["tray_air_heat"]).values
    coords = {"chip": chips[0], "tray": thermal["tray"].values}
    if not len(slots["P"]):
        fields = {"tray_power": ("tray", watts), "tray_voltage": ("tray", np.full(len(watts), 54.0))}
        return _named(xr.Dataset(fields, coords))
    order = np.sort(np.r_[slots["C"], slots["S"], slots["P"]])
    inject = np.zeros(order.max() + 1)
    np.add.at(inject, slots["P"], watts.sum() / 50 / len(slots["P"]))
    np.add.at(inject, thermal["tray_slot"].values, -watts / 50)
    current = np.cumsum(inject[order])[:-1]
    node = 49.9 - np.r_[0, np.cumsum(current * 38e-6 * 0.048)]
    shelf = {"shelf_power": ("shelf", np.full(len(slots["P"]), watts.sum() / len(slots["P"])))}
    fields = shelf | {
        "shelf_load": ("shelf", shelf["shelf_power"][1] / 33e3), "tray_power": ("tray", watts),
        "bus_section_current": ("bus_section", current),
        "tray_voltage": ("tray", node[np.searchsorted(order, thermal["tray_slot"].values)]),
    }  # fmt: skip
    coords |= {
        "shelf": [f"shelf-{i}" for i in range(1, len(slots["P"]) + 1)],
        "shelf_slot": ("shelf", slots["P"]),
    }
    coords |= {"bus_section": np.arange(len(current)), "section_top_slot": ("bus_section", order[:-1])}
    coords["section_bottom_slot"] = ("bus_section", order[1:])
    return _named(xr.Dataset(fields, coords, {"busbar_rated_current": rated}))


def _named(power):
    names = {
        "tray_power": ("W", "power at the bar"), "tray_voltage": ("V", "bus voltage at the tray"),
        "shelf_power": ("W", "shelf output"), "shelf_load": ("1", "shelf load"),
        "bus_section_current": ("A", "busbar current"),
    }  # fmt: skip
    for name in set(names) & set(power.variables):
        power[name].attrs = dict(zip(("units", "long_name"), names[name], strict=True))
    return power


def _topology(slots, chips, gpus, planes, parallel, asics, load):
    name, kind, _ = chips
    gpu = np.repeat(np.flatnonzero(kind == "gpu"), planes)
    plane = np.tile(np.arange(planes), (kind == "gpu").sum())
    copies = np.tile(np.resize(parallel, planes), (kind == "gpu").sum())
    gpu, plane = np.repeat(gpu, copies), np.repeat(plane, copies)
    rng = np.random.default_rng(3)
    use = load * np.clip(0.62 + 0.13 * rng.normal(size=len(name))[gpu] + 0.02 * rng.normal(size=len(gpu)), 0, 1)
    coords = {"link": np.arange(len(gpu)), "link_gpu": ("link", name[gpu]), "plane": ("link", plane)}
    coords["link_asic"] = ("link", np.char.add("asic-", plane.astype(str)))
    return xr.Dataset(
        {"link_utilization": _variable("link", use, "1", "link utilization, larger of both directions")},
        coords,
    )


def _summary(thermal, power, chips, planes, parallel, supply, load):
    gpu = chips[1] == "gpu"
    junction = thermal["junction_temperature"].values[gpu]
    each = 50e9 * planes * np.mean(parallel)
    watts = float(power["tray_power"].sum())
    numbers = {
        "rack_power": (watts / 0.975, "W"), "bandwidth_per_gpu": (each, "B s-1"),
        "bandwidth_aggregate_bidirectional": (2 * each * gpu.sum(), "B s-1"),
        "junction_temperature_max": (junction.max(), "K"),
        "hotspot_temperature_max": (junction.max() + 11, "K"),
        "memory_temperature_max": (junction.max() - 6, "K"), "coolant_supply_temperature": (supply, "K"),
        "coolant_return_temperature": (supply + 10, "K"), "coolant_volume_flow": (177 / 6e4, "m3 s-1"),
        "headroom_temperature": (358.15 - junction.max(), "K"), "utilization": (load, "1"),
        "headroom_temperature_limited_by": ("hot spot of compute-07/gpu-2 (105 °C)", ""),
    }  # fmt: skip
    if "bus_section_current" in power:
        numbers["rack_power_dc"] = (watts, "W")
        numbers["busbar_section_current_max"] = (float(abs(power["bus_section_current"]).max()), "A")
        numbers["bus_voltage_min"] = (float(power["tray_voltage"].min()), "V")
    return xr.Dataset({k: ((), v, {"units": u, "long_name": k.replace("_", " ")}) for k, (v, u) in numbers.items()})


def gb300():
    return rack_tree()


def rubin():
    return rack_tree(
        "vr-nvl72",
        order="PPCCCCCCCCCCSSSSSSSSSCCCCCCCCPP",
        asics=4,
        planes=36,
        rated=5000.0,
        gpu_power=2300.0,
    )


def hopper():
    return rack_tree("hgx-h100", order="C", gpus=8, cpus=2, asics=0, planes=4, parallel=(5, 4, 4, 5), gpu_power=700.0)


def three_boxes():
    """A power shelf, a compute tray of two GPUs and a CPU, a switch tray of one ASIC; all by hand."""
    chip = ["compute-01/gpu-0", "compute-01/gpu-1", "compute-01/cpu-0", "switch-1/asic-0"]
    tray = ["compute-01", "switch-1"]
    thermal = xr.Dataset(
        {
            "junction_temperature": _variable("chip", [343.15, 348.15, 333.15, 323.15], "K", "die mean"),
            "tray_liquid_heat": _variable("tray", [3000.0, 900.0], "W", "heat into the coolant"),
            "tray_air_heat": _variable("tray", [500.0, 100.0], "W", "heat into the air"),
        },
        {
            "chip": chip, "chip_kind": ("chip", ["gpu", "gpu", "cpu", "switch"]),
            "chip_tray": ("chip", [tray[0]] * 3 + [tray[1]]), "chip_slot": ("chip", [2, 2, 2, 3]),
            "chip_position": ("chip", [0, 1, 0, 0]),
            "tray": tray, "tray_slot": ("tray", [2, 3]), "tray_kind": ("tray", ["compute", "switch"]),
        },
    )  # fmt: skip
    power = xr.Dataset(
        {
            "tray_voltage": _variable("tray", [49.96, 49.95], "V", "bus voltage"),
            "shelf_power": _variable("shelf", [4500.0], "W", "shelf output"),
            "shelf_load": _variable("shelf", [0.25], "1", "shelf load"),
            "bus_section_current": _variable("bus_section", [90.0, 20.0], "A", "busbar current"),
        },
        {
            "tray": tray, "shelf": ["shelf-1"], "shelf_slot": ("shelf", [1]), "bus_section": [0, 1],
            "section_top_slot": ("bus_section", [1, 2]), "section_bottom_slot": ("bus_section", [2, 3]),
        },
        {"busbar_rated_current": 80.0},
    )  # fmt: skip
    link_gpu = [chip[0], chip[0], chip[1], chip[1], chip[1]]
    use = _variable("link", [0.10, 0.20, 0.30, 0.40, 0.35], "1", "link utilization")
    coords = {"link": range(5), "link_gpu": ("link", link_gpu), "plane": ("link", [0, 1, 0, 1, 1])}
    tree = xr.DataTree.from_dict(
        {
            "/topology": xr.Dataset({"link_utilization": use}, coords),
            "/thermal": thermal,
            "/power": power,
            "/summary": _three_boxes_summary(),
        }
    )
    tree.attrs = {"title": "three-boxes", "version": "0.1.0"}
    return tree


def _three_boxes_summary():
    numbers = {
        "rack_power": 4615.0, "rack_power_dc": 4500.0, "bandwidth_per_gpu": 125e9,
        "bandwidth_aggregate_bidirectional": 500e9, "junction_temperature_max": 348.15,
        "hotspot_temperature_max": 359.15, "memory_temperature_max": np.nan,
        "coolant_supply_temperature": 318.15, "coolant_return_temperature": 328.15,
        "coolant_volume_flow": 1e-4, "headroom_temperature": -2.5,
        "headroom_temperature_limited_by": "hot spot of compute-01/gpu-1", "busbar_section_current_max": 90.0,
        "bus_voltage_min": 49.95, "utilization": 0.5,
    }  # fmt: skip
    return xr.Dataset({name: ((), value) for name, value in numbers.items()})
