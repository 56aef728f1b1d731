"""Notebooks on real AWS: tested against a served Lab that plays AWS, which the code under test does not know."""

from __future__ import annotations

import builtins
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

import kmslab
from kmslab import Lab
from kmslab.cli import main
from kmslab.errors import KmslabError
from kmslab.exercises.model import Attempt, Exercise, Task, run

ACCOUNT = "210987654321"
REGIONS = "us-east-1 eu-west-1"


class Shell:
    """As much of IPython's shell as the extension needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Any] = {}

    def register_magic_function(self, func: Any, magic_kind: str, magic_name: str) -> None:
        self.magics[magic_name] = func

    def push(self, variables: dict[str, Any]) -> None:
        self.user_ns.update(variables)

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Any) -> None:
        pass


@pytest.fixture
def aws() -> Iterator[Lab]:
    """A Lab that plays AWS, and how it looks to its administrator."""
    with Lab(account_id=ACCOUNT) as made:
        yield made


@pytest.fixture
def account(aws: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This process has the environment of somebody who wants real AWS."""
    wanted = aws.environ() | {
        "KMSLAB_BACKEND": "aws",
        "KMSLAB_AWS_CONFIRM": ACCOUNT,
        "KMSLAB_AWS_REGIONS": REGIONS,
        "KMSLAB_LESSON": "02",
        "KMSLAB_WORKSPACE": str(tmp_path),
    }
    for name in [name for name in os.environ if name.startswith(("AWS_", "KMSLAB_"))]:
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def shell(account: None) -> Iterator[Shell]:
    made = Shell()
    yield made
    kmslab.unload_ipython_extension(made)


@pytest.fixture
def lab(shell: Shell) -> Any:
    """What a notebook calls `lab`, after its account was confirmed."""
    kmslab.load_ipython_extension(shell)
    return shell.user_ns["lab"]


def journal(folder: Path) -> dict[str, Any]:
    (path,) = (folder / ".kmslab").glob("aws-*.json")
    kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return kept


# --- the beginning ---


