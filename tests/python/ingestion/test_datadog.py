"""Datadog over HTTP: months, final before estimated, and the total never beside its parts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from front import front_of

from ingestion.sandbox import saas, wire

FINAL, ESTIMATED = "historical_cost", "estimated_cost"
OCTOBER = {"since": "2026-10-05", "until": "2026-11-12"}


def organization(month, *charges, name="Larkspur"):
    """One organization's month, each charge [product, type, cost]."""
    return {
        "id": f"{name}-{month}",
        "type": "cost_by_org",
        "attributes": {
            "date": f"{month}-01T00:00:00Z",
            "org_name": name,
            "public_id": name.lower(),
            "region": "us",
            "charges": [
                dict(zip(("product_name", "charge_type", "cost"), charge, strict=True)) for charge in charges
            ],
        },
    }


def product(name, committed, on_demand, total=None):
    """A product's charges as Datadog tells them."""
    total = Decimal(committed) + Decimal(on_demand) if total is None else total
    return [
        [name, kind, Decimal(cost)]
        for kind, cost in (("committed", committed), ("on_demand", on_demand), ("total", total))
    ]


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__DATADOG__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__DATADOG__BASE_URL", running.base_url + path)
        yield running


@pytest.fixture
def replies(front):
    """What the two reports hold, instead of the sandbox's; a month that was not asked for stays out."""
    held = {FINAL: [], ESTIMATED: []}

    @front.change
    def made(request, reply):
        report = request.path.rsplit("/", 1)[1]
        first, last = request.args["start_month"], request.args["end_month"]
        found = [item for item in held[report] if first <= item["attributes"]["date"][:7] <= last]
        reply.status_code = 200
        reply.set_data(wire.dumps({"data": found}))

    return held


def costs(warehouse):
    """What is charged, by month, product and type."""
    columns = "charge_date, product_name, charge_type, status, cost_usd"
    found = warehouse.rows(f"select {columns} from raw_datadog.costs order by 1, 2, 3")
    return [(str(day)[:7], *rest) for day, *rest in found]


def test_what_is_charged_is_the_truth_and_so_are_the_totals(warehouse, sandbox):
    code, said = warehouse.load("datadog")
    assert code == 0, said
    true = sum(line.cost for line in saas.lines(sandbox.world, "datadog"))
    for kinds in ("in ('committed', 'on_demand')", "= 'total'"):
        sql = (
            f"select sum(cast(cost_usd as decimal(38, 18))) from raw_datadog.costs where charge_type {kinds}"
        )
        assert warehouse.rows(sql) == [(true,)]
    assert warehouse.rows("select distinct charge_date from raw_datadog.costs") == [(date(2026, 11, 1),)]
    [(until,)] = warehouse.rows("select distinct accrued_until from raw_datadog.costs")
    assert "2026-11-01" <= until <= "2026-11-30"


def test_the_parent_asks_for_its_organizations_and_each_is_told_apart(warehouse, front):
    assert warehouse.load("datadog")[0] == 0
    asked = [(path.rsplit("/", 1)[1], args) for path, args in front.asked]
    wanted = {"view": ["sub-org"], "start_month": ["2026-11"], "end_month": ["2026-11"]}
    assert asked == [(FINAL, wanted), (ESTIMATED, wanted)]
    names = warehouse.rows("select distinct org_name from raw_datadog.costs order by 1")
    assert names == [("Larkspur",), ("Larkspur staging",)]


def test_the_final_cost_replaces_the_estimate(warehouse, replies):
    october = organization("2026-10", *product("infra_host", 90, "12.5"))
    replies[ESTIMATED] += [october, organization("2026-11", *product("infra_host", 40, 2))]
    assert warehouse.load("datadog", **OCTOBER)[0] == 0
    assert {row[3] for row in costs(warehouse)} == {"estimated"}
    # Of October the estimate still stands there, and must not be read beside the final cost.
    replies[FINAL].append(organization("2026-10", *product("infra_host", 90, "11.25")))
    assert warehouse.load("datadog", **OCTOBER)[0] == 0
    assert [row for row in costs(warehouse) if row[0] == "2026-10"] == [
        ("2026-10", "infra_host", "committed", "final", "90"),
        ("2026-10", "infra_host", "on_demand", "final", "11.25"),
        ("2026-10", "infra_host", "total", "final", "101.25"),
    ]
    assert len(costs(warehouse)) == 6


