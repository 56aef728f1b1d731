"""What the environment says about real AWS: whose credentials, which account, how much, where.

Credentials are never found by luck: they are named, by AWS_PROFILE or by an access key in the environment, and the role
of a machine or container does not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.wire import model

CONFIRM, LIMIT, REGIONS, LESSON = "KMSLAB_AWS_CONFIRM", "KMSLAB_AWS_LIMIT_USD", "KMSLAB_AWS_REGIONS", "KMSLAB_LESSON"

#: What a session may cost, in US dollars, unless KMSLAB_AWS_LIMIT_USD says otherwise.
DEFAULT_LIMIT = Decimal("2")

_LESSON_NUMBER = re.compile(r"(\d\d)(?:_|\b)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for.

    Attributes:
        profile: The profile of AWS's configuration files to use; None for the access key in the environment.
        confirmed: The account id that was confirmed beforehand; empty when it is to be typed.
        limit: US dollars that a session may cost.
        regions: The Regions that may be called; empty for those of the lesson.
        lesson: The lesson's number, such as `02`; empty when it is not known.
        workspace: The learner's folder.
    """

    profile: str | None
    confirmed: str
    limit: Decimal
    regions: tuple[str, ...]
    lesson: str
    workspace: Path

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment.

        Raises:
            KmslabError: no credentials are named, or two kinds of them, or something is no sum or no Region.
        """
        return cls(
            _profile(environ),
            environ.get(CONFIRM, "").strip(),
            _limit(environ.get(LIMIT, "")),
            _regions(environ.get(REGIONS, "")),
            _lesson(environ),
            Path(environ.get("KMSLAB_WORKSPACE") or Path.cwd()),
        )


def _profile(environ: Mapping[str, str]) -> str | None:
    profile = environ.get("AWS_PROFILE") or None
    key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if profile and any(key):
        raise KmslabError(
            "Both AWS_PROFILE and an access key are set; unset one of them, so that the account is clear."
        )
    if any(key) and not all(key):
        raise KmslabError("Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE instead of them.")
    if not profile and not all(key):
        raise KmslabError(
            "Real AWS needs credentials that you name: set AWS_PROFILE to a profile of an account for learning."
        )
    return profile


def _limit(text: str) -> Decimal:
    try:
        limit = Decimal(text) if text else DEFAULT_LIMIT
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or limit < 0:
        raise KmslabError(f"{LIMIT} is a sum of US dollars, such as 2, not {text!r}.")
    return limit


def _regions(text: str) -> tuple[str, ...]:
    regions = tuple(dict.fromkeys(text.replace(",", " ").split()))
    for region in regions:
        if region not in model.regions():
            raise KmslabError(f"{REGIONS} names {region!r}, which is no Region of AWS, such as us-east-1.")
    return regions


def _lesson(environ: Mapping[str, str]) -> str:
    # JupyterLab tells a kernel the path of its notebook.
    name = environ.get(LESSON) or os.path.basename(environ.get("JPY_SESSION_NAME", ""))
    found = _LESSON_NUMBER.match(name)
    return found.group(1) if found else ""
