"""Traces of the services that are instrumented with OpenTelemetry: OTLP JSON lines, gzipped, a file a day.

Lands     otel/traces-YYYY-MM-DD.jsonl.gz, a document of some spans a line, as the collector's file exporter
          writes it; the last day as otel/traces-YYYY-MM-DD.parquet, a row per span.
Spans     of the calls that gateways.yml lets the tracer see, failed ones too, and what stands around them:
          the request, the agent's turn with the sum of its calls' tokens, tools, and for some calls a second
          span of the framework above the SDK. Only the innermost is the call.
Emitters  differ: the copilot follows the convention (input holds what was cached), the reviewer has an old
          library with deprecated names, whose input leaves the cache out.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.sandbox import facts
from ingestion.sandbox.exports import Export, fresh
from ingestion.sandbox.world import World

SUMMARY = "OpenTelemetry GenAI spans of some services"
SPANS_A_DOCUMENT = 20
COPILOT, REVIEWER = "incident-copilot", "code-review"
# Scope and version of the instrumentation, by service and provider.
EMITTERS = {
    (COPILOT, "openai"): ("opentelemetry.instrumentation.openai_v2", "2.4b0"),
    (COPILOT, "anthropic"): ("larkspur.llm", "3.1.0"),
    (REVIEWER, "anthropic"): ("codereview.tracing", "0.9.2"),
}
CLUSTER = "larkspur-prod"

Span = dict[str, Any]

_CALLS = """
select day, called_at, call_id, kind, provider, model, base_model, feature, environment, customer, session_id,
    number, uncached_input + cache_read + cache_write_5m + cache_write_30m + cache_write_1h as input,
    cache_read, cache_write_5m + cache_write_30m + cache_write_1h as written, output, reasoning
from gateway_calls
where gateway = 'otel'
order by day, feature, environment, session_id, called_at, call_id
"""
_COLUMNS = (
    "day", "called_at", "call_id", "kind", "provider", "model", "base_model", "feature", "environment",
    "customer", "session_id", "number", "input", "cache_read", "written", "output", "reasoning",
)  # fmt: skip


def write(world: World, folder: Path) -> Export:
    """Write a file a day."""
    root = fresh(folder / "otel", "traces-*")
    calls = [dict(zip(_COLUMNS, row, strict=True)) for row in world.query(_CALLS)]
    count = 0
    for day, of_day in groupby(calls, key=lambda call: call["day"]):
        spans = [span for call in _traces(list(of_day)) for span in call]
        count += len(spans)
        if day == world.last:
            _write_parquet(root / f"traces-{day}.parquet", spans)
        else:
            _write_lines(root / f"traces-{day}.jsonl.gz", spans)
    return Export(root, count, {"SOURCES__OTEL__BUCKET_URL": str(root)})


def _traces(calls: list[dict[str, Any]]) -> Iterator[list[tuple[Span, dict[str, Any], tuple[str, str]]]]:
    """The traces of a day: one per session, its spans with their resource and emitter."""

    def session(call: dict[str, Any]) -> tuple[str, str, int]:
        return call["feature"], call["environment"], call["session_id"]

    for (feature, environment, number), grouped in groupby(calls, key=session):
        of_session = list(grouped)
        resource = _resource(feature, environment)
        trace = _id(f"{feature}/{environment}/{number}/{of_session[0]['day']}", 32)
        first, last = of_session[0]["called_at"], of_session[-1]["called_at"]
        web = _span(trace, "web", None, "POST /run", first, last, {"http.request.method": "POST"})
        spans = [(web, resource, ("opentelemetry.instrumentation.flask", "0.60b0"))]
        parent = web["spanId"]
        if feature == COPILOT:
            answered = [call for call in of_session if call["kind"] == "call"]
            # The agent's turn repeats what its calls used.
            told = {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.provider.name": of_session[0]["provider"],
                "gen_ai.agent.name": "incident-responder",
                "gen_ai.conversation.id": str(number),
                "gen_ai.usage.input_tokens": sum(call["input"] for call in answered),
                "gen_ai.usage.output_tokens": sum(call["output"] for call in answered),
            }
            turn = _span(trace, "agent", parent, "invoke_agent incident-responder", first, last, told)
            tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "list_incidents"}
            spans += [
                (turn, resource, ("larkspur.agents", "1.0.0")),
                (
                    _span(trace, "tool", turn["spanId"], "execute_tool list_incidents", first, first, tool),
                    resource,
                    ("larkspur.agents", "1.0.0"),
                ),
            ]
            parent = turn["spanId"]
        for call in of_session:
            spans += [(span, resource, emitter) for span, emitter in _call(call, trace, parent)]
        yield spans


def _call(call: dict[str, Any], trace: str, parent: str | None) -> Iterator[tuple[Span, tuple[str, str]]]:
    """The span of a call; for every ninth review the framework's span around it as well."""
    emitter = EMITTERS[call["feature"], call["provider"]]
    tell = _old if call["feature"] == REVIEWER else _by_the_convention
    attributes = tell(call)
    end = call["called_at"] + timedelta(milliseconds=400 + call["output"] // 10)
    name = f"chat {call['base_model']}"
    if call["feature"] == REVIEWER and call["number"] % 9 == 0 and call["kind"] == "call":
        outer = _span(trace, call["call_id"] + "/chain", parent, "ChatModel.chat", call["called_at"], end,
                      _by_the_convention(call))  # fmt: skip
        yield outer, ("opentelemetry.instrumentation.langchain", "0.50.1")
        parent = outer["spanId"]
    span = _span(trace, call["call_id"], parent, name, call["called_at"], end, attributes)
    if call["kind"] == "failed":
        span["status"] = {"code": 2, "message": "overloaded"}
    yield span, emitter


def _by_the_convention(call: dict[str, Any]) -> dict[str, Any]:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call["provider"],
        "gen_ai.request.model": call["base_model"],
        "gen_ai.conversation.id": str(call["session_id"]),
        "app.feature": call["feature"],
        "app.customer": call["customer"],
        "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "What burns?"}]}]',
    }
    if call["kind"] == "failed":
        return told | {"error.type": "overloaded_error"}
    told |= {
        "gen_ai.response.model": call["model"],
        "gen_ai.response.id": f"resp_{call['call_id']}",
        "gen_ai.usage.input_tokens": call["input"],
        "gen_ai.usage.output_tokens": call["output"],
        "gen_ai.usage.cache_read.input_tokens": call["cache_read"],
    }
    if call["provider"] == "openai":
        told |= {
            "gen_ai.usage.reasoning.output_tokens": call["reasoning"],
            "openai.response.service_tier": "default",
        }
    else:
        told["gen_ai.usage.cache_creation.input_tokens"] = call["written"]
    return told


