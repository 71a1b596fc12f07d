"""Where tables that take long to make are kept between runs; the only place that reads TWIN_CACHE."""

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """Return the folder of kept tables, which need not exist or be writable: then they are made again.

    Returns
    -------
    Path or None
        TWIN_CACHE, or the user's cache folder; None where TWIN_CACHE is empty or the user has no home.

    References
    ----------
    XDG Base Directory Specification, XDG_CACHE_HOME, and its likes on other systems, by platformdirs.
    """
    given = os.environ.get("TWIN_CACHE")
    if given is not None:
        return Path(given).absolute() if given else None
    from platformdirs import user_cache_path

    folder = user_cache_path("ai-factory-twin", appauthor=False)
    return folder if folder.is_absolute() else None
