"""Exercises of lesson 11: a copy in another Region, a Bucket Key, a reader of one bucket.

Read from the trail, and from what S3 says of buckets and objects: S3's answers are neither billed nor in the trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmslab import Call
from kmslab.exercises.model import Attempt, Exercise, Task

_S3 = "fas.s3.amazonaws.com"
_CONTEXT = "aws:s3:arn"

_SOURCE_REGION, _SOURCE = "us-west-2", "reports-oregon"
_TARGET_REGION, _TARGET = "eu-central-1", "reports-frankfurt"
_REPORT, _ALIAS = "2026/q1.txt", "alias/reports"

_LOG, _LOG_REGION, _ENOUGH = "shop-log-ireland", "eu-west-1", 20

_OFFICE_REGION, _SECRETARY = "eu-central-1", "secretary"
_MINUTES, _SALARIES = "office-minutes", "office-salaries"


def _calls(attempt: Attempt, region: str, operation: str, arn: str) -> list[Call]:
    """What S3 had KMS do in a Region for an object's or a bucket's ARN, refused calls included, oldest first."""
    return [
        call
        for call in attempt.lab.trail.calls
        if call.region == region
        and call.operation == operation
        and call.invoked_by == _S3
        and (call.params.get("EncryptionContext") or {}).get(_CONTEXT) == arn
    ]


def _worked(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.error_code is None]


def _s3(attempt: Attempt, region: str) -> Any:
    return attempt.lab.client("s3", region)


# --- 11.1 ---


def _report_arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}/{_REPORT}"


def _target_key(attempt: Attempt) -> str:
    """The ARN of the key behind the alias; empty, and so no key's, while there is none."""
    key = attempt.lab.inventory.named(_ALIAS, _TARGET_REGION)
    return key.arn if key and key.spec == "SYMMETRIC_DEFAULT" else ""


def _source_was_opened(attempt: Attempt) -> bool:
    written = _calls(attempt, _TARGET_REGION, "GenerateDataKey", _report_arn(_TARGET))
    opened = _worked(_calls(attempt, _SOURCE_REGION, "Decrypt", _report_arn(_SOURCE)))
    return opened[0].time < _worked(written)[-1].time


def _copy_is_under_it(attempt: Attempt) -> bool:
    found = _s3(attempt, _TARGET_REGION).head_object(Bucket=_TARGET, Key=_REPORT)
    return found["SSEKMSKeyId"] == _target_key(attempt) and _source_was_opened(attempt)


def _reads(attempt: Attempt) -> list[Call]:
    """The times that the copy was read under the right key, after it was written."""
    read = _worked(_calls(attempt, _TARGET_REGION, "Decrypt", _report_arn(_TARGET)))
    return [call for call in read if call.keys[0].arn == _target_key(attempt)]


def _read_without_the_source(attempt: Attempt) -> bool:
    source = _calls(attempt, _SOURCE_REGION, "GenerateDataKey", _report_arn(_SOURCE))[-1].keys[0].arn
    disabled = _worked(attempt.lab.trail.events(name="DisableKey", key=source).calls)
    return _reads(attempt)[-1].time > disabled[0].time


# --- 11.2 ---


def _default(attempt: Attempt) -> Any:
    """The log bucket's default encryption; raises, and so counts as not done, without the bucket."""
    reply = _s3(attempt, _LOG_REGION).get_bucket_encryption(Bucket=_LOG)
    return reply["ServerSideEncryptionConfiguration"]["Rules"][0]


def _default_key(attempt: Attempt) -> str:
    """The ARN of the default key, if it is a customer managed key of the bucket's Region."""
    named = _default(attempt)["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    keys = attempt.lab.inventory.select(region=_LOG_REGION)
    key = keys.get(named) or keys.named("alias/" + named.rpartition("alias/")[2])
    return key.arn if key is not None and key.manager == "CUSTOMER" else ""


def _uses_bucket_key(attempt: Attempt) -> bool:
    return bool(_default_key(attempt)) and _default(attempt)["BucketKeyEnabled"] is True


def _under_bucket_key(attempt: Attempt) -> list[str]:
    """The objects of the log that are under the default key with a Bucket Key."""
    s3, arn = _s3(attempt, _LOG_REGION), _default_key(attempt)
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=_LOG).get("Contents", ())]
    heads = {name: s3.head_object(Bucket=_LOG, Key=name) for name in names}
    return [name for name, head in heads.items() if head.get("BucketKeyEnabled") and head.get("SSEKMSKeyId") == arn]


def _counted(attempt: Attempt) -> bool:
    asked = _worked(_calls(attempt, _LOG_REGION, "GenerateDataKey", f"arn:aws:s3:::{_LOG}"))
    return len(asked) > 0 and int(attempt.answer) in {1, len(asked)}


# --- 11.3 ---


def _secretarys(attempt: Attempt, bucket: str) -> list[Call]:
    calls = _calls(attempt, _OFFICE_REGION, "Decrypt", f"arn:aws:s3:::{bucket}")
    return [call for call in calls if call.principal is not None and call.principal.name == _SECRETARY]


def _reads_minutes(attempt: Attempt) -> Call:
    return _worked(_secretarys(attempt, _MINUTES))[-1]


def _salaries_are_refused(attempt: Attempt) -> bool:
    first = _worked(_secretarys(attempt, _MINUTES))[0]
    last = _secretarys(attempt, _SALARIES)[-1]
    return last.error_code == "AccessDeniedException" and last.time > first.time


