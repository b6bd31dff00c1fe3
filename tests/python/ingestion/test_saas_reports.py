"""FOCUS reports that are made while one waits (Pinecone, Redis Cloud): whole or not at all, once."""

import csv
import io
import json
import zipfile
from decimal import Decimal

import pytest
from front import front_of
from werkzeug.wrappers import Response

from ingestion.sandbox import saas

SOURCES = ("pinecone", "redis_cloud")
both = pytest.mark.parametrize("source", SOURCES)
# What they share is seen on one of them.
one = pytest.mark.parametrize("source", ["redis_cloud"])
DAY = "2026-11-10"


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    """The sandbox with something between, for both; links lead through it too."""
    with front_of(sandbox.base_url) as running:
        for name in SOURCES:
            variable = f"SOURCES__{name.upper()}__BASE_URL"
            monkeypatch.setenv(variable, sandbox.env[variable].replace(sandbox.base_url, running.base_url))

        @running.change
        def through_here(request, reply):
            if reply.is_json:
                reply.set_data(reply.get_data(as_text=True).replace(sandbox.base_url, running.base_url))

        yield running


def repacked(content, edit):
    """A zip whose files were edited: {name: bytes} -> None."""
    held = io.BytesIO(content)
    with zipfile.ZipFile(held) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    edit(files)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.fixture
def rows(front):
    """Edit the rows of every report: a list of dicts, changed in place."""

    def edited(text, edit):
        reader = csv.DictReader(io.StringIO(text))
        found = list(reader)
        edit(found)
        out = io.StringIO()
        names = list(found[0]) if found else reader.fieldnames
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        return out.getvalue()

    def change(edit):
        @front.change
        def made(request, reply):
            if "/cost-report/" in request.path and reply.status_code == 200:
                reply.set_data(edited(reply.get_data(as_text=True), edit))
            if request.path.endswith(".zip"):

                def of(files):
                    for name in files:
                        if name.endswith(".csv"):
                            files[name] = edited(files[name].decode(), edit).encode()

                reply.set_data(repacked(reply.get_data(), of))

    return change


def bill(warehouse, source):
    amount = "sum(cast(billed_cost as decimal(38, 18)))"
    sql = f"select charge_date, {amount} from raw_{source}.cost_and_usage group by 1"
    return {str(day): total.normalize() for day, total in warehouse.rows(sql)}


def truth(sandbox, source):
    return saas.by_day(saas.lines(sandbox.world, source))


@both
def test_the_file_lands_unchanged_with_its_own_columns_as_x(warehouse, source):
    code, said = warehouse.load(source)
    assert code == 0, said
    [(tags, invoice)] = warehouse.rows(
        f"select distinct tags, invoice_id from raw_{source}.cost_and_usage "
        "where tags like '%query-rewriting%' and pricing_unit like '%-%'"
    )
    assert json.loads(tags)["feature"] == "query-rewriting"
    assert invoice is None
    if source == "pinecone":
        assert warehouse.rows("select distinct x_service_tier from raw_pinecone.cost_and_usage") == [
            ("enterprise",)
        ]


@both
def test_rows_that_say_the_same_are_both_kept_and_numbered(warehouse, sandbox, rows, source):
    rows(lambda found: found.append(dict(found[0], BilledCost="0.1")))
    code, said = warehouse.load(source)
    # Pinecone promises how many rows there are.
    assert (code, "rows, where the export promises" in said) == (
        (1, True) if source == "pinecone" else (0, False)
    )
    if source == "redis_cloud":
        [(lines, ids)] = warehouse.rows(
            f"select count(*), count(distinct line_id) from raw_{source}.cost_and_usage"
        )
        assert lines == ids
        assert sum(bill(warehouse, source).values()) == sum(truth(sandbox, source).values()) + Decimal("0.1")


@one
def test_ids_stay_when_amounts_and_the_invoice_come_later(warehouse, rows, source):
    assert warehouse.load(source)[0] == 0
    ids = f"select line_id from raw_{source}.cost_and_usage order by 1"
    before = warehouse.rows(ids)

    def issued(found):
        for row in found:
            row.update(InvoiceId="INV-7", BilledCost="3.5")

    rows(issued)
    assert warehouse.load(source)[0] == 0
    assert warehouse.rows(ids) == before
    assert warehouse.rows(f"select distinct invoice_id from raw_{source}.cost_and_usage") == [("INV-7",)]


@both
def test_days_are_read_again_since_cost_comes_late(warehouse, sandbox, rows, front, source):
    # Three days late: on the first read the last days are not there.
    def late(found):
        found[:] = [row for row in found if row["ChargePeriodStart"] < "2026-11-10"]

    def told(reply):
        if reply.get("row_count") is not None:
            reply["row_count"] = None

    front.edit(told)
    rows(late)
    assert warehouse.load(source)[0] == 0
    assert max(bill(warehouse, source)) == "2026-11-09"
    del front.changes[1:]
    code, said = warehouse.load(source, since=DAY, until="2026-11-12")
    assert code == 0, said
    assert bill(warehouse, source) == truth(sandbox, source)


