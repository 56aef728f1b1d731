"""Secrets stay where they belong: in no repr, error, log, trail, pickle, file, argument list or core file.

Most of it is looked for in a Lab in which every kind of secret was made and used. FINDINGS.md says what was found, and
what Python cannot promise.
"""

from __future__ import annotations

import ast
import base64
import copy
import gc
import json
import os
import pickle
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

import kmslab
from kmslab import Lab
from kmslab.authz.grants import Request as GrantRequest
from kmslab.authz.hearing import Caller
from kmslab.billing.budget import BudgetExceededError
from kmslab.classroom.roster import Roster
from kmslab.cloud.sealed import DataKey
from kmslab.cloud.secret_versions import Value
from kmslab.crypto.rsa import RsaPrivateKey, encrypt_oaep
from kmslab.crypto.wrapping import wrap
from kmslab.grading.referee import Job
from kmslab.keys.material import KeyMaterial
from kmslab.principals import Credentials
from kmslab.real.seen import Flight
from kmslab.service.visit import OnBehalf, Visit
from kmslab.storage.records import EntryRecord
from kmslab.transport.incoming import Incoming
from kmslab.wire.http import Reply, Request

PACKAGE = Path(kmslab.__file__).parent
OURS = str(PACKAGE)
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
OAEP, WITH_AES = "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"
ALL_OF_KMS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}

#: A learner's own, which goes through kmslab and is nobody's business there.
PLAINTEXT, PASSWORD, OBJECT = "a learner's plaintext", "the-database's-password", "what lies in S3"


