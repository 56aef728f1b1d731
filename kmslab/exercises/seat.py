"""A learner's seat in a Lab that a class shares.

classroom = join("AKIA...", "abcd-efgh-jkmn-pqrs", partner="200000000002")      as the learner's slip says
classroom.client("kms")                                                       an ordinary boto3 client
classroom.check()                                                             how far are we?
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.errors import KmslabError
from kmslab.exercises.model import CheckResult
from kmslab.exercises.together import OwnAccount, check
from kmslab.tables import Table

#: Where `kmslab serve` listens unless told otherwise.
URL = "http://127.0.0.1:4599"

#: What a hub can set for each learner, so that `join()` needs no slip.
VARIABLES = (
    "KMSLAB_CLASS_ACCESS_KEY_ID",
    "KMSLAB_CLASS_SECRET_ACCESS_KEY",
    "KMSLAB_CLASS_PARTNER",
    "KMSLAB_CLASS_URL",
)

#: A connection that cannot be made is told at once and not after five attempts.
_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})


@dataclass(frozen=True, repr=False)
class Halves:
    """Both halves of the exercise, checked."""

    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether both are done."""
        return all(result.passed for result in self.results)

    def __repr__(self) -> str:
        """Both, one line a step."""
        return "\n\n".join(map(repr, self.results))

    def _repr_html_(self) -> str:
        return "".join(result._repr_html_() for result in self.results)


@dataclass(frozen=True)
class Classroom:
    """A learner's account in the Lab that the whole class shares.

    Attributes:
        url: Where the Lab is served.
        account_id: The learner's account.
        partner: The account of whom the learner works with.
        region: Where the class works.
    """

    url: str
    account_id: str
    partner: str
    region: str
    _session: boto3.Session = field(repr=False)

    def client(
        self, service_name: str, region_name: str | None = None, *, access_key: Mapping[str, Any] | None = None
    ) -> Any:
        """An ordinary boto3 client for the shared Lab.

        Args:
            service_name: Such as `kms` or `iam`.
            region_name: The Region it calls; the class's unless said otherwise.
            access_key: Whom it acts as: the `AccessKey` that IAM's CreateAccessKey answered with. You, otherwise.
        """
        session = self._session
        if access_key is not None:
            session = _session(access_key["AccessKeyId"], access_key["SecretAccessKey"], self.region)
        return session.client(service_name, region_name, endpoint_url=self.url, config=_CONFIG)

    def check(self) -> Halves:
        """What you have done so far, as writer and as reader. Looking changes nothing."""
        return Halves(check(OwnAccount(self.account_id, self.partner, self.client)))

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"

    def __str__(self) -> str:
        """Where one is, in words."""
        return f"Account {self.account_id} of the class at {self.url}; your partner's account is {self.partner}."


def join(
    access_key_id: str | None = None,
    secret_access_key: str | None = None,
    *,
    partner: str | None = None,
    url: str | None = None,
    region: str = "us-east-1",
) -> Classroom:
    """Take your seat in the Lab that the class shares. The notebook's own Lab stays as it is.

    Args:
        access_key_id: From your slip; otherwise from KMSLAB_CLASS_ACCESS_KEY_ID.
        secret_access_key: From your slip; otherwise from KMSLAB_CLASS_SECRET_ACCESS_KEY.
        partner: The account of whom you work with; otherwise from KMSLAB_CLASS_PARTNER.
        url: Where the Lab is served; otherwise from KMSLAB_CLASS_URL, or port 4599 of this computer.
        region: Where the class works.

    Raises:
        KmslabError: nobody answers there, or the slip is of another class.
    """
    given = (access_key_id, secret_access_key, partner, url)
    key_id, secret, account, address = (
        one or os.environ.get(name, "") for one, name in zip(given, VARIABLES, strict=True)
    )
    address = (address or URL).rstrip("/")
    if not key_id or not secret:
        raise KmslabError("join() takes the access key id and the secret that are on your slip, as text.")
    if not account:
        raise KmslabError("join() takes your partner's account id too: partner='...', as on your slip.")
    session = _session(key_id.strip(), secret.strip(), region)
    try:
        sts = session.client("sts", endpoint_url=address, config=_CONFIG)
        mine = str(sts.get_caller_identity()["Account"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise KmslabError(
            f"The class at {address} does not take this access key ({code}): compare it with your slip, sign by sign."
        ) from None
    except (BotoCoreError, ValueError) as error:
        text = f"No class answers at {address} ({type(error).__name__}): is `kmslab serve --class` running there?"
        raise KmslabError(text) from None
    return Classroom(address, mine, account, region, session)


def status(learners: Iterable[tuple[str, str, str, str]], url: str = URL, region: str = "us-east-1") -> Table:
    """Who has done how much, for the teacher.

    Args:
        learners: Name, access key id, secret access key and partner of each.
        url: Where the Lab is served.
        region: Where the class works.

    Raises:
        KmslabError: nobody answers there.
    """
    rows = []
    for name, key_id, secret, partner in learners:
        classroom = join(key_id, secret, partner=partner, url=url, region=region)
        cells = []
        stuck = ""
        for result in classroom.check().results:
            done = sum(item.done for item in result.items)
            cells.append("done" if result.passed else f"{done} of {len(result.items)}")
            stuck = stuck or next(iter(result.open_tasks), "")
        rows.append((name, classroom.account_id, *cells, stuck))
    return Table("The class", ("Learner", "Account", "As writer", "As reader", "Next"), rows)


def _session(access_key_id: str, secret_access_key: str, region: str) -> boto3.Session:
    return boto3.Session(access_key_id, secret_access_key, region_name=region)
