"""The one stream of simulated calls that lies behind every bill, report and file of the sandbox.

A workload (traffic/<provider>.yml) says who calls a model, how often and how large; this module
draws its calls. What a day holds depends on the seed, the provider and that day alone, so a window
that is longer or ends later tells the same about the days it shares with another.

Fields of a workload, or of `defaults` for all of a file; sizes are means of one call, shares are 0
to 1:

    calls         calls on a weekday at scale 1
    feature       the true feature, null for what belongs to nobody
    environment   prod by default
    key, people   the API key, and the people who call: a key's owner unless named
    surface       api, console, claude_code, subscription (Claude Code that is not on the API bill)
                  or deleted (an API key and project that the provider has forgotten)
    endpoint      which API
    model         a name, or from which day which name; nobody calls a model before its release
    from, until   first and last day
    rhythm        customers (default), office, night or steady: hours and weekends
    growth        in 30 days
    input         tokens in, in total; or seconds, characters, images, MiB stored
    spread        of the sizes, the sigma of their logarithm
    cached, written, written_1h   share of the input read from and written to a cache, and of the
                  writes those that live an hour
    audio, images share of the tokens that are sound, of the input that are pictures
    output, reasoning   tokens out, and the share of them that is thought
    tier, geo     service tier and place of inference
    cache_write   the token class of cache writes that do not live an hour
    long_context  from how many tokens a prompt counts as long, where the vendor distinguishes that
    customers     whether calls are made for customers
    session       calls in one session
    web_searches, file_searches, code_interpreter_sessions, code_execution_centihours   in one call
    context_level, store   of the searches; a vector store
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.sandbox import facts, prices

# Growth counts from here and is bounded: a window years away still holds a plausible company.
GROWTH_FROM = date(2026, 10, 1)
GROWTH_BOUNDS = (0.5, 2.5)
GROWTH_DAYS = 30
DAY_NOISE = 0.08
OUTPUT_SPREAD = 0.5
MAX_OUTPUT = 64_000
HOUR_US = 3_600_000_000
# Rows of a day that is still being written arrive in this many parts.
PARTS = 10

IMAGE_SIZES = ("1024x1024", "1024x1792", "512x512")
IMAGE_SOURCES = ("image.generation", "image.edit")

# Which meter the input of an endpoint is counted in; everything else is made of tokens in and out.
INPUT_METER = {
    "completions": None,
    "decisions": None,
    "messages": None,
    "embeddings": "uncached_input",
    "moderations": "uncached_input",
    "images": "images",
    "audio_speeches": "characters",
    "audio_transcriptions": "seconds",
    "vector_stores": "store_mebibytes",
}

# 24 weights of the hours of a day (UTC), and the volume of a weekend day.
RHYTHMS = {
    "customers": (
        [2, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 10, 9, 10, 11, 11, 9, 8, 7, 6, 5, 4, 3, 2],
        0.55,
    ),
    "office": ([0] * 6 + [1, 4, 9, 11, 11, 9, 6, 9, 11, 11, 9, 5, 2, 1, 1, 0, 0, 0], 0.1),
    "night": ([4, 10, 12, 12, 10, 6, 2, *[0] * 16, 2], 0.8),
    "steady": ([1] * 24, 0.9),
}


# What a call is counted in: the meters, and parts of them that some reports show.
_COUNTED = (*prices.METERS, "reasoning", "image_input", "image_cache_read", "is_long")


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of call, as a line of traffic/<provider>.yml describes it."""

    calls: float
    feature: str | None
    environment: str | None = "prod"
    key: str | None = None
    people: Sequence[str] = ()
    surface: str = "api"
    endpoint: str
    model: str | dict[date, str] | None = None
    from_: date = date.min
    until: date = date.max
    rhythm: str = "customers"
    growth: float = 0.0
    input: float = 0.0
    max_input: float = 0.0
    spread: float = 0.6
    cached: float = 0.0
    written: float = 0.0
    written_1h: float = 0.0
    audio: float = 0.0
    images: float = 0.0
    output: float = 0.0
    reasoning: float = 0.0
    tier: str = "standard"
    geo: str | None = None
    cache_write: str = "cache_write_5m"
    long_context: float = math.inf
    customers: bool = False
    session: float = 3.0
    web_searches: float = 0.0
    file_searches: float = 0.0
    code_interpreter_sessions: float = 0.0
    code_execution_centihours: float = 0.0
    context_level: str | None = None
    store: str | None = None

    @property
    def is_snapshot(self) -> bool:
        """A stock that is measured once a day at midnight, not a call."""
        return self.endpoint == "vector_stores"

    def model_on(self, day: date) -> str | None:
        """Return the model that is called on a day, None before there is one."""
        if not isinstance(self.model, dict):
            return self.model
        begun = [start for start in self.model if start <= day]
        return self.model[max(begun)] if begun else None

    def volume(self, day: date) -> float:
        """Return the mean number of calls on a day, or the growth of a stock, at scale 1."""
        if not self.from_ <= day <= self.until:
            return 0.0
        grown = (1 + self.growth) ** ((day - GROWTH_FROM).days / GROWTH_DAYS)
        grown = min(max(grown, GROWTH_BOUNDS[0]), GROWTH_BOUNDS[1])
        _, weekend = RHYTHMS[self.rhythm]
        if self.is_snapshot or day.weekday() < 5:
            weekend = 1.0
        return self.calls * grown * weekend