def test_a_final_month_covers_all_of_it_and_a_running_one_the_days_that_are_over(warehouse, replies):
    replies[FINAL].append(organization("2026-10", *product("infra_host", 90, 0)))
    current = date.today().replace(day=1)
    replies[ESTIMATED].append(organization(f"{current:%Y-%m}", *product("infra_host", 90, 0)))
    code, said = warehouse.load("datadog", since="2026-10-05", until=str(date.today() - timedelta(days=1)))
    assert code == 0, said
    until = dict(warehouse.rows("select distinct charge_date, accrued_until from raw_datadog.costs"))
    assert until[date(2026, 10, 1)] == "2026-10-31"
    if date.today().day > 1:
        assert until[current] == str(date.today() - timedelta(days=1))


def test_a_product_that_is_gone_goes(warehouse, replies):
    replies[FINAL].append(organization("2026-10", *product("infra_host", 90, 0), *product("apm_host", 1, 0)))
    assert warehouse.load("datadog", **OCTOBER)[0] == 0
    replies[FINAL][:] = [organization("2026-10", *product("infra_host", 90, 0))]
    assert warehouse.load("datadog", **OCTOBER)[0] == 0
    assert {row[1] for row in costs(warehouse)} == {"infra_host"}


def test_doubles_keep_their_text_and_their_last_digits_are_no_difference(warehouse, replies):
    replies[FINAL].append(
        organization("2026-10", *product("logs", "0.1", "0.2", total="0.30000000000000004"))
    )
    code, said = warehouse.load("datadog", **OCTOBER)
    assert code == 0, said
    assert [row[4] for row in costs(warehouse)] == ["0.1", "0.2", "0.30000000000000004"]


@pytest.mark.parametrize(
    ("charges", "told"),
    [
        pytest.param(
            product("logs", 5, 2, total=8), "committed and on demand are 7, the total is 8", id="more"
        ),
        pytest.param([["logs", "total", 8]], "committed and on demand are 0, the total is 8", id="no parts"),
        pytest.param([["logs", "on_demand", 8]], "are 8, and there is no total", id="no total"),
        pytest.param(
            [*product("logs", 5, 2), ["logs", "committed", 5]], "committed of logs stands twice", id="twice"
        ),
        pytest.param(
            [*product("logs", 5, 2), ["logs", "prepaid", 1]], '"prepaid" is a charge type', id="new type"
        ),
    ],
)
def test_money_that_may_be_counted_twice_names_product_and_organization(warehouse, replies, charges, told):
    replies[FINAL].append(organization("2026-10", *charges, name="Larkspur staging"))
    code, said = warehouse.load("datadog", **OCTOBER)
    assert code == 1
    assert told in said
    assert "logs" in said
    assert "Larkspur staging" in said
    assert "2026-10" in said


def test_a_month_without_final_cost_and_too_old_for_an_estimate_stays(warehouse, replies):
    september = organization("2026-09", *product("infra_host", 90, 0))
    replies[ESTIMATED].append(september)
    assert warehouse.load("datadog", since="2026-09-01", until="2026-10-31")[0] == 0
    replies[ESTIMATED][:] = [organization("2026-11", *product("infra_host", 40, 2))]
    code, said = warehouse.load("datadog", since="2026-09-01", until="2026-11-12")
    assert code == 0, said
    assert "no final cost of 2026-09 yet; what is loaded of it stays" in said
    assert {row[0] for row in costs(warehouse)} == {"2026-09", "2026-11"}


def test_both_keys_are_needed(warehouse, monkeypatch):
    monkeypatch.delenv("SOURCES__DATADOG__APPLICATION_KEY")
    code, said = warehouse.load("datadog")
    assert code == 2
    assert "set SOURCES__DATADOG__APPLICATION_KEY" in said
