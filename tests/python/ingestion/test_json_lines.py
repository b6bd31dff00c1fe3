"""Log files: every record lands, what is none is quarantined and told, nothing is read or counted twice."""

import gzip
import os
import tracemalloc
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from ingestion.common import gate, json_lines
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION
from ingestion.common.json_lines import LOG_FILES, QUARANTINE, log_resource, log_table, part, text, whole
from ingestion.common.pipeline import run_source
from ingestion.common.source import Source
from ingestion.common.windows import Window

CALLS = log_table("calls", "call", {"called_at": "text", "id": "text", "cost": "text", "tokens": "bigint"})


def rows(record):
    usage = part(record, "usage")
    for _ in range(record.get("times", 1)):
        yield text(record, "at"), text(record, "id"), text(record, "cost"), whole(usage, "tokens")


SOURCE = Source(
    name="calls",
    summary="a log",
    tables=(CALLS, QUARANTINE, LOG_FILES),
    needs=(LOCATION,),
    read=lambda run: [log_resource(run, CALLS, rows, day_from="called_at")],
    gate=lambda: {CALLS.name: [gate.present("id")]},
    windowed=False,
    locate=json_lines.locate,
)
GOOD = '{"at": "2026-11-02T10:00:00Z", "id": "%s", "cost": 0.10, "usage": {"tokens": 7}}'


