"""Warehouses that an emulator plays, each a module here that offers `engine()`.

An engine brings a folder of its own, equality/engines/<emulator>/, with

    requirements.in, .lock   the emulator's environment, locked (`make lock`), made in .venvs on first use
    server.py                what starts it, with each patch that loosens it and the reason
    exceptions.yml           what it cannot do, by node name, with the reason; see equality/run.py
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from equality.compare import Table

HERE = Path(__file__).parent
NAMES = ("snowflake", "bigquery")


class Engine(Protocol):
    """What the comparison needs of a warehouse."""

    name: str  # the target of dbt and of the profile: snowflake
    title: str  # as people write it: Snowflake
    emulator: str  # what plays it: fakesnow

    @property
    def folder(self) -> Path:
        """equality/engines/<emulator>."""

    def start(self, work: Path) -> None:
        """Make the emulator's environment if need be, start it, wait until it answers; logs go to `work`."""

    def stop(self) -> None:
        """End what start() started; harmless where nothing runs."""

    def environment(self) -> dict[str, str]:
        """The variables that profiles.example.yml reads for this target, with made-up values."""

    def output(self, output: dict[str, Any]) -> dict[str, Any]:
        """The profile's output with what an emulator needs beside it: its host and port."""

    def copy_in(self, database: Path, schemas: list[str]) -> None:
        """Replace the raw tables by those of a DuckDB file: the same rows, in the types that dlt chooses."""

    def table(self, relation: str) -> Table:
        """All rows of a relation, named as dbt's manifest names it."""


def engine_named(name: str) -> Engine:
    """The engine of a target. Raises ValueError for one that is not there."""
    if name not in NAMES:
        raise ValueError(f"there is no engine {name!r}; choose {' or '.join(NAMES)}")
    return import_module(f"equality.engines.{name}").engine()
