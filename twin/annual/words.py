"""What a spec's site and plant are called: the name of the model they equal."""

from twin.spec.errors import SpecError
from twin.spec.find import field_at, find, get_value
from twin.spec.models import models
from twin.spec.types import Factory


def model_name(spec: Factory, path: str) -> str | None:
    """Return the name of the model that a part of a spec equals.

    Parameters
    ----------
    spec : Factory
        A spec.
    path : str
        Of a part that models of the catalogue stand for.

    Returns
    -------
    str or None
        None where the part was changed.

    References
    ----------
    Derived: equality with each model.

    Examples
    --------
    >>> import twin
    >>> model_name(twin.load("gb300-nvl72").with_("site", "phoenix"), "site")
    'phoenix'
    """
    (steps,) = find(spec, path)
    part, kind = get_value(spec, steps), field_at(spec, steps).table
    for name in models(kind) if kind else ():
        try:
            same = get_value(spec.with_(path, name), steps) == part
        except SpecError:  # does not go with the rest of this spec
            continue
        if same:
            return name
    return None
