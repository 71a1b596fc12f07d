"""Netlists: what is read, what is passed over, what is refused; the power grid with its published solution."""

import numpy as np
import pytest

from power.dc import solve_circuit
from power.netlist import parse_netlist, read_netlist, read_voltages

DIVIDER = "V1 in 0 10\nR1 in out 1k\nR2 out 0 4k\n"


def voltages(text):
    circuit = parse_netlist(text)
    return dict(zip(circuit.nodes, solve_circuit(circuit).node_voltage, strict=True))


def test_a_divider_is_read_and_solved():
    assert voltages(DIVIDER) == pytest.approx({"0": 0, "in": 10, "out": 8})


def test_elements_keep_their_order_names_and_kinds():
    circuit = parse_netlist("I1 a 0 2\n" + DIVIDER.replace("out", "a") + "I2 0 a 3\n.end")
    assert circuit.nodes == ("0", "a", "in")
    assert circuit.resistors.names == ["r1", "r2"] and circuit.currents.names == ["i1", "i2"]
    assert circuit.currents.value.tolist() == [2.0, 3.0]
    assert (circuit.voltages.tail.tolist(), circuit.voltages.head.tolist()) == ([2], [0])


def test_a_current_source_takes_from_its_first_node():
    assert voltages("I1 a 0 2m\nR1 a 0 1k") == pytest.approx({"0": 0, "a": -2})


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("2.5e-01", 0.25),
        ("1k", 1e3),
        ("3Meg", 3e6),
        ("2m", 2e-3),
        ("4.7U", 4.7e-6),
        ("1e3k", 1e6),
        (".5n", 5e-10),
        ("2mil", 50.8e-6),
        ("10ohm", 10.0),
        ("1kohm", 1e3),
        ("1g", 1e9),
    ],
)
def test_suffixes_scale_as_spice_scales_them(token, value):
    assert parse_netlist(f"R1 a 0 {token}").resistors.value == pytest.approx([value], rel=1e-14)


def test_comments_statements_continuations_and_what_follows_the_end_change_nothing():
    text = "* title\n\nV1 in 0\n+ DC 10 ; source\n  R1 in\tout 1k $ upper\n.op\nr2 OUT gnd 4K\n.END\nnothing of this\n"
    assert voltages(text) == pytest.approx({"0": 0, "in": 10, "out": 8})
    assert voltages(text.replace("\n", "\r\n")) == pytest.approx({"0": 0, "in": 10, "out": 8})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("C1 a 0 1u", r"line 4: 'c1 a 0 1u': must be R, I or V"),
        ("R3 a 0", r"line 4: 'r3 a 0'"),
        ("R3 a 0 1k 5", r"line 4"),
        (".tran 1n 1u", r"line 4: '.tran 1n 1u'"),
        ("V2 a 0 sin(0 1 50)", r"line 4"),
        ("R3 a 0 1..2", r"value '1..2': must be a number with an optional suffix"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_by_number(line, message):
    with pytest.raises(ValueError, match=message):
        parse_netlist(DIVIDER + line + "\n.end")


def test_the_line_number_counts_the_lines_of_continuations():
    with pytest.raises(ValueError, match="line 7: 'wrong'"):
        parse_netlist("* t\nV1 in 0\n+\n* ten volts\n + 10\nR1 in 0 1k\nwrong\n.end")
    with pytest.raises(ValueError, match="line 2: 'v1 in 0  sin"):
        parse_netlist("* t\nV1 in 0\n+ sin(0 1 50)\nR1 in 0 1k")


@pytest.mark.parametrize(
    "source",
    [
        "V1 in 0\n* ten volts\n+ 10",
        "V1 in 0 ; ten volts\n\n   + DC 10",
        "V1 in 0 $ ten\n+ 10",
        "V1 in 0 DC=10",
        "V1 in 0 dc = 10 AC 1",
        "V1 in 0 10 ac 1 90 ; small signal",
        "V1 in 0 10;ten",
        "V1 in 0 10$ten\n.temp 27",
    ],
)
def test_a_source_may_be_written_in_all_these_ways(source):
    assert voltages(f"* t\n{source}\nR1 in a$b 1k;upper\nR2 a$b 0 4k$lower\n.end ; of it\nR3 a 0 1") == pytest.approx(
        {"0": 0, "in": 10, "a$b": 8}
    )


def test_a_first_line_that_is_no_element_is_a_title_and_any_on_demand(tmp_path):
    assert voltages("Voltage divider example\n" + DIVIDER) == pytest.approx({"0": 0, "in": 10, "out": 8})
    likely = "Resistors in series 4\n" + DIVIDER
    assert len(parse_netlist(likely).resistors.value) == 3
    file = tmp_path / "x.spice"
    file.write_text(likely)
    assert parse_netlist(likely, title=True).resistors.names == ["r1", "r2"]
    assert read_netlist(file, title=True).resistors.names == ["r1", "r2"]
    with pytest.raises(ValueError, match="line 3: 'wrong'"):
        parse_netlist("a title\nR1 a 0 1\nwrong")


@pytest.mark.parametrize(("text", "message"), [("* nothing", "no element"), ("R1 a b 1", "must have a ground")])
def test_a_netlist_without_elements_or_ground_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_netlist(text)


def test_published_voltages_know_ground_by_either_name(tmp_path):
    file = tmp_path / "x.solution"
    file.write_text("N1  1.5\nG  0.00000e+00\n")
    assert read_voltages(file) == {"n1": 1.5, "0": 0.0}
    file.write_text("n1 1.5 n2")
    with pytest.raises(ValueError, match="3 words: must be pairs"):
        read_voltages(file)


def test_the_power_grid_has_its_published_voltages_and_not_with_one_per_cent_less_metal(reference):
    """Published to six digits, so half of 1e-5 V is rounding."""
    circuit = read_netlist(reference / "power" / "ibmpg1.spice")
    published = read_voltages(reference / "power" / "ibmpg1.solution")
    thin = circuit._replace(resistors=circuit.resistors._replace(value=1.01 * circuit.resistors.value))
    found, wrong = (solve_circuit(each) for each in (circuit, thin))
    expected = np.array([published[node] for node in circuit.nodes])
    assert set(circuit.nodes) == set(published) and len(published) == 30_636
    assert np.abs(found.node_voltage - expected).max() <= 1e-5
    assert np.abs(wrong.node_voltage - expected).max() > 1e-3
    assert np.abs(found.imbalance).max() < 1e-9 * np.abs(found.source_current).sum()
