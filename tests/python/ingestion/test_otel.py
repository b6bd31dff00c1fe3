"""GenAI spans from files: every form of OTLP JSON and Parquet, what is no call, what cannot be read."""

import gzip
import json
import shutil
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warehouse import Warehouse

from ingestion.__main__ import main

SPANS = "raw_otel.spans"
START = 1762768800  # 2025-11-10 10:00 UTC


def span(span_id, told=None, **more):
    """A span of OTLP JSON; told are its attributes, typed where they are not."""
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
    } | (told or {})
    return {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": span_id,
        "name": "chat m",
        "startTimeUnixNano": f"{START}123456789",
        "attributes": pairs(told),
    } | more


def pairs(told):
    return [
        {"key": key, "value": value if isinstance(value, dict) else typed(value)}
        for key, value in told.items()
    ]


def typed(value):
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def document(*spans, resource=None, scope=None, scopes="scopeSpans"):
    about = {"service.name": "triage", "service.namespace": "claims"} if resource is None else resource
    emitter = {"scope": {"name": "lib", "version": "1"} if scope is None else scope, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": pairs(about)}, scopes: [emitter]}]}


def write(path, *documents, indent=None):
    text = "\n".join(d if isinstance(d, str) else json.dumps(d, indent=indent) for d in documents) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


INPUT = {"gen_ai.usage.input_tokens": 9120, "gen_ai.usage.output_tokens": 301}
GOOD = [
    span("plain", INPUT | {
        "gen_ai.usage.cache_read.input_tokens": 8000,
        "gen_ai.usage.cache_creation.input_tokens": 600,
        "gen_ai.usage.reasoning.output_tokens": 100,
        "gen_ai.response.model": "m-2026",
        "gen_ai.response.id": "r1",
        "openai.response.service_tier": "flex",
        "gen_ai.conversation.id": "c1",
        "app.feature": "triage",
        "app.customer": "acme",
        "app.team": "own team",
        "gen_ai.input.messages": "the patient",
    }, parentSpanId="parent", traceState="ot=th:8", status={"code": 2}),
    span("a number", {"gen_ai.usage.input_tokens": {"intValue": 9120}}, startTimeUnixNano=START * 10**9),
    span("a double", {"gen_ai.usage.input_tokens": {"doubleValue": 9120.0}}),
    span("a text", {"gen_ai.usage.input_tokens": {"stringValue": "9120"}}),
    span("deprecated", {
        "gen_ai.operation.name": {}, "gen_ai.provider.name": {}, "gen_ai.system": "anthropic",
        "llm.request.type": "completion", "gen_ai.usage.prompt_tokens": 9120,
        "gen_ai.usage.completion_tokens": 301, "gen_ai.usage.cache_read_input_tokens": 8000,
        "gen_ai.usage.cache_creation_input_tokens": 600,
    }),
    span("no usage", {"gen_ai.request.stop_sequences": {"arrayValue": {"values": []}}}),
    {"traceId": "x", "spanId": "an http span", "attributes": pairs({"http.route": "/"})},
    {"traceId": "x", "spanId": "no attributes", "startTimeUnixNano": "1"},
]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder of files in every form, loaded once."""
    folder = tmp_path_factory.mktemp("traces")
    write(folder / "logs/lines.jsonl", document(*GOOD), document(span("second line", INPUT)))
    write(
        folder / "logs/packed.jsonl.gz", document(span("packed", INPUT), scopes="instrumentationLibrarySpans")
    )
    write(folder / "logs/whole.json", document(span("whole file", INPUT)), indent=2)
    write(folder / "logs/line.json", document(span("line of .json", INPUT)))
    write(folder / "logs/workload.jsonl", document(
        span("in kubernetes", {"app.environment": "canary"}),
        resource={"service.name": "s", "k8s.cluster.name": "c", "k8s.namespace.name": "n",
                  "k8s.job.name": "j", "deployment.environment": "prod", "app.feature": "of the resource"},
    ))  # fmt: skip
    maps = pa.map_(pa.string(), pa.string())
    told = [("gen_ai.provider.name", "openai"), ("gen_ai.usage.input_tokens", "9120")]
    pq.write_table(
        pa.table({
            "trace_id": ["t", "t"],
            "span_id": ["a row", "a row of another kind"],
            "start_time_unix_nano": pa.array([START * 10**9] * 2, pa.int64()),
            "status_code": ["STATUS_CODE_ERROR", "Unset"],
            "attributes": pa.array([told, [("http.route", "/")]], maps),
            "resource_attributes": pa.array([[("service.name", "triage")], []], maps),
        }),
        folder / "logs/rows.parquet",
    )  # fmt: skip
    pq.write_table(
        pa.table({
            "Timestamp": pa.array([datetime(2025, 11, 10, 10, tzinfo=UTC)], pa.timestamp("ns", "UTC")),
            "TraceId": ["t"],
            "SpanId": ["clickhouse"],
            "ServiceName": ["triage"],
            "StatusCode": ["Error"],
            "ScopeName": ["lib"],
            "SpanAttributes": [json.dumps(dict(told) | {"gen_ai.usage.output_tokens": 301})],
            "Duration": [5],
        }),
        folder / "logs/clickhouse.parquet",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__OTEL__BUCKET_URL", str(folder / "logs"))
        patch.setenv("APPORTION_DUCKDB_PATH", str(folder / "warehouse.duckdb"))
        patch.setenv("APPORTION_WORK", str(folder / "work"))
        assert main(["run", "otel"]) == 0
    return folder


@pytest.fixture(scope="module")
def loaded(base):
    return Warehouse(base / "warehouse.duckdb", None)


@pytest.fixture
def load(warehouse, monkeypatch, tmp_path):
    """Write documents as lines of a file and load them."""
    monkeypatch.setenv("SOURCES__OTEL__BUCKET_URL", str(tmp_path / "logs"))

    def run(*documents, name="a.jsonl"):
        if documents:
            write(tmp_path / "logs" / name, *documents)
        return warehouse.load("otel", since=None)

    return run


def one(warehouse, span_id, *columns):
    [row] = warehouse.rows(f"select {', '.join(columns)} from {SPANS} where span_id = '{span_id}'")
    return row


def test_a_span_lands_with_all_that_is_asked_of_it(loaded):
    assert one(
        loaded, "plain", "started_at", "charge_date::text", "parent_span_id", "trace_state", "status",
        "scope_name", "service_name", "operation", "provider", "request_model", "response_model",
        "response_id", "service_tier", "conversation_id",
        "input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens",
        "reasoning_tokens", "source_row",
    ) == (
        "2025-11-10T10:00:00.123456Z", "2025-11-10", "parent", "ot=th:8", "error", "lib", "triage", "chat",
        "openai", "m", "m-2026", "r1", "flex", "c1", 9120, 301, 8000, 600, 100, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "span_id",
    [
        "a number",
        "a double",
        "a text",
        "second line",
        "packed",
        "whole file",
        "line of .json",
        "a row",
        "clickhouse",
    ],
)
def test_counts_are_the_same_in_every_form(loaded, span_id):
    assert one(loaded, span_id, "input_tokens", "service_name", "charge_date::text") == (
        9120,
        "triage",
        "2025-11-10",
    )


def test_deprecated_names_are_understood(loaded):
    columns = (
        "operation",
        "provider",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
    )
    assert one(loaded, "deprecated", *columns) == ("completion", "anthropic", 9120, 301, 8000, 600)


def test_an_absent_count_is_not_zero(loaded):
    assert one(loaded, "no usage", "input_tokens", "output_tokens") == (None, None)


def test_a_failed_row_of_parquet_is_a_failed_span(loaded):
    assert {one(loaded, name, "status") for name in ("a row", "clickhouse")} == {("error",)}
    assert one(loaded, "clickhouse", "output_tokens", "scope_name") == (301, "lib")


def test_other_spans_and_what_was_said_are_not_read(loaded):
    names = {name for (name,) in loaded.rows(f"select span_id from {SPANS}")}
    assert not names & {"an http span", "no attributes", "a row of another kind"}
    assert not [row for row in loaded.contents(SPANS) if "the patient" in row]


def test_labels_of_the_span_go_before_those_of_its_resource(loaded):
    labels = json.loads(one(loaded, "plain", "labels")[0])
    assert labels == {"customer": "acme", "feature": "triage", "team": "own team"}
    labels, workload = one(loaded, "in kubernetes", "labels", "workload")
    assert json.loads(labels) == {"environment": "canary", "feature": "of the resource"}
    assert workload == "c/n/j"


def test_a_second_run_reads_what_changed_and_nothing_else(base, loaded, warehouse, monkeypatch, tmp_path):
    shutil.copy(loaded.path, warehouse.path)
    shutil.copytree(base / "logs", tmp_path / "logs", copy_function=shutil.copy2)
    before = warehouse.contents(SPANS)
    monkeypatch.setenv("SOURCES__OTEL__BUCKET_URL", str(base / "logs"))
    code, said = warehouse.load("otel", since=None)
    assert (code, "7 log files are as they were" in said) == (0, True), said
    assert warehouse.contents(SPANS) == before
    # the file of yesterday grew: it is read again as a whole
    lines = base / "logs/lines.jsonl"
    kept = lines.read_bytes()
    lines.write_bytes(kept + json.dumps(document(span("grown", INPUT))).encode())
    code, said = warehouse.load("otel", since=None)
    lines.write_bytes(kept)
    assert code == 0, said
    assert len(warehouse.contents(SPANS)) == len(before) + 1


def test_the_settings_name_labels_and_emitters(warehouse, load, monkeypatch):
    monkeypatch.setenv(
        "SOURCES__OTEL__LABELS", '{"cost_center": "app.cc", "team": ["app.squad", "team.name"]}'
    )
    monkeypatch.setenv("SOURCES__OTEL__INPUT_WITHOUT_CACHE", '["lib"]')
    code, said = load(document(span("s", {"app.cc": 310, "team.name": "t", "app.feature": "f"})))
    assert code == 0, said
    labels, without = one(warehouse, "s", "labels", "input_without_cache")
    assert json.loads(labels) == {"cost_center": "310", "feature": "f", "team": "t"}
    assert without is True


# What can go wrong --------------------------------------------------------------------------------


def test_what_cannot_be_read_is_quarantined_with_file_and_line(warehouse, load):
    broken = {
        "no JSON": '{"resourceSpans": [',
        "holds no resourceSpans but resourceMetrics": {"resourceMetrics": []},
        "no JSON object": "[1]",
        'gen_ai.usage.input_tokens is "many", no count': document(
            span("b", {"gen_ai.usage.input_tokens": "many"})
        ),
        "gen_ai.usage.input_tokens is -1, no count": document(span("b", {"gen_ai.usage.input_tokens": -1})),
        "gen_ai.usage.input_tokens is 1.5, no count": document(
            span("b", {"gen_ai.usage.input_tokens": {"doubleValue": 1.5}})
        ),
        "a span starts at null": document(span("b", startTimeUnixNano=None)),
        "which is yet to come": document(span("b", startTimeUnixNano=str(4102444800 * 10**9))),
        "no OTLP document": {"resourceSpans": ["text"]},
        "no JSON: invalid literal": document(span("b", {"gen_ai.usage.input_tokens": {"intValue": "x"}})),
    }
    code, said = load(document(span("good", INPUT)), *broken.values())
    assert code == 0, said
    assert "warning, 10 lines are no records, now in raw_otel.quarantine" in said
    assert "a.jsonl, line 2: no JSON" in said
    reasons = warehouse.rows("select source_row, reason from raw_otel.quarantine order by 1")
    for (row, reason), (number, expected) in zip(reasons, enumerate(broken, 2), strict=True):
        assert row == number
        assert expected in reason
    assert warehouse.rows(f"select span_id from {SPANS}") == [("good",)]


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.jsonl", b"half\n", 1, "none of 1 lines is a record of this log"),
        ("a.jsonl.gz", gzip.compress(b"{}" * 1000, mtime=0)[:20], 1, "the file breaks off"),
        ("a.parquet", b"PAR1", 1, "the Parquet file cannot be read"),
        ("a.txt", b"", 2, "no .json"),
    ],
)
def test_files_that_are_no_traces_stop_the_load(load, tmp_path, name, content, code, says):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / name).write_bytes(content)
    got, said = load()
    assert got == code, said
    assert says in said


def test_a_parquet_file_of_something_else_is_told(load, tmp_path):
    (tmp_path / "logs").mkdir()
    pq.write_table(pa.table({"TraceId": ["t"], "Body": ["b"]}), tmp_path / "logs/a.parquet")
    code, said = load()
    assert code == 1
    assert "there is no column for attributes, spanId, startTimeUnixNano" in said


def test_a_setting_that_is_no_mapping_is_told(load, monkeypatch):
    monkeypatch.setenv("SOURCES__OTEL__LABELS", '["team"]')
    code, said = load(document(span("s")))
    assert code == 2, said
    assert "the setting labels is" in said
