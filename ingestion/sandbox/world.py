"""The simulated company as tables in an in-memory DuckDB: its calls, and the bills made from them.

Tables

    calls        one row per call: when, by whom, for which true feature, how much of every meter
    charges      calls by day and everything a bill or the truth tells apart, with the exact cost
    billed       charges as the provider bills them now: restated, lines withdrawn
    priced       charges as far as they have arrived, subscriptions included
    usage        calls as far as they have arrived
    gateway_calls  what each gateway or tracer saw of them, and what it saw that no provider bills
                   (gateways.yml): a call stands once for each that saw it

Times are UTC without a zone. Money is DECIMAL(38, 18) dollars; no float is anywhere near it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.sandbox import calls, facts, prices

# A factor of a restatement has at most this many decimals: 12 of the price and these make 18.
FACTOR_DECIMALS = 6
MONEY_DECIMALS = prices.PRICE_DECIMALS + FACTOR_DECIMALS
# More than a double can count: 2^53 + 1.
HUGE = 9_007_199_254_740_993

# What a charge tells apart besides its day and meter.
_DIMENSIONS = (
    "provider",
    "sub_account_id",
    "api_key_id",
    "user_id",
    "service_account_id",
    "model",
    "base_model",
    "service_tier",
    "context_window",
    "inference_geo",
    "surface",
    "feature",
    "environment",
    "customer",
)


class World:
    """Everything that happened from `first` to `last`, and what providers say about it.

    Safe to use from several threads: one connection, one lock.
    """

    def __init__(self, *, first: date, last: date, seed: int = 7, scale: float = 1.0, settling: bool = False):
        self.first, self.last, self.seed = first, last, seed
        self.now = datetime.combine(last + timedelta(days=1), datetime.min.time())
        self._lock = threading.Lock()
        self._settling = settling
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("set enable_progress_bar = false")
        self._make_calls(scale)
        self._make_charges()
        self._make_views()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """Return the rows of a query; `?` in it are bound to the parameters."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def arrow(self, sql: str) -> pa.Table:
        """Return the result of a query as an Arrow table."""
        with self._lock:
            return self._connection.sql(sql).to_arrow_table()

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._connection.close()

    def truth(self) -> pa.Table:
        """Return what every billed unit was really for; the cost is that of the bill as it stands.

        One row per day, everything the provider tells apart, token class, true feature, environment
        and customer. `line` is the bill's text, null with a cost of 0 where usage is not billed.
        """
        return self.arrow(
            f"""
            select day, {", ".join(d for d in _DIMENSIONS if d != "surface")},
                meter as token_class, line, sum(quantity)::bigint as quantity, sum(cost) as cost
            from billed
            group by all
            order by all
            """
        )

    # What tests ask of a provider -------------------------------------------------------------

    def restate(self, provider: str, day: date, factor: Decimal) -> int:
        """Multiply the provider's bill of a day from now on; return how many charges it moves."""
        if factor != round(factor, FACTOR_DECIMALS) or not 0 <= factor < 1000:
            raise ValueError(f"factor {factor} must be from 0 to 999 with at most 6 decimals")
        self.query("delete from restatements where provider = ? and day = ?", [provider, day])
        self.query("insert into restatements values (?, ?, ?)", [provider, day, factor])
        return self._count(provider, day, None)

    def withdraw(self, provider: str, day: date, line: str | None = None) -> int:
        """Take one line of a day off the bill, or the whole day; returns the number of charges."""
        self.query("insert into withdrawals values (?, ?, ?)", [provider, day, line])
        return self._count(provider, day, line)

    def reset(self) -> None:
        """Forget every restatement and withdrawal."""
        self.query("delete from restatements")
        self.query("delete from withdrawals")

    def huge_tokens(self, *, on: bool) -> None:
        """Let one free moderation call on the last day have more tokens than a double can count."""
        self.query("delete from calls where uncached_input = ?", [HUGE])
        if on:
            self.query(
                """
                insert into calls
                select * replace (? as uncached_input) from calls
                where endpoint = 'moderations' and day = ?
                order by called_at limit 1
                """,
                [HUGE, self.last],
            )

    def let_settle(self) -> None:
        """One more part of the newest days has arrived; without `settling` nothing happens."""
        if self._settling:
            self.query("update arrived set parts = least(parts + 1, ?)", [calls.PARTS])

    def _count(self, provider: str, day: date, line: str | None) -> int:
        (count,) = self.query(
            "select count(*) from charges where provider = ? and day = ? and line = coalesce(?, line)",
            [provider, day, line],
        )[0]
        return count

    # How the tables come to be ----------------------------------------------------------------

    def _make_calls(self, scale: float) -> None:
        selects = []
        for provider in calls.providers():
            traffic = calls.load(provider)
            drawn = calls.table(traffic, self.first, self.last, self.seed, scale)
            described = calls.describe(traffic, self.first, self.last)
            # none of its models is out yet
            if not described.num_rows:
                continue
            self._connection.register(f"drawn_{provider}", drawn)
            self._connection.register(f"described_{provider}", described)
            selects.append(_CALLS.format(provider=provider, **_WORDS))
        self._connection.execute(f"create table calls as {' union all '.join(selects)}")
        for provider in calls.providers():
            # DuckDB lets what was never registered be unregistered
            self._connection.unregister(f"drawn_{provider}")
            self._connection.unregister(f"described_{provider}")

    def _make_charges(self) -> None:
        dimensions = ", ".join(_DIMENSIONS)
        part = "part" if self._settling else "0"
        self._connection.execute(
            f"""
            create temporary table metered as
            select day, {part} as part, {dimensions}, meter, sum(quantity)::bigint as quantity
            from (unpivot calls on {", ".join(prices.METERS)} into name meter value quantity)
            where quantity > 0
            group by all
            """
        )
        every_price = [price for name in calls.providers() for price in prices.book(name).prices()]
        self._register("prices", every_price, _PRICE_SCHEMA)
        self._register("lines", self._lines(), _LINE_SCHEMA)
        self._connection.execute(_CHARGES)
        self._connection.execute("drop table metered")
        unpriced = self._connection.execute(_UNPRICED).fetchall()
        if unpriced:
            raise ValueError(f"prices.yml has no price for {unpriced}")

    def _lines(self) -> list[tuple]:
        """Return the wording of every combination that was metered."""
        kinds = self._connection.execute(
            f"select distinct {', '.join(_LINE_KEY)}, base_model from metered"
        ).fetchall()
        rows = []
        for *key, base_model in kinds:
            provider, _, tier, context, geo, meter = key
            line = prices.book(provider).line(base_model, tier, context, geo, meter)
            rows.append((*key, *(line or (None, None, 1))))
        return rows

    def _register(self, name: str, rows: Sequence[tuple], schema: pa.Schema) -> None:
        columns = list(zip(*rows, strict=True)) or [() for _ in schema]
        arrays = [
            pa.array([Decimal(v) for v in column] if pa.types.is_decimal(f.type) else column, f.type)
            for f, column in zip(schema, columns, strict=True)
        ]
        self._connection.register("rows", pa.table(arrays, schema=schema))
        self._connection.execute(f"create table {name} as select * from rows")
        self._connection.unregister("rows")

    def _make_views(self) -> None:
        parts = calls.PARTS // 2 if self._settling else calls.PARTS
        settled = f"(day < date '{self.last - timedelta(days=1)}' or part < (from arrived))"
        self._connection.execute(
            f"""
            create table arrived as select {parts} as parts;
            create table restatements
                (provider varchar, day date, factor decimal(9, {FACTOR_DECIMALS}));
            create table withdrawals (provider varchar, day date, line varchar);
            create view usage as select * from calls where {settled};
            create view priced as select * from charges where {settled};
            """
        )
        self._connection.execute(_BILLED)
        self._make_gateways()

    def _make_gateways(self) -> None:
        rows = [
            (name, provider, kind, value, int(seen["share"] * 1000), *(seen.get(k, 0) for k in _UNBILLED))
            for name, gateway in facts.read("gateways.yml").items()
            for provider, seen in gateway["sees"].items()
            for kind in ("key", "feature")
            for value in seen.get(f"{kind}s", [])
        ]
        self._register("gateways", rows, _GATEWAY_SCHEMA)
        self._connection.execute(_GATEWAY_CALLS)


