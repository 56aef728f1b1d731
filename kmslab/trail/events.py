"""From a Call to a CloudTrail event: AWS's members, in AWS's order and spelling.

What is never logged is not in a Call in the first place. Source: KMS Developer Guide, "Logging AWS KMS API calls with
AWS CloudTrail" and its sample records; CloudTrail User Guide, "CloudTrail record contents".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kmslab.call import Call, EventType
from kmslab.principals import Identity, PrincipalType

EventRecord = dict[str, Any]

#: The version of the record format that samples of 2025 and 2026 have.
EVENT_VERSION = "1.11"

#: Every operation that changes something; all others are logged as readOnly, Encrypt and Sign included.
CHANGES = frozenset(
    {
        "CancelKeyDeletion",
        "ConnectCustomKeyStore",
        "CreateAlias",
        "CreateCustomKeyStore",
        "CreateGrant",
        "CreateKey",
        "DeleteAlias",
        "DeleteCustomKeyStore",
        "DeleteImportedKeyMaterial",
        "DisableKey",
        "DisableKeyRotation",
        "DisconnectCustomKeyStore",
        "EnableKey",
        "EnableKeyRotation",
        "ImportKeyMaterial",
        "PutKeyPolicy",
        "ReplicateKey",
        "RetireGrant",
        "RevokeGrant",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateAlias",
        "UpdateCustomKeyStore",
        "UpdateKeyDescription",
        "UpdatePrimaryRegion",
    }
)

_ALGORITHM = {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
_MESSAGE_TYPE = {"MessageType": "RAW"}

#: Members that are logged with their default when the caller leaves them out.
DEFAULTS: dict[str, dict[str, Any]] = {
    "CreateKey": {
        "BypassPolicyLockoutSafetyCheck": False,
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    },
    "Decrypt": _ALGORITHM,
    "Encrypt": _ALGORITHM,
    "ReEncrypt": {
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    },
    "PutKeyPolicy": {"BypassPolicyLockoutSafetyCheck": False},
    "ReplicateKey": {"BypassPolicyLockoutSafetyCheck": False, "Description": ""},
    "Sign": _MESSAGE_TYPE,
    "Verify": _MESSAGE_TYPE,
}

#: Operations whose request parameters CloudTrail does not show at all.
_NO_PARAMETERS = frozenset({"GenerateRandom", "RetireGrant"})

#: Request members that CloudTrail does not show although they are no secret. Recorded.
_NOT_SHOWN = frozenset({"TrustAnchorCertificate"})

#: Request members to which CloudTrail gives another name. Recorded.
RENAMED = {"cloudHsmClusterId": "clusterId"}

#: Members whose inside is the caller's own and keeps its spelling.
_OPAQUE = frozenset(
    {
        "DestinationEncryptionContext",
        "EncryptionContext",
        "EncryptionContextEquals",
        "EncryptionContextSubset",
        "SourceEncryptionContext",
    }
)


def _whole_reply(call: Call) -> dict[str, Any]:
    return lowered(call.reply)


def _key_arn(call: Call) -> dict[str, Any]:
    return {"keyId": call.keys[-1].arn}


def _first_key_arn(call: Call) -> dict[str, Any]:
    return {"keyId": call.keys[0].arn}


def _grant(call: Call) -> dict[str, Any]:
    return lowered(call.reply) | _key_arn(call)


#: What responseElements shows, where it is not null. The key's ARN was added in December 2022.
_RESPONSE_ELEMENTS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "CancelKeyDeletion": _whole_reply,
    "CreateAlias": _key_arn,
    "CreateCustomKeyStore": _whole_reply,
    "CreateGrant": _grant,
    "CreateKey": _whole_reply,
    "DeleteAlias": _key_arn,
    "DeleteExpiredKeyMaterial": _key_arn,
    "DeleteImportedKeyMaterial": _whole_reply,
    "DeleteKey": _key_arn,
    "DisableKey": _key_arn,
    "EnableKey": _key_arn,
    "EnableKeyRotation": _key_arn,
    "ImportKeyMaterial": _whole_reply,
    "ReplicateKey": _whole_reply,
    "RotateKey": _key_arn,
    "RotateKeyOnDemand": _key_arn,
    "ScheduleKeyDeletion": _whole_reply,
    "SynchronizeMultiRegionKey": _key_arn,
    "TagResource": _key_arn,
    "UntagResource": _key_arn,
    "UpdateAlias": _key_arn,
    "UpdatePrimaryRegion": _first_key_arn,
}


def record(call: Call) -> EventRecord:
    """The CloudTrail event of a call or of something KMS did by itself."""
    by_service = call.event_type is EventType.SERVICE_EVENT
    event: EventRecord = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": _identity(call),
        "eventTime": f"{call.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "kms.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "AWS Internal" if by_service else call.source_ip,
        "userAgent": "AWS Internal" if by_service else call.user_agent,
    }
    if call.error_code is not None:
        # Simplified: CloudTrail's code for a denial is taken to be AccessDenied, as in most published samples.
        event["errorCode"] = "AccessDenied" if call.error_code == "AccessDeniedException" else call.error_code
        if call.error_message:
            event["errorMessage"] = call.error_message
    event["requestParameters"] = None if by_service else _parameters(call)
    event["responseElements"] = _elements(call)
    if call.notes:
        event["additionalEventData"] = dict(call.notes)
    if call.details:
        event["serviceEventDetails"] = dict(call.details)
    if not by_service:
        event["requestID"] = call.request_id
    event |= {
        "eventID": call.event_id,
        "readOnly": not by_service and call.operation not in CHANGES,
        "resources": _resources(call),
        "eventType": call.event_type.value,
        "managementEvent": True,
        "recipientAccountId": call.account_id,
        "eventCategory": "Management",
    }
    if not by_service:
        # Simplified: within one process there is no TLS, so no version and no cipher suite.
        event["tlsDetails"] = {"clientProvidedHostHeader": call.host}
    return event


def _identity(call: Call) -> dict[str, Any]:
    if call.principal is None:
        return {"accountId": call.account_id, "invokedBy": "AWS Internal"}
    return user_identity(call.principal, call.invoked_by)


def user_identity(principal: Identity, invoked_by: str = "") -> dict[str, Any]:
    """The member `userIdentity`: who called, and the service that did it for them, if one did."""
    if principal.type is PrincipalType.SERVICE:
        return {"type": principal.type.value, "invokedBy": principal.arn}
    identity: dict[str, Any] = {
        "type": principal.type.value,
        "principalId": principal.principal_id,
        "arn": principal.arn,
        "accountId": principal.account_id,
        "accessKeyId": principal.access_key_id,
    }
    if principal.type is PrincipalType.IAM_USER:
        identity["userName"] = principal.name
    if principal.since is not None:
        identity["sessionContext"] = _session(principal, principal.since)
    return identity | {"invokedBy": invoked_by} if invoked_by else identity


def _session(principal: Identity, since: datetime) -> dict[str, Any]:
    # Source: CloudTrail User Guide, "CloudTrail userIdentity element"; a user's own session has no issuer.
    context: dict[str, Any] = {}
    if principal.issuer is not None:
        context["sessionIssuer"] = {
            "type": principal.issuer.type,
            "principalId": principal.issuer.principal_id,
            "arn": principal.issuer.arn,
            "accountId": principal.account_id,
            "userName": principal.issuer.name,
        }
    attributes = {"creationDate": f"{since:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": str(principal.mfa).lower()}
    return context | {"attributes": attributes}


def _parameters(call: Call) -> dict[str, Any] | None:
    if call.operation in _NO_PARAMETERS:
        return None
    members = {**DEFAULTS.get(call.operation, {}), **call.params}
    if call.operation == "CreateKey":
        # Both names of the key spec are logged, whichever the caller used.
        spec = call.params.get("KeySpec") or call.params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
        members |= {"CustomerMasterKeySpec": spec, "KeySpec": spec}
    shown = lowered({name: value for name, value in members.items() if name not in _NOT_SHOWN})
    return {RENAMED.get(name, name): value for name, value in shown.items()} or None


def _elements(call: Call) -> dict[str, Any] | None:
    shown = _RESPONSE_ELEMENTS.get(call.operation)
    return None if shown is None or call.error_code is not None else shown(call) or None


def _resources(call: Call) -> list[dict[str, str]]:
    entries = [{"accountId": key.account_id, "type": "AWS::KMS::Key", "ARN": key.arn} for key in call.keys]
    if call.alias_arn is not None:
        entries.append({"accountId": call.account_id, "type": "AWS::KMS::Alias", "ARN": call.alias_arn})
    return entries


def lowered(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members as CloudTrail spells and writes them: `KeyId` becomes `keyId`, and dates are words."""
    return {
        name[:1].lower() + name[1:]: dict(value) if name in _OPAQUE else _shown(value)
        for name, value in sorted(members.items())
    }


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        # CloudTrail prints dates inside parameters the way Java's medium format does.
        return f"{value:%b} {value.day}, {value.year}, {value.hour % 12 or 12}:{value:%M:%S} {value:%p}"
    if isinstance(value, Mapping):
        return lowered(value)
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return value