def _old(call: dict[str, Any]) -> dict[str, Any]:
    """Deprecated names, and an input without what was cached."""
    told = {
        "gen_ai.system": call["provider"],
        "llm.request.type": "chat",
        "gen_ai.request.model": call["base_model"],
    }
    if call["kind"] == "failed":
        return told
    return told | {
        "gen_ai.response.model": call["model"],
        "gen_ai.response.id": f"resp_{call['call_id']}",
        "gen_ai.usage.prompt_tokens": call["input"] - call["cache_read"] - call["written"],
        "gen_ai.usage.completion_tokens": call["output"],
        "gen_ai.usage.cache_read_input_tokens": call["cache_read"],
        "gen_ai.usage.cache_creation_input_tokens": call["written"],
    }


def _resource(feature: str, environment: str) -> dict[str, Any]:
    team = facts.read("company.yml")["features"][feature]["team"]
    told = {
        "service.name": feature,
        "service.namespace": team,
        "deployment.environment.name": environment,
        "k8s.cluster.name": CLUSTER,
        "k8s.namespace.name": team,
        "k8s.deployment.name": feature,
    }
    # The old library sets nothing on its spans.
    return told | {"app.feature": feature} if feature == REVIEWER else told


def _span(
    trace: str, what: str, parent: str | None, name: str, start: datetime, end: datetime, told: dict[str, Any]
) -> Span:
    return {
        "traceId": trace,
        "spanId": _id(f"{trace}/{what}", 16),
        "parentSpanId": parent or "",
        "name": name,
        "kind": 3,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": {key: value for key, value in told.items() if value is not None},
        "status": {},
    }


def _id(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _nanoseconds(moment: datetime) -> str:
    seconds = moment.replace(tzinfo=UTC).timestamp()
    return f"{round(seconds * 1_000_000)}000"


def _write_lines(path: Path, spans: list[tuple[Span, dict[str, Any], tuple[str, str]]]) -> None:
    """Documents of some spans each, as they were batched: of one service, and several emitters."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for resource, of_resource in groupby(spans, key=lambda told: told[1]):
            batch = list(of_resource)
            for at in range(0, len(batch), SPANS_A_DOCUMENT):
                scopes = [
                    {
                        "scope": {"name": name, "version": version},
                        "spans": [span | {"attributes": _typed(span["attributes"])} for span, *_ in told],
                    }
                    for (name, version), told in groupby(
                        batch[at : at + SPANS_A_DOCUMENT], key=lambda told: told[2]
                    )
                ]
                document = {
                    "resourceSpans": [{"resource": {"attributes": _typed(resource)}, "scopeSpans": scopes}]
                }
                file.write(orjson.dumps(document) + b"\n")


def _typed(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Keys and typed values; a 64-bit integer is a string in OTLP JSON."""
    return [
        {"key": key, "value": {"intValue": str(value)} if type(value) is int else {"stringValue": value}}
        for key, value in told.items()
    ]


def _write_parquet(path: Path, spans: list[tuple[Span, dict[str, Any], tuple[str, str]]]) -> None:
    """A row per span; attributes as maps of text."""

    def texts(told: dict[str, Any]) -> list[tuple[str, str]]:
        return [(key, str(value)) for key, value in told.items()]

    pairs = pa.map_(pa.string(), pa.string())
    rows = [
        {
            "trace_id": span["traceId"],
            "span_id": span["spanId"],
            "parent_span_id": span["parentSpanId"],
            "name": span["name"],
            "start_time_unix_nano": int(span["startTimeUnixNano"]),
            "status_code": "Error" if span["status"] else "Unset",
            "scope_name": emitter[0],
            "scope_version": emitter[1],
            "attributes": texts(span["attributes"]),
            "resource_attributes": texts(resource),
        }
        for span, resource, emitter in spans
    ]
    kinds = {"start_time_unix_nano": pa.int64(), "attributes": pairs, "resource_attributes": pairs}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
