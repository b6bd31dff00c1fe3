"""What make impact says is what two full builds say, and it leaves everything as it was."""

import json
import re
import shutil
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from impact_runs import RULES, change, committed, git, impact

from commands.impact import ImpactError, findings, report
from commands.impact.moves import Moves
from commands.impact.states import read_states

TABLES = ("team", "product", "feature", "pool")
# What a rule decides, from the marts of a full build: a feature's or pool's, or a team's where no feature is.
DECIDED = """
    select coalesce(owned.rule_id, owned.team_rule_id), sum(costs.effective_cost)
    from main_intermediate.int_costs__owned as costs
    inner join dim_ownership as owned on costs.tag_key = owned.tag_key and costs.owned_from = owned.valid_from
    group by all
"""


def by_month(project, table):
    """Effective cost by month and owner in a built project."""
    return {
        (month, owner): cost
        for month, owner, cost in project.rows(
            f"select strftime(charge_date, '%Y-%m'), coalesce({table}, '<none>'), sum(effective_cost) "
            "from fct_allocated_costs group by all"
        )
    }


def unallocated(project):
    """The share of absolute effective cost that nobody owns in a built project."""
    ((nobody, everything),) = project.rows(
        "select sum(abs(effective_cost)) filter (feature = 'Unallocated' and product = 'Unallocated' "
        "and team = 'Unallocated' and cost_center = 'Unallocated'), sum(abs(effective_cost)) "
        "from fct_allocated_costs"
    )
    return Fraction(nobody) / Fraction(everything)


def on_a_copy(compared, folder):
    """What was built, with a copy of the after side that a test may spoil."""
    built = json.loads((compared.project.folder / ".work/impact-build/built.json").read_text())
    side, copied = built["tables"]["after"], folder / "spoilt.duckdb"
    original = side["fct_allocated_costs"]["file"]
    shutil.copy(original, copied)
    for name, place in side.items():
        # What the change did not reach lies in the warehouse.
        side[name] = place | ({"file": str(copied)} if place["file"] == original else {})
    return built


@pytest.mark.parametrize("table", TABLES)
def test_money_moves_as_two_full_builds_say(compared, built, rebuilt, table):
    before, after = by_month(built, table), by_month(rebuilt, table)
    assert before != after
    said = {
        (row["month"], row[table]): tuple(Decimal(row[name]) for name in ("before", "after", "difference"))
        for row in compared.rows(f"moved_by_{table}")
    }
    zero = Decimal()
    assert said == {
        key: (before.get(key, zero), after.get(key, zero), after.get(key, zero) - before.get(key, zero))
        for key in before.keys() | after.keys()
    }


def test_all_moves_sum_to_exactly_zero(compared):
    rows = compared.rows("sums")
    assert [row["of"] for row in rows] == [
        *(f"reporting currency, by {table}" for table in TABLES),
        "EUR as billed",
        "USD as billed",
    ]
    assert {Decimal(row["sum_of_moves"]) for row in rows} == {Decimal()}
    assert {row["before"] for row in rows} == {row["after"] for row in rows}


def test_rules_have_the_money_that_two_full_builds_give_them(compared, built, rebuilt):
    before, after = (dict(project.rows(DECIDED)) for project in (built, rebuilt))
    rules = {row["rule_id"]: row for row in compared.rows("rules")}
    told = {name: row for name, row in rules.items() if row["change"] or row["status"]}
    assert set(told) == {"feature-vector", "pool-vector", "pool-support", "team-console"}
    # The unchanged ones too: a team rule decides only where no feature or pool does.
    owning = {name: row for name, row in rules.items() if row["tag"] in ("feature", "shared_pool", "team")}
    assert len(owning) > 30
    for name, row in owning.items():
        assert Decimal(row["cost_before"]) == before.get(name, 0), name
        assert Decimal(row["cost_after"]) == after.get(name, 0), name
    assert Decimal(told["team-console"]["cost_after"]) > 0


def test_a_rule_that_another_comes_before_is_newly_shadowed_by_it(compared):
    rules = {row["rule_id"]: row for row in compared.rows("rules")}
    assert rules["pool-vector"]["change"] == ""
    assert rules["pool-vector"]["status"] == "newly shadowed"
    assert rules["pool-vector"]["now_decided_by"] == "feature-vector"
    assert rules["feature-vector"]["newly_shadows"] == "pool-vector"
    assert "- Rules newly shadowed: `pool-vector`" in compared.page