@one
@pytest.mark.parametrize("amount", ["1,000.00", "NaN", ""])
def test_an_amount_that_is_none_stops_the_run_and_names_its_row(warehouse, rows, source, amount):
    rows(lambda found: found[3].update(BilledCost=amount))
    code, said = warehouse.load(source)
    assert code == 1
    assert "column billed_cost" in said
    assert ("is empty" if amount == "" else f'"{amount}" is no number') in said
    assert "Traceback" not in said


@one
def test_a_missing_column_stops_the_run_by_its_name(warehouse, rows, source):
    def without(found):
        for row in found:
            del row["BilledCost"]

    rows(without)
    code, said = warehouse.load(source)
    assert code == 1
    assert "BilledCost mandatory" in said


@one
def test_a_time_that_is_none_is_told_by_its_row(warehouse, rows, source):
    rows(lambda found: found[2].update(ChargePeriodStart="11/10/2026"))
    code, said = warehouse.load(source)
    assert code == 1
    assert '"11/10/2026" is no UTC time' in said
    assert "row 3, column ChargePeriodStart" in said


@one
def test_what_starts_on_another_day_is_left_out_and_told(warehouse, sandbox, rows, source):
    rows(lambda found: found[0].update(ChargePeriodStart="2025-02-01T00:00:00Z", BilledCost="12.5"))
    code, said = warehouse.load(source)
    assert code == 0, said
    assert "left out 1 rows (12.5 billed) that start outside of" in said
    assert min(bill(warehouse, source)) == "2026-11-07"


@one
def test_a_monthly_charge_is_read_with_any_day_of_its_month(warehouse, rows, source):
    rows(lambda found: found[0].update(ChargePeriodStart="2026-11-01T00:00:00Z", BilledCost="500"))
    assert warehouse.load(source, since=DAY, until="2026-11-12")[0] == 0
    assert bill(warehouse, source)["2026-11-01"] == 500


@both
def test_a_report_that_is_never_done_is_told(warehouse, front, source, monkeypatch):
    monkeypatch.setenv(f"SOURCES__{source.upper()}__WAIT_SECONDS", "0.2")

    def running(reply):
        if "status" in reply:
            reply["status"] = "Running" if source == "pinecone" else "processing-in-progress"

    front.edit(running)
    code, said = warehouse.load(source)
    assert code == 1
    assert "is not done after 0 seconds" in said
    assert f"SOURCES__{source.upper()}__WAIT_SECONDS" in said


@both
def test_a_report_that_failed_is_told_in_the_words_of_the_provider(warehouse, front, source):
    def failed(reply):
        if source == "pinecone" and reply.get("status") == "Completed":
            reply.update(status="Failed", error="too many rows")
        if source == "redis_cloud" and reply.get("status") == "processing-completed":
            reply.update(status="processing-error", response={"error": {"description": "too many rows"}})

    front.edit(failed)
    code, said = warehouse.load(source)
    assert code == 1
    assert "too many rows" in said


# Pinecone -----------------------------------------------------------------------------------------


def asked_of(front, path):
    return [place for place, _ in front.asked if path in place]


def test_the_end_of_the_period_is_exclusive_and_the_version_is_sent(warehouse, front):
    sent = []

    @front.change
    def made(request, reply):
        if request.method == "POST":
            sent.append((request.get_json(), request.headers["X-Pinecone-Api-Version"]))

    assert warehouse.load("pinecone", since=DAY, until="2026-11-12")[0] == 0
    period = {"period_start": "2026-11-01T00:00:00.000Z", "period_end": "2026-11-13T00:00:00.000Z"}
    assert sent == [(period, "2026-07")]


def test_the_link_gets_no_key(warehouse, front):
    keys = []

    @front.change
    def made(request, reply):
        if request.path.endswith(".zip"):
            keys.append(request.headers.get("Authorization"))

    assert warehouse.load("pinecone")[0] == 0
    assert keys == [None]


def test_an_export_that_runs_already_is_waited_for(warehouse, sandbox, front):
    import requests

    base, headers = (
        sandbox.env["SOURCES__PINECONE__BASE_URL"],
        {
            "Authorization": f"Bearer {sandbox.env['SOURCES__PINECONE__API_KEY']}",
            "X-Pinecone-Api-Version": "2026-07",
        },
    )
    other = {"period_start": "2026-10-01T00:00:00Z", "period_end": "2026-11-01T00:00:00Z"}
    made = requests.post(f"{base}/admin/cost-usage-exports", json=other, headers=headers, timeout=10)
    assert made.status_code == 202, made.text
    code, said = warehouse.load("pinecone")
    assert code == 0, said
    assert bill(warehouse, "pinecone") == truth(sandbox, "pinecone")
    assert any(made.json()["id"] in place for place in asked_of(front, "cost-usage-exports/"))


