"""Rules: cells that parse, attributes and labels that tuples have, owners that exist, tags in no circle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands import cells
from commands.seed_files import Fault, Row, Seed, same

if TYPE_CHECKING:
    from commands.check_seeds import Project

# Every other column of the seed that is no cell.
OTHERS = (
    "rule_id", "tag", "priority", "value", "overrides", "label", "if_tag", "valid_from", "valid_to", "note",
)  # fmt: skip
OVERRIDABLE = ("product", "team", "cost_center")
STANDARD = ("feature", *OVERRIDABLE, "environment", "customer", "shared_pool")


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the rules."""
    tags = {row["tag"].strip() for row in seed.rows}
    for row in seed.rows:
        yield from attribute_faults(row, seed, project)
        yield from label_faults(row, project)
        yield from tag_faults(row, tags)
        yield from spelling_faults(row)
        yield from value_faults(row, seed, project)
        if row["overrides"].strip() and row["tag"].strip() not in OVERRIDABLE:
            yield row.fault("overrides", f"only {', '.join(OVERRIDABLE)} can be overridden; leave it blank")
        if row.span[0] >= row.span[1]:
            yield row.fault("valid_to", "it is not after valid_from; it is the first day after")
    yield from circles(seed)
    if seed.rows:
        yield from listed_faults(seed, project, tags)


def attributes(seed: Seed) -> list[str]:
    """The cells of a rule that look at one attribute."""
    return [column for column in seed.types if column not in OTHERS]


def attribute_faults(row: Row, seed: Seed, project: Project) -> Iterator[Fault]:
    """Cells that do not parse, or look at an attribute that tuples do not have."""
    for column in attributes(seed):
        cell = row[column].strip()
        if not cell:
            continue
        if wrong := cells.cell_fault(cell):
            yield row.fault(column, wrong)
        if column not in project.variables["tag_attributes"]:
            yield row.fault(
                column, f"{column} is not in vars.tag_attributes of dbt_project.yml; add it there"
            )


def label_faults(row: Row, project: Project) -> Iterator[Fault]:
    """Label conditions without a pattern, or on a label that tuples do not have."""
    for key, pattern in cells.pairs(row["label"]):
        if pattern is None:
            yield row.fault("label", f'"{key}" has no pattern; write {key}=*, or {key}=<none>')
        elif wrong := cells.cell_fault(pattern):
            yield row.fault("label", wrong)
        if key not in project.variables["tag_labels"]:
            yield row.fault(
                "label", f'the label "{key}" is not in vars.tag_labels of dbt_project.yml; add it there'
            )


def tag_faults(row: Row, tags: set[str]) -> Iterator[Fault]:
    """Conditions on tags without a pattern, or on a tag that no rule gives."""
    for tag, pattern in cells.pairs(row["if_tag"]):
        if pattern is None:
            yield row.fault("if_tag", f'"{tag}" has no pattern; write {tag}=*, or {tag}=<none>')
        elif wrong := cells.cell_fault(pattern):
            yield row.fault("if_tag", wrong)
        if tag not in tags:
            yield row.fault("if_tag", f'no rule gives the tag "{tag}"')


def spelling_faults(row: Row) -> Iterator[Fault]:
    """A standard tag in another spelling would be a tag of its own, that nobody reads."""
    tag = row["tag"].strip()
    meant = same(tag).replace(" ", "_").replace("-", "_")
    if tag not in STANDARD and meant in STANDARD:
        yield row.fault("tag", f'"{tag}" is not {meant}; tags are compared as they are, so write {meant}')


def listed_faults(seed: Seed, project: Project, tags: set[str]) -> Iterator[Fault]:
    """Names in vars.virtual_tags that cannot be a column of fct_allocated_costs_tagged."""
    listed = project.variables.get("virtual_tags") or []
    lines = seed.path.parents[2].joinpath("dbt_project.yml").read_text().splitlines()
    line = next((n for n, text in enumerate(lines, 1) if re.match(r" +virtual_tags *:", text)), 1)
    columns: dict[str, str] = {}
    for tag in listed:
        column = "tag_" + re.sub("[^a-z0-9]+", "_", str(tag).lower())
        what = None
        if tag in STANDARD:
            what = f'"{tag}" is a column of fct_allocated_costs already; take it out'
        elif tag not in tags:
            what = f'no rule gives the tag "{tag}"; add one to {seed.file}, or take the name out'
        elif column in columns:
            what = f'"{columns[column]}" and "{tag}" would both be the column {column}; take one out'
        if what:
            yield Fault("dbt_project.yml", line, "vars.virtual_tags", what)
        columns[column] = tag


def value_faults(row: Row, seed: Seed, project: Project) -> Iterator[Fault]:
    """Templates that ask for nothing known, and literals that their seed does not know."""
    asked = cells.references(row["value"])
    for reference in asked:
        yield from reference_faults(row, reference, seed, project)
    tag = row["tag"].strip()
    owners = project.owners.get(tag)
    if same(row["value"]) == same(f"{tag}?"):
        yield row.fault("value", f'"{row["value"].strip()}" stands for an owner that a person must name')
    elif owners and not asked and row["value"].strip() and same(row["value"]) not in owners.names:
        yield row.fault("value", f'"{row["value"].strip()}" is no {owners.what}; add it to {owners.file}')


def reference_faults(row: Row, reference: str, seed: Seed, project: Project) -> Iterator[Fault]:
    """A reference in braces that stands for nothing."""
    name = reference
    if reference.startswith("lookup:"):
        _, lookup, *rest = reference.split(":", 2)
        if lookup not in {row["lookup_name"].strip() for row in project.seeds["lookups"].rows}:
            yield row.fault(
                "value", f'no lookup is called "{lookup}"; add it to seeds/virtual_tags/lookups.csv'
            )
        name = rest[0] if rest else ""
    if name.startswith("label:"):
        if name[6:] not in project.variables["tag_labels"]:
            yield row.fault(
                "value", f'the label "{name[6:]}" is not in vars.tag_labels of dbt_project.yml; add it there'
            )
        return
    plain = name.removesuffix("_name").removesuffix("_id")
    if name not in attributes(seed) and plain not in attributes(seed):
        known = ", ".join(attributes(seed))
        yield row.fault("value", f"{{{reference}}} is no attribute; known are label:<key>, {known}")


def circles(seed: Seed) -> Iterator[Fault]:
    """Tags that ask for each other in if_tag."""
    asks: dict[str, dict[str, Row]] = {}
    for row in seed.rows:
        for tag, _ in cells.pairs(row["if_tag"]):
            asks.setdefault(row["tag"].strip(), {}).setdefault(tag, row)
    done: set[str] = set()
    for start in asks:
        path = [start]
        while path and start not in done:
            onward = [tag for tag in asks.get(path[-1], {}) if tag not in done]
            if not onward:
                done.add(path.pop())
            elif onward[0] in path:
                circle = [*path[path.index(onward[0]) :], onward[0]]
                yield asks[path[-1]][onward[0]].fault(
                    "if_tag", f"tags ask for each other in a circle: {' > '.join(circle)}"
                )
                done.update(circle)
            else:
                path.append(onward[0])
