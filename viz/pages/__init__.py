"""A rack to hand on: as binary glTF, and as one HTML file with its numbers and a viewer that never asks the network.

Contract: input is the result tree (groups /geometry /topology /thermal /power /summary, SI units); output is a file
that opens from disk in any browser of 2023 or later. Values are in trade units, one per part, under the part's name.
Shapes are glTF (metres, y up); cables travel as centre lines and become tubes in the browser.
Identical results give identical bytes.
"""

from viz.pages.document import page
from viz.pages.glb import gltf

__all__ = ["gltf", "page"]
