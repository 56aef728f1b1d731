"""Key policies: any text to PutKeyPolicy, documents after the grammar, and what is decided by those that are stored.

A finding is an error that is none of a policy's, a policy that does not read as it was put or cannot be put again, a
decision that takes long, and one that the naive evaluator of the tests does not share.
"""

from __future__ import annotations

import functools
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from kmslab.authz.decide import Caller, decide_on_key
from kmslab.authz.policy import read_key_policy, write_key_policy
from kmslab.errors import AwsError
from kmslab.keys.key import Key

from .served import Served
from .taking import Taking, claim, in_time

_REFUSALS = ("MalformedPolicyDocumentException", "InvalidArnException", "LimitExceededException", "ValidationException")

_ACTIONS = ("kms:Encrypt", "kms:*", "*", "kms:E*t", "kms:?ncrypt", "KMS:ENCRYPT", "kms:Decrypt", "", "kms:" + "*" * 9)
_RESOURCES = (
    "*", "arn:aws:kms:*:*:key/*", "arn:aws:kms:us-east-1:*", "arn:aws:kms:*:*:key/${kms:encryptioncontext:a}", "arn:",
    "${aws:PrincipalArn}", "${", "${a", "${*}", "*${a, 'b'}*", "", "${" + " " * 900,
)  # fmt: skip
_KINDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "String": (
        "kms:EncryptionContext:a",
        ("b", "B", "*", "?", "", "${*}", "${aws:PrincipalArn}", "${kms:no, 'b'}", True, "*b*b*b*b*b*b*?x", "\ud800"),
    ),
    "Numeric": ("kms:RotationPeriodInDays", ("1", 1, "1.0", "-1", "x", 10**20)),
    "Date": ("aws:CurrentTime", ("2026-01-05T09:00:00Z", "1767603600", 0, "never", "2027-01-01")),
    "Bool": ("aws:SecureTransport", (True, "true", "FALSE", "")),
    "IpAddress": ("aws:SourceIp", ("127.0.0.1", "127.0.0.0/8", "::1", "x", "0.0.0.0/0")),
    "Binary": ("aws:Binary", ("AAEC", "AAE=", "?")),
    "Arn": ("aws:PrincipalArn", ("*", "arn:aws:iam::*:user/*", "arn:*", "x")),
}  # fmt: skip
_SAID = {
    "kms:encryptioncontext:a": ("b", "B", "*", "", "b" * 300),
    "kms:rotationperiodindays": ("1", "1.0", "x"),
    "aws:currenttime": ("2026-01-05T09:00:00Z", "1767603600"),
    "aws:securetransport": ("true", "false"),
    "aws:sourceip": ("127.0.0.1", "::1"),
    "aws:binary": ("AAEC",),
}
_COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_SUFFIXES = {
    "String": ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"),
    "Numeric": _COMPARISONS,
    "Date": _COMPARISONS,
    "Bool": ("",),
    "IpAddress": ("",),
    "Binary": ("Equals",),
    "Arn": ("Equals", "Like", "NotEquals", "NotLike"),
}


@functools.cache
def _kept() -> list[Any]:
    return [None, 0]


def _served() -> Served:
    kept = _kept()
    if kept[0] is None or kept[1] >= 5000:
        kept[:] = [Served(), 0]
    kept[1] += 1
    served: Served = kept[0]
    return served


