"""The spec: what a person writes down about a rack, validated, in SI units, with the source of every number."""
