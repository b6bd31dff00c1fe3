"""The cell language of rules, as far as a check needs it: what a cell is made of, not what it matches.

macros/ownership/cell_condition.sql compiles the same language; seeds/README.md tells it to people.
"""

from __future__ import annotations

import re
from functools import cache

import duckdb


def split(text: str, separator: str) -> list[str]:
    """A text split at a character, except where a backslash stands before it; the backslashes stay."""
    parts, part = [], ""
    for token in re.findall(r"(?s)\\.|.", text):
        if token == separator:
            parts.append(part)
            part = ""
        else:
            part += token
    return [*parts, part]


def alternatives(cell: str) -> list[str]:
    """The alternatives of a cell, without the ! that negates it."""
    cell = cell.strip()
    return [part.strip() for part in split(cell.removeprefix("!"), "|")]


def pairs(cell: str) -> list[tuple[str, str | None]]:
    """The key=pattern pairs of a label or if_tag cell; no pattern where the = is missing."""
    found: list[tuple[str, str | None]] = []
    for part in split(cell.strip().removeprefix("!"), ";"):
        if part.strip():
            key, *rest = split(part, "=")
            plain = re.sub(r"(?s)\\(.)", r"\1", key.strip())
            found.append((plain, "=".join(rest) if rest else None))
    return found


def references(value: str) -> list[str]:
    """What a template asks for: the texts in its braces."""
    return re.findall(r"\{([^{}]+)\}", value)


def cell_fault(cell: str) -> str | None:
    """What is wrong with a cell, if anything."""
    for part in alternatives(cell):
        if not part:
            return f'"{cell}" has an empty alternative; <none> is how an absent value is written'
        if part.startswith("~") and (wrong := regex_fault(part[1:])):
            return f'"{part}" is no RE2 regular expression: {wrong}'
    return None


@cache
def regex_fault(pattern: str) -> str | None:
    """What RE2 says against a regular expression; DuckDB's regular expressions are RE2."""
    try:
        duckdb.execute("select regexp_matches('', ?, 'is')", [pattern]).fetchall()
    except duckdb.Error as error:
        return str(error).partition("Error: ")[2].splitlines()[0]
    return None
