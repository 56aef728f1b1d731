"""Exercises of lesson 03: encrypt from the command line.

A call came from the command line if its user agent says so; what the commands left in files is looked at too.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from math import ceil
from pathlib import Path

from kmslab import Call
from kmslab.exercises.evidence import base64_size, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_TEAMS, _TEAMS_REGION = "alias/team-", "us-west-2"
_LETTERS, _LETTERS_REGION = "alias/letters", "eu-west-1"
#: In the command for 03.3, and read by KMS as these bytes.
_CONTEXT = {"exercise": "03.3"}
_PASSWORD = "blue-harbor-42!"  # noqa: S105
_PARCEL = "parcel"

#: How a ciphertext of Encrypt begins in base64.
_BEGINNING = b"AQICAH"


def _typed(attempt: Attempt, operation: str, region: str | None = None) -> Sequence[Call]:
    """The successful calls of an operation that came from the command line."""
    return [
        call
        for call in succeeded(attempt.lab, operation)
        if call.user_agent.startswith("aws-cli/") and region in (None, call.region)
    ]


def _characters(size: int) -> int:
    return 4 * ceil(size / 3)


def _key_of(call: Call) -> str:
    return call.keys[0].arn


# --- 03.1 ---


def _names(attempt: Attempt) -> list[str]:
    """The words of the answer; anything but a text has none."""
    return attempt.answer.split() if isinstance(attempt.answer, str) else []


def _teams(attempt: Attempt) -> list[str]:
    """The aliases that are to be found; raises, and so counts as not done, if there are none."""
    keys = attempt.lab.inventory.select(region=_TEAMS_REGION)
    names = sorted(name for key in keys for name in key.aliases if name.startswith(_TEAMS))
    if not names:
        raise LookupError(f"no alias begins with {_TEAMS}")
    return names


def _all_are_there(attempt: Attempt) -> bool:
    return set(_teams(attempt)) <= set(_names(attempt))


def _nothing_else(attempt: Attempt) -> bool:
    return sorted(_names(attempt)) == _teams(attempt)


# --- 03.2 ---


def _letters(attempt: Attempt) -> str:
    """The ARN of the key that the alias stands for."""
    key = attempt.lab.inventory.named(_LETTERS, _LETTERS_REGION)
    if key is None:
        raise LookupError(f"{_LETTERS} does not exist")
    return key.arn


def _named(attempt: Attempt) -> bool:
    made = [call.alias_arn or "" for call in _typed(attempt, "CreateAlias", _LETTERS_REGION)]
    return bool(_letters(attempt)) and any(name.endswith(f":{_LETTERS}") for name in made)


def _encrypted_by_name(attempt: Attempt) -> bool:
    calls = _typed(attempt, "Encrypt", _LETTERS_REGION)
    asked = [str(call.params.get("KeyId")) for call in calls if _key_of(call) == _letters(attempt)]
    return any(name == _LETTERS or name.endswith(f":{_LETTERS}") for name in asked)


def _file(attempt: Attempt) -> bytes:
    """The file that was handed over."""
    return Path(str(attempt.answer)).read_bytes()


def _is_ciphertext(attempt: Attempt) -> bool:
    return base64.b64encode(_file(attempt)).startswith(_BEGINNING)


def _decrypted(attempt: Attempt) -> bool:
    """Whether a command decrypted a ciphertext as long as the file, under the letters' key, which it did not name."""
    return _is_ciphertext(attempt) and any(
        _key_of(call) == _letters(attempt)
        and "KeyId" not in call.params
        and base64_size(call, "CiphertextBlob") == _characters(len(_file(attempt)))
        for call in _typed(attempt, "Decrypt", _LETTERS_REGION)
    )


# --- 03.3 ---


def _bytes_of_the_mistake() -> int:
    return len(base64.b64decode(_PASSWORD))


def _in_context(attempt: Attempt, operation: str) -> Sequence[Call]:
    return [call for call in _typed(attempt, operation) if call.params.get("EncryptionContext") == _CONTEXT]


def _whole(attempt: Attempt) -> Sequence[Call]:
    """The encryptions of as many bytes as the password has: one more or less takes another number of characters."""
    wanted = _characters(len(_PASSWORD))
    return [call for call in _in_context(attempt, "Encrypt") if base64_size(call, "Plaintext") == wanted]


def _read_again(attempt: Attempt) -> bool:
    return any(
        other.time > call.time and _key_of(other) == _key_of(call)
        for call in _whole(attempt)
        for other in _in_context(attempt, "Decrypt")
    )


# --- 03.4 ---


def _openings(attempt: Attempt) -> Sequence[Call]:
    """The commands that decrypted under a key that a parcel was encrypted under."""
    keys = {key.arn for key in attempt.lab.inventory if key.description == _PARCEL}
    sealed = {_key_of(call) for call in succeeded(attempt.lab, "Encrypt") if _key_of(call) in keys}
    return [call for call in _typed(attempt, "Decrypt") if _key_of(call) in sealed]


