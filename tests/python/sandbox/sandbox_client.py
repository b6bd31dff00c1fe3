"""What a connector would do: ask, follow pages, keep every digit."""

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.testing import MockResponse

SHARED = Path(os.environ.get("APPORTION_SHARED", Path(__file__).parents[4] / "shared"))
ADMIN = {
    "openai": {"Authorization": "Bearer sk-admin-larkspur-sandbox"},
    "anthropic": {
        "x-api-key": "sk-ant-admin01-larkspur-sandbox",
        "anthropic-version": "2023-06-01",
    },
}
# The window of the small sandbox: it holds the runaway, a refund and a correction.
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 12)


def unix(day, hour=0):
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


class Client:
    """One provider's API; fractions arrive as Decimal."""

    def __init__(self, provider, base_url, contract=None):
        self.base_url = base_url
        self.headers = ADMIN[provider]
        self.contract = contract

    def raw(self, path, params=(), headers=None):
        return requests.get(
            f"{self.base_url}/{path}",
            params=params,
            headers=self.headers if headers is None else headers,
            timeout=30,
        )

    def get(self, path, **params):
        reply = self.raw(path, params)
        assert reply.status_code == 200, reply.text
        if self.contract:
            _check(self.contract, reply)
        return json.loads(reply.text, parse_float=Decimal)

    def refused(self, path, headers=None, **params):
        """Return (status, error body) of a request that must not succeed."""
        reply = self.raw(path, params, headers)
        assert reply.status_code >= 400, f"accepted: {reply.url}"
        return reply.status_code, reply.json()["error"]

    def pages(self, path, **params):
        """Follow next_page, at most fifty times."""
        pages = [self.get(path, **params)]
        while pages[-1]["next_page"] is not None:
            assert pages[-1]["has_more"] is True
            assert len(pages) < 50, "paging does not end"
            pages.append(self.get(path, **params, page=pages[-1]["next_page"]))
        assert pages[-1]["has_more"] is False
        return pages

    def buckets(self, path, **params):
        return [bucket for page in self.pages(path, **params) for bucket in page["data"]]


def _check(contract, reply):
    """Validate request and reply against the contract.

    Real replies send amounts as numeric strings where the contract says number; so does the
    sandbox, and here they count as the numbers they are.
    """
    payload = json.loads(reply.text)
    for bucket in payload.get("data", []):
        for result in bucket.get("results", []):
            if isinstance(result.get("amount", {}).get("value"), str):
                result["amount"]["value"] = float(result["amount"]["value"])
    sent = RequestsOpenAPIRequest(reply.request)
    contract.validate_request(sent)
    contract.validate_response(sent, MockResponse(json.dumps(payload).encode()))
