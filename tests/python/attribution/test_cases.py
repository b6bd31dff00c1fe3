"""The worked examples: the bill, what the telemetry saw, and who pays.

Each case is a billing account of its own, and all of them are split in one build.
"""

from decimal import Decimal

import pytest
from attribution_alone import Attribution

M = 1_000_000
case_of = {}


def case(function):
    """A function that writes a case down for the account it is named after."""
    case_of[function.__name__] = function
    return function


@case
def tiers(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 500, 100 * M, x_service_tier="batch")
    it.bill(me, 100, 10 * M)
    it.saw("gateway", 10 * M, "standard callers", x_api_key_id=me)


@case
def ranked_sources(it, me):
    it.route("gateway", me, 10, gateway_key=me, provider_key="k1")
    it.bill(me, 100, 100)
    it.own(me, 60, "k1")
    it.own(me, 40, "k2")
    it.saw("gateway", 60, "F", x_api_key_id=me)


@case
def ranked_without_the_key(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, 100)
    it.own(me, 60, "k1")
    it.own(me, 40, "k2")
    it.saw("gateway", 50, "F", x_api_key_id=me)


@case
def no_class(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 80, None, x_token_class="tokens")
    for caller, used in {
        "A": {"cache_read": 100, "output": 1},
        "B": {"input_uncached": 5, "output": 4},
    }.items():
        for token_class, quantity in used.items():
            it.saw("gateway", quantity * M, caller, x_api_key_id=me, x_token_class=token_class)
    it.saw("gateway", M, "unpriced", x_api_key_id=me, x_token_class="output_audio")


@case
def no_model(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 80, None, x_token_class="tokens", x_model=None)
    it.saw("gateway", 3 * M, "A", x_api_key_id=me)
    it.saw("gateway", 5 * M, "B", x_api_key_id=me, x_model="other")


@case
def replayed(it, me):
    """The 40 cache hits of B are not here: int_<gateway>__usage drops them, which its own tests show."""
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 300, 100)
    it.saw("gateway", 60, "A", x_api_key_id=me)
    it.saw("gateway", 40, "B", x_api_key_id=me)


@case
def covered_80(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, 100, x_api_key_id="k1")
    it.saw("gateway", 80, "F", x_api_key_id=me)


@case
def covered_110(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, 100)
    it.saw("gateway", 66, "F", x_api_key_id=me)
    it.saw("gateway", 44, "G", x_api_key_id=me)


@case
def day_cut(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    for day, billed in {"2026-02-01": 90, "2026-02-02": 110}.items():
        it.bill(me, billed, billed, day=day)
        it.saw("gateway", 100, "F", x_api_key_id=me, charge_date=day)


@case
def own_key(it, me):
    it.route("router", me, 10, gateway_key=me)
    it.route("tracer", me, 20, gateway_key=me)
    it.bill(me, 50, 100)
    it.bill(
        "router's own", "2.5", None, x_token_class=None, x_source="router", service_provider_name="Router"
    )
    it.saw("router", 60, "A", x_api_key_id=me)
    it.saw("router", 40, "B", x_api_key_id=me)
    it.saw("tracer", 60, "A by tracer", x_api_key_id=me)
    it.saw("tracer", 40, "B by tracer", x_api_key_id=me)


@case
def quantity_of_the_report(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, None)
    it.own(me, 100, "k1")
    it.saw("gateway", 60, "F", x_api_key_id=me)


@case
def quantity_by_price(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 40, None)
    it.saw("gateway", 2 * M, "F", x_api_key_id=me)


@case
def nothing_known(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 40, None, x_model="never priced")
    it.saw("gateway", 2 * M, "F", x_api_key_id=me, x_model="never priced")


@case
def credit(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, 100)
    it.bill(me, -40, None, charge_category="Credit")
    it.saw("gateway", 100, "F", x_api_key_id=me)


@case
def late_log(it, me):
    it.route("late", me, 10, gateway_key=me)
    it.bill(me, 100, 100)
    it.own(me, 60, "k1")
    it.own(me, 40, "k2")
    it.saw("late", 30, "one of two services", x_api_key_id=me)
    it.unread.add(("late", "2026-02-01"))


@case
def unknown_region(it, me):
    """The gateway does not know the region: its calls are cut as the bill is, and claim no line twice."""
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 30, 30, x_region_scope="us")
    it.bill(me, 70, 70, x_region_scope="global")
    it.saw("gateway", 50, "F", x_api_key_id=me)


@case
def unknown_key(it, me):
    """The bill tells keys and the gateway does not know its own: to guess would move another team's money."""
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 30, 30, x_api_key_id="k1")
    it.bill(me, 70, 70, x_api_key_id="k2")
    it.own(me, 30, "k1")
    it.own(me, 70, "k2")
    it.saw("gateway", 50, "F", x_api_key_id=me)


