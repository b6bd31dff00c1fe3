"""The ECB's reference rates: both of its files, days without a quote, corrections, half-written files."""

import io
import zipfile
from datetime import date

import pytest
from front import front_of
from werkzeug.wrappers import Response

TABLE = "raw_ecb.reference_rates"
HEADER = "Date,USD,JPY,HRK,"
# As the bank writes them: newest first, a comma at the end of each line.
HISTORY = (
    f"{HEADER}\n2026-11-12,1.1538,169.75,N/A,\n2026-11-11,1.153,169.69,N/A,\n2026-11-09,1.15,169,7.5365,\n"
)
DAILY = "Date, USD, JPY, HRK, \n13 November 2026, 1.1541, 169.80, N/A, \n"


@pytest.fixture
def load(warehouse, monkeypatch):
    def run(location, **window):
        monkeypatch.setenv("SOURCES__ECB__BUCKET_URL", str(location))
        return warehouse.load("ecb", **({"since": None} | window))

    return run


def zipped(path, text, name="eurofxref-hist.csv"):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.getvalue())
    return path


def quotes(warehouse):
    return warehouse.rows(f"select charge_date::text, currency, units_per_euro from {TABLE} order by 1, 2")


def test_the_zip_of_all_days_lands_as_the_text_it_is(warehouse, load, tmp_path):
    code, said = load(zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY))
    assert code == 0, said
    assert quotes(warehouse) == [
        ("2026-11-09", "HRK", "7.5365"),
        ("2026-11-09", "JPY", "169"),
        ("2026-11-09", "USD", "1.15"),
        ("2026-11-11", "JPY", "169.69"),
        ("2026-11-11", "USD", "1.153"),
        ("2026-11-12", "JPY", "169.75"),
        ("2026-11-12", "USD", "1.1538"),
    ]


def test_the_file_of_the_newest_day_adds_that_day(warehouse, load, tmp_path):
    load(zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY))
    before = quotes(warehouse)
    code, said = load(zipped(tmp_path / "daily/eurofxref.zip", DAILY, "eurofxref.csv"))
    assert code == 0, said
    assert quotes(warehouse) == [
        *before,
        ("2026-11-13", "JPY", "169.80"),
        ("2026-11-13", "USD", "1.1541"),
    ]


def test_a_plain_csv_and_a_folder_are_read_too(warehouse, load, tmp_path):
    zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY)
    (tmp_path / "in/eurofxref.csv").write_text(DAILY)
    code, said = load(tmp_path / "in")
    assert code == 0, said
    assert len(quotes(warehouse)) == 9


def test_a_second_run_changes_nothing(warehouse, load, tmp_path):
    path = zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY)
    load(path)
    before = warehouse.contents(TABLE)
    assert load(path)[0] == 0
    assert warehouse.contents(TABLE) == before


def test_a_correction_and_a_withdrawn_day_are_taken_over(warehouse, load, tmp_path):
    path = zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY)
    load(path)
    text = HISTORY.replace("2026-11-11,1.153,169.69,N/A,\n", "").replace("1.1538", "1.1539")
    load(zipped(path, text))
    days = warehouse.rows(
        f"select charge_date, units_per_euro from {TABLE} where currency = 'USD' order by 1"
    )
    assert days == [(date(2026, 11, 9), "1.15"), (date(2026, 11, 12), "1.1539")]


def test_only_the_days_asked_for_are_replaced(warehouse, load, tmp_path):
    path = zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY)
    load(path)
    load(zipped(path, HISTORY.replace("169", "170")), since="2026-11-11", until="2026-11-11")
    yen = warehouse.rows(f"select units_per_euro from {TABLE} where currency = 'JPY' order by charge_date")
    assert yen == [("169",), ("170.69",), ("169.75",)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HISTORY[: HISTORY.index(".69,N/A")], "line 3: the line has 3 cells, and the header 4"),
        (HISTORY.replace("2026-11-11", "11/11/2026"), 'line 3, column Date: "11/11/2026" is no day'),
        (HISTORY.replace("1.153,", "1 153,"), "2026-11-11, column USD: "),
        (HISTORY.replace("1.153,", "0.0000,"), "at most 8 decimals"),
        (HISTORY.replace("1.153,", "1.123456789,"), "at most 8 decimals"),
        (HISTORY.replace("1.153,", "-1.153,"), "is no rate"),
        (HISTORY.replace("JPY", "USD"), "is no table of reference rates"),
        ("<html>moved</html>\n", "is no table of reference rates"),
        (HEADER + "\n", "the files hold no day"),
        (HISTORY + "2026-11-12,1.1,169.75,N/A,\n", "2026-11-12 has other rates than in"),
    ],
)
def test_bad_input_is_told(load, tmp_path, text, told):
    code, said = load(zipped(tmp_path / "in/eurofxref-hist.zip", text))
    assert code == 1
    assert told in said


def test_a_zip_that_breaks_off_loads_nothing(warehouse, load, tmp_path):
    path = zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY)
    load(path)
    before = warehouse.contents(TABLE)
    path.write_bytes(path.read_bytes()[:-40])
    code, said = load(path)
    assert code == 1
    assert "the zip file breaks off" in said
    assert warehouse.contents(TABLE) == before


def test_the_bank_may_be_asked_over_http(warehouse, load, tmp_path, sandbox):
    body = zipped(tmp_path / "in/eurofxref-hist.zip", HISTORY).read_bytes()
    with front_of(sandbox.base_url) as front:
        front.change(lambda *_: Response(body, mimetype="application/zip"))
        code, said = load(f"{front.base_url}/stats/eurofxref/eurofxref-hist.zip")
    assert code == 0, said
    assert len(quotes(warehouse)) == 7


def test_the_sandbox_publishes_rates_before_its_first_bill(warehouse, sandbox):
    code, said = warehouse.load("ecb", since=None)
    assert code == 0, said
    first, currencies = warehouse.rows(f"select min(charge_date), count(distinct currency) from {TABLE}")[0]
    assert first < sandbox.first
    assert currencies == 8
