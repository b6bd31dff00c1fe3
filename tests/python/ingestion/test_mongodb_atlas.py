"""MongoDB Atlas over HTTP: invoices as a whole, cents, and what becomes of the pending one."""

import pytest
from front import front_of

from ingestion.sandbox import saas
from ingestion.sandbox.apis.mongodb_atlas import cents

LINES, INVOICES = "raw_mongodb_atlas.line_items", "raw_mongodb_atlas.invoices"
OCTOBER, NOVEMBER = ("2026-10-01", "2026-11-01"), ("2026-11-01", "2026-12-01")


def invoice(name, period, *lines, status="PAID", **more):
    """An invoice; each line is [day, sku, cents]."""
    return {
        "id": name,
        "orgId": "larkspur",
        "statusName": status,
        "startDate": f"{period[0]}T00:00:00Z",
        "endDate": f"{period[1]}T00:00:00Z",
        "subtotalCents": sum(line[2] for line in lines),
        "salesTaxCents": 0,
        **more,
        "lineItems": [
            {
                "sku": sku,
                "clusterName": "c",
                "groupId": "p",
                "startDate": f"{day}T00:00:00Z",
                "endDate": f"{day}T23:59:59Z",
                "quantity": 1,
                "unit": "server hours",
                "unitPriceDollars": 0.5,
                "totalPriceCents": total,
            }
            for day, sku, total in lines
        ],
    }


@pytest.fixture
def front(sandbox, monkeypatch, warehouse):
    with front_of(sandbox.base_url) as running:
        path = sandbox.env["SOURCES__MONGODB_ATLAS__BASE_URL"].removeprefix(sandbox.base_url)
        monkeypatch.setenv("SOURCES__MONGODB_ATLAS__BASE_URL", running.base_url + path)
        yield running


@pytest.fixture
def issued(front):
    """The invoices that there are, instead of the sandbox's."""
    import json

    held = []

    @front.change
    def made(request, reply):
        if "/invoices" not in request.path:
            return
        last = request.path.rsplit("/", 1)[1]
        if last == "invoices":
            listed = [{k: v for k, v in found.items() if k != "lineItems"} for found in held]
            told = {"results": listed, "totalCount": len(listed)}
        elif last == "pending":
            pending = [found for found in held if found["statusName"] == "PENDING"]
            told = {"results": pending, "totalCount": len(pending)}
        else:
            told = next(found for found in held if found["id"] == last)
        reply.status_code = 200
        reply.set_data(json.dumps(told))

    return held


def lines(warehouse):
    sql = f"select invoice_id, charge_date, sku, total_price_cents from {LINES} order by 1, 2, 3, 4"
    return [(name, str(day), sku, total) for name, day, sku, total in warehouse.rows(sql)]


def test_every_cent_of_the_lines_is_the_subtotal_and_the_truth(warehouse, sandbox):
    code, said = warehouse.load("mongodb_atlas")
    assert code == 0, said
    true = sum(map(cents, saas.lines(sandbox.world, "mongodb_atlas")))
    assert warehouse.rows(f"select sum(total_price_cents::bigint) from {LINES}") == [(true,)]
    assert warehouse.rows(f"select subtotal_cents::bigint, status_name from {INVOICES}") == [
        (true, "PENDING")
    ]


def test_tags_are_plain_pairs(warehouse):
    assert warehouse.load("mongodb_atlas")[0] == 0
    tags = warehouse.rows(f"select distinct tags from {LINES} where cluster_name = 'documents-prod'")
    assert tags == [('{"environment": "prod", "feature": "doc-chat", "team": "documents"}',)]


def test_a_public_and_a_private_key_log_in_by_digest(warehouse, monkeypatch, sandbox):
    monkeypatch.setenv("SOURCES__MONGODB_ATLAS__CLIENT_ID", saas.company("mongodb_atlas")["public_key"])
    monkeypatch.setenv("SOURCES__MONGODB_ATLAS__API_KEY", saas.company("mongodb_atlas")["private_key"])
    code, said = warehouse.load("mongodb_atlas")
    assert code == 0, said
    assert len(lines(warehouse)) == len(saas.lines(sandbox.world, "mongodb_atlas"))
    monkeypatch.setenv("SOURCES__MONGODB_ATLAS__API_KEY", "wrong-private-key")
    code, said = warehouse.load("mongodb_atlas")
    assert code == 1
    assert "the API answered 401" in said
    assert "wrong-private-key" not in said


