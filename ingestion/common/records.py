"""Rows of dicts as Arrow tables: dlt writes those as they are, a hundred times as fast as dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from ingestion.common.errors import IngestionError
from ingestion.common.rest import AGAIN
from ingestion.common.source import DAY, Table, named_by_key

KINDS = {"text": pa.string(), "bigint": pa.int64(), "bool": pa.bool_(), "date": pa.date32()}
WORDS = {"text": "text", "bigint": "whole number", "bool": "true or false", "date": "day"}


# dlt looks at the schema again for every table it is given.
ROWS_AT_ONCE = 20_000


def in_parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of some size, so that memory holds no more than one."""
    rows = iter(rows)
    while part := list(islice(rows, ROWS_AT_ONCE)):
        yield part


def arrow_of(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    """The rows with the declared columns and types. Raises IngestionError where a value has another type."""
    kinds = {**table.columns, DAY: "date"} if DAY in table.replaced_by else table.columns
    never_null = {*table.replaced_by}
    arrays, fields = [], []
    for name, kind in kinds.items():
        values = [row.get(name) for row in rows]
        try:
            arrays.append(pa.array(values, KINDS[kind]))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            row = next(row for row in rows if not _fits(row.get(name), KINDS[kind]))
            key = {part: row.get(part) for part in table.key}
            raise IngestionError(
                f'"{row[name]}" is no {WORDS[kind]}',
                where=named_by_key(table.name, key, name),
                mend=AGAIN,
            ) from error
        # dlt's merge keys are never null, and it warns where Arrow says that they might be.
        fields.append(pa.field(name, KINDS[kind], nullable=name not in never_null))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _fits(value: Any, kind: pa.DataType) -> bool:
    try:
        pa.array([value], kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return False
    return True
