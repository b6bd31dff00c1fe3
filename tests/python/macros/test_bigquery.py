"""BigQuery's own analyzer accepts every statement, and what it does not look at is asked here."""

import json
import re
from pathlib import Path

import pytest
import sqlglot
from bigquery_analyzer import BigQuery, RefusedError, analyse_project, kind_of
from dbt.adapters.bigquery.impl import PartitionConfig
from sqlglot import exp

from commands.scale_plan.plan import DAYS, Warehouse
from commands.scale_plan.statements import CONSTANT

TABLE = [("name", "STRING"), ("day", "DATE"), ("cost", "BIGNUMERIC"), ("lines", "INT64")]

# One statement for each kind of fault that must not pass, with a word of what BigQuery says.
FAULTS = {
    "select list_sum(name) from `p`.`d`.`t`": "Function not found",
    "select name::string from `p`.`d`.`t`": "Syntax error",
    "select nobody from `p`.`d`.`t`": "Unrecognized name",
    "select name from `p`.`d`.`elsewhere`": "Table not found",
    "select name from `p`.`d`.`t` where day <= current_timestamp()": "No matching signature",
    "select name from `p`.`d`.`t` union select name from `p`.`d`.`t`": "Syntax error",
    "select sum(cost) as cost from `p`.`d`.`t` having sum(cost) > 0": "Aggregations of aggregations",
    "select cast(cost as hugeint) as cost from `p`.`d`.`t`": "Type not found",
    "select name as lookup from `p`.`d`.`t`": "Syntax error",
    "delete from `p`.`d`.`t` where exists (select 1 from (select 'a' as n) as x where n = `p`.`d`.`t`.name)":
        "Unrecognized name",
}  # fmt: skip

DOUBLES = [
    "select cast(lines * 0.01 as bignumeric) as cost from `p`.`d`.`t`",
    "select cast(lines / 2 as int64) as half from `p`.`d`.`t`",
    "select cast(trunc(lines) as int64) as lines from `p`.`d`.`t`",
    "select name from `p`.`d`.`t` group by name having avg(cost) > power(2, 3)",
]


@pytest.fixture(scope="session")
def analyzer():
    analyzer = BigQuery()
    analyzer.add_table("`p`.`d`.`t`", TABLE)
    return analyzer


def test_every_model_is_valid_bigquery(compiled, analysed):
    refused = [
        f"{key}\n  {answer['file']}\n  {answer['refused']}"
        for key, answer in analysed.items()
        if answer["refused"]
    ]
    assert not refused, "BigQuery would refuse:\n\n" + "\n\n".join(refused)
    nodes = compiled["bigquery"]["nodes"]
    assert analysed.keys() == {f"{key} ({form})" for key, node in nodes.items() for form in node["forms"]}
    assert any(node["forms"].get("incremental", {}).get("hooks") for node in nodes.values())


def test_no_amount_passes_through_a_double(analysed):
    """Also not on the way: a cast back to the money type hides the lost digits. NUMERIC has 9 decimals."""
    inexact = {key: answer["types"] for key, answer in analysed.items()}
    inexact = {key: set(types) & {"DOUBLE", "FLOAT", "NUMERIC"} for key, types in inexact.items()}
    assert {key: types for key, types in inexact.items() if types} == {}


def test_every_output_column_has_a_name_of_its_own(analysed):
    """A table with a column twice is refused only when it is made."""
    for key, answer in analysed.items():
        names = [name.lower() for name, _ in answer["columns"]]
        assert len(names) == len(set(names)), f"{key}: {sorted(x for x in names if names.count(x) > 1)}"


def test_contracts_name_the_types_that_bigquery_gives(compiled, analysed):
    for key, node in compiled["bigquery"]["nodes"].items():
        promised = {name: kind_of(kind) for name, kind in node["contract"].items()}
        if promised:
            assert dict(analysed[f"{key} (full)"]["columns"]) == promised, key


def test_incremental_strategies_are_known_to_bigquery(compiled):
    """dbt-bigquery refuses others (append, delete+insert) only when the model runs."""
    nodes = compiled["bigquery"]["nodes"].values()
    strategies = {node["strategy"] for node in nodes if node["materialized"] == "incremental"}
    assert strategies <= {"merge", "insert_overwrite", "microbatch"}


def test_tables_of_days_are_partitioned_by_them(compiled):
    """And dbt-bigquery understands how: it makes DDL of the configuration only when the model runs."""
    by_day = {
        key.rsplit(".", 1)[-1]: PartitionConfig.parse(node["partition_by"]).render()
        for key, node in compiled["bigquery"]["nodes"].items()
        if node["partition_by"]
    }
    assert by_day == {
        "fct_allocated_costs": "charge_date",
        "fct_attributed_charges": "charge_date",
        "fct_charges": "charge_date",
        "int_costs__daily": "line_date",
        "int_usage__daily": "charge_date",
    }
    # dbt-duckdb takes partition_by for itself, and only as text.
    for warehouse in ("duckdb", "snowflake"):
        assert not any(node["partition_by"] for node in compiled[warehouse]["nodes"].values())


