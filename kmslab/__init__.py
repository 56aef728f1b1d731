"""kmslab: learn AWS KMS by using it, on a simulated KMS that answers, denies and charges as AWS does.

    >>> from kmslab import Lab
    >>> lab = Lab(seed=1)
    >>> kms = lab.client("kms")
    >>> key_id = kms.create_key(Description="my first key")["KeyMetadata"]["KeyId"]
    >>> blob = kms.encrypt(KeyId=key_id, Plaintext=b"hello")["CiphertextBlob"]
    >>> kms.decrypt(CiphertextBlob=blob)["Plaintext"]
    b'hello'

What is exported here is the public face; nothing else is promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmslab import envelope
    from kmslab.billing.bill import Bill
    from kmslab.call import Call
    from kmslab.jupyter.extension import load_ipython_extension, unload_ipython_extension
    from kmslab.lab import Lab
    from kmslab.principals import Principal

__version__ = "0.1.0"

__all__ = ["Bill", "Call", "Lab", "Principal", "envelope", "load_ipython_extension", "unload_ipython_extension"]

_HOMES = {
    "Bill": "kmslab.billing.bill",
    "Call": "kmslab.call",
    "Lab": "kmslab.lab",
    "Principal": "kmslab.principals",
    "load_ipython_extension": "kmslab.jupyter.extension",
    "unload_ipython_extension": "kmslab.jupyter.extension",
}


def __getattr__(name: str) -> Any:
    # On first use: the command line answers --help without loading boto3.
    from importlib import import_module

    if name == "envelope":
        return import_module("kmslab.envelope")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kmslab' has no attribute {name!r}")
