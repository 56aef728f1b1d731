"""A Lab in a state file: opened again, it is as it was."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import msgspec
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from kmslab import Lab, clock
from kmslab.crypto.wrapping import wrap
from kmslab.keys.key import Key
from kmslab.keys.specs import KEY_SPECS, KeyUsage
from kmslab.keys.timers import Due
from kmslab.storage import keeper, surroundings, taking
from kmslab.storage.changes import CHANGES, Change
from kmslab.storage.records import SettingsRecord
from kmslab.storage.taking import secret_of

from .test_canary import forms
from .test_state_machine import REGIONS, LivesOfKeys

ROTATIONS = (Due.ROTATION, Due.ON_DEMAND_ROTATION)


def dump(lab: Lab) -> dict[str, Any]:
    """Everything that a Lab is, as plain values; but for its calls and its settings."""
    found: dict[str, Any] = {}
    materials: dict[int, str] = {}
    for store in lab.world.stores:
        for key in store.keys:
            found[key.arn] = msgspec.to_builtins(taking.key_record(key, store))
            found[f"{key.arn} last use"] = key.last_use
            found[f"{key.arn} relatives"] = [each.arn for each in key.related or ()]
            assert all(each.rotation is key.rotation for each in key.related or ())
            for grant in key.grants:
                found[f"{key.arn} grant {grant.position}"] = msgspec.to_builtins(taking.grant_record(grant))
                assert all(lab.world.find_grant(token) is grant for token in grant.tokens)
            for entry in key.ring:
                if entry.state.is_permanent:
                    assert lab.world.find_by_material(key.region, entry.material_id) is key
                if entry.material is not None:
                    materials[id(entry.material)] = entry.material_id
        for key_store in store.key_stores.values():
            assert set(key_store.keys.values()) == {key for key in store.keys if key.key_store is key_store}
            found[key_store.key_store_id] = msgspec.to_builtins(taking.key_store_record(key_store))
        if store.keys or store.key_stores:
            names = (store.keys.names, store.aliases.names, list(store.key_stores))
            found[f"{store.account_id} {store.region}"] = names
    for timer in sorted(lab.world.timers):
        subject = timer.subject
        if isinstance(subject, Key) and not lab.world.holds(subject) and timer.what in ROTATIONS:
            # The schedule is the related keys' too: any of them stands for it.
            subject = next(iter(subject.related or ()), subject)
        known = lab.world.find_store(subject.account_id, subject.region)
        # What is to happen to something that is gone is not kept.
        if known and (subject in known.keys or subject in known.key_stores.values()):
            found[f"timer {timer.serial}"] = msgspec.to_builtins(taking.timer_record(replace(timer, subject=subject)))
    for name, record in surroundings.documents(lab, SettingsRecord(lab.account_id, lab.region)):
        found["/".join(name)] = msgspec.to_builtins(record)
    return found


def compare_with_a_copy(lab: Lab, path: Path) -> None:
    """Open a copy of the file of a Lab that goes on, and look whether it is that Lab."""
    with TemporaryDirectory() as folder:
        for each in path.parent.glob(f"{path.name}*"):
            shutil.copy(each, folder)
        with Lab.open(Path(folder) / path.name) as again:
            mine, other = dump(lab), dump(again)
            # A call that changed nothing may not be on the disk yet; nor where a standing clock stood at it.
            for name in list(mine):
                if name.endswith(" last use") or name == "clock/":
                    del mine[name], other[name]
            assert other == mine
            kept = list(again.trail.calls)
            assert kept == list(lab.trail.calls)[: len(kept)]


@pytest.fixture
def unaided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written in the background: that would hide what was not written before the reply."""
    monkeypatch.setattr(keeper, "PATIENCE", 3600)


class KeptLives(LivesOfKeys):
    """Random lives of keys, in a Lab that is kept; opened again after each step from a copy of its file."""

    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.lab.close()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "lab.kmslab"
        self.lab = Lab.open(self.path, seed=1)
        self.clients = {region: self.lab.client("kms", region) for region in REGIONS}

    @invariant()
    def a_copy_of_the_file_is_the_same_lab(self) -> None:
        compare_with_a_copy(self.lab, self.path)
        self.tally["reopened"] += 1

    def teardown(self) -> None:
        super().teardown()
        with Lab.open(self.path) as again:
            assert dump(again) == dump(self.lab)
            assert list(again.trail) == list(self.lab.trail)
            assert again.bill.usage == self.lab.bill.usage
        self.folder.cleanup()


