"""Exercises of lesson 03: encrypt from the command line.

A call came from the command line if its user agent says so; what the commands left in files is looked at too.
More than 300 lines, because each of the usual mistakes gets a sentence of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from math import ceil
from pathlib import Path

from kmslab import Call
from kmslab.exercises.evidence import base64_size, failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

_TEAMS, _TEAMS_REGION = "alias/team-", "us-west-2"
_LETTERS, _LETTERS_REGION = "alias/letters", "eu-west-1"
_SAFE = "alias/safe"
_PASSWORD = "blue-harbor-42!"  # noqa: S105
#: By how much the lesson sees a ciphertext grow.
_OVERHEAD = 152
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


def _refused(attempt: Attempt, operation: str, error_code: str, **params: str) -> Sequence[Call]:
    """The commands with these parameters that were answered with an error code."""
    calls = failed(attempt.lab, operation, error_code)
    return [call for call in calls if call.user_agent.startswith("aws-cli/") and params.items() <= call.params.items()]


def _characters(size: int) -> int:
    return 4 * ceil(size / 3)


def _key_of(call: Call) -> str:
    return call.keys[0].arn


# --- 03.1 ---


def _words(attempt: Attempt) -> list[str]:
    """The words of the answer: a text, or the lines that an exclamation mark gives. Anything else has none."""
    lines = [attempt.answer] if isinstance(attempt.answer, str) else attempt.answer
    return " ".join(line for line in lines if isinstance(line, str)).split() if isinstance(lines, list) else []


def _teams(attempt: Attempt) -> list[str]:
    """The key ids that are to be found; raises, and so counts as not done, if there are none."""
    keys = attempt.lab.inventory.select(region=_TEAMS_REGION)
    ids = sorted(key.key_id for key in keys for name in key.aliases if name.startswith(_TEAMS))
    if not ids:
        raise LookupError(f"no alias begins with {_TEAMS}")
    return ids


def _all_are_there(attempt: Attempt) -> bool:
    return set(_teams(attempt)) <= set(_words(attempt))


def _nothing_else(attempt: Attempt) -> bool:
    return sorted(_words(attempt)) == _teams(attempt)


def _is_json(attempt: Attempt) -> bool:
    return any("[" in word or '"' in word for word in _words(attempt))


def _names_instead(attempt: Attempt) -> bool:
    return any(word.startswith("alias/") for word in _words(attempt)) and not _all_are_there(attempt)


def _ids(attempt: Attempt) -> set[str]:
    """The words of the answer that are ids of keys."""
    return set(_words(attempt)) & {key.key_id for key in attempt.lab.inventory}


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


def _letters_elsewhere(attempt: Attempt) -> bool:
    return attempt.lab.inventory.named(_LETTERS) is not None


def _file(attempt: Attempt) -> bytes:
    """The file that was handed over."""
    return Path(str(attempt.answer)).read_bytes()


def _is_ciphertext(attempt: Attempt) -> bool:
    return base64.b64encode(_file(attempt)).startswith(_BEGINNING)


def _decryptions(attempt: Attempt) -> Sequence[Call]:
    """The commands that decrypted under the letters' key."""
    return [call for call in _typed(attempt, "Decrypt", _LETTERS_REGION) if _key_of(call) == _letters(attempt)]


def _decrypted(attempt: Attempt) -> bool:
    """Whether a command decrypted a ciphertext as long as the file, under the letters' key, which it did not name."""
    return _is_ciphertext(attempt) and any(
        "KeyId" not in call.params and base64_size(call, "CiphertextBlob") == _characters(len(_file(attempt)))
        for call in _decryptions(attempt)
    )


# --- 03.3 ---


def _bytes_of_the_mistake() -> int:
    return len(base64.b64decode(_PASSWORD))


def _number(attempt: Attempt) -> float:
    return float(attempt.answer)