class Log:
    """A folder of logs, and the warehouse it is loaded into."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys, self.said = folder, capsys, ""

    def write(self, name, *lines, end="\n"):
        path = self.folder / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = (end.join(lines) + end).encode() if lines and isinstance(lines[0], str) else b"".join(lines)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    def load(self, window=None):
        loaded = run_source(SOURCE, window)
        self.said = self.capsys.readouterr().out
        return loaded

    def rows(self, sql):
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def ids(self):
        return [row[0] for row in self.rows("select id from raw_calls.calls order by all")]

    def quarantine(self):
        found = self.rows(
            "select source_file, source_row, line_text, reason from raw_calls.quarantine order by all"
        )
        return [(file.rsplit("/", 1)[1], *rest) for file, *rest in found]


@pytest.fixture
def log(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SOURCES__CALLS__BUCKET_URL", str(tmp_path / "log"))
    monkeypatch.setenv("APPORTION_DUCKDB_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("APPORTION_WORK", str(tmp_path / "work"))
    return Log(tmp_path, capsys)


def test_records_land_with_their_file_line_and_exact_text(log):
    path = log.write("a.jsonl", GOOD % "one", "", '{"at":"2026-11-03","id":7,"cost":12345678901234567.89}')
    log.write("deep/b.json.gz", GOOD % "three", end="\r\n")
    assert log.load()["calls"] == 3
    columns = "called_at, id, cost, tokens, source_row, charge_date::varchar"
    assert log.rows(f"select {columns} from raw_calls.calls order by id") == [
        ("2026-11-03", "7", "12345678901234567.89", None, 3, "2026-11-03"),
        ("2026-11-02T10:00:00Z", "one", "0.10", 7, 1, "2026-11-02"),
        ("2026-11-02T10:00:00Z", "three", "0.10", 7, 1, "2026-11-02"),
    ]
    files = "select source_file, records, quarantined from raw_calls.log_files order by all"
    assert log.rows(files)[0] == (path.as_uri(), 2, 0)
    assert "warning" not in log.said


def test_a_line_that_is_no_record_is_quarantined_with_file_and_line_and_told(log):
    lines = {
        "not json": "no JSON",
        '["a"]': "no JSON object",
        '{"at": "2026-11-02", "id": "x", "usage": 5}': "usage is no object",
        '{"at": "2026-11-02", "id": "x", "usage": {"tokens": "5"}}': 'tokens is "5", no count',
        '{"at": "2026-11-02", "id": "x", "usage": {"tokens": -5}}': "tokens is -5, no count",
        '{"at": "2026-11-02", "id": "x", "usage": {"tokens": 1.5}}': 'tokens is "1.5", no count',
        '{"at": "2026-02-30", "id": "x"}': "no UTC time",
        '{"at": "2026-11-02T10:00:00+05:00", "id": "x"}': "no UTC time",
        '{"id": "x"}': "its time is null",
        '{"at": "2026-11-02", "id": "x", "long": "' + "x" * 2_000: "no JSON",
    }
    log.write("a.jsonl", GOOD % "one", *lines, GOOD % "two")
    loaded = log.load()
    assert (loaded["calls"], loaded["quarantine"]) == (2, len(lines))
    for number, (found, (line, reason)) in enumerate(zip(log.quarantine(), lines.items(), strict=True), 2):
        assert found[:3] == ("a.jsonl", number, line[:1000])
        assert reason in found[3]
    assert log.said.count("warning") == 1
    assert "10 lines are no records, now in raw_calls.quarantine: " in log.said
    assert "a.jsonl, line 2: no JSON" in log.said


def test_bytes_that_are_no_text_are_quarantined(log):
    log.write("a.jsonl", (GOOD % "one").encode(), b'\n{"id": "\xff\x00"}\n')
    log.load()
    assert log.quarantine()[0][:3] == ("a.jsonl", 2, '{"id": "\ufffd\ufffd"}')


def test_a_line_of_several_rows_gives_all_or_none(log):
    both = GOOD.replace("{", '{"times": 2, ', 1)
    log.write("a.jsonl", both % "twice", both.replace("7}", '"x"}') % "never")
    assert log.load()["calls"] == 2
    assert log.ids() == ["twice", "twice"]


def test_what_a_gz_held_before_it_breaks_off_is_kept(log):
    path = log.write("a.jsonl.gz", *(GOOD % n for n in range(20_000)))
    path.write_bytes(path.read_bytes()[:-2_000])
    loaded = log.load()
    assert 10_000 < loaded["calls"] < 20_000
    assert loaded["quarantine"] == 1
    file, line, shown, reason = log.quarantine()[0]
    assert (file, line) == ("a.jsonl.gz", loaded["calls"] + 1)
    assert (GOOD % loaded["calls"]).startswith(shown)
    assert "the file breaks off" in reason


def test_a_file_that_is_no_gz_is_quarantined(log):
    log.write("a.jsonl", GOOD % "one")
    (log.folder / "log" / "b.jsonl.gz").write_bytes(b"plain text")
    log.load()
    assert "breaks off: Not a gzipped file" in log.quarantine()[0][3]


def test_a_line_that_never_ends_does_not_fill_the_memory(log, monkeypatch):
    monkeypatch.setattr(json_lines, "MAX_LINE", 2 * 2**20)
    log.write("a.jsonl", GOOD % "one", "x" * 5 * 2**20, GOOD % "two")
    assert log.load()["quarantine"] == 1
    assert log.ids() == ["one", "two"]
    assert log.rows("select source_row from raw_calls.calls order by id") == [(1,), (3,)]
    assert log.quarantine()[0][1:3] == (2, "x" * 1000)


def test_a_record_of_tomorrow_is_quarantined_and_a_clock_may_be_ahead(log):
    now = datetime.now(UTC)
    ahead = GOOD.replace("2026-11-02T10:00:00Z", (now + timedelta(hours=20)).isoformat()[:19] + "Z") % "ahead"
    wrong = GOOD.replace("2026-11-02", (now + timedelta(days=3)).date().isoformat()) % "wrong"
    log.write("a.jsonl", ahead, wrong)
    log.load()
    assert log.ids() == ["ahead"]
    assert "yet to come" in log.quarantine()[0][3]


def test_a_file_without_a_single_record_is_the_wrong_file(log):
    log.write("a.jsonl", "no", "never")
    with pytest.raises(IngestionError, match=r"none of 2 lines is a record .* line 1: no JSON"):
        log.load()


def test_an_empty_file_is_no_fault(log):
    log.write("a.jsonl", b"")
    log.write("b.jsonl", GOOD % "one", end="")
    log.load()
    assert log.ids() == ["one"]


def test_the_second_run_reads_nothing_again(log):
    log.write("a.jsonl", GOOD % "one", "bad")
    log.load()
    before = log.rows("select * from raw_calls.calls")
    days = log.rows("select count(*) from raw_calls.load_log")
    assert "calls" not in log.load()
    assert "1 log files are as they were, not read again" in log.said
    assert log.rows("select * from raw_calls.calls") == before
    assert log.rows("select count(*) from raw_calls.load_log") == days


def test_a_new_file_is_added_and_a_grown_one_replaced(log):
    path = log.write("a.jsonl", GOOD % "one", "bad")
    log.load()
    log.write("a.jsonl", GOOD % "one", GOOD % "mended", GOOD % "two")
    os.utime(path, (1, 1))
    log.write("b.jsonl", GOOD % "three")
    assert log.load()["calls"] == 4
    assert log.ids() == ["mended", "one", "three", "two"]
    assert log.quarantine() == []


def test_a_day_that_a_file_no_longer_holds_empties_and_is_logged(log):
    log.write("a.jsonl", GOOD % "one", (GOOD % "two").replace("11-02", "11-04"))
    log.write("b.jsonl", (GOOD % "three").replace("11-02", "11-04"))
    log.load()
    log.write("a.jsonl", GOOD % "one")
    log.load()
    assert log.ids() == ["one", "three"]
    logged = "select charge_date::varchar, count(*) from raw_calls.load_log group by 1 order by 1"
    assert log.rows(logged) == [("2026-11-02", 2), ("2026-11-04", 2)]


def test_a_file_that_is_gone_takes_nothing_back(log):
    path = log.write("a.jsonl", GOOD % "one")
    log.write("b.jsonl", GOOD % "two")
    log.load()
    path.unlink()
    log.load()
    assert log.ids() == ["one", "two"]


def test_a_window_reads_again_and_replaces_its_days_only(log):
    other = (GOOD % "{}").replace("11-02", "11-04")
    path = log.write("a.jsonl", GOOD % "one", other.replace("{}", "two"))
    log.load()
    path.write_text("\n".join([GOOD % "uno", other.replace("{}", "dos")]))
    day = datetime(2026, 11, 4).date()
    assert log.load(Window(day, day))["calls"] == 1
    assert log.ids() == ["dos", "one"]
    # The window left the file half read: the next run reads it whole.
    assert log.load()["calls"] == 2
    assert log.ids() == ["dos", "uno"]


def test_a_file_is_read_once_where_its_folder_is_named_too(log, monkeypatch):
    path = log.write("a.jsonl", GOOD % "one")
    monkeypatch.setenv("SOURCES__CALLS__BUCKET_URL", f'["{path}", "{path.parent}"]')
    assert log.load()["calls"] == 1


def test_memory_does_not_grow_with_the_file(log, monkeypatch):
    """Ten times the lines, the same peak."""
    monkeypatch.setattr(json_lines, "ROWS_AT_ONCE", 500)
    monkeypatch.setattr(json_lines, "BYTES_AT_ONCE", 20_000)
    peaks = []
    for count in (2_000, 20_000):
        path = log.write(f"{count}.jsonl.gz", *(GOOD % n for n in range(count)))
        run = type("Run", (), {"asked": None, "loaded": lambda *_: [], "read_at": datetime.now(UTC)})
        reading = json_lines._Reading(run, CALLS, rows, 2, json_lines.exact_record)
        item = next(iter(json_lines.files.find(str(path), "*", json_lines.SUFFIXES)))
        tracemalloc.start()
        assert sum(len(batch.data) for batch in reading.file(item)) >= count - 1_500
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
