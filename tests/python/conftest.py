"""What tests of several folders share."""

import os
from datetime import date
from pathlib import Path

import pytest
from project_copy import UNTIL, Project

from ingestion.sandbox import Sandbox

REPO = Path(__file__).parents[2]


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
def new_project(tmp_path):
    """A project whose warehouse does not exist yet."""
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def shared():
    """The folder with samples, contracts and rule models that developers and CI have; users do not."""
    folder = Path(os.environ.get("APPORTION_SHARED", REPO.parent / "shared"))
    if not folder.exists():
        pytest.skip(f"{folder} is not here: it holds samples and contracts for developers and CI")
    return folder
