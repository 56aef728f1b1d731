"""Whether this computer is lent: BinderHub takes it back, with all files on it."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: Any of these says that a server was started by BinderHub. Source: BinderHub, `BinderSpawnerMixin.get_env`.
VARIABLES = ("BINDER_LAUNCH_HOST", "BINDER_REPO_URL", "BINDER_REF_URL", "BINDER_REQUEST")


def is_binder(environment: Mapping[str, str] | None = None) -> bool:
    """Whether BinderHub has started this; by this process's environment unless another is given."""
    found = os.environ if environment is None else environment
    return any(found.get(name) for name in VARIABLES)
