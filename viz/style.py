"""One look for every picture: two themes, one colour family per field, and the contrast rule.

Contract: colours are hex strings or RGBA in 0..1; sizes are points on A3 landscape (x 0.7 on A4).
Colour families: viridis load, inferno chip temperature, RdYlBu headroom, blue/red coolant supply/return.
All are safe for colour-blind readers; text over a coloured cell is black or white, whichever reads better.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap, to_rgb

if TYPE_CHECKING:
    from matplotlib.colors import Colormap


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours of one theme, as hex strings."""

    paper: str
    """background"""
    ink: str
    """text and outlines"""
    muted: str
    """secondary text"""
    grid: str
    """rules and grid lines"""
    band: str
    """rows that carry no GPU"""
    neutral: str
    """parts that carry no data"""
    liquid: str
    """heat into the coolant"""
    air: str
    """heat into the air"""
    supply: str
    """coolant supply"""
    back: str
    """coolant return"""
    copper: str
    """busbar current within the rating"""
    alert: str
    """above a limit"""
    temperature: tuple[float, float]
    """part of inferno that stands out from the paper"""


THEMES = {
    "light": Theme(
        paper="#ffffff", ink="#18212b", muted="#56616d", grid="#d5dbe1", band="#f1f3f5", neutral="#dde2e7",
        liquid="#2a78c2", air="#c27a12", supply="#1f6fd0", back="#d0342c", copper="#b87741", alert="#c1121f",
        temperature=(0.12, 0.91),
    ),
    "dark": Theme(
        paper="#11161d", ink="#eef2f6", muted="#a3afbb", grid="#333e4a", band="#1a212a", neutral="#2c3641",
        liquid="#4a9be8", air="#e0a94f", supply="#4a9be8", back="#f0675c", copper="#cf8b54", alert="#ff5a5f",
        temperature=(0.22, 0.98),
    ),
}  # fmt: skip

TITLE, VALUE, HEADING, BODY, SMALL = 20.0, 21.0, 13.0, 11.0, 10.0


def theme(name: str) -> Theme:
    """The theme of that name; ValueError lists the names."""
    if name not in THEMES:
        raise ValueError(f"theme = {name!r}: must be one of {', '.join(THEMES)}")
    return THEMES[name]


def colormap(field: str, look: Theme) -> Colormap:
    """The colour map of a field family: "load", "temperature" or "headroom"."""
    if field == "temperature":
        part = mpl.colormaps["inferno"](np.linspace(*look.temperature, 256))
        return ListedColormap(part, name="temperature").with_extremes(bad=look.neutral)
    return mpl.colormaps[{"load": "viridis", "headroom": "RdYlBu"}[field]]


def luminance(colour: Any) -> float:
    """Relative luminance of WCAG 2: linear-light sRGB weighted 0.2126, 0.7152, 0.0722."""
    srgb = np.asarray(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: Any, other: Any) -> float:
    """Contrast ratio of WCAG 2, 1 to 21; body text needs 4.5."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: Any) -> str:
    """Black or white, whichever reads better over the colour (at least 4.58)."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


@contextmanager
def clean() -> Iterator[None]:
    """Matplotlib's own defaults for the duration, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "viz", "svg.fonttype": "path"})
        yield


@contextmanager
def context(look: Theme) -> Iterator[None]:
    """The defaults plus the theme's colours and the sizes of this house."""
    with clean():
        mpl.rcParams.update(_settings(look))
        yield


def _settings(look: Theme) -> Any:
    return {
        "figure.facecolor": look.paper,
        "axes.facecolor": "none",
        "axes.edgecolor": look.grid,
        "axes.labelcolor": look.ink,
        "axes.labelsize": BODY,
        "axes.linewidth": 0.8,
        "axes.axisbelow": True,
        "grid.color": look.grid,
        "grid.linewidth": 0.7,
        "font.size": BODY,
        "text.color": look.ink,
        "xtick.color": look.grid,
        "ytick.color": look.grid,
        "xtick.labelcolor": look.ink,
        "ytick.labelcolor": look.ink,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.frameon": False,
        "legend.fontsize": SMALL,
    }
