"""What plays a service, imported while nothing waits: after the cell that makes its client, and not in its first call.

moto's Parameter Store brings moto's EC2 along, which lists the Regions of AWS when it is imported: with moto itself
that is more than a second, and several on a busy computer. A notebook's kernel has an event loop, which is free as soon
as a cell has run. A program without one loses nothing: it imports with the first call, as ever. Nothing is started
here, so ids and times stay the same.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterator

_PLAYED = frozenset({"cloudtrail", "iam", "s3", "secretsmanager", "ssm", "sts"})

#: How many seconds lie between the steps. The reply to a cell goes out before the first; a next cell comes in between.
_PAUSE = 0.1


def expect(service: str) -> None:
    """Somebody has made a client of a service, by its name in botocore's events, such as `secrets-manager`."""
    name = service.replace("-", "")
    if name not in _PLAYED or _urls(name) in sys.modules:
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    _go_on(loop, _steps(name))


def _go_on(loop: asyncio.AbstractEventLoop, steps: Iterator[Callable[[], object]]) -> None:
    def take_one() -> None:
        for step in steps:
            step()
            _go_on(loop, steps)
            return

    loop.call_later(_PAUSE, take_one)


def _steps(name: str) -> Iterator[Callable[[], object]]:
    """What takes its time, in pieces."""
    yield lambda: importlib.import_module("kmslab.cloud.services")
    yield _read_policies
    yield lambda: _import_player(name)


def _read_policies() -> None:
    from kmslab.cloud.aws_policies import read

    read("aws")


def _import_player(name: str) -> None:
    from kmslab.cloud.moto_bridge import without_profile

    with without_profile():
        importlib.import_module(_urls(name))


def _urls(name: str) -> str:
    """The module of moto that brings all others of a service."""
    return f"moto.{name}.urls"
