"""Two sandboxes for all tests here, and clients that speak to them as a connector would."""

import sys
from datetime import date
from pathlib import Path

import pytest
import requests
import yaml
from openapi_core import OpenAPI

# pytest may be started from anywhere, and with an import mode that adds no folders
sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]

from sandbox_client import LAST, SHARED, Client  # noqa: E402

from ingestion.sandbox import Sandbox  # noqa: E402


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """Twelve days of November, without unasked rate limits."""
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(days=12, until=LAST, exports=folder, rate_limit=False) as running:
        yield running


@pytest.fixture(scope="session")
def quarter(tmp_path_factory):
    """The default window, ended on a fixed day."""
    folder = tmp_path_factory.mktemp("quarter")
    with Sandbox(days=90, until=date(2026, 11, 21), exports=folder, rate_limit=False) as running:
        yield running


@pytest.fixture
def control(sandbox):
    """Post to the control API; everything is as before when the test ends."""

    def post(path, body):
        return requests.post(f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=10)

    yield post
    post("faults", {"reset": True})
    post("restate", {"reset": True})
    post("quirks", {"huge_tokens": False})


@pytest.fixture(scope="session")
def contract(sandbox):
    """OpenAI's own description of its API, pointed at the sandbox; None if not at hand."""
    path = SHARED / "providers" / "openapi" / "openai.yaml"
    if not path.exists():
        return None
    description = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    # The discriminator's values name no schemas and nothing maps them: let oneOf decide alone.
    del description["components"]["schemas"]["UsageTimeBucket"]["properties"]["results"]["items"][
        "discriminator"
    ]
    description["servers"] = [{"url": sandbox.env["SOURCES__OPENAI__BASE_URL"]}]
    return OpenAPI.from_dict(description)


@pytest.fixture(scope="session")
def openai(sandbox, contract):
    return Client("openai", sandbox.env["SOURCES__OPENAI__BASE_URL"], contract)


@pytest.fixture(scope="session")
def anthropic(sandbox):
    return Client("anthropic", sandbox.env["SOURCES__ANTHROPIC__BASE_URL"])
