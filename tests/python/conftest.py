"""What tests of several folders share."""

import fcntl
import os
from datetime import date
from pathlib import Path

import pytest
from project_copy import UNTIL, Project

from ingestion.sandbox import Sandbox

REPO = Path(__file__).parents[2]
# Folders whose single files take minutes: they begin first, or one of two workers ends alone with them.
LONG = ("worlds", "equality", "histories", "macros", "build", "impact")


def pytest_collection_modifyitems(items):
    """The long files first, all else as it is."""
    ranks = {folder: rank for rank, folder in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ranks)))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    with Sandbox(
        days=16, until=date.fromisoformat(UNTIL), scale=0.3, exports=tmp_path_factory.mktemp("exports")
    ) as running:
        yield running


@pytest.fixture(scope="session")
def built(tmp_path_factory, sandbox):
    """Sixteen days over a month's end, loaded and built with every test. Do not change it: copy it.

    Once for all workers: who comes first builds, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    folder.mkdir(exist_ok=True)
    said = folder / "said.txt"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            project = Project(folder / "project")
            project.load(sandbox.env)
            said.write_text(project.dbt("build"))
    project = Project.found(folder / "project")
    project.said = said.read_text()
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
