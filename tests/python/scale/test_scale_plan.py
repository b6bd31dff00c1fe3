"""The plan of `make scale-plan`: what a statement scans, what prunes it, how bytes become money."""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from commands.scale_plan import __main__ as command
from commands.scale_plan import plan, sizes
from commands.scale_plan.plan import DAILY, FIRST, RULE, Cost, Warehouse
from commands.scale_plan.sizes import Bill, Table
from commands.scale_plan.statements import Reader, UnreadableError

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs/scale.md"

DAYS = """
    select days.source, days.day from d.days as days
    left join (select source, max(changed_at) as seen_at from d.t group by source) as seen
        on days.source = seen.source
    where seen.seen_at is null or days.changed_at > seen.seen_at
"""


@pytest.fixture
def reader():
    reader = Reader("bigquery")
    reader.add_table("d.t", ["day", "name", "cost", "note"])
    reader.add_table("d.days", ["source", "day", "changed_at"])
    return reader


def scanned(reader, sql, relation="d.t"):
    """The columns that a statement reads of a table, how often, and by what it prunes."""
    return [
        (sorted(scan.columns), scan.times, dict(scan.filters))
        for scan in reader.query(sql).scans().values()
        if scan.relation == relation
    ]


def test_only_columns_that_something_asks_for_are_read(reader):
    sql = """
        with lines as (select * from d.t), named as (select *, note from lines)
        select cost from named where name > ''
    """
    assert scanned(reader, sql) == [(["cost", "name"], 1, {"name": "constant"})]


def test_counting_rows_reads_no_column(reader):
    assert scanned(reader, "select count(*) as lines from d.t") == [([], 1, {})]


def test_distinct_rows_need_all_their_columns(reader):
    sql = "select day from (select distinct day, name from d.t) as some"
    assert scanned(reader, sql) == [(["day", "name"], 1, {})]


def test_a_union_reads_the_same_place_of_each_branch(reader):
    branches = "select name as a, cost as b from d.t union all select note, day from d.t"
    sql = f"select b from ({branches}) as branches"
    assert sorted(scanned(reader, sql)) == [(["cost"], 1, {}), (["day"], 1, {})]


def test_a_cte_is_read_as_often_as_it_is_referenced(reader):
    sql = """
        with lines as (select name, cost from d.t),
        twice as (select * from lines union all select * from lines)
        select twice.name from twice inner join lines on twice.name = lines.name
    """
    assert scanned(reader, sql) == [(["name"], 3, {})]


def test_views_are_read_as_the_tables_below_them(reader):
    reader.add_view("d.v", "select day, name, cost * 2 as cost from d.t")
    reader.add_view("d.w", "select day, cost from d.v")
    assert scanned(
        reader, "select one.cost from d.w as one inner join d.w as other on one.day = other.day"
    ) == [
        (["cost", "day"], 1, {}),
        (["day"], 1, {}),
    ]


def test_a_constant_prunes_through_views_and_ctes(reader):
    reader.add_view("d.v", "select day, name from d.t")
    sql = "with all_of_it as (select * from d.v) select name from all_of_it where day >= date '2026-01-01'"
    assert scanned(reader, sql) == [(["day", "name"], 1, {"day": "constant"})]
    in_part = sql + " union all select name from all_of_it"
    assert scanned(reader, f"with {in_part[5:]}") == [(["day", "name"], 2, {})]


def test_changed_days_prune_what_is_joined_to_them(reader):
    sql = f"""
        with changed as ({DAYS})
        select t.cost from d.t as t inner join changed on t.day = changed.day
    """
    assert (["cost", "day"], 1, {"day": "joined"}) in scanned(reader, sql)


def test_an_outer_join_prunes_only_what_it_adds(reader):
    sql = f"""
        with changed as ({DAYS})
        select t.cost from d.t as t left join changed on t.day = changed.day
    """
    assert (["cost", "day"], 1, {}) in scanned(reader, sql)


