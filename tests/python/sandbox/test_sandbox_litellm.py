"""The proxy's database: a real server that tells of the calls, and is gone when the sandbox is."""

from pathlib import Path

import psutil
import psycopg
import pytest
from sandbox_client import LAST

from ingestion.sandbox import Sandbox
from ingestion.sandbox.exports import litellm, truth

SPEND = '"LiteLLM_SpendLogs"'


@pytest.fixture
def proxy(sandbox):
    with psycopg.connect(sandbox.env["SOURCES__LITELLM__CREDENTIALS"]) as connection:
        yield connection


def counted(proxy, where, what="count(*)"):
    return proxy.execute(f"select {what} from {SPEND} where {where}").fetchone()


def test_every_call_that_the_gateway_saw_is_logged_once(proxy, sandbox):
    seen = dict(
        sandbox.world.query("select kind, count(*) from gateway_calls where gateway = 'litellm' group by 1")
    )
    assert counted(proxy, "cache_hit = 'True'") == (seen["cache_hit"],)
    assert counted(proxy, "status = 'failure'") == (seen["failed"],)
    plain = "call_type = 'acompletion' and cache_hit = 'False' and status = 'success'"
    assert counted(proxy, plain) == (seen["call"],)
    # and what a proxy writes beside
    for more in ("aresponses", "aget_responses", "call_mcp_tool"):
        assert counted(proxy, f"call_type = '{more}'")[0] > 0


def test_a_prompt_counts_what_was_cached(proxy, sandbox):
    expected = sandbox.world.query(
        "select sum(uncached_input + cache_read + cache_write_5m + cache_write_30m + cache_write_1h), "
        "sum(cache_read) from gateway_calls where gateway = 'litellm' and kind = 'call'"
    )[0]
    plain = "call_type = 'acompletion' and cache_hit = 'False' and status = 'success'"
    cached = "sum((metadata #>> '{usage_object,prompt_tokens_details,cached_tokens}')::bigint)::bigint"
    assert counted(proxy, plain, f"sum(prompt_tokens)::bigint, {cached}") == expected


def test_a_hit_of_the_proxys_cache_repeats_the_tokens_and_costs_nothing(proxy):
    tokens, spend = counted(proxy, "cache_hit = 'True'", "min(prompt_tokens), max(spend)")
    assert tokens > 0
    assert spend == 0


def test_a_failed_call_counts_nothing(proxy):
    assert counted(proxy, "status = 'failure'", "sum(total_tokens), sum(spend)") == (0, 0)


def test_estimates_are_not_the_bill(proxy, sandbox):
    """The map of prices still has those of the model's release: gpt-5.6 became cheaper since."""
    [(billed,)] = sandbox.world.query(
        "select sum(cost) from charges where api_key_id = 'key_gateway_prod' and base_model = 'gpt-5.6'"
    )
    (estimated,) = counted(proxy, "model = 'gpt-5.6' and call_type = 'acompletion'", "sum(spend)")
    assert estimated > float(billed) * 1.1


def test_keys_are_hashes_and_daily_sums_are_those_of_the_logs(proxy):
    unknown = 'api_key not in (select token from "LiteLLM_VerificationToken")'
    assert counted(proxy, unknown) == (0,)
    assert counted(proxy, "length(api_key) <> 64") == (0,)
    daily = proxy.execute(
        'select sum(api_requests), sum(prompt_tokens) from "LiteLLM_DailyTeamSpend"'
    ).fetchone()
    assert daily == counted(proxy, "true", "count(*), sum(prompt_tokens)")


def servers(folder: str) -> list[psutil.Process]:
    """The PostgreSQL servers whose data lie there."""
    found = psutil.process_iter(["name", "cmdline"])
    return [p for p in found if p.info["name"] == "postgres" and folder in " ".join(p.info["cmdline"] or [])]


def data_folder(sandbox) -> str:
    return sandbox.env["SOURCES__LITELLM__CREDENTIALS"].split("host=")[1]


def test_the_server_ends_with_the_sandbox_and_leaves_nothing(tmp_path):
    for _ in range(2):  # a folder may be used again
        with Sandbox(days=1, until=LAST, scale=0.1, exports=tmp_path) as sandbox:
            folder = data_folder(sandbox)
            assert len(servers(folder)) == 1
        assert not servers(folder)
        assert not Path(folder).exists()


def test_the_server_ends_when_another_export_fails(tmp_path, monkeypatch):
    started = []
    real = litellm.write
    monkeypatch.setattr(litellm, "write", lambda *given: started.append(real(*given)) or started[-1])
    monkeypatch.setattr(truth, "write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError), Sandbox(days=1, until=LAST, scale=0.1, exports=tmp_path):
        pass
    assert started
    assert not servers(str(started[0].path))


def test_the_server_ends_when_it_cannot_be_filled(tmp_path, monkeypatch):
    folders = []

    def interrupted(world, uri):
        folders.append(uri.split("host=")[1])
        raise KeyboardInterrupt

    monkeypatch.setattr(litellm, "fill", interrupted)
    with pytest.raises(KeyboardInterrupt), Sandbox(days=1, until=LAST, scale=0.1, exports=tmp_path):
        pass
    assert folders
    assert not servers(folders[0])
