"""What travels: targets, signatures, JSON types, headers and bodies, as bytes and not as boto3 sees them.

Texts of SerializationException were measured on AWS's common JSON 1.1 front end, bodies and headers in raw recordings
of KMS.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.operations import OPERATIONS
from kmslab.wire import model
from kmslab.wire.http import Reply, Request

ACCOUNT = "123456789010"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate, private",
    "Content-Type": "application/x-amz-json-1.1",
    "Expires": "0",
    "Pragma": "no-cache",
}

Send = Callable[..., Reply]


def sender(lab: Lab) -> Send:
    """A function that sends one request as it is; None for a header leaves it out."""
    access_key_id = lab.administrator.credentials.access_key_id
    scope = f"{access_key_id}/20260105/us-east-1/kms/aws4_request"

    def send(operation: str, body: Any = b"{}", **headers: str | None) -> Reply:
        sent = {
            "x-amz-target": f"TrentService.{operation}",
            "content-type": "application/x-amz-json-1.1",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        given = {name: value for name, value in sent.items() if value is not None}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return lab._door.handle(Request(headers=given, body=data, host="127.0.0.1"))

    return send


@pytest.fixture
def send(lab: Lab) -> Send:
    return sender(lab)


@pytest.fixture
def key_id(lab: Lab) -> str:
    return str(lab.client("kms").create_key()["KeyMetadata"]["KeyId"])


def error(reply: Reply) -> dict[str, str]:
    assert reply.status == 400
    return dict(json.loads(reply.body))


class TestReplies:
    def test_headers_of_an_answer_and_of_an_error(self, send: Send) -> None:
        good, bad = send("ListKeys"), send("DescribeKey")
        assert (good.status, bad.status) == (200, 400)
        for reply in (good, bad):
            headers = dict(reply.headers)
            assert UUID.fullmatch(headers.pop("x-amzn-RequestId"))
            assert {name: headers[name] for name in HEADERS} == HEADERS
        assert good.headers["x-amzn-RequestId"] != bad.headers["x-amzn-RequestId"]

    def test_all_headers_as_a_client_sees_them(self, kms: Any) -> None:
        headers = kms.list_keys()["ResponseMetadata"]["HTTPHeaders"]
        assert {name.lower() for name in headers} == {
            *(name.lower() for name in HEADERS),
            "content-length",
            "date",
            "x-amzn-requestid",
        }

    def test_the_request_id_is_the_one_in_the_trail(self, kms: Any, lab: Lab, send: Send) -> None:
        reply = kms.list_keys()
        assert lab.trail[-1]["requestID"] == reply["ResponseMetadata"]["RequestId"]
        assert reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == reply["ResponseMetadata"]["RequestId"]
        assert lab.trail[-1]["requestID"] != lab.trail[-1]["eventID"]
        refused = send("DescribeKey")
        assert lab.trail[-1]["requestID"] == refused.headers["x-amzn-RequestId"]

    def test_members_are_in_the_alphabets_order(self, send: Send, key_id: str) -> None:
        plaintext = base64.b64encode(b"x").decode()
        blob = json.loads(send("Encrypt", {"KeyId": key_id, "Plaintext": plaintext}).body)["CiphertextBlob"]
        send("CreateAlias", {"AliasName": "alias/app", "TargetKeyId": key_id})
        send("TagResource", {"KeyId": key_id, "Tags": [{"TagValue": "v", "TagKey": "k"}]})
        replies = [
            send("CreateKey", {"MultiRegion": True}),
            send("DescribeKey", {"KeyId": key_id}),
            send("Decrypt", {"CiphertextBlob": blob}),
            send("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": key_id}),
            send("GenerateDataKey", {"KeyId": key_id, "KeySpec": "AES_256"}),
            send("GenerateDataKeyPair", {"KeyId": key_id, "KeyPairSpec": "ECC_NIST_P256"}),
            send("ListKeys", {"Limit": 1}),
            send("ListAliases"),
            send("ListResourceTags", {"KeyId": key_id}),
            send("GetKeyPolicy", {"KeyId": key_id}),
            send("ScheduleKeyDeletion", {"KeyId": key_id}),
        ]

        def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            names = [name for name, _ in pairs]
            assert names == sorted(names)
            return dict(pairs)

        for reply in replies:
            assert reply.status == 200
            assert json.loads(reply.body, object_pairs_hook=in_order)
            assert b": " not in re.sub(rb'"(\\.|[^"\\])*"', b'""', reply.body), "no space outside of strings"

    @pytest.mark.parametrize(
        ("operation", "members"),
        [
            ("CreateAlias", {"AliasName": "alias/x", "TargetKeyId": "KEY"}),
            ("DisableKey", {"KeyId": "KEY"}),
            ("EnableKey", {"KeyId": "KEY"}),
            ("TagResource", {"KeyId": "KEY", "Tags": []}),
            ("UntagResource", {"KeyId": "KEY", "TagKeys": ["k"]}),
            ("UpdateKeyDescription", {"KeyId": "KEY", "Description": ""}),
        ],
    )
    def test_operations_without_output_answer_nothing(
        self, send: Send, key_id: str, operation: str, members: dict[str, Any]
    ) -> None:
        body = {name: key_id if value == "KEY" else value for name, value in members.items()}
        reply = send(operation, body)
        assert (reply.status, reply.body) == (200, b"")

    def test_timestamps_are_seconds_with_milliseconds(self, lab: Lab, send: Send) -> None:
        shown = json.loads(send("CreateKey").body)["KeyMetadata"]["CreationDate"]
        assert shown == pytest.approx(lab.clock.now().timestamp(), abs=0.0005)
        assert shown == round(shown, 3)


class TestErrorBodies:
    def test_without_a_text(self, send: Send) -> None:
        """Recorded, byte by byte."""
        body = send("Decrypt", {"CiphertextBlob": "AQIC"}).body
        assert body == b'{"__type":"InvalidCiphertextException"}'

    def test_with_a_text(self, send: Send) -> None:
        body = send("DescribeKey", {"KeyId": "x"}).body
        assert json.loads(body) == {"__type": "NotFoundException", "message": "Invalid keyId 'x'"}

    def test_access_denied_has_a_capital(self, send: Send) -> None:
        foreign = "arn:aws:kms:us-east-1:999988887777:key/12345678-1234-1234-1234-123456789012"
        body = error(send("DescribeKey", {"KeyId": foreign}))
        assert set(body) == {"__type", "Message"}
        assert body["__type"] == "AccessDeniedException"
        assert body["Message"].startswith(f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized")

    def test_a_typed_exception_has_the_text_twice(self, kms: Any) -> None:
        with pytest.raises(kms.exceptions.NotFoundException) as caught:
            kms.describe_key(KeyId="x")
        assert caught.value.response["message"] == caught.value.response["Error"]["Message"] == "Invalid keyId 'x'"
        assert str(caught.value) == (
            "An error occurred (NotFoundException) when calling the DescribeKey operation: Invalid keyId 'x'"
        )


class TestTargets:
    @pytest.mark.parametrize(
        "target",
        [
            None,
            "",
            "TrentService",
            "TrentService.",
            "TrentService.Nothing",
            "TrentService.listkeys",
            "TrentService.ListKeys2",
            "TrentService.TrentService.ListKeys",
            "trentservice.ListKeys",
            "AWSKMS.ListKeys",
            "ListKeys",
        ],
    )
    def test_unknown(self, lab: Lab, send: Send, target: str | None) -> None:
        reply = send("", x_amz_target=target)
        assert error(reply) == {"__type": "UnknownOperationException"}
        assert UUID.fullmatch(reply.headers["x-amzn-RequestId"])
        assert (len(lab.trail), lab.bill.requests) == (0, 0)

    def test_an_operation_that_this_lab_does_not_run(self, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
        """Never an answer that looks like AWS's: AWS has the operation."""
        monkeypatch.delitem(OPERATIONS, "GenerateRandom")
        with pytest.raises(KmslabError, match=r"This Lab does not run GenerateRandom\."):
            send("GenerateRandom")


