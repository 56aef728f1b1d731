"""Custom key stores and the keys in them, as a client sees them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography import x509

from kmslab import Lab
from kmslab.service import quotas

ACCOUNT = "123456789010"
ENDPOINT = "https://xks.example.com"
PRIVATE = "https://private.xks.example.com"
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0example1"

UNREACHABLE = (
    "AWS KMS cannot communicate with the external key store proxy. Verify that your external key store proxy is active "
    "and is connected to the network, and that its URI path and endpoint URI or VPC service name are correct in your "
    "external key store."
)
TIMED_OUT = (
    "The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see "
    "this error repeatedly, report it to your external key store proxy administrator."
)
UNHEALTHY = (
    "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external "
    "key store proxy administrator."
)
THROTTLED = (
    "The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your "
    "calls using KMS keys in this external key store."
)
INVALID_RESPONSE = (
    "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, "
    "consult your external key store proxy administrator."
)
INTERNAL = (
    "The external key store proxy rejected the request because it cannot communicate with the external key manager. "
    "Verify that the external key store proxy configuration is correct and that the external key manager is available."
)
INVALID_TLS = (
    "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, "
    "including its certificate."
)
INVALID_PATH = (
    "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your "
    "external key store and update if necessary."
)
DENIED = (
    "The external key store proxy denied access to the operation. Verify that the user and the external key are both "
    "authorized for this operation, and try the request again."
)
NOT_AUTHENTICATED = (
    "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the "
    "credentials for your external key store and update if necessary."
)
NO_KEY = "The external key store proxy rejected the request because it could not find the external key."
BAD_CIPHERTEXT = (
    "The external key store proxy rejected the request because the specified ciphertext or additional authenticated "
    "data is corrupted, missing, or otherwise invalid."
)

#: What can be wrong with a proxy: KMS's words, the connection error code, and what a new key store is refused with.
FAULTS: dict[str, tuple[str, str, str]] = {
    "UNREACHABLE": (UNREACHABLE, "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException"),
    "TIMED_OUT": (TIMED_OUT, "XKS_PROXY_TIMED_OUT", "XksProxyUriUnreachableException"),
    "UNHEALTHY": (UNHEALTHY, "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException"),
    "THROTTLED": (THROTTLED, "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException"),
    "INVALID_RESPONSE": (INVALID_RESPONSE, "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException"),
    "INTERNAL": (INTERNAL, "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException"),
    "INVALID_TLS": (INVALID_TLS, "XKS_PROXY_INVALID_TLS_CONFIGURATION", "XksProxyInvalidConfigurationException"),
    "ACCESS_DENIED": (DENIED, "XKS_PROXY_ACCESS_DENIED", "XksProxyInvalidConfigurationException"),
}
every_fault = pytest.mark.parametrize("fault", FAULTS)


def credential(manager: Any) -> dict[str, str]:
    return {"AccessKeyId": manager.access_key_id, "RawSecretAccessKey": manager.raw_secret_access_key}


class Stage:
    """A Lab with a cluster and an external key manager, and the calls that take many parameters."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.kms: Any = lab.client("kms")
        self.cluster = lab.cloudhsm_cluster()
        self.manager = lab.external_key_manager(ENDPOINT)

    def hsm_params(self, cluster: Any = None, **changes: Any) -> dict[str, Any]:
        cluster = cluster or self.cluster
        return {
            "CustomKeyStoreName": "hsm",
            "CloudHsmClusterId": cluster.cluster_id,
            "TrustAnchorCertificate": cluster.trust_anchor_certificate,
            "KeyStorePassword": cluster.password,
            **changes,
        }

    def xks_params(self, manager: Any = None, **changes: Any) -> dict[str, Any]:
        manager = manager or self.manager
        return {
            "CustomKeyStoreName": "xks",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyUriEndpoint": manager.uri_endpoint,
            "XksProxyUriPath": manager.uri_path,
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyAuthenticationCredential": credential(manager),
            **changes,
        }

    def vpc_params(self, manager: Any, **changes: Any) -> dict[str, Any]:
        changes = {"XksProxyVpcEndpointServiceName": SERVICE, **changes}
        return self.xks_params(manager, XksProxyConnectivity="VPC_ENDPOINT_SERVICE", **changes)

    def create(self, params: dict[str, Any]) -> str:
        return str(self.kms.create_custom_key_store(**params)["CustomKeyStoreId"])

    def hsm(self, **changes: Any) -> str:
        return self.create(self.hsm_params(**changes))

    def xks(self, **changes: Any) -> str:
        return self.create(self.xks_params(**changes))

    def settle(self) -> None:
        self.lab.clock.advance(seconds=1)

    def connect(self, store: str) -> str:
        self.kms.connect_custom_key_store(CustomKeyStoreId=store)
        self.settle()
        return store

    def disconnect(self, store: str) -> str:
        self.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        self.settle()
        return store

    def show(self, store: str) -> dict[str, Any]:
        (entry,) = self.kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
        return dict(entry)

    def state(self, store: str) -> tuple[str, str | None]:
        entry = self.show(store)
        return entry["ConnectionState"], entry.get("ConnectionErrorCode")

    def hsm_key(self, store: str, **params: Any) -> str:
        reply = self.kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, **params)
        return str(reply["KeyMetadata"]["KeyId"])

    def xks_key(self, store: str, external: str | None = None, **params: Any) -> str:
        external = external or self.manager.create_key()
        reply = self.kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=external, **params)
        return str(reply["KeyMetadata"]["KeyId"])

    def key_state(self, key_id: str) -> str:
        return str(self.kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"])

    def stores(self) -> list[Any]:
        """Everything about the key stores that a call could change."""
        return [
            [getattr(each, field.name) for field in dataclasses.fields(each)]
            for region in self.lab.world.stores
            for each in region.key_stores.values()
        ]


@pytest.fixture
def stage(lab: Lab) -> Stage:
    return Stage(lab)


@pytest.fixture
def refused(stage: Stage, refuses: Any) -> Callable[..., Any]:
    """`refuses`, and no key store changed either."""

    @contextmanager
    def check(code: str, text: str | None = "") -> Iterator[None]:
        before = stage.stores()
        with refuses(code, text):
            yield
        assert stage.stores() == before, "a refused call changed a key store"

    return check


def state_text(store: str, state: str) -> str:
    return f"The connection state of custom key store {store} is {state}, which is not valid for this request."


class TestCreateInCloudHsm:
    def test_what_it_shows(self, stage: Stage, members: Any) -> None:
        reply = stage.kms.create_custom_key_store(**stage.hsm_params(CustomKeyStoreType="AWS_CLOUDHSM"))
        assert members(reply) == {"CustomKeyStoreId"}
        created = stage.lab.clock.now()
        store = reply["CustomKeyStoreId"]
        assert store.startswith("cks-")
        assert len(store) == 21
        assert stage.show(store) == {
            "CustomKeyStoreId": store,
            "CustomKeyStoreName": "hsm",
            "CustomKeyStoreType": "AWS_CLOUDHSM",
            "CloudHsmClusterId": stage.cluster.cluster_id,
            "TrustAnchorCertificate": stage.cluster.trust_anchor_certificate,
            "ConnectionState": "DISCONNECTED",
            "CreationDate": created,
        }

    def test_the_certificate_is_one(self, stage: Stage) -> None:
        certificate = x509.load_pem_x509_certificate(stage.cluster.trust_anchor_certificate.encode())
        certificate.verify_directly_issued_by(certificate)
        assert certificate.not_valid_before_utc <= stage.lab.clock.now() < certificate.not_valid_after_utc

    def test_line_ends_do_not_matter(self, stage: Stage) -> None:
        text = stage.cluster.trust_anchor_certificate.replace("\n", "\r\n").strip()
        assert stage.state(stage.hsm(TrustAnchorCertificate=text)) == ("DISCONNECTED", None)

    @pytest.mark.parametrize("missing", ["CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"])
    def test_a_member_is_missing(self, stage: Stage, refused: Any, missing: str) -> None:
        params = stage.hsm_params()
        del params[missing]
        with refused("ValidationException", f"{missing} is required for a custom key store of type AWS_CLOUDHSM."):
            stage.create(params)

    def test_a_member_of_the_other_type(self, stage: Stage, refused: Any) -> None:
        text = "XksProxyUriPath is not valid for a custom key store of type AWS_CLOUDHSM."
        with refused("ValidationException", text):
            stage.hsm(XksProxyUriPath="/kms/xks/v1")

    def test_another_certificate(self, stage: Stage, refused: Any) -> None:
        other = stage.lab.cloudhsm_cluster().trust_anchor_certificate
        name = stage.cluster.cluster_id
        text = f"The trust anchor certificate is not the trust anchor certificate of AWS CloudHSM cluster {name}."
        for certificate in (other, "no certificate"):
            with refused("IncorrectTrustAnchorException", text):
                stage.hsm(TrustAnchorCertificate=certificate)

    def test_clusters_that_are_not_here(self, stage: Stage, refused: Any) -> None:
        lab = stage.lab
        gone = lab.cloudhsm_cluster()
        gone.delete()
        west, foreign = lab.cloudhsm_cluster("us-west-2"), lab.cloudhsm_cluster(account_id="999988887777")
        for cluster in (gone, west, foreign):
            text = f"AWS KMS cannot find the AWS CloudHSM cluster {cluster.cluster_id}."
            with refused("CloudHsmClusterNotFoundException", text):
                stage.create(stage.hsm_params(cluster))
        text = "AWS KMS cannot find the AWS CloudHSM cluster cluster-22222222222."
        with refused("CloudHsmClusterNotFoundException", text):
            stage.hsm(CloudHsmClusterId="cluster-22222222222")

    def test_clusters_that_are_not_fit(self, stage: Stage, refused: Any) -> None:
        name = stage.cluster.cluster_id
        stage.cluster.hsm_count = 1
        text = f"The AWS CloudHSM cluster {name} must contain at least 2 active HSMs."
        with refused("CloudHsmClusterInvalidConfigurationException", text):
            stage.hsm()
        stage.cluster.is_well_configured = False
        text = (
            f"The AWS CloudHSM cluster {name} must have private subnets in at least two Availability Zones, and a "
            "security group that allows TCP traffic on ports 2223-2225."
        )
        with refused("CloudHsmClusterInvalidConfigurationException", text):
            stage.hsm()
        stage.cluster.is_active = False
        with refused("CloudHsmClusterNotActiveException", f"The AWS CloudHSM cluster {name} is not active."):
            stage.hsm()

    def test_a_cluster_and_its_relatives_have_one_key_store(self, stage: Stage, refused: Any) -> None:
        relative = stage.lab.cloudhsm_cluster(backup_of=stage.cluster)
        stage.hsm()
        for cluster in (stage.cluster, relative):
            text = (
                f"The AWS CloudHSM cluster {cluster.cluster_id} is already associated with a custom key store in the "
                "account, or it shares a backup history with one."
            )
            with refused("CloudHsmClusterInUseException", text):
                stage.create(stage.hsm_params(cluster, CustomKeyStoreName="second"))

    def test_the_same_request_again_makes_no_second_one(self, stage: Stage, refused: Any) -> None:
        store = stage.hsm()
        again = stage.kms.create_custom_key_store(**stage.hsm_params())["CustomKeyStoreId"]
        assert again == store
        assert len(stage.kms.describe_custom_key_stores()["CustomKeyStores"]) == 1
        stage.connect(store)
        text = "The custom key store name hsm is already assigned to another custom key store in the account."
        with refused("CustomKeyStoreNameInUseException", text):
            stage.kms.create_custom_key_store(**stage.hsm_params())

    def test_a_name_is_taken_once_per_account_and_region(self, stage: Stage, refused: Any) -> None:
        stage.hsm()
        text = "The custom key store name hsm is already assigned to another custom key store in the account."
        with refused("CustomKeyStoreNameInUseException", text):
            stage.xks(CustomKeyStoreName="hsm")
        west = stage.lab.client("kms", region_name="us-west-2")
        west.create_custom_key_store(**stage.hsm_params(stage.lab.cloudhsm_cluster("us-west-2")))
        assert len(west.describe_custom_key_stores()["CustomKeyStores"]) == 1
        assert len(stage.kms.describe_custom_key_stores()["CustomKeyStores"]) == 1

    def test_ten_in_an_account_and_region(self, stage: Stage, refused: Any) -> None:
        for number in range(10):
            stage.create(stage.hsm_params(stage.lab.cloudhsm_cluster(), CustomKeyStoreName=f"store {number}"))
        text = "Custom key stores quota for this account in this region is 10, current usage is 10."
        with refused("LimitExceededException", text):
            stage.hsm()


class TestCreateExternal:
    def test_what_it_shows(self, stage: Stage) -> None:
        store = stage.xks()
        entry = stage.show(store)
        assert entry.pop("CreationDate") < stage.lab.clock.now()
        assert entry == {
            "CustomKeyStoreId": store,
            "CustomKeyStoreName": "xks",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "ConnectionState": "DISCONNECTED",
            "XksProxyConfiguration": {
                "Connectivity": "PUBLIC_ENDPOINT",
                "AccessKeyId": stage.manager.access_key_id,
                "UriEndpoint": ENDPOINT,
                "UriPath": "/kms/xks/v1",
            },
        }
        assert [request.operation for request in stage.manager.requests] == ["GetHealthStatus"]

    def test_through_a_vpc(self, stage: Stage) -> None:
        proxy = stage.lab.external_key_manager(PRIVATE, vpc_endpoint_service_name=SERVICE)
        proxy.is_reachable = False
        store = stage.create(stage.vpc_params(proxy))
        shown = stage.show(store)["XksProxyConfiguration"]
        assert shown["Connectivity"] == "VPC_ENDPOINT_SERVICE"
        assert (shown["VpcEndpointServiceName"], shown["VpcEndpointServiceOwner"]) == (SERVICE, ACCOUNT)
        assert proxy.requests == [], "a proxy in a VPC is only reached when the store is connected"

    def test_of_another_owner(self, stage: Stage) -> None:
        proxy = stage.lab.external_key_manager(PRIVATE)
        store = stage.create(stage.vpc_params(proxy, XksProxyVpcEndpointServiceOwner="999988887777"))
        assert stage.show(store)["XksProxyConfiguration"]["VpcEndpointServiceOwner"] == "999988887777"

    @pytest.mark.parametrize(
        "missing",
        ["XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyAuthenticationCredential", "XksProxyConnectivity"],
    )
    def test_a_member_is_missing(self, stage: Stage, refused: Any, missing: str) -> None:
        params = stage.xks_params()
        del params[missing]
        text = f"{missing} is required for a custom key store of type EXTERNAL_KEY_STORE."
        with refused("ValidationException", text):
            stage.create(params)

    def test_a_vpc_endpoint_service_with_the_wrong_connectivity(self, stage: Stage, refused: Any) -> None:
        text = "XksProxyVpcEndpointServiceName is not valid with the connectivity PUBLIC_ENDPOINT."
        with refused("ValidationException", text):
            stage.xks(XksProxyVpcEndpointServiceName=SERVICE)
        text = "XksProxyVpcEndpointServiceName is required with the connectivity VPC_ENDPOINT_SERVICE."
        with refused("ValidationException", text):
            stage.xks(XksProxyConnectivity="VPC_ENDPOINT_SERVICE")

    @every_fault
    def test_a_proxy_that_fails(self, stage: Stage, refused: Any, fault: str) -> None:
        text, _, code = FAULTS[fault]
        stage.manager.fault = fault
        with refused(code, text):
            stage.xks()

    def test_what_is_told_wrongly(self, stage: Stage, refused: Any) -> None:
        with refused("XksProxyUriUnreachableException", UNREACHABLE):
            stage.xks(XksProxyUriEndpoint="https://elsewhere.example.com")
        with refused("XksProxyInvalidConfigurationException", INVALID_PATH):
            stage.xks(XksProxyUriPath="/wrong/kms/xks/v1")
        old = credential(stage.manager)
        stage.manager.rotate_credential()
        with refused("XksProxyIncorrectAuthenticationCredentialException", NOT_AUTHENTICATED):
            stage.xks(XksProxyAuthenticationCredential=old)

    def test_behind_a_silent_endpoint_no_path_is_wrong(self, stage: Stage, refused: Any) -> None:
        stage.manager.is_reachable = False
        with refused("XksProxyUriUnreachableException", UNREACHABLE):
            stage.xks(XksProxyUriPath="/wrong/kms/xks/v1")

    def test_addresses_are_taken(self, stage: Stage, refused: Any) -> None:
        lab = stage.lab
        stage.xks()
        uri = f"{ENDPOINT}/kms/xks/v1"
        text = f"The external key store proxy address {uri} is already associated with another external key store in "
        with refused("XksProxyUriInUseException", text + "this Region."):
            stage.xks(CustomKeyStoreName="second")
        text = (
            f"The XksProxyUriEndpoint {ENDPOINT} is already associated with another external key store in this Region."
        )
        neighbour = lab.external_key_manager(ENDPOINT, "/b/kms/xks/v1")
        with refused("XksProxyUriEndpointInUseException", text):
            stage.create(stage.vpc_params(neighbour, CustomKeyStoreName="second"))
        stage.create(stage.xks_params(neighbour, CustomKeyStoreName="public endpoints may be shared"))
        stage.create(stage.vpc_params(lab.external_key_manager(PRIVATE), CustomKeyStoreName="private"))
        other = lab.external_key_manager("https://third.example.com")
        text = (
            f"The VPC endpoint service {SERVICE} is already associated with another external key store in this Region."
        )
        with refused("XksProxyVpcEndpointServiceInUseException", text):
            stage.create(stage.vpc_params(other, CustomKeyStoreName="third"))

    def test_vpc_endpoint_services_that_are_not_here(self, stage: Stage, refused: Any) -> None:
        proxy = stage.lab.external_key_manager(PRIVATE, vpc_endpoint_service_name=SERVICE)
        for name in (SERVICE[:-1] + "9", SERVICE.replace("us-east-1", "us-west-2")):
            text = f"AWS KMS cannot find the VPC endpoint service {name}."
            with refused("XksProxyVpcEndpointServiceNotFoundException", text):
                stage.create(stage.vpc_params(proxy, XksProxyVpcEndpointServiceName=name))
        proxy.has_valid_vpc_endpoint_service = False
        text = f"The VPC endpoint service {SERVICE} does not fulfill the requirements for an external key store."
        with refused("XksProxyVpcEndpointServiceInvalidConfigurationException", text):
            stage.create(stage.vpc_params(proxy))


class TestDescribe:
    def test_pages_in_the_order_of_ids(self, stage: Stage) -> None:
        stores = [
            stage.hsm(),
            stage.xks(),
            stage.create(stage.vpc_params(stage.lab.external_key_manager(PRIVATE), CustomKeyStoreName="vpc")),
        ]
        pages = list(stage.kms.get_paginator("describe_custom_key_stores").paginate(PaginationConfig={"PageSize": 2}))
        assert [len(page["CustomKeyStores"]) for page in pages] == [2, 1]
        assert [page["Truncated"] for page in pages] == [True, False]
        listed = [entry["CustomKeyStoreId"] for page in pages for entry in page["CustomKeyStores"]]
        assert listed == sorted(stores)

    def test_one_by_name(self, stage: Stage) -> None:
        stage.hsm()
        store = stage.xks()
        (entry,) = stage.kms.describe_custom_key_stores(CustomKeyStoreName="xks")["CustomKeyStores"]
        assert entry["CustomKeyStoreId"] == store

    def test_none(self, stage: Stage, refused: Any) -> None:
        assert stage.kms.describe_custom_key_stores()["CustomKeyStores"] == []
        for member in ("CustomKeyStoreId", "CustomKeyStoreName"):
            with refused("CustomKeyStoreNotFoundException", "Custom key store nobody does not exist."):
                stage.kms.describe_custom_key_stores(**{member: "nobody"})

    def test_either_id_or_name(self, stage: Stage, refused: Any) -> None:
        text = "Specify either CustomKeyStoreId or CustomKeyStoreName, but not both."
        store = stage.hsm()
        with refused("ValidationException", text):
            stage.kms.describe_custom_key_stores(CustomKeyStoreId=store, CustomKeyStoreName="hsm")

    def test_a_marker_of_another_listing(self, stage: Stage, make_key: Any, refused: Any) -> None:
        make_key()
        make_key()
        marker = stage.kms.list_keys(Limit=1)["NextMarker"]
        with refused("InvalidMarkerException"):
            stage.kms.describe_custom_key_stores(Marker=marker)

    def test_another_account_sees_nothing(self, stage: Stage) -> None:
        stage.hsm()
        assert stage.lab.account("999988887777").client("kms").describe_custom_key_stores()["CustomKeyStores"] == []


class TestConnection:
    @pytest.mark.parametrize("make", ["hsm", "xks"])
    def test_there_and_back(self, stage: Stage, members: Any, make: str) -> None:
        store = getattr(stage, make)()
        assert members(stage.kms.connect_custom_key_store(CustomKeyStoreId=store)) == set()
        assert stage.state(store) == ("CONNECTING", None)
        stage.settle()
        assert stage.state(store) == ("CONNECTED", None)
        stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        assert stage.state(store) == ("CONNECTED", None), "connecting it again changes nothing"
        assert members(stage.kms.disconnect_custom_key_store(CustomKeyStoreId=store)) == set()
        assert stage.state(store) == ("DISCONNECTING", None)
        stage.settle()
        assert stage.state(store) == ("DISCONNECTED", None)
        stage.connect(store)
        assert stage.state(store) == ("CONNECTED", None)

    def test_what_cannot_be_done_in_which_state(self, stage: Stage, refused: Any) -> None:
        store = stage.xks()
        code, by_id = "CustomKeyStoreInvalidStateException", {"CustomKeyStoreId": store}
        with refused(code, state_text(store, "DISCONNECTED")):
            stage.kms.disconnect_custom_key_store(**by_id)
        stage.kms.connect_custom_key_store(**by_id)
        for call in (stage.kms.delete_custom_key_store, stage.kms.update_custom_key_store):
            with refused(code, state_text(store, "CONNECTING")):
                call(**by_id)
        stage.settle()
        with refused(code, state_text(store, "CONNECTED")):
            stage.kms.delete_custom_key_store(**by_id)
        stage.kms.disconnect_custom_key_store(**by_id)
        for call in (
            stage.kms.connect_custom_key_store,
            stage.kms.disconnect_custom_key_store,
            stage.kms.delete_custom_key_store,
            stage.kms.update_custom_key_store,
        ):
            with refused(code, state_text(store, "DISCONNECTING")):
                call(**by_id)

    def test_a_failed_one_must_be_disconnected_first(self, stage: Stage, refused: Any) -> None:
        store = stage.xks()
        stage.manager.is_reachable = False
        stage.connect(store)
        assert stage.state(store) == ("FAILED", "XKS_PROXY_NOT_REACHABLE")
        stage.manager.is_reachable = True
        with refused("CustomKeyStoreInvalidStateException", state_text(store, "FAILED")):
            stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        stage.disconnect(store)
        assert stage.state(store) == ("DISCONNECTED", None)
        assert stage.state(stage.connect(store)) == ("CONNECTED", None)

    def test_disconnecting_one_that_is_still_connecting(self, stage: Stage) -> None:
        store = stage.hsm()
        stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        stage.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        states = {stage.state(store)[0] for _ in range(12)}
        assert states == {"DISCONNECTING", "DISCONNECTED"}

    @pytest.mark.parametrize(
        "operation", ["connect", "disconnect", "delete", "update"], ids=lambda name: f"{name}_custom_key_store"
    )
    def test_nobody_has_that_id(self, stage: Stage, refused: Any, operation: str) -> None:
        with refused("CustomKeyStoreNotFoundException", "Custom key store cks-none does not exist."):
            getattr(stage.kms, f"{operation}_custom_key_store")(CustomKeyStoreId="cks-none")

    def test_clusters_that_are_seen_to_be_unfit(self, stage: Stage, refused: Any) -> None:
        store, name = stage.hsm(), stage.cluster.cluster_id
        stage.cluster.hsm_count = 0
        text = f"The AWS CloudHSM cluster {name} must contain at least 1 active HSMs."
        with refused("CloudHsmClusterInvalidConfigurationException", text):
            stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        stage.cluster.is_active = False
        with refused("CloudHsmClusterNotActiveException", f"The AWS CloudHSM cluster {name} is not active."):
            stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        stage.cluster.is_active, stage.cluster.hsm_count = True, 1
        assert stage.state(stage.connect(store)) == ("CONNECTED", None), "one HSM is enough to connect"

    @pytest.mark.parametrize(
        "fault",
        [
            "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
            "INTERNAL_ERROR",
            "NETWORK_ERRORS",
            "SUBNET_NOT_FOUND",
            "USER_LOCKED_OUT",
            "USER_LOGGED_IN",
            "USER_NOT_FOUND",
        ],
    )
    def test_clusters_that_turn_out_to_be_unfit(self, stage: Stage, fault: str) -> None:
        store = stage.hsm()
        stage.cluster.fault = fault
        assert stage.state(stage.connect(store)) == ("FAILED", fault)
        stage.cluster.fault = None
        stage.disconnect(store)
        assert stage.state(stage.connect(store)) == ("CONNECTED", None)

    def test_a_cluster_is_gone(self, stage: Stage) -> None:
        store = stage.hsm()
        stage.cluster.delete()
        assert stage.state(stage.connect(store)) == ("FAILED", "CLUSTER_NOT_FOUND")

    def test_the_last_hsm_goes_meanwhile(self, stage: Stage) -> None:
        store = stage.hsm()
        stage.kms.connect_custom_key_store(CustomKeyStoreId=store)
        stage.cluster.hsm_count = 0
        stage.settle()
        assert stage.state(store) == ("FAILED", "INSUFFICIENT_CLOUDHSM_HSMS")

    def test_kms_must_know_the_password(self, stage: Stage) -> None:
        store = stage.hsm(KeyStorePassword="not the password")
        for _ in range(5):
            assert stage.state(stage.connect(store)) == ("FAILED", "INVALID_CREDENTIALS")
            stage.disconnect(store)
        assert stage.state(stage.connect(store)) == ("FAILED", "USER_LOCKED_OUT")
        stage.disconnect(store)
        password = stage.cluster.change_password("a new password")
        stage.kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword=password)
        assert stage.state(stage.connect(store)) == ("CONNECTED", None)

    def test_kms_changes_the_password_and_keeps_it(self, stage: Stage) -> None:
        store = stage.connect(stage.hsm())
        stage.disconnect(store)
        assert stage.state(stage.connect(store)) == ("CONNECTED", None)
        stage.disconnect(store)
        # What the administrator knows is not the password any more.
        stage.kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword=stage.cluster.password)
        assert stage.state(stage.connect(store)) == ("FAILED", "INVALID_CREDENTIALS")

    @every_fault
    def test_proxies_that_fail(self, stage: Stage, fault: str) -> None:
        store = stage.xks()
        stage.manager.fault = fault
        assert stage.state(stage.connect(store)) == ("FAILED", FAULTS[fault][1])

    def test_proxies_that_changed(self, stage: Stage) -> None:
        store = stage.xks()
        stage.manager.rotate_credential()
        assert stage.state(stage.connect(store)) == ("FAILED", "INVALID_CREDENTIALS")
        stage.disconnect(store)
        stage.manager.uri_path = "/moved/kms/xks/v1"
        assert stage.state(stage.connect(store)) == ("FAILED", "XKS_PROXY_INVALID_CONFIGURATION")

    def test_vpc_endpoint_services_that_changed(self, stage: Stage) -> None:
        proxy = stage.lab.external_key_manager(PRIVATE)
        store = stage.create(stage.vpc_params(proxy))
        proxy.has_valid_vpc_endpoint_service = False
        assert stage.state(stage.connect(store)) == ("FAILED", "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION")
        stage.disconnect(store)
        proxy.vpc_endpoint_service_name = SERVICE + "2"
        assert stage.state(stage.connect(store)) == ("FAILED", "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND")