EXERCISES = (
    Exercise(
        number="03.1",
        title="only these names",
        tasks=(
            Task(
                "the aliases of us-west-2 were listed from the command line",
                lambda attempt: _typed(attempt, "ListAliases", _TEAMS_REGION),
                "Use aws kms list-aliases with --region us-west-2, in %aws, in %%bash or after an exclamation mark.",
            ),
            Task(
                "all the names that begin with alias/team- were handed over, as plain text",
                _all_are_there,
                "Hand over what the command prints: answer = %aws ..., then check('03.1', answer). With --output text "
                "there are no quotation marks and brackets around the names.",
            ),
            Task(
                "and nothing else",
                _nothing_else,
                "There are other names, ids or dates in it. Filter the list in --query, and take AliasName of what is "
                "left.",
            ),
        ),
        hints=(
            "The last line of the table of expressions is nearly what you need.",
            "answer = %aws kms list-aliases with --region, --output text and --query with starts_with(...).",
            "answer = %aws kms list-aliases --region us-west-2 --output text "
            "--query \"Aliases[?starts_with(AliasName, '...')].AliasName\"",
        ),
    ),
    Exercise(
        number="03.2",
        title="there and back",
        tasks=(
            Task(
                "alias/letters was made from the command line, in eu-west-1",
                _named,
                "Use aws kms create-key and aws kms create-alias, both with --region eu-west-1.",
            ),
            Task(
                "something was encrypted by that alias, from the command line",
                _encrypted_by_name,
                "Use aws kms encrypt --region eu-west-1 --key-id alias/letters. At Invalid base64, look at the two "
                "fixes.",
            ),
            Task(
                "the file holds a ciphertext, as bytes",
                _is_ciphertext,
                "There must be a file letter.encrypted in the notebook's folder. If it begins with the letters AQICAH "
                "it is still base64 (pipe it through base64 --decode), and if it begins with { it is the whole answer "
                "(use --query and --output).",
            ),
            Task(
                "it was decrypted from the command line, and no key was named",
                _decrypted,
                "Use aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://letter.encrypted, without --key-id.",
            ),
        ),
        hints=(
            "You have seen every command of it, in us-east-1 and with other names.",
            "create-key, create-alias, echo, encrypt ... | base64 --decode > letter.encrypted, decrypt. Each aws "
            "command needs --region eu-west-1 and, if it has an answer, --output text and --query.",
            "aws kms encrypt --region eu-west-1 --key-id alias/letters --plaintext fileb://letter.txt --output text "
            "--query CiphertextBlob | base64 --decode > letter.encrypted; then aws kms decrypt --region eu-west-1 "
            "--ciphertext-blob fileb://letter.encrypted --output text --query Plaintext | base64 --decode",
        ),
    ),
    Exercise(
        number="03.3",
        title="what KMS really got",
        tasks=(
            Task(
                "the number of bytes that KMS got was handed over",
                lambda attempt: float(attempt.answer) == _bytes_of_the_mistake(),
                "Decrypt handed_in and count the bytes of the plaintext, not the characters of their base64. A number "
                "is handed over with check('03.3', answer).",
            ),
            Task(
                "something was encrypted from the command line with the context exercise=03.3",
                lambda attempt: _in_context(attempt, "Encrypt"),
                "Add --encryption-context exercise=03.3 to aws kms encrypt, and no other pair.",
            ),
            Task(
                "it was the whole password and nothing more",
                _whole,
                "KMS got another number of bytes than the password has. Use fileb://password.txt, or the option for "
                "raw input; a line's end counts as well.",
            ),
            Task(
                "the right ciphertext was decrypted from the command line",
                _read_again,
                "Use aws kms decrypt with the new ciphertext and --encryption-context exercise=03.3.",
            ),
        ),
        hints=(
            "The section before this exercise does the first part with the word password, the two fixes the second.",
            "base64.b64decode(handed_in) is the ciphertext that was handed in. --plaintext fileb://... encrypts a file "
            "as it is.",
            "answer = len(kms.decrypt(CiphertextBlob=base64.b64decode(handed_in))['Plaintext']), then c = %aws kms "
            "encrypt --key-id alias/door --plaintext fileb://password.txt --encryption-context exercise=03.3 --output "
            "text --query CiphertextBlob, then %aws kms decrypt --ciphertext-blob $c --encryption-context "
            "exercise=03.3",
        ),
    ),
    Exercise(
        number="03.4",
        title="which Region was it?",
        tasks=(
            Task(
                "the parcel was decrypted from the command line",
                _openings,
                "Try aws kms decrypt --ciphertext-blob fileb://parcel.encrypted with each --region of the list.",
            ),
            Task(
                "its Region was handed over",
                lambda attempt: str(attempt.answer) in {call.region for call in _openings(attempt)},
                "Hand over the name of the Region in which the command had exit status 0, such as 'eu-west-1'.",
            ),
        ),
        hints=(
            "Only one of the four Regions has the key; in the others the command fails. How does a script notice?",
            "A loop over parcel_regions with one %aws line in it; {region} puts the name in, and _exit_code says how "
            "it went.",
            "for region in parcel_regions: then, indented, content = %aws kms decrypt --region {region} "
            "--ciphertext-blob fileb://parcel.encrypted, and if _exit_code == 0: answer = region",
        ),
    ),
)