@functools.cache
def _naive() -> ModuleType:
    spec = spec_from_file_location("naive", Path(__file__).parents[1] / "unit" / "authz" / "naive.py")
    if spec is None or spec.loader is None:
        raise ImportError("tests/unit/authz/naive.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare() -> None:
    """Make what is made once."""
    _served()
    _naive()


def one(data: bytes) -> None:
    take, served = Taking(data), _served()
    how = take.below(4)
    if how == 0:
        _put(take.rest().decode("utf-8", "surrogatepass" if take.chance(8) else "replace"), served)
    elif how == 1:
        text = json.dumps(_document(take, served))
        at = take.below(len(text) + 1)
        _put(text[:at] + take.text() + text[at + take.below(8) :], served)
    else:
        document = _document(take, served)
        _put(json.dumps(document), served)
        _decide(document, take, served)


def _put(text: str, served: Served) -> None:
    key_id = served.other_key_id
    members = {"KeyId": key_id, "Policy": text, "BypassPolicyLockoutSafetyCheck": True}
    # The administrator may have been locked out of the key by the policy before; the root user of its account too.
    key = _key(served)
    before = key.policy
    said = served.ask("PutKeyPolicy", members)
    if said.status != 200:
        claim(said.code in (*_REFUSALS, "SerializationException"), f"refused with {said.code}: {said.members}")
        claim(key.policy == before, "refused, and the policy changed")
        return
    try:
        stored = key.policy
        document = read_key_policy(stored)
        claim(write_key_policy(document) == stored, f"stored in a layout that does not read the same: {stored}")
        claim(document == read_key_policy(text), f"stored otherwise than it was put: {text}")
        stored.encode()
        for operation in ("Encrypt", "GetKeyPolicy", "DescribeKey"):
            asked: dict[str, Any] = {"KeyId": key_id}
            if operation == "Encrypt":
                asked |= {"Plaintext": "AAAA", "EncryptionContext": {"a": "b" * 3000}}
            said = served.ask(operation, asked)
            claim(said.code in ("", "AccessDeniedException"), f"{operation} under it gives {said.code}")
            if operation == "GetKeyPolicy" and said.status == 200:
                claim(said.members["Policy"] == stored, "GetKeyPolicy gives another policy")
    except AwsError as error:
        claim(False, f"stored, and cannot be read again: {error!r}")
    finally:
        key.policy = before


def _decide(document: dict[str, Any], take: Taking, served: Served) -> None:
    """The decision under a policy that has the grammar's form, beside the naive evaluator's."""
    try:
        text = write_key_policy(read_key_policy(json.dumps(document)))
    except AwsError:
        return
    key = _key(served)
    context = {name: take.one(values) for name, values in _SAID.items() if take.chance(200)}
    principal = take.one((served.lab.administrator, served.lab.root))
    context["aws:principalarn"] = principal.arn
    with in_time(text):
        decision = decide_on_key(Caller(principal, served.lab.clock.now()), "kms:Encrypt", key, context, policy=text)
    account = principal.account_id
    case = {
        "caller": {
            "kind": "root" if principal is served.lab.root else "user",
            "arn": principal.arn,
            "account": account,
            "role": None,
        },
        "key": {"arn": key.arn, "account": account, "policy": json.loads(text)},
        "identity": [json.loads(policy.text) for policy in principal.policies],
        "session": [],
        "scps": [],
        "boundary": None,
        "grants": [],
        "action": "kms:Encrypt",
        "resource": key.arn,
        "context": context,
        "params": {},
        "tokens": [],
        "source_arn": "",
        "cross_account": True,
    }
    allowed, why = _naive().on_key(case)
    claim(decision.allowed is allowed, f"{decision} and the naive evaluator: {allowed}, {why}\n{text}\n{context}")


def _key(served: Served) -> Key:
    lab = served.lab
    key = lab.world.store(lab.account_id, lab.region).key(served.other_key_id)
    if key is None:
        raise LookupError(served.other_key_id)
    return key


def _document(take: Taking, served: Served) -> dict[str, Any]:
    statements = [_statement(take, served) for _ in range(1 + take.below(3))]
    document: dict[str, Any] = {"Version": take.one(("2012-10-17", "2008-10-17")), "Statement": statements}
    if take.chance(10):
        document[take.one(("Id", "Version", "Statement", "x"))] = take.one(("", [], {}, None, 1, take.text()))
    return document


def _statement(take: Taking, served: Served) -> dict[str, Any]:
    account = served.lab.account_id
    names = (
        "*", account, f"arn:aws:iam::{account}:root", served.lab.administrator.arn, "arn:aws:iam::999988887777:root",
        f"arn:aws:iam::{account}:role/x", f"arn:aws:iam::{account}:group/x", "arn:aws:iam::x:root", "AIDA", "",
    )  # fmt: skip
    principal = take.one(("*", {"AWS": _some(take, names)}, {"Service": "s3.amazonaws.com"}, {"AWS": []}, {}, 5))
    statement: dict[str, Any] = {
        "Effect": "Deny" if take.chance(60) else "Allow",
        "NotPrincipal" if take.chance(30) else "Principal": principal if take.chance(128) else {"AWS": names[3]},
        "NotAction" if take.chance(30) else "Action": _some(take, _ACTIONS),
        "NotResource" if take.chance(30) else "Resource": _some(take, _RESOURCES) if take.chance(128) else "*",
    }
    for _ in range(take.below(3)):
        kind = take.one(list(_KINDS))
        key, values = _KINDS[kind]
        operator = kind + take.one(_SUFFIXES[kind])
        if kind == "IpAddress" and take.chance(60):
            operator = "NotIpAddress"
        if take.chance(30):
            operator = "Null"
        elif take.chance(30):
            operator += "IfExists"
        if take.chance(20):
            operator = take.one(("ForAllValues:", "ForAnyValue:")) + operator
        given = _some(take, (True, False, "true") if operator.endswith("Null") else values)
        statement.setdefault("Condition", {}).setdefault(operator, {})[key.upper() if take.chance(20) else key] = given
    if take.chance(12):
        statement[take.one(("Sid", "Effect", "Condition", "Action", "x"))] = take.one(
            (None, 1, {}, [], take.text(), {"a": {"b": "c"}}, {"StringLike": {"a": [[]]}}, {"StringLike": {"a": {}}})
        )
    return statement


def _some(take: Taking, of: tuple[Any, ...]) -> Any:
    return take.one(of) if take.chance(128) else [take.one(of) for _ in range(take.below(4))]
