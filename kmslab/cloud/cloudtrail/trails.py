"""The operations on trails.

Source: CloudTrail API Reference; the texts of errors as AWS accounts show them, where they are quoted in public.
Simplified: no organisation trails, Insights, event data stores or channels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from moto.s3.models import s3_backends as _s3_backends

from kmslab import arn
from kmslab.cloud.cloudtrail.delivery import Delivery
from kmslab.cloud.cloudtrail.held import Holdings
from kmslab.cloud.cloudtrail.selecting import set_selectors
from kmslab.cloud.cloudtrail.trail import SETTINGS, Chain, Trail
from kmslab.cloud.cloudtrail.writing import principal_for
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AwsError
from kmslab.service.visit import OnBehalf
from kmslab.wire.refusals import RefusedError

Members = Mapping[str, Any]
Answer = dict[str, Any]

s3_backends: Any = _s3_backends

#: How many trails an account can have in a Region. Source: CloudTrail User Guide, "Quotas".
_MOST = 5

#: What a name has to be, in the order of the checks, and what AWS says otherwise.
_NAME_RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (
        lambda name: len(name) >= 3,
        "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {length} characters.",
    ),
    (
        lambda name: len(name) <= 128,
        "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {length} characters.",
    ),
    (re.compile(r"[0-9a-zA-Z]").match, "Trail name must starts with a letter or number."),
    (re.compile(r".*[0-9a-zA-Z]\Z", re.DOTALL).match, "Trail name must ends with a letter or number."),
    (
        re.compile(r"[.\-_0-9a-zA-Z]+\Z").match,
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), "
        "and underscores (_).",
    ),
)

#: What CloudTrail makes of KMS's errors.
_OF_KMS = {
    "AccessDeniedException": "InsufficientEncryptionPolicyException",
    "NotFoundException": "KmsKeyNotFoundException",
    "InvalidArnException": "InvalidKmsKeyIdException",
    "ValidationException": "InvalidKmsKeyIdException",
}


class Trails:
    """Answers for the operations on trails."""

    def __init__(self, held: Holdings, delivery: Delivery, bridge: MotoBridge, kms: Kms) -> None:
        """Answer with what is held."""
        self._held = held
        self._delivery = delivery
        self._bridge = bridge
        self._kms = kms
        self.operations: dict[str, Callable[[Members, Asker], Answer]] = {
            "AddTags": self._add_tags,
            "CreateTrail": self._create,
            "DeleteTrail": self._delete,
            "DescribeTrails": self._describe,
            "GetEventSelectors": self._get_selectors,
            "GetTrail": lambda members, asker: {"Trail": self._find(members, asker).described_in_full()},
            "GetTrailStatus": lambda members, asker: self._find(members, asker).status(),
            "ListTags": self._list_tags,
            "ListTrails": self._list,
            "PutEventSelectors": self._put_selectors,
            "RemoveTags": self._remove_tags,
            "StartLogging": self._start,
            "StopLogging": self._stop,
            "UpdateTrail": self._update,
        }

    # --- trails ---

    def _create(self, members: Members, asker: Asker) -> Answer:
        name, account_id = str(members.get("Name", "")), asker.principal.account_id
        _check_name(name)
        trails = self._held.at(account_id, asker.region).trails
        if name in trails:
            raise RefusedError("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {account_id}")
        if len(trails) >= _MOST:
            text = f"User: {account_id} already has {_MOST} trails in {asker.region}."
            raise RefusedError("MaximumNumberOfTrailsExceededException", text)
        trail = Trail(name, account_id, asker.region)
        self._set(trail, members)
        trail.tags = _tags(members.get("TagsList") or ())
        with self._held.still():
            trails[name] = trail
        return trail.described()

    def _update(self, members: Members, asker: Asker) -> Answer:
        trail = self._at_home(members, asker)
        validated, was_everywhere = trail.validates, trail.is_multi_region
        self._set(trail, members)
        if trail.is_multi_region and not was_everywhere:
            trail.everywhere = asker.now
        if trail.validates != validated:
            for progress in trail.progress.values():
                progress.chain = Chain(max(asker.now, progress.until)) if trail.validates else None
        self._delivery.look_again()
        return trail.described()

    def _set(self, trail: Trail, members: Members) -> None:
        """Let a trail be as it is asked for, or as it was when something is wrong with that."""
        if members.get("IsOrganizationTrail"):
            text = "This Lab has no organization. Create a trail in each account instead."
            raise RefusedError("OrganizationsNotInUseException", text)
        wanted = {attribute: members[name] for name, attribute in SETTINGS.items() if members.get(name) is not None}
        bucket = wanted.get("bucket", trail.bucket)
        if wanted.get("is_multi_region", trail.is_multi_region) and not wanted.get(
            "takes_global_events", trail.takes_global_events
        ):
            text = "Multi-Region trail must include global service events."
            raise RefusedError("InvalidParameterCombinationException", text)
        self._check_bucket(bucket)
        if wanted.get("kms_key"):
            wanted["kms_key"] = self._checked_key(trail, bucket, str(wanted["kms_key"]))
        for attribute, value in wanted.items():
            # An empty name takes the setting away, as with `--kms-key-id ""`.
            setattr(trail, attribute, None if value == "" else value)

    def _check_bucket(self, bucket: str) -> None:
        with self._bridge.in_place(quietly=True), suppress(Exception):
            for regions in s3_backends.values():
                for backend in regions.values():
                    if bucket in backend.buckets:
                        return
        raise RefusedError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")

    def _checked_key(self, trail: Trail, bucket: str, key: str) -> str:
        """The ARN of a KMS key under which CloudTrail may encrypt; it tries, which is a request on the bill.

        Source: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail". Simplified: how AWS tries is not
        published.
        """
        region = key.split(":")[3] if key.startswith("arn:") else trail.region
        context = {"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": f"arn:{arn.partition_of(region)}:s3:::{bucket}"}
        params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
        try:
            reply = self._kms(OnBehalf("cloudtrail", principal_for(trail.arn), region, "GenerateDataKey", params))
        except AwsError as error:
            code = _OF_KMS.get(error.code, "KmsException")
            text = error.message or f"The KMS key {key} cannot be used."
            if code == "InsufficientEncryptionPolicyException":
                text = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}."
            raise RefusedError(code, text) from error
        return str(reply["KeyId"])

    def _delete(self, members: Members, asker: Asker) -> Answer:
        trail = self._at_home(members, asker)
        self._finish(trail, asker.now)
        trails = self._held.at(trail.account_id, trail.region).trails
        with self._held.still():
            del trails[trail.name]
        return {}

    # --- which ---

    def _visible(self, asker: Asker) -> list[Trail]:
        """The trails that can be seen from a Region: its own, and those of all Regions."""
        trails = self._held.trails(asker.principal.account_id)
        return [trail for trail in trails if trail.is_multi_region or trail.region == asker.region]

    def _find(self, members: Members, asker: Asker, member: str = "Name") -> Trail:
        named = str(members.get(member, ""))
        if not named.startswith("arn:"):
            _check_name(named)
            wanted = Trail(named, asker.principal.account_id, asker.region).arn
        else:
            wanted = named
            _check_arn(named)
        found = next((each for each in self._held.trails(asker.principal.account_id) if each.arn == wanted), None)
        if found is None:
            text = f"Unknown trail: {wanted} for the user: {asker.principal.account_id}"
            raise RefusedError("TrailNotFoundException", text)
        return found

    def _at_home(self, members: Members, asker: Asker, member: str = "Name") -> Trail:
        trail = self._find(members, asker, member)
        if trail.region != asker.region:
            text = f"Trail {trail.name} can only be changed in its home Region {trail.region}."
            raise RefusedError("InvalidHomeRegionException", text)
        return trail

    def _describe(self, members: Members, asker: Asker) -> Answer:
        found = self._visible(asker)
        if members.get("includeShadowTrails") is False:
            found = [trail for trail in found if trail.region == asker.region]
        wanted = members.get("trailNameList")
        if wanted:
            found = [
                each for each in found if each.arn in wanted or (each.name in wanted and each.region == asker.region)
            ]
        return {"trailList": [trail.described_in_full() for trail in found]}

    def _list(self, members: Members, asker: Asker) -> Answer:
        # Source: API Reference, ListTrails: the account's trails of all Regions.
        found = self._held.trails(asker.principal.account_id)
        return {"Trails": [{"TrailARN": each.arn, "Name": each.name, "HomeRegion": each.region} for each in found]}

    # --- logging ---

    def _start(self, members: Members, asker: Asker) -> Answer:
        self._at_home(members, asker).start(asker.now)
        self._delivery.look_again()
        return {}

    def _stop(self, members: Members, asker: Asker) -> Answer:
        self._finish(self._at_home(members, asker), asker.now)
        return {}

    def _finish(self, trail: Trail, now: datetime) -> None:
        if trail.is_logging:
            self._delivery.finish(trail, now)
            trail.is_logging, trail.stopped = False, now

    def _put_selectors(self, members: Members, asker: Asker) -> Answer:
        trail = self._at_home(members, asker, "TrailName")
        set_selectors(trail, members.get("EventSelectors"), members.get("AdvancedEventSelectors"))
        return _selectors(trail)

    def _get_selectors(self, members: Members, asker: Asker) -> Answer:
        return _selectors(self._find(members, asker, "TrailName"))

    # --- tags ---

    def _add_tags(self, members: Members, asker: Asker) -> Answer:
        self._tagged(members.get("ResourceId"), asker).tags.update(_tags(members.get("TagsList") or ()))
        return {}

    def _remove_tags(self, members: Members, asker: Asker) -> Answer:
        tags = self._tagged(members.get("ResourceId"), asker).tags
        for name in _tags(members.get("TagsList") or ()):
            tags.pop(name, None)
        return {}

    def _list_tags(self, members: Members, asker: Asker) -> Answer:
        listed = []
        for resource in members.get("ResourceIdList") or ():
            tags = self._tagged(resource, asker).tags
            listed.append(
                {"ResourceId": resource, "TagsList": [{"Key": key, "Value": value} for key, value in tags.items()]}
            )
        return {"ResourceTagList": listed}

    def _tagged(self, resource: Any, asker: Asker) -> Trail:
        _check_arn(str(resource))
        try:
            return self._find({"Name": str(resource)}, asker)
        except RefusedError:
            raise RefusedError("ResourceNotFoundException", f"Resource not found: {resource}") from None


def _check_name(name: str) -> None:
    for rule, text in _NAME_RULES:
        if not rule(name):
            raise RefusedError("InvalidTrailNameException", text.format(length=len(name)))


def _check_arn(named: str) -> None:
    if not re.fullmatch(r"arn:[a-z-]+:cloudtrail:[a-z0-9-]+:\d{12}:trail/.+", named):
        raise RefusedError("CloudTrailARNInvalidException", f"{named} is not the ARN of a trail.")


def _tags(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in given}


def _selectors(trail: Trail) -> Answer:
    kind = {"AdvancedEventSelectors": trail.advanced} if trail.advanced else {"EventSelectors": trail.selectors}
    return {"TrailARN": trail.arn, **kind}
