"""One request on its way: what is not found out yet cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.keys.alias import Alias
from kmslab.operations.registry import alias_param, key_param
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


def test_an_operation_receives_the_alias_where_it_named_one(new_key: Any) -> None:
    key = new_key()
    alias = Alias("alias/a", "arn", key.key_id, key.created, key.created)
    assert Target(key_param("KeyId"), key).argument is key
    assert Target(key_param("KeyId"), None).argument is None
    assert Target(alias_param(), key, alias).argument is alias
