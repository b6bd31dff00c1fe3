"""One package per source. A package that defines SOURCE is a source; nothing else lists them."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from ingestion.common.errors import IngestionError
from ingestion.common.source import Source


@cache
def all_sources() -> dict[str, Source]:
    """Every source by name, in alphabetical order."""
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        source = importlib.import_module(f"{__name__}.{module.name}").SOURCE
        found[source.name] = source
    return found


def source_named(name: str) -> Source:
    """The source of that name; an IngestionError names the ones that exist."""
    try:
        return all_sources()[name]
    except KeyError:
        known = ", ".join(all_sources())
        raise IngestionError(f'"{name}" is not a source', mend=f"choose from: {known}", exit_code=2) from None
