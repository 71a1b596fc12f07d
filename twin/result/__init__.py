"""The result: one xarray DataTree per solve, every variable declared, written to netCDF and read back."""
