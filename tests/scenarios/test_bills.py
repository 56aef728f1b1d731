"""The worked bills, from real calls. Source: aws.amazon.com/kms/pricing, figures of 2026 for us-east-1."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from msgspec.structs import replace

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.service.visit import OnBehalf

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def month(lab: Lab) -> Lab:
    """A Lab at the first moment of a month."""
    lab.clock.travel_to(FEBRUARY)
    return lab


def many(lab: Lab, call: Any, count: int) -> None:
    """Have one real call counted `count` times: what the meter sees of a call does not depend on who made it."""
    call()
    seen = lab.trail.calls[-1]
    for _ in range(count - 1):
        lab.meter(replace(seen))


def cents(lab: Lab) -> Decimal:
    """What February costs, to the cent."""
    lab.clock.travel_to(MARCH)
    lines = [line for line in lab.bill.lines if line.month == "2026-02"]
    return sum((line.amount for line in lines), Decimal(0)).quantize(Decimal("0.01"))


def key(lab: Lab, **params: Any) -> str:
    return str(lab.client("kms").create_key(**params)["KeyMetadata"]["KeyId"])


def test_one_key_and_15_000_decrypts_cost_the_key(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    many(month, lambda: kms.decrypt(CiphertextBlob=blob), 15_000)
    assert cents(month) == Decimal("1.00")


def test_one_key_and_100_000_symmetric_calls(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    many(month, lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"), 100_000 - 1)  # CreateKey is the hundred thousandth
    assert month.bill.requests == 100_000
    assert cents(month) == Decimal("1.24")


def test_an_ecc_key_and_100_000_signatures(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    many(month, lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm="ECDSA_SHA_256"), 100_000)
    assert cents(month) == Decimal("2.50")


def test_an_rsa_2048_key_and_100_000_signatures(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    many(month, lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm="RSASSA_PSS_SHA_256"), 100_000)
    assert cents(month) == Decimal("1.30")


def test_10_000_rsa_data_key_pairs(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    many(month, lambda: kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="RSA_2048"), 10_000)
    assert cents(month) == Decimal("13.00")


@pytest.mark.parametrize(
    ("calls", "dollars"),
    [(20_000_000, "60.94"), (200_000, "1.54")],
    ids=["an object each, without Bucket Key", "with a Bucket Key that saves 99 percent"],
)
def test_the_requests_of_a_busy_bucket(month: Lab, calls: int, dollars: str) -> None:
    """S3 asks for a data key per object put and decrypts one per object read; with a Bucket Key, far less often."""
    kms, key_id = month.client("kms"), key(month)
    blob = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    seen = month.trail.calls[-1]
    tallies = month.meter._tallies[month.account_id].values()
    one = next(tally for tally in tallies if tally.what.operation == "Decrypt")
    more = calls - month.bill.requests
    one.count += more
    one.of_price.count += more
    assert seen.operation == "Decrypt"
    assert month.bill.requests == calls
    assert cents(month) == Decimal(dollars)


def test_one_request_past_the_free_tier(month: Lab) -> None:
    kms = month.client("kms")
    many(month, kms.list_keys, 20_001)
    assert month.bill.total == Decimal("0.000003")


def test_the_free_tier_is_shared_by_all_regions(month: Lab) -> None:
    many(month, month.client("kms", "us-east-1").list_keys, 15_000)
    many(month, month.client("kms", "eu-west-1").list_keys, 15_000)
    assert month.bill.total == Decimal("0.030000")


def test_a_key_costs_by_the_hour_and_nothing_while_it_waits_for_its_deletion(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    month.clock.advance(days=7)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    hours = sum(month.bill.usage.key_hours.values())
    assert hours == 7 * 24 + 1  # the hour that has begun
    month.clock.advance(days=10)
    assert sum(month.bill.usage.key_hours.values()) == hours
    kms.cancel_key_deletion(KeyId=key_id)
    # Charged as though its deletion had never been scheduled.
    assert sum(month.bill.usage.key_hours.values()) == 17 * 24 + 1
    assert cents(month) == Decimal("1.00")


def test_failed_calls_are_metered(month: Lab) -> None:
    kms = month.client("kms")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="nobody")
    assert month.bill.by("operation") == {"DescribeKey": 1}


def test_since_shows_what_came_on_top(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    before = month.bill
    for _ in range(3):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    assert month.bill.since(before).by("operation") == {"Encrypt": 3}
    assert month.bill.since(before).total == Decimal(0)
    month.clock.advance(hours=10)
    assert month.bill.since(before).total == (Decimal(10) / (28 * 24)).quantize(Decimal("0.000001"))


@pytest.mark.parametrize(("rotations", "dollars"), [(0, "1.24"), (1, "2.24"), (2, "3.24"), (5, "3.24")])
def test_rotations_are_charged_twice_and_no_more(month: Lab, rotations: int, dollars: str) -> None:
    """Rotated at the month's first moments, so that each rotation counts for the whole of it."""
    kms, key_id = month.client("kms"), key(month)
    for _ in range(rotations):
        kms.rotate_key_on_demand(KeyId=key_id)
        month.clock.advance(seconds=1)
    many(month, lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"), 100_000 - 1 - rotations)
    assert month.bill.requests == 100_000
    assert cents(month) == Decimal(dollars)


def test_every_related_key_costs_a_key(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, MultiRegion=True)
    for region in ("eu-west-1", "ap-southeast-2"):
        kms.replicate_key(KeyId=key_id, ReplicaRegion=region)
    assert cents(month) == Decimal("3.00")


class TestForecasts:
    """The worked bills once more: done once, and told what a month of it costs."""

    def of(self, lab: Lab, once: Callable[[], Any], times: int) -> Decimal:
        mark = lab.bill
        once()
        return lab.forecast(lab.bill.since(mark), times=times).total

    @pytest.mark.parametrize(("times", "dollars"), [(15_000, "1.00"), (100_000, "1.24")])
    def test_decrypts(self, lab: Lab, times: int, dollars: str) -> None:
        kms, key_id = lab.client("kms"), key(lab)
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        assert self.of(lab, lambda: kms.decrypt(CiphertextBlob=blob), times) == Decimal(dollars)

    @pytest.mark.parametrize(
        ("spec", "algorithm", "dollars"),
        [("ECC_NIST_P256", "ECDSA_SHA_256", "2.50"), ("RSA_2048", "RSASSA_PSS_SHA_256", "1.30")],
    )
    def test_signatures(self, lab: Lab, spec: str, algorithm: str, dollars: str) -> None:
        kms, key_id = lab.client("kms"), key(lab, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        once = lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm=algorithm)  # noqa: E731
        assert self.of(lab, once, 100_000) == Decimal(dollars)

    def test_rsa_data_key_pairs(self, lab: Lab) -> None:
        kms, key_id = lab.client("kms"), key(lab)
        once = lambda: kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="RSA_2048")  # noqa: E731
        assert self.of(lab, once, 10_000) == Decimal("13.00")

    @pytest.mark.parametrize(
        ("reads", "times", "dollars"),
        [(1, 10_000_000, "60.94"), (1, 100_000, "1.54"), (200, 10_000, "6.97")],
        ids=["an object put and read", "a Bucket Key that saves 99 percent", "10,000 files read 2,000,000 times"],
    )
    def test_a_bucket(self, lab: Lab, reads: int, times: int, dollars: str) -> None:
        kms, key_id = lab.client("kms"), key(lab)

        def once() -> None:
            blob = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"]
            for _ in range(reads):
                kms.decrypt(CiphertextBlob=blob)

        assert self.of(lab, once, times) == Decimal(dollars)

    @pytest.mark.parametrize(("rotations", "dollars"), [(0, "1.24"), (1, "2.24"), (2, "3.24"), (5, "3.24")])
    def test_rotated_keys(self, lab: Lab, rotations: int, dollars: str) -> None:
        kms, key_id = lab.client("kms"), key(lab)
        for _ in range(rotations):
            kms.rotate_key_on_demand(KeyId=key_id)
            lab.clock.advance(minutes=5)
        assert self.of(lab, lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"), 100_000) == Decimal(dollars)

    def test_a_primary_and_its_replicas(self, lab: Lab) -> None:
        kms, key_id = lab.client("kms"), key(lab, MultiRegion=True)
        for region in ("eu-west-1", "ap-southeast-2"):
            kms.replicate_key(KeyId=key_id, ReplicaRegion=region)

        def look() -> None:
            for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
                lab.client("kms", region).describe_key(KeyId=key_id)

        assert self.of(lab, look, 1) == Decimal("3.00")

    def test_two_keys_of_one_request(self, lab: Lab) -> None:
        kms, first, second = lab.client("kms"), key(lab), key(lab)
        blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
        assert self.of(lab, lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=second), 20_000) == 2

    def test_a_loop_that_makes_keys_makes_many(self, lab: Lab) -> None:
        assert self.of(lab, lambda: key(lab), 1_000) == Decimal("1000")

    def test_the_keys_of_another_account_are_its_own(self, lab: Lab) -> None:
        root = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [root]})
        arn = lab.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        other = lab.account("999988887777")
        mark = other.bill
        other.client("kms").encrypt(KeyId=arn, Plaintext=b"x")
        assert lab.forecast(other.bill.since(mark), times=30_000).total == Decimal("0.03")

    def test_how_often(self, lab: Lab) -> None:
        with pytest.raises(KmslabError, match="a whole number above 0, not 0"):
            lab.forecast(lab.bill, times=0)


