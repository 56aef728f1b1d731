"""The KMS side of a scenario: keys, their replicas, aliases and grants.

A given id and given key material of origin AWS_KMS are what AWS has no call for: the id is planned where ids come from,
and the material takes the place of the one that CreateKey made, before anybody has used it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

from kmslab.authz.policy import default_key_policy
from kmslab.crypto.wrapping import wrap
from kmslab.errors import KmslabError
from kmslab.keys.imports import read_material
from kmslab.keys.inventory import KeyView
from kmslab.keys.key import Key
from kmslab.keys.specs import KEY_SPECS, SYMMETRIC_DEFAULT, KeySpec
from kmslab.scenario.given import material
from kmslab.scenario.parts import Part
from kmslab.scenario.stage import Stage, tags

# Takes every importable material. Source: API Reference, GetParametersForImport, WrappingAlgorithm.
_WRAPPING = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_2048"}


class MadeKey(NamedTuple):
    """A key of the file and what became of it.

    Attributes:
        account_id: Its account.
        key_id: Its id.
        key: What the file says of it.
        regions: What the file says of it in each Region where it was made now.
    """

    account_id: str
    key_id: str
    key: Part
    regions: dict[str, Part]


def make_key(stage: Stage, account_id: str, key: Part, present: KeyView | None) -> MadeKey:
    """Make a key and its replicas, unless it is there; without what `finish_key` does."""
    region = stage.names.region_of(key)
    if present is not None:
        for each, here in ({region: key} | dict(key.get("replicas").members())).items():
            store = stage.lab.world.find_store(account_id, each)
            if store is not None and store.key(present.key_id) is not None:
                _note(stage, account_id, each, here, present.key_id, made=False)
        return MadeKey(account_id, present.key_id, key, {})
    kms = stage.client(account_id, "kms", region)
    key_id = _create(stage, account_id, kms, key)
    regions = {region: key} | dict(key.get("replicas").members())
    with _let_in(stage, account_id, region, key_id) as made:
        if key.get("material").value is not None:
            if _is_imported(key):
                _import(stage, account_id, kms, key, key_id)
            else:
                _place_material(made, key)
        rotation = key.get("rotation")
        if rotation.value:
            days = {} if rotation.value is True else {"RotationPeriodInDays": rotation.value}
            stage.call(rotation, kms.enable_key_rotation, KeyId=key_id, **days)
        for each, here in list(regions.items())[1:]:
            stage.call(here, kms.replicate_key, KeyId=key_id, ReplicaRegion=each, **_settings(here))
    for each, here in regions.items():
        _note(stage, account_id, each, here, key_id, made=True)
    return MadeKey(account_id, key_id, key, regions)


def finish_key(stage: Stage, made: MadeKey) -> None:
    """Give a key that was made its aliases and grants in each of its Regions, and its replicas imported material.

    Disabling comes last: a disabled key takes no grants.
    """
    for region, here in made.regions.items():
        with _let_in(stage, made.account_id, region, made.key_id):
            _finish_in_region(stage, made, stage.client(made.account_id, "kms", region), here)


def _finish_in_region(stage: Stage, made: MadeKey, kms: Any, here: Part) -> None:
    if here is not made.key and _is_imported(made.key):
        _import(stage, made.account_id, kms, made.key, made.key_id)
    for alias in here.get("aliases").items():
        stage.call(alias, kms.create_alias, AliasName=alias.text, TargetKeyId=made.key_id)
    for grant in here.get("grants").items():
        stage.call(grant, kms.create_grant, KeyId=made.key_id, **_grant(stage, made.account_id, grant))
    if here.get("enabled").value is False:
        stage.call(here.get("enabled"), kms.disable_key, KeyId=made.key_id)


@contextmanager
def _let_in(stage: Stage, account_id: str, region: str, key_id: str) -> Iterator[Key]:
    """Within the block the key has the default key policy, so that the administrator may go on.

    A key policy may well not let the administrator make aliases or grants. It was checked when the key was created,
    and holds from the end of the block on.
    """
    store = stage.lab.world.store(account_id, region)
    key = store.key(key_id)
    if key is None:
        raise KmslabError(f"The key {key_id} was made in {region} and is not there.")
    policy, key.policy = key.policy, default_key_policy(account_id, region)
    try:
        yield key
    finally:
        key.policy = policy


def _spec(key: Part) -> KeySpec:
    return KEY_SPECS[key.get("spec").text or SYMMETRIC_DEFAULT]


def _is_imported(key: Part) -> bool:
    return key.get("origin").text == "EXTERNAL"


def _create(stage: Stage, account_id: str, kms: Any, key: Part) -> str:
    spec = _spec(key)
    members = {
        "KeySpec": spec.name,
        # Where a spec has one usage, nobody has to say it; AWS wants to be told.
        "KeyUsage": key.get("usage").text or next(iter(spec.algorithms)).value,
        "Origin": key.get("origin").text or "AWS_KMS",
        "MultiRegion": bool(key.get("multi_region").value or key.get("replicas").value),
    }
    with _given_ids(stage, account_id, key):
        made = stage.call(key, kms.create_key, **members, **_settings(key))
    return str(made["KeyMetadata"]["KeyId"])


@contextmanager
def _given_ids(stage: Stage, account_id: str, key: Part) -> Iterator[None]:
    """Within the block, the next key gets the given id, and the next key material an id that goes with it.

    A ciphertext names its key material by id. So that it can be decrypted in the next Lab too, where id and material
    are the same, the material's id has to be the same; it follows from account and key id, never from the material.
    """
    key_id = key.get("id").text
    with ExitStack() as plans:
        if key_id:
            plans.enter_context(stage.lab.ids.planned("key", key_id))
            if key.get("material").value is not None:
                material_id = sha256(f"kmslab {account_id} {key_id}".encode()).hexdigest()
                kind = "imported key material" if _is_imported(key) else "key material"
                plans.enter_context(stage.lab.ids.planned(kind, material_id))
        yield


def _settings(here: Part) -> dict[str, Any]:
    """What CreateKey and ReplicateKey both take."""
    settings: dict[str, Any] = {
        "Description": here.get("description").text,
        "Tags": tags(here, "TagKey", "TagValue"),
        "BypassPolicyLockoutSafetyCheck": bool(here.get("bypass_policy_lockout_safety_check").value),
    }
    if here.get("policy").value is not None:
        settings["Policy"] = json.dumps(here.get("policy").value)
    return settings


def _place_material(made: Key, key: Part) -> None:
    """Let a new key have the given material instead of the one it was made with; the material's id stays."""
    plain = material(key.get("material"), made.spec)
    made_with = made.current.material_id
    made.ring.place(made_with, read_material(made.spec, plain, made_with), None)


