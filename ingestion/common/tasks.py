"""Reports that a provider makes while one waits: one request starts them, others ask whether they are done.

`Api` asks one question at a time, with the retries, exact numbers and refused half replies of rest.py; `wait`
polls until a report is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ingestion.common import rest
from ingestion.common.errors import IngestionError

if TYPE_CHECKING:
    from requests import Response, Session

    from ingestion.common.pipeline import Run

# A report takes seconds to minutes. Who waits longer than this waits for one that is lost.
WAIT_SECONDS = 1800
POLL_SECONDS = 5


@dataclass
class Api:
    """One provider's API; `headers` go with every question, but never with a download from elsewhere."""

    base_url: str
    headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def session(self) -> Session:
        """dlt's session: what passes (429, 5xx, broken connections) is tried again."""
        return rest.session()

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        form: dict[str, str] | None = None,
        promised: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The reply as an object.

        body, form   what is sent, as JSON or as the fields of a form
        promised     the fields that it must have
        Raises HTTPError for a refusal, IngestionError for half a reply.
        """
        url = f"{self.base_url.rstrip('/')}/{path}"
        response = self.session.request(method, url, json=body, data=form, headers=self.headers)
        response.raise_for_status()
        for check in rest.checked(lambda _: None, lambda reply: all(name in reply for name in promised)):
            check(response)
        return response.json()

    def download(self, place: str) -> bytes:
        """A finished report, at a path of the API or behind a signed link, which must not get the key."""
        is_link = "://" in place
        url = place if is_link else f"{self.base_url.rstrip('/')}/{place}"
        response: Response = self.session.get(url, headers={} if is_link else self.headers)
        response.raise_for_status()
        return response.content


def wait(run: Run, state: Callable[[], Any], what: str) -> Any:
    """Ask for the state until there is one. Raises IngestionError after half an hour.

    state   returns None while there is nothing yet
    what    the report in words
    """
    pause = float(run.setting("poll_seconds", POLL_SECONDS))
    longest = float(run.setting("wait_seconds", WAIT_SECONDS))
    started = time.monotonic()
    while (found := state()) is None:
        if time.monotonic() - started >= longest:
            raise IngestionError(
                f"{what} is not done after {longest:.0f} seconds",
                where=run.source.name,
                mend=f"run it again later, or set SOURCES__{run.source.name.upper()}__WAIT_SECONDS higher",
            )
        time.sleep(pause)
    return found


def unpromised(what: str, where: str) -> IngestionError:
    """A reply that says what its contract does not know."""
    return IngestionError(
        f"the reply is not what the contract promises ({what})", where=where, mend=rest.AGAIN
    )
