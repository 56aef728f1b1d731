"""A learner's desk, and the learner's clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.progress import Progress


@pytest.fixture
def desk(lab: Lab, tmp_path: Path) -> Desk:
    """Where exercises are checked; progress goes into a folder of the test's own."""
    return Desk(lab, Progress(tmp_path))


@pytest.fixture
def ireland(lab: Lab) -> Any:
    """A client for eu-west-1."""
    return lab.client("kms", region_name="eu-west-1")


@pytest.fixture
def oregon(lab: Lab) -> Any:
    """A client for us-west-2."""
    return lab.client("kms", region_name="us-west-2")
