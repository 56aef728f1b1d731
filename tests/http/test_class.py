"""A class on one served Lab: two learners play the exercise for two, and the teacher looks on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from kmslab.classroom.roster import Learner, Roster
from kmslab.cli import main
from kmslab.errors import KmslabError
from kmslab.exercises.seat import VARIABLES, Classroom, join
from kmslab.exercises.together import ALIAS


class Class(NamedTuple):
    file: Path
    url: str
    learners: tuple[Learner, ...]

    def seat(self, number: int) -> Classroom:
        learner = self.learners[number]
        return join(learner.access_key_id, learner.secret_access_key, partner=learner.partner, url=self.url)

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("class")
    (folder / "names.txt").write_text("Ann\nBen\nCleo\nDan\nEve\nFinn\n")
    file = folder / "class.csv"
    assert main(["class", "new", str(folder / "names.txt"), str(file)]) == 0
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSLAB_"))}
    command = [sys.executable, "-m", "kmslab", "serve", "--port", "0", "--class", str(file)]
    environment = clean | {"KMSLAB_HOME": str(folder)}
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        word, _, url = server.stdout.readline().strip().partition(" ")
        try:
            assert word == "ready"
            yield Class(file, url, Roster.read(file).learners)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0


def done(classroom: Classroom) -> tuple[int, int]:
    writer, reader = classroom.check().results
    return sum(item.done for item in writer.items), sum(item.done for item in reader.items)


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str(raised.value)


def test_two_learners_share_a_key_and_take_it_back(served: Class, capsys: pytest.CaptureFixture[str]) -> None:
    ann, ben = served.seat(0), served.seat(1)
    assert (ann.partner, ben.partner) == (ben.account_id, ann.account_id)
    assert done(ann) == done(ben) == (0, 0)

    # Ann makes a key and writes.
    kms = ann.client("kms")
    key = kms.create_key(Description="letters")["KeyMetadata"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key["KeyId"])
    context = {"to": ann.partner}
    blob = kms.encrypt(KeyId=ALIAS, Plaintext=b"dear Ben", EncryptionContext=context)["CiphertextBlob"]
    assert done(ann) == (2, 0)

    # Ben has a user, who may nothing.
    iam = ben.client("iam")
    reader_arn = iam.create_user(UserName="reader")["User"]["Arn"]
    access_key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = ben.client("kms", access_key=access_key)
    letter = {"CiphertextBlob": blob, "EncryptionContext": context}
    assert "no resource-based policies allow access" in refusal(reader.decrypt, **letter)
    assert done(ben) == (0, 1)

    # One side, then both.
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])
    partner = {
        "Sid": "partner",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ann.partner}:root"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    policy["Statement"].append(partner)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))
    assert done(ann) == (3, 0)
    assert "no identity-based policy allows" in refusal(reader.decrypt, **letter)
    allow = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    for resource, steps in (("*", 1), (key["Arn"], 2)):
        document = {"Version": "2012-10-17", "Statement": [allow | {"Resource": resource}]}
        iam.put_user_policy(UserName="reader", PolicyName="letters", PolicyDocument=json.dumps(document))
        assert done(ben) == (0, steps)
    assert reader.decrypt(**letter)["Plaintext"] == b"dear Ben"
    assert done(ben) == (0, 3)

    # A grant instead of the policy, and its end.
    policy["Statement"].remove(partner)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))
    assert done(ann) == (3, 0)
    grant_id = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=reader_arn, Operations=["Decrypt"])["GrantId"]
    assert done(ann) == (4, 0)
    assert reader.decrypt(**letter)["Plaintext"] == b"dear Ben"
    kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant_id)
    assert done(ann) == (5, 0)
    assert done(ben) == (0, 3)
    refusal(reader.decrypt, **letter)
    assert done(ben) == (0, 4)
    assert [result.passed for result in ann.check().results] == [True, False]
    assert not ann.check().passed

    # The teacher.
    assert main(["class", "status", str(served.file), "--port", served.port]) == 0
    rows = {
        line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line[:4] in ("Ann ", "Ben ", "Cleo")
    }
    assert "done" in rows["Ann"]
    assert "0 of 4" in rows["Ann"]
    assert "0 of 5" in rows["Ben"]
    assert "0 of 5" in rows["Cleo"]
    assert f"alias {ALIAS}" in rows["Cleo"]


def test_what_is_open_comes_with_advice(served: Class) -> None:
    halves = served.seat(2).check()
    assert [result.headline for result in halves.results] == [
        "NOT YET: exercise together.1, a letter for your partner (0 of 5)",
        "NOT YET: exercise together.2, a letter from your partner (0 of 4)",
    ]
    assert all(item.advice for result in halves.results for item in result.items)
    assert "alias/letters" in repr(halves)
    assert halves._repr_html_().count('role="status"') == 2
    assert served.seat(2).account_id in str(served.seat(2))


def test_a_revoked_grant_is_not_enough_while_the_policy_lets_the_partner_in(served: Class) -> None:
    cleo = served.seat(2)
    kms = cleo.client("kms")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": cleo.account_id}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": [cleo.partner]}, "Action": ["kms:Decrypt"], "Resource": "*"},
        ],
    }
    key_id = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key_id)
    whom = f"arn:aws:iam::{cleo.partner}:user/administrator"
    grant = kms.create_grant(KeyId=key_id, GranteePrincipal=whom, Operations=["Decrypt", "Encrypt"])
    kms.revoke_grant(KeyId=key_id, GrantId=grant["GrantId"])
    kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"to": "somebody"})
    writer = cleo.check().results[0]
    assert [item.done for item in writer.items] == [True, True, False, True, False]
    del policy["Statement"][1]
    kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy))
    assert cleo.check().results[0].items[4].done


def test_a_wrong_slip_and_a_missing_server_are_told(served: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    ann = served.learners[0]
    with pytest.raises(KmslabError, match="compare it with your slip"):
        join(ann.access_key_id, "cdfg-cdfg-cdfg-cdfg", partner=ann.partner, url=served.url)
    with pytest.raises(KmslabError, match="kmslab serve --class"):
        join(ann.access_key_id, ann.secret_access_key, partner=ann.partner, url="http://127.0.0.1:9")
    with pytest.raises(KmslabError, match="on your slip"):
        join()
    with pytest.raises(KmslabError, match="partner"):
        join(ann.access_key_id, ann.secret_access_key, url=served.url)


def test_a_hub_can_hand_out_the_slips(served: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = served.learners[1]
    given = (ben.access_key_id, ben.secret_access_key, ben.partner, f"{served.url}/")
    for name, value in zip(VARIABLES, given, strict=True):
        monkeypatch.setenv(name, value)
    classroom = join()
    assert (classroom.account_id, classroom.partner, classroom.url) == (ben.account_id, ben.partner, served.url)


def test_nobody_acts_in_anothers_account(served: Class) -> None:
    ann, ben = served.seat(0), served.seat(1)
    key = ann.client("kms").create_key()["KeyMetadata"]
    assert "AccessDenied" in refusal(ben.client("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")
    role = f"arn:aws:iam::{ann.account_id}:role/OrganizationAccountAccessRole"
    assert "AccessDenied" in refusal(ben.client("sts").assume_role, RoleArn=role, RoleSessionName="visit")


def test_the_solution_in_the_teachers_guide_solves_it(served: Class) -> None:
    guide = (Path(__file__).parents[2] / "notebooks" / "TEACHING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n# (writer|reader)\n(.+?)^```$", guide, re.M | re.S)
    assert len(blocks) == 8
    printed: list[object] = []
    spaces: dict[str, dict[str, Any]] = {
        who: {"classroom": served.seat(number), "print": printed.append}
        for who, number in (("writer", 4), ("reader", 5))
    }
    for who, code in blocks:
        exec(code, spaces[who])  # noqa: S102
        # What the two hand over.
        for name, giver, taker in (
            ("letter", "writer", "reader"),
            ("key_arn", "writer", "reader"),
            ("reader_arn", "reader", "writer"),
        ):
            if name in spaces[giver]:
                spaces[taker][name] = spaces[giver][name]
    said = ["no resource-based", "no identity-based", b"Dear reader", b"Dear reader", "no resource-based"]
    assert [words in text for words, text in zip(said, printed, strict=True)] == [True] * 5  # type: ignore[operator]
    writer, reader = spaces["writer"]["classroom"], spaces["reader"]["classroom"]
    assert (done(writer)[0], done(reader)[1]) == (5, 4)
    # The guide says whose trail has it.
    assert not [e for e in writer.client("cloudtrail").lookup_events()["Events"] if e["EventName"] == "Decrypt"]


def test_slips_are_printed(served: Class, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["class", "slips", str(served.file)]) == 0
    printed = capsys.readouterr().out
    assert all(learner.line in printed for learner in served.learners)
