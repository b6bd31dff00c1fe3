"""The cell language of rules, read letter by letter: what tests compare our SQL with."""

import re


def normalised(value):
    """A value as rules compare it; None where it is absent or blank."""
    if value is None:
        return None
    return value.replace("\u00a0", " ").strip(" ").lower() or None


def split(text, separator):
    """Split at a letter that no backslash makes literal."""
    parts, current, literal = [], "", False
    for letter in text:
        if letter == separator and not literal:
            parts.append(current)
            current = ""
            continue
        current += letter
        literal = letter == "\\" and not literal
    return [*parts, current]


def glob_matches(pattern, value):
    """Whether a glob covers a value, by trying every length for a star."""
    if not pattern:
        return not value
    kind, letter = pattern[0]
    if kind == "any":
        return any(glob_matches(pattern[1:], value[skip:]) for skip in range(len(value) + 1))
    if not value:
        return False
    return (kind == "one" or letter == value[0]) and glob_matches(pattern[1:], value[1:])


def read_glob(text):
    pattern, literal = [], False
    for position, letter in enumerate(text):
        last = position == len(text) - 1
        if letter == "\\" and not literal and not last:
            literal = True
        elif letter == "*" and not literal:
            pattern.append(("any", ""))
        elif letter == "?" and not literal:
            pattern.append(("one", ""))
        else:
            pattern.append(("is", letter.lower()))
            literal = False
    return pattern


def matches(cell, values):
    """Whether a cell holds for an attribute with these values (id and name, or one)."""
    cell = cell.strip()
    negated = cell.startswith("!")
    found = [normalised(value) for value in values]
    holds = False
    for alternative in split(cell[1:] if negated else cell, "|"):
        text = alternative.strip()
        if text.lower() == "<none>":
            holds |= all(value is None for value in found)
        elif text.startswith("~"):
            holds |= any(value is not None and re.search(text[1:], value, re.I | re.S) for value in found)
        elif text:
            holds |= any(value is not None and glob_matches(read_glob(text), value) for value in found)
    return holds != negated
