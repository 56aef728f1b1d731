"""What is in a ciphertext blob, part by part, and which key it belongs to: for people, read without a call.

Simplified: AWS documents its ciphertexts as opaque and says nothing about their inside. What is told here is about the
blobs of kmslab, which have the outline and the sizes of AWS's; see `blob`.
"""

from __future__ import annotations

import base64
import binascii
import html
from dataclasses import dataclass
from typing import NamedTuple

from kmslab.errors import KmslabError
from kmslab.keys import blob
from kmslab.keys.inventory import KeyView, view_of
from kmslab.keys.store import World
from kmslab.tables import Table

ANYBODY, KMS_ALONE = "anybody", "KMS alone"

#: What each part is for, and who can make something of it.
_MEANINGS = {
    "version": ("says what made it, and in which format", ANYBODY),
    "key material id": ("names the key material: Decrypt finds the KMS key by it", ANYBODY),
    "marker": ("always the same", ANYBODY),
    "derivation nonce": ("random: makes the key of this one encryption out of the key material", ANYBODY),
    "length": ("how many bytes follow", ANYBODY),
    "CMS outline": ("names the cipher: AES-256 in GCM", ANYBODY),
    "nonce": ("random: the number that AES-GCM may use once", ANYBODY),
    "more CMS outline": ("how long the tag and the rest are", ANYBODY),
    "checksum": ("tells a damaged head from a foreign one; protects nothing", ANYBODY),
    "ciphertext": ("the plaintext, encrypted: as long as it was", KMS_ALONE),
    "tag": ("fits this ciphertext, this head, this key and this encryption context only", KMS_ALONE),
}  # fmt: skip

_SEALED_TWICE = "what KMS had encrypted, encrypted once more by the external key manager"


class Part(NamedTuple):
    """One part of a ciphertext blob.

    Attributes:
        name: What it is called.
        start: Its first byte, from 0.
        size: How many bytes it has.
        meaning: What it is for.
        reader: Who can make something of it: `anybody` or `KMS alone`.
    """

    name: str
    start: int
    size: int
    meaning: str
    reader: str

    @property
    def place(self) -> str:
        """Its first and its last byte, such as `5-36`; nothing where it is empty."""
        last = self.start + self.size - 1
        return "" if not self.size else str(self.start) if self.size == 1 else f"{self.start}-{last}"


@dataclass(frozen=True, repr=False)
class Anatomy:
    """A ciphertext blob, taken apart.

    Attributes:
        data: The blob itself.
        parts: What it consists of, from its first byte to its last.
        made_by: `Encrypt` (or ReEncrypt), or `GenerateDataKey`: the blob tells the two apart.
        plaintext_size: How many bytes were encrypted; None where an external key manager has encrypted it once more.
        material_id: The id of the key material it was made under.
        keys: The keys of the Lab that have this key material: one, several for related multi-Region keys, or none.
        material_number: Which of the key's key materials made it, from 1; None where there is no key.
        is_current: Whether that key material still is the one that encrypts.
    """

    data: bytes
    parts: tuple[Part, ...]
    made_by: str
    plaintext_size: int | None
    material_id: str
    keys: tuple[KeyView, ...]
    material_number: int | None
    is_current: bool

    @property
    def size(self) -> int:
        """Its bytes in all."""
        return len(self.data)

    def bytes_of(self, part: Part) -> bytes:
        """The bytes of one of its parts."""
        return self.data[part.start : part.start + part.size]

    @property
    def summary(self) -> tuple[str, ...]:
        """What it is and whose, in sentences."""
        inside = (
            "encrypted twice, by KMS and by an external key manager"
            if self.plaintext_size is None
            else f"{_count(self.plaintext_size, 'byte')} of plaintext and {self.size - self.plaintext_size} more"
        )
        made = "Encrypt or ReEncrypt" if self.made_by == "Encrypt" else self.made_by
        lines = [f"A ciphertext of {_count(self.size, 'byte')}: {inside}. Made by {made}."]
        if not self.keys:
            return (*lines, "No key of this Lab has its key material (any more): nobody here can decrypt it.")
        named = "; ".join(f"{key.arn}{_called(key)}, {key.state}" for key in self.keys)
        standing = "still encrypts" if self.is_current else "only decrypts by now"
        whose = "Its key" if len(self.keys) == 1 else "Its keys, related multi-Region keys"
        return (*lines, f"{whose}: {named}.", f"Made under key material {self.material_number}, which {standing}.")

    def part_at(self, place: int) -> Part:
        """The part that a byte belongs to.

        Raises:
            KmslabError: it has no such byte.
        """
        for part in self.parts:
            if part.start <= place < part.start + part.size:
                return part
        raise KmslabError(f"This ciphertext has the bytes 0 to {self.size - 1}; there is no byte {place}.")

    def table(self) -> Table:
        """The parts, one a row."""
        rows = [(part.place, str(part.size), part.name, part.reader, part.meaning) for part in self.parts]
        columns = ("Bytes", "Size", "Part", "Who can read it", "What it is for")
        return Table("What is in the ciphertext", columns, rows, frozenset({"Size"}))

    def __repr__(self) -> str:
        """The sentences and the table, as plain text."""
        return "\n".join([*self.summary, "", self.table().text()])

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(line)}</p>" for line in self.summary) + self.table().html()


def dissect(world: World, ciphertext: bytes | str) -> Anatomy:
    """Take a ciphertext apart.

    Args:
        world: Where its key may be.
        ciphertext: A ciphertext blob, as bytes or as base64.

    Raises:
        KmslabError: it is no whole ciphertext blob of a symmetric key.
    """
    data = _bytes(ciphertext)
    try:
        spans = blob.layout(data)
    except blob.MalformedBlobError:
        raise KmslabError(
            f"These {_count(len(data), 'byte')} are no whole ciphertext of a symmetric key. Give the CiphertextBlob of "
            "Encrypt, ReEncrypt or GenerateDataKey, undamaged; the ciphertext of an RSA key has no parts and names no "
            "key."
        ) from None
    material_id = blob.material_id_of(data)
    holders = [
        (key, tuple(store.alias_names(key)), entry)
        for store in world.stores
        for key in store.keys
        if (entry := key.ring.entry(material_id)) is not None
    ]
    twice = any(key.xks_key_id is not None for key, _, _ in holders)
    meanings = _MEANINGS | ({"ciphertext": (_SEALED_TWICE, KMS_ALONE)} if twice else {})
    number, is_current = None, False
    if holders:
        key, _, entry = holders[0]
        number, is_current = [each.material_id for each in key.ring].index(material_id) + 1, entry is key.ring.current
    return Anatomy(
        data=data,
        parts=tuple(Part(*span, *meanings[span.name]) for span in spans),
        made_by=blob.operation_of(data),
        plaintext_size=None if twice else next(span.size for span in spans if span.name == "ciphertext"),
        material_id=material_id,
        keys=tuple(view_of(key, aliases) for key, aliases, _ in holders),
        material_number=number,
        is_current=is_current,
    )


def _bytes(ciphertext: bytes | str) -> bytes:
    if isinstance(ciphertext, str):
        try:
            return base64.b64decode(ciphertext, validate=True)
        except binascii.Error:
            raise KmslabError("This text is no base64; give a CiphertextBlob as the AWS CLI prints it.") from None
    return bytes(ciphertext)


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _called(key: KeyView) -> str:
    return f" ({', '.join(key.aliases)})" if key.aliases else ""
