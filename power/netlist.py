"""SPICE netlists of resistors, current and voltage sources, read as a `Circuit`.

Contract: as SPICE reads them: letters in lower case, node 0 (or gnd) is ground, a current source drives its current
from its first node through itself to the second. Whole columns are converted at once.
"""

import re
from pathlib import Path

import numpy as np

from power.circuit import Circuit, Elements

_ELEMENT = re.compile(
    r"^[ \t]*([riv]\S*)[ \t]+(\S+)[ \t]+(\S+)[ \t]+"  # name and nodes
    r"(?:dc(?:[ \t]*=[ \t]*|[ \t]+))?([-+.\d][^\s;$]*)"  # value
    r"(?:[ \t]+ac(?:[ \t]*=)?(?:[ \t]+[-+.\d][^\s;$]*){0,2})?[ \t]*(?:[;$].*)?$",  # of an AC analysis; comment
    re.M,
)
_OTHER = re.compile(r"[ \t]*(?:[*;$].*|\.(?:op|dc|print|plot|options?|temp|title)\b.*)?")
_END = re.compile(r"^[ \t]*\.end[ \t]*(?:[;$*].*)?$", re.M)
_JOIN = re.compile(r"(?:(?:;|[ \t]\$).*)?\n(?:[ \t]*(?:\*.*)?\n)*[ \t]*\+")
"""from the end of a line, over comments and empty lines, to the + of its continuation"""
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(t|g|meg|k|mil|m|u|n|p|f)?[a-z]*")
_SCALE = {"t": 1e12, "g": 1e9, "meg": 1e6, "k": 1e3, "mil": 25.4e-6, "m": 1e-3}
_SCALE |= {"u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "": 1.0}


def read_netlist(path: str | Path, *, title: bool = False) -> Circuit:
    r"""Read a netlist from a file.

    Parameters
    ----------
    path : file of SPICE text
    title : as in `parse_netlist`

    Returns
    -------
    Circuit
        As `parse_netlist`.

    Raises
    ------
    ValueError
        as `parse_netlist`.

    References
    ----------
    Nagel and Pederson (1973), SPICE, UCB/ERL M382.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "divider.spice")
    ...     _ = path.write_text("V1 in 0 10\nR1 in out 1k\nR2 out 0 4k\n.end")
    ...     read_netlist(path).resistors.value
    array([1000., 4000.])
    """
    return parse_netlist(Path(path).read_text(encoding="latin-1"), title=title)


def parse_netlist(text: str, *, title: bool = False) -> Circuit:
    r"""Read the elements R, I and V of a netlist.

    Parameters
    ----------
    text : lines `Rname node node value`, `Iname from to value`, `Vname + - value` with an optional `DC` before the
        value and the suffixes t, g, meg, k, mil, m, u, n, p, f; continuation lines (`+`) are joined; comments (`*`,
        `;`, `$`), AC values and the statements .op, .dc, .print, .plot, .option, .temp, .title are passed over;
        nothing is read after .end
    title : whether the first line is a title whatever it says, as SPICE takes it

    Returns
    -------
    Circuit
        Nodes in the order they are met, ground first; elements carry their names.

    Raises
    ------
    ValueError
        for any other line, by number, and where no element touches ground.

    Notes
    -----
    A first line that does not read as an element is a title in any case. One that does, such as "Resistors in series
    4", is read as an element unless `title` is true.

    References
    ----------
    Nagel and Pederson (1973), SPICE, UCB/ERL M382: element lines; Nassif (2008), ASP-DAC: the power-grid format.

    Examples
    --------
    >>> circuit = parse_netlist("V1 in 0 10\nR1 in out 1k\nR2 out 0 4k\n.end")
    >>> circuit.nodes, circuit.resistors.value
    (('0', 'in', 'out'), array([1000., 4000.]))
    """
    text = _END.split(text.lower().replace("\r\n", "\n"), maxsplit=1)[0]
    if title:
        text = re.sub(r"^.*", "*", text, count=1)
    if "gnd" in text:
        text = re.sub(r"(?<!\S)gnd(?!\S)", "0", text)
    joined = _JOIN.sub(" ", text) if "+" in text else text
    lines = _ELEMENT.findall(joined)
    if len(lines) != joined.count("\n") + 1:
        _refuse(text)
    if not lines:
        raise ValueError("netlist: no element: must have lines that start with R, I or V")
    names, tails, heads, values = zip(*lines, strict=True)
    index = {node: place for place, node in enumerate(dict.fromkeys(("0", *tails, *heads)))}
    if "0" not in {*tails, *heads}:
        raise ValueError("netlist: no element touches node 0: must have a ground")
    ends = [np.fromiter(map(index.__getitem__, side), np.intp, len(side)) for side in (tails, heads)]
    number = {token: _number(token) for token in set(values)}
    value = np.fromiter(map(number.__getitem__, values), float, len(values))
    kind = np.array([name[0] for name in names])
    parts = {letter: np.flatnonzero(kind == letter) for letter in "rvi"}
    resistors, voltages, currents = (
        Elements(ends[0][part], ends[1][part], value[part], [names[place] for place in part.tolist()])
        for part in parts.values()
    )
    none = Elements(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    return Circuit(tuple(index), 0, resistors, voltages, currents, none)


def _number(token: str) -> float:
    try:
        return float(token)
    except ValueError:
        found = _NUMBER.fullmatch(token)
        if not found:
            raise ValueError(f"netlist: value {token!r}: must be a number with an optional suffix, as 4.7k") from None
        return float(found[1]) * _SCALE[found[2] or ""]


def _refuse(text: str) -> None:
    """Raise for the first line, but a title, that is neither an element nor one that is passed over."""
    place, marked = 1, text
    if "+" in text:
        marked = _JOIN.sub(lambda found: " " + found.group().count("\n") * "\v", text)
    for line in marked.split("\n"):
        joined = line.count("\v")
        said = line.replace("\v", "") if joined else line
        if not _ELEMENT.match(said) and not _OTHER.fullmatch(said) and place > 1:
            raise ValueError(
                f"netlist, line {place}: {said.strip()!r}: must be R, I or V with a name, two nodes and one number"
            )
        place += 1 + joined


def read_voltages(path: str | Path) -> dict[str, float]:
    r"""Read node voltages, one `node value` per line, as published beside the power-grid benchmarks.

    Parameters
    ----------
    path : file of two columns

    Returns
    -------
    dict
        Node name in lower case, ground as 0, to its voltage [V].

    Raises
    ------
    ValueError
        where a line has not two columns.

    References
    ----------
    Nassif (2008), Power grid analysis benchmarks, ASP-DAC, 376.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "divider.solution")
    ...     _ = path.write_text("IN 10.0\nout 8.0\nG 0.0")
    ...     read_voltages(path)
    {'in': 10.0, 'out': 8.0, '0': 0.0}
    """
    words = Path(path).read_text(encoding="latin-1").lower().split()
    if len(words) % 2:
        raise ValueError(f"{path}: {len(words)} words: must be pairs of node and voltage")
    table = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    ground = {table.pop(name) for name in ("g", "gnd") if name in table}
    return table | dict.fromkeys(("0",) * bool(ground), next(iter(ground), 0.0))
