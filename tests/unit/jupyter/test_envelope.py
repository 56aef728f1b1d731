"""Envelope encryption step by step: really done, and nobody holds what they should not."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.figures import Held, Stage
from kmslab.jupyter.panels.envelope import DATA, EnvelopePanel


@pytest.fixture
def key_id(kms: Any, make_key: Any) -> str:
    key_id = str(make_key())
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    return key_id


@pytest.fixture
def panel(lab: Lab, key_id: str) -> EnvelopePanel:
    return panels.envelope(lab, "alias/app", encryption_context={"reel": "1"})


def names(held: tuple[Held, ...]) -> list[str]:
    return [each.what for each in held]


def test_manners(panel: EnvelopePanel, check_manners: Any) -> None:
    check_manners(panel)
    check_manners(panel.finish())


def test_two_calls_and_no_more(panel: EnvelopePanel, lab: Lab, find: Any, announced_by: Any) -> None:
    events = len(lab.trail)
    called = []
    for step in range(1, 7):
        find(panel, "Next step").click()
        assert f"Step {step} of 6: " in announced_by(panel)
        called.append([event["eventName"] for event in lab.trail[events:]])
    assert called[0] == called[3] == ["GenerateDataKey"]
    assert called[4] == called[5] == ["GenerateDataKey", "Decrypt"]
    assert all(each["requestParameters"]["encryptionContext"] == {"reel": "1"} for each in lab.trail[events:])
    assert "The data is the same as at the beginning." in announced_by(panel)
    assert "2 calls to KMS: 0.000006 USD" in announced_by(panel)


def test_who_holds_what(panel: EnvelopePanel) -> None:
    stages = panel.finish().stages
    assert [stage.call for stage in stages] == ["", "GenerateDataKey", "", "", "", "Decrypt", ""]
    sealed = ["encrypted data key", "nonce", "encrypted data"]
    assert [names(stage.program) for stage in stages] == [
        ["data"],
        ["data", "data key", "encrypted data key"],
        ["data", "data key", *sealed],
        sealed,
        [],
        ["data key", *sealed],
        ["data", *sealed],
    ]
    assert [names(stage.disk) for stage in stages] == [[]] * 4 + [sealed] * 3
    assert {names(stage.kms)[0] for stage in stages} == {"the KMS key"}
    assert [each.size for each in stages[4].disk] == [184, 12, len(DATA) + 16]
    assert not any(each.in_clear for stage in stages for each in stage.disk)


def test_the_data_key_is_overwritten(panel: EnvelopePanel) -> None:
    data_key = panel.next()._data_key
    assert any(data_key)
    panel.next().next()
    assert data_key == bytes(32)
    again = panel.next().next()._data_key
    assert any(again)
    panel.next()
    assert again == bytes(32)


def test_back_only_shows(panel: EnvelopePanel, lab: Lab, find: Any) -> None:
    panel.next().next()
    events = len(lab.trail)
    find(panel, "Back").click()
    assert "Step 1 of 6: Get a data key." in repr(panel)
    assert "Encrypt the data" not in repr(panel)
    find(panel, "Back").click()
    find(panel, "Back").click()
    assert "There is nothing before the first step." in repr(panel)
    panel.next().next()
    assert "Step 2 of 6" in repr(panel)
    assert len(lab.trail) == events
    assert panel.next().at == 3


def test_the_end_and_a_new_beginning(panel: EnvelopePanel, lab: Lab, find: Any) -> None:
    text = repr(panel.finish())
    assert "This is the last step." in repr(panel.next())
    find(panel, "Start over").click()
    assert panel.at == 0
    assert len(panel.stages) == 1
    events = len(lab.trail)
    assert repr(panel.finish()) == text.replace("2 calls to KMS: 0.000006", "4 calls to KMS: 0.000012")
    assert len(lab.trail) == events + 2


def test_what_kms_refuses_is_told_and_can_be_tried_again(panel: EnvelopePanel, kms: Any, key_id: str) -> None:
    kms.disable_key(KeyId=key_id)
    panel.next()
    assert panel.at == 0
    assert "DisabledException: " in repr(panel)
    assert panel.finish().at == 0
    kms.enable_key(KeyId=key_id)
    assert panel.finish().at == 6
    assert "DisabledException" not in repr(panel)


def test_a_key_that_makes_no_data_keys(lab: Lab, make_key: Any) -> None:
    assert "InvalidKeyUsageException" in repr(panels.envelope(lab, make_key("RSA_2048")).next())


def test_data_of_your_own(lab: Lab, key_id: str) -> None:
    large = panels.envelope(lab, key_id, b"x" * 50_000)
    assert "50,000 bytes and cannot be sent to Encrypt in one call; it would take 13." in repr(large)
    assert "The data is the same" in repr(large.finish())
    assert "would fit into one Encrypt" in repr(panels.envelope(lab, key_id, "text"))
    with pytest.raises(KmslabError, match="There is no key 'nobody'"):
        panels.envelope(lab, "nobody")


def test_the_figure(panel: EnvelopePanel, check_figure: Any, texts: Any, elements: Any) -> None:
    check_figure(panel.figure)
    figure = panel.finish().figure
    check_figure(figure)
    assert {"Your program", "KMS", "Disk", "calls Decrypt", "data key, 32 B", "nothing"} <= set(texts(figure))
    assert "1. Get a data key (calls GenerateDataKey). Your program: data (49 bytes, in clear), data key" in repr(
        figure
    )
    assert not any("\N{HORIZONTAL ELLIPSIS}" in text for text in texts(figure)), "nothing is cut"
    # In clear is round and bold, not only orange.
    marks = [each for each in elements(figure, "rect") if each.attrib["width"] == "10"]
    assert {(each.attrib["fill"], each.attrib["rx"]) for each in marks} == {("#e69f00", "5"), ("#009e73", "0")}


def test_the_figure_of_made_up_steps(check_figure: Any) -> None:
    check_figure(figures.envelope([Stage("x" * 100, (Held("y" * 100, 10**9, True),), call="z" * 50)], "Own"))
    with pytest.raises(KmslabError, match="There is no step to draw"):
        figures.envelope([])
