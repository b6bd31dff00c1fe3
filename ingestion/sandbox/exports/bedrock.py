"""What AWS delivers about Bedrock: its lines of a CUR 2.0 export, and the model-invocation logs.

Lands     bedrock/cur/BILLING_PERIOD=YYYY-MM/larkspur-00001.snappy.parquet: a line per day, account, usage
          type and inference profile, by caller since that was ticked; on both planes, AWS and AWS
          Marketplace. Two lines a month of other products stand between them, for a reader to leave out.
          bedrock/logs/AWSLogs/<account>/BedrockModelInvocationLogs/<region>/YYYY/MM/DD/000000.json.gz: a
          record per call of production; on the last day also the data/ folder of large bodies.
          bedrock/logs/cloudwatch/<account>/<day>/000000.log.gz: those of staging, as CloudWatch Logs
          exports them, the time before each record.
Holds     every 40th call once more, refused before it was answered; that is on no bill. Batch jobs are on the
          bill and in no log.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.sandbox import facts, focus
from ingestion.sandbox.exports import Export
from ingestion.sandbox.world import World

SUMMARY = "Bedrock in a CUR 2.0 export, and model-invocation logs"
FAILURE_EVERY = 40
TEXT, AMOUNT, TIME = pa.string(), pa.decimal128(38, 18), pa.timestamp("ms")
MAP = pa.map_(TEXT, TEXT)
COLUMNS = {
    "bill_bill_type": TEXT,
    "bill_billing_entity": TEXT,
    "bill_billing_period_end_date": TIME,
    "bill_billing_period_start_date": TIME,
    "bill_invoice_id": TEXT,
    "bill_invoicing_entity": TEXT,
    "bill_payer_account_id": TEXT,
    "bill_payer_account_name": TEXT,
    "identity_line_item_id": TEXT,
    "line_item_currency_code": TEXT,
    "line_item_iam_principal": TEXT,
    "line_item_legal_entity": TEXT,
    "line_item_line_item_description": TEXT,
    "line_item_line_item_type": TEXT,
    "line_item_operation": TEXT,
    "line_item_product_code": TEXT,
    "line_item_resource_id": TEXT,
    "line_item_unblended_cost": AMOUNT,
    "line_item_unblended_rate": TEXT,
    "line_item_usage_account_id": TEXT,
    "line_item_usage_account_name": TEXT,
    "line_item_usage_amount": AMOUNT,
    "line_item_usage_end_date": TIME,
    "line_item_usage_start_date": TIME,
    "line_item_usage_type": TEXT,
    "pricing_currency": TEXT,
    "pricing_public_on_demand_cost": AMOUNT,
    "pricing_public_on_demand_rate": TEXT,
    "pricing_term": TEXT,
    "pricing_unit": TEXT,
    "product": MAP,
    "product_region_code": TEXT,
    "resource_tags": MAP,
    "split_line_item_split_cost": AMOUNT,  # columns that no source reads
}
# How the third part of a description words a meter.
MILLION = {
    "uncached_input": "Million Input Tokens",
    "cache_read": "Million Cache Read Input Tokens",
    "cache_write_5m": "Million Cache Write Input Tokens",
    "cache_write_1h": "Million 1 Hour Cache Write Input Tokens",
    "output": "Million Output Tokens",
}
METERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def write(world: World, folder: Path) -> Export:
    """Write the export and the logs."""
    root = folder / "bedrock"
    shutil.rmtree(root, ignore_errors=True)
    lines = list(cur_lines(world))
    months = defaultdict(list)
    for line in lines:
        months[line["bill_billing_period_start_date"]].append(line)
    for start, own in months.items():
        path = root / "cur" / f"BILLING_PERIOD={start:%Y-%m}" / "larkspur-00001.snappy.parquet"
        everything = [*own, *others(start, len(own))]
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(everything, pa.schema(list(COLUMNS.items()))), path)
    records = write_logs(world, root / "logs")
    environment = {
        "SOURCES__BEDROCK__BUCKET_URL": root / "cur",
        "SOURCES__BEDROCK__LOGS_URL": root / "logs",
    }
    return Export(root, len(lines) + records, environment)


# The bill -----------------------------------------------------------------------------------------


def cur_lines(world: World) -> Iterator[dict[str, Any]]:
    """Yield the lines of the bill as it stands."""
    company = facts.read("company.yml")["bedrock"]
    since = company["principals_since"]
    rows = world.query(
        """
        select day, sub_account_id, base_model, service_tier, meter, line, unit, dollars,
            case when day >= ? then api_key_id end as caller, api_key_id = 'role_triage' as has_profile,
            sum(billed_quantity), sum(cost)
        from billed
        where provider = 'bedrock' and line is not null
        group by all order by all
        """,
        [since],
    )
    for number, row in enumerate(rows, 1):
        yield cur_line(number, *row)


def cur_line(
    number: int,
    day: date,
    account: str,
    model: str,
    tier: str,
    meter: str,
    usage_type: str,
    unit: str,
    dollars: Decimal,
    caller: str | None,
    has_profile: bool,
    quantity: Decimal,
    cost: Decimal,
) -> dict[str, Any]:
    """Return one line of the CUR."""
    described = facts.read("prices.yml")["bedrock"]["models"][model]
    company = facts.read("company.yml")["bedrock"]
    role = company["keys"]["role_triage"] if has_profile else {}
    price = dollars * (1_000 if unit == "1K tokens" else 1_000_000)
    if "marketplace" in described:
        name = f"{described['title']} (Amazon Bedrock Edition)"
        words = (
            f"AWS Marketplace software usage|{company['region']}|{MILLION[meter]} {described['marketplace']}"
        )
        own = {
            "bill_billing_entity": "AWS Marketplace",
            "line_item_legal_entity": "Anthropic, PBC",
            "line_item_product_code": product_code(name),
            "line_item_line_item_description": words,
            "product": {"product_name": name},
            "line_item_operation": "Usage",
        }
    else:
        own = {
            "bill_billing_entity": "AWS",
            "line_item_legal_entity": "Amazon Web Services EMEA SARL",
            "line_item_product_code": "AmazonBedrock",
            "line_item_line_item_description": f"${price.normalize():f} per {unit} for {described['title']}",
            "product": {
                "product_name": "Amazon Bedrock",
                "model": described["title"],
                "inference_type": tier,
            },
            "line_item_operation": "InvokeModelInference",
        }
    return {
        **common(day, account, f"bedrock-{day:%Y%m%d}-{number}"),
        **own,
        "line_item_usage_type": usage_type,
        "pricing_unit": unit,
        "line_item_usage_amount": quantity,
        "line_item_unblended_rate": f"{price.normalize():f}",
        "line_item_unblended_cost": cost,
        "pricing_public_on_demand_rate": f"{price.normalize():f}",
        "pricing_public_on_demand_cost": cost,
        "pricing_term": "OnDemand",
        "line_item_iam_principal": role_arn(caller) if caller else None,
        "line_item_resource_id": role.get("profile"),
        "resource_tags": role.get("tags", {}),
    }


def common(day: date, account: str, line_id: str) -> dict[str, Any]:
    """Return what all lines of a day and account have."""
    company = facts.read("company.yml")
    return {
        "identity_line_item_id": line_id,
        "bill_bill_type": "Anniversary",
        "bill_billing_period_start_date": focus.at(focus.month(day)),
        "bill_billing_period_end_date": focus.at(focus.next_month(day)),
        "bill_invoicing_entity": "Amazon Web Services EMEA SARL",
        "bill_payer_account_id": company["bedrock"]["payer"],
        "bill_payer_account_name": "Larkspur",
        "line_item_usage_account_id": account,
        "line_item_usage_account_name": company["aws"]["sub_accounts"][account]["name"],
        "line_item_line_item_type": "Usage",
        "line_item_currency_code": "USD",
        "pricing_currency": "USD",
        "line_item_usage_start_date": focus.at(day),
        "line_item_usage_end_date": focus.at(day + timedelta(days=1)),
        "product_region_code": company["bedrock"]["region"],
    }


def others(start: Any, number: int) -> list[dict[str, Any]]:
    """Return lines of a month that are no Bedrock: a machine's, and those of a Marketplace product."""
    base = common(start.date(), "410000000010", f"other-{number}") | {
        "line_item_usage_amount": Decimal(1),
        "line_item_unblended_cost": Decimal("9.5"),
        "pricing_unit": "Hrs",
    }
    compute = {
        "bill_billing_entity": "AWS",
        "line_item_product_code": "AmazonEC2",
        "line_item_line_item_description": "m7i.2xlarge hours",
        "line_item_usage_type": "EU-BoxUsage:m7i.2xlarge",
        "product": {"product_name": "Amazon Elastic Compute Cloud"},
    }
    software = {
        "bill_billing_entity": "AWS Marketplace",
        "line_item_product_code": product_code("Lumina"),
        "line_item_line_item_description": "Lumina Observability Pro",
        "line_item_usage_type": "EUW1-SoftwareUsage",
        "product": {"product_name": "Lumina Observability Pro"},
    }
    return [base | compute, base | software]


