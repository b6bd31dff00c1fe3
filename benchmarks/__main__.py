"""make bench: all contenders in turn, again and again; a table, and JSON in benchmarks/results."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import attribution, aws_bill, by_hand, daily, limit, loading, measure, page, platform_split
from benchmarks.project import REPO, Project, Run
from benchmarks.world import DAYS, World, add_day, write_lines, write_rules, write_seeds

RESULTS = Path(__file__).parent / "results"
REOWNED = "virtual_tag_rules+,+fct_allocated_costs"
# What profiles.example.yml gives DuckDB; a script by hand takes most of the machine.
OUR_MEMORY = "1500MB"
NEVER_REWRITTEN = ("fct_charges", "int_costs__daily")
SECTIONS = ("whole", "increment", "reown", "rules", "split", "impact", "load", "attribution", "aws", "daily")
# A mask per rule over all lines takes minutes at a million of them, and memory grows with them.
MOST_FOR_PANDAS = 1_000_000
# Bills to load: what they are, lines, and how many lines of other services stand beside each that is read.
LOADED_BILLS = (("all of it Bedrock", 1_000_000, 0), ("a tenth of it Bedrock", 2_000_000, 9))


class Bench:
    """One run of the benchmarks: where its files are, and what it found."""

    def __init__(self, folder: Path, runs: int, resources: int, rules: int) -> None:
        self.folder, self.runs, self.resources, self.rules = folder, runs, resources, rules
        self.found: dict[str, Any] = {}
        self.bills: dict[int, Path] = {}
        self.built: dict[int, Project] = {}
        self.full: dict[int, dict[str, Any]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def world(self, lines: int, rules: int | None = None) -> World:
        """The invented bill of a size."""
        return World(lines, rules=rules or self.rules, resources=min(self.resources, max(lines // 90, 200)))

    def bill(self, lines: int) -> Path:
        """A DuckDB file with the loaded bill and nothing else."""
        if lines not in self.bills:
            say(f"writing {lines:,} charge lines")
            self.bills[lines] = self.folder / f"bill_{lines}.duckdb"
            measure.apart(write_lines, self.world(lines), self.bills[lines])
        return self.bills[lines]

    def project(self, name: str, lines: int, rules: int | None = None) -> Project:
        """A project with its seeds loaded, over a copy of the bill."""
        project = Project(self.folder / name, self.folder / f"{name}.duckdb")
        shutil.copy(self.bill(lines), project.database)
        write_seeds(self.world(lines, rules), project.seeds)
        project.dbt("seed")
        return project

    def project_built(self, lines: int) -> Project:
        """A project with everything up to the allocated costs built."""
        if lines not in self.built:
            self.built[lines] = self.project(f"built_{lines}", lines)
            self.full[lines] = self.built[lines].run("--select", "+fct_allocated_costs").as_dict()
        return self.built[lines]

    def whole(self, lines: int) -> None:
        """From loaded lines to fct_allocated_costs: the project, a script by hand, the floor, a notebook."""
        parquet = self.folder / f"bill_{lines}.parquet"
        measure.apart(limit.write_parquet, self.bill(lines), parquet)
        hands = self.folder / f"by_hand_{lines}.duckdb"
        seen: dict[str, list[dict[str, Any]]] = {"apportion": [], "by_hand": [], "limit": [], "start": []}
        for number in range(self.runs):
            say(f"whole path, {lines:,} lines, run {number + 1} of {self.runs}")
            project = self.project(f"built_{lines}", lines)
            # dbt's fixed start: the same parse and connection, one small table of no lines.
            start = project.run("--select", "dim_dates")
            seen["start"].append(start.process.as_dict())
            run = project.run("--select", "+fct_allocated_costs")
            seen["apportion"].append(run.as_dict() | {"models": slowest(run)})
            shutil.copy(self.bill(lines), hands)
            seen["by_hand"].append(peer("by_hand", hands, self.rules))
            seen["limit"].append(peer("limit", parquet, self.rules))
            self.built[lines], self.full[lines] = project, run.as_dict()
        if lines <= MOST_FOR_PANDAS:
            say(f"whole path, {lines:,} lines, pandas")
            seen["pandas"] = [peer("naive_pandas", parquet, self.rules)]
        same = measure.apart(by_hand.same_amounts, self.built[lines].database, hands)
        sql, hand = best(seen["apportion"], "span_seconds"), best(seen["by_hand"], "sql_seconds")
        models_cpu = best(seen["apportion"], "cpu_seconds") - best(seen["start"], "cpu_seconds")
        self.found[f"whole path, {lines:,} lines"] = {
            "lines": lines,
            "rows of the mart and amounts": same,
            "apportion: models' SQL seconds (first start to last end)": sql,
            "by hand: SQL seconds": hand,
            "limit: SQL seconds": best(seen["limit"], "sql_seconds"),
            "ratio of SQL seconds to by hand (target 2.0)": ratio(sql, hand),
            "ratio of SQL seconds to limit": ratio(sql, best(seen["limit"], "sql_seconds")),
            "apportion: CPU seconds without dbt's start": round(models_cpu, 2),
            "by hand: CPU seconds": best(seen["by_hand"], "cpu_seconds"),
            "ratio of CPU seconds to by hand": ratio(models_cpu, best(seen["by_hand"], "cpu_seconds")),
            "dbt's start: wall seconds": best(seen["start"], "wall_seconds"),
            "dbt's start: CPU seconds": best(seen["start"], "cpu_seconds"),
            f"apportion: peak MiB (target below {2048 if lines <= 5_000_000 else 6144})": worst(
                seen["apportion"], "peak_mib"
            ),
            "by hand: peak MiB": worst(seen["by_hand"], "peak_mib"),
            **(against_pandas(seen) if "pandas" in seen else {}),
            "runs": seen,
        }

    def increment(self, sizes: list[int]) -> None:
        """One more day of as many lines as a day of the smallest size, onto each size."""
        day = min(sizes) // DAYS
        seen: dict[int, list[dict[str, Any]]] = {lines: [] for lines in sizes}
        for lines in sizes:
            project = self.project_built(lines)
            # The first run after a build writes statistics and the like; every run here has a new day.
            for number in range(self.runs):
                say(f"a day of {day:,} lines onto {lines:,}, run {number + 1} of {self.runs}")
                measure.apart(add_day, project.database, day)
                run = project.run("--select", "+fct_allocated_costs")
                seen[lines].append(run.as_dict() | {"models": slowest(run)})
        least, most = min(sizes), max(sizes)
        found: dict[str, Any] = {"lines": most}
        for kind, number in (("SQL", "span_seconds"), ("CPU", "cpu_seconds")):
            one = {lines: best(seen[lines], number) for lines in sizes}
            found |= {f"{kind} seconds onto {lines:,} lines": one[lines] for lines in sizes}
            found[f"ratio of {kind} seconds, {most:,} to {least:,} lines (target 1.3)"] = ratio(
                one[most], one[least]
            )
            found[f"share of the full build's {kind} seconds at {most:,} lines (target 0.1)"] = ratio(
                one[most], self.full[most][number]
            )
        self.found[f"a day of {day:,} lines onto a history"] = found | {"runs": seen}

    def growth(self, sizes: list[int]) -> None:
        """How seconds and memory of the whole path grow with lines: the exponent between two sizes."""
        for one, other in itertools.pairwise(sorted(sizes)):
            found = [self.found[f"whole path, {size:,} lines"] for size in (one, other)]
            grew = {name: [page.of_the_path(numbers, name) for numbers in found] for name in page.OF_THE_PATH}
            self.found[f"growth from {one:,} to {other:,} lines"] = {
                f"exponent of {name} (1 is linear)": exponent(*values, other / one)
                for name, values in grew.items()
            }

    def reown(self, sizes: list[int]) -> None:
        """One rule changes: what is evaluated and allocated again, at each size with the same tuples."""
        seen: dict[int, list[dict[str, Any]]] = {lines: [] for lines in sizes}
        for number in range(self.runs):
            for lines in sizes:
                say(f"re-owning, {lines:,} lines, run {number + 1} of {self.runs}")
                project = self.project_built(lines)
                write_rules(self.world(lines), project.seeds, changed=number % 2 == 0)
                project.dbt("seed", "--select", "virtual_tag_rules")
                run = project.run("--select", REOWNED)
                seen[lines].append(run.as_dict() | {"models": slowest(run), "rewritten": rewritten(run)})
        least, most = min(sizes), max(sizes)
        spans = {lines: best(seen[lines], "span_seconds") for lines in sizes}
        cpus = {lines: best(seen[lines], "cpu_seconds") for lines in sizes}
        self.found["re-owning after a rule change"] = {
            "lines": most,
            "models of the fact that were written again": sorted(
                {name for run in seen[most] for name in run["rewritten"]}
            ),
            **{f"SQL seconds, {lines:,} lines": spans[lines] for lines in sizes},
            f"ratio of {most:,} to {least:,} lines (target 1.5)": ratio(spans[most], spans[least]),
            **{f"CPU seconds with dbt's start, {lines:,} lines": cpus[lines] for lines in sizes},
            "runs": seen,
        }

    def more_rules(self, lines: int) -> None:
        """The same bill under 200 and under 2,000 rules."""
        seen: dict[int, list[dict[str, Any]]] = {200: [], 2000: []}
        projects = {}
        for rules in seen:
            projects[rules] = self.project(f"rules_{rules}", lines, rules)
            projects[rules].run("--select", "+fct_allocated_costs")
        for number in range(self.runs):
            for rules, project in projects.items():
                say(f"{rules:,} rules, run {number + 1} of {self.runs}")
                run = project.run("--select", REOWNED)
                seen[rules].append(run.as_dict() | {"models": slowest(run)})
        spans = {rules: best(seen[rules], "span_seconds") for rules in seen}
        self.found["2,000 rules against 200"] = {
            "lines": lines,
            **{f"SQL seconds, {rules:,} rules": spans[rules] for rules in seen},
            "ratio (target 2.0)": ratio(spans[2000], spans[200]),
            **{
                f"CPU seconds with dbt's start, {rules:,} rules": best(runs, "cpu_seconds")
                for rules, runs in seen.items()
            },
            "runs": seen,
        }

    def split(self) -> None:
        """allocate_proportionally() on a million Kubernetes rows."""
        compiled = self.folder / "split.sql"
        project = Project(self.folder / "split", self.folder / "split.duckdb")
        platform_split.compile_split(project, compiled)
        seen = []
        for number in range(self.runs):
            say(f"the split, run {number + 1} of {self.runs}")
            process = measure.run(
                sys.executable, "-m", "benchmarks.platform_split", str(compiled), folder=REPO
            )
            seen.append(process.as_dict() | json.loads(process.said.splitlines()[-1]))
        self.found["platform costs of a million Kubernetes rows"] = {
            "lines": platform_split.ROWS,
            "seconds": best(seen, "seconds"),
            "project-koku on PostgreSQL 15, as measured 2026-11-22": platform_split.KOKU_SECONDS,
            "times as fast": ratio(platform_split.KOKU_SECONDS, best(seen, "seconds")),
            "parts": seen[0]["parts"],
            "residue (target 0)": seen[0]["residue"],
            "runs": seen,
        }

    def impact(self, lines: int) -> None:
        """`make impact` after one rule has changed."""
        project = self.project_built(lines)
        settings = project.folder / "dbt_project.yml"
        settings.write_text(re.sub(r"providers:(\n    - \w+)+", "providers: [focus]", settings.read_text()))
        write_rules(self.world(lines), project.seeds, changed=False)
        for command in ("init --quiet", "add seeds", "commit --quiet --message seeds"):
            name = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
            measure.run("git", *name, *command.split(), folder=project.folder)
        write_rules(self.world(lines), project.seeds, changed=True)
        seen = []
        for number in range(self.runs):
            say(f"impact, {lines:,} lines, run {number + 1} of {self.runs}")
            process = measure.run(
                *(sys.executable, "-m", "commands.impact", "--base", "HEAD"),
                folder=project.folder,
                environment={"APPORTION_DUCKDB_PATH": str(project.database), "PYTHONPATH": str(REPO)},
            )
            seen.append(process.as_dict())
        self.found[f"make impact, {lines:,} lines"] = {
            "lines": lines,
            "wall seconds (target 60 at 1M lines)": best(seen, "wall_seconds"),
            "CPU seconds": best(seen, "cpu_seconds"),
            "peak MiB of the largest process": worst(seen, "peak_mib"),
            "runs": seen,
        }

    def attribution(self, lines: int) -> None:
        """Bill lines over ten times as many usage rows: the models, and one script by hand."""
        database = self.folder / "attribution.duckdb"
        say(f"writing {lines:,} bill lines and {lines * 10:,} usage rows")
        measure.run(
            *(sys.executable, "-m", "benchmarks.attribution", "write", str(database), str(lines)), folder=REPO
        )
        project = attribution.project("attribution", database, self.folder)
        seen: dict[str, list[dict[str, Any]]] = {"apportion": [], "by_hand": [], "by_hand_in_our_memory": []}
        memory = {"by_hand": [], "by_hand_in_our_memory": [OUR_MEMORY]}
        for number in range(self.runs):
            say(f"attribution, {lines:,} lines, run {number + 1} of {self.runs}")
            run = project.run("--full-refresh", "--select", *attribution.MODELS_RUN.split())
            seen["apportion"].append(run.as_dict() | {"models": slowest(run)})
            for contender, limit_of in memory.items():
                process = measure.run(
                    *(sys.executable, "-m", "benchmarks.attribution", "by-hand", str(database), *limit_of),
                    folder=REPO,
                )
                seconds = json.loads(process.said.splitlines()[-1])["split"]
                seen[contender].append(process.as_dict() | {"sql_seconds": seconds})
        same = measure.apart(attribution.same_amounts, database)
        sql, hand = best(seen["apportion"], "span_seconds"), best(seen["by_hand"], "sql_seconds")
        tight = best(seen["by_hand_in_our_memory"], "sql_seconds")
        self.found[f"attribution, {lines:,} lines over {lines * 10:,} usage rows"] = {
            "lines": lines,
            "parts and amounts": same,
            "apportion: models' SQL seconds (first start to last end)": sql,
            "by hand: SQL seconds": hand,
            "ratio of SQL seconds to by hand (target 2.0)": ratio(sql, hand),
            f"by hand in our memory ({OUR_MEMORY}): SQL seconds": tight,
            "ratio of SQL seconds to by hand in our memory": ratio(sql, tight),
            "apportion: CPU seconds with dbt's start": best(seen["apportion"], "cpu_seconds"),
            "by hand: CPU seconds": best(seen["by_hand"], "cpu_seconds"),
            "apportion: peak MiB": worst(seen["apportion"], "peak_mib"),
            "by hand: peak MiB": worst(seen["by_hand"], "peak_mib"),
            "runs": seen,
        }

    def daily(self, lines: int) -> None:
        """The load and the models of one more day, onto few days and onto many."""
        say(f"one day of {lines // DAYS:,} lines onto {' and '.join(map(str, daily.HISTORIES))} days")
        seen = daily.measured(self.world(lines), self.folder)
        few, many = (seen[days] for days in daily.HISTORIES)
        what = "one day onto {} days: {}"
        self.found[f"one day of {lines // DAYS:,} lines, from files to allocated costs"] = {
            "lines": lines,
            **{what.format(days, "wall seconds"): run["wall_seconds"] for days, run in seen.items()},
            **{what.format(days, "CPU seconds"): run["cpu_seconds"] for days, run in seen.items()},
            "ratio of wall seconds (target 1.3)": ratio(many["wall_seconds"], few["wall_seconds"]),
            "ratio of CPU seconds": ratio(many["cpu_seconds"], few["cpu_seconds"]),
            "ratio of the models' SQL seconds": ratio(many["sql_seconds"], few["sql_seconds"]),
            "runs": seen,
        }

    def load(self, records: int) -> None:
        """Log files and Parquet into the warehouse, beside plain dlt; and the memory of many records."""
        compared = records // 10
        logs = self.folder / "logs"
        measure.apart(loading.write_logs, compared, logs)
        self.loaded(f"loading {compared:,} log records (JSON lines)", "logs", logs, compared, 50_000)
        for what, lines, others in LOADED_BILLS:
            bill = self.folder / f"cur_{others}"
            measure.apart(loading.write_bill, lines, bill, others)
            self.loaded(f"loading {lines:,} lines of Parquet, {what}", "bill", bill, lines, 200_000)
        many = self.folder / "many_logs"
        measure.apart(loading.write_logs, records, many)
        say(f"loading {records:,} log records")
        process = loader("ours", "logs", many, self.folder / "many.duckdb")
        self.found[f"loading {records:,} log records"] = {
            "records a second": round(records / process["wall_seconds"]),
            "records a CPU second": round(records / process["cpu_seconds"]),
            "peak MiB (target 1536)": process["peak_mib"],
            "runs": [process],
        }
        shutil.rmtree(many)

    def aws(self, lines: int) -> None:
        """A CUR to fct_charges, beside focus-converter on the same file."""
        contenders = {"apportion": aws_bill.ours}
        if aws_bill.installed():
            contenders["focus-converter"] = aws_bill.theirs
        bills = {size: self.folder / f"aws_cur_{size}.parquet" for size in (aws_bill.FEWEST, lines)}
        for size, bill in bills.items():
            measure.apart(aws_bill.write_bill, size, bill)
        say("AWS bill, a first load that is not counted")
        aws_bill.ours(bills[aws_bill.FEWEST], self.folder)
        seen: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
        start: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
        for number in range(self.runs):
            for name, contender in contenders.items():
                say(f"AWS bill, {lines:,} lines, {name}, run {number + 1} of {self.runs}")
                start[name].append(contender(bills[aws_bill.FEWEST], self.folder))
                seen[name].append(contender(bills[lines], self.folder))
        found: dict[str, Any] = {"lines": lines}
        spent: dict[str, dict[str, float]] = {}
        for name, runs in seen.items():
            spent[name] = {}
            for kind in ("wall", "cpu"):
                whole, fixed = (best(of, f"{kind}_seconds") for of in (runs, start[name]))
                spent[name] |= {kind: whole, f"{kind} without start": whole - fixed}
                found[f"{name}: {kind} seconds, of them start"] = (round(whole, 1), round(fixed, 1))
                found[f"{name}: rows a {kind} second, and without start"] = (
                    round(lines / whole),
                    round(lines / (whole - fixed)),
                )
            found[f"{name}: peak MiB"] = worst(runs, "peak_mib")
        for step in ("load", "models"):
            found[f"apportion: CPU seconds of {step}, of them start"] = tuple(
                round(min(run[step]["cpu_seconds"] for run in runs), 1)
                for runs in (seen["apportion"], start["apportion"])
            )
        if "focus-converter" in seen:
            for kind in ("wall", "cpu", "wall without start", "cpu without start"):
                times = [spent[name][kind] for name in ("focus-converter", "apportion")]
                found[f"speed by {kind}, of focus-converter's (target 3.0)"] = ratio(*times)
            peaks = [worst(seen[name], "peak_mib") for name in ("apportion", "focus-converter")]
            found["memory, of focus-converter's (target 0.33)"] = ratio(*peaks)
        self.found[f"an AWS bill of {lines:,} lines to fct_charges"] = found | {
            "runs": {"whole": seen, "start": start}
        }

    def loaded(self, what: str, kind: str, folder: Path, rows: int, target: int) -> None:
        """One kind of files through both contenders in turn."""
        seen: dict[str, list[dict[str, Any]]] = {"ours": [], "plain": []}
        for number in range(self.runs):
            for contender, runs in seen.items():
                say(f"{what}, {contender}, run {number + 1} of {self.runs}")
                runs.append(loader(contender, kind, folder, self.folder / f"{contender}.duckdb"))
        wall = {name: best(runs, "wall_seconds") for name, runs in seen.items()}
        cpu = {name: best(runs, "cpu_seconds") for name, runs in seen.items()}
        self.found[what] = {
            f"rows a second (target {target:,}, or 0.7 of plain dlt)": round(rows / wall["ours"]),
            "rows a second, plain dlt": round(rows / wall["plain"]),
            "rows a CPU second": round(rows / cpu["ours"]),
            "rows a CPU second, plain dlt": round(rows / cpu["plain"]),
            "speed in CPU seconds, of plain dlt's (target 0.7)": ratio(cpu["plain"], cpu["ours"]),
            "peak MiB": worst(seen["ours"], "peak_mib"),
            "peak MiB, plain dlt": worst(seen["plain"], "peak_mib"),
            "runs": seen,
        }


def against_pandas(seen: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What the notebook took, beside the models and beside all of dbt."""
    notebook = best(seen["pandas"], "wall_seconds")
    return {
        "pandas, a mask per rule: seconds": notebook,
        "pandas: peak MiB": worst(seen["pandas"], "peak_mib"),
        "times as fast as pandas, SQL seconds (target 10)": ratio(
            notebook, best(seen["apportion"], "span_seconds")
        ),
        "times as fast as pandas, with dbt's start": ratio(notebook, best(seen["apportion"], "wall_seconds")),
    }