def test_without_the_variable_nothing_of_it_is_imported() -> None:
    program = """
import sys, kmslab
class Shell:
    user_ns = {}
    def register_magic_function(self, *a, **k): pass
    def push(self, names): pass
    def set_custom_exc(self, *_): pass
kmslab.load_ipython_extension(Shell())
import boto3
boto3.client("kms", region_name="us-east-1").create_key()
print([name for name in sys.modules if name.startswith(("kmslab.real", "kmslab.jupyter.real_aws"))])
"""
    environ = {name: value for name, value in os.environ.items() if name != "KMSLAB_BACKEND"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"


def test_another_backend_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMSLAB_BACKEND", "AWS")
    with pytest.raises(KmslabError, match="lab or aws"):
        kmslab.load_ipython_extension(shell)


@pytest.mark.parametrize("given", ["123456789010", "yes"])
def test_what_is_not_confirmed_reaches_nobody(
    aws: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("KMSLAB_AWS_CONFIRM", given)
    with pytest.raises(KmslabError, match="nothing is sent"):
        kmslab.load_ipython_extension(shell)
    # A learner who runs the next cell all the same.
    with pytest.raises(KmslabError, match="No account was confirmed"):
        boto3.client("kms", region_name="us-east-1").create_key()
    with pytest.raises(NoCredentialsError):
        boto3.Session().client("kms", region_name="us-east-1").create_key()
    assert "lab" not in shell.user_ns
    assert len(aws.trail) == 0
    assert len(aws.inventory) == 0


def test_the_account_id_can_be_typed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KMSLAB_AWS_CONFIRM")
    asked: list[str] = []
    monkeypatch.setattr(builtins, "input", lambda prompt: asked.append(prompt) or ACCOUNT)
    kmslab.load_ipython_extension(shell)
    assert asked == ["Type the account id to go on: "]
    assert shell.user_ns["lab"].account_id == ACCOUNT


def test_where_nobody_can_be_asked_it_says_what_to_set(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KMSLAB_AWS_CONFIRM")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(KmslabError, match="set KMSLAB_AWS_CONFIRM"):
        kmslab.load_ipython_extension(shell)


def test_an_alias_that_sounds_like_production_has_to_be_typed(
    aws: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.client("iam").create_account_alias(AccountAlias="otterquill-prod")
    with pytest.raises(KmslabError, match=f"is not '{ACCOUNT} otterquill-prod'"):
        kmslab.load_ipython_extension(shell)
    assert "sounds like production" in capsys.readouterr().out
    kmslab.unload_ipython_extension(shell)
    monkeypatch.setenv("KMSLAB_AWS_CONFIRM", f"{ACCOUNT} otterquill-prod")
    kmslab.load_ipython_extension(shell)
    assert "lab" in shell.user_ns


def test_what_is_shown_first(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    kmslab.load_ipython_extension(shell)
    shown = capsys.readouterr().out
    for what in (ACCOUNT, ":user/administrator", "us-east-1, eu-west-1", "2 USD", "Estimate for lesson 02"):
        assert what in shown
    assert shown.endswith("Set-up complete.\n")


def test_the_root_user_is_refused(aws: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.root.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.root.credentials.secret_access_key)
    with pytest.raises(KmslabError, match="root user"):
        kmslab.load_ipython_extension(shell)


def forget_keys(monkeypatch: pytest.MonkeyPatch, files: Path, text: str) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    files.write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files))


def test_credentials_are_never_taken_from_the_default_profile(
    aws: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = aws.administrator.credentials
    lines = f"aws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    forget_keys(monkeypatch, tmp_path / "credentials", f"[default]\n{lines}[learning]\n{lines}[empty]\n")
    with pytest.raises(KmslabError, match="credentials that you name"):
        kmslab.load_ipython_extension(shell)
    kmslab.unload_ipython_extension(shell)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(KmslabError, match="'nobody' cannot be used"):
        kmslab.load_ipython_extension(shell)
    kmslab.unload_ipython_extension(shell)
    # The role of a machine would be next in botocore's order. It is not asked for.
    monkeypatch.setenv("AWS_PROFILE", "empty")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(KmslabError, match="'empty' has no credentials of its own"):
        kmslab.load_ipython_extension(shell)
    kmslab.unload_ipython_extension(shell)
    monkeypatch.setenv("AWS_PROFILE", "learning")
    kmslab.load_ipython_extension(shell)
    boto3.client("kms", region_name="us-east-1").create_key()
    assert len(aws.inventory) == 1


def test_two_kinds_of_credentials_are_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "learning")
    with pytest.raises(KmslabError, match="Both AWS_PROFILE and an access key"):
        kmslab.load_ipython_extension(shell)


# --- what is sent ---


def make_everything(lab: Any) -> dict[str, Any]:
    kms = boto3.client("kms", region_name="us-east-1")
    key = kms.create_key(Description="a", MultiRegion=True, Tags=[{"TagKey": "team", "TagValue": "web"}])["KeyMetadata"]
    replica = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])
    user, role = lab.user("reader"), lab.role("writer")
    grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=user.arn, Operations=["Decrypt"])["GrantId"]
    iam, s3 = boto3.client("iam"), boto3.client("s3", region_name="us-east-1")
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    policy = iam.create_policy(PolicyName="nothing", PolicyDocument=nothing)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="reader", PolicyArn=policy)
    s3.create_bucket(Bucket=f"covers-{ACCOUNT}")
    s3.put_object(Bucket=f"covers-{ACCOUNT}", Key="one", Body=b"1")
    boto3.client("ssm", region_name="us-east-1").put_parameter(Name="/shop/pw", Type="SecureString", Value="tell-no-1")
    secrets = boto3.client("secretsmanager", region_name="us-east-1")
    secrets.create_secret(Name="shop/db", SecretString="tell-no-2")
    return {"key": key["Arn"], "replica": replica["Arn"], "grant": grant, "policy": policy, "user": user, "role": role}