def product_code(name: str) -> str:
    """Return the opaque code of a Marketplace product."""
    letters = [chr(97 + (7 * at + sum(name.encode()) * (at + 3)) % 26) for at in range(25)]
    return "".join(letters)


def role_arn(key: str, session: str | None = None) -> str:
    """Return the ARN of a role, or of a session of it."""
    role = facts.read("company.yml")["bedrock"]["keys"][key]
    session = session or "session"
    return f"arn:aws:sts::{role['project']}:assumed-role/{role['name']}/{session}"


# The logs -----------------------------------------------------------------------------------------


def write_logs(world: World, root: Path) -> int:
    """Write the logs of every day; return the number of records."""
    region = facts.read("company.yml")["bedrock"]["region"]
    days: dict[tuple[str, date], list[dict[str, Any]]] = defaultdict(list)
    for call in calls(world):
        for made in records(call):
            days[call["sub_account_id"], call["day"]].append(made)
    for (account, day), made in days.items():
        lines = [(record["timestamp"], json.dumps(record, separators=(",", ":"))) for record in made]
        if account == facts.read("company.yml")["bedrock"]["keys"]["role_staging"]["project"]:
            path = root / "cloudwatch" / account / f"{day:%Y-%m-%d}" / "000000.log.gz"
            content = "".join(f"{time[:19]}.000Z {line}\n" for time, line in lines)
        else:
            logs = root / "AWSLogs" / account / "BedrockModelInvocationLogs" / region
            path = logs / f"{day:%Y/%m/%d}" / "000000.json.gz"
            content = "".join(f"{line}\n" for _, line in lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without the time of writing, the same day is the same file.
        path.write_bytes(gzip.compress(content.encode(), mtime=0))
    if days:
        body = path.parent / "data" / "large_input.json.gz"
        body.parent.mkdir()
        body.write_bytes(gzip.compress(b'{"messages": []}', mtime=0))
    return sum(map(len, days.values()))


def calls(world: World) -> Iterator[dict[str, Any]]:
    """Yield the calls of Bedrock, batch jobs left aside: those are in no log."""
    names = [
        "day", "called_at", "call_id", "number", "sub_account_id", "api_key_id", "model", "inference_geo",
        "feature", "environment", "customer", "session_id", *METERS,
    ]  # fmt: skip
    found = world.query(
        f"select {', '.join(names)} from usage "
        "where provider = 'bedrock' and service_tier <> 'batch' order by called_at, call_id"
    )
    for row in found:
        yield dict(zip(names, row, strict=True))


def records(call: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the record of a call, and before some of them that of an attempt that failed."""
    made = record(call)
    if call["number"] % FAILURE_EVERY == 2:
        yield made | {
            "requestId": f"{made['requestId']}-failed",
            "errorCode": "ThrottlingException",
            "status": "429",
            "input": {"inputContentType": "application/json"},
            "output": {},
        }
    yield made


def record(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call as the log has it."""
    account, region = call["sub_account_id"], facts.read("company.yml")["bedrock"]["region"]
    labels = {name: call[name] for name in ("feature", "environment", "customer") if call[name]}
    counts = {"inputTokenCount": call["uncached_input"]}
    if "anthropic" in call["model"] or call["cache_read"]:
        counts["cacheReadInputTokenCount"] = call["cache_read"]
        counts["cacheWriteInputTokenCount"] = call["cache_write_5m"] + call["cache_write_1h"]
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": f"{call['called_at']:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": account,
        "region": region,
        "inferenceRegion": ("eu-central-1", region)[call["number"] % 2],
        "requestId": call["call_id"],
        "operation": ("Converse", "ConverseStream", "InvokeModel")[call["number"] % 3],
        "modelId": model_id(call, account, region),
        "identity": {"arn": role_arn(call["api_key_id"], f"pod-{call['number'] % 3}")},
        "requestMetadata": labels | {"session": str(call["session_id"])},
        "input": {"inputContentType": "application/json", **counts},
        "output": {"outputContentType": "application/json", "outputTokenCount": call["output"]},
    }


def model_id(call: Mapping[str, Any], account: str, region: str) -> str:
    """Return how the caller named the model: by itself, by a profile of a region, by an ARN."""
    role = facts.read("company.yml")["bedrock"]["keys"][call["api_key_id"]]
    if "profile" in role:
        return role["profile"]
    if call["inference_geo"] == "global":
        return f"global.{call['model']}"
    named = (call["model"], f"eu.{call['model']}")[call["number"] % 2]
    return (named, f"arn:aws:bedrock:{region}:{account}:inference-profile/eu.{call['model']}")[
        call["number"] % 5 == 0
    ]
