"""The AWS Encryption SDK for Python with its material providers: each kind of KMS keyring that needs KMS alone."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from kmslab import Lab

esdk = import_module("aws_encryption_sdk")
mpl = import_module("aws_cryptographic_material_providers.mpl")
models = import_module("aws_cryptographic_material_providers.mpl.models")
stores = import_module("aws_cryptographic_material_providers.keystore.models")
store_config = import_module("aws_cryptographic_material_providers.keystore.config")
KeyStore = import_module("aws_cryptographic_material_providers.keystore.client").KeyStore

SdkError = esdk.exceptions.AWSEncryptionSDKClientError

ACCOUNT = "123456789010"
CONTEXT = {"tenant": "7", "größe": "groß"}
TEXT = b"The quick brown fox jumps over the lazy dog. " * 500

#: What the SDK says when KMS opened no data key, and when it did not even ask.
KMS_REFUSED = "No Configured KMS Key was able to decrypt the Data Key"
NOT_ASKED = "No Encrypted Data Keys found to match"


@pytest.fixture(scope="module")
def kms(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's KMS."""
    return connect("kms")


@pytest.fixture(scope="module")
def client() -> Any:
    """The Encryption SDK with its strictest commitment policy, which is its default."""
    return esdk.EncryptionSDKClient()


@pytest.fixture(scope="module")
def providers() -> Any:
    """What makes keyrings."""
    return mpl.AwsCryptographicMaterialProviders(config=mpl.config.MaterialProvidersConfig())


def new_key(kms: Any, **options: Any) -> str:
    return str(kms.create_key(**options)["KeyMetadata"]["Arn"])


def keyring_of(providers: Any, kms: Any, key: str) -> Any:
    return providers.create_aws_kms_keyring(models.CreateAwsKmsKeyringInput(kms_key_id=key, kms_client=kms))


def discovery(providers: Any, kms: Any, account: str, partition: str = "aws") -> Any:
    allowed = models.DiscoveryFilter(account_ids=[account], partition=partition)
    return providers.create_aws_kms_discovery_keyring(
        models.CreateAwsKmsDiscoveryKeyringInput(kms_client=kms, discovery_filter=allowed)
    )


def opened(client: Any, message: bytes, keyring: Any, context: dict[str, str] | None = None) -> bytes:
    plaintext, _ = client.decrypt(source=message, keyring=keyring, encryption_context=context)
    return bytes(plaintext)


@pytest.fixture(scope="module")
def key(kms: Any) -> str:
    """The ARN of a symmetric key."""
    return new_key(kms)


@pytest.fixture(scope="module")
def keyring(providers: Any, kms: Any, key: str) -> Any:
    """The keyring of that key."""
    return keyring_of(providers, kms, key)


@pytest.fixture(scope="module")
def message(client: Any, keyring: Any) -> bytes:
    """A message that it encrypted."""
    sealed, _ = client.encrypt(source=TEXT, keyring=keyring, encryption_context=CONTEXT)
    return bytes(sealed)


def test_a_file_goes_through_a_keyring_and_back_in_frames(client: Any, keyring: Any, key: str, tmp_path: Path) -> None:
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(TEXT)
    options = {"keyring": keyring, "encryption_context": CONTEXT}
    with (
        plain.open("rb") as source,
        sealed.open("wb") as target,
        client.stream(mode="e", source=source, frame_length=1024, **options) as frames,
    ):
        target.writelines(frames)
    assert TEXT[:20] not in sealed.read_bytes()
    with sealed.open("rb") as source, client.stream(mode="d", source=source, **options) as frames:
        assert frames.read() == TEXT
        assert frames.header.encryption_context.items() >= CONTEXT.items()
        [data_key] = frames.header.encrypted_data_keys
    assert data_key.key_provider.provider_id == "aws-kms"
    assert data_key.key_provider.key_info.decode() == key


@pytest.mark.parametrize(
    ("place", "error", "text"),
    [
        pytest.param("data key", SdkError, KMS_REFUSED, id="data key"),
        pytest.param(-1200, InvalidTag, None, id="body"),
        pytest.param(-20, InvalidSignature, None, id="signature"),
    ],
)
def test_a_message_that_was_tampered_with_does_not_open(
    client: Any, keyring: Any, key: str, message: bytes, place: Any, error: type[Exception], text: str | None
) -> None:
    if place == "data key":
        # After the key's ARN come two bytes of length and KMS's ciphertext blob.
        place = message.index(key.encode()) + len(key) + 2 + 100
    damaged = bytearray(message)
    damaged[place] ^= 1
    with pytest.raises(error, match=text):
        opened(client, bytes(damaged), keyring)
    assert opened(client, message, keyring) == TEXT


