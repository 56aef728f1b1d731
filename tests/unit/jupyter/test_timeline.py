"""The timeline panel: keys to choose from, months, changes and uses; and the choices of the figure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.timeline import TimelinePanel


@pytest.fixture
def key_id(lab: Lab, kms: Any, make_key: Any) -> str:
    """A key with a life of two years."""
    made = str(make_key())
    kms.create_alias(AliasName="alias/app", TargetKeyId=made)
    kms.encrypt(KeyId=made, Plaintext=b"x")
    kms.enable_key_rotation(KeyId=made)
    lab.clock.advance(days=380)
    kms.encrypt(KeyId=made, Plaintext=b"x")
    kms.disable_key(KeyId=made)
    return made


@pytest.fixture
def gone(lab: Lab, kms: Any, make_key: Any) -> str:
    """A key that exists no more."""
    made = str(make_key())
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    return made


@pytest.fixture
def panel(lab: Lab, key_id: str, gone: str) -> TimelinePanel:
    return panels.timeline(lab)


def test_manners(panel: TimelinePanel, check_manners: Any) -> None:
    check_manners(panel)
    check_manners(panel.choose(show="uses"))


def test_it_begins_with_the_whole_life(panel: TimelinePanel, lab: Lab, key_id: str, html_of: Any) -> None:
    figure = figures.timeline(lab, key_id)
    assert repr(figure) in repr(panel)
    assert figure.html() in html_of(panel)
    assert "alias/app, Disabled, us-east-1: everything from the beginning to today." in repr(panel)


def test_deleted_keys_too(panel: TimelinePanel, lab: Lab, gone: str, find: Any) -> None:
    key = find(panel, "Key")
    assert [label for label, _ in key.options] == ["alias/app, Disabled, us-east-1", f"{gone}, deleted, us-east-1"]
    key.value = key.options[1][1]
    assert "KMS deletes it" in repr(panel)
    assert repr(panels.timeline(lab, gone)) == repr(panel)
    assert repr(panels.timeline(lab, "alias/app")) == repr(panel.choose("alias/app"))


def test_months(panel: TimelinePanel, find: Any) -> None:
    since, until = find(panel, "From"), find(panel, "To the end of")
    assert since.options == ("the beginning", "2026-01", "2027-01")
    assert until.options == ("today", "2027-01", "2026-01")
    since.value = "2027-01"
    assert "rotation every 365 days" not in repr(panel)
    assert "KMS rotates it (AUTOMATIC); Enabled; encrypts with key material 2" in repr(panel)
    since.value, until.value = "the beginning", "2026-01"
    assert "rotation every 365 days" in repr(panel)
    assert "KMS rotates it" not in repr(panel)
    assert "3 more events are not shown here." in repr(panel)
    find(panel, "Key").value = find(panel, "Key").options[1][1]
    assert until.value == "today", "this key has no such month"


def test_changes_and_uses(panel: TimelinePanel, find: Any) -> None:
    find(panel, "Show").value = "uses"
    assert repr(panel).count("Encrypt under") == 2
    assert "rotation every" not in repr(panel)
    find(panel, "Show").value = "changes"
    assert "Encrypt under" not in repr(panel)
    assert "2027-01-20  disabled; Disabled" in repr(panel)


def test_new_keys_and_months_are_found(panel: TimelinePanel, lab: Lab, kms: Any, key_id: str, find: Any) -> None:
    lab.clock.advance(days=60)
    kms.enable_key(KeyId=key_id)
    kms.create_key()
    find(panel, "Look again").click()
    assert "2027-03" in find(panel, "From").options
    assert len(find(panel, "Key").options) == 3
    assert "enabled; Enabled" in repr(panel)


def test_without_a_key(lab: Lab, check_manners: Any) -> None:
    panel = panels.timeline(lab)
    check_manners(panel)
    assert panel.figure is None
    assert "There is no key yet." in repr(panel)
    lab.client("kms").create_key()
    assert "created; Enabled" in repr(panel.refresh())


def test_looking_costs_nothing_and_strangers_are_told(panel: TimelinePanel, lab: Lab) -> None:
    events = len(lab.trail)
    panel.refresh().choose(show="uses", since="2026-01")
    assert len(lab.trail) == events
    for wrong, words in (
        ({"key": "nobody"}, "There is no key 'nobody'"),
        ({"since": "1999-01"}, "There is no '1999-01'"),
    ):
        with pytest.raises(KmslabError, match=words):
            panel.choose(**wrong)


def test_the_choices_of_the_figure(lab: Lab, key_id: str, check_figure: Any) -> None:
    whole = figures.timeline(lab, key_id)
    check_figure(whole)
    assert "not shown" not in repr(whole)
    year = {"since": datetime(2027, 1, 1, tzinfo=UTC)}
    check_figure(figures.timeline(lab, key_id, **year))
    assert "3 more events are not shown here." in repr(figures.timeline(lab, key_id, **year))
    nothing = figures.timeline(lab, key_id, until=datetime(2026, 1, 1, tzinfo=UTC))
    check_figure(nothing)
    assert repr(nothing).count("\n") == 1
    with pytest.raises(KmslabError, match="A timeline shows everything, changes, uses, not 'x'"):
        figures.timeline(lab, key_id, show="x")
