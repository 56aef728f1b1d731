"""How operations declare themselves."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.authz.ask import Asker
from kmslab.authz.hearing import Caller
from kmslab.errors import InvalidArnException, ValidationException
from kmslab.ids import Ids
from kmslab.keys import use
from kmslab.keys.specs import KeyUsage
from kmslab.keys.store import World
from kmslab.operations import OPERATIONS
from kmslab.operations.registry import (
    Context,
    algorithm_of,
    alias_target_param,
    blob_param,
    key_param,
    operation,
    snake_case,
)
from kmslab.principals import make_root

CREATED = "2026-01-05"


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("KeyId", "key_id"),
        ("EncryptionContext", "encryption_context"),
        ("Limit", "limit"),
        ("XksKeyId", "xks_key_id"),
        ("CustomerMasterKeySpec", "customer_master_key_spec"),
        ("BypassPolicyLockoutSafetyCheck", "bypass_policy_lockout_safety_check"),
    ],
)
def test_names_in_python(member: str, name: str) -> None:
    assert snake_case(member) == snake_case(member) == name


def test_key_params() -> None:
    assert key_param("KeyId", aliases=True).refuse_alias is None
    refuse = key_param("KeyId").refuse_alias
    assert refuse is not None
    assert isinstance(refuse(), InvalidArnException)
    refuse_target = alias_target_param("TargetKeyId").refuse_alias
    assert refuse_target is not None
    assert isinstance(refuse_target(), ValidationException)


def test_the_algorithm_of_a_ciphertext() -> None:
    assert algorithm_of(blob_param(), {}) == "SYMMETRIC_DEFAULT"
    assert algorithm_of(blob_param(), {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}) == "RSAES_OAEP_SHA_1"
    source = blob_param("SourceKeyId", algorithm="SourceEncryptionAlgorithm")
    assert algorithm_of(source, {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}) == "SYMMETRIC_DEFAULT"


def test_registering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATIONS, "Try", None)

    @operation("Try", keys=[key_param("KeyId")], usage=KeyUsage.SIGN_VERIFY)
    def run(ctx: Any, key: Any, *, message: bytes) -> None:
        return None

    made = OPERATIONS["Try"]
    assert (made.name, made.run, made.usage) == ("Try", run, KeyUsage.SIGN_VERIFY)
    members = {"KeyId": "x", "Message": b"m", "GrantTokens": [], "DryRun": False, "DryRunModifiers": []}
    assert made.arguments(members) == {"message": b"m"}


def test_noting_key_material(new_key: Any) -> None:
    world = World()
    key, mac = new_key(), new_key("HMAC_256")
    root = make_root("123456789010", "us-east-1", Ids(1))
    asker = Asker(Caller(root, key.created), "us-east-1", lambda key: ())
    ctx = Context(world, world.store("123456789010", "us-east-1"), root, key.created, Ids(1), asker)
    blob = use.encrypt(key, b"x", "SYMMETRIC_DEFAULT", {})
    assert ctx.note_material("keyMaterialId", key, blob) == {}
    assert ctx.notes == {"keyMaterialId": key.current.material_id}
    assert ctx.note_material("again", key, blob, member="KeyMaterialId") == {"KeyMaterialId": key.current.material_id}
    assert ctx.note_material("mac", mac, b"", member="KeyMaterialId") == {}
    assert set(ctx.notes) == {"keyMaterialId", "again"}
