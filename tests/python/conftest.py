"""What tests of several folders share."""

import os
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared():
    """The folder with samples, contracts and rule models that developers and CI have; users do not."""
    folder = Path(os.environ.get("APPORTION_SHARED", REPO.parent / "shared"))
    if not folder.exists():
        pytest.skip(f"{folder} is not here: it holds samples and contracts for developers and CI")
    return folder
