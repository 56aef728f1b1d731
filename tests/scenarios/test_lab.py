"""The Lab itself: what it shows of itself, and what it says when it cannot help."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from kmslab import Lab, Principal
from kmslab.classroom import sources
from kmslab.errors import KmslabError
from kmslab.exercises.progress import Progress
from kmslab.operations import OPERATIONS


def test_a_lab_says_what_it_is(lab: Lab) -> None:
    assert repr(lab) == "<Lab account 123456789010, us-east-1, 2026-01-05 09:00:00 UTC>"
    assert repr(lab.account("999988887777")) == "<Account 999988887777>"
    assert repr(lab.clock) == "<SimClock 2026-01-05 09:00:00 UTC, standing>"


def test_every_principal_calls_as_itself(lab: Lab, alice: Principal) -> None:
    names = {}
    for who in (lab.root, lab.administrator, alice):
        kms = lab.client("kms", principal=who)
        try:
            kms.list_keys()
        except kms.exceptions.ClientError as error:
            names[who.name] = error.response["Error"]["Code"]
    assert names == {"alice": "AccessDeniedException"}
    assert [event["userIdentity"]["type"] for event in lab.trail] == ["Root", "IAMUser", "IAMUser"]
    assert "userName" not in lab.trail[0]["userIdentity"]
    assert lab.trail.events(principal="alice")[0]["userIdentity"]["arn"] == alice.arn


def test_a_session_has_the_lab_region_and_takes_another(lab: Lab) -> None:
    assert lab.session().client("kms").meta.region_name == "us-east-1"
    assert lab.session(region_name="eu-west-1").client("kms").meta.region_name == "eu-west-1"
    assert lab.client("kms", "ap-south-1").meta.region_name == "ap-south-1"


@pytest.mark.parametrize("region", ["us-east1", "virginia", "eu-west-9"])
def test_a_region_that_does_not_exist_cannot_be_reached(lab: Lab, region: str) -> None:
    """As with AWS: the host name of a misspelt Region does not exist."""
    kms = lab.client("kms", region)
    with pytest.raises(EndpointConnectionError, match=f"https://kms.{region}.amazonaws.com/"):
        kms.list_keys()
    assert len(lab.trail) == 0
    with pytest.raises(KmslabError, match="not the name of a Region of AWS"):
        Lab(region=region)


@pytest.mark.parametrize("options", [{"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}], ids=str)
def test_other_endpoints_of_a_region_are_the_region(lab: Lab, options: dict[str, bool]) -> None:
    kms = lab.client("kms", "eu-west-1", config=Config(**options))
    kms.create_key()
    assert len(lab.inventory.select(region="eu-west-1")) == 1
    assert "eu-west-1" in lab.trail[0]["tlsDetails"]["clientProvidedHostHeader"]


def test_looking_for_another_accounts_key_makes_no_account(lab: Lab) -> None:
    kms = lab.client("kms")
    with pytest.raises(kms.exceptions.ClientError):
        kms.describe_key(KeyId="arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
    assert [store.account_id for store in lab.world.stores] == []


def test_an_iam_user_may_be_detached_from_its_power(lab: Lab) -> None:
    """IAM is asked anew at each call: what was taken away there is gone here."""
    iam = lab.client("iam")
    lab.client("kms").list_keys()
    iam.detach_user_policy(UserName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    kms = lab.client("kms")
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.list_keys()
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_an_access_key_may_be_switched_off(lab: Lab, alice: Principal) -> None:
    key_id = alice.credentials.access_key_id
    lab.client("iam").update_access_key(UserName="alice", AccessKeyId=key_id, Status="Inactive")
    kms = lab.client("kms", principal=alice)
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.list_keys()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert len(lab.trail) == 0


def test_a_user_is_made_once(lab: Lab, alice: Principal) -> None:
    assert alice.arn == "arn:aws:iam::123456789010:user/alice"
    assert lab.user("alice") == alice, "a cell that is run twice does no harm"
    iam = lab.client("iam")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        lab.user("alice", policy={"Version": "2012-10-17", "Statement": []})


def test_an_anonymous_request_reaches_the_labs_own_account(lab: Lab) -> None:
    lab.client("s3").create_bucket(Bucket="public")
    lab.client("s3").put_object(Bucket="public", Key="page", Body=b"hello", ACL="public-read")
    nobody = lab.client("s3", config=Config(signature_version=UNSIGNED))
    assert nobody.get_object(Bucket="public", Key="page")["Body"].read() == b"hello"


def test_a_service_that_nobody_plays_is_told(lab: Lab) -> None:
    elsewhere = lab.client("s3", endpoint_url="http://storage.example")
    with pytest.raises(KmslabError, match=r"Nothing in this Lab answers http://storage\.example"):
        elsewhere.list_buckets()


def test_an_operation_that_is_not_there_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update of botocore that brings a new operation."""
    monkeypatch.delitem(OPERATIONS, "GetParametersForImport")
    with pytest.raises(KmslabError, match="does not run GetParametersForImport"):
        lab.client("kms").get_parameters_for_import(
            KeyId="x", WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
    assert len(lab.trail) == 0


def test_an_installation_without_notebooks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_PACKAGE", tmp_path / "kmslab")
    with pytest.raises(KmslabError, match="has no notebooks"):
        sources.notebooks_folder()


def test_a_folder_that_cannot_be_written_stops_no_lesson(tmp_path: Path) -> None:
    (tmp_path / ".kmslab").write_text("a file where a folder should be")
    progress = Progress(tmp_path)
    progress.add("00.1")
    assert progress.solved == {"00.1"}
    assert Progress(tmp_path).solved == frozenset()
