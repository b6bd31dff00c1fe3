"""OpenTelemetry GenAI spans: OTLP JSON or Parquet files from a folder or bucket.

Lands     raw_otel.spans: one row per span that has a gen_ai attribute; other spans are passed by. quarantine
          and log_files: see ingestion/common/json_lines.py. A document with one span that cannot be read goes
          into quarantine as a whole.
Reads     OTLP JSON as the collector's file exporter writes it, a document a line; or one document a file.
          Parquet with a row per span, attributes as a map or as JSON (the columns of the collector's
          ClickHouse exporter fit too).
Money     none: spans count tokens.
Left out  prompts, answers and every attribute that is not named here or in the setting `labels`; metrics.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from ingestion.common import files, gate, json_lines, label_choice
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION
from ingestion.common.json_lines import LOG_FILES, QUARANTINE, RecordError, log_resource, log_table
from ingestion.common.source import Source

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# Our columns and the attributes that fill them: the convention's name first, then what it was called before
# and what widespread instrumentations call it.
TEXTS = {
    "operation": ("gen_ai.operation.name", "llm.request.type"),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "request_model": ("gen_ai.request.model",),
    "response_model": ("gen_ai.response.model",),
    "response_id": ("gen_ai.response.id",),
    "service_tier": (
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "conversation_id": ("gen_ai.conversation.id",),
    "error_type": ("error.type",),
}
COUNTS = {
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached",
    ),
    "cache_creation_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.input_tokens.cache_write",
    ),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning"),
}
# A span with one of these is a GenAI span.
MARKS = frozenset(TEXTS["provider"] + TEXTS["operation"] + TEXTS["request_model"])
# Labels of docs/instrumentation.md; an attribute of the span goes before one of its resource.
LABELS = {
    "agent": ("gen_ai.agent.name", "gen_ai.agent.id"),
    "business_process": ("app.business_process", "gen_ai.workflow.name"),
    "customer": ("app.customer",),
    "environment": ("app.environment", "deployment.environment.name", "deployment.environment"),
    "feature": ("app.feature",),
    "team": ("app.team", "service.namespace"),
}
CONTROLLERS = ("deployment", "statefulset", "daemonset", "cronjob", "job")
WORKLOAD = ("k8s.cluster.name", "k8s.namespace.name", *(f"k8s.{kind}.name" for kind in CONTROLLERS))

SPANS = log_table(
    "spans",
    "span with a gen_ai attribute",
    {
        "started_at": "text",
        "trace_id": "text",
        "span_id": "text",
        "parent_span_id": "text",
        "trace_state": "text",
        "name": "text",
        "status": "text",
        "scope_name": "text",
        "scope_version": "text",
        "service_name": "text",
        "workload": "text",
        "labels": "text",
        **dict.fromkeys(TEXTS, "text"),
        **dict.fromkeys(COUNTS, "bigint"),
        "input_without_cache": "bool",
    },
)
SUFFIXES = (*json_lines.SUFFIXES, ".parquet")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATUS = {"1": "ok", "2": "error", "ok": "ok", "error": "error"}


def attributes_of(listed: Any) -> dict[str, Any]:
    """A list of keys and typed values as a dict; a value that is a list or an object is left out."""
    if not listed:
        return {}
    found = {}
    for item in listed:
        value = item.get("value")
        if value:
            for kind, plain in value.items():
                if kind == "intValue":
                    found[item["key"]] = int(plain)
                elif kind in ("stringValue", "boolValue", "doubleValue"):
                    found[item["key"]] = plain
    return found


def first_text(attributes: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of the attributes that is there, as text."""
    for name in names:
        value = attributes.get(name)
        if value not in (None, ""):
            return value if type(value) is str else json.dumps(value)
    return None


def first_count(attributes: Mapping[str, Any], names: Iterable[str]) -> int | None:
    """The first of the attributes that is there, as a count; some emitters write a double or text."""
    for name in names:
        value = attributes.get(name)
        if value is None:
            continue
        kind = type(value)
        if (kind is str and value.isdecimal()) or (kind is float and value.is_integer()):
            value = int(value)
        if type(value) is not int or not 0 <= value < 2**63:
            raise RecordError(f"{name} is {json.dumps(value)[:80]}, no count")
        return value
    return None


