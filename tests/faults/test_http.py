"""A served Lab among bad clients: small versions of the programs beside this one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from . import bodies, connections, malformed, soak
from .connections import Findings
from .served import Served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")

LIMIT = 0.5


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One that bears with slow clients for a second, and has two buckets."""
    with bodies.bucketed(LIMIT) as made:
        yield made
        assert made.said() == ""


@pytest.fixture
def findings() -> Iterator[Findings]:
    made = Findings(show=False)
    yield made
    assert made.said == []


def test_malformed_requests(server: Served) -> None:
    result = malformed.campaign(server, 1500, seed=5, few=True)
    assert result.findings == []
    assert sum(result.sent.values()) == 1500
    statuses = {status for _, status, _ in result.answers}
    assert {200, 400, 403, 404} <= statuses
    assert len({code for _, _, code in result.answers}) > 25


def test_what_a_server_complains_of_is_a_finding() -> None:
    log = (
        "GET /: this is a bug of kmslab\nTraceback (most recent call last):\n"
        '  File "/x/kmslab/lab.py", line 7, in work\n    a()\nKeyError: 1\n'
    )
    assert malformed.complaints("") == {}
    assert malformed.complaints(log)["KeyError: 1 | lab.py:7 work | x/kmslab/lab.py:7"] == 1


def test_many_connections(server: Served, findings: Findings) -> None:
    connections.many(server, 100, findings)


def test_slow_clients(server: Served, findings: Findings) -> None:
    connections.slow(server, 30, LIMIT, findings, "a head")


def test_no_file_is_left(findings: Findings) -> None:
    connections.scarce(findings, 40, 0.5)


def test_bodies(server: Served, findings: Findings) -> None:
    bodies.large(server, 300 * 2**20, findings, "S3, in chunks")


def test_a_short_soak(server: Served) -> None:
    trial = soak.Soak(server, 3, few=True)
    samples = soak.run(trial, 1 / 60, 500, 0.3, show=False)
    trial.close()
    assert trial.findings == {}
    assert trial.sent > 100
    assert len(samples) >= 3


def test_a_slope_is_that_of_what_is_not_explained() -> None:
    def sample(number: int, leak: float) -> soak.Sample:
        # A key's worth is explained; so many KiB a minute are not.
        return soak.Sample(60 * number, number, round(100_000 + number * (10 + leak)), 10, 3, 10 * number, 0)

    assert abs(soak.slope([sample(number, 0) for number in range(60)])) < 0.1
    assert abs(soak.slope([sample(number, 1024) for number in range(60)]) - 60) < 1