@pytest.mark.usefixtures("unaided")
def test_in_random_lives_a_copy_is_the_same_lab_after_each_step() -> None:
    checks = settings(
        max_examples=6,
        stateful_step_count=60,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(KeptLives, settings=checks)  # type: ignore[no-untyped-call]
    assert KeptLives.tally["reopened"] > 200


def story(lab: Lab) -> Iterator[None]:
    """Every operation that changes something, and everything that happens by itself; a stop after each."""
    kms, europe = lab.client("kms"), lab.client("kms", "eu-west-1")
    key = kms.create_key(Description="one", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]["KeyId"]
    yield
    yield from change_a_key(kms, key)
    yield from grants_and_aliases(lab, kms, key)
    yield from related_keys(lab, kms, europe)
    yield from imported_keys(lab, kms)
    yield from key_stores(lab, kms)
    kms.describe_key(KeyId="alias/aws/s3")
    yield


def change_a_key(kms: Any, key: str) -> Iterator[None]:
    steps: list[Callable[[], Any]] = [
        lambda: kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}]),
        lambda: kms.untag_resource(KeyId=key, TagKeys=["a"]),
        lambda: kms.update_key_description(KeyId=key, Description="two"),
        lambda: kms.put_key_policy(KeyId=key, Policy=kms.get_key_policy(KeyId=key)["Policy"].replace(" ", "")),
        lambda: kms.disable_key(KeyId=key),
        lambda: kms.enable_key(KeyId=key),
        lambda: kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90),
        lambda: kms.disable_key_rotation(KeyId=key),
        lambda: kms.rotate_key_on_demand(KeyId=key),
        lambda: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
        lambda: kms.cancel_key_deletion(KeyId=key),
        lambda: kms.enable_key(KeyId=key),
    ]
    for step in steps:
        step()
        yield


def grants_and_aliases(lab: Lab, kms: Any, key: str) -> Iterator[None]:
    grant = {"KeyId": key, "GranteePrincipal": lab.root.arn, "Operations": ["Decrypt", "Encrypt"]}
    constraints = {"EncryptionContextSubset": {"purpose": "test"}}
    first = kms.create_grant(**grant, Name="named", Constraints=constraints, RetiringPrincipal=lab.administrator.arn)
    yield
    again = kms.create_grant(**grant, Name="named", Constraints=constraints, RetiringPrincipal=lab.administrator.arn)
    assert again["GrantId"] == first["GrantId"]
    yield
    second, third = (kms.create_grant(**grant)["GrantId"] for _ in range(2))
    yield
    kms.revoke_grant(KeyId=key, GrantId=second)
    yield
    kms.retire_grant(GrantToken=first["GrantToken"])
    yield
    kms.retire_grant(KeyId=kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"], GrantId=third)
    yield
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_grant(**grant | {"KeyId": other})
    for name in ("alias/a", "alias/b"):
        kms.create_alias(AliasName=name, TargetKeyId=key)
        yield
    kms.update_alias(AliasName="alias/a", TargetKeyId=other)
    yield
    kms.delete_alias(AliasName="alias/b")
    yield
    # Deletion takes the alias and the grant along.
    kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    yield
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    yield


def related_keys(lab: Lab, kms: Any, europe: Any) -> Iterator[None]:
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=365)
    yield
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    yield
    lab.clock.advance(days=366)
    yield
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    yield
    kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
    yield
    lab.clock.advance(minutes=1)
    yield
    europe.rotate_key_on_demand(KeyId=key)
    yield
    lab.clock.advance(minutes=1)
    yield
    # The primary waits for its last replica, whose end begins its waiting period.
    europe.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    yield
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    yield
    europe.cancel_key_deletion(KeyId=key)
    europe.enable_key(KeyId=key)
    # What the key that is gone had begun goes on: the schedule was everybody's.
    lab.clock.advance(days=400)
    yield
    europe.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    lab.clock.advance(days=8)
    yield


