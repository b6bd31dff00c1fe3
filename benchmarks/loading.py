"""Loading files into the warehouse, beside plain dlt on the same files.

ours    the source `bedrock` as `python -m ingestion run bedrock` runs it: every line is checked, bad ones are
        quarantined, a file that comes again replaces its rows, the gate looks at the bill
plain   dlt's own filesystem readers into DuckDB, append only, no check, in larger chunks than its default

    python -m benchmarks.loading ours|plain logs|bill FOLDER DATABASE
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

RECORDS_A_FILE = 250_000
LINES_A_FILE = 500_000
FIRST_DAY = date(2026, 1, 1)


def write_logs(records: int, folder: Path) -> None:
    """Invocation logs of so many records."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, records, RECORDS_A_FILE)):
        with (folder / f"{number:05}.jsonl").open("w") as file:
            for line in log_lines(number, min(RECORDS_A_FILE, records - start)):
                file.write(line)


def log_lines(number: int, count: int) -> Iterator[str]:
    """The lines of one file: a day of an account, 200 callers and 40 features."""
    rng = random.Random(number)
    day = FIRST_DAY + timedelta(days=number % 90)
    for at in range(count):
        record = {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": f"{day}T{at % 24:02}:{at % 60:02}:03Z",
            "accountId": "111122223333",
            "region": "us-east-1",
            "inferenceRegion": "us-west-2",
            "requestId": f"r-{number}-{at}",
            "operation": "ConverseStream",
            "modelId": "us.anthropic.claude-haiku-4-5",
            "identity": {"arn": f"arn:aws:sts::111122223333:assumed-role/claims-bot/pod-{at % 200}"},
            "requestMetadata": {"team": "claims", "feature": f"triage-{at % 40}"},
            "input": {
                "inputContentType": "application/json",
                "inputTokenCount": rng.randrange(5_000),
                "cacheReadInputTokenCount": rng.randrange(90_000),
                "cacheWriteInputTokenCount": 0,
            },
            "output": {"outputContentType": "application/json", "outputTokenCount": rng.randrange(900)},
        }
        yield json.dumps(record, separators=(",", ":")) + "\n"


def write_bill(lines: int, folder: Path, others: int = 0) -> None:
    """A CUR of so many lines in Parquet; of `others` + 1 lines one is Bedrock's, the rest is left out."""
    from ingestion.common import cur

    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, lines, LINES_A_FILE)):
        count = min(LINES_A_FILE, lines - start)
        rng = random.Random(number)
        day = f"2026-{number % 3 + 1:02}"
        constant = {
            "bill_billing_entity": "AWS",
            "bill_payer_account_id": "111122223333",
            "line_item_currency_code": "USD",
            "line_item_line_item_type": "Usage",
            "line_item_line_item_description": "$0.06 per 1K tokens for NovaLite",
            "bill_billing_period_start_date": f"{day}-01T00:00:00Z",
            "pricing_unit": "1K tokens",
            "product": '{"product_name": "Amazon Bedrock"}',
        }
        columns: dict[str, Any] = {name: pa.array([value] * count) for name, value in constant.items()}
        columns["line_item_usage_start_date"] = pa.array(
            [f"{day}-{at % 28 + 1:02}T00:00:00Z" for at in range(count)]
        )
        columns["line_item_product_code"] = pa.array(
            ["AmazonEC2" if at % (others + 1) else "AmazonBedrock" for at in range(count)]
        )
        columns["line_item_usage_account_id"] = pa.array([str(10**11 + at % 200) for at in range(count)])
        columns["line_item_usage_type"] = pa.array([f"USE1-Nova{at % 9}-input-tokens" for at in range(count)])
        amounts = [rng.random() for _ in range(count)]
        columns["line_item_usage_amount"] = columns["line_item_unblended_cost"] = pa.array(amounts)
        columns["identity_line_item_id"] = pa.array([f"line-{start + at}" for at in range(count)])
        missing = [name for name in cur.MANDATORY if name not in columns]
        if missing:
            raise ValueError(f"write_bill leaves out {missing}")
        pq.write_table(pa.table(columns), folder / f"{number:05}.parquet")


def ours(kind: str, folder: Path, database: Path) -> None:
    """Load as the command does."""
    from ingestion.__main__ import main

    bill = folder
    if kind == "logs":
        # The source does not run without a bill.
        bill = database.parent / "one_line"
        write_bill(1, bill)
        os.environ["SOURCES__BEDROCK__LOGS_URL"] = str(folder)
    os.environ["SOURCES__BEDROCK__BUCKET_URL"] = str(bill)
    os.environ["APPORTION_DUCKDB_PATH"] = str(database)
    os.environ["APPORTION_WORK"] = str(database.parent / "work")
    if main(["run", "bedrock"]):
        raise SystemExit("error: the load failed")


def plain(kind: str, folder: Path, database: Path) -> None:
    """Load as dlt's documentation shows, with larger chunks."""
    import dlt
    from dlt.sources.filesystem import filesystem, read_jsonl, read_parquet

    files = filesystem(folder.as_uri(), file_glob="*.*")
    rows = (
        files | read_jsonl(chunksize=10_000)
        if kind == "logs"
        else files | read_parquet(chunksize=100_000, use_pyarrow=True)
    )
    pipeline = dlt.pipeline(
        pipeline_name="plain",
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="raw_plain",
        pipelines_dir=str(database.parent / "plain"),
    )
    pipeline.run(rows.with_name("rows"), loader_file_format="parquet")


def main() -> None:
    """One load into a fresh database."""
    contender, kind, folder, database = sys.argv[1:]
    path = Path(database).absolute()
    path.unlink(missing_ok=True)
    {"ours": ours, "plain": plain}[contender](kind, Path(folder).absolute(), path)


if __name__ == "__main__":
    main()
