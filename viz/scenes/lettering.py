"""How much room letters take on paper, and texts cut to the room there is.

Contract: inches and points of the one font of the house; no figure needed.
"""

from __future__ import annotations

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_HINTED = 0.98  # share of the room that is used: widths are proportional to sizes but for hinting


def width(text: str, points: float, weight: str = "normal") -> float:
    """Inches that one line of text takes.

    Parameters
    ----------
    text : str
    points : float, size of the letters [point]
    weight : str, "normal" or "bold"

    Returns
    -------
    float
        Width [inch].

    References
    ----------
    Derived: advance widths of the font.
    """
    font = FontProperties(family="DejaVu Sans", size=points, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def shortened(text: str, inches: float, points: float, weight: str = "normal") -> str:
    """The text, or as much of its beginning as goes into a width, with an ellipsis.

    Parameters
    ----------
    text : str
    inches : float, the room [inch]
    points : float, size of the letters [point]
    weight : str, "normal" or "bold"

    Returns
    -------
    str
        At least the ellipsis.

    References
    ----------
    Derived: one letter less until it fits.
    """
    told, kept = text, len(text)
    while kept and width(told, points, weight) > inches:
        kept -= 1
        told = f"{text[:kept].rstrip(' ,:')}\u2026"
    return told


def fitting(text: str, inches: float, points: float, least: float, weight: str = "normal") -> float:
    """The size, at most `points` and at least `least`, at which a text goes into a width.

    Parameters
    ----------
    text : str
    inches : float, the room [inch]
    points : float, largest size [point]
    least : float, smallest size [point]
    weight : str, "normal" or "bold"

    Returns
    -------
    float
        Size [point].

    References
    ----------
    Derived: widths are proportional to the size but for the rounding of letters to their grid.
    """
    return max(least, min(points, points * _HINTED * inches / max(width(text, points, weight), 1e-9)))
