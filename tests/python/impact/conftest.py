"""One change, seen by make impact and by a full build that knows nothing of it."""

import pytest
from impact_runs import change, committed, impact


@pytest.fixture(scope="session")
def compared(built, tmp_path_factory):
    """The change, over a warehouse that was built before it, with October closed."""
    project = committed(built.copy(tmp_path_factory.mktemp("impact") / "project"))
    change(project)
    closes = project.folder / "seeds/finance/period_closes.csv"
    closes.write_text(closes.read_text() + "2026-10,2026-11-05,controller,\n")
    return impact(project, "--max-unallocated-increase", "0.1")


@pytest.fixture(scope="session")
def rebuilt(built, tmp_path_factory):
    """The changed project built as a whole, the usual way."""
    project = built.copy(tmp_path_factory.mktemp("rebuilt") / "project")
    change(project)
    project.dbt("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    return project


@pytest.fixture
def repository(built, tmp_path):
    """A project with a commit and without a change; its warehouse is a name that no file has."""
    project = committed(built.copy(tmp_path / "project"))
    project.database = tmp_path / "none.duckdb"
    return project