def _safe(attempt: Attempt) -> str:
    """The ARN of the key that the right ciphertext is to be under."""
    key = attempt.lab.inventory.named(_SAFE)
    if key is None:
        raise LookupError(f"{_SAFE} does not exist")
    return key.arn


def _under_safe(attempt: Attempt, operation: str) -> Sequence[Call]:
    return [call for call in _typed(attempt, operation) if _key_of(call) == _safe(attempt)]


def _of_size(attempt: Attempt, size: int) -> Sequence[Call]:
    """The encryptions of so many bytes: a few sizes share a number of characters."""
    calls = _under_safe(attempt, "Encrypt")
    return [call for call in calls if base64_size(call, "Plaintext") == _characters(size)]


def _whole(attempt: Attempt) -> Sequence[Call]:
    """The encryptions of as many bytes as the password has: one more or less takes another number of characters."""
    return _of_size(attempt, len(_PASSWORD))


def _read_again(attempt: Attempt) -> bool:
    wanted = _characters(len(_PASSWORD) + _OVERHEAD)
    return any(
        other.time > call.time and base64_size(other, "CiphertextBlob") == wanted
        for call in _whole(attempt)
        for other in _under_safe(attempt, "Decrypt")
    )


# --- 03.4 ---


def _parcel_keys(attempt: Attempt) -> set[str]:
    """The ARNs of the keys that a parcel was encrypted under."""
    keys = {key.arn for key in attempt.lab.inventory if key.description == _PARCEL}
    return {_key_of(call) for call in succeeded(attempt.lab, "Encrypt") if _key_of(call) in keys}


def _openings(attempt: Attempt) -> Sequence[Call]:
    """The commands that decrypted under a key that a parcel was encrypted under."""
    return [call for call in _typed(attempt, "Decrypt") if _key_of(call) in _parcel_keys(attempt)]


def _some_have_refused(attempt: Attempt) -> bool:
    """Whether a Region of the parcel's list was asked in vain; the lesson itself asks another one."""
    refused = {call.region for call in _refused(attempt, "Decrypt", "AccessDeniedException")}
    return any(key.description == _PARCEL and key.region in refused for key in attempt.lab.inventory)


