"""Why a call was denied: everything that was looked at and what it said, for people."""

from __future__ import annotations

import html
from dataclasses import dataclass

from kmslab.authz.decide import FOREIGN
from kmslab.call import Call, Decision
from kmslab.tables import Table


@dataclass(frozen=True, repr=False)
class Explanation:
    """What was decided about one call, permission by permission.

    Attributes:
        call: The call.
    """

    call: Call

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was decided, in the order in which it was asked; after a denial nothing more is asked."""
        return self.call.decisions

    @property
    def summary(self) -> str:
        """The outcome in one paragraph."""
        who = self.call.principal.arn if self.call.principal is not None else "AWS"
        lines = [f"{who} called {self.call.operation}."]
        if not self.decisions:
            lines.append(f"No permission was asked for: the call failed before, with {self.call.error_code}.")
        for decision in self.decisions:
            verdict = "Allowed" if decision.allowed else "Denied"
            lines.append(f"{verdict}: {decision.action} on {decision.resource}, {decision.reason}.")
            if decision.reason == FOREIGN:
                lines.append("AWS would not show a caller of another account what follows.")
        return "\n".join(lines)

    def table(self) -> Table:
        """Every statement and grant that was looked at: where it stands, whether it matched, and on which element."""
        rows = [
            (
                decision.action,
                finding.policy,
                finding.statement,
                finding.effect,
                "yes" if finding.matched else "no",
                finding.because,
            )
            for decision in self.decisions
            for finding in decision.considered
        ]
        return Table("What was looked at", ("Permission", "Where", "Statement", "Effect", "Matches", "Because"), rows)

    def __repr__(self) -> str:
        """The outcome and the table, as plain text."""
        return f"{self.summary}\n\n{self.table().text()}"

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in self.summary.splitlines())
        return paragraphs + self.table().html()
