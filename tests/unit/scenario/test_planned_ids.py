"""Ids that are known before they are drawn: how a scenario gives a key its id."""

from __future__ import annotations

from kmslab.ids import Ids

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_next_id_of_the_kind_is_the_planned_one() -> None:
    ids = Ids(1)
    with ids.planned("key", KEY_ID):
        assert ids.uuid("request") != KEY_ID
        assert ids.uuid("key") == KEY_ID
        assert ids.uuid("key") != KEY_ID


def test_the_stream_is_not_drawn_from() -> None:
    ids = Ids(1)
    with ids.planned("key", KEY_ID):
        ids.uuid("key")
    assert ids.uuid("key") == Ids(1).uuid("key")


def test_of_hexadecimal_digits_the_last_ones_are_taken() -> None:
    ids = Ids(1)
    with ids.planned("key", "mrk-1234abcd12ab34cd56ef1234567890ab"):
        assert ids.hex("key", 32) == "1234abcd12ab34cd56ef1234567890ab"
        assert ids.hex("key", 32) == Ids(1).hex("key", 32)


def test_a_plan_that_nobody_took_is_given_up() -> None:
    ids = Ids(1)
    with ids.planned("key", KEY_ID):
        pass
    assert ids.uuid("key") == Ids(1).uuid("key")
