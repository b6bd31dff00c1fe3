"""Azure's cost details exports, actual and amortized: EA and MCA columns, CSV or Parquet, newest runs only.

Lands     cost_details: one row per row of the export, every value as the text it is in the file; dates as
          year-month-day. CostInBillingCurrency and CostInUsd stay apart.
Restated  an export writes the month anew each day, over itself or into a new run folder: of several runs of a
          period only the newest counts, and the rows of the others go. Its manifest names the parts and their
          rows; what is not there as it says is an error.
Which     a source says which rows it bills (`wanted`) and which exports it reads (`kinds`); the rest does not
          land.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.common import files, gate
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import file_resource, file_table, named
from ingestion.common.source import Table

if TYPE_CHECKING:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    from ingestion.common.pipeline import Run

# Our columns; the file spells them CostInBillingCurrency or costInBillingCurrency.
COLUMNS = (
    "additional_info", "benefit_id", "benefit_name", "billing_account_id", "billing_account_name",
    "billing_currency", "billing_period_end_date", "billing_period_start_date", "billing_profile_id",
    "billing_profile_name", "charge_type", "consumed_service", "cost_center", "cost_in_billing_currency",
    "cost_in_pricing_currency", "cost_in_usd", "date", "effective_price", "exchange_rate_pricing_to_billing",
    "frequency", "invoice_id", "invoice_section_id", "invoice_section_name", "meter_category", "meter_id",
    "meter_name", "meter_region", "meter_sub_category", "part_number", "pay_g_price",
    "payg_cost_in_billing_currency", "plan_name", "pricing_currency", "pricing_model", "product_id",
    "product_name", "publisher_name", "publisher_type", "quantity", "reservation_id",
    "reservation_name", "resource_group", "resource_id", "resource_location", "resource_name",
    "service_family", "service_period_end_date", "service_period_start_date", "subscription_id",
    "subscription_name", "tags", "term", "unit_of_measure", "unit_price",
)  # fmt: skip
# Other names of the same, by agreement and version; MCA exports have both location and resourceLocation.
ALSO = {
    "billingcurrencycode": "billing_currency",
    "cost": "cost_in_billing_currency",
    "location": "resource_location",
    "product": "product_name",
    "resourcegroupname": "resource_group",
    "subscriptionguid": "subscription_id",
}
KNOWN = {name.replace("_", ""): name for name in COLUMNS}
NEEDED = ("date", "cost_in_billing_currency", "billing_currency", "meter_name", "quantity", "unit_of_measure")
DATES = (
    "date", "billing_period_start_date", "billing_period_end_date", "service_period_start_date",
    "service_period_end_date",
)  # fmt: skip
COST_DETAILS = file_table("cost_details", "row of a cost details export", list(COLUMNS))

# Models that Azure sells are meters of these categories; partner models are marketplace resources named
# <model>-<GUID>.
MODELS = r"(?i)azure openai|foundry models|openai"
PARTNER_MODEL = r"(?i)^.+-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

PERIOD = re.compile(r"/\d{8}-\d{8}/")
PART = re.compile(r"/part_\d+_\d+\.[^/]+$")
MANIFEST = "manifest.json"
# What an export holds, as its manifest says it.
ACTUAL, AMORTIZED, FOCUS = "actualcost", "amortizedcost", "focuscost"
KINDS = {"usage": ACTUAL}
# Rows of a table -> which of them are wanted.
Wanted = Callable[[pa.Table], pa.Array]
# The rows that are kept of a part, their file and its kind -> the same with more columns.
Added = Callable[[pa.Table, "FileItemDict", str], pa.Table]


def ai_meters(rows: pa.Table) -> pa.Array:
    """Which rows are about models; an Azure bill holds all else too."""

    def found(column: str, pattern: str) -> pa.Array:
        return pc.fill_null(pc.match_substring_regex(rows[column], pattern), False)

    ours = pc.or_(found("meter_category", MODELS), found("meter_sub_category", MODELS))
    partner = pc.and_(found("publisher_type", "(?i)marketplace"), found("resource_name", PARTNER_MODEL))
    return pc.or_(ours, partner)


@dataclass
class Reader:
    """Reads the exports of one run of a source."""

    run: Run
    wanted: Wanted | None = None
    table: Table = COST_DETAILS
    kinds: tuple[str, ...] = (ACTUAL,)
    added: Added | None = None
    runs: Runs = field(init=False)

    def __post_init__(self) -> None:
        self.runs = Runs(self.run, self.kinds)

    def resource(self, chosen: Callable[[list[FileItemDict]], list[FileItemDict]] | None = None) -> Any:
        """The dlt resource of the table; `chosen` where more decides than which run is the newest."""
        newest = chosen or self.runs.newest
        return file_resource(self.run, self.table, "date", reading=self.landed, chosen=newest, together=True)

    def landed(self, item: FileItemDict) -> Iterator[pa.Table] | None:
        """The wanted rows of one file; None for a file of another kind, as a FOCUS export."""
        names = our_names(files.header(item), item["file_url"])
        return None if names is None else self.parts(item, names)

    def parts(self, item: FileItemDict, names: list[str]) -> Iterator[pa.Table]:
        """The wanted rows with their row numbers, dates as year-month-day."""
        kind = self.runs.kind_of(item)
        count = 0
        for part in files.read(item, names):
            count += len(part)
            for name in COLUMNS:
                if name not in part.column_names:
                    part = part.append_column(name, pa.nulls(len(part), pa.string()))
            for name in DATES:
                place = part.column_names.index(name)
                part = part.set_column(place, name, iso(part[name]))
            if kind == ACTUAL:
                refuse_amortized(item, part)
            self.runs.once(item, part)
            if self.wanted:
                part = part.filter(self.wanted(part))
            yield self.added(part, item, kind) if self.added else part
        self.runs.whole(item, count)


def refuse_amortized(item: FileItemDict, rows: pa.Table) -> None:
    """Raise IngestionError at a row that only an amortized export has."""
    unused = pc.fill_null(pc.match_substring_regex(rows["charge_type"], "(?i)^unused"), False)
    if pc.any(unused).as_py():
        row = rows[files.ROW][pc.index(unused, True).as_py()].as_py()
        raise IngestionError(
            "an unused commitment stands in amortized exports only, and this one is taken for actual cost",
            where=files.place(item["file_url"], row, named(item, "charge_type")),
            mend='keep the run\'s manifest.json beside it, or put it into a folder named "amortized"',
        )


def our_names(header: list[str], where: str) -> list[str] | None:
    """Our column names in the file's order. Raises IngestionError where a needed one is missing."""
    plain = [name.replace("_", "").lower() for name in header]
    if "metername" not in plain or "billedcost" in plain:
        return None
    own = {KNOWN[name] for name in plain if name in KNOWN}
    known = KNOWN | {name: ours for name, ours in ALSO.items() if ours not in own}
    ours = [known.get(name, snake_case(theirs)) for name, theirs in zip(plain, header, strict=True)]
    absent = [name for name in NEEDED if name not in ours]
    if absent:
        raise IngestionError(
            f"the export has no column {', '.join(absent)}",
            where=f"{where}, line 1",
            mend="export cost and usage details with all their columns",
        )
    for name in ours:
        if ours.count(name) > 1:
            twice = [theirs for theirs, mine in zip(header, ours, strict=True) if mine == name]
            raise IngestionError(
                f"the columns {' and '.join(twice)} are one column to us ({name})",
                where=f"{where}, line 1",
                mend="drop one of them",
            )
    return ours


