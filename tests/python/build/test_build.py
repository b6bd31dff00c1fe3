"""The whole way: what is loaded is built, owned and added up; what did not change is not written again."""

import csv
import re
import sys
from collections import defaultdict
from decimal import Decimal

import pytest

from commands.check_focus import VIEWS

COSTS = {"billed_cost": "BilledCost", "effective_cost": "EffectiveCost", "list_cost": "ListCost"}
MARK = "written before this run"
SAY_WHAT_IS_BILLED = ("billing_accounts", "prepaid_topups", "seat_prices")
# Unit tests judge the code, which the first build of all has done.
DATA_TESTS = ("--exclude-resource-type", "unit_test")


def totals(project, table, provider, suffix=""):
    sums = ", ".join(f"sum({cost}{suffix})" for cost in COSTS)
    return {
        (name, currency): amounts
        for name, currency, *amounts in project.rows(
            f"select {provider}, billing_currency, {sums} from {table} group by all"
        )
    }


def mark(project):
    """Mark the rows of both incremental tables: a row that loses its mark was written again."""
    project.execute(f"update fct_charges set contract_applied = '{MARK}'")
    project.execute("update main_intermediate.int_costs__daily set line_days = -1")


def written_again(project):
    """The days of fct_charges and of int_costs__daily that lost their mark."""
    charges = (
        f"select distinct charge_date::text from fct_charges where contract_applied is distinct from '{MARK}'"
    )
    daily = "select distinct line_date::text from main_intermediate.int_costs__daily where line_days <> -1"
    return [sorted(day for (day,) in project.rows(sql)) for sql in (charges, daily)]


def contents(project, table):
    """A fingerprint of all rows of a table, whatever their order."""
    return project.rows(f"select count(*), sum(hash(r)) from {table} as r")


def test_the_demo_builds_without_an_error_or_a_warning(built):
    assert "ERROR=0" in built.said
    assert "WARN=0" in built.said, built.said


def test_real_rows_are_allocated_to_the_last_digit(new_project, shared):
    path = shared / "samples/focus/focus_1_0_multi_provider.csv"
    expected = defaultdict(lambda: [Decimal()] * len(COSTS))
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["ProviderName"], row["BillingCurrency"])
            amounts = [Decimal(row[name]) if row[name] not in ("", "NULL") else 0 for name in COSTS.values()]
            expected[key] = [total + amount for total, amount in zip(expected[key], amounts, strict=True)]
    new_project.load({"SOURCES__FOCUS__BUCKET_URL": str(path)}, "focus", since=None)
    new_project.dbt("build", "--vars", "{providers: [focus]}")
    assert totals(new_project, "fct_charges", "service_provider_name") == expected
    assert totals(new_project, "fct_allocated_costs", "provider_name") == expected
    assert totals(new_project, "fct_allocated_costs", "provider_name", "_native") == expected
    assert new_project.rows("select count(*) from focus_cost_and_usage") == [(333,)]


def test_nothing_is_written_again_where_nothing_changed(project):
    mark(project)
    before = contents(project, "fct_allocated_costs")
    project.run_stored()
    assert written_again(project) == [[], []]
    assert contents(project, "fct_allocated_costs") == before
    # Nor was it read: sources that bill nothing, or tell no usage, are not new in every run.
    folder = project.folder / "target/compiled/apportion/models"
    for model in ("marts/core/fct_charges", "intermediate/usage/int_usage__daily"):
        assert re.search(r"as days\s+where false", folder.joinpath(f"{model}.sql").read_text()), model


def test_usage_of_a_source_that_had_none_is_written(project):
    """And its bill: of a source without a row in a model every day is new."""
    tables = ("fct_charges", "main_intermediate.int_usage__daily")
    before = [contents(project, table) for table in tables]
    project.execute("delete from fct_charges where x_source = 'openai'")
    project.execute("delete from main_intermediate.int_usage__daily where x_source = 'litellm'")
    assert all(contents(project, table) != old for table, old in zip(tables, before, strict=True))
    project.dbt("run", "--select", "fct_charges", "int_usage__daily")
    assert [contents(project, table) for table in tables] == before


