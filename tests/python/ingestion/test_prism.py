"""Sources against Prism, which answers as a provider's own OpenAPI document says: a server nobody here wrote.

It checks that we ask as documented (else it answers 401 or 422) and replies with the document's examples. It
has no state, so an example that promises another page promises it for ever: once that must stop the run, and
for the rest a front ends the pages.
"""

import os
from pathlib import Path

import pytest
from front import front_of
from prism_mock import mock
from werkzeug.wrappers import Response

REPO = Path(__file__).parents[3]
DOCUMENTS = Path(os.environ.get("APPORTION_SHARED", REPO.parent / "shared")) / "providers" / "openapi"
# source -> where its base URL begins in the document, its secrets, and the day that the examples tell of
SOURCES = {
    "openai": ("", {"API_KEY": "sk-admin-any"}, "2024-11-01"),
    "openrouter": ("", {"API_KEY": "sk-or-mgmt-any"}, "2025-08-24"),
    "langfuse": ("/api/public", {"PUBLIC_KEY": "pk-lf-any", "SECRET_KEY": "sk-lf-any"}, "2019-08-24"),
}
CURSORS = {"page", "after", "cursor", "offset"}


@pytest.fixture(scope="module", params=list(SOURCES))
def prism(request):
    """A source and the address of the mock of its provider."""
    document = DOCUMENTS / f"{request.param}.yaml"
    if not document.exists():
        pytest.skip(f"{document} is not here: it is a contract for developers and CI")
    with mock(document) as url:
        yield request.param, url


@pytest.fixture
def load(prism, warehouse, monkeypatch):
    """Load the source of the mock, by way of another address if one is given; returns exit code and words."""
    source, url = prism
    path, secrets, day = SOURCES[source]

    def run(address=url):
        for name, value in {"BASE_URL": address + path, **secrets}.items():
            monkeypatch.setenv(f"SOURCES__{source.upper()}__{name}", value)
        return warehouse.load(source, since=day, until=day)

    return run


def end_pages(request, reply):
    """After the first page comes an empty one, which is the last."""
    is_later = any(request.args.get(name, "0") != "0" for name in CURSORS)
    if is_later:
        end = '{"object": "page", "data": [], "has_more": false, "next_page": null, "meta": {}}'
        return Response(end, mimetype="application/json")
    return None


EXPECTED = {
    "openai": {
        "costs": ("charge_date::text, amount, currency", [("2024-11-01", "0.06", "usd")]),
        "usage where report = 'completions'": (
            "input_tokens, input_uncached_tokens, input_cached_tokens, num_model_requests",
            [(1000, 500, 400, 5)],
        ),
        "projects": ("id, status", [("proj_abc", "active")]),
    },
    "openrouter": {
        "activity": (
            "charge_date::text, model, usage_usd, byok_usage_inference_usd, prompt_tokens, cached_tokens",
            [("2025-08-24", "openai/gpt-4.1", "0.015", "0.012", 50, None)],
        ),
        "api_keys": ("name, disabled", [("My Production Key", False)]),
        "workspaces": ("slug", [("production",)]),
    },
    "langfuse": {
        "observations": ("charge_date::text, id, type, level", [("2019-08-24", "string", "string", "DEBUG")]),
        "usage_details": ("usage_key, quantity", [("property1", 0), ("property2", 0)]),
        "projects": ("id, name", [("string", "string")]),
    },
}


def test_the_documents_examples_land(prism, load, warehouse):
    source, url = prism
    with front_of(url) as front:
        front.change(end_pages)
        code, said = load(front.base_url)
    assert code == 0, said
    for table, (columns, rows) in EXPECTED[source].items():
        assert warehouse.rows(f"select {columns} from raw_{source}.{table}") == rows


def test_an_example_that_promises_more_for_ever_stops_the_run(load):
    code, said = load()
    assert code == 1
    assert "the API repeats a page" in said
    assert "Traceback" not in said
