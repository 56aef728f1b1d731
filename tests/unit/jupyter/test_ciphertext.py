"""The anatomy of a ciphertext: the figure tells its parts, and the panel really asks KMS."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.ciphertext import CHANGES, CiphertextPanel

CONTEXT = {"tenant": "blue"}
BUTTON = "Ask KMS to decrypt it"


@pytest.fixture
def blob(kms: Any, make_key: Any) -> bytes:
    key_id = make_key()
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    return bytes(kms.encrypt(KeyId=key_id, Plaintext=b"hello world", EncryptionContext=CONTEXT)["CiphertextBlob"])


@pytest.fixture
def panel(lab: Lab, blob: bytes) -> CiphertextPanel:
    return panels.ciphertext(lab, blob, CONTEXT)


def test_the_figure(lab: Lab, blob: bytes, check_figure: Any, texts: Any, elements: Any) -> None:
    figure = figures.ciphertext(lab, blob)
    check_figure(figure)
    anatomy = lab.dissect(blob)
    for part in anatomy.parts:
        assert {part.name, part.place, part.reader} <= set(texts(figure))
        assert f"  {part.place}: {part.name}, {part.size} bytes; {part.reader}: {part.meaning}" in repr(figure)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in text for text in texts(figure)), "nothing is cut"
    # What only KMS reads has a second frame and words, not a colour alone.
    framed = [each for each in elements(figure, "rect") if each.attrib["fill"] == "none"]
    assert len(framed) == texts(figure).count("KMS alone") == 2
    assert blob.hex() not in figure.svg


def test_the_figure_of_large_and_small_ones(lab: Lab, kms: Any, make_key: Any, check_figure: Any) -> None:
    key_id = make_key()
    for size in (1, 4096):
        check_figure(figures.ciphertext(lab, kms.encrypt(KeyId=key_id, Plaintext=bytes(size))["CiphertextBlob"]))


def test_manners(panel: CiphertextPanel, check_manners: Any, blob: bytes) -> None:
    check_manners(panel)
    check_manners(panel.choose("flip one bit of a byte", 150).decrypt())
    for part in (blob[38:54], blob[-16:]):
        assert part.hex() not in repr(panel), "what is random is not in the text"


def test_looking_calls_nothing(lab: Lab, blob: bytes, find: Any) -> None:
    events = len(lab.trail)
    panel = panels.ciphertext(lab, base64.b64encode(blob).decode())
    find(panel, "Show the bytes of").value = "tag"
    assert len(lab.trail) == events
    assert "has not called KMS yet" in repr(panel)


def test_the_bytes_of_a_part(panel: CiphertextPanel, blob: bytes, find: Any, html_of: Any) -> None:
    assert "01 02 02 00 78" in html_of(panel)
    find(panel, "Show the bytes of").value = "tag"
    assert blob[-16:].hex(" ") in html_of(panel)


def test_decrypt_is_a_real_call(panel: CiphertextPanel, lab: Lab, find: Any, announced_by: Any) -> None:
    events = len(lab.trail)
    find(panel, BUTTON).click()
    assert [event["eventName"] for event in lab.trail[events:]] == ["Decrypt"]
    assert lab.trail[-1]["requestParameters"]["encryptionContext"] == CONTEXT
    assert "KMS decrypted it: 11 bytes of plaintext, with arn:aws:kms" in announced_by(panel)
    assert "has made 1 call to KMS: 0.000003 USD" in announced_by(panel)


def test_every_bit_counts(panel: CiphertextPanel, lab: Lab, blob: bytes, find: Any, announced_by: Any) -> None:
    find(panel, "Change").value = "flip one bit of a byte"
    for part in lab.dissect(blob).parts:
        find(panel, "Byte").value = part.start
        find(panel, BUTTON).click()
        assert f"byte {part.start} is flipped; it is part of: {part.name}." in announced_by(panel)
        assert "InvalidCiphertextException, without a message." in announced_by(panel)
        assert "The answer is the same for all" in announced_by(panel)
        assert lab.trail[-1]["errorCode"] == "InvalidCiphertextException"


def test_another_context_and_another_region(panel: CiphertextPanel, lab: Lab, find: Any) -> None:
    context = find(panel, "Encryption context")
    context.value = "tenant=red"
    assert panel.decrypt().answered.lines[1] == "InvalidCiphertextException, without a message."
    context.value = "tenant"
    events = len(lab.trail)
    assert panel.decrypt().answered.lines == ("An encryption context is written as name=value, name=value.",)
    assert len(lab.trail) == events
    panel.choose(encryption_context=CONTEXT, region="eu-west-1").decrypt()
    assert panel.answered.lines[1].startswith("AccessDeniedException: User: ")
    assert "The ciphertext is whole" in panel.answered.lines[2]
    assert lab.trail[-1]["awsRegion"] == "eu-west-1"
    assert panel.choose(region="us-east-1").decrypt().answered.lines[1].startswith("KMS decrypted it")


def test_cutting(panel: CiphertextPanel, lab: Lab, blob: bytes) -> None:
    panel.choose("keep the bytes before a byte", len(blob) - 1).decrypt()
    assert panel.answered.lines[:2] == (
        f"Cut off before byte {len(blob) - 1}, in: tag.", "InvalidCiphertextException, without a message.",
    )  # fmt: skip
    panel.choose(byte=0).decrypt()
    # boto3 sends it, and KMS says that there is nothing.
    assert panel.answered.lines[1].startswith("ValidationException: ")
    events = len(lab.trail)
    panel.choose(byte=len(blob)).decrypt()
    assert panel.answered.lines == (
        f"This ciphertext has the bytes 0 to {len(blob) - 1}; there is no byte {len(blob)}.",
    )
    assert len(lab.trail) == events


def test_a_key_that_is_gone(lab: Lab, kms: Any, blob: bytes) -> None:
    key_id = lab.dissect(blob).keys[0].key_id
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    panel = panels.ciphertext(lab, blob, CONTEXT).decrypt()
    assert panel.answered.lines[1].startswith("KMSInvalidStateException: ")
    lab.clock.advance(days=8)
    panel = panels.ciphertext(lab, blob, CONTEXT).choose(region="us-east-1").decrypt()
    assert "nobody here can decrypt it" in repr(panel)
    assert panel.answered.lines[1].startswith("AccessDeniedException: ")


def test_its_state_is_its_text(panel: CiphertextPanel) -> None:
    panel.choose("flip one bit of a byte", 140, part="tag")
    for line in ("Change: flip one bit of a byte, byte 140", "Encryption context: tenant=blue", "Ask KMS in: us-east-1",
                 "KMS said: nothing yet"):  # fmt: skip
        assert line in repr(panel).split("\n")
    assert "Change: nothing" in repr(panel.choose("nothing"))


def test_what_is_not_there_is_told(lab: Lab, panel: CiphertextPanel) -> None:
    with pytest.raises(KmslabError, match="There is no 'burn' here; there are " + ", ".join(CHANGES)):
        panel.choose("burn")
    with pytest.raises(KmslabError, match="no whole ciphertext"):
        panels.ciphertext(lab, b"something")
