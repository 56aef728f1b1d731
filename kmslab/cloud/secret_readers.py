"""Who of another account may read a secret: those whom its resource policy and their own policies both allow to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kmslab.authz import context_keys
from kmslab.authz.language import Question, read_policy
from kmslab.call import Finding
from kmslab.cloud.terms import Asker
from kmslab.principals import NamedPolicy, PrincipalType
from kmslab.wire.refusals import RefusedError


def check_reader(secret: Any | None, secret_id: str, action: str, asker: Asker) -> None:
    """Refuse a caller of another account who may not read a secret, or cannot because of its key.

    Args:
        secret: The secret, as moto holds it; None when there is none.
        secret_id: Its ARN, as the caller wrote it.
        action: Such as `secretsmanager:GetSecretValue`.
        asker: The caller.

    Raises:
        RefusedError: a policy does not allow it, or the secret is encrypted under the AWS managed key.
    """
    policy = "" if secret is None else getattr(secret, "policy", None) or ""
    for kind, said in (
        ("resource", _by(policy, action, secret_id, asker)),
        ("identity", _own(action, secret_id, asker)),
    ):
        if not _allows(said):
            raise RefusedError(
                "AccessDeniedException",
                f"User: {asker.principal.arn} is not authorized to perform: {action} on resource: {secret_id} because "
                f"no {kind}-based policy allows the {action} action",
            )
    if action.endswith(":GetSecretValue") and secret is not None and _is_default(secret.kms_key_id):
        # Source: public reports, and AWS re:Post, "secrets-manager-cross-account-key".
        raise RefusedError(
            "InvalidRequestException",
            "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS "
            "service key.",
        )


def _by(policy: str, action: str, secret_id: str, asker: Asker) -> list[Finding]:
    question = _question(action, secret_id, asker)
    return list(read_policy("resource policy", policy).consider(question)) if policy else []


def _own(action: str, secret_id: str, asker: Asker) -> list[Finding] | None:
    """What the caller's own policies say; None for a root user, who needs none."""
    if asker.principal.type is PrincipalType.ROOT:
        return None
    question = _question(action, secret_id, asker)
    return [found for each in _policies(asker) for found in read_policy(each.name, each.text).consider(question)]


def _policies(asker: Asker) -> Iterable[NamedPolicy]:
    return asker.principal.policies


def _question(action: str, secret_id: str, asker: Asker) -> Question:
    answers = context_keys.of_request(
        asker.principal, now=asker.now, region=asker.region, source_ip="", user_agent=asker.user_agent
    )
    return Question(asker.principal, action, secret_id, answers)


def _allows(said: list[Finding] | None) -> bool:
    if said is None:
        return True
    matched = [each.effect for each in said if each.matched]
    return "Allow" in matched and "Deny" not in matched


def _is_default(key: str | None) -> bool:
    return not key or key.endswith("alias/aws/secretsmanager")