class TestOnBehalf:
    def encrypt_through(self, lab: Lab, service: str, key_id: str) -> None:
        params = {"KeyId": key_id, "Plaintext": b"x"}
        lab._door.carry_out(OnBehalf(service, lab.administrator, "us-east-1", "Encrypt", params))

    def test_whoever_asks_the_service_pays(self, lab: Lab) -> None:
        kms, key_id = lab.client("kms"), key(lab)
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
        for service in ("s3", "s3", "ssm"):
            self.encrypt_through(lab, service, key_id)
        assert lab.bill.by("service") == {"direct": 2, "s3": 2, "ssm": 1}
        assert lab.bill.by("operation") == {"Encrypt": 4, "CreateKey": 1}
        assert lab.bill.by("account") == {lab.account_id: 5}

    def test_as_much_as_for_a_call_of_their_own(self, lab: Lab) -> None:
        key_id = key(lab)
        mark = lab.bill
        self.encrypt_through(lab, "s3", key_id)
        assert lab.forecast(lab.bill.since(mark), times=100_000).total == Decimal("1.24")

    def test_cloudtrail_pays_nothing_for_its_log_files(self, lab: Lab) -> None:
        key_id = key(lab)
        mark = lab.bill
        self.encrypt_through(lab, "cloudtrail", key_id)
        [line] = lab.bill.since(mark).lines
        assert (line.item, line.quantity, line.amount) == ("Requests of CloudTrail for its log files", 1, 0)

    def test_a_budget_stops_the_service(self, lab: Lab) -> None:
        kms, key_id = lab.client("kms"), key(lab)
        many(lab, lambda: kms.list_keys(), 20_000)
        before = lab.bill.requests, len(lab.trail)
        with lab.budget(usd=0), pytest.raises(KmslabError, match="does not allow this Encrypt"):
            self.encrypt_through(lab, "s3", key_id)
        assert (lab.bill.requests, len(lab.trail)) == before


