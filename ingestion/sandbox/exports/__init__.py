"""The files and databases of the sandbox: every module here writes one kind, found by being here.

A module offers

    SUMMARY                what it writes, in a few words
    write(world, folder)   writes below the folder, replacing what an earlier run left there, and
                           returns an Export
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple


class Export(NamedTuple):
    """What was written, and the environment that points a client at it.

    A value that is a list joins the lists of other exports under the same name.
    close   ends what keeps running after the writing (a database server), when the sandbox stops.
    """

    path: Path
    rows: int
    environment: Mapping[str, Any]
    close: Callable[[], None] | None = None


def modules() -> list[ModuleType]:
    """Return every export, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return [import_module(f"{__name__}.{name}") for name in names]


def merge(into: dict[str, Any], found: Mapping[str, Any]) -> None:
    """Add an export's environment to the others'."""
    for name, value in found.items():
        into[name] = into.get(name, []) + value if isinstance(value, list) else value


def fresh(folder: Path, pattern: str) -> Path:
    """Return the folder, made if need be, without the files of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(pattern):
        old.unlink()
    return folder
