"""A trail: what was asked for, how far it has come, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kmslab import arn

#: What a trail logs unless told otherwise. Source: API Reference, EventSelector, the default of each member.
DEFAULT_SELECTORS: list[dict[str, Any]] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]

#: From a member of CreateTrail and UpdateTrail to what it sets.
SETTINGS: Mapping[str, str] = {
    "S3BucketName": "bucket",
    "S3KeyPrefix": "prefix",
    "SnsTopicName": "topic",
    "IncludeGlobalServiceEvents": "takes_global_events",
    "IsMultiRegionTrail": "is_multi_region",
    "EnableLogFileValidation": "validates",
    "CloudWatchLogsLogGroupArn": "log_group",
    "CloudWatchLogsRoleArn": "log_role",
    "KmsKeyId": "kms_key",
}


@dataclass
class Chain:
    """The digests of a trail in one Region.

    Attributes:
        since: Where the next digest begins.
        files: What the next digest says of the log files that it is about.
        previous: What the next digest says of the one before; None at the beginning.
    """

    since: datetime
    files: list[dict[str, str]] = field(default_factory=list)
    previous: dict[str, str] | None = None


@dataclass
class Progress:
    """How far a trail has come in one Region: everything before `until` is delivered."""

    until: datetime
    chain: Chain | None = None


@dataclass
class Trail:
    """A trail of an account.

    Attributes:
        name: Its name, unique in its home Region.
        account_id: Whose it is.
        region: Its home Region.
        bucket: The S3 bucket that files go to.
        prefix: What their names begin with, or None.
        topic: An SNS topic, by name or ARN, or None. Simplified: it is told of nothing.
        takes_global_events: Whether events of IAM and other services without Regions are logged.
        is_multi_region: Whether it logs what happens in every Region.
        validates: Whether digest files are delivered.
        log_group: A CloudWatch Logs group, or None. Simplified: nothing goes there.
        log_role: The role to write there with, or None.
        kms_key: The ARN of the KMS key that log files are encrypted under, or None.
        tags: Its tags.
        selectors: Its basic event selectors.
        advanced: Its advanced event selectors, which take the place of the basic ones.
        started: When logging was last started.
        stopped: When it was last stopped.
        is_logging: Whether it logs now.
        progress: How far it has come, by Region.
        everywhere: From when on it has logged what happens in every Region, if not from the start of logging.
        delivered: When a log file was last delivered.
        digested: When a digest was last delivered.
        failure: S3's error code of the last attempt; empty when it went well.
        retry: When the next attempt is due after one that failed.
    """

    name: str
    account_id: str
    region: str
    bucket: str = ""
    prefix: str | None = None
    topic: str | None = None
    takes_global_events: bool = True
    is_multi_region: bool = False
    validates: bool = False
    log_group: str | None = None
    log_role: str | None = None
    kms_key: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    selectors: list[dict[str, Any]] = field(default_factory=lambda: list(DEFAULT_SELECTORS))
    advanced: list[dict[str, Any]] = field(default_factory=list)
    started: datetime | None = None
    stopped: datetime | None = None
    is_logging: bool = False
    progress: dict[str, Progress] = field(default_factory=dict)
    everywhere: datetime | None = None
    delivered: datetime | None = None
    digested: datetime | None = None
    failure: str = ""
    retry: datetime | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:{arn.partition_of(self.region)}:cloudtrail:{self.region}:{self.account_id}:trail/{self.name}"

    def start(self, now: datetime) -> None:
        """Begin to log."""
        if not self.is_logging:
            self.is_logging, self.started, self.failure, self.retry = True, now, "", None
            self.progress, self.everywhere = {}, None
            self.at(self.region)

    def begins(self, region: str) -> datetime:
        """From when on it has something to deliver from a Region."""
        if region in self.progress:
            return self.progress[region].until
        return max(each for each in (self.started, self.everywhere) if each is not None)

    def at(self, region: str) -> Progress:
        """How far it has come in a Region."""
        if region not in self.progress:
            since = self.begins(region)
            self.progress[region] = Progress(since, Chain(since) if self.validates else None)
        return self.progress[region]

    def described(self) -> dict[str, Any]:
        """What CreateTrail and UpdateTrail answer."""
        shown: dict[str, Any] = {
            "Name": self.name,
            "S3BucketName": self.bucket,
            "S3KeyPrefix": self.prefix,
            "SnsTopicName": self.topic,
            "SnsTopicARN": self._topic_arn(),
            "IncludeGlobalServiceEvents": self.takes_global_events,
            "IsMultiRegionTrail": self.is_multi_region,
            "TrailARN": self.arn,
            "LogFileValidationEnabled": self.validates,
            "CloudWatchLogsLogGroupArn": self.log_group,
            "CloudWatchLogsRoleArn": self.log_role,
            "KmsKeyId": self.kms_key,
            "IsOrganizationTrail": False,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def described_in_full(self) -> dict[str, Any]:
        """What DescribeTrails and GetTrail answer."""
        custom = bool(self.advanced) or self.selectors != DEFAULT_SELECTORS
        return self.described() | {
            "HomeRegion": self.region,
            "HasCustomEventSelectors": custom,
            "HasInsightSelectors": False,
        }

    def status(self) -> dict[str, Any]:
        """What GetTrailStatus answers."""
        failed = bool(self.failure)
        attempt = _iso(self.delivered)
        shown: dict[str, Any] = {
            "IsLogging": self.is_logging,
            "LatestDeliveryError": self.failure or None,
            "LatestDeliveryTime": _epoch(self.delivered),
            "StartLoggingTime": _epoch(self.started),
            "StopLoggingTime": _epoch(self.stopped),
            "LatestDigestDeliveryTime": _epoch(self.digested),
            "LatestDeliveryAttemptTime": attempt,
            "LatestNotificationAttemptTime": "",
            "LatestNotificationAttemptSucceeded": "",
            "LatestDeliveryAttemptSucceeded": "" if failed else attempt,
            "TimeLoggingStarted": _iso(self.started),
            "TimeLoggingStopped": _iso(self.stopped),
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _topic_arn(self) -> str | None:
        if self.topic is None or self.topic.startswith("arn:"):
            return self.topic
        return f"arn:{arn.partition_of(self.region)}:sns:{self.region}:{self.account_id}:{self.topic}"


def _epoch(when: datetime | None) -> float | None:
    return None if when is None else round(when.timestamp(), 3)


def _iso(when: datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"
