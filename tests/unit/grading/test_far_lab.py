"""A Lab at a distance behaves as one that is here, and keeps its works to itself."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.model import Attempt, CheckResult, run
from kmslab.exercises.progress import Progress
from kmslab.grading.bench import _QUESTIONS, Bench
from kmslab.grading.channel import Channel
from kmslab.grading.far_lab import FarDesk, FarLab, Line, plays, send_plays
from kmslab.grading.seat import ANSWER, NUMBER
from kmslab.jupyter import figures, panels
from kmslab.plays import debrief, incident


def judge(bench: Bench, number: str, answer: Any, folder: str) -> CheckResult:
    return run(EXERCISES[number], Attempt(bench.lab, answer))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(judge)
    yield made
    made.close()


@pytest.fixture
def far(bench: Bench) -> Iterator[FarLab]:
    """A far Lab, with a thread that plays the referee and one that plays the seat's listener."""
    pipes = [os.pipe() for _ in range(2)]
    files = [(os.fdopen(reads, "rb"), os.fdopen(writes, "wb")) for reads, writes in pipes]
    seat, referee = Channel(files[0][0], files[1][1]), Channel(files[1][0], files[0][1])
    line = Line(seat)

    def answer() -> None:
        while (message := referee.receive()) is not None:
            question = json.loads(message)
            referee.send(ANSWER + NUMBER.pack(question["question"]) + bench.answer(question))

    def listen() -> None:
        while (message := seat.receive()) is not None:
            line.answered(NUMBER.unpack_from(message, 1)[0], message[1 + NUMBER.size :])

    for work in (answer, listen):
        threading.Thread(target=work, daemon=True).start()
    lab = FarLab(line)
    yield lab
    lab.close()
    # Without a reader both writers end, and with them the threads.
    seat._out.put(None)
    referee._out.put(None)


def test_what_clients_do_is_done_over_there(far: FarLab, bench: Bench) -> None:
    kms = far.client("kms")
    key_id = kms.create_key(Description="far")["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert [event["eventName"] for event in far.trail] == ["CreateKey", "Encrypt", "Decrypt"]
    assert [key.description for key in far.inventory] == ["far"]
    assert bench.lab.bill.requests == far.bill.requests == 3
    mark = far.bill
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    assert far.bill.since(mark).requests == 1
    assert far.forecast(far.bill.since(mark), times=2).requests == 2


def test_bare_boto3_and_other_services_go_there_too(far: FarLab, bench: Bench) -> None:
    with far.installed():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="shelf")
        s3.put_object(Bucket="shelf", Key="a", Body=b"text")
        assert s3.get_object(Bucket="shelf", Key="a")["Body"].read() == b"text"
    assert bench.lab.client("s3").list_buckets()["Buckets"][0]["Name"] == "shelf"
    assert far.environ()["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{bench.port}"


def test_people_accounts_and_time(far: FarLab) -> None:
    key = far.client("kms").create_key()["KeyMetadata"]["Arn"]
    alice = far.user("alice")
    with pytest.raises(ClientError) as denied:
        far.client("kms", principal=alice).encrypt(KeyId=key, Plaintext=b"x")
    assert "alice called Encrypt" in far.explain(denied.value).summary
    assert not far.would(alice, "Encrypt", key).allowed
    before = far.clock.now()
    far.clock.advance(days=2)
    assert far.clock.now() - before >= timedelta(days=2)
    other = far.account("444455556666")
    assert other.client("kms").list_keys()["Keys"] == []
    assert [each.account_id for each in far.accounts] == [far.account_id, "444455556666"]
    assert repr(far).startswith(f"<Lab account {far.account_id}")


def test_a_budget_holds_within_its_block(far: FarLab) -> None:
    kms = far.client("kms")
    with far.budget("0.001") as budget:
        with pytest.raises(KmslabError, match="budget"):
            kms.create_key()
        assert budget.spent == 0
    with pytest.raises(ZeroDivisionError), far.budget("0.001"):
        _ = 1 / 0
    kms.create_key()


def test_figures_and_panels_show_it(far: FarLab) -> None:
    key_id = far.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert key_id in repr(figures.region_map(far))  # type: ignore[arg-type]
    panel = panels.policy_playground(far, key_id)  # type: ignore[arg-type]
    assert "it covers this call" in repr(panel.choose(call="Encrypt").ask())


def test_the_check_is_made_over_there(far: FarLab, tmp_path: Path) -> None:
    desk = FarDesk(far, Progress(tmp_path))
    far.client("kms").create_key()
    far.client("kms", "eu-west-1").create_key(Description="start")
    assert desk.check("00.1").passed
    assert not desk.check("00.3", "wrong").passed
    assert "there is no such exercise" in repr(desk.check("77.7"))
    assert repr(desk.hint("00.1")).startswith("Hint 1 of 3")


def test_golf_is_counted_over_there(far: FarLab, tmp_path: Path) -> None:
    desk = FarDesk(far, Progress(tmp_path))
    assert "of 9 played" in repr(desk.golf())
    assert "no such hole" in repr(desk.golf("77"))
    assert "no such hole" in repr(desk.golf.check("77"))
    tee: Any = desk.golf("15.2")
    assert "Hole 2" in repr(tee)
    kms = far.client("kms")
    assert desk.check("15.2", kms.decrypt(CiphertextBlob=tee.ciphertext)["KeyId"]).passed
    kms.list_keys()
    kms.list_keys()
    assert not desk.golf.check(2, tee.key_ids[0]).passed


@pytest.mark.parametrize("name", ["world", "directory", "recorder", "meter", "ids", "hook", "behind", "open"])
def test_the_works_are_out_of_reach(far: FarLab, name: str) -> None:
    with pytest.raises(AttributeError, match="has no"):
        getattr(far, name)


@pytest.mark.parametrize("name", ["_door", "__class__", "__init__", "environ", "session", "make_session"])
def test_not_even_by_asking_the_referee(far: FarLab, name: str) -> None:
    nothing = {"arguments": {"!": "list", "v": []}, "named": {"!": "dict", "v": []}}
    for question in ({"what": "get"}, {"what": "call", **nothing}):
        with pytest.raises(AttributeError, match="has no"):
            far._line.ask(**{**question, "number": 0, "name": name})


def test_a_play_is_put_on_over_there(far: FarLab, monkeypatch: pytest.MonkeyPatch) -> None:
    name, seen = "incident.weekend", []
    assert name in plays()
    monkeypatch.setattr(incident, "weekend", incident.weekend)
    monkeypatch.setattr(debrief, "debrief", debrief.debrief)
    # A short one: the real one plays a week.
    monkeypatch.setitem(
        _QUESTIONS, "play", lambda bench, question: seen.append(question["name"]) or [bench.lab.client("s3")]
    )
    send_plays(far._line)
    (client,) = incident.weekend(far)  # type: ignore[arg-type, misc]
    assert seen == [name]
    assert client.list_buckets()["Buckets"] == []
    with pytest.raises(KmslabError, match="no play"):
        Bench._play(None, {"name": "os.system"})  # type: ignore[arg-type]


def test_misuse_is_told_as_by_a_lab_that_is_here(far: FarLab) -> None:
    with pytest.raises(KmslabError, match="twelve digits"):
        far.account("1")
    with pytest.raises(TypeError):
        far.user()
    with pytest.raises(AttributeError):
        _ = far._secret


def test_a_second_far_lab_begins_anew(far: FarLab, bench: Bench) -> None:
    far.client("kms").create_key()
    again = FarLab(far._line)
    assert len(again.trail) == 0
    assert again.environ()["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{bench.port}"
