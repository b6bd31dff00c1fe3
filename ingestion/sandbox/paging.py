"""Cursors that a client cannot read, and that hold for one query only."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

# Not a secret: it keeps clients from making cursors up, as they cannot with the real providers.
_SEAL = b"apportion sandbox"
# with the 8 bytes of the position a multiple of 3: base64 needs no padding
_SIGNATURE_BYTES = 10


class BadCursorError(ValueError):
    """The cursor is not ours, or it belongs to a query with other parameters."""


def cursor(query: Any, position: int) -> str:
    """Return the cursor of a position within a query; `query` is anything JSON can write."""
    where = position.to_bytes(8)
    return "page_" + base64.urlsafe_b64encode(where + _signature(query, where)).decode()


def position(query: Any, text: str) -> int:
    """Return the position that `cursor` wrote down, else raise BadCursorError."""
    try:
        raw = base64.b64decode(text.removeprefix("page_"), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadCursorError("unknown cursor") from error
    where, signature = raw[:8], raw[8:]
    if not text.startswith("page_") or signature != _signature(query, where):
        raise BadCursorError("unknown cursor, or a cursor of another query")
    return int.from_bytes(where)


def _signature(query: Any, where: bytes) -> bytes:
    text = json.dumps(query, sort_keys=True, default=str).encode()
    return hashlib.blake2b(text + where, key=_SEAL, digest_size=_SIGNATURE_BYTES).digest()
