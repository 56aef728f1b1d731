"""The buckets of an account: where each lives, and under which key S3 puts what is stored in it. Asks S3, not KMS."""

from __future__ import annotations

from botocore.exceptions import ClientError

from kmslab import Lab


def buckets(lab: Lab) -> dict[str, list[tuple[str, str]]]:
    """Each bucket's name and its default encryption, by Region.

    Args:
        lab: Whose account.
    """
    s3 = lab.client("s3")
    found: dict[str, list[tuple[str, str]]] = {}
    for each in s3.list_buckets()["Buckets"]:
        name = each["Name"]
        # Source: API Reference, GetBucketLocation: null for us-east-1.
        region = s3.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1"
        found.setdefault(region, []).append((name, _encryption(lab, name, region)))
    return found


def _encryption(lab: Lab, name: str, region: str) -> str:
    try:
        reply = lab.client("s3", region).get_bucket_encryption(Bucket=name)
    except ClientError as error:
        return f"cannot be read: {error.response['Error']['Code']}"
    default = reply["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    if default["SSEAlgorithm"] == "AES256":
        return "SSE-S3"
    kind = "DSSE-KMS" if default["SSEAlgorithm"] == "aws:kms:dsse" else "SSE-KMS"
    key_ref = default.get("KMSMasterKeyID")
    if key_ref is None:
        return f"{kind} under alias/aws/s3"
    name_or_id = key_ref.partition(":alias/")[2]
    alias = f"alias/{name_or_id}" if name_or_id else key_ref
    key = lab.inventory.get(key_ref) or lab.inventory.named(alias, region)
    return f"{kind} under {key_ref if key is None else (key.aliases or (key.key_id,))[0]}"
