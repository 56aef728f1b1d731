"""Ids: of the right form, the same for a seed, different without."""

from __future__ import annotations

import re
import uuid

from kmslab.ids import Ids


def test_forms() -> None:
    ids = Ids(1)
    made = uuid.UUID(ids.uuid("key"))
    assert made.version == 4
    assert made.variant == uuid.RFC_4122
    assert re.fullmatch(r"[0-9a-f]{64}", ids.hex("key material", 64))
    assert re.fullmatch(r"[0-9a-f]{1}", ids.hex("digit", 1))
    assert re.fullmatch(r"[A-Z2-7]{16}", ids.letters("access key", 16))


def test_a_seed_makes_them_the_same() -> None:
    first, second, other = Ids(7), Ids(7), Ids(8)
    drawn = [first.uuid("key"), first.hex("key", 32), first.letters("user", 17)]
    assert drawn == [second.uuid("key"), second.hex("key", 32), second.letters("user", 17)]
    assert drawn[0] != other.uuid("key")


def test_each_kind_has_a_stream_of_its_own() -> None:
    quiet, busy = Ids(7), Ids(7)
    for _ in range(10):
        busy.uuid("request")
    assert quiet.uuid("key") == busy.uuid("key")
    assert quiet.uuid("key") != busy.uuid("request")


def test_without_a_seed_they_differ() -> None:
    assert Ids().uuid("key") != Ids().uuid("key")


def test_never_twice() -> None:
    ids = Ids(1)
    assert len({ids.uuid("key") for _ in range(1000)}) == 1000
