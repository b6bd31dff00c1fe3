"""What readers see of the marts: the built views of models/shared, asked through a reader's eyes.

A bag of rows is compared with what the mart holds: a row that is missing and one that stands twice both show.
"""

import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[3]
# The view of each mart, as its file names it.
MARTS = {
    path.stem: re.search(r"ref\('(\w+)'\)", path.read_text())[1]
    for path in sorted((REPO / "models" / "shared").glob("*.sql"))
}
ROWS_OF = {  # as seeds/access/readers.csv has it
    "finance@example.com": "true",
    "ada@example.com": "team = 'documents' or feature = 'contract-review'",
    "grace@example.com": "product = 'Search'",
    "linus@example.com": "cost_center = 'CC-2100'",
    "eve@example.com": "false",
}


def asked(project, reader, sql):
    return project.rows(f"set variable reader = '{reader}'; {sql}")


def expected(project, mart, reader):
    """The condition of a reader; what names a column that the mart lacks shows nothing."""
    columns = {name for (name, *_) in project.rows(f"describe {mart}")}
    told = ROWS_OF[reader].split(" or ")
    return " or ".join(part if part.split()[0] in columns | {"true"} else "false" for part in told)


@pytest.mark.parametrize("reader", ROWS_OF)
@pytest.mark.parametrize("view", MARTS)
def test_a_reader_sees_exactly_the_rows_of_the_owners_that_the_seed_names(built, view, reader):
    mart, shown = MARTS[view], f"select * from main_shared.{view}"
    meant = f"select * from {mart} where {expected(built, mart, reader)}"
    differing = f"({shown} except all {meant}) union all ({meant} except all {shown})"
    assert asked(built, reader, f"select count(*) from ({differing}) as differing") == [(0,)]


@pytest.mark.parametrize("reader", ["finance@example.com", "ada@example.com", "grace@example.com"])
def test_the_readers_of_the_demo_see_something(built, reader):
    [(seen,)] = asked(built, reader, "select count(*) from main_shared.shared_allocated_costs")
    [(all_rows,)] = built.rows("select count(*) from fct_allocated_costs")
    assert 0 < seen <= all_rows
    assert (seen == all_rows) == (ROWS_OF[reader] == "true")


def test_the_case_of_a_reader_does_not_matter(built):
    counted = "select count(*) from main_shared.shared_allocated_costs"
    assert asked(built, "Ada@Example.COM", counted) == asked(built, "ada@example.com", counted)


def test_who_is_nobody_sees_nothing(built):
    for view in MARTS:
        assert built.rows(f"select count(*) from main_shared.{view}") == [(0,)], view


def test_every_mart_with_an_owner_has_a_view_that_can_be_shown_by_that_owner():
    """A column that a view forgets hides rows from their owner; a view that nobody wrote, a whole mart."""
    owners = ("team", "product", "feature", "cost_center")
    for view, mart in MARTS.items():
        [described] = (REPO / "models" / "marts").rglob(f"{mart}.yml")
        columns = [name for name in owners if f"- name: {name}\n" in described.read_text()]
        shown_by = re.search(r"\[(.*)\]", (REPO / "models" / "shared" / f"{view}.sql").read_text())[1]
        assert shown_by == ", ".join(f"'{name}'" for name in columns), view
    with_owners = {
        path.stem
        for path in (REPO / "models" / "marts").rglob("fct_*.yml")
        if any(f"- name: {name}\n" in path.read_text() for name in owners)
    }
    assert with_owners == set(MARTS.values())