def imported_keys(lab: Lab, kms: Any) -> Iterator[None]:
    key = kms.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["KeyId"]
    yield
    import_material(kms, key, b"1" * 32, KeyMaterialDescription="first")
    yield
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    lab.clock.advance(minutes=1)
    yield
    import_material(lab.client("kms", "eu-west-1"), key, b"1" * 32)
    yield
    import_material(kms, key, b"2" * 32, ImportType="NEW_KEY_MATERIAL")
    yield
    kms.delete_imported_key_material(KeyId=key)
    yield
    until = lab.clock.now() + timedelta(days=3)
    import_material(kms, key, b"1" * 32, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=until)
    yield
    lab.clock.advance(days=4)
    yield


def import_material(kms: Any, key: str, secret: bytes, **params: Any) -> None:
    how = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    given = kms.get_parameters_for_import(KeyId=key, **how)
    wrapped = wrap(given["PublicKey"], secret, how["WrappingAlgorithm"])
    params = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"} | params
    kms.import_key_material(KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **params)


def key_stores(lab: Lab, kms: Any) -> Iterator[None]:
    cluster, proxy = lab.cloudhsm_cluster(), lab.external_key_manager()
    made = [
        kms.create_custom_key_store(
            CustomKeyStoreName="hsm",
            CloudHsmClusterId=cluster.cluster_id,
            TrustAnchorCertificate=cluster.trust_anchor_certificate,
            KeyStorePassword=cluster.password,
        )["CustomKeyStoreId"],
        kms.create_custom_key_store(
            CustomKeyStoreName="xks",
            CustomKeyStoreType="EXTERNAL_KEY_STORE",
            XksProxyUriEndpoint=proxy.uri_endpoint,
            XksProxyUriPath=proxy.uri_path,
            XksProxyConnectivity="PUBLIC_ENDPOINT",
            XksProxyAuthenticationCredential={
                "AccessKeyId": proxy.access_key_id,
                "RawSecretAccessKey": proxy.raw_secret_access_key,
            },
        )["CustomKeyStoreId"],
    ]
    yield
    for each in made:
        kms.connect_custom_key_store(CustomKeyStoreId=each)
        yield
    lab.clock.advance(minutes=1)
    yield
    kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=made[0])
    kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=made[1], XksKeyId=proxy.create_key())
    yield
    kms.disconnect_custom_key_store(CustomKeyStoreId=made[1])
    yield
    lab.clock.advance(minutes=1)
    kms.update_custom_key_store(CustomKeyStoreId=made[1], NewCustomKeyStoreName="other")
    yield
    spare = lab.cloudhsm_cluster("eu-west-1")
    europe = lab.client("kms", "eu-west-1")
    gone = europe.create_custom_key_store(
        CustomKeyStoreName="spare",
        CloudHsmClusterId=spare.cluster_id,
        TrustAnchorCertificate=spare.trust_anchor_certificate,
        KeyStorePassword=spare.password,
    )["CustomKeyStoreId"]
    yield
    europe.delete_custom_key_store(CustomKeyStoreId=gone)
    yield


