"""What a run records: means, extremes and points over output intervals, however the loop is cut."""

import numpy as np
import pytest

import twin
from twin.layout.parts import parts
from twin.simulation.march import march
from twin.simulation.read import schedule_from
from twin.simulation.record import rows, series, template, values

RUN = {
    "duration": "60 s",
    "load": {"utilization": [["0 s", 0.4], ["60 s", 0.9]]},
    "event": [{"at": "13 s", "kind": "load_step", "utilization": 0.2, "until": "37 s"}],
}


@pytest.fixture(scope="module")
def states():
    return list(march(twin.load("gb300-nvl72"), schedule_from(RUN)))


@pytest.fixture(scope="module")
def place():
    return parts(twin.load("gb300-nvl72").rack)


def recorded(place, states, every: int, chunk: int = 7) -> dict[str, np.ndarray]:
    parts_of = list(rows(place, states, every, chunk))
    return {name: np.concatenate([part.values[name] for part in parts_of]) for name in parts_of[0].values}


def test_every_variable_is_recorded_with_its_dimensions(place, states):
    found = values(place, states[1][1])
    assert found.keys() == series().keys()
    empty = template(place, np.arange(6.0))
    for name, row in series().items():
        assert found[name].ndim == 1 + len(row.dims), name
        assert empty[name].attrs["cell_methods"] == f"time: {row.method}"
        assert empty[name].attrs["units"] is not None


@pytest.mark.parametrize("every", [2, 7, 20])
def test_intervals_reduce_ticks_as_their_method_says(place, states, every):
    """Against the ticks themselves, cut by hand; the last interval is shorter where it does not divide the run."""
    ticks, found = recorded(place, states, 1), recorded(place, states, every)
    cuts = range(0, 60, every)
    for name, row in series().items():
        pieces = [ticks[name][i : i + every] for i in cuts]
        by_hand = {"mean": np.mean, "maximum": np.max, "minimum": np.min, "point": lambda piece, axis: piece[-1]}
        expected = [by_hand[row.method](piece, axis=0) for piece in pieces]
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, err_msg=name)


def test_chunks_change_nothing(place, states):
    one, many = recorded(place, states, 5, 1000), recorded(place, states, 5, 1)
    for name, value in one.items():
        np.testing.assert_array_equal(value, many[name], err_msg=name)


def test_energies_are_the_integrals_of_the_powers(place, states):
    ticks = recorded(place, states, 1)
    for energy, power in (
        ("energy_supplied", "rack_power"),
        ("energy_to_facility", "facility_heat"),
        ("energy_of_pumps", "unit_pump_power"),
        ("energy_to_air", "air_heat"),
    ):
        share = 0.85 if power == "unit_pump_power" else 1.0  # of the pumps' power into the coolant
        np.testing.assert_allclose(ticks[energy], share * np.cumsum(ticks[power]), rtol=1e-12)
    balance = (
        ticks["energy_supplied"]
        + ticks["energy_of_pumps"]
        - ticks["energy_to_facility"]
        - ticks["energy_to_air"]
        - ticks["heat_stored"]
    )
    assert np.abs(balance).max() < 1e-9 * ticks["energy_supplied"][-1]
