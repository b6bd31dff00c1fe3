"""What the vendors charge for a call, and how their bills word it (prices.yml)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from ingestion.sandbox import facts

MILLION = Decimal(1_000_000)

# Every thing a call can be metered by. The classes are disjoint: no token is in two of them.
TOKEN_CLASSES = (
    "uncached_input",
    "cache_read",
    "cache_write_5m",
    "cache_write_30m",
    "cache_write_1h",
    "output",
    "audio_input",
    "audio_cache_read",
    "audio_output",
)
UNIT_CLASSES = (
    "characters",
    "seconds",
    "images",
    "web_searches",
    "file_searches",
    "code_interpreter_sessions",
    "code_execution_centihours",
    "store_mebibytes",
)
METERS = TOKEN_CLASSES + UNIT_CLASSES

# Dollars for one unit have at most this many decimals, so that quantity x price is exact.
PRICE_DECIMALS = 12
FAR_FUTURE = date(9999, 12, 31)


class Price(NamedTuple):
    """Dollars for one token or unit on the days [valid_from, valid_to)."""

    provider: str
    model: str | None
    service_tier: str
    meter: str
    valid_from: date
    valid_to: date
    dollars: Decimal


class Line(NamedTuple):
    """How a bill words one meter: text, unit if any, and our quantity x factor in that unit."""

    text: str
    unit: str | None
    factor: Decimal


@dataclass(frozen=True)
class PriceBook:
    """One vendor's prices and wording."""

    provider: str
    content: dict[str, Any]

    def released(self, model: str) -> date:
        """Return the first day on which the model could be called."""
        return min(self._model(model)["prices"])

    def billed_as(self, model: str) -> str:
        """Return the name under which the vendor reports the model, often that of a snapshot."""
        return self._model(model).get("billed_as", model)

    def priced_meters(self, model: str, day: date) -> set[str]:
        """Return what a call of the model is charged for on a day, tools left aside."""
        dated = self._model(model)["prices"]
        begun = [start for start in dated if start <= day]
        return set(dated[max(begun)]) if begun else set()

    def prices(self) -> Iterator[Price]:
        """Yield every price of the book, each with the end that the next one puts to it."""
        for tier, share in self.content["tiers"].items():
            for model, described in self.content["models"].items():
                named = self.billed_as(model)
                yield from self._dated(named, tier, described["prices"], share)
                yield from self._dated(named, tier, self.content["tools"], 1)
            # what is stored has no model
            yield from self._dated(None, tier, self.content["tools"], 1)

    def line(
        self, model: str | None, tier: str, context: str | None, geo: str | None, meter: str
    ) -> Line | None:
        """Return how the bill words a meter of the model, None where the vendor bills nothing."""
        described = self._model(model) if model else {}
        if described.get("free"):
            return None
        wording = described.get("wording", {}).get(meter) or self.content["wording"].get(meter)
        if wording is None or tier not in self.content["tiers"]:
            return None
        suffixes = self.content["suffixes"]
        text = wording["line"].format(
            model=model and self.billed_as(model),
            title=described.get("title", model),
            tier=suffixes.get(tier, ""),
            context=suffixes.get(context, ""),
            geo=suffixes.get(geo, ""),
        )
        return Line(text, wording.get("unit"), Decimal(wording.get("factor", 1)))

    def _model(self, model: str) -> dict[str, Any]:
        try:
            return self.content["models"][model]
        except KeyError:
            raise ValueError(f"prices.yml has no {self.provider} model {model}") from None

    def _dated(
        self, model: str | None, tier: str, dated: dict[date, dict], share: Decimal | int
    ) -> Iterator[Price]:
        starts = sorted(dated)
        # a vendor without tools has no dates for them
        for start, end in zip(starts, [*starts[1:], FAR_FUTURE][: len(starts)], strict=True):
            for meter, amount in dated[start].items():
                if meter not in METERS:
                    raise ValueError(f"prices.yml: {self.provider} {model}: no meter {meter}")
                dollars = Decimal(amount) * share / (MILLION if meter in TOKEN_CLASSES else 1)
                if dollars != round(dollars, PRICE_DECIMALS):
                    raise ValueError(f"prices.yml: {model} {meter}: more than 12 decimals a unit")
                yield Price(self.provider, model, tier, meter, start, end, dollars)


def book(provider: str) -> PriceBook:
    """Return the price book of one vendor."""
    return PriceBook(provider, facts.read("prices.yml")[provider])
