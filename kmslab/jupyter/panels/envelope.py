"""Envelope encryption step by step: really done, with real calls, and after each step who holds what.

Going back only shows: what was called stays called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kmslab import Lab
from kmslab.envelope import message
from kmslab.jupyter import figures
from kmslab.jupyter.figures import Held, Stage
from kmslab.jupyter.panels.panel import (
    Panel,
    Said,
    announced,
    attempt,
    button,
    find_key,
    name_of,
    row,
    shown,
)

#: What is encrypted unless somebody brings something of their own.
DATA = b"Meet me at the night train, platform 9, at 23:55."

#: What Encrypt takes at most. Source: API Reference, Encrypt, Plaintext.
_DIRECT = 4096


class _Step(NamedTuple):
    """A step that can be taken.

    Attributes:
        title: What is done.
        told: What it means, in a sentence.
        take: Does it, and gives what was called.
    """

    title: str
    told: str
    take: Callable[[EnvelopePanel], str]


class EnvelopePanel(Panel):
    """The steps of envelope encryption, with Next and Back.

    Attributes:
        stages: How things stood at the beginning and after each step that was taken.
        at: Which of them is shown, from 0.
    """

    def __init__(
        self, lab: Lab, key: str, data: bytes | str = DATA, encryption_context: Mapping[str, str] | None = None
    ) -> None:
        """Lay out the panel; use `envelope`."""
        found = find_key(lab, key)
        super().__init__(lab, f"Envelope encryption under {name_of(found)} in {found.region}, step by step")
        self._key = found
        self._original = data.encode() if isinstance(data, str) else bytes(data)
        self.stages: list[Stage] = []
        self.at = 0
        self._trouble: tuple[str, ...] = ()
        self._given = {"EncryptionContext": dict(encryption_context)} if encryption_context else {}
        self._data_key = bytearray()
        self._told_shown, self._picture_shown = shown(), shown()
        self.lay_out(
            row(
                button("Next step", self.next, "Really take the next step, or show it if it was taken"),
                button("Back", self.back, "Show the step before; nothing is undone"),
                button("Start over", self.start_over, "Forget everything and begin again, with a new data key"),
            ),
            self._told_shown,
            self._picture_shown,
        )
        self.start_over()

    # --- the buttons ---

    def next(self) -> EnvelopePanel:
        """Take the next step, or show it if it was taken already."""
        self._trouble = ()
        if self.at < len(self.stages) - 1:
            self.at += 1
        elif self.at < len(_STEPS):
            self._trouble = attempt(self._taken).lines
        else:
            self._trouble = ("This is the last step. Start over takes them again, with a new data key.",)
        self._show()
        return self

    def back(self) -> EnvelopePanel:
        """Show the step before. Nothing is undone: what was called stays called."""
        self._trouble = ("There is nothing before the first step.",) if self.at == 0 else ()
        self.at = max(0, self.at - 1)
        self._show()
        return self

    def finish(self) -> EnvelopePanel:
        """Take all steps that are left, up to the first that KMS refuses."""
        while self.at < len(_STEPS):
            before = self.at
            if self.next().at == before:
                break
        return self

    def start_over(self) -> EnvelopePanel:
        """Forget data key and ciphertext, and begin again; calls that were made stay made."""
        self._forget()
        self._data: bytes | None = self._original
        self._encrypted_key = b""
        self._sealed: message.Sealed | None = None
        self._stored: tuple[bytes, message.Sealed] | None = None
        self._trouble = ()
        self.stages, self.at = [self._stage(_BEGINNING, "")], 0
        self._show()
        return self

    @property
    def figure(self) -> figures.Figure:
        """The steps that were taken, as a figure."""
        return figures.envelope(self.stages, self.title)

    # --- the steps ---

    def _taken(self) -> Said:
        step = _STEPS[self.at]
        called = step.take(self)
        self.stages.append(self._stage(step.title, called))
        self.at += 1
        return Said(())

    def _generate(self) -> str:
        reply = self.call(self._key.region, "generate_data_key", KeyId=self._key.arn, KeySpec="AES_256", **self._given)
        self._data_key, self._encrypted_key = bytearray(reply.pop("Plaintext")), reply["CiphertextBlob"]
        return "GenerateDataKey"

    def _encrypt(self) -> str:
        self._sealed = message.seal(self._data_key, self._data or b"")
        return ""

    def _throw_away(self) -> str:
        self._forget()
        self._data = None
        return ""

    def _store(self) -> str:
        assert self._sealed is not None  # noqa: S101 - the step before made it
        self._stored = (self._encrypted_key, self._sealed)
        self._encrypted_key, self._sealed = b"", None
        return ""

    def _ask_again(self) -> str:
        assert self._stored is not None  # noqa: S101 - the step before made it
        self._encrypted_key, self._sealed = self._stored
        reply = self.call(self._key.region, "decrypt", CiphertextBlob=self._encrypted_key, **self._given)
        self._data_key = bytearray(reply.pop("Plaintext"))
        return "Decrypt"

    def _decrypt(self) -> str:
        assert self._sealed is not None  # noqa: S101 - the step before read it
        self._data = message.unseal(self._data_key, self._sealed)
        self._forget()
        return ""

    def _forget(self) -> None:
        # Overwritten, as far as Python lets us; `envelope.keys` says how far that is.
        self._data_key[:] = bytes(len(self._data_key))
        self._data_key = bytearray()

    # --- what is shown ---

    def _stage(self, title: str, called: str) -> Stage:
        program = [
            Held("data", len(self._data), True) if self._data is not None else None,
            Held("data key", len(self._data_key), True) if self._data_key else None,
            Held("encrypted data key", len(self._encrypted_key)) if self._encrypted_key else None,
            *_sealed(self._sealed),
        ]
        disk = () if self._stored is None else (
            Held("encrypted data key", len(self._stored[0])), *_sealed(self._stored[1])
        )  # fmt: skip
        return Stage(title, tuple(each for each in program if each), (Held(_KMS_KEY, None),), disk, called)

    def _sentences(self) -> list[str]:
        stage = self.stages[self.at]
        meaning = _BEGINNING_TOLD if self.at == 0 else _STEPS[self.at - 1].told
        direct = -(-len(self._original) // _DIRECT)
        sent = "cannot be sent to Encrypt in one call" if direct > 1 else "would fit into one Encrypt, too"
        lines = [f"Step {self.at} of {len(_STEPS)}: {stage.title}. {meaning}"]
        if self.at == 0:
            lines.append(
                f"The data has {len(self._original):,} bytes and {sent}"
                + (f"; it would take {direct:,}." if direct > 1 else ".")
            )
        if self.at == len(_STEPS):
            same = "the same as at the beginning" if self._data == self._original else "NOT what it was"
            lines.append(f"The data is {same}.")
        return [*lines, *self._trouble, self.spent()]

    def _show(self) -> None:
        self._told_shown.value = announced(self._sentences())
        self._picture_shown.value = figures.envelope(self.stages[: self.at + 1], "Who holds what, so far").html()

    def lines(self) -> Sequence[str]:
        """The step that is shown, and who holds what after each step so far."""
        taken = figures.envelope(self.stages[: self.at + 1], "Who holds what, so far")
        return [*self._sentences(), "", taken.text]


def _sealed(sealed: message.Sealed | None) -> tuple[Held, ...]:
    if sealed is None:
        return ()
    return Held("nonce", len(sealed.nonce)), Held("encrypted data", len(sealed.ciphertext))


_KMS_KEY = "the KMS key"
_BEGINNING = "Data, and a KMS key"
_BEGINNING_TOLD = "Your program has data. The KMS key is in KMS and never leaves it."

#: What is done, in order.
_STEPS = (
    _Step(
        "Get a data key",
        "KMS makes a new data key and answers with it twice: in clear, and encrypted under the KMS key. It keeps "
        "neither.",
        EnvelopePanel._generate,
    ),
    _Step(
        "Encrypt the data",
        "Your program does this by itself, with AES-256-GCM. KMS sees nothing of it, whatever the size of the data.",
        EnvelopePanel._encrypt,
    ),
    _Step(
        "Throw the data key away",
        "The data key in clear goes, and the data too. From here on only KMS can open the encrypted data key.",
        EnvelopePanel._throw_away,
    ),
    _Step(
        "Store the rest",
        "All of it can lie side by side, anywhere: whoever takes the disk has a locked box and a locked key.",
        EnvelopePanel._store,
    ),
    _Step(
        "Get the data key back",
        "Later: your program reads the encrypted data key, and KMS decrypts it, if the caller may. There is a line "
        "in the trail.",
        EnvelopePanel._ask_again,
    ),
    _Step(
        "Decrypt the data",
        "Your program does this by itself again, and then forgets the data key.",
        EnvelopePanel._decrypt,
    ),
)


def envelope(
    lab: Lab, key: str, data: bytes | str = DATA, encryption_context: Mapping[str, str] | None = None
) -> EnvelopePanel:
    """A panel that takes the steps of envelope encryption one by one, with real calls to KMS.

    Args:
        lab: The Lab.
        key: A symmetric key of the Lab's account: its key id, ARN or alias.
        data: What is encrypted.
        encryption_context: The encryption context of the data key.

    Raises:
        KmslabError: there is no such key.
    """
    return EnvelopePanel(lab, key, data, encryption_context)
