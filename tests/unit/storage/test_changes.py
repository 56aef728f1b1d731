"""The table of what each operation changes."""

from __future__ import annotations

from kmslab.operations.registry import OPERATIONS
from kmslab.service.front_door import TRACKED
from kmslab.storage.changes import CHANGES, SHOWS_ALL, Change
from kmslab.wire import model


def test_every_operation_has_a_row() -> None:
    assert set(CHANGES) == set(OPERATIONS) == set(model.operation_names())
    assert len(CHANGES) == 56


def test_what_only_reads_or_computes_changes_nothing() -> None:
    reads = {name for name in CHANGES if name.startswith(("Get", "List", "Describe"))} | TRACKED
    assert {name for name in reads if CHANGES[name] is not Change.NOTHING} == set()
    assert SHOWS_ALL <= reads
