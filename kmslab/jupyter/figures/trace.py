"""How a permission was decided: every statement and grant that was looked at, and what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmslab.advice import Advice
from kmslab.call import Decision, Finding
from kmslab.jupyter.figures.svg import BLUE, GREY, INK, ORANGE, PALE, Drawing, Figure, folded

if TYPE_CHECKING:
    from kmslab.authz.explain import Explanation

_WIDTH, _LINE, _TOP = 780, 17, 40
_MARK, _WHERE, _EFFECT, _MATCHES, _BECAUSE = 14, 34, 296, 350, 430


def policy_trace(explained: Explanation) -> Figure:
    """What was looked at, and what came of it.

    Args:
        explained: What `lab.explain(error)` or `lab.would(...)` gave.
    """
    who = "AWS" if explained.call.principal is None else explained.call.principal.name
    how = "would be" if isinstance(explained, Advice) else "was"
    title = f"{explained.call.operation} by {who}: how it {how} decided"
    drawing = Drawing(
        _WIDTH, _TOP + sum(_height(decision) for decision in explained.decisions) + 8 + 22 * (not explained.decisions)
    )
    drawing.text(10, 24, title, size=15, bold=True)
    lines, y = [title], float(_TOP)
    if not explained.decisions:
        drawing.text(10, y + 16, "No permission was asked for: the call failed before.", size=12)
        lines.append("  No permission was asked for: the call failed before.")
    for decision in explained.decisions:
        lines.append(f"  {_verdict(decision)}")
        for number, finding in enumerate(decision.considered, 1):
            lines.append(f"    {number}. {finding}")
        y = _draw(drawing, y, decision)
    return drawing.figure(title, "\n".join(lines))


def _verdict(decision: Decision) -> str:
    # A denial goes on in AWS's words, such as "because no identity-based policy ...".
    told = f"allowed: {decision.reason}" if decision.allowed else f"denied {decision.reason}"
    return f"{decision.action} is {told}."


def _cells(finding: Finding) -> tuple[list[str], list[str]]:
    where = folded(f"{finding.policy}, {finding.statement}", _EFFECT - _WHERE - 6, 12)
    return where, folded(finding.because, _WIDTH - _BECAUSE - 12, 12)


def _height(decision: Decision) -> int:
    rows = sum(_LINE * max(map(len, _cells(finding))) + 8 for finding in decision.considered)
    return rows + 2 * _LINE + _LINE * len(folded(_verdict(decision), _WIDTH - 50, 12)) + 26


def _draw(drawing: Drawing, y: float, decision: Decision) -> float:
    for x, heading in (
        (_WHERE, "Where"), (_EFFECT, "Effect"), (_MATCHES, "Matches"), (_BECAUSE, "Because"),
    ):  # fmt: skip
        drawing.text(x, y + 14, heading, bold=True)
    drawing.line(10, y + 22, _WIDTH - 10, y + 22, stroke=GREY)
    y += 2 * _LINE - 6
    for number, finding in enumerate(decision.considered):
        where, because = _cells(finding)
        height = _LINE * max(len(where), len(because)) + 8
        if number % 2:
            drawing.box(6, y - 4, _WIDTH - 12, height, fill=PALE, stroke=PALE)
        # What matches is filled, what does not is hollow: told by its form, and by the word beside it.
        colour = (ORANGE if finding.effect == "Deny" else BLUE) if finding.matched else "#ffffff"
        drawing.box(_MARK, y + 2, 10, 10, fill=colour, stroke=INK)
        for x, cells in (
            (_WHERE, where), (_EFFECT, [finding.effect]), (_MATCHES, ["yes" if finding.matched else "no"]),
            (_BECAUSE, because),
        ):  # fmt: skip
            for line, text in enumerate(cells):
                drawing.text(x, y + 12 + _LINE * line, text, size=12, bold=finding.matched and x != _BECAUSE)
        y += height
    told = folded(_verdict(decision), _WIDTH - 50, 12)
    fill, ink = (BLUE, "#ffffff") if decision.allowed else (ORANGE, INK)
    drawing.box(10, y + 4, _WIDTH - 20, _LINE * len(told) + 10, fill=fill, stroke=INK, round_=4)
    for line, text in enumerate(told):
        drawing.text(20, y + 20 + _LINE * line, text, size=12, bold=line == 0, fill=ink)
    return y + _LINE * len(told) + 32
