"""Units at the border: text such as ``45 degC`` or ``25:50:1 degC`` to SI numbers, and back for printing.

The registry holds only the units this field uses, so a look-alike is refused with a suggestion instead of read
wrongly: ``Gb/s`` (gigabit? gigabyte? in larger registries: gilbert), ``45 C`` (coulomb), ``45 F`` (farad). The byte is
a base unit: a bandwidth never passes as a frequency.

A field's unit string decides what a temperature means: "K" is absolute, "delta_K" a difference.
"""

import math
import re
from functools import lru_cache
from numbers import Real
from typing import Any

import pint

from twin.spec.errors import SpecError

_DEFINITIONS = """
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = µ- = u-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
peta- = 1e15 = P-
meter = [length] = m = metre
second = [time] = s
gram = [mass] = g
kelvin = [temperature]; offset: 0 = K
ampere = [current] = A = amp
byte = [information] = B
degree_Celsius = kelvin; offset: 273.15 = degC = degreeC
degree_Fahrenheit = 5 / 9 * kelvin; offset: 233.15 + 200 / 9 = degF = degreeF
minute = 60 second = min
hour = 3600 second = h = hr
day = 24 hour = d
radian = [] = rad
degree = 0.017453292519943295 radian = deg
bit = byte / 8
litre = 1e-3 meter ** 3 = L = l = liter
gallon = 3.785411784 litre = gal
newton = kilogram * meter / second ** 2 = N
pascal = newton / meter ** 2 = Pa
bar = 1e5 pascal
psi = 6894.757293168361 pascal
joule = newton * meter = J
watt = joule / second = W
volt = watt / ampere = V
ohm = volt / ampere = Ω
farad = ampere * second / volt = F
coulomb = ampere * second = C
henry = volt * second / ampere = H
hertz = 1 / second = Hz
inch = 0.0254 meter = in
foot = 0.3048 meter = ft
percent = 0.01 = %
"""

_UNITS = (
    "W kW MW, degC K degF, L/min m3/s kg/s, Pa kPa bar psi, V A ohm, m mm, B GB bit Gbit, "
    "s ms us ns h day, deg, %, J pJ"
)
_TRAPS = {
    "Gb": "write Gbit (bits) or GB (bytes)",
    "Gb/s": "write Gbit/s (bits) or GB/s (bytes)",
    "Gbps": "write Gbit/s",
    "GBps": "write GB/s",
    "Mb/s": "write Mbit/s (bits) or MB/s (bytes)",
    "Tb/s": "write Tbit/s (bits) or TB/s (bytes)",
    "Tbps": "write Tbit/s",
    "b": "write bit or B (byte)",
    "C": "C is coulomb: write degC",
    "F": "F is farad: write degF or degC",
    "lpm": "write L/min",
    "LPM": "write L/min",
    "KW": "write kW",
    "Kw": "write kW",
    "kw": "write kW",
    "w": "write W",
    "mw": "write MW or mW",
    "k": "write K",
    "c": "write degC",
    "celsius": "write degC",
    "v": "write V",
    "a": "write A",
}
#: A unit: names, each with a small power, between ``* / ( )``; nothing that could be a sum or a tower of powers.
_UNIT = re.compile(r"1?(?:[*/() ]|[A-Za-z_µμΩ°%]+(?:(?:\*\*|\^)?-?[1-4])?)*")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*(.*?)\s*")
_RANGE = re.compile(rf"\s*({_NUMBER}):({_NUMBER}):({_NUMBER})\s*(.*?)\s*")
#: Values of one range.
RANGE_MAX = 1_000_000
#: Trade unit that tables print for an SI unit: factor and offset turn SI into it.
_TRADE = {
    "K": (1.0, -273.15, "°C"),
    "delta_K": (1.0, 0.0, "K"),
    "m3/s": (6e4, 0.0, "L/min"),
    "Pa": (1e-3, 0.0, "kPa"),
    "W": (1e-3, 0.0, "kW"),
    "B/s": (1e-9, 0.0, "GB/s"),
    "s": (1e6, 0.0, "µs"),
}


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return the registry of the field's units (made once per process)."""
    return pint.UnitRegistry(_DEFINITIONS.strip().splitlines(), autoconvert_offset_to_baseunit=True)


@lru_cache(maxsize=512)
def _unit(text: str) -> pint.Unit:
    if len(text) > 40 or not _UNIT.fullmatch(text):
        raise ValueError("not a unit")
    tidy = re.sub(r"(?<=[A-Za-z])([23])\b", r"**\1", text).replace("^", "**")
    return registry().parse_units(tidy)


@lru_cache(maxsize=512)
def _conversion(unit: str, field_unit: str) -> tuple[float, float]:
    """Return (factor, offset) with SI = value * factor + offset; SpecError when the unit does not fit the field."""
    bare = unit.replace(" ", "")
    if bare in _TRAPS and bare != field_unit:
        raise SpecError(f"the unit {unit!r} is easily misread: {_TRAPS[bare]}")
    if field_unit == "K" and unit.startswith("delta_"):
        raise SpecError(f"{unit} is a temperature difference: an absolute temperature is needed, such as 45 degC")
    if field_unit == "1" and not unit:
        return 1.0, 0.0
    wanted = "no unit, or %" if field_unit == "1" else f"a unit such as {_examples(field_unit)}"
    try:
        source = _unit(unit.removeprefix("delta_"))
    except Exception as error:  # pint raises a dozen types, some of them outside ValueError
        hint = _TRAPS.get(bare.split("/")[0], f"known units: {_UNITS}")
        raise SpecError(f"the unit {unit!r} is not known: this field needs {wanted} ({hint})") from error
    target = _unit("" if field_unit == "1" else field_unit.removeprefix("delta_"))
    if source.dimensionality != target.dimensionality:
        raise SpecError(f"the unit {unit!r} does not fit: this field needs {wanted}")
    return _scale(source, target, field_unit)


