"""Reports in pages and buckets of days, through dlt's rest_api.

A resource is a rest_api configuration made by `report()` or `listing()`; `resources()` adds what every
source needs: exact numbers, refused half replies, cursors that move on, and the days that were covered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_resources
from dlt.sources.rest_api.config_setup import create_auth

from ingestion.common.errors import IngestionError
from ingestion.common.money import exact_json
from ingestion.common.source import DAY

if TYPE_CHECKING:
    from requests import Request, Response

    from ingestion.common.pipeline import Run
    from ingestion.common.source import Table


class Cursor(JSONResponseCursorPaginator):
    """A cursor that must move on: a missing or repeated one would lose rows or loop for ever."""

    def __init__(self, path: str, param: str) -> None:
        super().__init__(cursor_path=path, cursor_param=param, has_more_path="has_more")
        self.seen: set[str] = set()

    def init_request(self, request: Request) -> None:
        """A new sequence of pages starts."""
        self.seen = set()
        super().init_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Read the next cursor; raises IngestionError where it is missing or was there before."""
        reply = response.json()
        super().update_state(response, data)
        where = response.url.split("?")[0]
        if reply["has_more"] and not self.has_next_page:
            raise IngestionError("the reply says there is more, without a cursor", where=where, mend=AGAIN)
        if self.has_next_page:
            if self._next_reference in self.seen:
                raise IngestionError("the API repeats a page cursor", where=where, mend=AGAIN)
            self.seen.add(self._next_reference)


AGAIN = "nothing was loaded; run it again, and report the address if it happens each time"


def page_of_data(reply: dict[str, Any]) -> bool:
    """Whether a reply is a page as most providers send it: `data`, and whether there is more."""
    return isinstance(reply.get("data"), list) and isinstance(reply.get("has_more"), bool)


def checked(
    check: Callable[[dict[str, Any]], str | None],
    is_page: Callable[[dict[str, Any]], bool] = page_of_data,
) -> list[Any]:
    """The response actions of every endpoint: numbers keep their digits, and half replies are errors.

    check     looks at the parsed reply and returns what is wrong with it, if anything
    is_page   whether the reply has the shape that this provider's pages have
    """

    def exact(response: Response, *_: Any, **__: Any) -> Response:
        # Checks, paginator and rest_api all ask for it.
        parsed = cache(lambda: exact_json(response.content))
        response.json = lambda **_: parsed()
        return response

    def whole(response: Response, *_: Any, **__: Any) -> Response:
        if response.ok:
            wrong = fault_of(response, check, is_page)
            if wrong:
                raise IngestionError(wrong, where=response.url.split("?")[0], mend=AGAIN)
        return response

    return [exact, whole]


def fault_of(
    response: Response,
    check: Callable[[dict[str, Any]], str | None],
    is_page: Callable[[dict[str, Any]], bool] = page_of_data,
) -> str | None:
    """What is wrong with a reply that says it is fine."""
    try:
        reply = response.json()
    except json.JSONDecodeError:
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if kind and "json" not in kind:
            return (
                f"the reply is {kind}, not JSON: check the base URL, and what stands between here and there"
            )
        return "the reply broke off in the middle"
    if isinstance(reply, dict) and is_page(reply):
        return check(reply)
    return "the reply is no page of data"


def report(
    table: Table,
    path: str,
    params: dict[str, Any],
    rows_of: Callable[[dict[str, Any]], Iterator[dict[str, Any]]],
    check: Callable[[dict[str, Any]], str | None],
    name: str = "",
    *,
    whole_pages: bool = False,
) -> dict[str, Any]:
    """A paged report as a rest_api resource.

    rows_of      the rows of one item of `data` (a bucket, or a row by itself)
    name         where several reports fill one table
    whole_pages  rows_of takes a page instead: a flat row at a time would cost dlt milliseconds each
    """
    return {
        "name": name or table.name,
        "table_name": table.name,
        "endpoint": {
            "path": path,
            "params": params,
            "data_selector": "$" if whole_pages else "data",
            "paginator": Cursor("next_page", "page"),
            "response_actions": checked(check),
        },
        "processing_steps": [{"yield_map": as_promised(rows_of, path)}],
        **table.hints,
    }


