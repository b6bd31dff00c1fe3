"""A small world, built on DuckDB and on the engine that a test file names as ENGINE."""

import pytest

from equality.engines import engine_named
from equality.run import compare_builds
from equality.world import World

# What is divided (nodes, calls, pools), kept by people, prepaid, and in a currency of its own; five days.
PROVIDERS = ("anthropic", "aws", "cloudflare_ai_gateway", "focus", "manual", "openai", "opencost", "prepaid")
SOURCES = ("anthropic", "aws", "cloudflare_ai_gateway", "focus", "openai", "opencost", "ecb")


@pytest.fixture(scope="module")
def report(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("equality")
    world = World(folder / "world", days=5, scale=0.05, sources=SOURCES, providers=PROVIDERS)
    return compare_builds(engine_named(request.module.ENGINE), world, tests=False)
