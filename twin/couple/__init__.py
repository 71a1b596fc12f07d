"""The coupling: one residual over all three domains, its fixed point, and the headroom that is left."""
