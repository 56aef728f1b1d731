"""Request quotas: off unless asked for; then so many requests of one kind in a second, and the rest are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab, Principal

TEXT = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
OTHER = "999988887777"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A Lab with quotas, standing: 10 ms a request, so a hundred requests in a second."""
    with Lab(seed=1, throttling=True) as made:
        yield made


@pytest.fixture
def kms(lab: Lab) -> Any:
    """The administrator's client, which tries once."""
    return lab.client("kms", config=ONE_ATTEMPT)


@pytest.fixture
def idle(kms: Any, lab: Lab) -> str:
    """The ARN of a disabled key: whatever uses it fails at once, and counts. A second has passed since."""
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    lab.clock.advance(seconds=1)
    return arn


def create_keys(client: Any, count: int) -> None:
    for _ in range(count):
        client.create_key()


def codes(calls: list[Callable[[], Any]]) -> list[str]:
    """What each call answers: `ok`, or its error."""
    found = []
    for call in calls:
        try:
            call()
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
        else:
            found.append("ok")
    return found


def test_the_sixth_key_in_a_second_is_refused(lab: Lab, kms: Any, refuses: Any) -> None:
    create_keys(kms, 5)
    with refuses("ThrottlingException", TEXT):
        kms.create_key()
    assert len(lab.inventory) == 5
    assert (lab.trail[-1]["eventName"], lab.trail[-1]["resources"]) == ("CreateKey", [])


def test_the_next_second_is_free_again(lab: Lab, kms: Any, refuses: Any) -> None:
    create_keys(kms, 5)
    with refuses("ThrottlingException", TEXT):
        kms.create_key()
    lab.clock.advance(seconds=1)
    create_keys(kms, 5)
    with refuses("ThrottlingException", TEXT):
        kms.create_key()


def test_a_second_is_one_of_the_clock(lab: Lab, kms: Any) -> None:
    """So ten keys can be made within a tenth of a second, five on each side of the full second."""
    lab.clock.advance(seconds=0.945)
    before = lab.clock.now()
    create_keys(kms, 10)
    assert lab.clock.now() - before == timedelta(milliseconds=100)
    assert codes([kms.create_key]) == ["ThrottlingException"]


def test_no_client_has_a_class_for_it(kms: Any) -> None:
    """The KMS model does not know the error, so it is a ClientError and nothing more."""
    create_keys(kms, 5)
    with pytest.raises(ClientError) as caught:
        kms.create_key()
    assert type(caught.value) is ClientError
    assert caught.value.response["Error"] == {"Code": "ThrottlingException", "Message": TEXT}
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_every_region_and_every_account_has_its_own_quota(lab: Lab, kms: Any) -> None:
    create_keys(kms, 5)
    there, others = lab.client("kms", "eu-west-1"), lab.account(OTHER).client("kms")
    assert codes([kms.create_key, there.create_key, others.create_key]) == ["ThrottlingException", "ok", "ok"]


def test_all_principals_of_an_account_share_it(lab: Lab, kms: Any) -> None:
    create_keys(kms, 5)
    assert codes([lab.client("kms", principal=lab.root).create_key]) == ["ThrottlingException"]