def test_a_delete_of_changed_days_is_known_as_one(reader):
    sql = f"""
        delete from d.t as stored
        where exists (select 1 from ({DAYS}) as changed where changed.day = stored.day)
    """
    assert (["day"], 1, {"day": "joined"}) in scanned(reader, sql)


def test_a_filter_stays_above_a_window_that_the_day_does_not_part(reader):
    sql = """
        with w as (select day, name, row_number() over (order by {}) as n from d.t)
        select w.n from w inner join ({}) as c on w.day = c.day
    """
    [(_, _, all_days)] = [row for row in scanned(reader, sql.format("name", DAYS)) if "name" in row[0]]
    assert all_days == {}
    parted = sql.replace("order by {}", "partition by {} order by name")
    [(_, _, some)] = [row for row in scanned(reader, parted.format("day", DAYS)) if "name" in row[0]]
    assert some == {"day": "joined"}


def test_windows_without_a_key_and_joins_without_equality_are_found(reader):
    query = reader.query(
        "select row_number() over (order by a.name) as n, sum(a.cost) over (partition by a.day) as s"
        " from d.t as a inner join d.days as b on a.day >= b.day"
    )
    assert sorted(one.kind for one in query.whole()) == [
        "join without an equality",
        "window without a partition key",
    ]


def test_a_statement_that_cannot_be_read_is_named(reader):
    with pytest.raises(UnreadableError, match=r"model\.x"):
        reader.query("select from where", "model.x")


# A project of one raw table, one fact by days, one view and one mart, as compile_project.py would note it.
FACT = "select raw.day, raw.name, raw.cost from p.raw.lines as raw"
BY_DAY = f"{FACT} inner join ({DAYS.replace('d.', 'p.apportion.')}) as changed on raw.day = changed.day"
DELETE = (
    "delete from p.apportion.t as stored where exists (select 1 from"
    f" ({DAYS.replace('d.', 'p.apportion.')}) as changed where changed.day = stored.day)"
)
DAY_COLUMN = "day"


def node(kind, materialized, relation, sql, depends_on=(), **more):
    form = {"sql": sql, "file": "", "hooks": []}
    forms = {"full": form} | ({"incremental": form | more["daily"]} if "daily" in more else {})
    return {
        "type": kind,
        "relation": relation and f"p.apportion.{relation}",
        "materialized": materialized,
        "depends_on": list(depends_on),
        "column_types": {"source": "text", "day": "date", "changed_at": "timestamp"},
        "partition_by": {"field": "charge_date"} if relation == "t" else None,
        "cluster_by": ["charge_date"] if relation == "t" else None,
        "forms": forms if kind != "seed" else {},
    }


@pytest.fixture
def tiny():
    """The tiny project's statements with charge_date for day, which is what the raw tables lie by."""

    def dated(text):
        return re.sub(r"\bday\b", "charge_date", text)

    fact = node("model", "incremental", "t", dated(FACT), ["seed.days"])
    fact["forms"]["incremental"] = {"sql": dated(BY_DAY), "file": "", "hooks": [dated(DELETE)]}
    mart = node(
        "model", "table", "m", "select name, sum(cost) as cost from p.apportion.v group by name", ["v"]
    )
    view = node("model", "view", "v", "select name, cost from p.apportion.t", ["t", plan.RULES])
    seed = node("seed", "seed", "days", "")
    seed["column_types"] = {"source": "text", "charge_date": "date", "changed_at": "timestamp"}
    return {
        "raw_tables": {"p.raw.lines": {"charge_date": "date", "name": "text", "cost": "text"}},
        "nodes": {
            "seed.days": seed,
            plan.RULES: node("seed", "seed", "rules", ""),
            "t": fact,
            "v": view,
            "m": mart,
            "test": node("test", "test", None, "select name from p.apportion.t where name is null", ["t"]),
        },
    }


