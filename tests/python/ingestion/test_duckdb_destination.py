"""The merge that reads the load package: what dlt's own gives, without a copy of the rows."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.common import duckdb_destination
from ingestion.common.file_tables import LOCATION, file_resource, file_table
from ingestion.common.pipeline import run_source
from ingestion.common.source import Source

ROWS = file_table("rows", "row of a file", ["day", "amount", "later"])


def naming(names, _):
    return [name if name in ROWS.columns else None for name in names]


SOURCE = Source(
    name="of_files",
    summary="files of a test",
    tables=(ROWS,),
    needs=(LOCATION,),
    read=lambda run: [file_resource(run, ROWS, "day", naming)],
    gate=dict,
    windowed=False,
)


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Write files of (day, amount) and load the folder: the rows of the table by file."""
    monkeypatch.setenv("APPORTION_DUCKDB_PATH", str(tmp_path / "a.duckdb"))
    monkeypatch.setenv("APPORTION_WORK", str(tmp_path / "my; work"))
    monkeypatch.setenv("APPORTION_TARGET", "duckdb")
    monkeypatch.setenv("SOURCES__OF_FILES__BUCKET_URL", str(tmp_path / "in"))
    (tmp_path / "in").mkdir()

    def load(**files):
        for name, rows in files.items():
            days, amounts, *further = zip(*rows, strict=True)
            columns = {"day": days, "amount": amounts} | ({"later": further[0]} if further else {})
            pq.write_table(pa.table(columns), tmp_path / f"in/{name}.parquet")
        run_source(SOURCE, None)
        return held()

    def held():
        with duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True) as connection:
            select = "select split_part(parse_filename(source_file), '.', 1), day, amount, later, withdrawn"
            rows = connection.execute(f"{select} from raw_of_files.rows order by all").fetchall()
            schemas = connection.execute("select distinct table_schema from information_schema.tables")
            assert "raw_of_files_staging" not in [name for (name,) in schemas.fetchall()]
        assert {withdrawn for *_, withdrawn in rows} <= {None}
        return [row[:-1] for row in rows]

    load.held = held
    return load


def test_rows_of_files_and_days_are_replaced_and_no_others(loaded):
    first = loaded(a=[("2026-01-01", 1.5), ("2026-01-02", 2.0)], b=[("2026-01-01", 3.0)])
    assert first == [
        ("a", "2026-01-01", "1.5", None),
        ("a", "2026-01-02", "2", None),
        ("b", "2026-01-01", "3", None),
    ]
    # A day that is gone from a file goes; a column that comes later is null where it was not.
    second = loaded(a=[("2026-01-02", 4.0, "x"), ("2026-01-03", 5.0, None)])
    assert second == [
        ("a", "2026-01-02", "4", "x"),
        ("a", "2026-01-03", "5", None),
        ("b", "2026-01-01", "3", None),
    ]


def test_a_merge_that_breaks_off_leaves_the_table_as_it_was(loaded, monkeypatch):
    before = loaded(a=[("2026-01-01", 1.5)])
    whole = duckdb_destination._ReplaceFromPackage._save_text_file
    # The rows are deleted, and then the second statement fails.
    monkeypatch.setattr(
        duckdb_destination._ReplaceFromPackage,
        "_save_text_file",
        lambda job, sql: whole(job, sql.replace("INSERT INTO", "INSERT INTO missing.")),
    )
    with pytest.raises(Exception, match="missing"):
        loaded(a=[("2026-01-01", 9.0)])
    assert loaded.held() == before


def test_paths_may_hold_what_sql_splits_at():
    path = duckdb_destination.quoted("/it's; here")
    assert ";" not in path
    assert duckdb.execute(f"select '{path}'").fetchone() == ("/it's; here",)
