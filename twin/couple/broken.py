"""Sentences on broken limits, for a rack at rest and for one over time."""


def hot(part: str, name: str, value: float, bound: float) -> str:
    """Return that a temperature [K] is above its limit [K]."""
    return f"{part}: {name} {value - 273.15:.1f} °C, limit {bound - 273.15:g} °C"


def over_bar(power: float, current: float, rated: float) -> str:
    """Return that at a power [W] a bar carries more than its rated current [A]."""
    return f"{power / 1e3:.0f} kW: {amperes(current)} on a {amperes(rated)} bar"


def below_window(part: str, missing: float) -> str:
    """Return by how much the bus voltage of a part is too low [V]."""
    return f"{part}: {missing:.2f} V below the bus voltage window: lower the load or the source resistance"


def over_shelf(part: str, output: float, rated: float) -> str:
    """Return that a shelf, or another supply, gives more than it is rated for [W]."""
    on = "on a shelf rated" if part.startswith("shelf") else "through what is rated"
    return f"{part}: {output / 1e3:.{2 if output < 1.002 * rated else 1}f} kW {on} {rated / 1e3:g} kW"


def amperes(current: float) -> str:
    """Return a current [A] as text."""
    return f"{current:,.0f} A".replace(",", " ")
