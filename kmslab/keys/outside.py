"""What is outside of KMS and KMS reaches over a network: CloudHSM clusters and the proxies of external key managers."""

from __future__ import annotations

from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.proxy_failures import ProxyError, ProxyFailure
from kmslab.keys.xks import ExternalKeyManager


class Outside:
    """The clusters and external key managers of one world."""

    def __init__(self) -> None:
        """Start empty."""
        self._clusters: dict[str, CloudHsmCluster] = {}
        self._managers: list[ExternalKeyManager] = []

    @property
    def clusters(self) -> list[CloudHsmCluster]:
        """Every cluster there ever was, oldest first."""
        return list(self._clusters.values())

    @property
    def managers(self) -> list[ExternalKeyManager]:
        """All external key managers, oldest first."""
        return list(self._managers)

    def add_cluster(self, cluster: CloudHsmCluster) -> CloudHsmCluster:
        """Let KMS find a cluster, in its account and Region."""
        self._clusters[cluster.cluster_id] = cluster
        return cluster

    def add_manager(self, manager: ExternalKeyManager) -> ExternalKeyManager:
        """Let KMS reach the proxy of an external key manager, from every Region."""
        self._managers.append(manager)
        return manager

    def cluster(self, account_id: str, region: str, cluster_id: str) -> CloudHsmCluster | None:
        """The cluster with this id, deleted ones included; None where there never was one."""
        found = self._clusters.get(cluster_id)
        return found if found is not None and (found.account_id, found.region) == (account_id, region) else None

    def behind(self, uri_endpoint: str) -> list[ExternalKeyManager]:
        """The external key managers whose proxies share this endpoint."""
        return [manager for manager in self._managers if manager.uri_endpoint == uri_endpoint]

    def proxy(self, uri_endpoint: str, uri_path: str) -> ExternalKeyManager:
        """The external key manager behind this endpoint and path; of several, the one that came last.

        Raises:
            ProxyError: nothing answers at the endpoint, or not under the path.
        """
        found = self.behind(uri_endpoint)
        if not found:
            raise ProxyError(ProxyFailure.UNREACHABLE)
        at_path = [manager for manager in found if manager.uri_path == uri_path]
        if not at_path:
            raise ProxyError(found[-1].silent_failure or ProxyFailure.INVALID_URI_PATH)
        return at_path[-1]
