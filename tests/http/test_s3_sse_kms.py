"""S3 with SSE-KMS for clients of other makers: over HTTP KMS is asked in the caller's name as well."""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab

BUCKET = "sealed"
KMS = {"ServerSideEncryption": "aws:kms"}

#: Three parts of a multipart upload, the last one shorter; repeated, so that it would be found at rest.
PHRASE = b"What lies in the bucket says nothing of this. "
LARGE = (PHRASE * (11 * 2**20 // len(PHRASE) + 1))[: 11 * 2**20]

S3FS = """
import json, sys, s3fs
key, bucket = sys.argv[1:]
files = s3fs.S3FileSystem(s3_additional_kwargs={"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key})
with files.open(f"{bucket}/s3fs", "wb", block_size=5 * 2**20) as file:
    for _ in range(11):
        file.write(b"s" * 2**20)
with files.open(f"{bucket}/s3fs", "rb") as file:
    file.seek(5 * 2**20 - 3)
    middle = file.read(6)
print(json.dumps({"size": files.size(f"{bucket}/s3fs"), "middle": middle.decode()}))
"""

Run = Callable[..., str]


@pytest.fixture
def s3(reach: Any) -> Any:
    """A plain boto3 client of the Lab's S3 by its URL; there is a bucket."""
    client = reach("s3", config=Config(s3={"addressing_style": "path"}))
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def key(kms: Any) -> str:
    """The ARN of a key."""
    return str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def run(lab: Lab) -> Run:
    """Runs a program with the Lab's environment, and gives what it printed, on stderr when it `fails`."""

    def run(program: str, *words: Any, fails: bool = False) -> str:
        environ = lab.environ()
        found = shutil.which(program, path=os.pathsep.join([environ["PATH"], str(Path(sys.executable).parent)]))
        assert found is not None, f"{program} is not installed: pip install 'kmslab[clients]'."
        command = [found, *map(str, words)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)  # noqa: S603
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


def calls(lab: Lab) -> dict[str, int]:
    """How often KMS was called by S3."""
    events = [event for event in lab.trail if event["userIdentity"].get("invokedBy") == "fas.s3.amazonaws.com"]
    return dict(Counter(event["eventName"] for event in events))


def content(s3: Any, name: str) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())


def is_under(s3: Any, name: str, key: str) -> bool:
    head = s3.head_object(Bucket=BUCKET, Key=name)
    return (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_boto3_transfers_and_reads_ranges(lab: Lab, s3: Any, key: str) -> None:
    in_parts = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)
    s3.upload_fileobj(io.BytesIO(LARGE), BUCKET, "a", Config=in_parts, ExtraArgs={"SSEKMSKeyId": key, **KMS})
    assert calls(lab) == {"GenerateDataKey": 1, "Decrypt": 4}
    assert is_under(s3, "a", key)
    received = io.BytesIO()
    s3.download_fileobj(BUCKET, "a", received, Config=in_parts)
    assert received.getvalue() == LARGE
    border = s3.get_object(Bucket=BUCKET, Key="a", Range=f"bytes={5 * 2**20 - 9}-{5 * 2**20 + 8}")
    assert border["Body"].read() == LARGE[5 * 2**20 - 9 : 5 * 2**20 + 9]
    s3.copy({"Bucket": BUCKET, "Key": "a"}, BUCKET, "b", Config=in_parts, ExtraArgs={"SSEKMSKeyId": key, **KMS})
    assert content(s3, "b") == LARGE
    assert PHRASE not in lab.at_rest(BUCKET, "a") + lab.at_rest(BUCKET, "b")


def test_errors_are_those_of_aws(lab: Lab, s3: Any, kms: Any, key: str, alice: Any, reach: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=PHRASE, SSEKMSKeyId=key, **KMS)
    secrets = {
        "aws_access_key_id": alice.credentials.access_key_id,
        "aws_secret_access_key": alice.credentials.secret_access_key,
    }
    with pytest.raises(ClientError) as denied:
        reach("s3", **secrets).get_object(Bucket=BUCKET, Key="a")
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    assert f"User: {alice.arn} is not authorized to perform: kms:Decrypt" in str(denied.value)
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError) as disabled:
        s3.get_object(Bucket=BUCKET, Key="a")
    assert disabled.value.response["Error"] == {"Code": "KMS.DisabledException", "Message": f"{key} is disabled."}
    kms.enable_key(KeyId=key)
    assert content(s3, "a") == PHRASE


def test_a_presigned_url_asks_kms_as_who_signed_it(lab: Lab, s3: Any, kms: Any, key: str) -> None:
    place = {"Bucket": BUCKET, "Key": "signed"}
    upload = s3.generate_presigned_url("put_object", Params={**place, "SSEKMSKeyId": key, **KMS}, ExpiresIn=60)
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    assert urllib3.request("PUT", upload, body=PHRASE, headers=headers).status == 200
    url = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
    got = urllib3.request("GET", url)
    assert (got.data, got.headers["x-amz-server-side-encryption-aws-kms-key-id"]) == (PHRASE, key)
    assert [event["userIdentity"]["arn"] for event in lab.trail.events("Decrypt")] == [lab.administrator.arn]
    kms.disable_key(KeyId=key)
    refused = urllib3.request("GET", url)
    assert (refused.status, b"<Code>KMS.DisabledException</Code>" in refused.data) == (400, True)


