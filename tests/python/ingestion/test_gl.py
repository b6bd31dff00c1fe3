"""Ledger extracts: three shapes with one sign, lines that offset, closed periods that stay as they were."""

from decimal import Decimal

import pytest

TABLE = "raw_gl.journal_lines"

# A closed line and an open one, and the payable that offsets both.
MINIMAL = """\
journal_line_id,journal_id,journal_type,posting_date,fiscal_period,period_status,company_code,account_number,\
account_type,vendor_id,transaction_currency,amount_transaction,ledger_currency,exchange_rate,amount_ledger,\
tax_amount,department
L1,J1,Bill,2026-10-03,2026-10,closed,US01,6420,expense,V-1,EUR,100.00,USD,1.0833,108.33,0,CC-310
L2,J1,Bill,2026-10-03,2026-10,closed,US01,2000,accounts payable,V-1,EUR,-100.00,USD,1.0833,-108.33,0,
L3,J2,journal,2026-11-03,2026-11,open,US01,6420,expense,V-1,USD,18422.5100,USD,1,18422.5100,0,CC-310
"""

NETSUITE = """\
transaction_id,transaction_line_id,transaction_number,transaction_type,is_main_line,is_tax_line,transaction_date,\
accounting_period_ending,is_accounting_period_closed,subsidiary_id,account_number,account_type,vendor_name,currency,\
debit_foreign_amount,credit_foreign_amount,exchange_rate,transaction_amount_raw,is_reversal,reversal_transaction_id
9,0,B-9,VendBill,T,F,2026-11-03,2026-10-31,F,1,2000,Accounts Payable,Acme,EUR,,119.50,1.1,-131.45,F,
9,1,B-9,VendBill,F,F,2026-11-03,2026-10-31,F,1,6420,Expense,Acme,EUR,100.00,,1.1,110.00,F,
9,2,B-9,VendBill,F,T,2026-11-03,2026-10-31,F,1,1576,Other Current Asset,Acme,EUR,19.50,0.00,1.1,21.45,F,
10,1,C-1,VendCred,F,F,2026-11-04,2026-11-30,F,1,6420,Expense,Acme,EUR,0,5.00,1.1,-5.50,F,
11,1,J-1,Journal,F,F,2026-11-01,2026-11-30,F,1,6420,Expense,Acme,USD,,70.00,1,-70.00,T,8
"""

QUICKBOOKS = """\
transaction_id,transaction_index,doc_number,transaction_source,transaction_date,account_number,account_type,\
vendor_name,amount,converted_amount,transaction_type,currency
5,0,INV-5,Bill,2026-10-30,6420,Expense,Acme,100.00,108.00,debit,EUR
5,1,INV-5,Bill,2026-10-30,2000,Accounts Payable,Acme,100.00,108.00,credit,EUR
6,0,VC-6,Vendor Credit,2026-11-02,6420,Expense,Acme,12.50,,credit,
7,0,,Journal Entry,2026-11-02,6420,Expense,Acme,-3.25,,debit,USD
"""


@pytest.fixture
def load(warehouse, monkeypatch, tmp_path):
    """Load extracts, each under its name, and nothing else."""
    monkeypatch.setenv("SOURCES__GL__BUCKET_URL", str(tmp_path / "gl"))
    monkeypatch.setenv("SOURCES__GL__ACCEPT_CLOSED_CHANGES", "false")
    (tmp_path / "gl").mkdir()

    def run(more=(), **files):
        for name, text in files.items():
            path = tmp_path / "gl" / f"{name}.csv"
            path.write_text(text) if text is not None else path.unlink()
        return warehouse.load("gl", since=None, more=more)

    return run


def amounts(warehouse, *columns):
    return warehouse.rows(f"select {', '.join(columns)} from {TABLE} order by journal_line_id")


def test_the_minimal_extract_lands_as_it_is_written(warehouse, load):
    code, said = load(a=MINIMAL)
    assert code == 0, said
    columns = ("journal_line_id", "journal_type", "amount_transaction", "amount_ledger", "cost_center")
    assert amounts(warehouse, *columns) == [
        ("L1", "bill", "100.00", "108.33", "CC-310"),
        ("L2", "bill", "-100.00", "-108.33", None),
        ("L3", "journal", "18422.5100", "18422.5100", "CC-310"),
    ]
    before = warehouse.contents(TABLE)
    assert load(a=MINIMAL)[0] == 0
    assert warehouse.contents(TABLE) == before


