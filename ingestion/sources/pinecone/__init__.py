"""Pinecone: the cost usage export of an organization, FOCUS 1.4.

Lands     raw_pinecone.cost_and_usage: one row per row of the export, every FOCUS column as its text,
          others as x_<name>. Replaced by day.
Amounts   dollars, exact text.
Restated  cost comes up to 3 days late, and the invoice's number after the month: each run reads the last
          35 days again, from the first day of a month on.
Export    asked for, waited for and downloaded; one runs at a time and a few an hour, so a run makes one.
Left out  files that were downloaded by hand (source `focus` reads their CSVs); read units that calls report.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import dlt
from requests.exceptions import HTTPError

from ingestion.common import focus_reports, tasks
from ingestion.common.errors import IngestionError
from ingestion.common.focus_reports import Downloaded
from ingestion.common.rest import AGAIN
from ingestion.common.source import Need, Source
from ingestion.sources.focus import focus_columns, our_names
from ingestion.sources.focus import suites as focus_suites

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run
    from ingestion.common.windows import Window

PATH = "admin/cost-usage-exports"
VERSION = "2026-07"
# A month and the days in which its invoice is made.
RESTATED_DAYS = 35
DONE, FAILED = ("completed", "complete"), ("failed", "canceled", "cancelled", "expired")
RUNNING = ("pending", "running", "processing", "inprogress")

COST_AND_USAGE = focus_reports.report_table(focus_columns(), RESTATED_DAYS)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    yield dlt.resource(lambda: rows(run), name=COST_AND_USAGE.name, **COST_AND_USAGE.hints)


def rows(run: Run) -> Iterator[Any]:
    """The rows of one export, and the days that it covers."""
    window = focus_reports.whole_months(run.window(COST_AND_USAGE))
    run.replaced[COST_AND_USAGE.name] = window
    api = tasks.Api(
        run.setting("base_url", "https://api.pinecone.io"),
        {"Authorization": f"Bearer {run.setting('api_key')}", "X-Pinecone-Api-Version": VERSION},
    )
    export = completed(run, api, window)
    files = unpacked(export, api.download(export["download_url"]))
    days = set()
    for part in focus_reports.lines(run, window, files, our_names, focus_columns()):
        days.update(part["charge_date"].unique().to_pylist())
        yield part
    # A day whose data is not there yet is not empty: what is loaded of it stays.
    available = (export.get("data_available_through") or "9999-12-31")[:10]
    late = [day for day in window.days() if str(day) > available]
    if late:
        print(
            f"  pinecone: cost is there up to {available}; {late[0]} to {late[-1]} come with a later run",
            flush=True,
        )
    yield from run.covered(COST_AND_USAGE, days | (set(window.days()) - set(late)))


# The export ---------------------------------------------------------------------------------------


def completed(run: Run, api: tasks.Api, window: Window) -> dict[str, Any]:
    """The finished export of the window. One that runs already is waited for, and taken if it is the same."""
    period = {"period_start": stamp(window.start.date()), "period_end": stamp(window.end.date())}
    for found in running(api):
        done = tasks.wait(run, partial(finished, api, found["id"]), "the export that runs already")
        if state_of(done) in DONE and all(same_day(done, name, value) for name, value in period.items()):
            return whole(done)
    started = tasks.wait(run, partial(started_export, api, period), "the export before this one")
    done = tasks.wait(run, partial(finished, api, started["id"]), "the export")
    if state_of(done) not in DONE:
        raise IngestionError(
            f"the export {done['id']} {state_of(done)}: {done.get('error') or 'no reason is told'}",
            where=f"pinecone, {PATH}",
            mend="run it again; Pinecone makes a few exports an hour",
        )
    for name, value in period.items():
        if not same_day(done, name, value):
            raise IngestionError(
                f"the export has the {name} {done.get(name)}, where {value} was asked for",
                where=f"pinecone, {PATH}",
                mend=AGAIN,
            )
    return whole(done)


def stamp(day: date) -> str:
    """A bound of the period; the end is exclusive."""
    return f"{day}T00:00:00.000Z"


def same_day(export: dict[str, Any], name: str, value: str) -> bool:
    """Whether a bound is the one asked for, however its midnight is written."""
    return str(export.get(name))[:10] == value[:10]


def running(api: tasks.Api) -> list[dict[str, Any]]:
    """The exports that are not done; the list is newest first, and one runs at a time."""
    found = api.ask("GET", PATH, promised=("data",))["data"]
    if not isinstance(found, list):
        raise tasks.unpromised(f"data is {found!r:.200}", f"pinecone, {PATH}")
    return [export for export in found if state_of(export) in RUNNING]


def started_export(api: tasks.Api, period: dict[str, str]) -> dict[str, Any] | None:
    """A new export; None while somebody else's is in the way."""
    try:
        return api.ask("POST", PATH, period, promised=("id", "status"))
    except HTTPError as error:
        if error.response.status_code == 409:
            return None
        raise