def as_promised(rows_of: Callable[[Any], Iterator[Any]], where: str) -> Callable[[Any], Iterator[Any]]:
    """Reading that says where a reply is not what its contract promises."""

    def rows(item: Any) -> Iterator[Any]:
        try:
            yield from rows_of(item)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            shown = json.dumps(item, default=str)[:300]
            raise IngestionError(
                f"the reply is not what the contract promises ({what}): {shown}", where=where, mend=AGAIN
            ) from error

    return rows


def listing(
    table: Table,
    path: str,
    params: dict[str, Any],
    cursor_param: str,
    columns: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """A list of projects, users or keys as a rest_api resource; removed ones stay in the table."""
    return {
        "name": table.name,
        "endpoint": {
            "path": path,
            "params": params,
            "data_selector": "data",
            "paginator": Cursor("last_id", cursor_param),
            "response_actions": checked(lambda _: None),
        },
        "processing_steps": [{"map": columns}],
        **table.hints,
    }


def resources(
    run: Run, client: dict[str, Any], configs: Iterable[Any], tables: Iterable[Table] | None = None
) -> Iterator[Any]:
    """The dlt resources of the source, and of the days that its reports cover.

    tables   those that this run reads; all of the source's, unless it has reports to choose from
    """
    yield from reading(client, configs)
    for table in run.source.tables if tables is None else tables:
        # What comes out of files tells its own days.
        if table.replaced_by and not table.arrow:
            yield days_read(run, table, run.window(table).days())


def reading(client: dict[str, Any], configs: Iterable[Any]) -> list[Any]:
    """The rest_api resources by themselves, for a source that tells the days it covered itself."""
    return rest_api_resources({"client": {**client, "session": session()}, "resources": list(configs)})


def session() -> Any:
    """A session that tries again what passes (429, 5xx, broken connections), as this run is configured.

    dlt's own one keeps the settings of whichever pipeline ran first in the process, and raises on a
    status by itself: rest_api wants to look at it first.
    """
    client = dlt.sources.helpers.requests.Client(raise_for_status=False)
    client.configure()
    return client.session


def days_read(run: Run, table: Table, days: Iterable[date]) -> Any:
    """The dlt resource of the days that were read for a table."""
    return dlt.resource(
        run.covered(table, days), name=f"{table.name}_days", table_name=table.name, **table.hints
    )


def status_of(client: dict[str, Any], path: str, params: dict[str, Any]) -> int:
    """What the API answers to one request: to learn whether it has a report or a grouping at all.

    Errors that pass are retried as everywhere; what is wrong with it otherwise shows when it is read.
    """
    asking = RESTClient(
        client["base_url"],
        headers=client.get("headers"),
        auth=create_auth(client.get("auth")),
        session=session(),
    )
    return asking.get(path, params=params).status_code


def numbered(
    rows: list[dict[str, Any]],
    of: tuple[str, ...],
    order: tuple[str, ...],
    seen: dict[str, int] | None = None,
) -> list[dict[str, Any]]:
    """Rows with a line_id that is the same in every read.

    It is made of the dimensions `of`; rows that share them all are numbered in the order of `order`.
    dlt takes the list as one item: a row at a time costs it milliseconds.

    seen   how often each stood on earlier pages, where rows of one day come on several
    """
    seen = {} if seen is None else seen
    for row in sorted(rows, key=lambda row: [str(row.get(name)) for name in order]):
        named = json.dumps([row.get(name) for name in of], default=str)
        digest = hashlib.sha256(named.encode()).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        number = f"-{seen[digest]}" if seen[digest] > 1 else ""
        row["line_id"] = f"{row[DAY]}-{digest}{number}"
    return rows


def in_window(run: Run, table: Table, day: date, where: str, seen: set[date] | None = None) -> bool:
    """Whether a bucket belongs to the window. Raises IngestionError where the API sends others.

    seen   the days of this report so far, where it has each of them once: a second one would count double
    """
    if day not in run.window(table):
        raise IngestionError(f"the reply holds {day}, which was not asked for", where=where, mend=AGAIN)
    if seen is not None:
        if day in seen:
            raise IngestionError(f"the reply holds {day} twice", where=where, mend=AGAIN)
        seen.add(day)
    return True