def moment(nanoseconds: Any) -> str:
    """Nanoseconds since 1970, or a time, as text in UTC."""
    if isinstance(nanoseconds, datetime):
        time = nanoseconds if nanoseconds.tzinfo else nanoseconds.replace(tzinfo=UTC)
    else:
        try:
            time = EPOCH + timedelta(microseconds=int(nanoseconds) // 1000)
        except (TypeError, ValueError, OverflowError):
            raise RecordError(f"a span starts at {json.dumps(nanoseconds, default=str)[:80]}") from None
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Reader:
    """Turns documents into rows of SPANS; keeps what the settings say."""

    def __init__(self, chosen: Mapping[str, tuple[str, ...]], without_cache: frozenset[str]) -> None:
        self.chosen = sorted(chosen.items())
        self.without_cache = without_cache
        self.of_resource = lru_cache(maxsize=10_000)(self._of_resource)
        self.labels = lru_cache(maxsize=100_000)(label_choice.as_text_of_items)

    def rows(self, document: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """The GenAI spans of a document."""
        resources = document.get("resourceSpans")
        if type(resources) is not list:
            if resources is None and type(document.get("spanId")) is str:
                yield from self.flat(document)
                return
            kinds = ", ".join(sorted(document))[:80] or "nothing"
            raise RecordError(f"it holds no resourceSpans but {kinds}")
        try:
            for resource in resources:
                about = attributes_of((resource.get("resource") or {}).get("attributes"))
                for scope in resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans") or ():
                    emitter = scope.get("scope") or scope.get("instrumentationLibrary") or {}
                    for span in scope.get("spans") or ():
                        listed = span.get("attributes")
                        if listed and any(item.get("key") in MARKS for item in listed):
                            yield self.row(span, attributes_of(listed), about, emitter)
        except (AttributeError, KeyError, TypeError) as error:
            raise RecordError(f"it is no OTLP document: {error}") from None

    def flat(self, span: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """A row of a Parquet file, if it is a GenAI span."""
        attributes, about = plain(span.get("attributes")), plain(span.get("resourceAttributes"))
        if not attributes.keys().isdisjoint(MARKS):
            if span.get("serviceName"):
                about.setdefault("service.name", span["serviceName"])
            emitter = {"name": span.get("scopeName"), "version": span.get("scopeVersion")}
            yield self.row({**span, "status": {"code": span.get("statusCode")}}, attributes, about, emitter)

    def row(
        self,
        span: Mapping[str, Any],
        attributes: Mapping[str, Any],
        about: Mapping[str, Any],
        emitter: Mapping[str, Any],
    ) -> tuple[Any, ...]:
        """A span as a row of SPANS."""
        service, workload = self.of_resource(*(about.get(name) for name in ("service.name", *WORKLOAD)))
        status = str((span.get("status") or {}).get("code", "")).lower().removeprefix("status_code_")
        found = tuple(
            (name, first_text(attributes, names) or first_text(about, names)) for name, names in self.chosen
        )
        return (
            moment(span.get("startTimeUnixNano")),
            span.get("traceId"),
            span.get("spanId"),
            span.get("parentSpanId") or None,
            span.get("traceState") or None,
            span.get("name"),
            STATUS.get(status, "unset"),
            emitter.get("name") or None,
            emitter.get("version") or None,
            service,
            workload,
            self.labels(found),
            *(first_text(attributes, names) for names in TEXTS.values()),
            *(first_count(attributes, names) for names in COUNTS.values()),
            emitter.get("name") in self.without_cache,
        )

    @staticmethod
    def _of_resource(service: Any, cluster: Any, space: Any, *controllers: Any) -> tuple[Any, Any]:
        """Service and workload (cluster/namespace/controller) of a resource."""
        controller = next((name for name in controllers if name), None)
        parts = [str(part or "") for part in (cluster, space, controller)]
        return service, "/".join(parts) if any(parts[1:]) else None


def plain(attributes: Any) -> dict[str, Any]:
    """Attributes of a Parquet row: a map, a list of pairs, or the JSON text of one."""
    if type(attributes) is str:
        attributes = json.loads(attributes)
    return dict(attributes or {})


# Files --------------------------------------------------------------------------------------------

# What Parquet columns are called, without underscores and in lower case.
PARQUET = {
    "traceid": "traceId",
    "spanid": "spanId",
    "parentspanid": "parentSpanId",
    "tracestate": "traceState",
    "name": "name",
    "spanname": "name",
    "starttimeunixnano": "startTimeUnixNano",
    "starttime": "startTimeUnixNano",
    "timestamp": "startTimeUnixNano",
    "statuscode": "statusCode",
    "servicename": "serviceName",
    "scopename": "scopeName",
    "scopeversion": "scopeVersion",
    "attributes": "attributes",
    "spanattributes": "attributes",
    "resourceattributes": "resourceAttributes",
}
PARQUET_NEEDS = {"traceId", "spanId", "startTimeUnixNano", "attributes"}
# Rows at once: as dicts of attributes they take a hundred times their place in the file.
PARQUET_ROWS = 5_000
# So much of a .json file is looked at to tell whether it is one document.
START = 2**16


def lines(item: FileItemDict) -> Iterator[tuple[int, list[Any], tuple[bytes, str] | None]]:
    """The documents of a file: its lines; a file that is one document over several lines; rows of Parquet."""
    if item["file_name"].endswith(".parquet"):
        yield from parquet_rows(item)
    elif is_one_document(item):
        with files.open_unpacked(item) as file:
            whole = file.read(json_lines.MAX_LINE + 1)
        if len(whole) > json_lines.MAX_LINE:
            yield 1, [], (whole[:1000], f"a document of more than {json_lines.MAX_LINE} bytes")
        else:
            yield 1, [whole.removeprefix(b"\xef\xbb\xbf")], None
    else:
        yield from json_lines.lines_of(item)


def is_one_document(item: FileItemDict) -> bool:
    """Whether a .json file is written over several lines: its first line opens what it does not close."""
    if not item["file_name"].removesuffix(".gz").endswith(".json"):
        return False
    try:
        with files.open_unpacked(item) as file:
            first, _, more = file.read(START).lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    except (EOFError, OSError):
        return False
    return bool(more) and first.rstrip()[-1:] in (b"{", b"[", b",")


def parquet_rows(item: FileItemDict) -> Iterator[tuple[int, list[Any], None]]:
    """The rows of a Parquet file as dicts, named as OTLP names what they hold."""
    names = {}
    for name in files.header(item):
        ours = PARQUET.get(name.replace("_", "").lower())
        if ours:
            names.setdefault(ours, name)
    if absent := PARQUET_NEEDS - names.keys():
        raise IngestionError(
            f"there is no column for {', '.join(sorted(absent))}",
            where=item["file_url"],
            mend="docs/sources/otel.md lists the columns; or leave the file out with file_glob",
        )
    number = 1
    for batch in files.batches(item, list(names.values()), PARQUET_ROWS):
        columns = [batch.column(name).to_pylist() for name in names.values()]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        yield number, rows, None
        number += len(rows)


def parse(line: Any) -> Any:
    """A document; rows of Parquet are one already."""
    return orjson.loads(line) if type(line) is bytes else line


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    reader = Reader(chosen(run), frozenset(listed(run.setting("input_without_cache", []))))
    yield log_resource(
        run, SPANS, reader.rows, day_from="started_at", parse=parse, suffixes=SUFFIXES, lines=lines
    )


def listed(setting: Any) -> list[str]:
    """A setting that is a list, or the JSON of one."""
    return json.loads(setting) if type(setting) is str else list(setting)


def chosen(run: Run) -> dict[str, tuple[str, ...]]:
    """Which attributes become which label: the standard, and what the setting `labels` adds or puts in place.

    Raises IngestionError where the setting is no object of names.
    """
    setting = run.setting("labels", {})
    try:
        own = json.loads(setting) if type(setting) is str else dict(setting)
        return LABELS | {
            label: (names,) if type(names) is str else tuple(names) for label, names in own.items()
        }
    except (AttributeError, TypeError, ValueError):
        raise IngestionError(
            f"the setting labels is {setting!r}",
            where=run.source.name,
            mend='write it like {"cost_center": "app.cost_center", "team": ["app.squad", "app.team"]}',
            exit_code=2,
        ) from None


def suites() -> dict[str, list[Any]]:
    """Every span has its ids, and counts are counts."""
    return {
        SPANS.name: [
            gate.present("trace_id"),
            gate.present("span_id"),
            *(gate.not_negative(name) for name in COUNTS),
        ]
    }


SOURCE = Source(
    name="otel",
    summary="OpenTelemetry GenAI spans, OTLP JSON lines or Parquet",
    tables=(SPANS, QUARANTINE, LOG_FILES),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=json_lines.locate,
)
