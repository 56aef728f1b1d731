"""The policy language: documents as values, and what one statement says about one request.

Owns reading and matching. Does not decide what follows from several statements (`authz.decide`), and does not judge
whether a document may be stored (`authz.policy`): what makes no sense here simply matches nothing.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from kmslab.authz.conditions import Condition, is_operator
from kmslab.authz.patterns import Context, action_like, fill_in, literal, resource_like
from kmslab.call import Finding, Reach
from kmslab.principals import Principal

#: Policy variables exist since this version; in an older document `${...}` is text. Source: IAM User Guide, Version.
_WITH_VARIABLES = "2012-10-17"


class Question(NamedTuple):
    """What is asked of the policies.

    Attributes:
        principal: Who wants to do it.
        action: What, such as `kms:Decrypt`.
        resource: To what: an ARN, or `*` where there is no resource.
        context: What is known besides: values by condition key in lower case.
    """

    principal: Principal
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Who:
    """A Principal or NotPrincipal element.

    Attributes:
        names: ARNs, account ids, `*`, and names of services and identity providers, as they are written.
        negated: Whether it is a NotPrincipal.
    """

    names: frozenset[str]
    negated: bool

    def reach(self, principal: Principal) -> Reach:
        """How it speaks of a caller."""
        if self.negated:
            # A caller is only left out when its account is named too.
            # Source: IAM User Guide, NotPrincipal; a session is left out when its role is named as well.
            named = bool(principal.names & self.names) and principal.issuer_arn in (None, *self.names)
            left_out = named and not principal.account_names.isdisjoint(self.names)
            return Reach.NOT if left_out or "*" in self.names else Reach.DIRECT
        if "*" in self.names or principal.names & self.names:
            return Reach.DIRECT
        if principal.issuer_arn in self.names:
            return Reach.ROLE
        return Reach.ACCOUNT if principal.account_names & self.names else Reach.NOT

    def __str__(self) -> str:
        """As it reads in a policy."""
        return f"{'Not' * self.negated}Principal {_shortened(sorted(self.names))}"


@dataclass(frozen=True, slots=True)
class Patterns:
    """An Action, NotAction, Resource or NotResource element.

    Attributes:
        element: `Action` or `Resource`.
        values: Its patterns.
        negated: Whether it is the element's `Not` twin.
    """

    element: str
    values: tuple[str, ...]
    negated: bool

    def __str__(self) -> str:
        """As it reads in a policy."""
        return f"{'Not' * self.negated}{self.element} {_shortened(self.values)}"


def _shortened(values: Sequence[str]) -> str:
    """The first three of several."""
    return ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")


_NONE = Patterns("Resource", (), negated=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        name: Its Sid, or its place, such as `statement 2`.
        effect: `Allow` or `Deny`.
        who: Its Principal element; None in a policy of an identity.
        actions: Its Action element; None when it has none, and then it matches nothing.
        resources: Its Resource element; the same.
        conditions: Its conditions; all have to hold.
        has_variables: Whether `${...}` is a variable in it.
    """

    name: str
    effect: str
    who: Who | None
    actions: Patterns | None
    resources: Patterns | None
    conditions: tuple[Condition, ...]
    has_variables: bool

    def consider(self, policy: str, question: Question) -> Finding:
        """What it says about a request; the first element that does not match is named."""
        reach = Reach.DIRECT if self.who is None else self.who.reach(question.principal)
        if reach is Reach.NOT:
            left_out = self.who is not None and self.who.negated
            return self._miss(policy, f"its {self.who} {'leaves out' if left_out else 'is not'} the caller")
        if not self._has_action(question):
            return self._miss(policy, f"its {self.actions or 'missing Action'} does not cover {question.action}")
        if not self._has_resource(question):
            return self._miss(policy, f"its {self.resources or 'missing Resource'} does not cover {question.resource}")
        for condition in self.conditions:
            if not condition.holds(question.context):
                return self._miss(policy, _unfulfilled(condition, question.context))
        return Finding(policy, self.name, self.effect, reach, self._meaning(reach))

    def _meaning(self, reach: Reach) -> str:
        if self.who is None:
            return "it covers this call"
        if self.who.negated:
            return f"its {self.who} does not leave out the caller"
        if reach is Reach.ACCOUNT:
            denies = self.effect == "Deny"
            return "it denies this to everybody in the account" if denies else _DELEGATES
        return _NAMES[reach] if "*" not in self.who.names else "it is for everybody"

    def _miss(self, policy: str, because: str) -> Finding:
        return Finding(policy, self.name, self.effect, Reach.NOT, because)

    def _has_action(self, question: Question) -> bool:
        if self.actions is None:
            return False
        covers = any(action_like(question.action, pattern) for pattern in self.actions.values)
        return covers is not self.actions.negated

    def _has_resource(self, question: Question) -> bool:
        if self.resources is None:
            return False
        covers = any(self._covers(question, pattern) for pattern in self.resources.values)
        return covers is not self.resources.negated

    def _covers(self, question: Question, pattern: str) -> bool:
        if pattern == "*":
            return True
        filled = fill_in(pattern, question.context) if self.has_variables else pattern
        if filled is None:
            return False
        # An action without a resource is allowed for every resource, or not at all.
        return literal(filled) == "*" if question.resource == "*" else resource_like(question.resource, filled)