class TestUpdate:
    def test_the_name_at_any_time(self, stage: Stage, refused: Any, members: Any) -> None:
        stage.xks()
        store = stage.hsm()
        reply = stage.kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
        assert members(reply) == set()
        stage.connect(store)
        stage.kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="again")
        stage.kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="again")
        assert stage.show(store)["CustomKeyStoreName"] == "again"
        text = "The custom key store name xks is already assigned to another custom key store in the account."
        with refused("CustomKeyStoreNameInUseException", text):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="xks")

    def test_members_of_the_other_type(self, stage: Stage, refused: Any) -> None:
        text = "KeyStorePassword is not valid for a custom key store of type EXTERNAL_KEY_STORE."
        store = stage.xks()
        with refused("ValidationException", text):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword="password")

    def test_a_cloudhsm_key_store_must_be_disconnected(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.hsm())
        changes = {"KeyStorePassword": "password"}, {"CloudHsmClusterId": stage.cluster.cluster_id}
        for change in changes:
            with refused("CustomKeyStoreInvalidStateException", state_text(store, "CONNECTED")):
                stage.kms.update_custom_key_store(CustomKeyStoreId=store, **change)

    def test_a_cluster_from_a_backup(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.hsm())
        key_id = stage.hsm_key(store)
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"before")["CiphertextBlob"]
        stage.disconnect(store)
        stage.cluster.delete()
        stranger = stage.lab.cloudhsm_cluster()
        text = f"The AWS CloudHSM cluster {stranger.cluster_id} has a different cluster certificate than the original "
        with refused("CloudHsmClusterNotRelatedException", text + "cluster."):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, CloudHsmClusterId=stranger.cluster_id)
        restored = stage.lab.cloudhsm_cluster(backup_of=stage.cluster)
        restored.hsm_count = 1
        text = f"The AWS CloudHSM cluster {restored.cluster_id} must contain at least 2 active HSMs."
        with refused("CloudHsmClusterInvalidConfigurationException", text):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, CloudHsmClusterId=restored.cluster_id)
        restored.hsm_count = 2
        stage.kms.update_custom_key_store(CustomKeyStoreId=store, CloudHsmClusterId=restored.cluster_id)
        stage.connect(store)
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
        assert stage.kms.describe_key(KeyId=key_id)["KeyMetadata"]["CloudHsmClusterId"] == restored.cluster_id

    def test_the_credential_and_the_path_while_connected(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.xks())
        key_id = stage.xks_key(store)
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        stage.manager.rotate_credential()
        with refused("KMSInvalidStateException", NOT_AUTHENTICATED):
            stage.kms.decrypt(CiphertextBlob=blob)
        wrong = {"AccessKeyId": "A" * 20, "RawSecretAccessKey": "a" * 43}
        with refused("XksProxyIncorrectAuthenticationCredentialException", NOT_AUTHENTICATED):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyAuthenticationCredential=wrong)
        stage.manager.uri_path = "/new/kms/xks/v1"
        with refused("XksProxyInvalidConfigurationException", INVALID_PATH):
            stage.kms.update_custom_key_store(
                CustomKeyStoreId=store, XksProxyAuthenticationCredential=credential(stage.manager)
            )
        stage.kms.update_custom_key_store(
            CustomKeyStoreId=store,
            XksProxyAuthenticationCredential=credential(stage.manager),
            XksProxyUriPath="/new/kms/xks/v1",
        )
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert stage.show(store)["XksProxyConfiguration"]["UriPath"] == "/new/kms/xks/v1"
        with refused("CustomKeyStoreInvalidStateException", state_text(store, "CONNECTED")):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyUriEndpoint=ENDPOINT)

    def test_into_a_vpc_and_out_again(self, stage: Stage, refused: Any) -> None:
        store = stage.xks()
        private = stage.lab.external_key_manager(
            PRIVATE,
            access_key_id=stage.manager.access_key_id,
            raw_secret_access_key=stage.manager.raw_secret_access_key,
        )
        text = "XksProxyVpcEndpointServiceName is required with the connectivity VPC_ENDPOINT_SERVICE."
        with refused("ValidationException", text):
            stage.kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyConnectivity="VPC_ENDPOINT_SERVICE")
        stage.kms.update_custom_key_store(
            CustomKeyStoreId=store,
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=PRIVATE,
            XksProxyVpcEndpointServiceName=SERVICE,
        )
        shown = stage.show(store)["XksProxyConfiguration"]
        assert (shown["UriEndpoint"], shown["VpcEndpointServiceOwner"]) == (PRIVATE, ACCOUNT)
        assert stage.state(stage.connect(store)) == ("CONNECTED", None)
        assert [request.operation for request in private.requests] == ["GetHealthStatus"]
        stage.disconnect(store)
        stage.kms.update_custom_key_store(
            CustomKeyStoreId=store, XksProxyConnectivity="PUBLIC_ENDPOINT", XksProxyUriEndpoint=ENDPOINT
        )
        assert set(stage.show(store)["XksProxyConfiguration"]) == {
            "Connectivity", "AccessKeyId", "UriEndpoint", "UriPath",
        }  # fmt: skip

    def test_all_or_nothing(self, stage: Stage, refused: Any) -> None:
        store = stage.xks()
        with refused("XksProxyUriUnreachableException", UNREACHABLE):
            stage.kms.update_custom_key_store(
                CustomKeyStoreId=store,
                NewCustomKeyStoreName="renamed",
                XksProxyUriEndpoint="https://elsewhere.example.com",
            )
        assert stage.show(store)["CustomKeyStoreName"] == "xks"


