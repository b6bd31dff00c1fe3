"""What callers write on their calls (metadata, tags), as one text that says the same however it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# They name one call or conversation: as labels they would make every call a row of its own.
NO_LABELS = frozenset(
    {
        "conversation_id", "request_id", "run_id", "session", "session_id", "sessionid", "span_id",
        "thread_id", "trace_id", "traceid",
    }
)  # fmt: skip


def call_labels(*sources: Mapping[str, Any] | None) -> str | None:
    """Labels as a JSON object, keys sorted, every value a text; None where there are none.

    sources   what was written, the first one wins; objects, lists, blanks and ids of calls are left out
    """
    labels: dict[str, str] = {}
    for source in sources:
        for key, value in (source or {}).items():
            text = _text(value)
            if text and key.lower() not in NO_LABELS:
                labels.setdefault(key, text)
    return json.dumps(labels, sort_keys=True, ensure_ascii=False) if labels else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int) else ""