def snake_case(name: str) -> str:
    """A column that we do not know, in our spelling."""
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()


def iso(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """11/2/2026, as EA writes it, as 2026-11-02; a date that is written otherwise stays as it is."""
    found = pc.extract_regex(dates, r"^(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
    if found.null_count == len(found):
        return dates
    month, day, year = (pc.struct_field(found, name) for name in ("month", "day", "year"))
    written = pc.binary_join_element_wise(year, pc.utf8_lpad(month, 2, "0"), pc.utf8_lpad(day, 2, "0"), "-")
    return pc.if_else(pc.is_valid(found), written, dates)


# Runs of an export --------------------------------------------------------------------------------


@dataclass
class Runs:
    """The runs of a source's exports: which count, what they hold, and whether they are whole."""

    run: Run
    kinds: tuple[str, ...]
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Which export told of a day of a subscription: nobody may tell of it again.
    seen: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def newest(self, found: list[FileItemDict]) -> list[FileItemDict]:
        """The files of the newest run of each period; files outside of period folders all count.

        A run is a folder below the period's (20261101-20261130), or a file right in it. Its manifest says
        when it ran, and what it holds; without one the time of the file decides.
        """
        self.told = manifests(self.run) if any(PERIOD.search(item["file_url"]) for item in found) else {}
        runs: dict[str, dict[str, list[FileItemDict]]] = {}
        for item in found:
            url = item["file_url"]
            kind = self.kind_of(item)
            if kind not in self.kinds:
                said = self._manifest(item).get("type") or "amortized cost"
                print(f"  {self.run.source.name}: left out, an export of {said}: {url}", flush=True)
                continue
            runs.setdefault(period_of(item) or url, {}).setdefault(run_of(item), []).append(item)
        chosen: list[FileItemDict] = []
        for by_run in runs.values():

            def age(own: str, by_run: dict[str, list[FileItemDict]] = by_run) -> tuple[str, str]:
                changed = max(str(item["modification_date"]) for item in by_run[own])
                return self.told.get(own, {}).get("submitted", ""), changed

            newest = max(by_run, key=age)
            self._refuse_missing(newest, by_run[newest])
            chosen += by_run[newest]
        return chosen

    def kind_of(self, item: FileItemDict) -> str:
        """What a file holds: as its manifest says, else as its folders do, else actual cost."""
        said = str(self._manifest(item).get("type") or "").lower()
        if said:
            return KINDS.get(said, said)
        if FOCUS in self.kinds:
            return FOCUS
        location = item["file_url"].removesuffix(item["relative_path"]).rstrip("/")
        below = f"{location.rpartition('/')[2]}/{item['relative_path']}"
        return AMORTIZED if re.search(r"(?i)amorti[sz]ed", below) else ACTUAL

    def _manifest(self, item: FileItemDict) -> dict[str, Any]:
        return self.told.get(item["file_url"].rpartition("/")[0], {})

    def _refuse_missing(self, folder: str, items: list[FileItemDict]) -> None:
        """Raise IngestionError where the manifest of a run names a part that is not there."""
        here = {PurePosixPath(item["file_name"]).name for item in items}
        for part in self.told.get(folder, {}).get("parts", {}):
            if part not in here:
                raise IngestionError(
                    f"the manifest names {part}, and there is no such file",
                    where=f"{folder}/{MANIFEST}",
                    mend="wait until the export is written, then run it again",
                )

    def whole(self, item: FileItemDict, rows: int) -> None:
        """Raise IngestionError where a file has other rows than its manifest says."""
        name = PurePosixPath(item["file_name"]).name
        said = self._manifest(item).get("parts", {}).get(name)
        if said is not None and said != rows:
            raise IngestionError(
                f"the file has {rows} rows, and its manifest says {said}",
                where=item["file_url"],
                mend="export it again; a half-written file is not loaded",
            )

    def once(self, item: FileItemDict, rows: pa.Table) -> None:
        """Raise IngestionError where two exports tell of one day of a subscription: it would count twice."""
        keys = ("date", "billing_account_id", "subscription_id", "resource_group")
        plain = [pc.utf8_lower(rows[name]) for name in keys]
        own, kind = period_of(item) or run_of(item), self.kind_of(item)
        for key in pa.table(plain, list(keys)).group_by(list(keys)).aggregate([]).to_pylist():
            other = self.seen.setdefault((kind, *key.values()), own)
            if other != own:
                subscription = key["subscription_id"] or "no subscription"
                raise IngestionError(
                    f"{key['date']} of {subscription} stands in two exports of "
                    f"{'amortized' if kind == AMORTIZED else 'actual'} cost; the other is {other}",
                    where=item["file_url"],
                    mend="let bucket_url name one of them; parts of one export go into one folder like "
                    "20261101-20261130",
                )


def period_of(item: FileItemDict) -> str | None:
    """The folder of a file's billing period, None outside of one."""
    found = PERIOD.search(item["file_url"])
    return item["file_url"][: found.end() - 1] if found else None


def run_of(item: FileItemDict) -> str:
    """The folder of a file's run; the file itself where it lies right in the period's folder or in none."""
    url = item["file_url"]
    folder = url.rpartition("/")[0]
    return folder if PART.search(url) or is_in_run_folder(item) else url


def is_in_run_folder(item: FileItemDict) -> bool:
    """Whether a file lies in a folder of a run, below that of its period."""
    return period_of(item) not in (None, item["file_url"].rpartition("/")[0])


def manifests(run: Run) -> dict[str, dict[str, Any]]:
    """When each run ran, what it holds and the rows of its parts, by its folder; only what manifests tell."""
    told: dict[str, dict[str, Any]] = {}
    for location in files.locations_of(run.setting("bucket_url")):
        folder, pattern = files.split_location(location, f"**/{MANIFEST}")
        if not pattern.endswith(MANIFEST):
            continue
        for item in files.filesystem(folder, file_glob=pattern):
            if PurePosixPath(item["file_name"]).name != MANIFEST:
                continue
            try:
                content = json.loads(item.read_bytes())
                told[item["file_url"].rpartition("/")[0]] = {
                    "submitted": str(content.get("runInfo", {}).get("submittedTime") or ""),
                    "type": str(content.get("exportConfig", {}).get("type") or ""),
                    "parts": {
                        PurePosixPath(blob["blobName"]).name: blob.get("dataRowCount")
                        for blob in content.get("blobs") or []
                    },
                }
            except (ValueError, AttributeError, KeyError, TypeError) as error:
                raise IngestionError(
                    "the manifest is no JSON object of an export",
                    where=item["file_url"],
                    mend="wait until the export is written, then run it again",
                ) from error
    return told


# A block of units, as the meter counts tokens and what is sold beside them: 1K, 100 Hours, 1/Month. What is
# not known stops the load.
UNKNOWN_UNIT = "is a unit that we do not know, and a guess would hide or multiply tokens"
MEND_UNIT = "add it to UNIT in ingestion/common/azure_costs.py and to unit_block() in macros/charges"
UNIT = r"(?i)^(?:1|10|100|1000|10000) ?[KM]?(?: ?Tokens?| ?/? ?(?:Hours?|Days?|Months?)| ?Images?| ?Units?)?$"


def suites() -> dict[str, list[Any]]:
    """What every row of a source that counts tokens must satisfy before it may be loaded."""
    return {
        COST_DETAILS.name: [
            *expectations(),
            gate.present("quantity"),
            gate.matching("unit_of_measure", UNIT, UNKNOWN_UNIT, MEND_UNIT),
        ]
    }


def expectations() -> list[Any]:
    """What every row of an export must satisfy before it may be loaded."""
    numbers = (
        "cost_in_billing_currency", "cost_in_pricing_currency", "cost_in_usd", "effective_price",
        "exchange_rate_pricing_to_billing", "pay_g_price", "payg_cost_in_billing_currency", "quantity",
        "unit_price",
    )  # fmt: skip
    return [
        *(gate.present(name) for name in ("date", "cost_in_billing_currency", "billing_currency")),
        *(gate.number(name) for name in numbers),
        *(gate.utc_time(name) for name in DATES),
        gate.matching("billing_currency", "^[A-Z]{3}$", "is no currency", "write it like USD"),
    ]
