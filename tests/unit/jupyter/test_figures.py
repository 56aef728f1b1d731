"""Figures: the picture and its text say the same, and both are true."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter.figures import Figure, Step, alias_map, bars, flow, region_map, timeline
from kmslab.jupyter.figures.svg import width_of


def texts(figure: Figure) -> list[str]:
    """Every text in the picture; parsing proves that it is well-formed."""
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def widths(figure: Figure) -> list[float]:
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    return [float(box.attrib["width"]) for box in boxes]


def test_bars_are_as_long_as_their_numbers() -> None:
    figure = bars("Limits", {"a": 100, "b": 50, "c <&>": 0}, "bytes")
    long, half, none = widths(figure)
    assert half == pytest.approx(long / 2)
    assert none == 0
    assert {"Limits", "a", "b", "c <&>", "100 bytes", "50 bytes", "0 bytes"} <= set(texts(figure))
    assert repr(figure) == "Limits (bytes)\n  a: 100\n  b: 50\n  c <&>: 0"


def test_bars_on_a_scale_of_tens() -> None:
    figure = bars("Sent", {"direct": 50_000_000, "envelope": 32}, "bytes", log=True)
    direct, envelope = widths(figure)
    assert 0.15 < envelope / direct < 0.25
    assert "each step a factor of ten" in repr(figure)
    assert "50,000,000 bytes" in texts(figure)


def test_bars_leave_room_for_a_long_unit() -> None:
    figure = bars("Two years", {"customer managed": 17_545, "AWS managed": 0}, "key-hours on the bill")
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    (number,) = (each for each in root.iter("{http://www.w3.org/2000/svg}text") if "17,545" in (each.text or ""))
    assert float(number.attrib["x"]) + width_of(number.text or "") <= float(root.attrib["viewBox"].split()[2])


def test_money_has_its_cents_and_less_than_a_cent_six_places() -> None:
    figure = bars("A month", {"a": 1.3, "b": 121.0, "c": 0.000015}, "USD")
    assert [line.strip() for line in figure.text.splitlines()[1:]] == ["a: 1.30", "b: 121.00", "c: 0.000015"]


def test_bars_of_nothing() -> None:
    assert widths(bars("Nothing", {"a": 0}, "calls")) == [0]
    for values in ({}, {"a": -1}):
        with pytest.raises(KmslabError, match="one or more numbers"):
            bars("Wrong", values, "x")


def test_flow_numbers_its_steps() -> None:
    figure = flow("A call", ["code", "KMS"], [Step("code", "KMS", "Encrypt"), Step("KMS", "KMS", "checks")])
    assert {"code", "KMS", "1 Encrypt", "2 checks"} <= set(texts(figure))
    assert repr(figure) == "A call\n  1. code -> KMS: Encrypt\n  2. KMS: checks"


def test_flow_knows_its_actors() -> None:
    with pytest.raises(KmslabError, match="not among the actors: somebody"):
        flow("A call", ["code"], [Step("code", "somebody", "hello")])


def test_region_map_shows_what_is_there(lab: Lab) -> None:
    kms, ireland = lab.client("kms"), lab.client("kms", "eu-west-1")
    first = kms.create_key()["KeyMetadata"]["KeyId"]
    second = ireland.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    ireland.disable_key(KeyId=second)
    kms.create_alias(AliasName="alias/app", TargetKeyId=first)
    figure = region_map(lab, regions=["us-east-1", "us-west-2"])
    assert repr(figure).split("\n") == [
        "Account 123456789010",
        "  Region us-east-1",
        f"    key {first}  SYMMETRIC_DEFAULT  Enabled  alias/app",
        "  Region us-west-2",
        "    no KMS key",
        "  Region eu-west-1",
        f"    key {second}  RSA_2048  Disabled",
    ]
    assert {"Region us-east-1", "Region us-west-2", "Region eu-west-1", "no KMS key"} <= set(texts(figure))
    assert any(first in text for text in texts(figure))


def test_looking_costs_nothing(lab: Lab) -> None:
    lab.client("kms").create_key()
    region_map(lab)
    alias_map(lab)
    assert lab.bill.requests == len(lab.trail) == 1


def test_alias_map_shows_what_each_alias_stands_for(lab: Lab) -> None:
    kms = lab.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    for name in ("alias/b", "alias/a"):
        kms.create_alias(AliasName=name, TargetKeyId=keys[0])
    assert repr(alias_map(lab)).split("\n") == [
        "Aliases in us-east-1",
        f"  alias/a -> {keys[0]} (Enabled)",
        f"  alias/b -> {keys[0]} (Enabled)",
        f"  no alias -> {keys[1]} (Enabled)",
    ]
    assert repr(alias_map(lab, "eu-west-1")) == "Aliases in eu-west-1\n  no KMS key"
    assert "alias/a" in texts(alias_map(lab))
    # Two names and two keys: a key with two names is one box.
    assert sorted(widths(alias_map(lab))) == [220, 220, 410, 410]


def test_long_names_are_cut_and_not_drawn_over_others(lab: Lab) -> None:
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/" + "x" * 200, TargetKeyId=key_id)
    assert all(len(text) < 110 for text in texts(region_map(lab)) + texts(alias_map(lab)))
    assert "x" * 200 in repr(alias_map(lab))


def lines(figure: Figure) -> list[str]:
    """What the text form says, a date and what happened; without the key materials' ids."""
    return [re.sub(r" \([0-9a-f]{8}\)", "", line.strip()) for line in repr(figure).split("\n")[1:]]


