"""From specs to the arrays the leaves work on: one model per batch of racks with the same parts."""
