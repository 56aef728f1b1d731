"""Exercises of lesson 11: a copy in another Region, a Bucket Key, a reader of one bucket.

Read from the trail, and from what S3 says of buckets and objects: S3's answers are neither billed nor in the trail.
More than 300 lines, because each typical mistake has a test and a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmslab import Call
from kmslab.billing.bill import Bill
from kmslab.exercises.evidence import lacked
from kmslab.exercises.model import Attempt, Exercise, Task, Test, by_mistake

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


def _source_was_disabled(attempt: Attempt) -> list[Call]:
    source = _calls(attempt, _SOURCE_REGION, "GenerateDataKey", _report_arn(_SOURCE))[-1].keys[0].arn
    return _worked(attempt.lab.trail.events(name="DisableKey", key=source).calls)


def _read_without_the_source(attempt: Attempt) -> bool:
    return _reads(attempt)[-1].time > _source_was_disabled(attempt)[0].time


def _copy(attempt: Attempt) -> Any:
    """What S3 says of the copy; raises, and so no mistake with it was made, while there is none."""
    return _s3(attempt, _TARGET_REGION).head_object(Bucket=_TARGET, Key=_REPORT)


def _is_of_the_service(attempt: Attempt, arn: str) -> bool:
    return any(key.arn == arn and key.manager == "AWS" for key in attempt.lab.inventory)


def _target_key_is_disabled(attempt: Attempt) -> bool:
    key = attempt.lab.inventory.get(_target_key(attempt))
    return key is not None and key.state == "Disabled"


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


def _algorithm(attempt: Attempt) -> str:
    return str(_default(attempt)["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _is_elsewhere(attempt: Attempt) -> bool:
    place = _s3(attempt, _LOG_REGION).get_bucket_location(Bucket=_LOG)["LocationConstraint"]
    return bool(place != _LOG_REGION)


def _names_no_key(attempt: Attempt) -> bool:
    return "KMSMasterKeyID" not in _default(attempt)["ApplyServerSideEncryptionByDefault"]


def _objects(attempt: Attempt) -> list[str]:
    """The ARN of each object's KMS key; empty where S3 encrypts with a key of its own."""
    s3 = _s3(attempt, _LOG_REGION)
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=_LOG).get("Contents", ())]
    return [str(s3.head_object(Bucket=_LOG, Key=name).get("SSEKMSKeyId", "")) for name in names]


def _under_another_key(attempt: Attempt) -> bool:
    return any(arn not in ("", _default_key(attempt)) for arn in _objects(attempt))


def _is_the_number_of_objects(attempt: Attempt) -> bool:
    return int(attempt.answer) >= len(_objects(attempt)) > 1


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


def _would_decrypt(attempt: Attempt, bucket: str) -> bool:
    """Whether the secretary may decrypt what is in a bucket, without S3."""
    call = _secretarys(attempt, _MINUTES)[-1]
    secretary = attempt.lab.directory.find("" if call.principal is None else call.principal.access_key_id)
    if secretary is None:
        raise LookupError("the secretary has gone")
    context = {_CONTEXT: f"arn:aws:s3:::{bucket}"}
    return attempt.lab.would(secretary, "Decrypt", call.keys[0].arn, encryption_context=context).allowed


def _only_through_s3(attempt: Attempt) -> bool:
    return bool(_reads_minutes(attempt)) and not _would_decrypt(attempt, _MINUTES)


def _lacks(what: str = "") -> Test:
    """A test whether the last reading of the minutes was refused because the policy lacks something."""
    return lambda attempt: lacked(_secretarys(attempt, _MINUTES)[-1], what)


def _read_salaries(attempt: Attempt) -> bool:
    return _secretarys(attempt, _SALARIES)[-1].error_code is None