class TestTimeline:
    @pytest.fixture
    def kms(self, lab: Lab) -> Any:
        return lab.client("kms")

    def test_a_life_from_its_creation_to_its_end(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key_id)
        old, *_ = [kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"] for _ in range(3)]
        lab.clock.advance(days=366)
        kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=key_id)
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
        kms.disable_key_rotation(KeyId=key_id)
        kms.disable_key(KeyId=key_id)
        with pytest.raises(kms.exceptions.DisabledException):
            kms.decrypt(CiphertextBlob=old)
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=9)
        kms.cancel_key_deletion(KeyId=key_id)
        kms.enable_key(KeyId=key_id)
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        told = [
            "2026-01-05  created; Enabled; encrypts with key material 1",
            "2026-01-05  rotation every 365 days",
            "2026-01-05  Encrypt under key material 1, 3 times",
            "2027-01-05  KMS rotates it (AUTOMATIC); encrypts with key material 2",
            "2027-01-06  ReEncrypt from key material 1 to key material 2",
            "2027-01-06  GenerateDataKey under key material 2",
            "2027-01-06  automatic rotation off",
            "2027-01-06  disabled; Disabled",
            "2027-01-06  Decrypt refused: DisabledException",
            "2027-01-06  deletion scheduled, 9 days; PendingDeletion",
            "2027-01-06  deletion cancelled; Disabled",
            "2027-01-06  enabled; Enabled",
            "2027-01-06  deletion scheduled, 7 days; PendingDeletion",
        ]
        assert lines(timeline(lab, key_id)) == [*told, "2027-01-06  today; to be deleted on 2027-01-13"]
        lab.clock.advance(days=8)
        figure = timeline(lab, key_id)
        assert lines(figure) == [*told, "2027-01-13  KMS deletes it", "2027-01-14  today; the key does not exist"]
        assert repr(figure).startswith(f"Life of key {key_id} in us-east-1\n")
        shown = texts(figure)
        assert {"Key state", "Encrypts with", "PendingDeletion", "deleted", "KMS deletes it"} <= set(shown)
        assert [text[:10] for text in shown if text.startswith("material ")] == ["material 1", "material 2"]
        assert shown.count("2027-01-06") == 9

    def test_imported_key_material_comes_and_goes(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        plain = [bytes([number] * 32) for number in (1, 2)]
        never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        bring(kms, key_id, plain[0], **never)
        bring(kms, key_id, plain[1], ImportType="NEW_KEY_MATERIAL", ValidTo=lab.clock.now() + timedelta(days=30))
        kms.rotate_key_on_demand(KeyId=key_id)
        lab.clock.advance(days=31)
        kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=first_material(kms, key_id))
        bring(kms, key_id, plain[0], **never)
        bring(kms, key_id, plain[1], **never)
        assert lines(timeline(lab, key_id)) == [
            "2026-01-05  created; PendingImport",
            "2026-01-05  key material 1 imported; Enabled; encrypts with key material 1",
            "2026-01-05  key material 2 imported, valid to 2026-02-04",
            "2026-01-05  rotation on demand",
            "2026-01-05  KMS rotates it (ON_DEMAND); encrypts with key material 2",
            "2026-02-04  key material 2 expires; PendingImport",
            "2026-02-05  key material 1 deleted",
            "2026-02-05  key material 1 imported",
            "2026-02-05  key material 2 imported; Enabled; encrypts with key material 2",
            "2026-02-05  today",
        ]

    def test_key_material_that_expires_while_the_key_waits_for_its_deletion(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        bring(kms, key_id, bytes(32), ValidTo=lab.clock.now() + timedelta(days=3))
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        lab.clock.advance(days=4)
        kms.cancel_key_deletion(KeyId=key_id)
        assert lines(timeline(lab, key_id))[2:] == [
            "2026-01-05  deletion scheduled, 7 days; PendingDeletion",
            "2026-01-08  key material 1 expires",
            "2026-01-09  deletion cancelled; PendingImport",
            "2026-01-09  today",
        ]

    def test_deleting_what_only_waits_leaves_the_key_enabled(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        bring(kms, key_id, bytes(32), **never)
        bring(kms, key_id, b"x" * 32, ImportType="NEW_KEY_MATERIAL", **never)
        waiting = kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"][-1]
        kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=waiting["KeyMaterialId"])
        assert lines(timeline(lab, key_id))[-2:] == ["2026-01-05  key material 2 deleted", "2026-01-05  today"]

    def test_related_keys_have_a_life_each(self, lab: Lab, kms: Any) -> None:
        ireland = lab.client("kms", "eu-west-1")
        arn = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
        kms.replicate_key(KeyId=arn, ReplicaRegion="eu-west-1")
        lab.clock.advance(minutes=1)
        replica = arn.replace("us-east-1", "eu-west-1")
        ireland.decrypt(CiphertextBlob=kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"])
        ireland.encrypt(KeyId=replica, Plaintext=b"x")
        kms.update_primary_region(KeyId=arn, PrimaryRegion="eu-west-1")
        assert lines(timeline(lab, arn)) == [
            "2026-01-05  created; Enabled; encrypts with key material 1",
            "2026-01-05  replicated to eu-west-1",
            "2026-01-05  Encrypt under key material 1",
            "2026-01-05  primary is now eu-west-1",
            "2026-01-05  today; Updating",
        ]
        assert lines(timeline(lab, replica)) == [
            "2026-01-05  created as a replica; Enabled",
            "2026-01-05  Decrypt under key material 1",
            "2026-01-05  Encrypt under key material 1; encrypts with key material 1",
            "2026-01-05  primary is now eu-west-1",
            "2026-01-05  today; Updating",
        ]
        assert repr(timeline(lab, arn.rpartition("/")[2])) == repr(timeline(lab, arn))

    def test_a_key_without_a_key_material_id(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        kms.generate_mac(KeyId=key_id, Message=b"x", MacAlgorithm="HMAC_SHA_256")
        assert lines(timeline(lab, key_id)) == [
            "2026-01-05  created; Enabled",
            "2026-01-05  GenerateMac",
            "2026-01-05  today",
        ]

    def test_a_ciphertext_that_moves_to_another_key(self, lab: Lab, kms: Any) -> None:
        source, target = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=target)
        assert "2026-01-05  ReEncrypt from key material 1" in lines(timeline(lab, source))
        assert "2026-01-05  ReEncrypt to key material 1" in lines(timeline(lab, target))

    def test_looking_costs_nothing_and_strangers_are_told(self, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        timeline(lab, key_id)
        assert lab.bill.requests == len(lab.trail) == 1
        with pytest.raises(KmslabError, match="The trail knows no key 'nobody'"):
            timeline(lab, "nobody")


def bring(kms: Any, key_id: str, plain: bytes, **options: Any) -> None:
    """Import key material."""
    given = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    wrapping_key = serialization.load_der_public_key(given["PublicKey"])
    assert isinstance(wrapping_key, RSAPublicKey)
    wrapped = wrapping_key.encrypt(plain, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    kms.import_key_material(KeyId=key_id, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **options)


def first_material(kms: Any, key_id: str) -> str:
    listed = kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    return str(listed[0]["KeyMaterialId"])
