"""The building blocks of a spec: Factory → Rack → Tray → Chip, with cooling, limits, load and traffic.

All are frozen dataclasses of scalars and tuples; the parameter types of topology, thermal and power are used as they
are. Values are SI; an annotation carries the unit and the allowed range of each number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt, Le, Lt
from pydantic import StringConstraints

from power import Busbar, ChipPower, Converter, Shelf
from thermal import Cdu, Circuit, ColdPlate, CoolantName, Manifold, Package, PressurePoint
from topology import Latency, MediumName, Nvlink
from twin.spec.checks import factory_problems, rack_problems, tray_problems
from twin.spec.errors import SpecError

Fraction = Annotated[float, "1", Ge(0), Le(1)]
Temperature = Annotated[float, "K", Ge(253.15), Le(423.15)]
Length = Annotated[float, "m", Gt(0), Lt(100)]
Watts = Annotated[float, "W", Ge(0)]
Flow = Annotated[float, "m3/s", Gt(0)]
Count = Annotated[int, Ge(1), Le(100_000)]
Seed = Annotated[int, Ge(0), Lt(2**63)]
Pattern = Literal["expert_dispatch", "uniform"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


class Origin(NamedTuple):
    """Where a number comes from."""

    status: str
    """stated, measured, quoted, derived, assumed or user."""
    source: str
    """Key into sources.toml, or a few words."""
    spread: float
    """Half-width of the range that `--uncertainty` draws, relative, or in the field's unit for temperatures."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A kind of chip in a tray: how many, what it draws, how it is packaged and cooled."""

    name: Name
    """Name in paths and part names."""
    kind: Literal["gpu", "cpu", "switch"]
    """Role in the rack; GPUs and switches are the nodes of the fabric."""
    count: Count
    """Chips of this kind per tray."""
    power: ChipPower
    """What it draws."""
    package: Package
    """Die, interface, lid and memory."""
    plate: ColdPlate
    """Cold plate on top of it."""


@dataclass(frozen=True, kw_only=True)
class Tray:
    """A kind of tray: its chips, the rest of its electricity, and where its heat goes."""

    name: Name
    """Name in paths and part names."""
    chips: tuple[Chip, ...]
    """Kinds of chips."""
    auxiliary_power: Watts
    """Network cards, drives, fans and boards at load 1, without the optics of `scale_out` [W]."""
    auxiliary_idle_power: Watts
    """The same at load 0 [W]."""
    intermediate_bus: Converter
    """Converter from the bar to the module input."""
    chip_liquid_fraction: Fraction
    """Share of the chips' heat that the coolant takes; the rest warms the air."""
    board_liquid_fraction: Fraction
    """Share of auxiliary and converter heat that the coolant takes."""

    def __post_init__(self) -> None:
        if problems := tray_problems(self):
            raise SpecError(problems)


@dataclass(frozen=True, kw_only=True)
class StackItem:
    """A run of equal parts in the rack, from the top down."""

    name: Name
    """Name in paths and messages."""
    part: str
    """Name of a tray kind, or "shelf"."""
    count: Count
    """Slots it takes."""
    in_service: bool = True
    """False: a bank of shelves that has failed or is switched off."""


@dataclass(frozen=True, kw_only=True)
class Spine:
    """The rear cable spine: cartridges and the path a cable takes through them."""

    cartridges: Count
    """Vertical cartridges side by side."""
    reach: Annotated[float, "m", Ge(0)]
    """Length from a tray connector to the vertical bundle, at each end [m]."""


@dataclass(frozen=True, kw_only=True)
class ScaleOut:
    """The network between racks, as far as it stands in the rack: the ports of the network cards."""

    ports_per_gpu: Count
    """Ports of a tray for each of its GPUs."""
    port_bandwidth: Annotated[float, "B/s", Gt(0)]
    """Of one port per direction [B/s]."""
    medium: MediumName
    """What a port drives; its watts follow the load."""
    injection: Fraction
    """Share of its bandwidth a port carries at full load."""


@dataclass(frozen=True, kw_only=True)
class Collectives:
    """Which measurements the times of collectives rest on."""

    system: Literal["h100_sxm", "h200_sxm", "b200_sxm", "gb200"]
    """System whose collectives were measured; other groups and bandwidths are carried on from it."""
    expert_kernel: Literal["NVLinkOneSided", "NVLinkTwoSided"]
    """Kernel of expert dispatch and combine, measured on GB200 NVL72."""
    time_factor: Annotated[float, "1", Gt(0)]
    """Times over those of the measurements."""