def test_a_rule_that_matches_nothing_any_more_is_newly_dead(compared):
    rules = {row["rule_id"]: row for row in compared.rows("rules")}
    assert rules["pool-support"]["status"] == "newly dead"
    assert rules["pool-support"]["now_decided_by"] == "pool-platform-accounts"
    assert int(rules["pool-support"]["tuples_before"]) > int(rules["pool-support"]["tuples_after"]) == 0
    assert "service: AWS Support → AWS Business Support" in rules["pool-support"]["what_changed"]
    assert "- Rules newly dead: `pool-support`" in compared.page


def test_a_changed_pool_says_what_moves_within_it(compared):
    pools = {row["pool"]: row for row in compared.rows("pools")}
    assert [name for name, row in pools.items() if row["change"]] == ["observability"]
    assert pools["observability"]["what_changed"] == "method even → cost"
    assert Decimal(pools["observability"]["moved_within"]) > 0
    assert Decimal(pools["observability"]["difference"]) == 0


def test_tuples_are_named_with_both_owners_and_their_rules(compared, built, rebuilt):
    owner = "select tag_key, shared_pool, feature, team, rule_id from dim_ownership where valid_to is null"
    before, after = ({key: tuple(rest) for key, *rest in project.rows(owner)} for project in (built, rebuilt))
    rows = compared.rows("tuples")
    assert {row["tag_key"] for row in rows} == {key for key in before if before[key] != after[key]}
    for row in rows:
        for side, owners in (("old", before), ("new", after)):
            named = [row[f"{side}_{name}"] for name in ("shared_pool", "feature", "team", "rule_owner")]
            assert tuple(name or None for name in named) == owners[row["tag_key"]]
    costs = [abs(Decimal(row["cost_before"])) for row in rows]
    assert costs == sorted(costs, reverse=True)
    assert re.search(
        r"`Pinecone · Pinecone Database · .*` \| pool vector-store \(`pool-vector`\) \| "
        r"feature semantic-index \(`feature-vector`\) \|",
        compared.page,
    )


def test_how_much_more_has_no_owner_is_what_two_full_builds_say(compared, built, rebuilt):
    grown = 100 * (unallocated(rebuilt) - unallocated(built))
    (row,) = (row for row in compared.rows("unallocated") if row["without"] == "owner")
    assert abs(Fraction(row["points"]) - grown) <= Fraction(1, 2 * 10**6)


def test_more_cost_without_an_owner_than_allowed_is_exit_code_2(built, tmp_path):
    project = committed(built.copy(tmp_path / "project"))
    console = "team-console,team,60,developer-experience,,Anthropic,,"
    project.edit(RULES, f"{console}<none>", f"{console}nobody")
    done = impact(project, "--max-unallocated-increase", "0.1")
    (row,) = (row for row in done.rows("unallocated") if row["without"] == "owner")
    assert Decimal(row["points"]) > Decimal("0.1")
    assert done.code == 2, done.said
    assert f"grows by {Decimal(row['points']).normalize()} percentage points, more than the 0.1" in done.said


def test_a_closed_month_that_would_move_is_a_warning(compared):
    assert "warning: 2026-10 is closed" in compared.said
    assert "> **2026-10 is closed** (on 2026-11-05 by controller)" in compared.page
    assert "2026-11 is closed" not in compared.page


def test_the_warehouse_and_the_project_stay_as_they_were(compared):
    before, after = compared.digests
    assert before == after
    assert not (compared.project.folder / "warehouse.duckdb.wal").exists()
    changed = git(compared.project.folder, "status", "--porcelain", "--", "seeds", "models", "macros")
    assert sorted(line.split()[-1] for line in changed.splitlines()) == [
        "seeds/allocation/shared_cost_pools.csv",
        "seeds/finance/period_closes.csv",
        "seeds/virtual_tags/virtual_tag_rules.csv",
    ]


def test_the_facts_are_read_and_never_built(compared):
    for side in ("before", "after"):
        path = compared.project.folder / f".work/impact-build/{side}/warehouse_impact.duckdb"
        with duckdb.connect(path, read_only=True) as connection:
            names = {
                name for (name,) in connection.execute("select table_name from duckdb_tables").fetchall()
            }
        assert "fct_allocated_costs" in names
        assert not names & {"fct_charges", "int_costs__daily"}


