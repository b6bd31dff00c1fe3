"""The gate: what Arrow proves to be fine is fine by Great Expectations, and nothing else is passed over."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.common import cur, gate

TEXTS = [
    "1", "-1.50", "+.5", "1.", "1e-07", "2E+3", "nan", "inf", "", " 1", "1 ", "1,000", "1\n", "\n1", "1\n2",
    "٣", "0x1", "1e1234", "USD", "usd", "USD\n", "ÜSD", "USDX", "2026-02-01T00:00:00Z", "2026-02-01",
    "2026-02-01T00:00:00+02:00", "2026-02-01T00:00:00Z\n", "٢٠٢٦-02-01", "Usage", "Tax", None,
]  # fmt: skip
SUITE = [
    gate.number("text"),
    gate.utc_time("text"),
    gate.matching("text", "^[A-Z]{3}$", "is no currency", "write it like USD"),
    # A pattern of which only the first part would be anchored, were it not taken as one.
    gate.matching("text", "^Tax|Usage$", "is no type", "write one"),
    gate.one_of("text", ["Usage", "Tax"]),
    gate.present("text"),
]

TIMES = ("bill_billing_period_start_date", "line_item_usage_start_date")


def refused(expectation, values):
    """The rows that Great Expectations refuses, all of them shown to it."""
    rows = pa.table({"row": pa.array(range(len(values))), "text": pa.array(values)})
    validation = gate._validator(gate._context(), "of.all", [expectation], ("row",))(gate._frame(rows))
    (result,) = validation.results
    assert not result.exception_info.get("raised_exception"), result.exception_info
    return len(values) if not result.result else result.result["unexpected_count"]


def doubted(expectation, column):
    mask = gate.doubtful(pa.table({expectation.column: column}), [expectation])
    return [False] * len(column) if mask is None else mask.to_pylist()


@pytest.mark.parametrize(
    "expectation", SUITE, ids=lambda expectation: f"{expectation.kind}-{expectation.says}"
)
def test_what_is_proven_is_fine_by_great_expectations(expectation, tmp_path, monkeypatch):
    monkeypatch.setenv("APPORTION_WORK", str(tmp_path))
    mask = doubted(expectation, pa.array(TEXTS))
    assert doubted(expectation, pa.array(TEXTS).dictionary_encode()) == mask
    proven = [text for text, is_doubtful in zip(TEXTS, mask, strict=True) if not is_doubtful]
    # It proves something, and it leaves something to be judged.
    assert 1 < len(proven) < len(TEXTS)
    assert refused(expectation, proven) == 0


def test_counts_are_proven_and_a_negative_one_is_not():
    expectation = gate.not_negative("count")
    assert doubted(expectation, pa.array([0, 7, None, -1])) == [False, False, False, True]
    # Of text nothing is known.
    assert doubted(expectation, pa.array(["0"])) == [True]


def test_the_first_rows_and_the_doubtful_ones_are_judged_once_each():
    parts = [
        pa.table({"text": ["1", "2", "x"]}),
        pa.table({"text": ["3", "y", "4"]}),
        pa.table({"text": ["5"]}),
    ]
    rows = {}
    judged = gate._to_judge(iter(parts), [gate.number("text")], 2, "table", rows)
    assert [text for part in judged for text in part["text"].to_pylist()] == ["1", "2", "x", "y"]
    assert rows == {"table": 7}


def test_great_expectations_is_imported_where_it_has_something_to_judge(tmp_path):
    """A first load has its page in the Data Docs; a second one that is fine does without."""
    bill = pa.table(
        {
            **{name: ["x"] for name in cur.MANDATORY},
            "line_item_product_code": ["AmazonBedrock"],
            "line_item_currency_code": ["USD"],
            "line_item_line_item_type": ["Usage"],
            "line_item_unblended_cost": [0.5],
            "line_item_usage_amount": [1.0],
            **{name: ["2026-10-01T00:00:00Z"] for name in TIMES},
        }
    )
    pq.write_table(bill, tmp_path / "bill.parquet")
    code = (
        "import sys; from ingestion.__main__ import main; code = main(['run', 'bedrock']);"
        " print('judged' if 'great_expectations' in sys.modules else 'proven'); sys.exit(code)"
    )
    environment = os.environ | {
        "SOURCES__BEDROCK__BUCKET_URL": str(tmp_path / "bill.parquet"),
        "APPORTION_DUCKDB_PATH": str(tmp_path / "a.duckdb"),
        "APPORTION_WORK": str(tmp_path / "my; work"),
        "APPORTION_TARGET": "duckdb",
    }
    said = []
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        said.append(run.stdout.splitlines()[-1])
        os.utime(tmp_path / "bill.parquet", (1, 1))
    assert said == ["judged", "proven"]
    assert (tmp_path / "my; work/data_docs/index.html").exists()
