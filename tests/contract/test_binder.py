"""What Binder and a JupyterHub are given: repo2docker's files and the chart's values, each as its rules want it.

Source: repo2docker, "Configuration files"; with a binder/ folder it reads nothing else, pyproject.toml neither.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
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
    clean = {name: value for name, value in os.environ.items() if name != "KMSLAB_WORKSPACE"}
    for given, folder in (
        ({}, tmp_path / "notebooks"),
        ({"KMSLAB_WORKSPACE": "/home/ann/mine"}, Path("/home/ann/mine")),
    ):
        done = subprocess.run(  # noqa: S603
            command, cwd=tmp_path, env=clean | given, capture_output=True, text=True, check=True
        )
        assert Path(done.stdout.strip()) == folder


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return dict(yaml.safe_load((BINDER / "jupyterhub" / "values.yaml").read_text()))


#: What the chart of Zero to JupyterHub knows; it refuses everything else. Source: its values.schema.yaml.
KNOWN = {
    "": {"hub", "singleuser", "cull", "prePuller"},
    "cull": {"enabled", "users", "adminUsers", "removeNamedServers", "timeout", "every", "concurrency", "maxAge"},
    "singleuser": {
        "image", "memory", "cpu", "networkPolicy", "cloudMetadata", "storage", "extraEnv", "lifecycleHooks",
        "defaultUrl", "extraFiles",
    },
    "singleuser.networkPolicy.egressAllowRules": {
        "cloudMetadataServer", "dnsPortsCloudMetadataServer", "dnsPortsKubeSystemNamespace", "dnsPortsPrivateIPs",
        "nonPrivateIPs", "privateIPs",
    },
    "singleuser.lifecycleHooks": {"postStart", "preStop"},
}  # fmt: skip


@pytest.mark.parametrize("path", KNOWN)
def test_the_hub_sets_only_what_its_chart_knows(values: dict[str, Any], path: str) -> None:
    part = values
    for name in filter(None, path.split(".")):
        part = part[name]
    assert set(part) <= KNOWN[path]


def test_a_learner_on_the_hub_reaches_no_network(values: dict[str, Any]) -> None:
    policy = values["singleuser"]["networkPolicy"]
    assert policy["enabled"] is True
    assert policy["egress"] == []
    rules = policy["egressAllowRules"]
    # All six, because the chart's own values let servers call every public address.
    assert set(rules) == KNOWN["singleuser.networkPolicy.egressAllowRules"]
    assert {name for name, allowed in rules.items() if allowed} == {"dnsPortsKubeSystemNamespace", "dnsPortsPrivateIPs"}


def test_a_learner_on_the_hub_has_room_for_a_lesson(values: dict[str, Any]) -> None:
    memory, cpu = values["singleuser"]["memory"], values["singleuser"]["cpu"]
    amounts = {name: int(text[:-1]) * {"M": 10**6, "G": 10**9}[text[-1]] for name, text in memory.items()}
    # What tests/benchmarks/a_learner.py measured: the server, and the most that a kernel held.
    assert amounts["guarantee"] >= (92 + 243) * 10**6
    assert amounts["limit"] >= 2 * amounts["guarantee"]
    assert 0 < cpu["guarantee"] < cpu["limit"]


def test_the_hook_of_the_hub_copies_the_workbook_and_keeps_what_was_changed(
    values: dict[str, Any], tmp_path: Path
) -> None:
    python, *arguments = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert python == "python"
    environment = os.environ | {"KMSLAB_WORKSPACE": str(tmp_path / "kmslab-workbook")}
    start = tmp_path / "kmslab-workbook" / "00_start.ipynb"
    for content in (None, "what a learner has changed"):
        if content is not None:
            start.write_text(content)
        subprocess.run([sys.executable, *arguments], cwd=tmp_path, env=environment, check=True)  # noqa: S603
    assert start.read_text() == "what a learner has changed"
    assert (tmp_path / "kmslab-workbook" / "solutions" / "00_start.ipynb").is_file()
    folder = values["singleuser"]["extraEnv"]["KMSLAB_WORKSPACE"]
    assert values["singleuser"]["defaultUrl"] == f"/lab/tree/{Path(folder).name}/{start.name}"
    assert Path(folder).parent == Path(values["hub"]["config"]["KubeSpawner"]["notebook_dir"])


def test_idle_servers_and_kernels_are_ended(values: dict[str, Any]) -> None:
    assert values["cull"]["enabled"] is True
    assert values["cull"]["every"] < values["cull"]["timeout"]
    kernels = values["singleuser"]["extraFiles"]["kernels"]
    assert kernels["mountPath"].startswith("/etc/jupyter/jupyter_server_config.d/")
    # The very options that jupyter_server has.
    assert set(kernels["data"]["MappingKernelManager"]) <= set(MappingKernelManager.class_trait_names())
