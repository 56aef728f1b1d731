"""One request on its way: what is not found out yet cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.operations.registry import key_param
from kmslab.service.visit import Target, Visit
from kmslab.wire.http import Request


def test_reading_too_early_is_a_bug_and_looks_like_one(new_key: Any) -> None:
    visit = Visit(Request({}, b""), new_key().created)
    for name in ("operation", "codec", "region", "access_key_id", "principal", "context"):
        with pytest.raises(AttributeError):
            getattr(visit, name)
    assert (visit.params, visit.targets, visit.decisions, visit.reply, visit.body) == ({}, [], [], None, b"")


def test_each_key_once_in_the_order_of_the_members(new_key: Any) -> None:
    first, second = new_key(), new_key()
    visit = Visit(Request({}, b""), first.created)
    for key in (first, second, first, None):
        visit.targets.append(Target(key_param("KeyId"), key))
    assert visit.keys == [first, second]
