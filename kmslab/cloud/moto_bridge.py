"""Every service but KMS, answered by moto, in a world of the Lab's own.

moto keeps what it holds in tables of the process, one per service, by account. Two Labs in one process share account
ids, so each Lab keeps its own contents of those tables and puts them in place while moto answers one of its requests.
moto's mock is never started: no patching, no fake credentials, and no KMS of moto's own that would make a twin of
every key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.base_backend import BackendDict as _BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.config import default_user_config

from kmslab.errors import KmslabError
from kmslab.wire.http import BodyStream

# One of moto's tables: from account id to what moto holds for it. The class keeps a list of those in use.
BackendDict: Any = _BackendDict

# moto's tables belong to the process; so does the right to exchange their contents.
_MOTO = threading.RLock()

#: From a prepared request to the account it is made for.
AccountOf = Callable[[AWSPreparedRequest], str]


@dataclass(frozen=True, slots=True)
class _Contents:
    """What one of moto's tables held: its accounts, and the indexes beside them."""

    table: Any
    accounts: dict[str, Any]
    indexes: dict[str, dict[Any, Any]]


class MotoBridge:
    """moto, with this Lab's contents."""

    def __init__(self, account_of: AccountOf) -> None:
        """Start an empty world.

        Args:
            account_of: Finds the account of a request; moto would guess it from tables of its own.
        """
        self._account_of = account_of
        #: Grows whenever moto may have changed something: what was read before may not be so any more.
        self.version = 0
        self._held: list[_Contents] = []
        self._stubber = BotocoreStubber()

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Let moto answer a prepared request.

        Raises:
            KmslabError: moto does not play that service.
        """
        request.headers["x-moto-account-id"] = self._account_of(request)
        with self.in_place():
            answer = self._stubber.process_request(request)
        if answer is None:
            raise KmslabError(f"Nothing in this Lab answers {request.url}.")
        status, headers, body = answer
        return AWSResponse(request.url, status, headers, BodyStream(body.encode() if isinstance(body, str) else body))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put this Lab's contents into moto's tables for a while."""
        with _MOTO:
            foreign = _take_out()
            _put_in(self._held)
            settings = default_user_config.get("iam", {})
            # AWS's own managed policies, AdministratorAccess among them, are there to be attached.
            default_user_config["iam"] = {"load_aws_managed_policies": True}
            try:
                yield
            finally:
                default_user_config["iam"] = settings
                self._held = _take_out()
                _put_in(foreign)
                self.version += 1

    @contextmanager
    def looking_at(self, table: Any) -> Iterator[Mapping[str, Any]]:
        """What this Lab holds in one of moto's tables, by account, for a while: without exchanging anything.

        That is enough to read what the objects there have in themselves, and much quicker than `in_place`.
        """
        with _MOTO:
            yield next((held.accounts for held in self._held if held.table is table), {})


def _indexes(table: Any) -> dict[str, dict[Any, Any]]:
    # Some tables keep an index beside the accounts, such as S3's from bucket names to accounts.
    return {name: value for name, value in vars(table).items() if type(value) is dict}


def _take_out() -> list[_Contents]:
    taken = []
    for table in list(BackendDict._instances):
        indexes = _indexes(table)
        taken.append(_Contents(table, dict(table.items()), {name: dict(index) for name, index in indexes.items()}))
        table.clear()
        for index in indexes.values():
            index.clear()
    BackendDict._instances.clear()
    return taken


def _put_in(contents: list[_Contents]) -> None:
    for held in contents:
        for account_id, backend in held.accounts.items():
            held.table[account_id] = backend
        for name, index in _indexes(held.table).items():
            index.update(held.indexes.get(name, {}))
        BackendDict._instances.append(held.table)