class TestSignatures:
    def test_unsigned(self, lab: Lab, send: Send) -> None:
        for nothing in (None, ""):
            reply = send("ListKeys", authorization=nothing)
            body = error(reply)
            assert body.pop("__type") == "MissingAuthenticationTokenException"
            assert list(body.values()) == ["Missing Authentication Token"]
        assert (len(lab.trail), lab.bill.requests) == (0, 0)

    @pytest.mark.parametrize(
        "header",
        [
            "nonsense",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260105/us-east-1/kms, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/2026/us-east-1/kms/aws4_request, SignedHeaders=h, Signature=00",
            "AWS AKIAEXAMPLE:c2lnbmF0dXJl",
            "Bearer token",
            "Credential=AKIAEXAMPLE/20260105/us-east-1/kms/aws4_request",
        ],
    )
    def test_unreadable(self, lab: Lab, send: Send, header: str) -> None:
        """The code is general to AWS; its texts differ by what is missing and are not known for KMS."""
        body = error(send("ListKeys", authorization=header))
        assert body.pop("__type") == "IncompleteSignatureException"
        assert len(body) == 1
        assert header in "".join(body.values())
        assert (len(lab.trail), lab.bill.requests) == (0, 0)

    def test_unknown_access_key(self, lab: Lab, send: Send) -> None:
        header = (
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260105/us-east-1/kms/aws4_request, "
            "SignedHeaders=host, Signature=00"
        )
        body = error(send("ListKeys", authorization=header))
        assert body.pop("__type") == "UnrecognizedClientException"
        assert list(body.values()) == ["The security token included in the request is invalid."]
        assert (len(lab.trail), lab.bill.requests) == (0, 0)

    def test_who_calls_is_settled_before_the_body_is_read(self, send: Send) -> None:
        assert error(send("ListKeys", b"no JSON", authorization=None))["__type"] == (
            "MissingAuthenticationTokenException"
        )

    def test_the_region_is_the_one_signed_for(self, lab: Lab, send: Send) -> None:
        """The Host header says nothing: some clients send an address without a port."""
        access_key_id = lab.administrator.credentials.access_key_id
        for region in ("eu-central-1", "us-west-2"):
            scope = f"{access_key_id}/20260105/{region}/kms/aws4_request"
            header = f"AWS4-HMAC-SHA256 Credential={scope},SignedHeaders=host,Signature=00"
            made = json.loads(send("CreateKey", authorization=header).body)["KeyMetadata"]
            assert made["Arn"].startswith(f"arn:aws:kms:{region}:")
            assert lab.trail[-1]["awsRegion"] == region


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b'"a string"',
            b"no JSON",
            b"{",
            b'{"Limit":1,}',
            b"{'Limit':1}",
            b'{"Limit":1}}',
            b'{"Limit":01}',
            b'{"Unknown":NaN}',
            b'{"Unknown":"\xff"}',
            b'{"Unknown":' + b"[" * 100_000,
            b'{"Limit":' + b"9" * 10_000 + b"}",
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_no_json(self, send: Send, body: bytes) -> None:
        reply = send("ListKeys", body)
        assert error(reply) == {"__type": "SerializationException"}

    def test_a_list(self, send: Send) -> None:
        assert error(send("ListKeys", b"[]")) == {
            "__type": "SerializationException",
            "Message": "Start of list found where not expected",
        }

    @pytest.mark.parametrize(
        ("operation", "members", "text"),
        [
            ("DescribeKey", {"KeyId": 1}, "NUMBER_VALUE can not be converted to a String"),
            ("DescribeKey", {"KeyId": True}, "TRUE_VALUE can not be converted to a String"),
            ("DescribeKey", {"KeyId": False}, "FALSE_VALUE can not be converted to a String"),
            ("DescribeKey", {"KeyId": {}}, "Start of structure or map found where not expected."),
            ("DescribeKey", {"KeyId": []}, "Start of list found where not expected"),
            ("ListKeys", {"Limit": "1"}, "STRING_VALUE can not be converted to an Integer"),
            ("ListKeys", {"Limit": True}, "TRUE_VALUE can not be converted to an Integer"),
            ("ListKeys", {"Limit": {}}, "Start of structure or map found where not expected."),
            ("ListKeys", {"Limit": []}, "Start of list found where not expected"),
            ("CreateKey", {"MultiRegion": {}}, "Start of structure or map found where not expected."),
            ("CreateKey", {"MultiRegion": []}, "Start of list found where not expected"),
            ("CreateKey", {"Tags": "x"}, "Expected list or null"),
            ("CreateKey", {"Tags": 1}, "Expected list or null"),
            ("CreateKey", {"Tags": True}, "Expected list or null"),
            ("CreateKey", {"Tags": ["x"]}, "Expected null"),
            ("CreateKey", {"Tags": [{"TagKey": 1}]}, "NUMBER_VALUE can not be converted to a String"),
            ("Encrypt", {"EncryptionContext": "x"}, "Expected null"),
            ("Encrypt", {"EncryptionContext": {"a": 1}}, "NUMBER_VALUE can not be converted to a String"),
            ("Encrypt", {"EncryptionContext": {"a": {}}}, "Start of structure or map found where not expected."),
            ("Encrypt", {"GrantTokens": [1]}, "NUMBER_VALUE can not be converted to a String"),
            ("Encrypt", {"Plaintext": {}}, "Start of structure or map found where not expected."),
            ("Encrypt", {"Plaintext": []}, "Start of list found where not expected"),
            ("Decrypt", {"Recipient": 1}, "Expected null"),
        ],
    )
    def test_wrong_types(self, send: Send, operation: str, members: dict[str, Any], text: str) -> None:
        assert error(send(operation, members)) == {"__type": "SerializationException", "Message": text}

    @pytest.mark.parametrize(
        ("operation", "members"),
        [
            ("CreateKey", {"MultiRegion": "true"}),
            ("CreateKey", {"MultiRegion": 1}),
            ("Encrypt", {"DryRun": "yes"}),
            ("Encrypt", {"Plaintext": 1}),
            ("Encrypt", {"Plaintext": True}),
            ("DescribeKey", {"KeyId": 1.5}),
            ("CreateKey", {"Tags": {}}),
            ("Encrypt", {"EncryptionContext": []}),
            ("Decrypt", {"Recipient": {"AttestationDocument": 1}}),
            ("ListKeys", {"Limit": 1.5}),
        ],
    )
    def test_wrong_types_whose_text_is_not_known(self, send: Send, operation: str, members: dict[str, Any]) -> None:
        body = error(send(operation, members))
        assert body["__type"] == "SerializationException"
        assert set(body) <= {"__type", "Message"}

    @pytest.mark.parametrize("text", ["%%%", "AA", "A===", "AAAA\n", "é", "AA AA"])
    def test_no_base64(self, send: Send, key_id: str, text: str) -> None:
        reply = send("Decrypt", {"KeyId": key_id, "CiphertextBlob": text})
        assert error(reply) == {"__type": "SerializationException"}

    def test_types_come_before_everything_that_is_in_the_members(self, send: Send) -> None:
        body = error(send("Encrypt", {"KeyId": "no such key", "Plaintext": "", "EncryptionAlgorithm": 1}))
        assert body["__type"] == "SerializationException"

    def test_null_is_absent(self, send: Send, key_id: str) -> None:
        missing = error(send("DescribeKey", {"KeyId": None}))
        assert missing["message"].endswith(
            "Value null at 'keyId' failed to satisfy constraint: Member must not be null"
        )
        reply = send("CreateKey", {"Description": None, "KeySpec": None, "Tags": None, "MultiRegion": None})
        assert json.loads(reply.body)["KeyMetadata"]["Description"] == ""
        encrypted = json.loads(send("Encrypt", {"KeyId": key_id, "Plaintext": "eA==", "EncryptionContext": None}).body)
        opened = send("Decrypt", {"CiphertextBlob": encrypted["CiphertextBlob"]})
        assert json.loads(opened.body)["Plaintext"] == "eA=="

    def test_unknown_members_are_passed_over(self, lab: Lab, send: Send) -> None:
        made = send(
            "CreateKey",
            {
                "Unknown": {"deep": [1, None]},
                "description": "lower case",
                "Tags": [{"TagKey": "k", "TagValue": "v", "TagColour": 1}],
            },
        )
        shown = json.loads(made.body)["KeyMetadata"]
        assert shown["Description"] == ""
        assert "unknown" not in lab.trail[-1]["requestParameters"]
        assert dict(lab.inventory.get(shown["KeyId"]).tags) == {"k": "v"}

    def test_a_recipient_is_unknown_where_the_model_has_none(self, send: Send, key_id: str) -> None:
        members = {"KeyId": key_id, "Plaintext": "eA==", "Recipient": {"AttestationDocument": 1}}
        assert send("Encrypt", members).status == 200

    @pytest.mark.parametrize(
        ("operation", "members"),
        [
            ("CreateKey", {"Tags": [None]}),
            ("UntagResource", {"TagKeys": [None]}),
            ("Encrypt", {"Plaintext": "eA==", "GrantTokens": [None]}),
            ("Encrypt", {"Plaintext": "eA==", "EncryptionContext": {"a": None}}),
            ("Decrypt", {"DryRun": True, "DryRunModifiers": [None]}),
        ],
    )
    def test_null_inside_of_a_list_or_map(
        self, send: Send, key_id: str, operation: str, members: dict[str, Any]
    ) -> None:
        """What AWS answers is not known; it is an answer, never a crash."""
        assert send(operation, {"KeyId": key_id, **members}).status in (200, 400)

    def test_half_a_character_is_answered_too(self, send: Send, key_id: str) -> None:
        """JSON can write half of a surrogate pair, which UTF-8 cannot: an answer of AWS, never a crash."""
        for members in (
            {"KeyId": key_id, "Plaintext": "eA==", "EncryptionContext": {"a": "\ud800"}},
            {"KeyId": key_id, "Plaintext": "eA==", "EncryptionContext": {"\udfff": "b"}},
            {"KeyId": "\ud800", "Plaintext": "eA=="},
        ):
            assert send("Encrypt", members).status in (200, 400)
        assert send("UpdateKeyDescription", {"KeyId": key_id, "Description": "\ud800"}).status in (200, 400)


@pytest.fixture(scope="module")
def noisy() -> Iterator[tuple[Send, str]]:
    with Lab(seed=4) as lab:
        kms = lab.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        yield sender(lab), key_id


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["KEY", "alias/app", "AES_256", "ECC_NIST_P256", "SIGN_VERIFY", "RAW", "AQICAHg=", "", "arn:"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@settings(max_examples=200)
@given(data=st.data())
def test_nothing_that_is_sent_breaks_the_lab(noisy: tuple[Send, str], data: st.DataObject) -> None:
    """Any members with any values: an answer or an error of AWS, never a crash."""
    send, key_id = noisy
    operation = data.draw(st.sampled_from(sorted(OPERATIONS)))
    names = sorted(model.service_model().operation_model(operation).input_shape.members)
    members = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=5))
    body = {name: key_id if value == "KEY" else value for name, value in members.items()}
    reply = send(operation, body)
    if reply.status == 200:
        assert reply.body == b"" or isinstance(json.loads(reply.body), dict)
    else:
        assert reply.status == 400
        assert set(json.loads(reply.body)) <= {"__type", "message", "Message"}
