"""Bedrock: both planes of the CUR to the last cent and nothing else of it, and every shape of the log."""

import csv
import gzip
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.common import cur

LINE = dict.fromkeys(cur.COLUMNS, "") | {
    "bill_billing_entity": "AWS",
    "bill_billing_period_start_date": "2026-11-01T00:00:00.000Z",
    "bill_payer_account_id": "111122223333",
    "line_item_currency_code": "USD",
    "line_item_line_item_description": "$0.06 per 1K tokens",
    "line_item_line_item_type": "Usage",
    "line_item_product_code": "AmazonBedrock",
    "line_item_unblended_cost": "0.10",
    "line_item_usage_account_id": "444455556666",
    "line_item_usage_amount": "1.5",
    "line_item_usage_start_date": "2026-11-02T00:00:00.000Z",
    "line_item_usage_type": "USE1-NovaLite-input-tokens",
    "pricing_unit": "1K tokens",
    "product": '{"product_name": "Amazon Bedrock"}',
}
SOLD = {
    "bill_billing_entity": "AWS Marketplace",
    "line_item_product_code": "abcdefghijklmnopqrstuvwxy",
    "product": '{"product_name": "Claude Haiku 4.5 (Amazon Bedrock Edition)"}',
    "line_item_usage_type": "USE1-MP:USE1_InputTokenCount-Units",
    "pricing_unit": "Units",
}
RECORD = {
    "schemaType": "ModelInvocationLog",
    "timestamp": "2026-11-02T09:14:03Z",
    "accountId": "444455556666",
    "region": "us-east-1",
    "requestId": "r-1",
    "operation": "Converse",
    "modelId": "us.anthropic.claude-haiku-4-5",
    "identity": {"arn": "arn:aws:sts::444455556666:assumed-role/bot/pod-7"},
    "requestMetadata": {"team": "claims", "feature": "triage"},
    "input": {
        "inputTokenCount": 2,
        "cacheReadInputTokenCount": 95_500,
        "inputBodyJson": {"messages": ["a secret"]},
    },
    "output": {"outputTokenCount": 212, "outputBodyJson": {"usage": {"outputTokens": 212}}},
}


class Aws:
    """Folders of an export and a log, and the warehouse they are loaded into."""

    def __init__(self, warehouse, monkeypatch, folder):
        self.warehouse, self.folder = warehouse, folder
        (folder / "cur").mkdir()
        monkeypatch.setenv("SOURCES__BEDROCK__BUCKET_URL", str(folder / "cur"))
        monkeypatch.setenv("SOURCES__BEDROCK__LOGS_URL", str(folder / "logs"))
        self.log("first.json.gz", json.dumps(RECORD))

    def bill(self, *lines, name="BILLING_PERIOD=2026-11/a.csv.gz", columns=cur.COLUMNS):
        path = self.folder / "cur" / name
        path.parent.mkdir(exist_ok=True)
        with gzip.open(path, "wt", newline="") as file:
            out = csv.DictWriter(file, columns, extrasaction="ignore")
            out.writeheader()
            out.writerows(LINE | line for line in lines)
        return path

    def log(self, name, *lines):
        path = self.folder / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    def load(self):
        return self.warehouse.load("bedrock", since=None)

    def costs(self):
        sql = "select line_item_unblended_cost from raw_bedrock.cur order by all"
        return [cost for (cost,) in self.warehouse.rows(sql)]


@pytest.fixture
def aws(warehouse, monkeypatch, tmp_path):
    return Aws(warehouse, monkeypatch, tmp_path)


# The sandbox --------------------------------------------------------------------------------------


