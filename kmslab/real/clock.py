"""The clock of real AWS: it can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

from kmslab.errors import NotOnAwsError
from kmslab.real.not_here import TIME


class RealClock:
    """Time as everybody has it."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def advance(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse.

        Raises:
            NotOnAwsError: always, with what to do instead.
        """
        raise NotOnAwsError(TIME)

    def travel_to(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse.

        Raises:
            NotOnAwsError: always, with what to do instead.
        """
        raise NotOnAwsError(TIME)

    def __repr__(self) -> str:
        """The time."""
        return f"<RealClock {self.now():%Y-%m-%d %H:%M:%S} UTC, which cannot be moved>"
