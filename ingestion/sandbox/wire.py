"""JSON whose numbers keep every digit: a Decimal is written as it is, never by way of a float."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flask import Response


def dumps(value: Any) -> str:
    """Return the JSON text of a value made of dicts, lists, text, int, bool, None and Decimal."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; the sandbox counts in int and Decimal")
    return json.dumps(value)


def loads(text: str) -> Any:
    """Return the value of a JSON text, its fractions as Decimal."""
    return json.loads(text, parse_float=Decimal)


def plain(number: Decimal) -> str:
    """Return a number without exponent and without zeros at its end: 12.5, 3, 0.000000125."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def answer(payload: Any, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(dumps(payload), status=status, mimetype="application/json")
