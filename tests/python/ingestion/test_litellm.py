"""LiteLLM out of a real PostgreSQL: rows land whole, estimates as exact text, purged days stay."""

import json
import shutil

import psycopg
import pytest
import sqlalchemy as sa
from warehouse import Warehouse

from ingestion.__main__ import main
from ingestion.common import databases
from ingestion.common.pipeline import Run
from ingestion.sources.litellm import SOURCE, label_text

LOGS = "raw_litellm.spend_logs"
SPEND = '"LiteLLM_SpendLogs"'


@pytest.fixture
def proxy(sandbox):
    """The proxy's database; its logs are as before afterwards."""
    with psycopg.connect(sandbox.env["SOURCES__LITELLM__CREDENTIALS"], autocommit=True) as connection:
        connection.execute(f"create table kept as table {SPEND}")
        yield connection
        connection.execute(f"truncate {SPEND}")
        connection.execute(f"insert into {SPEND} select * from kept")
        connection.execute("drop table kept")


@pytest.fixture
def load(warehouse):
    def run(fails=False, **options):
        code, said = warehouse.load("litellm", **options)
        assert bool(code) == fails, said
        return said

    return run


def loaded_once(folder, sandbox):
    """A warehouse with the six days, made without the fixtures of one test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.env.items():
            patch.setenv(name, value)
        patch.setenv("APPORTION_DUCKDB_PATH", str(folder / "warehouse.duckdb"))
        patch.setenv("APPORTION_WORK", str(folder / "work"))
        assert main(["run", "litellm", "--since", "2026-11-07", "--until", "2026-11-12"]) == 0
    return folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def once(tmp_path_factory, sandbox):
    return loaded_once(tmp_path_factory.mktemp("litellm"), sandbox)


@pytest.fixture
def loaded(warehouse, once):
    """The warehouse, loaded; a copy, since a load takes a second."""
    shutil.copy(once, warehouse.path)
    return warehouse


@pytest.fixture(scope="module")
def odd(tmp_path_factory, sandbox):
    """A warehouse with rows of every form that the log is known to have; look one up by its id."""
    with psycopg.connect(sandbox.env["SOURCES__LITELLM__CREDENTIALS"], autocommit=True) as connection:
        for request_id, columns in ODD.items():
            log(connection, request_id, **columns)
        found = Warehouse(loaded_once(tmp_path_factory.mktemp("odd"), sandbox), None)
        connection.execute(f"delete from {SPEND} where request_id like 'odd %'")
    return found


def one(warehouse, request_id, *columns):
    [row] = warehouse.rows(f"select {', '.join(columns)} from {LOGS} where request_id = '{request_id}'")
    return row


def log(proxy, request_id, metadata=None, **columns):
    """One more row of the log."""
    row = {
        "request_id": request_id, "call_type": "acompletion", "startTime": "2026-11-09 10:00:00",
        "endTime": "2026-11-09 10:00:01", "metadata": json.dumps(metadata or {}), **columns,
    }  # fmt: skip
    names = ", ".join(f'"{name}"' for name in row)
    values = list(row.values())
    proxy.execute(f"insert into {SPEND} ({names}) values ({', '.join(['%s'] * len(row))})", values)


USAGE = {"prompt_tokens": 9120, "prompt_tokens_details": {"cached_tokens": 8000, "cache_write_tokens": 600}}
CACHED = {"cache_read_input_tokens": 8000, "cache_creation_input_tokens": 600}
ODD = {
    "odd sum": {"spend": 0.1 + 0.2},
    "odd small": {"spend": 1e-7},
    "odd large": {"spend": 1234567.25},
    "odd details": {"metadata": {"usage_object": USAGE}},
    "odd further": {"metadata": {"usage_object": None, "additional_usage_values": USAGE}},
    "odd cached": {"metadata": {"usage_object": CACHED}},
    # the details go missing in some streams and stay beside them
    "odd stream": {"metadata": {"usage_object": {"prompt_tokens": 9120}, "additional_usage_values": CACHED}},
    # stored twice over as text
    "odd text": {"metadata": json.dumps({"usage_object": USAGE})},
    "odd secret": {
        "metadata": {"error_information": {"error_message": "the patient"}},
        "messages": '{"x": "the patient"}',
        "response": '{"x": "the patient"}',
    },
    "odd labels": {
        "metadata": {
            "user_api_key_team_alias": "documents",
            "spend_logs_metadata": {"feature": "triage", "trace": "t-1"},
        },
        "request_tags": json.dumps(["feature:ignored", "environment:prod", "User-Agent: curl/8", "plain"]),
        "end_user": "acme-9",
        "agent_id": "agent-incident",
        "session_id": "s-1",
    },
}


def test_every_call_attempt_lands_with_its_tokens_and_its_estimate(loaded, proxy, sandbox):
    landed = f"select count(*), sum(prompt_tokens), sum(cast(spend_usd as decimal(38, 20))) from {LOGS}"
    there = f"select count(*), sum(prompt_tokens), sum(spend::text::numeric) from {SPEND}"
    assert loaded.rows(landed) == proxy.execute(there).fetchall()
    # what the gateway saw of a call is what the call was
    seen = "sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(web_searches)"
    calls = "from gateway_calls where gateway = 'litellm' and provider = 'anthropic' and kind = 'call'"
    assert sandbox.world.query(f"select {seen} {calls}") == loaded.rows(
        "select sum(cache_read_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), "
        f"sum(web_search_requests) from {LOGS} where custom_llm_provider = 'anthropic' "
        "and status = 'success' and cache_hit = 'False'"
    )


def test_a_second_run_changes_nothing(loaded, load):
    tables = ["spend_logs", "daily_team_spend", "keys", "teams", "budgets"]
    before = {name: loaded.contents(f"raw_litellm.{name}") for name in tables}
    assert all(before.values())
    load()
    assert {name: loaded.contents(f"raw_litellm.{name}") for name in tables} == before


@pytest.mark.parametrize(
    ("row", "text"), [("sum", "0.30000000000000004"), ("small", "1e-07"), ("large", "1234567.25")]
)
def test_a_double_lands_as_the_shortest_text_that_gives_it(odd, row, text):
    assert one(odd, f"odd {row}", "spend_usd") == (text,)


@pytest.mark.parametrize("row", ["details", "further", "cached", "stream", "text"])
def test_cached_tokens_are_found_in_every_form_of_the_usage(odd, row):
    assert one(odd, f"odd {row}", "cache_read_tokens", "cache_creation_tokens") == (8000, 600)


def test_no_prompt_and_no_answer_is_read(odd):
    assert one(odd, "odd secret", "status")
    assert not [row for row in odd.contents(LOGS) if "the patient" in row]


def test_what_the_caller_says_goes_before_what_the_proxy_knows(odd):
    labels, session = one(odd, "odd labels", "labels", "session_id")
    assert json.loads(labels) == {
        "agent": "incident-responder",
        "customer": "acme-9",
        "environment": "prod",
        "feature": "triage",
        "team": "documents",
    }
    assert session == "s-1"


def test_rows_written_late_come_and_rows_that_are_gone_go(loaded, load, proxy):
    day = f"select count(*) from {LOGS} where charge_date = '2026-11-09'"
    [(before,)] = loaded.rows(day)
    log(proxy, "late")
    gone = proxy.execute(
        f"delete from {SPEND} where \"startTime\" between '2026-11-09 11:00' and '2026-11-09 12:00'"
    )
    assert gone.rowcount > 0
    load(since="2026-11-09", until="2026-11-09")
    assert loaded.rows(day) == [(before + 1 - gone.rowcount,)]
    assert loaded.rows(f"select count(distinct charge_date) from {LOGS}") == [(6,)]


def test_days_that_were_purged_keep_what_was_loaded(loaded, load, proxy):
    before = loaded.contents(LOGS)
    proxy.execute(f"delete from {SPEND} where \"startTime\" < '2026-11-10 12:00'")
    said = load()
    assert "the logs begin on 2026-11-10; earlier days keep what was loaded" in said
    assert loaded.contents(LOGS) == before
    logged = (
        "select charge_date, count(*) from raw_litellm.load_log where table_name = 'spend_logs' group by 1"
    )
    assert [count for _, count in sorted(loaded.rows(logged))] == [1, 1, 1, 1, 2, 2]


def test_logs_that_were_switched_off_are_told_and_take_nothing_back(loaded, load, proxy):
    before = loaded.contents(LOGS)
    proxy.execute(f"truncate {SPEND}")
    assert "the spend logs are empty; is disable_spend_logs set?" in load()
    assert loaded.contents(LOGS) == before


def test_the_next_run_reads_the_last_two_days_again(loaded, load, proxy):
    log(proxy, "two days late", startTime="2026-11-10 00:00:00")
    log(proxy, "three days late", startTime="2026-11-09 23:59:59.999")
    load(since=None)
    late = f"select request_id, charge_date::text from {LOGS} where request_id like '%late'"
    assert loaded.rows(late) == [("two days late", "2026-11-10")]


def test_other_labels_can_be_chosen(warehouse, load, proxy, monkeypatch):
    monkeypatch.setenv("SOURCES__LITELLM__LABELS", '["cost_center", "feature"]')
    log(proxy, "own", {"spend_logs_metadata": {"feature": "triage", "cost_center": 310, "team": "x"}})
    load(since="2026-11-09", until="2026-11-09")
    assert one(warehouse, "own", "labels") == ('{"cost_center":"310","feature":"triage"}',)


@pytest.mark.parametrize(
    ("metadata", "tags", "expected"),
    [
        (None, None, None),
        ("{}", "[]", None),
        ('{"feature": ""}', '["feature:tagged"]', '{"feature":"tagged"}'),
        ('{"feature": {"no": "text"}}', "[]", None),
        ('["no object"]', '{"no": "list"}', None),
        ('{"feature": true}', "[]", '{"feature":"true"}'),
    ],
)
def test_labels_of_odd_metadata(metadata, tags, expected):
    assert label_text(("feature",), metadata, tags, None, None, None, None) == expected


# What can go wrong --------------------------------------------------------------------------------


def test_an_older_version_lacks_columns_and_tables(warehouse, load, proxy, monkeypatch):
    columns = 'request_id, call_type, spend, prompt_tokens, "startTime", model, api_key, metadata'
    proxy.execute(f"""
        drop schema if exists old cascade;
        create schema old;
        create table old."LiteLLM_SpendLogs" as select {columns} from {SPEND};
        create table old."LiteLLM_VerificationToken" as
            select token, key_alias, spend from "LiteLLM_VerificationToken";
        create table old."LiteLLM_TeamTable" as table "LiteLLM_TeamTable";
        create table old."LiteLLM_BudgetTable" as table "LiteLLM_BudgetTable";
    """)
    monkeypatch.setenv("SOURCES__LITELLM__SCHEMA", "old")
    said = load()
    assert "this version has no LiteLLM_DailyTeamSpend" in said
    [(rows, tagged)] = warehouse.rows(f"select count(*), count(request_tags) from {LOGS}")
    assert rows == proxy.execute(f"select count(*) from {SPEND}").fetchone()[0]
    assert tagged == 0
    proxy.execute("drop schema old cascade")


@pytest.mark.parametrize(
    ("credentials", "code", "says"),
    [
        ("postgresql://reader@127.0.0.1:1/litellm", 1, "check the host, port and database"),
        ("no url at all", 2, "the credentials are no database URL"),
        ("{own}", 2, "there is no LiteLLM_SpendLogs"),
        ("postgresql://stranger:no-such-secret@/postgres?host={host}", 1, 'role "stranger" does not exist'),
    ],
)
def test_a_database_that_cannot_be_read_is_told(
    warehouse, load, sandbox, monkeypatch, credentials, code, says
):
    own = sandbox.env["SOURCES__LITELLM__CREDENTIALS"]
    url = credentials.format(own=own, host=own.split("host=")[1])
    if url == own:
        monkeypatch.setenv("SOURCES__LITELLM__SCHEMA", "pg_toast")
    monkeypatch.setenv("SOURCES__LITELLM__CREDENTIALS", url)
    got, said = warehouse.load("litellm")
    assert got == code, said
    assert says in said
    assert "no-such-secret" not in said


def test_a_reader_without_rights_is_an_error_and_no_empty_table(loaded, load, proxy, sandbox, monkeypatch):
    before = loaded.contents(LOGS)
    proxy.execute("create role nobody login")
    own = sandbox.env["SOURCES__LITELLM__CREDENTIALS"]
    monkeypatch.setenv("SOURCES__LITELLM__CREDENTIALS", own.replace("postgres:@", "nobody@"))
    said = load(fails=True)
    assert "permission denied for table LiteLLM_SpendLogs" in said
    assert "grant the reader SELECT" in said
    assert loaded.contents(LOGS) == before
    proxy.execute("drop role nobody")


def test_the_proxys_database_is_only_read(sandbox, monkeypatch):
    monkeypatch.setenv("SOURCES__LITELLM__CREDENTIALS", sandbox.env["SOURCES__LITELLM__CREDENTIALS"])
    engine = databases.postgres(Run(SOURCE, None, None, None))
    with engine.connect() as connection, pytest.raises(sa.exc.InternalError, match="read-only"):
        connection.execute(sa.text(f"delete from {SPEND}"))


def test_a_count_that_is_no_number_stops_the_load(load, proxy):
    log(proxy, "odd", {"usage_object": {"cache_read_input_tokens": "many"}})
    said = load(fails=True, since="2026-11-09", until="2026-11-09")
    assert 'invalid input syntax for type numeric: "many"' in said
    assert "the row that does not fit is in the source" in said


def test_rows_that_break_the_contract_are_refused_with_their_place(load, proxy):
    log(proxy, "negative", prompt_tokens=-5)
    log(proxy, "infinite", spend=float("inf"))
    said = load(fails=True, since="2026-11-09", until="2026-11-09")
    assert "spend_logs, request_id negative, column prompt_tokens" in said
    assert 'spend_logs, request_id infinite, column spend_usd: "Infinity" is no number' in said


def test_half_of_the_rows_gone_is_asked_about(loaded, load, proxy):
    proxy.execute(f"delete from {SPEND} where \"startTime\" >= '2026-11-08'")
    assert "--accept-fewer-rows" in load(fails=True)
    assert loaded.rows(f"select count(distinct charge_date) from {LOGS}") == [(6,)]
