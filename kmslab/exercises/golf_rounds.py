"""What is true of a round of call golf: the predicates of the nine holes.

Each looks at the state, or opens what was handed over by calls that nobody sees; then at the trail of the round, so
that nothing counts that was guessed, or read where AWS would not show it. An answer of another shape raises, and so
counts as not done. A little over 300 lines: nine holes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kmslab import Principal
from kmslab.exercises import tees
from kmslab.exercises.evidence import quietly
from kmslab.exercises.golf import bill_of, calls_of, count, round_of
from kmslab.exercises.model import Attempt


def given_at(attempt: Attempt, number: str) -> Any:
    """What the player got at the tee."""
    return round_of(attempt.lab, number).given


def done(attempt: Attempt, number: str) -> Counter[str]:
    """How often each operation was called with success in the round."""
    return count(calls_of(attempt.lab, number))


def opened(attempt: Attempt, blob: object, key_id: str, context: dict[str, str] | None = None) -> bytes | None:
    """What is in a ciphertext under a key, or None; nobody notices."""
    members = {"EncryptionContext": context} if context else {}
    with quietly(attempt.lab):
        try:
            reply = attempt.lab.client("kms", tees.REGION).decrypt(CiphertextBlob=blob, KeyId=key_id, **members)
        except (ClientError, BotoCoreError):
            return None
    return bytes(reply["Plaintext"])


def blobs(answer: object) -> list[bytes]:
    """One ciphertext, or a list of them."""
    if isinstance(answer, bytes):
        return [answer]
    if not isinstance(answer, (list, tuple)) or not all(isinstance(blob, bytes) for blob in answer):
        raise TypeError("ciphertexts are wanted")
    return list(answer)


def wanted(answer: object, size: int) -> Sequence[Any]:
    """A list of so many things."""
    if not isinstance(answer, (list, tuple)) or len(answer) != size:
        raise TypeError("another answer is wanted")
    return answer


# --- 1 ---


def _notes(attempt: Attempt) -> list[bytes]:
    tried = [opened(attempt, blob, given_at(attempt, "1")["key_id"]) for blob in blobs(attempt.answer)]
    return [each for each in tried if each is not None]


def notes_open(attempt: Attempt) -> bool:
    """Whether all that was handed over can be opened."""
    return len(_notes(attempt)) == len(blobs(attempt.answer)) > 0


def are_plain(attempt: Attempt) -> bool:
    """Whether notes were handed over, and no ciphertexts."""
    texts = "".join(given_at(attempt, "1")["notes"]).encode()
    return any(blob and blob in texts for blob in blobs(attempt.answer))


def are_no_ciphertexts(attempt: Attempt) -> bool:
    """Whether something else than ciphertexts was handed over, such as a pair of a data key and what it encrypted."""
    answer = attempt.answer
    whole = isinstance(answer, (list, tuple)) and all(isinstance(blob, bytes) for blob in answer)
    return bool(given_at(attempt, "1")) and answer is not None and not isinstance(answer, bytes) and not whole


def missing_notes(attempt: Attempt) -> list[str]:
    """The notes that are in none of the ciphertexts."""
    there = b"\n".join(_notes(attempt)).decode("utf-8", "replace")
    return [note for note in given_at(attempt, "1")["notes"] if note not in there]


# --- 2 ---


def named_key(attempt: Attempt) -> str:
    """The key id that was handed over."""
    return str(attempt.answer).strip().rpartition("/")[2]


def is_the_maker(attempt: Attempt) -> bool:
    """Whether the key that was named made the ciphertext."""
    at_tee = given_at(attempt, "2")
    return named_key(attempt) in at_tee["key_ids"] and bool(opened(attempt, at_tee["ciphertext"], named_key(attempt)))


# --- 3 ---


def doors(attempt: Attempt) -> dict[str, str]:
    """Key ids by alias, as they were handed over."""
    if not isinstance(attempt.answer, dict):
        raise TypeError("a dictionary is wanted")
    return {str(alias): str(key).rpartition("/")[2] for alias, key in attempt.answer.items()}


def names_every_door(attempt: Attempt) -> bool:
    """Whether all twelve aliases were named."""
    return set(given_at(attempt, "3")["aliases"]) <= set(doors(attempt))


def lacks_prefix(attempt: Attempt) -> bool:
    """Whether the aliases were named without `alias/`."""
    return set(given_at(attempt, "3")["aliases"]) <= {f"alias/{alias}" for alias in doors(attempt)}


def right_doors(attempt: Attempt) -> bool:
    """Whether each of the twelve aliases stands for the key that was named."""
    found = doors(attempt)
    here = attempt.lab.inventory.select(region=tees.REGION)
    rooms = {alias: here.named(alias) for alias in given_at(attempt, "3")["aliases"]}
    return all(room is not None and found[alias] == room.key_id for alias, room in rooms.items())


# --- 4 ---


def moved(attempt: Attempt) -> bool:
    """Whether each new ciphertext holds what the old one held, under the new key and in the same context."""
    at_tee = given_at(attempt, "4")
    together = zip(wanted(attempt.answer, 5), at_tee["ciphertexts"], at_tee["contexts"], strict=True)
    return all(
        (before := opened(attempt, old, at_tee["old_key"], context)) is not None
        and opened(attempt, new, at_tee["new_key"], context) == before
        for new, old, context in together
    )


def context_is_lost(attempt: Attempt) -> bool:
    """Whether some open without a context."""
    at_tee = given_at(attempt, "4")
    return any(opened(attempt, new, at_tee["new_key"]) is not None for new in wanted(attempt.answer, 5))


def order_is_lost(attempt: Attempt) -> bool:
    """Whether each opens in the context of one of the five."""
    at_tee = given_at(attempt, "4")
    return all(
        any(opened(attempt, new, at_tee["new_key"], context) is not None for context in at_tee["contexts"])
        for new in wanted(attempt.answer, 5)
    )


def is_still_old(attempt: Attempt) -> bool:
    """Whether some are under the old key."""
    at_tee = given_at(attempt, "4")
    together = zip(wanted(attempt.answer, 5), at_tee["contexts"], strict=True)
    return any(opened(attempt, new, at_tee["old_key"], context) is not None for new, context in together)


def nobody_saw(attempt: Attempt) -> bool:
    """Whether the five went from key to key within KMS."""
    calls = done(attempt, "4")
    return bool(calls["ReEncrypt"]) and not calls["Decrypt"]


# --- 5 ---


def forged(attempt: Attempt) -> list[int]:
    """The places of the forged receipts."""
    return tees.forged(round_of(attempt.lab, "5").number)


def good(attempt: Attempt) -> list[int]:
    """The places of the others."""
    return [place for place in range(10) if place not in forged(attempt)]


def places(attempt: Attempt) -> list[int]:
    """The places that were handed over."""
    if not isinstance(attempt.answer, (list, tuple, set, frozenset)) or not attempt.answer:
        raise TypeError("a list of numbers is wanted")
    return sorted({int(each) for each in attempt.answer})


# --- 6 ---


def stored(attempt: Attempt) -> dict[str, dict[str, Any]]:
    """What S3 answers for each cover that is there, its content included."""
    at_tee, s3 = given_at(attempt, "6"), attempt.lab.client("s3", tees.REGION)
    found = {}
    with quietly(attempt.lab):
        for name in at_tee["covers"]:
            try:
                reply = s3.get_object(Bucket=at_tee["bucket"], Key=name)
            except ClientError:
                continue
            found[name] = {**reply, "Body": reply["Body"].read()}
    return found


def all_stored(attempt: Attempt) -> bool:
    """Whether every cover is there as it was."""
    found = stored(attempt)
    return all(name in found and found[name]["Body"] == body for name, body in given_at(attempt, "6")["covers"].items())


def all_under_the_key(attempt: Attempt) -> bool:
    """Whether every cover is there and encrypted under the key."""
    key_id = given_at(attempt, "6")["key_id"]
    under = [each for each in stored(attempt).values() if str(each.get("SSEKMSKeyId", "")).endswith(key_id)]
    return len(under) == len(given_at(attempt, "6")["covers"])


def some_with(attempt: Attempt, encryption: str) -> bool:
    """Whether some cover is encrypted in this way, such as `AES256`."""
    return any(each.get("ServerSideEncryption") == encryption for each in stored(attempt).values())


# --- 7 ---


def rotated(attempt: Attempt) -> list[str]:
    """The keys whose rotation is finished, on the day of the tee."""
    today = round_of(attempt.lab, "7").since + timedelta(days=1)
    calls = [call for call in calls_of(attempt.lab, "7") if call.operation == "RotateKey" and call.time < today]
    by_now = {used.arn.rpartition("/")[2] for call in calls for used in call.keys}
    return [key_id for key_id in given_at(attempt, "7")["key_ids"] if key_id in by_now]


def names_stay(attempt: Attempt) -> bool:
    """Whether, once something was called, each alias stands for its key, and the keys are enabled."""
    at_tee = given_at(attempt, "7")
    here = attempt.lab.inventory.select(region=tees.REGION)
    keys = [here.named(alias) for alias in at_tee["aliases"]]
    same = [key.key_id if key is not None else "" for key in keys] == at_tee["key_ids"]
    enabled = all(key is not None and key.state == "Enabled" for key in keys)
    return same and enabled and bill_of(attempt, "7").requests > 0


# --- 8 ---


def five_keys(attempt: Attempt) -> list[bytes]:
    """The five data keys that were handed over."""
    keys = wanted(wanted(attempt.answer, 2)[1], 5)
    if not all(isinstance(key, bytes) and len(key) == 32 for key in keys):
        raise TypeError("keys of 32 bytes are wanted")
    return list(keys)


def ciphertexts_hold_them(attempt: Attempt) -> bool:
    """Whether the ciphertexts, opened and put together, are the five keys."""
    key_id = given_at(attempt, "8")["key_id"]
    tried = [opened(attempt, blob, key_id) for blob in blobs(wanted(attempt.answer, 2)[0])]
    return b"".join(each or b"" for each in tried) == b"".join(five_keys(attempt))


def kms_made_them(attempt: Attempt) -> bool:
    """Whether the keys are KMS's and not the player's."""
    calls = done(attempt, "8")
    made = calls["GenerateDataKey"] or calls["GenerateDataKeyWithoutPlaintext"]
    return bool(made) and not calls["Encrypt"]


# --- 9 ---


def would(attempt: Attempt, who: Principal, action: str, **context: str) -> list[bool]:
    """Whether somebody would be allowed something, for each of the three keys."""
    keys = given_at(attempt, "9")["key_ids"]
    return [attempt.lab.would(who, action, key, encryption_context=context).allowed for key in keys]


def _user(attempt: Attempt, name: str) -> Principal:
    """A user that the tee has made; without a tee there is none, and none is made."""
    given_at(attempt, "9")
    return attempt.lab.user(name)


def job_would(attempt: Attempt, action: str, **context: str) -> list[bool]:
    """The same for the night job."""
    return would(attempt, _user(attempt, tees.JOB), action, **context)


def shop_would(attempt: Attempt, action: str, **context: str) -> list[bool]:
    """The same for the shop."""
    return would(attempt, _user(attempt, tees.SHOP), action, **context)


def job_reads(attempt: Attempt) -> bool:
    """Whether the night job may decrypt orders."""
    return all(job_would(attempt, "Decrypt", table="orders"))


def job_does_no_more(attempt: Attempt) -> bool:
    """Whether it may do that, and nothing else."""
    more = (
        *job_would(attempt, "Decrypt", table="salaries"),
        *job_would(attempt, "Decrypt"),
        *job_would(attempt, "Encrypt", table="orders"),
        *job_would(attempt, "GenerateDataKey", table="orders"),
        *job_would(attempt, "CreateGrant"),
        *job_would(attempt, "PutKeyPolicy"),
    )
    return job_reads(attempt) and not any(more)


def others_as_before(attempt: Attempt) -> bool:
    """Whether, with the night job let in, the shop and the administrators have what they had, and no more."""
    lab = attempt.lab
    keep = (
        *shop_would(attempt, "Decrypt", table="salaries"),
        *shop_would(attempt, "Encrypt", table="orders"),
        *would(attempt, lab.administrator, "PutKeyPolicy"),
    )
    gained = [each for who in (lab.administrator, lab.root) for each in would(attempt, who, "Decrypt", table="orders")]
    return job_reads(attempt) and all(keep) and not any(gained)


def only_iam_was_tried(attempt: Attempt) -> bool:
    """Whether the night job has a policy in IAM, and the keys themselves are as they were."""
    calls = done(attempt, "9")
    has_policy = bool(_user(attempt, tees.JOB).policies)
    return has_policy and not calls["CreateGrant"] and not calls["PutKeyPolicy"]
