"""A key's life as events tell it: what each of them says, and how the key stood after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from kmslab import Call

DELETED = "deleted"
#: States without key material to encrypt with.
_EMPTY = (DELETED, "PendingImport")


class Row(NamedTuple):
    """Something that happened, and how the key stood after it.

    Attributes:
        when: When it happened, in UTC.
        what: What it was.
        state: The key's state after it.
        material: The key material that it encrypts with after it; empty for none.
        is_use: Whether it was a use of the key.
    """

    when: datetime
    what: str
    state: str
    material: str
    is_use: bool = False


@dataclass(slots=True)
class Life:
    """A key while its life is told.

    Attributes:
        state: Its key state.
        current: The id of the key material that encrypts; empty while there is none.
        numbers: The numbers of its key materials by their ids, in the order in which they appear.
        imported: The imported key materials that are here, each with the date at which it expires, or None.
        needed: The imported key materials without any of which the key is pending import.
    """

    state: str = "Enabled"
    current: str = ""
    numbers: dict[str, int] = field(default_factory=dict)
    imported: dict[str, datetime | None] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)

    def name(self, material_id: str) -> str:
        """`key material 2`; an id that was not met before gets the next number."""
        return f"key material {self.numbers.setdefault(material_id, len(self.numbers) + 1)}"

    def row(self, when: datetime, what: str, *, is_use: bool = False) -> Row:
        """What happened, with how the key stands now."""
        shown = f"{self.name(self.current)} ({self.current[:8]})" if self.current else ""
        return Row(when, what, self.state, "" if self.state in _EMPTY else shown, is_use)


# --- from an event to a sentence, and to how the key stands then ---


def tell(life: Life, call: Call, arn: str) -> str:
    """What the figure says about an event; nothing where it is not shown."""
    if call.region != arn.split(":")[3]:
        # A change of the primary Region names both keys, and has an event in each Region.
        return ""
    if call.error_code is not None:
        return f"{call.operation} refused: {call.error_code}" if call.operation in USES else ""
    if call.operation in USES:
        return _used(life, call, arn)
    return _EVENTS[call.operation](life, call) if call.operation in _EVENTS else ""


def _used(life: Life, call: Call, arn: str) -> str:
    if call.operation == "ReEncrypt":
        return _re_encrypted(life, call, arn)
    material_id = call.notes.get("keyMaterialId")
    if material_id is None:
        return call.operation
    if not life.current and call.operation != "Decrypt":
        # A replica shows no key material while it is made.
        life.current = material_id
    return f"{call.operation} under {life.name(material_id)}"


def _re_encrypted(life: Life, call: Call, arn: str) -> str:
    # Source and destination may be two keys; the figure is about one.
    told = ["ReEncrypt"]
    for way, note, used in (("from", "source", call.keys[0]), ("to", "destination", call.keys[-1])):
        material_id = call.notes.get(f"{note}KeyMaterialId")
        if used.arn == arn and material_id is not None:
            told.append(f"{way} {life.name(material_id)}")
    return " ".join(told)


def _created(life: Life, call: Call) -> str:
    # KMS makes a replica in the caller's name; the event has no reply.
    metadata = call.reply.get("KeyMetadata")
    if metadata is None:
        return "created as a replica"
    life.state, life.current = metadata["KeyState"], metadata.get("CurrentKeyMaterialId", "")
    return "created"


def _switched(state: str, what: str) -> Callable[[Life, Call], str]:
    def tell(life: Life, call: Call) -> str:
        life.state = state
        return what

    return tell


def _rotated(life: Life, call: Call) -> str:
    life.current = call.details["currentKeyMaterialId"]
    if call.details["keyOrigin"] == "EXTERNAL":
        life.needed.add(life.current)
    return f"KMS rotates it ({call.details['rotationType']})"


def _scheduled(life: Life, call: Call) -> str:
    life.state = call.reply["KeyState"]
    return f"deletion scheduled, {call.reply['PendingWindowInDays']} days"


def _cancelled(life: Life, call: Call) -> str:
    life.state = "Disabled" if life.needed <= set(life.imported) else "PendingImport"
    return "deletion cancelled"


def _imported(life: Life, call: Call) -> str:
    material_id, date = call.reply["KeyMaterialId"], call.params.get("ValidTo")
    if not life.current:
        life.current = material_id
        life.needed.add(material_id)
    life.imported[material_id] = date
    if life.state == "PendingImport" and life.needed <= set(life.imported):
        life.state = "Enabled"
    return f"{life.name(material_id)} imported" + (f", valid to {date:%Y-%m-%d}" if date else "")


def _expired(life: Life, call: Call) -> str:
    gone = [each for each, date in life.imported.items() if date is not None and date <= call.time]
    return _lost(life, gone, "expires")


def _taken_away(life: Life, call: Call) -> str:
    return _lost(life, [each for each in life.imported if each == call.reply.get("KeyMaterialId")], "deleted")


def _lost(life: Life, gone: list[str], how: str) -> str:
    for material_id in gone:
        del life.imported[material_id]
    if life.needed.intersection(gone) and not life.state.startswith("PendingDeletion"):
        life.state = "PendingImport"
    return ", ".join(f"{life.name(material_id)} {how}" for material_id in gone)


#: What is a use of the key.
USES = frozenset(
    {
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)

#: What the figure says about everything else that it shows.
_EVENTS: dict[str, Callable[[Life, Call], str]] = {
    "CancelKeyDeletion": _cancelled,
    "CreateKey": _created,
    "DeleteExpiredKeyMaterial": _expired,
    "DeleteImportedKeyMaterial": _taken_away,
    "DeleteKey": _switched(DELETED, "KMS deletes it"),
    "DisableKey": _switched("Disabled", "disabled"),
    "DisableKeyRotation": lambda life, call: "automatic rotation off",
    "EnableKey": _switched("Enabled", "enabled"),
    "EnableKeyRotation": lambda life, call: f"rotation every {call.params.get('RotationPeriodInDays', 365)} days",
    "ImportKeyMaterial": _imported,
    "ReplicateKey": lambda life, call: f"replicated to {call.params['ReplicaRegion']}",
    "RotateKey": _rotated,
    "RotateKeyOnDemand": lambda life, call: "rotation on demand",
    "ScheduleKeyDeletion": _scheduled,
    "UpdatePrimaryRegion": lambda life, call: f"primary is now {call.params['PrimaryRegion']}",
}
