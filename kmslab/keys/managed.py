"""AWS managed keys: the keys that AWS services keep in a customer's account, one per service and Region.

Owns which there are, their aliases, descriptions and policies. The customer sees them, pays for requests with them, and
cannot change, share, disable or delete them.

Source: KMS Developer Guide, "AWS managed keys"; API Reference, DescribeKey, KeyId (a predefined alias without a key
gets its key on first use); policies as AWS accounts show them.
Simplified: a choice of services; AWS has about forty, and lists their aliases before their keys exist. All have the
policy of `aws/s3`, which some services' keys extend, for instance by kms:CreateGrant.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from kmslab import arn
from kmslab.ids import Ids
from kmslab.keys import material, rotation
from kmslab.keys.alias import Alias
from kmslab.keys.key import Key
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KEY_SPECS, SYMMETRIC_DEFAULT, KeyManager, KeyUsage

if TYPE_CHECKING:
    from kmslab.keys.store import World

#: What each service's key protects, in the words of its description, by the service's name in the alias.
#: Source: `ebs`, `backup`, `glue` and `secretsmanager` as AWS accounts show them. Simplified: the others.
PROTECTS: dict[str, str] = {
    "backup": "Backup data",
    "dynamodb": "DynamoDB data",
    "ebs": "EBS volumes",
    "elasticfilesystem": "EFS filesystems",
    "glue": "Glue data",
    "kinesis": "Kinesis data",
    "lambda": "Lambda functions",
    "rds": "RDS database volumes",
    "redshift": "Redshift clusters",
    "s3": "S3 objects",
    "secretsmanager": "Secrets Manager data",
    "sns": "SNS data",
    "sqs": "SQS messages",
    "ssm": "SSM parameters",
}

#: The service that calls KMS, where the alias has another name for it. Source: KMS Developer Guide, kms:ViaService.
_CALLERS = {"ebs": "ec2"}

_USES = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
_LOOKS = ("kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant")

#: AWS rotates its managed keys every year; nobody else can change that. Source: KMS Developer Guide.
ROTATION_PERIOD = 365


def service_of(alias_name: str) -> str | None:
    """The AWS service whose managed key an alias stands for, such as `s3` for `alias/aws/s3`; None for any other."""
    service = alias_name.removeprefix(arn.RESERVED_ALIAS_PREFIX)
    return service if service != alias_name and service in PROTECTS else None


def make_managed_key(world: World, ids: Ids, account_id: str, region: str, service: str, now: datetime) -> Key:
    """Make the AWS managed key of a service, and its alias.

    Simplified: no event tells of it; what AWS logs is not published.
    """
    spec = KEY_SPECS[SYMMETRIC_DEFAULT]
    key = Key(
        key_id=ids.uuid("AWS managed key"),
        account_id=account_id,
        region=region,
        spec=spec,
        usage=KeyUsage.ENCRYPT_DECRYPT,
        created=now,
        description=f"Default key that protects my {PROTECTS[service]} when no other key is defined",
        policy=_policy(service, account_id, region),
        ring=KeyRing.of(material.generate(spec, ids.hex("AWS managed key material", 64))),
        manager=KeyManager.AWS,
    )
    world.add_key(key)
    rotation.start(world, key, ROTATION_PERIOD, now)
    name = f"{arn.RESERVED_ALIAS_PREFIX}{service}"
    alias_arn = arn.alias_arn(region, account_id, name)
    world.store(account_id, region).add_alias(Alias(name, alias_arn, key.key_id, now, now))
    return key


def _policy(service: str, account_id: str, region: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Id": f"auto-{service}-2",
            "Statement": [
                {
                    "Sid": f"Allow access through {service} for all principals in the account that may use {service}",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": list(_USES),
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {
                            "kms:CallerAccount": account_id,
                            "kms:ViaService": f"{_CALLERS.get(service, service)}.{region}.amazonaws.com",
                        }
                    },
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{arn.partition_of(region)}:iam::{account_id}:root"},
                    "Action": list(_LOOKS),
                    "Resource": "*",
                },
            ],
        },
        indent=2,
    )