@pytest.mark.usefixtures("unaided")
def test_after_each_change_a_copy_is_the_same_lab(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        for _ in story(lab):
            compare_with_a_copy(lab, path)
        done = {call.operation for call in lab.trail.calls if call.error_code is None}
        assert {operation for operation, change in CHANGES.items() if change is not Change.NOTHING} <= done
        assert {"DeleteKey", "RotateKey", "DeleteExpiredKeyMaterial"} <= done
        before, trail, bill = dump(lab), list(lab.trail), lab.bill
    with Lab.open(path) as again:
        assert dump(again) == before
        assert list(again.trail) == trail
        assert (again.bill.total, again.bill.usage) == (bill.total, bill.usage)


def _encrypted(kms: Any, key: str, algorithm: str) -> Callable[[Any], bool]:
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    params = {"KeyId": key, "CiphertextBlob": blob, "EncryptionAlgorithm": algorithm}
    return lambda again: bool(again.decrypt(**params)["Plaintext"] == b"text")


def _signed(kms: Any, key: str, algorithm: str) -> Callable[[Any], bool]:
    params = {"KeyId": key, "Message": b"text", "SigningAlgorithm": algorithm}
    signature = kms.sign(**params)["Signature"]
    return lambda again: bool(again.verify(**params, Signature=signature)["SignatureValid"])


def _authenticated(kms: Any, key: str, algorithm: str) -> Callable[[Any], bool]:
    params = {"KeyId": key, "Message": b"text", "MacAlgorithm": algorithm}
    mac = kms.generate_mac(**params)["Mac"]
    return lambda again: bool(again.verify_mac(**params, Mac=mac)["MacValid"])


def _agreed(kms: Any, key: str, algorithm: str) -> Callable[[Any], bool]:
    peer = kms.get_public_key(KeyId=key)["PublicKey"]
    params = {"KeyId": key, "KeyAgreementAlgorithm": algorithm, "PublicKey": peer}
    secret = kms.derive_shared_secret(**params)["SharedSecret"]
    return lambda again: bool(again.derive_shared_secret(**params)["SharedSecret"] == secret)


def _encapsulated(kms: Any, key: str, algorithm: str) -> Callable[[Any], bool]:
    made = kms.encapsulate(KeyId=key, EncapsulationAlgorithm=algorithm)
    blob = made["SharedSecretCiphertextBlob"]
    params = {"KeyId": key, "SharedSecretCiphertextBlob": blob, "EncapsulationAlgorithm": algorithm}
    return lambda again: bool(again.decapsulate(**params)["SharedSecret"] == made["SharedSecret"])


USES = {
    KeyUsage.ENCRYPT_DECRYPT: _encrypted,
    KeyUsage.SIGN_VERIFY: _signed,
    KeyUsage.GENERATE_VERIFY_MAC: _authenticated,
    KeyUsage.KEY_AGREEMENT: _agreed,
    KeyUsage.ENCAPSULATE_DECAPSULATE: _encapsulated,
}


def test_every_key_spec_survives_and_shows_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    checks: dict[str, Callable[[Any], bool]] = {}
    with Lab.open(path, seed=1) as lab:
        kms = lab.client("kms")
        for spec in KEY_SPECS.values():
            for usage, algorithms in spec.algorithms.items():
                key = kms.create_key(KeySpec=spec.name, KeyUsage=usage.value)["KeyMetadata"]["KeyId"]
                checks[f"{spec.name} {usage}"] = USES[usage](kms, key, algorithms[0])
        user = lab.user("alice")
        session = lab.role("app")
        while_open = b"".join(each.read_bytes() for each in files(path))
        secrets = [secret_of(key.current) for store in lab.world.stores for key in store.keys]
        people = [lab.root, lab.administrator, user, session]
        secrets += [each.credentials.secret_access_key.encode() for each in people]
        secrets += [str(session.credentials.session_token).encode(), lab.world.import_tokens.secret]
    assert len(checks) == 25
    everything = while_open + b"".join(each.read_bytes() for each in files(path))
    for secret in secrets:
        assert not any(form in everything for form in forms(secret))
    for telling in (b"alice", b"arn:aws", b"SYMMETRIC", b"AKIA"):
        assert telling not in everything
    with Lab.open(path) as again:
        kms = again.client("kms")
        assert [name for name, check in checks.items() if not check(kms)] == []


def files(path: Path) -> list[Path]:
    """What is on the disk of a state file, but for its key."""
    return [each for each in path.parent.glob(f"{path.name}*") if each.suffix != ".key"]


def test_what_fell_due_while_it_was_closed_happens_at_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        lab.clock.advance(days=6, hours=23, minutes=59, seconds=59.5)
        before = lab.clock.now()
    later = datetime.now(UTC) + timedelta(minutes=5)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "datetime", _At(later))
        with Lab.open(path) as again:
            assert timedelta(minutes=4) < again.clock.now() - before < timedelta(minutes=6)
            assert again.inventory.get(key) is None
            assert [call.operation for call in again.trail.calls][-1] == "DeleteKey"


class _At:
    """A machine's clock that shows another time."""

    def __init__(self, when: datetime) -> None:
        self.when = when

    def now(self, zone: Any) -> datetime:
        return self.when.astimezone(zone)


def test_time_never_goes_back_even_if_the_machines_clock_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path) as lab:
        lab.client("kms").create_key()
        last = lab.trail.calls[-1].time
    monkeypatch.setattr(clock, "datetime", _At(datetime.now(UTC) - timedelta(days=30)))
    with Lab.open(path) as again:
        assert again.clock.now() >= last


def test_a_rotation_comes_when_it_is_due_after_opening(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        kms = lab.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
        old = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    with Lab.open(path) as again:
        again.clock.advance(days=91)
        kms = again.client("kms")
        assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 1
        new = kms.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
        last_use = kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]
    with Lab.open(path) as third:
        kms = third.client("kms")
        assert [kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in (old, new)] == [b"old", b"new"]
        assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "Decrypt"
        assert last_use["Operation"] == "Encrypt"


