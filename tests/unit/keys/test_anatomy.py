"""A ciphertext, taken apart: the parts cover it, and its key is found."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.keys import blob
from kmslab.keys.anatomy import ANYBODY, KMS_ALONE


@pytest.mark.parametrize("size", [1, 35, 36, 200, 4096])
def test_the_parts_cover_the_blob(lab: Lab, kms: Any, make_key: Any, size: int) -> None:
    data = kms.encrypt(KeyId=make_key(), Plaintext=bytes(size))["CiphertextBlob"]
    anatomy = lab.dissect(data)
    assert b"".join(anatomy.bytes_of(part) for part in anatomy.parts) == data
    assert anatomy.size == len(data)
    assert anatomy.plaintext_size == size
    by_name = {part.name: anatomy.bytes_of(part) for part in anatomy.parts}
    parsed = blob.parse(data)
    assert by_name["key material id"].hex() == anatomy.material_id == parsed.material_id
    assert by_name["nonce"] == parsed.nonce
    assert by_name["ciphertext"] + by_name["tag"] == parsed.sealed
    assert int.from_bytes(by_name["length"]) == len(data) - 58
    assert {part.name for part in anatomy.parts if part.reader == KMS_ALONE} == {"ciphertext", "tag"}
    assert {part.reader for part in anatomy.parts} == {ANYBODY, KMS_ALONE}


def test_whose_it_is(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    data = kms.encrypt(KeyId=key_id, Plaintext=b"hello")["CiphertextBlob"]
    before = lab.dissect(data)
    kms.rotate_key_on_demand(KeyId=key_id)
    lab.clock.advance(hours=1)
    after = lab.dissect(base64.b64encode(data).decode())
    new = lab.dissect(kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"])
    assert [key.key_id for key in before.keys] == [key_id]
    assert [(each.material_number, each.is_current) for each in (before, after, new)] == [
        (1, True), (1, False), (2, True),
    ]  # fmt: skip
    assert (before.made_by, new.made_by) == ("Encrypt", "GenerateDataKey")
    assert "(alias/app), Enabled." in repr(after)
    assert "key material 1, which only decrypts by now." in repr(after)
    assert "5 bytes of plaintext and 152 more. Made by Encrypt or ReEncrypt." in repr(after)


def test_related_keys_share_it(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key(MultiRegion=True)
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    anatomy = lab.dissect(kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"])
    assert [key.region for key in anatomy.keys] == ["us-east-1", "eu-west-1"]
    assert "Its keys, related multi-Region keys: arn:aws:kms:us-east-1" in repr(anatomy)


def test_a_key_that_is_gone(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    data = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    anatomy = lab.dissect(data)
    assert (anatomy.keys, anatomy.material_number, anatomy.is_current) == ((), None, False)
    assert "nobody here can decrypt it" in repr(anatomy)


def test_looking_calls_nothing(lab: Lab, kms: Any, make_key: Any) -> None:
    data = kms.encrypt(KeyId=make_key(), Plaintext=b"x")["CiphertextBlob"]
    events, requests = len(lab.trail), lab.bill.requests
    lab.dissect(data)._repr_html_()
    assert (len(lab.trail), lab.bill.requests) == (events, requests)


def test_the_part_of_a_byte(lab: Lab, kms: Any, make_key: Any) -> None:
    anatomy = lab.dissect(kms.encrypt(KeyId=make_key(), Plaintext=b"x")["CiphertextBlob"])
    assert [anatomy.part_at(place).name for place in (0, 4, 5, 37, anatomy.size - 1)] == [
        "version", "version", "key material id", "marker", "tag",
    ]  # fmt: skip
    assert anatomy.part_at(37).place == "37"
    assert anatomy.part_at(5).place == "5-36"
    for place in (-1, anatomy.size):
        with pytest.raises(KmslabError, match=f"there is no byte {place}"):
            anatomy.part_at(place)


def test_what_is_no_such_ciphertext(lab: Lab, kms: Any, make_key: Any) -> None:
    data = kms.encrypt(KeyId=make_key(), Plaintext=b"x")["CiphertextBlob"]
    for broken in (b"", data[:-1], data + b"x", bytes([data[0] ^ 1]) + data[1:], bytes(256)):
        with pytest.raises(KmslabError, match=r"no whole ciphertext of a symmetric key\. Give the CiphertextBlob"):
            lab.dissect(broken)
    with pytest.raises(KmslabError, match="This text is no base64"):
        lab.dissect("not base64!")
