"""The debrief of the incident: a line for each thing that went wrong, read from the trail when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from kmslab import Call, Lab
from kmslab.plays.otterquill import OTHER_REGION, REGION, SCRIPT_KEY
from kmslab.tables import Table

# IAM's events are in the history of this Region.
_IAM_REGION = "us-east-1"


class _Thread(NamedTuple):
    """One thing that went wrong.

    Attributes:
        what: What.
        seen: By what it shows.
        began: When.
        over: When it was over, or None.
        ending: What shows that it is.
    """

    what: str
    seen: str
    began: datetime
    over: datetime | None
    ending: str


def debrief(lab: Lab) -> Table:
    """What happened, since when, how it shows, and what ended it. What is not over yet has no name."""
    calls = [call for call in lab.trail.calls if call.error_code is None]
    threads = [thread for each in _THREADS for thread in each(lab, calls)]
    rows = [_row(each) for each in sorted(threads, key=lambda each: each.began)]
    return Table("The incident, from the trail", ("Since", "What", "Seen in", "Over", "What shows it"), rows)


def _row(thread: _Thread) -> tuple[str, ...]:
    since = f"{thread.began:%a %d, %H:%M}"
    if thread.over is None:
        # Whoever has not found it shall not read it here.
        return since, "something", "", "not yet", ""
    return since, thread.what, thread.seen, f"{thread.over:%a %d, %H:%M}", thread.ending


def _by(calls: Sequence[Call], operation: str, who: str) -> list[Call]:
    return [call for call in calls if call.operation == operation and call.principal and call.principal.name == who]


def _first(times: Iterator[datetime]) -> datetime | None:
    return next(times, None)


def _policy(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    for put in _by(calls, "PutKeyPolicy", "tom"):
        opened = (call for call in _by(calls, "Decrypt", "shop") if call.invoked_by and call.time > put.time)
        over = _first(call.time for call in opened)
        yield _Thread("a wrong key policy", "PutKeyPolicy, by tom", put.time, over, "the shop opens a manuscript")


def _batches(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    made = [call for call in _by(calls, "CreateKey", "printer") if call.region == OTHER_REGION]
    if made:
        later = made[-1].time + timedelta(minutes=21)
        over = _first(call.time for call in _by(calls, "Sign", "shop") if call.time > later)
        seen = f"the bill by Region; CreateKey, {len(made)} times"
        yield _Thread("a key for each batch", seen, made[0].time, over, "no more CreateKey, and the shop signs")


def _access_key(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    used = [call for call in calls if call.principal and call.principal.access_key_id == SCRIPT_KEY]
    by_hand = [call for call in used if call.user_agent.startswith("aws-cli")]
    if by_hand:
        off = _look_up(lab, _IAM_REGION, "UpdateAccessKey") + _look_up(lab, _IAM_REGION, "DeleteAccessKey")
        over = min((when for when in off if when > by_hand[0].time), default=None)
        gone = over if lab.directory.find(SCRIPT_KEY) is None else None
        yield _Thread("a leaked access key", "another program, at night", by_hand[0].time, gone, "UpdateAccessKey")


def _readers(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    for who in ("newsletter", "book-fair"):
        read = _by(calls, "Decrypt", who)
        if read:
            rows = read[0].keys[0].arn
            # What they open elsewhere, such as a manuscript, is another matter.
            read = [call for call in read if call.keys[0].arn == rows]
            tries = lab.trail.events(name="Decrypt", principal=who, key=rows).calls
            refused = (call for call in tries if call.error_code == "AccessDeniedException")
            over = _first(call.time for call in refused if call.time > read[-1].time)
            seen = f"CreateGrant; Decrypt, {len(read)} times"
            yield _Thread(f"{who} reads readers", seen, read[0].time, over, "the same call, refused")


def _deletion(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    for scheduled in _by(calls, "ScheduleKeyDeletion", "tom"):
        key = scheduled.keys[0].arn
        stored = [call for call in _by(calls, "GenerateDataKey", "backup") if call.keys[0].arn == key]
        over = _first(call.time for call in stored if call.time > scheduled.time)
        yield _Thread("no backups", "ScheduleKeyDeletion", scheduled.time, over, "a backup is stored")


def _logging(lab: Lab, calls: Sequence[Call]) -> Iterator[_Thread]:
    for stopped in _look_up(lab, REGION, "StopLogging"):
        started = [when for when in _look_up(lab, REGION, "StartLogging") if when > stopped]
        yield _Thread("no log files", "StopLogging", stopped, min(started, default=None), "StartLogging")


def _look_up(lab: Lab, region: str, name: str) -> list[datetime]:
    """When something happened that is no call of KMS."""
    wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = lab.client("cloudtrail", region).lookup_events(LookupAttributes=wanted)["Events"]
    return [event["EventTime"] for event in found]


_THREADS: tuple[Callable[[Lab, Sequence[Call]], Iterator[_Thread]], ...] = (
    _policy,
    _batches,
    _access_key,
    _logging,
    _readers,
    _deletion,
)
