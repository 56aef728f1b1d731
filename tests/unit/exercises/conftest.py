"""A learner's desk, and the learner's clients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
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


#: Runs the code of an exercise's last hint, beside names that the lesson has, and returns all names.
RunHint = Callable[..., dict[str, Any]]


@pytest.fixture
def run_hint(lab: Lab) -> RunHint:
    """For hints that are a sentence, and from the next line on Python that a learner can run."""

    def run(number: str, **names: Any) -> dict[str, Any]:
        boto3 = SimpleNamespace(client=lambda service, region_name: lab.client(service, region_name))
        given = {"boto3": boto3, "lab": lab, "kms": lab.client("kms"), **names}
        exec(EXERCISES[number].hints[2].partition("\n")[2], given)  # noqa: S102
        return given

    return run
