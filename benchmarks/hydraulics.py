"""Benchmark cases of flow: manifolds of one rack and of a thousand, whole trays, and a hall as a net."""

from typing import Any

from benchmarks.case import Case


def _manifold(racks: int | None) -> tuple[Any, ...]:
    import numpy as np

    from thermal.hydraulics import BranchLaw, Manifold

    total = 2.9 if racks is None else np.linspace(1.0, 4.0, racks)
    weight = np.array([4.6] * 10 + [0.72] * 9 + [4.6] * 8)
    header = Manifold(header_diameter=0.038, roughness=1.5e-6)
    return header, total, weight, 0.048, BranchLaw(1.1e11, 3.2e11), 988.0, 5.5e-4


def _divide(arguments: tuple[Any, ...]) -> Any:
    from thermal.hydraulics import solve_manifold

    return solve_manifold(*arguments)


def _trays() -> tuple[Any, ...]:
    import numpy as np

    from thermal.fittings import flow_coefficient_law
    from thermal.hydraulics import BranchLaw, Manifold
    from thermal.pipes import Pipe
    from thermal.rack_flow import TrayKind
    from thermal.tray import Element, Parallel, Series

    coupling = Element("couplings", flow_coefficient_law(0.35 / 3600))
    hose = Element("hose", Pipe(length=0.8, diameter=6e-3, roughness=1e-6, loss_coefficient=3.0))
    plates = tuple(Element(f"gpu{i}", BranchLaw(1.1e11, 3.2e11)) for i in range(4))
    others = (Element("cpu", BranchLaw(3e11, 1e12)), Element("nic", BranchLaw(9e11, 3e12)))
    compute = Series((coupling, hose, Parallel((*plates, Series(others)))))
    switch = Series((coupling, Parallel((Element("a", BranchLaw(5e11, 2e12)), Element("b", BranchLaw(6e11, 2e12))))))
    kinds = (TrayKind(compute, [*range(10), *range(19, 27)]), TrayKind(switch, range(10, 19)))
    header = Manifold(header_diameter=0.038, roughness=1.5e-6)
    return header, np.linspace(1.0, 4.0, 1000), 0.048, kinds, 988.0, 5.5e-4


def _divide_trays(arguments: tuple[Any, ...]) -> Any:
    from thermal.rack_flow import solve_rack

    return solve_rack(*arguments)


def _hall() -> tuple[Any, ...]:
    """Twenty rows of fifty racks on two mains, each rack with a pipe out and back, and one pump."""
    import numpy as np

    from thermal.network_flow import network
    from thermal.pipes import Resistance

    supply = [((row, rack), (row, rack + 1)) for row in range(20) for rack in range(50)]
    back = [((row, rack + 1, "back"), (row, rack, "back")) for row in range(20) for rack in range(50)]
    racks = [((row, rack + 1), (row, rack + 1, "back")) for row in range(20) for rack in range(50)]
    mains = [((row, 0), (row + 1, 0)) for row in range(19)] + [
        ((row + 1, 0, "back"), (row, 0, "back")) for row in range(19)
    ]
    edges = [*supply, *back, *racks, *mains, ((0, 0, "back"), (0, 0))]
    size = np.repeat([1e-1, 1e-1, 8e3, 1e-4, 1e-4], [1000, 1000, 1000, 38, 1])
    rise = np.zeros(len(edges))
    rise[-1] = 2e5
    none = np.zeros(len(edges))
    return network(edges), Resistance(size, 1e-3 * size, none, none, none), 0.0, rise


def _divide_hall(arguments: tuple[Any, ...]) -> Any:
    from thermal.network_flow import solve_network

    return solve_network(*arguments)


HYDRAULICS = (
    Case(
        name="manifold",
        size="1 rack, 27 branches",
        phase="solve",
        beat=0.002,
        setup=lambda: _manifold(None),
        run=_divide,
    ),
    Case(
        name="manifolds",
        size="1 000 racks, 27 branches each",
        phase="solve",
        beat=0.5,
        setup=lambda: _manifold(1000),
        run=_divide,
    ),
    Case(
        name="trays",
        size="1 000 racks, 27 trays each, 171 elements",
        phase="solve",
        beat=0.5,
        setup=_trays,
        run=_divide_trays,
    ),
    Case(
        name="hall as a net",
        size="1 000 racks, 3 039 pipes",
        phase="solve",
        beat=0.5,
        setup=_hall,
        run=_divide_hall,
    ),
)