EXERCISES = (
    Exercise(
        number="03.1",
        title="only these keys",
        tasks=(
            Task(
                "the aliases of us-west-2 were listed from the command line",
                lambda attempt: _typed(attempt, "ListAliases", _TEAMS_REGION),
                by_mistake(
                    "Use aws kms list-aliases with --region us-west-2, in %aws, in %%bash or after an exclamation "
                    "mark.",
                    (
                        lambda attempt: [
                            call for call in succeeded(attempt.lab, "ListAliases") if call.region == _TEAMS_REGION
                        ],
                        "They were listed with boto3. This lesson is about commands: aws kms list-aliases.",
                    ),
                    (
                        lambda attempt: attempt.answer is not None and _typed(attempt, "ListAliases"),
                        "Your command asked another Region, the one of the environment. Add --region us-west-2.",
                    ),
                ),
            ),
            Task(
                "the id of each key that an alias/team-... stands for was handed over, as plain text",
                _all_are_there,
                by_mistake(
                    "Hand over what the command prints: answer = %aws ..., then check('03.1', answer).",
                    (
                        _is_json,
                        "Your answer is JSON. With --output text there are no brackets and quotation marks around the "
                        "ids.",
                    ),
                    (
                        _names_instead,
                        "These are names of aliases. The ids of their keys are asked for: after the brackets, take "
                        ".TargetKeyId.",
                    ),
                    (
                        _ids,
                        "Ids are missing. Let --query filter by the beginning alias/team-, and take TargetKeyId of all "
                        "that is left.",
                    ),
                    (
                        lambda attempt: isinstance(attempt.answer, str),
                        "There is no such id in your answer. Does the command name --region us-west-2, and does "
                        "--query ask for TargetKeyId, with these capitals?",
                    ),
                ),
            ),
            Task(
                "and nothing else",
                _nothing_else,
                by_mistake(
                    "Filter the list in --query, and take TargetKeyId of what is left.",
                    (_is_json, "Brackets and quotation marks are more than the ids: --output text."),
                    (
                        lambda attempt: _ids(attempt) - set(_teams(attempt)),
                        "Ids of other keys are there as well. In the brackets after Aliases, a question mark and a "
                        "condition choose: [?starts_with(AliasName, '...')].",
                    ),
                    (
                        lambda attempt: set(_teams(attempt)) < set(_words(attempt)),
                        "There is more than the ids, such as names or dates. After the brackets, take .TargetKeyId "
                        "alone.",
                    ),
                ),
            ),
        ),
        hints=(
            "The last line of the table of expressions is nearly what you need; it takes another member.",
            "answer = %aws kms list-aliases with --region, --output text and --query with starts_with(...) and "
            "TargetKeyId.",
            "# One line, or two with a backslash:\n"
            "answer = %aws kms list-aliases --region us-west-2 --output text \\\n"
            "    --query \"Aliases[?starts_with(AliasName, 'alias/team-')].TargetKeyId\"",
        ),
    ),
    Exercise(
        number="03.2",
        title="there and back",
        tasks=(
            Task(
                "alias/letters was made from the command line, in eu-west-1",
                _named,
                by_mistake(
                    "Use aws kms create-key and aws kms create-alias, both with --region eu-west-1.",
                    (
                        lambda attempt: _letters(attempt),
                        "The alias is there, and was not made by a command. Delete it with aws kms delete-alias "
                        "--region eu-west-1 --alias-name alias/letters, and make it with create-alias.",
                    ),
                    (
                        _letters_elsewhere,
                        "alias/letters was made in another Region: without --region, a command goes where the "
                        "environment says. Make key and alias with --region eu-west-1.",
                    ),
                    (
                        lambda attempt: _refused(attempt, "CreateAlias", "NotFoundException", AliasName=_LETTERS),
                        "create-alias did not find the key: key and alias must be of one Region. Give both commands "
                        "--region eu-west-1.",
                    ),
                ),
            ),
            Task(
                "something was encrypted by that alias, from the command line",
                _encrypted_by_name,
                by_mistake(
                    "Use aws kms encrypt --region eu-west-1 --key-id alias/letters. At Invalid base64, look at the two "
                    "fixes.",
                    (
                        lambda attempt: [
                            call
                            for call in _typed(attempt, "Encrypt", _LETTERS_REGION)
                            if _key_of(call) == _letters(attempt)
                        ],
                        "The right key was named by its own id. Use the alias: --key-id alias/letters.",
                    ),
                    (
                        lambda attempt: _refused(attempt, "Encrypt", "NotFoundException", KeyId=_LETTERS),
                        "encrypt was asked in a Region that has no alias/letters. Add --region eu-west-1 to this "
                        "command too.",
                    ),
                    (
                        lambda attempt: succeeded(attempt.lab, "Encrypt", _letters(attempt)),
                        "It was encrypted with boto3. Do it with a command: aws kms encrypt.",
                    ),
                ),
            ),
            Task(
                "the file holds a ciphertext, as bytes",
                _is_ciphertext,
                by_mistake(
                    "There must be a file letter.encrypted in the notebook's folder: end the command with "
                    "| base64 --decode > letter.encrypted.",
                    (
                        lambda attempt: _file(attempt) == b"",
                        "The file is empty: the command before the pipe printed nothing, and its error is above. Run "
                        "it alone first.",
                    ),
                    (
                        lambda attempt: _file(attempt).startswith(_BEGINNING),
                        "The file begins with AQICAH, so it is still base64. Send it through | base64 --decode.",
                    ),
                    (
                        lambda attempt: _file(attempt).lstrip().startswith(b"{"),
                        "The file holds the whole answer. Add --output text --query CiphertextBlob, then "
                        "| base64 --decode.",
                    ),
                    (
                        lambda attempt: bool(_file(attempt)),
                        "The file holds something else than a ciphertext of KMS. Is it the plaintext? It is the "
                        "encrypt command whose output goes there.",
                    ),
                ),
            ),
            Task(
                "it was decrypted from the command line, and no key was named",
                _decrypted,
                by_mistake(
                    "Use aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://letter.encrypted, without "
                    "--key-id.",
                    (
                        lambda attempt: not _is_ciphertext(attempt),
                        "First the file must hold a ciphertext, as bytes. Then decrypt it, with fileb:// and without "
                        "--key-id.",
                    ),
                    (
                        lambda attempt: any("KeyId" in call.params for call in _decryptions(attempt)),
                        "It works without --key-id too: the ciphertext knows its key. Try that.",
                    ),
                    (
                        _decryptions,
                        "Another ciphertext was decrypted, not the one that is in the file now. Decrypt the file: "
                        "--ciphertext-blob fileb://letter.encrypted.",
                    ),
                    (
                        lambda attempt: _refused(attempt, "Decrypt", "AccessDeniedException"),
                        "decrypt was asked in a Region that does not have the key, and was denied. Add --region "
                        "eu-west-1.",
                    ),
                ),
            ),
        ),
        hints=(
            "You have seen every command of it, in us-east-1 and with other names.",
            "create-key, create-alias, echo, encrypt ... | base64 --decode > letter.encrypted, decrypt. Each aws "
            "command needs --region eu-west-1 and, if it has an answer, --output text and --query.",
            "# Below %%bash, the first line of the cell:\n"
            "export AWS_DEFAULT_REGION=eu-west-1\n"
            "key_id=$(aws kms create-key --query KeyMetadata.KeyId --output text)\n"
            'aws kms create-alias --alias-name alias/letters --target-key-id "$key_id"\n'
            "echo hello > letter.txt\n"
            "aws kms encrypt --key-id alias/letters --plaintext fileb://letter.txt \\\n"
            "    --output text --query CiphertextBlob | base64 --decode > letter.encrypted\n"
            "aws kms decrypt --ciphertext-blob fileb://letter.encrypted \\\n"
            "    --output text --query Plaintext | base64 --decode",
        ),
    ),
    Exercise(
        number="03.3",
        title="what KMS really got",
        tasks=(
            Task(
                "the number of bytes that KMS got was handed over",
                lambda attempt: _number(attempt) == _bytes_of_the_mistake(),
                by_mistake(
                    "Decrypt handed_in and count the bytes of the plaintext. A number is handed over with "
                    "check('03.3', answer).",
                    (
                        lambda attempt: _number(attempt) == _characters(_bytes_of_the_mistake()),
                        "That is how many characters the plaintext has in base64. Decode it, then count the bytes.",
                    ),
                    (
                        lambda attempt: _number(attempt) in (len(_PASSWORD), len(_PASSWORD) + 1),
                        "So long is the password. KMS got what file:// made of it, and that is shorter: decrypt "
                        "handed_in and look.",
                    ),
                    (
                        lambda attempt: _number(attempt) > 100,
                        "That is the length of a ciphertext. Decrypt it first, and count the plaintext.",
                    ),
                ),
            ),
            Task(
                "something was encrypted from the command line under alias/safe",
                lambda attempt: _under_safe(attempt, "Encrypt"),
                by_mistake(
                    "Use aws kms encrypt --key-id alias/safe, with the password as its plaintext.",
                    (
                        lambda attempt: succeeded(attempt.lab, "Encrypt", _safe(attempt)),
                        "It was encrypted with boto3, where Tom's mistake cannot happen. Do it with a command.",
                    ),
                ),
            ),
            Task(
                "it was the whole password and nothing more",
                _whole,
                by_mistake(
                    "Use --plaintext fileb://password.txt, or file:// with --cli-binary-format raw-in-base64-out.",
                    (
                        lambda attempt: _of_size(attempt, _bytes_of_the_mistake()),
                        "That was Tom's mistake again: the password was taken for base64. Say how it is to be read, "
                        "with fileb://password.txt.",
                    ),
                    (
                        lambda attempt: _of_size(attempt, len(_PASSWORD) + 1),
                        "KMS got a byte or two too many, as from echo, which ends its line. password.txt has no such "
                        "end: use fileb://password.txt.",
                    ),
                    (
                        lambda attempt: _of_size(attempt, _characters(len(_PASSWORD))),
                        "KMS got the password in base64: it was encoded, and fileb:// took the letters as they are. "
                        "One of the two is enough.",
                    ),
                    (
                        lambda attempt: _under_safe(attempt, "Encrypt"),
                        "KMS got another number of bytes than the password has. Use fileb://password.txt.",
                    ),
                ),
            ),
            Task(
                "the right ciphertext was decrypted from the command line",
                _read_again,
                by_mistake(
                    "Use aws kms decrypt --ciphertext-blob with the base64 that your encrypt command has printed.",
                    (
                        lambda attempt: _whole(attempt) and _refused(attempt, "Decrypt", "InvalidCiphertextException"),
                        "KMS did not get a ciphertext. Base64 goes behind --ciphertext-blob as it is, or through "
                        "file://; bytes go through fileb://.",
                    ),
                    (
                        lambda attempt: _whole(attempt) and succeeded(attempt.lab, "Decrypt", _safe(attempt)),
                        "Not by a command, or not the right ciphertext, or before it was made. Decrypt the newest one "
                        "with aws kms decrypt.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section before this exercise does the first part with the word password, the two fixes the second.",
            "base64.b64decode(handed_in) is the ciphertext that was handed in. --plaintext fileb://... encrypts a file "
            "as it is.",
            "# The number, and then it done right:\n"
            "answer = len(kms.decrypt(CiphertextBlob=base64.b64decode(handed_in))['Plaintext'])\n"
            "right = %aws kms encrypt --key-id alias/safe --plaintext fileb://password.txt \\\n"
            "    --output text --query CiphertextBlob\n"
            "%aws kms decrypt --ciphertext-blob $right",
        ),
    ),
    Exercise(
        number="03.4",
        title="which Region was it?",
        tasks=(
            Task(
                "the parcel was decrypted from the command line",
                _openings,
                by_mistake(
                    "Try aws kms decrypt --ciphertext-blob fileb://parcel.encrypted with each --region of the list.",
                    (
                        lambda attempt: any(succeeded(attempt.lab, "Decrypt", key) for key in _parcel_keys(attempt)),
                        "It was decrypted with boto3. Do it with a command, as a script would: aws kms decrypt.",
                    ),
                    (
                        _some_have_refused,
                        "Some Regions have refused, so it is one that you have not asked yet. Let a loop ask all four.",
                    ),
                ),
            ),
            Task(
                "its Region was handed over",
                lambda attempt: str(attempt.answer) in {call.region for call in _openings(attempt)},
                by_mistake(
                    "Hand over the name of the Region in which the command had exit status 0, such as 'eu-west-1'.",
                    (
                        lambda attempt: _openings(attempt) and isinstance(attempt.answer, (list, tuple, dict)),
                        "One Region is asked for, as a text, and not a list.",
                    ),
                    (
                        lambda attempt: _openings(attempt) and isinstance(attempt.answer, str),
                        "That Region has refused. In a loop, note the Region only when _exit_code is 0.",
                    ),
                ),
            ),
        ),
        hints=(
            "Only one of the four Regions has the key; in the others the command fails. How does a script notice?",
            "A loop over parcel_regions with one %aws line in it; {region} puts the name in, and _exit_code says how "
            "it went.",
            "# A loop of three lines:\n"
            "for place in parcel_regions:\n"
            "    content = %aws kms decrypt --region {place} --ciphertext-blob fileb://parcel.encrypted\n"
            "    if _exit_code == 0:\n"
            "        answer = place",
        ),
    ),
)