def test_netsuite_lines_are_debit_positive_and_know_their_period(warehouse, load):
    code, said = load(a=NETSUITE)
    assert code == 0, said
    columns = ("journal_line_id", "journal_type", "fiscal_period", "amount_transaction", "amount_ledger")
    assert amounts(warehouse, *columns, "is_main_line", "is_tax_line", "reversal_of_journal_id") == [
        ("10-1", "credit_memo", "2026-11", "-5.00", "-5.50", "false", "false", None),
        ("11-1", "reversal", "2026-11", "-70.00", "-70.00", "false", "false", "8"),
        ("9-0", "bill", "2026-10", "-119.50", "-131.45", "true", "false", None),
        ("9-1", "bill", "2026-10", "100.00", "110.00", "false", "false", None),
        ("9-2", "bill", "2026-10", "19.50", "21.45", "false", "true", None),
    ]
    balance = sum(
        Decimal(row[0]) for row in warehouse.rows(f"select amount_ledger from {TABLE} where journal_id = '9'")
    )
    assert balance == 0, "main line and lines of a bill offset"


def test_quickbooks_amounts_take_their_sign_from_the_flag(warehouse, load, monkeypatch):
    monkeypatch.setenv("SOURCES__GL__LEDGER_CURRENCY", "USD")
    monkeypatch.setenv("SOURCES__GL__CLOSED_UNTIL", "2026-10-31")
    code, said = load(a=QUICKBOOKS)
    assert code == 0, said
    columns = ("journal_line_id", "journal_type", "fiscal_period", "period_status", "transaction_currency")
    assert amounts(warehouse, *columns, "amount_transaction", "amount_ledger", "ledger_currency") == [
        ("5-0", "bill", "2026-10", "closed", "EUR", "100.00", "108.00", "USD"),
        ("5-1", "bill", "2026-10", "closed", "EUR", "-100.00", "-108.00", "USD"),
        ("6-0", "credit_memo", "2026-11", "open", "USD", "-12.50", "-12.50", "USD"),
        ("7-0", "journal", "2026-11", "open", "USD", "-3.25", "-3.25", "USD"),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("108.33,0,CC", "108.34,0,CC"), 'the line "L1" was (fiscal_period 2026-10'),
        (("L2,", "L9,"), 'the line "L9" (fiscal_period 2026-10'),
        (
            ("L3,J2", "L4,J3,bill,2026-10-30,2026-10,closed,US01,6420,expense,V-1,USD,1,USD,1,1,0,\nL3,J2"),
            '"L4"',
        ),
        ((MINIMAL.splitlines()[2] + "\n", ""), 'the line "L2" (fiscal_period 2026-10'),
    ],
    ids=["another amount", "another name", "a new line", "a line that is gone"],
)
def test_a_closed_period_may_not_change(warehouse, load, monkeypatch, change, told):
    load(a=MINIMAL)
    before = warehouse.contents(TABLE)
    assert change[0] in MINIMAL
    code, said = load(a=MINIMAL.replace(*change), more=["--accept-fewer-rows"])
    assert code == 1
    assert "the period 2026-10 is closed, and the line" in said, said
    assert told in said
    assert warehouse.contents(TABLE) == before
    monkeypatch.setenv("SOURCES__GL__ACCEPT_CLOSED_CHANGES", "true")
    code, said = load(a=MINIMAL.replace(*change), more=["--accept-fewer-rows"])
    assert code == 0, said
    assert warehouse.contents(TABLE) != before


def test_a_closed_period_may_come_in_another_file_and_open_ones_change(warehouse, load):
    load(a=MINIMAL)
    code, said = load(a=None, b=MINIMAL.replace("18422.5100", "18422.52"))
    assert code == 0, said
    assert amounts(warehouse, "journal_line_id", "amount_ledger")[2] == ("L3", "18422.52")
    code, said = load(b=MINIMAL.replace("108.33,0,CC", "1,0,CC").replace("closed", "open"))
    assert code == 0, "a period that was reopened may change: " + said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("L2,J1", "L1,J1"),
            'a.csv, line 3, column journal_line_id: the journal line "L1" stands in the file already',
        ),
        (("18422.5100,USD", "18.422,51,USD"), "row of another length"),
        (("18422.5100,0", "1e,0"), 'line 4, column amount_ledger: "1e" is no number'),
        ((",USD,1,18422", ",,1,18422"), "line 4, column ledger_currency: is empty"),
        (("2026-11,open", "Nov 26,open"), 'line 4, column fiscal_period: "Nov 26" is no period'),
        (
            ("2026-11-03,2026-11", "3.11.2026,2026-11"),
            'line 4, column posting_date: "3.11.2026" is no UTC time',
        ),
        ((",amount_ledger,", ",ledger_amount,"), "a minimal extract has no column amount_ledger"),
    ],
)
def test_a_bad_line_is_told_by_file_line_and_column(load, change, told):
    assert change[0] in MINIMAL
    code, said = load(a=MINIMAL.replace(*change))
    assert code == 1
    assert told in said, said


def test_the_lines_of_ap_invoices_are_another_kind_of_file(load):
    code, said = load(a=MINIMAL, b="vendor_invoice_number,invoice_date,line_no\nX,2026-11-01,1\n")
    assert code == 0
    assert "left out, another kind of file" in said
