"""A copy of the project that a test may edit, with a warehouse of its own, loaded from the sandbox."""

from datetime import date

import pytest
import requests
from project_copy import UNTIL, Project

from ingestion.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    with Sandbox(
        days=16, until=date.fromisoformat(UNTIL), scale=0.3, exports=tmp_path_factory.mktemp("exports")
    ) as running:
        yield running


@pytest.fixture(scope="session")
def built(tmp_path_factory, sandbox):
    """Sixteen days over a month's end, loaded and built with every test. Do not change it: copy it."""
    project = Project(tmp_path_factory.mktemp("built") / "project")
    project.load(sandbox.env)
    project.said = project.dbt("build")
    return project


@pytest.fixture
def project(built, tmp_path):
    """A copy of the built project."""
    return built.copy(tmp_path / "project")


@pytest.fixture
def restate(sandbox):
    """Change what the providers say; undone afterwards."""

    def post(**settings):
        requests.post(f"{sandbox.base_url}/sandbox/restate", json=settings, timeout=10).raise_for_status()

    yield post
    post(reset=True)


@pytest.fixture
def new_project(tmp_path):
    """A project whose warehouse does not exist yet."""
    return Project(tmp_path / "project")