def test_a_warehouse_built_from_other_seeds_gives_the_same_answer(compared, rebuilt, tmp_path):
    project = compared.project.copy(tmp_path / "project")
    # Neither side's: rules and pools are the changed ones, and a share is one that both sides have otherwise.
    shutil.copy(rebuilt.database, project.database)
    project.execute("update main_seeds.fixed_shares set share = '40%' where share = '30%'")
    again = impact(project, "--output", str(tmp_path / "again"))
    assert again.code == 0, again.said
    again.folder = tmp_path / "again"
    assert "built with other rows of `fixed_shares`" in again.page
    for name in (*(f"moved_by_{table}" for table in TABLES), "rules", "pools", "tuples", "unallocated"):
        assert again.rows(name) == compared.rows(name), name


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            "delete from fct_allocated_costs where rowid in "
            "(select min(rowid) from fct_allocated_costs where effective_cost > 0)",
            "moves by team sum to ",
        ),
        (
            "update fct_allocated_costs set effective_cost = effective_cost + "
            "cast('0.000000000000000001' as decimal(38, 18)) where rowid = 0",
            "sum to 0.000000000000000001, not to 0.000000000000000000",
        ),
        (
            "update fct_allocated_costs set tag_key = (select max(tag_key) from fct_allocated_costs) "
            "where tag_key = (select min(tag_key) from fct_allocated_costs)",
            "tuple ",
        ),
    ],
)
def test_moves_that_do_not_add_up_are_no_report(compared, tmp_path, fault, expected):
    built = on_a_copy(compared, tmp_path)
    with duckdb.connect(built["tables"]["after"]["fct_allocated_costs"]["file"]) as connection:
        connection.execute(fault)
    states = read_states(compared.project.folder, "main", tmp_path / "base")
    with pytest.raises(ImpactError, match=re.escape(expected)):
        findings.find(states, built, Moves(built, tmp_path, states.tags), "USD")


def test_another_exchange_rate_moves_what_the_bill_is_worth_more(compared, built, tmp_path):
    states = read_states(compared.project.folder, "main", tmp_path / "base")
    sides = on_a_copy(compared, tmp_path)
    with duckdb.connect(sides["tables"]["after"]["fct_allocated_costs"]["file"]) as connection:
        for table in ("fct_allocated_costs", "main_intermediate.int_costs__owned"):
            connection.execute(f"update {table} set effective_cost = effective_cost + effective_cost")
    with pytest.raises(ImpactError, match="and no rate changed"):
        findings.find(states, sides, Moves(sides, tmp_path, states.tags), "USD")
    sides["reaching"].append("exchange_rates")
    found = findings.find(states, sides, Moves(sides, tmp_path, states.tags), "USD")
    ((total,),) = built.rows("select sum(effective_cost) from fct_allocated_costs")
    assert {(row["sum_of_moves"], row["must_be"]) for row in found.sums.dicts()} == {(total, total)}
    assert (
        "Exchange rates changed: the bill itself is worth"
        in report.write(found, tmp_path / "out").read_text()
    )


def test_no_change_is_said_at_once(repository):
    done = impact(repository)
    assert done.code == 0, done.said
    assert "No row under seeds/ differs from main" in done.said
    assert "no cost moves" in done.page
    assert list(done.folder.iterdir()) == [done.folder / "impact.md"]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("no-such-branch", "BASE=no-such-branch: git knows no such ref; write a branch"),
        ("--output=x", "git knows no such ref"),
    ],
)
def test_a_base_that_is_no_ref_is_said_with_what_to_write(repository, base, expected):
    done = impact(repository, f"--base={base}")
    assert (done.code, expected in done.said) == (1, True), done.said
    assert done.said.count("error:") == 1


def test_a_missing_warehouse_is_said_with_what_makes_one(repository):
    change(repository)
    done = impact(repository)
    assert done.code == 1
    assert f"there is no warehouse at {repository.database}; make demo" in done.said


def test_another_warehouse_than_duckdb_is_said_before_anything_is_built(repository):
    change(repository)
    done = impact(repository, environment={"APPORTION_TARGET": "snowflake"})
    assert done.code == 1
    assert "APPORTION_TARGET is snowflake, and impact attaches a DuckDB file" in done.said


def test_seeds_that_do_not_fit_their_schemas_are_told_first(repository):
    repository.edit(RULES, "feature-key-chat,feature,20,doc-chat", "feature-key-chat,feature,20,doc-chta")
    done = impact(repository)
    assert done.code == 1
    assert '"doc-chta" is no feature' in done.said
    assert "mend the lines above" in done.said


def test_other_columns_at_the_base_are_refused_by_name(repository):
    path = repository.folder / "seeds/allocation/fixed_shares.csv"
    now = path.read_text()
    path.write_text(
        "\n".join(line.removesuffix(",") for line in now.replace(",note", ",").splitlines()) + "\n"
    )
    git(repository.folder, "add", "seeds")
    git(repository.folder, "commit", "--quiet", "--message", "an older shape")
    path.write_text(now)
    done = impact(repository)
    assert done.code == 1
    assert "seeds/allocation/fixed_shares.csv has other columns at main (without note)" in done.said


def test_a_wrong_call_is_exit_code_1(repository):
    done = impact(repository, "--max-unallocated-increase", "much")
    assert done.code == 1
    assert '"much" is no number of percentage points' in done.said
