"""CloudTrail: event history and trails are ours; what else moto has of it, moto answers.

Simplified: nobody is asked whether a caller may use CloudTrail; every known caller may.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud.cloudtrail import digests
from kmslab.cloud.cloudtrail.delivery import Delivery
from kmslab.cloud.cloudtrail.held import Holdings
from kmslab.cloud.cloudtrail.lookup import look_up
from kmslab.cloud.cloudtrail.management import event_of
from kmslab.cloud.cloudtrail.trails import Members, Trails
from kmslab.cloud.cloudtrail.writing import S3, Writer
from kmslab.cloud.json_calls import members_of, new_reply, operation_of
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.terms import Asker, Kms
from kmslab.ids import Ids
from kmslab.principals import Principal
from kmslab.trail.history import Event
from kmslab.trail.recorder import Recorder
from kmslab.wire.refusals import RefusedError


class CloudTrailFront:
    """Answers for CloudTrail, and delivers what trails log."""

    def __init__(
        self,
        bridge: MotoBridge,
        kms: Kms,
        clock: SimClock,
        *,
        recorder: Recorder,
        s3: S3,
        ids: Ids,
        region: str,
        root_of: Callable[[str], Principal],
    ) -> None:
        """Stand in front of `bridge`.

        Args:
            bridge: moto.
            kms: How CloudTrail calls KMS.
            clock: The Lab's clock.
            recorder: What KMS has told.
            s3: Where files go.
            ids: Where the ends of file names come from.
            region: The Lab's Region.
            root_of: From an account id to its root user.
        """
        self._bridge = bridge
        self._recorder = recorder
        self._ids = ids
        #: What CloudTrail holds.
        self.held = Holdings(bridge, region)
        #: Delivers what is due.
        self.delivery = Delivery(self.held, self._oldest, Writer(s3, clock.now, root_of), ids)
        self._operations: dict[str, Callable[[Members, Asker], dict[str, Any]]] = {
            "LookupEvents": self._look_up,
            "ListPublicKeys": self._list_public_keys,
            **Trails(self.held, self.delivery, bridge, kms).operations,
        }

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            RefusedError: CloudTrail refuses.
        """
        operation = self._operations.get(operation_of(request))
        if operation is None:
            return self._bridge.answer(request, "cloudtrail")
        return new_reply(request, operation(members_of(request), asker))

    def note(self, request: AWSPreparedRequest, service: str, asker: Asker, response: AWSResponse) -> bool:
        """Keep the event of a request to a service other than KMS, if it has one; whether it has."""
        event = event_of(request, service, asker, response, lambda: self._ids.uuid("management event"))
        if event is not None:
            history = self.held.history(asker.principal.account_id)
            with self.held.still():
                history.add(event)
        return event is not None

    def _look_up(self, members: Members, asker: Asker) -> dict[str, Any]:
        def newest(since: datetime, until: datetime) -> Iterator[Event]:
            found = self._newest(asker.principal.account_id, since, until)
            return (event for event in found if event.region == asker.region)

        return look_up(members, asker.now, newest)

    def _newest(self, account_id: str, since: datetime, until: datetime) -> Iterator[Event]:
        """What happened in an account from one moment on and up to another, newest first."""
        calls = self._recorder.between(account_id, since, until)
        of_kms = (Event(calls.calls[place].time, calls[place]) for place in range(len(calls) - 1, -1, -1))
        of_others = self.held.history(account_id).between(since, until)
        # A standing clock moves with requests to KMS only: what has the same time as one came after it.
        return merge(of_others, of_kms, key=lambda event: event.time, reverse=True)

    def _oldest(self, account_id: str, since: datetime, until: datetime) -> Iterable[Event]:
        return reversed(list(self._newest(account_id, since, until)))

    def _list_public_keys(self, members: Members, asker: Asker) -> dict[str, Any]:
        now = asker.now.timestamp()
        start, end = float(members.get("StartTime", now)), float(members.get("EndTime", now))
        if start > end:
            raise RefusedError("InvalidTimeRangeException", "The start time must be before the end time.")
        here = self.held.at(asker.principal.account_id, asker.region)
        if here.signing_key is None:
            here.signing_key = digests.make_signing_key(asker.now - timedelta(hours=1))
        key = here.signing_key
        valid_from, valid_to = (each.timestamp() for each in digests.validity(key))
        if end < valid_from or start > valid_to:
            return {"PublicKeyList": []}
        shown = {
            "Value": base64.b64encode(digests.public_key(key)).decode(),
            "ValidityStartTime": valid_from,
            "ValidityEndTime": valid_to,
            "Fingerprint": digests.fingerprint(key),
        }
        return {"PublicKeyList": [shown]}