class Secrets:
    """Every secret of a Lab by name, and how each may be written."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def add(self, name: str, secret: str | bytes) -> None:
        self._known[name] = secret.encode() if isinstance(secret, str) else secret

    def in_text(self, text: str) -> set[str]:
        """Which of them stand in a text, as they are, escaped, as base 64 or in hexadecimal digits."""
        return {name for name, secret in self._known.items() if any(form in text for form in _forms(secret))}

    def in_bytes(self, data: bytes) -> set[str]:
        return {name for name, secret in self._known.items() if secret in data} | self.in_text(data.decode("latin-1"))


def _forms(secret: bytes) -> Iterator[str]:
    yield repr(secret)[2:-1]
    yield secret.hex()
    yield base64.b64encode(secret).decode()
    if secret.isascii():
        yield secret.decode()


class Shown(NamedTuple):
    """What an object of kmslab said about itself, in a frame in which a traceback with variables would show it."""

    type: str
    where: str
    text: str


#: How often each function is looked at: often enough for each operation to be among those that come through all gates.
_OFTEN = 60


class Watch:
    """Looks at the variables of kmslab's functions as they return: what IPython's %xmode Verbose would print."""

    def __init__(self) -> None:
        self.shown: set[Shown] = set()
        self._seen: dict[Any, int] = {}

    def __enter__(self) -> Watch:
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "return":
            return
        code = frame.f_code
        times = self._seen.get(code, 0)
        if times >= _OFTEN or not code.co_filename.startswith(OURS) or code.co_name == "__init__":
            return
        self._seen[code] = times + 1
        sys.setprofile(None)
        try:
            for each in (*frame.f_locals.values(), argument):
                self._look(each, code)
        finally:
            sys.setprofile(self._see)

    def _look(self, each: object, code: Any) -> None:
        kind = type(each)
        if str(kind.__module__).startswith("kmslab"):
            self.shown.add(Shown(kind.__qualname__, code.co_qualname, f"{each!r} {each!s}"))


@dataclass
class Used:
    """A Lab in which much was done."""

    lab: Lab
    folder: Path
    secrets: Secrets = field(default_factory=Secrets)
    watch: Watch = field(default_factory=Watch)


@pytest.fixture(scope="module", autouse=True)
def one_rsa_key() -> Iterator[None]:
    """Making one takes longer than all that is asked of it here."""
    made = RsaPrivateKey.generate(2048)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RsaPrivateKey, "generate", lambda bits: made)
        yield


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    folder = tmp_path_factory.mktemp("state")
    with Lab.open(folder / "lab.kmslab") as lab:
        made = Used(lab, folder)
        # What is imported meanwhile would be watched too, and takes long enough by itself.
        lab.client("s3").list_buckets()
        lab.client("secretsmanager").list_secrets()
        with made.watch:
            for use in (_use_keys, _use_key_stores, _use_principals, _use_services):
                use(lab, made.secrets)
            # A call more, so that all of it is written.
            lab.client("kms").create_key()
        yield made


def _use_keys(lab: Lab, secrets: Secrets) -> None:
    kms = lab.client("kms")
    material = os.urandom(32)
    secrets.add("imported material", material)
    key_id = _imported(kms, material)
    secrets.add("plaintext", PLAINTEXT)
    blob = kms.encrypt(KeyId=key_id, Plaintext=PLAINTEXT.encode())["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_id)
    secrets.add("data key", kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"])
    pair = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="ECC_NIST_P256")
    secrets.add("data key pair", pair["PrivateKeyPlaintext"])
    signs = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.sign(KeyId=signs, Message=PLAINTEXT.encode(), SigningAlgorithm="ECDSA_SHA_256")
    macs = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    kms.generate_mac(KeyId=macs, Message=PLAINTEXT.encode(), MacAlgorithm="HMAC_SHA_256")
    for each in lab.world.store(lab.account_id, lab.region).keys:
        secret = each.current.secret
        # An elliptic curve's private number: an octet string of 32 bytes after the version. Source: RFC 5915.
        private = secret if isinstance(secret, bytes) else secret.pkcs8().partition(b"\2\1\1\4\x20")[2][:32]
        secrets.add(f"material of {each.spec.name}", private)
    secrets.add("secret of import tokens", lab.world.import_tokens.secret)
    with pytest.raises(ClientError):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext={"another": "context"})


def _use_key_stores(lab: Lab, secrets: Secrets) -> None:
    kms = lab.client("kms")
    cluster = lab.cloudhsm_cluster()
    secrets.add("password of kmsuser", cluster.password)
    store = kms.create_custom_key_store(
        CustomKeyStoreName="hsm",
        CloudHsmClusterId=cluster.cluster_id,
        TrustAnchorCertificate=cluster.trust_anchor_certificate,
        KeyStorePassword=cluster.password,
    )
    kms.connect_custom_key_store(CustomKeyStoreId=store["CustomKeyStoreId"])
    lab.clock.advance(hours=1)
    secrets.add("password that KMS has set", cluster._password_in_use)
    manager = lab.external_key_manager()
    secrets.add("proxy's credential", manager.raw_secret_access_key)
    secrets.add("external key", manager._keys[manager.create_key()].secret)
    kms.create_custom_key_store(
        CustomKeyStoreName="xks",
        CustomKeyStoreType="EXTERNAL_KEY_STORE",
        XksProxyUriEndpoint=manager.uri_endpoint,
        XksProxyUriPath=manager.uri_path,
        XksProxyConnectivity="PUBLIC_ENDPOINT",
        XksProxyAuthenticationCredential={
            "AccessKeyId": manager.access_key_id,
            "RawSecretAccessKey": manager.raw_secret_access_key,
        },
    )


def _use_principals(lab: Lab, secrets: Secrets) -> None:
    secrets.add("administrator's secret", lab.administrator.credentials.secret_access_key)
    secrets.add("root's secret", lab.root.credentials.secret_access_key)
    secrets.add("user's secret", lab.user("ann", ALL_OF_KMS).credentials.secret_access_key)
    role = lab.role("clerk", ALL_OF_KMS)
    secrets.add("session's secret", role.credentials.secret_access_key)
    secrets.add("session's token", str(role.credentials.session_token))
    lab.client("kms", principal=role).list_keys()
    # The same over HTTP, where signature and token are in what is received.
    served = lab.session(role).client("kms", endpoint_url=lab.endpoint())
    served.meta.events.unregister("before-send", lab.hook)
    served.list_keys()


def _use_services(lab: Lab, secrets: Secrets) -> None:
    secrets.add("secret's value", PASSWORD)
    manager = lab.client("secretsmanager")
    for _ in range(2):
        manager.create_secret(Name="database", SecretString=PASSWORD, ClientRequestToken="one-and-the-same-" + "0" * 20)
    manager.get_secret_value(SecretId="database")
    secrets.add("object", OBJECT)
    s3 = lab.client("s3")
    s3.create_bucket(Bucket="otterquill")
    s3.put_object(Bucket="otterquill", Key="k", Body=OBJECT.encode(), ServerSideEncryption="aws:kms")
    assert s3.get_object(Bucket="otterquill", Key="k")["Body"].read() == OBJECT.encode()


def _parameters(kms: Any, key_id: str, algorithm: str = OAEP) -> Any:
    return kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")


def _import(kms: Any, key_id: str, parameters: Any, wrapped: bytes) -> None:
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapped,
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )


def _imported(kms: Any, material: bytes) -> str:
    key_id = str(kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
    parameters = _parameters(kms, key_id)
    _import(kms, key_id, parameters, wrap(parameters["PublicKey"], material, OAEP))
    return key_id


# --- what objects say about themselves ---


def test_no_object_of_kmslab_shows_a_secret_to_a_traceback_with_variables(used: Used) -> None:
    seen = {each.type for each in used.watch.shown}
    # It was looked at those that carry them.
    assert {"Request", "Visit", "Caller", "Incoming", "KeyRecord", "Key", "Value", "OnBehalf", "Credentials"} <= seen
    shown = {(each.type, each.where, name) for each in used.watch.shown for name in used.secrets.in_text(each.text)}
    assert sorted(shown) == []


def test_no_object_that_a_lab_holds_shows_a_secret(used: Used) -> None:
    found = set()
    for each in gc.get_objects():
        kind = type(each)
        # What other tests have left: exercises have words of the lessons in them, and a seat's `lab` asks its referee.
        module = str(kind.__module__)
        if module.startswith("kmslab") and not module.startswith(("kmslab.exercises", "kmslab.grading")):
            found |= {(kind.__qualname__, name) for name in used.secrets.in_text(repr(each))}
    assert found == set()


SECRET = "of-nobody's-business"

ADMINISTRATOR = Lab().administrator
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MEMBERS = {"Plaintext": SECRET.encode(), "GrantTokens": [SECRET]}

HOLDERS = [
    Request({"x-amz-security-token": SECRET}, SECRET.encode()),
    Reply(200, {}, SECRET.encode()),
    Incoming("POST", "/", f"X-Amz-Security-Token={SECRET}", {"x-amz-security-token": SECRET}, SECRET.encode()),
    Visit(Request({}, SECRET.encode()), NOW, params=MEMBERS, reply=MEMBERS, body=SECRET.encode()),
    OnBehalf("ssm", ADMINISTRATOR, "us-east-1", "Encrypt", MEMBERS),
    Caller(ADMINISTRATOR, NOW, tokens=frozenset({SECRET}), params=MEMBERS),
    GrantRequest(ADMINISTRATOR, "Encrypt", MEMBERS, "", frozenset({SECRET}), NOW, timedelta(0)),
    Credentials("AKIAEXAMPLE", SECRET, SECRET),
    DataKey(SECRET.encode(), b"wrapped"),
    Value("SecretString", SECRET.encode()),
    KeyMaterial("0" * 64, SECRET.encode()),
    Job("a.ipynb", "b.ipynb", 1, 1, 1, password=SECRET),
    Flight("kms", "Encrypt", "us-east-1", MEMBERS, ADMINISTRATOR.identity),
    EntryRecord("0" * 64, SECRET.encode(), "CURRENT"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda each: type(each).__name__)
def test_who_holds_a_secret_does_not_show_it(holder: object) -> None:
    assert SECRET not in f"{holder!r} {holder!s}"
    assert all(SECRET not in str(part) for part in getattr(holder, "__rich_repr__", list)())


def test_a_class_does_not_show_its_secrets() -> None:
    roster = Roster.new(["Ann", "Bo"])
    shown = f"{roster!r} {roster.learners!r} {roster.learners[0]!s}"
    assert "Ann" in shown
    assert [each.name for each in roster.learners if each.secret_access_key in shown] == []


# --- what is told, kept and handed on ---


def test_trail_bill_and_inventory_tell_no_secret_and_their_copies_do_not_either(used: Used) -> None:
    lab = used.lab
    told = [lab.trail, lab.bill, lab.consolidated_bill, lab.inventory]
    text = "".join(f"{each!r}{each!s}" for each in told) + json.dumps(list(map(dict, lab.trail)), default=str)
    text += json.dumps(lab.client("cloudtrail").lookup_events(), default=str)
    assert "GenerateDataKeyPair" in text
    assert used.secrets.in_text(text) == set()
    # A view is handed to another process by what makes it anew.
    assert used.secrets.in_text(repr([view.__reduce__() for view in lab.inventory])) == set()
    for each in (list(lab.trail.calls), list(lab.trail), lab.bill):
        assert used.secrets.in_bytes(pickle.dumps(each)) == set()
        assert used.secrets.in_text(repr(copy.deepcopy(each))) == set()
    assert used.secrets.in_text(repr(vars(lab))) == set()


def test_a_lab_cannot_be_pickled(used: Used) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(used.lab)


def test_nothing_beside_the_key_file_holds_a_secret_in_clear(used: Used) -> None:
    files = [each for each in used.folder.iterdir() if each.suffix != ".key"]
    assert {"lab.kmslab", "lab.kmslab-wal", "lab.kmslab.lock"} <= {each.name for each in files}
    raw = b"".join(each.read_bytes() for each in files)
    assert len(raw) > 50_000
    assert used.secrets.in_bytes(raw) == set()
    assert all(each.stat().st_mode & 0o077 == 0 for each in used.folder.iterdir() if each.suffix == ".key")


def test_a_closed_file_holds_no_row_of_before_not_even_sealed(tmp_path: Path) -> None:
    # Whoever gets the root key one day could open it.
    path = tmp_path / "lab.kmslab"
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        key_id = _imported(kms, os.urandom(32))
        with_material = _key_rows(path, tmp_path / "before")
        kms.delete_imported_key_material(KeyId=key_id)
        without = _key_rows(path, tmp_path / "after")
    raw = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    (gone,), (there,) = with_material - without, without - with_material
    assert gone not in raw
    assert there in raw


def _key_rows(path: Path, copied: Path) -> set[bytes]:
    """The beginnings of the sealed rows of keys in an open file, read from a copy."""
    copied.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", copied)
    with closing(sqlite3.connect(copied / path.name)) as connection:
        return {bytes(value[:64]) for (value,) in connection.execute("SELECT value FROM rows WHERE kind = 'key'")}


def test_an_endpoint_tells_no_secret_to_whom_it_does_not_believe(used: Used) -> None:
    lab = used.lab
    said = b""
    for key_id, secret in (
        (lab.administrator.credentials.access_key_id, "another"),
        ("AKIANOBODYISTHIS0000", "another"),
    ):
        for service, call in (("kms", "list_keys"), ("s3", "list_buckets")):
            session = kmslab.lab.boto3.Session(key_id, secret, region_name=lab.region)
            client = session.client(service, endpoint_url=lab.endpoint(), config=Config(retries={"max_attempts": 0}))
            with pytest.raises(ClientError) as refused:
                getattr(client, call)()
            said += json.dumps(refused.value.response, default=str).encode()
    assert b"403" in said
    assert used.secrets.in_bytes(said) == set()


def test_what_does_not_fit_is_refused_without_saying_the_secret(used: Used) -> None:
    kms = used.lab.client("kms", config=Config(parameter_validation=False))
    short = "shrt!"
    with pytest.raises(ClientError) as refused:
        kms.create_custom_key_store(CustomKeyStoreName="h", KeyStorePassword=short)
    assert "keyStorePassword" in str(refused.value)
    assert short not in json.dumps(refused.value.response)
    with pytest.raises(ClientError) as refused:
        kms.create_custom_key_store(
            CustomKeyStoreName="x",
            XksProxyAuthenticationCredential={"AccessKeyId": "A" * 20, "RawSecretAccessKey": short},
        )
    assert "rawSecretAccessKey" in str(refused.value)
    assert short not in json.dumps(refused.value.response)


def test_a_traceback_with_variables_shows_no_secret(used: Used) -> None:
    from IPython.core.ultratb import VerboseTB

    lab = used.lab
    kms = lab.client("kms")
    key_id = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    errors: list[BaseException] = []
    for attempt in (
        lambda: kms.decrypt(CiphertextBlob=b"none"),
        lambda: kms.describe_key(KeyId="none"),
        lambda: lab.client("s3").get_object(Bucket="otterquill", Key="none"),
    ):
        with pytest.raises(ClientError) as failed:
            attempt()
        errors.append(failed.value)
    with pytest.raises(BudgetExceededError) as stopped, lab.budget("0"):
        # Comes out through the front door, whose frames hold the request.
        kms.sign(KeyId=key_id, Message=PLAINTEXT.encode(), SigningAlgorithm="ECDSA_SHA_256")
    errors.append(stopped.value)
    tell = VerboseTB()
    for error in errors:
        # Every frame, those that a notebook leaves out included.
        text = tell.text(type(error), error, error.__traceback__)
        frames = text.count("File ")
        assert frames > 4
        assert used.secrets.in_text(text) - {"plaintext"} == set()
        ours = [each for each in re.split(r"(?=File )", text) if str(PACKAGE) in each.split("\n")[0]]
        assert [each for each in ours if PLAINTEXT in each] == []
    assert ours


def test_no_stored_output_of_a_notebook_holds_credentials() -> None:
    # 40 characters that are no hash: a secret access key. A session token begins as AWS's do.
    secret = re.compile(r"(?<![\w/+=-])(?![0-9a-f]{40}|-{40}|_{40})[A-Za-z0-9_-]{40}(?![\w/+=-])|IQoJb3JpZ2luX2Vj")
    assert secret.search(f"key: {Lab().administrator.credentials.secret_access_key}")
    found = []
    for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = json.dumps([output for output in cell.get("outputs", ()) if "image/png" not in str(output)])
            found += [(path.name, match.group()) for match in secret.finditer(text)]
    assert found == []


# --- what is compared ---

#: Names of what somebody from outside may try to guess.
GUESSED = frozenset(
    "credentials expected mac passphrase password raw_secret_access_key secret secret_access_key session_token "
    "signature".split()
)


def test_what_could_be_guessed_byte_by_byte_is_compared_in_constant_time() -> None:
    found = []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not GUESSED & set(re.findall(r"\w+", text)):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Compare) and any(isinstance(how, ast.Eq | ast.NotEq) for how in node.ops):
                names = {name for side in (node.left, *node.comparators) for name in _values_in(side)}
                found += [f"{path.relative_to(PACKAGE)}:{node.lineno} {name}" for name in names & GUESSED]
    assert found == []


def _values_in(side: ast.expr) -> Iterator[str]:
    """The names of what a side of a comparison is, alone or in a tuple."""
    for each in side.elts if isinstance(side, ast.Tuple) else (side,):
        yield getattr(each, "attr", "") or getattr(each, "id", "")


def test_credentials_and_values_are_the_same_only_if_all_of_them_is() -> None:
    known = Credentials("AKIAEXAMPLE", "secret")
    assert known.is_same_as(Credentials("AKIAEXAMPLE", "secret"))
    assert not known.is_same_as(Credentials("AKIAEXAMPLE", "secreT"))
    assert not known.is_same_as(Credentials("AKIAEXAMPL0", "secret"))
    value = Value("SecretString", b"secret")
    assert value.is_same_as(Value("SecretString", b"secret"))
    assert not value.is_same_as(Value("SecretString", b"secreT"))
    assert not value.is_same_as(Value("SecretBinary", b"secret"))


# --- errors that say nothing about what was nearly right ---


def _refusal(call: Any, **members: Any) -> Any:
    with pytest.raises(ClientError) as refused:
        call(**members)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def test_decrypt_does_not_say_what_is_wrong_with_a_ciphertext(kms: Any) -> None:
    key_id, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    context = {"for": "you"}
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x" * 40, EncryptionContext=context)["CiphertextBlob"]
    damaged = [blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :] for place in (0, 40, 56, 60, 150, -17, -1)]
    asked = [{"CiphertextBlob": each, "EncryptionContext": context, "KeyId": key_id} for each in damaged]
    asked.append({"CiphertextBlob": blob[:-1], "EncryptionContext": context})
    asked.append({"CiphertextBlob": blob, "EncryptionContext": {"for": "You"}})
    asked.append({"CiphertextBlob": blob})
    said = [_refusal(kms.decrypt, **each) for each in asked]
    assert said == [(400, {"Message": "", "Code": "InvalidCiphertextException"})] * len(asked)
    # Which key a whole ciphertext is of is no secret: it is written in it.
    wrong = _refusal(kms.decrypt, CiphertextBlob=blob, EncryptionContext=context, KeyId=other)
    assert wrong[1]["Code"] == "IncorrectKeyException"


def test_an_rsa_key_does_not_say_what_is_wrong_with_a_ciphertext(kms: Any) -> None:
    key_id = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    spki = kms.get_public_key(KeyId=key_id)["PublicKey"]
    public: Any = load_der_public_key(spki)
    asked = {
        "random": os.urandom(256),
        "larger than the modulus": b"\xff" * 256,
        "zero": bytes(256),
        "PKCS #1 v1.5": public.encrypt(b"x", padding.PKCS1v15()),
        "another hash": encrypt_oaep(spki, b"x", "sha1"),
        "too short": os.urandom(255),
    }
    said = {
        name: _refusal(kms.decrypt, KeyId=key_id, CiphertextBlob=blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        for name, blob in asked.items()
    }
    assert said == dict.fromkeys(asked, (400, {"Message": "", "Code": "InvalidCiphertextException"}))


def test_an_import_does_not_say_what_is_wrong_with_wrapped_material(kms: Any) -> None:
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    material, aes_key = os.urandom(32), os.urandom(32)
    inner = keywrap.aes_key_wrap_with_padding(aes_key, material)
    direct, twice = _parameters(kms, key_id), _parameters(kms, key_id, WITH_AES)
    public: Any = load_der_public_key(direct["PublicKey"])

    def under(key: bytes) -> bytes:
        return encrypt_oaep(twice["PublicKey"], key, "sha256")

    asked = [
        (direct, os.urandom(256)),
        (direct, b"\xff" * 256),
        (direct, public.encrypt(material, padding.PKCS1v15())),
        (direct, wrap(direct["PublicKey"], material, "RSAES_OAEP_SHA_1")),
        (twice, os.urandom(256) + inner),
        (twice, under(os.urandom(16)) + inner),
        (twice, under(b"") + inner),
        (twice, under(os.urandom(32)) + inner),
        (twice, under(aes_key) + bytes([inner[0] ^ 1]) + inner[1:]),
        # Whole blocks or not.
        *((twice, under(aes_key) + os.urandom(size)) for size in (16, 17, 24, 40, 41)),
    ]
    said = [
        _refusal(
            kms.import_key_material,
            KeyId=key_id,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        for parameters, wrapped in asked
    ]
    assert said == [(400, {"Message": "", "Code": "InvalidCiphertextException"})] * len(asked)


def test_a_mac_and_a_signature_are_wrong_in_one_way_only(kms: Any) -> None:
    macs = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    right = {"KeyId": macs, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    mac = kms.generate_mac(**right)["Mac"]
    wrong = [mac[:-1], mac + b"0", bytes([mac[0] ^ 1]) + mac[1:], mac[:-1] + bytes([mac[-1] ^ 1]), b"0"]
    said = [_refusal(kms.verify_mac, Mac=each, **right) for each in wrong]
    assert said == [said[0]] * len(wrong)
    assert said[0][1]["Code"] == "KMSInvalidMacException"
    signs = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    about = {"KeyId": signs, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**about)["Signature"]
    other = kms.sign(**(about | {"Message": b"y"}))["Signature"]
    wrong = [other, signature[:-1], b"0", signature + b"0", bytes(72)]
    said = [_refusal(kms.verify, Signature=each, **about) for each in wrong]
    assert said == [said[0]] * len(wrong)
    assert said[0][1]["Code"] == "KMSInvalidSignatureException"


# --- what is left in memory, and who may look ---


def _references(*materials: bytes) -> list[int]:
    """How often Python's objects refer to these bytes, or to bytes with them in; those given here do not count."""
    gc.collect()
    own = set(map(id, materials))
    every = [each for each in gc.get_referents(*gc.get_objects()) if type(each) is bytes and id(each) not in own]
    return [sum(material in each for each in every) for material in materials]


