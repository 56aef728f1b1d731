"""Every service but KMS, from when somebody first asks for one: moto takes half a second to import."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.principals import Principal

if TYPE_CHECKING:
    from kmslab.cloud.services import Services


class ServicesLater:
    """Stands for the services of one Lab before and after they are started."""

    def __init__(self, start: Callable[[], Services], administrators: Callable[[], Iterable[Principal]]) -> None:
        """Start nothing yet.

        Args:
            start: Builds them.
            administrators: Whom they have to know from the beginning.
        """
        self._start = start
        self._administrators = administrators
        self._started: Services | None = None
        # Two threads may be the first to ask.
        self._lock = threading.RLock()

    @property
    def started(self) -> Services | None:
        """The services, or None as long as nobody has asked."""
        return self._started

    def now(self) -> Services:
        """The services; started if they are not."""
        with self._lock:
            if self._started is None:
                self._started = self._start()
                for administrator in self._administrators():
                    self._started.introduce(administrator)
            return self._started

    def introduce(self, administrator: Principal) -> None:
        """Let the services know an account that was opened, if they are started."""
        if self._started is not None:
            self._started.introduce(administrator)

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a prepared request of botocore; see `Services.answer`."""
        return (self._started or self.now()).answer(request)