class TestThroughS3:
    """Ten million objects put and read: what S3 asks of KMS for one of them, ten million times."""

    @pytest.fixture
    def key_id(self, lab: Lab) -> str:
        lab.client("s3").create_bucket(Bucket="photos")
        return key(lab)

    def put(self, lab: Lab, key_id: str, name: str) -> None:
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        lab.client("s3").put_object(Bucket="photos", Key=name, Body=b"x", **sealed)

    def test_an_object_put_and_read(self, lab: Lab, key_id: str) -> None:
        mark = lab.bill
        self.put(lab, key_id, "holiday")
        assert lab.client("s3").get_object(Bucket="photos", Key="holiday")["Body"].read() == b"x"
        used = lab.bill.since(mark)
        assert (used.by("service"), used.by("key")) == ({"s3": 2}, {lab.inventory[-1].arn: 2})
        assert lab.forecast(used, times=10_000_000).total == Decimal("60.94")

    def test_a_budget_stops_it_before_anything_is_stored(self, lab: Lab, key_id: str) -> None:
        many(lab, lab.client("kms").list_keys, 20_000)
        with lab.budget(usd=0), pytest.raises(KmslabError, match="does not allow this GenerateDataKey"):
            self.put(lab, key_id, "holiday")
        assert "Contents" not in lab.client("s3").list_objects_v2(Bucket="photos")


