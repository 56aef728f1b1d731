"""How each kind of thing is taken back: one function a kind, each of which may be called again.

A key gets the shortest waiting period. Source: API Reference, ScheduleKeyDeletion: 7 to 30 days, in which the key costs
nothing; DeleteSecret: ForceDeleteWithoutRecovery.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from kmslab.authz.policy import default_key_policy
from kmslab.real.journal import Entry
from kmslab.real.rules import Kind

#: Days.
SHORTEST_WAIT = 7

#: Makes a client for a service and a Region.
ClientIn = Callable[[str, str], Any]

#: Codes that say that something is not there, and so needs no removing.
_GONE = frozenset(
    {
        "NotFoundException", "NoSuchBucket", "NoSuchEntity", "NoSuchEntityException", "ParameterNotFound",
        "ResourceNotFoundException", "TrailNotFoundException",
    }
)  # fmt: skip


def is_gone(error: ClientError) -> bool:
    """Whether an error says that there is nothing of this name."""
    return str(error.response["Error"]["Code"]) in _GONE


def _key(client: ClientIn, entry: Entry) -> datetime | None:
    kms = client("kms", entry.region)
    metadata = kms.describe_key(KeyId=entry.name)["KeyMetadata"]
    if metadata["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return _date(metadata)
    try:
        answer = kms.schedule_key_deletion(KeyId=entry.name, PendingWindowInDays=SHORTEST_WAIT)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        # A lesson's key policy is in the way. The default one lets the account's administrators in again.
        policy = default_key_policy(entry.name.split(":")[4], entry.region)
        kms.put_key_policy(KeyId=entry.name, Policy=policy)
        answer = kms.schedule_key_deletion(KeyId=entry.name, PendingWindowInDays=SHORTEST_WAIT)
    return _date(answer)


def _date(answer: dict[str, Any]) -> datetime | None:
    # A primary key that still has replicas gets its date when the last of them is gone.
    date: datetime | None = answer.get("DeletionDate")
    return date


def _alias(client: ClientIn, entry: Entry) -> None:
    client("kms", entry.region).delete_alias(AliasName=entry.name)


def _grant(client: ClientIn, entry: Entry) -> None:
    # Without an id it was never confirmed; a key's grants end with it in any case.
    if entry.name:
        client("kms", entry.region).revoke_grant(KeyId=entry.key, GrantId=entry.name)


def _bucket(client: ClientIn, entry: Entry) -> None:
    s3 = client("s3", entry.region)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=entry.name):
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=entry.name, Key=each["Key"], VersionId=each["VersionId"])
    for upload in s3.list_multipart_uploads(Bucket=entry.name).get("Uploads", ()):
        s3.abort_multipart_upload(Bucket=entry.name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket=entry.name)


def _user(client: ClientIn, entry: Entry) -> None:
    iam, name = client("iam", "us-east-1"), {"UserName": entry.name}
    for key in iam.list_access_keys(**name)["AccessKeyMetadata"]:
        iam.delete_access_key(**name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(**name)["PolicyNames"]:
        iam.delete_user_policy(**name, PolicyName=policy)
    for policy in iam.list_attached_user_policies(**name)["AttachedPolicies"]:
        iam.detach_user_policy(**name, PolicyArn=policy["PolicyArn"])
    iam.delete_user(**name)


def _role(client: ClientIn, entry: Entry) -> None:
    iam, name = client("iam", "us-east-1"), {"RoleName": entry.name}
    for policy in iam.list_role_policies(**name)["PolicyNames"]:
        iam.delete_role_policy(**name, PolicyName=policy)
    for policy in iam.list_attached_role_policies(**name)["AttachedPolicies"]:
        iam.detach_role_policy(**name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(**name)


def _policy(client: ClientIn, entry: Entry) -> None:
    iam = client("iam", "us-east-1")
    for version in iam.list_policy_versions(PolicyArn=entry.name)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=entry.name, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=entry.name)


def _parameter(client: ClientIn, entry: Entry) -> None:
    client("ssm", entry.region).delete_parameter(Name=entry.name)


def _secret(client: ClientIn, entry: Entry) -> None:
    client("secretsmanager", entry.region).delete_secret(SecretId=entry.name, ForceDeleteWithoutRecovery=True)


def _trail(client: ClientIn, entry: Entry) -> None:
    client("cloudtrail", entry.region).delete_trail(Name=entry.name)


#: In the order in which things are taken back: what uses a key goes before the key. Each gives the date of deletion
#: where something waits, and raises the ClientError of AWS otherwise.
REMOVE: dict[Kind, Callable[[ClientIn, Entry], datetime | None]] = {
    Kind.TRAIL: _trail,
    Kind.SECRET: _secret,
    Kind.PARAMETER: _parameter,
    Kind.BUCKET: _bucket,
    Kind.GRANT: _grant,
    Kind.ALIAS: _alias,
    Kind.USER: _user,
    Kind.ROLE: _role,
    Kind.POLICY: _policy,
    Kind.KEY: _key,
}

#: Kinds whose removal takes time.
WAITS = frozenset({Kind.KEY})


def _tags(found: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {tag[key]: tag[value] for tag in found}


#: The tags of one thing by its name. An alias and a grant have none; their key has.
TAGS_OF: dict[Kind, Callable[[ClientIn, Entry], dict[str, str]]] = {
    Kind.KEY: lambda client, entry: _tags(
        client("kms", entry.region).list_resource_tags(KeyId=entry.name)["Tags"], "TagKey", "TagValue"
    ),
    Kind.ALIAS: lambda client, entry: _tags(
        client("kms", entry.region).list_resource_tags(
            KeyId=client("kms", entry.region).describe_key(KeyId=entry.name)["KeyMetadata"]["Arn"]
        )["Tags"],
        "TagKey",
        "TagValue",
    ),
    Kind.BUCKET: lambda client, entry: _tags(
        client("s3", entry.region).get_bucket_tagging(Bucket=entry.name)["TagSet"]
    ),
    Kind.USER: lambda client, entry: _tags(client("iam", "us-east-1").list_user_tags(UserName=entry.name)["Tags"]),
    Kind.ROLE: lambda client, entry: _tags(client("iam", "us-east-1").list_role_tags(RoleName=entry.name)["Tags"]),
    Kind.POLICY: lambda client, entry: _tags(client("iam", "us-east-1").list_policy_tags(PolicyArn=entry.name)["Tags"]),
    Kind.PARAMETER: lambda client, entry: _tags(
        client("ssm", entry.region).list_tags_for_resource(ResourceType="Parameter", ResourceId=entry.name)["TagList"]
    ),
    Kind.SECRET: lambda client, entry: _tags(
        client("secretsmanager", entry.region).describe_secret(SecretId=entry.name).get("Tags", [])
    ),
    Kind.TRAIL: lambda client, entry: _tags(
        client("cloudtrail", entry.region).list_tags(
            ResourceIdList=[client("cloudtrail", entry.region).get_trail(Name=entry.name)["Trail"]["TrailARN"]]
        )["ResourceTagList"][0]["TagsList"]
    ),
}
