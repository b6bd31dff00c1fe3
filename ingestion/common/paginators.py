"""Pages by number, by offset, and by a cursor in the reply; each must move on and come to an end."""

from __future__ import annotations

import json
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator

from ingestion.common.errors import IngestionError
from ingestion.common.rest import AGAIN

if TYPE_CHECKING:
    from requests import Request, Response


class _Moving(BasePaginator):
    """Pages of a list under `path`. A page that was there before would lose rows or loop for ever."""

    def __init__(self, path: str, param: str) -> None:
        super().__init__()
        self.path, self.param = path, param
        self.next: Any = None
        self.last = ""
        self.seen: set[Any] = set()

    def init_request(self, request: Request) -> None:
        """A new sequence of pages starts."""
        self._has_next_page, self.last, self.seen = True, "", set()

    def update_request(self, request: Request) -> None:
        """Ask for the next page."""
        request.params = {**(request.params or {}), self.param: self.next}

    def stop_if_repeated(self, response: Response, rows: list[Any]) -> None:
        """Raise IngestionError where a page with these rows was there before."""
        # As text: who reads the rows may add to them.
        text = json.dumps(rows)
        if rows and text == self.last:
            where = response.url.split("?")[0]
            raise IngestionError("the API repeats a page", where=where, mend=AGAIN)
        self.last = text


class Offset(_Moving):
    """Rows from an offset on, until the total that the reply tells, else until an empty page."""

    def __init__(self, path: str, param: str = "offset", total: str = "total_count") -> None:
        super().__init__(path, param)
        self.total = total

    def init_request(self, request: Request) -> None:
        """Start at the first row."""
        super().init_request(request)
        self.next = 0

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Go on behind the rows of this page."""
        reply = response.json()
        rows = reply[self.path]
        self.stop_if_repeated(response, rows)
        self.next += len(rows)
        total = reply.get(self.total)
        self._has_next_page = bool(rows) and (total is None or self.next < total)


class Numbered(_Moving):
    """Pages by number from 1 on, until the total that the reply tells.

    A page that is empty before the total is reached lost rows, so it is an error; so is a total that changes
    on the way, for then the rows of later pages have moved.

    total   where the reply tells it, `a.b` in another object
    """

    def __init__(self, path: str, param: str, total: str = "result_info.total_count") -> None:
        super().__init__(path, param)
        self.told_at = total.split(".")

    def init_request(self, request: Request) -> None:
        """Start at page 1."""
        super().init_request(request)
        self.next, self.counted, self.total = 1, 0, None
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Go on to the next page."""
        reply = response.json()
        rows, total = reply[self.path], reduce(getitem, self.told_at, reply)
        self.stop_if_repeated(response, rows)
        self.counted += len(rows)
        self.next += 1
        if self.total not in (None, total):
            raise IngestionError(
                f"there were {self.total} rows and are {total} now: they moved while they were read",
                where=response.url.split("?")[0],
                mend=AGAIN,
            )
        self.total = total
        if not rows and self.counted < total:
            raise IngestionError(
                f"a page is empty, {self.counted} of {total} rows were read",
                where=response.url.split("?")[0],
                mend=AGAIN,
            )
        self._has_next_page = self.counted < total


class Opaque(_Moving):
    """A cursor that the reply gives under `meta`; no cursor is the end."""

    def __init__(self, path: str = "data", param: str = "cursor") -> None:
        super().__init__(path, param)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Read the next cursor; raises IngestionError where it was there before."""
        self.next = (response.json().get("meta") or {}).get("cursor")
        self._has_next_page = self.next is not None
        if self.next in self.seen:
            raise IngestionError(
                "the API repeats a page cursor", where=response.url.split("?")[0], mend=AGAIN
            )
        self.seen.add(self.next)
