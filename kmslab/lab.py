"""The Lab: builds one world, and hands out ordinary boto3 sessions and clients for it.

Wires everything and holds no rule of AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import boto3

from kmslab import arn
from kmslab.account import Account
from kmslab.billing.bill import Bill
from kmslab.billing.meter import Meter
from kmslab.clock import SimClock
from kmslab.errors import AwsError, KmslabError
from kmslab.ids import Ids
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.inventory import Inventory
from kmslab.keys.store import World
from kmslab.keys.xks import ExternalKeyManager
from kmslab.principals import Directory, Principal
from kmslab.service.front_door import FrontDoor
from kmslab.service.quotas import Quotas
from kmslab.service.visit import Service
from kmslab.trail.recorder import Recorder, Trail
from kmslab.transport.botocore_hook import Hook, headers_of, make_session
from kmslab.wire import model, sigv4

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from kmslab.cloud.identity import IamUsers
    from kmslab.cloud.moto_bridge import MotoBridge

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
        self._door = FrontDoor(Service(self.world, self.directory, self.ids, quotas), self.clock)
        self._door.observe(self.meter)
        self._door.observe(self.recorder)
        self.clock.subscribe(self._door.settle)
        self._hook = Hook(self._door.handle, self._ask_moto)
        self._sessions: dict[tuple[str, str], boto3.Session] = {}
        self._accounts: dict[str, Account] = {}
        self._moto: tuple[MotoBridge, IamUsers] | None = None
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
            if self._moto is not None:
                self._introduce(account, self._moto[1])
        return self._accounts[account_id]

    def user(self, name: str, policy: Mapping[str, Any] | None = None) -> Principal:
        """An IAM user of the Lab's account; see `Account.user`."""
        return self._home.user(name, policy)

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

    def cloudhsm_cluster(
        self,
        region_name: str | None = None,
        *,
        account_id: str | None = None,
        backup_of: CloudHsmCluster | None = None,
    ) -> CloudHsmCluster:
        """A new AWS CloudHSM cluster, for a CloudHSM key store: active, with two HSMs and the user `kmsuser`.

        It has what CreateCustomKeyStore asks for (`cluster_id`, `trust_anchor_certificate`, `password`). What can be
        wrong with it can be set: `hsm_count`, `is_active`, `is_well_configured`, `fault`. Simplified: it costs nothing;
        AWS charges for HSMs by the hour.

        Args:
            region_name: The Region it is in; the Lab's unless said otherwise.
            account_id: The account that owns it; the Lab's unless said otherwise.
            backup_of: Makes it from the backups of this cluster, where that is: the same certificate, users and keys.
        """
        account, region = account_id or self.account_id, region_name or self.region
        if backup_of is not None:
            return self.world.outside.add_cluster(backup_of.restore(self.ids))
        return self.world.outside.add_cluster(CloudHsmCluster.create(account, region, self.ids, self.clock.now()))

    def external_key_manager(
        self,
        uri_endpoint: str | None = None,
        uri_path: str = "/kms/xks/v1",
        *,
        access_key_id: str | None = None,
        raw_secret_access_key: str | None = None,
        vpc_endpoint_service_name: str | None = None,
    ) -> ExternalKeyManager:
        """A new external key manager outside of AWS with its XKS proxy, for an external key store.

        It makes external keys (`create_key()`), encrypts with them, and has what CreateCustomKeyStore asks for
        (`uri_endpoint`, `uri_path`, `access_key_id`, `raw_secret_access_key`). What can be wrong with it can be set:
        `is_reachable`, `fault`.

        Args:
            uri_endpoint: Where its proxy is, such as `https://xks.example.com`; a new one unless said otherwise.
            uri_path: The path to the proxy's API.
            access_key_id: The id of the credential that the proxy accepts; random unless said otherwise.
            raw_secret_access_key: The secret of that credential; random unless said otherwise.
            vpc_endpoint_service_name: The VPC endpoint service that leads to it; any name does unless one is given.
        """
        return self.world.outside.add_manager(
            ExternalKeyManager(
                self.ids, uri_endpoint, uri_path, access_key_id, raw_secret_access_key, vpc_endpoint_service_name
            )
        )

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

    def _ask_moto(self, request: AWSPreparedRequest) -> AWSResponse:
        bridge, _ = self._moto or self._start_moto()
        return bridge.answer(request)

    def _start_moto(self) -> tuple[MotoBridge, IamUsers]:
        # moto takes half a second to import; a Lab that only meets KMS never needs it.
        from kmslab.cloud.identity import IamUsers
        from kmslab.cloud.moto_bridge import MotoBridge

        bridge = MotoBridge(self._account_of)
        users = IamUsers(bridge, self.region)
        self._moto = bridge, users
        self.directory.add_source(users.find)
        for account in self._accounts.values():
            self._introduce(account, users)
        return self._moto

    def _introduce(self, account: Account, users: IamUsers) -> None:
        users.introduce(account.administrator)
        self.directory.hand_over(account.administrator)

    def _account_of(self, request: AWSPreparedRequest) -> str:
        try:
            scope = sigv4.read_scope(headers_of(request).get("authorization"))
            principal = self.directory.find(scope.access_key_id)
        except AwsError:
            # An anonymous request, or one that is signed in its query; S3 allows both.
            principal = None
        return self.account_id if principal is None else principal.account_id
