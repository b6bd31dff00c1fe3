"""Run focus-validator on one file. commands/check_focus.py starts this with the validator's own Python.

python validate.py DATA RULES RESULTS    writes RESULTS: {rule id: what the rule says and what came of it}
"""

import json
import os
import re
import sys
from pathlib import Path

import duckdb
import focus_validator
from focus_validator.validator import Validator


def main(data: str, rules: str, results: str) -> None:
    # It opens focus_validator/rules/currency_codes.csv relative to the working directory.
    os.chdir(Path(focus_validator.__file__).parents[1])
    validator = Validator(
        data_filename=data,
        rule_set_path=rules,
        rules_version="1.3",
        rules_block_remote_download=True,
        focus_dataset="CostAndUsage",
        applicability_criteria="ALL",
        output_type="console",
        output_destination=None,
    )
    outcome = validator.validate()
    queries = validator.spec_rules.explain()
    found = {}
    for rule_id, result in outcome.by_rule_id.items():
        criteria = outcome.rules[rule_id].validation_criteria
        items = criteria.requirement.get("Items", [])
        found[rule_id] = {
            "ok": result["ok"],
            "skipped": result["details"].get("skipped", False),
            "rows": result["details"].get("violations", 0),
            "text": criteria.must_satisfy,
            "parts": [item["ModelRuleId"] for item in items if "ModelRuleId" in item],
            "examples": [] if result["ok"] else examples(validator.focus_data, queries[rule_id].get("sql")),
        }
    Path(results).write_text(json.dumps(found))


def examples(focus_data, sql: str | None) -> list[str]:
    """Up to three services' rows that the validator's query counts, and what it looks at in them."""
    counted = re.match(
        r"WITH invalid AS \(\s*SELECT .*?FROM focus_data\s+WHERE (.*)\n\s*\)\s+SELECT", sql or "", re.S
    )
    if counted is None:
        return []
    shown = ["ServiceProviderName", "ServiceName"]
    shown += [name for name in focus_data.columns if name not in shown and re.search(rf"\b{name}\b", sql)]
    query = (
        f"select distinct on ({shown[0]}, {shown[1]}) {', '.join(shown)} from focus_data where {counted[1]} "
        "order by all limit 3"
    )
    try:
        rows = duckdb.sql(query).fetchall()
    except duckdb.BinderException:  # a column is missing, and the rule fails for it
        return []
    return [", ".join(f"{name} {value}" for name, value in zip(shown, row, strict=True)) for row in rows]


if __name__ == "__main__":
    main(*sys.argv[1:])
