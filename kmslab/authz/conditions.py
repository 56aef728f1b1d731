"""Condition operators, as one table, and what a block of conditions says about a request.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multi-valued context
keys". Names of condition keys do not know upper and lower case; their values do, as the operator says.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from kmslab.authz.patterns import Context, ContextValue, arn_like, fill_in, like, literal

# (the request's value, the policy's value with its variables filled in) -> whether they agree
Compare = Callable[[str, str], bool]

FOR_ALL, FOR_ANY = "ForAllValues:", "ForAnyValue:"
IF_EXISTS = "IfExists"
NULL = "Null"


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _date(text: str) -> datetime | None:
    """An ISO 8601 date, or seconds since 1970."""
    seconds = _number(text)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(float(seconds), UTC)
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def _ordered(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Compare:
    def agree(said: str, wanted: str) -> bool:
        left, right = read(said), read(literal(wanted))
        return left is not None and right is not None and compare(left, right)

    return agree


def _same(said: str, wanted: str) -> bool:
    return said == literal(wanted)


def _same_ignoring_case(said: str, wanted: str) -> bool:
    return said.casefold() == literal(wanted).casefold()


def _same_bytes(said: str, wanted: str) -> bool:
    try:
        return base64.b64decode(said, validate=True) == base64.b64decode(literal(wanted), validate=True)
    except ValueError:
        return False


def _in_network(said: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(said) in ipaddress.ip_network(literal(wanted), strict=False)
    except ValueError:
        return False


#: The operators that ask for agreement.
_POSITIVE: dict[str, Compare] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_ignoring_case,
    "StringLike": like,
    "NumericEquals": _ordered(_number, eq),
    "NumericLessThan": _ordered(_number, lt),
    "NumericLessThanEquals": _ordered(_number, le),
    "NumericGreaterThan": _ordered(_number, gt),
    "NumericGreaterThanEquals": _ordered(_number, ge),
    "DateEquals": _ordered(_date, eq),
    "DateLessThan": _ordered(_date, lt),
    "DateLessThanEquals": _ordered(_date, le),
    "DateGreaterThan": _ordered(_date, gt),
    "DateGreaterThanEquals": _ordered(_date, ge),
    "Bool": _same_ignoring_case,
    "BinaryEquals": _same_bytes,
    "IpAddress": _in_network,
    # ArnEquals knows wildcards as ArnLike does.
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
}

#: The operators that ask for disagreement, by the operator they turn round.
_NEGATED: dict[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def is_operator(name: str) -> bool:
    """Whether `name` is an operator of the policy language, with its prefix and suffix if it has them."""
    prefix = next((each for each in (FOR_ALL, FOR_ANY) if name.startswith(each)), "")
    bare = name.removeprefix(prefix)
    if bare == NULL:
        return True
    bare = bare.removesuffix(IF_EXISTS)
    return bare in _POSITIVE or bare in _NEGATED


def may_have_variables(name: str) -> bool:
    """Whether `${...}` is a variable with this operator. Source: IAM User Guide, Where you can use policy variables."""
    return name.rpartition(":")[2].startswith(("String", "Arn"))


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition block.

    Attributes:
        operator: As it is written, such as `ForAnyValue:StringLike`.
        key: The condition key as it is written, such as `kms:ViaService`.
        values: The policy's values; one of them has to agree.
        has_variables: Whether `${...}` is a variable in them.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    has_variables: bool = True

    def holds(self, context: Context) -> bool:
        """Whether the request fulfils it."""
        # A key without any value is absent. Source: IAM User Guide, Null.
        said = context.get(self.key.lower())
        said = None if said == () else said
        quantifier = next((prefix for prefix in (FOR_ALL, FOR_ANY) if self.operator.startswith(prefix)), "")
        operator = self.operator.removeprefix(quantifier)
        if operator == NULL:
            return any(_same_ignoring_case("true" if said is None else "false", value) for value in self.values)
        if_exists, operator = operator.endswith(IF_EXISTS), operator.removesuffix(IF_EXISTS)
        negated = operator in _NEGATED
        compare = _POSITIVE[_NEGATED.get(operator, operator)]
        if said is None:
            # For all of no values anything holds. Source: IAM User Guide, ForAllValues.
            return if_exists or quantifier == FOR_ALL or (negated and not quantifier)
        return _quantified(quantifier, negated, compare, _values(said), self._wanted(context))

    def _wanted(self, context: Context) -> Sequence[str]:
        if not self.has_variables or not may_have_variables(self.operator):
            return self.values
        return [filled for value in self.values if (filled := fill_in(value, context)) is not None]

    def __str__(self) -> str:
        """As it reads in a policy."""
        shown = self.values[0] if len(self.values) == 1 else f"[{', '.join(self.values)}]"
        return f"{self.operator} {self.key} = {shown}"


def _quantified(quantifier: str, negated: bool, compare: Compare, said: Sequence[str], wanted: Sequence[str]) -> bool:
    agrees = [any(compare(value, each) for each in wanted) is not negated for value in said]
    # Without a set operator one agreeing value is enough, and a negated operator wants all to disagree.
    every = quantifier == FOR_ALL or (negated and quantifier != FOR_ANY)
    return all(agrees) if every else any(agrees)


def _values(said: ContextValue) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else said
