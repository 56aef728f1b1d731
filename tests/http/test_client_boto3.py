"""Plain boto3 clients over HTTP: a day's work with keys, principals and Regions, as boto3 users do it on AWS."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab import Lab

ACCOUNT = "123456789010"
CONTEXT = {"purpose": "tést", "a": "1"}


@pytest.fixture(scope="module")
def kms(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's KMS."""
    return connect("kms")


@pytest.fixture(scope="module")
def key(kms: Any) -> str:
    """The ARN of a key, which has the alias `alias/boto3`."""
    arn = str(kms.create_key(Description="for boto3")["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName="alias/boto3", TargetKeyId=arn)
    return arn


@pytest.mark.parametrize("form", ["alias/boto3", "alias ARN", "key id", "key ARN"])
def test_a_round_trip_by_each_form_of_reference(kms: Any, key: str, form: str) -> None:
    key_id = key.partition("/")[2]
    references = {
        "alias ARN": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/boto3",
        "key id": key_id,
        "key ARN": key,
    }
    sealed = kms.encrypt(KeyId=references.get(form, form), Plaintext=b"secret", EncryptionContext=CONTEXT)
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=dict(reversed(CONTEXT.items())))
    assert opened["Plaintext"] == b"secret"
    assert sealed["KeyId"] == opened["KeyId"] == key


def test_a_reply_has_the_request_id_in_its_metadata(kms: Any, key: str) -> None:
    metadata = kms.describe_key(KeyId=key)["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RetryAttempts"] == 0
    assert str(uuid.UUID(metadata["RequestId"])) == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert metadata["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.1"


def test_errors_arrive_as_classes_of_the_client_and_are_not_tried_again(kms: Any, key: str) -> None:
    gone = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    with pytest.raises(kms.exceptions.NotFoundException, match=f"Key '{gone}' does not exist") as not_found:
        kms.describe_key(KeyId=gone)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]
    with pytest.raises(kms.exceptions.InvalidCiphertextException) as wrong_context:
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "2"})
    assert wrong_context.value.response["Error"]["Message"] == ""
    for caught in (not_found, wrong_context):
        metadata = caught.value.response["ResponseMetadata"]
        assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (400, 0)


def test_paginators_come_to_an_end_and_give_each_key_once(connect: Any) -> None:
    # A Region where nobody else makes keys.
    kms = connect("kms", "eu-north-1")
    made = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(7)}
    for number, key_id in enumerate(sorted(made)):
        kms.create_alias(AliasName=f"alias/page-{number}", TargetKeyId=key_id)
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Keys"]) for page in pages] == [3, 3, 1]
    assert [page["Truncated"] for page in pages] == [True, True, False]
    assert {key["KeyId"] for page in pages for key in page["Keys"]} == made
    aliases = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 2}).build_full_result()
    assert [alias["AliasName"] for alias in aliases["Aliases"]] == [f"alias/page-{number}" for number in range(7)]


def test_a_key_of_one_region_is_unknown_in_another(connect: Any, key: str) -> None:
    ireland, key_id = connect("kms", "eu-west-1"), key.partition("/")[2]
    there = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{key_id}"
    with pytest.raises(ireland.exceptions.NotFoundException, match=f"Key '{there}' does not exist"):
        ireland.describe_key(KeyId=key_id)


def test_a_user_made_over_http_may_do_what_its_policy_says(connect: Any, key: str) -> None:
    iam = connect("iam")
    iam.create_user(UserName="carol")
    made = iam.create_access_key(UserName="carol")["AccessKey"]
    carol = connect("kms", aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"])
    with pytest.raises(carol.exceptions.ClientError) as denied:
        carol.encrypt(KeyId=key, Plaintext=b"secret")
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    user = f"arn:aws:iam::{ACCOUNT}:user/carol"
    assert denied.value.response["Error"]["Message"].startswith(
        f"User: {user} is not authorized to perform: kms:Encrypt on resource: {key} because"
    )
    statement = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": key}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="carol", PolicyName="encrypt", PolicyDocument=policy)
    assert carol.encrypt(KeyId=key, Plaintext=b"secret")["KeyId"] == key
    who = connect("sts", aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"])
    assert who.get_caller_identity()["Arn"] == user


def test_the_session_of_a_role_in_another_account_makes_keys_there(connect: Any) -> None:
    role = "arn:aws:iam::999988887777:role/OrganizationAccountAccessRole"
    given = connect("sts").assume_role(RoleArn=role, RoleSessionName="visit")["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    arn = connect("kms", **session).create_key()["KeyMetadata"]["Arn"]
    assert arn.startswith("arn:aws:kms:us-east-1:999988887777:key/")
    without_token = {name: value for name, value in session.items() if name != "aws_session_token"}
    with pytest.raises(ClientError) as refused:
        connect("kms", **without_token).list_keys()
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert refused.value.response["Error"]["Message"] == "The security token included in the request is invalid."


def test_a_signature_of_kms_verifies_outside(kms: Any) -> None:
    key_id = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = kms.sign(KeyId=key_id, Message=b"contract", SigningAlgorithm="RSASSA_PSS_SHA_256")
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    public_key.verify(signed["Signature"], b"contract", scheme, hashes.SHA256())
    with pytest.raises(kms.exceptions.KMSInvalidSignatureException):
        kms.verify(
            KeyId=key_id,
            Message=b"another contract",
            Signature=signed["Signature"],
            SigningAlgorithm="RSASSA_PSS_SHA_256",
        )


def test_threads_share_a_client(connect: Any, key: str) -> None:
    kms = connect("kms", config=Config(max_pool_connections=8))

    def there_and_back(number: int) -> bytes:
        context = {"number": str(number)}
        blob = kms.encrypt(KeyId=key, Plaintext=f"text {number}".encode(), EncryptionContext=context)["CiphertextBlob"]
        return bytes(kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(there_and_back, range(40))) == [f"text {number}".encode() for number in range(40)]


def test_a_multi_region_key_opens_in_one_region_what_another_sealed(lab: Lab, reach: Any) -> None:
    kms, tokyo = reach("kms"), reach("kms", "ap-northeast-1")
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    replica = kms.replicate_key(KeyId=key_id, ReplicaRegion="ap-northeast-1")["ReplicaKeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"everywhere")["CiphertextBlob"]
    with pytest.raises(tokyo.exceptions.KMSInvalidStateException, match=f"{replica} is creating"):
        tokyo.decrypt(CiphertextBlob=blob, KeyId=key_id)
    lab.clock.advance(minutes=1)
    opened = tokyo.decrypt(CiphertextBlob=blob, KeyId=key_id)
    assert opened["Plaintext"] == b"everywhere"
    assert opened["KeyId"] == replica == f"arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/{key_id}"


def test_trail_and_bill_know_what_came_over_http(lab: Lab, reach: Any) -> None:
    kms = reach("kms", config=Config(user_agent_extra="payroll/7"))
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"secret", EncryptionContext=CONTEXT)
    event = lab.trail.events(name="Encrypt")[-1]
    assert event["requestID"] == sealed["ResponseMetadata"]["RequestId"]
    assert event["sourceIPAddress"] == "127.0.0.1"
    assert event["userAgent"].startswith("Boto3/")
    assert event["userAgent"].endswith("payroll/7")
    assert event["requestParameters"]["encryptionContext"] == CONTEXT
    assert lab.bill.requests == 2
    # The same world from inside, without HTTP.
    opened = lab.client("kms").decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"secret"
