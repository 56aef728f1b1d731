"""The anatomy of a ciphertext: its parts, whose it is, and what KMS says when somebody changes it.

Looking calls nothing. "Ask KMS to decrypt it" is a real Decrypt.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.jupyter import figures
from kmslab.jupyter.panels.panel import (
    Panel,
    Said,
    announced,
    attempt,
    button,
    choose_from,
    context_field,
    dropdown,
    heading,
    number,
    read_context,
    row,
    shown,
    told,
    write_context,
)

#: How many bytes of a part are shown.
_SHOWN = 48
_NOTHING = "nothing"


class _Change(NamedTuple):
    """Something that can be done to a ciphertext.

    Attributes:
        apply: Makes the changed ciphertext; takes it, and the number from the panel.
        told: What was done, as a sentence with room for the number and the part it lies in.
    """

    apply: Callable[[bytes, int], bytes]
    told: str


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


#: What can be done to the ciphertext before KMS is asked.
CHANGES: dict[str, _Change] = {
    _NOTHING: _Change(lambda data, _: data, "The ciphertext as it is."),
    "flip one bit of a byte": _Change(_flipped, "One bit of byte {0} is flipped; it is part of: {1}."),
    "keep the bytes before a byte": _Change(lambda data, place: data[:place], "Cut off before byte {0}, in: {1}."),
}

#: What the answers of Decrypt mean here.
_MEANINGS = {
    "InvalidCiphertextException": "KMS does not say what is wrong with a ciphertext: damaged, cut, or not this "
    "encryption context. The answer is the same for all, and without a message.",
    "AccessDeniedException": "The ciphertext is whole, and KMS does not say whether there is a key for it in this "
    "Region that the caller may not use, or none at all.",
}


class CiphertextPanel(Panel):
    """A ciphertext with its parts, and a Decrypt to try out on it."""

    def __init__(self, lab: Lab, blob: bytes | str, encryption_context: Mapping[str, str] | None = None) -> None:
        """Lay out the panel; use `ciphertext`."""
        self._anatomy = lab.dissect(blob)
        super().__init__(lab, f"Anatomy of a ciphertext of {self._anatomy.size:,} bytes")
        self.answered = Said(("nothing yet",))
        homes = [key.region for key in self._anatomy.keys]
        regions = list(dict.fromkeys([*homes, *lab.session().get_available_regions("kms")]))
        self._part = dropdown("Show the bytes of", [part.name for part in self._anatomy.parts], self._show_part)
        self._change = dropdown("Change", list(CHANGES))
        self._place = number("Byte", 0)
        self._context = context_field(encryption_context)
        self._region = dropdown("Ask KMS in", regions)
        self._part_shown, self._answer_shown = shown(), shown()
        self.lay_out(
            shown(announced(self._anatomy.summary)),
            shown(figures.ciphertext(lab, blob).html()),
            row(self._part),
            self._part_shown,
            shown(heading("Try it")),
            row(self._change, self._place),
            row(self._context, self._region),
            row(button("Ask KMS to decrypt it", self.decrypt, "A real Decrypt of the ciphertext, changed as chosen")),
            self._answer_shown,
        )
        self._show_part()
        self._show()

    def choose(
        self,
        change: str | None = None,
        byte: int | None = None,
        *,
        encryption_context: Mapping[str, str] | None = None,
        region: str | None = None,
        part: str | None = None,
    ) -> CiphertextPanel:
        """Fill in the panel from a cell; what is not given stays.

        Args:
            change: One of those in the list, such as `flip one bit of a byte`.
            byte: Which byte, from 0.
            encryption_context: The encryption context of the Decrypt.
            region: Which Region is asked.
            part: Whose bytes are shown, such as `tag`.

        Raises:
            KmslabError: not in the list.
        """
        for chooser, value in ((self._change, change), (self._region, region), (self._part, part)):
            choose_from(chooser, value)
        if byte is not None:
            self._place.value = byte
        if encryption_context is not None:
            self._context.value = write_context(encryption_context)
        return self

    def decrypt(self) -> CiphertextPanel:
        """Really ask KMS to decrypt the ciphertext, changed as chosen."""
        self.answered = attempt(self._answered)
        self._show()
        return self

    def _answered(self) -> Said:
        context, place = read_context(self._context.value), self._place.value
        change = CHANGES[self._change.value]
        part = "" if self._change.value == _NOTHING else self._anatomy.part_at(place).name
        done = change.told.format(place, part)
        given = {"EncryptionContext": context} if context else {}
        try:
            changed = change.apply(self._anatomy.data, place)
            reply = self.call(self._region.value, "decrypt", CiphertextBlob=changed, **given)
        except ClientError as error:
            means = _MEANINGS.get(error.response["Error"]["Code"])
            return Said((done, *told(error), *([means] if means else [])))
        size = len(reply["Plaintext"])
        return Said((done, f"KMS decrypted it: {size:,} bytes of plaintext, with {reply['KeyId']}."))

    def _show_part(self) -> None:
        part = next(each for each in self._anatomy.parts if each.name == self._part.value)
        data = self._anatomy.bytes_of(part)
        more = f" and {len(data) - _SHOWN} more" if len(data) > _SHOWN else ""
        # Not announced: a screen reader would read out every digit.
        self._part_shown.value = (
            f'<p style="line-height:1.4">Bytes {part.place}: {html.escape(part.meaning)}. Who reads it: {part.reader}.'
            f'<br><code style="overflow-wrap:anywhere">{data[:_SHOWN].hex(" ")}</code>{more}</p>'
        )

    def _show(self) -> None:
        self._answer_shown.value = announced([*self.answered.lines, self.spent()])

    def lines(self) -> Sequence[str]:
        """The parts, what is chosen, and what KMS answered."""
        place = "" if self._change.value == _NOTHING else f", byte {self._place.value}"
        return [
            repr(self._anatomy),
            "",
            f"Change: {self._change.value}{place}",
            f"Encryption context: {self._context.value or 'none'}",
            f"Ask KMS in: {self._region.value}",
            f"KMS said: {self.answered.text()}",
            self.spent(),
        ]


def ciphertext(lab: Lab, blob: bytes | str, encryption_context: Mapping[str, str] | None = None) -> CiphertextPanel:
    """A panel about a ciphertext: its bytes, its key, and a real Decrypt of it, changed as you like.

    Args:
        lab: The Lab.
        blob: The CiphertextBlob of Encrypt, ReEncrypt or GenerateDataKey, as bytes or as base64.
        encryption_context: What it was encrypted with; can be changed in the panel.

    Raises:
        KmslabError: it is no whole ciphertext of a symmetric key.
    """
    return CiphertextPanel(lab, blob, encryption_context)
