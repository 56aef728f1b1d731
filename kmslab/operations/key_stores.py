"""Custom key stores: made, changed, connected and given up.

Simplified: in which order AWS checks is not published. Here: the members, the name, then what is behind the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmslab.errors import (
    CustomKeyStoreHasCMKsException,
    CustomKeyStoreNameInUseException,
    CustomKeyStoreNotFoundException,
    LimitExceededException,
    ValidationException,
)
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.external_key_store import ExternalKeyStore
from kmslab.keys.key_store import ConnectionState, CustomKeyStore
from kmslab.keys.timers import Due
from kmslab.operations import backing
from kmslab.operations.backing import Members
from kmslab.operations.paging import listing, page
from kmslab.operations.placement import find_key_store
from kmslab.operations.registry import Context, Reply, operation

#: The default quota of an account in a Region. Source: KMS Developer Guide, "Resource quotas".
KEY_STORES_PER_ACCOUNT = 10

_CLOUDHSM, _EXTERNAL = CloudHsmKeyStore.type, ExternalKeyStore.type

#: The members of each type of key store, and whether a new one needs them. Source: API Reference, CreateCustomKeyStore.
_MEMBERS: dict[str, dict[str, bool]] = {
    _CLOUDHSM: {"CloudHsmClusterId": True, "TrustAnchorCertificate": True, "KeyStorePassword": True},
    _EXTERNAL: {
        "XksProxyUriEndpoint": True,
        "XksProxyUriPath": True,
        "XksProxyAuthenticationCredential": True,
        "XksProxyConnectivity": True,
        "XksProxyVpcEndpointServiceName": False,
        "XksProxyVpcEndpointServiceOwner": False,
    },
}

#: What of a connected external key store can be changed. Source: API Reference, UpdateCustomKeyStore.
_WHILE_CONNECTED = {"XksProxyUriPath", "XksProxyAuthenticationCredential"}


@operation("CreateCustomKeyStore")
def create_custom_key_store(
    ctx: Context,
    *,
    custom_key_store_name: str,
    cloud_hsm_cluster_id: str | None = None,
    trust_anchor_certificate: str | None = None,
    key_store_password: str | None = None,
    custom_key_store_type: str = _CLOUDHSM,
    xks_proxy_uri_endpoint: str | None = None,
    xks_proxy_uri_path: str | None = None,
    xks_proxy_vpc_endpoint_service_name: str | None = None,
    xks_proxy_vpc_endpoint_service_owner: str | None = None,
    xks_proxy_authentication_credential: Mapping[str, str] | None = None,
    xks_proxy_connectivity: str | None = None,
) -> Reply:
    """Make a custom key store, not connected, for a CloudHSM cluster or an external key manager.

    Raises:
        CloudHsmClusterInUseException: the cluster, or a relative, has a key store.
        CloudHsmClusterInvalidConfigurationException: it has fewer than two HSMs, or its network is not as needed.
        CloudHsmClusterNotActiveException: it is not active.
        CloudHsmClusterNotFoundException: there is no such cluster.
        CustomKeyStoreNameInUseException: the name is taken.
        IncorrectTrustAnchorException: the certificate is not the cluster's.
        LimitExceededException: the account has ten key stores in this Region.
        ValidationException: a member is missing, or belongs to the other type.
        XksProxyIncorrectAuthenticationCredentialException: the proxy does not accept the credential.
        XksProxyInvalidConfigurationException: the path is wrong, or the proxy's TLS.
        XksProxyInvalidResponseException: the proxy's answer makes no sense.
        XksProxyUriEndpointInUseException: another store has the endpoint for itself.
        XksProxyUriInUseException: another store has this endpoint and path.
        XksProxyUriUnreachableException: the proxy does not answer.
        XksProxyVpcEndpointServiceInUseException: another store has the VPC endpoint service.
        XksProxyVpcEndpointServiceInvalidConfigurationException: the service is not as needed.
        XksProxyVpcEndpointServiceNotFoundException: there is no such service.
    """
    given = {
        "CloudHsmClusterId": cloud_hsm_cluster_id,
        "TrustAnchorCertificate": trust_anchor_certificate,
        "KeyStorePassword": key_store_password,
        "XksProxyUriEndpoint": xks_proxy_uri_endpoint,
        "XksProxyUriPath": xks_proxy_uri_path,
        "XksProxyVpcEndpointServiceName": xks_proxy_vpc_endpoint_service_name,
        "XksProxyVpcEndpointServiceOwner": xks_proxy_vpc_endpoint_service_owner,
        "XksProxyAuthenticationCredential": xks_proxy_authentication_credential,
        "XksProxyConnectivity": xks_proxy_connectivity,
    }
    members = _members(given, custom_key_store_type, new=True)
    again = _made_already(ctx, custom_key_store_name, members)
    if again is not None:
        return {"CustomKeyStoreId": again.key_store_id}
    _require_free_name(ctx, custom_key_store_name)
    if len(ctx.store.key_stores) >= KEY_STORES_PER_ACCOUNT:
        raise LimitExceededException.key_stores(KEY_STORES_PER_ACCOUNT)
    make = backing.new_cloudhsm_key_store if custom_key_store_type == _CLOUDHSM else backing.new_external_key_store
    key_store = make(ctx, custom_key_store_name, members)
    ctx.store.key_stores[key_store.key_store_id] = key_store
    return {"CustomKeyStoreId": key_store.key_store_id}


def _members(given: Members, key_store_type: str, *, new: bool) -> Members:
    expected = _MEMBERS[key_store_type]
    members = {name: value for name, value in given.items() if value is not None}
    for name, needed in expected.items():
        if new and needed and name not in members:
            raise ValidationException.key_store_members(name, key_store_type, required=True)
    for name in members:
        if name not in expected:
            raise ValidationException.key_store_members(name, key_store_type, required=False)
    return members


def _made_already(ctx: Context, name: str, members: Members) -> CustomKeyStore | None:
    """The disconnected key store in a CloudHSM cluster that the same request has made; asking again is no error.

    Source: KMS Developer Guide, "Create an AWS CloudHSM key store".
    """
    for each in ctx.store.key_stores.values():
        if isinstance(each, CloudHsmKeyStore) and each.state is ConnectionState.DISCONNECTED:
            made_with = {
                "CloudHsmClusterId": each.cluster_id,
                "TrustAnchorCertificate": each.trust_anchor_certificate,
                "KeyStorePassword": each.password,
            }
            if each.name == name and members == made_with:
                return each
    return None


def _require_free_name(ctx: Context, name: str, but: CustomKeyStore | None = None) -> None:
    if any(each.name == name and each is not but for each in ctx.store.key_stores.values()):
        raise CustomKeyStoreNameInUseException.of(name)


@operation("UpdateCustomKeyStore")
def update_custom_key_store(
    ctx: Context,
    *,
    custom_key_store_id: str,
    new_custom_key_store_name: str | None = None,
    key_store_password: str | None = None,
    cloud_hsm_cluster_id: str | None = None,
    xks_proxy_uri_endpoint: str | None = None,
    xks_proxy_uri_path: str | None = None,
    xks_proxy_vpc_endpoint_service_name: str | None = None,
    xks_proxy_vpc_endpoint_service_owner: str | None = None,
    xks_proxy_authentication_credential: Mapping[str, str] | None = None,
    xks_proxy_connectivity: str | None = None,
) -> Reply:
    """Change a custom key store: its name, or what KMS knows of what is behind it. All of it or nothing.

    Raises:
        CloudHsmClusterInvalidConfigurationException: the cluster has fewer than two HSMs, or not the network it needs.
        CloudHsmClusterNotActiveException: it is not active.
        CloudHsmClusterNotFoundException: there is no such cluster.
        CloudHsmClusterNotRelatedException: it has another certificate than the one before.
        CustomKeyStoreInvalidStateException: the store is connected, and what is to be changed needs it disconnected.
        CustomKeyStoreNameInUseException: the name is taken.
        CustomKeyStoreNotFoundException: there is no such key store.
        ValidationException: a member belongs to the other type.
        XksProxyIncorrectAuthenticationCredentialException: the proxy does not accept the credential.
        XksProxyInvalidConfigurationException: the path is wrong, or the proxy's TLS.
        XksProxyInvalidResponseException: the proxy's answer makes no sense.
        XksProxyUriEndpointInUseException: another store has the endpoint for itself.
        XksProxyUriInUseException: another store has this endpoint and path.
        XksProxyUriUnreachableException: the proxy does not answer.
        XksProxyVpcEndpointServiceInUseException: another store has the VPC endpoint service.
        XksProxyVpcEndpointServiceInvalidConfigurationException: the service is not as needed.
        XksProxyVpcEndpointServiceNotFoundException: there is no such service.
    """
    key_store = find_key_store(ctx, custom_key_store_id)
    given = {
        "KeyStorePassword": key_store_password,
        "CloudHsmClusterId": cloud_hsm_cluster_id,
        "XksProxyUriEndpoint": xks_proxy_uri_endpoint,
        "XksProxyUriPath": xks_proxy_uri_path,
        "XksProxyVpcEndpointServiceName": xks_proxy_vpc_endpoint_service_name,
        "XksProxyVpcEndpointServiceOwner": xks_proxy_vpc_endpoint_service_owner,
        "XksProxyAuthenticationCredential": xks_proxy_authentication_credential,
        "XksProxyConnectivity": xks_proxy_connectivity,
    }
    members = _members(given, key_store.type, new=False)
    anytime = set(members) <= _WHILE_CONNECTED
    key_store.require_state(*_STABLE if anytime else (ConnectionState.DISCONNECTED,))
    if new_custom_key_store_name is not None:
        _require_free_name(ctx, new_custom_key_store_name, key_store)
    if isinstance(key_store, CloudHsmKeyStore):
        backing.update_cloudhsm_key_store(ctx, key_store, members)
    if isinstance(key_store, ExternalKeyStore) and members:
        backing.update_external_key_store(ctx, key_store, members)
    key_store.name = new_custom_key_store_name or key_store.name
    ctx.notes |= key_store.notes()
    return None


_STABLE = (ConnectionState.CONNECTED, ConnectionState.DISCONNECTED)


@operation("DeleteCustomKeyStore")
def delete_custom_key_store(ctx: Context, *, custom_key_store_id: str) -> Reply:
    """Forget a disconnected custom key store without keys. What is behind it stays as it is.

    Raises:
        CustomKeyStoreHasCMKsException: there are keys in it, perhaps pending deletion.
        CustomKeyStoreInvalidStateException: it is not disconnected.
        CustomKeyStoreNotFoundException: there is no such key store.
    """
    key_store = find_key_store(ctx, custom_key_store_id)
    key_store.require_state(ConnectionState.DISCONNECTED)
    if key_store.keys:
        raise CustomKeyStoreHasCMKsException.of(custom_key_store_id)
    del ctx.store.key_stores[custom_key_store_id]
    ctx.notes |= key_store.notes()
    return None


@operation("DescribeCustomKeyStores")
def describe_custom_key_stores(
    ctx: Context,
    *,
    custom_key_store_id: str | None = None,
    custom_key_store_name: str | None = None,
    limit: int = 100,
    marker: str | None = None,
) -> Reply:
    """The custom key stores of this account and Region, or one of them.

    Raises:
        CustomKeyStoreNotFoundException: there is none with that id or name.
        InvalidMarkerException: the marker does not come from this listing.
        ValidationException: both an id and a name are given.
    """
    if custom_key_store_id is not None and custom_key_store_name is not None:
        raise ValidationException.both_id_and_name()
    named = custom_key_store_id or custom_key_store_name
    found = [
        each
        for each in sorted(ctx.store.key_stores.values(), key=_position)
        if custom_key_store_id in (None, each.key_store_id) and custom_key_store_name in (None, each.name)
    ]
    if named is not None and not found:
        raise CustomKeyStoreNotFoundException.of(named)
    return page(listing(found, _position), limit, marker, member="CustomKeyStores", position=_position, entry=_entry)


def _position(key_store: CustomKeyStore) -> str:
    return key_store.key_store_id


def _entry(key_store: CustomKeyStore) -> dict[str, Any]:
    return key_store.entry()


@operation("ConnectCustomKeyStore")
def connect_custom_key_store(ctx: Context, *, custom_key_store_id: str) -> Reply:
    """Begin to connect a custom key store; DescribeCustomKeyStores shows what came of it.

    Raises:
        CloudHsmClusterInvalidConfigurationException: the cluster has no HSM, or not the network that it needs.
        CloudHsmClusterNotActiveException: the cluster is not active.
        CustomKeyStoreInvalidStateException: the store is DISCONNECTING or FAILED.
        CustomKeyStoreNotFoundException: there is no such key store.
    """
    key_store = find_key_store(ctx, custom_key_store_id)
    # What is easily seen is said at once, and the store stays as it is. Source: KMS Developer Guide, "Troubleshooting a
    # custom key store". That the cluster is gone is not: the operation does not declare the error.
    if isinstance(key_store, CloudHsmKeyStore) and key_store.state is ConnectionState.DISCONNECTED:
        if not key_store.cluster.is_deleted:
            backing.check_cluster(key_store.cluster, backing.HSMS_TO_CONNECT)
    when = key_store.connect(ctx.now)
    if when is not None:
        ctx.world.timers.add(when, Due.CONNECTION, key_store)
    ctx.notes |= key_store.notes()
    return None


@operation("DisconnectCustomKeyStore")
def disconnect_custom_key_store(ctx: Context, *, custom_key_store_id: str) -> Reply:
    """Disconnect a custom key store: its keys become unavailable at once, and stay what they are.

    Raises:
        CustomKeyStoreInvalidStateException: the store is DISCONNECTING or DISCONNECTED.
        CustomKeyStoreNotFoundException: there is no such key store.
    """
    key_store = find_key_store(ctx, custom_key_store_id)
    ctx.world.timers.add(key_store.disconnect(ctx.now), Due.CONNECTION, key_store)
    ctx.notes |= key_store.notes()
    return None