LINES = (Fraction(0), Fraction(1), Fraction(0), Fraction(0), Fraction(0))
TABLES = {
    "raw.lines": Table(LINES, {"charge_date": Fraction(8), "name": Fraction(10), "cost": Fraction(6)}),
    "main.t": Table(LINES, {"charge_date": Fraction(8), "name": Fraction(10), "cost": Fraction(32)}),
    "main.m": Table((0, 0, 0, Fraction(1), 0), {"name": Fraction(10), "cost": Fraction(32)}),
}
BILL = Bill(1_000_000, 100, 1_000)


def test_a_first_build_reads_and_writes_every_row_once(tiny):
    warehouse = Warehouse("bigquery", tiny, TABLES)
    costs = warehouse.run(FIRST, BILL, 1, 0)
    assert costs["t"] == Cost(read=24_000_000, billed=24_000_000, written=50_000_000)
    assert costs["m"] == Cost(read=42_000_000, billed=42_000_000, written=42_000)
    assert costs["test"] == Cost(read=10_000_000, billed=10_000_000)
    assert "v" not in costs or costs["v"] == Cost()


def test_a_day_is_pruned_on_snowflake_and_not_by_a_join_on_bigquery(tiny):
    """Bytes of the fact: the delete reads its day and all of it, the insert the raw lines."""
    [big, snow] = [
        Warehouse(engine, tiny, TABLES).run(DAILY, BILL, 1, 0)["t"] for engine in ("bigquery", "snowflake")
    ]
    seen = 0  # max(changed_at) of a table without that column
    assert big.billed == 8_000_000 + 50_000_000 + 24_000_000 + seen
    # The delete stores what stays of the partitions it touches; the insert the day itself.
    assert snow.read == (8_000_000 + 50_000_000 + 24_000_000) // 100
    assert snow.written == 2 * 50_000_000 // 100
    assert big.written == 50_000_000 // 100


def test_a_constant_filter_makes_bigquery_prune_too(tiny):
    daily = tiny["nodes"]["t"]["forms"]["incremental"]
    daily["hooks"] = [daily["hooks"][0] + " and stored.charge_date >= date '2026-01-01'"]
    cost = Warehouse("bigquery", tiny, TABLES).run(DAILY, BILL, 1, 0)["t"]
    assert cost.billed == (8_000_000 + 50_000_000) // 100 + 24_000_000


def test_constant_days_prune_raw_tables_that_are_partitioned(tiny):
    daily = tiny["nodes"]["t"]["forms"]["incremental"]
    daily["sql"] += " where raw.charge_date in (date '2026-01-01')"
    warehouse = Warehouse("bigquery", tiny, TABLES)
    some, whole = (
        one.run(DAILY, BILL, 1, 0)["t"].billed for one in (warehouse, warehouse.without_raw_partitions())
    )
    assert whole - some == 24_000_000 * 99 // 100


def test_a_rule_change_runs_what_follows_the_rules_and_writes_no_fact(tiny):
    costs = Warehouse("snowflake", tiny, TABLES).run(RULE, BILL, 1, 0)
    assert {name for name, cost in costs.items() if cost != Cost()} == {"m"}


def test_twice_the_lines_are_twice_the_bytes_of_what_grows_with_lines(tiny):
    warehouse = Warehouse("bigquery", tiny, TABLES)
    more = Bill(2 * BILL.lines, BILL.days, BILL.tuples)
    once, twice = (warehouse.run(FIRST, bill, 1, 0) for bill in (BILL, more))
    assert twice["t"] == once["t"] + once["t"]
    assert twice["m"].written == once["m"].written


def test_each_table_named_is_billed_its_least(tiny):
    cost = Warehouse("bigquery", tiny, {}).run(FIRST, BILL, 1, 10)["m"]
    assert cost == Cost(billed=10)


