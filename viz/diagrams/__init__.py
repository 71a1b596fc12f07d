"""Diagrams of how a factory is wired, on paper: functions of the result tree alone."""