# What a gateway logs beside billed calls, one in so many.
_UNBILLED = ("cache_hit_every", "failure_every")

_LINE_KEY = ("provider", "model", "service_tier", "context_window", "inference_geo", "meter")

_PRICE_SCHEMA = pa.schema(
    [
        ("provider", pa.string()),
        ("model", pa.string()),
        ("service_tier", pa.string()),
        ("meter", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("dollars", pa.decimal128(18, prices.PRICE_DECIMALS)),
    ]
)
_LINE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _LINE_KEY]
    + [("line", pa.string()), ("unit", pa.string()), ("factor", pa.decimal128(18, 9))]
)

_GATEWAY_SCHEMA = pa.schema(
    [("gateway", pa.string()), ("provider", pa.string()), ("kind", pa.string()), ("value", pa.string())]
    + [(name, pa.int64()) for name in ("per_mille", *_UNBILLED)]
)


def _pick(index: str, words: Sequence[str]) -> str:
    """SQL that turns a number counted from 0 into one of the words."""
    return f"([{', '.join(repr(word) for word in words)}])[{index} + 1]"


_WORDS = {
    "customer": _pick("customer", calls.customers()),
    "image_size": _pick("image_size", calls.IMAGE_SIZES),
    "image_source": _pick("image_source", calls.IMAGE_SOURCES),
    "meters": ", ".join(prices.METERS),
}

