"""Custom key stores that a request names, and whether a new key may live in one.

Simplified: in which order AWS checks is not published.
"""

from __future__ import annotations

from kmslab.errors import (
    CloudHsmClusterInvalidConfigurationException,
    CustomKeyStoreInvalidStateException,
    CustomKeyStoreNotFoundException,
    UnsupportedOperationException,
    ValidationException,
    XksKeyAlreadyInUseException,
    XksKeyInvalidConfigurationException,
    XksKeyNotFoundException,
)
from kmslab.keys import xks
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.external_key_store import ExternalKeyStore
from kmslab.keys.key_store import ConnectionState, CustomKeyStore
from kmslab.keys.proxy_failures import ProxyError, ProxyFailure
from kmslab.keys.specs import SYMMETRIC_DEFAULT, KeyOrigin, KeySpec
from kmslab.operations.registry import Context

_IN_KEY_STORES = (KeyOrigin.AWS_CLOUDHSM, KeyOrigin.EXTERNAL_KEY_STORE)

#: How many active HSMs a cluster needs for a new key store, or for a new key in it. Source: API Reference,
#: CloudHsmClusterInvalidConfigurationException.
HSMS_TO_CREATE = 2


def find_key_store(ctx: Context, key_store_id: str) -> CustomKeyStore:
    """The custom key store of this account and Region with this id.

    Raises:
        CustomKeyStoreNotFoundException: there is none.
    """
    found = ctx.store.key_stores.get(key_store_id)
    if found is None:
        raise CustomKeyStoreNotFoundException.of(key_store_id)
    return found


def place(
    ctx: Context, spec: KeySpec, origin: str, key_store_id: str | None, xks_key_id: str | None, *, multi_region: bool
) -> CustomKeyStore | None:
    """The custom key store for a new key; None for a key that lives in KMS itself.

    Raises:
        CloudHsmClusterInvalidConfigurationException: the cluster has fewer than two HSMs.
        CustomKeyStoreInvalidStateException: the store is not connected, or what is behind it does not answer.
        CustomKeyStoreNotFoundException: there is no such store.
        UnsupportedOperationException: a multi-Region key, or a store of the other type.
        ValidationException: the members do not go with the origin.
        XksKeyAlreadyInUseException: another key of the store has the external key.
        XksKeyInvalidConfigurationException: the external key is not what KMS needs.
        XksKeyNotFoundException: there is no such external key.
    """
    in_key_store = origin in _IN_KEY_STORES
    if in_key_store is not (key_store_id is not None):
        raise ValidationException.member_and_origin("CustomKeyStoreId", origin, required=in_key_store)
    external = origin == KeyOrigin.EXTERNAL_KEY_STORE
    if external is not (xks_key_id is not None):
        raise ValidationException.member_and_origin("XksKeyId", origin, required=external)
    if key_store_id is None:
        return None
    if spec.name != SYMMETRIC_DEFAULT:
        raise ValidationException.spec_and_origin(spec.name, origin)
    key_store = find_key_store(ctx, key_store_id)
    if multi_region or key_store.origin != origin:
        raise UnsupportedOperationException
    key_store.require_state(ConnectionState.CONNECTED)
    if isinstance(key_store, CloudHsmKeyStore):
        _check_cluster(key_store)
    if isinstance(key_store, ExternalKeyStore):
        _check_external_key(key_store, str(xks_key_id))
    return key_store


def _check_cluster(key_store: CloudHsmKeyStore) -> None:
    cluster = key_store.cluster
    if cluster.hsm_count < HSMS_TO_CREATE:
        raise CloudHsmClusterInvalidConfigurationException.hsms(cluster.cluster_id, HSMS_TO_CREATE)
    if not cluster.is_usable:
        raise CustomKeyStoreInvalidStateException.cluster_not_usable(cluster.cluster_id)


def _check_external_key(key_store: ExternalKeyStore, xks_key_id: str) -> None:
    if any(key.xks_key_id == xks_key_id for key in key_store.keys.values()):
        raise XksKeyAlreadyInUseException.of(xks_key_id)
    try:
        external = key_store.proxy.metadata(key_store.credential, xks_key_id)
    except ProxyError as error:
        if error.failure is ProxyFailure.KEY_NOT_FOUND:
            raise XksKeyNotFoundException(error.failure.text) from None
        raise CustomKeyStoreInvalidStateException(error.failure.text) from None
    if external.key_spec != xks.KEY_SPEC:
        raise XksKeyInvalidConfigurationException.spec(external.key_spec)
    if external.status != xks.ENABLED:
        raise XksKeyInvalidConfigurationException.not_enabled(external.status)
    if not set(xks.KEY_USAGE) <= set(external.key_usage):
        raise XksKeyInvalidConfigurationException.usage(", ".join(external.key_usage))


def require_random_source(ctx: Context, key_store_id: str) -> None:
    """Refuse a custom key store in whose cluster no random bytes can be made.

    Raises:
        CustomKeyStoreInvalidStateException: it is not connected, or its cluster does not answer.
        CustomKeyStoreNotFoundException: there is no such store.
        UnsupportedOperationException: it is an external key store. Source: API Reference, GenerateRandom.
    """
    key_store = find_key_store(ctx, key_store_id)
    if not isinstance(key_store, CloudHsmKeyStore):
        raise UnsupportedOperationException
    key_store.require_state(ConnectionState.CONNECTED)
    if not key_store.cluster.is_usable:
        raise CustomKeyStoreInvalidStateException.cluster_not_usable(key_store.cluster_id)
