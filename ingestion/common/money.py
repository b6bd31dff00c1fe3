"""Amounts stay the provider's exact text until staging makes them decimals, once."""

from __future__ import annotations

import json
import re
from typing import Any

# Plain or E-notation, as FOCUS allows; no separators, no signs of currencies.
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_NUMBER = re.compile(NUMBER)


def money_text(value: Any) -> str | None:
    """An amount as the provider wrote it; None stays None.

    Takes text, int or Decimal. A float is refused, since its digits are gone already
    (exact_json keeps JSON numbers as text), and so are "", "1,000", "NaN" and "Infinity".
    Raises ValueError.
    """
    if value is None:
        return None
    if isinstance(value, bool | float):
        raise ValueError(f"{value!r} is no exact number")
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f'"{value}" is no number')
    return text


def exact_json(body: str | bytes) -> Any:
    """Parse JSON; numbers with a fraction or exponent become text, integers stay integers."""
    return json.loads(body, parse_float=str, parse_constant=str)


def landed(value: Any) -> str | None:
    """A number as exact text; what is none stays as it is, for the gate to refuse with its row."""
    try:
        return money_text(value)
    except ValueError:
        return str(value)