def test_every_operation_has_its_own_quota(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    create_keys(kms, 4)
    calls = [kms.create_key, lambda: kms.create_alias(AliasName="alias/app", TargetKeyId=key_id), kms.create_key]
    assert codes(calls) == ["ThrottlingException", "ok", "ThrottlingException"]


def test_operations_of_one_group_share_it(lab: Lab, kms: Any, idle: str) -> None:
    """One pair of RSA_4096 in a second, with or without its plaintext; other pairs are counted apart."""

    def pair(name: str, spec: str) -> Callable[[], Any]:
        return lambda: getattr(kms, name)(KeyId=idle, KeyPairSpec=spec)

    answers = codes(
        [
            pair("generate_data_key_pair", "RSA_4096"),
            pair("generate_data_key_pair_without_plaintext", "RSA_4096"),
            pair("generate_data_key_pair", "RSA_3072"),
        ]
    )
    assert answers == ["DisabledException", "ThrottlingException", "DisabledException"]


def test_use_of_another_accounts_key_counts_for_the_caller(lab: Lab, kms: Any, idle: str) -> None:
    stranger = lab.account(OTHER).client("kms")
    answers = codes(
        [
            lambda: stranger.generate_data_key_pair(KeyId=idle, KeyPairSpec="RSA_4096"),
            lambda: stranger.generate_data_key_pair(KeyId=idle, KeyPairSpec="RSA_4096"),
            lambda: kms.generate_data_key_pair(KeyId=idle, KeyPairSpec="RSA_4096"),
        ]
    )
    assert answers == ["AccessDeniedException", "ThrottlingException", "DisabledException"]


def test_a_dry_run_counts(kms: Any, idle: str) -> None:
    answers = codes(
        [
            lambda: kms.generate_data_key_pair(KeyId=idle, KeyPairSpec="RSA_4096", DryRun=True),
            lambda: kms.generate_data_key_pair(KeyId=idle, KeyPairSpec="RSA_4096"),
        ]
    )
    assert answers == ["DisabledException", "ThrottlingException"]


def test_a_denied_request_counts(lab: Lab, kms: Any, alice: Principal) -> None:
    hers = lab.client("kms", principal=alice)
    assert codes([hers.create_key] * 6) == ["AccessDeniedException"] * 5 + ["ThrottlingException"]
    assert codes([kms.create_key]) == ["ThrottlingException"]


def test_a_request_that_is_none_does_not_count(lab: Lab, kms: Any, make_key: Any) -> None:
    """What fails before the key is known is no request for it."""
    missing = "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert codes([lambda: kms.enable_key(KeyId=missing)] * 6) == ["NotFoundException"] * 6
    assert codes([lambda: kms.create_key(Description="x" * 9000)] * 6) == ["ValidationException"] * 6
    key_id = make_key()
    assert codes([lambda: kms.enable_key(KeyId=key_id)]) == ["ok"]


def test_a_loop_of_encryptions_is_far_from_the_quota(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    assert set(codes([lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x")] * 120)) == {"ok"}


class TestRetries:
    """boto3 tries again by itself, five times in all, and waits in between: here for the Lab's clock."""

    @pytest.fixture
    def patient(self, lab: Lab) -> Any:
        """A client with the retries that boto3 has by default."""
        return lab.client("kms", config=Config(retries={"mode": "legacy", "total_max_attempts": 5}))

    def test_they_get_through_when_the_wait_reaches_the_next_second(
        self, lab: Lab, patient: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            lab.clock.advance(seconds=seconds)

        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=wait))
        create_keys(patient, 5)
        # However short the random wait is, the retry lands in the next second.
        lab.clock.travel_to(lab.clock.now().replace(microsecond=980_000))
        reply = patient.create_key()
        assert reply["ResponseMetadata"]["RetryAttempts"] == len(waits) == 1
        assert len(lab.inventory) == 6
        assert [event.get("errorCode") for event in lab.trail[-2:]] == ["ThrottlingException", None]
        assert lab.bill.requests == 7

    def test_they_are_in_vain_while_the_clock_stands(
        self, lab: Lab, patient: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A standing clock does not wait with the client: five attempts are 50 ms."""
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
        create_keys(patient, 5)
        with pytest.raises(ClientError, match="reached max retries: 4") as caught:
            patient.create_key()
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"
        assert len(lab.inventory) == 5
        assert lab.bill.requests == len(lab.trail) == 10


def test_a_lab_throttles_only_when_asked_to() -> None:
    with Lab(seed=1) as lab:
        create_keys(lab.client("kms"), 20)
        assert len(lab.inventory) == lab.bill.requests == 20


def test_labs_do_not_share_a_quota(kms: Any) -> None:
    create_keys(kms, 5)
    with Lab(seed=1, throttling=True) as other:
        create_keys(other.client("kms"), 5)
        assert codes([other.client("kms").create_key]) == ["ThrottlingException"]
