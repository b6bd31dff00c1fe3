"""GitHub Copilot over HTTP: days, users and cost centres that must be asked for, seats without a past."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.sandbox.apis import github_copilot as played
from ingestion.sources import github_copilot

SINCE = {"since": "2026-11-09", "until": "2026-11-10"}
DAY = "2026-11-10"


def net(warehouse, table="usage", where="true"):
    sql = f"""
        select charge_date, sum(cast(net_dollars as decimal(38, 18)))
        from raw_github_copilot.{table} where {where} group by 1
    """
    return {str(day): Decimal(total).normalize() for day, total in warehouse.rows(sql) if total}


def true_costs(sandbox):
    totals = {}
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "github_copilot" and SINCE["since"] <= str(row["day"]) <= SINCE["until"]:
            totals[str(row["day"])] = totals.get(str(row["day"]), Decimal()) + row["cost"]
    return {day: total.normalize() for day, total in totals.items()}


def test_every_amount_lands_by_day_and_again_by_user_and_a_second_run_changes_nothing(warehouse, sandbox):
    code, said = warehouse.load("github_copilot", **SINCE)
    assert code == 0, said
    assert net(warehouse) == net(warehouse, "user_usage") == true_costs(sandbox)
    tables = ("usage", "user_usage", "seats")
    before = {table: warehouse.contents(f"raw_github_copilot.{table}") for table in tables}
    assert warehouse.load("github_copilot", **SINCE)[0] == 0
    assert {table: warehouse.contents(f"raw_github_copilot.{table}") for table in tables} == before


def test_gross_less_discount_is_net_and_credits_are_no_dollars(warehouse):
    warehouse.load("github_copilot", **SINCE)
    decimal = "cast({} as decimal(38, 18))".format
    differ = f"""
        select count(*) from raw_github_copilot.usage
        where {decimal("gross_dollars")} - {decimal("discount_dollars")} <> {decimal("net_dollars")}
            or {decimal("net_quantity")} <> {decimal("net_dollars")} * 100
    """
    assert warehouse.rows(differ) == [(0,)]
    assert warehouse.rows(
        "select count(*) > 0 from raw_github_copilot.usage where discount_dollars <> '0'"
    ) == [(True,)]


def test_without_being_asked_for_a_cost_centre_is_left_out(warehouse, sandbox, monkeypatch):
    warehouse.load("github_copilot", **SINCE)
    of_center = net(warehouse, where="cost_center = 'cc-build'")
    monkeypatch.setenv("SOURCES__GITHUB_COPILOT__COST_CENTERS", "[]")
    assert warehouse.load("github_copilot", **SINCE)[0] == 0
    assert of_center
    rest = {day: cost - of_center.get(day, 0) for day, cost in true_costs(sandbox).items()}
    assert net(warehouse) == {day: cost.normalize() for day, cost in rest.items()}


def test_a_withdrawn_day_empties(warehouse, sandbox, control):
    warehouse.load("github_copilot", **SINCE)
    control("restate", provider="github_copilot", day="2026-11-09", factor="1.5")
    control("restate", withdraw={"provider": "github_copilot", "day": DAY})
    assert warehouse.load("github_copilot", **SINCE)[0] == 0
    assert DAY not in net(warehouse)
    assert net(warehouse) == net(warehouse, "user_usage") == true_costs(sandbox)


def test_days_before_june_are_asked_of_the_report_of_premium_requests():
    reports = {day: github_copilot.asked(date(2026, *day))["report"] for day in ((5, 31), (6, 1))}
    assert reports == {(5, 31): "premium_request", (6, 1): "ai_credit"}


def test_users_are_asked_for_in_months_first_and_then_by_day(warehouse, monkeypatch):
    asked = []
    told = played._usage

    def noted(world, organization, *, is_credits):
        asked.append(dict(played.request.args))
        return told(world, organization, is_credits=is_credits)

    monkeypatch.setattr(played, "_usage", noted)
    assert warehouse.load("github_copilot", **SINCE)[0] == 0
    by_user = [args for args in asked if "user" in args and "day" in args]
    assert not [args for args in asked if args.get("user") == "leila-larkspur"], "never active"
    assert {args["user"] for args in by_user if args.get("cost_center")} == {"jonas-larkspur"}
    assert {args["day"] for args in asked if "user" not in args} == {"9", "10"}


@pytest.mark.parametrize("ignored", ["user", "cost_center", "day"])
def test_a_filter_that_the_api_passes_over_is_an_error(warehouse, monkeypatch, ignored):
    told = played.wire.answer

    def forgetful(payload, status=200):
        if "usageItems" in payload:
            payload = {
                k: v for k, v in payload.items() if k != {"cost_center": "costCenter"}.get(ignored, ignored)
            }
            if ignored == "day":
                payload["timePeriod"] = {k: v for k, v in payload["timePeriod"].items() if k != "day"}
        return told(payload, status)

    monkeypatch.setattr(played.wire, "answer", forgetful)
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 1, said
    assert f"the reply is not about {ignored}" in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"netAmount": None}, "has no netAmount"),
        ({"netAmount": "1,000.00"}, '"1,000.00" is no number'),
        ({"sku": None}, "column sku: is empty"),
    ],
)
def test_an_item_that_cannot_be_read_stops_the_run(warehouse, monkeypatch, change, told):
    made = played._item
    monkeypatch.setattr(played, "_item", lambda *given: {**made(*given), **change})
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 1, said
    assert told in said


def test_seats_are_followed_to_the_last_page_and_counted(warehouse, monkeypatch):
    monkeypatch.setattr(github_copilot, "SEATS_A_PAGE", 2)
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 0, said
    assert warehouse.rows(
        "select user_login, plan_type, last_activity_at is null from raw_github_copilot.seats order by 1"
    ) == [
        (f"{name}-larkspur", "business", name == "leila")
        for name in ("jonas", "leila", "priya", "sander", "tomas")
    ]
    seats = played._seat
    monkeypatch.setattr(
        played,
        "_seats",
        lambda world, organization: played.wire.answer(
            {"total_seats": 5, "seats": [seats("priya", played._members()["priya"], None)]}
        ),
    )
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 1
    assert "1 seats came, where the reply promises 5" in said


@pytest.mark.parametrize(
    ("fault", "told"),
    [({"half_reply": 500}, "the reply broke off"), ({"empty_reply": 500}, "the reply is no page of data")],
)
def test_a_fault_leaves_the_warehouse_as_it_was(warehouse, control, fault, told):
    warehouse.load("github_copilot", since=DAY, until=DAY)
    before = {t: warehouse.contents(f"raw_github_copilot.{t}") for t in ("usage", "seats", "load_log")}
    control("faults", provider="github_copilot", **fault)
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 1, said
    assert told in said
    assert {t: warehouse.contents(f"raw_github_copilot.{t}") for t in before} == before


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [("API_KEY", "nonsense", 401), ("API_KEY", "ghp_member", 403), ("ORGANIZATION", "elsewhere", 404)],
)
def test_a_refusal_is_an_error_and_never_an_empty_table(warehouse, monkeypatch, variable, value, status):
    monkeypatch.setenv(f"SOURCES__GITHUB_COPILOT__{variable}", value)
    code, said = warehouse.load("github_copilot", since=DAY, until=DAY)
    assert code == 1
    assert f"the API answered {status}" in said
    assert not warehouse.path.exists()