def _only_through_s3(attempt: Attempt) -> bool:
    read = _reads_minutes(attempt)
    secretary = attempt.lab.directory.find("" if read.principal is None else read.principal.access_key_id)
    if secretary is None:
        return False
    context = {_CONTEXT: f"arn:aws:s3:::{_MINUTES}"}
    return not attempt.lab.would(secretary, "Decrypt", read.keys[0].arn, encryption_context=context).allowed


EXERCISES = (
    Exercise(
        number="11.1",
        title="a report for Frankfurt",
        tasks=(
            Task(
                "alias/reports stands for a symmetric key of your own in eu-central-1",
                _target_key,
                "create_key and create_alias, both with a KMS client for eu-central-1.",
            ),
            Task(
                "reports-frankfurt has a copy of 2026/q1.txt under that key",
                _copy_is_under_it,
                "copy_object with the S3 client for eu-central-1, ServerSideEncryption='aws:kms' and "
                "SSEKMSKeyId='alias/reports'. Without them the copy has the bucket's default, which is AES256. Run the "
                "cell that makes the buckets first.",
            ),
            Task(
                "the copy was read",
                _reads,
                "get_object with the S3 client for eu-central-1, from reports-frankfurt.",
            ),
            Task(
                "it was read once more, after the key in Oregon had been disabled",
                _read_without_the_source,
                "disable_key with a KMS client for us-west-2 and KeyId=oregon_key, and then get_object from "
                "reports-frankfurt again.",
            ),
        ),
        hints=(
            "The section 'In one call' copies a film from Virginia to Ireland. Bucket, Region and key are others here.",
            "create_key, create_alias, copy_object(CopySource=, Bucket=, Key=, ServerSideEncryption=, SSEKMSKeyId=), "
            "get_object, disable_key, get_object. All clients are for eu-central-1 but that of disable_key.",
            "frankfurt_s3.copy_object(CopySource={'Bucket': 'reports-oregon', 'Key': '2026/q1.txt'}, "
            "Bucket='reports-frankfurt', Key='2026/q1.txt', ServerSideEncryption='aws:kms', "
            "SSEKMSKeyId='alias/reports'), frankfurt_s3.get_object(Bucket='reports-frankfurt', Key='2026/q1.txt'), "
            "boto3.client('kms', 'us-west-2').disable_key(KeyId=oregon_key), and get_object again",
        ),
    ),
    Exercise(
        number="11.2",
        title="a bucket for the log",
        tasks=(
            Task(
                "the default encryption of shop-log-ireland is a key of your own in eu-west-1",
                _default_key,
                "create_bucket with the LocationConstraint eu-west-1, then put_bucket_encryption with SSEAlgorithm "
                "aws:kms and KMSMasterKeyID, the ARN of a key that you made in eu-west-1.",
            ),
            Task(
                "with a Bucket Key",
                _uses_bucket_key,
                "'BucketKeyEnabled': True, in the rule, beside ApplyServerSideEncryptionByDefault and not within it.",
            ),
            Task(
                "at least 20 objects in it are under that key and a Bucket Key",
                lambda attempt: len(_under_bucket_key(attempt)) >= _ENOUGH,
                "put_object without any argument about encryption, 20 times with 20 names. Objects from before the "
                "default was set stay as they were.",
            ),
            Task(
                "the number of requests to KMS is right",
                _counted,
                "Take before = lab.bill ahead of the loop and lab.bill.since(before).requests behind it, and hand that "
                "over: check('11.2', ...). The trail shows them, too: their context is the bucket's ARN.",
            ),
        ),
        hints=(
            "The lesson's set_default does the second step, and traffic shows how to write many objects.",
            "create_key, create_bucket, set_default(client, bucket, arn, bucket_key=True), put_object in a loop, "
            "lab.bill.since.",
            "set_default(irish_s3, 'shop-log-ireland', irish_kms.create_key()['KeyMetadata']['Arn'], bucket_key=True); "
            "before = lab.bill; for n in range(20): irish_s3.put_object(Bucket='shop-log-ireland', Key=f'{n}.log', "
            "Body=b'x'); check('11.2', lab.bill.since(before).requests)",
        ),
    ),
    Exercise(
        number="11.3",
        title="the secretary",
        tasks=(
            Task(
                "as secretary, reading in office-minutes works",
                _reads_minutes,
                "A policy that allows kms:Decrypt on the key's ARN. With a Bucket Key the context aws:s3:arn is the "
                "ARN of the bucket, without the object's name. Run the cell that makes the buckets first.",
            ),
            Task(
                "as secretary, reading in office-salaries is refused",
                _salaries_are_refused,
                "Try it as secretary, after the other one. If it worked, nothing ties the permission to one bucket: "
                "kms:EncryptionContext:aws:s3:arn. Behind another policy let lab.clock.advance(minutes=10) pass: S3 "
                "still has the Bucket Key in memory for the secretary, and asks nobody.",
            ),
            Task(
                "without S3 the secretary may not decrypt",
                _only_through_s3,
                "The policy lacks kms:ViaService = s3.eu-central-1.amazonaws.com. Another policy for a user that is "
                "there: put_user_policy of IAM.",
            ),
        ),
        hints=(
            "Exercise 10.2 was the same for Parameter Store. What is the context here? Look at the trail.",
            "Two condition keys under one StringEquals: kms:EncryptionContext:aws:s3:arn, the ARN of a bucket, and "
            "kms:ViaService, S3 in eu-central-1.",
            "'Condition': {'StringEquals': {'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::office-minutes', "
            "'kms:ViaService': 's3.eu-central-1.amazonaws.com'}}, in lab.user('secretary', policy=...), and two "
            "get_object calls of lab.client('s3', 'eu-central-1', principal=...)",
        ),
    ),
)
