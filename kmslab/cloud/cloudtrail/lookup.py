"""LookupEvents: 90 days of an account's management events in one Region, newest first.

Source: CloudTrail API Reference, LookupEvents; CloudTrail User Guide, "Working with CloudTrail event history".
Simplified: events can be found at once, where AWS takes some minutes; the two requests a second that AWS allows are
not counted; AWS's texts of the errors are not published.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from kmslab.trail.events import EventRecord
from kmslab.trail.history import Event
from kmslab.wire.refusals import RefusedError

Members = Mapping[str, Any]

#: How long events can be looked up.
REACH = timedelta(days=90)

_PAGE = 50

#: From two moments to the events between them, newest first.
Newest = Callable[[datetime, datetime], Iterable[Event]]


def look_up(members: Members, now: datetime, newest: Newest) -> dict[str, Any]:
    """Answer LookupEvents.

    Args:
        members: Its members.
        now: The simulated time.
        newest: The events of the account and Region.

    Raises:
        RefusedError: a member is wrong.
    """
    size = _page_size(members.get("MaxResults"))
    fits = _test(members.get("LookupAttributes") or ())
    since, until = _range(members, now)
    if members.get("EventCategory") not in (None, "insight"):
        raise RefusedError("InvalidEventCategoryException", "The event category is not valid: it can be insight.")
    query = _fingerprint(members)
    found = newest(since, until) if members.get("EventCategory") is None else ()
    left = _after(found, members.get("NextToken"), query)
    page = list(islice((event for event in left if fits(event.record)), size + 1))
    reply: dict[str, Any] = {"Events": [shown(event) for event in page[:size]]}
    if len(page) > size:
        reply["NextToken"] = _token(page[size - 1], query)
    return reply


def _page_size(wanted: Any) -> int:
    if wanted is None:
        return _PAGE
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= _PAGE:
        raise RefusedError("InvalidMaxResultsException", f"MaxResults has to be a number from 1 to {_PAGE}.")
    return wanted


def _range(members: Members, now: datetime) -> tuple[datetime, datetime]:
    start, end = _moment(members.get("StartTime")), _moment(members.get("EndTime"))
    if start is not None and end is not None and start > end:
        raise RefusedError("InvalidTimeRangeException", "The start time must be before the end time.")
    earliest = now - REACH
    # The end belongs to the range, to the second.
    latest = now if end is None else min(now, end + timedelta(seconds=1))
    return (earliest if start is None else max(earliest, start)), latest + timedelta(microseconds=1)


def _moment(value: Any) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise RefusedError("InvalidTimeRangeException", "A time is a number of seconds since 1970.") from None


# --- which events ---


def _user(record: EventRecord) -> str | None:
    identity = record["userIdentity"]
    if identity.get("type") == "Root":
        return "root"
    if identity.get("type") in ("AssumedRole", "FederatedUser"):
        return str(identity.get("arn", "")).rpartition("/")[2] or None
    name = identity.get("userName")
    return None if name is None else str(name)


#: What requests to services other than KMS name, by the member that names it.
_NAMED: Mapping[str, Mapping[str, str]] = {
    "cloudtrail.amazonaws.com": {"name": "AWS::CloudTrail::Trail", "trailName": "AWS::CloudTrail::Trail"},
    "iam.amazonaws.com": {
        "accessKeyId": "AWS::IAM::AccessKey",
        "groupName": "AWS::IAM::Group",
        "policyArn": "AWS::IAM::Policy",
        "roleName": "AWS::IAM::Role",
        "userName": "AWS::IAM::User",
    },
    "s3.amazonaws.com": {"bucketName": "AWS::S3::Bucket"},
    "secretsmanager.amazonaws.com": {
        "name": "AWS::SecretsManager::Secret",
        "secretId": "AWS::SecretsManager::Secret",
    },
    "ssm.amazonaws.com": {"name": "AWS::SSM::Parameter"},
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role"},
}


def _resources(record: EventRecord) -> list[dict[str, str]]:
    found = [{"ResourceType": each["type"], "ResourceName": each["ARN"]} for each in record.get("resources") or ()]
    types, asked = _NAMED.get(record["eventSource"], {}), record["requestParameters"] or {}
    return found + [
        {"ResourceType": types[member], "ResourceName": value}
        for member, value in asked.items()
        if member in types and isinstance(value, str)
    ]


def _names(record: EventRecord) -> list[str]:
    """What a resource can be looked for by: its ARN, or what stands behind its type there."""
    names = [each["ResourceName"] for each in _resources(record)]
    return names + [each.rpartition(":")[2].partition("/")[2] for each in names if each.startswith("arn:")]


_ATTRIBUTES: Mapping[str, Callable[[EventRecord], list[str]]] = {
    "AccessKeyId": lambda record: [str(record["userIdentity"].get("accessKeyId"))],
    "EventId": lambda record: [str(record["eventID"])],
    "EventName": lambda record: [str(record["eventName"])],
    "EventSource": lambda record: [str(record["eventSource"])],
    "ReadOnly": lambda record: [str(record["readOnly"]).lower()],
    "ResourceName": _names,
    "ResourceType": lambda record: [each["ResourceType"] for each in _resources(record)],
    "Username": lambda record: [str(_user(record))],
}


def _test(attributes: Any) -> Callable[[EventRecord], bool]:
    if not attributes:
        return lambda record: True
    # Source: API Reference, LookupEvents: "Currently the list can contain only one item."
    if not isinstance(attributes, list) or len(attributes) > 1:
        raise _bad_attribute("LookupAttributes can contain only one item.")
    attribute = attributes[0] if isinstance(attributes[0], Mapping) else {}
    key, value = attribute.get("AttributeKey"), attribute.get("AttributeValue")
    if not isinstance(key, str) or key not in _ATTRIBUTES or not isinstance(value, str) or not value:
        raise _bad_attribute("A lookup attribute has an AttributeKey that CloudTrail knows, and an AttributeValue.")
    values = _ATTRIBUTES[key]
    return lambda record: value in values(record)


def _bad_attribute(text: str) -> RefusedError:
    return RefusedError("InvalidLookupAttributesException", text)


# --- pages ---


def _fingerprint(members: Members) -> str:
    asked = {name: value for name, value in members.items() if name not in ("NextToken", "MaxResults")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _token(last: Event, query: str) -> str:
    parts = [query, last.time.isoformat(), last.record["eventID"]]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _after(found: Iterable[Event], token: str | None, query: str) -> Iterator[Event]:
    """The events that come after those of the page before, whatever has happened since."""
    if token is None:
        return iter(found)
    try:
        asked, when, event_id = json.loads(base64.urlsafe_b64decode(token))
        time = datetime.fromisoformat(when)
    except (TypeError, ValueError):
        raise _bad_token() from None
    if asked != query:
        raise _bad_token()
    return _from(found, time, event_id)


def _from(found: Iterable[Event], time: datetime, event_id: str) -> Iterator[Event]:
    seen = False
    for event in found:
        if event.time < time or seen:
            yield event
        seen = seen or (event.time == time and event.record["eventID"] == event_id)


def _bad_token() -> RefusedError:
    return RefusedError(
        "InvalidNextTokenException",
        "The NextToken is not valid, or was given for a request with other parameters.",
    )


def shown(event: Event) -> dict[str, Any]:
    """An event as LookupEvents shows it."""
    record = event.record
    members = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "AccessKeyId": record["userIdentity"].get("accessKeyId"),
        "EventTime": int(event.time.timestamp()),
        "EventSource": record["eventSource"],
        "Username": _user(record),
        "Resources": _resources(record),
        "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
    }
    return {name: value for name, value in members.items() if value is not None}