@dataclass(frozen=True, kw_only=True)
class Rack:
    """One rack: trays and shelves in their slots, the fabric, the busbar and the manifold."""

    trays: tuple[Tray, ...]
    """Kinds of trays."""
    stack: tuple[StackItem, ...]
    """What fills the slots, from the top down."""
    slot_pitch: Length
    """Height of a slot [m]."""
    width: Length
    """Outer width [m]."""
    depth: Length
    """Outer depth [m]."""
    nvlink: Nvlink
    """The scale-up fabric."""
    latency: Latency
    """Its latency in named parts."""
    collectives: Collectives
    """What the times of its collectives rest on."""
    scale_out: ScaleOut | None = None
    """Ports to other racks; none: not modelled, their watts are part of the auxiliary power."""
    spine: Spine | None = None
    """Cable spine; none where the fabric runs on a board."""
    shelf: Shelf
    """Power shelf."""
    shelf_liquid_fraction: Fraction
    """Share of shelf and busbar heat that the coolant takes."""
    busbar: Busbar | None = None
    """Vertical busbar; none where the supplies feed one node directly."""
    manifold: Manifold
    """Supply and return headers."""
    pressure_points: tuple[PressurePoint, PressurePoint]
    """Two known points of the rack's pressure drop; the branch law is fitted to them."""
    design_power: Annotated[float, "W", Gt(0)]
    """Thermal design power of the rack at its AC input [W]; printed beside the solved one."""
    peak_power: Annotated[float, "W", Gt(0)]
    """Peak at the AC input [W]; peak / design is the peak factor of the electrical checks."""

    def __post_init__(self) -> None:
        if problems := rack_problems(self):
            raise SpecError(problems)


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """The technology cooling loop at the rack, and the coolant distribution unit behind it."""

    coolant: CoolantName
    """Coolant in the rack."""
    supply_temperature: Temperature
    """At the rack inlet [K]."""
    return_temperature: Temperature
    """The flow is set so that the coolant leaves at this temperature [K] ..."""
    flow_minimum: Flow
    """... but never below this flow [m3/s] ..."""
    flow_maximum: Flow
    """... nor above this one [m3/s]."""
    volume_flow: Flow | None = None
    """A fixed flow, at the mean coolant temperature [m3/s]; none: the flow follows the return temperature."""
    cdu: Cdu
    """Coolant distribution unit."""
    circuit: Circuit
    """Volumes and lags of the loop; steady states do not depend on them."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The temperatures that must not be exceeded; chips derate at `junction`."""

    junction: Temperature
    """Area mean of the die's active face [K]; derating starts here."""
    hotspot: Temperature
    """Hottest point of the die [K]."""
    memory: Temperature
    """Stacked memory [K]."""
    coolant_return: Temperature
    """Coolant leaving the rack [K]."""
    supply_minimum: Temperature
    """Lowest coolant supply [K]."""
    supply_maximum: Temperature
    """Highest coolant supply [K]."""

    def __post_init__(self) -> None:
        for name in ("junction", "hotspot", "memory", "coolant_return"):
            if getattr(self, name) <= self.supply_maximum:
                raise ValueError(
                    f"{name} = {getattr(self, name) - 273.15:g} degC must lie above supply_maximum = "
                    f"{self.supply_maximum - 273.15:g} degC: raise it, or lower supply_maximum"
                )


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the chips are asked to do."""

    utilization: Fraction
    """0 is idle, 1 draws the thermal design power."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One of several jobs that share the fabric, each on GPUs of its own."""

    name: Name
    """Name in paths and tables."""
    gpus: Annotated[int, Ge(2), Le(100_000)]
    """GPUs it takes, from the first that no earlier job has."""
    pattern: Pattern
    """Who sends to whom."""
    injection: Fraction
    """Bytes each of its GPUs offers at full load and clock, as a share of its bandwidth."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the fabric is asked to carry."""

    pattern: Pattern
    """Who sends to whom."""
    injection: Fraction
    """Bytes each GPU offers at full load and clock, as a share of its bandwidth."""
    experts: Count
    """Experts of the mixture (expert_dispatch)."""
    top_k: Count
    """Experts per token (expert_dispatch)."""
    zipf_exponent: Annotated[float, "1", Ge(0), Le(4)]
    """Skew of the experts' popularity (expert_dispatch)."""
    seed: Seed
    """Seed of the popularity's order."""
    message_bytes: Annotated[float, "B", Gt(0)]
    """Bytes per ordered pair in the quoted all-to-all time."""
    reduce_bytes: Annotated[float, "B", Gt(0)]
    """Buffer of each GPU in the quoted all-reduce time."""
    tokens: Count
    """Tokens of each GPU in the quoted dispatch and combine times."""
    token_values: Count
    """Values of a token: the hidden size of the model."""
    token_type: Literal["bfloat16", "fp8", "nvfp4"]
    """Type of the experts, in which tokens are dispatched."""
    jobs: tuple[Job, ...] = ()
    """Jobs that share the fabric; none: one job of this pattern and injection on all GPUs."""

    @property
    def job_names(self) -> tuple[str, ...]:
        """Names of the jobs; `all` for the one that nobody names."""
        return tuple(job.name for job in self.jobs) or ("all",)

    def __post_init__(self) -> None:
        if self.top_k > self.experts:
            raise SpecError(f"top_k = {self.top_k}: must be ≤ experts = {self.experts}; lower it, or raise experts")


@dataclass(frozen=True, kw_only=True)
class Variation:
    """Chip-to-chip variation: uniform within ± the half-width, from a seed."""

    leakage: Annotated[float, "1", Ge(0), Lt(1)]
    """Half-width of the leakage factor."""
    interface: Annotated[float, "1", Ge(0), Lt(1)]
    """Half-width of the thermal-interface thickness factor."""
    seed: Seed
    """Seed of both."""


@dataclass(frozen=True, kw_only=True)
class Factory:
    """A factory of one rack: everything a solve needs."""

    name: str
    """Name of the catalogue entry or of the file."""
    title: str
    """One line for people."""
    announced: bool = False
    """True: announced, not yet shipping; figures are the maker's plans."""
    rack: Rack
    """The rack."""
    cooling: Cooling
    """Its coolant."""
    limits: Limits
    """Its temperature limits."""
    load: Load
    """Its load."""
    traffic: Traffic
    """Its traffic."""
    variation: Variation
    """How its chips differ."""
    provenance: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)
    """Path of a number → its origin."""

    def __post_init__(self) -> None:
        if problems := factory_problems(self):
            raise SpecError(problems)

    def with_(self, path: str, value: object) -> "Factory":
        """Return a copy with `path` set to a number (SI) or to text with its unit; see `twin.spec.paths`."""
        from twin.spec.paths import with_value

        return with_value(self, path, value)
