"""Charts of studies and sweeps: a dataset says in its attribute `chart` what it wants to be, and becomes a figure.

Contract: `dataset.attrs["chart"]` is a mapping or its JSON text; names in it are variables or coordinates of the
dataset; values in it (limits, contours) are SI. Texts and units come from the attributes of the variables.
One look for all, that of `viz.style`; nothing is written into the dataset.

    kind      "line", "heat map", "map", "bars", "band" or "Pareto"
    x, y      variables of the axes; a line may name several y, bars several x (bars, then marks) over the texts y
    most      bars: how many of the first rows
    series    line, bars: coordinate with one line, or one bar in each row, per value
    axis      words of the axis that several variables share
    steps     line, band: true where a value holds from half way to its neighbours (counts, sections);  points: line:
              true for a mark on each point;  never: line: word for points that are nan in every line, on the top edge
    log       line: axes on a logarithmic scale, such as ["x", "y"]
    names     line: "key" for names in a key, as where lines lie over one another, instead of at their ends
    under     line: value of the series that is drawn wide and pale below the others;  bound: one that is a limit
    colour    heat map, map, Pareto: variable of the colour;  step: between two colours of a map
    low, high band: variables of its edges;  band: what it is, such as "5 to 95 %";  lines: others without an edge
    better    Pareto: {"x": "lower", "y": "higher"};  label: variable that names the points
    limits    lines: [{"axis": "y", "value": 358.15, "text": "die limit"}];  "quiet": a mark, not an alarm;
              "to": a second value, for a shaded stretch
    contours  [{"variable": ..., "value": 0, "text": ...}];  heat map: or "by": variable that says what limits there;
              map: or "series": coordinate with one line per value (or only those in "values"), named "text" with the
              value in place of {};  "key": what that of the map itself is, "others": what the others are
    regions   map: {"variable": ..., "text": "limited by {}"}: a variable with one dimension more, of which the lowest
              rules and gives the name, or a text variable;  "key": what the edges are
    marks     line, map: [{"x": ..., "y": ..., "text": ..., "shape": "o"}]
    at        {"load": 1.0}: values of coordinates at which the dataset is drawn
    title     a sentence above;  units: {"rack_power": "MW"} where the usual unit does not suit
    panels    instead of all these: up to three charts, side by side
"""

from viz.charts.chart import chart

__all__ = ["chart"]
