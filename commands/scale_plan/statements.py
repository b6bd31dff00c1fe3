"""Which tables a statement scans, which of their columns, how often, and whether the changed days prune that.

Views are read as what they are made of, once for each time they are named. A CTE counts as often as it is
referenced (`times`): BigQuery evaluates it anew each time. What nothing asks for is not read, through CTEs
and views too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

# How a filter on a column is known: by a constant in the text, or only once another table was read.
CONSTANT, JOINED = "constant", "joined"
WINDOW, JOIN = "window without a partition key", "join without an equality"
COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
# The condition by which incremental_by_day.sql finds the days to write.
CHANGED, SEEN = "changed_at", "seen_at"


class UnreadableError(Exception):
    """A statement that sqlglot cannot resolve; the message names it."""


@dataclass(frozen=True)
class Scan:
    """One place where a statement reads a table.

    relation   schema.table in lower case
    columns    the columns read, in lower case
    filters    columns that the changed days restrict, and how that is known (CONSTANT or JOINED)
    times      how often, where each reference of a CTE is an evaluation of its own
    """

    relation: str
    columns: frozenset[str]
    filters: Mapping[str, str] = field(default_factory=dict, hash=False)
    times: int = 1


@dataclass(frozen=True)
class Whole:
    """What one worker of an engine may have to hold alone, and the scans below it."""

    kind: str
    text: str
    scans: tuple[Scan, ...]


# Scans by the place in the text: the same place, reached by two references of a CTE, is one.
Found = dict[tuple, Scan]


class Query:
    """One statement with its scopes resolved."""

    def __init__(self, reader: Reader, expression: exp.Expression, name: str) -> None:
        self.reader, self.name = reader, name
        tables = {relation_of(table) for table in expression.find_all(exp.Table) if table.db}
        schema: dict = {}
        for relation in tables & reader.columns.keys():
            database, table = relation.split(".")
            known = dict.fromkeys(reader.columns[relation], "text")
            schema.setdefault("p", {}).setdefault(database, {})[table] = known
        for identifier in expression.find_all(exp.Identifier):
            identifier.set("this", identifier.this.lower())
        try:
            qualified = qualify(
                expression,
                schema=schema or None,
                validate_qualify_columns=False,
                quote_identifiers=False,
                identify=False,
            )
            self.root = build_scope(qualified)
        except sqlglot.errors.SqlglotError as error:
            raise UnreadableError(f"{name}: {error}") from error
        if self.root is None:
            raise UnreadableError(f"{name}: no query")
        self.numbers = {id(scope): number for number, scope in enumerate(self.root.traverse())}
        self.needed: dict[tuple, Found] = {}
        self.bound: dict[int, dict[str, str]] = {}

    @cached_property
    def outputs(self) -> list[str]:
        """Names of the columns it gives."""
        return names_of(self.root)

    def scans(self, columns: frozenset[str] | None = None, filters: Mapping[str, str] | None = None) -> Found:
        """What is read for these columns of the answer, for all where none are named."""
        wanted = frozenset(self.outputs) if columns is None else columns
        return self._need(self.root, wanted, filters or {})

    def whole(self) -> Iterator[Whole]:
        """Windows over rows that no key parts, and joins without an equality."""
        for scope in self.root.traverse():
            if not isinstance(scope.expression, exp.Select):
                continue
            for window in scope.expression.find_all(exp.Window):
                if scope_of(window) is scope.expression and not window.args.get("partition_by"):
                    yield self._whole(WINDOW, scope, window)
            for join in scope.expression.args.get("joins") or []:
                on = join.args.get("on")
                if not join.args.get("using") and not (on and any(_equalities(on))):
                    yield self._whole(JOIN, scope, on or join)

    def _whole(self, kind: str, scope: Scope, what: exp.Expression) -> Whole:
        text = " ".join(what.sql().lower().split())
        scans = self._need(scope, frozenset(names_of(scope)), {})
        return Whole(kind, text if len(text) < 100 else text[:97] + "...", tuple(scans.values()))

    def _need(self, scope: Scope, wanted: frozenset[str], down: Mapping[str, str]) -> Found:
        key = (id(scope), wanted, tuple(sorted(down.items())))
        if key not in self.needed:
            expression = scope.expression
            if isinstance(expression, exp.SetOperation):
                found = self._of_union(scope, wanted, down)
            elif isinstance(expression, exp.Select):
                found = self._of_select(scope, wanted, down)
            else:  # values, unnest: no table
                found = {}
            self.needed[key] = found
        return self.needed[key]

    def _of_union(self, scope: Scope, wanted: frozenset[str], down: Mapping[str, str]) -> Found:
        names = names_of(scope)
        if scope.expression.args.get("distinct") or not isinstance(scope.expression, exp.Union):
            wanted = frozenset(names)
        found: Found = {}
        for branch in scope.set_operation_scopes:
            own = dict(zip(names, names_of(branch), strict=False))
            asked = frozenset(own[name] for name in wanted if name in own)
            filters = {own[name]: how for name, how in down.items() if name in own}
            add(found, self._need(branch, asked, filters))
        return found

    def _of_select(self, scope: Scope, wanted: frozenset[str], down: Mapping[str, str]) -> Found:
        select = scope.expression
        read = [
            item for item in select.expressions if select.args.get("distinct") or item.alias_or_name in wanted
        ]
        for clause in ("where", "group", "having", "qualify", "order", "distinct"):
            if isinstance(part := select.args.get(clause), exp.Expression):
                read.append(part)
        for join in select.args.get("joins") or []:
            read += [part for part in (join.args.get("on"), *(join.args.get("using") or [])) if part]
            if isinstance(join.this, exp.Unnest | exp.Lateral):
                read.append(join.this)
        read += select.args.get("laterals") or []
        asked: dict[str, set[str]] = {alias: set() for alias in scope.selected_sources}
        for part in read:
            for column in part.find_all(exp.Column):
                if column.table in asked:
                    asked[column.table].add(column.name)
        filters = self._filters(scope, down)
        found: Found = {}
        for alias, (_, source) in scope.selected_sources.items():
            columns = frozenset(asked[alias])
            own = {column: how for (name, column), how in filters.items() if name == alias}
            if isinstance(source, Scope):
                add(found, self._need(source, columns, own))
            elif isinstance(source, exp.Table):
                place = (self.numbers.get(id(scope), 0), alias)
                add(found, self.reader.below(place, relation_of(source), columns, own))
        for sub in scope.subquery_scopes:
            add(found, self._need(sub, frozenset(names_of(sub)), {}))
        return found

    def outputs_bound(self, scope: Scope | None = None) -> dict[str, str]:
        """Columns of the answer that hold changed days only, by what the statement itself says."""
        scope = scope or self.root
        if id(scope) not in self.bound:
            self.bound[id(scope)] = {}  # a scope never asks for itself; this ends what would
            expression = scope.expression
            if isinstance(expression, exp.SetOperation):
                branches = [self.outputs_bound(branch) for branch in scope.set_operation_scopes]
                names = names_of(scope)
                found = {
                    name: JOINED
                    for at, name in enumerate(names)
                    if all(
                        names_of(branch)[at] in bound
                        for branch, bound in zip(scope.set_operation_scopes, branches, strict=True)
                    )
                }
            elif isinstance(expression, exp.Select):
                filters = self._filters(scope, {})
                found = {
                    item.alias_or_name: filters[column.table, column.name]
                    for item in expression.expressions
                    if isinstance(column := _uncast(item), exp.Column)
                    and (column.table, column.name) in filters
                }
                if _finds_changed_days(expression):
                    found = dict.fromkeys(names_of(scope), JOINED)
            else:
                found = {}
            self.bound[id(scope)] = found
        return self.bound[id(scope)]

    def _filters(self, scope: Scope, down: Mapping[str, str]) -> dict[tuple[str, str], str]:
        """Columns of the sources that only hold changed days here, or are compared with a constant."""
        select = scope.expression
        bound: dict[tuple[str, str], str] = {}
        for item in select.expressions:
            column = _uncast(item)
            is_asked = item.alias_or_name in down and isinstance(column, exp.Column)
            if is_asked and _passes_windows(select, column):
                bound[column.table, column.name] = down[item.alias_or_name]
        for alias, (_, source) in scope.selected_sources.items():
            if isinstance(source, Scope):
                inner = self.outputs_bound(source)
            else:
                inner = self.reader.bound_of(relation_of(source)) if isinstance(source, exp.Table) else {}
            for column, how in inner.items():
                bound.setdefault((alias, column), how)
        where = select.args.get("where")
        equalities: list[tuple[exp.Column, exp.Column, str | None]] = []
        if where:
            for part in _conjuncts(where.this):
                if isinstance(part, COMPARISONS) and isinstance(part.this, exp.Column):
                    others = [value for name, value in part.args.items() if name != "this"]
                    flat = [
                        value for item in others for value in (item if isinstance(item, list) else [item])
                    ]
                    if all(
                        isinstance(value, exp.Expression) and not value.find(exp.Column, exp.Select)
                        for value in flat
                        if value is not None
                    ):
                        bound[part.this.table, part.this.name] = CONSTANT
                if isinstance(part, exp.Exists):
                    for sub in scope.subquery_scopes:
                        if sub.expression is part.this.unnest():
                            self._bind_outside(scope, sub, bound)
            equalities += [(left, right, None) for left, right in _equalities(where.this)]
        for join in select.args.get("joins") or []:
            on = join.args.get("on")
            if not on or join.side in ("FULL", "RIGHT"):
                continue
            optional = join.alias_or_name if join.side == "LEFT" else None
            equalities += [(left, right, optional) for left, right in _equalities(on)]
        grew = True
        while grew:
            grew = False
            for left, right, optional in equalities:
                for one, other in ((left, right), (right, left)):
                    known, new = (one.table, one.name), (other.table, other.name)
                    # What an outer join adds restricts nothing of what it is added to.
                    if known in bound and new not in bound and one.table != optional:
                        bound[new] = JOINED
                        grew = True
        return bound

    def _bind_outside(self, scope: Scope, sub: Scope, bound: dict[tuple[str, str], str]) -> None:
        """`exists (… changed.charge_date = stored.charge_date)` restricts stored."""
        where = sub.expression.args.get("where")
        inner = self._filters(sub, {})
        for left, right in _equalities(where.this) if where else ():
            for one, other in ((left, right), (right, left)):
                if (one.table, one.name) in inner and other.table in scope.selected_sources:
                    bound.setdefault((other.table, other.name), JOINED)


class Reader:
    """Statements of one warehouse, over the tables and views that it has been told of."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.columns: dict[str, list[str]] = {}
        self.views: dict[str, Query] = {}

    def add_table(self, relation: str, columns: list[str]) -> None:
        """Make a table known, by schema.table."""
        self.columns[relation] = [column.lower() for column in columns]

    def add_view(self, relation: str, sql: str) -> Query:
        """Make a view known; what reads it reads the tables below it."""
        query = self.query(sql, relation)
        self.columns[relation] = query.outputs
        self.views[relation] = query
        return query

    def query(self, sql: str, name: str = "statement") -> Query:
        """A select, or a delete as the select of the rows it looks at; UnreadableError where that fails."""
        try:
            expression = sqlglot.parse_one(sql, dialect=self.dialect)
        except sqlglot.errors.SqlglotError as error:
            raise UnreadableError(f"{name}: {error}") from error
        if isinstance(expression, exp.Delete):
            select = exp.select(exp.Literal.number(1).as_("one")).from_(expression.this.copy())
            where = expression.args.get("where")
            expression = select.where(where.this.copy()) if where else select
        return Query(self, expression, name)

    def below(
        self, place: tuple, relation: str, columns: frozenset[str], filters: Mapping[str, str]
    ) -> Found:
        """The tables below a name in a statement."""
        if relation not in self.views:
            return {place: Scan(relation, columns, dict(filters))}
        view = self.views[relation]
        return {(place, *key): scan for key, scan in view.scans(columns, filters).items()}

    def bound_of(self, relation: str) -> dict[str, str]:
        """Columns of a view that hold changed days only."""
        return self.views[relation].outputs_bound() if relation in self.views else {}