def test_several_files_of_one_export_are_all_read(warehouse, sandbox, monkeypatch):
    monkeypatch.setattr("ingestion.sandbox.apis.pinecone.ROWS_A_FILE", 7)
    assert warehouse.load("pinecone")[0] == 0
    assert bill(warehouse, "pinecone") == truth(sandbox, "pinecone")


def test_a_day_whose_data_is_not_there_yet_keeps_what_is_loaded(warehouse, rows, front, sandbox):
    assert warehouse.load("pinecone")[0] == 0

    def late(found):
        found[:] = [row for row in found if row["ChargePeriodStart"] < "2026-11-11"]

    def told(reply):
        if reply.get("data_available_through"):
            reply.update(data_available_through="2026-11-10T00:00:00.000Z", row_count=None)

    front.edit(told)
    rows(late)
    code, said = warehouse.load("pinecone")
    assert code == 0, said
    assert "cost is there up to 2026-11-10; 2026-11-11 to 2026-11-12 come with a later run" in said
    assert bill(warehouse, "pinecone") == truth(sandbox, "pinecone")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        pytest.param(
            lambda files: files.pop("cost_and_usage_0001.csv"), "the manifest names", id="part gone"
        ),
        pytest.param(lambda files: files.pop("manifest.json"), "no manifest.json", id="no manifest"),
        pytest.param(
            lambda files: files.update({"manifest.json": b'{"files": ['}), "is no JSON", id="half a manifest"
        ),
        pytest.param(
            lambda files: files.update({"cost_and_usage_0001.csv": b"a,b\n1,2\n"}),
            "where the export promises",
            id="rows gone",
        ),
    ],
)
def test_a_zip_that_is_not_whole_loads_nothing(warehouse, front, edit, told):
    @front.change
    def made(request, reply):
        if request.path.endswith(".zip"):
            reply.set_data(repacked(reply.get_data(), edit))

    code, said = warehouse.load("pinecone")
    assert code == 1
    assert told in said
    assert "Traceback" not in said


def test_half_a_zip_loads_nothing(warehouse, front):
    @front.change
    def made(request, reply):
        if request.path.endswith(".zip"):
            reply.set_data(reply.get_data()[:500])

    code, said = warehouse.load("pinecone")
    assert code == 1
    assert "the zip breaks off" in said


# Redis Cloud --------------------------------------------------------------------------------------


def test_no_report_is_longer_than_forty_days(warehouse, front):
    spans = []

    @front.change
    def made(request, reply):
        if request.method == "POST":
            spans.append((request.get_json()["startDate"], request.get_json()["endDate"]))

    assert warehouse.load("redis_cloud", since="2026-08-20", until="2026-11-12")[0] == 0
    # A question that is refused once (the sandbox does so now and then) is asked again.
    assert list(dict.fromkeys(spans)) == [
        ("2026-08-01", "2026-09-01"),
        ("2026-09-01", "2026-10-01"),
        ("2026-10-01", "2026-11-01"),
        ("2026-11-01", "2026-11-13"),
    ]


@pytest.mark.parametrize("last_day_counts", [True, False])
def test_the_last_day_is_read_whether_the_end_is_part_of_a_report_or_not(
    warehouse, sandbox, front, rows, last_day_counts
):
    if not last_day_counts:
        rows(
            lambda found: found.__setitem__(
                slice(None), [r for r in found if r["ChargePeriodStart"] < "2026-11-12"]
            )
        )
    assert warehouse.load("redis_cloud", until="2026-11-11")[0] == 0
    told = {day: cost for day, cost in truth(sandbox, "redis_cloud").items() if day <= "2026-11-11"}
    assert bill(warehouse, "redis_cloud") == told


def test_a_report_that_is_no_csv_is_refused(warehouse, front):
    @front.change
    def made(request, reply):
        if "/cost-report/" in request.path:
            return Response("<html>signed out</html>", mimetype="text/html")

    code, said = warehouse.load("redis_cloud")
    assert code == 1
    assert "the report is no CSV" in said


def test_both_keys_are_needed(warehouse, monkeypatch):
    monkeypatch.setenv("SOURCES__REDIS_CLOUD__API_SECRET_KEY", "redis-member")
    code, said = warehouse.load("redis_cloud")
    assert code == 1
    assert "the API answered 403" in said
    assert "redis-member" not in said
    monkeypatch.delenv("SOURCES__REDIS_CLOUD__API_SECRET_KEY")
    assert warehouse.load("redis_cloud")[0] == 2
