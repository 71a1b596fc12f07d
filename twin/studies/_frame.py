"""What every study needs: the spec behind a name, and a dataset that says what it asks, answers and looks like."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.spec.types import Factory

if TYPE_CHECKING:
    import xarray as xr

#: Attribute that keeps a difference of temperatures from being read as a temperature.
DIFFERENCE = {"units_metadata": "temperature: difference"}


#: Between a number and %, and between thousands.
THIN = "\u202f"


def percent(share: float, digits: int = 0) -> str:
    """Return a share [1] in words."""
    return f"{100 * share:.{digits}f}{THIN}%"


def whole(value: float) -> str:
    """Return a number without decimals, its thousands apart."""
    return f"{value:,.0f}".replace(",", THIN)


def spec_of(system: str | Factory) -> Factory:
    """Return the spec of that name, or the spec itself."""
    from twin.spec.load import load

    return load(system) if isinstance(system, str) else system


def variable(dims: str | tuple[str, ...], values: Any, units: str, long_name: str, **more: Any) -> Any:
    """Return dimensions, values and attributes of a variable as a Dataset takes them."""
    return dims, values, {"units": units, "long_name": long_name, **more}


def dataset(
    about: str | None, variables: Mapping[str, Any], coordinates: Mapping[str, Any], **texts: Any
) -> "xr.Dataset":
    """Return the dataset of a study; `about` is its docstring, `texts` title, answer and mappings chart and table."""
    import xarray as xr

    asked = (about or "").strip().partition("\n\n")[0]
    attributes = {"title": texts["title"], "question": " ".join(asked.split()), "answer": texts["answer"]}
    attributes |= {name: json.dumps(texts[name]) for name in ("chart", "table")}
    return xr.Dataset(variables, coordinates, attributes)
