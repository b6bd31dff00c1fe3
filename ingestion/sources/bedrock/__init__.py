"""AWS Bedrock: its lines of a CUR 2.0 export, and the model-invocation logs.

Lands     raw_bedrock.cur: one row per Bedrock line of the export, on both planes: what AWS bills, and models
          that come through the AWS Marketplace under an opaque product code. Every value is the text it is in
          the file. invocations: one row per record of the logs. quarantine and log_files: see json_lines.
Money     only in the CUR, in its currency, exact text; the logs count tokens.
Restated  the open month is written anew by every export ("overwrite"): a file is replaced as a whole, and one
          that is gone takes its lines with it. A log file is read once, and again if it grew.
Left out  prompts and answers (inputBodyJson, outputBodyJson), which are nobody's business here; the log's
          `data/` folder, where large ones lie; the rest of the CUR, which other sources read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
import pyarrow as pa

from ingestion.common import cur, data_exports, file_tables, gate, json_lines
from ingestion.common.file_tables import file_resource, file_table
from ingestion.common.json_lines import (
    LOG_FILES,
    QUARANTINE,
    RecordError,
    log_resource,
    log_table,
    part,
    whole,
)
from ingestion.common.pipeline import Run
from ingestion.common.source import Need, Source

CUR = file_table("cur", "Bedrock line of a CUR 2.0 export", cur.COLUMNS)
INVOCATIONS = log_table(
    "invocations",
    "record of the model-invocation logs",
    {
        "invoked_at": "text",
        "request_id": "text",
        "account_id": "text",
        "region": "text",
        "inference_region": "text",
        "operation": "text",
        "status": "text",
        "error_code": "text",
        "model_id": "text",
        "identity_arn": "text",
        "request_metadata": "text",
        "performance_latency": "text",
        "input_token_count": "bigint",
        "cache_read_input_token_count": "bigint",
        "cache_write_input_token_count": "bigint",
        "output_token_count": "bigint",
    },
)
# The export task of CloudWatch Logs writes the time before each message.
CLOUDWATCH_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z\s+(?=\{)")


def bedrock_lines(rows: pa.Table) -> Any:
    """Which lines of a CUR are Bedrock's."""
    return cur.product_named(rows, product_codes="AmazonBedrock", product_names="Bedrock")


def parse(line: bytes) -> Any:
    """A line of the log as S3 delivers it, or as CloudWatch Logs exports it. It holds no money."""
    if not line.startswith(b"{") and (stamp := CLOUDWATCH_TIME.match(line)):
        line = line[stamp.end() :]
    return orjson.loads(line)


def invocations(record: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The row of a record; the rows of an envelope in which CloudWatch Logs passes records on."""
    if "logEvents" in record:
        for told in events(record["logEvents"]):
            yield from invocations(told)
        return
    if record.get("schemaType") != "ModelInvocationLog":
        raise RecordError("schemaType is not ModelInvocationLog")
    for name in ("modelId", "accountId"):
        if not record.get(name):
            raise RecordError(f"{name} is absent")
    get, given, answered = record.get, part(record, "input"), part(record, "output")
    yield (
        get("timestamp"),
        get("requestId"),
        get("accountId"),
        get("region"),
        get("inferenceRegion"),
        get("operation"),
        get("status"),
        get("errorCode"),
        get("modelId"),
        part(record, "identity").get("arn"),
        get("requestMetadata"),
        part(record, "performanceConfig").get("latency"),
        whole(given, "inputTokenCount"),
        whole(given, "cacheReadInputTokenCount"),
        whole(given, "cacheWriteInputTokenCount"),
        whole(answered, "outputTokenCount"),
    )


def events(told: Any) -> Iterator[dict[str, Any]]:
    """The records in an envelope."""
    if type(told) is not list:
        raise RecordError("logEvents is no list")
    for event in told:
        message = event.get("message") if type(event) is dict else None
        record = orjson.loads(message) if type(message) is str else None
        if type(record) is not dict:
            raise RecordError("an event has no record as its message")
        yield record


def resources(run: Run) -> Iterator[Any]:
    """The CUR, and the logs where there are any: they are off by default in AWS."""
    chosen = partial(data_exports.current_files, run=run, account_of=cur.payer_of)
    yield file_resource(run, CUR, "line_item_usage_start_date", cur.our_names, bedrock_lines, chosen=chosen)
    if run.setting("logs_url"):
        yield log_resource(
            run,
            INVOCATIONS,
            invocations,
            day_from="invoked_at",
            location="logs_url",
            file_glob="logs_glob",
            parse=parse,
            wanted=lambda url: "/data/" not in url,
        )
    else:
        print("  bedrock: no invocation logs: SOURCES__BEDROCK__LOGS_URL is not set", flush=True)


def suites() -> dict[str, list[Any]]:
    """What a line of the bill must satisfy; records of the log were checked one by one as they were read."""
    amounts = ("line_item_unblended_cost", "line_item_usage_amount", "line_item_unblended_rate")
    needed = ("line_item_unblended_cost", "bill_payer_account_id", "line_item_usage_account_id")
    types = ["Usage", "Credit", "Refund", "Tax", "Fee", "EdpDiscount", "PrivateRateDiscount"]
    return {
        CUR.name: [
            *(gate.number(name) for name in (*amounts, "pricing_public_on_demand_cost")),
            *(gate.present(name) for name in needed),
            gate.present("line_item_line_item_type"),
            gate.one_of("line_item_line_item_type", types, severity="warning"),
            gate.matching("line_item_currency_code", "^[A-Z]{3}$", "is no currency", "write it like USD"),
            gate.utc_time("bill_billing_period_start_date"),
        ],
    }


def locate(table: str, row: dict[str, Any], column: str) -> str:
    """Where a row that the gate refused stands."""
    return (file_tables if table == CUR.name else json_lines).locate(table, row, column)


SOURCE = Source(
    name="bedrock",
    summary="AWS Bedrock: its lines of a CUR 2.0 export, and model-invocation logs (JSON lines)",
    tables=(CUR, INVOCATIONS, QUARANTINE, LOG_FILES),
    needs=(Need("bucket_url", "the file, folder or bucket URL of the CUR 2.0 export"),),
    read=lambda run: list(resources(run)),
    gate=suites,
    windowed=False,
    locate=locate,
)