def tags_of(aws: Lab, made: dict[str, Any]) -> dict[str, dict[str, str]]:
    def by_key(tags: list[dict[str, str]]) -> dict[str, str]:
        return {each["Key"]: each["Value"] for each in tags}

    iam, ssm, secrets = aws.client("iam"), aws.client("ssm"), aws.client("secretsmanager")
    parameter = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/shop/pw")["TagList"]
    return {
        **{name: dict(aws.inventory.get(made[name]).tags) for name in ("key", "replica")},  # type: ignore[union-attr]
        "user": by_key(iam.list_user_tags(UserName="reader")["Tags"]),
        "role": by_key(iam.list_role_tags(RoleName="writer")["Tags"]),
        "policy": by_key(iam.list_policy_tags(PolicyArn=made["policy"])["Tags"]),
        "bucket": by_key(aws.client("s3").get_bucket_tagging(Bucket=f"covers-{ACCOUNT}")["TagSet"]),
        "parameter": by_key(parameter),
        "secret": by_key(secrets.describe_secret(SecretId="shop/db")["Tags"]),
    }


def test_everything_is_tagged_listed_and_taken_back(
    aws: Lab, lab: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = aws.client("kms").create_key(Description="there before")["KeyMetadata"]["Arn"]
    made = make_everything(lab)
    for what, tags in tags_of(aws, made).items():
        assert tags["kmslab"] == lab.journal.session, what
        assert tags["kmslab:lesson"] == "02", what
        assert tags["created-at"].endswith("Z"), what
    assert tags_of(aws, made)["key"]["team"] == "web"

    text = json.dumps(journal(tmp_path))
    kinds = {entry["kind"] for entry in journal(tmp_path)["entries"]}
    assert kinds == {
        "KMS key", "alias", "grant", "S3 bucket", "IAM user", "IAM role", "IAM policy", "parameter", "secret",
    }  # fmt: skip
    secrets = [aws.administrator.credentials.secret_access_key, "tell-no-1", "tell-no-2"]
    secrets += [made["user"].credentials.secret_access_key, made["role"].credentials.session_token]
    shown = capsys.readouterr()
    for secret in secrets:
        assert secret not in text + shown.out + shown.err + repr(lab) + repr(lab.left)

    # The notebook's kernel is gone; a terminal has its own environment.
    kmslab.unload_ipython_extension(Shell())
    assert main(["aws", "list", "--dir", str(tmp_path)]) == 0
    assert "covers-" in capsys.readouterr().out
    for _ in range(2):
        assert main(["aws", "clean-up", "--dir", str(tmp_path), "--yes"]) == 0, capsys.readouterr().out
    states = {key.arn: key.state for key in aws.inventory if key.manager == "CUSTOMER"}
    assert states.pop(foreign) == "Enabled"
    assert set(states.values()) <= {"PendingDeletion", "PendingReplicaDeletion"}
    assert len(states) == 2
    assert not any(key.aliases for key in aws.inventory if key.manager == "CUSTOMER")
    assert [user["UserName"] for user in aws.client("iam").list_users()["Users"]] == ["administrator"]
    assert aws.client("iam").list_roles()["Roles"] == []
    assert aws.client("iam").list_policies(Scope="Local")["Policies"] == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("ssm").describe_parameters()["Parameters"] == []
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
    assert {entry["state"] for entry in journal(tmp_path)["entries"]} == {"removed", "waits for its deletion"}


def test_a_key_policy_that_forbids_deletion_does_not_stop_the_clean_up(aws: Lab, lab: Any) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
    never = {"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
    policy["Statement"].append(never)
    kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy))
    lab.clean_up()
    assert [key.state for key in aws.inventory] == ["PendingDeletion"]


