"""Numbers as people read them: SI values in the trade's units, with the prefix that fits."""

#: SI unit → (least magnitude, factor, trade unit), the first that fits; the last takes the rest.
_SCALES: dict[str, tuple[tuple[float, float, str], ...]] = {
    "m3/s": ((0, 6e4, "L/min"),),
    "Pa": ((0, 1e-3, "kPa"),),
    "W": ((1e4, 1e-3, "kW"), (0, 1, "W")),
    "W/s": ((1e6, 1e-6, "MW/s"), (1e3, 1e-3, "kW/s"), (0, 1, "W/s")),
    "J": ((1e4, 1e-3, "kJ"), (0, 1, "J")),
    "B/s": ((1e12, 1e-12, "TB/s"), (0, 1e-9, "GB/s")),
    "B": ((1e6, 1e-6, "MB"), (0, 1, "B")),
    "m": ((1, 1, "m"), (1e-3, 1e3, "mm"), (0, 1e6, "µm")),
    "m2": ((0, 1e6, "mm²"),),
    "s": ((1, 1, "s"), (1e-3, 1e3, "ms"), (1e-6, 1e6, "µs"), (0, 1e9, "ns")),
    "s/m": ((0, 1e9, "ns/m"),),
    "ohm": ((0, 1e3, "mΩ"),),
    "ohm*m": ((0, 1e9, "nΩ·m"),),
    "J/B": ((0, 1e12 / 8, "pJ/bit"),),
    "W/(m*K)": ((0, 1, "W/(m·K)"),),
    "delta_K": ((0, 1, "K"),),
    "1": ((0, 1, ""),),
    "": ((0, 1, ""),),
}


def shown(value: object, unit: str, digits: int = 7) -> str:
    """Return a value [unit] as text in the trade's unit; text and switches as they are, None as a dash."""
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return ", ".join(shown(item, unit, digits) for item in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if unit == "K":
        return f"{_plain(value - 273.15, digits)} °C"
    scales = _SCALES.get(unit, ((0, 1, unit),))
    factor, trade = next(((f, name) for least, f, name in scales if abs(value) >= least), scales[-1][1:])
    if value == 0:
        factor, trade = next(((f, name) for _, f, name in scales if f == 1), scales[-1][1:])
    return f"{_plain(value * factor, digits)} {trade}".strip()


def _plain(number: float, digits: int) -> str:
    rounded = float(f"{number:.{digits - 1}e}")
    return f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 1e4 else f"{rounded:.{digits}g}"
