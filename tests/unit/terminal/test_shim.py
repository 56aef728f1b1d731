"""What runs as `aws`: the real one, the real one told the endpoint, or version 1."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kmslab.terminal import shim

URL = "http://127.0.0.1:9"


def run(path: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the shim as its script does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-m", "kmslab.terminal.shim", *arguments],
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_version_2_runs_as_it_is(fake_aws) -> None:
    done = run(fake_aws("aws-cli/2.36.7"), "kms", "list-keys", AWS_ENDPOINT_URL=URL)
    assert (done.returncode, done.stdout) == (0, "kms\nlist-keys\n")


def test_an_old_version_2_gives_way_to_version_1(fake_aws) -> None:
    assert run(fake_aws("aws-cli/2.9.19"), "--version").stdout.startswith("aws-cli/1.")


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch, fake_aws) -> Callable[..., list[str]]:
    """What is run where version 1 is not installed: the arguments that an old version 2 gets."""

    path = fake_aws("aws-cli/2.9.19")

    def arguments(*words: str) -> list[str]:
        seen: list[list[str]] = []
        monkeypatch.setenv("PATH", path)
        monkeypatch.setattr(shim, "find_spec", lambda name: None)
        monkeypatch.setattr(shim, "_become", lambda command: seen.append(command) or 0)
        assert shim.main(words) == 0
        return seen[0][1:]

    return arguments


def test_without_version_1_an_old_version_2_is_told_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, run_instead: Callable[..., list[str]]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", URL)
    assert run_instead("kms", "list-keys") == ["--endpoint-url", URL, "kms", "list-keys"]
    # What the command says goes before.
    for said in (["--endpoint-url", "http://x"], ["--endpoint-url=http://x"]):
        assert run_instead("kms", "list-keys", *said) == ["kms", "list-keys", *said]
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert run_instead("kms", "list-keys") == ["kms", "list-keys"]


def test_otherwise_version_1_runs_with_version_2s_rules(tmp_path: Path) -> None:
    done = run(
        str(tmp_path), "kms", "encrypt", "--key-id", "a", "--plaintext", "hello", "--endpoint-url", URL,
        AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="us-east-1",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (255, "", '\nInvalid base64: "hello"\n')
    assert run(str(tmp_path), "--version").stdout.startswith("aws-cli/1.")


def test_without_any_aws_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(shim, "find_spec", lambda name: None)
    assert shim.main(["kms", "list-keys"]) == 127
    assert capsys.readouterr() == (
        "",
        "aws: the AWS CLI is not installed; run `pip install 'awscli>=1.46,<2'`, or install AWS CLI version 2.\n",
    )
