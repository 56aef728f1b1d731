"""On which conditions an object is copied; moto looks at one of the four only.

Source: S3 API Reference, CopyObject, also on which of two conditions decides when they contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from kmslab.wire.refusals import RefusedError

_IF = "x-amz-copy-source-if-"
_NOT_MET = "At least one of the pre-conditions you specified did not hold"


def check_source(headers: Mapping[str, str], found: Any) -> None:
    """Refuse a copy whose source is not as the request wants it.

    Args:
        headers: The request's.
        found: moto's object.

    Raises:
        RefusedError: it is not.
    """
    etag, modified = str(found.etag).strip('"'), found.last_modified.replace(microsecond=0, tzinfo=UTC)
    match, none_match = (headers.get(f"{_IF}{name}", "").strip('"') for name in ("match", "none-match"))
    since, unmodified = (_date(headers.get(f"{_IF}{name}")) for name in ("modified-since", "unmodified-since"))
    is_other = bool(match) and match != etag
    is_same = bool(none_match) and none_match == etag
    is_older = since is not None and modified <= since and not none_match
    is_newer = unmodified is not None and modified > unmodified and not match
    if is_other or is_same or is_older or is_newer:
        raise RefusedError("PreconditionFailed", _NOT_MET, 412)


def _date(text: str | None) -> datetime | None:
    """A date of HTTP; one that is none counts for nothing."""
    try:
        return None if text is None else parsedate_to_datetime(text).replace(tzinfo=UTC)
    except ValueError:
        return None
