"""What Parameter Store refuses before anybody is asked, and the tier that it chooses."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.cloud import parameters
from kmslab.cloud.parameters import ADVANCED, SECURE, STANDARD, HeldParameter
from kmslab.wire.refusals import RefusedError

HELD = HeldParameter(SECURE, "alias/app", STANDARD)
RAISED = HELD._replace(tier=ADVANCED)
NOTHING: Any = None


@pytest.mark.parametrize(
    ("name", "members", "held", "expected"),
    [
        ("db", {"Type": SECURE}, None, False),
        ("/db/aws", {"Type": SECURE}, None, False),
        ("db", {}, HELD, True),
        ("db", {"Overwrite": True}, HELD, False),
        ("db", {"Overwrite": True, "Tags": [{"Key": "a", "Value": "b"}]}, HELD, True),
        ("db", {}, None, True),
        ("", {"Type": SECURE}, None, True),
        ("/AWS/db", {"Type": SECURE}, None, True),
    ],
)
def test_what_moto_refuses_whatever_the_value(
    name: str, members: dict[str, Any], held: HeldParameter | None, expected: bool
) -> None:
    assert parameters.refused_by_moto(name, members, held) is expected


@pytest.mark.parametrize(
    ("size", "wanted", "held", "expected"),
    [
        (4096, STANDARD, None, STANDARD),
        (4097, "Intelligent-Tiering", None, ADVANCED),
        (1, "Intelligent-Tiering", HELD, STANDARD),
        (1, "Intelligent-Tiering", RAISED, ADVANCED),
        (8192, ADVANCED, HELD, ADVANCED),
        (4097, None, RAISED, ADVANCED),
    ],
)
def test_tiers(size: int, wanted: str | None, held: HeldParameter | None, expected: str) -> None:
    members = {"Value": "x" * size, "Tier": wanted}
    assert parameters.tier(NOTHING, NOTHING, members, held) == expected


@pytest.mark.parametrize(
    ("size", "wanted", "held", "start"),
    [
        (4097, STANDARD, None, "Standard tier parameters support"),
        (4097, None, HELD, "Standard tier parameters support"),
        (8193, "Intelligent-Tiering", None, "Advanced tier parameters support"),
        (1, STANDARD, RAISED, "This parameter uses the advanced-parameter tier."),
    ],
)
def test_tiers_that_do_not_fit(size: int, wanted: str | None, held: HeldParameter | None, start: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parameters.tier(NOTHING, NOTHING, {"Value": "x" * size, "Tier": wanted}, held)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(start)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("db", ""), ("/app/db:3", ":3"), ("db:label", ":label"), ("arn:aws:ssm:us-east-1:1:parameter/db:2", ":2")],
)
def test_selectors(asked: str, expected: str) -> None:
    assert parameters.selector(asked) == expected
