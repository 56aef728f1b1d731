"""What must hold of KMS keys, for `test_state_machine`: a small model, written from AWS's documentation.

It knows neither the Lab nor boto3. What each operation answers in which key state it reads from the transcription of
AWS's own table in `tests/vectors`, and not from the Lab's table. Related keys hold their key materials and their
rotation together, as the guide says of multi-Region keys; a single-Region key is alone in its family.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ACCOUNT = "123456789010"

#: How long one request takes in a standing Lab, and how long what KMS does after its answer.
TICK, SETTLING = timedelta(milliseconds=10), timedelta(milliseconds=50)

_VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "key_states.json").read_text())

_USAGES = {
    "ENCRYPT_DECRYPT": (
        "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    ),
    "SIGN_VERIFY": ("Sign", "Verify"),
    "GENERATE_VERIFY_MAC": ("GenerateMac", "VerifyMac"),
    "KEY_AGREEMENT": ("DeriveSharedSecret",),
    "ENCAPSULATE_DECAPSULATE": ("Encapsulate", "Decapsulate"),
}  # fmt: skip
_USAGE_OF = {operation: usage for usage, operations in _USAGES.items() for operation in operations}

#: The one origin of the operations that are for one origin only.
_ORIGIN_OF = {
    "EnableKeyRotation": "AWS_KMS",
    "DisableKeyRotation": "AWS_KMS",
    "GetParametersForImport": "EXTERNAL",
    "ImportKeyMaterial": "EXTERNAL",
    "DeleteImportedKeyMaterial": "EXTERNAL",
}

#: Error codes that may come, each with its text where that is known.
Refusals = dict[str, str | None]


@dataclass(eq=False)
class Material:
    """A key material. `secret` is what was imported; `material_id` is learnt when the Lab first shows it."""

    standing: str = "CURRENT"
    secret: bytes | None = None
    rotated: datetime | None = None
    rotation_type: str | None = None
    material_id: str | None = None

    @property
    def belongs(self) -> bool:
        return self.standing != "WAITING"

    def is_shown_as(self, material_id: str) -> bool:
        """Whether the Lab calls it that, as it did before."""
        self.material_id = self.material_id or material_id
        return self.material_id == material_id


@dataclass(eq=False)
class Family:
    """Related keys: what they have in common."""

    primary_region: str
    multi_region: bool
    origin: str
    members: dict[str, ModelKey] = field(default_factory=dict)
    materials: list[Material] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)
    period: int | None = None
    next_rotation: datetime | None = None
    on_demand_count: int = 0
    on_demand_started: datetime | None = None

    @property
    def current(self) -> Material:
        return next(each for each in self.materials if each.standing == "CURRENT")

    @property
    def waiting(self) -> Material | None:
        return next((each for each in self.materials if not each.belongs), None)

    @property
    def is_staged(self) -> bool:
        """Whether new imported material is in every related key."""
        return self.waiting is not None and all(self.waiting in key.imported for key in self.members.values())


@dataclass(eq=False)
class ModelKey:
    """One KMS key in one Region."""

    key_id: str
    region: str
    spec: str
    usage: str
    family: Family
    description: str
    policy: str = ""
    alive: bool = True
    enabled: bool = True
    window: int | None = None
    delete_at: datetime | None = None
    busy: tuple[str, datetime] | None = None
    imported: dict[Material, datetime | None] = field(default_factory=dict)
    parameters: tuple[bytes, bytes, datetime] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    public_key: bytes | None = None
    last_use: tuple[str, datetime] | None = None

    def __repr__(self) -> str:
        return f"<{self.spec} {self.key_id[:8]} {self.region} {self.state if self.alive else 'gone'}>"

    @property
    def arn(self) -> str:
        return f"arn:aws:kms:{self.region}:{ACCOUNT}:key/{self.key_id}"

    @property
    def is_symmetric(self) -> bool:
        return self.spec == "SYMMETRIC_DEFAULT"

    @property
    def is_external(self) -> bool:
        return self.family.origin == "EXTERNAL"

    @property
    def kind(self) -> str:
        return self.spec[:4] if self.is_symmetric or self.spec.startswith("HMAC") else "asymmetric"

    @property
    def is_primary(self) -> bool:
        return self.family.primary_region == self.region

    @property
    def is_replica(self) -> bool:
        return not self.is_primary

    @property
    def is_complete(self) -> bool:
        belonging = [each for each in self.family.materials if each.belongs]
        return bool(belonging) and (not self.is_external or all(each in self.imported for each in belonging))

    @property
    def state(self) -> str:
        if self.window is not None:
            return "PendingDeletion" if self.delete_at else "PendingReplicaDeletion"
        if self.busy is not None:
            return self.busy[0]
        if not self.is_complete:
            return "PendingImport"
        return "Enabled" if self.enabled else "Disabled"

    def refusals(self, operation: str) -> Refusals:
        """What every operation checks of its key, in AWS's order; empty if nothing speaks against it."""
        if not self.alive:
            return {"NotFoundException": f"Key '{self.arn}' does not exist"}
        if _USAGE_OF.get(operation, self.usage) != self.usage:
            return {
                "InvalidKeyUsageException": f"{self.arn} key usage is {self.usage} which is not valid for {operation}."
            }
        if _ORIGIN_OF.get(operation, self.family.origin) != self.family.origin:
            text = f"{self.arn} origin is {self.family.origin} which is not valid for this operation."
            return {"UnsupportedOperationException": text}
        return self.state_refusals(operation)

    def state_refusals(self, operation: str) -> Refusals:
        """What the operation answers in the key's state."""
        cell = str(_VECTORS["states"][operation][self.state])
        # Of two outcomes the second is about keys of other kinds, but for these two footnotes.
        outcome = cell.split("|")[-1 if "[2or3]" in cell or "[10]" in cell else 0]
        if outcome in ("ok", "n/a"):
            return {}
        code, notes = re.fullmatch(r"(\w+)\[(.+)]", outcome).groups()  # type: ignore[union-attr]
        text = (
            "<key ARN> is pending deletion." if notes in ("2or3", "10") else _VECTORS["footnotes"][notes.split(",")[0]]
        )
        text = text.removeprefix(f"{code}: ").split(". For ")[0].rstrip(".") + "."
        return {code: text.replace("<key ARN>", self.arn)}


