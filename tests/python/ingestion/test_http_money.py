"""Every HTTP source: what the provider tells lands whole, twice the same, and restated days replace."""

from importlib import import_module

import http_sources
import pytest

SOURCES = http_sources.found()
DAY = "2026-11-10"


def where(holds):
    """The sources in which a case can happen; a declaration says why where it cannot."""
    return pytest.mark.parametrize("source", [s for s in SOURCES if holds(s)], ids=str)


every = where(lambda source: True)
every_bill = where(lambda source: source.is_bill)


@pytest.fixture(autouse=True)
def settings(source, monkeypatch):
    source.configure(monkeypatch)


@pytest.fixture
def small_pages(source, monkeypatch):
    """Pages so small that six days take several."""
    module = import_module(f"ingestion.sources.{source.name}")
    for name, size in source.small_pages.items():
        monkeypatch.setattr(module, name, size)


@every
def test_every_amount_lands_exactly_and_a_second_run_changes_nothing(warehouse, sandbox, source):
    code, said = warehouse.load(source.name)
    assert code == 0, said
    assert f"{source.name}: loaded in" in said
    assert source.totals(warehouse) == source.truth(sandbox)
    tables = warehouse.rows(
        f"select table_name from information_schema.tables where table_schema = 'raw_{source.name}' "
        "and table_name not like '\\_dlt%' escape '\\' and table_name <> 'load_log'"
    )
    before = {name: warehouse.contents(f"raw_{source.name}.{name}") for (name,) in tables}
    assert source.table in before
    assert warehouse.load(source.name)[0] == 0
    for name, rows in before.items():
        assert warehouse.contents(f"raw_{source.name}.{name}") == rows, name


@where(lambda source: source.small_pages)
def test_pages_are_followed_to_their_end(warehouse, sandbox, small_pages, source):
    code, said = warehouse.load(source.name)
    assert code == 0, said
    assert source.totals(warehouse) == source.truth(sandbox)


@every_bill
def test_a_restated_day_replaces_what_was_there_and_a_withdrawn_line_goes(
    warehouse, sandbox, control, source
):
    warehouse.load(source.name)
    before = source.totals(warehouse)
    control("restate", provider=source.name, day=DAY, factor="1.05")
    assert warehouse.load(source.name, since=DAY, until=DAY)[0] == 0
    after = source.totals(warehouse)
    assert after[DAY] > before[DAY]
    assert after == source.truth(sandbox)
    if not source.line:
        return
    line = warehouse.rows(
        f"select {source.line} from {source.raw} where charge_date = '{DAY}' order by {source.adds_up} desc"
    )[0][0]
    control("restate", withdraw={"provider": source.name, "day": DAY, "line": line})
    assert warehouse.load(source.name, since=DAY, until=DAY)[0] == 0
    assert source.totals(warehouse) == source.truth(sandbox)
    left = f"select count(*) from {source.raw} where charge_date = '{DAY}' and {source.line} = '{line}'"
    assert warehouse.rows(left) == [(0,)]


@every_bill
def test_a_day_that_the_provider_withdrew_is_empty_and_logged(warehouse, control, source):
    window = {"since": "2026-11-09", "until": DAY}
    warehouse.load(source.name, **window)
    control("restate", withdraw={"provider": source.name, "day": DAY})
    assert warehouse.load(source.name, **window, more=["--accept-fewer-rows"])[0] == 0
    assert DAY not in source.totals(warehouse)
    logged = (
        f"select count(*) from raw_{source.name}.load_log "
        f"where table_name = '{source.table}' and charge_date = '{DAY}'"
    )
    assert warehouse.rows(logged) == [(2,)]


@where(lambda source: source.is_bill and "shrinking" not in source.left_out)
def test_a_window_that_shrinks_to_less_than_half_is_refused(warehouse, sandbox, control, source, monkeypatch):
    # Small bills are judged too.
    monkeypatch.setattr("ingestion.common.guards.FEWEST_ROWS", 5)
    warehouse.load(source.name)
    before = warehouse.contents(source.raw)
    for day in sorted(source.truth(sandbox))[:-1]:
        control("restate", withdraw={"provider": source.name, "day": day})
    code, said = warehouse.load(source.name)
    assert code == 1
    assert "where the warehouse holds" in said
    assert "--accept-fewer-rows" in said
    assert warehouse.contents(source.raw) == before


@where(lambda source: "new_value" not in source.left_out)
def test_a_value_nobody_has_seen_yet_lands_with_its_amount(warehouse, sandbox, control, source):
    control("faults", provider=source.name, path=source.path, new_value=dict(source.new_value))
    code, said = warehouse.load(source.name)
    assert code == 0, said
    for field, value in source.new_value.items():
        column = source.columns.get(field, field)
        assert warehouse.rows(f"select count(*) from {source.raw} where {column} = '{value}'") == [(1,)]
    assert source.totals(warehouse) == source.truth(sandbox)
