"""One line of the validation table."""

from typing import NamedTuple


class Row(NamedTuple):
    """A quantity of ours held against a reference."""

    id: str
    """Such as T9."""
    case: str
    """What is compared."""
    ours: float | None
    """Our value; None where data or an oracle is absent."""
    reference: float | None
    """The reference; None where ours is only printed."""
    unit: str
    """Unit of both, as printed."""
    tolerance: str
    """Allowed distance, as text."""
    passed: bool | None
    """None: skipped, or printed without a verdict."""
    source: str
    """Where the reference comes from."""


class Allowed(NamedTuple):
    """How far ours may lie from the reference."""

    distance: float
    """In the row's unit, or as a share of the reference."""
    relative: bool = False

    def holds(self, ours: float, reference: float) -> bool:
        """Return whether ours lies within the distance of the reference; False where ours is nan."""
        return abs(ours - reference) <= self.distance * (abs(reference) if self.relative else 1.0)

    def text(self, unit: str) -> str:
        """Return it as printed."""
        if self.distance == 0:
            return "exact"
        return f"{100 * self.distance:g} %" if self.relative else f"{self.distance:g} {unit}".removesuffix(" 1")


EXACT = Allowed(0.0)


def row(key: tuple[str, str], ours: float, reference: float, unit: str, allowed: Allowed, source: str) -> Row:
    """Return a row with its verdict.

    Parameters
    ----------
    key : (str, str)
        Row id and what is compared.
    ours, reference : float
        Values [unit].
    unit : str
        Unit of both.
    allowed : Allowed
        The tolerance.
    source : str
        Of the reference.

    Returns
    -------
    Row
        With `passed` true or false.

    References
    ----------
    Derived: |ours - reference| within the allowed distance.

    Examples
    --------
    >>> row(("T9", "return"), 55.3, 55.0, "°C", Allowed(0.2), "maker").passed
    False
    """
    passed = bool(allowed.holds(ours, reference))
    return Row(*key, float(ours), float(reference), unit, allowed.text(unit), passed, source)


def printed(key: tuple[str, str], ours: float, reference: float | None, unit: str, source: str) -> Row:
    """Return a row that is shown without a verdict.

    Parameters
    ----------
    key : (str, str)
        Row id and what is compared.
    ours : float
        Our value [unit].
    reference : float or None
        Shown beside it [unit].
    unit : str
        Unit of both.
    source : str
        Of the reference.

    Returns
    -------
    Row
        With `passed` None.

    References
    ----------
    Derived: no tolerance.
    """
    return Row(*key, float(ours), reference, unit, "printed", None, source)


def skipped(key: tuple[str, str], reason: str) -> Row:
    """Return a row whose data or oracle is absent.

    Parameters
    ----------
    key : (str, str)
        Row id and what is compared.
    reason : str
        What is missing.

    Returns
    -------
    Row
        With `passed` None.

    References
    ----------
    Derived: nothing to compare.
    """
    return Row(*key, None, None, "", "skipped", None, reason)
