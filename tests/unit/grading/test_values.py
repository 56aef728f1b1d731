"""What travels between the seat and the referee: data there, values back, and nothing that could run."""

from __future__ import annotations

import io
import json
import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.errors import KmslabError
from kmslab.grading.channel import LONGEST, Channel
from kmslab.grading.values import LIVE, FarObject, Unknown, from_data, packed, packed_error, to_data, unpacked


def there(value: Any, lab: Lab | None = None, live: dict[int, Any] | None = None) -> Any:
    data = json.loads(json.dumps(to_data(value)))
    return from_data(data, (lab or Lab(seed=1)).directory.find, (live or {}).__getitem__)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 1, 1.5, "text", b"bytes", [1, [2]], (1, "a", b""), {"a": 1, 2: (3,)}, {1, 2}, Decimal("1.10"),
        datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5).date(), timedelta(days=1, microseconds=5),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_data_arrives_as_it_was(value: object) -> None:
    arrived = there(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_a_forecast_arrives_with_prices_that_are_the_same_rows(lab: Lab, kms: Any) -> None:
    kms.create_key()
    forecast = lab.forecast(lab.bill, times=3)
    arrived = there(forecast)
    assert arrived.total == forecast.total
    assert arrived.bill.since(lab.bill).requests == 0


def test_a_principal_is_the_lab_s_own(lab: Lab, alice: Principal) -> None:
    assert there([alice], lab) == [alice]


def test_an_error_is_an_error_again(lab: Lab, kms: Any) -> None:
    with pytest.raises(ClientError) as raised:
        kms.describe_key(KeyId="none")
    assert lab.explain(there(raised.value)).call.operation == "DescribeKey"


def test_subclasses_bring_no_behaviour_and_strangers_only_their_text() -> None:
    class Number(IntEnum):
        ONE = 1

    class Always(str):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError

    assert type(there(Number.ONE)) is int
    assert there(Always("x")) != "y"
    assert isinstance(there(len), Unknown)
    assert repr(there(len)) == repr(len)
    assert isinstance(there(Bad()), Unknown)
    endless: list[Any] = []
    endless.append(endless)
    there(endless)


@pytest.mark.parametrize(
    "data",
    [
        [1], {"!": "pickle", "v": ""}, {"!": "record", "v": {"name": "Lab", "members": []}}, {"x": 1},
        {"!": "record", "v": {"name": "Bill", "members": []}}, {"!": "price", "v": "none"}, 
        {"!": "set", "v": [{"!": "list", "v": []}]},
        {"!": "reference", "v": 77}, {"!": "datetime", "v": "soon"}, {"!": "bytes", "v": 5}, {"!": "dict", "v": [[1]]},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_what_no_seat_would_send_is_refused(data: object) -> None:
    with pytest.raises(KmslabError, match="no value"):
        from_data(data, lambda _: None, {}.__getitem__)


def test_live_objects_stay_and_values_go(lab: Lab, kms: Any) -> None:
    kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    numbers = {id(lab.clock): 1, id(lab.accounts[0]): 2}
    sent = packed([lab.clock, lab.accounts, lab.inventory, lab.bill, lab.trail], lambda live: numbers[id(live)])
    clock, accounts, inventory, bill, trail = unpacked(sent, lambda kind, number: (kind, number))
    assert (clock, accounts) == (("SimClock", 1), (("Account", 2),))
    assert inventory == lab.inventory
    assert lab.bill.since(bill).requests == 0
    assert trail[0] == lab.trail[0]
    assert set(LIVE) >= {"SimClock", "Account"}


def test_a_live_object_s_far_side_is_sent_as_its_number() -> None:
    far = FarObject()
    far._number = 5  # type: ignore[attr-defined]
    assert there(far, live={5: "the clock"}) == "the clock"


def test_an_exception_that_cannot_travel_becomes_one_that_can() -> None:
    class LocalError(Exception):
        pass

    assert isinstance(pickle.loads(packed_error(KeyError("x"))), KeyError)  # noqa: S301
    arrived = pickle.loads(packed_error(LocalError("told")))  # noqa: S301
    assert isinstance(arrived, KmslabError)
    assert str(arrived) == "told"


def test_a_channel_ends_at_what_is_no_message() -> None:
    sent = io.BytesIO((3).to_bytes(4, "big") + b"abc" + (LONGEST + 1).to_bytes(4, "big") + b"x")
    channel = Channel(sent, io.BytesIO())
    assert channel.receive(5) == b"abc"
    assert channel.receive(5) is None
    assert channel.receive(5) is None
