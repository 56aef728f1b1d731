"""The report on a scenario: what was made, what was there, whom to act as."""

from __future__ import annotations

import pytest

from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.principals import make_administrator
from kmslab.scenario.report import Item, Report

ACCOUNT, OTHER = "111122223333", "444455556666"


def _report() -> Report:
    users = {(each, "administrator"): make_administrator(each, "us-east-1", Ids(1)) for each in (ACCOUNT, OTHER)}
    items = [
        Item(ACCOUNT, "", "user", "administrator", "", made=False),
        Item(ACCOUNT, "us-east-1", "KMS key", "alias/a, alias/b", "1", made=True),
        Item(OTHER, "us-east-1", "KMS key", "alias/a", "2", made=True),
        Item(OTHER, "us-east-1", "KMS key", "", "3", made=True),
    ]
    return Report("class.yaml", items, users)


def test_it_is_a_table() -> None:
    assert repr(_report()).splitlines() == [
        "Scenario class.yaml: 3 made, 1 there already",
        "Account       Region     What     Name              Id  Result",
        "------------  ---------  -------  ----------------  --  ---------",
        "111122223333             user     administrator         was there",
        "111122223333  us-east-1  KMS key  alias/a, alias/b  1   made",
        "444455556666  us-east-1  KMS key  alias/a           2   made",
        "444455556666  us-east-1  KMS key                    3   made",
    ]
    assert "<td" in _report()._repr_html_()


def test_made_and_kept_are_told_apart() -> None:
    assert [item.id for item in _report().made] == ["1", "2", "3"]
    assert [item.name for item in _report().kept] == ["administrator"]
    assert len(list(_report())) == 4


def test_key_ids_are_found_by_alias() -> None:
    assert _report().key_ids() == {"alias/a": "1", "alias/b": "1"}


def test_a_principal_is_found_by_name_and_account() -> None:
    report = _report()
    assert report.principal("administrator").account_id == ACCOUNT
    assert report.principal("administrator", OTHER).account_id == OTHER


def test_an_unknown_principal_is_an_error_with_the_names_there_are() -> None:
    with pytest.raises(KmslabError) as caught:
        _report().principal("alice")
    assert str(caught.value) == "The scenario has no user 'alice' with an access key; it has administrator."


def test_no_secret_is_in_it() -> None:
    report = _report()
    secret = report.principal("administrator").credentials.secret_access_key
    assert secret not in repr(report) + report._repr_html_() + str(report.items) + str(report.principals)
