"""A provider sandbox over HTTP, and a warehouse that is thrown away."""

from datetime import date

import pytest
import requests
from warehouse import Warehouse

from ingestion.sandbox import Sandbox

UNTIL = date(2026, 11, 12)
DAYS = 6


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """Six days of the company; it answers 429 now and then, as providers do."""
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(days=DAYS, until=UNTIL, scale=0.3, exports=folder) as running:
        yield running


@pytest.fixture
def control(sandbox):
    """Ask the sandbox for faults and restatements; all is as before afterwards."""

    def post(what, **settings):
        answer = requests.post(f"{sandbox.base_url}/sandbox/{what}", json=settings, timeout=10)
        answer.raise_for_status()

    yield post
    post("faults", reset=True)
    post("restate", reset=True)
    post("quirks", huge_tokens=False)


@pytest.fixture
def warehouse(tmp_path, monkeypatch, sandbox, capsys):
    """An empty warehouse, configured for the sandbox."""
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("APPORTION_DUCKDB_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("APPORTION_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "4")
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")
    return Warehouse(tmp_path / "warehouse.duckdb", capsys)
