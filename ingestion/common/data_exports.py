"""Which files of an AWS export count: those that the newest manifest of a billing period names.

Layouts   Data Exports (CUR 2.0, FOCUS): <export>/data/BILLING_PERIOD=2026-11/[<run>/]<part>, and
          <export>/metadata/BILLING_PERIOD=2026-11/[<run>/]<export>-Manifest.json, which lists dataFiles.
          The older CUR: <report>/20261101-20261201/[<assembly>/]<part>, and <report>-Manifest.json in the
          period's folder and again in each assembly's, which lists reportKeys. The period's is current.
No manifest   every file of a period counts; of several run folders of a period, the newest one.
Refused   a manifest that names a part that is not there (the period would be half a bill), and two exports of
          one account and period (all of it would count twice). Nothing is loaded then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dlt.sources.filesystem import filesystem

from ingestion.common import files
from ingestion.common.errors import IngestionError

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

PERIOD = re.compile(
    r"^(?P<export>.*?)(?:/(?:data|metadata))?/"
    r"(?:BILLING_PERIOD=(?P<month>\d{4}-\d\d)|(?P<days>\d{8}-\d{8}))/(?P<rest>.+)$",
    re.IGNORECASE,
)
# A run folder of Data Exports begins with its time.
RUN_TIME = re.compile(r"^\d{4}-?\d\d-?\d\dT?[\d:.-]*Z?")


@dataclass
class Period:
    """What one export holds of one billing period: its files by URL, its manifests as (URL, age, parts)."""

    export: str
    month: str
    files: dict[str, FileItemDict] = field(default_factory=dict)
    manifests: list[tuple[str, tuple[Any, ...], list[str]]] = field(default_factory=list)


def current_files(
    found: list[FileItemDict], run: Run, account_of: Callable[[FileItemDict], set[str]]
) -> list[FileItemDict]:
    """The files that count, in the order in which they were found.

    account_of   whose bill a file is, asked only where two exports have the same period
    """
    periods: dict[tuple[str, str], Period] = {}
    for item in found:
        if parsed := PERIOD.match(unquote(item["file_url"])):
            place = period_of(parsed)
            periods.setdefault(place, Period(*place)).files[unquote(item["file_url"])] = item
    for item in manifest_files(run):
        url = unquote(item["file_url"])
        parsed = PERIOD.match(url)
        # A manifest alone says nothing here: file_glob may have chosen other periods.
        if parsed and (period := periods.get(period_of(parsed))):
            folder = parsed["rest"].rpartition("/")[0]
            # That of the period itself is written last; of several runs, the one of the latest time.
            timed = found_time[0] if (found_time := RUN_TIME.match(folder)) else ""
            age = (not folder, timed, str(item["modification_date"]))
            period.manifests.append((url, age, named_parts(item, period)))
    chosen: set[str] = set()
    kept: dict[tuple[str, str], list[str]] = {}
    for place, period in periods.items():
        kept[place] = current(period, run)
        chosen.update(kept[place])
    refuse_two_exports([periods[place] for place in periods], kept, account_of)
    return [item for item in found if (url := unquote(item["file_url"])) in chosen or not PERIOD.match(url)]


def period_of(parsed: re.Match[str]) -> tuple[str, str]:
    """The export's folder and the month, as 2026-11."""
    days = parsed["days"]
    return parsed["export"], parsed["month"] or f"{days[:4]}-{days[4:6]}"


def manifest_files(run: Run) -> list[FileItemDict]:
    """Every manifest under the locations."""
    manifests = []
    for location in files.locations_of(run.setting("bucket_url")):
        folder, pattern = files.split_location(location, "**/*")
        if pattern == "**/*":
            # Manifests lie beside the data folder that somebody may have named.
            export = re.sub(r"/data(/BILLING_PERIOD=[^/]+)?$", "", folder, flags=re.IGNORECASE)
            manifests += filesystem(export, file_glob="**/*anifest.json")
    return manifests


def named_parts(item: FileItemDict, period: Period) -> list[str]:
    """The URLs of the parts that a manifest names, where they lie in this copy of the export."""
    try:
        told = json.loads(item.read_bytes())
        keys = next(told[name] for name in ("dataFiles", "reportKeys") if isinstance(told.get(name), list))
        parsed = [PERIOD.match(f"/{key.partition('://')[2] or key}") for key in map(str, keys)]
    except (ValueError, AttributeError, StopIteration) as error:
        raise IngestionError(
            "the manifest is no JSON object with dataFiles or reportKeys",
            where=item["file_url"],
            mend="wait until AWS has written the export, then run it again",
        ) from error
    # An export is often copied to another bucket and prefix: what counts is where a part lies within it.
    inside = [key_part["rest"] if key_part else str(key) for key_part, key in zip(parsed, keys, strict=True)]
    by_place = {PERIOD.match(url)["rest"]: url for url in period.files}  # type: ignore[index]
    if absent := [place for place in inside if place not in by_place]:
        # Older runs may be cleaned away while their manifests stay; current() judges.
        return [f"missing:{place}" for place in absent]
    return [by_place[place] for place in inside]


def current(period: Period, run: Run) -> list[str]:
    """The URLs of a period's files that count."""
    if period.manifests:
        url, _, parts = max(period.manifests, key=lambda told: told[1])
        if missing := [part.removeprefix("missing:") for part in parts if part.startswith("missing:")]:
            raise IngestionError(
                f"the manifest names {missing[0]}, which is not there; half of {period.month} is no bill",
                where=url,
                mend="wait until AWS has written it all, or copy the missing part; nothing was loaded",
            )
    else:
        runs: dict[str, list[str]] = {}
        for url in period.files:
            folder = PERIOD.match(url)["rest"].rpartition("/")[0]  # type: ignore[index]
            runs.setdefault(folder, []).append(url)
        parts = runs[max(runs, key=lambda folder: age_of_run(folder, runs[folder], period))]
    if left := len(period.files) - len(parts):
        print(
            f"  {run.source.name}: {period.month} of {period.export}: {left} files of earlier runs left out",
            flush=True,
        )
    return parts


def age_of_run(folder: str, urls: list[str], period: Period) -> tuple[str, str]:
    """What tells the newest run: the time in its name, else the time of its newest file."""
    timed = RUN_TIME.match(folder)
    return timed[0] if timed else "", max(str(period.files[url]["modification_date"]) for url in urls)


def refuse_two_exports(
    periods: list[Period],
    kept: dict[tuple[str, str], list[str]],
    account_of: Callable[[FileItemDict], set[str]],
) -> None:
    """Raise IngestionError where two exports bill one account for one period."""
    by_month: dict[str, list[Period]] = {}
    for period in periods:
        by_month.setdefault(period.month, []).append(period)
    for month, rivals in by_month.items():
        if len(rivals) < 2:
            continue
        seen: dict[str, str] = {}
        for period in rivals:
            first = kept[period.export, month][0]
            for account in account_of(period.files[first]):
                if account in seen:
                    raise IngestionError(
                        f"two exports bill account {account} for {month}, and all of it would count twice: "
                        f"{seen[account]} and {period.export}",
                        where=period.export,
                        mend="point bucket_url at one of them, or choose with file_glob; nothing was loaded",
                    )
                seen[account] = period.export
