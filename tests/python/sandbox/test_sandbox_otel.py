"""The traces: every call once as an inference span, and around it what repeats its tokens."""

import gzip
import json
from collections import Counter

import pyarrow.parquet as pq
import pytest

CALL_SCOPES = {"opentelemetry.instrumentation.openai_v2", "larkspur.llm", "codereview.tracing"}
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")


def plain(attributes):
    return {a["key"]: next(iter(a["value"].values())) for a in attributes}


@pytest.fixture(scope="module")
def spans(sandbox):
    """(scope, attributes, resource, span) of every span, from both kinds of files."""
    found = []
    for path in sorted((sandbox.folder / "otel").iterdir()):
        if path.suffix == ".parquet":
            for row in pq.read_table(path).to_pylist():
                found.append(
                    (row["scope_name"], dict(row["attributes"]), dict(row["resource_attributes"]), row)
                )
            continue
        with gzip.open(path, "rt") as file:
            for document in map(json.loads, file):
                for resource in document["resourceSpans"]:
                    about = plain(resource["resource"]["attributes"])
                    for scope in resource["scopeSpans"]:
                        name = scope["scope"]["name"]
                        found += [(name, plain(s["attributes"]), about, s) for s in scope["spans"]]
    return found


def test_there_is_a_file_a_day_and_the_last_is_parquet(sandbox):
    names = sorted(path.name for path in (sandbox.folder / "otel").iterdir())
    assert len(names) == 12
    assert names[-1] == "traces-2026-11-12.parquet"
    assert all(name.endswith(".jsonl.gz") for name in names[:-1])


def test_every_call_and_every_failure_has_one_span(spans, sandbox):
    seen = dict(
        sandbox.world.query("select kind, count(*) from gateway_calls where gateway = 'otel' group by 1")
    )
    told = [attributes for scope, attributes, *_ in spans if scope in CALL_SCOPES]
    answered = [attributes for attributes in told if "gen_ai.response.id" in attributes]
    assert len(answered) == seen["call"]
    assert len(told) - len(answered) == seen["failed"]
    assert len({attributes["gen_ai.response.id"] for attributes in answered}) == seen["call"]


def test_input_holds_what_was_cached_but_for_the_old_library(spans, sandbox):
    whole, cached = sandbox.world.query(
        "select sum(uncached_input + cache_read + cache_write_5m + cache_write_1h)::bigint, "
        "sum(cache_read + cache_write_5m + cache_write_1h)::bigint "
        "from gateway_calls where gateway = 'otel' and kind = 'call' and feature = 'code-review'"
    )[0]
    old = [a for scope, a, *_ in spans if scope == "codereview.tracing"]
    assert sum(int(a.get(INPUT[1], 0)) for a in old) == whole - cached
    assert not any(INPUT[0] in a for a in old)


def test_agents_and_frameworks_repeat_the_tokens_of_their_calls(spans):
    scopes = Counter(scope for scope, *_ in spans)
    assert scopes["larkspur.agents"] > 0
    assert scopes["opentelemetry.instrumentation.langchain"] > 0
    turns = sum(int(a[INPUT[0]]) for s, a, *_ in spans if a.get("gen_ai.operation.name") == "invoke_agent")
    calls = sum(
        int(a.get(INPUT[0], 0))
        for scope, a, *_ in spans
        if scope in ("opentelemetry.instrumentation.openai_v2", "larkspur.llm")
    )
    assert turns == calls > 0


def test_spans_know_their_parents_and_labels(spans):
    ids = {span.get("spanId") or span.get("span_id") for *_, span in spans}
    for scope, attributes, resource, span in spans:
        parent = span.get("parentSpanId") or span.get("parent_span_id")
        assert not parent or parent in ids
        if scope in CALL_SCOPES:
            assert "app.feature" in attributes or "app.feature" in resource
            assert resource["service.namespace"]
            assert resource["deployment.environment.name"]
