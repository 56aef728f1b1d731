"""The part of a bill that is about one key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kmslab import Lab


def test_the_parts_add_up(lab: Lab, kms: Any, make_key: Any) -> None:
    make_key()
    make_key()
    first, second = (key.arn for key in lab.inventory)
    for _ in range(3):
        kms.encrypt(KeyId=first, Plaintext=b"x")
    blob = kms.encrypt(KeyId=second, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=first)
    kms.rotate_key_on_demand(KeyId=second)
    lab.clock.advance(days=40)
    whole, one, other = lab.bill, lab.bill.for_key(first), lab.bill.for_key(second)
    assert (one.requests, other.requests) == (5, 4)
    # Each line is rounded to a millionth.
    assert abs(one.total + other.total - whole.total) < Decimal("0.00001")
    assert other.total > one.total, "a rotation is charged"
    assert one.table().caption == "KMS bill in US dollars, of one key"
    assert lab.bill.for_key("arn:aws:kms:us-east-1:123456789010:key/none").lines == ()
