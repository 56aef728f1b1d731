"""What these tests share: a cache folder of their own, and programs that say they are an AWS CLI."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FakeAws = Callable[..., str]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shim's folder is made here, not in the home of whoever runs the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def fake_aws(tmp_path: Path) -> FakeAws:
    """Makes a folder with an `aws` that says a version, and otherwise its arguments and its endpoint."""
    if os.name != "posix":
        pytest.skip("the programs of these tests are shell scripts")

    def make(says: str, folder: str = "bin") -> str:
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "aws"
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{says}"; echo asked >> "$0.asked"; exit; fi\n'
            'printf "%s\\n" "$@"\n'
        )
        program.chmod(0o755)
        return str(program.parent)

    return make
