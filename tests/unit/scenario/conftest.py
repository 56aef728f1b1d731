"""A writer of scenario files, and what is found in them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.scenario import Scenario

FindingsOf = Callable[[str], list[str]]


@pytest.fixture
def findings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FindingsOf:
    """Writes a text as `bad.yaml`, reads it as a scenario, and gives the findings; none when it is well-formed."""
    monkeypatch.chdir(tmp_path)

    def read(text: str) -> list[str]:
        (tmp_path / "bad.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        try:
            Scenario.read("bad.yaml")
        except KmslabError as error:
            return str(error).splitlines()
        return []

    return read