def test_every_cent_and_every_call_lands_once(warehouse, sandbox):
    code, said = warehouse.load("bedrock", since=None)
    assert code == 0, said
    landed = warehouse.rows(
        "select charge_date, sum(line_item_unblended_cost::decimal(38, 18)) from raw_bedrock.cur "
        "group by 1 order by 1"
    )
    billed = sandbox.world.query(
        "select day, sum(cost) from billed where provider = 'bedrock' group by 1 order by 1"
    )
    assert landed == billed
    entities = "select distinct bill_billing_entity from raw_bedrock.cur order by 1"
    assert warehouse.rows(entities) == [("AWS",), ("AWS Marketplace",)]
    calls = sandbox.world.query(
        "select count(*), sum(uncached_input)::bigint, sum(cache_read)::bigint, sum(output)::bigint "
        "from calls where provider = 'bedrock' and service_tier <> 'batch'"
    )
    counted = warehouse.rows(
        "select count(*), sum(input_token_count)::bigint, sum(cache_read_input_token_count)::bigint, "
        "sum(output_token_count)::bigint from raw_bedrock.invocations where error_code is null"
    )
    assert counted == calls
    before = {name: warehouse.contents(f"raw_bedrock.{name}") for name in ("cur", "invocations")}
    code, said = warehouse.load("bedrock", since=None)
    assert code == 0, said
    assert "log files are as they were" in said
    for name, rows in before.items():
        assert warehouse.contents(f"raw_bedrock.{name}") == rows


# The bill -----------------------------------------------------------------------------------------


def test_only_bedrock_lands_and_its_rows_keep_their_line_numbers(aws):
    aws.bill(
        {"line_item_product_code": "AmazonEC2"},
        {"line_item_product_code": "AmazonBedrockAgentCore", "line_item_unblended_cost": "0.20"},
        SOLD | {"line_item_unblended_cost": "1e-7"},
        SOLD | {"product": '{"product_name": "Lumina", "note": "not Bedrock"}'},
        SOLD | {"product": ""},
        SOLD | {"product": "no json"},
        {"line_item_line_item_type": "Tax", "line_item_unblended_cost": "0.30"},
    )
    code, said = aws.load()
    assert code == 0, said
    rows = "select source_row, line_item_unblended_cost from raw_bedrock.cur order by 1"
    assert aws.warehouse.rows(rows) == [(2, "0.20"), (3, "1e-7"), (7, "0.30")]


def test_the_open_month_is_written_anew_and_a_closed_one_stays(aws):
    october = {
        "bill_billing_period_start_date": "2026-10-01T00:00:00Z",
        "line_item_usage_start_date": "2026-10-05T00:00:00Z",
    }
    aws.bill(october | {"line_item_unblended_cost": "7"}, name="BILLING_PERIOD=2026-10/a.csv.gz")
    aws.bill({"line_item_unblended_cost": "1"}, SOLD | {"line_item_unblended_cost": "2"})
    second = aws.bill({"line_item_unblended_cost": "3"}, name="BILLING_PERIOD=2026-11/b.csv.gz")
    aws.load()
    assert aws.costs() == ["1", "2", "3", "7"]
    # One line restated, one withdrawn, one file fewer, and a refund of October on the bill of November.
    second.unlink()
    refund = {"line_item_line_item_type": "Refund", "line_item_unblended_cost": "-4"}
    aws.bill({"line_item_unblended_cost": "1.5"}, refund | {"line_item_usage_start_date": "2026-10-05"})
    assert aws.load()[0] == 0
    assert aws.costs() == ["-4", "1.5", "7"]


def test_parquet_lands_as_csv_does(aws):
    """With the types of a real export: doubles, maps, times without a zone; and columns that nobody reads."""
    aws.bill({"resource_tags": '{"user_team": "claims"}'}, SOLD)
    aws.load()
    columns = "line_item_unblended_cost, product, resource_tags, charge_date, line_item_iam_principal"
    landed = aws.warehouse.rows(f"select {columns} from raw_bedrock.cur order by all")
    path = aws.folder / "cur" / "BILLING_PERIOD=2026-11" / "a.csv.gz"
    path.unlink()
    rows = []
    for line in (LINE | {"resource_tags": '{"user_team": "claims"}'}, LINE | SOLD):
        row = {name: value for name, value in line.items() if value}
        for name in ("product", "resource_tags"):
            row[name] = list(json.loads(row.get(name, "null") or "{}").items()) if name in row else None
        row["line_item_unblended_cost"] = float(row["line_item_unblended_cost"])
        row["other_column"] = 5
        rows.append(row)
    text = pa.map_(pa.string(), pa.string())
    kinds = {"product": text, "resource_tags": text, "line_item_unblended_cost": pa.float64()}
    names = [*sorted({name for row in rows for name in row})]
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names if name != "other_column"])
    schema = schema.append(pa.field("other_column", pa.int64()))
    pq.write_table(pa.Table.from_pylist(rows, schema), path.with_name("a.snappy.parquet"))
    code, said = aws.load()
    assert code == 0, said
    again = aws.warehouse.rows(f"select {columns} from raw_bedrock.cur order by all")
    assert [(Decimal(row[0]), *row[1:]) for row in again] == [(Decimal(row[0]), *row[1:]) for row in landed]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (["lineItem/UnblendedCost", "lineItem/UsageType"], "older Cost and Usage Report"),
        ([name for name in cur.COLUMNS if name != "product"], "has no column product"),
        (["BilledCost", "ChargePeriodStart"], "none of the files is of the kind"),
    ],
)
def test_an_export_of_another_kind_is_refused(aws, columns, told):
    aws.bill({}, columns=columns)
    code, said = aws.load()
    assert (code, told in said) == (1, True), said


