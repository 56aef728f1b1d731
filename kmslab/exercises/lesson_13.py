"""Exercises of lesson 13: what it costs.

Forecasts are handed over, not numbers: what they count was really called. More than 300 lines, because each typical
mistake has a test and a sentence of its own.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from kmslab.billing.bill import Bill
from kmslab.billing.forecast import Forecast
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, Test, by_mistake

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


def _operations(attempt: Attempt) -> Counter[str]:
    """All requests of the forecast that was handed over, by operation, whatever key they were on."""
    counts: Counter[str] = Counter()
    for request, count in attempt.answer.bill.usage.requests.items():
        counts[request.operation] += count
    return counts


def _makes_keys(attempt: Attempt) -> bool:
    return _operations(attempt)["CreateKey"] > 0


#: What people hand over in place of the forecast that is wanted.
_OTHER_ANSWERS: tuple[tuple[Test, str], ...] = (
    (
        lambda attempt: isinstance(attempt.answer, Bill),
        "That is a bill, of what you did once. Hand over what lab.forecast makes of it.",
    ),
    (
        lambda attempt: isinstance(attempt.answer, Forecast),
        "It is a forecast for another number of times: look at times= again.",
    ),
    (
        lambda attempt: isinstance(attempt.answer, (str, int, float, Decimal)),
        "That is a sum alone, and nobody sees what is in it. Hand over what lab.forecast returns, and not its total.",
    ),
)


# --- 13.1 ---


def _receipt_keys(attempt: Attempt) -> set[str]:
    keys = attempt.lab.inventory.select(region=_RECEIPTS_REGION, spec=_RECEIPTS_SPEC)
    return {key.arn for key in keys if key.description == _RECEIPTS}


def _on_receipt_keys(attempt: Attempt, operation: str) -> bool:
    return any(succeeded(attempt.lab, operation, arn) for arn in _receipt_keys(attempt))


def _both_are_counted(attempt: Attempt) -> bool:
    counts = _counts(_forecast(attempt, _RECEIPTS_A_MONTH), _receipt_keys(attempt))
    return counts["Sign"] == counts["Verify"] == 1


def _described(attempt: Attempt, region: str | None) -> bool:
    return any(key.description == _RECEIPTS for key in attempt.lab.inventory.select(region=region))


def _receipt_counts(attempt: Attempt) -> Counter[str]:
    return _counts(_forecast(attempt, _RECEIPTS_A_MONTH), _receipt_keys(attempt))


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
    """Whether the keys that are needed work, once some other key of the company has gone."""
    return _something_goes(attempt) and all(_state(attempt, _key(attempt, name)) == "Enabled" for name in _NEEDED)


def _something_goes(attempt: Attempt) -> bool:
    return any(_state(attempt, _key(attempt, name)) in _GONE for name in (*_UNUSED, *_NEEDED)) or _replica_goes(attempt)


def _goes(name: str) -> Test:
    return lambda attempt: _state(attempt, _key(attempt, name)) in _GONE


def _some_are_disabled(attempt: Attempt) -> bool:
    return any(_state(attempt, _key(attempt, name)) == "Disabled" for name in _UNUSED)


def _some_go(attempt: Attempt) -> bool:
    return any(_state(attempt, _key(attempt, name)) in _GONE for name in _UNUSED)


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


def _verifies_at_home(attempt: Attempt) -> bool:
    """Whether KMS verified nothing, and the public key was there to do it with."""
    counts, invoices = _of_company(attempt), _key(attempt, "invoices")
    return bool(counts["Sign"] and not counts["Verify"] and succeeded(attempt.lab, "GetPublicKey", invoices))


def _asks_for_each(*operations: str) -> Test:
    """A test whether the minute asks for one of these at every order."""
    return lambda attempt: any(_of_company(attempt)[each] >= _ORDERS_A_MINUTE for each in operations)


EXERCISES = (
    Exercise(
        number="13.1",
        title="receipts by the hundred thousand",
        tasks=(
            Task(
                "there is a key 'receipts' for ECC_NIST_P256 in eu-west-1",
                _receipt_keys,
                by_mistake(
                    "create_key(Description='receipts', KeySpec='ECC_NIST_P256', KeyUsage='SIGN_VERIFY'), with a "
                    "client for eu-west-1.",
                    (
                        lambda attempt: _described(attempt, _RECEIPTS_REGION),
                        "The key 'receipts' is of another kind, and other kinds have other prices: "
                        "KeySpec='ECC_NIST_P256' and KeyUsage='SIGN_VERIFY'.",
                    ),
                    (
                        lambda attempt: _described(attempt, None),
                        "The key 'receipts' is in another Region: boto3.client('kms', region_name='eu-west-1').",
                    ),
                ),
            ),
            Task(
                "a receipt was signed with it, and verified by KMS",
                lambda attempt: _on_receipt_keys(attempt, "Sign") and _on_receipt_keys(attempt, "Verify"),
                by_mistake(
                    "sign and verify take the same KeyId, Message and SigningAlgorithm='ECDSA_SHA_256'; verify the "
                    "Signature too.",
                    (
                        lambda attempt: _on_receipt_keys(attempt, "Sign"),
                        "It is signed, and KMS has not verified it: verify, with the same KeyId, Message and "
                        "SigningAlgorithm, and the Signature.",
                    ),
                ),
            ),
            Task(
                "a forecast for 300,000 times was handed over",
                lambda attempt: _forecast(attempt, _RECEIPTS_A_MONTH),
                by_mistake(
                    "answer = lab.forecast(lab.bill.since(mark), times=300_000), with the mark ahead of both calls.",
                    *_OTHER_ANSWERS,
                ),
            ),
            Task(
                "it counts one Sign and one Verify for each receipt",
                _both_are_counted,
                by_mistake(
                    "The forecast is made from one sign and one verify with the key 'receipts'.",
                    (
                        lambda attempt: max(_receipt_counts(attempt)["Sign"], _receipt_counts(attempt)["Verify"]) > 1,
                        "More than one of them lies between mark and forecast, and times= multiplies that. Take a new "
                        "mark, and call each once.",
                    ),
                    (
                        lambda attempt: _receipt_counts(attempt)["Sign"] != _receipt_counts(attempt)["Verify"],
                        "One of the two does not lie between mark and forecast. Take the mark before both calls.",
                    ),
                    (
                        lambda attempt: _forecast(attempt, _RECEIPTS_A_MONTH),
                        "The calls in this forecast are none with the key 'receipts'. Take a mark, then sign and "
                        "verify with that key.",
                    ),
                ),
            ),
            Task(
                "the key is not made 300,000 times, and nothing else is in it",
                lambda attempt: _forecast(attempt, _RECEIPTS_A_MONTH).total == _RECEIPTS_COST,
                by_mistake(
                    "Print the forecast and look at its lines: what happened between the mark and the forecast is "
                    "multiplied.",
                    (
                        _makes_keys,
                        "create_key lies between mark and forecast, so 300,000 keys are made. Take the mark after it.",
                    ),
                    (
                        lambda attempt: set(_operations(attempt)) - {"Sign", "Verify"},
                        "Something else than sign and verify lies between mark and forecast. "
                        "print(lab.bill.since(mark).by('operation')) says what; take a new mark.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'What one call costs' has mark, calls and forecast; 'Not all requests are alike' signs.",
            "create_key first, then mark = lab.bill, then sign and verify, then lab.forecast(lab.bill.since(mark), "
            "times=...).",
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "kind = {'KeySpec': 'ECC_NIST_P256', 'KeyUsage': 'SIGN_VERIFY'}\n"
            "key = ireland.create_key(Description='receipts', **kind)['KeyMetadata']['KeyId']\n"
            "mark = lab.bill\n"
            "what = {'KeyId': key, 'Message': b'receipt', 'SigningAlgorithm': 'ECDSA_SHA_256'}\n"
            "signature = ireland.sign(**what)['Signature']\n"
            "ireland.verify(**what, Signature=signature)\n"
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
                by_mistake(
                    "frankfurt.get_key_last_usage(KeyId=...)['KeyLastUsage'] tells the last use, or is empty. Whoever "
                    "is idle for 90 days: schedule_key_deletion.",
                    (
                        _some_are_disabled,
                        "A key that is disabled costs its dollar as before. What waits for its deletion costs nothing: "
                        "schedule_key_deletion.",
                    ),
                    (
                        _some_go,
                        "Some do, and not all of them yet. A key that was never used is idle too: its KeyLastUsage is "
                        "empty.",
                    ),
                ),
            ),
            Task(
                "so does the replica of orders in eu-west-1",
                _replica_goes,
                by_mistake(
                    "It has the same key id as its primary: a client for eu-west-1 and schedule_key_deletion.",
                    (
                        _goes("orders"),
                        "You have sent away the primary, in eu-central-1: cancel_key_deletion and enable_key there. "
                        "The replica has the same key id, and a client for eu-west-1 reaches it.",
                    ),
                ),
            ),
            Task(
                "orders, customers and invoices in eu-central-1 still work",
                _stay,
                by_mistake(
                    "These three have to stay Enabled: enable_key brings one back that is disabled.",
                    (
                        _goes("customers"),
                        "customers has to stay: count the days since its last use again. cancel_key_deletion and "
                        "enable_key bring it back.",
                    ),
                    (
                        lambda attempt: _goes("orders")(attempt) or _goes("invoices")(attempt),
                        "A key that the shop uses every minute was sent away: cancel_key_deletion and enable_key bring "
                        "it back.",
                    ),
                    (
                        lambda attempt: not _something_goes(attempt),
                        "They do, and nothing goes yet. This is looked at when the first key waits for its deletion.",
                    ),
                ),
            ),
        ),
        hints=(
            "Ask each key of the company for its last use. Then think of the one that is not in eu-central-1.",
            "get_key_last_usage, lab.clock.now() minus its Timestamp, and schedule_key_deletion. The replica has a "
            "client of its own, for eu-west-1.",
            "for name in ('trial-1', 'trial-2', 'old-shop'):\n"
            "    frankfurt.schedule_key_deletion(KeyId=company[name])\n"
            "boto3.client('kms', region_name='eu-west-1').schedule_key_deletion(KeyId=company['orders'])",
        ),
    ),
    Exercise(
        number="13.3",
        title="the same minute for half the price",
        tasks=(
            Task(
                "a forecast for 43,200 times was handed over",
                _minute,
                by_mistake(
                    "mark = lab.bill, your minute once, and answer = lab.forecast(lab.bill.since(mark), times=43_200).",
                    *_OTHER_ANSWERS,
                ),
            ),
            Task(
                "the minute encrypts and decrypts under the key 'orders'",
                _encrypts_and_decrypts,
                by_mistake(
                    "generate_data_key and decrypt, both between mark and forecast, and not for every order.",
                    (
                        lambda attempt: _of_company(attempt)["GenerateDataKey"] and not _of_company(attempt)["Decrypt"],
                        "A data key is got, and nobody decrypts it: whoever opens the orders later has only the "
                        "CiphertextBlob. decrypt it once in the minute.",
                    ),
                    (
                        lambda attempt: _of_company(attempt)["Decrypt"],
                        "It decrypts, and no data key is got in the minute: generate_data_key belongs behind the mark.",
                    ),
                ),
            ),
            Task(
                "it signs ten orders with the key 'invoices'",
                _signs_all,
                by_mistake(
                    "Ten orders have ten signatures: sign cannot be saved.",
                    (
                        lambda attempt: _minute(attempt) and _operations(attempt)["Sign"] >= _ORDERS_A_MINUTE,
                        "Ten signatures, and not with the key 'invoices': KeyId=company['invoices'], because no other "
                        "key may sign them.",
                    ),
                ),
            ),
            Task(
                "it asks for nothing that it does not need",
                lambda attempt: _of_company(attempt)["DescribeKey"] == 0,
                "A key that is disabled refuses by itself: leave DescribeKey away.",
            ),
            Task(
                "signatures are verified without KMS",
                _verifies_at_home,
                by_mistake(
                    "get_public_key once, serialization.load_der_public_key, and .verify(signature, order, "
                    "ec.ECDSA(hashes.SHA256())) at home.",
                    (
                        lambda attempt: _of_company(attempt)["Verify"],
                        "KMS still verifies, at five times the price of Decrypt. Anybody can who has the public key: "
                        "get_public_key once, and then public.verify(signature, order, ec.ECDSA(hashes.SHA256())).",
                    ),
                    (
                        lambda attempt: _of_company(attempt)["Sign"],
                        "Nobody verifies any more: the public key of 'invoices' was never fetched. get_public_key "
                        "once, and then public.verify(signature, order, ec.ECDSA(hashes.SHA256())) for each.",
                    ),
                ),
            ),
            Task(
                "it costs at most half",
                lambda attempt: _minute(attempt).total <= _HALF,
                by_mistake(
                    "Print the forecast and look at its lines.",
                    (
                        _makes_keys,
                        "create_key lies between mark and forecast, so 43,200 keys are made. Take the mark after it.",
                    ),
                    (
                        _asks_for_each("GenerateDataKey", "Decrypt", "Encrypt"),
                        "One data key is enough for the ten orders of a minute, with a new nonce for each: "
                        "generate_data_key and decrypt once, outside of the loop.",
                    ),
                    (
                        _asks_for_each("GetPublicKey"),
                        "The public key does not change: get_public_key once, before the mark, and not for every "
                        "order.",
                    ),
                ),
            ),
        ),
        hints=(
            "Three of the five calls in the loop are needless, or needless ten times.",
            "No describe_key; generate_data_key and decrypt before the loop, once; get_public_key in place of verify, "
            "before the mark.",
            "der = frankfurt.get_public_key(KeyId=company['invoices'])['PublicKey']\n"
            "public_key = serialization.load_der_public_key(der)\n"
            "mark = lab.bill\n"
            "data_key = frankfurt.generate_data_key(KeyId=company['orders'], KeySpec='AES_256')\n"
            "opened = frankfurt.decrypt(CiphertextBlob=data_key['CiphertextBlob'])['Plaintext']\n"
            "for number in range(10):\n"
            "    order, nonce = f'order {number}'.encode(), os.urandom(12)\n"
            "    stored = AESGCM(data_key['Plaintext']).encrypt(nonce, order, None)\n"
            "    assert AESGCM(opened).decrypt(nonce, stored, None) == order\n"
            "    what = {'KeyId': company['invoices'], 'Message': order, 'SigningAlgorithm': 'ECDSA_SHA_256'}\n"
            "    public_key.verify(frankfurt.sign(**what)['Signature'], order, ec.ECDSA(hashes.SHA256()))\n"
            "answer = lab.forecast(lab.bill.since(mark), times=43_200)",
        ),
    ),
)
