"""boto3 as anybody has it, but quicker to begin with: what botocore says of AWS's services is read once."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session


@cache
def _loader() -> Any:
    return botocore.loaders.create_loader()


def session() -> boto3.Session:
    """A session that knows nothing of any Lab."""
    core = botocore.session.Session()
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core)
