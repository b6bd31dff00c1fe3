"""Rules: cells that parse, attributes and labels that tuples have, owners that exist, tags in no circle."""

from __future__ import annotations

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


def check(seed: Seed, project: Project) -> Iterator[Fault]:
    """Everything that the schema cannot say of the rules."""
    tags = {row["tag"].strip() for row in seed.rows}
    for row in seed.rows:
        yield from attribute_faults(row, seed, project)
        yield from label_faults(row, project)
        yield from tag_faults(row, tags)
        yield from value_faults(row, seed, project)
        if row["overrides"].strip() and row["tag"].strip() not in OVERRIDABLE:
            yield row.fault("overrides", f"only {', '.join(OVERRIDABLE)} can be overridden; leave it blank")
        if row.span[0] >= row.span[1]:
            yield row.fault("valid_to", "it is not after valid_from; it is the first day after")
    yield from circles(seed)


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


def value_faults(row: Row, seed: Seed, project: Project) -> Iterator[Fault]:
    """Templates that ask for nothing known, and literals that their seed does not know."""
    asked = cells.references(row["value"])
    for reference in asked:
        yield from reference_faults(row, reference, seed, project)
    owners = project.owners.get(row["tag"].strip())
    if owners and not asked and row["value"].strip() and same(row["value"]) not in owners.names:
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
