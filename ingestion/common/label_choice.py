"""What callers say about their calls: the labels of docs/instrumentation.md, as one JSON text.

Only labels that were chosen land. A log is full of others (sessions, versions, user agents), and each of them
would cut the day's usage into ever smaller rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.common.pipeline import Run

# docs/instrumentation.md; `session` is kept beside a call and is no label of usage.
STANDARD = ("agent", "business_process", "customer", "environment", "feature", "team")


def chosen(run: Run) -> tuple[str, ...]:
    """The labels to keep: the standard ones, or those of the setting `labels` (a JSON list)."""
    setting = run.setting("labels")
    if setting is None:
        return STANDARD
    names = json.loads(setting) if isinstance(setting, str) and setting.startswith("[") else setting
    return tuple(names.split(",")) if isinstance(names, str) else tuple(names)


def as_text(found: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The chosen labels as a JSON object with sorted keys; None where there is none.

    Text stays as it is, numbers and true/false are written as JSON; blanks, lists and objects are absent.
    """
    kept = {}
    for name in names:
        value = found.get(name)
        if value is None or isinstance(value, list | dict):
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        if text.strip():
            kept[name] = text.strip()
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False) if kept else None


def as_text_of_items(items: tuple[tuple[str, Any], ...]) -> str | None:
    """The same of pairs, which a cache can remember."""
    return as_text(dict(items), [name for name, _ in items])


def of_tags(tags: Iterable[Any]) -> dict[str, str]:
    """Tags such as `feature:doc-chat` as labels; the first of a key counts, a tag without a colon is none."""
    found: dict[str, str] = {}
    for tag in tags:
        key, colon, value = str(tag).partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found
