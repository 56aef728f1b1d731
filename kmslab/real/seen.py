"""From what botocore sends and gets to a `Call`: so that bill, trail and exercises read real AWS as they read a Lab.

Only calls of this notebook can be seen, and only their own members: which key an alias stood for is remembered from
earlier answers, and what was decided about a call AWS does not say.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from kmslab import arn
from kmslab.call import KMS_ITSELF, Call, EventType, UsedKey
from kmslab.keys.specs import SYMMETRIC_DEFAULT
from kmslab.principals import Identity
from kmslab.wire import model

Members = Mapping[str, Any]

_A_MOMENT = timedelta(microseconds=1)

#: Reply members with a key's metadata.
_METADATA = ("KeyMetadata", "ReplicaKeyMetadata")

#: Reply members that CloudTrail has as additional event data, under these names.
_NOTES = {
    "Decrypt": {"KeyMaterialId": "keyMaterialId"},
    "GenerateDataKey": {"KeyMaterialId": "keyMaterialId"},
    "GenerateDataKeyWithoutPlaintext": {"KeyMaterialId": "keyMaterialId"},
    "ReEncrypt": {
        "SourceKeyMaterialId": "sourceKeyMaterialId",
        "DestinationKeyMaterialId": "destinationKeyMaterialId",
    },
    "CreateGrant": {"GrantId": "grantId"},
}


@dataclass(slots=True)
class Flight:
    """One request on its way.

    Attributes:
        service: botocore's name of the service.
        operation: The operation.
        region: The Region that is called.
        params: Its members.
        identity: Who signed it.
        request_bytes: The length of its body.
        user_agent: What the client calls itself.
        host: Whom it calls.
        asked: For something that is made, its entry in the journal; otherwise None.
    """

    service: str
    operation: str
    region: str
    params: Members = field(repr=False)
    identity: Identity
    request_bytes: int = 0
    user_agent: str = ""
    host: str = ""
    asked: Any = None


@dataclass(slots=True)
class KnownKeys:
    """Keys, aliases and ciphertexts that answers have spoken of, by Region."""

    account_id: str
    _keys: dict[str, UsedKey] = field(default_factory=dict)
    _aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    # By hash: whose a ciphertext is has to be remembered, and the ciphertext has not.
    _blobs: dict[bytes, str] = field(default_factory=dict)

    def used(self, region: str, name: str) -> UsedKey | None:
        """The key that a key id, an ARN or an alias stands for, as far as it is known."""
        if arn.names_an_alias(name):
            name = self._aliases.get((region, _alias(name)), "")
        elif name and not name.startswith("arn:"):
            name = arn.key_arn(region, self.account_id, name)
        if not name:
            return None
        # A key that was there before: its spec is not known, and the usual one is likely.
        foreign = UsedKey(name, name.split(":")[4], SYMMETRIC_DEFAULT) if ":key/" in name else None
        return self._keys.get(name, foreign)

    def of_blob(self, blob: Any) -> UsedKey | None:
        """The key under which a ciphertext was made, as far as it is known."""
        found = self._blobs.get(_digest(blob), "") if isinstance(blob, bytes) else ""
        return self.used("", found)

    def learn(self, flight: Flight, reply: Members) -> None:
        """Remember what an answer says about keys."""
        for member in _METADATA:
            if member in reply:
                found = reply[member]
                self._keys[found["Arn"]] = UsedKey(found["Arn"], found["AWSAccountId"], found["KeySpec"])
        if "CiphertextBlob" in reply and str(reply.get("KeyId", "")).startswith("arn:"):
            self._blobs[_digest(reply["CiphertextBlob"])] = reply["KeyId"]
        for each in reply.get("Aliases", ()):
            if "TargetKeyId" in each:
                key_arn = arn.key_arn(flight.region, self.account_id, each["TargetKeyId"])
                self._aliases[flight.region, each["AliasName"]] = key_arn
        name = str(flight.params.get("AliasName", ""))
        if flight.operation in ("CreateAlias", "UpdateAlias"):
            target = self.used(flight.region, str(flight.params["TargetKeyId"]))
            if target is not None:
                self._aliases[flight.region, name] = target.arn
        elif flight.operation == "DeleteAlias":
            self._aliases.pop((flight.region, name), None)

    def named_by(self, flight: Flight, reply: Members) -> tuple[UsedKey, ...]:
        """The keys of a call, in the order in which the operation names them. Ask before `learn`."""
        region, params = flight.region, flight.params
        made = [each for each in _METADATA if each in reply and flight.operation in ("CreateKey", "ReplicateKey")]
        if flight.operation == "CreateKey":
            found = [self.used(region, reply[each]["Arn"]) for each in made]
            spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC_DEFAULT
            return tuple(key._replace(spec=str(spec)) for key in found if key is not None)
        if flight.operation == "ReEncrypt":
            names = [reply.get("SourceKeyId") or params.get("SourceKeyId"), reply.get("KeyId")]
            names[1] = names[1] or params.get("DestinationKeyId")
        elif flight.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            names = [params.get("AliasName"), params.get("TargetKeyId")]
        else:
            answered = str(reply.get("KeyId", ""))
            names = [answered if answered.startswith("arn:") else params.get("KeyId")]
        keys = [self.used(region, str(name)) for name in names if name]
        if not any(names) or (flight.operation == "ReEncrypt" and not names[0]):
            keys.insert(0, self.of_blob(params.get("CiphertextBlob")))
        return tuple(dict.fromkeys(key for key in keys if key is not None))


class Seen:
    """Makes calls out of flights."""

    def __init__(self, account_id: str) -> None:
        """Know nothing yet."""
        self.keys = KnownKeys(account_id)
        self._account_id = account_id
        self._last = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def intended(self, flight: Flight) -> Call:
        """A call that is about to be made."""
        return self._call(flight, {}, {})

    def finished(self, flight: Flight, reply: Members, reply_bytes: int) -> list[Call]:
        """What an answer tells: the call, and what KMS did in another Region to carry it on."""
        error = reply.get("Error")
        members = reply if error is None else {}
        call = replace(self._call(flight, members, reply), reply_bytes=reply_bytes)
        if error is not None:
            text = str(error.get("Message", ""))
            # What is not there has no place among the resources.
            keys = () if error.get("Code") == "NotFoundException" else call.keys
            return [replace(call, error_code=str(error.get("Code", "")), error_message=text, keys=keys)]
        self.keys.learn(flight, members)
        if flight.operation != "ReplicateKey":
            return [call]
        replica = self.keys.used("", reply["ReplicaKeyMetadata"]["Arn"])
        keys = () if replica is None else (replica,)
        region = str(flight.params["ReplicaRegion"])
        made = replace(call, operation="CreateKey", region=region, keys=keys, invoked_by=KMS_ITSELF)
        return [call, replace(made, time=self._now(), event_id=str(uuid.uuid4()), params={}, reply={})]

    def _call(self, flight: Flight, members: Members, reply: Members) -> Call:
        codec, name = model.codec(flight.operation), str(flight.params.get("AliasName", ""))
        return Call(
            event_type=EventType.API_CALL,
            operation=flight.operation,
            time=self._now(),
            account_id=self._account_id,
            region=flight.region,
            principal=flight.identity,
            request_id=str(reply.get("ResponseMetadata", {}).get("RequestId", "")),
            event_id=str(uuid.uuid4()),
            params={name: value for name, value in flight.params.items() if name in codec.public_input},
            reply={name: value for name, value in members.items() if name in codec.public_output},
            keys=self.keys.named_by(flight, members),
            alias_arn=arn.alias_arn(flight.region, self._account_id, name) if name else None,
            notes={
                called: str(members[member])
                for member, called in _NOTES.get(flight.operation, {}).items()
                if member in members
            },
            request_bytes=flight.request_bytes,
            user_agent=flight.user_agent,
            host=flight.host,
        )

    def _now(self) -> datetime:
        # One call comes after another, even where the clock of the computer cannot tell them apart.
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + _A_MOMENT)
            return self._last


def _alias(name: str) -> str:
    return name[name.index(arn.ALIAS_PREFIX) :]


def _digest(blob: bytes) -> bytes:
    return hashlib.sha256(blob).digest()
