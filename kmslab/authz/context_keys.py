"""Condition keys: what policies may ask about a request, and what this request answers.

Names are in lower case: condition keys do not know upper and lower case. A key with no answer is absent.

Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kmslab.authz.patterns import ContextValue
from kmslab.keys.key import Key
from kmslab.keys.specs import SYMMETRIC_DEFAULT, KeyOrigin
from kmslab.principals import Principal, PrincipalType

Params = Mapping[str, Any]
Answers = dict[str, ContextValue]

#: A key with more aliases than the quota has none, as far as policies are concerned. Source: KMS Developer Guide, ABAC.
_ALIASES_PER_KEY = 50


def of_request(
    principal: Principal,
    *,
    now: datetime,
    region: str,
    source_ip: str,
    user_agent: str,
    via: str = "",
    source_arn: str = "",
) -> Answers:
    """What is known of every request.

    Args:
        principal: Who calls.
        now: The simulated time.
        region: The Region that is called.
        source_ip: Where the request comes from; empty in one process.
        user_agent: What the client calls itself.
        via: The service that calls for the principal, such as `s3.us-east-1.amazonaws.com`; empty for a direct call.
        source_arn: The resource that an AWS service calls for, or empty.
    """
    answers: Answers = {
        "aws:currenttime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws:epochtime": str(int(now.timestamp())),
        "aws:securetransport": "true",
        "aws:requestedregion": region,
        "aws:useragent": user_agent,
        "aws:viaawsservice": "true" if via else "false",
    }
    if source_ip:
        answers["aws:sourceip"] = source_ip
    if source_arn:
        answers["aws:sourcearn"] = source_arn
        answers["aws:sourceaccount"] = source_arn.split(":")[4]
    if via:
        answers["kms:viaservice"] = via
        answers["aws:calledvia"] = (_host(via),)
        answers["aws:calledviafirst"] = answers["aws:calledvialast"] = _host(via)
    return answers | _of_principal(principal)


def _host(via: str) -> str:
    """The service's own name: `s3.us-east-1.amazonaws.com` becomes `s3.amazonaws.com`."""
    service, _, rest = via.partition(".")
    return f"{service}.{rest.partition('.')[2]}"


def _of_principal(principal: Principal) -> Answers:
    if principal.type is PrincipalType.SERVICE:
        return {"aws:principalisawsservice": "true", "aws:principalservicename": principal.arn}
    identity = principal.identity
    answers: Answers = {
        "aws:principalisawsservice": "false",
        # For a session it is the role. Source: IAM User Guide, aws:PrincipalArn.
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:principalaccount": principal.account_id,
        "aws:principaltype": _TYPES[principal.type],
        "aws:userid": identity.principal_id,
        "kms:calleraccount": principal.account_id,
    }
    if principal.type is PrincipalType.IAM_USER:
        answers["aws:username"] = principal.name
    if identity.since is not None:
        answers["aws:tokenissuetime"] = f"{identity.since:%Y-%m-%dT%H:%M:%SZ}"
        answers["aws:multifactorauthpresent"] = str(identity.mfa).lower()
    return answers | {f"aws:principaltag/{name.lower()}": value for name, value in principal.tags.items()}


_TYPES = {
    PrincipalType.ROOT: "Account",
    PrincipalType.IAM_USER: "User",
    PrincipalType.ASSUMED_ROLE: "AssumedRole",
    PrincipalType.FEDERATED_USER: "FederatedUser",
}


def of_key(key: Key, alias_names: Sequence[str], requested: str = "") -> Answers:
    """What is known of a key.

    Args:
        key: The key.
        alias_names: The aliases that stand for it.
        requested: The alias by which the caller named it, with its `alias/`; empty for a key id or key ARN.
    """
    answers: Answers = {
        "aws:resourceaccount": key.account_id,
        "kms:keyorigin": key.origin.value,
        "kms:multiregion": str(key.multi_region).lower(),
        **_specified(key.spec.name, key.usage.value),
    }
    if key.multi_region:
        answers["kms:multiregionkeytype"] = "PRIMARY" if key.is_primary else "REPLICA"
    if requested:
        answers["kms:requestalias"] = requested
    if 0 < len(alias_names) <= _ALIASES_PER_KEY:
        answers["kms:resourcealiases"] = tuple(alias_names)
    return answers | {f"aws:resourcetag/{name.lower()}": value for name, value in key.tags.items()}


