"""Finite volumes of a layered package: stack, grid, conduction, coolant, steady, transient and reduced models.

Contract: fields are float64 (nz, ny, nx); coolant flows along +y; SI units. A study goes from a `Stack` to a `Grid`,
its conductivities and power maps, `conduction` and `boundary_sink` or a stream, and then a solver. Compiled code is
loaded by the first solve.
"""

from thermal.volumes.channels import Channels, Film, Flow, channels, fill_coolant, fin_layer
from thermal.volumes.conduction import Conduction, boundary_sink, conduction, outflow
from thermal.volumes.grid import Grid
from thermal.volumes.layers import Area, Layer, Patch, Stack
from thermal.volumes.nonlinear import power_law, solve_nonlinear
from thermal.volumes.stack import conductivity, heat_capacity, power_map, stack_grid, tiled_power
from thermal.volumes.steady import Steady, prepare, solve_steady
from thermal.volumes.streams import Streams, coolant_heat
from thermal.volumes.transient import Body, State, backward_euler, crank_nicolson, tr_bdf2

__all__ = [
    "Area",
    "Body",
    "Channels",
    "Conduction",
    "Film",
    "Flow",
    "Grid",
    "Layer",
    "Patch",
    "Stack",
    "State",
    "Steady",
    "Streams",
    "backward_euler",
    "boundary_sink",
    "channels",
    "conduction",
    "conductivity",
    "coolant_heat",
    "crank_nicolson",
    "fill_coolant",
    "fin_layer",
    "heat_capacity",
    "outflow",
    "power_law",
    "power_map",
    "prepare",
    "solve_nonlinear",
    "solve_steady",
    "stack_grid",
    "tiled_power",
    "tr_bdf2",
]
