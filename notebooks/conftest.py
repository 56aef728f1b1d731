"""How the notebooks run under nbval: dates in UTC, and everything a lesson writes in a folder that goes with the run."""

import os
import tempfile
from pathlib import Path

import pytest

# nbval ends its kernels without letting them tidy up, so what they leave behind is put where this run removes it.
_SCRATCH = tempfile.TemporaryDirectory(prefix="kmslab-", ignore_cleanup_errors=True)

# Kernels inherit all of it. boto3 shows dates in the machine's own time zone; the stored outputs are in UTC.
os.environ["TZ"] = "UTC"
os.environ["TMPDIR"] = _SCRATCH.name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Give each notebook a learner's folder of its own: what one solves, another does not show as progress."""
    folder = Path(_SCRATCH.name, "-".join(item.path.with_suffix("").parts[-2:]))
    folder.mkdir(exist_ok=True)
    os.environ["KMSLAB_WORKSPACE"] = str(folder)