def _specified(spec: str, usage: str) -> Answers:
    # The second pair are the old names of the first.
    return {
        "kms:keyspec": spec,
        "kms:keyusage": usage,
        "kms:customermasterkeyspec": spec,
        "kms:customermasterkeyusage": usage,
    }


def of_replica(primary: Key) -> Answers:
    """What is known of the replica of a key that is to be made."""
    return {
        **_specified(primary.spec.name, primary.usage.value),
        "kms:keyorigin": primary.origin.value,
        "kms:multiregion": "true",
        "kms:multiregionkeytype": "REPLICA",
    }


_SYMMETRIC_USES = frozenset(
    {
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
    }
)
#: The member with the encryption context, by action.
_CONTEXT_MEMBER = {
    "kms:Decrypt": "EncryptionContext",
    "kms:Encrypt": "EncryptionContext",
    "kms:ReEncryptFrom": "SourceEncryptionContext",
    "kms:ReEncryptTo": "DestinationEncryptionContext",
    **dict.fromkeys(_SYMMETRIC_USES, "EncryptionContext"),
}
#: The member with the encryption algorithm, by action; data keys are always made with the symmetric one.
_ALGORITHM_MEMBER = {
    "kms:Decrypt": "EncryptionAlgorithm",
    "kms:Encrypt": "EncryptionAlgorithm",
    "kms:ReEncryptFrom": "SourceEncryptionAlgorithm",
    "kms:ReEncryptTo": "DestinationEncryptionAlgorithm",
}

#: Request members that are a condition key as they are: the key, the member, its default, and the actions that have it.
_MEMBERS: tuple[tuple[str, str, Any, frozenset[str]], ...] = tuple(
    (name, member, default, frozenset(f"kms:{action}" for action in actions.split()))
    for name, member, default, actions in (
        ("kms:bypasspolicylockoutsafetycheck", "BypassPolicyLockoutSafetyCheck", None, "CreateKey PutKeyPolicy"),
        ("kms:datakeypairspec", "KeyPairSpec", None, "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext"),
        ("kms:expirationmodel", "ExpirationModel", "KEY_MATERIAL_EXPIRES", "ImportKeyMaterial"),
        ("kms:validto", "ValidTo", None, "ImportKeyMaterial"),
        ("kms:granteeprincipal", "GranteePrincipal", None, "CreateGrant"),
        ("kms:granteeserviceprincipal", "GranteeServicePrincipal", None, "CreateGrant"),
        ("kms:retiringprincipal", "RetiringPrincipal", None, "CreateGrant"),
        ("kms:retiringserviceprincipal", "RetiringServicePrincipal", None, "CreateGrant"),
        ("kms:grantoperations", "Operations", None, "CreateGrant"),
        ("kms:keyagreementalgorithm", "KeyAgreementAlgorithm", None, "DeriveSharedSecret"),
        ("kms:encapsulationalgorithm", "EncapsulationAlgorithm", None, "Encapsulate Decapsulate"),
        ("kms:macalgorithm", "MacAlgorithm", None, "GenerateMac VerifyMac"),
        ("kms:messagetype", "MessageType", "RAW", "Sign Verify"),
        ("kms:signingalgorithm", "SigningAlgorithm", None, "Sign Verify"),
        ("kms:policyname", "PolicyName", "default", "GetKeyPolicy PutKeyPolicy"),
        ("kms:primaryregion", "PrimaryRegion", None, "UpdatePrimaryRegion"),
        ("kms:replicaregion", "ReplicaRegion", None, "ReplicateKey"),
        ("kms:rotationperiodindays", "RotationPeriodInDays", 365, "EnableKeyRotation"),
        ("kms:schedulekeydeletionpendingwindowindays", "PendingWindowInDays", 30, "ScheduleKeyDeletion"),
        ("kms:wrappingalgorithm", "WrappingAlgorithm", None, "GetParametersForImport"),
        ("kms:wrappingkeyspec", "WrappingKeySpec", None, "GetParametersForImport"),
    )
)


