"""From a view to a window: named views, three lights, ambient occlusion, a camera that fills the frame.

Contract: nothing is written into the tree; the plotter is off-screen and belongs to the caller, who closes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from viz import style, window
from viz.scenes.electrical import PAINTERS as ELECTRICAL_PAINTERS
from viz.scenes.electrical import electrical
from viz.scenes.layers import COLOUR, Layer, View
from viz.scenes.lens import Eye, Lens
from viz.scenes.paint import near
from viz.scenes.rear import PAINTERS as REAR_PAINTERS
from viz.scenes.rear import rear
from viz.scenes.section import PAINTERS as SECTION_PAINTERS
from viz.scenes.section import section
from viz.scenes.tray import PAINTERS as TRAY_PAINTERS
from viz.scenes.tray import tray

if TYPE_CHECKING:
    from pyvista import Plotter
    from xarray import DataTree

    from viz.style import Theme

Maker = Callable[["DataTree", str | None, "Theme"], View]

VIEWS: dict[str, tuple[Maker, dict[str, Any]]] = {
    "rear": (rear, REAR_PAINTERS),
    "section": (section, SECTION_PAINTERS),
    "tray": (tray, TRAY_PAINTERS),
    "electrical": (electrical, ELECTRICAL_PAINTERS),
}

#: Drawings without a scene, which stand alone, and who draws them.
DRAWINGS = {"oneline": "viz.oneline"}

_SAMPLES = 8  # of ambient occlusion
_PIXELS = (1200, 1200)


class NoWindow(RuntimeError):
    """No 3-D pictures on this machine; the message names what to install."""


def scene(tree: DataTree, view: str = "rear", colour: str | None = None, theme: str = "light") -> Plotter:
    """A 3-D view of a solved rack, ready for a screenshot.

    Parameters
    ----------
    tree : DataTree, the result of a solve, groups /geometry /topology /thermal /power /summary
    view : str, "rear", "section", "tray" or "electrical"
    colour : str, field that colours the parts; by default the first of the view
    theme : str, "light" or "dark"

    Returns
    -------
    Plotter
        pyvista, off-screen; one actor for each kind of part.

    Raises
    ------
    ValueError
        Unknown view, field or theme (near names are listed), or a result without what the view shows.
    NoWindow
        This machine has no OpenGL.

    References
    ----------
    Derived: one mesh for each kind of part; ambient occlusion by VTK's screen-space pass.

    Examples
    --------
    >>> scene(None, view="reer")
    Traceback (most recent call last):
    ValueError: view = 'reer': no such view; did you mean rear? there is rear, section, tray, electrical, oneline
    """
    look = style.theme(theme)
    made = make_view(tree, view, colour, look)
    return put_on_stage(made, look, _PIXELS)


def make_view(tree: DataTree, view: str, colour: str | None, look: Theme) -> View:
    """The parts of a view, without a window."""
    check_view(view)
    maker, _ = VIEWS[view]
    return maker(tree, colour, look)


def check_view(view: str) -> None:
    """Refuse an unknown view, with near names and all there are."""
    if view in DRAWINGS:
        raise ValueError(f"view = {view!r}: no scene but a drawing of its own; {DRAWINGS[view]} draws it")
    if view not in VIEWS:
        raise ValueError(f"view = {view!r}: no such view; {near(view, [*VIEWS, *DRAWINGS])}")


def put_on_stage(
    view: View, look: Theme, size: tuple[int, int], lens: Lens | None = None, ground: str | None = None
) -> Plotter:
    """A plotter with the layers of a view, its lights and its camera, on a ground of the paper's or another colour."""
    words = window.problem()
    if words is not None:
        raise NoWindow(words)
    import pyvista as pv

    plotter: Any = pv.Plotter(off_screen=True, window_size=list(size), lighting="none")
    plotter.set_background(ground or look.paper)
    plotter.render_window.SetMultiSamples(0)
    for layer in view.layers:
        _add(plotter, layer)
    _aim(plotter, lens or view.lens(size[0] / size[1]))
    _light(plotter, view.eye, look)
    if view.shade:
        plotter.enable_ssao(radius=view.shade, bias=0.012, kernel_size=_SAMPLES, blur=True)
    return plotter


def _aim(plotter: Any, lens: Lens) -> None:
    """VTK's camera where the lens is: the frame beside its axis is VTK's centre of the window."""
    _, up, ahead = lens.eye.axes()
    camera, half = plotter.camera, lens.height / 2
    camera.position, camera.focal_point, camera.up = lens.place, lens.place + ahead, up
    camera.view_angle = 2 * float(np.degrees(np.arctan(half)))
    camera.SetWindowCenter(*(lens.middle / [half * lens.aspect, half]))
    plotter.reset_camera_clipping_range()


def _add(plotter: Any, layer: Layer) -> None:
    own = {"color": layer.colour} if layer.colour else {"scalars": COLOUR, "rgb": True}
    actor = plotter.add_mesh(
        layer.mesh, name=layer.name, show_scalar_bar=False, copy_mesh=False, reset_camera=False, render=False, **own
    )
    actor.prop.interpolation = "Phong" if layer.smooth else "Flat"
    ambient, diffuse = (0.6, 0.6) if layer.paint else (0.4, 0.75)
    actor.prop.ambient, actor.prop.diffuse, actor.prop.specular = ambient, diffuse, 0.12 if layer.smooth else 0.0
    actor.prop.specular_power = 18.0
    actor.prop.culling = "back" if layer.closed else "none"


def _light(plotter: Any, eye: Eye, look: Theme) -> None:
    """A warm key from above the camera's left, a cool fill from its right, a rim from behind and above."""
    import pyvista as pv

    right, up, ahead = eye.axes()
    strength = 1.0 if look.paper == "#ffffff" else 0.92
    beams = (
        (-0.7 * right + 1.0 * up - ahead, 0.82, "#fff3e2"),
        (right + 0.15 * up - 0.5 * ahead, 0.42, "#cfe0ff"),
        (up + 0.6 * ahead, 0.3, "#ffffff"),
    )
    for place, power, shade in beams:
        light = pv.Light(position=tuple(100 * place), focal_point=(0, 0, 0), intensity=strength * power, color=shade)
        light.positional = False
        plotter.add_light(light)