@pytest.mark.parametrize(
    "growth",
    [
        (1000, 0, 0, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 0, 10, 0, 0),
        (0, 0, 0, 2, 0),
        (0, 0, 8810, 0, Fraction(11, 10)),
    ],
)
def test_growth_is_found_with_no_more_terms_than_needed(growth):
    real = Table(tuple(map(Fraction, growth)))
    off_a_little = {bill: real.rows(bill) * (1000 + bill.tuples % 3) // 1000 for bill in sizes.FITTED}
    found = sizes.fitted(off_a_little)
    assert [bool(share) for share in found] == [bool(share) for share in growth]
    assert abs(Table(found).rows(sizes.CHECK) / real.rows(sizes.CHECK) - 1) < 0.03


def test_growth_is_never_below_zero():
    counts = dict(zip(sizes.FITTED, (500, 400, 300, 200, 100), strict=True))
    assert min(sizes.fitted(counts)) >= 0


def test_the_bills_tell_all_terms_apart():
    assert sizes._least_squares(dict.fromkeys(sizes.FITTED, 1), tuple(range(5))) is not None


def test_a_table_that_is_empty_stays_empty():
    assert sizes.fitted(dict.fromkeys(sizes.FITTED, 0)) == sizes.NOTHING.growth


def test_bytes_are_those_of_bigquery(tmp_path):
    import duckdb

    file = tmp_path / "some.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create table t (a varchar, b decimal(38, 18), c date, d boolean, e bigint, f varchar)"
        )
        connection.execute(
            "insert into t values ('äb', 1, date '2026-01-01', true, 1, null), (null, 1, null, true, 1, null)"
        )
    assert sizes.widths(file)["main.t"] == {"a": 2.5, "b": 32.0, "c": 4.0, "d": 1.0, "e": 8.0}


def test_bytes_become_money_as_the_prices_say():
    given = plan.constants()
    given["bigquery"]["usd_per_tib"]["value"] = "6.25"
    given["speed"]["processors_of_a_credit_hour"] = "8"
    cost = Cost(read=3600 * 8 * 100, billed=plan.TIB, written=0)
    assert plan.on_demand_usd(cost, given) == Decimal("6.25")
    assert plan.credit_hours(cost, Fraction(100), given) == 1
    assert plan.slot_hours(cost, Fraction(100), given) == 8
    assert plan.size_for(Fraction(3), given) == ("Medium", Fraction(3, 4))


def test_every_given_number_says_where_it_is_from_and_when():
    given = plan.constants()
    for group in ("bigquery", "snowflake", "own_cost"):
        for name, entry in given[group].items():
            assert "value" in entry, name
            if name != "hours_wanted":
                assert entry["source"].startswith("https://"), name
                assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["read"]), name


def test_no_day_has_more_tuples_than_lines():
    assert all(bill.tuples <= bill.lines // bill.days for _, bill in plan.bills(plan.constants()))


def test_the_page_has_every_table_of_the_plan(tiny):
    """Its figures may be of another day; what is told may not."""
    page = PAGE.read_text()
    generated = page.split(command.BEGIN)[1].split(command.END)[0]
    for name in ("fct_charges", "fct_allocated_costs", "int_costs__daily"):
        assert f"`{name}`" in generated
    warehouses = {engine: Warehouse(engine, tiny, sizes.read()) for engine in ("bigquery", "snowflake")}
    tables = sizes.read() | TABLES
    for warehouse in warehouses.values():
        warehouse.tables = tables
    given = plan.constants()
    given["speed"]["measured"]["until"] = "m"
    text = command.Plan(warehouses, given).text()

    def shape(markdown):
        """Titles, headers, and the names of runs."""
        lines = markdown.splitlines()
        headers = [line for line, below in pairwise(lines) if below.startswith("| ---")]
        runs = [
            line.split("|")[1]
            for line in lines
            if line.startswith(tuple(f"| {kind}, " for kind in plan.KINDS))
        ]
        return [line for line in lines if line.startswith("### ")], headers, runs

    assert shape(generated) == shape(text)


def test_the_page_keeps_what_people_wrote():
    page = f"before\n{command.BEGIN}\nold\n{command.END}\nafter\n"
    new = command.written(page, "new")
    assert new == f"before\n{command.BEGIN}\n\nnew\n\n{command.END}\nafter\n"
    with pytest.raises(SystemExit, match="once"):
        command.written("no markers", "new")
