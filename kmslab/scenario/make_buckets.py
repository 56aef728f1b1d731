"""The S3 side of a scenario: buckets, their default encryption, small objects."""

from __future__ import annotations

from kmslab import arn
from kmslab.scenario.given import content
from kmslab.scenario.parts import Part
from kmslab.scenario.stage import Stage

# The Region that a bucket is in when nobody says where; S3 does not want it said. Source: S3 API, CreateBucket.
_FIRST_REGION = "us-east-1"


def make_bucket(stage: Stage, account_id: str, bucket: Part) -> None:
    """Make a bucket with its objects, unless the account has it."""
    name, region = bucket.get("name").text, stage.names.region_of(bucket)
    s3 = stage.client(account_id, "s3", region)
    made = name not in (each["Name"] for each in stage.call(bucket, s3.list_buckets)["Buckets"])
    if made:
        where = {} if region == _FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        stage.call(bucket, s3.create_bucket, Bucket=name, **where)
        key = bucket.get("encryption_key")
        if key.text:
            # S3 takes an alias in its own account only by its ARN; a bare key id it takes as well.
            named = arn.alias_arn(region, account_id, key.text) if arn.names_an_alias(key.text) else key.text
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": named}
            rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}]}
            stage.call(key, s3.put_bucket_encryption, Bucket=name, ServerSideEncryptionConfiguration=rules)
        for object_key, held in bucket.get("objects").members():
            stage.call(held, s3.put_object, Bucket=name, Key=object_key, Body=content(held))
    stage.note(account_id, "bucket", name, made=made, region=region)