def test_many_at_once(lab: Lab, s3: Any, key: str) -> None:
    def there_and_back(number: int) -> bool:
        text = PHRASE * number
        s3.put_object(Bucket=BUCKET, Key=f"{number % 4}", Body=text, SSEKMSKeyId=key, **KMS)
        s3.put_object(Bucket=BUCKET, Key=f"own {number}", Body=text, SSEKMSKeyId=key, **KMS)
        s3.copy_object(Bucket=BUCKET, Key=f"copy {number}", CopySource=f"{BUCKET}/{number % 4}", SSEKMSKeyId=key, **KMS)
        return content(s3, f"own {number}") == text and content(s3, f"copy {number}").startswith(PHRASE)

    with ThreadPoolExecutor(8) as workers:
        assert all(workers.map(there_and_back, range(1, 33)))


def test_the_aws_cli_copies_and_syncs(lab: Lab, s3: Any, key: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for name in ("one", "two"):
        (tmp_path / "tree" / name).write_bytes(PHRASE)
    (tmp_path / "large").write_bytes(LARGE)
    under = ["--sse", "aws:kms", "--sse-kms-key-id", key]
    run("aws", "s3", "cp", "--quiet", tmp_path / "large", f"s3://{BUCKET}/large", *under)
    run("aws", "s3", "sync", "--quiet", tmp_path / "tree", f"s3://{BUCKET}/tree", *under)
    assert [is_under(s3, name, key) for name in ("large", "tree/one", "tree/two")] == [True] * 3
    run("aws", "s3", "cp", "--quiet", f"s3://{BUCKET}/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE
    assert run("aws", "s3", "sync", tmp_path / "tree", f"s3://{BUCKET}/tree", *under) == ""
    lab.client("kms").disable_key(KeyId=key)
    error = run("aws", "s3", "cp", f"s3://{BUCKET}/tree/one", tmp_path / "none", fails=True)
    assert (
        f"An error occurred (KMS.DisabledException) when calling the GetObject operation: {key} is disabled." in error
    )
    assert not (tmp_path / "none").exists()


def test_s5cmd_uploads_in_parts(lab: Lab, s3: Any, key: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    at = "--endpoint-url", lab.endpoint()
    words = ["--sse", "aws:kms", "--sse-kms-key-id", key, "--part-size", "5", tmp_path / "large"]
    run("s5cmd", *at, "cp", *words, f"s3://{BUCKET}/s5cmd")
    assert is_under(s3, "s5cmd", key)
    run("s5cmd", *at, "cp", f"s3://{BUCKET}/s5cmd", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE
    lab.client("kms").disable_key(KeyId=key)
    assert "KMS.DisabledException" in run("s5cmd", *at, "cp", f"s3://{BUCKET}/s5cmd", tmp_path, fails=True)


def test_s3cmd_does_not_take_the_etag_for_a_checksum(lab: Lab, s3: Any, key: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(PHRASE)
    environ = lab.environ()
    host = environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    where = [f"--host={host}", f"--host-bucket={host}", "--no-ssl", "--region=us-east-1", "--config", os.devnull]
    keys = [f"--access_key={environ['AWS_ACCESS_KEY_ID']}", f"--secret_key={environ['AWS_SECRET_ACCESS_KEY']}"]
    options = [*where, *keys, "--no-progress"]
    run("s3cmd", *options, "put", "--server-side-encryption", f"--server-side-encryption-kms-id={key}",
        tmp_path / "file", f"s3://{BUCKET}/s3cmd")  # fmt: skip
    assert is_under(s3, "s3cmd", key)
    run("s3cmd", *options, "get", f"s3://{BUCKET}/s3cmd", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == PHRASE


@pytest.mark.needs_python_packages
def test_s3fs_writes_and_seeks(lab: Lab, s3: Any, key: str) -> None:
    packages = os.environ.get("KMSLAB_TEST_PYTHON_PACKAGES")
    if not packages:
        pytest.skip("KMSLAB_TEST_PYTHON_PACKAGES does not name a folder with aiobotocore and s3fs.")
    environ = lab.environ() | {"PYTHONPATH": packages}
    command = [sys.executable, "-c", S3FS, key, BUCKET]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"size": 11 * 2**20, "middle": "s" * 6}
    assert is_under(s3, "s3fs", key)
    assert b"s" * 64 not in lab.at_rest(BUCKET, "s3fs")


def test_no_body_is_kept_until_somebody_collects_garbage(lab: Lab, reach: Callable[..., Any]) -> None:
    """A served Lab hardly ever collects any: bodies of objects would fill its memory."""
    s3 = reach("s3")
    s3.create_bucket(Bucket="garbage")
    s3.put_object(Bucket="garbage", Key="a", Body=b"first")
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        s3.put_object(Bucket="garbage", Key="a", Body=b"second")
        s3.get_object(Bucket="garbage", Key="a")["Body"].read()
        gc.collect()
        assert not [each for each in gc.garbage if type(each).__module__ == "moto.core.request"]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
