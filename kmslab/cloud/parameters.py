"""What Parameter Store holds in moto's tables, its tiers, and how it says that KMS refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from moto.backends import get_backend as _get_backend

from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.sealed import ABOUT_THE_KEY, quoted
from kmslab.cloud.terms import Asker
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.wire.refusals import RefusedError

# From a service's name to its table; Systems Manager's takes a second to import, and is when somebody needs it.
_table: Any = _get_backend

SECURE = "SecureString"
DEFAULT_KEY = "alias/aws/ssm"
STANDARD, ADVANCED, _INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"

#: The most bytes of a value, by tier. Source: User Guide, "Managing parameter tiers".
_LONGEST = {STANDARD: 4096, ADVANCED: 8192}

#: Source: public reports (hashicorp/terraform-provider-aws#18521, aws/aws-sdk-net#3157).
#: Simplified: the text of the advanced tier.
_TOO_LONG = {
    STANDARD: (
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
        "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
    ),
    ADVANCED: "Advanced tier parameters support a maximum parameter value of 8192 characters.",
}

#: Source: public reports.
_NO_WAY_BACK = (
    "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier "
    "to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard "
    "parameter. Be aware that standard parameters have a value limit of 4096 characters."
)


#: Where a version keeps the ARN of whoever has made it.
_MADE_BY = "kmslab_made_by"


class HeldParameter(NamedTuple):
    """The newest version of a parameter.

    Attributes:
        type: Such as `SecureString`.
        key: The key as the caller named it, for a SecureString.
        tier: Its tier.
    """

    type: str
    key: str | None
    tier: str


def find(bridge: MotoBridge, asker: Asker, name: str) -> HeldParameter | None:
    """A parameter of the caller's account; None when there is none of that name."""
    with bridge.looking_at(_table("ssm")) as accounts:
        backend = dict.get(accounts.get(asker.principal.account_id, {}), asker.region)
        newest = None if backend is None else _newest(backend, name)
        if newest is None:
            return None
        key = newest.keyid if newest.parameter_type == SECURE else None
        return HeldParameter(newest.parameter_type, key, newest.tier or STANDARD)


def _newest(backend: Any, name: str) -> Any:
    versions = dict.get(backend._parameters, backend._parameters.normalize_name(name))
    return versions[-1] if versions else None


def refused_by_moto(name: str, members: Mapping[str, Any], held: HeldParameter | None) -> bool:
    """Whether moto refuses a new version whatever its value, so that nobody has to ask KMS."""
    overwrites = members.get("Overwrite") is True
    return (
        not name
        or name.lower().lstrip("/").startswith(("aws", "ssm"))
        or (held is None and not members.get("Type"))
        or (held is not None and not overwrites)
        or (overwrites and bool(members.get("Tags")))
    )


def check(members: Mapping[str, Any], held: HeldParameter | None) -> None:
    """Refuse a key for a parameter that is not encrypted.

    Raises:
        RefusedError: there is one. Source: public reports.
    """
    if members.get("KeyId") and (members.get("Type") or (held and held.type)) != SECURE:
        raise RefusedError("ValidationException", "KeyId is required for SecureString type parameter only.")


def tier(bridge: MotoBridge, asker: Asker, members: Mapping[str, Any], held: HeldParameter | None) -> str:
    """The tier of a new version.

    Raises:
        RefusedError: its value is too long for it, or the parameter's tier is higher.
    """
    size = len(str(members["Value"]).encode())
    wanted = members.get("Tier")
    if wanted == STANDARD and held is not None and held.tier == ADVANCED:
        raise RefusedError("ValidationException", _NO_WAY_BACK)
    chosen = wanted or (held.tier if held is not None else _default_tier(bridge, asker))
    if chosen == _INTELLIGENT:
        policies = members.get("Policies") or (held is not None and held.tier == ADVANCED)
        chosen = ADVANCED if policies or size > _LONGEST[STANDARD] else STANDARD
    if size > _LONGEST.get(chosen, size):
        raise RefusedError("ValidationException", _TOO_LONG[chosen])
    return str(chosen)


def _default_tier(bridge: MotoBridge, asker: Asker) -> str:
    with bridge.looking_at(_table("ssm")) as accounts:
        backend = dict.get(accounts.get(asker.principal.account_id, {}), asker.region)
        return STANDARD if backend is None else str(backend.default_parameter_tier)


def sign(bridge: MotoBridge, asker: Asker, name: str) -> None:
    """Note who has made the newest version of a parameter, and when: moto knows nobody, and this machine's time."""
    with bridge.looking_at(_table("ssm")) as accounts:
        newest = _newest(accounts[asker.principal.account_id][asker.region], name)
        newest.last_modified_date = asker.now.replace(tzinfo=None)
        setattr(newest, _MADE_BY, asker.principal.arn)


def made_by(bridge: MotoBridge, asker: Asker, name: str, version: int) -> str | None:
    """Who has made a version of a parameter; None for one that AWS or moto has."""
    with bridge.looking_at(_table("ssm")) as accounts:
        held = accounts[asker.principal.account_id][asker.region]._parameters
        for each in dict.get(held, held.normalize_name(name)) or ():
            if each.version == version:
                return getattr(each, _MADE_BY, None)
    return None


def selector(asked: str) -> str:
    """The version or label in what a caller has asked for, such as `:3`; empty when there is none."""
    name = asked.rpartition(":parameter/")[2]
    return ":" + name.partition(":")[2] if ":" in name else ""


def refusal(error: AwsError, ids: Ids) -> RefusedError:
    """How Parameter Store says that KMS refuses.

    Source: public reports: InvalidKeyId for keys that are disabled (a comment in turbot/steampipe-plugin-aws), pending
    deletion (segmentio/chamber#355, stelligent/mu#345) or not there (binxio/aws-ssm-copy#10, cloudposse/docs#152),
    AccessDeniedException for callers without permission (hashicorp/terraform-provider-aws#42849).
    Simplified: all other errors about the key are InvalidKeyId too, and the rest keep their code.
    """
    code = "InvalidKeyId" if error.code in ABOUT_THE_KEY else error.code
    return RefusedError(code, quoted(error, ids.uuid("quoted request")))