def test_an_amount_that_is_no_number_stops_the_load_and_names_its_line(aws):
    aws.bill({"line_item_product_code": "AmazonEC2"}, {"line_item_unblended_cost": "1,000"})
    code, said = aws.load()
    assert code == 1
    assert 'a.csv.gz, line 3, column line_item_unblended_cost: "1,000" is no number' in said


def test_a_bill_alone_is_enough(aws, monkeypatch):
    monkeypatch.delenv("SOURCES__BEDROCK__LOGS_URL")
    aws.bill({})
    code, said = aws.load()
    assert code == 0
    assert "no invocation logs: SOURCES__BEDROCK__LOGS_URL is not set" in said


# The log ------------------------------------------------------------------------------------------


def test_every_shape_of_the_log_lands_and_no_prompt_does(aws):
    aws.bill({})
    other = [json.dumps(RECORD | {"requestId": f"r-{n}"}) for n in (2, 3, 4)]
    aws.log("cloudwatch/x.log.gz", f"2026-11-02T09:14:04.123Z {other[0]}")
    envelope = {"messageType": "DATA_MESSAGE", "logEvents": [{"message": line} for line in other[1:]]}
    aws.log("subscription.json.gz", json.dumps(envelope))
    aws.log("AWSLogs/data/r-9_input.json.gz", '{"messages": ["a secret"]}')
    code, said = aws.load()
    assert code == 0, said
    assert "warning" not in said
    seen = (
        "select request_id, input_token_count, cache_read_input_token_count, cache_write_input_token_count, "
    )
    seen += "output_token_count, request_metadata, identity_arn from raw_bedrock.invocations order by 1"
    same = (2, 95_500, None, 212, '{"feature":"triage","team":"claims"}', RECORD["identity"]["arn"])
    assert aws.warehouse.rows(seen) == [(f"r-{n}", *same) for n in (1, 2, 3, 4)]
    everything = aws.warehouse.contents("raw_bedrock.invocations") + aws.warehouse.contents("raw_bedrock.cur")
    assert not any("secret" in row for row in everything)


def test_a_record_that_is_none_is_quarantined(aws):
    aws.bill({})
    aws.log(
        "a.json.gz",
        "2026-11-02T09:14:04Z not json",
        json.dumps({"schemaType": "GuardrailLog", "timestamp": "2026-11-02T00:00:00Z"}),
        json.dumps(RECORD | {"input": {"inputTokenCount": "41"}}),
        json.dumps(RECORD | {"output": []}),
        json.dumps({name: value for name, value in RECORD.items() if name != "modelId"}),
        json.dumps({"logEvents": [{"message": json.dumps(RECORD)}, {"message": "no"}]}),
        json.dumps({"logEvents": [{"message": "5"}]}),
        json.dumps({"logEvents": 5}),
    )
    code, said = aws.load()
    assert code == 0, said
    rows = "select source_row, reason from raw_bedrock.quarantine order by 1"
    told = [reason for _, reason in aws.warehouse.rows(rows)]
    assert told[1:5] == [
        "schemaType is not ModelInvocationLog",
        'inputTokenCount is "41", no count',
        "output is no object",
        "modelId is absent",
    ]
    assert [reason[:7] for reason in (told[0], told[5])] == ["no JSON", "no JSON"]
    assert told[6:] == ["an event has no record as its message", "logEvents is no list"]
    assert aws.warehouse.rows("select count(*) from raw_bedrock.invocations") == [(1,)]
    assert "8 lines are no records" in said
