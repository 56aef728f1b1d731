"""How an operation declares itself, and what it is given to work with.

Owns the `@operation` decorator, the kinds of parameter that stand for a key, and the `Context`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from sys import intern
from typing import Any

from msgspec import Struct

from kmslab.authz.ask import Asker
from kmslab.errors import AwsError, DryRunOperationException, InvalidArnException, ValidationException
from kmslab.ids import Ids
from kmslab.keys.blob import material_id_of
from kmslab.keys.key import Key
from kmslab.keys.specs import SYMMETRIC_DEFAULT, Family, KeyOrigin, KeyUsage
from kmslab.keys.store import RegionStore, World
from kmslab.keys.timers import Happening
from kmslab.principals import Principal

#: What an operation returns: AWS's member names and their values, or None where AWS answers with an empty body.
Reply = Mapping[str, Any] | None

#: Members that the front door uses up; no operation sees them.
_CONSUMED = frozenset({"GrantTokens", "DryRun", "DryRunModifiers"})


@dataclass(frozen=True, slots=True)
class KeyParam:
    """A member that names a KMS key; the operation receives the key.

    Attributes:
        member: The member, such as `KeyId`.
        refuse_alias: The error for an alias name or alias ARN; None where both are accepted.
        optional: Whether the member may be missing; the operation then receives None.
    """

    member: str
    refuse_alias: Callable[[], AwsError] | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class BlobParam:
    """A key that may be named, and otherwise is found in the ciphertext; the operation receives the key.

    Attributes:
        member: The member that may name the key, such as `SourceKeyId`.
        blob: The member with the ciphertext.
        algorithm: The member with the encryption algorithm.
    """

    member: str
    blob: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class AliasParam:
    """A member that names an existing alias; the operation receives the `Alias`, authorised together with its key."""

    member: str


@dataclass(frozen=True, slots=True)
class GrantParam:
    """A grant, named by its token, or by its key and its id; the operation receives the `Grant`.

    Attributes:
        member: The member with the grant id.
        token: The member with the grant token.
        key: The member that names the key.
    """

    member: str
    token: str
    key: str


@dataclass(frozen=True, slots=True)
class RelatedParam:
    """A Region in which a multi-Region key has a related key; the operation receives that key, or None."""

    member: str


Param = KeyParam | BlobParam | AliasParam | GrantParam | RelatedParam


def key_param(member: str, *, aliases: bool = False, optional: bool = False) -> KeyParam:
    """A member that names a KMS key, by key id or ARN, and with `aliases` by alias name or alias ARN too."""
    return KeyParam(member, None if aliases else InvalidArnException.no_aliases, optional)


def alias_target_param(member: str) -> KeyParam:
    """The key that an alias is to stand for."""
    return KeyParam(member, ValidationException.alias_of_alias)


def blob_param(
    member: str = "KeyId", blob: str = "CiphertextBlob", algorithm: str = "EncryptionAlgorithm"
) -> BlobParam:
    """A key named by `member`, or found in the ciphertext."""
    return BlobParam(member, blob, algorithm)


def alias_param(member: str = "AliasName") -> AliasParam:
    """A member that names an existing alias."""
    return AliasParam(member)


def grant_param() -> GrantParam:
    """A grant, named in either of the two ways of RetireGrant."""
    return GrantParam("GrantId", "GrantToken", "KeyId")


def related_param(member: str) -> RelatedParam:
    """The related key in the Region that `member` names, of the key that the member before it names."""
    return RelatedParam(member)


@dataclass(frozen=True, slots=True)
class Operation:
    """A registered operation.

    Attributes:
        name: AWS's name.
        run: The function: `run(ctx, *resolved, **members in snake_case)`.
        params: The members that stand for keys and aliases, in the order in which `run` takes them.
        usage: The KeyUsage that every key must have, or None.
        origins: The origins of key material that the operation takes; empty for all.
        new_alias: The member that names an alias which the operation creates, or None.
        check: What the members must fulfil together, before the key's usage and state are looked at, or None.
        asks: Whether it asks itself what somebody may do.
        consumed: The members that the front door uses up.
        without_alias: Those of `params` that take no alias.
        names_an_alias: Whether it is about an alias, existing or not.
        tells: Whether its reply is worth keeping: it changes something. Source: CloudTrail User Guide, "CloudTrail
            record contents": responseElements is null for actions that change nothing.
    """

    name: str
    run: Callable[..., Reply]
    params: tuple[Param, ...]
    usage: KeyUsage | None
    origins: tuple[KeyOrigin, ...]
    new_alias: str | None
    check: Callable[[Mapping[str, Any]], None] | None
    asks: bool
    consumed: frozenset[str] = field(repr=False)
    without_alias: tuple[KeyParam, ...] = field(repr=False)
    names_an_alias: bool
    tells: bool

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The members that the operation itself takes, under their Python names."""
        return {snake_case(name): value for name, value in params.items() if name not in self.consumed}


