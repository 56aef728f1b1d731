"""Which events a trail logs: its event selectors, read and applied.

Source: CloudTrail API Reference, EventSelector, AdvancedEventSelector and AdvancedFieldSelector; CloudTrail User Guide,
"Logging management events". Simplified: there are management events only; selectors of data events are kept and find
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kmslab.cloud.cloudtrail.trail import DEFAULT_SELECTORS, Trail
from kmslab.trail.events import EventRecord
from kmslab.wire.refusals import RefusedError

#: The sources whose management events can be left out.
_EXCLUDABLE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})

_READ_WRITE: Mapping[str, tuple[bool, ...]] = {"All": (True, False), "ReadOnly": (True,), "WriteOnly": (False,)}

_OPERATORS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "Equals": lambda value, wanted: value in wanted,
    "StartsWith": lambda value, wanted: value.startswith(tuple(wanted)),
    "EndsWith": lambda value, wanted: value.endswith(tuple(wanted)),
    "NotEquals": lambda value, wanted: value not in wanted,
    "NotStartsWith": lambda value, wanted: not value.startswith(tuple(wanted)),
    "NotEndsWith": lambda value, wanted: not value.endswith(tuple(wanted)),
}

#: The global services. Source: CloudTrail User Guide, "Global service events".
_GLOBAL = frozenset({"iam.amazonaws.com", "sts.amazonaws.com", "cloudfront.amazonaws.com"})


def set_selectors(trail: Trail, basic: Any, advanced: Any) -> None:
    """Let a trail have other selectors.

    Raises:
        RefusedError: both kinds are given, or none, or one that is no selector.
    """
    if bool(basic) == bool(advanced):
        raise _invalid("Specify either EventSelectors or AdvancedEventSelectors.")
    if basic:
        trail.selectors, trail.advanced = [_checked(each) for each in basic], []
    else:
        trail.selectors, trail.advanced = [], [_checked_advanced(each) for each in advanced]


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    selector: dict[str, Any] = {**DEFAULT_SELECTORS[0], **given}
    if selector["ReadWriteType"] not in _READ_WRITE:
        raise _invalid("ReadWriteType is All, ReadOnly or WriteOnly.")
    if not _EXCLUDABLE.issuperset(selector["ExcludeManagementEventSources"]):
        raise _invalid("ExcludeManagementEventSources can contain kms.amazonaws.com and rdsdata.amazonaws.com.")
    return selector


def _checked_advanced(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = given.get("FieldSelectors") or ()
    if not any(each.get("Field") == "eventCategory" and len(each.get("Equals", ())) == 1 for each in fields):
        raise _invalid("Each AdvancedEventSelector has a FieldSelector that says what its eventCategory Equals.")
    return dict(given)


def _invalid(text: str) -> RefusedError:
    # Simplified: AWS's texts are not published.
    return RefusedError("InvalidEventSelectorsException", text)


def takes(trail: Trail, record: EventRecord) -> bool:
    """Whether a trail logs an event."""
    if trail.advanced:
        return any(_fits_advanced(each, record) for each in trail.advanced)
    return any(_fits(each, record) for each in trail.selectors)


def region_for(trail: Trail, record: EventRecord) -> str | None:
    """The Region under whose name a trail logs an event; None when it does not take it from there."""
    if record["eventSource"] in _GLOBAL and not trail.takes_global_events:
        return None
    if trail.is_multi_region or record["awsRegion"] == trail.region:
        return str(record["awsRegion"])
    # Source: CloudTrail User Guide, "Global service events": IAM's have no Region of their own.
    return trail.region if record["eventSource"] == "iam.amazonaws.com" else None


def _fits(selector: Mapping[str, Any], record: EventRecord) -> bool:
    return (
        bool(selector["IncludeManagementEvents"])
        and record["readOnly"] in _READ_WRITE[selector["ReadWriteType"]]
        and record["eventSource"] not in selector["ExcludeManagementEventSources"]
    )


def _fits_advanced(selector: Mapping[str, Any], record: EventRecord) -> bool:
    return all(_fits_field(each, record) for each in selector["FieldSelectors"])


def _fits_field(selector: Mapping[str, Any], record: EventRecord) -> bool:
    value = _value(record, selector["Field"])
    return all(check(value, selector[name]) for name, check in _OPERATORS.items() if selector.get(name))


def _value(record: EventRecord, field: str) -> str:
    value: Any = record
    for name in field.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return str(value).lower() if isinstance(value, bool) else str(value or "")
