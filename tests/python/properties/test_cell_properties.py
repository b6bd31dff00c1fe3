"""The cell language, against a reference that reads it letter by letter and never sees SQL."""

import re

from cell_language import matches, split
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
