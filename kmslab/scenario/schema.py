"""What a scenario file may hold, as a JSON schema. What AWS fixes comes from botocore's model and from the tables.

`description` completes the sentence "write ..."; `writeOnly` marks what is secret and is never shown. What hangs
together across the file, such as a group and its users, is not here but in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from kmslab.keys.specs import KEY_SPECS
from kmslab.wire import model

Schema = dict[str, Any]

#: Where a key's material may come from here. Keys in custom key stores need what no file can hold: a cluster, a proxy.
ORIGINS = ("AWS_KMS", "EXTERNAL")

KEY_ID = r"^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$"


def _text(want: str, pattern: str | None = None, longest: int | None = None, **more: Any) -> Schema:
    limits = {"pattern": pattern, "maxLength": longest}
    return {"type": "string", "description": want, **{key: each for key, each in limits.items() if each}, **more}


def _enum(values: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(values), "description": f"one of {', '.join(values)}"}


def _list(item: Schema, want: str) -> Schema:
    return {"type": "array", "items": item, "description": want}


def _object(members: Mapping[str, Schema], *required: str, want: str = "members, each with its name") -> Schema:
    return {
        "type": "object",
        "properties": dict(members),
        "required": list(required),
        "additionalProperties": False,
        "description": want,
    }


def _named(names: Schema, values: Schema, want: str) -> Schema:
    return {"type": "object", "propertyNames": names, "additionalProperties": values, "description": want}


def _one_of(members: Mapping[str, Schema], want: str) -> Schema:
    return {**_object(members, want=want), "minProperties": 1, "maxProperties": 1}


_BOOL: Schema = {"type": "boolean", "description": "true or false"}
_ANY: Schema = {}
_TEXTS: Schema = {
    "type": ["string", "array"],
    "items": {"type": "string", "description": "a text"},
    "description": "a text, or a list of texts",
}

# Source: IAM API Reference, CreateUser, CreateRole, CreateGroup, CreatePolicy.
_NAME = _text("1 to 64 letters, digits or _+=,.@-", r"^[A-Za-z0-9_+=,.@-]{1,64}$")
_POLICY_NAME = _text("1 to 128 letters, digits or _+=,.@-", r"^[A-Za-z0-9_+=,.@-]{1,128}$")

# Source: API Reference, Tag. YAML reads `2026` and `true` as no text.
_TAGS = _named(
    _text("a tag key of 1 to 128 characters", r"^[\s\S]{1,128}$"), _text("a text", longest=256), "tag values by tag key"
)


def _statement(*principal: str) -> Schema:
    members = {
        "Sid": _text("a text"),
        "Effect": _enum(("Allow", "Deny")),
        "Action": _TEXTS,
        "NotAction": _TEXTS,
        "Condition": {"type": "object", "description": "condition keys by operator"},
    }
    who: Schema = {
        "type": ["string", "object"],
        "additionalProperties": _TEXTS,
        "description": '"*", or ARNs under AWS, Service or Federated',
    }
    return _object(members | {name: who if "Principal" in name else _TEXTS for name in principal}, "Effect")


def _policy(*principal: str) -> Schema:
    statement = _statement(*principal)
    members = {
        "Version": _enum(("2012-10-17", "2008-10-17")),
        "Id": _text("a text"),
        # One statement may stand without the list.
        "Statement": {**statement, "type": ["array", "object"], "items": statement, "description": "a list"},
    }
    return _object(members, "Statement", want="a policy document, or {file: NAME} for one in a file beside this one")


_IDENTITY_POLICY = _policy("Resource", "NotResource")
_TRUST_POLICY = _policy("Principal", "NotPrincipal")
_KEY_POLICY = _policy("Principal", "NotPrincipal", "Resource", "NotResource")

_POLICIES: Mapping[str, Schema] = {
    "policies": _named(_POLICY_NAME, _IDENTITY_POLICY, "inline policies by name"),
    "managed_policies": _list(
        _text("the ARN of a managed policy, or its name", r"^[A-Za-z0-9_+=,.@:/-]+$"), "a list of managed policies"
    ),
}

_ACCESS_KEY: Schema = {
    **_object(
        {
            "id": _text("16 to 128 letters, digits or _, such as AKIAIOSFODNN7EXAMPLE", r"^[A-Za-z0-9_]{16,128}$"),
            "secret": _text("16 to 128 characters without spaces", r"^[!-~]{16,128}$", writeOnly=True),
        },
        "id",
        "secret",
        want="{id: ..., secret: ...}, or `false` for none",
    ),
    "type": ["object", "boolean"],
}

_USER = _object({"access_key": _ACCESS_KEY, "groups": _list(_NAME, "a list of groups"), "tags": _TAGS, **_POLICIES})
_GROUP = _object(_POLICIES)
_ROLE = _object({"trust": _TRUST_POLICY, "description": _text("a text", longest=1000), "tags": _TAGS, **_POLICIES})

_MATERIAL = _one_of(
    {
        name: _text(want, writeOnly=True)
        for name, want in {
            "base64": "base64 of the key material",
            "hex": "hexadecimal digits of the key material",
            "pem": "a PEM block of a private key, after a `|`",
            "file": "the name of a file beside this one",
        }.items()
    },
    "one of base64, hex, pem and file",
)


@cache
def schema() -> Schema:
    """The schema of a scenario file."""
    accounts = _named(_text("12 digits in quotes", r"^[0-9]{12}$"), _account(), "accounts by id")
    members = {
        "version": {"enum": [1], "description": "1"},
        "description": _text("a text"),
        "region": _region(),
        "record": _BOOL,
        "accounts": {**accounts, "minProperties": 1},
    }
    return _object(members, "version", "region", "accounts")


def _region() -> Schema:
    return {"type": "string", "enum": sorted(model.regions()), "description": "a Region, such as us-east-1"}


def _account() -> Schema:
    return {
        **_object(
            {
                "managed_policies": _named(_POLICY_NAME, _IDENTITY_POLICY, "customer managed policies by name"),
                "groups": _named(_NAME, _nullable(_GROUP), "groups by name"),
                "users": _named(_NAME, _nullable(_USER), "users by name"),
                "roles": _named(_NAME, _nullable(_ROLE), "roles by name"),
                "keys": _list(_key(), "a list of KMS keys"),
                "buckets": _list(_bucket(), "a list of buckets"),
            }
        ),
        "type": ["object", "null"],
    }


def _nullable(one: Schema) -> Schema:
    return {**one, "type": ["object", "null"]}


def _aliases() -> Schema:
    # The model's pattern is wider. Source: API Reference, CreateAlias, AliasName.
    return _list(_text("a name such as alias/app", r"^alias/[A-Za-z0-9/_-]{1,250}$"), "a list of aliases")


def _grant() -> Schema:
    context = _named(_text("a text"), _text("a text"), "an encryption context")
    constraints = _one_of(
        {"EncryptionContextEquals": context, "EncryptionContextSubset": context}, "one constraint with its context"
    )
    return _object(
        {
            "name": _text("1 to 256 letters, digits or :/_-", r"^[A-Za-z0-9:/_-]{1,256}$"),
            "grantee": _text("user/NAME, role/NAME or an ARN"),
            "retiring": _text("user/NAME, role/NAME or an ARN"),
            "operations": {**_list(_enum(model.enum("GrantOperation")), "a list of operations"), "minItems": 1},
            "constraints": constraints,
        },
        "grantee",
        "operations",
    )


def _of_each_region() -> dict[str, Schema]:
    """What related multi-Region keys have each for itself."""
    return {
        "aliases": _aliases(),
        "description": _text("at most 8192 characters", longest=8192),
        "policy": _KEY_POLICY,
        "bypass_policy_lockout_safety_check": _BOOL,
        "tags": _TAGS,
        "enabled": _BOOL,
        "grants": _list(_grant(), "a list of grants"),
    }


def _key() -> Schema:
    replica = _nullable(_object(_of_each_region()))
    # Source: API Reference, EnableKeyRotation, RotationPeriodInDays.
    rotation = {
        "type": ["boolean", "integer"],
        "minimum": 90,
        "maximum": 2560,
        "description": "true, or a number of days from 90 to 2560",
    }
    members = {
        **_of_each_region(),
        "id": _text("a UUID, or mrk- and 32 hexadecimal digits, in small letters", KEY_ID),
        "region": _region(),
        "spec": _enum(tuple(KEY_SPECS)),
        "usage": _enum(model.enum("KeyUsageType")),
        "origin": _enum(ORIGINS),
        "material": _MATERIAL,
        "rotation": rotation,
        "multi_region": _BOOL,
        "replicas": _named(_region(), replica, "replica Regions"),
    }
    return _object(members)


def _bucket() -> Schema:
    content = _one_of(
        {
            "text": _text("a text"),
            "base64": _text("base64 of the content"),
            "file": _text("the name of a file beside this one"),
        },
        "one of text, base64 and file",
    )
    members = {
        # Source: S3 User Guide, "General purpose bucket naming rules".
        "name": _text("3 to 63 small letters, digits, dots or hyphens", r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"),
        "region": _region(),
        "encryption_key": _text("an alias or a key id", r"^(?:alias/.+|[0-9a-fmrk-]+)$"),
        "objects": _named(_text("an object key", r"^[\s\S]{1,1024}$"), content, "contents by object key"),
    }
    return _object(members, "name")
