"""Panels in JupyterLab: worked with the keyboard alone, without a finding of axe-core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .jupyterlab import Lesson, violations

pytestmark = pytest.mark.needs_chromium

Open = Callable[[str], Lesson]

SET_UP = """\
%load_ext kmslab"""
KEYS = """\
import boto3
from kmslab.jupyter import panels
kms = boto3.client("kms", region_name="us-east-1")
key = kms.create_key(Description="browser")["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/shop", TargetKeyId=key)
blob = kms.encrypt(KeyId=key, Plaintext=b"hello", EncryptionContext={"for": "you"})["CiphertextBlob"]"""
EXPLORER = "panels.key_explorer(lab)"
OTHERS = [
    'panels.ciphertext(lab, blob, {"for": "you"})',
    'panels.envelope(lab, "alias/shop", b"a manuscript")',
    'panels.policy_playground(lab, "alias/shop")',
    "panels.bill(lab)",
    "panels.regions(lab)",
    "panels.timeline(lab, key)",
]
STATE = "kms.describe_key(KeyId=key)['KeyMetadata']['KeyState']"


@pytest.fixture
def notebook(workbook: Path, base: str) -> str:
    """A notebook with every panel."""
    sources = [SET_UP, KEYS, EXPLORER, STATE, *OTHERS]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata={"kernelspec": kernel}
    )
    nbformat.write(made, workbook / "panels.ipynb")
    return "panels.ipynb"


def test_a_key_is_disabled_with_the_keyboard_alone(open_lesson: Open, notebook: str, axe: Any) -> None:
    lesson = open_lesson(notebook)
    lesson.run_all()
    assert "'Enabled'" in lesson.output(STATE)
    page, panel = lesson.page, lesson.cell(EXPLORER)
    panel.get_by_label("Region").focus()
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent || document.activeElement.tagName"))
        if seen[-1] == "Disable":
            break
    assert seen[-1] == "Disable", seen
    page.keyboard.press("Enter")
    panel.get_by_text("DisableKey on alias/shop in us-east-1: done.").wait_for()
    lesson.run(STATE)
    assert "'Disabled'" in lesson.output(STATE)
    assert lesson.errors() == []
    assert violations(page, axe, ".jp-Notebook .jp-OutputArea-output") == []
