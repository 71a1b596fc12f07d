"""Cold plate film: thermally developing laminar flow in the fins, calibrated on a published plate.

Contract: `film_coefficient` is referred to the base area of the plate and to the *mean* coolant temperature;
the caloric half 1/(2C) from the mean to the inlet is the caller's. Only the film is carried to other
packages: the source-side resistance found with it belongs to the module on which the plate was measured.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike, NDArray

from thermal.checks import check_fields
from thermal.coolant import Coolant, conductivity, coolant, density, heat_capacity

Array = NDArray[np.float64]

REFERENCE_TEMPERATURE = 313.15
"""coolant temperature of the published plate; its guideline names none, 40 °C is assumed [K]"""
REFERENCE_FLOW = 2.4e-3 / 60
"""volume flow of the reference state [m3/s]"""
REFERENCE_AREA = 0.07 * 0.07
"""base area of the published plate, assumed [m2]"""
CALIBRATION_FLOWS = (0.4e-3 / 60, 0.8e-3 / 60, 1.4e-3 / 60, 2.4e-3 / 60)
"""volume flows of the four points the plate is calibrated on [m3/s]"""
FLOW_EXPONENT = 1 / 3
"""of the film, on the capacity rate (Leveque)"""
CONDUCTIVITY_EXPONENT = 2 / 3
"""of the film, on the conductivity of the coolant (Leveque)"""


@dataclass(frozen=True, kw_only=True)
class ColdPlate:
    """A finned plate on one module, cooled in parallel with the others of its tray."""

    base_length: Annotated[float, "m", Gt(0)]
    """extent of the base along the dies"""
    base_width: Annotated[float, "m", Gt(0)]
    """extent of the base across the dies"""
    base_thickness: Annotated[float, "m", Gt(0)]
    """solid base under the fins"""
    base_conductivity: Annotated[float, "W/(m*K)", Gt(0)]
    """of the base"""
    film_ratio: Annotated[float, "1", Gt(0)]
    """fin film over that of the published plate at the same flow per base area"""
    flow_weight: Annotated[float, "1", Gt(0)]
    """hydraulic size: flow over that of a plate of weight 1 at the same pressure drop"""
    flow_min: Annotated[float, "m3/s", Gt(0)]
    """lowest flow at which the film law holds"""
    flow_max: Annotated[float, "m3/s", Gt(0)]
    """highest flow at which the film law holds"""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.flow_max <= self.flow_min:
            raise ValueError(f"ColdPlate.flow_max = {self.flow_max}: must be > flow_min = {self.flow_min} m3/s")


class PlatePoints(NamedTuple):
    """Measured case-to-inlet resistances of the published plate."""

    coolant: tuple[str, ...]
    """(point,) name of the coolant"""
    volume_flow: Array
    """(point,) [m3/s]"""
    resistance: Array
    """(point,) [K/W]"""


class PlateCalibration(NamedTuple):
    """The two fitted numbers."""

    film: float
    """film per base area in the reference state [W/(m2*K)]"""
    source_resistance: float
    """case, interface and spreading of the measured module [K/W]"""


def reference_plate_points() -> PlatePoints:
    """Return the published resistances of the cold plate: 14 points with 25 % propylene glycol, 4 with water.

    Returns
    -------
    PlatePoints
        (point,) names, flows [m3/s] and resistances [K/W].

    References
    ----------
    OCP OAI system liquid cooling guideline (2023), figure 7, as tabulated in LBNL's Modelica Buildings
    library.

    Examples
    --------
    >>> len(reference_plate_points().coolant)
    18
    """
    lines = (files("thermal") / "data" / "coldplate_ocp.csv").read_text("utf-8").splitlines()
    rows = [line.split(",") for line in lines if line[0] != "#"][1:]
    names, litres, resistance = zip(*rows, strict=True)
    return PlatePoints(names, np.array(litres, float) * 1e-3 / 60, np.array(resistance, float))


def calibrate_plate(points: PlatePoints | None = None) -> PlateCalibration:
    r"""Fit film and source-side resistance on measured points, by least squares of the relative error.

    $$ R(Q) = R_s + \frac{1}{h(Q) A} + \frac{1}{2 C} $$

    Parameters
    ----------
    points : PlatePoints
        At least two; by default the four calibration points of the published plate.

    Returns
    -------
    PlateCalibration
        Film [W/(m2*K)] in the reference state and source resistance [K/W].

    Raises
    ------
    ValueError
        Points that give a film or a source resistance that is not positive.

    Notes
    -----
    The problem is linear in the source resistance and the inverse film. The other ten points with glycol come
    out within 3.7 %. Base area (70 x 70 mm) and coolant temperature (40 °C) are assumed.

    References
    ----------
    Derived: weighted linear least squares on the law of `film_coefficient`.

    Examples
    --------
    >>> round(calibrate_plate().film, -3)
    57000.0
    """
    if points is None:
        points = _calibration_points()
    shape, caloric = _plate_terms(points)
    weight = 1 / points.resistance
    matrix = np.stack([shape * weight, weight], 1)
    inverse_film, source = np.linalg.lstsq(matrix, 1 - caloric * weight)[0]
    if not (inverse_film > 0 and source > 0):
        raise ValueError(
            f"plate points: inverse film {inverse_film:.4g} m2*K/W and source resistance {source:.4g} K/W"
            " must be > 0; give two or more points at different flows, resistance falling with flow"
        )
    return PlateCalibration(float(1 / inverse_film), float(source))


def plate_resistance(calibration: PlateCalibration, points: PlatePoints) -> Array:
    """Return the case-to-inlet resistance of the published plate at the coolants and flows of `points`.

    Parameters
    ----------
    calibration : PlateCalibration
    points : PlatePoints
        Its resistances are not read.

    Returns
    -------
    (point,) [K/W]

    References
    ----------
    The law of `calibrate_plate`.

    Examples
    --------
    >>> points = reference_plate_points()
    >>> float(plate_resistance(calibrate_plate(), points)[13].round(4))
    0.0194
    """
    shape, caloric = _plate_terms(points)
    return calibration.source_resistance + shape / calibration.film + caloric


def film_coefficient(plate: ColdPlate, volume_flow: ArrayLike, liquid: Coolant, temperature: ArrayLike) -> Array:
    r"""Return the fin film of a plate, referred to its base area.

    $$ h = r\, h_{ref} \left( \frac{C / A}{C_{ref} / A_{ref}} \right)^{1/3}
       \left( \frac{k}{k_{ref}} \right)^{2/3}, \qquad C = \rho c_p Q $$

    Parameters
    ----------
    plate : ColdPlate
        Its numbers may be columns (rack, 1), which broadcast against the flow.
    volume_flow : (...) flow through the plate [m3/s]
    liquid : Coolant
    temperature : (...) mean temperature of the coolant in the plate [K]

    Returns
    -------
    (...) film coefficient [W/(m2*K)]

    Raises
    ------
    ValueError
        A flow that is not positive, or a temperature outside the coolant's table.

    Notes
    -----
    Reference state: 25 % propylene glycol at 40 °C, 2.4 L/min on 70 x 70 mm. Fins are laminar and thermally
    developing; `flow_min` and `flow_max` bound where that holds and are left to the caller, so that a search
    may cross them.

    References
    ----------
    Leveque (1928); Shah and London (1978), Laminar flow forced convection in ducts, thermal entrance; level:
    `calibrate_plate`.

    Examples
    --------
    >>> plate = ColdPlate(base_length=0.07, base_width=0.07, base_thickness=0.003, base_conductivity=390.0,
    ...                   film_ratio=1.0, flow_weight=1.0, flow_min=5e-6, flow_max=1e-4)
    >>> round(float(film_coefficient(plate, 3.4e-5, coolant("water"), 320.0)), -3)
    65000.0
    """
    Q = np.asarray(volume_flow, float)
    if not (Q > 0).all():
        raise ValueError(f"volume flow through a plate = {np.min(Q):.6g} m3/s: must be > 0; open the branch")
    size = plate.base_length * plate.base_width / REFERENCE_AREA
    level = plate.film_ratio * _published().film
    return level * _film_shape(liquid, Q / size, temperature)


@lru_cache
def _published() -> PlateCalibration:
    return calibrate_plate()


def _calibration_points() -> PlatePoints:
    names, flow, resistance = reference_plate_points()
    chosen = np.isclose(flow[:, None], CALIBRATION_FLOWS).any(1) & (np.array(names) == "pg25")
    return PlatePoints(("pg25",) * int(chosen.sum()), flow[chosen], resistance[chosen])


def _capacity_rate(liquid: Coolant, volume_flow: Array, temperature: ArrayLike) -> Array:
    return density(liquid, temperature) * heat_capacity(liquid, temperature) * volume_flow


def _film_shape(liquid: Coolant, volume_flow: Array, temperature: ArrayLike) -> Array:
    """Return the film over that of the reference state, for a plate of the reference area."""
    rate, k = _reference_state()
    flow = _capacity_rate(liquid, volume_flow, temperature) / rate
    return flow**FLOW_EXPONENT * (conductivity(liquid, temperature) / k) ** CONDUCTIVITY_EXPONENT


@lru_cache
def _reference_state() -> tuple[float, float]:
    """Return capacity rate [W/K] and conductivity [W/(m*K)] of the coolant in the reference state."""
    liquid, T = coolant("pg25"), REFERENCE_TEMPERATURE
    return float(_capacity_rate(liquid, np.array(REFERENCE_FLOW), T)), float(conductivity(liquid, T))


def _plate_terms(points: PlatePoints) -> tuple[Array, Array]:
    """Return the factor of the inverse film [1/m2] and the caloric half [K/W] of each point."""
    shape, rate = np.empty((2, len(points.coolant)))
    for name in set(points.coolant):
        at = np.array(points.coolant) == name
        liquid = coolant("water" if name == "water" else "pg25")
        shape[at] = _film_shape(liquid, points.volume_flow[at], REFERENCE_TEMPERATURE)
        rate[at] = _capacity_rate(liquid, points.volume_flow[at], REFERENCE_TEMPERATURE)
    return 1 / (REFERENCE_AREA * shape), 1 / (2 * rate)
