"""The command line: what it lists, what it refuses, and its exit codes."""

from datetime import timedelta

import pytest

from ingestion.__main__ import main
from ingestion.common.money import exact_json, landed, money_text
from ingestion.sources import all_sources


def test_list_tells_tables_grain_and_needs(warehouse, capsys):
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert "raw_openai.costs: one row per day, project, API key and line item; last 3 days read again" in said
    assert "needs SOURCES__FOCUS__BUCKET_URL" in said


def test_every_table_declares_grain_and_key():
    for source in all_sources().values():
        for table in source.tables:
            assert table.grain, (source.name, table.name)
            assert table.key, (source.name, table.name)
            assert set(table.key) <= set(table.columns), (source.name, table.name)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["run", "opneai"],
            '"opneai" is not a source; choose from: anthropic, ',
        ),
        (["run", "openai", "--since", "01/02/2026"], "is no day; write year-month-day"),
        (["run", "openai", "--since", "2026-02-02", "--until", "2026-02-01"], "before it starts"),
    ],
)
def test_a_wrong_call_is_refused_with_2(capsys, arguments, told):
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_nothing_configured_is_told(capsys, monkeypatch, warehouse, sandbox):
    for name in sandbox.env:
        monkeypatch.delenv(name)
    assert main(["run"]) == 2
    said = capsys.readouterr()
    assert "openai: left out, not configured (SOURCES__OPENAI__API_KEY)" in said.out
    assert "no source is configured" in said.err


def test_one_failing_source_does_not_keep_the_others_from_loading(warehouse, monkeypatch):
    monkeypatch.setenv("SOURCES__OPENAI__API_KEY", "nonsense")
    code, said = warehouse.load("openai", "business_outputs")
    assert code == 1
    assert "business_outputs: loaded in" in said


def test_an_unknown_target_is_told(warehouse, monkeypatch):
    monkeypatch.setenv("APPORTION_TARGET", "oracle")
    code, said = warehouse.load("business_outputs")
    assert code == 2
    assert "choose duckdb, bigquery or snowflake" in said


@pytest.mark.parametrize(
    "text", ["12.50", "-0.1", "1.2E-7", "0", "00.10", "123456789012345678901234567890.123456789"]
)
def test_money_stays_the_text_it_was(text):
    assert money_text(text) == text


@pytest.mark.parametrize(
    "value", ["", " ", "1,000", "NaN", "Infinity", "$1", "1.2.3", "--1", True, 1.5, float("nan")]
)
def test_what_is_no_exact_number_is_refused(value):
    with pytest.raises(ValueError):
        money_text(value)


def test_json_numbers_keep_their_digits():
    parsed = exact_json(b'{"a": 41.772500000000000001, "b": 9007199254740993, "c": 1E-20, "d": NaN}')
    assert parsed == {"a": "41.772500000000000001", "b": 9007199254740993, "c": "1E-20", "d": "NaN"}
    assert landed(parsed["d"]) == "NaN"
    assert landed(None) is None


def test_a_terminal_sees_bars_and_a_file_plain_lines(warehouse, sandbox, tmp_path):
    """A real terminal: a pseudo terminal that the command believes in."""
    import os
    import pty
    import subprocess
    import sys
    import termios

    command = [
        sys.executable,
        "-m",
        "ingestion",
        "run",
        "openai",
        "--since",
        "2026-11-10",
        "--until",
        "2026-11-12",
    ]
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (30, 100))
    process = subprocess.Popen(command, stdout=follower, stderr=follower, close_fds=True)
    os.close(follower)
    seen = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # Linux answers so when the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(leader)
    assert process.wait() == 0, seen.decode()
    assert b"Extract openai: Resources" in seen
    plain = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "\r" not in plain.stdout + plain.stderr
    assert "openai: loaded in" in plain.stdout


def test_status_tells_how_far_each_source_was_loaded(warehouse, sandbox, monkeypatch):
    assert main(["status", "business_outputs"]) == 1
    assert "business_outputs: never loaded" in warehouse.capsys.readouterr().out
    code, said = warehouse.load("business_outputs", since=None)
    assert code == 0, said
    monkeypatch.setattr("ingestion.__main__.yesterday", lambda: sandbox.last + timedelta(days=3))
    assert main(["status", "business_outputs"]) == 0
    fresh = f"business_outputs: fresh, loaded up to {sandbox.last} (3 days behind)"
    assert fresh in warehouse.capsys.readouterr().out
    assert main(["status", "business_outputs", "--days", "2"]) == 1
    assert "business_outputs: late" in warehouse.capsys.readouterr().out


def test_the_log_tells_what_models_cannot_know(warehouse):
    code, said = warehouse.load("openai", "business_outputs")
    assert code == 0, said
    log = "select distinct table_name, restated_days, read_as from raw_{}.load_log order by 1"
    assert warehouse.rows(log.format("business_outputs")) == [("business_outputs", 6, "files")]
    kinds = {table: (days, kind) for table, days, kind in warehouse.rows(log.format("openai"))}
    assert kinds["costs"] == (3, "days")
    assert {kind for _, kind in kinds.values()} <= {"days", "snapshot"}