class Context(Struct, gc=False):
    """What an operation may use besides its keys: the world, the time, the caller, new ids.

    Attributes:
        world: Everything the Lab's KMS holds.
        store: The caller's account in the Region that was called.
        principal: Who calls.
        now: The simulated time, in UTC.
        ids: Where new ids come from.
        asker: Asks what the caller may do, for an operation that `asks`.
        notes: Ids worth logging that are in neither request nor reply, by CloudTrail's name for them.
        dry_run: Whether nothing may change.
        created: The key that the operation made, or None.
        happenings: What KMS did by itself in other places because of this call.
    """

    world: World
    store: RegionStore
    principal: Principal
    now: datetime
    ids: Ids
    asker: Asker | None
    dry_run: bool = False
    notes: dict[str, str] = {}
    created: Key | None = None
    happenings: list[Happening] = []

    @property
    def ask(self) -> Asker:
        """Asks what the caller may do.

        Raises:
            LookupError: the operation has not said that it asks.
        """
        if self.asker is None:
            raise LookupError("declare it with asks=True")
        return self.asker

    def end_of_checks(self) -> None:
        """Stop here when the caller only wanted to know: what comes next would change something.

        Raises:
            DryRunOperationException: DryRun is set, and nothing has spoken against the call.
        """
        if self.dry_run:
            raise DryRunOperationException.would_succeed()

    def note_material(self, name: str, key: Key, blob: bytes, *, member: str | None = None) -> dict[str, str]:
        """Log which key material was used, and show it in the reply where AWS does.

        Symmetric keys only, and not those in a custom key store.

        Args:
            name: CloudTrail's name, such as `keyMaterialId`.
            key: The key that was used.
            blob: The ciphertext that was made or read with it.
            member: The reply member that shows it too, or None.

        Returns:
            The reply member with its value, or nothing.
        """
        if key.spec.family is not Family.SYMMETRIC or key.key_store is not None:
            return {}
        # The same for every request with a key; kept once.
        material_id = intern(material_id_of(blob))
        self.notes[name] = material_id
        return {member: material_id} if member else {}


#: How operations begin that change nothing, besides those that use a key.
_READS = ("Describe", "Generate", "Get", "List")

#: Every operation that the Lab runs, by name.
OPERATIONS: dict[str, Operation] = {}

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def snake_case(member: str) -> str:
    """A member's name in Python: `EncryptionContext` becomes `encryption_context`."""
    return _WORD.sub("_", member).lower()


def operation(
    name: str,
    *,
    keys: Sequence[Param] = (),
    usage: KeyUsage | None = None,
    origins: Sequence[KeyOrigin] = (),
    new_alias: str | None = None,
    check: Callable[[Mapping[str, Any]], None] | None = None,
    asks: bool = False,
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register a function as the effect of the operation `name`.

    The function's keyword-only parameters are the operation's members in snake_case, less those that the front door
    uses up; a parameter without a default is a required member.
    """
    params = tuple(keys)

    def register(run: Callable[..., Reply]) -> Callable[..., Reply]:
        OPERATIONS[name] = Operation(
            name,
            run,
            params,
            usage,
            tuple(origins),
            new_alias,
            check,
            asks,
            consumed=_CONSUMED | {member for param in params for member in _members(param)},
            without_alias=tuple(each for each in params if isinstance(each, KeyParam) and each.refuse_alias),
            names_an_alias=new_alias is not None or any(isinstance(each, AliasParam) for each in params),
            tells=usage is None and not name.startswith(_READS),
        )
        return run

    return register


def _members(param: Param) -> tuple[str, ...]:
    if isinstance(param, RelatedParam):
        # The Region's name is the operation's to see as well: there may be no key in it.
        return ()
    return (param.member, param.token, param.key) if isinstance(param, GrantParam) else (param.member,)


def algorithm_of(param: BlobParam, params: Mapping[str, Any]) -> str:
    """The encryption algorithm that goes with a ciphertext; SYMMETRIC_DEFAULT unless the caller says otherwise."""
    return str(params.get(param.algorithm, SYMMETRIC_DEFAULT))
