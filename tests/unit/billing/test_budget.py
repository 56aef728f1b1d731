"""Budgets: what is let through, to the last request, and what is said about the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kmslab.billing.budget import Budget, BudgetExceededError, refusing
from kmslab.billing.meter import Meter
from kmslab.call import Call, EventType, UsedKey
from kmslab.errors import KmslabError
from kmslab.wire.refusals import RefusedError

ACCOUNT, OTHER = "123456789010", "999988887777"
KEY = UsedKey(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k", ACCOUNT, "ECC_NIST_P256")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)

MakeBudget = Callable[..., Budget]


def call(operation: str = "Sign", time: datetime = START, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "event_type": EventType.API_CALL,
        "operation": operation,
        "time": time,
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "principal": None,
        "request_id": "r",
        "event_id": "e",
        "keys": (KEY,),
        **changes,
    }
    return Call(**values)


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def make_budget(meter: Meter) -> MakeBudget:
    return lambda usd, now=START: Budget(usd, meter, ACCOUNT, lambda: now)


def test_to_the_last_request(meter: Meter, make_budget: MakeBudget) -> None:
    budget = make_budget("0.000045")
    for _ in range(3):
        budget(call())
        meter(call())
    assert (budget.spent, budget.left) == (Decimal("0.000045"), 0)
    with pytest.raises(BudgetExceededError) as caught:
        budget(call())
    assert str(caught.value) == (
        "The budget of 0.000045 USD does not allow this Sign for 0.000015 USD: since 2026-01-05 09:00:00 UTC, "
        "0.000045 USD were spent on 3 requests (Sign 3)."
    )
    assert isinstance(caught.value, KmslabError)
    assert budget.bill.by("operation") == {"Sign": 3}


def test_what_was_spent_before_does_not_count(meter: Meter, make_budget: MakeBudget) -> None:
    for _ in range(100):
        meter(call())
    budget = make_budget(0.00002)
    budget(call())
    assert (budget.spent, budget.bill.requests) == (0, 0)


def test_what_is_free_goes_on(meter: Meter, make_budget: MakeBudget) -> None:
    budget = make_budget(0)
    listing = call("ListKeys", keys=())
    for _ in range(20_000):
        budget(listing)
        meter(listing)
    with pytest.raises(BudgetExceededError, match=r"this ListKeys for 0\.000003 USD: .*, 0\.000000 USD were spent"):
        budget(listing)
    # The free tier is the month's.
    budget(call("ListKeys", datetime(2026, 2, 1, tzinfo=UTC), keys=()))


def test_other_accounts_are_not_watched(make_budget: MakeBudget) -> None:
    budget = make_budget(0)
    budget(call(account_id=OTHER))
    with pytest.raises(BudgetExceededError):
        budget(call())


@pytest.mark.parametrize("operation", ["CreateKey", "ReplicateKey"])
def test_a_new_key_costs_its_first_hour(meter: Meter, make_budget: MakeBudget, operation: str) -> None:
    making = call(operation, keys=())
    assert meter.cost_of(making) == Decimal("0.001344")
    with pytest.raises(BudgetExceededError, match=r"for 0\.001344 USD"):
        make_budget("0.001343")(making)
    make_budget("0.001344")(making)


def test_keys_go_on_costing(meter: Meter, make_budget: MakeBudget) -> None:
    meter(call("CreateKey"))
    later = START + timedelta(days=1)
    budget = Budget("0.02", meter, ACCOUNT, lambda: START)
    with pytest.raises(BudgetExceededError, match=r"0\.032258 USD were spent on 0 requests and 24 key-hours\."):
        budget(call(time=later))
    assert Budget("0.02", meter, ACCOUNT, lambda: later).left == Decimal("0.02")


def test_nothing_is_charged_while_the_meter_does_not_charge(meter: Meter, make_budget: MakeBudget) -> None:
    meter.charges_requests = False
    make_budget(0)(call())
    meter.charges_requests = True
    with pytest.raises(BudgetExceededError):
        make_budget(0)(call())


@pytest.mark.parametrize("usd", [-0.01, "-1", float("nan"), float("inf"), "much", None, "NaN"])
def test_no_sum_of_money(make_budget: MakeBudget, usd: Any) -> None:
    with pytest.raises(KmslabError, match=r"A budget is a sum of US dollars, such as 0\.05, not"):
        make_budget(usd)


def test_shown(make_budget: MakeBudget) -> None:
    assert repr(make_budget(0.05)) == "<Budget 0.05 USD, 0.050000 USD left>"


class TestRefusing:
    def test_in_a_services_words(self) -> None:
        def handler(request: str) -> str:
            raise BudgetExceededError(f"No {request}.")

        with pytest.raises(RefusedError) as caught:
            refusing(handler)("Sign")
        assert (caught.value.code, caught.value.message, caught.value.status) == (
            "BudgetExceededException",
            "No Sign.",
            400,
        )

    def test_everything_else_as_it_is(self) -> None:
        def handler(request: str) -> str:
            if request == "misuse":
                raise KmslabError(request)
            return request.upper()

        assert refusing(handler)("fine") == "FINE"
        with pytest.raises(KmslabError, match="misuse"):
            refusing(handler)("misuse")