@dataclass(frozen=True)
class Traffic:
    """All workloads of one provider, and their numbers as columns to draw from."""

    provider: str
    workloads: Sequence[Workload]
    user_id: str
    numbers: dict[str, np.ndarray] = field(repr=False)
    hours: np.ndarray = field(repr=False)
    customer_shares: np.ndarray = field(repr=False)


def load(provider: str) -> Traffic:
    """Read traffic/<provider>.yml; an unknown field, key or person is a ValueError."""
    content = facts.read(f"traffic/{provider}.yml")
    company = facts.read("company.yml")
    lines = [content["defaults"] | line for line in content["workloads"]]
    workloads = [_workload(provider, line, company) for line in lines]
    # annotations are text here, as everywhere with the __future__ import
    numeric = [f.name for f in fields(Workload) if f.type == "float"]
    numbers = {name: np.array([getattr(w, name) for w in workloads], float) for name in numeric}
    hours = np.array([np.cumsum(RHYTHMS[w.rhythm][0]) / sum(RHYTHMS[w.rhythm][0]) for w in workloads])
    return Traffic(
        provider=provider,
        workloads=workloads,
        user_id=content["user_id"],
        numbers=numbers,
        hours=hours,
        customer_shares=np.array([_customer_shares(w.feature) for w in workloads]),
    )


def providers() -> list[str]:
    """Return the providers that have traffic: one file each."""
    return sorted(path.stem for path in (facts.HERE / "traffic").glob("*.yml"))


def customers() -> list[str]:
    """Return the company's customers; a call names one by its place in this list."""
    return facts.read("company.yml")["customers"]


def _workload(provider: str, line: dict[str, Any], company: dict) -> Workload:
    named = {"from_" if key == "from" else key: value for key, value in line.items()}
    known = {f.name: f.type for f in fields(Workload)}
    where = f"traffic/{provider}.yml: {line}"
    unknown = set(named) - set(known)
    if unknown:
        raise ValueError(f"{where}: no such field: {', '.join(sorted(unknown))}")
    # Decimals of the file become floats here: volumes are drawn at random, money never is.
    values = {k: float(v) if known[k] == "float" else v for k, v in named.items()}
    workload = Workload(**values)
    if workload.key is not None and workload.key not in company[provider]["keys"]:
        raise ValueError(f"{where}: company.yml has no key {workload.key}")
    if set(workload.people) - set(company["people"]):
        raise ValueError(f"{where}: company.yml does not know all of {workload.people}")
    if workload.feature is not None and workload.feature not in company["features"]:
        raise ValueError(f"{where}: company.yml has no feature {workload.feature}")
    if workload.cached + workload.written >= 1:
        raise ValueError(f"{where}: cached and written leave nothing uncached")
    return workload


def _customer_shares(feature: str | None) -> list[float]:
    """Return cumulative shares of the customers; every feature is liked by others best."""
    count = len(customers())
    turn = zlib.crc32((feature or "").encode()) % count
    weights = np.roll(1 / np.arange(1, count + 1), turn)
    return list(np.cumsum(weights) / weights.sum())


