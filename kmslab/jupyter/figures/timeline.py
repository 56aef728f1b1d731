"""A key's life: what was done to it, how it stood, and under which key material each ciphertext was made.

Told from the trail, event by event; only today's row looks at the key itself. All rows have the same height, whether a
second or a year lies between them, so that a busy day can be read; the date stands in each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from kmslab import Call, Lab
from kmslab.errors import KmslabError
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, PALE, Drawing, Figure, cut

_WIDTH, _ROW, _TOP = 780, 24, 76
#: Where the columns begin.
_DATE, _STATE, _MATERIAL, _EVENT = 10, 96, 236, 400
_STATE_COLOURS = {"Enabled": GREEN, "Disabled": GREY}
#: Key materials take turns, so that it shows where one ends and the next begins. Each has its number beside it.
_MATERIAL_COLOURS = (BLUE, INK)
_DELETED = "deleted"
#: States without key material to encrypt with.
_EMPTY = (_DELETED, "PendingImport")


class _Row(NamedTuple):
    """Something that happened, and how the key stood after it."""

    when: datetime
    what: str
    state: str
    material: str


@dataclass(slots=True)
class _Life:
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

    def row(self, when: datetime, what: str) -> _Row:
        """What happened, with how the key stands now."""
        shown = f"{self.name(self.current)} ({self.current[:8]})" if self.current else ""
        return _Row(when, what, self.state, "" if self.state in _EMPTY else shown)


def timeline(lab: Lab, key: str) -> Figure:
    """A key's life from top to bottom, up to today: events, key states and key materials.

    Args:
        lab: Whose trail.
        key: A key id or key ARN. Of multi-Region keys with one id, the ARN tells which; the oldest unless it is given.

    Raises:
        KmslabError: the trail knows no such key.
    """
    arn = _arn(lab, key)
    life, rows = _Life(), []
    for call in lab.trail.events(key=arn).calls:
        told = _tell(life, call, arn)
        if told:
            rows.append(life.row(call.time, told))
    rows = [_merged(list(same)) for _, same in groupby(rows, key=lambda row: (row.when.date(), *row[1:]))]
    title = f"Life of key {arn.rpartition('/')[2]} in {arn.split(':')[3]}"
    return _draw(title, [*rows, _today(lab, life, arn)])


def _arn(lab: Lab, key: str) -> str:
    found = [used.arn for call in lab.trail.events(key=key).calls for used in call.keys]
    fitting = [arn for arn in found if arn == key or arn.endswith(f"/{key}")]
    if not fitting:
        raise KmslabError(f"The trail knows no key {key!r}. Give the id or the ARN of a key that was used in this Lab.")
    return fitting[0]


def _merged(rows: list[_Row]) -> _Row:
    first = rows[0]
    return first if len(rows) == 1 else first._replace(what=f"{first.what}, {len(rows)} times")


def _today(lab: Lab, life: _Life, arn: str) -> _Row:
    key = lab.inventory.get(arn)
    what = "today"
    if key is None:
        life.state, what = _DELETED, "today; the key does not exist"
    else:
        # What changes without an event of its own, such as the end of Creating and Updating.
        life.state = key.state
        if key.deletion_date is not None:
            what += f"; to be deleted on {key.deletion_date:%Y-%m-%d}"
    return life.row(lab.clock.now(), what)


# --- from an event to a sentence, and to how the key stands then ---


def _tell(life: _Life, call: Call, arn: str) -> str:
    """What the figure says about an event; nothing where it is not shown."""
    if call.region != arn.split(":")[3]:
        # A change of the primary Region names both keys, and has an event in each Region.
        return ""
    if call.error_code is not None:
        return f"{call.operation} refused: {call.error_code}" if call.operation in _USES else ""
    if call.operation in _USES:
        return _used(life, call, arn)
    return _EVENTS[call.operation](life, call) if call.operation in _EVENTS else ""


def _used(life: _Life, call: Call, arn: str) -> str:
    if call.operation == "ReEncrypt":
        return _re_encrypted(life, call, arn)
    material_id = call.notes.get("keyMaterialId")
    if material_id is None:
        return call.operation
    if not life.current and call.operation != "Decrypt":
        # A replica shows no key material while it is made.
        life.current = material_id
    return f"{call.operation} under {life.name(material_id)}"


def _re_encrypted(life: _Life, call: Call, arn: str) -> str:
    # Source and destination may be two keys; the figure is about one.
    told = ["ReEncrypt"]
    for way, note, used in (("from", "source", call.keys[0]), ("to", "destination", call.keys[-1])):
        material_id = call.notes.get(f"{note}KeyMaterialId")
        if used.arn == arn and material_id is not None:
            told.append(f"{way} {life.name(material_id)}")
    return " ".join(told)


def _created(life: _Life, call: Call) -> str:
    # KMS makes a replica in the caller's name; the event has no reply.
    metadata = call.reply.get("KeyMetadata")
    if metadata is None:
        return "created as a replica"
    life.state, life.current = metadata["KeyState"], metadata.get("CurrentKeyMaterialId", "")
    return "created"


def _switched(state: str, what: str) -> Callable[[_Life, Call], str]:
    def tell(life: _Life, call: Call) -> str:
        life.state = state
        return what

    return tell


def _rotated(life: _Life, call: Call) -> str:
    life.current = call.details["currentKeyMaterialId"]
    if call.details["keyOrigin"] == "EXTERNAL":
        life.needed.add(life.current)
    return f"KMS rotates it ({call.details['rotationType']})"


def _scheduled(life: _Life, call: Call) -> str:
    life.state = call.reply["KeyState"]
    return f"deletion scheduled, {call.reply['PendingWindowInDays']} days"


def _cancelled(life: _Life, call: Call) -> str:
    life.state = "Disabled" if life.needed <= set(life.imported) else "PendingImport"
    return "deletion cancelled"


def _imported(life: _Life, call: Call) -> str:
    material_id, date = call.reply["KeyMaterialId"], call.params.get("ValidTo")
    if not life.current:
        life.current = material_id
        life.needed.add(material_id)
    life.imported[material_id] = date
    if life.state == "PendingImport" and life.needed <= set(life.imported):
        life.state = "Enabled"
    return f"{life.name(material_id)} imported" + (f", valid to {date:%Y-%m-%d}" if date else "")


def _expired(life: _Life, call: Call) -> str:
    gone = [each for each, date in life.imported.items() if date is not None and date <= call.time]
    return _lost(life, gone, "expires")


def _taken_away(life: _Life, call: Call) -> str:
    return _lost(life, [each for each in life.imported if each == call.reply.get("KeyMaterialId")], "deleted")


def _lost(life: _Life, gone: list[str], how: str) -> str:
    for material_id in gone:
        del life.imported[material_id]
    if life.needed.intersection(gone) and not life.state.startswith("PendingDeletion"):
        life.state = "PendingImport"
    return ", ".join(f"{life.name(material_id)} {how}" for material_id in gone)


#: What is a use of the key.
_USES = frozenset(
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
_EVENTS: dict[str, Callable[[_Life, Call], str]] = {
    "CancelKeyDeletion": _cancelled,
    "CreateKey": _created,
    "DeleteExpiredKeyMaterial": _expired,
    "DeleteImportedKeyMaterial": _taken_away,
    "DeleteKey": _switched(_DELETED, "KMS deletes it"),
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


# --- drawing ---


def _draw(title: str, rows: list[_Row]) -> Figure:
    drawing = Drawing(_WIDTH, _TOP + _ROW * len(rows) + 10)
    drawing.text(_DATE, 24, cut(title, _WIDTH - 20, 15), size=15, bold=True)
    heads = ((_DATE, "Date"), (_STATE, "Key state"), (_MATERIAL, "Encrypts with"), (_EVENT, "What happened"))
    for x, head in heads:
        drawing.text(x, 52, head, bold=True)
    drawing.line(_DATE, 60, _WIDTH - 10, 60, stroke=GREY)
    lines, before = [title], _Row(rows[0].when, "", "", "")
    materials: list[str] = []
    for index, row in enumerate(rows):
        y = _TOP + _ROW * index
        if row.material and row.material not in materials:
            materials.append(row.material)
        if index % 2:
            drawing.box(_EVENT - 4, y - 6, _WIDTH - _EVENT - 6, _ROW, fill=PALE, stroke=PALE)
        drawing.text(_DATE, y + 10, f"{row.when:%Y-%m-%d}", size=12)
        drawing.text(_EVENT, y + 10, cut(row.what, _WIDTH - _EVENT - 14, 12), size=12)
        if row.state != _DELETED:
            _stripe(drawing, _STATE, y, _STATE_COLOURS.get(row.state, ORANGE))
        if row.material:
            _stripe(drawing, _MATERIAL, y, _MATERIAL_COLOURS[materials.index(row.material) % 2])
        if row.state != before.state:
            drawing.text(_STATE + 16, y + 10, cut(row.state, _MATERIAL - _STATE - 18, 12), size=12)
        if row.material and row.material != before.material:
            drawing.text(_MATERIAL + 16, y + 10, row.material.removeprefix("key "), size=12)
        lines.append(_sentence(row, before))
        before = row
    return drawing.figure(title, "\n".join(lines))


def _stripe(drawing: Drawing, x: float, y: float, colour: str) -> None:
    drawing.box(x, y - 6, 10, _ROW, fill=colour, stroke=colour)


def _sentence(row: _Row, before: _Row) -> str:
    told = [row.what]
    if row.state not in (before.state, _DELETED):
        told.append(row.state)
    if row.material and row.material != before.material:
        told.append(f"encrypts with {row.material}")
    return f"  {row.when:%Y-%m-%d}  {'; '.join(told)}"
