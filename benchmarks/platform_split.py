"""The split on the shape of Kubernetes platform costs, as project-koku's distribution was measured.

A million daily rows: 31 days, 200 namespaces, 100 nodes. The cost of the platform's namespaces goes to the
others by the CPU they asked for, day by day; the platform's own rows take the same with a minus.

    python -m benchmarks.platform_split COMPILED_SPLIT
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.project import Project

ROWS, DAYS, NAMESPACES, PLATFORM, NODES = 1_000_000, 31, 200, 20, 100
# distribute_platform_cost.sql of project-koku, snapshot 2026-08-19, on PostgreSQL 15 over rows of this shape,
# measured on 2026-11-22 on a machine of 2 shared vCPUs.
KOKU_SECONDS = 6.7
SPLIT = """
    {{ apportion.allocate_proportionally(
        amounts='platform', drivers='asked', partition_by=['usage_date'], weight='weight',
        order_by=['namespace'], amount_columns=['cost'], keep=['usage_date'], targets=['namespace']
    ) }}
"""


def compile_split(project: Project, path: Path) -> None:
    """The project's own macro as SQL."""
    project.dbt("compile", "--inline", SPLIT)
    (compiled,) = (project.folder / "target/compiled").rglob("inline_query*")
    path.write_text(compiled.read_text())


def run(split: str) -> dict[str, float]:
    """Divide; gives seconds, parts and what the sum is off by."""
    with duckdb.connect() as connection:
        connection.execute(
            "set threads = 2; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        connection.execute(f"""
            create table daily_rows as
            select date '2026-07-01' + cast(range % {DAYS} as integer) as usage_date,
                'namespace-' || (range // {DAYS}) % {NAMESPACES} as namespace,
                (range // {DAYS}) % {NAMESPACES} < {PLATFORM} as is_platform,
                'node-' || hash(range) % {NODES} as node,
                cast(1 + hash(range, 1) % 86400 as decimal(38, 18)) as cpu_seconds,
                cast(cast(hash(range, 2) % 1000000000 as decimal(9, 0)) * 0.0000000001
                    as decimal(38, 18)) as cost
            from range({ROWS})
        """)
        started = time.monotonic()
        connection.execute(f"""
            create table distributed as
            with platform as (
                select usage_date, cast(sum(cost) as decimal(38, 18)) as cost
                from daily_rows where is_platform group by usage_date
            ),
            asked as (
                select usage_date, namespace, cast(sum(cpu_seconds) as hugeint) as weight
                from daily_rows where not is_platform group by usage_date, namespace
            ),
            parts as ({split})
            select usage_date, namespace, cost from parts
            union all
            select usage_date, namespace, -cast(sum(cost) as decimal(38, 18))
            from daily_rows where is_platform group by usage_date, namespace
        """)
        seconds = time.monotonic() - started
        parts, residue = connection.execute("select count(*), sum(cost) from distributed").fetchone()
    return {"seconds": round(seconds, 3), "parts": parts, "residue": str(residue.normalize())}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]).read_text())))
