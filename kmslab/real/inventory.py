"""The keys that a session has made, read from KMS: three requests a key and one a Region, which are billed.

A public key is one request more, once somebody asks for it. Read anew only after something has changed. AWS managed
keys and keys of others are not among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC
from functools import partial
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError

from kmslab.keys.inventory import Inventory, KeyView

#: Makes a KMS client for a Region.
KmsIn = Callable[[str], Any]


class Reader:
    """Reads keys and remembers them until something changes."""

    def __init__(self, kms_in: KmsIn, keys: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """Read nothing yet.

        Args:
            kms_in: Makes a KMS client for a Region.
            keys: The Region and the ARN of each key.
        """
        self._kms_in = kms_in
        self._keys = keys
        self._kept: Inventory | None = None

    def forget(self) -> None:
        """Something has changed."""
        self._kept = None

    def read(self) -> Inventory:
        """The keys as they are."""
        if self._kept is None:
            by_region: defaultdict[str, list[str]] = defaultdict(list)
            for region, arn in self._keys():
                by_region[region].append(arn)
            views = [view for region, arns in by_region.items() for view in self._views(region, arns)]
            self._kept = Inventory(sorted(views, key=lambda view: view.created))
        return self._kept

    def _views(self, region: str, arns: list[str]) -> Iterable[KeyView]:
        kms = self._kms_in(region)
        names: defaultdict[str, list[str]] = defaultdict(list)
        for page in kms.get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                names[alias.get("TargetKeyId", "")].append(alias["AliasName"])
        for arn in arns:
            try:
                metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]
                tags = kms.list_resource_tags(KeyId=arn)["Tags"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "NotFoundException":
                    raise
                # Its waiting period is over.
                continue
            yield _view(region, metadata, tags, tuple(sorted(names[metadata["KeyId"]])), partial(_public_key, kms, arn))


def _view(
    region: str,
    metadata: dict[str, Any],
    tags: list[dict[str, str]],
    aliases: tuple[str, ...],
    read_public_key: Callable[[], bytes],
) -> KeyView:
    deletion = metadata.get("DeletionDate")
    return KeyView(
        key_id=metadata["KeyId"],
        arn=metadata["Arn"],
        account_id=metadata["AWSAccountId"],
        region=region,
        spec=metadata["KeySpec"],
        usage=metadata["KeyUsage"],
        manager=metadata["KeyManager"],
        origin=metadata["Origin"],
        state=metadata["KeyState"],
        description=metadata["Description"],
        multi_region=metadata["MultiRegion"],
        multi_region_type=metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType", ""),
        created=metadata["CreationDate"].astimezone(UTC),
        deletion_date=None if deletion is None else deletion.astimezone(UTC),
        tags=MappingProxyType({tag["TagKey"]: tag["TagValue"] for tag in tags}),
        aliases=aliases,
        read_public_key=read_public_key,
    )


def _public_key(kms: Any, arn: str) -> bytes:
    try:
        return bytes(kms.get_public_key(KeyId=arn)["PublicKey"])
    except ClientError:
        return b""  # symmetric, without key material, or not allowed