_CALLS = """
select
    drawn.day,
    drawn.day::timestamp + to_microseconds(within) as called_at,
    part,
    provider || '-' || strftime(drawn.day, '%Y%m%d') || '-' || number as call_id,
    number,
    provider, endpoint, surface,
    sub_account_id, api_key_id, user_id, service_account_id,
    model, base_model, service_tier, inference_geo,
    case when tells_context then case is_long when 1 then '200k-1M' else '0-200k' end end
        as context_window,
    context_level, store_id,
    case when endpoint = 'images' then {image_size} end as image_size,
    case when endpoint = 'images' then {image_source} end as image_source,
    feature, environment,
    case when has_customer then {customer} end as customer,
    (epoch_us(drawn.day) // 86400000000) * 1000000000 + workload * 1000000 + session as session_id,
    {meters},
    reasoning, image_input, image_cache_read
from drawn_{provider} as drawn
join described_{provider} as described
    using (workload, person)
where drawn.day between since and until
"""

_CHARGES = """
create table charges as
select
    metered.*,
    lines.line,
    lines.unit,
    metered.quantity::decimal(19, 0) * lines.factor as billed_quantity,
    prices.dollars,
    case when lines.line is null then 0
        else metered.quantity::decimal(19, 0) * prices.dollars end::decimal(38, 12) as cost
from metered
left join prices
    on metered.provider = prices.provider
    and metered.model is not distinct from prices.model
    and metered.service_tier = prices.service_tier
    and metered.meter = prices.meter
    and metered.day >= prices.valid_from
    and metered.day < prices.valid_to
left join lines
    on metered.provider = lines.provider
    and metered.model is not distinct from lines.model
    and metered.service_tier = lines.service_tier
    and metered.context_window is not distinct from lines.context_window
    and metered.inference_geo is not distinct from lines.inference_geo
    and metered.meter = lines.meter
"""

# 7919 is a prime: which calls went round a gateway, hit its cache or failed at first has no pattern.
_GATEWAY_CALLS = """
create view gateway_calls as
with seen as (
    select
        gateways.gateway, usage.*, gateways.cache_hit_every, gateways.failure_every
    from usage
    join gateways
        on usage.provider = gateways.provider
        and gateways.value = case gateways.kind when 'key' then usage.api_key_id else usage.feature end
    where usage.surface = 'api'
        and usage.endpoint in ('completions', 'messages', 'embeddings')
        and usage.number * 7919 % 1000 < gateways.per_mille
)
select * exclude (cache_hit_every, failure_every), 'call' as kind from seen
union all
select
    * exclude (cache_hit_every, failure_every)
        replace (call_id || '-again' as call_id, called_at + interval 2 second as called_at),
    'cache_hit' as kind
from seen where cache_hit_every > 0 and number % cache_hit_every = 1
union all
select
    * exclude (cache_hit_every, failure_every)
        replace (call_id || '-failed' as call_id, called_at - interval 1 millisecond as called_at),
    'failed' as kind
from seen where failure_every > 0 and number % failure_every = 2
"""

_UNPRICED = """
select distinct provider, model, service_tier, meter, min(day)
from charges
where line is not null and dollars is null
group by all
"""

_BILLED = f"""
create view billed as
select
    priced.* replace (
        (cost * coalesce(restatements.factor, 1))::decimal(38, {MONEY_DECIMALS}) as cost
    )
from priced
left join restatements using (provider, day)
where surface <> 'subscription'
    and not exists (
        from withdrawals
        where withdrawals.provider = priced.provider
            and withdrawals.day = priced.day
            and priced.line = coalesce(withdrawals.line, priced.line)
    )
"""
