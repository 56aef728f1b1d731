"""Lesson 15, call golf: what each hole accepts, what it says to typical wrong balls, and how strokes are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab import Lab
from kmslab.exercises import tees
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.clubhouse import Golf
from kmslab.exercises.desk import Desk
from kmslab.exercises.golf import verdict
from kmslab.exercises.lesson_15 import HOLES
from kmslab.exercises.progress import Progress

ORDERS = {"EncryptionContextSubset": {"table": "orders"}}
LABELS = {hole.exercise: [task.label for task in EXERCISES[hole.exercise].tasks] for hole in HOLES.values()}


def advice(desk: Desk, number: str, place: int, answer: object = None) -> str:
    """What the check says about one of the tasks."""
    return desk.check(number, answer).items[place].advice


def still_open(desk: Desk, number: str, answer: object = None) -> list[int]:
    """The places of the tasks that are to be done."""
    return [place for place, item in enumerate(desk.check(number, answer).items) if not item.done]


def blob(kms: Any, key_id: str, plaintext: bytes, **more: Any) -> bytes:
    return bytes(kms.encrypt(KeyId=key_id, Plaintext=plaintext, **more)["CiphertextBlob"])


def test_nobody_has_teed_off(desk: Desk) -> None:
    for number, labels in LABELS.items():
        assert len(still_open(desk, number)) == len(labels)
        assert f'golf("{number[-1]}")' in advice(desk, number, 0) + advice(desk, number, -1)


def test_teeing_off_alone_solves_nothing(desk: Desk) -> None:
    for hole in HOLES.values():
        desk.golf(hole.number)
        assert len(still_open(desk, hole.exercise)) == len(LABELS[hole.exercise])
        assert "No call yet." in advice(desk, hole.exercise, -1)


class TestCourse:
    def test_it_says_par_and_what_tom_took(self, desk: Desk) -> None:
        rows = desk.golf().rows  # type: ignore[union-attr]
        assert [row[0] for row in rows[:-1]] == [str(number) for number in range(1, 10)]
        assert rows[-1][2:4] == ("26", "131")
        assert repr(desk.golf) == repr(desk.golf())
        assert "<table>" in desk.golf._repr_html_()

    def test_a_hole_may_be_called_in_several_ways(self, desk: Desk) -> None:
        assert "Hole 3" in repr(desk.golf(3))
        assert "Hole 3" in repr(desk.golf("15.3"))
        for result in (desk.golf("10"), desk.golf.check("x")):
            assert "there is no such hole" in repr(result)

    def test_a_tee_tells_what_it_has(self, desk: Desk) -> None:
        tee: Any = desk.golf("4")
        assert dir(tee) == ["ciphertexts", "contexts", "new_key", "old_key"]
        assert 'role="status"' in tee._repr_html_()
        with pytest.raises(AttributeError, match="old_key, new_key"):
            tee.key_id  # noqa: B018

    @pytest.mark.parametrize(
        ("strokes", "par", "said"),
        [
            (1, 2, "hole in one"),
            (5, 6, "birdie"),
            (4, 6, "eagle"),
            (2, 6, "4 under par"),
            (2, 2, "par"),
            (3, 2, "bogey"),
        ],
    )
    def test_the_words(self, strokes: int, par: int, said: str) -> None:
        assert verdict(strokes, par) == said
        assert verdict(8, 6) == "double bogey"
        assert verdict(20, 2) == "18 over par"


class TestCounting:
    def play(self, kms: Any, tee: Any, calls: int) -> bytes:
        for _ in range(calls - 1):
            kms.describe_key(KeyId=tee.key_id)
        return blob(kms, tee.key_id, json.dumps(tee.notes).encode())

    def test_the_best_is_kept_in_the_folder(self, lab: Lab, kms: Any, tmp_path: Path) -> None:
        golf = Golf(lab, Progress(tmp_path))
        assert "5 calls, par 2: 3 over par." in repr(golf.check("1", self.play(kms, golf("1"), 5)))
        assert Progress(tmp_path).best == {"1": 5}
        assert "15.1" not in Progress(tmp_path).solved
        result = golf.check("1", self.play(kms, golf("1"), 1))
        assert result.passed
        assert "hole in one. A new personal best; it was 5." in repr(result)
        assert "hole in one. A new personal best" in result._repr_html_()
        again = Golf(Lab(seed=3), Progress(tmp_path))
        assert again.course().rows[0][4:] == ("1", "hole in one")
        assert Progress(tmp_path).solved == {"15.1"}
        assert "Your best is 1." in repr(golf.check("1", self.play(kms, golf("1"), 2)))
        assert Progress(tmp_path).best == {"1": 1}

    def test_a_damaged_file_is_no_best(self, tmp_path: Path) -> None:
        (tmp_path / ".kmslab").mkdir()
        for text in ("no json", '{"best": 3}', '{"best": {"1": "x"}}'):
            (tmp_path / ".kmslab" / "golf.json").write_text(text)
            assert Progress(tmp_path).best == {}

    def test_the_ball_counts_until_the_next_tee(self, desk: Desk, kms: Any) -> None:
        ball = self.play(kms, desk.golf("1"), 2)
        desk.golf("3")
        kms.list_keys()
        assert desk.check("15.1", ball).passed

    def test_another_account_is_no_caddie(self, desk: Desk, lab: Lab, kms: Any) -> None:
        tee: Any = desk.golf("1")
        other = lab.account("444455556666").client("kms", "us-east-1")
        for _ in range(5):
            other.list_keys()
        assert still_open(desk, "15.1", self.play(kms, tee, 1)) == [2]

    def test_looking_costs_nothing(self, desk: Desk, lab: Lab, kms: Any) -> None:
        ball = self.play(kms, desk.golf("1"), 1)
        events = len(lab.trail)
        for _ in range(3):
            assert desk.check("15.1", ball).passed
        assert len(lab.trail) == events
        desk.hint("15.1")
        assert lab.meter.charges_requests
        assert lab.recorder.keeps


class TestNotes:
    def test_each_in_a_call_of_its_own(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("1")
        balls = [blob(kms, tee.key_id, note.encode()) for note in tee.notes]
        assert still_open(desk, "15.1", balls) == [2]
        assert "20 Encrypt: 20 of 2." in advice(desk, "15.1", 2, balls)
        assert still_open(desk, "15.1", balls[:-1]) == [1, 2]
        assert "Some notes" in advice(desk, "15.1", 1, balls[:-1])

    def test_a_data_key_and_what_it_encrypted(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("1")
        made = kms.generate_data_key(KeyId=tee.key_id, KeySpec="AES_256")
        answer = (made["CiphertextBlob"], [(b"nonce", b"sealed")])
        assert still_open(desk, "15.1", answer) == [0, 1]
        assert "A data key would encrypt" in advice(desk, "15.1", 0, answer)

    def test_notes_and_not_their_ciphertext(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("1")
        kms.list_keys()
        notes = [note.encode() for note in tee.notes]
        assert still_open(desk, "15.1", notes) == [0, 1]
        assert "the notes themselves" in advice(desk, "15.1", 0, notes)

    def test_under_another_key(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("1")
        other = kms.create_key()["KeyMetadata"]["KeyId"]
        ball = blob(kms, other, json.dumps(tee.notes).encode())
        assert still_open(desk, "15.1", ball) == [0, 1]
        assert "tee.key_id" in advice(desk, "15.1", 0, ball)

    def test_something_else_is_encrypted(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("1")
        ball = blob(kms, tee.key_id, b"twenty notes")
        assert "No note is in there" in advice(desk, "15.1", 1, ball)


class TestFound:
    def test_solved(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("2")
        arn = kms.decrypt(CiphertextBlob=tee.ciphertext)["KeyId"]
        assert desk.check("15.2", arn).passed
        assert desk.check("15.2", arn.rpartition("/")[2]).passed

    def test_by_a_caddie(self, desk: Desk, lab: Lab) -> None:
        tee: Any = desk.golf("2")
        known = next(key for key in tee.key_ids if key in str(lab.dissect(tee.ciphertext)))
        assert still_open(desk, "15.2", known) == [1, 2]

    def test_one_key_after_the_other(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("2")
        for key_id in tee.key_ids:
            try:
                kms.decrypt(CiphertextBlob=tee.ciphertext, KeyId=key_id)
            except kms.exceptions.IncorrectKeyException:
                continue
            break
        assert still_open(desk, "15.2", key_id) == [2]
        assert "Decrypt" in advice(desk, "15.2", 2, key_id)

    def test_another_key(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("2")
        kms.decrypt(CiphertextBlob=tee.ciphertext)
        assert still_open(desk, "15.2", tee.key_ids[0]) == [0]
        assert "another one" in advice(desk, "15.2", 0, tee.key_ids[0])
        assert "none of tee.key_ids" in advice(desk, "15.2", 0, "alias/door")


class TestDoors:
    def test_one_name_after_the_other(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("3")
        found = {alias: kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] for alias in tee.aliases}
        assert still_open(desk, "15.3", found) == [3]

    def test_the_inventory_is_a_caddie(self, desk: Desk, lab: Lab) -> None:
        tee: Any = desk.golf("3")
        found = {alias: lab.inventory.named(alias).key_id for alias in tee.aliases}  # type: ignore[union-attr]
        assert still_open(desk, "15.3", found) == [2, 3]

    def test_names_and_values(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("3")
        listed = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
        right = {alias: listed[alias]["TargetKeyId"] for alias in tee.aliases}
        assert desk.check("15.3", right).passed
        short = {alias.removeprefix("alias/"): key for alias, key in right.items()}
        assert still_open(desk, "15.3", short) == [0, 1]
        assert "begin with alias/" in advice(desk, "15.3", 0, short)
        arns = {alias: listed[alias]["AliasArn"] for alias in tee.aliases}
        assert still_open(desk, "15.3", arns) == [1]
        assert "ARNs of aliases" in advice(desk, "15.3", 1, arns)
        shifted = dict(zip(right, [*list(right.values())[1:], "x"], strict=True))
        assert still_open(desk, "15.3", shifted) == [1]

    def test_many_rounds_leave_one_page_of_names(self, desk: Desk, kms: Any) -> None:
        for _ in range(6):
            desk.golf("3")
            desk.golf("7")
        tee: Any = desk.golf("3")
        found = kms.list_aliases()
        assert not found["Truncated"]
        assert desk.check("15.3", {each["AliasName"]: each.get("TargetKeyId") for each in found["Aliases"]}).passed
        assert len(tee.aliases) == 12


class TestMoved:
    @staticmethod
    def move(kms: Any, tee: Any, *, target: str = "", keep: bool = True) -> list[bytes]:
        moved = []
        for old, context in zip(tee.ciphertexts, tee.contexts, strict=True):
            more = {"DestinationEncryptionContext": context} if keep else {}
            reply = kms.re_encrypt(
                CiphertextBlob=old, SourceEncryptionContext=context, DestinationKeyId=target or tee.new_key, **more
            )
            moved.append(reply["CiphertextBlob"])
        return moved

    def test_solved_and_out_of_order(self, desk: Desk, kms: Any) -> None:
        moved = self.move(kms, desk.golf("4"))
        assert desk.check("15.4", moved).passed
        assert still_open(desk, "15.4", moved[::-1]) == [0]
        assert "another order" in advice(desk, "15.4", 0, moved[::-1])

    def test_through_the_notebook(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("4")
        moved = []
        for old, context in zip(tee.ciphertexts, tee.contexts, strict=True):
            plain = kms.decrypt(CiphertextBlob=old, EncryptionContext=context)["Plaintext"]
            moved.append(blob(kms, tee.new_key, plain, EncryptionContext=context))
        assert still_open(desk, "15.4", moved) == [1, 2]
        assert "ReEncrypt leaves them in KMS" in advice(desk, "15.4", 1, moved)

    def test_the_context_is_lost(self, desk: Desk, kms: Any) -> None:
        moved = self.move(kms, desk.golf("4"), keep=False)
        assert still_open(desk, "15.4", moved) == [0]
        assert "without a context" in advice(desk, "15.4", 0, moved)

    def test_under_the_old_key_again(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("4")
        moved = self.move(kms, tee, target=tee.old_key)
        assert still_open(desk, "15.4", moved) == [0]
        assert "still under the old key" in advice(desk, "15.4", 0, moved)


class TestReceipts:
    @staticmethod
    def forged(kms: Any, tee: Any) -> list[int]:
        found = []
        public: Any = serialization.load_der_public_key(kms.get_public_key(KeyId=tee.key_id)["PublicKey"])
        for place, (message, signature) in enumerate(tee.receipts):
            try:
                public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                found.append(place)
        return found

    def test_solved_and_typical_lists(self, desk: Desk, kms: Any) -> None:
        found = self.forged(kms, desk.golf("5"))
        assert len(found) == 3
        assert desk.check("15.5", found).passed
        good = [place for place in range(10) if place not in found]
        assert still_open(desk, "15.5", good) == [0]
        assert "good ones" in advice(desk, "15.5", 0, good)
        assert "Count from 0" in advice(desk, "15.5", 0, [place + 1 for place in found])
        assert "InvalidSignature" in advice(desk, "15.5", 0, found[:2])

    def test_each_verified_by_kms(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("5")
        found = []
        for place, (message, signature) in enumerate(tee.receipts):
            try:
                kms.verify(KeyId=tee.key_id, Message=message, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
            except kms.exceptions.KMSInvalidSignatureException:
                found.append(place)
        assert still_open(desk, "15.5", found) == [2]

    def test_guessed(self, desk: Desk, kms: Any) -> None:
        desk.golf("5")
        kms.list_keys()
        assert still_open(desk, "15.5", tees.forged(1)) == [1]

    def test_the_next_round_has_others(self) -> None:
        assert len({tuple(tees.forged(number)) for number in range(1, 6)}) > 1


class TestCovers:
    @pytest.fixture
    def s3(self, lab: Lab) -> Any:
        return lab.client("s3", "us-east-1")

    @staticmethod
    def put(s3: Any, tee: Any, **how: Any) -> None:
        for name, picture in tee.covers.items():
            s3.put_object(Bucket=tee.bucket, Key=name, Body=picture, **how)

    def test_with_a_bucket_key(self, desk: Desk, s3: Any) -> None:
        tee: Any = desk.golf("6")
        self.put(s3, tee, ServerSideEncryption="aws:kms", SSEKMSKeyId=tee.key_id, BucketKeyEnabled=True)
        assert desk.check("15.6").passed
        s3.put_object(
            Bucket=tee.bucket, Key="cover-07.png", Body=b"x",
            ServerSideEncryption="aws:kms", SSEKMSKeyId=tee.key_id, BucketKeyEnabled=True,
        )  # fmt: skip
        assert still_open(desk, "15.6") == [0]
        s3.delete_object(Bucket=tee.bucket, Key="cover-07.png")
        assert still_open(desk, "15.6") == [0, 1]
        assert "missing" in advice(desk, "15.6", 0)

    def test_with_a_call_for_each(self, desk: Desk, s3: Any) -> None:
        tee: Any = desk.golf("6")
        self.put(s3, tee, ServerSideEncryption="aws:kms", SSEKMSKeyId=tee.key_id)
        assert still_open(desk, "15.6") == [2]
        assert "50 GenerateDataKey: 50 of 2." in advice(desk, "15.6", 2)

    def test_under_s3s_own_key(self, desk: Desk, s3: Any) -> None:
        self.put(s3, desk.golf("6"))
        assert still_open(desk, "15.6") == [1, 2]
        assert "S3's own key" in advice(desk, "15.6", 1)

    def test_under_the_aws_managed_key(self, desk: Desk, s3: Any) -> None:
        self.put(s3, desk.golf("6"), ServerSideEncryption="aws:kms", BucketKeyEnabled=True)
        assert 1 in still_open(desk, "15.6")
        assert "SSEKMSKeyId" in advice(desk, "15.6", 1)


class TestFreshMaterial:
    def test_on_demand_and_a_minute(self, desk: Desk, lab: Lab, kms: Any) -> None:
        tee: Any = desk.golf("7")
        for key_id in tee.key_ids:
            kms.rotate_key_on_demand(KeyId=key_id)
        assert still_open(desk, "15.7") == [1]
        assert "still at it" in advice(desk, "15.7", 1)
        lab.clock.advance(minutes=1)
        assert desk.check("15.7").passed

    def test_by_the_calendar(self, desk: Desk, lab: Lab, kms: Any) -> None:
        for key_id in desk.golf("7").key_ids:  # type: ignore[union-attr]
            kms.enable_key_rotation(KeyId=key_id)
        lab.clock.advance(minutes=1)
        assert still_open(desk, "15.7") == [1]
        assert "in a year" in advice(desk, "15.7", 1)

    def test_by_the_calendar_and_three_months(self, desk: Desk, lab: Lab, kms: Any) -> None:
        for key_id in desk.golf("7").key_ids:  # type: ignore[union-attr]
            kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
        lab.clock.advance(days=91)
        assert still_open(desk, "15.7") == [1]
        assert "Today is wanted" in advice(desk, "15.7", 1)

    def test_new_keys(self, desk: Desk, kms: Any) -> None:
        for alias in desk.golf("7").aliases:  # type: ignore[union-attr]
            kms.update_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        assert still_open(desk, "15.7") == [0, 1, 2]
        assert "New keys are new costs" in advice(desk, "15.7", 0)


class TestDataKeys:
    def test_one_call(self, desk: Desk, kms: Any) -> None:
        made = kms.generate_data_key(KeyId=desk.golf("8").key_id, NumberOfBytes=160)  # type: ignore[union-attr]
        plain = made["Plaintext"]
        keys = [plain[start : start + 32] for start in range(0, 160, 32)]
        assert desk.check("15.8", ([made["CiphertextBlob"]], keys)).passed
        assert desk.check("15.8", (made["CiphertextBlob"], keys)).passed
        assert still_open(desk, "15.8", ([made["CiphertextBlob"]], keys[::-1])) == [1]
        assert "are the same" in advice(desk, "15.8", 0, ([], [keys[0]] * 5))
        assert "32 bytes" in advice(desk, "15.8", 0, ([], [key[:16] for key in keys]))

    def test_five_calls(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("8")
        made = [kms.generate_data_key(KeyId=tee.key_id, KeySpec="AES_256") for _ in range(5)]
        answer = ([each["CiphertextBlob"] for each in made], [each["Plaintext"] for each in made])
        assert still_open(desk, "15.8", answer) == [3]

    def test_made_at_home(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("8")
        keys = [bytes([each]) * 32 for each in range(5)]
        answer = ([blob(kms, tee.key_id, b"".join(keys))], keys)
        assert still_open(desk, "15.8", answer) == [2]
        assert "KMS is to make them" in advice(desk, "15.8", 2, answer)


class TestNightJob:
    @staticmethod
    def grant(kms: Any, tee: Any, *operations: str, **constraints: Any) -> None:
        for key_id in tee.key_ids:
            kms.create_grant(KeyId=key_id, GranteePrincipal=tee.job, Operations=list(operations), **constraints)

    def test_by_grants(self, desk: Desk, kms: Any) -> None:
        self.grant(kms, desk.golf("9"), "Decrypt", Constraints=ORDERS)
        assert desk.check("15.9").passed

    def test_grants_that_say_too_much(self, desk: Desk, kms: Any) -> None:
        self.grant(kms, desk.golf("9"), "Decrypt")
        assert still_open(desk, "15.9") == [1]
        assert "salaries" in advice(desk, "15.9", 1)
        self.grant(kms, desk.golf("9"), "Decrypt", "Encrypt", Constraints=ORDERS)
        assert still_open(desk, "15.9") == [1]
        assert "encrypt, too" in advice(desk, "15.9", 1)

    def test_one_key_of_three(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("9")
        kms.create_grant(KeyId=tee.key_ids[0], GranteePrincipal=tee.job, Operations=["Decrypt"], Constraints=ORDERS)
        assert still_open(desk, "15.9") == [0, 1, 2]
        assert "Not under all three" in advice(desk, "15.9", 0)

    def test_by_iam_alone(self, desk: Desk, lab: Lab, kms: Any) -> None:
        desk.golf("9")
        allow = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        lab.client("iam").put_user_policy(UserName="night-job", PolicyName="decrypt", PolicyDocument=document)
        kms.list_keys()
        assert still_open(desk, "15.9") == [0, 1, 2]
        assert "do not let IAM" in advice(desk, "15.9", 0)

    def change(self, kms: Any, tee: Any, principal: Any) -> None:
        for key_id in tee.key_ids:
            policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
            statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
            statement["Condition"] = {"StringEquals": {"kms:EncryptionContext:table": "orders"}}
            policy["Statement"].append(statement)
            kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy))

    def test_by_policies(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("9")
        self.change(kms, tee, {"AWS": tee.job})
        assert still_open(desk, "15.9") == [3]
        assert "puts it back" in advice(desk, "15.9", 3)

    def test_by_policies_for_everybody(self, desk: Desk, kms: Any) -> None:
        self.change(kms, desk.golf("9"), "*")
        assert still_open(desk, "15.9") == [2, 3]
        assert "'*'" in advice(desk, "15.9", 2)

    def test_by_a_policy_that_replaces_all(self, desk: Desk, kms: Any) -> None:
        tee: Any = desk.golf("9")
        root = {"AWS": "arn:aws:iam::123456789010:root"}
        statements = [
            {"Effect": "Allow", "Principal": root, "Action": ["kms:Put*", "kms:Get*"], "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": tee.job}, "Action": "kms:Decrypt", "Resource": "*"},
        ]
        for key_id in tee.key_ids:
            kms.put_key_policy(KeyId=key_id, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        assert still_open(desk, "15.9") == [1, 2]
        assert "shop is shut out" in advice(desk, "15.9", 2)
