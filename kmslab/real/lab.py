"""`lab` on real AWS: the face of a Lab, as far as it can be honest.

What it knows of calls it has from kmslab's own sessions; AWS's bill and AWS's CloudTrail decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Self

import boto3

from kmslab.billing import prices
from kmslab.billing.bill import Bill
from kmslab.billing.budget import Budget
from kmslab.billing.forecast import Forecast
from kmslab.errors import KmslabError
from kmslab.keys.inventory import Inventory
from kmslab.principals import Principal
from kmslab.real.cleaning import CleanUp, listed
from kmslab.real.clock import RealClock
from kmslab.real.connection import HOME, Connection, Source
from kmslab.real.guard import Guard
from kmslab.real.inventory import Reader
from kmslab.real.journal import GLOBAL, Entry, Journal
from kmslab.real.not_here import SENTENCES, NotHere, not_here
from kmslab.real.people import People
from kmslab.real.rules import Kind
from kmslab.real.settings import Settings
from kmslab.real.spending import Spending
from kmslab.real.watch import Watch
from kmslab.tables import Table
from kmslab.trail.recorder import Recorder, Trail
from kmslab.transport.botocore_hook import Installation

_BILL = "Estimate from the calls of this notebook, in US dollars; AWS's own bill decides"
_TRAIL = "Calls of this notebook in CloudTrail's form, newest last; AWS's own record is CloudTrail"


class AwsLab:
    """One session in one real account. Attributes that only a simulated Lab can have say so when they are used."""

    #: Nothing is kept in a file of ours, so nothing of it can be lost.
    lost: tuple[str, ...] = ()

    def __init__(
        self,
        source: Source,
        connected: Connection,
        settings: Settings,
        regions: tuple[str, ...],
        earlier: Iterable[Journal] = (),
    ) -> None:
        """Begin a session; `kmslab.real.opening` does it, once the account is confirmed.

        Args:
            source: Where sessions come from.
            connected: Whose they are.
            settings: What was asked for.
            regions: The Regions that may be called.
            earlier: The journals of earlier sessions in this account: what they made is kmslab's too.
        """
        self.region = HOME
        self.clock = RealClock()
        self.journal = Journal.begin(
            settings.workspace, connected.account_id, connected.identity.arn, settings.lesson, regions
        )
        self._connected = connected
        self._earlier = list(earlier)
        self._spending = Spending(connected.account_id, settings.limit)
        guard = Guard(connected.account_id, regions, self._is_ours)
        self._watch = Watch(guard, self.journal, self._spending, connected.identity, lambda: source.access_key_id)
        self._recorder = Recorder()
        self._watch.observers.append(self._recorder)
        self._source = source
        self._own = source.session()
        self._watch.attach(self._own, is_lessons=False)
        self._sessions: dict[tuple[str, str], boto3.Session] = {}
        self._reader = Reader(self._own_kms, self._keys)
        self._watch.on_change.append(self._reader.forget)
        self._watch.tag_bucket = self._tag_bucket
        self._people = People(
            self.session(), self.session, connected.identity, lambda kind, name: self._is_ours(kind, GLOBAL, name)
        )
        self._installation = Installation(self.session)

    # --- accounts and principals ---

    @property
    def account_id(self) -> str:
        """The account."""
        return self._connected.account_id

    @property
    def accounts(self) -> tuple[AwsLab, ...]:
        """The accounts that kmslab works in: this one."""
        return (self,)

    @property
    def administrator(self) -> Principal:
        """Whoever the credentials belong to."""
        return self._source.principal(self._connected.identity)

    def user(self, name: str, policy: Mapping[str, Any] | None = None) -> Principal:
        """An IAM user with an access key, made for real; see `Account.user`."""
        return self._people.user(name, policy)

    def role(
        self, name: str, policy: Mapping[str, Any] | None = None, trust: Mapping[str, Any] | None = None, **options: Any
    ) -> Principal:
        """A session of an IAM role, made for real; see `Account.role`."""
        return self._people.role(name, policy, trust, **options)

    # --- clients ---

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session that kmslab watches; see `Account.session`."""
        region, key_id = region_name or self.region, ""
        if principal is not None and principal.identity != self._connected.identity:
            key_id = principal.credentials.access_key_id
        name = (key_id, region)
        if name not in self._sessions:
            if principal is None or not key_id:
                made = self._source.session(region)
            else:
                made = self._source.session_of(principal.credentials, region)
                self._watch.identities[key_id] = principal.identity
            self._watch.attach(made)
            self._sessions[name] = made
        return self._sessions[name]

    def client(
        self, service_name: str, region_name: str | None = None, *, principal: Principal | None = None, **options: Any
    ) -> Any:
        """A boto3 client that kmslab watches; see `Account.client`."""
        return self.session(principal).client(service_name, region_name=region_name, **options)

    @contextmanager
    def installed(self) -> Iterator[AwsLab]:
        """Within the block, bare boto3 calls are watched by kmslab."""
        self.install()
        try:
            yield self
        finally:
            self.uninstall()

    def install(self) -> None:
        """Have bare boto3 calls watched, until `uninstall`."""
        self._installation.install()

    def uninstall(self) -> None:
        """Put back what bare boto3 calls reached before `install`."""
        self._installation.uninstall()

    # --- what happened ---

    @property
    def bill(self) -> Bill:
        """What the calls to KMS of this notebook cost by the price list, free tier taken off: an estimate."""
        usage = self._spending.meter.bill(self.account_id, self.clock.now()).usage
        return Bill.of(usage, _BILL)

    @property
    def spent(self) -> Decimal:
        """What the limit is compared with: all services, no free tier, each key kept for a day. At most, in USD."""
        return self._spending.spent

    @property
    def used(self) -> Mapping[str, int]:
        """How often each operation was called, such as `kms Encrypt`, by the notebook and by kmslab for it."""
        return self._spending.used

    def forecast(self, bill: Bill, times: int = 1) -> Forecast:
        """What a month would cost; see `Lab.forecast`."""
        return Forecast.of(bill, times)

    @contextmanager
    def budget(self, usd: Decimal | float | str, account_id: str | None = None) -> Iterator[Budget]:
        """Within the block, the notebook cannot spend more on KMS than this; see `Lab.budget`."""
        if account_id not in (None, self.account_id):
            raise KmslabError(SENTENCES["account"])
        budget = Budget(usd, self._spending.meter, self.account_id, self.clock.now)
        with self._watch.braked(budget):
            yield budget

    def prices(self) -> Table:
        """The price list that estimates are drawn up from."""
        return prices.table()

    @property
    def trail(self) -> Trail:
        """The calls to KMS that this notebook made. What S3 and others ask KMS for is in AWS's CloudTrail only."""
        return Trail(self._recorder.trail(self.account_id).calls, _TRAIL)

    @property
    def inventory(self) -> Inventory:
        """The keys that this session made, read from KMS when something has changed; that is billed."""
        return self._reader.read()

    # --- the end ---

    @property
    def left(self) -> Table:
        """What this and earlier sessions of this folder have made and not removed, and what it costs."""
        return listed(self._journals)

    def clean_up(self) -> Table:
        """Take back everything that kmslab has made in this account, and say what waits until when."""
        cleaning = CleanUp(self._own, self._journals, print)
        cleaning.search()
        table = cleaning.run()
        self._reader.forget()
        for sentence in cleaning.failures:
            print(sentence)
        return table

    def close(self) -> None:
        """Leave boto3 as it was. Nothing is removed: that is what `clean_up` is for."""
        self._installation.end()

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """The account, who, and what it has cost so far."""
        return f"<AwsLab account {self.account_id}, {self._connected.identity.arn}, at most {self.spent:f} USD so far>"

    def __getattr__(self, name: str) -> NotHere:
        """What only a simulated Lab can have."""
        return not_here(name)

    # --- its parts ---

    @property
    def _journals(self) -> list[Journal]:
        return [*self._earlier, self.journal]

    def _is_ours(self, kind: Kind, region: str, name: str) -> bool:
        return any(journal.find(kind, region, name) is not None for journal in self._journals)

    def _keys(self) -> Iterator[tuple[str, str]]:
        return ((each.region, each.name) for each in self.journal.left() if each.kind is Kind.KEY and each.name)

    def _own_kms(self, region: str) -> Any:
        return self._own.client("kms", region_name=region)

    def _tag_bucket(self, bucket: Entry, tags: list[dict[str, str]]) -> None:
        s3 = self._own.client("s3", region_name=bucket.region)
        s3.put_bucket_tagging(Bucket=bucket.name, Tagging={"TagSet": tags})
