"""Redis Cloud: the FOCUS cost report of an account.

Lands     raw_redis_cloud.cost_and_usage: one row per row of the report, every FOCUS column as its text,
          others as x_<name>. Replaced by day.
Amounts   dollars, exact text.
Restated  Redis does not say: each run reads the last 35 days again, from the first day of a month on.
Report    asked for as a task, waited for and downloaded; a month at a time, since 40 days are the most.
Left out  the JSON of the same report, and its filters.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import dlt

from ingestion.common import focus_reports, tasks
from ingestion.common.errors import IngestionError
from ingestion.common.focus_reports import Downloaded
from ingestion.common.rest import AGAIN
from ingestion.common.source import Need, Source
from ingestion.common.windows import Window
from ingestion.sources.focus import focus_columns, our_names
from ingestion.sources.focus import suites as focus_suites

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

RESTATED_DAYS = 35
DONE, FAILED = "processing-completed", "processing-error"
RUNNING = ("initialized", "received", "processing-in-progress")

COST_AND_USAGE = focus_reports.report_table(focus_columns(), RESTATED_DAYS)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    yield dlt.resource(lambda: rows(run), name=COST_AND_USAGE.name, **COST_AND_USAGE.hints)


def rows(run: Run) -> Iterator[Any]:
    """The rows of the reports, a month each, and the days that they cover."""
    window = focus_reports.whole_months(run.window(COST_AND_USAGE))
    run.replaced[COST_AND_USAGE.name] = window
    api = tasks.Api(
        run.setting("base_url", "https://api.redislabs.com/v1"),
        {"x-api-key": run.setting("api_key"), "x-api-secret-key": run.setting("api_secret_key")},
    )
    for month in focus_reports.months(window):
        report = downloaded(run, api, month)
        asked = Window(month.since, month.end.date())
        yield from focus_reports.lines(run, month, [report], our_names, focus_columns(), asked)
    yield from run.covered(COST_AND_USAGE, window.days())


def downloaded(run: Run, api: tasks.Api, month: Window) -> Downloaded:
    """The report of one month.

    It is asked for one day more: whether the end is part of a report is not documented, and what starts on
    that day is left out here.
    """
    asked = {"startDate": str(month.since), "endDate": str(month.end.date()), "format": "csv"}
    task = api.ask("POST", "cost-report", asked, promised=("taskId", "status"))["taskId"]
    name = tasks.wait(run, partial(report_of, api, task), f"the report of {month}")
    content = api.download(f"cost-report/{name}")
    if content.lstrip()[:1] in (b"", b"{", b"[", b"<"):
        raise IngestionError(
            f"the report is no CSV but begins with {content[:40]!r}",
            where=f"redis_cloud, cost-report/{name}",
            mend=AGAIN,
        )
    return Downloaded(f"redis_cloud, cost-report/{name}", lambda: io.BytesIO(content))


def report_of(api: tasks.Api, task: str) -> str | None:
    """The report's name once the task is done, None before. Raises IngestionError where it failed."""
    where = f"redis_cloud, tasks/{task}"
    found = api.ask("GET", f"tasks/{task}", promised=("taskId", "status"))
    response = found.get("response") or {}
    if found["status"] in RUNNING:
        return None
    if found["status"] == FAILED:
        error = response.get("error") or {}
        told = error.get("description") or found.get("description") or "no reason is told"
        raise IngestionError(f"the report was not made: {told}", where=where, mend="run it again")
    if found["status"] != DONE:
        raise tasks.unpromised(f"status is {found['status']!r:.200}", where)
    # The documentation shows it in the response, clients in its resource.
    name = response.get("costReportId") or (response.get("resource") or {}).get("costReportId")
    if not name:
        raise tasks.unpromised("no costReportId", where)
    return name


SOURCE = Source(
    name="redis_cloud",
    summary="the FOCUS cost report of a Redis Cloud account",
    tables=(COST_AND_USAGE,),
    needs=(
        Need("api_key", "the account's API key"),
        Need("api_secret_key", "the secret key of a user with the role Owner or Viewer"),
    ),
    read=read,
    gate=focus_suites,
)
