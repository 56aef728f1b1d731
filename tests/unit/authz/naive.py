"""A second evaluator of policies, to compare the first with: naive on purpose.

Straight from the IAM User Guide and the KMS Developer Guide, one sentence after the other, slow, on plain dictionaries,
and without a line of kmslab. Where AWS publishes nothing, it follows the rule that `kmslab.authz.decide` states.

A request is a dictionary:
    caller: kind (root, user, session, federated, service), arn, account, role (what a session was made from: the ARN of
        its role, or of the user that federated)
    key: arn, account, policy
    identity, session, scps: lists of policies; boundary: a policy or None
    grants: dictionaries with grantee, operations, constraints, settled, token, issuer, retiring
    action, resource, context (values by condition key in lower case), params, tokens, source_arn, cross_account

An answer is (allowed, why): for an allow, the set of ways that lead there; for a denial, the kind of its reason.
"""

from __future__ import annotations

import base64
import binascii
import re
import socket
import time
from fractions import Fraction
from typing import Any

Case = dict[str, Any]
Answer = tuple[bool, Any]

FOREIGN = "foreign"

# --- text -------------------------------------------------------------------------------------------------------------

# A pattern is a list of pieces: ("char", "x"), ("one", "?"), ("any", "*").
Pattern = list[tuple[str, str]]


def as_pattern(text: str, variables: bool, context: dict[str, Any]) -> Pattern | None:
    """A text of a policy as a pattern; None when one of its variables has no value."""
    pieces: Pattern = []
    rest = text
    while rest:
        if variables and rest.startswith("${") and "}" in rest:
            inside, rest = rest[2:].split("}", 1)
            if inside in ("*", "?", "$"):
                pieces.append(("char", inside))
                continue
            name, comma, default = inside.partition(",")
            value = context.get(name.strip().lower())
            if isinstance(value, list):
                value = None
            elif value is None and comma:
                value = default.strip()[1:-1]
            if value is None:
                return None
            pieces += [("char", char) for char in value]
            continue
        char, rest = rest[0], rest[1:]
        pieces.append(("any", char) if char == "*" else ("one", char) if char == "?" else ("char", char))
    return pieces


def fits(text: str, pattern: Pattern) -> bool:
    """Wildcards: `*` for any number of characters, `?` for one."""
    reached = {0}
    for kind, char in pattern:
        if kind == "any":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(text) and (kind == "one" or text[at] == char)}
    return len(text) in reached


def literally(pattern: Pattern) -> str:
    return "".join(char for _, char in pattern)


def split_arn(pattern: Pattern) -> list[Pattern]:
    """At the first five colons."""
    parts: list[Pattern] = [[]]
    for piece in pattern:
        if piece[1] == ":" and piece[0] == "char" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def arn_fits(text: str, pattern: Pattern) -> bool:
    """Each of the six parts of an ARN is compared by itself. Source: IAM User Guide, ARN condition operators."""
    if pattern == [("any", "*")]:
        return True
    parts, wanted = text.split(":", 5), split_arn(pattern)
    return len(parts) == 6 and len(wanted) == 6 and all(fits(parts[at], wanted[at]) for at in range(6))


# --- values -----------------------------------------------------------------------------------------------------------


