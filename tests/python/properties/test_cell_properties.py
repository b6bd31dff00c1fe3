"""The cell language, against a reference that reads it letter by letter and never sees SQL."""

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LETTERS = "aB5-_ %*?|!~\\'\"<>;=.\u00e9\u00c4"
VALUES = st.one_of(
    st.none(), st.text(LETTERS, max_size=6), st.sampled_from(["prod", " Prod ", "prod-eu", "", " "])
)
ATOMS = st.one_of(
    st.text(LETTERS, max_size=6),
    st.sampled_from(
        ["prod", "PROD*", "?rod", "<none>", " <NONE> ", "~^pro?d", "~d$", "*", "\\*", "a\\|b", "pr%d", "_"]
    ),
)
CELLS = st.builds(
    lambda negated, parts: negated + "|".join(parts),
    st.sampled_from(["", "", "!", " ! "]),
    st.lists(ATOMS, min_size=1, max_size=3),
)


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


def readable(cell):
    """Whether check-seeds lets the cell pass: expressions compile, and RE2 and Python read them alike."""
    for alternative in split(cell.strip().removeprefix("!"), "|"):
        text = alternative.strip()
        if not text or text == "\\":
            return False
        if text.startswith("~") and not re.fullmatch(r"[\^$.?*a-zA-Z5\-' ]*", text[1:]):
            return False
        if text.startswith("~"):
            try:
                re.compile(text[1:])
            except re.error:
                return False
    return True


@ANY
@example(cell="!<none>", values=[None, "x"])
@example(cell="100\\%*|\\!a", values=["!A", None])
@given(cell=CELLS.filter(readable), values=st.lists(VALUES, min_size=1, max_size=2))
def test_a_cell_matches_what_the_reference_says(macro, memory, cell, values):
    names = [f"value_{number}" for number in range(len(values))]
    condition = macro("cell_condition", cell=cell, columns=names)
    texts = ", ".join("nullif(lower(trim(replace(?, chr(160), ' '))), '') as " + name for name in names)
    sql = f"select coalesce({condition}, false) from (select {texts})"
    assert memory.execute(sql, values).fetchall() == [(matches(cell, values),)], (cell, values, condition)


@ANY
@given(text=st.text(max_size=20))
def test_no_text_of_a_seed_leaves_its_quotes(macro, memory, text):
    text = text.replace("\x00", "")
    assert memory.execute(f"select {macro('text_literal', value=text)}").fetchall() == [(text,)]


@ANY
@given(key=st.text(LETTERS + "/~$", min_size=1, max_size=6), value=st.text(max_size=6))
def test_a_label_is_found_under_any_key(macro, memory, key, value):
    import json

    value = value.replace("\x00", "")
    document = json.dumps({key: value, key + "x": "other"})
    sql = f"select {macro('json_label', json='document', key=key)} from (select ? as document)"
    assert memory.execute(sql, [document]).fetchall() == [(value,)]
