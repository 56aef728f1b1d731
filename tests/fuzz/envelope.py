"""Envelopes: any bytes, and real ones with bytes changed, cut, moved, and put together of two.

A finding is an error that is none of the module's or of KMS, any data but the one that was encrypted, an envelope that
is opened though its bytes are not the ones that were written, and a header that is read and written otherwise.
"""

from __future__ import annotations

import functools
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from kmslab import Lab, envelope
from kmslab.envelope.errors import EnvelopeError
from kmslab.envelope.format import read_header
from kmslab.envelope.segments import SEGMENT_SIZE

from .taking import FoundError, Taking, claim, edited, in_time

_DATA = (b"", b"x", b"words of some length" * 5, b"y" * SEGMENT_SIZE, b"z" * (SEGMENT_SIZE + 5))


class _Made:
    """A client of KMS, and envelopes with what is in them."""

    def __init__(self) -> None:
        self.asked = 0
        self.lab = Lab(seed=1)
        self.kms = self.lab.client("kms")
        key_id = self.kms.create_key()["KeyMetadata"]["KeyId"]
        contexts: tuple[dict[str, str], ...] = ({}, {"a": "b"}, {"a": "b", "ä": ""})
        self.inside = {
            envelope.encrypt(self.kms, key_id, data, context): data for data in _DATA for context in contexts
        }
        self.envelopes = list(self.inside)


@functools.cache
def _kept() -> list[_Made]:
    return [_Made()]


def prepare() -> None:
    """Make what is made once."""
    _kept()


def one(data: bytes) -> None:
    made = _kept()[0]
    made.asked += 1
    if made.asked > 10_000:
        made = _kept()[0] = _Made()
    take = Taking(data)
    how = take.below(4)
    # The long ones take longest: a small choice is a short one.
    base = made.envelopes[take.below(len(made.envelopes) if take.chance(25) else 9)]
    if how == 0:
        tried = take.rest()
    elif how == 1:
        tried = edited(base, take, most=4)
    elif how == 2:
        other = made.envelopes[take.below(9)]
        tried = base[: take.below(len(base) + 1)] + other[take.below(len(other) + 1) :]
    else:
        tried = _header_anew(base, take)
    _read(tried)
    with in_time(f"{len(tried)} bytes"):
        try:
            got = envelope.decrypt(made.kms, tried)
        except (EnvelopeError, ClientError, ParamValidationError):
            claim(tried not in made.inside, "an envelope that was just written is refused")
            return
    claim(tried in made.inside, f"a changed envelope is opened: {tried[:600].hex()}")
    claim(got == made.inside[tried], "an envelope opens to other data than was encrypted")


def _read(tried: bytes) -> None:
    source = BytesIO(tried)
    try:
        header, mac = read_header(source)
    except EnvelopeError:
        return
    claim(header.to_bytes() + mac == tried[: source.tell()], f"a header is read and written otherwise: {tried[:300]!r}")
    claim(source.tell() <= 14_412, "more was read than the longest header has")


def _header_anew(base: bytes, take: Taking) -> bytes:
    """A header whose lengths are right, with other contents."""
    source = BytesIO(base)
    header, mac = read_header(source)
    changed: dict[str, Any] = {
        "salt": edited(header.salt, take, most=1)[:32].ljust(32, b"\0"),
        "encrypted_data_key": edited(header.encrypted_data_key, take, most=1) or b"\0",
        "context": {take.text(): take.text() for _ in range(take.below(3))},
    }
    kept = {name: changed[name] if take.chance(128) else getattr(header, name) for name in changed}
    try:
        return type(header)(**kept).to_bytes() + mac + base[source.tell() :]
    except OverflowError as error:
        raise FoundError(f"{error!r}") from error