class TestDelete:
    def test_a_store_without_keys(self, stage: Stage, members: Any) -> None:
        store = stage.hsm()
        assert members(stage.kms.delete_custom_key_store(CustomKeyStoreId=store)) == set()
        assert stage.kms.describe_custom_key_stores()["CustomKeyStores"] == []
        assert stage.state(stage.hsm()) == ("DISCONNECTED", None), "the cluster is free again"

    def test_a_store_with_keys_pending_deletion(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.hsm())
        key_id = stage.hsm_key(store)
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        assert stage.cluster.key_labels == {arn}
        stage.kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        stage.disconnect(store)
        assert stage.key_state(key_id) == "PendingDeletion"
        with refused("CustomKeyStoreHasCMKsException", f"Custom key store {store} contains KMS keys."):
            stage.kms.delete_custom_key_store(CustomKeyStoreId=store)
        stage.connect(store)
        stage.lab.clock.advance(days=8)
        assert stage.cluster.key_labels == set()
        stage.disconnect(store)
        stage.kms.delete_custom_key_store(CustomKeyStoreId=store)
        assert stage.kms.describe_custom_key_stores()["CustomKeyStores"] == []

    def test_orphaned_key_material(self, stage: Stage) -> None:
        store = stage.connect(stage.hsm())
        stage.kms.schedule_key_deletion(KeyId=stage.hsm_key(store), PendingWindowInDays=7)
        stage.disconnect(store)
        stage.lab.clock.advance(days=8)
        assert len(stage.cluster.key_labels) == 1
        stage.kms.delete_custom_key_store(CustomKeyStoreId=store)

    def test_external_keys_stay(self, stage: Stage) -> None:
        store, external = stage.connect(stage.xks()), stage.manager.create_key()
        stage.kms.schedule_key_deletion(KeyId=stage.xks_key(store, external), PendingWindowInDays=7)
        stage.lab.clock.advance(days=8)
        assert stage.key_state(stage.xks_key(store, external)) == "Enabled", "the external key is free for another key"


