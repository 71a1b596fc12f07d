"""Charts of studies and sweeps: a dataset says in its attribute `chart` what it wants to be, and becomes a figure.

Contract: `dataset.attrs["chart"]` is a mapping or its JSON text; names in it are variables or coordinates of the
dataset; values in it (limits, contours) are SI. Texts and units come from the attributes of the variables.
One look for all, that of `viz.style`; nothing is written into the dataset.

    kind      "line", "heat map", "band" or "Pareto"
    x, y      variables of the axes; a line may name several y
    series    line: coordinate with one line per value
    colour    heat map, Pareto: variable of the colour
    low, high band: variables of its edges;  band: what it is, such as "5 to 95 %"
    better    Pareto: {"x": "lower", "y": "higher"};  label: variable that names the points
    limits    lines: [{"axis": "y", "value": 358.15, "text": "die limit"}]
    contours  heat map: [{"variable": ..., "value": 0, "text": ...}], or "by": variable that says what limits there
    title     a sentence above;  units: {"rack_power": "MW"} where the usual unit does not suit
"""

from viz.charts.chart import chart

__all__ = ["chart"]
