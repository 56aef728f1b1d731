"""Custom key stores without a Lab: connection states, clusters, external key managers, what is shown of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.errors import (
    CustomKeyStoreInvalidStateException,
    InvalidCiphertextException,
    KMSInvalidStateException,
    KmslabError,
)
from kmslab.ids import Ids
from kmslab.keys import blob, use
from kmslab.keys.cloudhsm import CLUSTER_FAULTS, CloudHsmCluster
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.due import happen
from kmslab.keys.external_key_store import Connectivity, ExternalKeyStore
from kmslab.keys.key import Key
from kmslab.keys.key_store import ConnectionState
from kmslab.keys.proxy_failures import PROXY_FAULTS, ProxyError, ProxyFailure
from kmslab.keys.states import KeyState
from kmslab.keys.store import World
from kmslab.keys.timers import SETTLING_TIME, Due, Timer
from kmslab.keys.xks import Credential, ExternalKeyManager

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ACCOUNT, REGION = "123456789010", "us-east-1"


class Stage:
    """A cluster and an external key manager, each with a key store."""

    def __init__(self) -> None:
        self.world, self.ids = World(), Ids(1)
        common = {"account_id": ACCOUNT, "region": REGION, "name": "n", "created": NOW, "outside": self.world.outside}
        self.cluster = self.world.outside.add_cluster(CloudHsmCluster.create(ACCOUNT, REGION, self.ids, NOW))
        self.hsm = CloudHsmKeyStore(
            **common,
            key_store_id="cks-hsm",
            cluster_id=self.cluster.cluster_id,
            trust_anchor_certificate=self.cluster.trust_anchor_certificate,
            password=self.cluster.password,
        )
        self.manager = self.world.outside.add_manager(ExternalKeyManager(self.ids))
        self.credential = Credential(self.manager.access_key_id, self.manager.raw_secret_access_key)
        self.xks = ExternalKeyStore(
            **common,
            key_store_id="cks-xks",
            uri_endpoint=self.manager.uri_endpoint,
            uri_path=self.manager.uri_path,
            credential=self.credential,
            connectivity=Connectivity.PUBLIC_ENDPOINT,
        )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def connected(store: Any) -> Any:
    store.settle(store.connect(NOW))
    assert store.is_connected
    return store


class TestConnectionStates:
    def test_only_the_newest_outcome_counts(self, stage: Stage) -> None:
        connecting = stage.hsm.connect(NOW)
        disconnecting = stage.hsm.disconnect(NOW + SETTLING_TIME / 2)
        assert connecting is not None
        stage.hsm.settle(connecting)
        assert stage.hsm.state is ConnectionState.DISCONNECTING
        stage.hsm.settle(disconnecting)
        assert stage.hsm.state is ConnectionState.DISCONNECTED

    def test_connecting_twice_does_not_take_longer(self, stage: Stage) -> None:
        when = stage.xks.connect(NOW)
        assert stage.xks.connect(NOW + SETTLING_TIME / 2) is None
        assert stage.xks.settles == when == NOW + SETTLING_TIME

    def test_an_error_code_goes_with_its_state(self, stage: Stage) -> None:
        stage.cluster.fault = "USER_NOT_FOUND"
        stage.hsm.settle(stage.hsm.connect(NOW) or NOW)
        assert stage.hsm.entry()["ConnectionErrorCode"] == "USER_NOT_FOUND"
        with pytest.raises(CustomKeyStoreInvalidStateException, match="is FAILED"):
            stage.hsm.connect(NOW)
        stage.hsm.disconnect(NOW)
        assert "ConnectionErrorCode" not in stage.hsm.entry()

    def test_what_falls_due(self, stage: Stage, new_key: Any) -> None:
        when = stage.hsm.connect(NOW)
        assert when is not None
        assert happen(stage.world, stage.ids, Timer(when, 1, Due.CONNECTION, stage.hsm)) == []
        assert stage.hsm.is_connected
        with pytest.raises(TypeError, match="custom key stores only"):
            happen(stage.world, stage.ids, Timer(when, 2, Due.CONNECTION, new_key()))
        with pytest.raises(TypeError, match="keys only"):
            happen(stage.world, stage.ids, Timer(when, 3, Due.TRANSITION, stage.hsm))

    def test_a_key_follows_its_store(self, stage: Stage, new_key: Any) -> None:
        key: Key = new_key(key_store=stage.hsm)
        assert key.state is KeyState.UNAVAILABLE
        connected(stage.hsm)
        assert key.state is KeyState.ENABLED
        key.schedule_deletion(7, NOW)
        stage.hsm.disconnect(NOW)
        assert key.state is KeyState.PENDING_DELETION


class TestCluster:
    def test_ids_are_those_of_the_model(self, stage: Stage) -> None:
        name, _, rest = stage.cluster.cluster_id.partition("-")
        assert (name, len(rest)) == ("cluster", 11)
        assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz234567")

    def test_five_wrong_passwords_in_a_row_lock_the_user_out(self, stage: Stage) -> None:
        cluster, right = stage.cluster, stage.cluster.password
        for _ in range(4):
            assert cluster.log_in("wrong") == ("INVALID_CREDENTIALS", "wrong")
        error_code, right = cluster.log_in(right)
        assert error_code is None
        for _ in range(5):
            cluster.log_in("wrong")
        assert cluster.log_in(right) == ("USER_LOCKED_OUT", right)
        password = cluster.change_password()
        assert cluster.password == password
        assert cluster.log_in(password)[0] is None

    def test_changing_the_password_unlocks(self, stage: Stage) -> None:
        stage.cluster.fault = "USER_LOCKED_OUT"
        stage.cluster.change_password("new password")
        assert stage.cluster.fault is None
        stage.cluster.fault = "USER_LOGGED_IN"
        stage.cluster.change_password("new password")
        assert stage.cluster.fault == "USER_LOGGED_IN"

    def test_a_backup_has_every_key_and_the_users(self, stage: Stage) -> None:
        stage.cluster.keep_key("one")
        stage.cluster.delete_keys()
        stage.cluster.keep_key("two")
        restored = stage.cluster.restore(stage.ids)
        assert restored.cluster_id != stage.cluster.cluster_id
        assert restored.has_certificate(stage.cluster.trust_anchor_certificate)
        assert (stage.cluster.key_labels, restored.key_labels) == ({"two"}, {"one", "two"})
        assert restored.log_in(stage.cluster.password)[0] is None

    def test_faults_that_there_are_not(self, stage: Stage) -> None:
        with pytest.raises(KmslabError, match=f"choose one of {CLUSTER_FAULTS[0]}, "):
            stage.cluster.fault = "RAIN"
        assert stage.cluster.fault is None

    @pytest.mark.parametrize(
        "break_it",
        [
            lambda cluster: setattr(cluster, "hsm_count", 0),
            lambda cluster: setattr(cluster, "is_active", False),
            lambda cluster: setattr(cluster, "fault", "NETWORK_ERRORS"),
            lambda cluster: cluster.delete(),
        ],
        ids=["no HSM", "not active", "network", "deleted"],
    )
    def test_when_it_is_of_no_use(self, stage: Stage, break_it: Any) -> None:
        assert stage.cluster.is_usable
        stage.cluster.fault = "USER_LOGGED_IN"
        assert stage.cluster.is_usable, "that only keeps KMS from connecting"
        break_it(stage.cluster)
        assert not stage.cluster.is_usable

    def test_a_deleted_key_is_deleted_from_the_cluster_if_that_can_be_reached(self, stage: Stage, new_key: Any) -> None:
        key = new_key(key_store=connected(stage.hsm))
        stage.hsm.adopt(key)
        stage.cluster.hsm_count = 0
        stage.hsm.forget(key)
        assert stage.cluster.key_labels == {key.arn}
        stage.cluster.hsm_count = 1
        stage.hsm.forget(key)
        assert stage.cluster.key_labels == set()


class TestExternalKeyManager:
    def test_it_really_encrypts(self, stage: Stage) -> None:
        one, two = stage.manager.create_key(), stage.manager.create_key()
        iv, sealed = stage.manager.encrypt(stage.credential, one, b"plaintext", b"aad")
        assert b"plaintext" not in sealed
        assert (len(iv), len(sealed)) == (12, len(b"plaintext") + 16)
        assert stage.manager.decrypt(stage.credential, one, iv, sealed, b"aad") == b"plaintext"
        for key_id, aad in ((one, b"other"), (two, b"aad")):
            with pytest.raises(ProxyError) as caught:
                stage.manager.decrypt(stage.credential, key_id, iv, sealed, aad)
            assert caught.value.failure is ProxyFailure.INVALID_CIPHERTEXT

    def test_keys_that_may_not(self, stage: Stage) -> None:
        key_id = stage.manager.create_key(key_usage=["ENCRYPT"])
        iv, sealed = stage.manager.encrypt(stage.credential, key_id, b"p", b"")
        with pytest.raises(ProxyError, match="does not support the requested operation") as caught:
            stage.manager.decrypt(stage.credential, key_id, iv, sealed, b"")
        assert caught.value.failure is ProxyFailure.KEY_USAGE

    def test_what_reaches_the_proxy_is_in_its_log(self, stage: Stage) -> None:
        stage.manager.health(stage.credential)
        stage.manager.is_reachable = False
        assert not stage.manager.is_reachable
        with pytest.raises(ProxyError):
            stage.manager.health(stage.credential)
        stage.manager.is_reachable = True
        with pytest.raises(ProxyError, match="could not authenticate"):
            stage.manager.health(Credential("A" * 20, stage.credential.raw_secret_access_key))
        assert stage.manager.requests == [("GetHealthStatus", ""), ("GetHealthStatus", "")]

    def test_faults_that_there_are_not(self, stage: Stage) -> None:
        for fault in ("RAIN", "KEY_NOT_FOUND"):
            with pytest.raises(KmslabError, match=f"choose one of {PROXY_FAULTS[0]}, "):
                stage.manager.fault = fault
        assert stage.manager.fault is None

    def test_its_credential_fits_the_model(self, stage: Stage) -> None:
        assert len(stage.manager.access_key_id) == 20
        assert set(stage.manager.access_key_id) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        assert 43 <= len(stage.manager.raw_secret_access_key) <= 64
        other = ExternalKeyManager(stage.ids)
        assert other.raw_secret_access_key != stage.manager.raw_secret_access_key
        assert other.uri_endpoint != stage.manager.uri_endpoint


class TestDoubleEncryption:
    def test_the_outer_blob_names_the_same_key_material(self, stage: Stage, new_key: Any) -> None:
        key: Key = new_key(key_store=connected(stage.xks), xks_key_id=stage.manager.create_key())
        for operation in ("Encrypt", "GenerateDataKey"):
            data = use.encrypt(key, b"p" * 4096, "SYMMETRIC_DEFAULT", {"a": "b"}, operation=operation)
            assert blob.parse(data).material_id == key.current.material_id
            assert use.decrypt(key, data, "SYMMETRIC_DEFAULT", {"a": "b"}) == b"p" * 4096
            # What the model allows as CiphertextBlob, and what every proxy must take as plaintext.
            assert len(data) <= 6144
            assert len(blob.parse(data).sealed) - 16 <= 4300

    def test_neither_layer_alone_opens_it(self, stage: Stage, new_key: Any) -> None:
        key: Key = new_key(key_store=connected(stage.xks), xks_key_id=stage.manager.create_key())
        data = use.encrypt(key, b"plaintext", "SYMMETRIC_DEFAULT", {})
        key.key_store, kept = None, key.key_store
        with pytest.raises(InvalidCiphertextException):
            use.decrypt(key, data, "SYMMETRIC_DEFAULT", {})
        key.key_store = kept
        stage.manager.delete_key(str(key.xks_key_id))
        with pytest.raises(KMSInvalidStateException, match="could not find the external key"):
            use.decrypt(key, data, "SYMMETRIC_DEFAULT", {})

    def test_key_material_of_another_key(self, stage: Stage, new_key: Any) -> None:
        store = connected(stage.xks)
        one, two = (new_key(key_store=store, xks_key_id=stage.manager.create_key()) for _ in range(2))
        data = use.encrypt(one, b"p", "SYMMETRIC_DEFAULT", {})
        asked = len(stage.manager.requests)
        with pytest.raises(InvalidCiphertextException):
            use.decrypt(two, data, "SYMMETRIC_DEFAULT", {})
        assert len(stage.manager.requests) == asked, "the proxy is not asked for what is not this key's"


class TestWhatIsShown:
    def test_no_secret(self, stage: Stage) -> None:
        connected(stage.hsm)
        shown = repr([stage.hsm, stage.xks, stage.cluster, stage.manager, stage.credential, stage.manager._keys])
        assert "cks-hsm" in shown
        secrets = (stage.hsm.password, stage.cluster.password, *stage.credential)
        assert not [secret for secret in secrets if secret in shown]