def draw(traffic: Traffic, day: date, seed: int, scale: float) -> dict[str, np.ndarray]:
    """Return one day's calls as columns of numbers; `workload` is a place in traffic.workloads."""
    rng = np.random.default_rng(
        [seed, zlib.crc32(traffic.provider.encode()), day.toordinal()],
    )
    book = prices.book(traffic.provider)
    volumes = np.array([_volume(workload, book, day) for workload in traffic.workloads])
    counts = _counts(rng, traffic, volumes * scale)
    which = np.repeat(np.arange(len(counts)), counts)
    mean = {name: column[which] for name, column in traffic.numbers.items()}
    is_stock = np.array([w.is_snapshot for w in traffic.workloads])[which]

    total = _sizes(rng, mean["input"], mean["spread"])
    # A stock is what it is: it grows, it is not drawn.
    total = np.where(is_stock, mean["input"] * volumes[which] * scale, total)
    total = np.clip(total, 1, mean["max_input"]).astype(np.int64)
    writes = np.array([_cache_write(workload, book, day) for workload in traffic.workloads])[which]

    columns = {name: np.zeros(len(which), np.int64) for name in _COUNTED}
    columns |= _callers(rng, traffic, counts, which)
    columns |= _tokens(rng, mean, total, writes)
    columns |= _tools(rng, mean)
    columns["is_long"] = (total > mean["long_context"]).astype(np.int64)
    columns["within"] = np.where(is_stock, 0, _moments(rng, traffic, which))
    _count_simply(columns, traffic, which, total)

    order = np.argsort(columns["within"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    number = np.arange(len(which))
    return columns | {"number": number, "part": number % PARTS}


def _counts(rng: np.random.Generator, traffic: Traffic, volumes: np.ndarray) -> np.ndarray:
    """Draw how many calls each workload makes; a stock is measured once if there is any."""
    noise = np.exp(DAY_NOISE * rng.standard_normal(len(volumes)))
    is_stock = np.array([workload.is_snapshot for workload in traffic.workloads])
    return np.where(is_stock, volumes > 0, rng.poisson(volumes * noise))


def _sizes(rng: np.random.Generator, mean: np.ndarray, spread: np.ndarray | float) -> np.ndarray:
    """Draw sizes with a long tail and the mean that is wanted."""
    return mean * np.exp(spread * rng.standard_normal(len(mean)) - np.square(spread) / 2)


def _part(rng: np.random.Generator, whole: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Draw whole numbers around `share` of `whole`, never more than all of it."""
    drawn = share * (0.7 + 0.6 * rng.random(len(whole)))
    return (whole * np.minimum(drawn, 1.0)).astype(np.int64)


def _moments(rng: np.random.Generator, traffic: Traffic, which: np.ndarray) -> np.ndarray:
    """Draw the microsecond of the day, by the rhythm of each workload."""
    hour = (rng.random(len(which))[:, None] > traffic.hours[which]).sum(axis=1)
    return hour * HOUR_US + (rng.random(len(which)) * HOUR_US).astype(np.int64)


def _callers(
    rng: np.random.Generator, traffic: Traffic, counts: np.ndarray, which: np.ndarray
) -> dict[str, np.ndarray]:
    """Draw who calls, for which customer, in which session."""
    people = np.array([max(len(w.people), 1) for w in traffic.workloads])[which]
    # The first of the people named calls most.
    person = np.minimum(people * rng.random(len(which)) ** 1.5, people - 1).astype(np.int64)
    customer = (rng.random(len(which))[:, None] > traffic.customer_shares[which]).sum(axis=1)
    sessions = np.maximum(counts[which] / traffic.numbers["session"][which], 1)
    session = (rng.random(len(which)) * sessions).astype(np.int64) * people + person
    return {
        "workload": which,
        "person": person,
        "customer": customer,
        "session": session,
        "image_size": rng.integers(0, len(IMAGE_SIZES), len(which)),
        "image_source": rng.integers(0, len(IMAGE_SOURCES), len(which)),
    }


def _tokens(
    rng: np.random.Generator, mean: dict[str, np.ndarray], total: np.ndarray, writes: np.ndarray
) -> dict[str, np.ndarray]:
    """Split the tokens of a call into disjoint classes, and say what is thought or picture in them.

    `writes` names the class of a cache write, blank where the vendor does not tell it from other
    input.
    """
    cached = _part(rng, total, mean["cached"])
    written = _part(rng, total - cached, mean["written"] / (1 - mean["cached"]))
    written = np.where(writes == "", 0, written)
    for_an_hour = rng.random(len(total)) < mean["written_1h"]
    uncached = total - cached - written
    audio_input = _part(rng, uncached, mean["audio"])
    audio_cached = _part(rng, cached, mean["audio"])
    output = np.clip(_sizes(rng, mean["output"], OUTPUT_SPREAD), 1, MAX_OUTPUT).astype(np.int64)
    audio_output = _part(rng, output, mean["audio"])
    kept = {
        name: np.where((writes == name) & ~for_an_hour, written, 0)
        for name in ("cache_write_5m", "cache_write_30m")
    }
    return {
        "uncached_input": uncached - audio_input,
        "cache_read": cached - audio_cached,
        **kept,
        "cache_write_1h": np.where(for_an_hour, written, 0),
        "output": output - audio_output,
        "audio_input": audio_input,
        "audio_cache_read": audio_cached,
        "audio_output": audio_output,
        "reasoning": _part(rng, output - audio_output, mean["reasoning"]),
        "image_input": _part(rng, uncached - audio_input, mean["images"]),
        "image_cache_read": _part(rng, cached - audio_cached, mean["images"]),
    }


def _tools(rng: np.random.Generator, mean: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Draw what a call uses besides tokens; one code interpreter session at most."""
    many = ("web_searches", "file_searches", "code_execution_centihours")
    once = "code_interpreter_sessions"
    return {tool: rng.poisson(mean[tool]) for tool in many} | {once: rng.binomial(1, mean[once])}


def _count_simply(
    columns: dict[str, np.ndarray], traffic: Traffic, which: np.ndarray, total: np.ndarray
) -> None:
    """Count endpoints without a conversation in their one meter, and in nothing else."""
    meters = np.array([INPUT_METER[w.endpoint] or "" for w in traffic.workloads])[which]
    for name in _COUNTED:
        simple = np.where(meters == name, total, 0)
        columns[name] = np.where(meters == "", columns[name], simple)


def _volume(workload: Workload, book: prices.PriceBook, day: date) -> float:
    model = workload.model_on(day)
    if model is None and not workload.is_snapshot:
        return 0.0
    if model is not None and day < book.released(model):
        return 0.0
    return workload.volume(day)


def _cache_write(workload: Workload, book: prices.PriceBook, day: date) -> str:
    """Return the class of ordinary cache writes, blank where the vendor does not price any."""
    model = workload.model_on(day)
    if model is None or workload.cache_write not in book.priced_meters(model, day):
        return ""
    return workload.cache_write


def table(traffic: Traffic, first: date, last: date, seed: int, scale: float) -> pa.Table:
    """Return the calls of the days first..last as numbers; `describe` has their words."""
    days, columns = [], []
    day = first
    while day <= last:
        columns.append(draw(traffic, day, seed, scale))
        days.append(np.full(len(columns[-1]["workload"]), (day - date(1970, 1, 1)).days, np.int32))
        day += timedelta(days=1)
    merged = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    return pa.table({"day": pa.array(np.concatenate(days), pa.int32()).cast(pa.date32()), **merged})


def describe(traffic: Traffic, first: date, last: date) -> pa.Table:
    """Return what calls have in common: a row per workload, person and span of days of a model."""
    company = facts.read("company.yml")
    book = prices.book(traffic.provider)
    keys = company[traffic.provider]["keys"]
    owners = {
        account["project"]: name
        for name, account in company[traffic.provider].get("service_accounts", {}).items()
    }
    rows = []
    for number, workload in enumerate(traffic.workloads):
        key = keys.get(workload.key, {})
        project = key.get("project") or key.get("workspace")
        for person, name in enumerate(workload.people or [key.get("owner") or owners.get(project)]):
            for since, until, model in _models(workload, first, last):
                rows.append(
                    {
                        "workload": number,
                        "person": person,
                        "since": since,
                        "until": until,
                        "provider": traffic.provider,
                        "endpoint": workload.endpoint,
                        "surface": workload.surface,
                        "sub_account_id": project,
                        "api_key_id": workload.key,
                        "user_id": traffic.user_id.format(name) if name else None,
                        "service_account_id": key.get("service_account"),
                        "model": book.billed_as(model) if model else None,
                        "base_model": model,
                        "service_tier": workload.tier,
                        "inference_geo": workload.geo,
                        "tells_context": workload.long_context < math.inf,
                        "context_level": workload.context_level,
                        "store_id": workload.store,
                        "feature": workload.feature,
                        "environment": workload.environment,
                        "has_customer": workload.customers,
                    }
                )
    return pa.Table.from_pylist(rows)


def _models(workload: Workload, first: date, last: date) -> list[tuple[date, date, str | None]]:
    """Return the spans (first day, last day, model) of a workload within the window."""
    if not isinstance(workload.model, dict):
        return [(first, last, workload.model)]
    starts = sorted(workload.model)
    ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
    return [
        (max(start, first), min(end, last), workload.model[start])
        for start, end in zip(starts, ends, strict=True)
        if start <= last and end >= first
    ]