def test_one_rule_moves_past_months_without_rewriting_the_fact(project):
    mark(project)
    owned = """
        select strftime(charge_date, '%Y-%m'), feature, sum(effective_cost) from fct_allocated_costs
        where feature in ('search-answers', 'doc-chat') and allocation_method = 'direct'
        and provider_name = 'OpenAI' group by all order by all
    """
    before = project.rows(owned)
    project.edit(
        "virtual_tags/virtual_tag_rules.csv",
        "feature-key-answers,feature,20,search-answers",
        "feature-key-answers,feature,20,doc-chat",
    )
    project.build_models()
    after = {(month, feature): cost for month, feature, cost in project.rows(owned)}
    # A part of doc-chat's calls is known by the gateway's labels.
    had = {(month, feature): cost for month, feature, cost in before}
    moved = [(month, cost) for month, feature, cost in before if feature == "search-answers"]
    assert [month for month, _ in moved] == ["2026-10", "2026-11"]
    for month, cost in moved:
        assert after[month, "doc-chat"] == cost + had.get((month, "doc-chat"), 0)
        assert (month, "search-answers") not in after
    assert written_again(project) == [[], []]


def test_a_longer_list_of_labels_rewrites_the_days_and_not_the_fact(project):
    mark(project)
    path = project.folder / "dbt_project.yml"
    path.write_text(path.read_text().replace("tag_labels: [feature,", "tag_labels: [owner, feature,"))
    project.dbt("run")
    everything = project.rows("select distinct charge_date::text from fct_charges order by 1")
    assert written_again(project) == [[], [day for (day,) in everything]]


def test_a_restated_and_an_emptied_day_are_written_again_and_no_other(project, sandbox, restate):
    mark(project)
    restate(provider="openai", day="2026-11-03", factor="1.25")
    restate(withdraw={"provider": "anthropic", "day": "2026-11-04"})
    project.load(sandbox.env, "openai", "anthropic", since="2026-11-03", until="2026-11-04")
    project.run_stored()
    written = project.rows(
        "select distinct x_source, charge_date::text from fct_charges "
        f"where contract_applied is distinct from '{MARK}' order by 1, 2"
    )
    assert written == [("anthropic", "2026-11-03"), ("openai", "2026-11-03"), ("openai", "2026-11-04")]
    empty = "select count(*) from fct_charges where x_source = 'anthropic' and charge_date = '2026-11-04'"
    assert project.rows(empty) == [(0,)]
    truth = sum(
        row["cost"] for row in sandbox.truth().to_pylist() if row["provider"] in ("openai", "anthropic")
    )
    billed = project.rows(
        "select sum(billed_cost) from fct_charges where x_source in ('openai', 'anthropic')"
    )
    assert billed[0][0] == truth


def test_another_price_of_seats_changes_the_months_it_holds_for(project):
    seats = """
        select strftime(charge_date, '%Y-%m'), max(billed_cost), count(*) from fct_charges
        where x_source = 'cursor' and x_token_class = 'seats' group by 1 order by 1
    """
    before = project.rows(seats)
    mark(project)
    path = project.folder / "seeds/pricing/seat_prices.csv"
    path.write_text(path.read_text() + "Cursor,,48.5,USD,2026-11-01,,\n")
    project.build_models("--exclude", "config.materialized:view")
    [(october, old, some), (november, _, others)] = before
    assert project.rows(seats) == [(october, old, some), (november, Decimal("48.5"), others)]
    written = project.rows(
        "select distinct x_source, strftime(charge_date, '%Y-%m') from fct_charges "
        f"where contract_applied is distinct from '{MARK}' order by all"
    )
    assert written == [("cursor", november), ("github_copilot", november)]


def test_a_view_that_fails_leaves_the_last_one_and_a_table_may_become_a_view(project):
    path = project.folder / "models/intermediate/completeness/int_completeness__charges.sql"
    path.write_text("select x_source, charge_date from {{ ref('fct_charges') }} where no_such_column")
    how = path.with_suffix(".yml")
    how.write_text("models:\n  - name: int_completeness__charges\n    config: {materialized: view}\n")
    table = "main_intermediate.int_completeness__charges"
    before = contents(project, table)
    run = ("run", "--select", "int_completeness__charges")
    assert "no_such_column" in project.dbt(*run, fails=True)
    assert contents(project, table) == before, "the table of the last run"

    path.write_text("select x_source, charge_date from {{ ref('fct_charges') }}")
    project.dbt(*run)
    after = contents(project, table)
    path.write_text("select no_such_column from {{ ref('fct_charges') }}")
    project.dbt(*run, fails=True)
    assert contents(project, table) == after, "the view of the last run"


