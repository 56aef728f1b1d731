"""What a lesson may ask of real AWS: tables of what makes something, what changes something, and what is never sent.

Whatever is in no table and does not only read is refused, because kmslab could not take it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kmslab.trail.events import CHANGES as KMS_CHANGES


class Kind(StrEnum):
    """What can be made. The value is what people read."""

    KEY = "KMS key"
    ALIAS = "alias"
    GRANT = "grant"
    BUCKET = "S3 bucket"
    USER = "IAM user"
    ROLE = "IAM role"
    POLICY = "IAM policy"
    PARAMETER = "parameter"
    SECRET = "secret"  # noqa: S105
    TRAIL = "trail"


#: Kinds that belong to no Region.
EVERYWHERE = frozenset({Kind.USER, Kind.ROLE, Kind.POLICY})


@dataclass(frozen=True, slots=True)
class Creation:
    """An operation that makes something.

    Attributes:
        kind: What it makes.
        asked: The request member with its name; empty where AWS chooses the name.
        answered: The way to the name in the answer, members from outside to inside; empty for the asked name.
        tags: The request member for tags, and the two members of a tag; None where there are none.
    """

    kind: Kind
    asked: str
    answered: tuple[str, ...] = ()
    tags: tuple[str, str, str] | None = None


_TAGS = ("Tags", "Key", "Value")
_KMS_TAGS = ("Tags", "TagKey", "TagValue")

#: By service and operation. S3's tags are put on the bucket in a call of their own.
CREATIONS: dict[tuple[str, str], Creation] = {
    ("kms", "CreateKey"): Creation(Kind.KEY, "", ("KeyMetadata", "Arn"), _KMS_TAGS),
    ("kms", "ReplicateKey"): Creation(Kind.KEY, "", ("ReplicaKeyMetadata", "Arn"), _KMS_TAGS),
    ("kms", "CreateAlias"): Creation(Kind.ALIAS, "AliasName"),
    ("kms", "CreateGrant"): Creation(Kind.GRANT, "", ("GrantId",)),
    ("s3", "CreateBucket"): Creation(Kind.BUCKET, "Bucket"),
    ("iam", "CreateUser"): Creation(Kind.USER, "UserName", (), _TAGS),
    ("iam", "CreateRole"): Creation(Kind.ROLE, "RoleName", (), _TAGS),
    ("iam", "CreatePolicy"): Creation(Kind.POLICY, "PolicyName", ("Policy", "Arn"), _TAGS),
    ("ssm", "PutParameter"): Creation(Kind.PARAMETER, "Name", (), _TAGS),
    ("secretsmanager", "CreateSecret"): Creation(Kind.SECRET, "Name", (), _TAGS),
    ("cloudtrail", "CreateTrail"): Creation(Kind.TRAIL, "Name", (), ("TagsList", "Key", "Value")),
}

#: The members by which an operation of a service names what it changes, most telling first.
NAMED_BY: dict[str, tuple[tuple[str, Kind], ...]] = {
    "kms": (("KeyId", Kind.KEY), ("AliasName", Kind.ALIAS)),
    "s3": (("Bucket", Kind.BUCKET),),
    "iam": (("UserName", Kind.USER), ("RoleName", Kind.ROLE), ("PolicyArn", Kind.POLICY)),
    "ssm": (("Name", Kind.PARAMETER), ("ResourceId", Kind.PARAMETER)),
    "secretsmanager": (("SecretId", Kind.SECRET),),
    "cloudtrail": (("Name", Kind.TRAIL), ("TrailName", Kind.TRAIL)),
    "sts": (),
}

_READS = ("Get", "List", "Describe", "Head", "Lookup", "Simulate", "Validate", "Filter", "Batch", "Select")

#: Operations of IAM that change a user, role or policy of ours and that the clean-up undoes.
_IAM_CHANGES = frozenset(
    {
        "AttachRolePolicy", "AttachUserPolicy", "CreateAccessKey", "CreatePolicyVersion", "DeleteAccessKey",
        "DeletePolicy", "DeletePolicyVersion", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy",
        "DeleteUser", "DeleteUserPermissionsBoundary", "DeleteUserPolicy", "DetachRolePolicy", "DetachUserPolicy",
        "PutRolePermissionsBoundary", "PutRolePolicy", "PutUserPermissionsBoundary", "PutUserPolicy",
        "SetDefaultPolicyVersion", "TagRole", "TagUser", "UpdateAccessKey", "UpdateAssumeRolePolicy", "UpdateRole",
    }
)  # fmt: skip

_LOCKED_OUT = "a key nobody can manage would cost for ever"
_LOCKS = "what is locked in S3 cannot be deleted, so it could not be cleaned up"

#: What is never sent, whoever's it is, and why.
NEVER: dict[tuple[str, str], str] = {
    ("s3", "PutObjectRetention"): _LOCKS,
    ("s3", "PutObjectLegalHold"): _LOCKS,
    ("s3", "PutObjectLockConfiguration"): _LOCKS,
    ("s3", "PutBucketReplication"): "it would write to other buckets",
    ("secretsmanager", "ReplicateSecretToRegions"): "its copies in other Regions would cost on",
    ("secretsmanager", "RotateSecret"): "it needs a Lambda function, which kmslab does not make",
}

#: Members that are never sent with a value that is true, by service and operation, and why.
MEMBERS: dict[tuple[str, str, str], str] = {
    ("kms", "CreateKey", "BypassPolicyLockoutSafetyCheck"): _LOCKED_OUT,
    ("kms", "ReplicateKey", "BypassPolicyLockoutSafetyCheck"): _LOCKED_OUT,
    ("kms", "PutKeyPolicy", "BypassPolicyLockoutSafetyCheck"): _LOCKED_OUT,
    ("kms", "CreateKey", "CustomKeyStoreId"): "a custom key store needs hardware that kmslab does not make",
    ("s3", "CreateBucket", "ObjectLockEnabledForBucket"): _LOCKS,
    ("secretsmanager", "CreateSecret", "AddReplicaRegions"): "its copies in other Regions would cost on",
}


def only_reads(service: str, operation: str) -> bool:
    """Whether an operation changes nothing that stays: reading, using a key, beginning a session, retiring a grant."""
    if service == "kms":
        return operation not in KMS_CHANGES or operation == "RetireGrant"
    return service == "sts" or (service in NAMED_BY and operation.startswith(_READS))


def is_known(service: str, operation: str) -> bool:
    """Whether kmslab knows how to take back what an operation does to a resource of ours."""
    if service == "iam":
        return operation in _IAM_CHANGES or (service, operation) in CREATIONS
    return service in NAMED_BY
