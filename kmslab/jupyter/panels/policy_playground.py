"""The policy playground: a key policy to try out, somebody who calls, and what would be decided, beside a real call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import AwsError, KmslabError
from kmslab.jupyter import figures
from kmslab.jupyter.panels.panel import (
    Panel,
    Said,
    button,
    choose_from,
    context_field,
    dropdown,
    find_key,
    read_context,
    row,
    shown,
    write_context,
)
from kmslab.jupyter.panels.policy_calls import CALLS, Params, people
from kmslab.jupyter.panels.policy_errors import of_lockout, told

_NOT_CALLED = "Not called: {} has no dry run and would change the key. Ask instead."


_NOT_YET = Said(("nothing yet",))


class PolicyPlayground(Panel):
    """A key policy to be edited, a caller, a call; and two buttons."""

    def __init__(self, lab: Lab, key: str) -> None:
        """Lay out the panel; use `policy_playground`."""
        found = find_key(lab, key)
        super().__init__(lab, f"Policy playground for {found.arn}")
        self._key_arn, self._region = found.arn, found.region
        self._people = people(lab)
        self._stored = ""
        self.asked = self.called = _NOT_YET
        self._policy = widgets.Textarea(
            description="Key policy (JSON)",
            rows=18,
            style={"description_width": "initial"},
            layout=widgets.Layout(width="98%"),
        )
        self._who = dropdown("Who calls", list(self._people))
        self._call = dropdown("Call", list(CALLS))
        self._context = context_field()
        half = widgets.Layout(min_width="320px", max_width="100%", flex="1 1 45%", padding="0 16px 0 0")
        self._ask_shown, self._call_shown = widgets.HTML(layout=half), widgets.HTML(layout=half)
        self._traces_shown = shown()
        self.lay_out(
            self._policy,
            row(self._who, self._call, self._context),
            row(
                button("Ask", self.ask, "What would be decided under the policy in the text area"),
                button("Really call", self.really_call, "What KMS answers under the policy that the key has"),
            ),
            widgets.HBox([self._ask_shown, self._call_shown], layout=widgets.Layout(flex_flow="row wrap")),
            self._traces_shown,
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
    ) -> PolicyPlayground:
        """Fill in the panel from a cell; what is not given stays.

        Args:
            who: One of those in the list, such as `administrator`.
            call: One of those in the list, such as `Decrypt`.
            policy: The key policy, as text or as a document.
            encryption_context: The encryption context.

        Raises:
            KmslabError: not in the list.
        """
        choose_from(self._who, who)
        choose_from(self._call, call)
        if policy is not None:
            self._policy.value = policy if isinstance(policy, str) else json.dumps(policy, indent=2)
        if encryption_context is not None:
            self._context.value = write_context(encryption_context)
        return self

    # --- the two buttons ---

    def ask(self) -> PolicyPlayground:
        """What would be decided under the policy in the text area. Nothing is called, and nothing is stored."""
        try:
            self.asked = self._judged()
        except (AwsError, KmslabError, ClientError) as error:
            self.asked = Said(told(error, self._policy.value))
        self._show()
        return self

    def really_call(self) -> PolicyPlayground:
        """What KMS answers under the policy that the key has; a dry run where the operation has one."""
        try:
            self.called = self._answered()
        except (KmslabError, ClientError) as error:
            self.called = Said(told(error, ""))
        self._show()
        return self

    def _judged(self) -> Said:
        text = self._policy.value
        principal, params = self._people[self._who.value](), self._params()
        context = params.pop("EncryptionContext", None)
        advice = self.lab.would(
            principal, self._call.value, self._key_arn, policy=text, encryption_context=context, params=params
        )
        lines = [advice.summary]
        if not self._as_stored() and not self._administrator_could_change(text):
            lines += of_lockout()
        return Said(tuple(lines), advice.table(), figure=figures.policy_trace(advice))

    def _administrator_could_change(self, policy: str) -> bool:
        return self.lab.would(self.lab.administrator, "PutKeyPolicy", self._key_arn, policy=policy).allowed

    def _answered(self) -> Said:
        chosen = CALLS[self._call.value]
        if not chosen.method:
            return Said((_NOT_CALLED.format(self._call.value),))
        kms = self.lab.client("kms", self._region, principal=self._people[self._who.value]())
        params = self._params()
        self.calls += 1
        try:
            getattr(kms, chosen.method)(KeyId=self._key_arn, **params)
        except ClientError as error:
            if error.response["Error"]["Code"] == "DryRunOperationException":
                return Said(("Allowed. KMS answered DryRunOperationException: it checked all and did nothing.",))
            explained = self.lab.explain(error)
            return Said(told(error), explained.table(), figure=figures.policy_trace(explained))
        return Said(("Allowed. KMS answered.",))

    def _params(self) -> Params:
        params = CALLS[self._call.value].params(read_context(self._context.value))
        if "GranteePrincipal" in params:
            params["GranteePrincipal"] = self.lab.administrator.arn
        return params

    # --- what is shown ---

    def _read(self) -> None:
        try:
            self._stored = self._policy.value = self.call(self._region, "get_key_policy", KeyId=self._key_arn)["Policy"]
        except ClientError as error:
            self.called = Said(("The policy of this key cannot be read.", *told(error)))

    def _as_stored(self) -> bool:
        try:
            same: bool = json.loads(self._policy.value) == json.loads(self._stored)
        except ValueError:
            return bool(self._policy.value == self._stored)
        return same

    def _show(self) -> None:
        self._ask_shown.value = self.asked.html("Asked, under the text above:")
        self._call_shown.value = self.called.html("Really called, under the policy that the key has:")
        traces = [each.figure.html() for each in (self.asked, self.called) if each.figure is not None]
        self._traces_shown.value = "".join(traces)

    @property
    def trace(self) -> figures.Figure | None:
        """How the last question was decided, as a figure; None before the first."""
        return self.asked.figure

    def lines(self) -> Sequence[str]:
        """What is chosen, and what the two buttons found."""
        return [
            f"The policy in the text area: {'as the key has it' if self._as_stored() else 'edited, not stored'}",
            f"Who calls: {self._who.value}",
            f"Call: {self._call.value}",
            f"Encryption context: {self._context.value or 'none'}",
            f"Asked: {self.asked.text()}",
            f"Really called: {self.called.text()}",
        ]


def policy_playground(lab: Lab, key: str) -> PolicyPlayground:
    """A panel to try out a key's policy in: who may do what under which text. It never stores a policy.

    Args:
        lab: The Lab.
        key: A key of the Lab's account: its key id, ARN or alias.

    Raises:
        KmslabError: there is no such key.
    """
    return PolicyPlayground(lab, key)
