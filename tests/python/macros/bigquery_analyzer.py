"""BigQuery's own SQL analyzer, offline: PyPI `zetasql`, its open source compiled to WebAssembly.

It knows names, types, functions and signatures, and says what BigQuery would say. Tables it must be told of,
so nodes are analysed in the order in which they build on each other, and each adds its columns.

The package's own classes turn every answer into Python objects, which takes seconds for a wide model and
fails on deep ones; here requests and answers stay protocol buffers.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

import wasmtime
from google._upb import _message as upb
from zetasql.core import wasm_client
from zetasql.core.exceptions import ZetaSQLError
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as features
from zetasql.wasi._pb2.zetasql.public import type_pb2

# What the analyzer can do and BigQuery does not offer.
NOT_IN_BIGQUERY = {
    "FEATURE_AGGREGATE_FILTERING",
    "FEATURE_ALLOW_CONSECUTIVE_ON",
    "FEATURE_BARE_ARRAY_ACCESS",
    "FEATURE_CHAINED_FUNCTION_CALLS",
    "FEATURE_LATERAL_JOIN",
    "FEATURE_LIMIT_OFFSET_EXPRESSIONS",
    "FEATURE_LITERAL_CONCATENATION",
    "FEATURE_MULTILEVEL_AGGREGATION",
    "FEATURE_NULLIFZERO_ZEROIFNULL",
    "FEATURE_REPEAT",
    "FEATURE_TYPEOF_FUNCTION",
    "FEATURE_UUID_TYPE",
}

# The analyzer's words for types as seeds, contracts and raw_columns() write them.
KINDS = {
    "string": "STRING",
    "text": "STRING",
    "bigint": "INT64",
    "int64": "INT64",
    "integer": "INT64",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOL",
    "bignumeric": "BIGNUMERIC",
    "json": "JSON",
}

EXACT = Context(prec=80)
EPOCH = date(1970, 1, 1)

# What dbt adds to the columns of a snapshot.
SNAPSHOT_COLUMNS = [
    ("dbt_scd_id", "STRING"),
    ("dbt_updated_at", "TIMESTAMP"),
    ("dbt_valid_from", "TIMESTAMP"),
    ("dbt_valid_to", "TIMESTAMP"),
]


class RefusedError(Exception):
    """The analyzer's message, with the line of SQL it is about."""


@dataclass
class Analysed:
    """Output columns (name and type), and every type that any expression inside of the statement has."""

    columns: list[tuple[str, str]]
    types: set[str]


@dataclass
class Table:
    """A table's columns (name and type) and rows."""

    columns: list[tuple[str, str]]
    rows: list[tuple]


class CachedEngine(wasmtime.Engine):
    """An engine that keeps what it compiled under ~/.cache: compiling takes 13 s on two free cores."""

    def __init__(self, config: wasmtime.Config):
        config.cache = True
        super().__init__(config)


