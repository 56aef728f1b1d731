"""The policy playground: a key policy to try out, somebody who calls, and what would be decided, beside a real call.

    from kmslab.jupyter import playground
    playground.key_policy(lab, key_id)

A panel of ipywidgets: everything in it has a label, is reached with the Tab key and has its state as text (`repr`). The
module is some lines too long, because it is one panel.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import ipywidgets as widgets
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.errors import AwsError, KmslabError
from kmslab.jupyter.policy_errors import of_lockout, told
from kmslab.tables import Table

Params = dict[str, Any]


class Try(NamedTuple):
    """One call that can be chosen.

    Attributes:
        method: The client's method; empty where the panel does not really call, because that would change the key.
        params: The request's members but for the key, from the encryption context.
    """

    method: str
    params: Callable[[Mapping[str, str]], Params]


def _with_context(**members: Any) -> Callable[[Mapping[str, str]], Params]:
    return lambda context: {**members, **({"EncryptionContext": dict(context)} if context else {})}


def _grant(context: Mapping[str, str]) -> Params:
    constraints = {"Constraints": {"EncryptionContextSubset": dict(context)}} if context else {}
    return {"GranteePrincipal": "", "Operations": ["Decrypt"], "DryRun": True, **constraints}


def _nothing(context: Mapping[str, str]) -> Params:
    return {}


#: What can be tried. Where the operation has a dry run, the real call is one.
CALLS: dict[str, Try] = {
    "Encrypt": Try("encrypt", _with_context(Plaintext=b"playground", DryRun=True)),
    "Decrypt": Try("decrypt", _with_context(DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"])),
    "GenerateDataKey": Try("generate_data_key", _with_context(KeySpec="AES_256", DryRun=True)),
    "DescribeKey": Try("describe_key", _nothing),
    "GetKeyPolicy": Try("get_key_policy", _nothing),
    "ListGrants": Try("list_grants", _nothing),
    "CreateGrant": Try("create_grant", _grant),
    "PutKeyPolicy": Try("", _nothing),
    "TagResource": Try("", _nothing),
    "DisableKey": Try("", _nothing),
    "ScheduleKeyDeletion": Try("", _nothing),
}

_NOT_CALLED = "Not called: {} has no dry run and would change the key. Ask instead."


@dataclass(frozen=True)
class Answer:
    """What one of the two buttons found.

    Attributes:
        lines: The outcome, as sentences.
        table: Every statement and grant that was looked at, or None.
    """

    lines: tuple[str, ...]
    table: Table | None = None

    def text(self) -> str:
        """As plain text."""
        return "\n".join([*self.lines, *(["", self.table.text()] if self.table is not None else [])])

    def html(self, heading: str) -> str:
        """As HTML that a screen reader announces."""
        shown = "".join(f"<p>{html.escape(line)}</p>" for line in (heading, *self.lines))
        return f'<div role="status" style="overflow-wrap:anywhere">{shown}</div>'


_NOT_YET = Answer(("nothing yet",))


class KeyPolicyPanel:
    """A key policy to be edited, a caller, a call; and two buttons."""

    def __init__(self, lab: Lab, key: str) -> None:
        """Lay out the panel; use `key_policy`."""
        found = lab.inventory.get(key) or lab.inventory.named(key)
        if found is None:
            raise KmslabError(f"There is no key {key!r} in account {lab.account_id}; give its key id, ARN or alias.")
        self._lab = lab
        self._key_arn, self._region = found.arn, found.region
        self._people = _people(lab)
        self._stored = ""
        self.asked = self.called = _NOT_YET
        wide, whole = {"description_width": "initial"}, widgets.Layout(width="98%")
        self._policy = widgets.Textarea(description="Key policy (JSON)", rows=18, style=wide, layout=whole)
        self._who = widgets.Dropdown(description="Who calls", options=list(self._people), style=wide)
        self._call = widgets.Dropdown(description="Call", options=list(CALLS), style=wide)
        self._context = widgets.Text(
            description="Encryption context", placeholder="tenant=blue, site=north", style=wide, layout=whole
        )
        ask = widgets.Button(description="Ask", tooltip="What would be decided under the policy in the text area")
        call = widgets.Button(description="Really call", tooltip="What KMS answers under the policy that the key has")
        ask.on_click(lambda _: self.ask())
        call.on_click(lambda _: self.really_call())
        half = widgets.Layout(min_width="320px", max_width="100%", flex="1 1 45%")
        self._ask_shown, self._call_shown = widgets.HTML(layout=half), widgets.HTML(layout=half)
        self._tables_shown = widgets.HTML(layout=whole)
        beside = widgets.Layout(flex_flow="row wrap")
        self.widget = widgets.VBox(
            [
                self._policy,
                widgets.HBox([self._who, self._call], layout=beside),
                self._context,
                widgets.HBox([ask, call], layout=beside),
                widgets.HBox([self._ask_shown, self._call_shown], layout=beside),
                self._tables_shown,
            ]
        )
        self._read()
        self._show()

    # --- what is chosen ---

    def choose(
        self,
        who: str | None = None,
        call: str | None = None,
        *,
        policy: str | Mapping[str, Any] | None = None,
        encryption_context: Mapping[str, str] | None = None,
    ) -> KeyPolicyPanel:
        """Fill in the panel from a cell; what is not given stays.

        Args:
            who: One of those in the list, such as `administrator`.
            call: One of those in the list, such as `Decrypt`.
            policy: The key policy, as text or as a document.
            encryption_context: The encryption context.

        Raises:
            KmslabError: not in the list.
        """
        for given, field in ((who, self._who), (call, self._call)):
            if given is not None and given not in field.options:
                raise KmslabError(f"There is no {given!r} here; there are {', '.join(field.options)}.")
        self._who.value = self._who.value if who is None else who
        self._call.value = self._call.value if call is None else call
        if policy is not None:
            self._policy.value = policy if isinstance(policy, str) else json.dumps(policy, indent=2)
        if encryption_context is not None:
            self._context.value = ", ".join(f"{name}={value}" for name, value in encryption_context.items())
        return self

    # --- the two buttons ---

    def ask(self) -> KeyPolicyPanel:
        """What would be decided under the policy in the text area. Nothing is called, and nothing is stored."""
        try:
            self.asked = self._judged()
        except (AwsError, KmslabError, ClientError) as error:
            self.asked = Answer(told(error, self._policy.value))
        self._show()
        return self

    def really_call(self) -> KeyPolicyPanel:
        """What KMS answers under the policy that the key has; a dry run where the operation has one."""
        try:
            self.called = self._answered()
        except (KmslabError, ClientError) as error:
            self.called = Answer(told(error, ""))
        self._show()
        return self

    def _judged(self) -> Answer:
        text = self._policy.value
        principal, params = self._people[self._who.value](), self._params()
        context = params.pop("EncryptionContext", None)
        advice = self._lab.would(
            principal, self._call.value, self._key_arn, policy=text, encryption_context=context, params=params
        )
        lines = [advice.summary]
        if not self._as_stored() and not self._administrator_could_change(text):
            lines += of_lockout()
        return Answer(tuple(lines), advice.table())

    def _administrator_could_change(self, policy: str) -> bool:
        return self._lab.would(self._lab.administrator, "PutKeyPolicy", self._key_arn, policy=policy).allowed

    def _answered(self) -> Answer:
        chosen = CALLS[self._call.value]
        if not chosen.method:
            return Answer((_NOT_CALLED.format(self._call.value),))
        kms = self._lab.client("kms", self._region, principal=self._people[self._who.value]())
        try:
            getattr(kms, chosen.method)(KeyId=self._key_arn, **self._params())
        except ClientError as error:
            if error.response["Error"]["Code"] == "DryRunOperationException":
                return Answer(("Allowed. KMS answered DryRunOperationException: it checked all and did nothing.",))
            return Answer(told(error), self._lab.explain(error).table())
        return Answer(("Allowed. KMS answered.",))

    def _params(self) -> Params:
        params = CALLS[self._call.value].params(_read_context(self._context.value))
        if "GranteePrincipal" in params:
            params["GranteePrincipal"] = self._lab.administrator.arn
        return params

    # --- what is shown ---

    def _read(self) -> None:
        try:
            kms = self._lab.client("kms", self._region)
            self._stored = self._policy.value = kms.get_key_policy(KeyId=self._key_arn)["Policy"]
        except ClientError as error:
            self.called = Answer(("The policy of this key cannot be read.", *told(error)))

    def _as_stored(self) -> bool:
        try:
            same: bool = json.loads(self._policy.value) == json.loads(self._stored)
        except ValueError:
            return bool(self._policy.value == self._stored)
        return same

    def _show(self) -> None:
        self._ask_shown.value = self.asked.html("Asked, under the text above:")
        self._call_shown.value = self.called.html("Really called, under the policy that the key has:")
        tables = [each.table.html() for each in (self.asked, self.called) if each.table is not None]
        self._tables_shown.value = "".join(tables)

    def __repr__(self) -> str:
        """The panel's state as plain text."""
        return "\n".join(
            [
                f"Policy playground for {self._key_arn}",
                f"The policy in the text area: {'as the key has it' if self._as_stored() else 'edited, not stored'}",
                f"Who calls: {self._who.value}",
                f"Call: {self._call.value}",
                f"Encryption context: {self._context.value or 'none'}",
                f"Asked: {self.asked.text()}",
                f"Really called: {self.called.text()}",
            ]
        )

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        # The widget where there is a front end for it; its state as text everywhere else.
        shown: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return {**shown, "text/plain": repr(self)}


