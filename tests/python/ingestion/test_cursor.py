"""Cursor over HTTP: what is special about its pages in the body, its events without an id, its snapshots."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from ingestion.common import pipeline
from ingestion.common.errors import IngestionError
from ingestion.common.windows import Window
from ingestion.sandbox.apis import cursor as played
from ingestion.sources import cursor

DAY = "2026-11-10"
TABLES = ("usage_events", "daily_usage", "spend", "members")
BILLED = "is_chargeable and kind = 'Usage-based'"


def billed(warehouse):
    sql = f"""
        select charge_date, sum(cast(charged_cents as decimal(38, 18)) * 0.01)
        from raw_cursor.usage_events where {BILLED} group by 1 order by 1
    """
    return {str(day): Decimal(total).normalize() for day, total in warehouse.rows(sql)}


def true_costs(sandbox):
    totals = {}
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "cursor":
            totals[str(row["day"])] = totals.get(str(row["day"]), Decimal()) + row["cost"]
    return {day: total.normalize() for day, total in totals.items()}


def test_every_fraction_of_a_cent_lands_and_a_second_run_changes_nothing(warehouse, sandbox):
    code, said = warehouse.load("cursor")
    assert code == 0, said
    assert billed(warehouse) == true_costs(sandbox)
    before = {table: warehouse.contents(f"raw_cursor.{table}") for table in TABLES}
    assert warehouse.load("cursor")[0] == 0
    assert {table: warehouse.contents(f"raw_cursor.{table}") for table in TABLES} == before


def test_the_amount_of_an_event_is_cost_less_discount_and_fee(warehouse):
    warehouse.load("cursor")
    decimal = "cast({} as decimal(38, 18))".format
    whole = f"{decimal('total_cents')} * (100 - coalesce(cast(discount_percent_off as integer), 0)) / 100"
    differ = f"""
        select count(*) from raw_cursor.usage_events
        where total_cents is not null and kind not like 'Errored%'
            and cast({whole} + {decimal("token_fee_cents")} as decimal(38, 10))
                <> cast(charged_cents as decimal(38, 10))
    """
    assert warehouse.rows(differ) == [(0,)]
    discounted = "select count(*) > 0 from raw_cursor.usage_events where discount_percent_off = '20'"
    assert warehouse.rows(discounted) == [(True,)]


def test_what_is_included_has_an_amount_and_what_is_paid_by_the_request_no_tokens(warehouse):
    warehouse.load("cursor")
    included = "kind like 'Included%' and not is_chargeable"
    assert warehouse.rows(
        f"select min(cast(charged_cents as double)) > 0 from raw_cursor.usage_events where {included}"
    ) == [(True,)]
    assert warehouse.rows(
        "select count(*) > 0, count(input_tokens), count(total_cents) from raw_cursor.usage_events "
        "where not is_token_based"
    ) == [(True, 0, 0)]


def test_a_restated_day_and_a_withdrawn_one_replace_what_was_there(warehouse, sandbox, control):
    warehouse.load("cursor")
    before = billed(warehouse)
    control("restate", provider="cursor", day=DAY, factor="1.05")
    assert warehouse.load("cursor", since=DAY, until=DAY)[0] == 0
    assert billed(warehouse) == true_costs(sandbox)
    assert billed(warehouse)[DAY] > before[DAY]
    control("restate", withdraw={"provider": "cursor", "day": DAY})
    assert warehouse.load("cursor", since=DAY, until=DAY, more=["--accept-fewer-rows"])[0] == 0
    assert DAY not in billed(warehouse)
    logged = f"table_name = 'usage_events' and charge_date = '{DAY}'"
    assert warehouse.rows(f"select count(*) from raw_cursor.load_log where {logged}") == [(3,)]


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(cursor, "ROWS_A_PAGE", 7)
    monkeypatch.setattr(cursor, "LONGEST_WINDOW", 2)
    monkeypatch.setattr(cursor, "REQUESTS_A_MINUTE", 10_000)


def test_pages_and_periods_are_followed_to_their_end(warehouse, sandbox, small_pages):
    code, said = warehouse.load("cursor")
    assert code == 0, said
    assert billed(warehouse) == true_costs(sandbox)


def test_a_window_is_asked_for_in_periods_of_thirty_days():
    parts = [body for _, body in cursor.periods(Window(date(2026, 8, 24), date(2026, 11, 21)))]
    days = [(part["endDate"] - part["startDate"]) // 86_400_000 for part in parts]
    assert days == [30, 30, 30]
    assert all(a["endDate"] == b["startDate"] for a, b in pairwise(parts))


def with_events(monkeypatch, change):
    """Let the API tell other events than happened."""
    told = played.events_of
    monkeypatch.setattr(played, "events_of", lambda *asked: change(told(*asked)))


def test_equal_events_of_parallel_agents_are_all_kept_also_across_pages(
    warehouse, monkeypatch, small_pages, sandbox
):
    def twice(found):
        return [event for event in found for _ in range(2 if event["isChargeable"] else 1)]

    with_events(monkeypatch, twice)
    code, said = warehouse.load("cursor")
    assert code == 0, said
    doubled = {day: 2 * cost for day, cost in true_costs(sandbox).items()}
    assert billed(warehouse) == {day: cost.normalize() for day, cost in doubled.items()}
    assert warehouse.rows("select count(*) = count(distinct line_id) from raw_cursor.usage_events") == [
        (True,)
    ]


def test_an_event_of_the_first_instant_after_the_window_is_left_to_the_next(warehouse, monkeypatch, sandbox):
    def one_more(found):
        return found and [{**found[0], "timestamp": "1794528000000"}, *found]

    with_events(monkeypatch, one_more)
    assert warehouse.load("cursor")[0] == 0
    assert billed(warehouse) == true_costs(sandbox)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"timestamp": "1794614400000"}, "the reply holds 2026-11-14, which was not asked for"),
        ({"timestamp": "2026-11-10T00:00:00Z"}, "is no time in epoch milliseconds"),
        ({"timestamp": None}, "an event has no timestamp"),
        ({"chargedCents": None}, "an event has no chargedCents"),
        ({"chargedCents": "1,000.00"}, '"1,000.00" is no number'),
        ({"chargedCents": "NaN"}, '"NaN" is no number'),
        ({"kind": None}, "column kind: is empty"),
        ({"tokenUsage": {"inputTokens": "many"}}, "input_tokens"),
        ({"tokenUsage": {"inputTokens": -1}}, "is below zero"),
    ],
)
def test_an_event_that_cannot_be_read_stops_the_run(warehouse, monkeypatch, change, told):
    with_events(monkeypatch, lambda found: [{**found[0], **change}, *found[1:]])
    code, said = warehouse.load("cursor")
    assert code == 1, said
    assert told in said
    assert "Traceback" not in said


def test_a_kind_that_nobody_knows_yet_lands(warehouse, monkeypatch):
    with_events(monkeypatch, lambda found: [{**event, "kind": "Bring your own key"} for event in found])
    assert warehouse.load("cursor")[0] == 0
    assert warehouse.rows("select distinct kind from raw_cursor.usage_events") == [("Bring your own key",)]


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        (lambda rows, page, size: (rows[:size], 3), "where the reply promises"),
        (lambda rows, page, size: ([] if page == 2 else rows[:size], 3), "is empty, and another one is said"),
        (lambda rows, page, size: (rows[:size], 1), "where the reply promises"),
    ],
)
def test_pages_that_repeat_or_break_off_stop_the_run(warehouse, monkeypatch, small_pages, cut, told):
    monkeypatch.setattr(played, "_cut", cut)
    code, said = warehouse.load("cursor", since=DAY, until=DAY)
    assert code == 1, said
    assert told in said


class Reply:
    """A reply of the API, as a paginator sees it."""

    url = "https://api.cursor.com/teams/filtered-usage-events"

    def __init__(self, number, pages, rows=1, more=None, total=2):
        self.payload = {
            "usageEvents": [{}] * rows,
            "totalUsageEventsCount": total,
            "pagination": {"currentPage": number, "numPages": pages, "hasNextPage": more},
        }

    def json(self):
        return self.payload


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([Reply(1, 2), Reply(2, 2)], None),
        ([Reply(1, 2), Reply(1, 2)], "page 2 was asked for, and page 1 came"),
        ([Reply(1, 2, more=False)], "contradicts itself"),
        ([Reply(1, 1, rows=1)], "1 rows came, where the reply promises 2"),
    ],
)
def test_a_page_must_be_the_one_that_was_asked_for(replies, told):
    import requests

    pages = cursor.Pages(
        "usageEvents", "pagination.currentPage", "pagination.numPages", "totalUsageEventsCount"
    )
    pages.init_request(requests.Request(method="POST", url=Reply.url, json={}))
    try:
        for reply in replies:
            pages.update_state(reply)
    except IngestionError as error:
        assert told
        assert told in str(error)
    else:
        assert told is None
        assert not pages.has_next_page


def test_idle_members_hold_seats_and_who_left_stays_by_name(warehouse):
    warehouse.load("cursor")
    idle = (
        "select distinct email from raw_cursor.daily_usage where not is_active group by 1 having count(*) = 6"
    )
    assert ("sander.vos@larkspur.example",) in warehouse.rows(idle)
    assert warehouse.rows("select count(*) from raw_cursor.daily_usage") == [(7 * 6,)]
    assert warehouse.rows("select email from raw_cursor.members where is_removed") == [
        ("ruth.adeyemi@larkspur.example",)
    ]


def test_the_running_cycle_is_kept_for_each_day_on_which_it_was_read(warehouse, monkeypatch, sandbox):
    window = pipeline.Run.window
    for day in (date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 13)):
        monkeypatch.setattr(
            pipeline.Run,
            "window",
            lambda run, table, day=day: Window(day, day) if table.snapshot else window(run, table),
        )
        assert warehouse.load("cursor", since="2026-11-12")[0] == 0
    kept = warehouse.rows(
        "select charge_date, count(*), any_value(cycle_start) from raw_cursor.spend group by 1 order by 1"
    )
    cycle = date(2026, 11, 1)
    assert kept == [(date(2026, 11, 12), 7, cycle), (date(2026, 11, 13), 7, cycle)]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"half_reply": 50}, "the reply broke off in the middle"),
        ({"empty_reply": 50}, "the reply is no page of data"),
    ],
)
def test_a_fault_leaves_the_warehouse_as_it_was(warehouse, control, fault, told):
    warehouse.load("cursor", since=DAY)
    before = {table: warehouse.contents(f"raw_cursor.{table}") for table in (*TABLES, "load_log")}
    control("faults", provider="cursor", **fault)
    code, said = warehouse.load("cursor", since=DAY)
    assert code == 1, said
    assert told in said
    assert {table: warehouse.contents(f"raw_cursor.{table}") for table in (*TABLES, "load_log")} == before


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [
        ("API_KEY", "nonsense", 401),
        ("API_KEY", "key_member_larkspur", 403),
        ("BASE_URL", "{}/nowhere", 404),
    ],
)
def test_a_refusal_is_an_error_and_never_an_empty_table(
    warehouse, monkeypatch, sandbox, variable, value, status
):
    name = f"SOURCES__CURSOR__{variable}"
    monkeypatch.setenv(name, value.format(sandbox.env["SOURCES__CURSOR__BASE_URL"]))
    code, said = warehouse.load("cursor", since=DAY)
    assert code == 1
    assert f"the API answered {status}" in said
    assert value not in said
    assert not warehouse.path.exists() or warehouse.rows(
        "select count(*) from information_schema.tables where table_schema = 'raw_cursor' "
        "and table_name = 'usage_events'"
    ) == [(0,)]


def test_a_minute_never_sees_more_requests_than_are_allowed(monkeypatch):
    clock, asked = [1000.0], []

    def sleep(seconds):
        clock[0] += seconds

    monkeypatch.setattr(cursor.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(cursor.time, "sleep", sleep)
    pace = cursor.Pace(3)
    for _ in range(8):
        asked.append(clock[0])
        clock[0] += 1
        pace(None)
    assert asked[:3] == [1000.0, 1001.0, 1002.0], "what is allowed is not slowed down"
    assert all(later - earlier >= 60 for earlier, later in zip(asked, asked[3:], strict=False))
