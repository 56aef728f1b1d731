"""The key explorer: what it shows without a call, what it calls, and that its buttons do what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kmslab import Lab, Principal
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.key_actions import ACTIONS
from kmslab.jupyter.panels.key_explorer import KeyExplorer
from kmslab.jupyter.panels.key_views import VIEWS

PAGES = list(VIEWS)
POLICY, GRANTS, ROTATION = PAGES[3:]


@pytest.fixture
def key_id(kms: Any, make_key: Any) -> str:
    made = str(make_key(Description="Invoices of the shop", Tags=[{"TagKey": "team", "TagValue": "shop"}]))
    kms.create_alias(AliasName="alias/invoices", TargetKeyId=made)
    return made


@pytest.fixture
def far(lab: Lab) -> str:
    """A disabled key in another Region."""
    ireland = lab.client("kms", "eu-west-1")
    made = str(ireland.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"])
    ireland.disable_key(KeyId=made)
    return made


@pytest.fixture
def panel(lab: Lab, key_id: str, far: str) -> KeyExplorer:
    return panels.key_explorer(lab)


def ids(panel: KeyExplorer) -> list[str]:
    return [key.key_id for key in panel.keys]


def test_manners(panel: KeyExplorer, check_manners: Any) -> None:
    check_manners(panel)
    for page in PAGES:
        check_manners(panel.choose(show=page))


def test_filters(panel: KeyExplorer, lab: Lab, key_id: str, far: str, find: Any, announced_by: Any) -> None:
    lab.client("kms").describe_key(KeyId="alias/aws/s3")
    managed = next(key.key_id for key in lab.inventory if key.manager == "AWS")
    find(panel, "Read again").click()
    assert ids(panel) == [key_id, far, managed]
    find(panel, "Region").value = "eu-west-1"
    assert ids(panel) == [far]
    assert "1 of 3 keys." in announced_by(panel)
    find(panel, "State").value = "Enabled"
    assert ids(panel) == []
    assert "There is no key that fits the filters." in repr(panel)
    assert panel.key is None
    panel.choose(region="all Regions", state="any state", managed_by="AWS")
    assert ids(panel) == [managed]
    assert "alias/aws/s3: Enabled, us-east-1, AWS managed, SYMMETRIC_DEFAULT" in repr(panel)
    panel.choose(managed_by="anybody")
    assert f"{far} (" not in repr(panel)
    lab.client("kms", "eu-west-1").update_key_description(KeyId=far, Description="far away")
    assert f"{far} (far away): Disabled, eu-west-1" in repr(panel.read_again())
    for text, found in (("INVOICES", key_id), ("of the shop", key_id), ("team=shop", key_id), (far[:13], far)):
        find(panel, "Text in alias, id, description or tag").value = text
        assert ids(panel) == [found], text
    assert ids(panels.key_explorer(lab, "eu-west-1")) == [far]
    assert ids(panels.key_explorer(lab, "ap-south-1")) == []


def test_what_is_read_without_a_call(
    panel: KeyExplorer, lab: Lab, key_id: str, announced_by: Any, html_of: Any
) -> None:
    events = len(lab.trail)
    panel.choose("alias/invoices")
    assert "Invoices of the shop" in html_of(panel)
    panel.choose(show="Aliases and tags")
    assert panel.page.table is not None
    assert panel.page.table.rows == [("alias", "alias/invoices", ""), ("tag", "team", "shop")]
    panel.choose(show="Cost")
    assert "Read from lab.bill, without a call." in announced_by(panel)
    assert len(lab.trail) == events
    assert panel.calls == 0


def test_cost_of_a_month(panel: KeyExplorer, lab: Lab, key_id: str) -> None:
    lab.clock.advance(days=31)
    panel.choose(key_id, "Cost")
    assert panel.page.lines[0].startswith("So far: 1.0")
    assert "Its next months cost 1.00 USD each" in panel.page.lines[-1]
    panel.do("ScheduleKeyDeletion", days=7, confirm=True)
    assert "it costs nothing a month" in panel.page.lines[-1]


def test_pages_that_call(panel: KeyExplorer, lab: Lab, kms: Any, key_id: str, find: Any) -> None:
    kms.create_grant(KeyId=key_id, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt"], Name="mine")
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=100)
    lab.clock.advance(days=101)
    events = len(lab.trail)
    panel.choose(key_id, POLICY)
    assert panel.page.lines == ("The key policy has 1 statement.",)
    assert json.loads(panel.page.block) == json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
    find(panel, "Show").value = GRANTS
    assert panel.page.table is not None
    assert panel.page.table.rows[0][1:] == ("mine", lab.administrator.arn, "Decrypt", "none")
    find(panel, "Show").value = ROTATION
    assert panel.page.lines == ("Automatic rotation is on, every 100 days; the next is due on 2026-07-24.",)
    assert [row[2:] for row in panel.page.table.rows] == [
        ("NON_CURRENT", "from the beginning", ""), ("CURRENT", "2026-04-15", "AUTOMATIC"),
    ]  # fmt: skip
    called = [event["eventName"] for event in lab.trail[events:]]
    assert called == ["GetKeyPolicy", "GetKeyPolicy", "ListGrants", "GetKeyRotationStatus", "ListKeyRotations"]
    assert panel.calls == 4
    find(panel, "Read again").click()
    assert panel.calls == 6
    assert panel.page.table is not None


def test_many_grants_take_several_calls(panel: KeyExplorer, lab: Lab, kms: Any, key_id: str) -> None:
    for number in range(60):
        kms.create_grant(
            KeyId=key_id, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt"], Name=f"grant-{number}",
            Constraints={"EncryptionContextSubset": {"order": str(number)}},
        )  # fmt: skip
    panel.choose(key_id, "Grants")
    assert panel.page.lines == ("The key has 60 grants.",)
    assert panel.page.table is not None
    assert '{"EncryptionContextSubset": {"order": "59"}}' in panel.page.text()
    assert panel.calls == 2


def test_walking_through_the_list_calls_nothing(panel: KeyExplorer, lab: Lab, key_id: str, far: str, find: Any) -> None:
    panel.choose(key_id, GRANTS)
    events = len(lab.trail)
    keys = find(panel, "Key")
    for arn in [value for _, value in keys.options] * 2:
        keys.value = arn
    assert len(lab.trail) == events
    assert find(panel, "Show").value == "General"
    assert repr(panel).count("\n> ") == 1


def test_a_page_that_kms_refuses(panel: KeyExplorer, far: str) -> None:
    panel.choose(far, ROTATION)
    assert panel.page.lines[0].startswith("UnsupportedOperationException")


def press(panel: KeyExplorer, operation: str, find: Any) -> tuple[str, ...]:
    find(panel, ACTIONS[operation].words).click()
    return panel.done.lines


def test_every_button_calls_what_it_says(
    panel: KeyExplorer, lab: Lab, kms: Any, key_id: str, find: Any, announced_by: Any
) -> None:
    panel.choose(key_id)

    def state() -> str:
        found = lab.inventory.get(key_id)
        assert found is not None
        return found.state

    assert "DisableKey on alias/invoices in us-east-1: done." in press(panel, "DisableKey", find)[0]
    assert state() == "Disabled"
    assert "> alias/invoices: Disabled" in repr(panel)
    press(panel, "EnableKey", find)
    assert state() == "Enabled"
    find(panel, "Rotation period (days)").value = 180
    assert "every 180 days" in press(panel, "EnableKeyRotation", find)[0]
    assert kms.get_key_rotation_status(KeyId=key_id)["RotationPeriodInDays"] == 180
    press(panel, "DisableKeyRotation", find)
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is False
    press(panel, "RotateKeyOnDemand", find)
    lab.clock.advance(hours=1)
    assert len(kms.list_key_rotations(KeyId=key_id)["Rotations"]) == 1
    find(panel, "Alias name").value = "alias/orders"
    press(panel, "CreateAlias", find)
    assert lab.inventory.get(key_id).aliases == ("alias/invoices", "alias/orders")  # type: ignore[union-attr]
    press(panel, "DeleteAlias", find)
    assert lab.inventory.get(key_id).aliases == ("alias/invoices",)  # type: ignore[union-attr]
    find(panel, "Tag key").value, find(panel, "Tag value").value = "stage", "prod"
    press(panel, "TagResource", find)
    assert dict(lab.inventory.get(key_id).tags) == {"team": "shop", "stage": "prod"}  # type: ignore[union-attr]
    press(panel, "UntagResource", find)
    assert dict(lab.inventory.get(key_id).tags) == {"team": "shop"}  # type: ignore[union-attr]
    find(panel, "Waiting period (days)").value = 9
    find(panel, "Confirm the deletion").value = True
    assert "KMS will delete the key on 2026-01-14." in press(panel, "ScheduleKeyDeletion", find)[0]
    assert state() == "PendingDeletion"
    assert find(panel, "Confirm the deletion").value is False
    press(panel, "CancelKeyDeletion", find)
    assert state() == "Disabled"
    assert "CancelKeyDeletion on alias/invoices in us-east-1: done." in announced_by(panel)
    changed = {call.operation for call in lab.trail.events(key=key_id).calls}
    assert set(ACTIONS) <= changed
    assert panel.calls == len(ACTIONS)


def test_a_deletion_is_confirmed_first(panel: KeyExplorer, lab: Lab, key_id: str, find: Any) -> None:
    events = len(lab.trail)
    assert press(panel.choose(key_id), "ScheduleKeyDeletion", find)[0].startswith("Tick 'Confirm the deletion' first")
    assert len(lab.trail) == events


def test_what_aws_refuses_is_told(panel: KeyExplorer, lab: Lab, key_id: str, far: str) -> None:
    panel.choose(key_id).do("ScheduleKeyDeletion", days=3, confirm=True)
    assert panel.done.lines == (
        "ScheduleKeyDeletion on alias/invoices in us-east-1 was refused.",
        "ValidationException: PendingWindowInDays must be between 7 and 30",
    )
    assert lab.trail[-1]["errorCode"] == "ValidationException"
    assert panel.do("CancelKeyDeletion").done.lines[1].startswith("KMSInvalidStateException: ")
    assert panel.do("CreateAlias", alias="alias/invoices").done.lines[1].startswith("AlreadyExistsException: ")
    assert panel.do("CreateAlias", alias="invoices").done.lines[1].startswith("ValidationException: ")
    assert panel.do("DeleteAlias", alias="alias/none").done.lines[1].startswith("NotFoundException: ")
    assert panel.choose(far).do("EnableKeyRotation").done.lines[1].startswith("DisabledException: ")
    calls = panel.calls
    assert panel.do("TagResource", tag_key="").done.lines[1] == "boto3 did not send this:"
    assert panel.calls == calls == 6


def test_somebody_who_may_not(lab: Lab, key_id: str, alice: Principal) -> None:
    panel = panels.key_explorer(lab, principal=alice).do("DisableKey")
    assert repr(panel).startswith("Keys of account 123456789010, as alice\n")
    assert panel.done.lines[1].startswith("AccessDeniedException: User: arn:aws:iam::123456789010:user/alice")
    assert panel.choose(show="Key policy").page.lines[0].startswith("AccessDeniedException: ")
    assert lab.inventory.get(key_id).state == "Enabled"  # type: ignore[union-attr]


def test_an_aws_managed_key(lab: Lab, kms: Any) -> None:
    kms.describe_key(KeyId="alias/aws/s3")
    panel = panels.key_explorer(lab).choose("alias/aws/s3", "Cost")
    assert "costs nothing by itself" in panel.page.lines[-1]
    assert "was refused." in panel.do("DisableKey").done.lines[0]


def test_an_account_without_keys(lab: Lab, find: Any) -> None:
    panel = panels.key_explorer(lab)
    assert "There is no key that fits the filters." in repr(panel)
    find(panel, "Disable").click()
    assert panel.done.lines == ("There is no key that fits the filters.",)
    lab.client("kms").create_key()
    assert panel.refresh().key is not None


def test_what_is_not_there_is_told(panel: KeyExplorer) -> None:
    for wrong, words in (
        ({"key": "alias/x"}, "There is no key 'alias/x' in the list"),
        ({"show": "Weather"}, "There is no 'Weather' here; there are General"),
        ({"region": "eu-north-1"}, "There is no 'eu-north-1' here"),
    ):
        with pytest.raises(KmslabError, match=words):
            panel.choose(**wrong)
    with pytest.raises(KmslabError, match="There is no 'Encrypt' here; there are EnableKey"):
        panel.do("Encrypt")


def test_the_sheet(lab: Lab, kms: Any, key_id: str, check_figure: Any, texts: Any) -> None:
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    kms.disable_key(KeyId=key_id)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": f"key-{n}", "TagValue": "v" * 60} for n in range(9)])
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    events = len(lab.trail)
    figure = figures.key_sheet(lab, "alias/invoices")
    check_figure(figure)
    assert "alias/invoices, PendingDeletion, us-east-1" in texts(figure)
    for line in ("  Description: Invoices of the shop", "  Refused: 1 calls", "  Deletion: on 2026-01-12",
                 "  Regions: single-Region"):  # fmt: skip
        assert line in repr(figure).split("\n")
    assert "Encrypt 1" in repr(figure)
    assert len(lab.trail) == events
    with pytest.raises(KmslabError, match="There is no key 'alias/x'"):
        figures.key_sheet(lab, "alias/x")


def test_the_sheet_of_a_replica(lab: Lab, kms: Any, make_key: Any, check_figure: Any) -> None:
    key_id = make_key(MultiRegion=True)
    replica = kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    figure = figures.key_sheet(lab, replica)
    check_figure(figure)
    assert "  Regions: multi-Region, replica" in repr(figure)