def test_the_pending_invoice_goes_when_it_is_issued_under_another_id(warehouse, issued):
    issued[:] = [
        invoice("draft", NOVEMBER, ["2026-11-07", "A", 100], ["2026-11-08", "A", 90], status="PENDING")
    ]
    assert warehouse.load("mongodb_atlas")[0] == 0
    issued[:] = [invoice("final", NOVEMBER, ["2026-11-07", "A", 110])]
    assert warehouse.load("mongodb_atlas")[0] == 0
    assert lines(warehouse) == [("final", "2026-11-07", "A", "110")]
    assert warehouse.rows(f"select invoice_id from {INVOICES}") == [("final",)]
    # The day that it held before is told, so that models empty it.
    logged = "select count(*) from raw_mongodb_atlas.load_log where table_name = 'line_items' "
    assert warehouse.rows(logged + "and charge_date = '2026-11-08'") == [(2,)]


def test_the_same_id_pending_and_issued_is_there_once(warehouse, issued):
    issued[:] = [invoice("i", NOVEMBER, ["2026-11-07", "A", 100], status="PENDING")]
    assert warehouse.load("mongodb_atlas")[0] == 0
    issued[:] = [invoice("i", NOVEMBER, ["2026-11-07", "A", 100], ["2026-11-30", "B", 5])]
    assert warehouse.load("mongodb_atlas")[0] == 0
    assert lines(warehouse) == [("i", "2026-11-07", "A", "100"), ("i", "2026-11-30", "B", "5")]


def test_an_older_reply_with_the_pending_invoice_itself_is_read_too(warehouse, issued, front):
    issued[:] = [invoice("i", NOVEMBER, ["2026-11-07", "A", 100], status="PENDING")]

    def itself(page):
        only = page["results"][0]
        page.clear()
        page.update(only)

    front.edit(itself, path="/pending")
    code, said = warehouse.load("mongodb_atlas")
    assert code == 0, said
    assert len(lines(warehouse)) == 1


def test_only_invoices_of_the_window_are_read_and_others_stay(warehouse, issued, front):
    issued[:] = [
        invoice("oct", OCTOBER, ["2026-10-07", "A", 100]),
        invoice("nov", NOVEMBER, ["2026-11-07", "A", 90]),
    ]
    assert warehouse.load("mongodb_atlas", since="2026-10-01")[0] == 0
    issued[0] = invoice("oct", OCTOBER, ["2026-10-07", "A", 1])
    front.asked.clear()
    assert warehouse.load("mongodb_atlas")[0] == 0
    assert not [place for place, _ in front.asked if place.endswith("/oct")]
    assert lines(warehouse) == [("nov", "2026-11-07", "A", "90"), ("oct", "2026-10-07", "A", "100")]


def test_credits_and_corrections_of_earlier_days_land_with_their_invoice(warehouse, issued):
    issued[:] = [invoice("nov", NOVEMBER, ["2026-10-30", "A", 7], ["2026-11-02", "CREDIT", -2500])]
    assert warehouse.load("mongodb_atlas")[0] == 0
    assert lines(warehouse) == [
        ("nov", "2026-10-30", "A", "7"),
        ("nov", "2026-11-02", "CREDIT", "-2500"),
    ]


def test_lines_that_say_the_same_are_both_kept(warehouse, issued):
    issued[:] = [invoice("nov", NOVEMBER, ["2026-11-02", "A", 7], ["2026-11-02", "A", 7])]
    assert warehouse.load("mongodb_atlas")[0] == 0
    assert warehouse.rows(f"select count(distinct line_id), sum(total_price_cents::int) from {LINES}") == [
        (2, 14)
    ]


def test_a_line_after_its_invoice_is_refused(warehouse, issued):
    issued[:] = [invoice("nov", NOVEMBER, ["2026-12-01", "A", 7])]
    code, said = warehouse.load("mongodb_atlas")
    assert code == 1
    assert "the invoice nov ends before 2026-12-01 and holds a line of 2026-12-01" in said


@pytest.mark.parametrize(("value", "told"), [(None, "is empty"), (12.5, '"12.5" is no number of cents')])
def test_a_subtotal_that_is_no_number_of_cents_is_refused(warehouse, issued, value, told):
    issued[:] = [invoice("nov", NOVEMBER, ["2026-11-02", "A", 7], subtotalCents=value)]
    code, said = warehouse.load("mongodb_atlas")
    assert code == 1
    assert told in said
    assert "invoices, invoice_id nov" in said


def test_a_pending_list_that_is_not_whole_is_refused(warehouse, issued, front):
    issued[:] = [invoice("i", NOVEMBER, ["2026-11-07", "A", 100], status="PENDING")]
    front.edit(lambda page: page.update(totalCount=2), path="/pending")
    code, said = warehouse.load("mongodb_atlas")
    assert code == 1
    assert "the reply holds 1 of 2 pending invoices" in said


def test_linked_organizations_are_told(warehouse, issued):
    issued[:] = [invoice("nov", NOVEMBER, ["2026-11-02", "A", 7], linkedInvoices=[{"id": "other"}])]
    code, said = warehouse.load("mongodb_atlas")
    assert code == 0, said
    assert "warning: invoice nov has 1 invoices of linked organizations" in said