def add(found: Found, more: Found) -> None:
    """Add scans to those found: a place once more is read once more, pruned by what prunes both."""
    for place, scan in more.items():
        if place not in found:
            found[place] = scan
            continue
        old = found[place]
        both = old.filters.keys() & scan.filters.keys()
        found[place] = replace(
            old,
            columns=old.columns | scan.columns,
            filters={
                name: CONSTANT if old.filters[name] == scan.filters[name] == CONSTANT else JOINED
                for name in both
            },
            times=old.times + scan.times,
        )


def names_of(scope: Scope) -> list[str]:
    """Names of the columns that a scope gives; a union has those of its first branch."""
    expression = scope.expression
    return list(expression.named_selects) if isinstance(expression, exp.Query) else []


def relation_of(table: exp.Table) -> str:
    """schema.table, in lower case."""
    return f"{table.db}.{table.name}".lower()


def scope_of(node: exp.Expression) -> exp.Expression | None:
    """The select that an expression stands in."""
    return node.find_ancestor(exp.Select)


def _uncast(item: exp.Expression) -> exp.Expression:
    """An output without its name and casts: raw_columns() casts every column, days to dates."""
    while isinstance(item, exp.Alias | exp.Cast | exp.Paren):
        item = item.this
    return item


def _conjuncts(condition: exp.Expression) -> Iterator[exp.Expression]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _equalities(condition: exp.Expression) -> Iterator[tuple[exp.Column, exp.Column]]:
    """Pairs of columns that must be equal."""
    for part in _conjuncts(condition):
        if isinstance(part, exp.EQ | exp.NullSafeEQ):
            left, right = part.this.unnest(), part.expression.unnest()
            if isinstance(left, exp.Column) and isinstance(right, exp.Column):
                yield left, right


def _finds_changed_days(select: exp.Select) -> bool:
    """Whether this is the select of incremental_by_day.sql that gives the days to write."""
    where = select.args.get("where")
    return bool(where) and any(
        scope_of(test) is select
        and isinstance(test.this, exp.Column)
        and isinstance(test.expression, exp.Column)
        and (test.this.name, test.expression.name) == (CHANGED, SEEN)
        for test in where.find_all(exp.GT)
    )


def _passes_windows(select: exp.Select, column: exp.Column) -> bool:
    """A filter on a column may go below windows only where each of them is parted by it."""
    windows = [window for window in select.find_all(exp.Window) if scope_of(window) is select]
    return not select.args.get("limit") and all(
        any(
            isinstance(key, exp.Column) and key.table == column.table and key.name == column.name
            for key in window.args.get("partition_by") or []
        )
        for window in windows
    )
