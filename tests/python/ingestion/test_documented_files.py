"""Files that people write in a shape of ours: custom costs and telemetry."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

COSTS, TELEMETRY = "raw_custom_costs.custom_costs", "raw_telemetry.telemetry"
COST_HEADER = (
    "charge_id,Provider,service,period_start,period_end,billed_cost,currency,tags,x_po,charge_category"
)
COST_LINES = [
    'a,Acme,Things,2026-10-01,2026-11-01,10.123456789012345678,USD,"{""team"": ""voice""}",77,',
    "b,Acme,Things,2026-11-01,2026-12-01,-2,USD,,78,Credit",
]
USE_HEADER = "date,provider,measure,quantity,key,labels"
USE_LINES = [
    '2026-11-01,Acme,gpu_hours,2.5,k1,"{""feature"": ""doc-chat""}"',
    "2026-11-04,Acme,gpu_hours,1,k1,",
]


@pytest.fixture
def load(warehouse, monkeypatch, tmp_path):
    """Write a CSV and load its folder."""

    def run(source, *lines, name="a"):
        folder = tmp_path / source
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        monkeypatch.setenv(f"SOURCES__{source.upper()}__BUCKET_URL", str(folder))
        return warehouse.load(source, since=None, more=["--accept-fewer-rows"])

    return run


def test_custom_costs_land_to_the_last_digit_and_are_replaced_by_file(warehouse, load):
    code, said = load("custom_costs", COST_HEADER, *COST_LINES)
    assert code == 0, said
    columns = "charge_id, provider, billed_cost, tags, charge_date::text"
    assert warehouse.rows(f"select {columns} from {COSTS} order by 1") == [
        ("a", "Acme", "10.123456789012345678", '{"team": "voice"}', "2026-10-01"),
        ("b", "Acme", "-2", None, "2026-11-01"),
    ]
    before = warehouse.contents(COSTS)
    assert load("custom_costs", COST_HEADER, *COST_LINES)[0] == 0
    assert warehouse.contents(COSTS) == before
    load("custom_costs", COST_HEADER, COST_LINES[1].replace("-2", "-3"))
    assert warehouse.rows(f"select charge_id, billed_cost from {COSTS}") == [("b", "-3")]


def test_custom_costs_come_as_parquet_too(warehouse, monkeypatch, tmp_path):
    rows = {
        "provider": ["Acme"],
        "service": ["Things"],
        "period_start": pa.array([1793491200000000], pa.timestamp("us", "UTC")),
        "period_end": ["2026-12-01"],
        "billed_cost": pa.array([Decimal("0.1")], pa.decimal128(38, 18)),
        "currency": ["EUR"],
    }
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    monkeypatch.setenv("SOURCES__CUSTOM_COSTS__BUCKET_URL", str(tmp_path / "a.parquet"))
    code, said = warehouse.load("custom_costs", since=None)
    assert code == 0, said
    assert warehouse.rows(f"select billed_cost::decimal(38, 18), charge_date::text from {COSTS}") == [
        (Decimal("0.1"), "2026-11-01")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("-2,USD", '"1,000",USD'), 'line 3, column billed_cost: "1,000" is no number'),
        (("-2,USD", ",USD"), "line 3, column billed_cost: is empty"),
        (("-2,USD", "-2,dollars"), 'line 3, column currency: "dollars" is no currency'),
        (("Credit", "Gift"), 'line 3, column charge_category: "Gift" is not a known value'),
        (("2026-12-01", "2026-11-01"), 'line 3, column period_end: "2026-11-01" is not after period_start'),
        (
            ("2026-11-01,2026-12-01", "11/1/26,2026-12-01"),
            'line 3, column period_start: "11/1/26" is no UTC time',
        ),
        (("USD,,78", "USD,red,78"), 'line 3, column tags: "red" is no JSON object'),
        (("b,Acme", "a,Acme"), 'line 3, column charge_id: the charge "a" stands in the file already'),
        (("-2,USD", "-2"), "a row of another length"),
    ],
)
def test_a_bad_cell_of_custom_costs_is_told_by_file_line_and_column(warehouse, load, change, told):
    load("custom_costs", COST_HEADER, *COST_LINES)
    before = warehouse.contents(COSTS)
    assert change[0] in COST_LINES[1]
    code, said = load("custom_costs", COST_HEADER, COST_LINES[0], COST_LINES[1].replace(*change))
    assert code == 1
    assert told in said, said
    assert warehouse.contents(COSTS) == before


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (COST_HEADER.replace("billed_cost", "cost"), "(missing: billed_cost; unknown: cost)"),
        (COST_HEADER.replace("x_po", "tags"), "(twice: tags)"),
    ],
)
def test_a_misspelt_column_is_told_with_those_that_there_are(load, header, told):
    code, said = load("custom_costs", header, *COST_LINES)
    assert code == 1
    assert told in said, said
    assert (
        "they must be provider, service, period_start, period_end, billed_cost, currency; they may be" in said
    )


def test_telemetry_covers_the_days_between_its_rows(warehouse, load):
    code, said = load("telemetry", USE_HEADER, *USE_LINES)
    assert code == 0, said
    assert warehouse.rows(f"select measure, quantity, labels from {TELEMETRY} order by charge_date") == [
        ("gpu_hours", "2.5", '{"feature": "doc-chat"}'),
        ("gpu_hours", "1", None),
    ]
    covered = warehouse.rows("select distinct charge_date::text from raw_telemetry.load_log order by 1")
    assert [day for (day,) in covered] == [f"2026-11-0{day}" for day in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("gpu_hours,1", "gpu_hours,-1"), 'line 3, column quantity: "-1" is no quantity'),
        (("gpu_hours,1", "gpu_hours,NaN"), 'line 3, column quantity: "NaN" is no quantity'),
        (("gpu_hours", ""), "line 3, column measure: is empty"),
        (("k1,", "k1,[]"), 'line 3, column labels: "[]" is no JSON object'),
    ],
)
def test_a_bad_cell_of_telemetry_is_told_by_file_line_and_column(load, change, told):
    code, said = load("telemetry", USE_HEADER, USE_LINES[0], USE_LINES[1].replace(*change))
    assert code == 1
    assert told in said, said


def test_the_sandbox_files_land_whole(warehouse, sandbox):
    code, said = warehouse.load("custom_costs", "telemetry", since=None)
    assert code == 0, said
    billed = warehouse.rows(f"select sum(billed_cost::decimal(38, 18)), count(*) from {COSTS}")
    assert billed == [(Decimal("306.0345"), 3)]
    days = warehouse.rows(f"select count(distinct charge_date), count(distinct key) from {TELEMETRY}")
    assert days == [(6, 1)]
