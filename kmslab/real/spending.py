"""What a session has cost so far, as an upper bound, and the limit that stops it.

The free tier is not taken off, because others in the account may have used it up. Each key is counted as though it were
kept for a day from now. Source of the prices beside KMS's: aws.amazon.com/s3/pricing, /secrets-manager/pricing and
/systems-manager/pricing, figures for us-east-1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from kmslab.billing.bill import key_lines, rounded
from kmslab.billing.meter import Meter
from kmslab.billing.prices import SYMMETRIC_AND_MANAGEMENT, price_of
from kmslab.call import Call
from kmslab.errors import KmslabError
from kmslab.real.rules import Kind

#: How long from now keys are taken to be kept, if they are not cleaned up before.
KEPT_FOR = timedelta(hours=24)

#: US dollars for one request, at most: S3's dearest is a PUT. What is not here costs nothing by the request.
_REQUEST = {
    "s3": Decimal("0.005") / 1_000,
    "secretsmanager": Decimal("0.05") / 10_000,
    "ssm": Decimal("0.05") / 10_000,
    # A second trail of an account pays for each event that it delivers.
    "cloudtrail": Decimal("2.00") / 100_000,
}

#: Services that ask KMS for their caller. At most one request each; they cannot be seen from here.
_ASK_KMS = frozenset({"s3", "secretsmanager", "ssm"})

#: US dollars a month for having one. A parameter costs only in the advanced tier.
A_MONTH = {Kind.KEY: Decimal("1.00"), Kind.SECRET: Decimal("0.40"), Kind.PARAMETER: Decimal("0.05")}

#: The shortest month, so that an hour costs no less than it may.
HOURS_A_MONTH = 28 * 24


def price_of_other(service: str) -> Decimal:
    """What one request to a service other than KMS costs at most, its request to KMS included."""
    of_kms = SYMMETRIC_AND_MANAGEMENT.per_10000 / 10_000 if service in _ASK_KMS else Decimal(0)
    return _REQUEST.get(service, Decimal(0)) + of_kms


def price_of_having(made: Mapping[Kind, int], hours: int) -> Decimal:
    """What it costs at most to have things for some hours."""
    return sum(
        (A_MONTH.get(kind, Decimal(0)) * count * hours / HOURS_A_MONTH for kind, count in made.items()), Decimal(0)
    )


class Spending:
    """What one session spends."""

    def __init__(
        self, account_id: str, limit: Decimal, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Begin at zero.

        Args:
            account_id: The account.
            limit: US dollars that it may cost.
            now: The time.
        """
        self.limit = limit
        self.meter = Meter()
        self._account_id = account_id
        self._now = now
        self._used: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._made: Counter[Kind] = Counter()

    @property
    def used(self) -> Mapping[str, int]:
        """How often each operation was called, such as `kms Encrypt`; what kmslab reads for itself included."""
        return dict(sorted(self._used.items()))

    @property
    def spent(self) -> Decimal:
        """US dollars, at most, if all keys are scheduled for deletion within a day."""
        usage = self.meter.bill(self._account_id, self._now() + KEPT_FOR).usage
        requests = sum((price.per_10000 * count / 10_000 for (_, price), count in usage.by_price.items()), Decimal(0))
        others = sum((price_of_other(service) * count for service, count in self._others.items()), Decimal(0))
        keys = sum((line.amount for line in key_lines(usage)), Decimal(0))
        hours = int(KEPT_FOR / timedelta(hours=1))
        return rounded(requests + others + keys + price_of_having(self._made, hours))

    def allow(self, service: str, operation: str, intended: Call | None) -> None:
        """Look at a request before it is sent.

        Raises:
            KmslabError: it would exceed the limit.
        """
        cost = price_of_other(service) if intended is None else price_of(intended).per_10000 / 10_000
        if operation in ("CreateKey", "ReplicateKey"):
            cost += price_of_having({Kind.KEY: 1}, int(KEPT_FOR / timedelta(hours=1)))
        if operation == "CreateSecret":
            cost += price_of_having({Kind.SECRET: 1}, int(KEPT_FOR / timedelta(hours=1)))
        spent = self.spent
        # Calls that cost nothing, such as those of IAM, go on.
        if cost and spent + cost > self.limit:
            raise KmslabError(
                f"The limit of {self.limit:f} USD does not allow this {service} {operation}: with its keys kept for a "
                f"day, the session costs up to {spent:f} USD already; lab.clean_up() takes everything back, and "
                "KMSLAB_AWS_LIMIT_USD sets another limit."
            )

    def count(self, service: str, operation: str, made: Kind | None = None) -> None:
        """Count a request that was answered."""
        self._used[f"{service} {operation}"] += 1
        if service != "kms":
            self._others[service] += 1
        if made in (Kind.SECRET, Kind.PARAMETER):
            self._made[made] += 1