class TestKeys:
    def test_metadata_in_cloudhsm(self, stage: Stage) -> None:
        store = stage.connect(stage.hsm())
        shown = stage.kms.describe_key(KeyId=stage.hsm_key(store))["KeyMetadata"]
        assert shown["Origin"] == "AWS_CLOUDHSM"
        assert (shown["CustomKeyStoreId"], shown["CloudHsmClusterId"]) == (store, stage.cluster.cluster_id)
        assert (shown["KeyState"], shown["MultiRegion"]) == ("Enabled", False)
        assert {"XksKeyConfiguration", "CurrentKeyMaterialId"}.isdisjoint(shown)

    def test_metadata_in_an_external_key_store(self, stage: Stage) -> None:
        store, external = stage.connect(stage.xks()), stage.manager.create_key()
        shown = stage.kms.describe_key(KeyId=stage.xks_key(store, external))["KeyMetadata"]
        assert shown["Origin"] == "EXTERNAL_KEY_STORE"
        assert (shown["CustomKeyStoreId"], shown["XksKeyConfiguration"]) == (store, {"Id": external})
        assert {"CloudHsmClusterId", "CurrentKeyMaterialId"}.isdisjoint(shown)

    @pytest.mark.parametrize(
        ("params", "text"),
        [
            ({"Origin": "AWS_CLOUDHSM"}, "CustomKeyStoreId is required for Origin AWS_CLOUDHSM"),
            ({"Origin": "EXTERNAL_KEY_STORE"}, "CustomKeyStoreId is required for Origin EXTERNAL_KEY_STORE"),
            ({"CustomKeyStoreId": "cks-1"}, "CustomKeyStoreId is not valid for Origin AWS_KMS"),
            ({"CustomKeyStoreId": "cks-1", "Origin": "EXTERNAL"}, "CustomKeyStoreId is not valid for Origin EXTERNAL"),
            ({"XksKeyId": "key"}, "XksKeyId is not valid for Origin AWS_KMS"),
            (
                {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1", "XksKeyId": "key"},
                "XksKeyId is not valid for Origin AWS_CLOUDHSM",
            ),
            (
                {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": "cks-1"},
                "XksKeyId is required for Origin EXTERNAL_KEY_STORE",
            ),
            (
                {
                    "Origin": "AWS_CLOUDHSM",
                    "CustomKeyStoreId": "cks-1",
                    "KeySpec": "RSA_2048",
                    "KeyUsage": "SIGN_VERIFY",
                },
                "KeySpec RSA_2048 is not supported for Origin AWS_CLOUDHSM",
            ),
        ],
    )
    def test_members_that_do_not_go_together(self, stage: Stage, refused: Any, params: Any, text: str) -> None:
        with refused("ValidationException", text):
            stage.kms.create_key(**params)

    def test_where_no_key_can_be_made(self, stage: Stage, refused: Any) -> None:
        with refused("CustomKeyStoreNotFoundException", "Custom key store cks-none does not exist."):
            stage.hsm_key("cks-none")
        store, external = stage.hsm(), stage.manager.create_key()
        with refused("CustomKeyStoreInvalidStateException", state_text(store, "DISCONNECTED")):
            stage.hsm_key(store)
        with refused("UnsupportedOperationException"):
            stage.xks_key(store, external)
        stage.connect(store)
        with refused("UnsupportedOperationException"):
            stage.hsm_key(store, MultiRegion=True)

    def test_a_new_key_needs_two_hsms(self, stage: Stage, refused: Any) -> None:
        store, name = stage.connect(stage.hsm()), stage.cluster.cluster_id
        stage.cluster.fault = "NETWORK_ERRORS"
        text = f"AWS KMS cannot use the AWS CloudHSM cluster {name}. Verify that it has an active HSM."
        with refused("CustomKeyStoreInvalidStateException", text):
            stage.hsm_key(store)
        stage.cluster.hsm_count = 1
        text = f"The AWS CloudHSM cluster {name} must contain at least 2 active HSMs."
        with refused("CloudHsmClusterInvalidConfigurationException", text):
            stage.hsm_key(store)

    def test_a_key_that_is_refused_leaves_nothing_in_the_cluster(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.hsm())
        with refused("MalformedPolicyDocumentException"):
            stage.hsm_key(store, Policy="no policy")
        assert stage.cluster.key_labels == set()

    def test_external_keys_that_are_not_fit(self, stage: Stage, refused: Any) -> None:
        store, manager = stage.connect(stage.xks()), stage.manager
        with refused("XksKeyNotFoundException", NO_KEY):
            stage.xks_key(store, "nobody")
        taken = manager.create_key()
        stage.xks_key(store, taken)
        text = f"The external key {taken} is already associated with another KMS key in this external key store."
        with refused("XksKeyAlreadyInUseException", text):
            stage.xks_key(store, taken)
        code = "XksKeyInvalidConfigurationException"
        short, one_way, off = (
            manager.create_key(key_spec="AES_128"),
            manager.create_key(key_usage=["ENCRYPT"]),
            manager.create_key(),
        )
        with refused(
            code, "The key spec of the external key must be AES_256. The key spec of specified external key is AES_128."
        ):
            stage.xks_key(store, short)
        text = (
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key "
            "is ENCRYPT."
        )
        with refused(code, text):
            stage.xks_key(store, one_way)
        manager.disable_key(off)
        with refused(
            code, "The status of the external key must be ENABLED. The status of specified external key is DISABLED."
        ):
            stage.xks_key(store, off)

    @every_fault
    def test_a_new_key_needs_the_proxy(self, stage: Stage, refused: Any, fault: str) -> None:
        store, external = stage.connect(stage.xks()), stage.manager.create_key()
        stage.manager.fault = fault
        with refused("CustomKeyStoreInvalidStateException", FAULTS[fault][0]):
            stage.xks_key(store, external)

    @pytest.mark.parametrize("kind", ["hsm", "xks"])
    def test_every_use_of_a_key(self, stage: Stage, make_key: Any, kind: str) -> None:
        store = stage.connect(getattr(stage, kind)())
        key_id = getattr(stage, f"{kind}_key")(store)
        kms, context = stage.kms, {"purpose": "test"}
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"p" * 4096, EncryptionContext=context)["CiphertextBlob"]
        reply = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        assert (reply["Plaintext"], reply["KeyId"][-36:]) == (b"p" * 4096, key_id)
        assert "KeyMaterialId" not in reply
        data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
        assert (
            kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"], KeyId=key_id)["Plaintext"] == data_key["Plaintext"]
        )
        moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=make_key())
        back = kms.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=key_id)
        assert kms.decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == b"p" * 4096

    @pytest.mark.parametrize("kind", ["hsm", "xks"])
    def test_what_keys_in_key_stores_do_not_have(self, stage: Stage, refused: Any, kind: str) -> None:
        store = stage.connect(getattr(stage, kind)())
        key_id = getattr(stage, f"{kind}_key")(store)
        pair = {"KeyId": key_id, "KeyPairSpec": "ECC_NIST_P256"}
        for call in (stage.kms.generate_data_key_pair, stage.kms.generate_data_key_pair_without_plaintext):
            with refused("UnsupportedOperationException"):
                call(**pair)
        for call in (
            stage.kms.enable_key_rotation,
            stage.kms.disable_key_rotation,
            stage.kms.get_key_rotation_status,
            stage.kms.rotate_key_on_demand,
        ):
            with refused("UnsupportedOperationException", None):
                call(KeyId=key_id)

    def test_double_encryption(self, stage: Stage, refused: Any) -> None:
        store, external = stage.connect(stage.xks()), stage.manager.create_key()
        key_id = stage.xks_key(store, external)
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
        single = stage.kms.encrypt(KeyId=stage.kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"secret")
        assert len(blob) == len(b"secret") + 309
        assert len(single["CiphertextBlob"]) == len(b"secret") + 152
        assert stage.manager.requests[-1] == ("Encrypt", external)
        stage.manager.delete_key(external)
        with refused("KMSInvalidStateException", NO_KEY):
            stage.kms.decrypt(CiphertextBlob=blob)
        assert stage.key_state(key_id) == "Enabled", "the key state says nothing of the external key"

    def test_an_external_key_is_switched_off_and_on(self, stage: Stage, refused: Any) -> None:
        store, external = stage.connect(stage.xks()), stage.manager.create_key()
        key_id = stage.xks_key(store, external)
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        stage.manager.disable_key(external)
        rejected = "The external key store proxy rejected the request because the external key "
        for call in (
            lambda: stage.kms.decrypt(CiphertextBlob=blob),
            lambda: stage.kms.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
            lambda: stage.kms.encrypt(KeyId=key_id, Plaintext=b"x", DryRun=True),
        ):
            with refused("KMSInvalidStateException", f"{rejected}is not enabled in the external key manager."):
                call()
        stage.manager.enable_key(external)
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    @every_fault
    def test_use_needs_the_proxy(self, stage: Stage, refused: Any, fault: str) -> None:
        key_id = stage.xks_key(stage.connect(stage.xks()))
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        stage.manager.fault = fault
        for call in (
            lambda: stage.kms.encrypt(KeyId=key_id, Plaintext=b"x"),
            lambda: stage.kms.decrypt(CiphertextBlob=blob),
        ):
            with refused("KMSInvalidStateException", FAULTS[fault][0]):
                call()
        stage.manager.fault = None
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    def test_wrong_context_or_ciphertext_is_refused_by_the_proxy(self, stage: Stage, refused: Any) -> None:
        key_id = stage.xks_key(stage.connect(stage.xks()))
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        with refused("KMSInvalidStateException", BAD_CIPHERTEXT):
            stage.kms.decrypt(CiphertextBlob=blob)
        flipped = blob[:-1] + bytes([blob[-1] ^ 1])
        with refused("KMSInvalidStateException", BAD_CIPHERTEXT):
            stage.kms.decrypt(CiphertextBlob=flipped, EncryptionContext={"a": "b"})
        with refused("InvalidCiphertextException"):
            stage.kms.decrypt(CiphertextBlob=blob[:-1], EncryptionContext={"a": "b"})
        stage.manager.fault = "GARBLED"
        text = (
            "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is "
            "corrupted, missing, or otherwise invalid."
        )
        with refused("KMSInvalidStateException", text):
            stage.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})

    def test_wrong_context_in_cloudhsm(self, stage: Stage, refused: Any) -> None:
        key_id = stage.hsm_key(stage.connect(stage.hsm()))
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        with refused("InvalidCiphertextException"):
            stage.kms.decrypt(CiphertextBlob=blob)

    def test_use_needs_the_cluster(self, stage: Stage, refused: Any) -> None:
        key_id = stage.hsm_key(stage.connect(stage.hsm()))
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        cluster = stage.cluster
        cluster.hsm_count = 0
        text = f"{arn} cannot be used: AWS KMS cannot use the AWS CloudHSM cluster {cluster.cluster_id}."
        with refused("KMSInvalidStateException", text):
            stage.kms.decrypt(CiphertextBlob=blob)
        cluster.hsm_count = 1
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        cluster.delete_keys()
        text = f"{arn} cannot be used: its key material is not in the AWS CloudHSM cluster {cluster.cluster_id}."
        with refused("KMSInvalidStateException", text):
            stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")

    @pytest.mark.parametrize("kind", ["hsm", "xks"])
    def test_keys_are_unavailable_while_the_store_is_not_connected(self, stage: Stage, refused: Any, kind: str) -> None:
        store = stage.connect(getattr(stage, kind)())
        key_id, other = (getattr(stage, f"{kind}_key")(store) for _ in range(2))
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        blob = stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        stage.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        assert stage.key_state(key_id) == "Unavailable", "at once"
        stage.settle()
        for call in (
            lambda: stage.kms.encrypt(KeyId=key_id, Plaintext=b"x"),
            lambda: stage.kms.decrypt(CiphertextBlob=blob),
            lambda: stage.kms.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
        ):
            with refused("KMSInvalidStateException", f"{arn} is unavailable."):
                call()
        # Switching it shows when it is available again; deleting it can be scheduled and cancelled meanwhile.
        stage.kms.disable_key(KeyId=key_id)
        assert stage.key_state(key_id) == "Unavailable"
        stage.kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)
        assert stage.key_state(other) == "PendingDeletion"
        stage.kms.cancel_key_deletion(KeyId=other)
        assert stage.key_state(other) == "Unavailable"
        stage.connect(store)
        assert (stage.key_state(key_id), stage.key_state(other)) == ("Disabled", "Disabled")
        stage.kms.enable_key(KeyId=key_id)
        assert stage.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