def test_one_free_tier_for_all_accounts_of_an_organisation(month: Lab) -> None:
    other = month.account("999988887777")
    many(month, month.client("kms").list_keys, 15_000)
    call = other.client("kms").list_keys
    call()
    seen = other.trail.calls[-1]
    for _ in range(14_999):
        month.meter(seen)
    assert (month.bill.total, other.bill.total) == (0, 0)
    assert month.consolidated_bill.total == Decimal("0.03")
    assert month.consolidated_bill.by("account") == {month.account_id: 15_000, "999988887777": 15_000}


class TestBudget:
    """Twenty millionths of a dollar buy one signature, and not two."""

    @pytest.fixture
    def sign(self, lab: Lab) -> Callable[[], Any]:
        kms, key_id = lab.client("kms"), key(lab, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        return lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")

    def test_a_runaway_loop(self, lab: Lab, sign: Callable[[], Any]) -> None:
        signed = []

        def run_away() -> None:
            while True:
                signed.append(sign())

        with lab.budget(usd=0.0003) as budget, pytest.raises(KmslabError) as caught:
            run_away()
        assert len(signed) == 20
        assert str(caught.value) == (
            "The budget of 0.0003 USD does not allow this Sign for 0.000015 USD: since 2026-01-05 09:00:00 UTC, "
            "0.000300 USD were spent on 20 requests (Sign 20)."
        )
        assert (budget.spent, budget.left) == (Decimal("0.0003"), 0)
        assert budget.bill.by("operation") == {"Sign": 20}

    def test_what_is_stopped_has_done_nothing(self, lab: Lab) -> None:
        kms = lab.client("kms")
        before = lab.bill.requests, len(lab.trail), len(lab.inventory)
        with lab.budget(usd=0.001), pytest.raises(KmslabError, match=r"this CreateKey for 0\.001344 USD"):
            kms.create_key()
        assert (lab.bill.requests, len(lab.trail), len(lab.inventory)) == before
        kms.create_key()
        assert len(lab.inventory) == before[2] + 1

    def test_a_loop_that_makes_keys(self, lab: Lab) -> None:
        def run_away() -> None:
            while True:
                key(lab)

        spent = r"spent on 7 requests \(CreateKey 7\) and 7 key-hours"
        with lab.budget(usd=0.01), pytest.raises(KmslabError, match=spent):
            run_away()
        assert len(lab.inventory) == 7

    @pytest.mark.parametrize("how", ["not found", "invalid", "denied"])
    def test_failed_requests_cost_and_are_stopped_too(self, lab: Lab, how: str) -> None:
        kms, key_id, nobody = lab.client("kms"), key(lab), lab.user("nobody")
        calls: dict[str, Callable[[], Any]] = {
            "not found": lambda: kms.describe_key(KeyId="alias/nothing"),
            "invalid": lambda: kms.describe_key(KeyId=""),
            "denied": lambda: lab.client("kms", principal=nobody).describe_key(KeyId=key_id),
        }
        if how == "invalid":
            kms = lab.client("kms", config=Config(parameter_validation=False))
        many(lab, kms.list_keys, 20_000)
        before = lab.bill.requests
        with lab.budget(usd=0.000003):
            with pytest.raises(ClientError):
                calls[how]()
            with pytest.raises(KmslabError, match="does not allow this DescribeKey"):
                calls[how]()
        assert lab.bill.requests == before + 1

    def test_the_free_tier_costs_nothing(self, lab: Lab) -> None:
        kms = lab.client("kms")
        with lab.budget(usd=0) as budget:
            many(lab, kms.list_keys, 20_000)
            with pytest.raises(KmslabError, match=r"20,000 requests \(ListKeys 20,000\)\.$"):
                kms.list_keys()
        assert budget.spent == 0
        kms.list_keys()
        assert lab.bill.total == Decimal("0.000003")

    def test_within_one_another(self, lab: Lab, sign: Callable[[], Any]) -> None:
        with lab.budget(usd=0.00005) as outer:
            sign()
            with lab.budget(usd=0.00002):
                sign()
                with pytest.raises(KmslabError, match=r"budget of 0\.00002 USD .* on 1 request \(Sign 1\)"):
                    sign()
            with lab.budget(usd=1):
                sign()
                with pytest.raises(KmslabError, match=r"budget of 0\.00005 USD .* on 3 requests \(Sign 3\)"):
                    sign()
            assert outer.bill.requests == 3
        sign()

    def test_it_ends_with_its_block_whatever_ends_it(self, lab: Lab, sign: Callable[[], Any]) -> None:
        with pytest.raises(ZeroDivisionError), lab.budget(usd=0):
            raise ZeroDivisionError
        assert sign()["Signature"]

    def test_each_account_has_its_own(self, lab: Lab, sign: Callable[[], Any]) -> None:
        with lab.budget(usd=0, account_id="999988887777"):
            sign()
            with pytest.raises(KmslabError, match="this CreateKey"):
                lab.account("999988887777").client("kms").create_key()

    @pytest.mark.parametrize("usd", [-1, "much"])
    def test_no_sum_of_money(self, lab: Lab, usd: Any) -> None:
        with pytest.raises(KmslabError, match="A budget is a sum of US dollars"), lab.budget(usd=usd):
            pass  # pragma: no cover

    def test_over_http(self, lab: Lab, sign: Callable[[], Any]) -> None:
        key_id, own = lab.inventory[-1].key_id, lab.administrator.credentials
        kms = boto3.client(
            "kms",
            "us-east-1",
            endpoint_url=lab.endpoint(),
            aws_access_key_id=own.access_key_id,
            aws_secret_access_key=own.secret_access_key,
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        )
        asked = {"KeyId": key_id, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
        with lab.budget(usd=0.00002):
            kms.sign(**asked)
            before = lab.bill.requests, len(lab.trail)
            with pytest.raises(ClientError, match=r"does not allow this Sign for .* on 1 request \(Sign 1\)") as caught:
                kms.sign(**asked)
        assert caught.value.response["Error"]["Code"] == "BudgetExceededException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
        assert (lab.bill.requests, len(lab.trail)) == before
        kms.close()

    def test_a_lab_without_one_makes_the_same_ids(self) -> None:
        def ids(*, watched: bool) -> list[str]:
            with Lab(seed=3) as lab:
                if watched:
                    with lab.budget(usd=100):
                        key(lab), key(lab)
                else:
                    key(lab), key(lab)
                return [call.event_id for call in lab.trail.calls] + [call.request_id for call in lab.trail.calls]

        assert ids(watched=True) == ids(watched=False)


def test_a_kept_lab_knows_who_asked(tmp_path: Path) -> None:
    path = tmp_path / "lab.kms"
    with Lab.open(path, seed=1) as lab:
        key_id = key(lab)
        params = {"KeyId": key_id, "Plaintext": b"x"}
        lab._door.carry_out(OnBehalf("s3", lab.administrator, "us-east-1", "Encrypt", params))
        lab.client("kms").encrypt(**params)
        shown = repr(lab.bill), lab.bill.by("service"), repr(lab.forecast(lab.bill, times=10))
    with Lab.open(path) as lab:
        assert (repr(lab.bill), lab.bill.by("service"), repr(lab.forecast(lab.bill, times=10))) == shown
    assert shown[1] == {"direct": 2, "s3": 1}


def test_the_prices_as_a_table(lab: Lab) -> None:
    shown = lab.prices()
    assert len(shown.rows) == 11
    assert {row[-1] for row in shown.rows} == {"yes", "no"}
    assert lab.bill.requests == 0