def _import(stage: Stage, account_id: str, kms: Any, key: Part, key_id: str) -> None:
    part = key.get("material")
    parameters = stage.call(part, kms.get_parameters_for_import, KeyId=key_id, **_WRAPPING)
    plain = material(part, _spec(key))
    wrapped = wrap(parameters["PublicKey"], plain, _WRAPPING["WrappingAlgorithm"])
    with _given_ids(stage, account_id, key):
        stage.call(
            part,
            kms.import_key_material,
            KeyId=key_id,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )


def _grant(stage: Stage, account_id: str, grant: Part) -> dict[str, Any]:
    members: dict[str, Any] = {
        "GranteePrincipal": stage.names.principal_arn(account_id, grant.get("grantee").text),
        "Operations": grant.get("operations").value,
    }
    if grant.get("retiring").text:
        members["RetiringPrincipal"] = stage.names.principal_arn(account_id, grant.get("retiring").text)
    if grant.get("name").text:
        members["Name"] = grant.get("name").text
    if grant.get("constraints").value is not None:
        members["Constraints"] = grant.get("constraints").value
    return members


def _note(stage: Stage, account_id: str, region: str, here: Part, key_id: str, *, made: bool) -> None:
    aliases = ", ".join(alias.text for alias in here.get("aliases").items())
    stage.note(account_id, "KMS key", aliases, made=made, region=region, item_id=key_id)