class TestGenerateRandom:
    def test_in_a_cluster(self, stage: Stage, refused: Any) -> None:
        store = stage.hsm()
        with refused("CustomKeyStoreInvalidStateException", state_text(store, "DISCONNECTED")):
            stage.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)
        stage.connect(store)
        assert len(stage.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)["Plaintext"]) == 8
        stage.cluster.is_active = False
        name = stage.cluster.cluster_id
        text = f"AWS KMS cannot use the AWS CloudHSM cluster {name}. Verify that it has an active HSM."
        with refused("CustomKeyStoreInvalidStateException", text):
            stage.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)

    def test_not_in_an_external_key_store(self, stage: Stage, refused: Any) -> None:
        store = stage.connect(stage.xks())
        with refused("UnsupportedOperationException"):
            stage.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=store)

    def test_nobody_has_that_id(self, stage: Stage, refused: Any) -> None:
        with refused("CustomKeyStoreNotFoundException", "Custom key store cks-none does not exist."):
            stage.kms.generate_random(NumberOfBytes=8, CustomKeyStoreId="cks-none")


class TestTrail:
    def test_no_secret_is_logged(self, stage: Stage) -> None:
        hsm, xks = stage.connect(stage.hsm()), stage.connect(stage.xks())
        stage.disconnect(hsm)
        stage.kms.update_custom_key_store(CustomKeyStoreId=hsm, KeyStorePassword="another password")
        new = credential(stage.manager)
        stage.kms.update_custom_key_store(CustomKeyStoreId=xks, XksProxyAuthenticationCredential=new)
        stage.kms.describe_custom_key_stores()
        logged = json.dumps(list(stage.lab.trail), default=str)
        secrets = {stage.cluster.password, "another password", *new.values()}
        assert not [secret for secret in secrets if secret in logged]
        assert "BEGIN CERTIFICATE" not in logged
        shown = repr(
            [stage.cluster, stage.manager, *stage.lab.world.store(ACCOUNT, stage.lab.region).key_stores.values()]
        )
        assert hsm in shown
        assert not [secret for secret in secrets if secret in shown]

    def test_what_is_logged(self, stage: Stage) -> None:
        store = stage.hsm()
        event = stage.lab.trail[-1]
        assert event["requestParameters"] == {"customKeyStoreName": "hsm", "clusterId": stage.cluster.cluster_id}
        assert event["responseElements"] == {"customKeyStoreId": store}
        assert (event["readOnly"], event["resources"]) == (False, [])
        extra = {"customKeyStoreName": "hsm", "clusterId": stage.cluster.cluster_id}
        for call in (
            stage.kms.connect_custom_key_store,
            stage.kms.disconnect_custom_key_store,
            stage.kms.update_custom_key_store,
            stage.kms.delete_custom_key_store,
        ):
            call(CustomKeyStoreId=store)
            event = stage.lab.trail[-1]
            assert event["requestParameters"] == {"customKeyStoreId": store}
            assert (event["responseElements"], event["additionalEventData"]) == (None, extra)
            stage.settle()

    def test_a_user_without_permission(self, stage: Stage, refused: Any, alice: Any) -> None:
        kms = stage.lab.client("kms", principal=alice)
        text = (
            f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: kms:DescribeCustomKeyStores on "
            "resource: * because no identity-based policy allows the kms:DescribeCustomKeyStores action"
        )
        with refused("AccessDeniedException", text):
            kms.describe_custom_key_stores()


def test_a_key_store_has_a_request_quota_of_its_own(monkeypatch: pytest.MonkeyPatch, refusals_of: Any) -> None:
    # AWS's 1,800 requests in one second would take long to make.
    monkeypatch.setattr(quotas, "CUSTOM_KEY_STORE", dataclasses.replace(quotas.CUSTOM_KEY_STORE, rate=1))
    with Lab(seed=1, throttling=True) as lab:
        stage = Stage(lab)
        key_id = stage.hsm_key(stage.connect(stage.hsm()))
        other = stage.kms.create_key()["KeyMetadata"]["KeyId"]
        stage.settle()
        stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")
        text = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
        with refusals_of(lab)("ThrottlingException", text):
            stage.kms.encrypt(KeyId=key_id, Plaintext=b"x")
        stage.kms.encrypt(KeyId=other, Plaintext=b"x")
