"""The operations of KMS: each only its effect. Everything before and after happens in the front door.

Importing this package registers all of them.
"""

from kmslab.operations import (  # noqa: F401  (imported for their registration)
    aliases,
    asymmetric,
    data_keys,
    encryption,
    grants,
    imports,
    key_policies,
    key_stores,
    lifecycle,
    macs,
    multi_region,
    rotation,
    tags,
)
from kmslab.operations.registry import OPERATIONS, Context, Operation

__all__ = ["OPERATIONS", "Context", "Operation"]