def test_a_message_without_its_end_or_with_another_context_does_not_open(
    client: Any, keyring: Any, message: bytes
) -> None:
    with pytest.raises(esdk.exceptions.SerializationError):
        opened(client, message[:-300], keyring)
    with pytest.raises(SdkError, match="does not match reproduced encryption context"):
        opened(client, message, keyring, {**CONTEXT, "tenant": "8"})
    assert opened(client, message, keyring, CONTEXT) == TEXT


def test_a_discovery_filter_reads_partition_and_account_from_the_arn(
    client: Any, providers: Any, kms: Any, message: bytes
) -> None:
    assert opened(client, message, discovery(providers, kms, ACCOUNT)) == TEXT
    with pytest.raises(SdkError, match=NOT_ASKED):
        opened(client, message, discovery(providers, kms, "999988887777"))
    with pytest.raises(SdkError, match=NOT_ASKED):
        opened(client, message, discovery(providers, kms, ACCOUNT, partition="aws-cn"))


def test_each_key_of_a_multi_keyring_opens_the_message_alone(client: Any, providers: Any, kms: Any) -> None:
    keys = [new_key(kms), new_key(kms)]
    generator, child = (keyring_of(providers, kms, key) for key in keys)
    both = providers.create_multi_keyring(models.CreateMultiKeyringInput(generator=generator, child_keyrings=[child]))
    message, header = client.encrypt(source=TEXT, keyring=both, encryption_context=CONTEXT)
    assert {each.key_provider.key_info.decode() for each in header.encrypted_data_keys} == set(keys)
    kms.disable_key(KeyId=keys[0])
    assert opened(client, message, child) == TEXT
    with pytest.raises(SdkError, match=KMS_REFUSED):
        opened(client, message, generator)
    kms.enable_key(KeyId=keys[0])
    assert opened(client, message, generator) == TEXT


def test_an_rsa_keyring_seals_without_kms_and_opens_with_it(client: Any, providers: Any, lab: Lab, reach: Any) -> None:
    kms = reach("kms")
    key = new_key(kms, KeySpec="RSA_3072", KeyUsage="ENCRYPT_DECRYPT")
    der = kms.get_public_key(KeyId=key)["PublicKey"]
    pem = load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keyring = providers.create_aws_kms_rsa_keyring(
        models.CreateAwsKmsRsaKeyringInput(
            kms_key_id=key, encryption_algorithm="RSAES_OAEP_SHA_256", public_key=pem, kms_client=kms
        )
    )
    before = len(lab.trail)
    message, _ = client.encrypt(
        source=TEXT, keyring=keyring, algorithm=esdk.identifiers.AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    )
    assert len(lab.trail) == before
    assert opened(client, message, keyring) == TEXT
    [event] = lab.trail.events()[before:]
    assert (event["eventName"], event["requestParameters"]["encryptionAlgorithm"]) == ("Decrypt", "RSAES_OAEP_SHA_256")