def number(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


def moment(text: str) -> Fraction | None:
    if number(text) is not None:
        return number(text)
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"):
        try:
            read = time.strptime(text, form)
        except ValueError:
            continue
        days = (read.tm_year - 1970) * 365 + leap_days(read.tm_year - 1) - leap_days(1969) + read.tm_yday - 1
        seconds = ((days * 24 + read.tm_hour) * 60 + read.tm_min) * 60 + read.tm_sec
        return Fraction(seconds - (read.tm_gmtoff or 0))
    return None


def leap_days(year: int) -> int:
    return year // 4 - year // 100 + year // 400


def address(text: str) -> tuple[int, int] | None:
    """The bits of an IP address, and how many there are."""
    for family, bits in ((socket.AF_INET, 32), (socket.AF_INET6, 128)):
        try:
            return int.from_bytes(socket.inet_pton(family, text), "big"), bits
        except OSError:
            continue
    return None


def in_network(said: str, wanted: str) -> bool:
    start, _, length = wanted.partition("/")
    here, there = address(said), address(start)
    if here is None or there is None or here[1] != there[1]:
        return False
    shift = here[1] - (int(length) if length else here[1])
    return here[0] >> shift == there[0] >> shift


def binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


# --- conditions -------------------------------------------------------------------------------------------------------


def agrees(operator: str, said: str, raw: str, variables: bool, context: dict[str, Any]) -> bool:
    """Whether one value of the request agrees with one value of the policy, for an operator without `Not`."""
    # "You can't use a policy variable with other operators, such as Numeric, Date, Boolean, Binary, IP Address, or Null
    # operators." IAM User Guide, "Where you can use policy variables".
    may_have_variables = operator.startswith(("String", "Arn"))
    wanted = as_pattern(raw, variables and may_have_variables, context)
    if wanted is None:
        return False
    if operator == "StringEquals":
        return said == literally(wanted)
    if operator == "StringEqualsIgnoreCase":
        return said.lower() == literally(wanted).lower()
    if operator == "StringLike":
        return fits(said, wanted)
    if operator in ("ArnEquals", "ArnLike"):
        return arn_fits(said, wanted)
    if operator == "Bool":
        return said.lower() == raw.lower()
    if operator == "IpAddress":
        return in_network(said, raw)
    if operator == "BinaryEquals":
        return binary(said) is not None and binary(said) == binary(raw)
    read = number if operator.startswith("Numeric") else moment
    left, right = read(said), read(raw)
    if left is None or right is None:
        return False
    comparison = operator.removeprefix("Numeric").removeprefix("Date")
    if comparison == "Equals":
        return left == right
    if comparison == "LessThan":
        return left < right
    if comparison == "LessThanEquals":
        return left <= right
    if comparison == "GreaterThan":
        return left > right
    assert comparison == "GreaterThanEquals", operator
    return left >= right


def holds(operator: str, key: str, listed: list[str], variables: bool, context: dict[str, Any]) -> bool:
    # A key without any value is absent: "Null false: the key exists and its value is not null".
    said = context.get(key.lower())
    said = None if said == [] else said
    if operator.split(":")[-1] == "Null":
        return any((said is None) == (value.lower() == "true") for value in listed)
    for_all, for_any = operator.startswith("ForAllValues:"), operator.startswith("ForAnyValue:")
    operator = operator.split(":")[-1]
    if operator.endswith("IfExists"):
        if said is None:
            return True
        operator = operator[: -len("IfExists")]
    negated = "Not" in operator
    operator = operator.replace("Not", "")
    if said is None:
        if for_all:
            return True
        return negated and not for_any
    values = said if isinstance(said, list) else [said]
    if negated:
        apart = [not any(agrees(operator, value, each, variables, context) for each in listed) for value in values]
        return any(apart) if for_any else all(apart)
    near = [any(agrees(operator, value, each, variables, context) for each in listed) for value in values]
    return all(near) if for_all else any(near)


# --- statements -------------------------------------------------------------------------------------------------------


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def account_names(account: str) -> list[str]:
    return [account, f"arn:aws:iam::{account}:root"] if account else []


def named(element: Any) -> list[str]:
    if isinstance(element, str):
        return [element]
    return [name for kind in element.values() for name in as_list(kind)]


def speaks_of(statement: Case, caller: Case) -> str:
    """How a statement's principal speaks of the caller: no, account, role, or caller."""
    in_account = account_names(caller["account"])
    if "NotPrincipal" in statement:
        names = named(statement["NotPrincipal"])
        if "*" in names:
            return "no"
        if caller["kind"] == "root":
            return "no" if any(name in names for name in in_account) else "caller"
        # "When you use NotPrincipal with Deny, you must also specify the account ARN of the not-denied principal", and
        # for a session what it was made from.
        left_out = caller["arn"] in names and (not caller["role"] or caller["role"] in names)
        return "no" if left_out and any(name in names for name in in_account) else "caller"
    names = named(statement["Principal"])
    if "*" in names or caller["arn"] in names:
        return "caller"
    if any(name in names for name in in_account):
        # The account principal is the root user and, through IAM, everybody else. A role that is named as well is more.
        if caller["kind"] == "root":
            return "caller"
        return "role" if caller["role"] in names else "account"
    return "role" if caller["role"] in names else "no"


def covers_action(statement: Case, action: str) -> bool:
    for element, wanted in (("Action", True), ("NotAction", False)):
        if element in statement:
            patterns = [as_pattern(text.lower(), False, {}) or [] for text in as_list(statement[element])]
            return any(fits(action.lower(), pattern) for pattern in patterns) is wanted
    return False


def covers_resource(statement: Case, resource: str, variables: bool, context: dict[str, Any]) -> bool:
    for element, wanted in (("Resource", True), ("NotResource", False)):
        if element in statement:
            texts = as_list(statement[element])
            return any(is_resource(text, resource, variables, context) for text in texts) is wanted
    # Without Resource a statement has no effect.
    return False


def is_resource(text: str, resource: str, variables: bool, context: dict[str, Any]) -> bool:
    pattern = as_pattern(text, variables, context)
    if pattern is None:
        return False
    if pattern == [("any", "*")]:
        return True
    if resource == "*":
        return False
    while text.startswith("arn:") and len(split_arn(pattern)) < 6:
        pattern = [*pattern, ("char", ":"), ("any", "*")]
    return arn_fits(resource, pattern)


def matches(statement: Case, version: str, case: Case) -> str:
    """How a whole statement speaks of the request: no, account, role, or caller."""
    variables, context = version == "2012-10-17", case["context"]
    has_principal = "Principal" in statement or "NotPrincipal" in statement
    reach = speaks_of(statement, case["caller"]) if has_principal else "caller"
    if not covers_action(statement, case["action"]):
        return "no"
    if not covers_resource(statement, case["resource"], variables, context):
        return "no"
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            if not holds(operator, key, [as_text(value) for value in as_list(values)], variables, context):
                return "no"
    return reach


def heard(policies: list[Case], effect: str, case: Case) -> set[str]:
    """How the statements of one effect in some policies speak of the request."""
    found = set()
    for policy in policies:
        for statement in as_list(policy["Statement"]):
            if statement["Effect"] == effect:
                found.add(matches(statement, policy.get("Version", "2008-10-17"), case))
    return found - {"no"}


# --- grants -----------------------------------------------------------------------------------------------------------


def grant_speaks_of(grant: Case, case: Case) -> str:
    caller, operation, params = case["caller"], case["action"].removeprefix("kms:"), case["params"]
    if grant["grantee"] == caller["arn"]:
        reach = "caller"
    elif caller["kind"] == "root" and grant["grantee"] in account_names(caller["account"]):
        reach = "caller"
    elif grant["grantee"] == caller["role"]:
        reach = "role"
    elif grant["grantee"] in account_names(caller["account"]):
        reach = "account"
    else:
        return "no"
    if operation not in grant["operations"]:
        return "no"
    if not grant["settled"] and grant["token"] not in case["tokens"]:
        return "no"
    constraints = grant["constraints"]
    if "SourceArn" in constraints:
        if not arn_fits(case["source_arn"], as_pattern(constraints["SourceArn"], False, {}) or []):
            return "no"
    if operation == "CreateGrant":
        return reach if is_narrower(params, grant) else "no"
    if operation in ("DescribeKey", "RetireGrant"):
        return reach
    member = {"ReEncryptFrom": "SourceEncryptionContext", "ReEncryptTo": "DestinationEncryptionContext"}
    pairs = params.get(member.get(operation, "EncryptionContext"), {})
    if "EncryptionContextEquals" in constraints and pairs != constraints["EncryptionContextEquals"]:
        return "no"
    for name, value in constraints.get("EncryptionContextSubset", {}).items():
        if pairs.get(name) != value:
            return "no"
    return reach


def is_narrower(child: Case, parent: Case) -> bool:
    """The grant that a grantee creates allows no more operations and is constrained at least as much."""
    if any(operation not in parent["operations"] for operation in child["Operations"]):
        return False
    wanted, given = parent["constraints"], child.get("Constraints", {})
    if "EncryptionContextEquals" in wanted:
        if given.get("EncryptionContextEquals") != wanted["EncryptionContextEquals"]:
            return False
    for name, value in wanted.get("EncryptionContextSubset", {}).items():
        pairs = given.get("EncryptionContextEquals") or given.get("EncryptionContextSubset") or {}
        if pairs.get(name) != value:
            return False
    return "SourceArn" not in wanted or given.get("SourceArn") == wanted["SourceArn"]


# --- decisions --------------------------------------------------------------------------------------------------------


def explicit_denial(case: Case, key_policy: list[Case]) -> str | None:
    for kind, policies in (
        ("service control", case["scps"]),
        ("resource-based", key_policy),
        ("identity-based", case["identity"]),
        ("permissions boundary", boundaries(case)),
        ("session", case["session"]),
    ):
        if heard(policies, "Deny", case):
            return f"explicit {kind}"
    return None


def boundaries(case: Case) -> list[Case]:
    return [case["boundary"]] if case["boundary"] else []


def left_out(case: Case, kind: str) -> str | None:
    policies = {"service control": case["scps"], "permissions boundary": boundaries(case), "session": case["session"]}
    if policies[kind] and not heard(policies[kind], "Allow", case):
        return f"no {kind}"
    return None


def on_key(case: Case) -> Answer:
    """May the caller do the action to the key?"""
    caller, key = case["caller"], case["key"]
    denied = explicit_denial(case, [key["policy"]])
    by_key = heard([key["policy"]], "Allow", case)
    by_grant = {grant_speaks_of(grant, case) for grant in case["grants"]} - {"no"}
    by_iam = bool(heard(case["identity"], "Allow", case))
    no_scp = left_out(case, "service control")
    narrowed = left_out(case, "permissions boundary") or left_out(case, "session")
    ways = set()
    if caller["account"] in ("", key["account"]):
        if denied or no_scp:
            return False, denied or no_scp
        if "caller" in by_key:
            ways.add("key policy")
        if "caller" in by_grant:
            ways.add("grant")
        if "role" in by_key | by_grant and not narrowed:
            ways.add("role")
        if by_key | by_grant and by_iam and not narrowed:
            ways.add("IAM")
        if ways:
            return True, ways
        if not by_key | by_grant:
            return False, "no resource-based"
        if "role" not in by_key | by_grant and not by_iam:
            return False, "no identity-based"
        return False, narrowed
    if not case["cross_account"] or not by_key | by_grant:
        return False, FOREIGN
    if denied:
        return False, FOREIGN if denied == "explicit resource-based" else denied
    if no_scp:
        return False, no_scp
    if "caller" in by_grant:
        ways.add("grant")
    if "role" in by_grant and not narrowed:
        ways.add("role")
    if (by_iam or caller["kind"] == "root") and not narrowed:
        ways.add("IAM")
    if ways:
        return True, ways
    if "role" not in by_grant and not by_iam:
        return False, "no identity-based"
    return False, narrowed


def on_account(case: Case) -> Answer:
    """May the caller do the action in its own account, to what has no policy?"""
    denied = explicit_denial(case, []) or left_out(case, "service control")
    if denied:
        return False, denied
    if case["caller"]["kind"] == "root":
        return True, {"root"}
    if not heard(case["identity"], "Allow", case):
        return False, "no identity-based"
    narrowed = left_out(case, "permissions boundary") or left_out(case, "session")
    return (False, narrowed) if narrowed else (True, {"IAM"})


def on_grant(case: Case) -> Answer:
    """May the caller retire the first grant?"""
    caller, grant = case["caller"], case["grants"][0]
    denied = explicit_denial(case, [case["key"]["policy"]])
    if denied == "explicit resource-based" and caller["account"] != case["key"]["account"]:
        return False, FOREIGN
    denied = denied or left_out(case, "service control")
    if denied:
        return False, denied
    may = [grant["retiring"]] if grant["retiring"] else []
    if "RetireGrant" in grant["operations"]:
        may.append(grant["grantee"])
    narrowed = left_out(case, "permissions boundary") or left_out(case, "session")
    if caller["arn"] in may:
        return True, {"grant"}
    if caller["role"] and caller["role"] in may:
        return (False, narrowed) if narrowed else (True, {"grant"})
    if not any(name in [*may, grant["issuer"]] for name in account_names(caller["account"])):
        return False, "no resource-based" if caller["account"] == case["key"]["account"] else FOREIGN
    if caller["kind"] == "root":
        return True, {"root"}
    if not heard(case["identity"], "Allow", case):
        return False, "no identity-based"
    return (False, narrowed) if narrowed else (True, {"IAM"})
