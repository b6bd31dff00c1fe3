"""Warehouses that an emulator plays, each a module here that offers `engine()`, named as dbt's target.

An engine brings a folder of its own, equality/engines/<emulator>/, with

    requirements.in, .lock   the emulator's environment, locked (`make lock`), made in .venvs on first use
    server.py                what starts it, with each patch that loosens it and the reason
    exceptions.yml           what it cannot do, by node name, with the reason; see equality/run.py
"""

from __future__ import annotations

import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import requests

from commands.environments import separate_python
from equality.compare import Table

HERE = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in HERE.glob("[a-z]*.py")))
HOST = "127.0.0.1"
READY_WITHIN = 120.0


class Engine(ABC):
    """What the comparison needs of a warehouse; the emulator is a process of its own."""

    name: str  # the target of dbt and of the profile: snowflake
    title: str  # as people write it: Snowflake
    emulator: str  # what plays it: fakesnow
    path: str = ""  # an address that it answers, with whatever status

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._work = Path()

    @property
    def folder(self) -> Path:
        """equality/engines/<emulator>."""
        return HERE / self.emulator

    @property
    def address(self) -> str:
        """Where it answers, once it is started."""
        return f"http://{HOST}:{self.port}"

    def start(self, work: Path) -> None:
        """Make the emulator's environment if need be, start it, wait until it answers; logs go to `work`.

        Raises RuntimeError where it does not answer.
        """
        python = separate_python(self.emulator, self.folder / "requirements.lock")
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        log = work / f"{self.emulator}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [python, self.folder / "server.py", str(self.port)], stdout=output, stderr=output
            )
        waited_until = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > waited_until:
                self.stop()
                raise RuntimeError(f"{self.emulator} did not start; {log} tells why")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            requests.get(self.address + self.path, timeout=5)
        except requests.RequestException:
            return False
        return True

    def stop(self) -> None:
        """End what start() started; harmless where nothing runs."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def raw_tables(
        self, database: Path, schemas: list[str]
    ) -> Iterator[tuple[str, str, dict[str, str], Path]]:
        """Raw tables of a DuckDB file: schema, table, columns with DuckDB's types, the rows as Parquet."""
        files = self._work / "raw"
        files.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(database), read_only=True) as source:
            source.execute("set timezone = 'UTC'")
            found = source.execute(
                "select table_schema, table_name, list(column_name order by ordinal_position), "
                "list(data_type order by ordinal_position) from information_schema.columns "
                "where list_contains($1, table_schema) group by all order by all",
                [schemas],
            ).fetchall()
            for schema, table, names, kinds in found:
                file = files / f"{schema}.{table}.parquet"
                source.execute(f"copy {schema}.{table} to '{file}'")
                yield schema, table, dict(zip(names, kinds, strict=True)), file

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables that profiles.example.yml reads for this target, with made-up values."""

    @abstractmethod
    def output(self, output: dict[str, Any]) -> dict[str, Any]:
        """The profile's output with what an emulator needs beside it: its host and port."""

    @abstractmethod
    def copy_in(self, database: Path, schemas: list[str]) -> None:
        """Replace the raw tables by those of a DuckDB file: the same rows, in the types that dlt chooses."""

    @abstractmethod
    def table(self, relation: str) -> Table:
        """All rows of a relation, named as dbt's manifest names it."""


def engine_named(name: str) -> Engine:
    """The engine of a target. Raises ValueError for one that is not there."""
    if name not in NAMES:
        raise ValueError(f"there is no engine {name!r}; choose {' or '.join(NAMES)}")
    return import_module(f"equality.engines.{name}").engine()
