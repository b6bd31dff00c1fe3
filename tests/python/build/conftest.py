"""Providers that change their bills."""

import pytest
import requests


@pytest.fixture
def restate(sandbox):
    """Change what the providers say; undone afterwards."""

    def post(**settings):
        requests.post(f"{sandbox.base_url}/sandbox/restate", json=settings, timeout=10).raise_for_status()

    yield post
    post(reset=True)
