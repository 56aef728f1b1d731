"""What a scenario file defines, by name, so that whatever refers to something can be checked.

Simplified: a scenario refers only to what it defines itself, and to what every account has.
"""

from __future__ import annotations

from kmslab import arn
from kmslab.scenario.parts import Part

#: What every account has from the start: its first user, and the role by which the Lab's own account administers it.
FIRST_USER, ACCESS_ROLE = "administrator", "OrganizationAccountAccessRole"

_KINDS = {"users": "user", "roles": "role"}


class Names:
    """The principals and keys of one file."""

    def __init__(self, root: Part, region: str) -> None:
        """Collect them; `region` is where keys and buckets are that name no Region."""
        self.region = region
        self.partition = arn.partition_of(region)
        self.accounts = dict(root.get("accounts").members())
        self.principals: dict[str, list[str]] = {}
        for account_id, account in self.accounts.items():
            names = [f"user/{FIRST_USER}", f"role/{ACCESS_ROLE}"]
            for section, kind in _KINDS.items():
                names += [f"{kind}/{name}" for name, _ in account.get(section).members()]
            self.principals[account_id] = names

    def region_of(self, part: Part) -> str:
        """The Region of a key or bucket."""
        return part.get("region").text or self.region

    def principal_arn(self, account_id: str, text: str) -> str:
        """The ARN of a principal that is written as `user/NAME` or `role/NAME`; an ARN stays what it is."""
        return text if text.startswith("arn:") else f"arn:{self.partition}:iam::{account_id}:{text}"

    def policy_arn(self, account_id: str, text: str) -> str:
        """The ARN of a managed policy: of the account's own of that name, or else of AWS's."""
        if text.startswith("arn:"):
            return text
        own = dict(self.accounts[account_id].get("managed_policies").members())
        return f"arn:{self.partition}:iam::{account_id if text in own else 'aws'}:policy/{text}"

    def is_there(self, principal_arn: str) -> bool:
        """Whether a policy may name a principal: the file defines it, or it is there anyway."""
        parts = principal_arn.split(":", 5)
        if len(parts) != 6 or parts[5] == "root" or parts[5].startswith("federated-user/"):
            return True
        resource = parts[5]
        if resource.startswith("assumed-role/"):
            resource = f"role/{resource.split('/')[1]}"
        return resource in self.principals.get(parts[4], ())

    def principal_arns(self) -> list[str]:
        """The ARNs of all principals."""
        return [self.principal_arn(account_id, name) for account_id, names in self.principals.items() for name in names]