def test_what_is_not_ours_is_not_touched(aws: Lab, lab: Any) -> None:
    theirs = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("kms").create_alias(AliasName="alias/theirs", TargetKeyId=theirs)
    aws.client("ssm").put_parameter(Name="/theirs", Type="String", Value="old")
    aws.user("somebody")
    kms, iam, ssm = (boto3.client(each, region_name="us-east-1") for each in ("kms", "iam", "ssm"))
    attempts: list[Callable[[], Any]] = [
        lambda: kms.schedule_key_deletion(KeyId=theirs, PendingWindowInDays=7),
        lambda: kms.disable_key(KeyId=theirs.rpartition("/")[2]),
        lambda: kms.create_grant(KeyId=theirs, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt"]),
        lambda: kms.update_alias(AliasName="alias/theirs", TargetKeyId=theirs),
        lambda: kms.delete_alias(AliasName="alias/theirs"),
        lambda: ssm.put_parameter(Name="/theirs", Type="String", Value="new", Overwrite=True),
        lambda: iam.put_user_policy(UserName="somebody", PolicyName="p", PolicyDocument="{}"),
        lambda: lab.user("somebody"),
        lambda: iam.create_access_key(),
        lambda: iam.create_group(GroupName="all"),
        lambda: boto3.client("ec2", region_name="us-east-1").run_instances(MinCount=1, MaxCount=1),
        lambda: boto3.client("kms", region_name="ap-south-1").create_key(),
        lambda: kms.replicate_key(KeyId=theirs, ReplicaRegion="ap-south-1"),
        lambda: kms.create_key(Policy=json.dumps({"Principal": "arn:aws:iam::123456789010:root"})),
        lambda: kms.create_key(BypassPolicyLockoutSafetyCheck=True),
        lambda: boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="covers"),
        lambda: kms.generate_presigned_url("create_key"),
    ]
    before = len(aws.trail)
    for attempt in attempts:
        with pytest.raises(KmslabError) as caught:
            attempt()
        assert str(caught.value).endswith(".")
    assert len(aws.trail) == before
    # To use it is no change, and a name that is taken is AWS's to refuse.
    assert kms.encrypt(KeyId="alias/theirs", Plaintext=b"x")["KeyId"] == theirs
    with pytest.raises(kms.exceptions.AlreadyExistsException):
        kms.create_alias(AliasName="alias/theirs", TargetKeyId=theirs)
    lab.clean_up()
    assert aws.inventory.named("alias/theirs") is not None
    assert [key.state for key in aws.inventory] == ["Enabled"]


def test_only_the_confirmed_account_is_called(aws: Lab, lab: Any) -> None:
    other = aws.account("111122223333")
    key = other.administrator.credentials
    kms = boto3.client(
        "kms", region_name="us-east-1",
        aws_access_key_id=key.access_key_id, aws_secret_access_key=key.secret_access_key,
    )  # fmt: skip
    with pytest.raises(KmslabError, match="neither the confirmed one"):
        kms.create_key()
    with pytest.raises(KmslabError, match="another account"):
        boto3.client("sts").assume_role(
            RoleArn="arn:aws:iam::111122223333:role/OrganizationAccountAccessRole", RoleSessionName="one"
        )
    assert len(other.trail) == 0
    # A role of the account is handed out by STS, and known from then on.
    iam, sts = boto3.client("iam"), boto3.client("sts")
    trust = {"Effect": "Allow", "Principal": {"AWS": lab.administrator.arn}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="encryption", AssumeRolePolicyDocument=document)["Role"]
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="one")["Credentials"]
    role_kms = boto3.client(
        "kms", region_name="us-east-1", aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"],
    )  # fmt: skip
    with pytest.raises(role_kms.exceptions.ClientError, match="AccessDenied"):
        role_kms.list_keys()
    assert lab.trail[-1]["userIdentity"]["arn"] == aws.trail[-1]["userIdentity"]["arn"]