def test_a_daily_run_names_its_days_to_every_large_table(compiled):
    """Partitions are pruned by constants only, and the delete must mean the days of the insert."""
    warehouse = Warehouse("bigquery", compiled["bigquery"], {})
    by_day = {name: days for name, days in warehouse.days_of.items() if days and name not in warehouse.raw}
    whole, incremental = set(), 0
    for key, node in compiled["bigquery"]["nodes"].items():
        daily = node["forms"].get("incremental", {"hooks": []})
        if not daily["hooks"]:
            continue
        incremental += 1
        [hook] = daily["hooks"]
        named = set(re.findall(r"date '([\d-]+)'", hook))
        assert len(named) == 3, key
        assert named == set(re.findall(r"date '([\d-]+)'", daily["sql"])), key
        for statement in warehouse.nodes[key].statements["incremental"]:
            for scan in statement.scans:
                pruned = {how for column, how in scan.filters.items() if column in DAYS}
                if scan.relation in by_day and CONSTANT not in pruned:
                    whole.add((key.rsplit(".", 1)[-1], scan.relation.split(".")[1]))
    assert incremental == 8
    assert whole == set()


def test_what_never_has_rows_is_nothing_else():
    """providers_without() takes a model that calls no_charges() or no_usage() for one without rows."""
    folder = Path(__file__).parents[3] / "models"
    for kind in ("charges", "usage"):
        texts = {path: path.read_text() for path in folder.rglob("*.sql")}
        empty = {path: text for path, text in texts.items() if f"no_{kind}()" in text}
        assert len(empty) > 5
        for path, text in empty.items():
            assert re.fullmatch(rf"int_\w+__{kind}", path.stem), path
            left = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL).strip()
            assert left == f"{{{{ apportion.no_{kind}() }}}}", path


def test_seeds_have_types_that_bigquery_can_load(compiled):
    """Seeds are loaded from their files, not by SQL: no bigint, no digits in parentheses.

    https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema
    """
    loaded = {"string", "int64", "integer", "bignumeric", "boolean", "date", "timestamp"}
    seeds = {key: node["column_types"] for key, node in compiled["bigquery"]["nodes"].items()}
    assert {
        (key, name) for key, types in seeds.items() for name, kind in types.items() if kind not in loaded
    } == set()


def test_outer_joins_compare_for_equality(compiled):
    """BigQuery cannot run an outer join without: "cannot be used without a condition that is an equality"."""
    for key, node in compiled["bigquery"]["nodes"].items():
        for text in node["forms"].values():
            for join in sqlglot.parse_one(text["sql"], dialect="bigquery").find_all(exp.Join):
                if join.side:
                    assert list(join.args["on"].find_all(exp.EQ)), f"{key}: {join.sql('bigquery')}"


def test_views_are_not_nested_deeper_than_bigquery_allows(compiled):
    """https://cloud.google.com/bigquery/quotas#view_limits: 16 levels."""
    nodes = compiled["bigquery"]["nodes"]

    def depth(key):
        node = nodes.get(key)
        if not node or node["materialized"] != "view":
            return 0
        return 1 + max(map(depth, node["depends_on"]), default=0)

    assert max(map(depth, nodes)) <= 16


@pytest.mark.parametrize(("sql", "message"), FAULTS.items(), ids=range(len(FAULTS)))
def test_the_analyzer_refuses_faults(analyzer, sql, message):
    with pytest.raises(RefusedError, match=message):
        analyzer.analyse(sql)


@pytest.mark.parametrize("sql", DOUBLES, ids=range(len(DOUBLES)))
def test_the_analyzer_sees_doubles_inside(analyzer, sql):
    assert "DOUBLE" in analyzer.analyse(sql).types


def test_a_fault_in_a_model_is_told_once(compiled):
    """With its place; what reads the model is not blamed."""
    project = json.loads(json.dumps(compiled["bigquery"]))
    faulty, reader = "model.apportion.int_charges__changed_days", "model.apportion.int_costs__loaded_until"
    project["nodes"] = {
        key: node
        for key, node in project["nodes"].items()
        if key.endswith(("__changed_days", "__loaded_until"))
        # Those of seeds read what is not here.
        and not key.endswith(("prepaid__changed_days", "manual__changed_days"))
    }
    node = project["nodes"][faulty]["forms"]["full"]
    node["sql"] = node["sql"].replace("select * from final", "select provider // 2 from final")
    answers = analyse_project(BigQuery(), project)
    assert [key for key, answer in answers.items() if answer["refused"]] == [f"{faulty} (full)"]
    assert "provider // 2" in answers[f"{faulty} (full)"]["refused"]
    assert answers[f"{faulty} (full)"]["file"].endswith("int_charges__changed_days.sql")
    assert f"{reader} (full)" not in answers
