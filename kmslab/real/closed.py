"""A closed door: while an account is not confirmed, bare boto3 calls say so, and reach nobody."""

from __future__ import annotations

from typing import Any, NoReturn

import boto3
import botocore.session

from kmslab.errors import KmslabError
from kmslab.wire import model

_SENTENCE = "No account was confirmed, so nothing is sent to AWS; run %load_ext kmslab again in a new kernel."


def closed_session() -> boto3.Session:
    """A session whose every call is refused before anything is sent."""
    core = botocore.session.Session()
    core.register_component("data_loader", model.loader())
    session = boto3.Session("none", "none", region_name="us-east-1", botocore_session=core)
    session.events.register_first("provide-client-params", _refuse)
    return session


def _refuse(**_: Any) -> NoReturn:
    raise KmslabError(_SENTENCE)
