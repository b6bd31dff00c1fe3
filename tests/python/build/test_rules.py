"""Rules on a built project: suggestions that do what they say, tags of one's own, rules that do nothing."""

import csv
import io
from datetime import timedelta

import pytest

from commands.check_seeds import Project as Seeds

RULES = "seeds/virtual_tags/virtual_tag_rules.csv"


def add_rules(project, *lines):
    path = project.folder / RULES
    path.write_text(path.read_text() + "".join(line + "\n" for line in lines))


def line(project, **cells):
    """A line of the rules, its cells by column."""
    columns = (project.folder / RULES).read_text().splitlines()[0].split(",")
    text = io.StringIO()
    csv.DictWriter(text, columns, restval="", lineterminator="").writerow(cells)
    return text.getvalue()


# What a cell is compared with, where that is not its own name.
COMPARED = {
    "billing_account": "normalised_billing_account_id, normalised_billing_account_name",
    "sub_account": "normalised_sub_account_id, normalised_sub_account_name",
    "sku": "normalised_sku_id, normalised_sku_name",
    "resource": "normalised_resource_id, normalised_resource_name",
    "model": "normalised_model, normalised_canonical_model",
}


def values(project, tag):
    """What each tuple that cost something got, by tuple and stretch of days."""
    found = project.rows(f"""
        select tag_key, valid_from, value from dim_virtual_tags
        join main_intermediate.int_rules__tuple_costs using (tag_key, valid_from)
        where absolute_effective_cost_90_days > 0 and tag = '{tag}'
    """)
    return {(key, day): value for key, day, value in found}


def caught(project, tag, column, cell):
    """The tuples with cost that no rule reaches and that have the value of a cell."""
    text = cell.lower().replace("'", "''")
    found = project.rows(f"""
        select distinct tag_key from main_intermediate.int_rules__unmatched
        join main_intermediate.int_rules__tuple_costs using (tag_key, valid_from)
        join dim_charge_attributes using (tag_key)
        where absolute_effective_cost_90_days > 0 and tag = '{tag}'
            and '{text}' in ({COMPARED.get(column, "normalised_" + column)})
    """)
    return {key for (key,) in found}


@pytest.mark.parametrize(("tag", "owner"), [("feature", "doc-chat"), ("environment", "sandbox")])
def test_suggested_lines_own_exactly_what_they_say(project, tag, owner):
    """Pasted with an owner: the ten largest tuples and those that share their attribute, and no other."""
    found = project.rows(
        "select tag_key, suggested_rule_id, suggested_rule from fct_rule_usage "
        f"where finding = 'unmatched_tuple' and tag = '{tag}'"
    )
    assert len(found) == 10
    lines = [text for _, _, text in found if text]
    rules = [next(csv.reader([text])) for text in lines]
    assert {rule_id for _, rule_id, _ in found} == {rule[0] for rule in rules}
    columns = (project.folder / RULES).read_text().splitlines()[0].split(",")
    assert {len(rule) for rule in rules} == {len(columns)}

    sizes = project.rows("select rule_id, caught_tuples from main_intermediate.int_rules__suggestions")
    expected = set()
    for rule_id, _, _, _, _, *cells in rules:
        [(column, cell)] = [(name, text) for name, text in zip(columns[5:], cells, strict=True) if text]
        tuples = caught(project, tag, column, cell)
        assert len(tuples) == dict(sizes)[rule_id]
        expected |= tuples

    before = values(project, tag)
    add_rules(project, *lines)
    left_open = [fault for fault in Seeds(project.folder).faults() if "a person must name" in str(fault)]
    assert len(left_open) == sum(rule[3] == f"{tag}?" for rule in rules)
    path = project.folder / RULES
    path.write_text(path.read_text().replace(f",{tag}?,", f",{owner},"))
    assert list(Seeds(project.folder).faults()) == []
    project.dbt("seed", "--select", "virtual_tag_rules")
    project.dbt("run", "--select", "int_ownership__matches", "dim_ownership", "dim_virtual_tags")
    after = values(project, tag)
    changed = {place for place, _ in after.items() - before.items()}
    assert {key for key, _ in changed} == expected >= {key for key, *_ in found}
    assert all(before[place] == "Unallocated" for place in changed)


