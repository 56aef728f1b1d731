"""What is told of a request when it is over, and of what KMS does by itself: a `Call`, for the bill and the trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern

from msgspec.structs import replace

from kmslab.call import KMS_ITSELF, NOTHING, Call, EventType, UsedKey
from kmslab.keys.key import Key
from kmslab.keys.timers import Happening
from kmslab.service.authorise import alias_arn
from kmslab.service.visit import Visit


def call_of(visit: Visit, keys: Sequence[Key], request_id: str, event_id: str) -> Call:
    """What a request has come to, as far as it has come; only of one whose caller is known."""
    request, codec, error, identity = visit.request, visit.codec, visit.failure, visit.principal.identity
    shown = codec.public_input
    used: tuple[UsedKey, ...] = ()
    for key in keys:
        used += _used(key.arn, key.account_id, key.spec.name)
    reply = NOTHING
    if visit.operation.tells and visit.reply:
        reply = {name: value for name, value in visit.reply.items() if name in codec.public_output}
    # By place and not by name, because one is made for every request.
    return Call(
        EventType.API_CALL,
        visit.operation.name,
        visit.time,
        identity.account_id,
        visit.region,
        identity,
        request_id,
        event_id,
        {name: value for name, value in visit.params.items() if name in shown},
        reply,
        used,
        alias_arn(visit) if visit.operation.names_an_alias else None,
        _noted(tuple(visit.context.notes.items())) if hasattr(visit, "context") else NOTHING,
        tuple(visit.decisions),
        None if error is None else error.code,
        "" if error is None else error.message,
        len(request.body),
        len(visit.body),
        # The same few words with every request; kept once.
        intern(request.source_ip),
        intern(request.headers.get("user-agent", "")),
        intern(request.host),
        "" if visit.on_behalf is None else visit.on_behalf.name,
        NOTHING,
    )


def in_the_name_of(visit: Visit, request_id: str, event: Call) -> Call:
    """What KMS does elsewhere to carry a request on, in its caller's name."""
    return replace(
        event,
        event_type=EventType.API_CALL,
        principal=visit.principal.identity,
        request_id=request_id,
        params=event.details,
        details={},
        source_ip=visit.request.source_ip,
        user_agent=visit.request.headers.get("user-agent", ""),
        host=visit.request.host,
        invoked_by=KMS_ITSELF,
    )


def service_event(happening: Happening, when: datetime, event_id: str) -> Call:
    """What KMS does by itself."""
    key = happening.key
    return Call(
        event_type=EventType.SERVICE_EVENT,
        operation=happening.name,
        time=when,
        account_id=key.account_id,
        region=key.region,
        principal=None,
        request_id="",
        event_id=event_id,
        keys=_used(key.arn, key.account_id, key.spec.name),
        details=happening.details,
    )


# The same key is used again and again: what the trail keeps of it is kept once.
@lru_cache(maxsize=4096)
def _used(arn: str, account_id: str, spec: str) -> tuple[UsedKey, ...]:
    return (UsedKey(arn, account_id, spec),)


@lru_cache(maxsize=4096)
def _noted(notes: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(notes) if notes else NOTHING
