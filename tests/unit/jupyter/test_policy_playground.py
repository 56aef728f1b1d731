"""The policy playground: what the two buttons say, that nothing is stored, and that a person finds the way around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.policy_calls import CALLS
from kmslab.jupyter.panels.policy_errors import told
from kmslab.jupyter.panels.policy_playground import PolicyPlayground

ROOT = {"AWS": "arn:aws:iam::123456789010:root"}
PARTNER = "999988887777"


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Resource": "*", **each} for each in statements]}


DEFAULT = {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*"}


@pytest.fixture
def key_id(kms: Any) -> str:
    """A key under the default key policy, with an alias."""
    made = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.create_alias(AliasName="alias/app", TargetKeyId=made)
    return made


@pytest.fixture
def panel(lab: Lab, key_id: str) -> PolicyPlayground:
    """A panel of an account with a user, a role, and a partner."""
    lab.user("alice")
    lab.role("app", policy=policy_of({"Effect": "Allow", "Action": "kms:Encrypt"}))
    lab.account(PARTNER)
    return panels.policy_playground(lab, key_id)


def fields(panel: PolicyPlayground) -> Iterator[Any]:
    todo: list[Any] = [panel.widget]
    while todo:
        each = todo.pop(0)
        todo[:0] = getattr(each, "children", ())
        yield each


def test_it_begins_with_the_policy_that_the_key_has(panel: PolicyPlayground, kms: Any, key_id: str) -> None:
    (area,) = (each for each in fields(panel) if isinstance(each, widgets.Textarea))
    assert area.value == kms.get_key_policy(KeyId=key_id)["Policy"]
    assert "as the key has it" in repr(panel)


def test_manners(panel: PolicyPlayground, check_manners: Any) -> None:
    check_manners(panel)
    check_manners(panel.ask().really_call())


def test_the_trace(panel: PolicyPlayground, lab: Lab, key_id: str, check_figure: Any, texts: Any) -> None:
    assert panel.trace is None
    deny = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt"}
    panel.choose("administrator", "Encrypt", policy=policy_of(DEFAULT, deny)).ask()
    assert panel.trace is not None
    check_figure(panel.trace)
    assert "kms:Encrypt is denied with an explicit deny in a resource-based policy." in repr(panel.trace)
    assert {"Deny", "Allow", "yes"} <= set(texts(panel.trace))
    panel.choose("user alice", "Decrypt").really_call()
    assert panel.called.figure is not None
    check_figure(panel.called.figure)
    assert repr(panel.called.figure).startswith(
        "Decrypt by alice: how it was decided\n  kms:Decrypt is denied because "
    )
    check_figure(figures.policy_trace(lab.would(lab.administrator, "Encrypt", key_id)))


def test_the_trace_of_a_call_that_came_not_so_far(lab: Lab, kms: Any, check_figure: Any) -> None:
    with pytest.raises(ClientError) as caught:
        kms.encrypt(KeyId="alias/none", Plaintext=b"x")
    figure = figures.policy_trace(lab.explain(caught.value))
    check_figure(figure)
    assert "No permission was asked for" in repr(figure)


def test_everything_has_a_label_and_is_reached_by_tab(panel: PolicyPlayground) -> None:
    kinds = (widgets.Textarea, widgets.Dropdown, widgets.Text, widgets.Button)
    active = [each for each in fields(panel) if isinstance(each, kinds)]
    assert [each.description for each in active] == [
        "Key policy (JSON)", "Who calls", "Call", "Encryption context", "Ask", "Really call",
    ]  # fmt: skip
    assert not any(each.disabled or each.tabbable is False for each in active)


def test_who_can_call(panel: PolicyPlayground) -> None:
    (who,) = (each for each in fields(panel) if isinstance(each, widgets.Dropdown) and each.description == "Who calls")
    people = ["administrator", "root user", "user alice", "role app", f"administrator of {PARTNER}"]
    assert list(who.options) == people


def test_the_buttons_do_what_the_methods_do(panel: PolicyPlayground) -> None:
    ask, call = (each for each in fields(panel) if isinstance(each, widgets.Button))
    ask.click()
    assert "would be allowed kms:Encrypt" in panel.asked.lines[0]
    call.click()
    assert "DryRunOperationException" in panel.called.lines[0]
    shown = [each.value for each in fields(panel) if isinstance(each, widgets.HTML)]
    assert all('role="status"' in text for text in shown[1:3])
    assert "would be allowed kms:Encrypt" in shown[1]
    assert "DryRunOperationException" in shown[2]
    assert panel.trace is not None
    assert shown[3] == panel.trace.html(), "below both, where it has room"


def test_under_the_stored_policy_both_buttons_agree(panel: PolicyPlayground) -> None:
    for who in ("administrator", "root user", "user alice", "role app", f"administrator of {PARTNER}"):
        for call, chosen in CALLS.items():
            panel.choose(who, call).ask().really_call()
            asked, called = panel.asked.lines[0], panel.called.lines[0]
            if not chosen.method:
                assert called == f"Not called: {call} has no dry run and would change the key. Ask instead."
                continue
            assert ("would be allowed" in asked) is called.startswith("Allowed."), (who, call)
            assert ("would be denied" in asked) is called.startswith("AccessDeniedException: "), (who, call)


def test_nothing_is_stored_or_changed(panel: PolicyPlayground, lab: Lab, kms: Any, key_id: str) -> None:
    before = kms.get_key_policy(KeyId=key_id)["Policy"]
    panel.choose(policy=policy_of({"Effect": "Deny", "Principal": "*", "Action": "kms:*"}))
    events, requests = len(lab.trail), lab.bill.requests
    for call in CALLS:
        panel.choose("administrator", call).ask()
    assert (len(lab.trail), lab.bill.requests) == (events, requests)
    for call in CALLS:
        panel.choose("administrator", call).really_call()
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == before
    assert kms.list_grants(KeyId=key_id)["Grants"] == []
    assert lab.inventory.get(key_id).state == "Enabled"  # type: ignore[union-attr]


def test_an_edited_policy_is_judged_beside_the_stored_one(panel: PolicyPlayground) -> None:
    deny = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt"}
    panel.choose("administrator", "Encrypt", policy=policy_of(DEFAULT, deny)).ask().really_call()
    assert "explicit deny in a resource-based policy" in panel.asked.lines[0]
    assert len(panel.asked.lines) == 1
    assert panel.called.lines[0].startswith("Allowed.")
    assert "edited, not stored" in repr(panel)
    assert panel.asked.table is not None
    assert any("No" in row[2] and row[3:5] == ("Deny", "yes") for row in panel.asked.table.rows)


def test_the_encryption_context_counts(panel: PolicyPlayground) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
    let_in = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789010:user/alice"}, "Action": "kms:*"}
    panel.choose("user alice", policy=policy_of(DEFAULT, {**let_in, "Condition": condition}))
    for call in ("Encrypt", "Decrypt", "GenerateDataKey", "CreateGrant"):
        for tenant, word in (("blue", "allowed"), ("red", "denied")):
            panel.choose(call=call, encryption_context={"site": "north", "tenant": tenant}).ask()
            assert f"would be {word}" in panel.asked.lines[0], (call, tenant)
    assert "Encryption context: site=north, tenant=red" in repr(panel)


def test_a_policy_that_locks_out_is_told(panel: PolicyPlayground) -> None:
    panel.choose(policy=policy_of({**DEFAULT, "Action": "kms:Encrypt"})).ask()
    assert "would be allowed" in panel.asked.lines[0]
    assert "will not allow you to update the key policy" in panel.asked.lines[1]
    assert "lockout safety check" in panel.asked.lines[2]


@pytest.mark.parametrize(
    ("policy", "said", "meaning"),
    [
        ('{\n "Version" "2012-10-17"}', "MalformedPolicyDocumentException, without a message", "in line 2, column 12"),
        ("", "MalformedPolicyDocumentException, without a message", "This is no JSON"),
        ("{}", "MalformedPolicyDocumentException, without a message", "It is JSON, but no key policy"),
        (policy_of({"Effect": "Allow", "Action": "kms:*"}), "with no principal.", "give it a Principal"),
        (policy_of({**DEFAULT, "Principal": {"AWS": "alice"}}), "invalid principals.", "whole ARN"),
        (policy_of({"Effect": "Allow", "Principal": "*"}), "Missing required field Action", "an Action and a Resource"),
        (
            policy_of({**DEFAULT, "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}}}),
            "These condition keys are not permitted",
            "IAM policies",
        ),
        (policy_of({**DEFAULT, "Sid": "x" * 40_000}), "LimitExceededException: ", "at most 32 KB"),
        (
            policy_of({**DEFAULT, "Principal": {"AWS": "arn:aws:iam::123456789010:group/web"}}),
            "InvalidArnException: ",
            "groups are not",
        ),
    ],
    ids=["comma", "empty", "no policy", "nobody", "no ARN", "nothing", "tag", "long", "group"],
)  # fmt: skip
def test_a_policy_that_kms_would_not_take(panel: PolicyPlayground, policy: Any, said: str, meaning: str) -> None:
    panel.choose(policy=policy).ask()
    outcome, means = panel.asked.lines
    assert outcome.startswith("KMS would not store this policy. ")
    assert said in outcome
    assert meaning in means
    assert panel.asked.table is None
    assert repr(panel)


@pytest.mark.parametrize("text", ["tenant", "tenant=blue, red", "=blue"])
def test_an_encryption_context_that_is_none(panel: PolicyPlayground, text: str) -> None:
    (field,) = (each for each in fields(panel) if isinstance(each, widgets.Text))
    field.value = text
    panel.ask().really_call()
    assert panel.asked.lines == panel.called.lines == ("An encryption context is written as name=value, name=value.",)


def test_a_role_that_nobody_may_assume(lab: Lab, key_id: str) -> None:
    trust = policy_of({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    del trust["Statement"][0]["Resource"]
    lab.client("iam").create_role(RoleName="machine", AssumeRolePolicyDocument=json.dumps(trust))
    panel = panels.policy_playground(lab, key_id).choose("role machine").ask().really_call()
    assert panel.asked.lines == panel.called.lines
    assert panel.asked.lines[0].startswith("AccessDenied: ")
    assert "sts:AssumeRole" in panel.asked.lines[0]


def test_a_key_whose_policy_nobody_can_read(lab: Lab, kms: Any, key_id: str) -> None:
    nobody = policy_of({"Effect": "Deny", "Principal": "*", "Action": "kms:*"})
    kms.put_key_policy(KeyId=key_id, Policy=json.dumps(nobody), BypassPolicyLockoutSafetyCheck=True)
    panel = panels.policy_playground(lab, key_id)
    assert panel.called.lines[0] == "The policy of this key cannot be read."
    assert panel.called.lines[1].startswith("AccessDeniedException: ")
    assert "would be allowed" in panel.choose(policy=policy_of(DEFAULT)).ask().asked.lines[0]


def test_a_failure_that_is_no_question_of_permission(lab: Lab, kms: Any, panel: PolicyPlayground, key_id: str) -> None:
    kms.disable_key(KeyId=key_id)
    panel.choose("administrator", "Encrypt").ask().really_call()
    assert "would be allowed" in panel.asked.lines[0]
    assert panel.called.lines[0].startswith("DisabledException: ")


def test_its_state_as_text_and_as_a_widget(panel: PolicyPlayground) -> None:
    shown = panel.ask()._repr_mimebundle_()
    assert set(shown) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert shown["text/plain"] == repr(panel)
    for words in (
        "Who calls: administrator",
        "Call: Encrypt",
        "Encryption context: none",
        "Really called: nothing yet",
    ):
        assert words in repr(panel)
    assert "What was looked at" in repr(panel)
    assert " at 0x" not in repr(panel)


def test_what_is_not_there_is_told(lab: Lab, panel: PolicyPlayground) -> None:
    assert repr(panels.policy_playground(lab, "alias/app")) == repr(panel)
    with pytest.raises(KmslabError, match="There is no key 'alias/x' in account 123456789010"):
        panels.policy_playground(lab, "alias/x")
    with pytest.raises(KmslabError, match="There is no 'user carol' here; there are administrator, root user"):
        panel.choose("user carol")
    with pytest.raises(KmslabError, match="There is no 'Sign' here"):
        panel.choose(call="Sign")


def test_other_errors_are_told_in_their_own_words() -> None:
    assert told(KmslabError("so it is")) == ("so it is",)