def test_tags_of_ones_own_and_rules_that_do_nothing(project):
    # Cursor and GitHub tell of their cycle until today, however old the days are that tests load.
    [(newest,)] = project.rows("select newest_day from main_intermediate.int_costs__loaded_until")
    tomorrow = newest + timedelta(days=1)
    lookups = project.folder / "seeds/virtual_tags/lookups.csv"
    lookups.write_text(lookups.read_text() + "stage,PROD,live,,2026-11-01,\nstage,prod,open,2026-11-01,,\n")
    lookup, ask = "{lookup:stage:label:environment}", "App tier=open|larkspur*;zone=eu"
    add_rules(
        project,
        line(project, rule_id="z1", tag="App tier", priority=5, value=lookup),
        line(project, rule_id="z2", tag="App tier", priority=9, value="{sub_account_name}"),
        line(project, rule_id="a1", tag="group", priority=1, value="ours", if_tag=ask),
        line(
            project, rule_id="a2", tag="zone", priority=1, value="eu", region="eu-*", valid_from="2026-11-01"
        ),
        line(project, rule_id="h-dead", tag="zone", priority=2, value="x", service="Nobody sells this"),
        line(
            project, rule_id="h-shadowed", tag="environment", priority=99, value="x", label="environment=prod"
        ),
        line(project, rule_id="h-expired", tag="zone", priority=3, value="x", valid_to=newest),
        line(project, rule_id="h-expiring", tag="zone", priority=4, value="x", valid_to=tomorrow),
        line(project, rule_id="h-tomorrow", tag="zone", priority=2, value="x", valid_from=tomorrow),
        line(project, rule_id="h-unknown", tag="feature", priority=1, value="{service}", service="Amazon S*"),
    )
    path = project.folder / "dbt_project.yml"
    path.write_text(path.read_text().replace("virtual_tags: []", "virtual_tags: [group, App tier]"))
    assert list(Seeds(project.folder).faults()) == []
    said = project.dbt(
        "build", "--select", "virtual_tag_rules+", "lookups+", "--indirect-selection", "cautious"
    )
    assert "ERROR=0" in said

    assert project.rows("""
        select tag_app_tier, tag_group, label_4_environment, max(charge_date) < '2026-11-01'
        from fct_allocated_costs_tagged join dim_charge_attributes as attributes using (tag_key)
        where region_id like 'eu-%' and charge_kind = 'ordinary' and sub_account_name = 'larkspur-production'
        group by all order by all
    """) == [
        ("larkspur-production", "Unallocated", None, True),
        ("larkspur-production", "ours", None, False),
        ("live", "Unallocated", "prod", True),
        ("open", "ours", "prod", False),
    ]
    assert project.rows("""
        select (count(*), sum(billed_cost), sum(list_cost_native))
            = (select (count(*), sum(billed_cost), sum(list_cost_native)) from fct_allocated_costs)
        from fct_allocated_costs_tagged
    """) == [(True,)]
    assert project.rows("""
        select rule_id, status, shadowed_by from fct_rule_usage
        where finding = 'rule' and rule_id like 'h-%' order by 1
    """) == [
        ("h-dead", "dead", None),
        ("h-expired", "expired", None),
        ("h-expiring", "expiring", None),
        ("h-shadowed", "shadowed", "env-label"),
        ("h-tomorrow", "not_yet_valid", None),
        ("h-unknown", "dead", None),
    ]
    assert project.rows("""
        select distinct rule_id, tag, value like 'Amazon S%', tuples > 0 and absolute_effective_cost > 0
        from fct_rule_usage where finding = 'unknown_value'
    """) == [("h-unknown", "feature", True, True)]
