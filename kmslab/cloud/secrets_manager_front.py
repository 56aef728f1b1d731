"""Secrets Manager in front of moto."""

from __future__ import annotations

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.terms import Asker, Kms


class SecretsManagerFront:
    """Answers for Secrets Manager."""

    def __init__(self, bridge: MotoBridge, kms: Kms, clock: SimClock) -> None:
        """Stand in front of `bridge`; `kms` is called in the caller's name."""
        self._bridge = bridge
        self._kms = kms
        self._clock = clock

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request."""
        return self._bridge.answer(request, "secretsmanager")