EXERCISES = (
    Exercise(
        number="11.1",
        title="a report for Frankfurt",
        tasks=(
            Task(
                "alias/reports stands for a symmetric key of your own in eu-central-1",
                _target_key,
                by_mistake(
                    "create_key and create_alias, both with a KMS client for eu-central-1.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_ALIAS, _TARGET_REGION),
                        "alias/reports is there, and S3 cannot use its key: create_key without KeySpec makes a "
                        "symmetric one, and update_alias points the alias at it.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.named(_ALIAS),
                        "alias/reports is in another Region. An object's key has to be in the bucket's Region: a KMS "
                        "client for eu-central-1.",
                    ),
                ),
            ),
            Task(
                "reports-frankfurt has a copy of 2026/q1.txt under that key",
                _copy_is_under_it,
                by_mistake(
                    "Run the cell that makes the buckets first. Then copy_object with the S3 client for eu-central-1, "
                    "ServerSideEncryption='aws:kms' and SSEKMSKeyId='alias/reports'.",
                    (
                        lambda attempt: _copy(attempt)["ServerSideEncryption"] == "AES256",
                        "There is a copy, under AES256: a copy does not inherit the encryption of its source, and the "
                        "bucket's default is S3's own key. Copy again with ServerSideEncryption='aws:kms' and "
                        "SSEKMSKeyId='alias/reports'.",
                    ),
                    (
                        lambda attempt: _is_of_the_service(attempt, _copy(attempt)["SSEKMSKeyId"]),
                        "There is a copy, under alias/aws/s3: that is the key if you say aws:kms and name none. Copy "
                        "again with SSEKMSKeyId='alias/reports'.",
                    ),
                    (
                        lambda attempt: _copy(attempt)["SSEKMSKeyId"] != _target_key(attempt),
                        "There is a copy, under a key that alias/reports does not stand for. Copy again with "
                        "SSEKMSKeyId='alias/reports'.",
                    ),
                    (
                        _copy,
                        "There is an object of that name under the right key, but the report in Oregon was never "
                        "opened for it: it is not a copy. CopySource names reports-oregon.",
                    ),
                    (
                        _source_was_disabled,
                        "The key in Oregon was disabled before there was a copy, and nobody can open the original: "
                        "enable_key, copy, and disable it afterwards.",
                    ),
                ),
            ),
            Task(
                "the copy was read",
                _reads,
                "get_object with the S3 client for eu-central-1, from reports-frankfurt, when the copy is under the "
                "right key.",
            ),
            Task(
                "it was read once more, after the key in Oregon had been disabled",
                _read_without_the_source,
                by_mistake(
                    "disable_key with a KMS client for us-west-2 and KeyId=oregon_key, and then get_object from "
                    "reports-frankfurt again.",
                    (
                        _target_key_is_disabled,
                        "You have disabled the key in Frankfurt, the one that the copy needs. enable_key there; the "
                        "key to switch off is that of the original, in us-west-2.",
                    ),
                    (
                        _source_was_disabled,
                        "The key in Oregon is off. Does the copy still open? get_object from reports-frankfurt once "
                        "more.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'In one call' copies a cover from Virginia to Ireland. Bucket, Region and key are others "
            "here.",
            "create_key, create_alias, copy_object(CopySource=, Bucket=, Key=, ServerSideEncryption=, SSEKMSKeyId=), "
            "get_object, disable_key, get_object. All clients are for eu-central-1 but that of disable_key.",
            "frankfurt = boto3.client('kms', region_name='eu-central-1')\n"
            "key = frankfurt.create_key()['KeyMetadata']['KeyId']\n"
            "frankfurt.create_alias(AliasName='alias/reports', TargetKeyId=key)\n"
            "copy = {'Bucket': 'reports-frankfurt', 'Key': '2026/q1.txt'}\n"
            "source, under = {**copy, 'Bucket': 'reports-oregon'}, {'ServerSideEncryption': 'aws:kms'}\n"
            "frankfurt_s3.copy_object(CopySource=source, **copy, **under, SSEKMSKeyId='alias/reports')\n"
            "frankfurt_s3.get_object(**copy)\n"
            "boto3.client('kms', region_name='us-west-2').disable_key(KeyId=oregon_key)\n"
            "frankfurt_s3.get_object(**copy)",
        ),
    ),
    Exercise(
        number="11.2",
        title="a bucket for the log",
        tasks=(
            Task(
                "the default encryption of shop-log-ireland is a key of your own in eu-west-1",
                _default_key,
                by_mistake(
                    "create_bucket with the LocationConstraint eu-west-1, then put_bucket_encryption with SSEAlgorithm "
                    "aws:kms and KMSMasterKeyID, the ARN of a key that you made in eu-west-1.",
                    (
                        _is_elsewhere,
                        "The bucket is in another Region: delete_bucket, and create_bucket with the S3 client for "
                        "eu-west-1 and CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'}.",
                    ),
                    (
                        lambda attempt: _algorithm(attempt) == "AES256",
                        "The bucket is there, and its default is AES256 still: put_bucket_encryption, or the lesson's "
                        "set_default, with the ARN of a key of yours.",
                    ),
                    (
                        _names_no_key,
                        "The default is aws:kms without a key, and that is alias/aws/s3: name a key of yours in "
                        "KMSMasterKeyID.",
                    ),
                    (
                        _default,
                        "The default names a key that is none of yours in eu-west-1, so nothing can be written: an "
                        "object's key has to be in the bucket's Region.",
                    ),
                ),
            ),
            Task(
                "with a Bucket Key",
                _uses_bucket_key,
                by_mistake(
                    "The default key comes first; then 'BucketKeyEnabled': True in the same rule.",
                    (
                        _default_key,
                        "'BucketKeyEnabled': True is missing, in the rule, beside ApplyServerSideEncryptionByDefault "
                        "and not within it. The lesson's set_default has bucket_key=True for it.",
                    ),
                ),
            ),
            Task(
                "at least 20 objects in it are under that key and a Bucket Key",
                lambda attempt: len(_under_bucket_key(attempt)) >= _ENOUGH,
                by_mistake(
                    "put_object without any argument about encryption, 20 times with 20 names.",
                    (
                        _under_bucket_key,
                        "Some are, and it has to be 20: does each put_object have a name of its own? Objects from "
                        "before the default was set stay as they were.",
                    ),
                    (
                        _under_another_key,
                        "The objects are under another key than the default: put_object without ServerSideEncryption "
                        "and SSEKMSKeyId, because what the request says counts more.",
                    ),
                    (
                        lambda attempt: _uses_bucket_key(attempt) and _objects(attempt),
                        "The objects are older than the default with its Bucket Key, and stay as they were. Write them "
                        "again.",
                    ),
                ),
            ),
            Task(
                "the number of requests to KMS is right",
                _counted,
                by_mistake(
                    "Take before = lab.bill ahead of the loop and lab.bill.since(before).requests behind it, and hand "
                    "that over: answer = ... The trail shows them, too: their context is the bucket's ARN.",
                    (
                        lambda attempt: isinstance(attempt.answer, Bill),
                        "That is the whole bill. Hand over its number: lab.bill.since(before).requests.",
                    ),
                    (
                        _is_the_number_of_objects,
                        "That is one request for each object, as it would be without a Bucket Key. Is the Bucket Key "
                        "on, and did the mark stand right before the loop? Count again.",
                    ),
                    (
                        lambda attempt: int(attempt.answer) == 0,
                        "S3 has asked at least once. Put the mark, before = lab.bill, ahead of the first put_object; "
                        "for what S3 has in memory already it does not ask again, so lab.clock.advance(minutes=10) "
                        "first.",
                    ),
                ),
            ),
        ),
        hints=(
            "The lesson's set_default does the second step, and traffic shows how to write many objects.",
            "create_key, create_bucket, set_default(client, bucket, arn, bucket_key=True), put_object in a loop, "
            "lab.bill.since.",
            "here = {'LocationConstraint': 'eu-west-1'}\n"
            "irish_s3.create_bucket(Bucket='shop-log-ireland', CreateBucketConfiguration=here)\n"
            "key = irish_kms.create_key()['KeyMetadata']['Arn']\n"
            "set_default(irish_s3, 'shop-log-ireland', key, bucket_key=True)\n"
            "before = lab.bill\n"
            "for number in range(20):\n"
            "    irish_s3.put_object(Bucket='shop-log-ireland', Key=f'{number}.log', Body=b'x')\n"
            "answer = lab.bill.since(before).requests",
        ),
    ),
    Exercise(
        number="11.3",
        title="the secretary",
        tasks=(
            Task(
                "as secretary, reading in office-minutes works",
                _reads_minutes,
                by_mistake(
                    "Run the cell that makes the buckets first. Then lab.user('secretary', policy=...) with "
                    "kms:Decrypt on the key's ARN, and get_object of lab.client('s3', 'eu-central-1', principal=...).",
                    (
                        _lacks(_CONTEXT),
                        "KMS refused it: aws:s3:arn in the policy is not what S3 says. With a Bucket Key that is the "
                        "ARN of the bucket, arn:aws:s3:::office-minutes, without an object's name. put_user_policy of "
                        "IAM changes a user that is there.",
                    ),
                    (
                        _lacks("kms:ViaService"),
                        "KMS refused it: the kms:ViaService of the policy is not the service that calls, which is "
                        "s3.eu-central-1.amazonaws.com. put_user_policy of IAM changes a user that is there.",
                    ),
                    (
                        _lacks("its Resource"),
                        "KMS refused it: the Resource of the policy has to be the ARN of the key, and not of a bucket. "
                        "put_user_policy of IAM changes a user that is there.",
                    ),
                    (
                        _lacks(),
                        "KMS refused it: nothing lets the secretary decrypt. put_user_policy of IAM, with kms:Decrypt "
                        "on the key's ARN and the two conditions.",
                    ),
                ),
            ),
            Task(
                "as secretary, reading in office-salaries is refused",
                _salaries_are_refused,
                by_mistake(
                    "Try it as secretary, after reading the minutes has worked.",
                    (
                        lambda attempt: _read_salaries(attempt) and _would_decrypt(attempt, _SALARIES),
                        "It worked: nothing ties the permission to one bucket. The condition key is "
                        "kms:EncryptionContext:aws:s3:arn; put_user_policy of IAM changes a user that is there.",
                    ),
                    (
                        _read_salaries,
                        "It worked when it was last asked for. Is kms:EncryptionContext:aws:s3:arn the ARN of "
                        "office-minutes by now, and has the secretary no second policy? (put_user_policy with another "
                        "PolicyName adds one; delete_user_policy takes it away.) Then let "
                        "lab.clock.advance(minutes=10) pass, and try again: S3 still has the Bucket Key in memory for "
                        "the secretary, and asks nobody.",
                    ),
                    (
                        lambda attempt: _secretarys(attempt, _SALARIES),
                        "It was refused at a time when the secretary could not read the minutes either, which proves "
                        "nothing. Try it again after reading those has worked.",
                    ),
                ),
            ),
            Task(
                "without S3 the secretary may not decrypt",
                _only_through_s3,
                by_mistake(
                    "This is looked at once reading the minutes has worked.",
                    (
                        lambda attempt: _would_decrypt(attempt, _MINUTES),
                        "Whoever gets the encrypted data key could open it without S3: the policy lacks kms:ViaService "
                        "= s3.eu-central-1.amazonaws.com. put_user_policy of IAM changes a user that is there.",
                    ),
                ),
            ),
        ),
        hints=(
            "Exercise 10.2 was the same for Parameter Store. What is the context here? Look at the trail.",
            "Two condition keys under one StringEquals: kms:EncryptionContext:aws:s3:arn, the ARN of a bucket, and "
            "kms:ViaService, S3 in eu-central-1.",
            "both = {\n"
            "    'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::office-minutes',\n"
            "    'kms:ViaService': 's3.eu-central-1.amazonaws.com',\n"
            "}\n"
            "allow = {'Effect': 'Allow', 'Action': 'kms:Decrypt', 'Resource': office}\n"
            "allow['Condition'] = {'StringEquals': both}\n"
            "secretary = lab.user('secretary', policy={'Version': '2012-10-17', 'Statement': [allow]})\n"
            "her_s3 = lab.client('s3', 'eu-central-1', principal=secretary)\n"
            "her_s3.get_object(Bucket='office-minutes', Key='2026-01.txt')\n"
            "attempt(her_s3.get_object, Bucket='office-salaries', Key='2026-01.txt')",
        ),
    ),
)
