"""%load_ext kmslab, in a plain shell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import kmslab
from kmslab.errors import KmslabError


class Shell:
    """As much of IPython's shell as the extension needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Any] = {}

    def register_magic_function(self, func: Any, magic_kind: str, magic_name: str) -> None:
        self.magics[magic_name] = func

    def push(self, variables: dict[str, Any]) -> None:
        self.user_ns.update(variables)

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Any) -> None:
        self.shortened = exc_tuple


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shell]:
    monkeypatch.setenv("KMSLAB_WORKSPACE", str(tmp_path))
    made = Shell()
    yield made
    kmslab.unload_ipython_extension(made)


def test_loading_makes_a_lab_that_bare_boto3_reaches(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    kmslab.load_ipython_extension(shell)
    assert capsys.readouterr().out.endswith("Set-up complete.\n")
    boto3.client("kms", region_name="us-east-1").create_key()
    lab = shell.user_ns["lab"]
    assert isinstance(lab, kmslab.Lab)
    assert len(lab.inventory) == 1
    assert repr(shell.user_ns["check"]("00.1")).startswith("NOT YET")
    assert repr(shell.user_ns["hint"]("00.1")).startswith("Hint 1 of 3")
    assert len(shell.user_ns["progress"]().rows) >= 12


def test_reloading_begins_anew_with_the_same_ids(shell: Shell) -> None:
    ids = []
    for _ in range(2):
        kmslab.load_ipython_extension(shell)
        ids.append(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
        assert len(shell.user_ns["lab"].inventory) == 1
        kmslab.unload_ipython_extension(shell)
    assert ids[0] == ids[1]


def test_unloading_leaves_boto3_as_it_was(shell: Shell) -> None:
    before = boto3.DEFAULT_SESSION
    kmslab.load_ipython_extension(shell)
    assert boto3.DEFAULT_SESSION is not before
    kmslab.unload_ipython_extension(shell)
    assert boto3.DEFAULT_SESSION is before
    shell.user_ns["lab"] = "something the learner put there"
    kmslab.unload_ipython_extension(shell)
    assert boto3.DEFAULT_SESSION is before


def test_other_processes_are_led_to_the_lab_and_back(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    kmslab.load_ipython_extension(shell)
    key = shell.user_ns["lab"].administrator.credentials
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_ACCESS_KEY_ID"] == key.access_key_id
    client = boto3.session.Session().client("kms")
    assert client.meta.endpoint_url == os.environ["AWS_ENDPOINT_URL"]
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    assert [key.key_id for key in shell.user_ns["lab"].inventory] == [key_id]
    assert "aws" in shell.magics
    kmslab.unload_ipython_extension(shell)
    assert dict(os.environ) == before


def test_the_last_call_in_both_languages(shell: Shell) -> None:
    kmslab.load_ipython_extension(shell)
    with pytest.raises(KmslabError, match=r"There is no call of KMS in lab\.trail yet"):
        shell.user_ns["show_cli"]()
    boto3.client("kms").create_key(Description="two words")
    assert shell.user_ns["show_cli"]() == "aws kms create-key --description 'two words'"
    assert shell.user_ns["show_boto3"]() == 'kms.create_key(Description="two words")'
    boto3.client("kms", region_name="eu-west-1").list_keys()
    assert shell.user_ns["show_cli"]() == "aws kms list-keys --region eu-west-1"


def test_the_public_face_is_what_it_says() -> None:
    for name in kmslab.__all__:
        assert getattr(kmslab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        kmslab.nothing  # noqa: B018


def test_in_binder_the_first_cell_says_that_nothing_is_kept(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDER_REPO_URL", "https://example.org/somebody/kmslab")
    kmslab.load_ipython_extension(shell)
    printed = capsys.readouterr().out
    assert "Your work is not kept here." in printed
    assert printed.endswith("Set-up complete.\n")


def test_elsewhere_the_first_cell_says_nothing_about_it(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BINDER_LAUNCH_HOST", "BINDER_REPO_URL", "BINDER_REF_URL", "BINDER_REQUEST"):
        monkeypatch.delenv(name, raising=False)
    kmslab.load_ipython_extension(shell)
    assert "not kept" not in capsys.readouterr().out
    assert "Your work as a file." in repr(shell.user_ns["keep"]())
