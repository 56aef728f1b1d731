"""What Binder is given: repo2docker's files, each as its rules want it.

Source: repo2docker, "Configuration files"; with a binder/ folder it reads nothing else, pyproject.toml neither.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins() -> dict[str, str]:
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
            assert match, f"{line!r} pins nothing, so that every image would be another"
            found[canonicalize_name(match[1])] = match[2]
    return found


def test_its_python_is_one_that_kmslab_takes() -> None:
    match = re.fullmatch(r"python-(3\.\d+)\n", (BINDER / "runtime.txt").read_text())
    assert match
    assert match[1] in SpecifierSet(PROJECT["requires-python"])


def test_everything_that_kmslab_needs_is_pinned_to_something_that_it_takes() -> None:
    pinned = pins()
    needed = [Requirement(each) for each in PROJECT["dependencies"]]
    assert len(needed) > 10
    for each in needed:
        assert pinned.get(canonicalize_name(each.name), "none") in each.specifier, each


def test_the_server_that_binder_starts_goes_with_this_jupyterlab() -> None:
    """`jupyter notebook` is what repo2docker's images start: version 7.x is made for JupyterLab 4.x."""
    pinned = pins()
    assert pinned["notebook"].split(".")[:2] == ["7", pinned["jupyterlab"].split(".")[1]]


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_can_be_run(name: str) -> None:
    script = BINDER / name
    assert script.read_text().startswith("#!/bin/bash\n")
    assert os.access(script, os.X_OK)
    subprocess.run(["/bin/bash", "-n", str(script)], check=True)  # noqa: S603


def test_a_failure_while_building_is_one() -> None:
    assert "\nset -euo pipefail\n" in (BINDER / "postBuild").read_text()


def test_the_start_script_names_the_learners_folder_and_runs_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    command = ["/bin/bash", str(BINDER / "start"), "printenv", "KMSLAB_WORKSPACE"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    assert Path(done.stdout.strip()) == tmp_path / "notebooks"
