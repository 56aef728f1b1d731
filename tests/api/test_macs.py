"""GenerateMac and VerifyMac, as a client sees them, and as Python's hmac does."""

from __future__ import annotations

import hmac
from typing import Any

import pytest

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
DRY = "The request would have succeeded, but the DryRun option is set."
MESSAGE = b"what was agreed upon"
SIZES = {"224": 28, "256": 32, "384": 48, "512": 64}


@pytest.mark.parametrize(("bits", "size"), SIZES.items())
def test_there_and_back(world: Any, members: Any, bits: str, size: int) -> None:
    arn, algorithm = world.key(f"HMAC_{bits}"), f"HMAC_SHA_{bits}"
    made = world.kms.generate_mac(KeyId=arn, Message=MESSAGE, MacAlgorithm=algorithm)
    assert members(made) == {"KeyId", "Mac", "MacAlgorithm"}
    assert (made["KeyId"], made["MacAlgorithm"], len(made["Mac"])) == (arn, algorithm, size)
    verified = world.kms.verify_mac(KeyId=arn, Message=MESSAGE, Mac=made["Mac"], MacAlgorithm=algorithm)
    assert members(verified) == {"KeyId", "MacAlgorithm", "MacValid"}
    assert (verified["KeyId"], verified["MacAlgorithm"], verified["MacValid"]) == (arn, algorithm, True)


@pytest.mark.parametrize(("bits", "size"), SIZES.items())
def test_against_python(world: Any, bits: str, size: int) -> None:
    """The key never leaves KMS, so the Lab's own store is asked for it; it is as long as the digest."""
    arn = world.key(f"HMAC_{bits}")
    key = world.lab.world.store(ACCOUNT, "us-east-1").key(arn.rpartition("/")[2])
    assert len(key.current.raw) == size
    for message in (b"m", MESSAGE, b"m" * 4096):
        made = world.kms.generate_mac(KeyId=arn, Message=message, MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
        assert made == hmac.digest(key.current.raw, message, f"sha{bits}")


def test_the_same_every_time_and_for_each_key_another(kms: Any, make_key: Any) -> None:
    asked = {"Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256"}
    first, second = make_key("HMAC_256"), make_key("HMAC_256")
    mac = kms.generate_mac(KeyId=first, **asked)["Mac"]
    assert kms.generate_mac(KeyId=first, **asked)["Mac"] == mac
    assert kms.generate_mac(KeyId=second, **asked)["Mac"] != mac


def test_what_does_not_verify(world: Any) -> None:
    arn = world.key("HMAC_256")
    asked = {"KeyId": arn, "MacAlgorithm": "HMAC_SHA_256"}
    mac = world.kms.generate_mac(Message=MESSAGE, **asked)["Mac"]
    flipped = bytes([mac[0] ^ 1]) + mac[1:]
    for wrong in (flipped, mac[:-1], mac[:16], mac + b"\0", b"x", b"\0" * 6144):
        with world.refuses("KMSInvalidMacException", ""):
            world.kms.verify_mac(Message=MESSAGE, Mac=wrong, **asked)
    with world.refuses("KMSInvalidMacException", ""):
        world.kms.verify_mac(Message=MESSAGE + b"\0", Mac=mac, **asked)


def test_all_four_references(kms: Any, make_key: Any) -> None:
    key_id = make_key("HMAC_512")
    kms.create_alias(AliasName="alias/mac", TargetKeyId=key_id)
    asked = {"Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_512"}
    for ref in (key_id, f"{ARN}:key/{key_id}", "alias/mac", f"{ARN}:alias/mac"):
        made = kms.generate_mac(KeyId=ref, **asked)
        assert made["KeyId"] == f"{ARN}:key/{key_id}"
        assert kms.verify_mac(KeyId=ref, Mac=made["Mac"], **asked)["KeyId"] == f"{ARN}:key/{key_id}"


def test_dry_run(world: Any) -> None:
    arn = world.key("HMAC_256")
    asked = {"KeyId": arn, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256"}
    mac = world.kms.generate_mac(**asked)["Mac"]
    with world.refuses("DryRunOperationException", DRY):
        world.kms.generate_mac(DryRun=True, **asked)
    with world.refuses("DryRunOperationException", DRY):
        world.kms.verify_mac(DryRun=True, Mac=mac, **asked)