@pytest.mark.parametrize("is_kept", [False, True], ids=["in memory", "in a state file"])
def test_nothing_holds_material_that_was_deleted(is_kept: bool, tmp_path: Path) -> None:
    imported = os.urandom(32)
    with Lab.open(tmp_path / "x") if is_kept else Lab() as lab:
        kms = lab.client("kms")
        emptied = _imported(kms, imported)
        deleted = kms.create_key()["KeyMetadata"]["KeyId"]
        for key_id in (emptied, deleted):
            kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"])
        key = lab.world.store(lab.account_id, lab.region).key(deleted)
        assert key is not None
        made = bytes(bytearray(key.current.raw))
        del key
        kms.delete_imported_key_material(KeyId=emptied)
        kms.schedule_key_deletion(KeyId=deleted, PendingWindowInDays=7)
        lab.clock.advance(days=8)
        # A key that is still there shows that those that are not would be found.
        kept = lab.world.store(lab.account_id, lab.region).key(kms.create_key()["KeyMetadata"]["KeyId"])
        assert kept is not None
        assert _references(imported, made, bytes(bytearray(kept.current.raw))) == [0, 0, 1]


SERVES = """
import ctypes, os, resource, signal, sys
from kmslab import serving
make = serving.Serving
def look(wish):
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0
    print(resource.getrlimit(resource.RLIMIT_CORE), dumpable)
    made = make(wish)
    os.kill(os.getpid(), signal.SIGTERM)
    return made
print(resource.getrlimit(resource.RLIMIT_CORE) == before)
serving.Serving = look
sys.exit(serving.run(serving.Wish("127.0.0.1", 0)))
"""


def test_a_served_lab_leaves_no_core_file_and_prints_no_secret() -> None:
    key = {"KMSLAB_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "KMSLAB_SECRET_ACCESS_KEY": SECRET}
    program = "import resource\nbefore = resource.getrlimit(resource.RLIMIT_CORE)\n" + SERVES
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], env=os.environ | key, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    untouched, limits, ready = done.stdout.splitlines()
    # Only what is served; a program that imports kmslab is as it was.
    assert untouched == "True"
    assert limits == "(0, 0) 0"
    assert ready.startswith("ready http://127.0.0.1:")
    assert SECRET not in done.stdout


def test_a_lab_leaves_its_process_as_it_was() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    with Lab() as lab:
        lab.endpoint()
    assert resource.getrlimit(resource.RLIMIT_CORE) == before