@case
def several_keys_of_one_project(it, me):
    it.route("gateway", me, 10, gateway_key=me, provider_key="k1|k2")
    it.bill(me, 100, 100, sub_account_id="p")
    it.bill(me, 40, 40, sub_account_id="other")
    for project, key, quantity in (("p", "k1", 60), ("p", "k2", 40), ("other", "k3", 40)):
        it.own(me, quantity, key, sub_account_id=project)
    it.saw("gateway", 50, "F", x_api_key_id=me)


@case
def classes_that_are_coarser(it, me):
    """`input` may be on the lines of uncached input and of cached input."""
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 60, 60, x_token_class="input_uncached")
    it.bill(me, 4, 40, x_token_class="cache_read")
    it.saw("gateway", 50, "F", x_api_key_id=me, x_token_class="input")


@case
def several_lines_of_a_key(it, me):
    it.route("gateway", me, 10, gateway_key=me)
    it.bill(me, 100, 60)
    it.bill(me, "-0.01", 40)
    it.saw("gateway", 75, "F", x_api_key_id=me)


@case
def a_route_that_changed(it, me):
    it.route("gateway", "elsewhere", 10, gateway_key=me)
    it.route("gateway", me, 10, gateway_key=me, valid_from="2026-02-02")
    for day in ("2026-02-01", "2026-02-02"):
        it.bill(me, 100, 100, day=day)
        it.saw("gateway", 100, f"on {day}", x_api_key_id=me, charge_date=day)


RIGHT = {
    "tiers": {"standard callers": 100, "its own key": 500},
    "ranked_sources": {"F": 60, "k2": 40},
    "ranked_without_the_key": {"F": 50, "k1": 30, "k2": 20},
    "no_class": {"A": 30, "B": 50},
    "no_model": {"A": 30, "B": 50},
    "replayed": {"A": 180, "B": 120},
    "covered_80": {"F": 80, "k1": 20},
    "covered_110": {"F": 60, "G": 40},
    "day_cut": {"F": 190, "its own key": 10},
    "own_key": {"A": 30, "B": 20},
    "quantity_of_the_report": {"F": 60, "k1": 40},
    "quantity_by_price": {"F": 20, "its own key": 20},
    "nothing_known": {"its own key": 40},
    "credit": {"F": 100, "its own key": -40},
    "late_log": {"k1": 60, "k2": 40},
    "unknown_region": {"F": 50, "its own key": 50},
    "unknown_key": {"k1": 30, "k2": 70},
    "several_keys_of_one_project": {"F": 50, "k1": 30, "k2": 20, "k3": 40},
    "classes_that_are_coarser": {"F": 32, "its own key": 32},
    "several_lines_of_a_key": {"F": "74.9925", "its own key": "24.9975"},
    "a_route_that_changed": {"on 2026-02-02": 100, "its own key": 100},
}


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    it = Attribution(tmp_path_factory.mktemp("attribution") / "project")
    for token_class, dollars in {"input_uncached": 2, "output": 10, "cache_read": "0.2"}.items():
        it.price(token_class, dollars)
    it.price("output", 10, model="other")
    for name, write in case_of.items():
        write(it, name)
    it.run()
    return it


@pytest.mark.parametrize("name", list(RIGHT))
def test_who_pays(split, name):
    right = {who: Decimal(paid).normalize() for who, paid in RIGHT[name].items()}
    assert split.parts(name) == right


def coverage(split, account, days="2026-02-%"):
    ((seen, billed),) = split.project.rows(
        "select sum(seen_cost), sum(effective_cost) from fct_attribution_coverage "
        f"where billing_account_id = '{account}' and charge_date::varchar like '{days}'"
    )
    return seen / billed


def test_coverage_is_told_as_it_is(split):
    assert coverage(split, "covered_80") == Decimal("0.8")
    assert coverage(split, "covered_110") == Decimal("1.1")


def test_the_days_of_a_month_even_out(split):
    assert coverage(split, "day_cut", "2026-02-01") > 1 > coverage(split, "day_cut", "2026-02-02")
    assert round(coverage(split, "day_cut"), 9) == 1


def test_levels_and_shares(split):
    rows = split.project.rows(
        "select x_api_key_id, x_gateway, attribution_level, covered_share, billed_cost "
        "from fct_attributed_charges where billing_account_id = 'covered_80' order by attribution_level"
    )
    assert [(*row[:3], float(row[3]), float(row[4])) for row in rows] == [
        ("k1", "gateway", "call", 0.8, 80),
        ("k1", None, "key", 0.8, 20),
    ]


def test_where_the_quantity_is_from(split):
    rows = split.project.rows(
        "select distinct billing_account_id, quantity_basis from fct_attributed_charges "
        "where billing_account_id in ('quantity_of_the_report', 'quantity_by_price', 'no_class', 'tiers')"
    )
    assert dict(rows) == {
        "quantity_of_the_report": "usage report",
        "quantity_by_price": "price",
        "no_class": "price",
        "tiers": "bill",
    }


def test_every_case_of_the_table_is_here():
    assert set(RIGHT) == set(case_of)
