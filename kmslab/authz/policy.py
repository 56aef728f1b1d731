"""Key policies as documents: reading them, laying them out as KMS does, and the one that KMS writes itself.

Owns what a key policy may be made of. Does not decide what it allows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from kmslab import arn
from kmslab.authz.conditions import is_operator
from kmslab.errors import InvalidArnException, MalformedPolicyDocumentException

# In the order in which KMS lays them out.
_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip

_VERSIONS = ("2008-10-17", "2012-10-17")

# Condition keys that make no sense for one key. Source: KMS Developer Guide, "ABAC for AWS KMS": IAM policies only.
_NOT_FOR_KEYS = re.compile(r"(aws|kms):ResourceTag(/.*)?|kms:ResourceAliases", re.IGNORECASE | re.DOTALL)

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)")
_PRINCIPAL = {
    "iam": re.compile(r"root|(user|role)/[\w+=,.@/-]+", re.ASCII),
    "sts": re.compile(r"assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+", re.ASCII),
}

Document = dict[str, Any]


def read_key_policy(text: str, partition: str = "aws") -> Document:
    """Read a key policy, whatever its length.

    Simplified: a Resource other than `*` is stored though it means
    no key.

    Args:
        text: The policy.
        partition: Whose principals it may name.

    Returns:
        The document, its elements in the order in which KMS lays them out, its Statement a list.

    Raises:
        InvalidArnException: it names a group, or an ARN without an account or of another partition.
        MalformedPolicyDocumentException: it is no policy, or has a statement for nobody, for nothing, or on nothing.
    """
    try:
        document = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
        # A number beyond all numbers, or half of a character: what could not be written down again.
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedPolicyDocumentException from None
    document = _in_order(document, _DOCUMENT)
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise MalformedPolicyDocumentException
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS or not isinstance(document.get("Id", ""), str):
        raise MalformedPolicyDocumentException
    document["Statement"] = [_in_order(each, _STATEMENT) for each in statements]
    for each in document["Statement"]:
        _check_statement(each, partition)
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")


def _once(pairs: list[tuple[str, Any]]) -> Document:
    # Which of two Effects counts must not depend on the reader. Source: IAM User Guide, "Grammar of the IAM JSON policy
    # language": no element has two instances of one key.
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is there twice")
    return document


def _in_order(value: Any, names: tuple[str, ...]) -> Document:
    if not isinstance(value, dict) or not value.keys() <= set(names):
        raise MalformedPolicyDocumentException
    return {name: value[name] for name in names if name in value}


def _check_statement(statement: Document, partition: str) -> None:
    if not isinstance(statement.get("Sid", ""), str):
        raise MalformedPolicyDocumentException
    # Simplified: which of two mistakes in one statement AWS finds first is not known.
    principal = _one_of(statement, "Principal", MalformedPolicyDocumentException.no_principal)
    if isinstance(principal, dict) and not all(principal.values()):
        raise MalformedPolicyDocumentException.no_principal()
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyDocumentException
    for name in ("Action", "Resource"):
        if not all(texts(_one_of(statement, name, lambda name=name: MalformedPolicyDocumentException.missing(name)))):
            raise MalformedPolicyDocumentException
    _check_principal(principal, partition)
    _check_condition(statement.get("Condition", {}))


def _one_of(statement: Document, name: str, missing: Any) -> Any:
    """The value of an element, or of its `Not` twin; there must be one and not both."""
    given = [statement[each] for each in (name, f"Not{name}") if each in statement]
    if len(given) == 2:
        raise MalformedPolicyDocumentException
    if not given or not given[0]:
        raise missing()
    return given[0]


def texts(value: Any) -> tuple[str, ...]:
    """A text, or a list of texts, as a tuple.

    Raises:
        MalformedPolicyDocumentException: it is neither.
    """
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in found):
        raise MalformedPolicyDocumentException
    return tuple(found)


def _check_principal(principal: Any, partition: str) -> None:
    if isinstance(principal, str):
        if principal != "*":
            raise MalformedPolicyDocumentException.invalid_principals()
        return
    if not isinstance(principal, dict) or not principal.keys() <= {"AWS", "Service", "Federated"}:
        raise MalformedPolicyDocumentException
    for kind, value in principal.items():
        for each in texts(value):
            if kind == "AWS":
                _check_aws_principal(each, partition)
            elif kind == "Service" and not _SERVICE.fullmatch(each):
                raise MalformedPolicyDocumentException.invalid_principals()


def _check_aws_principal(text: str, partition: str) -> None:
    if text == "*" or arn.is_account_id(text) or is_principal_arn(text, partition):
        return
    # An ARN that is no principal's has an error of its own, unless it is another service's. Source: public reports.
    # A wildcard, too, is an invalid principal. Source: AWS Knowledge Center, "invalid principals".
    if re.match(r"arn:[\w-]+:(iam|sts):", text) and "*" not in text:
        raise InvalidArnException.in_policy()
    raise MalformedPolicyDocumentException.invalid_principals()


def named_principals(document: Mapping[str, Any]) -> Iterator[str]:
    """The AWS principals that a policy which was read names, in its Principal and NotPrincipal elements."""
    for statement in document["Statement"]:
        for element in (statement.get("Principal"), statement.get("NotPrincipal")):
            if isinstance(element, dict):
                yield from texts(element.get("AWS", []))


def is_principal_arn(text: str, partition: str) -> bool:
    """Whether `text` is the ARN of an account, user, role, role session or federated user of a partition."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[2] not in _PRINCIPAL:
        return False
    prefix_is_right = parts[0] == "arn" and parts[1] == partition and parts[3] == "" and arn.is_account_id(parts[4])
    return prefix_is_right and _PRINCIPAL[parts[2]].fullmatch(parts[5]) is not None


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict):
        raise MalformedPolicyDocumentException
    for operator, keys in condition.items():
        if not is_operator(operator) or not isinstance(keys, dict):
            raise MalformedPolicyDocumentException
        for key, value in keys.items():
            if _NOT_FOR_KEYS.fullmatch(key):
                raise MalformedPolicyDocumentException.condition_keys()
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(each, (str, bool, int, float)) for each in values):
                raise MalformedPolicyDocumentException


def write_key_policy(document: Mapping[str, Any]) -> str:
    """A policy's text in the layout in which KMS keeps it, whatever its author's was. Source: recorded answers."""
    return _printed(document, 0)


def _printed(value: Any, depth: int) -> str:
    if isinstance(value, Mapping):
        indent = "\n" + "  " * depth
        members = (f"{_quoted(name)} : {_printed(each, depth + 1)}" for name, each in value.items())
        return "{" + ",".join(f"{indent}  {member}" for member in members) + f"{indent}}}" if value else "{ }"
    if isinstance(value, list):
        return f"[ {', '.join(_printed(each, depth) for each in value)} ]" if value else "[ ]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# Most keys have it, and they share the text.
@lru_cache(maxsize=256)
def default_key_policy(account_id: str, region: str) -> str:
    """The key policy KMS gives a key that is created without one: one statement, and a long reach.

    Returns:
        The policy's text, laid out as GetKeyPolicy returns it.

    Source: KMS Developer Guide, "Default key policy"; layout as in recorded answers.
    """
    return f"""{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{arn.partition_of(region)}:iam::{account_id}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"""