def key_policy(lab: Lab, key: str) -> KeyPolicyPanel:
    """A panel to try out a key's policy in: who may do what under which text. It never stores a policy.

    Args:
        lab: The Lab.
        key: A key of the Lab's account: its key id, ARN or alias.

    Raises:
        KmslabError: there is no such key.
    """
    return KeyPolicyPanel(lab, key)


def _people(lab: Lab) -> dict[str, Callable[[], Principal]]:
    """Who can call: everybody of the Lab's account, and the administrator of each other account.

    A role is assumed when it calls, because its sessions end after an hour.
    """
    iam = lab.client("iam")
    names = [each["UserName"] for page in iam.get_paginator("list_users").paginate() for each in page["Users"]]
    roles = [each["RoleName"] for page in iam.get_paginator("list_roles").paginate() for each in page["Roles"]]
    people: dict[str, Callable[[], Principal]] = {
        "administrator": lambda: lab.administrator,
        "root user": lambda: lab.root,
    }
    for name in sorted(set(names) - {lab.administrator.name}):
        people[f"user {name}"] = lambda name=name: lab.user(name)  # type: ignore[misc]
    for name in sorted(roles):
        people[f"role {name}"] = lambda name=name: lab.role(name)  # type: ignore[misc]
    for account in lab.accounts[1:]:
        people[f"administrator of {account.account_id}"] = lambda account=account: account.administrator  # type: ignore[misc]
    return people


def _read_context(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not all(sign and name.strip() for name, sign, _ in pairs):
        raise KmslabError("An encryption context is written as name=value, name=value.")
    return {name.strip(): value.strip() for name, _, value in pairs}