def loader(contender: str, kind: str, folder: Path, database: Path) -> dict[str, Any]:
    """One load in a process of its own."""
    arguments = (contender, kind, str(folder), str(database))
    return measure.run(sys.executable, "-m", "benchmarks.loading", *arguments, folder=REPO).as_dict()


def peer(module: str, path: Path, rules: int) -> dict[str, Any]:
    """One run of a contender without dbt."""
    process = measure.run(sys.executable, "-m", f"benchmarks.{module}", str(path), str(rules), folder=REPO)
    steps = json.loads(process.said.splitlines()[-1])
    return process.as_dict() | {"sql_seconds": round(sum(steps.values()), 3), "steps": steps}


def slowest(run: Run) -> dict[str, float]:
    """The models that took longest."""
    ranked = sorted(run.models.items(), key=lambda pair: -pair[1])
    return {name: round(seconds, 3) for name, seconds in ranked[:15]}


def rewritten(run: Run) -> list[str]:
    """Those of the models of the fact that this run touched."""
    return [name for name in NEVER_REWRITTEN if name in run.models]


def best(runs: list[dict[str, Any]], number: str) -> float:
    """The smallest of a number over the runs."""
    return min(run[number] for run in runs)


def worst(runs: list[dict[str, Any]], number: str) -> float:
    """The largest of a number over the runs."""
    return max(run[number] for run in runs)