def test_with_headers_only_everything_is_unallocated_and_adds_up(project):
    before = totals(project, "fct_allocated_costs", "provider_name")
    for path in (project.folder / "seeds").rglob("*.csv"):
        # These are bills or say what is billed, and no bill may vanish.
        if path.parent.name != "saas" and path.stem not in SAY_WHAT_IS_BILLED:
            path.write_text(path.read_text().splitlines()[0] + "\n")
    said = project.dbt("build", *DATA_TESTS)
    assert "ERROR=0" in said
    owners = project.rows(
        "select distinct feature, product, team, cost_center from fct_allocated_costs order by 1"
    )
    assert owners == [("Prepaid",) * 4, ("Unallocated",) * 4]
    assert totals(project, "fct_allocated_costs", "provider_name") == before


def test_a_load_that_broke_off_does_not_count(project):
    project.execute(
        "insert into raw_openai.load_log select * replace ("
        "'broke off' as _dlt_load_id, 'broke off' as _dlt_id, date '2026-11-13' as charge_date"
        ") from raw_openai.load_log limit 1"
    )
    project.dbt("run", "--select", "int_charges__changed_days")
    covered = (
        "select max(charge_date)::text from main_intermediate.int_charges__changed_days "
        "where provider = 'openai'"
    )
    assert project.rows(covered) == [("2026-11-12",)]


def test_a_load_that_ends_between_delete_and_insert_is_written_once(project):
    """By the next run: what the first one did not delete it must not insert."""
    day = "2026-11-03"
    path = project.folder / "models/marts/core/fct_charges.sql"
    model = path.read_text()
    [hook] = re.findall(r"pre_hook=(.*),", model)
    ends = f"""
        insert into raw_openai._dlt_loads by name
            select * replace ('later' as load_id, now()::timestamp + interval 1 hour as inserted_at)
            from raw_openai._dlt_loads limit 1;
        insert into raw_openai.load_log by name
            select * replace ('later' as _dlt_load_id, _dlt_id || 'x' as _dlt_id)
            from raw_openai.load_log where charge_date = '{day}';
    """
    path.write_text(model.replace(hook, f'[{hook}, "{ends}"]'))
    before = contents(project, "fct_charges")
    models = ("run", "--select", "int_charges__changed_days", "fct_charges")
    project.dbt(*models)
    assert contents(project, "fct_charges") == before

    path.write_text(model)
    mark(project)
    project.dbt(*models)
    written = project.rows(
        "select distinct x_source, charge_date::text from fct_charges "
        f"where contract_applied is distinct from '{MARK}'"
    )
    assert written == [("openai", day)]


def test_a_project_that_was_never_loaded_builds_and_says_so(new_project):
    for path in (new_project.folder / "seeds/saas").glob("*.csv"):
        path.write_text(path.read_text().splitlines()[0] + "\n")
    said = new_project.dbt("build", *DATA_TESTS)
    assert "ERROR=0" in said
    assert "assert_every_provider_was_loaded" in said
    # Nothing but what seeds bill.
    assert new_project.rows("select distinct x_source from fct_charges") == [("prepaid",)]


def test_ai_bills_with_a_key_of_one_feature_go_to_that_feature(built, sandbox):
    of_many = ("key_gateway_prod", "key_play", "key_legacy")
    truth = defaultdict(Decimal)
    for row in sandbox.truth().to_pylist():
        if row["provider"] == "openai" and row["api_key_id"] not in (None, *of_many):
            truth[row["feature"]] += row["cost"]
    owned = built.rows(
        "select feature, sum(billed_cost) from fct_allocated_costs "
        "join dim_charge_attributes using (tag_key) "
        f"where provider_name = 'OpenAI' and api_key_id not in {of_many} group by 1"
    )
    assert dict(owned) == truth


def test_the_page_of_answers_agrees_and_is_printed(built):

    said = built.run(sys.executable, "-m", "commands.report")
    assert "Source, fact and allocation agree to the last digit" in said
    assert "What does one unit cost?" in said


def test_the_exported_views_pass_the_focus_validator(built, shared):
    said = built.run(sys.executable, "-m", "commands.check_focus", "--database", str(built.database))
    if "check-focus skipped" in said:
        pytest.skip(said.strip())
    for view in VIEWS:
        assert re.search(rf"{view}, [1-9]\d* rows: .*, 0 failed unlisted", said), said
