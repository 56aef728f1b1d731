"""What is behind a custom key store: whether it may be, is there, and answers. For `operations.key_stores`.

Simplified: in which order AWS checks is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kmslab.errors import (
    CloudHsmClusterInUseException,
    CloudHsmClusterInvalidConfigurationException,
    CloudHsmClusterNotActiveException,
    CloudHsmClusterNotFoundException,
    CloudHsmClusterNotRelatedException,
    IncorrectTrustAnchorException,
    ValidationException,
    XksProxyUriEndpointInUseException,
    XksProxyUriInUseException,
    XksProxyVpcEndpointServiceInUseException,
    XksProxyVpcEndpointServiceInvalidConfigurationException,
    XksProxyVpcEndpointServiceNotFoundException,
)
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.external_key_store import Connectivity, ExternalKeyStore
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.proxy_failures import ProxyError
from kmslab.keys.xks import Credential
from kmslab.operations.placement import HSMS_TO_CREATE
from kmslab.operations.registry import Context

#: How many active HSMs a cluster needs to be connected. Source: API Reference, ConnectCustomKeyStore.
HSMS_TO_CONNECT = 1

#: The members of a request that tell what is behind a key store, by AWS's names; only those that are given.
Members = Mapping[str, Any]


# --- CloudHSM clusters ---


def new_cloudhsm_key_store(ctx: Context, name: str, members: Members) -> CustomKeyStore:
    """A new key store in a cluster.

    Raises:
        CloudHsmClusterInUseException: the cluster, or a relative, has a key store.
        CloudHsmClusterInvalidConfigurationException: it has fewer than two HSMs, or its network is not as needed.
        CloudHsmClusterNotActiveException: it is not active.
        CloudHsmClusterNotFoundException: there is no such cluster.
        IncorrectTrustAnchorException: the certificate is not the cluster's.
    """
    cluster = _cluster(ctx, members["CloudHsmClusterId"])
    for each in ctx.store.key_stores.values():
        if isinstance(each, CloudHsmKeyStore) and cluster.has_certificate(each.trust_anchor_certificate):
            raise CloudHsmClusterInUseException.of(cluster.cluster_id)
    check_cluster(cluster, HSMS_TO_CREATE)
    if not cluster.has_certificate(members["TrustAnchorCertificate"]):
        raise IncorrectTrustAnchorException.of(cluster.cluster_id)
    return CloudHsmKeyStore(
        **_identity(ctx, name),
        cluster_id=cluster.cluster_id,
        trust_anchor_certificate=members["TrustAnchorCertificate"],
        password=members["KeyStorePassword"],
    )


def _identity(ctx: Context, name: str) -> dict[str, Any]:
    return {
        "key_store_id": f"cks-{ctx.ids.hex('custom key store', 17)}",
        "account_id": ctx.store.account_id,
        "region": ctx.store.region,
        "name": name,
        "created": ctx.now,
        "outside": ctx.world.outside,
    }


def _cluster(ctx: Context, cluster_id: str) -> CloudHsmCluster:
    found = ctx.world.outside.cluster(ctx.store.account_id, ctx.store.region, cluster_id)
    if found is None or found.is_deleted:
        raise CloudHsmClusterNotFoundException.of(cluster_id)
    return found


def check_cluster(cluster: CloudHsmCluster, hsms: int) -> None:
    """Refuse a cluster that KMS cannot work with.

    Raises:
        CloudHsmClusterInvalidConfigurationException: it has fewer than `hsms` HSMs, or its network is not as needed.
        CloudHsmClusterNotActiveException: it is not active.
    """
    if not cluster.is_active:
        raise CloudHsmClusterNotActiveException.of(cluster.cluster_id)
    if not cluster.is_well_configured:
        raise CloudHsmClusterInvalidConfigurationException.network(cluster.cluster_id)
    if cluster.hsm_count < hsms:
        raise CloudHsmClusterInvalidConfigurationException.hsms(cluster.cluster_id, hsms)


def update_cloudhsm_key_store(ctx: Context, key_store: CloudHsmKeyStore, members: Members) -> None:
    """Give a key store another cluster, or KMS another password for it.

    Raises:
        CloudHsmClusterInvalidConfigurationException: the cluster has fewer than two HSMs, or not the network it needs.
        CloudHsmClusterNotActiveException: it is not active.
        CloudHsmClusterNotFoundException: there is no such cluster.
        CloudHsmClusterNotRelatedException: it has another certificate than the one before.
    """
    if "CloudHsmClusterId" in members:
        cluster = _cluster(ctx, members["CloudHsmClusterId"])
        check_cluster(cluster, HSMS_TO_CREATE)
        if not cluster.has_certificate(key_store.trust_anchor_certificate):
            raise CloudHsmClusterNotRelatedException.of(cluster.cluster_id)
        key_store.cluster_id = cluster.cluster_id
    key_store.password = members.get("KeyStorePassword", key_store.password)


# --- XKS proxies ---


def new_external_key_store(ctx: Context, name: str, members: Members) -> CustomKeyStore:
    """A new key store behind an XKS proxy.

    Raises:
        AwsError: the proxy, its address or its VPC endpoint service cannot be used; see CreateCustomKeyStore.
    """
    key_store = ExternalKeyStore(**_identity(ctx, name), **_settings(members))
    if key_store.uses_vpc and key_store.vpc_endpoint_service_owner is None:
        key_store.vpc_endpoint_service_owner = ctx.store.account_id
    _check_addresses(ctx, key_store)
    # A proxy in a VPC is only reached when the store is connected. Source: API Reference, XksProxyUriEndpoint.
    _check_proxy(key_store, reach=not key_store.uses_vpc)
    return key_store


def _settings(members: Members) -> dict[str, Any]:
    settings = {
        "uri_endpoint": members.get("XksProxyUriEndpoint"),
        "uri_path": members.get("XksProxyUriPath"),
        "vpc_endpoint_service_name": members.get("XksProxyVpcEndpointServiceName"),
        "vpc_endpoint_service_owner": members.get("XksProxyVpcEndpointServiceOwner"),
    }
    if "XksProxyConnectivity" in members:
        settings["connectivity"] = Connectivity(members["XksProxyConnectivity"])
    if "XksProxyAuthenticationCredential" in members:
        credential = members["XksProxyAuthenticationCredential"]
        settings["credential"] = Credential(credential["AccessKeyId"], credential["RawSecretAccessKey"])
    return {name: value for name, value in settings.items() if value is not None}


def _check_addresses(ctx: Context, wanted: ExternalKeyStore, but: CustomKeyStore | None = None) -> None:
    if wanted.uses_vpc is not (wanted.vpc_endpoint_service_name is not None):
        raise ValidationException.vpc_endpoint_service(wanted.connectivity, required=wanted.uses_vpc)
    for each in ctx.store.key_stores.values():
        if not isinstance(each, ExternalKeyStore) or each is but:
            continue
        same_endpoint = each.uri_endpoint == wanted.uri_endpoint
        if same_endpoint and each.uri_path == wanted.uri_path:
            raise XksProxyUriInUseException.of(wanted.uri_endpoint + wanted.uri_path)
        # Only stores with public endpoints may share one.
        if same_endpoint and (each.uses_vpc or wanted.uses_vpc):
            raise XksProxyUriEndpointInUseException.of(wanted.uri_endpoint)
        if each.uses_vpc and each.vpc_endpoint_service_name == wanted.vpc_endpoint_service_name:
            raise XksProxyVpcEndpointServiceInUseException.of(str(wanted.vpc_endpoint_service_name))


def _check_proxy(wanted: ExternalKeyStore, *, reach: bool) -> None:
    service = str(wanted.vpc_endpoint_service_name)
    if wanted.uses_vpc and not wanted.finds_vpc_service:
        raise XksProxyVpcEndpointServiceNotFoundException.of(service)
    if wanted.uses_vpc and not wanted.has_valid_vpc_service:
        raise XksProxyVpcEndpointServiceInvalidConfigurationException.of(service)
    if reach:
        try:
            wanted.check_health()
        except ProxyError as error:
            raise error.failure.refusal(error.failure.text) from None


def update_external_key_store(ctx: Context, key_store: ExternalKeyStore, members: Members) -> None:
    """Change how KMS reaches the proxy of a key store, if the proxy answers then.

    Raises:
        AwsError: the proxy, its address or its VPC endpoint service cannot be used; see UpdateCustomKeyStore.
    """
    settings = _settings(members)
    if settings.get("connectivity") is Connectivity.PUBLIC_ENDPOINT:
        settings = {"vpc_endpoint_service_name": None, "vpc_endpoint_service_owner": None} | settings
    elif settings.get("connectivity") is Connectivity.VPC_ENDPOINT_SERVICE:
        owner = key_store.vpc_endpoint_service_owner or ctx.store.account_id
        settings.setdefault("vpc_endpoint_service_owner", owner)
    wanted = replace(key_store, **settings)
    _check_addresses(ctx, wanted, key_store)
    _check_proxy(wanted, reach=not wanted.uses_vpc or key_store.is_connected)
    for name in settings:
        setattr(key_store, name, getattr(wanted, name))
