"""Where the numbers of a spec come from: the statuses, and a mapping that copies of a spec share."""

from collections.abc import Iterator, Mapping

from twin.spec.types import Origin

STATUSES = ("stated", "measured", "quoted", "derived", "assumed", "user")
#: Half-width of the range an assumed number is drawn from where its entry gives none: relative, and for temperatures.
DEFAULT_SPREAD = 0.2
DEFAULT_SPREAD_KELVIN = 5.0


class Overlay(Mapping[str, Origin]):
    """A few changed entries over a shared mapping, so that ten thousand copies of a spec share one provenance."""

    def __init__(self, changes: Mapping[str, Origin], base: Mapping[str, Origin]) -> None:
        inner = base if isinstance(base, Overlay) else None
        self._changes: Mapping[str, Origin] = {**inner._changes, **changes} if inner else changes
        self._base: Mapping[str, Origin] = inner._base if inner else base

    def under(self, path: str) -> tuple[Mapping[str, Origin], tuple[tuple[str, Origin], ...]]:
        """Return the shared mapping, and the changed entries whose paths begin so."""
        return self._base, tuple(item for item in self._changes.items() if item[0].startswith(path))

    def __getitem__(self, path: str) -> Origin:
        return self._changes[path] if path in self._changes else self._base[path]

    def __iter__(self) -> Iterator[str]:
        yield from self._base
        yield from (path for path in self._changes if path not in self._base)

    def __len__(self) -> int:
        return len(self._base) + sum(path not in self._base for path in self._changes)
