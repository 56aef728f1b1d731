"""Policies in a scenario file: whether they mean something, and whether those whom they name are there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kmslab import arn
from kmslab.authz.lockout import LARGEST_POLICY
from kmslab.authz.policy import is_principal_arn, read_key_policy
from kmslab.errors import AwsError
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Part
from kmslab.scenario.wording import closest

_KINDS = ("AWS", "Service", "Federated")


def check_identity_policy(policy: Part, what: str) -> None:
    """Note statements of an identity policy that say nothing."""
    for statement in _statements(policy):
        _check_pair(statement, "Action", what)
        _check_pair(statement, "Resource", what)


def check_trust(role: Part, names: Names) -> None:
    """Note what is wrong with a role's trust policy."""
    trust = role.get("trust")
    for statement in _statements(trust):
        _check_pair(statement, "Action", "trust policy")
        _check_pair(statement, "Principal", "trust policy")
    _check_principals(trust, names)


def check_key_policy(policy: Part, names: Names) -> None:
    """Note what KMS would refuse about a key policy."""
    if not isinstance(policy.value, dict):
        return
    before = len(policy.source.findings)
    for statement in _statements(policy):
        for element in ("Principal", "Action", "Resource"):
            _check_pair(statement, element, "key policy")
    _check_principals(policy, names)
    if len(policy.source.findings) > before:
        return
    text = json.dumps(policy.value)
    if len(text.encode()) > LARGEST_POLICY:
        policy.report(f"This key policy has {len(text.encode())} bytes; KMS takes {LARGEST_POLICY}.")
        return
    try:
        read_key_policy(text, names.partition)
    except AwsError as error:
        policy.report(f"KMS takes this for no key policy ({error.code}). {error.message}".rstrip())


def _statements(policy: Part) -> Iterator[Part]:
    statement = policy.get("Statement")
    yield from [statement] if isinstance(statement.value, dict) else statement.items()


def _check_pair(statement: Part, element: str, what: str) -> None:
    if not isinstance(statement.value, dict):
        return
    given = [name for name in (element, f"Not{element}") if name in statement.value]
    if len(given) == 2:
        statement.report(f"A statement of a {what} has '{element}' or 'Not{element}', not both.")
    elif not given:
        statement.report(f"'{element}' is missing in this statement of the {what}.")


def _check_principals(policy: Part, names: Names) -> None:
    for statement in _statements(policy):
        for element in ("Principal", "NotPrincipal"):
            for kind, named in statement.get(element).members():
                if kind not in _KINDS:
                    named.report_name(f"There is no kind of principal '{kind}'; {closest(kind, _KINDS)}")
                if kind == "AWS":
                    for each in [named] if named.text else named.items():
                        _check_principal(each, names)


def _check_principal(named: Part, names: Names) -> None:
    text = named.text
    if text in ("", "*") or arn.is_account_id(text):
        return
    if not is_principal_arn(text, names.partition):
        named.report(
            f"'{text}' is no ARN of a principal; write one such as "
            f"arn:{names.partition}:iam::{next(iter(names.accounts), '123456789010')}:user/alice."
        )
    elif not names.is_there(text):
        named.report(f"This file defines no '{text}'; {closest(text, names.principal_arns())}")
