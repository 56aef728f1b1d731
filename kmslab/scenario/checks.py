"""What hangs together in a scenario file: names that are referred to, ids that occur once, policies that say something.

Each check takes whatever is there, well-formed or not: all findings are wanted at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from kmslab.scenario.check_keys import check_key
from kmslab.scenario.check_policies import check_identity_policy, check_trust
from kmslab.scenario.given import GivenError, content
from kmslab.scenario.names import FIRST_USER, Names
from kmslab.scenario.parts import Part
from kmslab.scenario.wording import closest


class Once:
    """Names that may occur once."""

    def __init__(self) -> None:
        """Start without any."""
        self._seen: dict[tuple[str, ...], Part] = {}

    def check(self, part: Part, what: str, *name: str) -> None:
        """Note a name that occurred before."""
        first = self._seen.setdefault(name, part)
        if first is not part:
            part.report(f"The {what} '{name[-1]}' is defined in line {first.place.line} already; write another one.")


def check_all(root: Part, names: Names) -> None:
    """Note everything that does not hang together."""
    once = Once()
    for account_id, account in names.accounts.items():
        for name, policy in account.get("managed_policies").members():
            check_identity_policy(policy, f"managed policy '{name}'")
        for section in ("groups", "users", "roles"):
            for _, owner in account.get(section).members():
                _check_policies(owner, account)
        for name, user in account.get("users").members():
            _check_user(name, user, account, once)
        for _, role in account.get("roles").members():
            check_trust(role, names)
        for key in account.get("keys").items():
            check_key(key, account_id, names, once.check)
        for bucket in account.get("buckets").items():
            _check_bucket(bucket, account, names, once)


def _check_policies(owner: Part, account: Part) -> None:
    for name, policy in owner.get("policies").members():
        check_identity_policy(policy, f"policy '{name}'")
    own = dict(account.get("managed_policies").members())
    for attached in owner.get("managed_policies").items():
        # Those of AWS are looked up in the Lab, before anything is made.
        parts = attached.text.split(":", 5)
        is_of_account = len(parts) == 6 and parts[4] == account.route[-1]
        if is_of_account and parts[5].removeprefix("policy/") not in own:
            attached.report(f"There is no managed policy '{attached.text}' in this account; {closest('', own)}")


def _check_user(name: str, user: Part, account: Part, once: Once) -> None:
    if name == FIRST_USER:
        for member, part in user.members():
            if member != "access_key":
                part.report_name(
                    f"Every account has its {FIRST_USER}, who may do everything; only 'access_key' can be given."
                )
    groups = dict(account.get("groups").members())
    for group in user.get("groups").items():
        if group.text and group.text not in groups:
            group.report(f"There is no group '{group.text}' in this account; {closest(group.text, groups)}")
    access_key = user.get("access_key").get("id")
    if access_key.text:
        once.check(access_key, "access key", access_key.text)


def _check_bucket(bucket: Part, account: Part, names: Names, once: Once) -> None:
    name = bucket.get("name")
    if name.text:
        once.check(name, "bucket", "bucket", name.text)
    key = bucket.get("encryption_key")
    known = list(_keys_in(account, names, names.region_of(bucket)))
    if key.text and key.text not in known:
        key.report(
            f"There is no key '{key.text}' of this account in {names.region_of(bucket)}; {closest(key.text, known)}"
        )
    for _, held in bucket.get("objects").members():
        try:
            content(held)
        except GivenError as error:
            held.report(str(error))


def _keys_in(account: Part, names: Names, region: str) -> Iterator[str]:
    """The aliases and ids of an account's keys in a Region."""
    for key in account.get("keys").items():
        here = key if names.region_of(key) == region else key.get("replicas").get(region)
        if here is key or region in dict(key.get("replicas").members()):
            yield from (alias.text for alias in here.get("aliases").items())
            yield from filter(None, [key.get("id").text])
