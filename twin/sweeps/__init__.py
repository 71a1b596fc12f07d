"""Many solves at once: over a grid of any fields, or over draws of what nobody published."""
