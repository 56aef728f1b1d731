"""botocore's events of our sessions: what is looked at, tagged and written down before a request goes, and seen after.

provide-client-params   the guard, the limit; tags are put in
before-call             the journal: what is about to be made
before-send             who signs, and how long the request is
after-call              the journal: what was made; meter and trail
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.model import OperationModel

from kmslab.call import Call
from kmslab.errors import AwsError, KmslabError
from kmslab.principals import Identity
from kmslab.real import rules
from kmslab.real.connection import identity_of
from kmslab.real.guard import Guard
from kmslab.real.journal import Entry, Journal, State
from kmslab.real.rules import CREATIONS, Creation, Kind
from kmslab.real.seen import Flight, Seen
from kmslab.real.spending import Spending
from kmslab.wire import sigv4

#: Under this name botocore's context of a request carries ours.
_OURS = "kmslab"

#: What looks at a call of KMS before it is sent, and raises if it is not to be.
Brake = Callable[[Call], None]


class Watch:
    """Watches the sessions of one notebook."""

    def __init__(
        self, guard: Guard, journal: Journal, spending: Spending, identity: Identity, access_key_id: Callable[[], str]
    ) -> None:
        """Watch nothing yet; see `attach`.

        Args:
            guard: Says what is not sent.
            journal: Where it is written down what is made.
            spending: The limit.
            identity: Who was confirmed.
            access_key_id: The access key that is theirs at the moment; all others have to be handed out before.
        """
        self.seen = Seen(identity.account_id)
        self.identities: dict[str, Identity] = {}
        self.observers: list[Callable[[Call], None]] = []
        #: Told of every change that was answered.
        self.on_change: list[Callable[[], None]] = []
        #: Given each new bucket, to put tags on it.
        self.tag_bucket: Callable[[Entry, list[dict[str, str]]], None] = lambda bucket, tags: None
        self._brakes: list[Brake] = []
        self._guard = guard
        self._journal = journal
        self._spending = spending
        self._identity = identity
        self._access_key_id = access_key_id
        self._flying = threading.local()

    def attach(self, session: boto3.Session, *, is_lessons: bool = True) -> None:
        """Watch a session that has made no clients yet.

        Args:
            session: The session.
            is_lessons: Whether it is for the lesson, whose calls are on the trail; kmslab's own are only counted.
        """
        events = session.events
        if is_lessons:
            events.register_first("provide-client-params", self._prepare)
        else:
            events.register_first("provide-client-params", self._prepare_own)
        events.register("before-call", self._before)
        events.register("before-send", self._leaving)
        events.register("after-call", self._after)

    @contextmanager
    def braked(self, brake: Brake) -> Iterator[None]:
        """Within the block, `brake` looks at each call of KMS before it is sent."""
        self._brakes.append(brake)
        try:
            yield
        finally:
            self._brakes.remove(brake)

    def tags(self, creation: tuple[str, str, str]) -> list[dict[str, str]]:
        """The tags of everything that is made, as a service writes them."""
        _, key, value = creation
        told = {
            "kmslab": self._journal.session,
            "kmslab:lesson": self._journal.lesson or "none",
            "created-at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        return [{key: name, value: text} for name, text in told.items()]

    # --- botocore's events, in their order ---

    def _prepare(self, params: dict[str, Any], model: OperationModel, context: dict[str, Any], **_: Any) -> Any:
        service, operation = str(model.service_model.service_name), str(model.name)
        flight = Flight(service, operation, str(context.get("client_region") or ""), params, self._identity)
        self._guard(service, operation, flight.region, params)
        if context.get("is_presign_request") and not rules.only_reads(service, operation):
            raise KmslabError(f"kmslab does not presign {service} {operation} on real AWS: it would not see it happen.")
        intended = self.seen.intended(flight) if service == "kms" else None
        self._spending.allow(service, operation, intended)
        if intended is not None:
            for brake in tuple(self._brakes):
                brake(intended)
        context[_OURS] = flight
        creation = CREATIONS.get((service, operation))
        if creation is None or creation.tags is None or params.get("Overwrite"):
            return None
        member = creation.tags[0]
        # What the caller says wins: AWS refuses a tag key that comes twice.
        own = list(params.get(member) or [])
        taken = {each.get(creation.tags[1]) for each in own if isinstance(each, Mapping)}
        ours = [each for each in self.tags(creation.tags) if each[creation.tags[1]] not in taken]
        flight.params = {**params, member: [*own, *ours]}
        return flight.params

    def _prepare_own(self, params: dict[str, Any], model: OperationModel, context: dict[str, Any], **_: Any) -> None:
        service, operation = str(model.service_model.service_name), str(model.name)
        flight = Flight(service, operation, str(context.get("client_region") or ""), params, self._identity)
        context[_OURS + " itself"] = flight

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        flight = context.get(_OURS)
        self._flying.now = flight
        if flight is None:
            return
        creation = CREATIONS.get((flight.service, flight.operation))
        if creation is not None:
            name = str(flight.params.get(creation.asked, "")) if creation.asked else ""
            flight.asked = self._journal.ask(creation.kind, _region(flight), name, _key(flight))

    def _leaving(self, request: Any, **_: Any) -> None:
        flight = getattr(self._flying, "now", None)
        if flight is None:
            return
        headers = sigv4.by_lower_name(request.headers)
        flight.request_bytes = len(request.body) if isinstance(request.body, (bytes, bytearray, str)) else 0
        flight.user_agent = headers.get("user-agent", "")
        flight.host = request.url.split("/", 3)[2]
        try:
            signer = sigv4.read_scope(headers.get("authorization")).access_key_id
        except AwsError:
            return
        known = self.identities.get(signer)
        if known is None and signer != self._access_key_id():
            raise KmslabError(
                f"The access key {signer} is neither the confirmed one nor one that this notebook has made, so nothing "
                "is sent with it."
            )
        flight.identity = known or self._identity

    def _after(self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        flight, own = context.get(_OURS), context.get(_OURS + " itself")
        reply = dict(parsed)
        if http_response.status_code >= 300:
            reply.setdefault("Error", {})
        if own is not None:
            self._spending.count(own.service, own.operation)
            if own.service == "kms":
                for call in self.seen.finished(own, reply, 0):
                    self._spending.meter(call)
        if flight is not None:
            self._flying.now = None
            # Other services' bodies may be streams, which are the caller's to read.
            self._told(flight, reply, len(http_response.content) if flight.service == "kms" else 0)

    def _told(self, flight: Flight, reply: dict[str, Any], length: int) -> None:
        creation, failed = CREATIONS.get((flight.service, flight.operation)), "Error" in reply
        self._spending.count(flight.service, flight.operation, creation.kind if creation and not failed else None)
        if creation is not None:
            self._settle(flight, creation, flight.asked, reply, failed)
        if not failed:
            self._learn_identity(flight, reply)
        if flight.service == "kms":
            for call in self.seen.finished(flight, reply, length):
                self._spending.meter(call)
                for observer in self.observers:
                    observer(call)
        if not rules.only_reads(flight.service, flight.operation):
            for listener in self.on_change:
                listener()

    def _settle(self, flight: Flight, creation: Creation, asked: Entry, reply: dict[str, Any], failed: bool) -> None:
        if failed:
            self._journal.drop(asked)
            return
        name: Any = reply
        for member in creation.answered:
            name = name[member]
        self._journal.note(asked, State.MADE, name=str(name) if creation.answered else asked.name)
        if creation.kind is Kind.BUCKET:
            self.tag_bucket(asked, self.tags(("", "Key", "Value")))

    def _learn_identity(self, flight: Flight, reply: dict[str, Any]) -> None:
        """Whose an access key is that AWS has just handed out. Its secret is not looked at."""
        account_id = self._identity.account_id
        if (flight.service, flight.operation) == ("iam", "CreateAccessKey"):
            key = reply["AccessKey"]
            arn = f"arn:aws:iam::{account_id}:user/{key['UserName']}"
            self.identities[key["AccessKeyId"]] = identity_of(arn, account_id, "", key["AccessKeyId"])
        elif flight.service == "sts" and "Credentials" in reply:
            user = reply.get("AssumedRoleUser") or reply.get("FederatedUser") or {}
            key_id = reply["Credentials"]["AccessKeyId"]
            arn, unique = (
                user.get("Arn", flight.identity.arn),
                user.get("AssumedRoleId") or flight.identity.principal_id,
            )
            self.identities[key_id] = identity_of(arn, account_id, unique, key_id)


def _region(flight: Flight) -> str:
    """Where something is made: not always where it is asked for."""
    if flight.operation == "ReplicateKey":
        return str(flight.params.get("ReplicaRegion", flight.region))
    told = flight.params.get("CreateBucketConfiguration") or {}
    return str(told.get("LocationConstraint") or flight.region)


def _key(flight: Flight) -> str:
    if flight.service != "kms":
        return ""
    return str(flight.params.get("TargetKeyId") or flight.params.get("KeyId") or "")