def _scale(source: pint.Unit, target: pint.Unit, field_unit: str) -> tuple[float, float]:
    quantity = registry().Quantity
    offset = float(quantity(0.0, source).to(target).magnitude)
    factor = (float(quantity(1e9, source).to(target).magnitude) - offset) / 1e9
    return factor, 0.0 if field_unit == "delta_K" else offset


def to_si(value: Any, field_unit: str) -> float:
    """Return a number in SI units: a number is SI already, text carries its unit.

    Parameters
    ----------
    value : float or str
        ``318.15`` or ``"45 degC"`` [any unit that fits].
    field_unit : str
        Unit of the field, such as ``"W"``; ``"K"`` is absolute, ``"delta_K"`` a difference.

    Returns
    -------
    float
        The value in the field's unit [field_unit].

    Raises
    ------
    SpecError
        Not a number, unit missing, unknown, ambiguous or of another dimension.

    References
    ----------
    Derived: unit definitions of the SI brochure, 9th edition; psi by NIST SP 811.

    Examples
    --------
    >>> to_si("45 degC", "K"), to_si("400 Gbit/s", "B/s")
    (318.15, 50000000000.0)
    """
    if isinstance(value, bool) or not isinstance(value, (Real, str)):
        raise SpecError("is not a number")
    try:
        number = _from_text(value, field_unit) if isinstance(value, str) else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SpecError("is not a finite number")
    return number


def _from_text(text: str, field_unit: str) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2].startswith((",", ":")):
        comma = " (write the decimal point as '.')" if "," in text else ""
        raise SpecError(f"is not a number with a unit{comma}")
    number, unit = match.groups()
    factor, offset = _conversion_of(number, unit, field_unit)
    return float(number) * factor + offset


def _conversion_of(number: str, unit: str, field_unit: str) -> tuple[float, float]:
    if not unit and field_unit != "1":
        raise SpecError(f"has no unit; write it, such as {_examples(field_unit, number)}")
    return _conversion(unit, field_unit)


def _examples(field_unit: str, number: str = "") -> str:
    """Return the trade's unit and the SI one, behind a number where there is one."""
    trade = _TRADE[field_unit][2].replace("°C", "degC") if field_unit in _TRADE else field_unit
    both = dict.fromkeys((trade, field_unit.removeprefix("delta_")))
    return " or ".join(f"{number} {unit}".strip() for unit in both)


def parse_range(text: str, field_unit: str) -> list[float] | None:
    """Return the SI values of ``start:stop:step unit`` (end included, the step a difference), None if it is no range.

    Parameters
    ----------
    text : str
        For example ``"25:50:1 degC"`` or ``"0.2:1:0.1"``.
    field_unit : str
        Unit of the field.

    Returns
    -------
    list of float or None
        Values in the field's unit [field_unit].

    Raises
    ------
    SpecError
        Step of zero or pointing away from the stop, too many values, or an unfit or missing unit.

    References
    ----------
    Derived: start + i·step for i = 0 … floor((stop − start)/step), rounded to 13 digits before the unit is applied.

    Examples
    --------
    >>> parse_range("25:27:1 degC", "K")
    [298.15, 299.15, 300.15]
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    start, stop, step = (float(part) for part in match.groups()[:3])
    steps = (stop - start) / step if step and math.isfinite(stop - start + step) else -1.0
    if not 0 <= steps <= RANGE_MAX:
        raise SpecError(_range_problem(text, steps))
    if not match[4] and field_unit != "1":
        raise SpecError(f"the range {text!r} has no unit: write {text.strip()} {_examples(field_unit)}")
    factor, offset = _conversion_of(match[2], match[4], field_unit)
    digits = 14 - math.frexp(max(abs(start), abs(stop)) or 1.0)[1] * 3 // 10
    count = math.floor(steps + 1e-9) + 1
    values = [round(start + i * step, digits) * factor + offset for i in range(count)]
    if not math.isfinite(values[0] + values[-1]):
        raise SpecError(f"the range {text!r} is not of finite numbers")
    return values


def _range_problem(text: str, steps: float) -> str:
    if steps > 0:
        return f"the range {text!r} has {steps:.3g} values: must be ≤ {RANGE_MAX}; take a larger step"
    return f"the range {text!r} is empty: the step must lead from the first number to the second"


def in_trade_units(value: float, field_unit: str) -> str:
    """Return an SI value as text in the unit the trade uses (°C, L/min, kPa, kW, GB/s).

    Parameters
    ----------
    value : float
        The value [field_unit].
    field_unit : str
        Its SI unit.

    Returns
    -------
    str
        Number and unit.

    References
    ----------
    Derived: factors of `to_si`.

    Examples
    --------
    >>> in_trade_units(318.15, "K")
    '45 °C'
    """
    factor, offset, unit = _TRADE.get(field_unit, (1.0, 0.0, field_unit))
    if field_unit == "W" and abs(value) < 1e4:
        factor, unit = 1.0, "W"
    return f"{value * factor + offset:.6g} {'' if unit == '1' else unit}".strip()