def test_an_ecdh_keyring_agrees_with_each_end_of_the_agreement(
    client: Any, providers: Any, lab: Lab, reach: Any
) -> None:
    kms = reach("kms")
    sender, recipient = (new_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT") for _ in range(2))
    public = {key: kms.get_public_key(KeyId=key)["PublicKey"] for key in (sender, recipient)}

    def end(mine: str, theirs: str) -> Any:
        scheme = models.KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(
            models.KmsPrivateKeyToStaticPublicKeyInput(
                sender_kms_identifier=mine, sender_public_key=public[mine], recipient_public_key=public[theirs]
            )
        )
        return providers.create_aws_kms_ecdh_keyring(
            models.CreateAwsKmsEcdhKeyringInput(kms_client=kms, curve_spec="ECC_NIST_P256", key_agreement_scheme=scheme)
        )

    message, _ = client.encrypt(source=TEXT, keyring=end(sender, recipient), encryption_context=CONTEXT)
    assert opened(client, message, end(recipient, sender)) == TEXT
    agreed = lab.trail.events(name="DeriveSharedSecret")
    assert {event["resources"][0]["ARN"] for event in agreed} == {sender, recipient}


def test_a_multi_region_keyring_opens_in_one_region_what_another_sealed(
    client: Any, providers: Any, lab: Lab, reach: Any
) -> None:
    virginia, ireland = reach("kms"), reach("kms", "eu-west-1")
    primary = new_key(virginia, MultiRegion=True)
    replica = virginia.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    lab.clock.advance(minutes=1)

    def keyring(kms: Any, key: str) -> Any:
        return providers.create_aws_kms_mrk_keyring(models.CreateAwsKmsMrkKeyringInput(kms_key_id=key, kms_client=kms))

    message, _ = client.encrypt(source=TEXT, keyring=keyring(virginia, primary), encryption_context=CONTEXT)
    assert opened(client, message, keyring(ireland, replica)) == TEXT
    assert lab.trail.events(name="Decrypt")[-1]["awsRegion"] == "eu-west-1"
    # A keyring that is not aware of multi-Region keys compares the whole ARN.
    with pytest.raises(SdkError, match=NOT_ASKED):
        opened(client, message, keyring_of(providers, ireland, replica))


@pytest.mark.usefixtures("in_environ")
def test_a_master_key_provider_reads_what_a_keyring_wrote(client: Any, kms: Any, key: str, message: bytes) -> None:
    # The way before keyrings: it makes its own boto3 client, from the environment alone.
    provider = esdk.StrictAwsKmsMasterKeyProvider(key_ids=[key])
    plaintext, _ = client.decrypt(source=message, key_provider=provider)
    assert plaintext == TEXT
    other = esdk.StrictAwsKmsMasterKeyProvider(key_ids=[new_key(kms)])
    with pytest.raises(esdk.exceptions.DecryptKeyError, match="Unable to decrypt any data key"):
        client.decrypt(source=message, key_provider=other)


@pytest.mark.usefixtures("in_environ")
def test_a_cache_of_data_keys_asks_kms_once(client: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lab.environ().items():
        monkeypatch.setenv(name, value)
    key = new_key(lab.client("kms"))
    caching = esdk.CachingCryptoMaterialsManager(
        master_key_provider=esdk.StrictAwsKmsMasterKeyProvider(key_ids=[key]),
        cache=esdk.LocalCryptoMaterialsCache(10),
        max_age=600.0,
        max_messages_encrypted=10,
    )
    messages = [client.encrypt(source=TEXT, materials_manager=caching, encryption_context=CONTEXT)[0] for _ in range(5)]
    assert len(set(messages)) == 5
    assert len(lab.trail.events(name="GenerateDataKey")) == 1
    assert client.decrypt(source=messages[4], materials_manager=caching)[0] == TEXT
    assert len(lab.trail.events(name="Decrypt")) == 1


@pytest.mark.usefixtures("in_environ")
def test_a_hierarchical_keyring_keeps_branch_keys_in_dynamodb_and_reencrypts_them(
    client: Any, providers: Any, lab: Lab, reach: Any
) -> None:
    kms = reach("kms")
    key = new_key(kms)
    store = KeyStore(
        store_config.KeyStoreConfig(
            ddb_table_name="branch-keys",
            logical_key_store_name="branch-keys",
            kms_configuration=stores.KMSConfigurationKmsKeyArn(key),
            kms_client=kms,
            ddb_client=reach("dynamodb"),
        )
    )
    store.create_key_store(stores.CreateKeyStoreInput())
    branch = store.create_key(stores.CreateKeyInput()).branch_key_identifier
    keyring = providers.create_aws_kms_hierarchical_keyring(
        models.CreateAwsKmsHierarchicalKeyringInput(key_store=store, branch_key_id=branch, ttl_seconds=600)
    )
    old, _ = client.encrypt(source=TEXT, keyring=keyring, encryption_context=CONTEXT)
    store.version_key(stores.VersionKeyInput(branch_key_identifier=branch))
    assert opened(client, old, keyring) == TEXT
    names = [event["eventName"] for event in lab.trail.events(key=key)]
    assert names.count("GenerateDataKeyWithoutPlaintext") == 3
    assert names.count("ReEncrypt") >= 3
    bound = lab.trail.events(name="ReEncrypt")[-1]["requestParameters"]["destinationEncryptionContext"]
    assert (bound["branch-key-id"], bound["kms-arn"], bound["tablename"]) == (branch, key, "branch-keys")
