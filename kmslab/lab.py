"""The Lab: builds one world, and hands out ordinary boto3 sessions and clients for it.

Wires everything and holds no rule of AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.exceptions import ClientError

from kmslab import arn
from kmslab.account import Account
from kmslab.advice import Advice, Adviser
from kmslab.authz.explain import Explanation
from kmslab.billing.bill import Bill
from kmslab.billing.meter import Meter
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.hardware import Hardware
from kmslab.ids import Ids
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.inventory import Inventory
from kmslab.keys.store import World
from kmslab.keys.xks import ExternalKeyManager
from kmslab.principals import Directory, Principal
from kmslab.service.front_door import FrontDoor
from kmslab.service.quotas import Quotas
from kmslab.service.visit import Service
from kmslab.support import Support
from kmslab.trail.recorder import Recorder, Trail
from kmslab.transport.botocore_hook import Hook, make_session
from kmslab.wire import model

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from kmslab.cloud.services import Services

#: How long a grant may take until everybody knows of it. Source: KMS Developer Guide, "Grants", eventual consistency.
GRANTS_SETTLE_IN = timedelta(minutes=5)

#: Where a seeded Lab's time begins, so that its dates are the same every time.
SEEDED_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Lab:
    """A simulated AWS with a KMS that means it.

    `lab.client("kms")` is an ordinary boto3 client; what it does is denied, billed and logged as AWS would. One Lab
    knows nothing of another.
    """

    def __init__(
        self,
        account_id: str = "123456789010",
        region: str = "us-east-1",
        seed: int | None = None,
        *,
        throttling: bool = False,
        eventual_consistency: bool = False,
    ) -> None:
        """Build a world.

        Args:
            account_id: Twelve digits: the account the Lab begins with.
            region: The default Region of its sessions.
            seed: Makes ids and dates the same every time, never secrets. A seeded Lab's clock begins on 5 January 2026
                and stands still but for 10 ms a request; without a seed it begins now and flows.
            throttling: Whether AWS's request quotas hold, such as five CreateKey in a second of the Lab's clock, for
                each account and Region. What exceeds them is refused with a ThrottlingException. Trying again helps
                once the clock has reached its next second; a clock that stands does not wait with a client that does.
            eventual_consistency: Whether a new grant takes five minutes until it counts without its grant token, as it
                may in AWS. Otherwise it counts at once.

        Raises:
            KmslabError: the account id or the Region is none.
        """
        if not arn.is_account_id(account_id):
            raise KmslabError(f"An AWS account id is twelve digits, not {account_id!r}.")
        if region not in model.regions():
            raise KmslabError(f"{region!r} is not the name of a Region of AWS, such as 'us-east-1'.")
        self.region = region
        self.ids = Ids(seed)
        self.clock = SimClock(datetime.now(UTC) if seed is None else SEEDED_START, flowing=seed is None)
        self.world = World(model.regions())
        self.directory = Directory()
        self.meter = Meter()
        self.recorder = Recorder()
        quotas = Quotas() if throttling else None
        settling = GRANTS_SETTLE_IN if eventual_consistency else timedelta(0)
        self._door = FrontDoor(Service(self.world, self.directory, self.ids, quotas, settling), self.clock)
        self._door.observe(self.meter)
        self._door.observe(self.recorder)
        self.clock.subscribe(self._door.settle)
        self._adviser = Adviser(self.world, self.directory, self.clock, settling)
        self._hardware = Hardware(self.world, self.clock, self.ids, account_id=account_id, region=region)
        self.support = Support(self.world, self.clock, self._insiders)
        self._hook = Hook(self._door.handle, self._ask_others)
        self._sessions: dict[tuple[str, str], boto3.Session] = {}
        self._accounts: dict[str, Account] = {}
        self._services: Services | None = None
        self._installed_over: list[boto3.Session | None] = []
        self._home = self.account(account_id)

    # --- accounts and principals ---

    @property
    def account_id(self) -> str:
        """The account that the Lab began with."""
        return self._home.account_id

    @property
    def root(self) -> Principal:
        """The root user of the Lab's account, for the lesson on why not to use it."""
        return self._home.root

    @property
    def administrator(self) -> Principal:
        """The IAM user `administrator` of the Lab's account, with AdministratorAccess."""
        return self._home.administrator

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts that were opened, the Lab's own first."""
        return tuple(self._accounts.values())

    def account(self, account_id: str) -> Account:
        """An account of this world; it is opened on first use.

        Raises:
            KmslabError: not twelve digits.
        """
        if not arn.is_account_id(account_id):
            raise KmslabError(f"An AWS account id is twelve digits, not {account_id!r}.")
        if account_id not in self._accounts:
            account = self._accounts[account_id] = Account(self, account_id)
            self.directory.add(account.root)
            self.directory.add(account.administrator)
            if self._services is not None:
                self._services.introduce(account.administrator)
        return self._accounts[account_id]

    def user(self, name: str, policy: Mapping[str, Any] | None = None) -> Principal:
        """An IAM user of the Lab's account; see `Account.user`."""
        return self._home.user(name, policy)

    def role(
        self, name: str, policy: Mapping[str, Any] | None = None, trust: Mapping[str, Any] | None = None, **options: Any
    ) -> Principal:
        """A session of an IAM role of the Lab's account; see `Account.role`."""
        return self._home.role(name, policy, trust, **options)

    def _insiders(self, account_id: str) -> tuple[Principal, ...]:
        account = self.account(account_id)
        return account.root, account.administrator

    # --- clients ---

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session of the Lab's account; see `Account.session`."""
        return self._home.session(principal, region_name)

    def client(
        self, service_name: str, region_name: str | None = None, *, principal: Principal | None = None, **options: Any
    ) -> Any:
        """A boto3 client of the Lab's account; see `Account.client`."""
        return self._home.client(service_name, region_name, principal=principal, **options)

    def make_session(self, principal: Principal, region: str) -> boto3.Session:
        """The session for a principal and a Region; made once."""
        name = (principal.credentials.access_key_id, region)
        if name not in self._sessions:
            self._sessions[name] = make_session(principal.credentials, region, self._hook)
        return self._sessions[name]

    @contextmanager
    def installed(self) -> Iterator[Lab]:
        """Within the block, bare `boto3.client(...)` and `boto3.resource(...)` reach this Lab as its administrator."""
        self.install()
        try:
            yield self
        finally:
            self.uninstall()

    def install(self) -> None:
        """Make this Lab the target of bare boto3 calls, until `uninstall`."""
        self._installed_over.append(boto3.DEFAULT_SESSION)
        boto3.DEFAULT_SESSION = self.session()

    def uninstall(self) -> None:
        """Put back what bare boto3 calls reached before `install`.

        Raises:
            KmslabError: the Lab is not installed.
        """
        if not self._installed_over:
            raise KmslabError("This Lab is not installed, so there is nothing to uninstall.")
        boto3.DEFAULT_SESSION = self._installed_over.pop()

    # --- what is outside of KMS ---

    def cloudhsm_cluster(self, region_name: str | None = None, **options: Any) -> CloudHsmCluster:
        """A new AWS CloudHSM cluster, for a CloudHSM key store; see `Hardware.cloudhsm_cluster`."""
        return self._hardware.cloudhsm_cluster(region_name, **options)

    def external_key_manager(
        self, uri_endpoint: str | None = None, uri_path: str = "/kms/xks/v1", **options: Any
    ) -> ExternalKeyManager:
        """A new external key manager with its XKS proxy, for an external key store; see `Hardware`."""
        return self._hardware.external_key_manager(uri_endpoint, uri_path, **options)

    # --- what happened ---

    @property
    def bill(self) -> Bill:
        """What the Lab's account owes at this moment: `.total`, `.lines`, `.requests`, `.by(...)`, `.since(mark)`."""
        return self._home.bill

    @property
    def trail(self) -> Trail:
        """What CloudTrail shows of the Lab's account at this moment, newest last."""
        return self._home.trail

    @property
    def inventory(self) -> Inventory:
        """The keys of the Lab's account in every Region, read without a call: neither billed nor in the trail."""
        return self._home.inventory

    def explain(self, error: ClientError) -> Explanation:
        """Why a call failed, as far as permissions go: every policy statement and grant that was looked at.

        Args:
            error: What a client of this Lab raised.

        Raises:
            KmslabError: the error is of no KMS call of this Lab.
        """
        metadata = error.response.get("ResponseMetadata", {}) if isinstance(error, ClientError) else {}
        call = self.recorder.find(str(metadata.get("RequestId", "")))
        if call is None:
            raise KmslabError("explain() takes the ClientError that a KMS client of this Lab raised.")
        return Explanation(call)

    def would(self, principal: Principal, action: str, key: str, **options: Any) -> Advice:
        """Would a call be allowed, by the key's policy or another `policy`? Nothing is called; see `Adviser.would`."""
        return self._adviser.would(principal, action, key, **options)

    # --- the end ---

    def close(self) -> None:
        """Leave boto3 as it was before the Lab was installed."""
        while self._installed_over:
            self.uninstall()

    def __enter__(self) -> Self:
        """The Lab itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the Lab."""
        self.close()

    def __repr__(self) -> str:
        """The account, the Region and the time."""
        return f"<Lab account {self.account_id}, {self.region}, {self.clock.now():%Y-%m-%d %H:%M:%S} UTC>"

    # --- every service but KMS ---

    def _ask_others(self, request: AWSPreparedRequest) -> AWSResponse:
        return (self._services or self._start_services()).answer(request)

    def _start_services(self) -> Services:
        # moto takes half a second to import; a Lab that only meets KMS never needs it.
        from kmslab.cloud.services import Services

        self._services = Services(
            self.directory,
            self.clock,
            self.ids,
            self.region,
            home=self.account_id,
            open_account=self.account,
            root_of=lambda account_id: self.account(account_id).root,
        )
        for account in self._accounts.values():
            self._services.introduce(account.administrator)
        return self._services
