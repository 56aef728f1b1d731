"""AWS's own managed policies, in every account's IAM without being read anew for each.

There are well over a thousand of them, and moto reads all of them from JSON whenever an account gets its IAM: 0.2 s,
and twice for the first IAM user of a Lab. Here they are read once in a process, and an account gets copies.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend


class QuickIAMBackend(IAMBackend):
    """moto's IAM of one account, which begins quicker."""

    # By the module of a backend's class moto finds the addresses that it answers.
    __module__ = IAMBackend.__module__

    def _init_aws_policies(self) -> list[Any]:
        return [_copy(each, self.account_id) for each in read(self.region_name)]


@cache
def read(partition: str) -> list[Any]:
    """AWS's managed policies as moto has them, read once in a process.

    Args:
        partition: Of AWS, such as `aws`.
    """
    data = json.loads(aws_managed_policies_data)
    return [AWSManagedPolicy.from_data(name, "", partition, policy) for name, policy in data.items()]


def _copy(policy: Any, account_id: str) -> Any:
    made = AWSManagedPolicy.__new__(AWSManagedPolicy)
    # Tags and the list of versions are an account's own; a version itself never changes, because the policy is AWS's.
    vars(made).update(vars(policy), account_id=account_id, tags={}, versions=list(policy.versions))
    return made
