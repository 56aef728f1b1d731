"""What is outside of KMS and a Lab can put there: AWS CloudHSM clusters and external key managers."""

from __future__ import annotations

from kmslab.clock import SimClock
from kmslab.ids import Ids
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.store import World
from kmslab.keys.xks import ExternalKeyManager


class Hardware:
    """Makes clusters and external key managers, for custom key stores."""

    def __init__(self, world: World, clock: SimClock, ids: Ids, *, account_id: str, region: str) -> None:
        """Put nothing there yet.

        Args:
            world: Where KMS finds what is made.
            clock: The Lab's clock.
            ids: The Lab's ids.
            account_id: Whose a cluster is, unless said otherwise.
            region: Where a cluster is, unless said otherwise.
        """
        self._world = world
        self._clock = clock
        self._ids = ids
        self._account_id = account_id
        self._region = region

    def cloudhsm_cluster(
        self,
        region_name: str | None = None,
        *,
        account_id: str | None = None,
        backup_of: CloudHsmCluster | None = None,
    ) -> CloudHsmCluster:
        """A new AWS CloudHSM cluster, for a CloudHSM key store: active, with two HSMs and the user `kmsuser`.

        It has what CreateCustomKeyStore asks for (`cluster_id`, `trust_anchor_certificate`, `password`). What can be
        wrong with it can be set: `hsm_count`, `is_active`, `is_well_configured`, `fault`. Simplified: it costs nothing;
        AWS charges for HSMs by the hour.

        Args:
            region_name: The Region it is in; the Lab's unless said otherwise.
            account_id: The account that owns it; the Lab's unless said otherwise.
            backup_of: Makes it from the backups of this cluster, where that is: the same certificate, users and keys.
        """
        account, region = account_id or self._account_id, region_name or self._region
        if backup_of is not None:
            return self._world.outside.add_cluster(backup_of.restore(self._ids))
        return self._world.outside.add_cluster(CloudHsmCluster.create(account, region, self._ids, self._clock.now()))

    def external_key_manager(
        self,
        uri_endpoint: str | None = None,
        uri_path: str = "/kms/xks/v1",
        *,
        access_key_id: str | None = None,
        raw_secret_access_key: str | None = None,
        vpc_endpoint_service_name: str | None = None,
    ) -> ExternalKeyManager:
        """A new external key manager outside of AWS with its XKS proxy, for an external key store.

        It makes external keys (`create_key()`), encrypts with them, and has what CreateCustomKeyStore asks for
        (`uri_endpoint`, `uri_path`, `access_key_id`, `raw_secret_access_key`). What can be wrong with it can be set:
        `is_reachable`, `fault`.

        Args:
            uri_endpoint: Where its proxy is, such as `https://xks.example.com`; a new one unless said otherwise.
            uri_path: The path to the proxy's API.
            access_key_id: The id of the credential that the proxy accepts; random unless said otherwise.
            raw_secret_access_key: The secret of that credential; random unless said otherwise.
            vpc_endpoint_service_name: The VPC endpoint service that leads to it; any name does unless one is given.
        """
        return self._world.outside.add_manager(
            ExternalKeyManager(
                self._ids, uri_endpoint, uri_path, access_key_id, raw_secret_access_key, vpc_endpoint_service_name
            )
        )