def test_the_limit_stops_what_costs(aws: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMSLAB_AWS_LIMIT_USD", "0.1")
    kmslab.load_ipython_extension(shell)
    kms = boto3.client("kms", region_name="us-east-1")
    for _ in range(2):
        kms.create_key()
    # A key that is kept for a day costs at most a 28th of a dollar.
    with pytest.raises(KmslabError, match=r"The limit of 0\.1 USD does not allow this kms CreateKey"):
        kms.create_key()
    assert len(aws.inventory) == 2
    assert shell.user_ns["lab"].spent <= 0.1
    shell.user_ns["lab"].clean_up()
    assert {key.state for key in aws.inventory} == {"PendingDeletion"}


def test_a_budget_holds_as_in_the_lab(lab: Any) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    pair = {"KeyId": key_id, "KeyPairSpec": "RSA_2048"}
    with lab.budget(0.0012):
        kms.generate_data_key_pair_without_plaintext(**pair)
        with pytest.raises(KmslabError, match="budget"):
            kms.generate_data_key_pair_without_plaintext(**pair)
    assert lab.bill.by("operation")["GenerateDataKeyPairWithoutPlaintext"] == 1


KILLED = """
import os, signal, kmslab, boto3
class Shell:
    user_ns = {}
    def register_magic_function(self, *a, **k): pass
    def push(self, names): pass
    def set_custom_exc(self, *_): pass
kmslab.load_ipython_extension(Shell())
boto3.client("kms", region_name="us-east-1").create_key(Description="known")
boto3.DEFAULT_SESSION.events.register_first("after-call.kms", lambda **_: os.kill(os.getpid(), signal.SIGKILL))
boto3.client("kms", region_name="eu-west-1").create_key(Description="lost")
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_after_a_kill_the_journal_and_the_tag_find_everything(aws: Lab, account: None, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == -signal.SIGKILL, done.stderr
    known, lost = journal(tmp_path)["entries"]
    assert (known["state"], lost["state"]) == ("there", "asked for, answer unknown")
    assert (lost["region"], lost["name"]) == ("eu-west-1", "")
    assert main(["aws", "clean-up", "--dir", str(tmp_path), "--yes"]) == 0
    assert {key.description: key.state for key in aws.inventory} == dict.fromkeys(("known", "lost"), "PendingDeletion")
    assert {entry["state"] for entry in journal(tmp_path)["entries"]} == {"waits for its deletion"}


def test_without_any_journal_the_tag_is_enough(aws: Lab, lab: Any, account: None, tmp_path: Path) -> None:
    boto3.client("kms", region_name="eu-west-1").create_key()
    lab.journal.path.unlink()
    key = aws.administrator.credentials
    os.environ.update(AWS_ACCESS_KEY_ID=key.access_key_id, AWS_SECRET_ACCESS_KEY=key.secret_access_key)
    assert main(["aws", "clean-up", "--dir", str(tmp_path / "elsewhere"), "--yes"]) == 2
    assert main(["aws", "clean-up", "--dir", str(tmp_path / "elsewhere"), "--region", "eu-west-1", "--yes"]) == 0
    assert [each.state for each in aws.inventory] == ["PendingDeletion"]


def test_what_cannot_be_written_down_is_not_sent(aws: Lab, lab: Any) -> None:
    lab.journal.path.parent.mkdir(exist_ok=True)
    lab.journal.path.with_suffix(".new").mkdir()
    with pytest.raises(KmslabError, match="nothing is sent"):
        boto3.client("kms", region_name="us-east-1").create_key()
    assert len(aws.inventory) == 0


# --- what is seen ---

NEVER = datetime(1, 1, 1)
SAME = ("eventName", "awsRegion", "requestParameters", "responseElements", "resources", "errorCode", "readOnly")


def test_the_trail_tells_what_cloudtrail_tells(aws: Lab, lab: Any) -> None:
    kms, ireland = (boto3.client("kms", region_name=region) for region in REGIONS.split())
    first = kms.create_key(Description="first")["KeyMetadata"]["Arn"]
    second = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    third = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=first)
    blob = kms.encrypt(KeyId="alias/app", Plaintext=b"hello", EncryptionContext={"a": "b"})["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    kms.update_alias(AliasName="alias/app", TargetKeyId=third)
    kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, DestinationKeyId="alias/app")
    kms.generate_data_key(KeyId="alias/app", KeySpec="AES_256")
    kms.disable_key(KeyId=first)
    for call in (
        lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"}),
        lambda: ireland.describe_key(KeyId=second),
        lambda: kms.encrypt(KeyId=second, Plaintext=b"x" * 191, EncryptionAlgorithm="RSAES_OAEP_SHA_256"),
    ):
        with pytest.raises(kms.exceptions.ClientError):
            call()
    kms.get_public_key(KeyId=second)
    kms.delete_alias(AliasName="alias/app")
    kms.schedule_key_deletion(KeyId=first, PendingWindowInDays=7)
    theirs, ours = list(aws.trail), list(lab.trail)
    assert [event["eventName"] for event in ours] == [event["eventName"] for event in theirs]
    for their, our in zip(theirs, ours, strict=True):
        for name in SAME:
            if name == "resources" and "errorCode" in their and not our["resources"]:
                continue
            assert json.dumps(our.get(name), default=str) == json.dumps(their.get(name), default=str), their[
                "eventName"
            ]
        assert our["requestID"] == their["requestID"]
        assert our["userIdentity"]["arn"] == their["userIdentity"]["arn"]
    assert [call.request_bytes for call in lab.trail.calls] == [call.request_bytes for call in aws.trail.calls]
    assert lab.bill.by("price") == aws.bill.by("price")
    assert lab.bill.total == aws.bill.total
    # KMS tells times to the millisecond.
    assert [replace(key, created=NEVER, deletion_date=None) for key in lab.inventory] == [
        replace(key, created=NEVER, deletion_date=None) for key in aws.inventory
    ]
    assert "CloudTrail" in repr(lab.trail)
    assert "stimate" in repr(lab.bill)


def test_exercises_are_checked_as_in_the_lab(lab: Any, shell: Shell) -> None:
    check = shell.user_ns["check"]
    assert not check("02.1").passed
    ireland = boto3.client("kms", region_name="eu-west-1")
    key_id = ireland.create_key(Description="ledger")["KeyMetadata"]["KeyId"]
    ireland.create_alias(AliasName="alias/ledger", TargetKeyId=key_id)
    ireland.encrypt(KeyId="alias/ledger", Plaintext=b"page 1")
    assert check("02.1").passed, check("02.1")


def test_what_cannot_be_seen_is_no_mistake_of_the_learner(lab: Any) -> None:
    tasks = (
        Task("asks the Lab", lambda attempt: attempt.lab.would("a", "b", "c"), "Try harder."),
        Task("asks the trail", lambda attempt: attempt.lab.trail[0], "Call something."),
    )
    result = run(Exercise("99.1", "a test", tasks, ("", "", "")), Attempt(lab))
    seen, made = (item.advice for item in result.items)
    assert seen.startswith("kmslab cannot see this on real AWS. Real AWS does not tell what it would decide")
    assert made == "Call something."


def test_a_lab_can_nothing_that_is_not_answered() -> None:
    from kmslab.real.lab import AwsLab
    from kmslab.real.not_here import SENTENCES

    face = {name for name in dir(Lab(seed=1)) if not name.startswith("_")}
    parts = {"hardware", "ids", "world", "meter", "recorder"}
    mine = {name for name in dir(AwsLab) if not name.startswith("_")} | {"clock", "region"}
    assert face - parts - mine - set(SENTENCES) == set(), "say in kmslab/real/not_here.py what becomes of these"
    assert set(SENTENCES) <= face
    assert not set(SENTENCES) & mine


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab: lab.clock.advance(days=1), lambda lab: lab.explain(None), lambda lab: lab.support.recover("x"),
        lambda lab: lab.account("111122223333").client("kms"), lambda lab: lab.at_rest("b", "k"),
        lambda lab: lab.root.arn, lambda lab: lab.endpoint(),
    ],
)  # fmt: skip
def test_what_real_aws_cannot_is_said_in_a_sentence(lab: Any, ask: Callable[[Any], Any]) -> None:
    with pytest.raises(KmslabError) as caught:
        ask(lab)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_the_command_line_is_kept_away(lab: Any, shell: Shell) -> None:
    with pytest.raises(KmslabError, match="does not run the AWS CLI"):
        shell.magics["aws"]("kms list-keys")
    done = subprocess.run(["aws", "kms", "list-keys"], capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 252
    assert "does not run the AWS CLI" in done.stderr


def test_unloading_leaves_everything_as_it_was(shell: Shell) -> None:
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    kmslab.load_ipython_extension(shell)
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    kmslab.unload_ipython_extension(shell)
    assert dict(os.environ) == before
    assert boto3.DEFAULT_SESSION is session
