"""Exercises of lesson 13: what it costs.

Forecasts are handed over, not numbers: what they count was really called.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from kmslab.billing.forecast import Forecast
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_RECEIPTS, _RECEIPTS_REGION, _RECEIPTS_SPEC = "receipts", "eu-west-1", "ECC_NIST_P256"
_RECEIPTS_A_MONTH = 300_000
#: A key-month, and two requests for each receipt at 0.15 USD for 10,000.
_RECEIPTS_COST = Decimal("10.00")

_COMPANY_REGION, _REPLICA_REGION = "eu-central-1", "eu-west-1"
_NEEDED, _UNUSED = ("orders", "customers", "invoices"), ("trial-1", "trial-2", "old-shop")
#: Key states that cost nothing; the first stands for a key that does not exist any more.
_GONE = ("deleted", "PendingDeletion", "PendingReplicaDeletion")
_MINUTES = 43_200
_ORDERS_A_MINUTE = 10
#: Half of what the lesson's minute costs: two key-months, and for each of ten orders three symmetric requests and two
#: with an elliptic curve.
_HALF = (2 + Decimal("0.03") * (_MINUTES * 30 - 20_000) / 10_000 + Decimal("0.15") * _MINUTES * 20 / 10_000) / 2


def _forecast(attempt: Attempt, times: int) -> Forecast:
    """The forecast that was handed over; anything else raises, and so counts as not done."""
    if not isinstance(attempt.answer, Forecast) or attempt.answer.times != times:
        raise TypeError("another forecast is wanted")
    return attempt.answer


def _counts(forecast: Forecast, key_arns: set[str]) -> Counter[str]:
    """The requests of the forecast's bill on these keys, by operation."""
    counts: Counter[str] = Counter()
    for request, count in forecast.bill.usage.requests.items():
        if key_arns.intersection(request.key_arns):
            counts[request.operation] += count
    return counts


# --- 13.1 ---


def _receipt_keys(attempt: Attempt) -> set[str]:
    keys = attempt.lab.inventory.select(region=_RECEIPTS_REGION, spec=_RECEIPTS_SPEC)
    return {key.arn for key in keys if key.description == _RECEIPTS}


def _on_receipt_keys(attempt: Attempt, operation: str) -> bool:
    return any(succeeded(attempt.lab, operation, arn) for arn in _receipt_keys(attempt))


def _both_are_counted(attempt: Attempt) -> bool:
    counts = _counts(_forecast(attempt, _RECEIPTS_A_MONTH), _receipt_keys(attempt))
    return counts["Sign"] == counts["Verify"] == 1


# --- 13.2 ---


def _key(attempt: Attempt, description: str) -> str:
    """The ARN of the company's key with a description; the newest, if the lesson's cell was run again."""
    calls = [call for call in succeeded(attempt.lab, "CreateKey") if call.region == _COMPANY_REGION]
    return [call.keys[0].arn for call in calls if call.params.get("Description") == description][-1]


def _state(attempt: Attempt, arn: str) -> str:
    key = attempt.lab.inventory.get(arn)
    return _GONE[0] if key is None else key.state


def _go(attempt: Attempt) -> bool:
    return all(_state(attempt, _key(attempt, name)) in _GONE for name in _UNUSED)


def _replica_goes(attempt: Attempt) -> bool:
    replica = _key(attempt, "orders").replace(_COMPANY_REGION, _REPLICA_REGION)
    return bool(succeeded(attempt.lab, "ReplicateKey")) and _state(attempt, replica) in _GONE


def _stay(attempt: Attempt) -> bool:
    """Whether the keys that are needed work, once something else has gone."""
    if not succeeded(attempt.lab, "ScheduleKeyDeletion"):
        return False
    return all(_state(attempt, _key(attempt, name)) == "Enabled" for name in _NEEDED)


# --- 13.3 ---


def _minute(attempt: Attempt) -> Forecast:
    return _forecast(attempt, _MINUTES)


def _of_company(attempt: Attempt) -> Counter[str]:
    return _counts(_minute(attempt), {_key(attempt, name) for name in _NEEDED})


def _encrypts_and_decrypts(attempt: Attempt) -> bool:
    counts = _counts(_minute(attempt), {_key(attempt, "orders")})
    return bool((counts["GenerateDataKey"] or counts["Encrypt"]) and counts["Decrypt"])


def _signs_all(attempt: Attempt) -> bool:
    return _counts(_minute(attempt), {_key(attempt, "invoices")})["Sign"] >= _ORDERS_A_MINUTE