class Model:
    """All keys and aliases of one account, and the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.keys: list[ModelKey] = []
        self.aliases: dict[tuple[str, str], ModelKey] = {}
        #: What the trail must show next: the name of each event and its Region.
        self.events: list[tuple[str, str]] = []

    @property
    def living(self) -> list[ModelKey]:
        return [key for key in self.keys if key.alive]

    def add(self, key: ModelKey) -> ModelKey:
        self.keys.append(key)
        key.family.members[key.region] = key
        return key

    def names_of(self, key: ModelKey) -> tuple[str, ...]:
        return tuple(sorted(name for (_, name), target in self.aliases.items() if target is key))

    def pass_time(self, step: timedelta) -> None:
        """Let time pass, and everything happen that falls due, in the order in which it does."""
        self.now += step
        while due := [each for each in self._due() if each[0] <= self.now]:
            when, happen = min(due, key=lambda each: each[0])
            happen(when)

    def _due(self) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        for key in self.living:
            if key.delete_at is not None:
                yield key.delete_at, partial(self._delete, key)
            if key.busy is not None:
                yield key.busy[1], partial(_rest, key)
            for material, until in key.imported.items():
                if until is not None:
                    yield until, partial(self._expire, key, material)
            if not key.is_primary:
                continue
            family = key.family
            if family.next_rotation is not None and key.state in ("Enabled", "Updating"):
                yield family.next_rotation, partial(self._rotate_as_scheduled, family)
            if family.on_demand_started is not None:
                yield family.on_demand_started + SETTLING, partial(self._rotate_on_demand, family)

    def _delete(self, key: ModelKey, when: datetime) -> None:
        key.alive, key.delete_at = False, None
        key.grants.clear()
        del key.family.members[key.region]
        for name in self.names_of(key):
            del self.aliases[key.region, name]
        self.events.append(("DeleteKey", key.region))
        primary = key.family.members.get(key.family.primary_region)
        if primary is not None and primary.window is not None and len(key.family.members) == 1:
            primary.delete_at = when + timedelta(days=primary.window)

    def _expire(self, key: ModelKey, material: Material, when: datetime) -> None:
        lose(key, material)
        self.events.append(("DeleteExpiredKeyMaterial", key.region))

    def _rotate_as_scheduled(self, family: Family, when: datetime) -> None:
        family.next_rotation = when + timedelta(days=family.period or 0)
        material = Material("WAITING")
        family.materials.append(material)
        self._rotate(family, material, when, "AUTOMATIC")

    def _rotate_on_demand(self, family: Family, when: datetime) -> None:
        family.on_demand_started = None
        if family.origin == "AWS_KMS":
            family.materials.append(Material("WAITING"))
        elif not family.is_staged:
            return
        assert family.waiting is not None
        self._rotate(family, family.waiting, when, "ON_DEMAND")

    def _rotate(self, family: Family, material: Material, when: datetime, rotation_type: str) -> None:
        family.current.standing = "NON_CURRENT"
        material.standing, material.rotated, material.rotation_type = "CURRENT", when, rotation_type
        self.events += [("RotateKey", region) for region in family.members]


def _rest(key: ModelKey, when: datetime) -> None:
    key.busy = None


def lose(key: ModelKey, material: Material) -> None:
    """Imported material goes; what only waited goes from all related keys when it goes from the primary."""
    if material.belongs or key.is_replica:
        key.imported.pop(material, None)
        return
    key.family.materials.remove(material)
    for each in key.family.members.values():
        each.imported.pop(material, None)


def refusals(*given: tuple[Any, str]) -> Refusals:
    """The codes whose condition holds; where several do, their order is not documented, and any may come."""
    return {code: None for holds, code in given if holds}
