"""Which warehouse, and where files lie: the same variables that profiles.yml and the Makefile read."""

from __future__ import annotations

import os
from pathlib import Path


def target() -> str:
    """The warehouse: duckdb, bigquery or snowflake (APPORTION_TARGET)."""
    return os.environ.get("APPORTION_TARGET", "duckdb")


def duckdb_path() -> Path:
    """The DuckDB file (APPORTION_DUCKDB_PATH)."""
    return Path(os.environ.get("APPORTION_DUCKDB_PATH", "apportion.duckdb")).absolute()


def work_folder() -> Path:
    """Where runs keep what can be thrown away (APPORTION_WORK)."""
    return Path(os.environ.get("APPORTION_WORK", ".work"))
