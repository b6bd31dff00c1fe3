"""Compile the project for one warehouse without an account, and note what came out.

A script, since dbt keeps one warehouse per process: `python compile_project.py bigquery FOLDER` writes
FOLDER/compiled.json. --no-introspect keeps dbt from asking the warehouse: macros that read seeds give samples
then, before which we put the rows of the seeds, and the variable compile_as_incremental chooses the branch of
incremental models.
"""

import csv
import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.clients import jinja
from dbt.context.providers import generate_runtime_model_context
from dbt.task.compile import CompileRunner

PROJECT = Path(__file__).parents[3]

# Made-up credentials: enough to compile, and nothing here ever connects.
OUTPUTS = {
    "bigquery": {
        "type": "bigquery",
        "method": "oauth-secrets",
        "token": "made-up",
        "project": "p",
        "dataset": "apportion",
    },
    "snowflake": {
        "type": "snowflake",
        "account": "made-up",
        "user": "made-up",
        "password": "made-up",
        "database": "p",
        "schema": "apportion",
    },
    "duckdb": {"type": "duckdb", "path": ":memory:"},
}

# Three months, so that what is compared day by day stays small; a tag of the sample becomes a column.
VARIABLES = {
    "first_date": "2026-10-01",
    "last_date": "2026-12-31",
    "virtual_tags": ["Cost type"],
    # The same on all warehouses, or what is compared would differ by the moment.
    "time_of_run": "2026-11-22 10:00:00",
}

# Changed days, which dbt asks the warehouse for: some side by side, and one day of two providers.
DAYS = [["aws", "2026-11-20"], ["aws", "2026-11-21"], ["openai", "2026-11-21"], ["openai", "2026-11-19"]]

FORMS = {
    "full": ([], VARIABLES),
    "incremental": (
        ["--select", "config.materialized:incremental", "--indirect-selection", "empty"],
        VARIABLES | {"compile_as_incremental": True, "compile_with_days": DAYS},
    ),
    # The days are asked for by this join, and found by it where there are too many to name.
    "incremental by a join": (
        ["--select", "config.materialized:incremental", "--indirect-selection", "empty"],
        VARIABLES | {"compile_as_incremental": True},
    ),
}

# As many rows of a seed as are compiled into SQL; the analyzer takes a minute for 2,000 rules.
MOST_ROWS = 100

COMPILE = ["compile", "--no-introspect", "--no-populate-cache"]

reached: set[str] = set()
hooks: dict[str, list[str]] = {}
raw_tables: dict[str, dict[str, str]] = {}
seed_rows: dict[str, list[dict]] = {}

call_macro = jinja.MacroGenerator.__call__
compile_node = CompileRunner.compile


def noting_macro(self, *args, **kwargs):
    """Call a macro and remember it: the manifest knows which macros a text names, not which ones ran."""
    reached.add(self.macro.unique_id)
    result = call_macro(self, *args, **kwargs)
    if self.macro.name == "raw_columns":
        raw_tables.setdefault(str(args[0]), {}).update(args[1])
    if self.macro.name == "seed_rows" and result:
        result = seed_rows[str(args[0])] = [*rows_of_seed(args[0].identifier), *map(tried_last, result)]
    if self.macro.name == "pool_edges" and result:
        shares = [row for row in rows_of_seed("fixed_shares") if row["target_type"] == "pool"]
        result = [[row["pool"].lower(), row["target"].lower()] for row in shares] + result
    return result


def rows_of_seed(name: str) -> list[dict]:
    """What is filled in the first rows of a seed, as seed_rows() would give it."""
    [file] = (PROJECT / "seeds").rglob(f"{name}.csv")
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))[:MOST_ROWS]
    return [{key: value.strip() for key, value in row.items() if value.strip()} for row in rows]


def tried_last(row: dict) -> dict:
    """A row of the sample, after those of the seed: it is there to be compiled."""
    return row | {"priority": 10_000 + row["priority"]} if "priority" in row else row


def compiling_hooks(self, manifest):
    """Compile a node and its hooks, which dbt by itself renders only when the model runs."""
    node = compile_node(self, manifest)
    context = generate_runtime_model_context(node, self.config, manifest)
    texts = [hook.sql for hook in [*node.config.get("pre_hook", []), *node.config.get("post_hook", [])]]
    hooks[node.unique_id] = [jinja.get_rendered(text, context, node).strip() for text in texts]
    return node


def dbt(runner: dbtRunner, warehouse: str, folder: Path, *arguments: str, variables: dict = VARIABLES):
    """One dbt command; dbt's own message where it fails."""
    result = runner.invoke(
        [
            "--quiet", "--no-version-check", "--no-use-colors", *arguments, "--target", warehouse,
            "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
            "--project-dir", str(PROJECT), "--profiles-dir", str(folder.parent),
            "--vars", json.dumps(variables),
        ]
    )  # fmt: skip
    if not result.success:
        sys.exit(f"dbt {arguments[0]} failed for {warehouse}: {result.exception or 'its message is above'}")
    return result.result


def described(node) -> dict:
    """What tests need to know of a node beside its SQL."""
    enforced = node.config.get("contract") and node.config.contract.enforced
    return {
        "type": str(node.resource_type),
        "path": node.original_file_path,
        "materialized": node.config.materialized,
        "strategy": node.config.get("incremental_strategy"),
        "partition_by": node.config.get("partition_by"),
        "cluster_by": node.config.get("cluster_by"),
        "relation": node.relation_name,
        "depends_on": node.depends_on_nodes,
        "column_types": node.config.get("column_types") or {},
        "contract": {name: column.data_type for name, column in node.columns.items()} if enforced else {},
        "forms": {},
    }


def main(warehouse: str, folder: Path) -> None:
    """Parse once, compile everything, then the incremental models again in their other form."""
    jinja.MacroGenerator.__call__ = noting_macro
    CompileRunner.compile = compiling_hooks
    profile = {"target": warehouse, "outputs": {warehouse: OUTPUTS[warehouse]}}
    (folder / "profiles.yml").write_text(json.dumps({"apportion": profile}))
    manifest = dbt(dbtRunner(), warehouse, folder / "full", "parse")
    reached.clear()  # parsing calls macros too, with names of tables still unknown
    raw_tables.clear()

    nodes = {key: described(node) for key, node in manifest.nodes.items()}
    for form, (selection, variables) in FORMS.items():
        hooks.clear()
        command = [*COMPILE, *selection]
        dbt(dbtRunner(manifest=manifest), warehouse, folder / form, *command, variables=variables)
        for key in hooks:
            node = manifest.nodes[key]
            if node.compiled_code.strip():  # seeds are nodes without SQL
                nodes[key]["forms"][form] = {
                    "sql": node.compiled_code,
                    "file": node.compiled_path,
                    "hooks": [text for text in hooks[key] if text],
                }

    own = manifest.metadata.project_name
    macros = {
        macro.name: key in reached for key, macro in manifest.macros.items() if macro.package_name == own
    }
    probes = {}
    for file in sorted(Path(__file__).with_name("probes").glob("*.sql")):
        inline = [*COMPILE, "--inline", file.read_text()]
        with redirect_stdout(StringIO()):  # dbt shows inline SQL, even when it is to be quiet
            [result] = dbt(dbtRunner(manifest=manifest), warehouse, folder / "probes", *inline).results
        probes[file.stem] = result.node.compiled_code
    found = {
        "nodes": nodes,
        "raw_tables": raw_tables,
        "seed_rows": seed_rows,
        "macros": macros,
        "probes": probes,
    }
    (folder / "compiled.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
