"""The generator: one stream behind all views, the same for the same seed, and a plausible company."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from sandbox_client import Client

from ingestion.sandbox import calls, facts, prices
from ingestion.sandbox.world import World

DAY = date(2026, 11, 10)


def bill(world, day=DAY):
    return world.query(
        "select provider, line, sub_account_id, sum(quantity), sum(cost) from billed "
        f"where day = '{day}' group by all order by all"
    )


@pytest.fixture(scope="module")
def world():
    made = World(first=DAY - timedelta(days=1), last=DAY)
    yield made
    made.close()


def test_the_same_seed_gives_the_same_calls(world):
    again = World(first=world.first, last=world.last)
    everything = "select * from calls order by all"
    assert again.query(everything) == world.query(everything)
    again.close()


def test_another_seed_gives_another_company_history(world):
    other = World(first=DAY, last=DAY, seed=8)
    assert bill(other) != bill(world)
    other.close()


def test_a_day_is_the_same_whatever_the_window(world, quarter, sandbox):
    assert bill(quarter.world) == bill(sandbox.world) == bill(world)
    assert len(bill(world)) > 100


def test_scale_scales(world):
    small = World(first=world.first, last=DAY, scale=0.1)
    count = "select count(*) from calls"
    ratio = small.query(count)[0][0] / world.query(count)[0][0]
    assert 0.08 < ratio < 0.12
    small.close()


def test_the_bill_is_price_times_the_calls(quarter):
    """The charges are made by another route, column by column from the calls."""
    books = [price for name in calls.providers() for price in prices.book(name).prices()]
    price_of = defaultdict(list)
    for price in books:
        price_of[price.provider, price.model, price.service_tier, price.meter].append(price)
    columns = ", ".join(f"sum({meter})::bigint" for meter in prices.METERS)
    rows = quarter.world.query(
        f"select provider, model, service_tier, day, {columns} from calls "
        "where surface <> 'subscription' group by all"
    )
    total = Decimal(0)
    for provider, model, tier, day, *quantities in rows:
        for meter, quantity in zip(prices.METERS, quantities, strict=True):
            for price in price_of[provider, model, tier, meter]:
                if price.valid_from <= day < price.valid_to:
                    total += quantity * price.dollars
    assert quarter.world.query("select sum(cost) from billed") == [(total,)]


def test_prices_change_on_their_day(quarter):
    paid = quarter.world.query(
        "select day, sum(cost) / sum(quantity) * 1000000 from billed "
        "where model = 'claude-sonnet-5-5' and meter = 'cache_read' "
        "and day in ('2026-10-06', '2026-10-07') and service_tier = 'standard' group by 1 order by 1"
    )
    assert [round(price, 6) for _, price in paid] == [0.2, 0.1]


def test_nobody_calls_a_model_before_its_release(quarter):
    for provider in calls.providers():
        book = prices.book(provider)
        rows = quarter.world.query(
            "select base_model, min(day) from calls where provider = ? and base_model is not null group by 1",
            [provider],
        )
        assert all(first >= book.released(model) for model, first in rows)
        assert rows, provider
    early = World(first=date(2026, 2, 1), last=date(2026, 2, 1))
    names = {name for (name,) in early.query("select distinct base_model from calls")}
    assert "gpt-5-mini" in names
    assert not names & {"gpt-5.6", "gpt-5.5", "claude-sonnet-5", "claude-opus-5-5"}
    early.close()


def test_every_meter_that_is_used_is_priced_or_meant_to_be_free(quarter):
    free = quarter.world.query(
        "select distinct base_model, service_tier from billed where line is null order by all"
    )
    assert free == [
        ("claude-sonnet-5", "priority"),
        ("claude-sonnet-5-5", "priority"),
        ("gpt-5-mini", "provisioned"),
        ("omni-moderation-latest", "standard"),
    ]
    assert quarter.world.query("select count(*) from billed where line is null and cost > 0") == [(0,)]


# A plausible company ------------------------------------------------------------------------------


def test_spend_is_plausible(quarter):
    spent = dict(quarter.world.query("select feature, sum(cost) from billed group by 1"))
    whole = sum(spent.values())
    assert 15_000 < whole / 3 < 30_000
    assert len(spent) == 16
    for feature, cost in spent.items():
        assert Decimal("0.01") < cost / whole < Decimal("0.3"), feature


def test_there_are_some_hundred_thousand_calls(quarter):
    assert 200_000 < quarter.world.query("select count(*) from calls")[0][0] < 450_000


def daily(quarter, feature):
    return dict(
        quarter.world.query(
            "select day, sum(cost) from billed where feature = ? group by 1 order by 1", [feature]
        )
    )


def test_one_feature_runs_away_for_a_day(quarter):
    spent = daily(quarter, "incident-copilot")
    runaway = date(2026, 11, 5)
    assert spent[runaway] > 5 * max(cost for day, cost in spent.items() if day != runaway)
    sessions = quarter.world.query(
        f"select session_id, count(*) from calls where day = '{runaway}' group by 1 order by 2 desc limit 1"
    )
    assert sessions[0][1] > 500, "one session did it"


def test_one_feature_has_a_step(quarter):
    spent, launch = daily(quarter, "doc-chat"), date(2026, 10, 13)
    before = [spent[launch - timedelta(days=n)] for n in range(1, 15)]
    after = [spent[launch + timedelta(days=n)] for n in range(14)]
    assert sum(after) > Decimal("1.3") * sum(before)


def test_one_feature_starts_within_the_window(quarter):
    spent = quarter.world.query(
        "select min(day) from calls where feature = 'voice-agent' and environment = 'prod'"
    )
    assert spent == [(date(2026, 9, 28),)]


def test_weekends_are_quieter(quarter):
    rows = dict(quarter.world.query("select dayofweek(day), count(*) from calls group by 1"))
    assert max(rows[0], rows[6]) < 0.6 * min(rows[day] for day in range(1, 6))


def test_keys_are_shared_in_the_ways_that_hurt(quarter):
    rows = quarter.world.query(
        "select api_key_id, list(distinct feature), list(distinct environment) "
        "from calls where api_key_id is not null group by 1"
    )
    features = {key: set(names) - {None} for key, names, _ in rows}
    environments = {key: set(names) for key, _, names in rows}
    assert features["key_gateway_prod"] == {
        "doc-chat", "translation", "recommendations", "ticket-summaries",
    }  # fmt: skip
    assert features["apikey_shared"] == {"incident-copilot", "search-answers"}
    assert environments["key_recs_prod"] == {"prod", "staging"}
    assert features["key_play"] == set()


def test_a_deleted_key_is_null_and_its_project_too(quarter):
    client = Client("openai", quarter.env["SOURCES__OPENAI__BASE_URL"])
    path = "organization/usage/completions"
    group_by = ["project_id", "api_key_id"]
    found = client.buckets(path, start_time=1787529600, end_time=1787529600 + 86400, group_by=group_by)
    pairs = {(r["project_id"], r["api_key_id"]) for bucket in found for r in bucket["results"]}
    assert {(None, None), ("proj_legacy", "key_legacy")} <= pairs
    last = quarter.world.query("select max(day) from calls where surface = 'deleted'")
    assert last == [(date(2026, 10, 1),)]


def test_input_is_split_into_disjoint_classes(sandbox):
    subsets = {
        "reasoning": "output",
        "image_input": "uncached_input",
        "image_cache_read": "cache_read",
    }
    for part, whole in subsets.items():
        assert sandbox.world.query(f"select count(*) from calls where {part} > {whole}") == [(0,)]
    for meter in prices.METERS:
        assert sandbox.world.query(f"select count(*) from calls where {meter} < 0") == [(0,)]
        assert sandbox.world.query(f"select sum({meter}) > 0 from calls") == [(True,)], meter


def test_the_context_window_is_that_of_the_whole_prompt(quarter):
    whole = "uncached_input + cache_read + cache_write_5m + cache_write_1h"
    ranges = quarter.world.query(
        f"select context_window, min({whole}), max({whole}) from calls "
        "where provider = 'anthropic' group by 1 order by 1"
    )
    (short, _, top), (long, bottom, largest) = ranges
    assert (short, long) == ("0-200k", "200k-1M")
    assert top <= 200_000 < bottom < largest <= 800_000
    longest = quarter.world.query(
        "select max(uncached_input + cache_read + cache_write_30m) from calls "
        "where provider = 'openai' and endpoint = 'completions'"
    )
    assert longest[0][0] <= 250_000


def test_three_quarters_of_the_voice_is_sound(quarter):
    columns = "uncached_input, audio_input, output, audio_output"
    sums = ", ".join(f"sum({column})::bigint" for column in columns.split(", "))
    text_in, sound_in, text_out, sound_out = quarter.world.query(
        f"select {sums} from calls where model = 'gpt-realtime'"
    )[0]
    assert 0.7 < sound_in / (text_in + sound_in) < 0.8
    assert 0.7 < sound_out / (text_out + sound_out) < 0.8


# Price book ---------------------------------------------------------------------------------------


def test_prices_of_a_model_follow_each_other_without_gap():
    spans = defaultdict(list)
    for provider in calls.providers():
        for price in prices.book(provider).prices():
            spans[price[:4]].append((price.valid_from, price.valid_to))
    for ranges in spans.values():
        assert all(a[1] == b[0] for a, b in pairwise(sorted(ranges)))
    assert max(len(ranges) for ranges in spans.values()) == 2


def test_batch_costs_half():
    book = {tuple(p[1:4]): p.dollars for p in prices.book("openai").prices()}
    for (model, tier, meter), dollars in book.items():
        if tier == "batch" and meter in prices.TOKEN_CLASSES:
            assert dollars * 2 == book[model, "standard", meter]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"feature": "no-such-feature"}, "no-such-feature"),
        ({"key": "key_none"}, "key_none"),
        ({"people": ["nobody"]}, "nobody"),
        ({"colour": "blue"}, "colour"),
        ({"cached": 0.6, "written": 0.5}, "uncached"),
    ],
)
def test_a_slip_in_the_traffic_is_named(monkeypatch, change, named):
    content = facts.read("traffic/openai.yml")
    lines = [content["workloads"][0] | change]
    real = facts.read
    monkeypatch.setattr(
        facts, "read", lambda name: content | {"workloads": lines} if "traffic" in name else real(name)
    )
    with pytest.raises(ValueError, match=named):
        calls.load("openai")


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="gpt-9"):
        prices.book("openai").released("gpt-9")


def test_yaml_is_exact_and_refuses_a_key_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "HERE", tmp_path)
    (tmp_path / "exact.yml").write_text("{price: 0.1, since: 2026-01-02, count: 3}")
    assert facts.read("exact.yml") == {
        "price": Decimal("0.1"),
        "since": date(2026, 1, 2),
        "count": 3,
    }
    assert type(facts.read("exact.yml")["price"]) is Decimal
    (tmp_path / "twice.yml").write_text("{a: 1, a: 2}")
    with pytest.raises(ValueError, match="written twice: a"):
        facts.read("twice.yml")
