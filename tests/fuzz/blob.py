"""Ciphertext blobs: any bytes to Decrypt, real blobs changed, and blobs put together anew.

A finding is a plaintext for anything but a blob that the Lab made, under its own encryption context, or another
plaintext than was encrypted; and bytes that are read as a blob and written otherwise.
"""

from __future__ import annotations

import functools
from typing import Any

from kmslab.keys import blob

from .served import Served, text_of
from .taking import Taking, claim, edited

_CONTEXTS: tuple[dict[str, str], ...] = ({}, {"a": "b"}, {"a": "b", "c": ""}, {"é": "\x00"})


class _Made:
    """Blobs, and what is in them."""

    def __init__(self) -> None:
        self.served = Served()
        kms, self.asked = self.served.lab.client("kms"), 0
        self.inside: dict[bytes, tuple[bytes, dict[str, str]]] = {}
        for key_id in (self.served.key_id, self.served.other_key_id):
            for context in _CONTEXTS:
                for plaintext in (b"x", b"words of some length", b"y" * 120):
                    made = kms.encrypt(KeyId=key_id, Plaintext=plaintext, EncryptionContext=context)
                    self.inside[made["CiphertextBlob"]] = plaintext, context
                data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)
                self.inside[data_key["CiphertextBlob"]] = data_key["Plaintext"], context
        self.blobs = list(self.inside)


@functools.cache
def _kept() -> list[_Made]:
    return [_Made()]


def prepare() -> None:
    """Make what is made once."""
    _kept()


def _made() -> _Made:
    made = _kept()[0]
    made.asked += 1
    if made.asked > 20_000:
        made = _kept()[0] = _Made()
    return made


def one(data: bytes) -> None:
    take, made = Taking(data), _made()
    how = take.below(4)
    base = take.one(made.blobs)
    context = take.one(_CONTEXTS)
    if how == 0:
        tried = take.rest()
    elif how == 1:
        tried = edited(base, take)
    elif how == 2:
        tried = _put_together(blob.parse(base), blob.parse(take.one(made.blobs)), take)
    else:
        other = take.one(made.blobs)
        tried = base[: take.below(len(base) + 1)] + other[take.below(len(other) + 1) :]
    _read(tried)
    named = take.one((None, made.served.key_id, made.served.other_key_id))
    members: dict[str, Any] = {"CiphertextBlob": text_of(tried), "EncryptionContext": context}
    if named:
        members["KeyId"] = named
    said = made.served.ask("Decrypt", members)
    if said.status == 200:
        plaintext, its_context = made.inside.get(tried, (None, None))
        claim(plaintext is not None, f"a blob that nobody made was decrypted: {tried.hex()}")
        claim(its_context == context, f"decrypted under another encryption context: {context}")
        claim(said.members["Plaintext"] == text_of(plaintext or b""), "another plaintext than was encrypted")
    elif tried in made.inside and context == made.inside[tried][1] and not named:
        claim(False, f"a blob that the Lab made is refused: {said.code}")
    else:
        claim(
            said.code in ("InvalidCiphertextException", "IncorrectKeyException", "ValidationException"),
            f"refused with {said.code}",
        )


def _read(data: bytes) -> None:
    try:
        found = blob.parse(data)
    except blob.MalformedBlobError:
        return
    claim(found.to_bytes() == data, f"read as a blob and written otherwise: {data.hex()}")
    at = 0
    for span in blob.layout(data):
        claim(span.start == at, "a gap in the layout")
        at += span.size
    claim(at == len(data), "bytes after the layout")


def _put_together(left: blob.Blob, right: blob.Blob, take: Taking) -> bytes:
    """A blob whose outline, length and checksum are right, of the parts of two, some of them changed."""
    material_id, nonce_of_key, nonce, sealed = (
        take.one((getattr(left, name), getattr(right, name)))
        for name in ("material_id", "derivation_nonce", "nonce", "sealed")
    )
    if take.chance(128):
        sealed = edited(sealed, take, most=2)
    elif take.chance(128):
        nonce = edited(nonce, take, most=1)[:12].ljust(12, b"\0")
    sealed = sealed.ljust(16, b"\0")
    head = blob.header(material_id, nonce_of_key, len(sealed) - 16, operation=take.one(("Encrypt", "GenerateDataKey")))
    return blob.Blob(head, nonce, sealed).to_bytes()