_DELEGATES = "it lets the account's IAM policies decide; by itself it admits nobody but root"
_NAMES = {Reach.DIRECT: "it is for the caller", Reach.ROLE: "it is for the caller's role"}


def _unfulfilled(condition: Condition, context: Context) -> str:
    said = context.get(condition.key.lower())
    found = "the request has no such value" if said is None else f"the request says {_shown(said)}"
    return f"its condition {condition} does not hold, {found}"


def _shown(said: str | tuple[str, ...]) -> str:
    return said if isinstance(said, str) else f"[{', '.join(said)}]"


class Policy(NamedTuple):
    """A policy with a name for people.

    Attributes:
        name: Such as `key policy` or `identity policy alice`.
        statements: Its statements.
    """

    name: str
    statements: tuple[Statement, ...]

    def consider(self, question: Question) -> list[Finding]:
        """What each statement says about a request."""
        return [statement.consider(self.name, question) for statement in self.statements]


def read_policy(name: str, text: str) -> Policy:
    """Read a policy that was stored.

    Args:
        name: A name for people.
        text: JSON.
    """
    return Policy(name, _read(text))


@lru_cache(maxsize=1024)
def is_plain(text: str) -> bool:
    """Whether what a policy says depends only on who does what to what: it has no conditions and no variables."""
    return all(
        not statement.conditions
        and not (statement.has_variables and any("${" in each for each in (statement.resources or _NONE).values))
        for statement in _read(text)
    )


@lru_cache(maxsize=1024)
def is_for_every_resource(text: str) -> bool:
    """Whether what a policy says is the same of every resource."""
    return all(
        statement.resources is not None and not statement.resources.negated and "*" in statement.resources.values
        for statement in _read(text)
    )


# One document is read for every request, and changes once in a while.
@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Statement, ...]:
    document = json.loads(text)
    has_variables = document.get("Version") == _WITH_VARIABLES
    statements = _listed(document.get("Statement", ()))
    return tuple(_statement(each, number, has_variables) for number, each in enumerate(statements, 1))


def _statement(raw: Mapping[str, Any], number: int, has_variables: bool) -> Statement:
    return Statement(
        name=f"statement {raw['Sid']!r}" if raw.get("Sid") else f"statement {number}",
        effect=str(raw.get("Effect", "")),
        who=_who(raw),
        actions=_patterns(raw, "Action"),
        resources=_patterns(raw, "Resource"),
        conditions=tuple(_conditions(raw.get("Condition", {}), has_variables)),
        has_variables=has_variables,
    )


def _who(raw: Mapping[str, Any]) -> Who | None:
    for element in ("Principal", "NotPrincipal"):
        if element in raw:
            value = raw[element]
            kinds = {"AWS": value} if isinstance(value, str) else value
            names = frozenset(str(name) for listed in kinds.values() for name in _listed(listed))
            return Who(names, negated=element == "NotPrincipal")
    return None


def _patterns(raw: Mapping[str, Any], element: str) -> Patterns | None:
    for name in (element, f"Not{element}"):
        if name in raw:
            return Patterns(element, tuple(map(str, _listed(raw[name]))), negated=name != element)
    return None


def _conditions(block: Mapping[str, Mapping[str, Any]], has_variables: bool) -> list[Condition]:
    conditions = []
    for operator, lines in block.items():
        if not is_operator(operator):
            # No document with an unknown operator is stored; one that slipped in must not open anything.
            raise ValueError(f"{operator} is no condition operator")
        for key, values in lines.items():
            texts = tuple(_text(value) for value in _listed(values))
            conditions.append(Condition(operator, key, texts, has_variables))
    return conditions


def _text(value: Any) -> str:
    # JSON's true and 30 are the policy language's "true" and "30".
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else (value,) if not isinstance(value, tuple) else value