def ratio(one: float, other: float) -> float:
    """How many times the other."""
    return round(one / other, 2)


def exponent(small: float, large: float, times: float) -> float:
    """e where a number grows like lines to the power of e."""
    return round(math.log(large / small) / math.log(times), 2)


def say(what: str) -> None:
    """One line of progress."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Where the numbers are from."""
    model = "unknown"
    if (cpus := Path("/proc/cpuinfo")).exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in cpus.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The table: a section, then a number a line; all runs are in the JSON."""
    for section, numbers in found.items():
        yield f"\n{section}"
        for name, value in numbers.items():
            if name not in ("runs", "lines"):
                yield f"  {name:<72} {value}"


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[1_000_000, 5_000_000, 20_000_000], help="charge lines"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each contender; the best is compared")
    parser.add_argument("--resources", type=int, default=10_000, help="distinct tuples at every size")
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--records", type=int, default=5_000_000, help="of logs; a tenth beside plain dlt")
    parser.add_argument(
        "--histories",
        nargs="+",
        type=int,
        default=[2_000_000, 20_000_000],
        help="lines that a day comes onto",
    )
    parser.add_argument("--write", action="store_true", help="put what was found into docs/benchmarks.md")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--folder", type=Path, default=REPO / ".work/bench", help="for bills and copies")
    options = parser.parse_args()
    bench = Bench(options.folder.resolve(), options.runs, options.resources, options.rules)
    if "whole" in options.only:
        for lines in options.sizes:
            bench.whole(lines)
        bench.growth(options.sizes)
    if "increment" in options.only:
        bench.increment(options.histories)
    if "reown" in options.only:
        bench.reown(options.sizes)
    if "rules" in options.only:
        bench.more_rules(min(options.sizes))
    if "split" in options.only:
        bench.split()
    if "impact" in options.only:
        bench.impact(min(options.sizes))
    if "attribution" in options.only:
        bench.attribution(min(options.sizes))
    if "aws" in options.only:
        bench.aws(min(options.sizes))
    if "daily" in options.only:
        bench.daily(min(options.sizes))
    if "load" in options.only:
        bench.load(options.records)
    print("\n".join(lines_of(bench.found)))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    settings = {
        "sizes": options.sizes,
        "runs": options.runs,
        "resources": options.resources,
        "rules": options.rules,
        "records": options.records,
    }
    path.write_text(
        json.dumps({"machine": machine(), "settings": settings, "found": bench.found}, indent=2) + "\n"
    )
    print(f"\nAll runs: {path.relative_to(REPO)}")
    if options.write:
        page.write(bench.found, machine(), options.runs)
        print(f"Written: {page.PAGE.relative_to(REPO)}")


if __name__ == "__main__":
    main()
