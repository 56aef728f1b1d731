"""What a Lab can and real AWS cannot: one sentence each, said when somebody reaches for it."""

from __future__ import annotations

from typing import Any, NoReturn

from kmslab.errors import NotOnAwsError

TIME = (
    "Time cannot be moved on real AWS: wait until the day has come and run the cell again, leave this line out, or see "
    "it in the Lab (without KMSLAB_BACKEND)."
)

#: By attribute of `lab`.
SENTENCES = {
    "account": "On real AWS, kmslab works in one account, lab.account_id; use the Lab for what needs two.",
    "at_rest": "S3 shows nobody the bytes that it holds; use the Lab to look at them.",
    "behind": "Real AWS is not served from here.",
    "cloudhsm_cluster": "kmslab makes no AWS CloudHSM cluster, because each costs more than a dollar an hour.",
    "consolidated_bill": "kmslab sees one account; what an organisation pays is in its billing console.",
    "directory": "On real AWS, IAM knows the principals; ask it with boto3.client('iam').",
    "dissect": "How a ciphertext of real AWS is laid out is not published; take one of the Lab apart.",
    "endpoint": "On real AWS, kmslab serves no endpoint; other programs call AWS itself, with your own environment.",
    "environ": "kmslab hands your credentials to no other process; run the program in a terminal of your own.",
    "explain": (
        "AWS does not say which statements it looked at; read the error's message, and try the call in the IAM policy "
        "simulator or in the Lab."
    ),
    "external_key_manager": "An external key manager must be reachable from AWS; use the Lab for external key stores.",
    "hook": "On real AWS, requests go to AWS; nothing here answers them.",
    "make_session": "Use lab.session(principal) or lab.client(service, principal=...) on real AWS.",
    "open": "On real AWS nothing is kept in a state file; AWS keeps it.",
    "replace_access_key": "On real AWS, nobody can choose an access key's id.",
    "root": "kmslab never acts as the root user of a real account; see that step in the Lab.",
    "start_services": "The services of real AWS are started already.",
    "support": "kmslab opens no case with AWS Support, and makes no key that would need one.",
    "would": "Real AWS does not tell what it would decide; use the IAM policy simulator, DryRun=True, or the Lab.",
}


class NotHere:
    """Stands where a Lab has something that real AWS has not. Whatever is done with it says so."""

    def __init__(self, sentence: str) -> None:
        """Remember what to say."""
        self._sentence = sentence

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Say it.

        Raises:
            NotOnAwsError: always.
        """
        raise NotOnAwsError(self._sentence)

    def __getattr__(self, name: str) -> NoReturn:
        """Say it; only what notebooks ask of every object is answered as usual."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotOnAwsError(self._sentence)

    def __repr__(self) -> str:
        """The sentence."""
        return self._sentence


def not_here(name: str) -> NotHere:
    """What stands for an attribute of a Lab.

    Raises:
        AttributeError: a Lab has no such attribute either.
    """
    sentence = SENTENCES.get(name)
    if sentence is None:
        raise AttributeError(f"On real AWS, lab has no attribute {name!r}.")
    return NotHere(sentence)
