"""The Lab: builds one world, and hands out ordinary boto3 sessions and clients for it.

Wires everything and holds no rule of AWS. Over 300 lines, because this is the face that everybody meets, and most of it
is documentation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.exceptions import ClientError

from kmslab import arn
from kmslab.account import Account
from kmslab.advice import Advice, Adviser
from kmslab.authz.explain import Explanation
from kmslab.billing import prices
from kmslab.billing.bill import Bill
from kmslab.billing.budget import Budget, refusing
from kmslab.billing.forecast import Forecast
from kmslab.billing.meter import Meter
from kmslab.clock import SimClock
from kmslab.cloud.early import expect
from kmslab.cloud.later import ServicesLater
from kmslab.errors import KmslabError
from kmslab.hardware import Hardware
from kmslab.ids import Ids
from kmslab.keys.anatomy import Anatomy, dissect
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.inventory import Inventory
from kmslab.keys.store import World
from kmslab.keys.xks import ExternalKeyManager
from kmslab.principals import Credentials, Directory, Principal
from kmslab.service.front_door import FrontDoor
from kmslab.service.quotas import Quotas
from kmslab.service.visit import Service
from kmslab.support import Support
from kmslab.tables import Table
from kmslab.terminal import environment
from kmslab.trail.recorder import Recorder, Trail
from kmslab.transport.botocore_hook import Hook, Installation, make_session
from kmslab.transport.endpoint import Behind
from kmslab.wire import model

if TYPE_CHECKING:
    from kmslab.cloud.services import Services
    from kmslab.storage.opening import StateFile
    from kmslab.transport.server import Server

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
        access_key: tuple[str, str] | None = None,
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
            access_key: The administrator's access key id and secret access key; new ones unless given.

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
        self._services = ServicesLater(self._start_services, lambda: [each.administrator for each in self.accounts])
        self._hook = Hook(self._door.handle, self._services.answer)
        self._sessions: dict[tuple[str, str], boto3.Session] = {}
        self._accounts: dict[str, Account] = {}
        self._server: Server | None = None
        self._state: StateFile | None = None
        self._behind = Behind(
            refusing(self._door.handle), refusing(self._services.answer), self.directory.find, region, self.clock.now
        )
        self._installation = Installation(self.session)
        self._home = self._open(account_id, None if access_key is None else Credentials(*access_key))

    @classmethod
    def open(cls, path: str | os.PathLike[str], **arguments: Any) -> Self:
        """A Lab that is kept on disk: what it has answered is there when it is opened again. Close it when done.

        What is in the file is sealed with a key of its own, which is in a file beside it (`<path>.key`) or comes from
        the passphrase in KMSLAB_PASSPHRASE. One process at a time can have it open. What could not be brought back is
        in `lost`.

        Args:
            path: The file; made where there is none.
            arguments: What `Lab` takes, for a new file; an old one keeps what it was made with, and takes a new
                `access_key` only.

        Raises:
            KmslabError: it is no state file, damaged, too new, sealed with another key, or in use.
        """
        from kmslab.storage.opening import StateFile

        state = StateFile(path, arguments)
        try:
            lab = cls(**state.arguments)
            lab._state = state
            state.attach(lab, lab._door, lab._door.still, lab._services.now)
        except BaseException:
            state.close()
            raise
        return lab

    @property
    def lost(self) -> tuple[str, ...]:
        """What did not survive since the Lab was last open, a sentence each; empty for one that is not kept."""
        return () if self._state is None else tuple(self._state.lost)

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

    def account(self, account_id: str, access_key: tuple[str, str] | None = None) -> Account:
        """An account of this world; it is opened on first use.

        Args:
            account_id: Twelve digits.
            access_key: The access key id and secret of its administrator, when it is opened now; new unless given.

        Raises:
            KmslabError: not twelve digits.
        """
        if not arn.is_account_id(account_id):
            raise KmslabError(f"An AWS account id is twelve digits, not {account_id!r}.")
        given = None if access_key is None else Credentials(*access_key)
        return self._accounts.get(account_id) or self._open(account_id, given)

    def _open(self, account_id: str, access_key: Credentials | None = None) -> Account:
        account = self._accounts[account_id] = Account(self, account_id, access_key)
        self.directory.add(account.root)
        self.directory.add(account.administrator)
        self._services.introduce(account.administrator)
        return account

    def start_services(self) -> None:
        """Start the services around KMS now, and not when somebody asks for one: it takes a moment for each account."""
        self._services.now()

    def replace_access_key(self, account_id: str, access_key_id: str, new_id: str, new_secret: str) -> None:
        """Give an IAM user's access key an id and a secret of your choice, which no call of AWS can."""
        self._services.now().replace_access_key(account_id, access_key_id, Credentials(new_id, new_secret))

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
            self._sessions[name] = make_session(principal.credentials, region, self._hook, expect)
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
        self._installation.install()

    def uninstall(self) -> None:
        """Put back what bare boto3 calls reached before `install`.

        Raises:
            KmslabError: the Lab is not installed.
        """
        self._installation.uninstall()

    # --- clients in other processes ---

    def endpoint(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """The address at which clients in other processes reach this Lab, every service of it; begins to listen.

        Args:
            port: The port; any that is free unless said otherwise. Only the first call of `endpoint` chooses.
            host: A loopback address.

        Raises:
            KmslabError: the port is taken, or `host` is no loopback address.
        """
        if self._server is None:
            from kmslab.transport.serving import serve

            self._server = serve(lambda: self.behind, host, port)
        return self._server.url

    @property
    def hook(self) -> Hook:
        """What answers the requests of clients in this process."""
        return self._hook

    @property
    def behind(self) -> Behind:
        """What answers at an endpoint of this Lab."""
        return self._behind

    def environ(self) -> dict[str, str]:
        """A complete environment for a process whose AWS clients are to reach this Lab as its administrator."""
        key = self.administrator.credentials
        return environment.complete(
            environment.variables(self.endpoint(), key.access_key_id, key.secret_access_key, self.region)
        )

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
    def consolidated_bill(self) -> Bill:
        """What all accounts of the Lab owe as one organisation: the free tier counts once for all of them together."""
        return self.meter.consolidated_bill(self._accounts, self.clock.now())

    def forecast(self, bill: Bill, times: int = 1) -> Forecast:
        """What a month would cost in which what `bill` is for happens `times` times; see `Forecast`.

        `mark = lab.bill`, then the code, then `lab.forecast(lab.bill.since(mark), times=1_000_000)`.

        Raises:
            KmslabError: `times` is no whole number above 0.
        """
        return Forecast.of(bill, times)

    @contextmanager
    def budget(self, usd: Decimal | float | str, account_id: str | None = None) -> Iterator[Budget]:
        """Within the block, an account cannot spend more on KMS than this.

        The request that would exceed it is not carried out: it raises a KmslabError, or is refused with a
        BudgetExceededException where it comes over HTTP. Blocks within one another all count.

        Args:
            usd: US dollars, such as 0.05.
            account_id: The account; the Lab's own unless said otherwise.

        Raises:
            KmslabError: `usd` is no sum of money, or `account_id` no account id.
        """
        account = self._home if account_id is None else self.account(account_id)
        budget = Budget(usd, self.meter, account.account_id, self.clock.now)
        with self._door.guarded(budget):
            yield budget

    def prices(self) -> Table:
        """The price list that the bill is drawn up from, and S3's prices of requests, which are on no bill here."""
        return prices.table()

    @property
    def trail(self) -> Trail:
        """What CloudTrail shows of the Lab's account at this moment, newest last."""
        return self._home.trail

    @property
    def inventory(self) -> Inventory:
        """The keys of the Lab's account in every Region, read without a call: neither billed nor in the trail."""
        return self._home.inventory

    def at_rest(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        """What S3 really holds of an object: the encrypted bytes. No call of AWS can show them.

        Args:
            bucket: The bucket's name.
            key: The object's key.
            version_id: Which version, where there are several; the newest unless said otherwise.

        Raises:
            KmslabError: there is no such object.
        """
        from kmslab.cloud.s3.at_rest import at_rest

        return at_rest(self._services.now().bridge, bucket, key, version_id)

    def dissect(self, ciphertext: bytes | str) -> Anatomy:
        """What is in a ciphertext of a symmetric key, byte by byte, and whose it is. Nothing is called or decrypted.

        Args:
            ciphertext: A CiphertextBlob, as boto3 gives it or in base64 as the AWS CLI does.

        Raises:
            KmslabError: it is something else, or damaged.
        """
        return dissect(self.world, ciphertext)

    def explain(self, error: ClientError) -> Explanation:
        """Why a call failed, as far as permissions go: every policy statement and grant that was looked at.

        Args:
            error: What a client of this Lab raised: one of KMS, or one of S3 or Parameter Store that quotes KMS.

        Raises:
            KmslabError: there is no KMS call of this Lab behind the error.
        """
        response = error.response if isinstance(error, ClientError) else {}
        call = self.recorder.find(str(response.get("ResponseMetadata", {}).get("RequestId", "")))
        call = call or self.recorder.find_quoted(str(response.get("Error", {}).get("Message", "")))
        if call is None:
            raise KmslabError(
                "explain() takes the ClientError that a KMS client of this Lab raised, or one of another service that "
                "quotes what KMS said."
            )
        return Explanation(call)

    def would(self, principal: Principal, action: str, key: str, **options: Any) -> Advice:
        """Would a call be allowed, by the key's policy or another `policy`? Nothing is called; see `Adviser.would`."""
        return self._adviser.would(principal, action, key, **options)

    # --- the end ---

    def close(self) -> None:
        """Leave boto3 as it was before the Lab was installed, stop listening, and let go of the state file.

        Raises:
            KmslabError: the state file cannot be written.
        """
        self._installation.end()
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._state is not None:
            self._state.close()
            self._state = None

    def __enter__(self) -> Self:
        """The Lab itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the Lab."""
        self.close()

    def __repr__(self) -> str:
        """The account, the Region and the time."""
        return f"<Lab account {self.account_id}, {self.region}, {self.clock.now():%Y-%m-%d %H:%M:%S} UTC>"

    def _start_services(self) -> Services:
        from kmslab.cloud.services import Services

        services = Services(
            self.directory,
            self.clock,
            self.ids,
            self.region,
            home=self.account_id,
            open_account=self.account,
            root_of=lambda account_id: self.account(account_id).root,
            kms=self._door.carry_out,
            recorder=self.recorder,
        )
        if self._state is not None:
            self._state.meet(services)
        return services
