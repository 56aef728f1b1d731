"""Requests and replies never show their bodies."""

from __future__ import annotations

from kmslab.wire.http import BodyStream, Reply, Request


def test_bodies_are_not_shown() -> None:
    assert "secret" not in repr(Request({"x-amz-target": "T"}, b"secret"))
    assert "secret" not in repr(Reply(200, {}, b"secret"))


def test_a_body_is_read_once_in_one_piece() -> None:
    body = BodyStream(b"data")
    assert list(body.stream(amt=1, decode_content=False)) == [b"data"]
    assert list(body.stream()) == []
    assert list(BodyStream(b"").stream()) == []