def test_an_opened_lab_gives_no_id_twice(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    ids = []
    for _ in range(3):
        with Lab.open(path, seed=1) as lab:
            ids.append(lab.client("kms").create_key()["KeyMetadata"]["KeyId"])
            ids.append(lab.trail.calls[-1].request_id)
    assert len(set(ids)) == 6
    with Lab(seed=1) as lab:
        assert lab.client("kms").create_key()["KeyMetadata"]["KeyId"] == ids[0]


def test_people_sessions_buckets_and_what_else_there_is_survive(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    only_lists = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}],
    }
    objects = {"small": b"x", "large": bytes(range(256)) * 4096, "again": bytes(range(256)) * 4096}
    with Lab.open(path, seed=1) as lab:
        alice, app = lab.user("alice", only_lists), lab.role("app", only_lists)
        other = lab.account("999988887777")
        other.service_control_policies = [only_lists]
        s3 = lab.client("s3")
        s3.create_bucket(Bucket="some-bucket")
        for name, body in objects.items():
            s3.put_object(Bucket="some-bucket", Key=name, Body=body, Metadata={"n": name})
        s3.delete_object(Bucket="some-bucket", Key="again")
        lab.client("ssm").put_parameter(Name="p", Value="v", Type="String")
        lab.client("secretsmanager").create_secret(Name="s", SecretString="secret")
        with pytest.raises(ClientError):
            lab.client("kms", principal=alice).create_key()
    with Lab.open(path) as again:
        assert again.lost == ()
        assert again.accounts[1].service_control_policies == (only_lists,)
        assert again.accounts[1].administrator == other.administrator
        assert (again.root, again.administrator) == (lab.root, lab.administrator)
        assert again.user("alice", only_lists) == alice
        assert again.directory.find(app.credentials.access_key_id) == app
        for principal in (alice, app):
            kms = again.client("kms", principal=principal)
            assert len(kms.list_keys()["Keys"]) == 1, "the AWS managed key of Secrets Manager"
            with pytest.raises(ClientError, match="AccessDenied"):
                kms.create_key()
        s3 = again.client("s3")
        listed = s3.list_objects_v2(Bucket="some-bucket")["Contents"]
        assert {each["Key"] for each in listed} == {"small", "large"}
        for name in ("small", "large"):
            found = s3.get_object(Bucket="some-bucket", Key=name)
            assert (found["Body"].read(), found["Metadata"]) == (objects[name], {"n": name})
        assert again.client("ssm").get_parameter(Name="p")["Parameter"]["Value"] == "v"
        assert again.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "secret"
        s3.delete_object(Bucket="some-bucket", Key="large")
        s3.put_object(Bucket="some-bucket", Key="third", Body=b"3")
    with Lab.open(path) as third:
        listed = third.client("s3").list_objects_v2(Bucket="some-bucket")["Contents"]
        assert {each["Key"] for each in listed} == {"small", "third"}


def test_what_moto_cannot_write_is_said_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        lab.client("sqs").create_queue(QueueName="q")
        with lab._services.now().bridge.standing_still() as tables:
            (table,) = (each for each in tables if each.table.service_name == "sqs")
            backend = table.accounts[lab.account_id]["us-east-1"]
        backend.unwritable = (each for each in ())
        lab.client("sqs").create_queue(QueueName="r")
        kept = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
    with Lab.open(path) as again:
        (sentence,) = again.lost
        assert sentence.startswith(
            "This did not survive, because it cannot be written: what sqs holds of account 123456789010 in us-east-1 ("
        )
        assert again.inventory.get(kept) is not None
        assert "QueueUrls" not in again.client("sqs").list_queues()


def test_another_access_key_for_the_administrator_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    for number in (1, 2, 3):
        key = (f"AKIA{number:016}", f"secret {number}")
        with Lab.open(path, access_key=key) as lab:
            credentials = lab.administrator.credentials
            assert (credentials.access_key_id, credentials.secret_access_key) == key
            assert lab.directory.find(f"AKIA{number - 1:016}") is None
            assert lab.client("kms").list_keys()["Keys"] == []
            if number > 1:
                lab.client("iam").list_users()
            found = lab.directory.find(key[0])
            assert found is not None
            assert found.arn == lab.administrator.arn
