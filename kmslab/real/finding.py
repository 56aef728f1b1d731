"""Finding by tag what a journal has lost: everything that has the tag `kmslab`, in the Regions that are asked.

Reads only. A kind that may not be listed is skipped and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from kmslab.real.journal import GLOBAL, Entry, State
from kmslab.real.removing import TAGS_OF, ClientIn
from kmslab.real.rules import EVERYWHERE, Kind

TAG, CREATED = "kmslab", "created-at"

Names = Callable[[ClientIn, str], Iterator[str]]


def _keys(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("kms", region).get_paginator("list_keys").paginate():
        yield from (key["KeyArn"] for key in page["Keys"])


def _buckets(client: ClientIn, region: str) -> Iterator[str]:
    yield from (bucket["Name"] for bucket in client("s3", region).list_buckets()["Buckets"])


def _users(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("iam", "us-east-1").get_paginator("list_users").paginate():
        yield from (user["UserName"] for user in page["Users"])


def _roles(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("iam", "us-east-1").get_paginator("list_roles").paginate():
        # Roles of AWS services are nobody's here.
        yield from (role["RoleName"] for role in page["Roles"] if not role["Path"].startswith("/aws-"))


def _policies(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("iam", "us-east-1").get_paginator("list_policies").paginate(Scope="Local"):
        yield from (policy["Arn"] for policy in page["Policies"])


def _parameters(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("ssm", region).get_paginator("describe_parameters").paginate():
        yield from (parameter["Name"] for parameter in page["Parameters"])


def _secrets(client: ClientIn, region: str) -> Iterator[str]:
    for page in client("secretsmanager", region).get_paginator("list_secrets").paginate():
        yield from (secret["Name"] for secret in page["SecretList"])


def _trails(client: ClientIn, region: str) -> Iterator[str]:
    trails = client("cloudtrail", region).describe_trails(includeShadowTrails=False)["trailList"]
    yield from (trail["Name"] for trail in trails)


#: What lists the names of each kind that can have tags.
_LIST: dict[Kind, Names] = {
    Kind.KEY: _keys,
    Kind.BUCKET: _buckets,
    Kind.USER: _users,
    Kind.ROLE: _roles,
    Kind.POLICY: _policies,
    Kind.PARAMETER: _parameters,
    Kind.SECRET: _secrets,
    Kind.TRAIL: _trails,
}


@dataclass(slots=True)
class Search:
    """What was found.

    Attributes:
        found: Things with the tag, by the session that the tag names.
        skipped: What could not be looked at, a sentence each.
    """

    found: list[tuple[str, Entry]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def search(client: ClientIn, regions: Iterable[str]) -> Search:
    """Look for everything that has the tag."""
    result, regions = Search(), tuple(regions)
    for kind, names in _LIST.items():
        # The list of buckets is the same everywhere.
        for region in regions[:1] if kind in EVERYWHERE or kind is Kind.BUCKET else regions:
            try:
                for name in names(client, region):
                    _look(client, Entry(kind, GLOBAL if kind in EVERYWHERE else region, name, ""), result)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                result.skipped.append(f"Whether there is another {kind.value} in {region} cannot be seen: {code}.")
    return result


def _look(client: ClientIn, entry: Entry, result: Search) -> None:
    try:
        tags = TAGS_OF[entry.kind](client, entry)
    except ClientError:
        # Without tags, of somebody who keeps them to himself, or gone meanwhile: in no case ours to remove.
        return
    if TAG in tags:
        entry.at, entry.state = tags.get(CREATED, ""), State.MADE
        result.found.append((tags[TAG], entry))
