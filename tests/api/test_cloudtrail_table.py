"""One successful call of every operation, and what CloudTrail shows of it.

What it shows is tests/vectors/cloudtrail.json; nothing here is taken from the module under test. The calls are the
examples of tests/vectors/cli_examples.json, on their stage, and one for each operation that has no example.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.wire.model import operation_names, service_model

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "cloudtrail.json").read_text())
TABLE: dict[str, dict[str, Any]] = DOCUMENT["operations"]
RENAMED: dict[str, str] = DOCUMENT["renamed"]


def _examples() -> Any:
    # Test modules are no package, so that their names need not differ; a neighbour is loaded from its file.
    spec = spec_from_file_location("cli_examples", Path(__file__).with_name("test_cli_examples.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLES = _examples()


class Stage(EXAMPLES.Stage):  # type: ignore[misc]
    """The examples' stage, and what the operations without an example call."""

    @cached_property
    def primary_key(self) -> Any:
        return self.new_key(MultiRegion=True)

    @cached_property
    def replicated_key(self) -> Any:
        """A primary key with a replica in Ireland."""
        key = self.primary_key
        self.kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
        self.lab.clock.advance(minutes=10)
        return key

    @cached_property
    def encapsulation_key(self) -> Any:
        return self.new_key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")

    @cached_property
    def encapsulated(self) -> bytes:
        reply = self.kms.encapsulate(KeyId=self.encapsulation_key.id, EncapsulationAlgorithm="ML_KEM")
        return bytes(reply["SharedSecretCiphertextBlob"])


# The examples whose calls are not the first of their page: AWS has a sample record of just this one.
CHOSEN = {"UpdateCustomKeyStore": 3}

ENCAPSULATION = {"KeyId": "$encapsulation_key.id", "EncapsulationAlgorithm": "ML_KEM"}
CALLS: dict[str, dict[str, Any]] = {
    "Decapsulate": {"parameters": {**ENCAPSULATION, "SharedSecretCiphertextBlob": "$encapsulated"}},
    "Encapsulate": {"parameters": ENCAPSULATION},
    "GetKeyLastUsage": {"parameters": {"KeyId": "$symmetric_key.id"}},
    "ReplicateKey": {"parameters": {"KeyId": "$primary_key.id", "ReplicaRegion": "eu-west-1"}},
    "UpdatePrimaryRegion": {"parameters": {"KeyId": "$replicated_key.id", "PrimaryRegion": "eu-west-1"}},
    # The example is about a key of AWS's own.
    "DescribeKey": {"parameters": {"KeyId": "$alias"}},
}
for case in EXAMPLES.CASES:
    if case["number"] == CHOSEN.get(case["operation"], 1):
        CALLS.setdefault(case["operation"], case)


def small(name: str) -> str:
    """A member's name as CloudTrail writes it."""
    lowered = name[0].lower() + name[1:]
    return RENAMED.get(lowered, lowered)


def members_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Every member within a value, with its name as CloudTrail writes it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield small(name), member
            yield from members_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from members_of(member)


def text_of(value: Any) -> str | None:
    """How a secret would look in an event, or None where it is too short to be told from anything else."""
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return json.dumps(text)[1:-1] if isinstance(text, str) and len(text) >= 8 else None


def test_the_table_has_every_operation() -> None:
    assert list(TABLE) == sorted(operation_names())
    assert set(CALLS) == set(TABLE)


@pytest.mark.parametrize("operation", TABLE)
def test_what_cloudtrail_shows(operation: str) -> None:
    row, call = TABLE[operation], CALLS[operation]
    with Lab(seed=4) as lab:
        stage = Stage(lab)
        for name in call.get("needs", ()):
            getattr(stage, name)
        sent = stage.resolve(call["parameters"])
        reply = stage.call(operation, sent)
        # Of calls that two Regions hear of, the table has what the called one shows.
        events = [event for event in lab.trail if event["eventName"] == operation and event["awsRegion"] == lab.region]
    event = events[-1]

    assert "errorCode" not in event
    assert event["eventType"] == "AwsApiCall"
    assert event["readOnly"] is row["readOnly"]
    omitted = set(row.get("omitted", ()))
    check_parameters(operation, event["requestParameters"], {small(name) for name in sent}, omitted)

    shown = event["responseElements"]
    if row["responseElements"] is None:
        assert shown is None
    else:
        assert shown is not None
        certain = {name for name in row["responseElements"] if not name.endswith("?")}
        assert certain <= set(shown) <= {name.rstrip("?") for name in row["responseElements"]}
    if row.get("keyId") == "ARN":
        assert shown["keyId"] in {resource["ARN"] for resource in event["resources"]}
        assert ":key/" in shown["keyId"]
    assert set(row.get("additionalEventData", ())) <= set(event.get("additionalEventData") or ())

    named = {name for name, _ in members_of([event["requestParameters"], shown])}
    assert named & omitted == set(), "CloudTrail never shows these"
    everything = json.dumps(event, default=str)
    # A grant's id is no parameter of RetireGrant in CloudTrail, but it is not secret either.
    secrets = omitted - set(row.get("additionalEventData", ()))
    for name, value in members_of([sent, reply]):
        text = text_of(value) if name in secrets else None
        assert text is None or text not in everything, f"the event gives away the value of {name}"


def check_parameters(operation: str, shown: dict[str, Any] | None, sent: set[str], omitted: set[str]) -> None:
    """Everything shown that must be, and nothing else."""
    row = TABLE[operation]
    always, listed = set(row.get("always", ())), row["requestParameters"]
    if listed is None:
        assert shown is None
        return
    shape = service_model().operation_model(operation).input_shape
    may = {small(name) for name in shape.members} - omitted if listed == "all" else set(listed)
    must = sent & may | always
    assert must - set(shown or ()) == set(), "not shown"
    assert set(shown or ()) - may == set(), "shown and should not be"
    if not must:
        # Where nothing is sent, AWS writes null and not an empty object.
        assert shown is None


def test_both_regions_hear_of_a_new_primary_region() -> None:
    """Source: KMS Developer Guide, log entries of UpdatePrimaryRegion."""
    with Lab(seed=4) as lab:
        stage = Stage(lab)
        key = stage.replicated_key
        stage.kms.update_primary_region(KeyId=key.id, PrimaryRegion="eu-west-1")
        events = {event["awsRegion"]: event for event in lab.trail if event["eventName"] == "UpdatePrimaryRegion"}
    assert set(events) == {"us-east-1", "eu-west-1"}
    called, other = events["us-east-1"], events["eu-west-1"]
    assert called["requestParameters"] == {"keyId": key.id, "primaryRegion": "eu-west-1"}
    # The Region of the new primary key is told by KMS, with the ARN that the key has there.
    arn = key.arn.replace("us-east-1", "eu-west-1")
    assert other["requestParameters"] == {"keyId": arn, "primaryRegion": "eu-west-1"}
    assert other["userIdentity"] == {**called["userIdentity"], "invokedBy": "kms.amazonaws.com"}
    assert (other["eventType"], other["readOnly"]) == ("AwsApiCall", False)
    assert other["requestID"] == called["requestID"]
    assert other["eventID"] != called["eventID"]
