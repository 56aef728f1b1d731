"""State files under faults, a little of each: `kills.py` and `disks.py` do it often."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from kmslab.storage import database

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which this system does not have"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"faults_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_answered_survives_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # One kind of round adds to these.
    monkeypatch.setattr(database, "MIGRATIONS", ())
    rounds = program("kills").Rounds(tmp_path, seed=5)
    for kind in ("opening", "working", "serving", "working", "upgrading", "working", "resetting", "working"):
        rounds.run(kind)
    assert sum(rounds.counts.values()) == 8
    assert rounds.looked_at > 10


@pytest.mark.parametrize("fault", ["largest_file", "damage"])
def test_a_fault_of_the_disk(tmp_path: Path, fault: str) -> None:
    getattr(program("disks"), fault)(tmp_path)


def test_of_many_starters_one_wins(tmp_path: Path) -> None:
    program("disks").race(tmp_path, starters=8)
