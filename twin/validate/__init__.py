"""Our numbers against references: one file per domain, one function per row or family of rows."""
