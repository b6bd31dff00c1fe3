"""The HTTP sources that the shared cases run on: every module here declares one, found by being here.

A new source joins test_http_money.py and test_http_faults.py by a module with SOURCE = HttpSource(...).
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module

from ingestion.sandbox import saas
from ingestion.sources import all_sources


def true_costs(provider):
    """What the sandbox's company really owes a provider, by day."""

    def truth(sandbox):
        totals = {}
        for row in sandbox.truth().to_pylist():
            if row["provider"] == provider:
                day = str(row["day"])
                totals[day] = totals.get(day, Decimal()) + row["cost"]
        return {day: total.normalize() for day, total in totals.items() if total}

    return truth


def saas_costs(provider):
    """What a service that is rented by the day bills now, by day."""
    return lambda sandbox: saas.by_day(saas.lines(sandbox.world, provider))


@dataclass(frozen=True, kw_only=True)
class HttpSource:
    """What the cases must know of one source.

    name         the source, and the provider in the sandbox
    label        what tells two declarations of one source apart
    settings     of the source, beside what the sandbox's environment says
    table        the raw table that the cases watch: the bill, or the log where nothing is billed
    adds_up      SQL, exact: what of that table adds up to the truth of a day
    truth        sandbox -> {day: what `adds_up` must give}
    path         a part of the addresses that fill the table, for faults that are meant for it
    is_bill      whether the sandbox bills it, so that days can be restated and withdrawn
    line         column with the text by which the sandbox withdraws a line, if there is one
    key          the setting that holds the key
    wrong_keys   key -> the status that the provider answers
    small_pages  constants of the source's module, and values that make several pages of six days
    too_large    one of them and a value that the provider refuses; None where it caps by itself
    refused      what the provider says then
    amount       the field of the replies that holds an amount; None where there is none
    names_rows   whether the gate finds a bad amount, by its row; else reading does
    days         the window of the faults, both included: short, but the rows that a fault meets are in it
    changed      part of an address -> a field of its replies whose type may change
    type_told    what is said of a value of another type
    new_value    field -> a value that nobody has seen yet: it must land with its row
    columns      field -> the column of `table` that it lands in, where that is called otherwise
    empty_page   'followed': an empty page that says there is more is passed over; 'refused'; 'complete': all
                 rows come in one page
    skew         'refused': a row of a day that was not asked for stops the run; 'left out': it is not loaded
    days_once    whether a report has each day once, so that a repeated one is refused
    left_out     case -> why it cannot happen here
    """

    name: str
    label: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    table: str
    adds_up: str
    truth: Callable[..., Mapping[str, Decimal]]
    path: str = ""
    is_bill: bool = False
    line: str | None = None
    key: str = "api_key"
    wrong_keys: Mapping[str, int] = field(default_factory=lambda: {"nonsense": 401})
    small_pages: Mapping[str, int] = field(default_factory=dict)
    too_large: tuple[str, int] | None = None
    refused: str = "limit"
    amount: str | None = "amount"
    names_rows: bool = True
    days: tuple[str, str] = ("2026-11-09", "2026-11-10")
    changed: Mapping[str, str]
    type_told: str = "is not what the contract promises"
    new_value: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    empty_page: str = "followed"
    skew: str = "refused"
    days_once: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __str__(self):
        return self.label or self.name

    @property
    def raw(self):
        return f"raw_{self.name}.{self.table}"

    def variable(self, setting):
        return f"SOURCES__{self.name.upper()}__{setting.upper()}"

    def configure(self, monkeypatch):
        """Set the settings of its own."""
        for setting, value in self.settings.items():
            monkeypatch.setenv(self.variable(setting), value)

    @property
    def window(self):
        return dict(zip(("since", "until"), self.days, strict=True))

    def expected(self, sandbox):
        """The truth of that window."""
        return {
            day: total for day, total in self.truth(sandbox).items() if self.days[0] <= day <= self.days[1]
        }

    def totals(self, warehouse):
        """What the watched table adds up to, by day."""
        sql = f"select charge_date, sum({self.adds_up}) from {self.raw} group by 1 order by 1"
        return {str(day): Decimal(total).normalize() for day, total in warehouse.rows(sql) if total}

    def watched(self, warehouse):
        """All that a failed run must leave as it was."""
        return warehouse.contents(self.raw), warehouse.contents(f"raw_{self.name}.load_log")


def found():
    """Every declaration whose source is there, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    declared = [import_module(f"{__name__}.{name}").SOURCE for name in names]
    return [source for source in declared if source.name in all_sources()]
