"""The guard: looks at each request before it is sent, and says in one sentence why one is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kmslab import arn
from kmslab.errors import KmslabError
from kmslab.real import rules
from kmslab.real.rules import CREATIONS, MEMBERS, NAMED_BY, NEVER, Kind

#: The account that lessons speak of. On real AWS it is somebody else's.
LAB_ACCOUNT = "123456789010"

Params = Mapping[str, Any]

#: Whether a resource is one that kmslab made: kind, Region, name.
Ours = Callable[[Kind, str, str], bool]


class Guard:
    """What may be sent to one account."""

    def __init__(self, account_id: str, regions: tuple[str, ...], ours: Ours) -> None:
        """Stand guard.

        Args:
            account_id: The account.
            regions: The Regions that may be called.
            ours: What kmslab has made there.
        """
        self._account_id = account_id
        self._regions = regions
        self._ours = ours

    def __call__(self, service: str, operation: str, region: str, params: Params) -> None:
        """Let a request pass.

        Raises:
            KmslabError: it is not to be sent.
        """
        self._check_place(service, region, params)
        self._check_account(params)
        what = f"{service} {operation}"
        reason = NEVER.get((service, operation))
        if reason is not None:
            raise KmslabError(f"kmslab does not send {what} to real AWS: {reason}.")
        for (of, name, member), reason in MEMBERS.items():
            if (of, name) == (service, operation) and params.get(member):
                raise KmslabError(f"kmslab does not send {what} with {member} to real AWS: {reason}.")
        if rules.only_reads(service, operation):
            return
        if not rules.is_known(service, operation):
            raise KmslabError(f"kmslab does not send {what} to real AWS: it would not know how to clean up after it.")
        self._check_whose(service, operation, region, params, what)

    def _check_place(self, service: str, region: str, params: Params) -> None:
        if service not in NAMED_BY:
            raise KmslabError(
                f"On real AWS, kmslab calls {', '.join(NAMED_BY)} and no other service, such as {service}."
            )
        for each in (region, params.get("ReplicaRegion"), params.get("PrimaryRegion")):
            # IAM and STS have one address for the whole world, under different names.
            if each and each not in self._regions and service not in ("iam", "sts"):
                raise KmslabError(
                    f"{each} is not among the Regions of this session ({', '.join(self._regions)}); name it in "
                    "KMSLAB_AWS_REGIONS and load kmslab again, if you mean it."
                )

    def _check_account(self, params: Params) -> None:
        if self._account_id != LAB_ACCOUNT and _says(params, LAB_ACCOUNT):
            raise KmslabError(
                f"This request names {LAB_ACCOUNT}, the Lab's account, which on real AWS is a stranger's; write "
                "lab.account_id in its place."
            )
        role = str(params.get("RoleArn", ""))
        if role.startswith("arn:") and f"::{self._account_id}:" not in role:
            raise KmslabError(f"{role} is a role of another account, which nobody has confirmed; kmslab works in one.")

    def _check_whose(self, service: str, operation: str, region: str, params: Params, what: str) -> None:
        creation = CREATIONS.get((service, operation))
        if creation is not None and creation.kind is Kind.BUCKET and self._account_id not in params.get("Bucket", ""):
            raise KmslabError(
                "The names of buckets are shared by all of AWS; put your account id into this one, such as "
                f"{params.get('Bucket', 'bucket')}-{self._account_id}, here and wherever it is used."
            )
        makes_new = creation is not None and not params.get("Overwrite")
        if makes_new and not (service == "kms" and "KeyId" in params):
            return
        for member, kind in NAMED_BY[service]:
            if member in params:
                name = str(params[member])
                # Where a key is managed KMS takes no alias, and says so itself.
                if self._ours(kind, region, name) or (kind is Kind.KEY and arn.names_an_alias(name)):
                    return
                raise KmslabError(
                    f"{name} was not made by kmslab in this folder, so {what} is not sent: on real AWS, kmslab changes "
                    "only what it has made."
                )
        raise KmslabError(f"kmslab does not send {what} to real AWS: it would not know how to clean up after it.")


def _says(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text in value
    if isinstance(value, Mapping):
        return any(_says(each, text) for each in (*value.keys(), *value.values()))
    return isinstance(value, (list, tuple)) and any(_says(each, text) for each in value)
