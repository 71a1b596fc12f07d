"""Finite volumes: grid, conduction, coolant lines, multigrid, steady and transient solvers, reduced models."""