def of_operation(action: str, params: Params, *, via: str = "", same_key: bool | None = None) -> Answers:
    """What is known of what the caller wants.

    Args:
        action: What permission is asked for, such as `kms:ReEncryptTo`.
        params: The request's members.
        via: The service that calls for the principal; empty for a direct call.
        same_key: For ReEncrypt, whether source and destination are the same key.
    """
    answers: Answers = {}
    for name, member, default, actions in _MEMBERS:
        value = params.get(member, default) if action in actions else None
        if value is not None:
            answers[name] = _written(value)
    answers |= _encryption(action, params)
    for more in _MORE.get(action, ()):
        answers |= more(params)
    if action in ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"):
        answers["kms:grantisforawsresource"] = "true" if via else "false"
    if same_key is not None and action in ("kms:ReEncryptFrom", "kms:ReEncryptTo"):
        answers["kms:reencryptonsamekey"] = str(same_key).lower()
    return answers


def _encryption(action: str, params: Params) -> Answers:
    answers: Answers = {}
    if action in _ALGORITHM_MEMBER:
        answers["kms:encryptionalgorithm"] = str(params.get(_ALGORITHM_MEMBER[action], SYMMETRIC_DEFAULT))
    elif action in _SYMMETRIC_USES:
        answers["kms:encryptionalgorithm"] = SYMMETRIC_DEFAULT
    if action in _CONTEXT_MEMBER:
        answers |= of_encryption_context(params.get(_CONTEXT_MEMBER[action]) or {})
    return answers


def of_encryption_context(pairs: Mapping[str, str]) -> Answers:
    """What policies may ask about an encryption context: each pair, and which keys there are."""
    answers: Answers = {f"kms:encryptioncontext:{name.lower()}": value for name, value in pairs.items()}
    if pairs:
        answers["kms:encryptioncontextkeys"] = tuple(pairs)
    return answers


def _of_new_key(params: Params) -> Answers:
    spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC_DEFAULT
    multi_region = bool(params.get("MultiRegion"))
    answers: Answers = {
        **_specified(str(spec), str(params.get("KeyUsage", "ENCRYPT_DECRYPT"))),
        "kms:keyorigin": str(params.get("Origin", KeyOrigin.AWS_KMS.value)),
        "kms:multiregion": str(multi_region).lower(),
    }
    if multi_region:
        answers["kms:multiregionkeytype"] = "PRIMARY"
    return answers


def _of_tags(params: Params) -> Answers:
    tags = {str(tag["TagKey"]): str(tag["TagValue"]) for tag in params.get("Tags") or ()}
    names = tuple(tags) or tuple(params.get("TagKeys") or ())
    answers: Answers = {f"aws:requesttag/{name.lower()}": value for name, value in tags.items()}
    return answers | {"aws:tagkeys": names} if names else answers


def _of_grant(params: Params) -> Answers:
    constraints = params.get("Constraints") or {}
    answers: Answers = {}
    for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
        if constraints.get(name):
            answers["kms:grantconstrainttype"] = name
            answers |= of_encryption_context(constraints[name])
    if constraints.get("SourceArn"):
        answers["kms:grantconstraintsourcearn"] = str(constraints["SourceArn"])
    return answers


_MORE: dict[str, tuple[Callable[[Params], Answers], ...]] = {
    "kms:CreateKey": (_of_new_key, _of_tags),
    "kms:ReplicateKey": (_of_tags,),
    "kms:TagResource": (_of_tags,),
    "kms:UntagResource": (_of_tags,),
    "kms:CreateGrant": (_of_grant,),
}


def of_last_use(key: Key, now: datetime) -> Answers:
    """For DisableKey and ScheduleKeyDeletion: whole days since the key was last used, or else since it was created."""
    since = key.created if key.last_use is None else key.last_use.time
    return {"kms:trailingdayswithoutkeyusage": str((now - since).days)}


def _written(value: Any) -> ContextValue:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, (list, tuple)):
        return tuple(map(str, value))
    return str(value)
