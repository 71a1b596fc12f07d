"""The rack in a spec: its trays and chips, what stands where, its fabric, busbar and manifold."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt

from power import Busbar, ChipPower, Converter, EnergyStore, PowerSmoothing, Shelf
from thermal import ColdPlate, Manifold, Package, PressurePoint
from topology import Latency, MediumName, Nvlink
from twin.spec.checks import SHELF, rack_problems, tray_problems
from twin.spec.errors import SpecError
from twin.spec.kinds import Count, Flow, Fraction, Length, Name, Watts


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
    """Name of a tray kind, or "shelf": an empty slot where the supply stands elsewhere."""
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
class Supply:
    """Where a rack's power is converted to the voltage of its bar; `rack.supply` takes a model of a whole supply."""

    place: Literal["slots", "sidecar", "row"] = "slots"
    """slots: shelves in the slots take alternating current; sidecar: so do shelves beside the rack, which feed the top
    of its bar; row: nowhere, the top of the bar hangs on a row of direct current. Beside the slots, those for shelves
    are empty, and `Rack.shelf` is the whole sidecar, or the tap of the row."""
    liquid_fraction: Fraction | None = None
    """Share of a sidecar's heat that the rack's coolant takes behind the trays; none: `Rack.shelf_liquid_fraction`."""


@dataclass(frozen=True, kw_only=True)
class BarCoolant:
    """Coolant along the busbar, from the bottom up: a part of the rack's flow that enters at its supply temperature."""

    volume_flow: Flow
    """Along the bar [m3/s]."""


@dataclass(frozen=True, kw_only=True)
class HoldUp:
    """The capacitors of each power supply, behind its rectifier: they carry the load when the input is lost."""

    capacitance: Annotated[float, "F", Gt(0)]
    """Of one supply [F]."""
    voltage: Annotated[float, "V", Gt(0)]
    """When the input is lost [V]."""
    lowest_voltage: Annotated[float, "V", Gt(0)]
    """At which the converter behind them stops [V]."""

    def __post_init__(self) -> None:
        if self.lowest_voltage >= self.voltage:
            raise ValueError(
                f"lowest_voltage = {self.lowest_voltage:g} V: must be < voltage = {self.voltage:g} V; lower it"
            )


@dataclass(frozen=True, kw_only=True)
class BusSwing:
    """What decides whether the trays' converters swing against the bar; steady states do not depend on it."""

    capacitance: Annotated[float, "F", Gt(0)]
    """At the input of each tray [F]."""
    bar_inductance: Annotated[float, "H/m", Ge(0)]
    """Of the bar's loop [H/m]."""
    source_inductance: Annotated[float, "H", Gt(0)]
    """Of each shelf, from its output to the bar [H]."""
    converter_bandwidth: Annotated[float, "Hz", Gt(0)] | None = None
    """Up to which a tray's converter holds its power; none: modes in which slots swing are left out [Hz]."""


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
    supply: Supply = Supply()
    """Where its power is converted to the voltage of the bar."""
    shelf: Shelf
    """Power shelf; the whole of a sidecar; the tap of a row of direct current, which loses nothing."""
    hold_up: HoldUp | None = None
    """Capacitors of each supply of a shelf; none: not modelled."""
    store: EnergyStore | None = None
    """Energy store in the supplies, all of the rack's; those out of service take theirs along; none: no store."""
    smoothing: PowerSmoothing | None = None
    """Power smoothing of each GPU module; none where it has none or is off."""
    swing: BusSwing | None = None
    """What its DC bus swings with; none: not modelled."""
    shelf_liquid_fraction: Fraction
    """Share of shelf and busbar heat that the coolant takes."""
    busbar: Busbar | None = None
    """Vertical busbar; none where the supplies feed one node directly."""
    bar_coolant: BarCoolant | None = None
    """What takes all heat of the bar and its clips; none: air around it, and `shelf_liquid_fraction`."""
    manifold: Manifold
    """Supply and return headers."""
    pressure_points: tuple[PressurePoint, PressurePoint]
    """Two known points of the rack's pressure drop; the branch law is fitted to them."""
    design_power: Annotated[float, "W", Gt(0)]
    """Thermal design power of the rack at its AC input [W]; printed beside the solved one."""
    peak_power: Annotated[float, "W", Gt(0)]
    """Peak at the AC input [W]; peak / design is the peak factor of the electrical checks."""

    @property
    def direct_current(self) -> bool:
        """Whether its feed must give direct current."""
        return self.supply.place == "row"

    @property
    def store_in_service(self) -> EnergyStore | None:
        """The energy store of the supplies in service: its energy, powers and standing loss go with their number."""
        shelves = [item for item in self.stack if item.part == SHELF]
        if self.store is None or self.supply.place != "slots" or all(item.in_service for item in shelves):
            return self.store
        share = sum(item.count for item in shelves if item.in_service) / sum(item.count for item in shelves)
        each = ("capacity", "charge_power", "discharge_power", "standing_loss")
        return replace(self.store, **{name: share * getattr(self.store, name) for name in each})

    def __post_init__(self) -> None:
        if problems := rack_problems(self):
            raise SpecError(problems)
