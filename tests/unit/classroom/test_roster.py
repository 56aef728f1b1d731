"""A class: its accounts, its partners, its file and its slips."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from kmslab import Lab
from kmslab.classroom.roster import LARGEST, Learner, Roster, names_in
from kmslab.errors import KmslabError


@pytest.mark.parametrize("size", [2, 3, 4, 5, 60, 61])
def test_everybody_writes_to_one_partner_and_reads_from_one(size: int) -> None:
    learners = Roster.new([f"L{number}" for number in range(size)]).learners
    accounts = [each.account_id for each in learners]
    partners = {each.account_id: each.partner for each in learners}
    assert sorted(partners.values()) == accounts
    assert all(account != partner for account, partner in partners.items())
    mutual = [account for account in accounts if partners[partners[account]] == account]
    assert len(mutual) == (size if size % 2 == 0 else size - 3)


def test_accounts_and_access_keys_are_everybodys_own_and_can_be_read_off_paper() -> None:
    learners = Roster.new([f"L{number}" for number in range(LARGEST)]).learners
    for name in ("account_id", "access_key_id", "secret_access_key"):
        assert len({getattr(each, name) for each in learners}) == LARGEST
    for each in learners:
        assert re.fullmatch(r"\d{12}", each.account_id)
        assert re.fullmatch(r"AKIA[C-X2-9]{12}", each.access_key_id)
        assert re.fullmatch(r"([c-x2-9]{4}-){3}[c-x2-9]{4}", each.secret_access_key)
        # Each of these looks like another one: 0 O, 1 I l, 2 Z, 5 S, 8 B.
        assert not set("01OILSZB") & set(each.access_key_id[4:] + each.secret_access_key.upper())


@pytest.mark.parametrize(
    ("names", "word"),
    [([], "2 to"), (["Ann"], "2 to"), (["x"] * 600, "2 to"), (["Ann", "Ben", "Ann"], "'Ann'")],
    ids=["nobody", "one", "too many", "twice"],
)
def test_what_is_no_class_is_told(names: list[str], word: str) -> None:
    with pytest.raises(KmslabError, match=word):
        Roster.new(names)


def test_a_class_is_read_as_it_was_written_and_nobody_else_can(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    roster = Roster.new(["Ann", 'Ben "the quiet", 2nd', "Zoë"])
    roster.write(path)
    assert Roster.read(path) == roster
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(KmslabError, match="handed out"):
        roster.write(path)
    assert Roster.read(path) == roster


def test_a_spreadsheet_may_have_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    roster = Roster.new(["Ann", "Ben"])
    roster.write(path)
    path.write_text("\ufeff" + path.read_text().replace("\r\n", "\n") + "\n", encoding="utf-8")
    assert Roster.read(path) == roster


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "name,account_id\nAnn\n"])
def test_another_file_is_no_class(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.csv").write_text(content)
    with pytest.raises(KmslabError, match="is no class"):
        Roster.read(tmp_path / "other.csv")
    with pytest.raises(KmslabError, match="kmslab class new"):
        Roster.read(tmp_path / "missing.csv")


def test_names_are_a_number_or_a_file(tmp_path: Path) -> None:
    assert names_in("12")[::11] == ["Learner 01", "Learner 12"]
    (tmp_path / "names.txt").write_text("# class 7b\nAnn\n\n  Ben\tBrown \r\nZoë\n", encoding="utf-8")
    assert names_in(str(tmp_path / "names.txt")) == ["Ann", "Ben Brown", "Zoë"]
    with pytest.raises(KmslabError, match="how many you are"):
        names_in(str(tmp_path / "nobody.txt"))
    with pytest.raises(KmslabError, match="2 to"):
        Roster.new(names_in("99999999999999999999"))


def test_a_slip_has_all_that_one_needs_and_nobody_elses_secret() -> None:
    roster = Roster.new(["Ann", "Ben"])
    ann, ben = roster.learners
    first, second = re.split(r"^-+\n", roster.slips(), flags=re.M)
    for word in (ann.name, ann.account_id, ann.access_key_id, ann.secret_access_key, ann.partner, "Ben", ann.line):
        assert word in first
    assert ben.secret_access_key not in first
    assert ben.secret_access_key in second
    assert max(map(len, roster.slips().splitlines())) < 100


def test_the_seats_are_the_learners_own(lab: Lab) -> None:
    roster = Roster.new(["Ann", "Ben", "Cleo"])
    roster.seat(lab)
    for learner in roster.learners:
        who = lab.directory.find(learner.access_key_id)
        assert who is not None
        assert (who.account_id, who.name) == (learner.account_id, "administrator")
        assert who.credentials.secret_access_key == learner.secret_access_key
        assert lab.account(learner.account_id).administrator.credentials.access_key_id == learner.access_key_id
    assert len(lab.trail) == 0
    before = lab.accounts
    roster.seat(lab)
    assert lab.accounts == before


def test_a_lab_of_another_class_is_not_mixed_with_this(lab: Lab) -> None:
    Roster.new(["Ann", "Ben"]).seat(lab)
    with pytest.raises(KmslabError, match="another class"):
        Roster.new(["Ann", "Ben"]).seat(lab)


def test_seats_outlive_the_server(tmp_path: Path) -> None:
    roster = Roster.new(["Ann", "Ben"])
    ann = roster.learners[0]
    with Lab.open(tmp_path / "class.kmslab") as lab:
        roster.seat(lab)
        key_id = lab.account(ann.account_id).client("kms").create_key()["KeyMetadata"]["KeyId"]
    with Lab.open(tmp_path / "class.kmslab") as lab:
        roster.seat(lab)
        who = lab.directory.find(ann.access_key_id)
        assert who is not None
        assert (
            lab.client("kms", principal=who).describe_key(KeyId=key_id)["KeyMetadata"]["AWSAccountId"] == ann.account_id
        )


def test_a_line_is_python() -> None:
    learner = Learner("Ann", "200000000001", "AKIAX", "bcdf-ghjk", "200000000002")
    taken: list[object] = []
    exec(learner.line, {"join": lambda *given, partner: taken.extend([*given, partner])})  # noqa: S102
    assert taken == ["AKIAX", "bcdf-ghjk", "200000000002"]
