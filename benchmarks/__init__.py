"""What the product costs: CPU seconds on one core and peak memory, case by case (`python -m benchmarks`)."""
