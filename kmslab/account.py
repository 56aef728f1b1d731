"""One AWS account of a Lab: its principals, its clients, its bill, its trail, its keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

import boto3

from kmslab.billing.bill import Bill
from kmslab.billing.meter import Meter
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.keys.inventory import Inventory
from kmslab.keys.store import World
from kmslab.principals import Directory, Principal, make_administrator, make_root
from kmslab.trail.recorder import Recorder, Trail


class Ground(Protocol):
    """What an account stands on: the parts of a Lab that all its accounts share."""

    region: str
    ids: Ids
    clock: SimClock
    world: World
    directory: Directory
    meter: Meter
    recorder: Recorder

    def make_session(self, principal: Principal, region: str) -> boto3.Session:
        """A session of `principal`."""
        ...


class Account:
    """One AWS account of a Lab: its principals, its bill, its trail."""

    def __init__(self, ground: Ground, account_id: str) -> None:
        """Open an account; use `lab.account(...)`."""
        self._ground = ground
        self.account_id = account_id
        self.root: Principal = make_root(account_id, ground.region, ground.ids)
        self.administrator: Principal = make_administrator(account_id, ground.region, ground.ids)

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session.

        Args:
            principal: Whom its clients act as; the account's administrator unless said otherwise.
            region_name: Its default Region; the Lab's unless said otherwise.
        """
        return self._ground.make_session(principal or self.administrator, region_name or self._ground.region)

    def client(
        self, service_name: str, region_name: str | None = None, *, principal: Principal | None = None, **options: Any
    ) -> Any:
        """An ordinary boto3 client that reaches the Lab.

        Args:
            service_name: Such as `kms` or `s3`.
            region_name: The Region it calls; the Lab's unless said otherwise.
            principal: Whom it acts as; the account's administrator unless said otherwise.
            options: Whatever else `boto3.client` takes.
        """
        return self.session(principal).client(service_name, region_name=region_name, **options)

    def user(self, name: str, policy: Mapping[str, Any] | None = None) -> Principal:
        """An IAM user with an access key, made through the IAM API.

        Args:
            name: The user's name.
            policy: An IAM policy document to put on the user, or None.

        Returns:
            The user as a principal, for `client(..., principal=...)`.

        Raises:
            botocore.exceptions.ClientError: IAM refuses, for instance because the name is taken.
        """
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if policy is not None:
            iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        access_key = iam.create_access_key(UserName=name)["AccessKey"]
        principal = self._ground.directory.find(access_key["AccessKeyId"])
        if principal is None:
            raise KmslabError(f"IAM made an access key for {name} that the Lab cannot find.")
        return principal

    @property
    def bill(self) -> Bill:
        """What this account owes at this moment."""
        return self._ground.meter.bill(self.account_id, self._ground.clock.now())

    @property
    def trail(self) -> Trail:
        """What this account's CloudTrail shows at this moment, newest last."""
        return self._ground.recorder.trail(self.account_id)

    @property
    def inventory(self) -> Inventory:
        """The account's keys in every Region, read without a call: neither billed nor in the trail."""
        return Inventory.of(self._ground.world, self.account_id)

    def __repr__(self) -> str:
        """The account's id."""
        return f"<Account {self.account_id}>"
