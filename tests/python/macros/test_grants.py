"""The grants that the adapters make of our settings, as text: the emulators refuse them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from compile_project import OUTPUTS, PROJECT

# What dbt runs when it builds a relation that nobody had a right on yet, and which datasets a view may read.
STATEMENTS = """
{% if execute %}
    {% for name in ['fct_budget_status', 'shared_budget_status', 'int_costs__owned'] %}
        {% set node = graph.nodes['model.apportion.' ~ name] %}
        {% set kind = node.config.materialized %}
        {% set relation = api.Relation.create(node.database, node.schema, name, type=kind) %}
        {% for sql in get_dcl_statement_list(relation, node.config.grants, get_grant_sql) %}
            {{ sql }}
        {% endfor %}
        {% for target in node.config.grant_access_to or [] %}
            {{ name }} reads {{ target.project }}.{{ target.dataset }}
        {% endfor %}
    {% endfor %}
{% endif %}
"""
READERS = {
    "bigquery": ("group:finops@example.com", "user:ada@example.com, user:grace@example.com"),
    "snowflake": ("finops", "documents_team, search_team"),
}
EXPECTED = {
    "bigquery": [
        "grant `roles/bigquery.dataViewer` on table `p`.`apportion`.`fct_budget_status` "
        'to "group:finops@example.com"',
        "grant `roles/bigquery.dataViewer` on view `p`.`apportion_shared`.`shared_budget_status` "
        'to "user:ada@example.com", "user:grace@example.com"',
        "shared_budget_status reads p.apportion",
        "shared_budget_status reads p.apportion_seeds",
    ],
    "snowflake": [
        "grant select on p.apportion.fct_budget_status to finops",
        "grant select on p.apportion_shared.shared_budget_status to documents_team",
        "grant select on p.apportion_shared.shared_budget_status to search_team",
    ],
}


def told(warehouse, folder, marts="", shared=""):
    """What a warehouse would be told with these settings; without an account, so nothing is asked of it."""
    profile = {"target": warehouse, "outputs": {warehouse: OUTPUTS[warehouse]}}
    (folder / "profiles.yml").write_text(json.dumps({"apportion": profile}))
    command = [
        Path(sys.executable).with_name("dbt"), "--quiet", "--no-version-check", "compile",
        "--no-introspect", "--no-populate-cache", "--inline", STATEMENTS, "--project-dir", PROJECT,
        "--profiles-dir", folder, "--target-path", folder, "--log-path", folder,
    ]  # fmt: skip
    settings = {"APPORTION_GRANT_MARTS": marts, "APPORTION_GRANT_SHARED": shared}
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize("warehouse", EXPECTED)
def test_who_is_set_may_select_the_marts_or_the_shared_views_and_nothing_else(warehouse, tmp_path):
    assert told(warehouse, tmp_path, *READERS[warehouse]) == EXPECTED[warehouse]


def test_without_a_setting_nothing_is_granted(tmp_path):
    assert told("bigquery", tmp_path) == []
