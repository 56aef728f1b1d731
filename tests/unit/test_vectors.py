"""The files of known answers: each says where it comes from and under which licence, and stays small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[1] / "vectors").glob("*"))


def test_there_are_some() -> None:
    assert len(FILES) >= 8
    assert {file.suffix for file in FILES} == {".json"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_source_licence_and_size(file: Path) -> None:
    document = json.loads(file.read_text())
    assert document["source"]
    assert document["licence"]
    assert file.stat().st_size < 60_000
    cases = document.get("cases", [])
    assert len({case["id"] for case in cases}) == len(cases)