EXERCISES = (
    Exercise(
        number="13.1",
        title="receipts by the hundred thousand",
        tasks=(
            Task(
                "there is a key 'receipts' for ECC_NIST_P256 in eu-west-1",
                _receipt_keys,
                "create_key(Description='receipts', KeySpec='ECC_NIST_P256', KeyUsage='SIGN_VERIFY'), with a client "
                "for eu-west-1.",
            ),
            Task(
                "a receipt was signed with it, and verified by KMS",
                lambda attempt: _on_receipt_keys(attempt, "Sign") and _on_receipt_keys(attempt, "Verify"),
                "sign and verify take the same KeyId, Message and SigningAlgorithm='ECDSA_SHA_256'; verify the "
                "Signature too.",
            ),
            Task(
                "a forecast for 300,000 times was handed over",
                lambda attempt: _forecast(attempt, _RECEIPTS_A_MONTH),
                "answer = lab.forecast(lab.bill.since(mark), times=300_000): what it returns, and not its total.",
            ),
            Task(
                "it counts one Sign and one Verify for each receipt",
                _both_are_counted,
                "Take the mark before both calls, and make each of them once: receipts are signed and verified.",
            ),
            Task(
                "the key is not made 300,000 times, and nothing else is in it",
                lambda attempt: _forecast(attempt, _RECEIPTS_A_MONTH).total == _RECEIPTS_COST,
                "Look at the forecast's lines. What happened between the mark and the forecast is multiplied, "
                "create_key too: take the mark after it.",
            ),
        ),
        hints=(
            "The section 'What one call costs' has mark, calls and forecast; 'Not all requests are alike' signs.",
            "create_key first, then mark = lab.bill, then sign and verify, then lab.forecast(lab.bill.since(mark), "
            "times=...).",
            "mark = lab.bill; s = ireland.sign(KeyId=k, Message=b'1', SigningAlgorithm='ECDSA_SHA_256')['Signature']; "
            "ireland.verify(KeyId=k, Message=b'1', SigningAlgorithm='ECDSA_SHA_256', Signature=s); "
            "answer = lab.forecast(lab.bill.since(mark), times=300_000)",
        ),
    ),
    Exercise(
        number="13.2",
        title="keys that nobody needs",
        tasks=(
            Task(
                "the keys without a use for 90 days wait for their deletion",
                _go,
                "frankfurt.get_key_last_usage(KeyId=...)['KeyLastUsage'] tells the last use, or is empty; three keys "
                "are idle. A key that is disabled goes on costing: schedule_key_deletion.",
            ),
            Task(
                "so does the replica of orders in eu-west-1",
                _replica_goes,
                "It has the same key id as its primary: a client for eu-west-1 and schedule_key_deletion.",
            ),
            Task(
                "orders, customers and invoices in eu-central-1 still work",
                _stay,
                "Something goes, and these three stay Enabled. cancel_key_deletion and enable_key bring one back. The "
                "last use of customers is not as long ago as it seems: count the days.",
            ),
        ),
        hints=(
            "Ask each key of the company for its last use. Then think of the one that is not in eu-central-1.",
            "get_key_last_usage, lab.clock.now() minus its Timestamp, and schedule_key_deletion. The replica has a "
            "client of its own, for eu-west-1.",
            "for name in ('trial-1', 'trial-2', 'old-shop'): frankfurt.schedule_key_deletion(KeyId=company[name]), "
            "then boto3.client('kms', 'eu-west-1').schedule_key_deletion(KeyId=company['orders'])",
        ),
    ),
    Exercise(
        number="13.3",
        title="the same minute for half the price",
        tasks=(
            Task(
                "a forecast for 43,200 times was handed over",
                _minute,
                "mark = lab.bill, your minute once, and answer = lab.forecast(lab.bill.since(mark), times=43_200).",
            ),
            Task(
                "the minute encrypts and decrypts under the key 'orders'",
                _encrypts_and_decrypts,
                "generate_data_key and decrypt are needed, but not for every order. Both lie between mark and "
                "forecast.",
            ),
            Task(
                "it signs ten orders with the key 'invoices'",
                _signs_all,
                "Ten orders have ten signatures: sign cannot be saved, and no other key may sign them.",
            ),
            Task(
                "it asks for nothing that it does not need",
                lambda attempt: _of_company(attempt)["DescribeKey"] == 0,
                "A key that is disabled refuses by itself: leave DescribeKey away.",
            ),
            Task(
                "signatures are verified without KMS",
                lambda attempt: _of_company(attempt)["Sign"] and not _of_company(attempt)["Verify"],
                "get_public_key once, serialization.load_der_public_key, and .verify(signature, order, "
                "ec.ECDSA(hashes.SHA256())) at home.",
            ),
            Task(
                "it costs at most half",
                lambda attempt: _minute(attempt).total <= _HALF,
                "Print the forecast and look at its lines. One data key is enough for the ten orders of a minute, with "
                "a new nonce for each; and keys that you make do not belong between mark and forecast.",
            ),
        ),
        hints=(
            "Three of the five calls in the loop are needless, or needless ten times.",
            "No describe_key; generate_data_key and decrypt before the loop, once; get_public_key in place of verify, "
            "before the mark.",
            "public = serialization.load_der_public_key(frankfurt.get_public_key(KeyId=company['invoices'])"
            "['PublicKey']), and in the loop only sign, AESGCM and public.verify(signature, order, "
            "ec.ECDSA(hashes.SHA256()))",
        ),
    ),
)
