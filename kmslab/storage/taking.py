"""From what a Lab's KMS holds to records. The other way is `storage.giving`."""

from __future__ import annotations

from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.external_key_store import ExternalKeyStore
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.material import KeyMaterial
from kmslab.keys.ring import RingEntry
from kmslab.keys.store import RegionStore
from kmslab.keys.timers import Timer
from kmslab.keys.xks import ExternalKeyManager
from kmslab.storage.records import (
    ClusterRecord,
    EntryRecord,
    ExternalKeyRecord,
    GrantRecord,
    KeyRecord,
    KeyStoreRecord,
    ManagerRecord,
    TimerRecord,
)


def key_record(key: Key, store: RegionStore) -> KeyRecord:
    """A key with what is in its Region's store of it. When it was last used is read from the calls."""
    return KeyRecord(
        key_id=key.key_id,
        account_id=key.account_id,
        region=key.region,
        spec=key.spec.name,
        usage=key.usage,
        created=key.created,
        description=key.description,
        policy=key.policy,
        entries=[_entry_record(entry) for entry in key.ring],
        origin=key.origin,
        manager=key.manager,
        rotation=key.rotation,
        primary_region=None if key.related is None else key.related.primary_region,
        key_store_id=None if key.key_store is None else key.key_store.key_store_id,
        xks_key_id=key.xks_key_id,
        enabled=key.enabled,
        transition=key.transition,
        deletion_window=key.deletion_window,
        deletion_date=key.deletion_date,
        tags=key.tags,
        aliases=[store.aliases[name] for name in store.alias_names(key)],
    )


def _entry_record(entry: RingEntry) -> EntryRecord:
    return EntryRecord(
        entry.material_id,
        None if entry.material is None else secret_of(entry.material),
        entry.state,
        entry.rotated,
        entry.rotation_type,
        entry.fingerprint,
        entry.valid_to,
        entry.description,
    )


def secret_of(material: KeyMaterial) -> bytes:
    """The bits of a key material: its bytes, or its private key as DER PKCS #8."""
    return material.secret if isinstance(material.secret, bytes) else material.secret.pkcs8()


def grant_record(grant: Grant) -> GrantRecord:
    """A grant."""
    return GrantRecord(
        key=grant.key.arn,
        grant_id=grant.grant_id,
        created=grant.created,
        issuing_account=grant.issuing_account,
        operations=grant.operations,
        name=grant.name,
        grantee=grant.grantee,
        grantee_is_service=grant.grantee_is_service,
        retiring=grant.retiring,
        retiring_is_service=grant.retiring_is_service,
        constraints=dict(grant.constraints),
        tokens=grant.tokens,
    )


def key_store_record(key_store: CustomKeyStore) -> KeyStoreRecord:
    """A custom key store."""
    record = KeyStoreRecord(
        key_store_id=key_store.key_store_id,
        account_id=key_store.account_id,
        region=key_store.region,
        name=key_store.name,
        created=key_store.created,
        state=key_store.state,
        error_code=key_store.error_code,
        settles=key_store.settles,
    )
    if isinstance(key_store, CloudHsmKeyStore):
        record.cluster = {
            "cluster_id": key_store.cluster_id,
            "trust_anchor_certificate": key_store.trust_anchor_certificate,
            "password": key_store.password,
        }
    elif isinstance(key_store, ExternalKeyStore):
        record.proxy = {
            "uri_endpoint": key_store.uri_endpoint,
            "uri_path": key_store.uri_path,
            "access_key_id": key_store.credential.access_key_id,
            "raw_secret_access_key": key_store.credential.raw_secret_access_key,
            "connectivity": key_store.connectivity.value,
            "vpc_endpoint_service_name": key_store.vpc_endpoint_service_name,
            "vpc_endpoint_service_owner": key_store.vpc_endpoint_service_owner,
        }
    return record


def cluster_record(number: int, cluster: CloudHsmCluster) -> ClusterRecord:
    """A CloudHSM cluster, the `number`-th of its world."""
    return ClusterRecord(
        number,
        cluster.cluster_id,
        cluster.account_id,
        cluster.region,
        cluster.trust_anchor_certificate,
        cluster.password,
        cluster._password_in_use,
        cluster.hsm_count,
        cluster.is_active,
        cluster.is_well_configured,
        sorted(cluster.key_labels),
        sorted(cluster._backed_up),
        cluster._wrong_passwords,
        cluster.fault,
        cluster.is_deleted,
    )


def manager_record(number: int, manager: ExternalKeyManager) -> ManagerRecord:
    """An external key manager, the `number`-th of its world."""
    return ManagerRecord(
        number,
        manager.uri_endpoint,
        manager.uri_path,
        manager.access_key_id,
        manager.raw_secret_access_key,
        manager.vpc_endpoint_service_name,
        manager.has_valid_vpc_endpoint_service,
        manager.fault,
        {
            key_id: ExternalKeyRecord(key.key_spec, key.key_usage, key.status, key.secret)
            for key_id, key in list(manager._keys.items())
        },
        list(manager.requests),
    )


def timer_record(timer: Timer) -> TimerRecord:
    """A timer."""
    subject = timer.subject
    head = timer.serial, timer.when, timer.what.name, subject.account_id, subject.region
    if isinstance(subject, Key):
        return TimerRecord(*head, key_id=subject.key_id, detail=timer.detail)
    return TimerRecord(*head, key_store_id=subject.key_store_id)
