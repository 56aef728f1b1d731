"""One AWS account of a Lab: its principals, its clients, its bill, its trail, its keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3

from kmslab.billing.bill import Bill
from kmslab.errors import KmslabError
from kmslab.keys.inventory import Inventory
from kmslab.principals import Principal, make_administrator, make_root
from kmslab.trail.recorder import Trail

if TYPE_CHECKING:
    from kmslab.lab import Lab


class Account:
    """One AWS account of a Lab: its principals, its bill, its trail."""

    def __init__(self, lab: Lab, account_id: str) -> None:
        """Open an account; use `lab.account(...)`."""
        self._lab = lab
        self.account_id = account_id
        self.root: Principal = make_root(account_id, lab.region, lab.ids)
        self.administrator: Principal = make_administrator(account_id, lab.region, lab.ids)

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session.

        Args:
            principal: Whom its clients act as; the account's administrator unless said otherwise.
            region_name: Its default Region; the Lab's unless said otherwise.
        """
        return self._lab.make_session(principal or self.administrator, region_name or self._lab.region)

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
        principal = self._lab.directory.find(access_key["AccessKeyId"])
        if principal is None:
            raise KmslabError(f"IAM made an access key for {name} that the Lab cannot find.")
        return principal

    @property
    def bill(self) -> Bill:
        """What this account owes at this moment."""
        return self._lab.meter.bill(self.account_id, self._lab.clock.now())

    @property
    def trail(self) -> Trail:
        """What this account's CloudTrail shows at this moment, newest last."""
        return self._lab.recorder.trail(self.account_id)

    @property
    def inventory(self) -> Inventory:
        """The account's keys in every Region, read without a call: neither billed nor in the trail."""
        return Inventory.of(self._lab.world, self.account_id)

    def __repr__(self) -> str:
        """The account's id."""
        return f"<Account {self.account_id}>"