def finished(api: tasks.Api, name: str) -> dict[str, Any] | None:
    """The export once it is done or has failed, None before. Each look makes a new link for an hour."""
    export = api.ask("GET", f"{PATH}/{name}", promised=("id", "status"))
    return export if state_of(export) not in RUNNING else None


def state_of(export: dict[str, Any]) -> str:
    """The status in one spelling. Raises IngestionError for one that we do not know."""
    status = export.get("status")
    plain = status.replace("_", "").replace("-", "").lower() if isinstance(status, str) else ""
    if plain not in (*DONE, *FAILED, *RUNNING):
        raise tasks.unpromised(f"status is {status!r:.200}", f"pinecone, {PATH}")
    return plain


def whole(export: dict[str, Any]) -> dict[str, Any]:
    """The export if its file can be had."""
    if export.get("file_expired") or not export.get("download_url"):
        raise IngestionError(
            f"the export {export['id']} has no file (any more)",
            where=f"pinecone, {PATH}",
            mend="run it again; a file is kept for two days",
        )
    return export


# Its file -----------------------------------------------------------------------------------------


def unpacked(export: dict[str, Any], content: bytes) -> list[Downloaded]:
    """The CSVs of the zip, all that the manifest names. Raises IngestionError where it is not whole."""
    where = f"pinecone, export {export['id']}"
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        damaged = archive.testzip()
    except (zipfile.BadZipFile, EOFError) as error:
        raise IngestionError(f"the zip breaks off: {error}", where=where, mend=AGAIN) from error
    if damaged:
        raise IngestionError(f"{damaged} is damaged", where=where, mend=AGAIN)
    names = sorted(name for name in archive.namelist() if name.endswith(".csv"))
    manifest = next((name for name in archive.namelist() if name.endswith("manifest.json")), None)
    if manifest is None:
        raise IngestionError("the zip has no manifest.json", where=where, mend=AGAIN)
    missing = sorted(name for name in named_in(archive.read(manifest), where) if not is_among(name, names))
    if missing:
        raise IngestionError(
            f"the manifest names {', '.join(missing)}, and the zip has no such file", where=where, mend=AGAIN
        )
    counted(export, archive, names, where)
    return [Downloaded(f"{where}, {name}", partial(archive.open, name)) for name in names]


def named_in(manifest: bytes, where: str) -> set[str]:
    """The CSVs that the manifest names, wherever in it they stand."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from texts(item)
        elif isinstance(value, str) and value.endswith(".csv"):
            yield value

    try:
        return set(texts(json.loads(manifest)))
    except ValueError as error:
        raise IngestionError("manifest.json is no JSON", where=where, mend=AGAIN) from error


def is_among(name: str, names: list[str]) -> bool:
    """Whether the zip has the file, with or without a folder."""
    return any(held == name or held.endswith(f"/{name}") for held in names)


def counted(export: dict[str, Any], archive: zipfile.ZipFile, names: list[str], where: str) -> None:
    """Raise IngestionError unless the files hold as many rows as the API says that it exported."""
    if export.get("row_count") is None:
        return
    held = 0
    for name in names:
        with archive.open(name) as file:
            held += sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""))) - 1
    if held != export["row_count"]:
        raise IngestionError(
            f"the files hold {held:,} rows, where the export promises {export['row_count']:,}",
            where=where,
            mend=AGAIN,
        )


SOURCE = Source(
    name="pinecone",
    summary="the cost usage export of a Pinecone organization (FOCUS 1.4)",
    tables=(COST_AND_USAGE,),
    needs=(Need("api_key", "a token of a service account that is Billing Admin or owner (Enterprise plan)"),),
    read=read,
    gate=focus_suites,
)