class Client(wasm_client.WasmClient):
    """The package's client, copying memory in one piece instead of byte by byte."""

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(self._address() + ptr, data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(self._address() + ptr, size)

    def _address(self) -> int:
        return ctypes.addressof(self.memory.data_ptr().contents)


class BigQuery:
    """The analyzer, with the tables it has been told of."""

    def __init__(self):
        upb.SetAllowOversizeProtos(True)  # also lifts the limit of 100 levels, which a long || chain passes
        wasm_client.Engine = CachedEngine
        self.client = Client(str(get_wasm_path()))
        self.language = self.client.call_grpc_func(
            "ZetaSqlLocalService_GetLanguageOptions",
            service.LanguageOptionsRequest(maximum_features=True),
            options_pb2.LanguageOptionsProto,
        )
        unwanted = {features.LanguageFeature.Value(name) for name in NOT_IN_BIGQUERY}
        wanted = set(self.language.enabled_language_features) - unwanted
        self.language.enabled_language_features[:] = sorted(wanted)
        self.language.product_mode = features.PRODUCT_EXTERNAL
        self.language.supported_statement_kinds[:] = []  # all of them; the default is queries only
        self.tables: dict[str, list[tuple[str, str]]] = {}

    def add_table(self, relation: str, columns: list[tuple[str, str]]) -> None:
        """Make a table known by the name that dbt gives it: `project`.`dataset`.`table`."""
        self.tables[relation] = columns

    def analyse(self, sql: str) -> Analysed:
        """What BigQuery finds in a statement; RefusedError where it would run none."""
        request = service.AnalyzeRequest(sql_statement=sql)
        self._fill(request.simple_catalog, re.findall(r"`\w+`\.`\w+`\.`\w+`", sql))
        answer = self._ask("Analyze", request, service.AnalyzeResponse, sql)
        statement = answer.resolved_statement
        output = statement.resolved_query_stmt_node.output_column_list
        columns = [(column.name, type_name(column.column.type)) for column in output]
        return Analysed(columns, set(types_within(statement)))

    def rows(self, sql: str, contents: dict[str, Table] | None = None) -> list[tuple[str | None, ...]]:
        """What a query gives over these tables, by the reference implementation; every column is text."""
        contents = contents or {}
        request = service.EvaluateQueryRequest(sql=sql)
        for relation, table in contents.items():
            # Contents are known by one name, so `p`.`d`.`t` becomes `p.d.t` here.
            name = relation.replace("`", "")
            request.sql = request.sql.replace(relation, f"`{name}`")
            self._add(request.simple_catalog, name, table.columns)
            data = request.table_content[name].table_data
            data.SetInParent()
            for row in table.rows:
                cells = data.row.add().cell
                for (_, kind), value in zip(table.columns, row, strict=True):
                    set_value(cells.add(), kind, value)
        answer = self._ask("EvaluateQuery", request, service.EvaluateQueryResponse, sql)
        return [
            tuple(cell.string_value if cell.HasField("string_value") else None for cell in row.cell)
            for row in answer.content.table_data.row
        ]

    def _ask(self, what: str, request, response: type, sql: str):
        request.options.language_options.CopyFrom(self.language)
        request.options.error_message_mode = features.ERROR_MESSAGE_ONE_LINE
        request.options.default_timezone = "UTC"  # BigQuery's, where the project chose no other
        catalog = request.simple_catalog
        catalog.name = "everything"
        catalog.builtin_function_options.language_options.CopyFrom(self.language)
        # BigQuery's other name of INT64, which the analyzer by itself does not know.
        catalog.named_type.add(name="bigint").type.type_kind = type_pb2.TYPE_INT64
        try:
            return self.client.call_grpc_func(f"ZetaSqlLocalService_{what}", request, response)
        except ZetaSQLError as error:
            raise RefusedError(with_line(str(error), sql)) from None

    def _fill(self, catalog: simple_catalog_pb2.SimpleCatalogProto, relations: list[str]) -> None:
        holders = {}
        for relation in sorted(set(relations) & self.tables.keys()):
            project, dataset, name = relation.strip("`").split("`.`")
            if project not in holders:
                holders[project] = catalog.catalog.add(name=project)
            if (project, dataset) not in holders:
                holders[project, dataset] = holders[project].catalog.add(name=dataset)
            self._add(holders[project, dataset], name, self.tables[relation])

    @staticmethod
    def _add(catalog, name: str, columns: list[tuple[str, str]]) -> None:
        table = catalog.table.add(name=name)
        for column, kind in columns:
            table.column.add(name=column).type.type_kind = type_pb2.TypeKind.Value(f"TYPE_{kind}")


def set_value(cell, kind: str, value) -> None:
    """Put a Python value into a cell of a table; an absent one is an empty cell."""
    if value is None:
        return
    if kind == "BIGNUMERIC":
        scaled = int(Decimal(value).scaleb(38, EXACT))
        cell.bignumeric_value = scaled.to_bytes(scaled.bit_length() // 8 + 1, "little", signed=True)
    elif kind == "DATE":
        cell.date_value = (value - EPOCH).days
    elif kind == "TIMESTAMP":
        cell.timestamp_value.FromDatetime(value)
    else:
        setattr(cell, f"{kind.lower()}_value", value)


def kind_of(name: str) -> str:
    """The analyzer's word for a type as SQL writes it: bignumeric(38, 18)."""
    return KINDS[name.lower().split("(")[0].strip()]


def with_line(message: str, sql: str) -> str:
    """The analyzer's message and the line of SQL it names."""
    place = re.search(r"\[at (\d+):\d+\]", message)
    return f"{message}: {sql.splitlines()[int(place[1]) - 1].strip()}" if place else message


def type_name(kind: type_pb2.TypeProto) -> str:
    """A type by the analyzer's word for it."""
    return type_pb2.TypeKind.Name(kind.type_kind).removeprefix("TYPE_")


def types_within(message) -> Iterator[str]:
    """The types of all expressions in an analysed statement."""
    if isinstance(message, type_pb2.TypeProto):
        yield type_name(message)
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if field.is_repeated else [value]:
                yield from types_within(part)


def analyse_project(analyzer: BigQuery, compiled: dict) -> dict[str, dict]:
    """BigQuery's answer to every statement of a compiled project, by "node (form)".

    What reads a refused node is left out: one fault is one message.
    """
    for relation, columns in compiled["raw_tables"].items():
        analyzer.add_table(relation, [(name, KINDS[kind]) for name, kind in columns.items()])
    answers, unknown = {}, set()
    for key, node in in_order(compiled["nodes"]):
        if unknown.intersection(node["depends_on"]):
            unknown.add(key)
            continue
        if node["type"] == "seed":
            columns = [(name, kind_of(kind)) for name, kind in node["column_types"].items()]
            analyzer.add_table(node["relation"], columns)
        for form, text in node["forms"].items():
            answer = {"file": text["file"], "columns": [], "types": [], "refused": None}
            answers[f"{key} ({form})"] = answer
            try:
                output = analyzer.analyse(text["sql"])
                if node["type"] in ("model", "snapshot"):
                    added = SNAPSHOT_COLUMNS if node["type"] == "snapshot" else []
                    analyzer.add_table(node["relation"], output.columns + added)
                types = output.types.union(*(analyzer.analyse(hook).types for hook in text["hooks"]))
                answer |= {"columns": output.columns, "types": sorted(types)}
            except RefusedError as refused:
                answer["refused"] = str(refused)
                unknown.add(key)
    return answers


def in_order(nodes: dict[str, dict]) -> Iterator[tuple[str, dict]]:
    """Nodes, each after those that it reads."""
    waiting = dict(nodes)
    while waiting:
        ready = [key for key, node in waiting.items() if not waiting.keys() & set(node["depends_on"])]
        for key in ready:
            yield key, waiting.pop(key)
