"""The key ring of one KMS key: every key material it has had, which one is current, and which are really here.

Owns the order and standing of key materials. Does not decide when a key rotates (`keys.rotation`) and does not import
(`keys.imports`). A ring belongs to one key in one Region; related multi-Region keys have rings of their own with the
same `KeyMaterial` objects in them.

Source: KMS Developer Guide, "Rotate AWS KMS keys" and "Importing key material"; the model, KeyMaterialState.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from kmslab.keys.material import KeyMaterial


class MaterialState(StrEnum):
    """How a key material stands: only CURRENT encrypts, NON_CURRENT still decrypts, the others do neither yet."""

    NON_CURRENT = "NON_CURRENT"
    CURRENT = "CURRENT"
    PENDING_ROTATION = "PENDING_ROTATION"
    PENDING_MULTI_REGION_IMPORT_AND_ROTATION = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"

    @property
    def is_permanent(self) -> bool:
        """Whether the material belongs to the key for good: without it the key is pending import."""
        return self in (MaterialState.CURRENT, MaterialState.NON_CURRENT)


class RotationType(StrEnum):
    """What made a key material current."""

    AUTOMATIC = "AUTOMATIC"
    ON_DEMAND = "ON_DEMAND"


@dataclass(slots=True, eq=False)
class RingEntry:
    """One key material of a key.

    Attributes:
        material_id: 64 hexadecimal digits, AWS's KeyMaterialId.
        material: The material; None while imported material is not here (not yet imported, deleted or expired).
        state: How it stands.
        rotated: When it became current, in UTC; None for the first one and while it waits.
        rotation_type: What made it current; None where `rotated` is.
        fingerprint: What recognises imported material when it is imported again; empty for material KMS made.
        valid_to: When imported material expires, in UTC; None when it does not.
        description: What the importer wrote about it.
    """

    material_id: str
    material: KeyMaterial | None
    state: MaterialState = MaterialState.CURRENT
    rotated: datetime | None = None
    rotation_type: RotationType | None = None
    fingerprint: bytes = field(default=b"", repr=False)
    valid_to: datetime | None = None
    description: str = ""


class KeyRing:
    """The key materials of one key, oldest first.

    Attributes:
        current: The entry that encrypts; None until material was first imported.
        is_complete: Whether every material that belongs to the key is here. A key whose ring is not complete is pending
            import. Source: KMS Developer Guide, "Importing key material": deleting or losing any one of them is enough.
    """

    __slots__ = ("_by_id", "current", "is_complete")

    current: RingEntry | None
    is_complete: bool

    def __init__(self, *entries: RingEntry) -> None:
        """Start with `entries`; none for a key whose material is still to be imported."""
        self._by_id = {entry.material_id: entry for entry in entries}
        self._settle()

    @classmethod
    def of(cls, material: KeyMaterial) -> KeyRing:
        """A new ring with one current material."""
        return cls(RingEntry(material.material_id, material))

    def copy(self, *, with_material: bool) -> KeyRing:
        """A ring of the same entries for a related key, with the materials or without."""
        if with_material:
            return KeyRing(*(replace(entry) for entry in self))
        return KeyRing(*(replace(entry, material=None, valid_to=None) for entry in self))

    def __iter__(self) -> Iterator[RingEntry]:
        """The entries, oldest first."""
        return iter(self._by_id.values())

    def __len__(self) -> int:
        """How many key materials there are, those that wait included."""
        return len(self._by_id)

    @property
    def waiting(self) -> RingEntry | None:
        """The entry that waits for its rotation, or None. There is never more than one."""
        return next((entry for entry in self if not entry.state.is_permanent), None)

    def entry(self, material_id: str) -> RingEntry | None:
        """The entry with this material id, or None."""
        return self._by_id.get(material_id)

    def find(self, material_id: str) -> KeyMaterial | None:
        """The material with this id that may decrypt; None when it is not here or still waits."""
        entry = self._by_id.get(material_id)
        return entry.material if entry is not None and entry.state.is_permanent else None

    def recognise(self, is_it: Callable[[bytes], bool]) -> RingEntry | None:
        """The entry of imported material whose fingerprint `is_it` accepts, or None."""
        return next((entry for entry in self if entry.fingerprint and is_it(entry.fingerprint)), None)

    def add(self, entry: RingEntry) -> None:
        """Put a new entry at the end."""
        self._by_id[entry.material_id] = entry
        self._settle()

    def place(self, material_id: str, material: KeyMaterial, valid_to: datetime | None) -> None:
        """Put imported material where its entry is."""
        entry = self._by_id[material_id]
        entry.material, entry.valid_to = material, valid_to
        self._settle()

    def empty(self, material_id: str) -> None:
        """Lose imported material; its entry stays, for the same material to come back."""
        entry = self._by_id[material_id]
        entry.material, entry.valid_to = None, None
        self._settle()

    def forget(self, material_id: str) -> None:
        """Lose imported material that only waited, and its entry."""
        del self._by_id[material_id]

    def rotate_to(self, material_id: str, when: datetime, rotation_type: RotationType) -> None:
        """Make an entry the current one; the one before becomes non-current and still decrypts."""
        if self.current is not None:
            self.current.state = MaterialState.NON_CURRENT
        entry = self._by_id[material_id]
        entry.state, entry.rotated, entry.rotation_type = MaterialState.CURRENT, when, rotation_type
        self._settle()

    def _settle(self) -> None:
        # Looked at on every request, changed once in a while.
        self.current, is_complete = None, True
        for entry in self._by_id.values():
            if entry.state is MaterialState.CURRENT:
                self.current = entry
            if entry.material is None and entry.state.is_permanent:
                is_complete = False
        self.is_complete = is_complete and self.current is not None
