"""Errors of AWS, boto3 and kmslab are shown with the learner's own lines; every other error in full."""

from __future__ import annotations

import subprocess
import sys
import traceback

import boto3
import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.jupyter.short_tracebacks import own

SESSION = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
def show(code):
    done = shell.run_cell(code)
    assert not done.success
    print("=" * 20)
shell.run_cell("%load_ext kmslab")
shell.run_cell("import boto3, json; kms = boto3.client('kms')")
print("=" * 20)
show("def look():\\n    kms.describe_key(KeyId='my-key')\\nlook()")
show("kms.describe_key()")
show("lab.account('1')")
show("json.loads('no json')")
shell.run_line_magic("unload_ext", "kmslab")
show("import kmslab; kmslab.Lab().account('1')")
"""


@pytest.fixture(scope="module")
def shown() -> list[str]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SESSION], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("=" * 20 + "\n")[1:]


def test_an_aws_error_has_the_learners_lines_and_no_others(shown: list[str]) -> None:
    assert "kms.describe_key(KeyId='my-key')" in shown[0]
    assert "in look()" in shown[0]
    assert "File " not in shown[0]
    assert shown[0].strip().endswith("when calling the DescribeKey operation: Invalid keyId 'my-key'")


def test_so_has_what_boto3_does_not_even_send(shown: list[str]) -> None:
    assert "File " not in shown[1]
    assert shown[1].strip().endswith('Missing required parameter in input: "KeyId"')


def test_so_has_a_mistake_with_the_lab(shown: list[str]) -> None:
    assert "File " not in shown[2]
    assert shown[2].strip().endswith("An AWS account id is twelve digits, not '1'.")


def test_another_error_is_shown_in_full(shown: list[str]) -> None:
    assert "decoder.py" in shown[3]


def test_without_the_extension_everything_is_shown_in_full(shown: list[str]) -> None:
    assert "lab.py" in shown[4]


def test_the_frames_of_others_are_left_out(lab: Lab) -> None:
    with pytest.raises(ClientError) as caught:
        lab.client("kms").describe_key(KeyId="my-key")
    before = traceback.extract_tb(caught.value.__traceback__)
    assert any(boto3.__name__ in frame.filename or "botocore" in frame.filename for frame in before)
    after = traceback.extract_tb(own(caught.value.__traceback__))
    assert [frame.filename for frame in after] == [__file__]
    assert own(None) is None
