"""Explanations: text, table and HTML of what was decided about a call. Whole ones: tests/api/test_explain.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kmslab.authz.decide import deny_unknown
from kmslab.authz.explain import Explanation
from kmslab.call import Call, Decision, EventType, Finding, Reach
from kmslab.ids import Ids
from kmslab.principals import make_root

KEY = "arn:aws:kms:us-east-1:123456789010:key/x"
ROOT = make_root("123456789010", "us-east-1", Ids(1)).identity


def explanation(*decisions: Decision, **changes: Any) -> Explanation:
    members: dict[str, Any] = {
        "event_type": EventType.API_CALL,
        "operation": "ReEncrypt",
        "time": datetime(2026, 1, 5, tzinfo=UTC),
        "account_id": "123456789010",
        "region": "us-east-1",
        "principal": ROOT,
        "request_id": "r",
        "event_id": "e",
        "decisions": decisions,
    }
    return Explanation(Call(**(members | changes)))


FROM = Decision(
    True,
    "kms:ReEncryptFrom",
    KEY,
    "a grant allows it to the caller",
    (Finding("grant", "g", "Allow", Reach.DIRECT, "y"),),
)
TO = Decision(
    False,
    "kms:ReEncryptTo",
    KEY,
    "because no <policy> allows it",
    (Finding("key policy", "statement 1", "Deny", Reach.NOT, "its Action does not cover it"),),
)


def test_the_outcome() -> None:
    made = explanation(FROM, TO)
    assert made.decisions == (FROM, TO)
    first, second, third = made.summary.splitlines()
    assert ROOT.arn in first
    assert "ReEncrypt" in first
    assert "kms:ReEncryptFrom" in second
    assert "llowed" in second
    assert "kms:ReEncryptTo" in third
    assert "enied" in third
    assert "because no <policy> allows it" in third


def test_the_table() -> None:
    table = explanation(FROM, TO).table()
    assert [tuple(map(str, row)) for row in table.rows] == [
        ("kms:ReEncryptFrom", "grant", "g", "Allow", "yes", "y"),
        ("kms:ReEncryptTo", "key policy", "statement 1", "Deny", "no", "its Action does not cover it"),
    ]


def test_as_text_and_as_html() -> None:
    made = explanation(FROM, TO)
    assert repr(made) == f"{made.summary}\n\n{made.table().text()}"
    shown = made._repr_html_()
    assert shown.count("<p>") == 3
    assert "no &lt;policy&gt; allows it" in shown
    assert shown.endswith("</table>")


def test_a_call_that_came_to_no_decision() -> None:
    made = explanation(error_code="ValidationException")
    assert "ValidationException" in made.summary
    assert made.table().rows == []


def test_a_denial_across_accounts() -> None:
    """What is shown here would be hidden there."""
    lines = explanation(deny_unknown("kms:ReEncryptFrom", KEY)).summary.splitlines()
    assert len(lines) == 3
    assert lines[2] == "AWS would not show a caller of another account what follows."


def test_something_that_nobody_called() -> None:
    assert explanation(principal=None).summary.startswith("AWS called")
